/*
 * How each kind of value is read from what was written. A kind either says yes or no, and its
 * `right` tells what would have been right; lists say themselves which of their values is wrong.
 *
 * Nothing here quotes an expanded value: a token that was put under the wrong key must not end up
 * in a terminal or a log.
 */
#include "config_row.h"

#include <assert.h>
#include <sys/stat.h>

#include "../base/url.h"
#include "../event/clean.h"

#define KIND(name_, type_, right_) const struct config_kind name_ = {type_, right_, name_##_read}
#define READ(name_)                                                                                \
    static bool name_##_read(struct config_reading *reading, const struct config_row *row,         \
                             const struct yaml_node *node, void *at)

static bool is_among(char c, const char *others)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr(others, c) != NULL;
}

static bool only(span text, const char *others)
{
    if (text.ptr == NULL)
        return false;
    for (size_t i = 0; text.ptr && i < text.len; i++)
        if (text.ptr[i] == '\0' || !is_among(text.ptr[i], others))
            return false;
    return text.len > 0;
}

static span lowered(struct arena *arena, span text)
{
    char *copy = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (span){copy, text.len};
}

static bool put_span(void *at, span value)
{
    *(span *)at = value;
    return true;
}

/* ---- text ------------------------------------------------------------------------------------ */

bool config_control(struct config_reading *reading, const char *key, const struct yaml_node *node)
{
    bool found = false;
    for (size_t i = 0; i < node->text.len; i++)
        found |= (unsigned char)node->text.ptr[i] < 0x20 || node->text.ptr[i] == 0x7f;
    if (found)
        config_wrong(reading, node,
                     "`%s` contains a control byte, such as a line end or a tab; leave it out",
                     key);
    return found;
}

READ(config_text)
{
    if (node->kind == YAML_SCALAR)
        (void)config_control(reading, row->key, node); /* and says so */
    return node->kind == YAML_SCALAR && put_span(at, node->text);
}
KIND(config_text, "text", "text");

/* A file's content, as it was written. What it must be, its reader says. */
READ(config_lines)
{
    (void)reading, (void)row;
    return node->kind == YAML_SCALAR && put_span(at, node->text);
}
KIND(config_lines, "text", "text, such as file:PATH");

READ(config_filled)
{
    return config_text_read(reading, row, node, at) && node->text.len > 0;
}
KIND(config_filled, "text", "text that is not empty");

READ(config_name)
{
    (void)reading, (void)row;
    return node->kind == YAML_SCALAR && node->text.len <= 64 && only(node->text, "-_") &&
           put_span(at, node->text);
}
KIND(config_name, "name", "a name of lower-case letters, digits, - and _");

READ(config_token)
{
    (void)reading, (void)row;
    return node->kind == YAML_SCALAR && node->text.len <= 64 &&
           only(lowered(reading->arena, node->text), "-_") && put_span(at, node->text);
}
KIND(config_token, "name", "a name of letters, digits, - and _");

READ(config_path)
{
    static const char *const taken[] = {"/shopify/", "/v1/", "/healthz", "/readyz"};
    if (node->kind != YAML_SCALAR || node->text.len < 2 || node->text.len > 100 ||
        node->text.ptr[0] != '/' || !only(lowered(reading->arena, node->text), "-_./"))
        return false;
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        if (span_starts(node->text, taken[i])) {
            config_wrong(reading, node,
                         "`%s`: paths under %s are the gateway's own; choose "
                         "another, such as /qzkv",
                         row->key, taken[i]);
            return true;
        }
    return put_span(at, node->text);
}
KIND(config_path, "path", "a path such as /qzkv");

READ(config_product)
{
    if (node->kind != YAML_SCALAR || node->text.len > 200)
        return false;
    if (config_control(reading, row->key, node))
        return true;
    span rest = node->text;
    bool is_template = span_find(rest, 0, '{') < rest.len;
    if (!is_template)
        return (span_empty(rest) || span_is(rest, "variant_id") || span_is(rest, "product_id") ||
                span_is(rest, "sku")) &&
               put_span(at, rest);
    for (size_t open; (open = span_find(rest, 0, '{')) < rest.len;) {
        size_t close = span_find(rest, open, '}');
        span word = span_sub(rest, open + 1, close - open - 1);
        if (close == rest.len ||
            (!span_is(word, "variant_id") && !span_is(word, "product_id") && !span_is(word, "sku")))
            return false;
        rest = span_sub(rest, close + 1, rest.len);
    }
    return put_span(at, node->text);
}
KIND(config_product, "product id",
     "variant_id, product_id, sku, or a template of these such as "
     "\"shopify_US_{product_id}_{variant_id}\"");

