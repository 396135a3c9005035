/*
 * Checkouts, and how they become orders. A checkout lives in its cart and sends the webhooks that
 * Shopify would send:
 *
 *   opened (its first page) ──> checkouts/create
 *   contact, shipping ───────> checkouts/update
 *   complete ────────────────> orders/create, orders/paid, checkouts/update
 *
 *   POST /checkouts/cn/TOKEN/contact        the address; {"discount":"WELCOME10"}
 *   POST /checkouts/cn/TOKEN/shipping       {"rate":"standard" or "express"}
 *   POST /checkouts/cn/TOKEN/payment        says only that it could be paid
 *   POST /checkouts/cn/TOKEN/complete       {"test":bool,"source_name":"web","hooks":"hold",
 *                                            "discount":"WELCOME10","gateway":"deposit"}, all
 * optional; deposit: paid later, by the merchant's word GET  /checkouts/cn/TOKEN/pixel.json     as
 * the web pixel sees it
 */
#include <assert.h>

#include "../base/limits.h"
#include "storefront_private.h"

#define ORDER_ID    INT64_C(5998557704341)
#define CHECKOUT_ID INT64_C(36026339803285)
#define CUSTOMER_ID INT64_C(4206822293653)

static void send_checkout(struct storefront *shop, struct storefront_cart *cart, const char *topic,
                          struct arena *arena)
{
    struct buf body;
    char event_id[40];
    cart->updated_at = storefront_now(shop);
    storefront_uuid(shop, event_id);
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_checkout(shop, cart, arena, &body);
    assert(buf_ok(&body));
    storefront_hooks_send(shop, NULL, topic, event_id, cart->updated_at, buf_span(&body));
    buf_done(&body);
}

/* A customer who is logged in need not say who they are. */
static void fill_in(struct storefront *shop, struct storefront_cart *cart,
                    const struct http_request *request)
{
    const struct storefront_customer *customer = storefront_customer_here(shop, request);
    if (customer == NULL)
        return;
    cart->person.email = customer->email;
    cart->person.first_name = customer->first_name;
    cart->person.last_name = customer->last_name;
}

void storefront_checkout_open(struct storefront *shop, struct storefront_cart *cart,
                              struct exchange *exchange)
{
    if (cart->checkout_token[0])
        return;
    storefront_token(shop, cart->checkout_token);
    cart->checkout_id = CHECKOUT_ID + (int64_t)(shop->serial * 32);
    cart->checkout_at = storefront_now(shop);
    storefront_set(&cart->ip, exchange->request.client_ip);
    storefront_set(&cart->agent, http_request_header(&exchange->request, "user-agent"));
    fill_in(shop, cart, &exchange->request);
    send_checkout(shop, cart, "checkouts/create", exchange->arena);
}

static void read_person(const struct json_value *body, struct storefront_person *person)
{
    const struct {
        const char *key;
        struct storefront_text *text;
    } members[] = {
        {"email", &person->email},
        {"phone", &person->phone},
        {"first_name", &person->first_name},
        {"last_name", &person->last_name},
        {"address1", &person->address1},
        {"city", &person->city},
        {"zip", &person->zip},
        {"province", &person->province},
        {"country", &person->country},
    };
    for (unsigned i = 0; i < COUNT_OF(members); i++)
        if (json_get(body, members[i].key))
            storefront_set(members[i].text, json_get_text(body, members[i].key));
}

static void answer_checkout(struct storefront *shop, struct exchange *exchange,
                            const struct storefront_cart *cart)
{
    struct buf answer;
    buf_init(&answer, STOREFRONT_BODY);
    storefront_pixel_data(cart, storefront_order_from(shop, cart), exchange->arena, &answer);
    storefront_answer_json(exchange, &answer, NULL);
}

static void checkout_contact(struct storefront *shop, struct exchange *exchange,
                             struct storefront_cart *cart, const struct json_value *body)
{
    read_person(body, &cart->person);
    cart->discounted = cart->discounted || span_is(json_get_text(body, "discount"), "WELCOME10");
    cart->accepts = span_is(json_get_text(body, "accepts"), "on");
    send_checkout(shop, cart, "checkouts/update", exchange->arena);
    answer_checkout(shop, exchange, cart);
}

static void checkout_shipping(struct storefront *shop, struct exchange *exchange,
                              struct storefront_cart *cart, const struct json_value *body)
{
    cart->express = span_is(json_get_text(body, "rate"), "express");
    send_checkout(shop, cart, "checkouts/update", exchange->arena);
    answer_checkout(shop, exchange, cart);
}

static void checkout_payment(struct storefront *shop, struct exchange *exchange,
                             struct storefront_cart *cart, const struct json_value *body)
{
    (void)body;
    if (cart->order == 0 && cart->person.email.text[0])
        answer_checkout(shop, exchange, cart);
    else
        storefront_refuse(exchange, "this checkout is completed, or nobody has said who they are");
}

