/*
 * The bodies of an order's later life: fulfillments and refunds (contracts/sources 1.8).
 *
 * A refund's money is what its transactions moved, in the currency the buyer paid in; the subtotals
 * and taxes of its lines are JSON numbers, not strings, which is how Shopify writes them.
 */
#include "storefront_private.h"

#define FULFILLMENT_ID(order) ((order)->id - 1000000000000)
#define REFUND_ID(order)      ((order)->id - 2000000000000 + (order)->refunds)

static span gid(struct arena *arena, const char *kind, int64_t id)
{
    return arena_print(arena, "gid://shopify/%s/%lld", kind, (long long)id);
}

void storefront_body_fulfillment(const struct storefront *shop,
                                 const struct storefront_order *order, struct arena *arena,
                                 struct buf *out)
{
    struct storefront_writer w = {.arena = arena, .bill = &order->bill};
    int64_t id = FULFILLMENT_ID(order);
    span number = arena_print(arena, "SB%09u", order->number);
    span url = arena_print(arena, "https://parcel.example/%.*s", SPAN_ARG(number));
    (void)shop;
    json_start(&w.json, out);
    json_open(&w.json, NULL, '{');
    json_put_int(&w.json, "id", id);
    json_put_text(&w.json, "admin_graphql_api_id", gid(arena, "Fulfillment", id));
    json_put_int(&w.json, "order_id", order->id);
    json_put_text(&w.json, "status", SPAN("success"));
    json_put_text(&w.json, "created_at", storefront_time(arena, order->updated_at));
    json_put_text(&w.json, "updated_at", storefront_time(arena, order->updated_at));
    json_put_text(&w.json, "service", SPAN("manual"));
    json_put_text(&w.json, "tracking_company", SPAN("Parcel Example"));
    json_put_raw(&w.json, "shipment_status",
                 order->delivered ? SPAN("\"delivered\"") : SPAN("\"confirmed\""));
    json_put_int(&w.json, "location_id", 66855371008);
    json_put_null(&w.json, "origin_address");
    json_put_text(&w.json, "email", span_of(order->cart.person.email.text));
    storefront_body_address(&w, "destination", &order->cart.person);
    json_put_text(&w.json, "tracking_number", number);
    json_open(&w.json, "tracking_numbers", '[');
    json_put_text(&w.json, NULL, number);
    json_close(&w.json, ']');
    json_put_text(&w.json, "tracking_url", url);
    json_open(&w.json, "tracking_urls", '[');
    json_put_text(&w.json, NULL, url);
    json_close(&w.json, ']');
    json_open(&w.json, "receipt", '{');
    json_close(&w.json, '}');
    json_put_text(&w.json, "name", arena_print(arena, "#%u.1", order->number));
    json_open(&w.json, "line_items", '[');
    for (unsigned i = 0; i < order->cart.line_count; i++)
        storefront_body_line(&w, NULL, order, i);
    json_close(&w.json, ']');
    json_close(&w.json, '}');
    json_end(&w.json);
}

/* The tax inside or on top of the refunded part of a line, by share of its quantity. */
static struct storefront_amount tax_share(const struct storefront_order *order, unsigned line,
                                          unsigned quantity)
{
    struct storefront_amount tax = order->bill.lines[line].tax;
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
        tax.units[view] = tax.units[view] * quantity / order->cart.lines[line].quantity;
    return tax;
}

static void put_refund_line(struct storefront_writer *w, const struct storefront_order *order,
                            unsigned line, unsigned quantity)
{
    /* The order already counts these as refunded; the share is worked out as of before. */
    struct storefront_order before = *order;
    before.cart.lines[line].refunded -= quantity;
    struct storefront_amount share = storefront_share(&before, line, quantity);
    struct storefront_amount tax = tax_share(order, line, quantity);
    if (!w->bill->taxes_included)
        for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
            share.units[view] -= tax.units[view];
    json_open(&w->json, NULL, '{');
    json_put_int(&w->json, "id", REFUND_ID(order) * 10 + line);
    json_put_int(&w->json, "line_item_id", order->id * 2 + (int64_t)line);
    json_put_int(&w->json, "quantity", quantity);
    json_put_text(&w->json, "restock_type", SPAN("return"));
    json_put_null(&w->json, "location_id");
    json_put_raw(&w->json, "subtotal", storefront_units(w->arena, share.units[SHOP], 2));
    json_put_raw(&w->json, "total_tax", storefront_units(w->arena, tax.units[SHOP], 2));
    storefront_body_set(w, "subtotal_set", share);
    storefront_body_set(w, "total_tax_set", tax);
    storefront_body_line(w, "line_item", order, line);
    json_close(&w->json, '}');
}

