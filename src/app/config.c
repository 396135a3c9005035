/*
 * Loading: text -> tree (yaml.c) -> rows (config_rows.c) -> struct config, then the rules that
 * take more than one key to break. Stops for nothing but text that is not YAML.
 */
#include "config_row.h"

#include <stdarg.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "../net/mail.h"

#define STORES 1000u /* of one gateway: each new one is compared with all before it */

void config_wrong(struct config_reading *reading, const struct yaml_node *node, const char *format,
                  ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    yaml_trouble(reading->troubles, node->line, node->column, "%s", text);
}

void config_warn(struct config_reading *reading, const struct yaml_node *node, const char *format,
                 ...)
{
    char text[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    yaml_trouble(reading->warnings, node->line, node->column, "%s", text);
}

/* ---- did you mean ---------------------------------------------------------------------------- */

#define NEAR_LENGTH 40u

/* Edits (insert, delete, replace) between two short words. */
static unsigned distance(span a, span b)
{
    unsigned row[NEAR_LENGTH + 1];
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned replaced = diagonal + (a.ptr[i - 1] != b.ptr[j - 1]);
            unsigned shorter = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = replaced < shorter ? replaced : shorter;
        }
    }
    return row[b.len];
}

const char *config_nearest(span key, const char *(*nth)(const void *list, unsigned n),
                           const void *list)
{
    const char *best = NULL;
    unsigned best_distance = 3; /* two slips at most, and in no more than half of the letters */
    const char *text;
    if (key.len > NEAR_LENGTH)
        return NULL;
    for (unsigned n = 0; (text = nth(list, n)); n++) {
        if (strlen(text) > NEAR_LENGTH)
            continue;
        unsigned d = distance(key, span_of(text));
        if (d < best_distance && d * 2 <= strlen(text)) {
            best = text;
            best_distance = d;
        }
    }
    return best;
}

static const char *nth_row(const void *list, unsigned n)
{
    const struct config_row *rows = list;
    return rows[n].key;
}

static void unknown_key(struct config_reading *reading, const struct config_row *rows,
                        const struct yaml_node *node, const char *what)
{
    const char *nearest = config_nearest(node->key, nth_row, rows);
    struct buf known;
    buf_init(&known, 2048);
    for (const struct config_row *row = rows; row->key; row++)
        buf_print(&known, "%s%s", row == rows ? "" : ", ", row->key);
    if (nearest)
        yaml_trouble(reading->troubles, node->key_line, node->key_column,
                     "unknown key `%.*s` in %s; did you mean `%s`?", SPAN_ARG(node->key), what,
                     nearest);
    else
        yaml_trouble(reading->troubles, node->key_line, node->key_column,
                     "unknown key `%.*s` in %s; known are %.*s", SPAN_ARG(node->key), what,
                     SPAN_ARG(buf_span(&known)));
    buf_done(&known);
}

/* ---- rows ------------------------------------------------------------------------------------ */

static bool written(const struct yaml_node *node)
{
    return node && !node->null;
}

