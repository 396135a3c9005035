/*
 * The demo shop's server: carts, checkouts, orders, and who answers which path.
 *
 *   browsers   pages (storefront_pages.c), /cart.js, /cart/add.js, /cart/update.js,
 *              /checkouts/TOKEN/contact, /checkouts/TOKEN/complete, /checkouts/TOKEN/pixel.json
 *   merchants  /admin/orders… (storefront_admin.c)
 *
 * A cart is found by its token, in the cookie `cart` or in the path. Bodies are JSON; forms are the
 * pages' business. Every step of a checkout sends the webhooks Shopify would send:
 *
 *   checkout opened ──> checkouts/create
 *   contact given  ───> checkouts/update
 *   completed ────────> orders/create, orders/paid, checkouts/update
 */
#include "storefront_private.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/date.h"
#include "../base/limits.h"
#include "../base/url.h"

#define ORDER_FIRST   1001u
#define ORDER_ID      INT64_C(5998557704341)
#define CHECKOUT_ID   INT64_C(36026339803285)
#define CUSTOMER_ID   INT64_C(4206822293653)
#define QUANTITY_MOST 99
#define SHOP_MEMORY   (64u * MIB)

/* ---- small things ---- */

void storefront_set(struct storefront_text *text, span value)
{
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
    if (span_int(number, &wanted) != OK || wanted < ORDER_FIRST ||
        wanted - ORDER_FIRST >= shop->order_count)
        return NULL;
    return shop->orders[wanted - ORDER_FIRST];
}

static int64_t now_of(const struct storefront *shop)
{
    return clock_now(shop->options.clock);
}

/* ---- carts ---- */

static struct storefront_cart *cart_named(struct storefront *shop, span token)
{
    for (unsigned i = 0; i < STOREFRONT_CARTS && token.len > 0; i++)
        if (span_is(token, shop->carts[i].token))
            return &shop->carts[i];
    return NULL;
}

static struct storefront_cart *cart_of(struct storefront *shop, const struct http_request *request)
{
    return cart_named(shop, url_cookie_get(http_request_header(request, "cookie"), "cart"));
}

static const char *currency_of(struct exchange *exchange)
{
    static const char *const codes[] = {"EUR", "USD", "GBP", "JPY"};
    const struct http_request *request = &exchange->request;
    span wanted = url_query_get(exchange->arena, request->query, "currency");
    if (wanted.ptr == NULL)
        wanted = url_cookie_get(http_request_header(request, "cookie"), "cart_currency");
    for (unsigned i = 0; i < COUNT_OF(codes); i++)
        if (span_is(wanted, codes[i]))
            return codes[i];
    return codes[0];
}

/* The oldest cart makes room. Tokens look like Shopify's of today: base64 text. */
static struct storefront_cart *cart_new(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_cart *cart = &shop->carts[shop->next_cart++ % STOREFRONT_CARTS];
    span cookies = http_request_header(&exchange->request, "cookie");
    char hex[33];
    *cart = (struct storefront_cart){0};
    storefront_token(shop, hex);
    snprintf(cart->token, sizeof cart->token, "Z2NwLWV1cm9wZS13ZXN0%.24s", hex);
    snprintf(cart->currency, sizeof cart->currency, "%s", currency_of(exchange));
    storefront_set(&cart->landing,
                   url_decode(exchange->arena, url_cookie_get(cookies, "_landing"), false));
    storefront_set(&cart->referrer,
                   url_decode(exchange->arena, url_cookie_get(cookies, "_referrer"), false));
    cart->created_at = now_of(shop);
    return cart;
}

static void answer_json(struct exchange *exchange, int status, struct buf *body,
                        const char *cart_token)
{
    struct http_header headers[2] = {
        {SPAN("Content-Type"), SPAN("application/json")}
    };
    unsigned count = 1;
    if (cart_token)
        headers[count++] = (struct http_header){
            SPAN("Set-Cookie"),
            arena_print(exchange->arena, "cart=%s; Path=/; Max-Age=1209600; SameSite=Lax",
                        cart_token)};
    assert(buf_ok(body));
    listen_answer(exchange, status, headers, count, buf_span(body));
    buf_done(body);
}

