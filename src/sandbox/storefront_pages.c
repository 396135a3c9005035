/*
 * The pages of the demo shop: home, collection, products, search, cart, checkout, thank-you, and
 * the files they ask for. Plain HTML with one small style sheet; whatever a visitor typed is
 * escaped on its way out.
 *
 * Storefront pages carry our snippet, a consent banner and, as JSON in
 * <script id="sidetrack-page">, what happened on them, as a theme would tell it. Checkout pages
 * carry the web-pixel player instead, which plays Shopify's pixel runtime and our custom pixel at
 * once.
 */
#include "storefront_private.h"

#include <assert.h>

#include "../base/limits.h"
#include "../base/url.h"

extern const char storefront_snippet_js[], storefront_banner_js[], storefront_pixel_js[];
extern const unsigned storefront_snippet_js_len, storefront_banner_js_len, storefront_pixel_js_len;

#define PAGE_CEILING (1u * MIB)

static const char style[] =
    "<style>:root{--ink:#23292e;--quiet:#6a7378;--line:#e6e2da;--paper:#faf8f4;--accent:#2f5d50}"
    "*{box-sizing:border-box}body{margin:0;font:16px/1.55 Georgia,'Times New Roman',serif;"
    "color:var(--ink);background:var(--paper)}a{color:inherit;text-decoration:none}"
    "header,main,footer{max-width:1040px;margin:0 auto;padding:0 24px}"
    "header{display:flex;gap:24px;align-items:baseline;padding-top:28px;padding-bottom:20px;"
    "border-bottom:1px solid var(--line)}header b{font-size:22px;letter-spacing:.04em}"
    "nav{display:flex;gap:18px;margin-left:auto;font:14px system-ui,sans-serif}"
    "h1{font-size:34px;font-weight:400;margin:36px 0 8px}p{color:var(--quiet);max-width:60ch}"
    ".grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(230px,1fr));gap:28px;"
    "margin:32px 0 60px}.card img,.hero img{width:100%;border-radius:6px;display:block}"
    ".card span{display:block;margin-top:10px}.price{font:15px system-ui,sans-serif;"
    "color:var(--quiet)}.hero{display:grid;grid-template-columns:1fr 1fr;gap:48px;margin:40px 0 "
    "80px}"
    "button,.button{display:inline-block;font:600 15px "
    "system-ui,sans-serif;background:var(--accent);"
    "color:#fff;border:0;border-radius:6px;padding:13px 26px;cursor:pointer}"
    "table{width:100%;border-collapse:collapse;margin:28px 0;font:15px system-ui,sans-serif}"
    "td,th{padding:12px 6px;border-bottom:1px solid var(--line);text-align:left}"
    "td:last-child,th:last-child{text-align:right}form.address{display:grid;gap:12px;max-width:"
    "420px;"
    "margin:24px 0 60px}input,select{font:15px system-ui,sans-serif;padding:11px;border:1px solid "
    "#cfc9bd;border-radius:6px;background:#fff;width:100%}footer{padding-top:24px;padding-bottom:"
    "40px;"
    "border-top:1px solid var(--line);font:13px system-ui,sans-serif;color:var(--quiet)}"
    "@media(max-width:700px){.hero{grid-template-columns:1fr}}</style>";

static void text(struct storefront_page *page, const char *plain)
{
    buf_add_text(&page->out, plain);
}

/* What somebody typed, or data: escaped for text and for double-quoted attributes. */
static void escaped(struct storefront_page *page, span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const char *entity = c == '<'    ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '&'  ? "&amp;"
                             : c == '"'  ? "&quot;"
                             : c == '\'' ? "&#39;"
                                         : NULL;
        if (entity)
            buf_add_text(&page->out, entity);
        else
            buf_add_char(&page->out, c);
    }
}

static span price_of(const struct storefront_page *page, int64_t cents)
{
    unsigned scale = 2;
    (void)storefront_currency(span_of(page->currency), &scale);
    return storefront_units(page->exchange->arena, storefront_shown(cents, page->currency), scale);
}

static void put_price(struct storefront_page *page, int64_t cents)
{
    span price = price_of(page, cents);
    buf_print(&page->out, "<span class=price>%.*s %s</span>", SPAN_ARG(price), page->currency);
}

