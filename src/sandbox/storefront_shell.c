/*
 * What all pages of the demo shop have in common: head, header, foot, escaping, and the files they
 * ask for, which are built in from web/demo. Plain HTML; whatever a visitor typed is escaped on its
 * way out, by the only two doors there are for it: storefront_put_escaped and %s of
 * storefront_put_all.
 */
#include <assert.h>
#include <stdarg.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "storefront_private.h"

#define PAGE_CEILING (1u * MIB)

void storefront_put(struct storefront_page *page, const char *plain)
{
    buf_add_text(&page->out, plain);
}

void storefront_put_escaped(struct storefront_page *page, span s)
{
    buf_add_html(&page->out, s);
}

void storefront_put_all(struct storefront_page *page, const char *format, ...)
{
    va_list rest;
    va_start(rest, format);
    for (const char *c = format; *c; c++) {
        if (*c != '%') {
            buf_add_char(&page->out, *c);
        } else if (*++c == 's') {
            storefront_put_escaped(page, span_of(va_arg(rest, const char *)));
        } else if (*c == 'u') {
            buf_print(&page->out, "%u", va_arg(rest, unsigned));
        } else {
            assert(strncmp(c, "lld", 3) == 0);
            buf_print(&page->out, "%lld", va_arg(rest, long long));
            c += 2;
        }
    }
    va_end(rest);
}

const char *storefront_price(const struct storefront_page *page, int64_t cents)
{
    unsigned scale = 2;
    (void)storefront_currency(span_of(page->currency), &scale);
    span units =
        storefront_units(page->exchange->arena, storefront_shown(cents, page->currency), scale);
    return arena_print(page->exchange->arena, "%.*s %s", SPAN_ARG(units), page->currency).ptr;
}

const char *storefront_amount_text(const struct storefront_page *page,
                                   const struct storefront_bill *bill,
                                   struct storefront_amount amount)
{
    struct arena *arena = page->exchange->arena;
    span units = storefront_units(arena, amount.units[SHOWN], bill->scale[SHOWN]);
    return arena_print(arena, "%.*s %.*s", SPAN_ARG(units), SPAN_ARG(bill->currency[SHOWN])).ptr;
}

void storefront_put_picture(struct storefront_page *page, const struct storefront_product *product,
                            const char *class)
{
    buf_print(&page->out,
              "<svg class=\"%s\" viewBox=\"0 0 400 400\" aria-hidden=\"true\" style=\"--tint:%s\">"
              "<use href=\"/pictures.svg#%s\"/></svg>",
              class, product->color, product->handle);
}

/* ---- head and foot ---- */

static void put_header(struct storefront_page *page)
{
    unsigned count = storefront_cart_count(page->cart);
    storefront_put(page, "<div class=note>A demo shop: nothing is for sale, orders go to your "
                         "own gateway.</div><header class=head><div class=wrap>"
                         "<a class=brand href=/>Harbour &amp; Pine</a><nav>");
    for (unsigned i = 0; i < storefront_collection_count; i++)
        storefront_put_all(page, "<a href=/collections/%s>%s</a>", storefront_collections[i].handle,
                           storefront_collections[i].title);
    storefront_put(page, "</nav><nav class=tools><a href=/search>Search</a>");
    storefront_put_all(page, "<a href=/account>%s</a>", page->customer ? "Account" : "Log in");
    storefront_put(page, "<a href=/cart>Cart <span id=count class=count>");
    if (count > 0)
        storefront_put_all(page, "%u", count);
    storefront_put(page, "</span></a></nav></div></header>");
}

/* As a theme carries them. `again`: as an app puts them in a second time. */
static void put_tags(struct storefront_page *page, bool again)
{
    bool asks = page->shop->options.tags != STOREFRONT_UNASKED;
    if (!again) {
        storefront_put(page, "<script>window.dataLayer=[];function gtag(){dataLayer.push("
                             "arguments)}");
        if (asks)
            storefront_put(page, "gtag('consent','default',{ad_storage:'denied',analytics_storage:"
                                 "'denied',ad_user_data:'denied',ad_personalization:'denied'});");
        storefront_put(page, "gtag('js',new Date());gtag('config','G-DEMOSHOP1');</script>");
    }
    storefront_put_all(page, "<script src=/tags.js data-asks=%s></script>", asks ? "yes" : "no");
    storefront_put(page, "<script>fbq('init','4112223334445556');fbq('track','PageView')</script>");
}