static void put_cart_line(struct json *json, const struct storefront_cart *cart,
                          const struct storefront_line *line, struct arena *arena)
{
    const struct storefront_product *product = line->product;
    int64_t price = storefront_shown(product->cents, cart->currency);
    json_open(json, NULL, '{');
    json_put_int(json, "id", product->variant_id);
    json_put_int(json, "variant_id", product->variant_id);
    json_put_int(json, "product_id", product->id);
    json_put_int(json, "quantity", line->quantity);
    json_put_text(json, "title", arena_print(arena, "%s - %s", product->title, product->variant));
    json_put_text(json, "product_title", span_of(product->title));
    json_put_text(json, "variant_title", span_of(product->variant));
    json_put_text(json, "handle", span_of(product->handle));
    json_put_text(json, "vendor", span_of(product->vendor));
    json_put_text(json, "product_type", span_of(product->type));
    json_put_text(json, "sku", span_of(product->sku));
    json_put_int(json, "price", price); /* minor units, as in Shopify's cart.js */
    json_put_int(json, "line_price", price * line->quantity);
    json_put_text(json, "url", arena_print(arena, "/products/%s", product->handle));
    json_put_text(json, "image", arena_print(arena, "/images/%s.svg", product->handle));
    json_close(json, '}');
}

/* As Shopify's /cart.js gives it; an absent cart is an empty one. */
static void answer_cart(struct exchange *exchange, const struct storefront_cart *cart)
{
    struct buf body;
    struct json json;
    int64_t total = 0;
    unsigned count = 0;
    buf_init(&body, 1 * MIB);
    json_start(&json, &body);
    json_open(&json, NULL, '{');
    json_put_text(&json, "token",
                  cart ? arena_print(exchange->arena, "%s?key=0123456789abcdef", cart->token)
                       : SPAN(""));
    json_open(&json, "attributes", '{');
    for (unsigned i = 0; cart && i < cart->attribute_count; i++)
        json_put_text_at(&json, span_of(cart->attributes[i].name.text),
                         span_of(cart->attributes[i].value.text));
    json_close(&json, '}');
    json_open(&json, "items", '[');
    for (unsigned i = 0; cart && i < cart->line_count; i++) {
        put_cart_line(&json, cart, &cart->lines[i], exchange->arena);
        count += cart->lines[i].quantity;
        total += storefront_shown(cart->lines[i].product->cents, cart->currency) *
                 cart->lines[i].quantity;
    }
    json_close(&json, ']');
    json_put_int(&json, "item_count", count);
    json_put_int(&json, "total_price", total);
    json_put_text(&json, "currency", span_of(cart ? cart->currency : "EUR"));
    json_close(&json, '}');
    json_end(&json);
    answer_json(exchange, 200, &body, cart ? cart->token : NULL);
}

static bool cart_put(struct storefront_cart *cart, const struct storefront_product *product,
                     int64_t quantity)
{
    for (unsigned i = 0; i < cart->line_count; i++)
        if (cart->lines[i].product == product) {
            if (cart->lines[i].quantity + quantity > QUANTITY_MOST)
                return false;
            cart->lines[i].quantity += (unsigned)quantity;
            return true;
        }
    if (cart->line_count == STOREFRONT_LINES)
        return false;
    cart->lines[cart->line_count++] =
        (struct storefront_line){.product = product, .quantity = (unsigned)quantity};
    return true;
}

static void refuse(struct exchange *exchange, const char *detail)
{
    listen_answer_error(exchange, 422, "unprocessable", detail, NULL, 0);
}

