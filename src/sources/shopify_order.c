/*
 * Orders and checkouts (contracts/sources 1.8): the truth about money and people.
 *
 * An order body comes with many topics (created, paid, updated, cancelled, fulfilled); all of them
 * are read in the same way, whole, and what the topic meant is the event's name.
 *
 * value is what the merchant optimises for, by the shop's policy:
 *
 *   total      total_price (as placed: later edits and refunds do not change it)
 *   subtotal   subtotal_price
 *   net        total − tax − shipping; where prices include tax, shipping's share of the tax is
 *              in both and taken off once
 *
 * Whose sale it was (enum event_kind), first match wins:
 *
 *   test: true                                           TEST
 *   tag "Subscription Recurring Order"                   RENEWAL   (subscription apps' own mark)
 *   source_name in the shop's `channels`, or absent      WEB
 *   "pos"                                                POS
 *   "shopify_draft_order"                                DRAFT
 *   "subscription_contract…"                             RENEWAL
 *   anything else: numeric ids of other apps, names      MARKETPLACE  (also orders made through
 *                                                        the API, unless their id is listed)
 *
 * Never kept: order_status_url (has a key in it), payment_details, notes.
 */
#include "shopify.h"
#include "pick.h"
#include "../base/limits.h"

static bool has_tag(span tags, const char *tag)
{
    span part;
    while (span_split(&tags, ',', &part)) {
        if (span_equal_nocase(span_trim(part), span_of(tag)))
            return true;
    }
    return false;
}

static enum event_kind kind_of(const struct shopify_body *body, span source_name)
{
    const struct span_list *channels = &body->shop->orders.channels;
    if (json_get_bool(body->json, "test", false))
        return KIND_TEST;
    if (has_tag(json_get_text(body->json, "tags"), "Subscription Recurring Order"))
        return KIND_RENEWAL;
    if (span_empty(source_name))
        return KIND_WEB;
    for (unsigned i = 0; i < channels->count; i++) {
        if (span_equal(channels->items[i], source_name))
            return KIND_WEB;
    }
    if (span_is(source_name, "pos"))
        return KIND_POS;
    if (span_is(source_name, "shopify_draft_order"))
        return KIND_DRAFT;
    return span_starts(source_name, "subscription_contract") ? KIND_RENEWAL : KIND_MARKETPLACE;
}

/* Lines that nobody buys (quantity 0 after an edit) are left out. */
static const struct item *read_items(struct shopify_body *body, unsigned *ret_count)
{
    const struct json_value *list = json_get(body->json, "line_items");
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return NULL;
    unsigned room = list->count < LIMIT_ITEMS ? list->count : LIMIT_ITEMS, count = 0;
    struct item *items = arena_array(body->arena, struct item, room);
    for (const struct json_value *line = list->first; line && count < room; line = line->next) {
        struct item *item = &items[count];
        *item = (struct item){0};
        if (line->kind == JSON_OBJECT)
            shopify_item(body, line, item);
        count += item->quantity > 0;
    }
    *ret_count = count;
    return items;
}

/* What was paid for shipping: discounts on it come off, and *ret_tax of it is tax. */
static struct money read_shipping(struct shopify_body *body, struct money *ret_tax)
{
    struct money listed = {0}, cut = {0};
    const struct json_value *line, *at;
    for (line = pick_first(body->json, "shipping_lines"); line; line = line->next) {
        if (json_get_bool(line, "is_removed", false))
            continue;
        listed = shopify_sum(body, listed, shopify_money(body, line, "price", "price_set"));
        for (at = pick_first(line, "discount_allocations"); at; at = at->next)
            cut = shopify_sum(body, cut, shopify_money(body, at, "amount", "amount_set"));
        for (at = pick_first(line, "tax_lines"); at; at = at->next)
            *ret_tax = shopify_sum(body, *ret_tax, shopify_money(body, at, "price", "price_set"));
    }
    struct money shipping = shopify_money(body, body->json, NULL, "total_shipping_price_set");
    if (!shipping.given)
        shipping = listed;
    return shipping.given ? money_least_zero(money_subtract(shipping, cut)) : shipping;
}

/* `tax` of the total, `shipping_tax` of it shipping's and in `shipping` where prices include it. */
static struct money net_of(struct money total, struct money tax, struct money shipping,
                           struct money shipping_tax, bool included)
{
    struct money net = money_subtract(money_subtract(total, tax), shipping);
    return money_least_zero(included ? money_add(net, shipping_tax) : net);
}

/* What the order is worth after edits (and returns), by the policy; not given where the body does
   not tell: then nobody guesses. Shipping rarely changes, and is told in newer bodies only. */
static struct money read_current(struct shopify_body *body, const struct order *order,
                                 struct money shipping_tax)
{
    const struct json_value *json = body->json;
    if (body->shop->orders.value == VALUE_TOTAL)
        return order->current_total;
    if (body->shop->orders.value == VALUE_SUBTOTAL)
        return shopify_money(body, json, "current_subtotal_price", "current_subtotal_price_set");
    struct money tax = shopify_money(body, json, "current_total_tax", "current_total_tax_set");
    struct money shipping = shopify_money(body, json, NULL, "current_shipping_price_set");
    if (!order->current_total.given || (order->tax.given && !tax.given))
        return (struct money){0};
    return net_of(order->current_total, tax, shipping.given ? shipping : order->shipping,
                  shipping_tax, json_get_bool(json, "taxes_included", false));
}