void storefront_shell_start(struct storefront_page *page, const char *title,
                            const struct storefront_told *told)
{
    buf_init(&page->out, PAGE_CEILING);
    storefront_put_all(
        page,
        "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width,initial-scale=1\"><title>%s · Harbour & Pine</title>"
        "<link rel=icon href=\"data:,\"><link rel=stylesheet href=/shop.css>",
        title);
    storefront_told_globals(page, told);
    storefront_put(page, "<script src=/privacy.js></script>");
    if (page->shop->options.tags != STOREFRONT_NO_TAGS && !told->checkout)
        put_tags(page, false);
    storefront_put(page, "</head><body>");
    if (told->checkout)
        storefront_put(page, "<header class=head><div class=wrap><a class=brand href=/>Harbour "
                             "&amp; Pine</a></div></header>");
    else
        put_header(page);
    storefront_put(page, "<main class=wrap>");
}

static void put_footer(struct storefront_page *page)
{
    span posted =
        url_query_get(page->exchange->arena, page->exchange->request.query, "customer_posted");
    storefront_put(page,
                   "<footer class=foot><div class=wrap><div id=newsletter><b>News, four times "
                   "a year</b>");
    if (span_is(posted, "true"))
        storefront_put(page, "<p class=said>Thank you, we will write to you.</p>");
    storefront_put(
        page, "<form class=contact-form method=post action=/contact><input type=hidden "
              "name=form_type value=customer><input type=hidden name=\"contact[tags]\" "
              "value=newsletter><input type=email name=\"contact[email]\" required "
              "placeholder=\"you@example.com\" aria-label=\"E-mail\"><button>Subscribe</button>"
              "</form></div><nav><a href=/privacy>Privacy and cookies</a><a href=/admin>Behind "
              "the counter</a><span><a href=\"?currency=EUR\">EUR</a> · <a "
              "href=\"?currency=USD\">USD</a> · <a href=\"?currency=JPY\">JPY</a></span></nav>"
              "</div></footer>");
}

/* Shopify's own, as it sets them: the currency, and where this visit began. */
static unsigned put_cookies(struct storefront_page *page, struct http_header *headers)
{
    struct arena *arena = page->exchange->arena;
    const struct http_request *request = &page->exchange->request;
    span cookies = http_request_header(request, "cookie");
    unsigned count = 0;
    headers[count++] = (struct http_header){
        SPAN("Set-Cookie"), arena_print(arena, "cart_currency=%s; Path=/", page->currency)};
    if (url_cookie_get(cookies, "_landing").ptr)
        return count;
    span landing = url_encode(arena, request->target);
    span referrer = url_encode(arena, http_request_header(request, "referer"));
    headers[count++] = (struct http_header){
        SPAN("Set-Cookie"), arena_print(arena, "_landing=%.*s; Path=/", SPAN_ARG(landing))};
    headers[count++] = (struct http_header){
        SPAN("Set-Cookie"), arena_print(arena, "_referrer=%.*s; Path=/", SPAN_ARG(referrer))};
    return count;
}

bool storefront_shell_end(struct storefront_page *page, int status,
                          const struct storefront_told *told)
{
    struct http_header headers[5] = {{SPAN("Content-Type"), SPAN("text/html; charset=utf-8")},
                                     {SPAN("Cache-Control"), SPAN("no-cache")}};
    storefront_put(page, "</main>");
    if (!told->checkout)
        put_footer(page);
    storefront_told_events(page, told);
    if (page->shop->options.tags == STOREFRONT_DOUBLED && !told->checkout)
        put_tags(page, true);
    storefront_put(page, told->checkout
                             ? "<script src=/pixels.js></script><script src=/checkout.js>"
                               "</script></body></html>"
                             : "<script src=/banner.js></script><script src=/pixels.js>"
                               "</script><script src=/theme.js></script></body></html>");
    assert(buf_ok(&page->out));
    unsigned count = 2 + put_cookies(page, headers + 2);
    listen_answer(page->exchange, status, headers, count, buf_span(&page->out));
    buf_done(&page->out);
    return true;
}

/* ---- files ---- */

