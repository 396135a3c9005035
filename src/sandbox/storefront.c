/*
 * The demo shop's server: which file answers which request, and small things they share.
 *
 *   browsers   carts (storefront_cart.c), checkouts (storefront_checkout.c), forms of customers
 *              (storefront_account.c), pages and files (storefront_pages.c)
 *   merchants  /admin/orders… (storefront_admin.c)
 *
 * Bodies are JSON, but for the forms that a browser posts by itself.
 */
#include "storefront_private.h"

#include <stdlib.h>

#include "../base/date.h"
#include "../base/limits.h"

#define SHOP_MEMORY (64u * MIB)
#define FIRST_ORDER 1001u

/* ---- small things ---- */

void storefront_set(struct storefront_text *text, span value)
{
    if (!span_utf8(value))
        value = (span){0}; /* a form or a header may hold any bytes; webhooks and pages may not */
    size_t len = value.len < sizeof text->text ? value.len : sizeof text->text - 1;
    while (len > 0 && len < value.len && ((unsigned char)value.ptr[len] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        memcpy(text->text, value.ptr, len);
    text->text[len] = '\0';
}

span storefront_time(struct arena *arena, int64_t ms)
{
    span utc = date_print(arena, ms + HOUR_MS); /* the shop is in Berlin, in winter */
    return arena_print(arena, "%.*s+01:00", (int)utc.len - 1, utc.ptr);
}

static uint64_t chance(struct storefront *shop)
{
    return shop->options.clock->random(shop->options.clock);
}

void storefront_token(struct storefront *shop, char ret_hex[33])
{
    snprintf(ret_hex, 33, "%016llx%016llx", (unsigned long long)chance(shop),
             (unsigned long long)(chance(shop) ^ shop->serial++));
}

void storefront_uuid(struct storefront *shop, char ret_text[40])
{
    char hex[33];
    storefront_token(shop, hex);
    snprintf(ret_text, 40, "%.8s-%.4s-4%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13, hex + 17,
             hex + 20);
}

struct storefront_order *storefront_order_of(const struct storefront *shop, span number)
{
    int64_t wanted;
    const unsigned first = shop->options.first_order;
    if (span_int(number, &wanted) != OK || wanted < first || wanted - first >= shop->order_count)
        return NULL;
    return shop->orders[wanted - first];
}

struct storefront_order *storefront_order_from(const struct storefront *shop,
                                               const struct storefront_cart *cart)
{
    return cart->order ? shop->orders[cart->order - shop->options.first_order] : NULL;
}

int64_t storefront_now(const struct storefront *shop)
{
    return clock_now(shop->options.clock);
}

void storefront_refuse(struct exchange *exchange, const char *detail)
{
    listen_answer_error(exchange, 422, "unprocessable", detail, NULL, 0);
}

void storefront_redirect(struct exchange *exchange, span to, span cookie)
{
    struct http_header headers[] = {{SPAN("Location"), to}, {SPAN("Set-Cookie"), cookie}};
    listen_answer(exchange, 303, headers, cookie.len > 0 ? 2 : 1, (span){0});
}

/* ---- the listener's questions ---- */

static size_t body_ceiling(void *context, const struct http_request *head)
{
    (void)context;
    (void)head;
    return LIMIT_ADMIN_BODY;
}

static void serve_page(struct storefront *shop, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    struct storefront_page page = {.shop = shop,
                                   .exchange = exchange,
                                   .cart = storefront_cart_of(shop, request),
                                   .customer = storefront_customer_here(shop, request),
                                   .currency = storefront_cart_currency(exchange)};
    if (!storefront_pages_serve(&page))
        storefront_pages_missing(&page);
}

static bool is_form(const struct http_request *request)
{
    return span_starts(http_request_header(request, "content-type"),
                       "application/x-www-form-urlencoded");
}

static void serve(void *context, struct exchange *exchange)
{
    struct storefront *shop = context;
    const struct json_value *body = NULL;
    bool post = span_is(exchange->request.method, "POST");
    if (post && exchange->request.body.len > 0 && !is_form(&exchange->request) &&
        json_parse(exchange->arena, exchange->request.body, &body, NULL) != OK) {
        listen_answer_error(exchange, 400, "malformed", "bodies are JSON or forms here", NULL, 0);
        return;
    }
    if (storefront_cart_serve(shop, exchange, body) ||
        storefront_checkout_serve(shop, exchange, body) ||
        storefront_account_serve(shop, exchange) || storefront_admin_serve(shop, exchange))
        return;
    if (span_is(exchange->request.method, "GET") || span_is(exchange->request.method, "HEAD"))
        serve_page(shop, exchange);
    else
        listen_answer_error(exchange, 404, "not_found", "the shop has no such path", NULL, 0);
}

static bool copy_options(struct storefront *shop, const struct storefront_options *options)
{
    struct storefront_options *copy = &shop->options;
    span *const needed[] = {&copy->gateway,        &copy->collect_path, &copy->snippet_path,
                            &copy->cart_attribute, &copy->cookie_name,  &copy->shopify_domain,
                            &copy->secret};
    *copy = *options;
    for (unsigned i = 0; i < COUNT_OF(needed); i++) {
        if (span_empty(*needed[i]))
            return false;
        *needed[i] = arena_copy(&shop->arena, *needed[i]);
    }
    if (copy->first_order == 0)
        copy->first_order = FIRST_ORDER;
    return copy->clock != NULL;
}

enum status storefront_open(uv_loop_t *loop, const struct storefront_options *options,
                            struct storefront **ret_storefront)
{
    static const struct listen_handler handler = {.body_ceiling = body_ceiling, .request = serve};
    struct listen_options listen = {.host = SPAN("127.0.0.1"), .port = options->port};
    struct error error;
    struct storefront *shop = calloc(1, sizeof *shop);
    if (shop == NULL)
        abort();
    shop->loop = loop;
    arena_init(&shop->arena, SHOP_MEMORY);
    if (!copy_options(shop, options)) {
        arena_done(&shop->arena);
        free(shop);
        return INVALID;
    }
    /* Scripted shoppers say where they come from; only they can reach this port anyway. */
    if (addr_range_parse(SPAN("127.0.0.1/32"), &shop->loopback) == OK)
        listen.trusted = (struct addr_list){&shop->loopback, 1};
    shop->hooks = storefront_hooks_open(shop);
    if (shop->hooks == NULL ||
        listen_open(loop, &listen, &handler, shop, &shop->listener, &error) != OK) {
        if (shop->hooks)
            storefront_hooks_close(shop->hooks);
        arena_done(&shop->arena);
        free(shop);
        return BROKEN;
    }
    *ret_storefront = shop;
    return OK;
}

uint16_t storefront_port(const struct storefront *storefront)
{
    return listen_port(storefront->listener);
}

void storefront_close(struct storefront *storefront)
{
    if (storefront == NULL)
        return;
    listen_close(storefront->listener);
    storefront_hooks_close(storefront->hooks);
    for (unsigned i = 0; i < storefront->order_count; i++)
        storefront_hooks_forget(storefront->orders[i]);
    arena_done(&storefront->arena);
    free(storefront);
}
