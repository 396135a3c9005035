/*
 * What a page says to the scripts on it, as a Shopify theme's page does:
 *
 *   in the head    window.Shopify, window.ShopifyAnalytics.meta, window.__st
 *   at its end     <script id="sidetrack-page">   one event, as a merchant's theme would tell our
 * snippet our snippet itself <script id="web-pixels">       the events of the web pixel, for
 * pixels.js
 *
 * In all of them '<' is written as an escape, so that no element can be ended by what a visitor
 * typed.
 */
#include <assert.h>

#include "../base/limits.h"
#include "storefront_private.h"

#define DATA_CEILING (256u * 1024)

struct writer {
    struct storefront_page *page;
    struct arena *arena;
    struct buf data;
    struct json json;
};

static void start(struct writer *w, struct storefront_page *page)
{
    *w = (struct writer){.page = page, .arena = page->exchange->arena};
    buf_init(&w->data, DATA_CEILING);
    json_start(&w->json, &w->data);
    json_open(&w->json, NULL, '{');
}

static void finish(struct writer *w)
{
    json_close(&w->json, '}');
    json_end(&w->json);
    assert(buf_ok(&w->data));
    for (size_t i = 0; i < w->data.len; i++)
        if (w->data.ptr[i] == '<')
            storefront_put(w->page, "\\u003c");
        else
            buf_add_char(&w->page->out, w->data.ptr[i]);
    buf_done(&w->data);
}

static void put_id(struct writer *w, const char *key, int64_t id)
{
    json_put_text(&w->json, key, arena_print(w->arena, "%lld", (long long)id));
}

/* ---- window.Shopify and its kin ---- */

static const char *page_type(const struct storefront_told *told, span path)
{
    if (told->name == NULL)
        return span_is(path, "/") ? "home" : "page";
    return strcmp(told->name, "product_viewed") == 0      ? "product"
           : strcmp(told->name, "collection_viewed") == 0 ? "collection"
           : strcmp(told->name, "search_submitted") == 0  ? "searchresults"
                                                          : "cart";
}

static void put_meta_product(struct writer *w, const struct storefront_product *product)
{
    json_open(&w->json, "product", '{');
    json_put_int(&w->json, "id", product->id);
    json_put_text(&w->json, "gid",
                  arena_print(w->arena, "gid://shopify/Product/%lld", (long long)product->id));
    json_put_text(&w->json, "vendor", span_of(product->vendor));
    json_put_text(&w->json, "type", span_of(product->type));
    json_put_text(&w->json, "handle", span_of(product->handle));
    json_open(&w->json, "variants", '[');
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++) {
        const struct storefront_product *variant = &storefront_products[i];
        if (variant->id != product->id)
            continue;
        json_open(&w->json, NULL, '{');
        json_put_int(&w->json, "id", variant->variant_id);
        json_put_int(&w->json, "price", storefront_hundredths(variant->cents, w->page->currency));
        json_put_text(&w->json, "name",
                      arena_print(w->arena, "%s - %s", variant->title, variant->variant));
        json_put_text(&w->json, "public_title", span_of(variant->variant));
        json_put_text(&w->json, "sku", span_of(variant->sku));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
    json_close(&w->json, '}');
}

static void put_meta(struct writer *w, const struct storefront_told *told)
{
    const char *type = page_type(told, w->page->exchange->request.path);
    json_open(&w->json, "meta", '{');
    if (strcmp(type, "product") == 0)
        put_meta_product(w, told->lines[0].product);
    json_open(&w->json, "page", '{');
    json_put_text(&w->json, "pageType", span_of(type));
    if (strcmp(type, "product") == 0) {
        json_put_text(&w->json, "resourceType", SPAN("product"));
        json_put_int(&w->json, "resourceId", told->lines[0].product->id);
    } else if (told->collection && told->collection->id) {
        json_put_text(&w->json, "resourceType", SPAN("collection"));
        json_put_int(&w->json, "resourceId", told->collection->id);
    }
    if (w->page->customer)
        json_put_int(&w->json, "customerId", w->page->customer->id);
    json_close(&w->json, '}');
    json_put_text(&w->json, "currency", span_of(w->page->currency));
    json_close(&w->json, '}');
}