/* ---- orders ---- */

/* The same address is the same customer; the first order of one is told by the orders so far. */
static void meet_customer(struct storefront *shop, struct storefront_order *order)
{
    span email = span_of(order->cart.person.email.text);
    struct storefront_customer *customer =
        email.len > 0 ? storefront_customer_met(shop, email) : NULL;
    order->customer_id = customer ? customer->id : CUSTOMER_ID - order->number * 4096;
    order->first_order = true;
    for (unsigned i = 0; i < shop->order_count && customer; i++)
        order->first_order = order->first_order && shop->orders[i]->customer_id != customer->id;
    if (customer && customer->first_name.text[0] == '\0') {
        customer->first_name = order->cart.person.first_name;
        customer->last_name = order->cart.person.last_name;
    }
    if (customer && order->cart.accepts)
        customer->subscribed = true;
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
    if (order->paid)
        storefront_hooks_send(shop, order, "orders/paid", event_id, order->created_at,
                              buf_span(&body));
    buf_done(&body);
}

static struct storefront_order *order_new(struct storefront *shop, struct storefront_cart *cart,
                                          const struct json_value *body)
{
    span source = json_get_text(body, "source_name");
    struct storefront_order *order = arena_new(&shop->arena, struct storefront_order);
    order->number = cart->order = shop->options.first_order + shop->order_count;
    order->id = ORDER_ID + (int64_t)order->number * 1024;
    order->cart = *cart;
    order->test = json_get_bool(body, "test", false);
    order->paid = !span_is(json_get_text(body, "gateway"), "deposit");
    order->hold = span_is(json_get_text(body, "hooks"), "hold");
    order->created_at = order->updated_at = storefront_now(shop) / SECOND_MS * SECOND_MS;
    snprintf(order->source_name, sizeof order->source_name, "%.*s",
             SPAN_ARG(source.len > 0 ? source : SPAN("web")));
    storefront_token(shop, order->token);
    storefront_bill(&order->cart, &order->bill);
    meet_customer(shop, order);
    shop->orders[shop->order_count++] = order;
    return order;
}

static void checkout_complete(struct storefront *shop, struct exchange *exchange,
                              struct storefront_cart *cart, const struct json_value *body)
{
    struct buf answer;
    struct json json;
    if (cart->line_count == 0 || cart->order != 0 || shop->order_count == STOREFRONT_ORDERS) {
        storefront_refuse(exchange,
                          "this checkout is empty or completed, or the shop has too many orders");
        return;
    }
    read_person(body, &cart->person);
    cart->discounted = cart->discounted || span_is(json_get_text(body, "discount"), "WELCOME10");
    struct storefront_order *order = order_new(shop, cart, body);
    send_order(shop, order, exchange->arena);
    if (cart->checkout_token[0])
        send_checkout(shop, cart, "checkouts/update", exchange->arena);
    buf_init(&answer, 1 * MIB);
    json_start(&json, &answer);
    storefront_admin_summary(order, exchange->arena, &json);
    json_end(&json);
    storefront_answer_json(exchange, &answer, NULL);
}

static void checkout_pixel(struct storefront *shop, struct exchange *exchange,
                           struct storefront_cart *cart, const struct json_value *body)
{
    (void)body;
    answer_checkout(shop, exchange, cart);
}

static const struct {
    const char *method, *step;
    void (*serve)(struct storefront *shop, struct exchange *exchange, struct storefront_cart *cart,
                  const struct json_value *body);
} steps[] = {
    {"POST", "contact", checkout_contact}, {"POST", "shipping", checkout_shipping},
    {"POST", "payment", checkout_payment}, {"POST", "complete", checkout_complete},
    {"GET", "pixel.json", checkout_pixel},
};

/* "/checkouts/cn/TOKEN/step" */
bool storefront_checkout_serve(struct storefront *shop, struct exchange *exchange,
                               const struct json_value *body)
{
    span rest = exchange->request.path, token;
    if (!span_starts(rest, "/checkouts/cn/"))
        return false;
    rest = span_sub(rest, 14, rest.len);
    if (!span_split(&rest, '/', &token))
        return false;
    struct storefront_cart *cart = storefront_cart_named(shop, token);
    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        if (!span_is(rest, steps[i].step) || !span_is(exchange->request.method, steps[i].method))
            continue;
        /* What is sold at the counter has no checkout. */
        if (cart && !span_is(json_get_text(body, "source_name"), "pos"))
            storefront_checkout_open(shop, cart, exchange);
        if (cart)
            steps[i].serve(shop, exchange, cart, body);
        else
            listen_answer_error(exchange, 404, "not_found", "no such checkout", NULL, 0);
        return true;
    }
    return false;
}