/* {"id":variant,"quantity":n} -> the whole cart, a little more than Shopify answers. */
static void cart_add(struct storefront *shop, struct exchange *exchange,
                     const struct json_value *body)
{
    int64_t id = 0, quantity = json_get_int(body, "quantity", 1);
    struct storefront_cart *cart = cart_of(shop, &exchange->request);
    const struct storefront_product *product = NULL;
    if (span_int(json_get_id(body, "id"), &id) == OK)
        product = storefront_product_of(id);
    if (product == NULL || quantity < 1 || quantity > QUANTITY_MOST) {
        refuse(exchange, "no such variant, or no such quantity");
        return;
    }
    if (cart == NULL || cart->order != 0)
        cart = cart_new(shop, exchange);
    if (cart_put(cart, product, quantity))
        answer_cart(exchange, cart);
    else
        refuse(exchange, "the cart is full");
}

/* Attributes merge; an empty text takes one away (contracts/sources 2.7). */
static void attribute_put(struct storefront_cart *cart, span name, span value)
{
    unsigned i = 0;
    while (i < cart->attribute_count && !span_is(name, cart->attributes[i].name.text))
        i++;
    if (i == STOREFRONT_ATTRIBUTES || (i == cart->attribute_count && span_empty(value)))
        return;
    if (span_empty(value)) {
        cart->attributes[i] = cart->attributes[--cart->attribute_count];
        return;
    }
    storefront_set(&cart->attributes[i].name, name);
    storefront_set(&cart->attributes[i].value, value);
    if (i == cart->attribute_count)
        cart->attribute_count++;
}

static void cart_update(struct storefront *shop, struct exchange *exchange,
                        const struct json_value *body)
{
    struct storefront_cart *cart = cart_of(shop, &exchange->request);
    const struct json_value *attributes = json_get(body, "attributes");
    if (cart == NULL || cart->order != 0)
        cart = cart_new(shop, exchange); /* writing an attribute makes a cart, as in life */
    for (const struct json_value *one = attributes ? attributes->first : NULL; one; one = one->next)
        if (cart->checkout_token[0] == '\0') /* later the checkout has its copy */
            attribute_put(cart, one->key, json_text(one));
    answer_cart(exchange, cart);
}

/* ---- checkout ---- */

static void send_checkout(struct storefront *shop, const struct storefront_cart *cart,
                          const char *topic, struct arena *arena)
{
    struct buf body;
    char event_id[40];
    storefront_uuid(shop, event_id);
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_checkout(shop, cart, arena, &body);
    assert(buf_ok(&body));
    storefront_hooks_send(shop, NULL, topic, event_id, cart->updated_at, buf_span(&body));
    buf_done(&body);
}

/* Opens the checkout of this cart, if it is not open yet. */
static void checkout_open(struct storefront *shop, struct storefront_cart *cart,
                          struct exchange *exchange)
{
    if (cart->checkout_token[0])
        return;
    storefront_token(shop, cart->checkout_token);
    cart->checkout_id = CHECKOUT_ID + (int64_t)(shop->serial * 32);
    cart->checkout_at = cart->updated_at = now_of(shop);
    storefront_set(&cart->ip, exchange->request.client_ip);
    storefront_set(&cart->agent, http_request_header(&exchange->request, "user-agent"));
    send_checkout(shop, cart, "checkouts/create", exchange->arena);
}

static void read_person(const struct json_value *body, struct storefront_person *person)
{
    const struct {
        const char *key;
        struct storefront_text *text;
    } members[] = {
        {"email",      &person->email     },
        {"phone",      &person->phone     },
        {"first_name", &person->first_name},
        {"last_name",  &person->last_name },
        {"address1",   &person->address1  },
        {"city",       &person->city      },
        {"zip",        &person->zip       },
        {"province",   &person->province  },
        {"country",    &person->country   },
    };
    for (unsigned i = 0; i < COUNT_OF(members); i++)
        if (json_get(body, members[i].key))
            storefront_set(members[i].text, json_get_text(body, members[i].key));
}

static void checkout_contact(struct storefront *shop, struct exchange *exchange,
                             struct storefront_cart *cart, const struct json_value *body)
{
    checkout_open(shop, cart, exchange);
    read_person(body, &cart->person);
    cart->updated_at = now_of(shop);
    send_checkout(shop, cart, "checkouts/update", exchange->arena);
    answer_cart(exchange, cart);
}