#define FILES(FILE)                                                                                \
    FILE("/shop.css", shop_css, "text/css; charset=utf-8")                                         \
    FILE("/pictures.svg", pictures_svg, "image/svg+xml")                                           \
    FILE("/privacy.js", privacy_js, "text/javascript; charset=utf-8")                              \
    FILE("/banner.js", banner_js, "text/javascript; charset=utf-8")                                \
    FILE("/theme.js", theme_js, "text/javascript; charset=utf-8")                                  \
    FILE("/checkout.js", checkout_js, "text/javascript; charset=utf-8")                            \
    FILE("/admin.js", admin_js, "text/javascript; charset=utf-8")                                  \
    FILE("/pixels.js", pixels_js, "text/javascript; charset=utf-8")                                \
    FILE("/tags.js", tags_js, "text/javascript; charset=utf-8")                                    \
    FILE("/web-pixels/lax.js", lax_js, "text/javascript; charset=utf-8")

#define DECLARE(path, name, type)                                                                  \
    extern const char storefront_##name[];                                                         \
    extern const unsigned storefront_##name##_len;
FILES(DECLARE)
extern const char storefront_pixel_js[];
extern const unsigned storefront_pixel_js_len;
#define ROW(path, name, type) {path, type, storefront_##name, &storefront_##name##_len},
static const struct {
    const char *path, *type, *bytes;
    const unsigned *len;
} files[] = {FILES(ROW)};

static bool answer_file(struct storefront_page *page, const char *type, span body)
{
    struct http_header headers[] = {{SPAN("Content-Type"), span_of(type)},
                                    {SPAN("Cache-Control"), SPAN("no-cache")}};
    listen_answer(page->exchange, 200, headers, COUNT_OF(headers), body);
    return true;
}

/* Where `part` begins; the end when it is not there. */
static size_t find(span s, const char *part)
{
    size_t at = 0;
    while (at < s.len && !span_starts(span_sub(s, at, s.len), part))
        at++;
    return at;
}

/* "linen-shirt.svg": its symbol out of pictures.svg, for feeds and mails, which see no page. */
static bool answer_picture(struct storefront_page *page, span name)
{
    struct arena *arena = page->exchange->arena;
    const struct storefront_product *product =
        span_ends(name, ".svg") ? storefront_product_named(span_sub(name, 0, name.len - 4)) : NULL;
    if (product == NULL)
        return false;
    const char *begin =
        arena_print(arena, "id=\"%s\" viewBox=\"0 0 400 400\">", product->handle).ptr;
    span all = {storefront_pictures_svg, storefront_pictures_svg_len};
    size_t from = find(all, begin) + strlen(begin);
    span shape = span_sub(all, from, find(span_sub(all, from, all.len), "</symbol>"));
    return answer_file(page, "image/svg+xml",
                       arena_print(arena,
                                   "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 400 400' "
                                   "style='--tint:%s'><rect width='400' height='400' "
                                   "fill='#ece8df'/>%.*s</svg>",
                                   product->color, SPAN_ARG(shape)));
}

/* The pixel as a merchant pastes it: `sidetrack init` writes the same line above the same text. */
static bool answer_custom_pixel(struct storefront_page *page)
{
    const struct storefront_options *options = &page->shop->options;
    return answer_file(
        page, "text/javascript; charset=utf-8",
        arena_print(page->exchange->arena,
                    "const collect = '%.*s%.*s', cookie = '%.*s', attribute = '%.*s';\n%.*s",
                    SPAN_ARG(options->gateway), SPAN_ARG(options->collect_path),
                    SPAN_ARG(options->cookie_name), SPAN_ARG(options->cart_attribute),
                    (int)storefront_pixel_js_len, storefront_pixel_js));
}

bool storefront_file_serve(struct storefront_page *page)
{
    span path = page->exchange->request.path;
    for (unsigned i = 0; i < COUNT_OF(files); i++)
        if (span_is(path, files[i].path))
            return answer_file(page, files[i].type, (span){files[i].bytes, *files[i].len});
    if (span_is(path, "/healthz"))
        return answer_file(page, "text/plain", SPAN("ok\n"));
    if (span_is(path, "/web-pixels/custom.js"))
        return answer_custom_pixel(page);
    return span_starts(path, "/images/") && answer_picture(page, span_sub(path, 8, path.len));
}