void storefront_told_globals(struct storefront_page *page, const struct storefront_told *told)
{
    struct writer w;
    storefront_put(page, "<script>window.Shopify=");
    start(&w, page);
    json_put_text(&w.json, "shop", page->shop->options.shopify_domain);
    json_put_text(&w.json, "locale", SPAN("en"));
    json_put_text(&w.json, "country", SPAN("DE"));
    json_open(&w.json, "currency", '{');
    json_put_text(&w.json, "active", span_of(page->currency));
    json_close(&w.json, '}');
    json_open(&w.json, "routes", '{');
    json_put_text(&w.json, "root", SPAN("/"));
    json_close(&w.json, '}');
    finish(&w);
    if (told->checkout) {
        storefront_put(page, "</script>");
        return;
    }
    storefront_put(page, ";window.ShopifyAnalytics=");
    start(&w, page);
    put_meta(&w, told);
    finish(&w);
    storefront_put(page, ";window.__st=");
    start(&w, page);
    json_put_text(&w.json, "p", span_of(page_type(told, page->exchange->request.path)));
    if (page->customer)
        json_put_int(&w.json, "cid", page->customer->id);
    finish(&w);
    storefront_put(page, "</script>");
}

/* ---- our snippet ---- */

static void put_item(struct writer *w, const struct storefront_line *line)
{
    const struct storefront_product *product = line->product;
    unsigned scale = 2;
    (void)storefront_currency(span_of(w->page->currency), &scale);
    json_open(&w->json, NULL, '{');
    put_id(w, "product_id", product->id);
    put_id(w, "variant_id", product->variant_id);
    json_put_text(&w->json, "sku", span_of(product->sku));
    json_put_text(&w->json, "name", span_of(product->title));
    json_put_text(
        &w->json, "price",
        storefront_units(w->arena, storefront_shown(product->cents, w->page->currency), scale));
    json_put_int(&w->json, "quantity", line->quantity);
    json_put_text(&w->json, "url", arena_print(w->arena, "/products/%s", product->handle));
    json_put_text(&w->json, "image", arena_print(w->arena, "/images/%s.svg", product->handle));
    json_put_text(&w->json, "brand", span_of(product->vendor));
    json_open(&w->json, "categories", '[');
    json_put_text(&w->json, NULL, span_of(product->type));
    json_close(&w->json, ']');
    json_close(&w->json, '}');
}

static void put_event(struct storefront_page *page, const struct storefront_told *told)
{
    struct writer w;
    storefront_put(page, "<script type=application/json id=sidetrack-page>");
    start(&w, page);
    json_put_text(&w.json, "name", span_of(told->name));
    json_open(&w.json, "data", '{');
    json_put_text(&w.json, "currency", span_of(page->currency));
    if (told->query.ptr)
        json_put_text(&w.json, "query", told->query);
    if (told->collection) {
        json_open(&w.json, "collection", '{');
        if (told->collection->id)
            put_id(&w, "id", told->collection->id);
        else
            json_put_text(&w.json, "id", SPAN("all"));
        json_put_text(&w.json, "title", span_of(told->collection->title));
        json_close(&w.json, '}');
    }
    json_open(&w.json, "items", '[');
    for (unsigned i = 0; i < told->line_count; i++)
        put_item(&w, &told->lines[i]);
    json_close(&w.json, ']');
    json_close(&w.json, '}');
    finish(&w);
    storefront_put(page, "</script>");
}

static void put_snippet(struct storefront_page *page)
{
    const struct storefront_options *options = &page->shop->options;
    storefront_put(page, "<script src=\"");
    storefront_put_escaped(page, options->gateway);
    storefront_put_escaped(page, options->snippet_path);
    storefront_put(page, "\" async></script>");
}

/* ---- the web pixel ---- */

static void put_variants(struct writer *w, const struct storefront_told *told)
{
    json_open(&w->json, "productVariants", '[');
    for (unsigned i = 0; i < told->line_count; i++)
        storefront_pixel_variant(&w->json, NULL, told->lines[i].product, w->page->currency,
                                 w->arena);
    json_close(&w->json, ']');
}