/* The same address is the same customer; the first order of one is told by the orders so far. */
static void meet_customer(const struct storefront *shop, struct storefront_order *order)
{
    const char *email = order->cart.person.email.text;
    order->customer_id = CUSTOMER_ID + order->number * 4096;
    order->first_order = true;
    for (unsigned i = 0; i < shop->order_count && email[0]; i++)
        if (strcmp(shop->orders[i]->cart.person.email.text, email) == 0) {
            order->customer_id = shop->orders[i]->customer_id;
            order->first_order = false;
            return;
        }
}

static void send_order(struct storefront *shop, struct storefront_order *order, struct arena *arena)
{
    struct buf body;
    char event_id[40];
    storefront_uuid(shop, event_id);
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_order(shop, order, arena, &body);
    assert(buf_ok(&body));
    storefront_hooks_send(shop, order, "orders/create", event_id, order->created_at,
                          buf_span(&body));
    storefront_hooks_send(shop, order, "orders/paid", event_id, order->created_at, buf_span(&body));
    buf_done(&body);
}

/* {"test":bool,"source_name":"web","hooks":"hold","discount":"WELCOME10"}, all optional. */
static void checkout_complete(struct storefront *shop, struct exchange *exchange,
                              struct storefront_cart *cart, const struct json_value *body)
{
    struct buf answer;
    struct json json;
    span source = json_get_text(body, "source_name");
    if (cart->line_count == 0 || cart->order != 0 || shop->order_count == STOREFRONT_ORDERS) {
        refuse(exchange, "this checkout is empty or completed, or the shop has too many orders");
        return;
    }
    bool counter = span_is(source, "pos"); /* sold at the counter: there is no checkout */
    if (!counter)
        checkout_open(shop, cart, exchange);
    read_person(body, &cart->person);
    struct storefront_order *order = arena_new(&shop->arena, struct storefront_order);
    cart->discounted = span_is(json_get_text(body, "discount"), "WELCOME10");
    order->number = cart->order = ORDER_FIRST + shop->order_count;
    order->id = ORDER_ID + (int64_t)shop->order_count * 1024;
    order->cart = *cart;
    order->test = json_get_bool(body, "test", false);
    order->hold = span_is(json_get_text(body, "hooks"), "hold");
    order->created_at = order->updated_at = now_of(shop) / SECOND_MS * SECOND_MS;
    snprintf(order->source_name, sizeof order->source_name, "%.*s",
             SPAN_ARG(source.len > 0 ? source : SPAN("web")));
    storefront_token(shop, order->token);
    storefront_bill(&order->cart, &order->bill);
    meet_customer(shop, order);
    shop->orders[shop->order_count++] = order;
    send_order(shop, order, exchange->arena);
    if (!counter)
        send_checkout(shop, cart, "checkouts/update", exchange->arena);
    buf_init(&answer, 1 * MIB);
    json_start(&json, &answer);
    storefront_admin_summary(order, exchange->arena, &json);
    json_end(&json);
    answer_json(exchange, 200, &answer, NULL);
}

static void checkout_pixel(struct storefront *shop, struct exchange *exchange,
                           struct storefront_cart *cart, const struct json_value *body)
{
    struct buf answer;
    (void)body;
    checkout_open(shop, cart, exchange);
    buf_init(&answer, STOREFRONT_BODY);
    storefront_pixel_data(cart, cart->order ? shop->orders[cart->order - ORDER_FIRST] : NULL,
                          exchange->arena, &answer);
    answer_json(exchange, 200, &answer, NULL);
}

static const struct {
    const char *method, *step;
    void (*serve)(struct storefront *shop, struct exchange *exchange, struct storefront_cart *cart,
                  const struct json_value *body);
} steps[] = {
    {"POST", "contact",    checkout_contact },
    {"POST", "complete",   checkout_complete},
    {"GET",  "pixel.json", checkout_pixel   },
};