/* "$META_TOKEN", a shell's way: here it would be the token itself. */
static bool is_shell_name(span text)
{
    for (size_t i = 1; i < text.len; i++)
        if (!((text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') || text.ptr[i] == '_' ||
              (i > 1 && text.ptr[i] >= '0' && text.ptr[i] <= '9')))
            return false;
    return text.len > 2 && text.ptr[0] == '$';
}

static void read_row(struct config_reading *reading, const struct config_row *row,
                     const struct yaml_node *node, void *base)
{
    void *at = (char *)base + row->offset;
    if (node->kind == YAML_SCALAR && is_shell_name(node->written))
        config_warn(reading, node,
                    "`%s` is taken as it is written; the environment's would be ${%.*s}", row->key,
                    (int)node->written.len - 1, node->written.ptr + 1);
    if (node->failed || row->kind->read(reading, row, node, at))
        return;
    bool quotable = node->kind == YAML_SCALAR && !row->secret;
    if (quotable)
        config_wrong(reading, node, "`%s` must be %s, not \"%.*s\"", row->key, row->kind->right,
                     (int)(node->written.len < 80 ? node->written.len : 80), node->written.ptr);
    else
        config_wrong(reading, node, "`%s` must be %s", row->key, row->kind->right);
}

void config_read_default(struct config_reading *reading, const struct config_row *row,
                         const char *text, void *at)
{
    struct yaml_node node = {.text = span_of(text)};
    span rest = node.text, part;
    if (span_starts(rest, "[")) {
        struct yaml_node **end = &node.first;
        node.kind = YAML_LIST;
        rest = span_sub(rest, 1, rest.len - 2);
        while (span_split(&rest, ',', &part)) {
            struct yaml_node *one = arena_new(reading->arena, struct yaml_node);
            one->text = one->written = span_trim(part);
            *end = one;
            end = &one->next;
            node.count++;
        }
    }
    node.written = node.text;
    if (!row->kind->read(reading, row, &node, at))
        config_wrong(reading, &node, "the default of `%s` is wrong", row->key); /* a test asks */
}

void config_read_rows(struct config_reading *reading, const struct config_row *rows,
                      const struct yaml_node *map, const char *what, void *base)
{
    if (map && map->kind != YAML_MAP) {
        config_wrong(reading, map, "%s must be a map of keys and values", what);
        map = NULL;
    }
    for (const struct yaml_node *node = map ? map->first : NULL; node; node = node->next) {
        const struct config_row *row = rows;
        while (row->key && !span_is(node->key, row->key))
            row++;
        if (row->key == NULL)
            unknown_key(reading, rows, node, what);
    }
    for (const struct config_row *row = rows; row->key; row++) {
        const struct yaml_node *node = yaml_get(map, row->key);
        if (row->kind == &config_section)
            config_read_rows(reading, row->rows, written(node) ? node : NULL,
                             arena_print(reading->arena, "`%s`", row->key).ptr, base);
        else if (written(node))
            read_row(reading, row, node, base);
        else if (row->required && map)
            config_wrong(reading, map, "%s has no `%s`: %s", what, row->key, row->help);
        else if (row->otherwise)
            config_read_default(reading, row, row->otherwise, (char *)base + row->offset);
    }
}

static bool section_read(struct config_reading *reading, const struct config_row *row,
                         const struct yaml_node *node, void *at)
{
    (void)reading, (void)row, (void)node, (void)at;
    return true; /* config_read_rows() goes into sections itself */
}
const struct config_kind config_section = {"section", "a map", section_read};

/* ---- stores ---------------------------------------------------------------------------------- */

static void read_store(struct config_reading *reading, const struct yaml_node *node,
                       struct shop *shop)
{
    const char *what = "this store";
    const struct yaml_node *name = yaml_get(node, "name");
    if (name && name->kind == YAML_SCALAR && name->written.len <= 64)
        what = arena_print(reading->arena, "store `%.*s`", SPAN_ARG(name->written)).ptr;
    reading->shop = shop;
    config_read_rows(reading, config_store_rows, node, what, shop);
    if (span_empty(shop->snippet_path))
        shop->snippet_path = arena_join(reading->arena, shop->collect_path, SPAN(".js"));
    if (!span_empty(shop->shopify.domain) && !span_ends(shop->shopify.domain, ".myshopify.com"))
        config_wrong(reading, yaml_get(yaml_get(node, "shopify"), "domain"),
                     "`domain` must be the permanent NAME.myshopify.com, not the public one: "
                     "webhooks name no other");
    const struct yaml_node *hosts = yaml_get(node, "hosts");
    if (hosts && hosts->kind == YAML_LIST && hosts->count == 0)
        config_wrong(reading, hosts, "`hosts` is empty: no page could send anything");
}

static bool covers(span domain, span host)
{
    if (span_starts(domain, "."))
        domain = span_sub(domain, 1, domain.len);
    if (span_starts(host, "*."))
        host = span_sub(host, 2, host.len);
    return host.len == domain.len
               ? span_equal_nocase(host, domain)
               : host.len > domain.len && host.ptr[host.len - domain.len - 1] == '.' &&
                     span_equal_nocase(span_sub(host, host.len - domain.len, host.len), domain);
}

/* A cookie that browsers would refuse on every page of the store. */
static void check_cookie(struct config_reading *reading, const struct yaml_node *node,
                         const struct shop *shop)
{
    span domain = shop->cookie_domain;
    const struct yaml_node *where = yaml_get(yaml_get(node, "cookie"), "domain");
    if (span_empty(domain) || !where || shop->hosts.count == 0)
        return;
    for (unsigned n = 0; n < shop->hosts.count; n++)
        if (covers(domain, shop->hosts.items[n]))
            return;
    config_wrong(reading, where,
                 "`domain` covers none of `hosts`, so no page would see the cookie; write one of "
                 "them or what they end with, such as .acme.example");
}

/* Hosts decide which store a request is for, so each may stand once in the whole file. */
static void check_host_list(struct config_reading *reading, const struct yaml_node *node,
                            struct shop *const *shops, unsigned before, span host)
{
    for (unsigned i = 0; i < before; i++) {
        const struct span_list *lists[] = {&shops[i]->hosts, &shops[i]->gateway_hosts};
        for (unsigned k = 0; k < COUNT_OF(lists); k++)
            for (unsigned n = 0; n < lists[k]->count; n++)
                if (span_equal(lists[k]->items[n], host))
                    config_wrong(reading, node,
                                 "the host %.*s belongs to store `%.*s` already; each host is "
                                 "one store's",
                                 SPAN_ARG(host), SPAN_ARG(shops[i]->name));
    }
}

static void check_store(struct config_reading *reading, const struct yaml_node *node,
                        struct shop *const *shops, unsigned index, unsigned count)
{
    const struct shop *shop = shops[index];
    const struct yaml_node *hosts = yaml_get(node, "hosts");
    const struct yaml_node *gateway = yaml_get(node, "gateway_hosts");
    for (unsigned i = 0; i < index; i++) {
        if (!span_empty(shop->name) && span_equal(shops[i]->name, shop->name))
            config_wrong(reading, yaml_get(node, "name"), "there is a store `%.*s` already",
                         SPAN_ARG(shop->name));
        if (!span_empty(shop->shopify.domain) &&
            span_equal(shops[i]->shopify.domain, shop->shopify.domain))
            config_wrong(reading, yaml_get(yaml_get(node, "shopify"), "domain"),
                         "%.*s belongs to store `%.*s` already", SPAN_ARG(shop->shopify.domain),
                         SPAN_ARG(shops[i]->name));
    }
    for (unsigned n = 0; n < shop->hosts.count; n++)
        check_host_list(reading, hosts, shops, index, shop->hosts.items[n]);
    for (unsigned n = 0; n < shop->gateway_hosts.count; n++)
        check_host_list(reading, gateway, shops, index, shop->gateway_hosts.items[n]);
    check_cookie(reading, node, shop);
    if (count > 1 && shop->gateway_hosts.count == 0 && node->kind == YAML_MAP)
        config_wrong(reading, gateway ? gateway : node,
                     "with several stores each needs `gateway_hosts`: the name under which "
                     "browsers reach this gateway for it, such as t.acme.example");
    if (!span_empty(shop->collect_path) && span_equal(shop->collect_path, shop->snippet_path))
        config_wrong(reading, yaml_get(node, "snippet_path"),
                     "`snippet_path` must differ from `collect_path`");
}

static bool stores_read(struct config_reading *reading, const struct config_row *row,
                        const struct yaml_node *node, void *at)
{
    (void)row, (void)at;
    if (node->kind != YAML_LIST || node->count == 0)
        return false;
    if (node->count > STORES) {
        config_wrong(reading, node, "more than %u stores; run several gateways", STORES);
        return true;
    }
    struct shop **shops = arena_array(reading->arena, struct shop *, node->count);
    unsigned count = 0;
    for (const struct yaml_node *one = node->first; one; one = one->next) {
        shops[count] = arena_new(reading->arena, struct shop);
        shops[count]->index = count;
        read_store(reading, one, shops[count]);
        count++;
    }
    count = 0;
    for (const struct yaml_node *one = node->first; one; one = one->next)
        check_store(reading, one, shops, count++, node->count);
    reading->config->shops = (const struct shop *const *)shops;
    reading->config->shop_count = count;
    return true;
}
const struct config_kind config_stores = {"list of stores", "a list with at least one store",
                                          stores_read};

/* ---- the whole ------------------------------------------------------------------------------- */

static void check_alerts(struct config_reading *reading, const struct yaml_node *root)
{
    const struct config *config = reading->config;
    const struct yaml_node *alerts = yaml_get(root, "alerts"), *email = yaml_get(alerts, "email");
    struct url url;
    bool to = config->alerts.to.count > 0, smtp = !span_empty(config->alerts.smtp);
    if (!span_empty(config->alerts.webhook) && url_parse(config->alerts.webhook, &url) != OK)
        config_wrong(reading, yaml_get(alerts, "webhook"),
                     "`alerts.webhook` should be an address such as https://hooks.example/T0/B0");
    if (smtp && !mail_address_good(config->alerts.smtp))
        config_wrong(reading, yaml_get(email, "smtp"),
                     "`alerts.email.smtp` should be smtp://USER:PASSWORD@HOST:PORT or smtps://…");
    if (to != smtp || (to && span_empty(config->alerts.from)))
        config_wrong(reading, email ? email : root,
                     "`alerts.email` needs `to`, `smtp` and `from`, or none of them");
}

static void check_whole(struct config_reading *reading, const struct yaml_node *root)
{
    struct config *config = reading->config;
    check_alerts(reading, root);
    if (config->retention_ms != 0 && config->retention_ms < config->dedup_window_ms)
        config_wrong(reading, yaml_get(root, "retention") ? yaml_get(root, "retention") : root,
                     "`retention` is shorter than `dedup_window`: a copy must still be known when "
                     "it comes");
    if (config->keep_ms < config->retention_ms && config->retention_ms <= 3650 * DAY_MS)
        config_wrong(reading, yaml_get(root, "keep") ? yaml_get(root, "keep") : root,
                     "`keep` is shorter than `retention`: the journal would speak of people and "
                     "orders that are gone");
    if (config->admin.port != 0 && !addr_loopback_host(config->admin.host))
        config_warn(reading, yaml_get(root, "admin") ? yaml_get(root, "admin") : root,
                    "`admin` can be reached from other machines: put TLS in front of it, or its "
                    "password goes over the net in clear");
    if (config->admin.port != 0 && config->admin.port == config->listen.port &&
        span_equal(config->admin.host, config->listen.host))
        config_wrong(reading, yaml_get(root, "admin") ? yaml_get(root, "admin") : root,
                     "`admin` and `listen` are the same address");
    for (unsigned i = 0; i < config->shop_count; i++)
        ((struct shop *)(uintptr_t)config->shops[i])->dedup_window_ms = config->dedup_window_ms;
    if (config->data.ptr)
        config->data.ptr = arena_text(reading->arena, config->data);
}

static void print_troubles(const struct yaml_troubles *troubles, const char *name, struct buf *out)
{
    for (const struct yaml_trouble *t = troubles->first; t; t = t->next)
        buf_print(out, "%s:%u:%u: %.*s\n", name, t->line, t->column, SPAN_ARG(t->text));
    if (troubles->count > YAML_TROUBLES)
        buf_print(out, "%s: and %u more\n", name, troubles->count - YAML_TROUBLES);
}

enum status config_parse(span text, const char *name, bool expand, struct buf *troubles_out,
                         const struct config **ret_config)
{
    struct config *config = calloc(1, sizeof *config);
    if (!config)
        abort();
    arena_init(&config->arena, LIMIT_CONFIG_ARENA);
    struct yaml_troubles troubles = {.arena = &config->arena};
    struct yaml_troubles warnings = {.arena = &config->arena};
    struct config_reading reading = {
        .config = config, .arena = &config->arena, .troubles = &troubles, .warnings = &warnings};
    const struct yaml_node *root = NULL;
    const struct yaml_node nothing = {.kind = YAML_MAP, .line = 1, .column = 1};
    enum status status = yaml_parse(&config->arena, text, expand, &root, &troubles);
    if (status == OK || root) {
        if (!root || root->null)
            root = &nothing;
        config_read_rows(&reading, config_top_rows, root, "the config", config);
        check_whole(&reading, root);
    }
    config->outlets = reading.outlets;
    config->outlet_count = reading.outlet_count;
    if (troubles.count > 0) {
        print_troubles(&troubles, name, troubles_out);
        config_free(config);
        return INVALID;
    }
    struct buf words;
    buf_init(&words, CONFIG_TROUBLES);
    print_troubles(&warnings, name, &words);
    config->warnings = arena_copy(&config->arena, buf_span(&words));
    buf_done(&words);
    *ret_config = config;
    return OK;
}

enum status config_load(const char *path, struct buf *troubles, const struct config **ret_config)
{
    struct arena arena;
    struct error error;
    span text;
    arena_init(&arena, 2 * (size_t)CONFIG_BYTES);
    enum status status = yaml_read_file(&arena, path, CONFIG_BYTES, &text, &error);
    if (status != OK)
        buf_print(troubles, "cannot read the config: %s\n", error.text);
    else
        status = config_parse(text, path, true, troubles, ret_config);
    arena_done(&arena);
    return status;
}

struct alert_channels config_channels(const struct config *config)
{
    return (struct alert_channels){.webhook = config->alerts.webhook,
                                   .smtp = config->alerts.smtp,
                                   .from = config->alerts.from,
                                   .to = config->alerts.to.items,
                                   .to_count = config->alerts.to.count};
}

const struct shop *config_shop(const struct config *config, const char *name)
{
    for (unsigned i = 0; i < config->shop_count; i++)
        if (name ? span_is(config->shops[i]->name, name) : config->shop_count == 1)
            return config->shops[i];
    return NULL;
}

void config_free(const struct config *config)
{
    if (!config)
        return;
    struct config *own = (struct config *)(uintptr_t)config;
    arena_done(&own->arena);
    free(own);
}