static void start(struct storefront_page *page, span title)
{
    buf_init(&page->out, PAGE_CEILING);
    text(page, "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
               "content=\"width=device-width\"><title>");
    escaped(page, title);
    text(page, " · Harbour &amp; Pine</title><link rel=icon href=\"data:,\">");
    text(page, style);
    text(page, "</head><body><header><a href=/><b>Harbour &amp; Pine</b></a><nav>"
               "<a href=/collections/all>Shop</a><a href=/search>Search</a>"
               "<a href=\"?currency=EUR\">EUR</a><a href=\"?currency=USD\">USD</a>"
               "<a href=\"?currency=JPY\">JPY</a><a href=/cart>Cart</a></nav></header><main>");
}

static bool finish(struct storefront_page *page, int status)
{
    struct arena *arena = page->exchange->arena;
    span cookies = http_request_header(&page->exchange->request, "cookie");
    struct http_header headers[5] = {
        {SPAN("Content-Type"),  SPAN("text/html; charset=utf-8")},
        {SPAN("Cache-Control"), SPAN("no-store")                }
    };
    unsigned count = 2;
    headers[count++] = (struct http_header){
        SPAN("Set-Cookie"), arena_print(arena, "cart_currency=%s; Path=/", page->currency)};
    if (url_cookie_get(cookies, "_landing").ptr == NULL) {
        span landing = url_encode(arena, page->exchange->request.target);
        span referrer = url_encode(arena, http_request_header(&page->exchange->request, "referer"));
        headers[count++] = (struct http_header){
            SPAN("Set-Cookie"), arena_print(arena, "_landing=%.*s; Path=/", SPAN_ARG(landing))};
        headers[count++] = (struct http_header){
            SPAN("Set-Cookie"), arena_print(arena, "_referrer=%.*s; Path=/", SPAN_ARG(referrer))};
    }
    text(page, "</main><footer>A demo shop. Nothing here is for sale; orders are sent to your own "
               "gateway only. <a href=/privacy><u>Privacy</u></a></footer></body></html>");
    assert(buf_ok(&page->out));
    listen_answer(page->exchange, status, headers, count, buf_span(&page->out));
    buf_done(&page->out);
    return true;
}

/* ---- what the page tells the snippet ---- */

static void put_item(struct json *json, const struct storefront_page *page,
                     const struct storefront_product *product, unsigned quantity)
{
    struct arena *arena = page->exchange->arena;
    json_open(json, NULL, '{');
    json_put_text(json, "product_id", arena_print(arena, "%lld", (long long)product->id));
    json_put_text(json, "variant_id", arena_print(arena, "%lld", (long long)product->variant_id));
    json_put_text(json, "sku", span_of(product->sku));
    json_put_text(json, "name", span_of(product->title));
    json_put_text(json, "price", price_of(page, product->cents));
    json_put_int(json, "quantity", quantity);
    json_put_text(json, "url", arena_print(arena, "/products/%s", product->handle));
    json_put_text(json, "image", arena_print(arena, "/images/%s.svg", product->handle));
    json_put_text(json, "brand", span_of(product->vendor));
    json_open(json, "categories", '[');
    json_put_text(json, NULL, span_of(product->type));
    json_close(json, ']');
    json_close(json, '}');
}

/* One event beside page_viewed. '<' is written as an escape, so the element cannot be ended. */
struct told {
    const char *name, *collection;
    span query;
    const struct storefront_line *lines;
    unsigned line_count;
};

static void put_told(struct storefront_page *page, const struct told *told)
{
    struct buf data;
    struct json json;
    buf_init(&data, PAGE_CEILING);
    json_start(&json, &data);
    json_open(&json, NULL, '{');
    json_put_text(&json, "name", span_of(told->name));
    json_open(&json, "data", '{');
    json_put_text(&json, "currency", span_of(page->currency));
    if (told->query.ptr)
        json_put_text(&json, "query", told->query);
    if (told->collection) {
        json_open(&json, "collection", '{');
        json_put_text(&json, "id", SPAN("all"));
        json_put_text(&json, "title", span_of(told->collection));
        json_close(&json, '}');
    }
    json_open(&json, "items", '[');
    for (unsigned i = 0; i < told->line_count; i++)
        put_item(&json, page, told->lines[i].product, told->lines[i].quantity);
    json_close(&json, ']');
    json_close(&json, '}');
    json_close(&json, '}');
    json_end(&json);
    text(page, "<script type=application/json id=sidetrack-page>");
    for (size_t i = 0; i < data.len; i++)
        if (data.ptr[i] == '<')
            text(page, "\\u003c");
        else
            buf_add_char(&page->out, data.ptr[i]);
    text(page, "</script>");
    buf_done(&data);
}