/* "/checkouts/cn/TOKEN/step"; false: not one of the steps. */
static bool serve_checkout(struct storefront *shop, struct exchange *exchange,
                           const struct json_value *body)
{
    span rest = exchange->request.path, part, token;
    if (!span_starts(rest, "/checkouts/cn/"))
        return false;
    rest = span_sub(rest, 14, rest.len);
    if (!span_split(&rest, '/', &token))
        return false;
    part = rest;
    struct storefront_cart *cart = cart_named(shop, token);
    for (unsigned i = 0; i < COUNT_OF(steps); i++)
        if (span_is(part, steps[i].step) && span_is(exchange->request.method, steps[i].method)) {
            if (cart)
                steps[i].serve(shop, exchange, cart, body);
            else
                listen_answer_error(exchange, 404, "not_found", "no such checkout", NULL, 0);
            return true;
        }
    return false;
}

/* ---- the listener's questions ---- */

static size_t body_ceiling(void *context, const struct http_request *head)
{
    (void)context;
    (void)head;
    return LIMIT_ADMIN_BODY;
}

static bool serve_cart(struct storefront *shop, struct exchange *exchange,
                       const struct json_value *body)
{
    span path = exchange->request.path;
    bool post = span_is(exchange->request.method, "POST");
    if (span_is(path, "/cart.js") && !post)
        answer_cart(exchange, cart_of(shop, &exchange->request));
    else if (span_is(path, "/cart/add.js") && post)
        cart_add(shop, exchange, body);
    else if (span_is(path, "/cart/update.js") && post)
        cart_update(shop, exchange, body);
    else
        return false;
    return true;
}

static void serve_page(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_page page = {.shop = shop,
                                   .exchange = exchange,
                                   .cart = cart_of(shop, &exchange->request),
                                   .currency = currency_of(exchange)};
    span path = exchange->request.path;
    if (span_starts(path, "/checkouts/cn/")) {
        span rest = span_sub(path, 14, path.len), token;
        page.cart = span_split(&rest, '/', &token) ? cart_named(shop, token) : NULL;
    }
    if (page.cart && page.cart->checkout_token[0] == '\0' && span_starts(path, "/checkouts/cn/"))
        checkout_open(shop, cart_named(shop, span_of(page.cart->token)), exchange);
    if (!storefront_pages_serve(&page))
        storefront_pages_missing(&page);
}

static void serve(void *context, struct exchange *exchange)
{
    struct storefront *shop = context;
    const struct json_value *body = NULL;
    bool post = span_is(exchange->request.method, "POST");
    if (post && exchange->request.body.len > 0 &&
        json_parse(exchange->arena, exchange->request.body, &body, NULL) != OK) {
        listen_answer_error(exchange, 400, "malformed", "bodies are JSON here", NULL, 0);
        return;
    }
    if (serve_cart(shop, exchange, body) || serve_checkout(shop, exchange, body) ||
        storefront_admin_serve(shop, exchange))
        return;
    if (span_is(exchange->request.method, "GET") || span_is(exchange->request.method, "HEAD"))
        serve_page(shop, exchange);
    else
        listen_answer_error(exchange, 404, "not_found", "the shop has no such path", NULL, 0);
}

static bool copy_options(struct storefront *shop, const struct storefront_options *options)
{
    struct storefront_options *copy = &shop->options;
    span *const needed[] = {&copy->gateway,     &copy->collect_path,   &copy->cart_attribute,
                            &copy->cookie_name, &copy->shopify_domain, &copy->secret};
    *copy = *options;
    for (unsigned i = 0; i < COUNT_OF(needed); i++) {
        if (span_empty(*needed[i]))
            return false;
        *needed[i] = arena_copy(&shop->arena, *needed[i]);
    }
    copy->cookie_domain = arena_copy(&shop->arena, options->cookie_domain);
    copy->consent_default =
        arena_copy(&shop->arena, span_empty(options->consent_default) ? SPAN("denied")
                                                                      : options->consent_default);
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