static void put_transaction(struct storefront_writer *w, const struct storefront_order *order,
                            struct storefront_amount amount)
{
    int64_t id = REFUND_ID(order) + 5000;
    json_open(&w->json, NULL, '{');
    json_put_int(&w->json, "id", id);
    json_put_int(&w->json, "order_id", order->id);
    json_put_text(&w->json, "kind", SPAN("refund"));
    json_put_text(&w->json, "status", SPAN("success"));
    json_put_text(&w->json, "gateway", SPAN("shopify_payments"));
    json_put_text(&w->json, "created_at", storefront_time(w->arena, order->updated_at));
    json_put_text(&w->json, "processed_at", storefront_time(w->arena, order->updated_at));
    json_put_bool(&w->json, "test", order->test);
    json_put_int(&w->json, "parent_id", order->id - 7);
    json_put_text(&w->json, "amount",
                  storefront_units(w->arena, amount.units[SHOWN], w->bill->scale[SHOWN]));
    json_put_text(&w->json, "currency", w->bill->currency[SHOWN]);
    json_put_text(&w->json, "admin_graphql_api_id", gid(w->arena, "OrderTransaction", id));
    json_close(&w->json, '}');
}

static void put_shipping_refund(struct storefront_writer *w, const struct storefront_order *order,
                                bool shipping)
{
    json_open(&w->json, "order_adjustments", '[');
    if (shipping) {
        struct storefront_amount back = order->bill.shipping;
        for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
            back.units[view] = -back.units[view]; /* adjustments are written from the shop's side */
        json_open(&w->json, NULL, '{');
        json_put_int(&w->json, "id", REFUND_ID(order) + 9000);
        json_put_int(&w->json, "order_id", order->id);
        json_put_int(&w->json, "refund_id", REFUND_ID(order));
        json_put_text(&w->json, "kind", SPAN("shipping_refund"));
        json_put_text(&w->json, "reason", SPAN("Shipping refund"));
        storefront_body_money(w, "amount", back);
        storefront_body_set(w, "amount_set", back);
        json_put_text(&w->json, "tax_amount", SPAN("0.00"));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
    json_open(&w->json, "refund_shipping_lines", '[');
    json_close(&w->json, ']');
}

void storefront_body_refund(const struct storefront *shop, const struct storefront_order *order,
                            const unsigned *quantities, bool shipping,
                            struct storefront_amount amount, struct arena *arena, struct buf *out)
{
    struct storefront_writer w = {.arena = arena, .bill = &order->bill};
    (void)shop;
    json_start(&w.json, out);
    json_open(&w.json, NULL, '{');
    json_put_int(&w.json, "id", REFUND_ID(order));
    json_put_text(&w.json, "admin_graphql_api_id", gid(arena, "Refund", REFUND_ID(order)));
    json_put_int(&w.json, "order_id", order->id);
    json_put_text(&w.json, "created_at", storefront_time(arena, order->updated_at));
    json_put_text(&w.json, "processed_at", storefront_time(arena, order->updated_at));
    json_put_text(&w.json, "note", SPAN("Sent back"));
    json_put_null(&w.json, "user_id");
    json_put_bool(&w.json, "restock", true);
    json_put_null(&w.json, "return");
    json_open(&w.json, "duties", '[');
    json_close(&w.json, ']');
    storefront_body_set(&w, "total_duties_set", (struct storefront_amount){{0}});
    put_shipping_refund(&w, order, shipping);
    json_open(&w.json, "refund_line_items", '[');
    for (unsigned i = 0; i < order->cart.line_count; i++)
        if (quantities[i] > 0)
            put_refund_line(&w, order, i, quantities[i]);
    json_close(&w.json, ']');
    json_open(&w.json, "transactions", '[');
    put_transaction(&w, order, amount);
    json_close(&w.json, ']');
    json_close(&w.json, '}');
    json_end(&w.json);
}