static void put_snippet(struct storefront_page *page, const struct told *told)
{
    const struct storefront_options *options = &page->shop->options;
    if (told)
        put_told(page, told);
    text(page, "<script src=/snippet.js data-collect=\"");
    escaped(page, options->gateway);
    escaped(page, options->collect_path);
    text(page, "\" data-cookie=\"");
    escaped(page, options->cookie_name);
    text(page, "\" data-cart-attribute=\"");
    escaped(page, options->cart_attribute);
    text(page, "\" data-cookie-domain=\"");
    escaped(page, options->cookie_domain);
    text(page, "\" data-consent-default=\"");
    escaped(page, options->consent_default);
    text(page, "\"></script><script src=/banner.js></script>");
}

/* ---- pages ---- */

static bool holds(span s, span part)
{
    for (size_t i = 0; i + part.len <= s.len; i++)
        if (span_equal_nocase(span_sub(s, i, part.len), part))
            return true;
    return false;
}

/* Every word of the query is somewhere in what the shop says about it; no words match all. */
static bool matches(const struct storefront_product *product, span query, struct arena *arena)
{
    span word, said = arena_print(arena, "%s %s %s %s %s", product->title, product->variant,
                                  product->vendor, product->type, product->story);
    while (span_split(&query, ' ', &word))
        if (!holds(said, word))
            return false;
    return true;
}

static void put_cards(struct storefront_page *page, span query)
{
    unsigned found = 0;
    text(page, "<div class=grid>");
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++) {
        const struct storefront_product *product = &storefront_products[i];
        if (!matches(product, query, page->exchange->arena))
            continue;
        found++;
        buf_print(
            &page->out,
            "<a class=card href=/products/%s><img src=/images/%s.svg alt=\"\"><span>%s</span>",
            product->handle, product->handle, product->title);
        put_price(page, product->cents);
        text(page, "</a>");
    }
    text(page, found > 0 ? "</div>" : "</div><p>We have nothing like that.</p>");
}

static bool page_home(struct storefront_page *page)
{
    start(page, SPAN("Home"));
    text(page, "<h1>Things that last</h1><p>Six things, made slowly, for kitchens, desks and cold "
               "evenings.</p>");
    put_cards(page, SPAN(""));
    put_snippet(page, NULL);
    return finish(page, 200);
}

static void all_lines(struct storefront_line lines[STOREFRONT_PRODUCTS])
{
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++)
        lines[i] = (struct storefront_line){&storefront_products[i], 1, 0};
}

static bool page_collection(struct storefront_page *page)
{
    struct storefront_line lines[STOREFRONT_PRODUCTS];
    struct told told = {.name = "collection_viewed",
                        .collection = "All things",
                        .lines = lines,
                        .line_count = STOREFRONT_PRODUCTS};
    all_lines(lines);
    start(page, SPAN("All things"));
    text(page, "<h1>All things</h1>");
    put_cards(page, SPAN(""));
    put_snippet(page, &told);
    return finish(page, 200);
}

static bool page_search(struct storefront_page *page)
{
    span query = url_query_get(page->exchange->arena, page->exchange->request.query, "q");
    struct told told = {.name = "search_submitted", .query = query};
    start(page, SPAN("Search"));
    text(page, "<h1>Search</h1><form action=/search><input name=q placeholder=\"mug\" value=\"");
    escaped(page, query);
    text(page, "\"></form>");
    if (query.len > 0)
        put_cards(page, query);
    put_snippet(page, query.len > 0 ? &told : NULL);
    return finish(page, 200);
}

