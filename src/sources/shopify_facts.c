/*
 * The smaller bodies: refunds, parcels, customers, and what the law makes Shopify tell us.
 *
 * Compliance (contracts/sources 1.9) names a customer and maybe orders; who must be exported or
 * forgotten is in `who`, the orders are listed in custom as {"orders":["…"]}, as many as fit: the
 * person alone is enough to find the rest. Acting on it is RECORD's.
 */
#include "shopify.h"
#include "pick.h"
#include "../base/limits.h"

/* A refund has no currency of its own: the first set with both sides tells it, then the
   transactions (the buyer's money). */
static const struct json_value *any_set(const struct json_value *refund)
{
    const struct json_value *line = pick_first(refund, "refund_line_items");
    const struct json_value *adjustment = pick_first(refund, "order_adjustments");
    const struct json_value *shipping = pick_first(refund, "refund_shipping_lines");
    const struct json_value *sets[] = {
        json_get(line, "subtotal_set"),
        json_get(adjustment, "amount_set"),
        json_get(shipping, "subtotal_amount_set"),
        json_get(refund, "total_duties_set"),
        json_get(pick_first(refund, "transactions"), "total_unsettled_set"),
    };
    for (size_t i = 0; i < COUNT_OF(sets); i++) {
        if (sets[i] && sets[i]->kind == JSON_OBJECT)
            return sets[i];
    }
    return NULL;
}

static void read_refund_items(struct shopify_body *body, struct adjust *adjust)
{
    const struct json_value *list = json_get(body->json, "refund_line_items");
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return;
    unsigned room = list->count < LIMIT_ITEMS ? list->count : LIMIT_ITEMS, count = 0;
    struct item *items = arena_array(body->arena, struct item, room);
    for (const struct json_value *line = list->first; line && count < room; line = line->next) {
        struct item *item = &items[count];
        int64_t quantity;
        if (pick_quantity(line, "quantity", 1, &quantity) != OK || quantity <= 0)
            continue;
        *item = (struct item){0};
        shopify_item(body, json_get(line, "line_item"), item);
        item->line_id = pick_either(pick_id(line, "line_item_id"), item->line_id);
        item->quantity = quantity; /* given back, not bought */
        count++;
    }
    adjust->items = items;
    adjust->item_count = count;
}

void shopify_refund(struct shopify_body *body, struct event *event)
{
    const struct json_value *json = body->json;
    struct adjust *adjust = &event->adjust;
    span unconverted = {0};
    adjust->refund_id = pick_id(json, "id");
    event->order.id = pick_id(json, "order_id");
    if (span_empty(adjust->refund_id))
        shopify_fail(body, "id_missing");
    if (span_empty(event->order.id))
        shopify_fail(body, "order_id_missing");
    shopify_tender_choose(body, any_set(json), (span){0});
    adjust->amount =
        shopify_refunded(body, json, body->shop->orders.value, TRI_UNKNOWN, &unconverted);
    adjust->currency = body->tender.currency;
    adjust->reason = pick_text(body->arena, json, "note", LIMIT_TEXT_BYTES);
    read_refund_items(body, adjust);
    if (!span_empty(unconverted))
        event->custom = arena_print(body->arena, "{\"unconverted\":%.*s}", SPAN_ARG(unconverted));
}

void shopify_fulfillment(struct shopify_body *body, struct event *event)
{
    const struct json_value *json = body->json;
    shopify_tracking(body, json, &event->fulfillment);
    event->order.id = pick_id(json, "order_id");
    if (span_empty(event->fulfillment.id))
        shopify_fail(body, "id_missing");
    if (span_empty(event->order.id))
        shopify_fail(body, "order_id_missing");
    event->order.updated_at = pick_date(json, "updated_at");
    event->who.email = pick_exact(json, "email", 320);
    event->who.shipping = shopify_address(body, json_get(json, "destination"));
    shopify_lives_at(&event->who, &event->who.shipping);
}

void shopify_customer(struct shopify_body *body, struct event *event)
{
    const struct json_value *json = body->json;
    struct who *who = &event->who;
    struct address home = shopify_address(body, json_get(json, "default_address"));
    who->customer_id = pick_id(json, "id");
    if (span_empty(who->customer_id))
        shopify_fail(body, "id_missing");
    who->email = pick_exact(json, "email", 320);
    who->phone = shopify_phone(body, json, "phone", home.country);
    who->first_name = pick_text(body->arena, json, "first_name", 255);
    who->last_name = pick_text(body->arena, json, "last_name", 255);
    shopify_lives_at(who, &home);
    who->phone = pick_either(who->phone, home.phone);
}

static span listed_ids(struct shopify_body *body, const char *key)
{
    const struct json_value *list = json_get(body->json, key);
    struct buf out;
    struct json json;
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return (span){0};
    buf_init(&out, LIMIT_CUSTOM_BYTES);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_open(&json, "orders", '[');
    for (const struct json_value *id = list->first; id; id = id->next) {
        span text = pick_bare_id(id->text);
        if (!span_empty(text) && out.len + text.len + sizeof ",\"\"]}" <= LIMIT_CUSTOM_BYTES)
            json_put_text(&json, NULL, text);
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    span text = buf_ok(&out) ? arena_copy(body->arena, buf_span(&out)) : (span){0};
    buf_done(&out);
    return text;
}

void shopify_compliance(struct shopify_body *body, struct event *event)
{
    const struct json_value *customer = json_get(body->json, "customer");
    struct who *who = &event->who;
    who->customer_id = pick_id(customer, "id");
    who->email = pick_exact(customer, "email", 320);
    who->phone = shopify_phone(body, customer, "phone", (span){0});
    if (span_empty(who->customer_id) && span_empty(who->email) && span_empty(who->phone))
        shopify_fail(body, "customer_missing");
    event->custom =
        pick_either(listed_ids(body, "orders_to_redact"), listed_ids(body, "orders_requested"));
}

void shopify_nothing(struct shopify_body *body, struct event *event)
{
    (void)body;
    (void)event;
}