READ(config_currency)
{
    (void)row;
    if (node->kind != YAML_SCALAR || !money_currency_valid(node->text))
        return false;
    char *code = arena_text(reading->arena, node->text);
    for (char *c = code; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
    return put_span(at, span_of(code));
}
KIND(config_currency, "currency", "a currency's three letters (ISO 4217), such as EUR");

#define ZONES "/usr/share/zoneinfo"

/* Also true where the machine has no list to ask. */
static bool zone_known(struct arena *arena, span name)
{
    struct stat file;
    const char *path = arena_print(arena, ZONES "/%.*s", SPAN_ARG(name)).ptr;
    return stat(ZONES, &file) != 0 || (stat(path, &file) == 0 && S_ISREG(file.st_mode));
}

READ(config_zone)
{
    span name = node->text, rest = name, part;
    if (node->kind != YAML_SCALAR || name.len > 64 ||
        !only(lowered(reading->arena, name), "_+-/") || span_ends(name, "/"))
        return false;
    while (span_split(&rest, '/', &part))
        if (span_empty(part))
            return false;
    if (!zone_known(reading->arena, name))
        config_wrong(reading, node,
                     "`%s`: this machine knows no time zone \"%.*s\"; names are those of " ZONES
                     ", such as Europe/Berlin",
                     row->key, SPAN_ARG(node->written));
    return put_span(at, name);
}
KIND(config_zone, "time zone", "a time zone's name such as Europe/Berlin");

/* Tokens and people's data go there. */
static bool is_private(struct config_reading *reading, const struct config_row *row,
                       const struct yaml_node *node, const struct url *url)
{
    bool fine = span_equal_nocase(url->scheme, SPAN("https")) || addr_loopback_host(url->host);
    if (!fine)
        config_wrong(reading, node,
                     "`%s` must be https unless it is on this machine: it carries "
                     "tokens and people's data",
                     row->key);
    return fine;
}

READ(config_url)
{
    struct url url;
    if (node->kind != YAML_SCALAR || url_parse(node->text, &url) != OK || !span_empty(url.fragment))
        return false;
    return !is_private(reading, row, node, &url) || put_span(at, node->text);
}
KIND(config_url, "URL", "a whole URL such as https://oauth2.googleapis.com/token");

READ(config_base_url)
{
    struct url url;
    if (node->kind == YAML_SCALAR && span_empty(node->text))
        return put_span(at, (span){0});
    if (node->kind != YAML_SCALAR || url_parse(node->text, &url) != OK || !span_empty(url.query) ||
        !span_empty(url.fragment) || url.path.len > 1)
        return false;
    return !is_private(reading, row, node, &url) || put_span(at, url.origin);
}
KIND(config_base_url, "origin", "scheme and host without a path, such as https://sink.example");

READ(config_origin)
{
    return !(node->kind == YAML_SCALAR && span_empty(node->text)) &&
           config_base_url_read(reading, row, node, at);
}
KIND(config_origin, "origin", "scheme and host without a path, such as https://sgtm.shop.example");

/* ---- numbers --------------------------------------------------------------------------------- */

READ(config_flag)
{
    (void)reading, (void)row;
    bool yes = node->kind == YAML_SCALAR && span_is(node->text, "true");
    bool no = node->kind == YAML_SCALAR && span_is(node->text, "false");
    if (yes || no)
        *(bool *)at = yes;
    return yes || no;
}
KIND(config_flag, "true | false", "true or false");

READ(config_number)
{
    int64_t value, most = row->most ? row->most : 1000000000;
    if (node->kind != YAML_SCALAR || span_int(node->text, &value) != OK)
        return false;
    if (value < row->least || value > most)
        config_wrong(reading, node, "`%s` must be between %lld and %lld", row->key,
                     (long long)row->least, (long long)most);
    else
        *(unsigned *)at = (unsigned)value;
    return true;
}
KIND(config_number, "number", "a whole number");

static int64_t unit_ms(span unit)
{
    static const struct {
        const char *text;
        int64_t ms;
    } units[] = {{"ms", 1},     {"s", SECOND_MS},  {"m", MINUTE_MS},   {"h", HOUR_MS},
                 {"d", DAY_MS}, {"w", 7 * DAY_MS}, {"y", 365 * DAY_MS}};
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (span_is(unit, units[i].text))
            return units[i].ms;
    return 0;
}

static const char *in_words(struct arena *arena, int64_t ms)
{
    static const char *const names[] = {"d", "h", "m", "s", "ms"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        int64_t unit = unit_ms(span_of(names[i]));
        if (ms >= unit && ms % unit == 0)
            return arena_print(arena, "%lld%s", (long long)(ms / unit), names[i]).ptr;
    }
    return "0s";
}

READ(config_duration)
{
    size_t digits = 0;
    int64_t number, unit;
    span text = node->text;
    while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
        digits++;
    if (node->kind != YAML_SCALAR || digits == 0 || digits > 9 ||
        span_int(span_sub(text, 0, digits), &number) != OK)
        return false;
    unit = unit_ms(span_sub(text, digits, text.len));
    if (unit == 0 && !(number == 0 && digits == text.len))
        return false;
    if (number * unit < row->least || (row->most && number * unit > row->most)) {
        config_wrong(reading, node, "`%s` must be between %s and %s", row->key,
                     in_words(reading->arena, row->least), in_words(reading->arena, row->most));
        return true;
    }
    *(int64_t *)at = number * unit;
    return true;
}
KIND(config_duration, "duration", "a duration such as 90d, 2y, 12h, 15m or 120s");

/* ---- words ----------------------------------------------------------------------------------- */

static const char *nth_word(const void *list, unsigned n)
{
    const struct option_word *words = list;
    return words[n].text;
}

static bool find_word(struct config_reading *reading, const struct config_row *row,
                      const struct yaml_node *node, int *ret_value)
{
    for (const struct option_word *word = row->words; word->text; word++)
        if (node->kind == YAML_SCALAR && span_is(node->text, word->text)) {
            *ret_value = word->value;
            return true;
        }
    struct buf all;
    buf_init(&all, 1024);
    for (const struct option_word *word = row->words; word->text; word++)
        buf_print(&all, "%s%s", word == row->words ? "" : word[1].text ? ", " : " or ", word->text);
    const char *nearest =
        node->kind == YAML_SCALAR ? config_nearest(node->written, nth_word, row->words) : NULL;
    if (nearest)
        config_wrong(reading, node, "`%s` must be %.*s; did you mean %s?", row->key,
                     SPAN_ARG(buf_span(&all)), nearest);
    else
        config_wrong(reading, node, "`%s` must be %.*s", row->key, SPAN_ARG(buf_span(&all)));
    buf_done(&all);
    return false;
}

READ(config_word)
{
    int value;
    if (find_word(reading, row, node, &value))
        memcpy(at, &value, sizeof value); /* an enum of non-negative constants */
    return true;
}
static_assert(sizeof(enum shop_mode) == sizeof(int), "config_word writes enums as int");
KIND(config_word, "word", NULL);

READ(config_words)
{
    unsigned bits = 0;
    int value = 0;
    if (node->kind != YAML_LIST)
        return false;
    for (const struct yaml_node *one = node->first; one; one = one->next)
        if (find_word(reading, row, one, &value))
            bits |= 1u << value;
    *(unsigned *)at = bits;
    return true;
}
KIND(config_words, "list of words", "a list such as [test, pos]");

/* ---- hosts and addresses --------------------------------------------------------------------- */

static bool host_fits(span host)
{
    if (span_starts(host, "*."))
        host = span_sub(host, 2, host.len);
    return host.len > 0 && host.len <= 253 && (only(host, "-.") || addr_valid(host));
}

READ(config_host)
{
    span host = node->kind == YAML_SCALAR ? lowered(reading->arena, node->text) : (span){0};
    if (host_fits(host) && span_starts(host, "*.") && clean_is_public_suffix(host.ptr + 2))
        config_wrong(reading, node,
                     "`%s`: %.*s is everybody's, not one shop's; name the shop's own domain, such "
                     "as *.acme.example",
                     row->key, SPAN_ARG(node->written));
    return host_fits(host) && put_span(at, host);
}
KIND(config_host, "host", "a host name such as shop.example.com");

READ(config_listen)
{
    (void)row;
    struct config_address *address = at;
    span host;
    uint16_t port;
    if (node->kind != YAML_SCALAR || addr_split(node->text, &host, &port) != OK ||
        !addr_valid(host))
        return false;
    address->host = span_of(arena_text(reading->arena, host));
    address->port = port;
    return true;
}
KIND(config_listen, "address", "an IP and a port such as 0.0.0.0:8080 or [::1]:8080");

READ(config_ranges)
{
    struct addr_list *list = at;
    if (node->kind != YAML_LIST)
        return false;
    struct addr_range *ranges = arena_array(reading->arena, struct addr_range, node->count + 1);
    unsigned count = 0;
    for (const struct yaml_node *one = node->first; one; one = one->next) {
        if (one->kind == YAML_SCALAR && addr_range_parse(one->text, &ranges[count]) == OK)
            count++;
        else
            config_wrong(reading, one, "`%s` takes ranges such as 10.0.0.0/8 or 2001:db8::/32",
                         row->key);
    }
    *list = (struct addr_list){ranges, count};
    return true;
}
KIND(config_ranges, "list of ranges", "a list such as [127.0.0.1/32]");

/* ---- lists of text --------------------------------------------------------------------------- */

/* Each value by the kind `each`; a single value counts as a list of one. */
static bool read_list(struct config_reading *reading, const struct config_row *row,
                      const struct yaml_node *node, void *at, const struct config_kind *each)
{
    struct span_list *list = at;
    if (node->kind == YAML_MAP)
        return false;
    const struct yaml_node *one = node->kind == YAML_LIST ? node->first : node;
    unsigned room = node->kind == YAML_LIST ? node->count : 1, count = 0;
    span *items = arena_array(reading->arena, span, room + 1);
    for (; one; one = node->kind == YAML_LIST ? one->next : NULL) {
        if (one->failed || each->read(reading, row, one, &items[count]))
            count++;
        else
            config_wrong(reading, one, "`%s` takes %s%s", row->key, each->right,
                         one->kind != YAML_SCALAR ? "; quote what contains a colon and a blank"
                         : each == &config_host &&
                                 span_find(one->written, 0, '/') < one->written.len
                             ? "; leave out the scheme and the path"
                             : "");
    }
    *list = (struct span_list){items, count};
    return true;
}

READ(config_texts)
{
    if (row->required && node->kind == YAML_LIST && node->count == 0)
        config_wrong(reading, node, "`%s` is empty: %s", row->key, row->help);
    return read_list(reading, row, node, at, &config_filled);
}
KIND(config_texts, "list", "a list such as [a, b]");

READ(config_hosts)
{
    return read_list(reading, row, node, at, &config_host);
}
KIND(config_hosts, "list of hosts", "a list of hosts such as [shop.example.com]");

READ(config_events)
{
    uint64_t bits = 0;
    if (node->kind == YAML_SCALAR && span_is(node->text, "all")) {
        *(uint64_t *)at = UINT64_MAX;
        return true;
    }
    if (node->kind != YAML_LIST)
        return false;
    for (const struct yaml_node *one = node->first; one; one = one->next) {
        enum event_name name = one->kind == YAML_SCALAR ? names_find(one->text) : EVENT_CUSTOM;
        bool custom = one->kind == YAML_SCALAR && span_is(one->text, "custom");
        if ((name == EVENT_CUSTOM && !custom) || names_class(name) == EVENT_CLASS_FACT ||
            names_class(name) == EVENT_CLASS_HALF)
            config_wrong(reading, one,
                         "`%s` takes event names such as product_viewed or "
                         "order_placed (see `sidetrack describe`), or custom",
                         row->key);
        else
            bits |= UINT64_C(1) << name;
    }
    *(uint64_t *)at = bits;
    return true;
}
static_assert(EVENT_NAME_COUNT <= 64, "event names are bits of a uint64_t");
KIND(config_events, "list of events", "all, or a list such as [order_placed, order_refunded]");

READ(config_regions)
{
    static const struct option_word choices[] = {
        {"granted", CONSENT_GRANTED}, {"denied", CONSENT_DENIED}, {NULL, 0}};
    struct consent_defaults *defaults = at;
    if (node->kind != YAML_MAP)
        return false;
    struct consent_region *regions =
        arena_array(reading->arena, struct consent_region, node->count + 1);
    unsigned count = 0;
    for (const struct yaml_node *one = node->first; one; one = one->next) {
        struct config_row named = {.key = arena_text(reading->arena, one->key), .words = choices};
        span country = span_sub(one->key, 0, span_find(one->key, 0, '-'));
        int choice;
        if (country.len != 2 || country.ptr[0] < 'A' || country.ptr[0] > 'Z' ||
            country.ptr[1] < 'A' || country.ptr[1] > 'Z')
            yaml_trouble(reading->troubles, one->key_line, one->key_column,
                         "`%s` names regions like US or US-CA, in capitals", row->key);
        else if (find_word(reading, &named, one, &choice))
            regions[count++] = (struct consent_region){one->key, (enum consent_choice)choice};
    }
    defaults->regions = regions;
    defaults->region_count = count;
    return true;
}
KIND(config_regions, "map of regions", "a map such as { US: granted }");