static bool page_product(struct storefront_page *page, span handle)
{
    const struct storefront_product *product = storefront_product_named(handle);
    if (product == NULL)
        return false;
    struct storefront_line line = {product, 1, 0};
    struct told told = {.name = "product_viewed", .lines = &line, .line_count = 1};
    start(page, span_of(product->title));
    buf_print(&page->out,
              "<div class=hero><img src=/images/%s.svg alt=\"\"><div><h1>%s</h1><p>%s<br>%s</p>",
              product->handle, product->title, product->story, product->variant);
    put_price(page, product->cents);
    buf_print(&page->out,
              "<p><button onclick=\"fetch('/cart/add.js',{method:'POST',headers:{'Content-Type':"
              "'application/json'},body:JSON.stringify({id:%lld,quantity:1})}).then(()=>location="
              "'/cart')\">Add to cart</button></p></div></div>",
              (long long)product->variant_id);
    put_snippet(page, &told);
    return finish(page, 200);
}

static void put_lines(struct storefront_page *page)
{
    struct storefront_bill bill;
    struct arena *arena = page->exchange->arena;
    storefront_bill(page->cart, &bill);
    text(page, "<table><tr><th>Thing<th>Quantity<th>Total</tr>");
    for (unsigned i = 0; i < page->cart->line_count; i++) {
        span total = storefront_units(arena, bill.lines[i].total.units[SHOWN], bill.scale[SHOWN]);
        buf_print(&page->out, "<tr><td>%s<td>%u<td>%.*s %s</tr>",
                  page->cart->lines[i].product->title, page->cart->lines[i].quantity,
                  SPAN_ARG(total), page->cart->currency);
    }
    span shipping = storefront_units(arena, bill.shipping.units[SHOWN], bill.scale[SHOWN]);
    span total = storefront_units(arena, bill.total.units[SHOWN], bill.scale[SHOWN]);
    buf_print(&page->out,
              "<tr><td>Shipping<td><td>%.*s %s</tr><tr><th>Total<th><th>%.*s %s</tr></table>",
              SPAN_ARG(shipping), page->cart->currency, SPAN_ARG(total), page->cart->currency);
}

static bool page_cart(struct storefront_page *page)
{
    struct told told = {.name = "cart_viewed"};
    start(page, SPAN("Cart"));
    text(page, "<h1>Your cart</h1>");
    if (page->cart && page->cart->line_count > 0 && page->cart->order == 0) {
        told.lines = page->cart->lines;
        told.line_count = page->cart->line_count;
        put_lines(page);
        text(page, "<p><a class=button href=/checkout>Check out</a></p>");
    } else {
        text(page, "<p>Nothing in it yet.</p>");
    }
    put_snippet(page, &told);
    return finish(page, 200);
}

static void put_pixel(struct storefront_page *page, const char *events)
{
    const struct storefront_options *options = &page->shop->options;
    text(page, "<script src=/pixel.js data-collect=\"");
    escaped(page, options->gateway);
    escaped(page, options->collect_path);
    text(page, "\" data-cookie=\"");
    escaped(page, options->cookie_name);
    buf_print(&page->out, "\" data-checkout=\"/checkouts/cn/%s\" data-events=\"%s\"></script>",
              page->cart->token, events);
}

static bool page_checkout(struct storefront_page *page)
{
    static const char *const fields[][3] = {
        {"email",      "E-mail",               "email"},
        {"phone",      "Phone, like +4930…", "tel"  },
        {"first_name", "First name",           "text" },
        {"last_name",  "Last name",            "text" },
        {"address1",   "Street",               "text" },
        {"zip",        "Postcode",             "text" },
        {"city",       "City",                 "text" },
    };
    if (page->cart->order)
        return false;
    start(page, SPAN("Checkout"));
    text(page, "<h1>Checkout</h1>");
    put_lines(page);
    text(page, "<form class=address id=checkout>");
    for (unsigned i = 0; i < COUNT_OF(fields); i++)
        buf_print(&page->out, "<input name=%s placeholder=\"%s\" type=%s%s>", fields[i][0],
                  fields[i][1], fields[i][2], i == 1 ? "" : " required");
    text(page, "<select name=country><option value=DE>Germany<option value=FR>France<option "
               "value=US>United States<option value=JP>Japan</select><button>Pay now</button>"
               "</form>");
    put_pixel(page, "page_viewed checkout_started");
    return finish(page, 200);
}

static bool page_thanks(struct storefront_page *page)
{
    if (page->cart->order == 0)
        return false;
    start(page, SPAN("Thank you"));
    buf_print(&page->out, "<h1>Thank you</h1><p>Your order #%u is on its way to nowhere.</p>",
              page->cart->order);
    put_lines(page);
    put_pixel(page, "page_viewed checkout_completed");
    return finish(page, 200);
}

