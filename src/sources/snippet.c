/*
 * See snippet.h. The built script holds the word SETTINGS once (tools/web sees to it); the store's
 * JSON object takes its place (web/snippet/config.ts says what is in it). It says nothing that a
 * visitor may not know: names of cookies, of the cart attribute, of paths.
 */
#include "snippet.h"

#include "../base/json.h"
#include "../base/limits.h"
#include "../event/clean.h"

#define PLACE "SETTINGS"

extern const char snippet_first_js[], snippet_more_js[], snippet_pixel_js[];
extern const unsigned snippet_first_js_len, snippet_more_js_len, snippet_pixel_js_len;

span snippet_cookie_domain(struct arena *arena, const struct shop *shop)
{
    if (!span_empty(shop->cookie_domain) || shop->hosts.count == 0)
        return shop->cookie_domain;
    span host = shop->hosts.items[0];
    if (span_starts(host, "*."))
        host = span_sub(host, 2, host.len);
    span domain = clean_registrable(arena, host);
    return span_empty(domain) ? domain : arena_join(arena, SPAN("."), domain);
}

/* Regions whose row counts: in a strict one only the default does (event/consent.h). */
static void write_consent(struct json *json, const struct consent_defaults *defaults)
{
    json_open(json, "consent", '{');
    json_put_text(json, "default", span_of(consent_choice_text(defaults->otherwise)));
    json_open(json, "regions", '{');
    for (unsigned i = 0; i < defaults->region_count; i++)
        if (!consent_is_strict_region(defaults->regions[i].region))
            json_put_text_at(json, defaults->regions[i].region,
                             span_of(consent_choice_text(defaults->regions[i].choice)));
    json_close(json, '}');
    json_close(json, '}');
}

static const char *const tags[TAG_COUNT] = {"meta", "tiktok", "google"};

/* A tag names products as the destination behind it does. */
static span product_rule(const struct shop *shop, unsigned tag)
{
    span own = shop->bridge_products[tag], rule = span_empty(own) ? shop->orders.product_id : own;
    return span_is(rule, "variant_id") ? (span){0} : rule;
}

static void write_products(struct json *json, const struct shop *shop)
{
    bool any = false;
    for (unsigned i = 0; i < TAG_COUNT; i++)
        any |= (shop->bridge & (1u << i)) && !span_empty(product_rule(shop, i));
    if (!any)
        return;
    json_open(json, "product", '{');
    for (unsigned i = 0; i < TAG_COUNT; i++)
        if ((shop->bridge & (1u << i)) && !span_empty(product_rule(shop, i)))
            json_put_text(json, tags[i], product_rule(shop, i));
    json_close(json, '}');
}

/* Google knows a sale by the same id as the gateway's; a sale that counts when it is paid is not
   the browser's to tell (DESIGN 7). */
static void write_rules(struct json *json, const struct shop *shop)
{
    static const char *const ids[] = {"order_id", "order_number", "order_name"};
    if (shop->orders.trigger == TRIGGER_CREATED)
        json_put_text(json, "purchase", span_of(ids[shop->orders.transaction_id]));
    write_products(json, shop);
}

static void write_bridge(struct json *json, const struct shop *shop)
{
    if (!shop->bridge)
        return;
    json_open(json, "bridge", '[');
    for (unsigned i = 0; i < TAG_COUNT; i++)
        if (shop->bridge & (1u << i))
            json_put_text(json, NULL, span_of(tags[i]));
    json_close(json, ']');
    write_rules(json, shop);
}

static void write_settings(struct buf *out, const struct shop *shop)
{
    struct json json;
    struct arena arena;
    arena_init(&arena, 64 * KIB);
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "collect", shop->collect_path);
    json_put_text(&json, "cookie", shop->cookie_name);
    json_put_text(&json, "domain", snippet_cookie_domain(&arena, shop));
    json_put_text(&json, "cart",
                  span_empty(shop->shopify.domain) ? SPAN("") : shop->cart_attribute);
    json_put_text(&json, "link", shop->link_parameter);
    if (!span_empty(shop->shopify.proxy))
        json_put_text(&json, "proxy", shop->shopify.proxy);
    write_consent(&json, &shop->consent);
    write_bridge(&json, shop);
    json_close(&json, '}');
    json_end(&json);
    arena_done(&arena);
}

void snippet_write(const struct shop *shop, enum snippet_part part, struct buf *out)
{
    if (part == SNIPPET_MORE) {
        buf_add_span(out, (span){snippet_more_js, snippet_more_js_len});
        return;
    }
    span script = {snippet_first_js, snippet_first_js_len};
    size_t at = 0;
    while (at < script.len && !span_starts(span_sub(script, at, script.len), PLACE))
        at++;
    buf_add_span(out, span_sub(script, 0, at));
    write_settings(out, shop);
    buf_add_span(out, span_sub(script, at + strlen(PLACE), script.len));
}

static void write_tags(const struct snippet_pixel *pixel, struct buf *out)
{
    static const char *const values[] = {"total", "subtotal", "net"};
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '{');
    for (unsigned i = 0; i < TAG_COUNT; i++)
        if (!span_empty(pixel->tags[i]))
            json_put_text(&json, tags[i], pixel->tags[i]);
    write_rules(&json, pixel->shop);
    json_put_text(&json, "value", span_of(values[pixel->shop->orders.value]));
    json_close(&json, '}');
    json_end(&json);
}

/* Names and paths are of letters, digits and - _ . / (config_token, config_path), hosts too. */
void snippet_pixel(const struct snippet_pixel *pixel, struct buf *out)
{
    buf_print(out, "const collect = '%.*s', cookie = '%.*s', attribute = '%.*s';\n",
              SPAN_ARG(pixel->collect), SPAN_ARG(pixel->cookie), SPAN_ARG(pixel->attribute));
    bool any = false;
    for (unsigned i = 0; i < TAG_COUNT; i++)
        any |= !span_empty(pixel->tags[i]);
    if (any && pixel->shop) {
        buf_add_text(out, "const tags = ");
        write_tags(pixel, out);
        buf_add_text(out, ";\n");
    }
    buf_add(out, snippet_pixel_js, snippet_pixel_js_len);
}