static void read_money(struct shopify_body *body, struct order *order)
{
    const struct json_value *json = body->json;
    struct money shipping_tax = {0};
    order->currency = body->tender.currency;
    order->total = shopify_money(body, json, "total_price", "total_price_set");
    order->subtotal = shopify_money(body, json, "subtotal_price", "subtotal_price_set");
    order->tax = shopify_money(body, json, "total_tax", "total_tax_set");
    order->discount = shopify_money(body, json, "total_discounts", "total_discounts_set");
    order->current_total = money_least_zero(
        shopify_money(body, json, "current_total_price", "current_total_price_set"));
    order->shipping = read_shipping(body, &shipping_tax);
    order->value = order->total;
    if (body->shop->orders.value == VALUE_SUBTOTAL)
        order->value = order->subtotal;
    if (body->shop->orders.value == VALUE_NET && order->total.given)
        order->value = net_of(order->total, order->tax, order->shipping, shipping_tax,
                              json_get_bool(json, "taxes_included", false));
    order->current_value = read_current(body, order, shipping_tax);
}

/* All of it, whatever the policy: with current_total it must add up to the total. */
static struct money read_refunds(struct shopify_body *body)
{
    struct money sum = {0};
    enum tri included = json_get_bool(body->json, "taxes_included", false) ? TRI_YES : TRI_NO;
    const struct json_value *refund;
    for (refund = pick_first(body->json, "refunds"); refund; refund = refund->next)
        sum = shopify_sum(body, sum, shopify_refunded(body, refund, VALUE_TOTAL, included, NULL));
    return sum;
}

static void read_people(struct shopify_body *body, struct event *event)
{
    struct who *who = &event->who;
    const struct json_value *json = body->json, *customer = json_get(json, "customer");
    struct arena *arena = body->arena;
    who->visitor = shopify_visitor(body);
    who->billing = shopify_address(body, json_get(json, "billing_address"));
    who->shipping = shopify_address(body, json_get(json, "shipping_address"));
    span country = pick_either(who->billing.country, who->shipping.country);
    who->email =
        pick_either(pick_exact(json, "email", 320), pick_exact(json, "contact_email", 320));
    /* The order's address is typed at the checkout, whosever it is. */
    span account = pick_exact(customer, "email", 320);
    if (!span_empty(account) && !span_equal_nocase(account, who->email))
        event->aside.account_email = account;
    who->email = pick_either(who->email, account);
    /* Not the phone a parcel is sent to: a gift would make one person of two (DESIGN 6). */
    const span phones[] = {
        shopify_phone(body, json, "phone", country),
        shopify_phone(body, customer, "phone", country),
        shopify_phone(body, json, "sms_marketing_phone", country),
        who->billing.phone,
    };
    for (size_t i = 0; i < COUNT_OF(phones); i++)
        who->phone = pick_either(who->phone, phones[i]);
    who->customer_id = pick_id(customer, "id");
    who->first_name = pick_text(arena, customer, "first_name", 255);
    who->last_name = pick_text(arena, customer, "last_name", 255);
    /* One address gives all of city to country: two halves of two addresses are no place. */
    bool billed = !span_empty(who->billing.country) || !span_empty(who->billing.city);
    shopify_lives_at(who, billed ? &who->billing : &who->shipping);
}

/* What orders and checkouts share: tokens, texts, times. */
static void read_tokens(struct shopify_body *body, struct order *order)
{
    const struct json_value *json = body->json;
    order->cart_token = pick_id(json, "cart_token");
    order->coupon = pick_text(body->arena, pick_first(json, "discount_codes"), "code", 255);
    order->source_name = pick_id(json, "source_name");
    order->kind = kind_of(body, order->source_name);
    order->created_at = pick_date(json, "created_at");
    order->updated_at = pick_date(json, "updated_at");
}

void shopify_order(struct shopify_body *body, struct event *event)
{
    const struct json_value *json = body->json, *shipped;
    struct order *order = &event->order;
    order->id = pick_id(json, "id");
    if (span_empty(order->id))
        shopify_fail(body, "id_missing");
    shopify_tender_choose(body, json_get(json, "total_price_set"), json_get_text(json, "currency"));
    order->number = pick_id(json, "order_number");
    order->name = pick_text(body->arena, json, "name", 255);
    order->checkout_token = pick_id(json, "checkout_token");
    order->financial_status = pick_text(body->arena, json, "financial_status", 64);
    order->cancel_reason = pick_text(body->arena, json, "cancel_reason", 64);
    order->cancelled_at = pick_date(json, "cancelled_at");
    read_tokens(body, order);
    read_money(body, order);
    order->refunded = read_refunds(body);
    order->items = read_items(body, &order->item_count);
    read_people(body, event);

    const struct json_value *device = json_get(json, "client_details");
    event->client.ip =
        pick_either(pick_exact(json, "browser_ip", 64), pick_exact(device, "browser_ip", 64));
    event->client.user_agent = pick_text(body->arena, device, "user_agent", LIMIT_TEXT_BYTES);
    shopify_landing(body, event);
    for (shipped = pick_first(json, "fulfillments"); shipped; shipped = shipped->next) {
        if (!shipped->next) /* the newest: what orders/fulfilled is about */
            shopify_tracking(body, shipped, &event->fulfillment);
    }
}

void shopify_checkout(struct shopify_body *body, struct event *event)
{
    struct order money = {0}, *order = &event->order;
    const struct json_value *json = body->json;
    order->checkout_token = pick_id(json, "token");
    if (span_empty(order->checkout_token))
        shopify_fail(body, "token_missing");
    shopify_tender_choose(body, json_get(json, "total_price_set"), json_get_text(json, "currency"));
    order->checkout_url = pick_url(json, "abandoned_checkout_url");
    read_tokens(body, order);
    read_money(body, &money);
    event->value = money.value;
    event->currency = money.currency;
    event->items = read_items(body, &event->item_count);
    read_people(body, event);
    shopify_landing(body, event);
}