/* The banner fills in the list; this page is told as a view like any other. */
static bool page_privacy(struct storefront_page *page)
{
    start(page, SPAN("Privacy"));
    text(page, "<h1>Privacy</h1><p>What this shop keeps in your browser now. Cart, currency and "
               "where you came from are the shop's own, <code>_consent</code> is your answer; all "
               "else needs a yes, and goes with a no.</p><pre id=kept></pre>");
    put_snippet(page, NULL);
    return finish(page, 200);
}

void storefront_pages_missing(struct storefront_page *page)
{
    span accept = http_request_header(&page->exchange->request, "accept");
    if (!holds(accept, SPAN("text/html"))) {
        listen_answer_error(page->exchange, 404, "not_found", "the shop has no such page", NULL, 0);
        return;
    }
    start(page, SPAN("Not found"));
    text(page, "<h1>Not found</h1><p>The shop has no such page. <a href=/collections/all><u>All "
               "things</u></a></p>");
    finish(page, 404);
}

/* ---- files ---- */

static bool file(struct storefront_page *page, const char *type, span body)
{
    struct http_header headers[] = {
        {SPAN("Content-Type"),  span_of(type)   },
        {SPAN("Cache-Control"), SPAN("no-cache")}
    };
    listen_answer(page->exchange, 200, headers, COUNT_OF(headers), body);
    return true;
}

static bool file_image(struct storefront_page *page, span name)
{
    if (!span_ends(name, ".svg"))
        return false;
    const struct storefront_product *product =
        storefront_product_named(span_sub(name, 0, name.len - 4));
    if (product == NULL)
        return false;
    return file(page, "image/svg+xml",
                arena_print(page->exchange->arena,
                            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400'><rect "
                            "width='400' height='400' fill='#efeae0'/><rect x='90' y='80' "
                            "width='220' height='240' rx='%u' fill='%s'/><text x='200' y='370' "
                            "font-family='Georgia' font-size='20' text-anchor='middle' "
                            "fill='#6a7378'>%s</text></svg>",
                            (unsigned)(product->grams % 110), product->color, product->title));
}

static bool redirect(struct storefront_page *page, span to)
{
    struct http_header location = {SPAN("Location"), to};
    listen_answer(page->exchange, 303, &location, 1, (span){0});
    return true;
}

static bool to_checkout(struct storefront_page *page)
{
    if (page->cart == NULL || page->cart->line_count == 0)
        return redirect(page, SPAN("/cart"));
    return redirect(page, arena_print(page->exchange->arena, "/checkouts/cn/%s/information",
                                      page->cart->token));
}

bool storefront_pages_serve(struct storefront_page *page)
{
    span path = page->exchange->request.path;
    if (span_is(path, "/"))
        return page_home(page);
    if (span_is(path, "/collections/all"))
        return page_collection(page);
    if (span_is(path, "/search"))
        return page_search(page);
    if (span_is(path, "/cart"))
        return page_cart(page);
    if (span_is(path, "/privacy"))
        return page_privacy(page);
    if (span_is(path, "/checkout"))
        return to_checkout(page);
    if (span_starts(path, "/products/"))
        return page_product(page, span_sub(path, 10, path.len));
    if (span_starts(path, "/checkouts/cn/") && page->cart)
        return span_ends(path, "/thank-you")     ? page_thanks(page)
               : span_ends(path, "/information") ? page_checkout(page)
                                                 : false;
    if (span_starts(path, "/images/"))
        return file_image(page, span_sub(path, 8, path.len));
    if (span_is(path, "/snippet.js"))
        return file(page, "text/javascript; charset=utf-8",
                    (span){storefront_snippet_js, storefront_snippet_js_len});
    if (span_is(path, "/banner.js"))
        return file(page, "text/javascript; charset=utf-8",
                    (span){storefront_banner_js, storefront_banner_js_len});
    if (span_is(path, "/pixel.js"))
        return file(page, "text/javascript; charset=utf-8",
                    (span){storefront_pixel_js, storefront_pixel_js_len});
    if (span_is(path, "/healthz"))
        return file(page, "text/plain", SPAN("ok\n"));
    return false;
}