/* `data` of one event; the names are Shopify's (contracts/sources 2.4). */
static void put_pixel_data(struct writer *w, const struct storefront_told *told)
{
    const char *type = page_type(told, SPAN(""));
    json_open(&w->json, NULL, '{');
    if (strcmp(type, "product") == 0) {
        storefront_pixel_variant(&w->json, "productVariant", told->lines[0].product,
                                 w->page->currency, w->arena);
    } else if (strcmp(type, "collection") == 0) {
        json_open(&w->json, "collection", '{');
        json_put_text(&w->json, "id",
                      told->collection->id
                          ? arena_print(w->arena, "%lld", (long long)told->collection->id)
                          : SPAN(""));
        json_put_text(&w->json, "title", span_of(told->collection->title));
        put_variants(w, told);
        json_close(&w->json, '}');
    } else if (strcmp(type, "searchresults") == 0) {
        json_open(&w->json, "searchResult", '{');
        json_put_text(&w->json, "query", told->query);
        put_variants(w, told);
        json_close(&w->json, '}');
    } else {
        storefront_pixel_cart(&w->json, "cart", w->page->cart, w->arena);
    }
    json_close(&w->json, '}');
}

static void put_pixel_event(struct writer *w, const char *name, const struct storefront_told *told)
{
    json_open(&w->json, NULL, '[');
    json_put_text(&w->json, NULL, span_of(name));
    if (strcmp(name, "page_viewed") == 0) {
        json_open(&w->json, NULL, '{');
        json_close(&w->json, '}');
    } else if (told->checkout) {
        const struct storefront_cart *cart = w->page->cart;
        struct buf data;
        buf_init(&data, DATA_CEILING);
        storefront_pixel_data(cart, storefront_order_from(w->page->shop, cart), w->arena, &data);
        json_put_raw(&w->json, NULL, buf_span(&data));
        buf_done(&data);
    } else {
        put_pixel_data(w, told);
    }
    json_close(&w->json, ']');
}

static void put_init(struct writer *w)
{
    const struct storefront_customer *customer = w->page->customer;
    json_open(&w->json, "init", '{');
    json_open(&w->json, "data", '{');
    if (customer) {
        json_open(&w->json, "customer", '{');
        put_id(w, "id", customer->id);
        json_put_text(&w->json, "email", span_of(customer->email.text));
        json_put_text(&w->json, "firstName", span_of(customer->first_name.text));
        json_put_text(&w->json, "lastName", span_of(customer->last_name.text));
        json_close(&w->json, '}');
    } else {
        json_put_null(&w->json, "customer");
    }
    storefront_pixel_cart(&w->json, "cart", w->page->cart, w->arena);
    json_open(&w->json, "shop", '{');
    json_put_text(&w->json, "countryCode", SPAN("DE"));
    json_put_text(&w->json, "myshopifyDomain", w->page->shop->options.shopify_domain);
    json_put_text(&w->json, "name", SPAN("Harbour & Pine"));
    json_close(&w->json, '}');
    json_put_null(&w->json, "purchasingCompany");
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_pixels(struct storefront_page *page, const struct storefront_told *told)
{
    struct writer w;
    storefront_put(page, "<script type=application/json id=web-pixels>");
    start(&w, page);
    put_init(&w);
    if (told->checkout)
        json_put_text(&w.json, "checkout",
                      arena_print(w.arena, "/checkouts/cn/%s/pixel.json", page->cart->token));
    json_open(&w.json, "events", '[');
    put_pixel_event(&w, "page_viewed", told);
    if (told->name)
        put_pixel_event(&w, told->name, told);
    json_close(&w.json, ']');
    finish(&w);
    storefront_put(page, "</script>");
}

void storefront_told_events(struct storefront_page *page, const struct storefront_told *told)
{
    if (told->name && !told->checkout)
        put_event(page, told);
    if (!told->checkout)
        put_snippet(page);
    put_pixels(page, told);
}
