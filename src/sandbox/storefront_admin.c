/*
 * What the merchant does, over HTTP, so that scenes and people can do it alike:
 *
 *   GET  /admin/orders.json                  all orders, newest last
 *   GET  /admin/orders/1001.json             one
 *   POST /admin/orders/1001/fulfill          orders/fulfilled, fulfillments/update
 *   POST /admin/orders/1001/deliver          fulfillments/update with shipment_status delivered
 *   POST /admin/orders/1001/cancel           orders/cancelled
 *   POST /admin/orders/1001/refund           {"lines":[{"line":0,"quantity":1}],"shipping":bool};
 *                                            nothing given: all that is left
 *   POST /admin/orders/1001/pay              orders/paid, of one that was to be paid later
 *   POST /admin/orders/1001/edit             {"line":0,"quantity":2}, one more of the first when
 *                                            nothing is said: orders/edited, orders/updated
 *   POST /admin/orders/1001/release          sends the webhooks held back at the checkout
 *   POST /admin/orders/1001/resend           {"topic":"orders/create","same_id":true}
 *
 * Every answer is the order's summary, from which the scenes learn what the shop knows.
 */
#include "storefront_private.h"

#include <assert.h>

#include "../base/limits.h"

static void put_amount(struct json *json, const char *key, const struct storefront_order *order,
                       struct storefront_amount amount, struct arena *arena)
{
    static const char *const names[] = {[SHOP] = "shop", [SHOWN] = "presentment"};
    json_open(json, key, '{');
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++) {
        json_open(json, names[view], '{');
        json_put_text(json, "amount",
                      storefront_units(arena, amount.units[view], order->bill.scale[view]));
        json_put_text(json, "currency", order->bill.currency[view]);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void storefront_admin_summary(const struct storefront_order *order, struct arena *arena,
                              struct json *json)
{
    json_open(json, NULL, '{');
    json_put_text(json, "id", arena_print(arena, "%lld", (long long)order->id));
    json_put_text(json, "number", arena_print(arena, "%u", order->number));
    json_put_text(json, "name", arena_print(arena, "#%u", order->number));
    json_put_text(json, "checkout_token", span_of(order->cart.checkout_token));
    json_put_text(json, "email", span_of(order->cart.person.email.text));
    json_put_text(json, "source_name", span_of(order->source_name));
    json_put_bool(json, "test", order->test);
    json_put_bool(json, "paid", order->paid);
    json_put_bool(json, "fulfilled", order->fulfilled);
    json_put_bool(json, "delivered", order->delivered);
    json_put_bool(json, "cancelled", order->cancelled);
    json_put_int(json, "lines", order->cart.line_count);
    put_amount(json, "total", order, order->bill.total, arena);
    put_amount(json, "refunded", order, order->refunded, arena);
    json_open(json, "line_totals", '[');
    for (unsigned i = 0; i < order->cart.line_count; i++) {
        json_open(json, NULL, '{');
        put_amount(json, "row", order, order->bill.lines[i].total, arena); /* before discounts */
        json_close(json, '}');
    }
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- actions; each says why not, or NULL ---- */

struct action {
    struct storefront *shop;
    struct storefront_order *order;
    const struct json_value *body;
    struct arena *arena;
    char event_id[40];
};

static void touch(struct action *action)
{
    int64_t now = clock_now(action->shop->options.clock) / SECOND_MS * SECOND_MS;
    struct storefront_order *order = action->order;
    /* updated_at tells newer bodies from older ones; two changes in a second must differ. */
    order->updated_at = now > order->updated_at ? now : order->updated_at + SECOND_MS;
}

static void notify(struct action *action, const char *topic, struct buf *body)
{
    assert(buf_ok(body));
    storefront_hooks_send(action->shop, action->order, topic, action->event_id,
                          clock_now(action->shop->options.clock), buf_span(body));
    buf_done(body);
}

static void send_order(struct action *action, const char *topic)
{
    struct buf body;
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_order(action->shop, action->order, action->arena, &body);
    notify(action, topic, &body);
}

static void send_fulfillment(struct action *action)
{
    struct buf body;
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_fulfillment(action->shop, action->order, action->arena, &body);
    notify(action, "fulfillments/update", &body);
}

static const char *fulfill(struct action *action)
{
    if (action->order->fulfilled || action->order->cancelled)
        return "the order is fulfilled or cancelled";
    action->order->fulfilled = true;
    touch(action);
    send_order(action, "orders/fulfilled");
    send_fulfillment(action);
    return NULL;
}

static const char *deliver(struct action *action)
{
    if (!action->order->fulfilled || action->order->delivered)
        return "the order is not fulfilled, or delivered already";
    action->order->delivered = true;
    touch(action);
    send_fulfillment(action);
    return NULL;
}

static const char *cancel(struct action *action)
{
    if (action->order->cancelled || action->order->fulfilled)
        return "the order is cancelled or fulfilled";
    action->order->cancelled = true;
    touch(action);
    action->order->cancelled_at = action->order->updated_at;
    send_order(action, "orders/cancelled");
    return NULL;
}

/* Which quantity of each line is asked for; false when it is more than is left. */
static bool read_lines(const struct action *action, unsigned quantities[STOREFRONT_LINES])
{
    const struct storefront_cart *cart = &action->order->cart;
    const struct json_value *lines = json_get(action->body, "lines");
    for (unsigned i = 0; i < cart->line_count && lines == NULL; i++)
        quantities[i] = cart->lines[i].quantity - cart->lines[i].refunded;
    for (const struct json_value *one = lines ? lines->first : NULL; one; one = one->next) {
        int64_t line = json_get_int(one, "line", -1), quantity = json_get_int(one, "quantity", 1);
        if (line < 0 || line >= cart->line_count || quantity < 1 || quantities[line] > 0 ||
            quantity > cart->lines[line].quantity - cart->lines[line].refunded)
            return false;
        quantities[line] = (unsigned)quantity;
    }
    return true;
}

static const char *refund(struct action *action)
{
    struct storefront_order *order = action->order;
    unsigned quantities[STOREFRONT_LINES] = {0};
    struct storefront_amount amount = {{0}};
    bool everything = json_get(action->body, "lines") == NULL;
    bool shipping =
        json_get_bool(action->body, "shipping", everything) && !order->shipping_refunded;
    if (!read_lines(action, quantities))
        return "these lines are not there to be refunded";
    for (unsigned i = 0; i < order->cart.line_count; i++) {
        struct storefront_amount share = storefront_share(order, i, quantities[i]);
        for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
            amount.units[view] += share.units[view];
        order->cart.lines[i].refunded += quantities[i];
    }
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++) {
        amount.units[view] += shipping ? order->bill.shipping.units[view] : 0;
        order->refunded.units[view] += amount.units[view];
    }
    if (amount.units[SHOP] == 0)
        return "nothing is left to refund";
    order->shipping_refunded = order->shipping_refunded || shipping;
    order->refunds++;
    touch(action);
    struct buf body;
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_refund(action->shop, order, quantities, shipping, amount, action->arena, &body);
    order->refund_bodies =
        arena_print(&action->shop->arena, "%.*s%s%.*s", SPAN_ARG(order->refund_bodies),
                    order->refunds > 1 ? "," : "", SPAN_ARG(buf_span(&body)));
    notify(action, "refunds/create", &body);
    send_order(action, "orders/updated");
    return NULL;
}

static const char *pay(struct action *action)
{
    if (action->order->paid || action->order->cancelled)
        return "the order is paid or cancelled";
    action->order->paid = true;
    touch(action);
    send_order(action, "orders/paid");
    return NULL;
}

/* What is edited is worth its new bill from then on; goods given back cannot be bought again. */
static const char *edit(struct action *action)
{
    struct storefront_order *order = action->order;
    int64_t line = json_get_int(action->body, "line", 0);
    if (line < 0 || line >= order->cart.line_count || order->cancelled || order->refunds > 0)
        return "no such line, or the order is cancelled or refunded";
    int64_t quantity =
        json_get_int(action->body, "quantity", order->cart.lines[line].quantity + INT64_C(1));
    if (quantity < 1 || quantity > 99)
        return "no such quantity";
    order->cart.lines[line].quantity = (unsigned)quantity;
    storefront_bill(&order->cart, &order->bill);
    touch(action);
    struct buf body;
    buf_init(&body, STOREFRONT_BODY);
    buf_print(&body, "{\"order_edit\":{\"id\":%lld,\"order_id\":%lld,\"committed_at\":\"%.*s\"}}",
              (long long)(order->id - 3000000000000), (long long)order->id,
              SPAN_ARG(storefront_time(action->arena, order->updated_at)));
    notify(action, "orders/edited", &body);
    send_order(action, "orders/updated");
    return NULL;
}

static const char *release(struct action *action)
{
    storefront_hooks_release(action->shop, action->order);
    return NULL;
}

static const char *resend(struct action *action)
{
    span topic = json_get_text(action->body, "topic");
    bool same_id = json_get_bool(action->body, "same_id", true);
    if (storefront_hooks_resend(action->shop, action->order, topic, same_id) != OK)
        return "no such webhook was sent for this order";
    return NULL;
}

static const struct {
    const char *name;
    const char *(*act)(struct action *action);
} actions[] = {
    {"fulfill", fulfill}, {"deliver", deliver}, {"cancel", cancel},   {"refund", refund},
    {"pay", pay},         {"edit", edit},       {"release", release}, {"resend", resend},
};

/* ---- answers ---- */

static void answer_orders(struct exchange *exchange, struct storefront_order *const *orders,
                          unsigned count, bool list)
{
    static const struct http_header json_type = {{"Content-Type", 12}, {"application/json", 16}};
    struct buf body;
    struct json json;
    buf_init(&body, 4 * MIB);
    json_start(&json, &body);
    if (list)
        json_open(&json, NULL, '[');
    for (unsigned i = 0; i < count; i++)
        storefront_admin_summary(orders[i], exchange->arena, &json);
    if (list)
        json_close(&json, ']');
    json_end(&json);
    assert(buf_ok(&body));
    listen_answer(exchange, 200, &json_type, 1, buf_span(&body));
    buf_done(&body);
}

static void act(struct storefront *shop, struct exchange *exchange, struct storefront_order *order,
                span name)
{
    struct action action = {.shop = shop, .order = order, .arena = exchange->arena};
    const char *why_not = "no such action";
    if (exchange->request.body.len > 0 &&
        json_parse(exchange->arena, exchange->request.body, &action.body, NULL) != OK)
        action.body = NULL;
    storefront_uuid(shop, action.event_id);
    for (unsigned i = 0; i < COUNT_OF(actions); i++)
        if (span_is(name, actions[i].name))
            why_not = actions[i].act(&action);
    if (why_not)
        listen_answer_error(exchange, 422, "unprocessable", why_not, NULL, 0);
    else
        answer_orders(exchange, &order, 1, false);
}

bool storefront_admin_serve(struct storefront *shop, struct exchange *exchange)
{
    span path = exchange->request.path, rest, number;
    bool post = span_is(exchange->request.method, "POST");
    if (span_is(path, "/admin/orders.json")) {
        answer_orders(exchange, shop->orders, shop->order_count, true);
        return true;
    }
    if (!span_starts(path, "/admin/orders/"))
        return false;
    rest = span_sub(path, 14, path.len);
    if (!span_split(&rest, post ? '/' : '.', &number))
        return false;
    struct storefront_order *order = storefront_order_of(shop, number);
    if (order == NULL)
        listen_answer_error(exchange, 404, "not_found", "no such order", NULL, 0);
    else if (post)
        act(shop, exchange, order, rest);
    else
        answer_orders(exchange, &order, 1, false);
    return true;
}
