/*
 * Shopify's webhooks: POST /shopify/webhooks (contracts/sources 1.1–1.4).
 *
 *   X-Shopify-Hmac-SHA256    base64 of HMAC-SHA256(secret, raw body): checked first, in constant
 *                            time, against every secret the shop has (after a rotation Shopify
 *                            signs with the old one for up to an hour)
 *   X-Shopify-Topic          which resource the body is: the table below
 *   X-Shopify-Webhook-Id     the delivery; the same on each of its retries
 *   X-Shopify-Triggered-At   when it happened
 *
 * One webhook is one event, a fact: signed, so what it says of money and people is the truth. A
 * signed body that cannot be read is quarantined, not refused, since a retry would bring the same
 * bytes; a topic we do not know is counted and forgotten. Bodies are read by which members are
 * there, never by API version; ids are digits, any member may be null, and {} may come as [].
 *
 * Shopify's next generation of events ("shopify-hmac-sha256" and no X-) has another body: it is
 * verified in the same way and ignored, until it leaves preview.
 */
#include "shopify.h"
#include "pick.h"
#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"

/* ---- signature ---- */

static bool signed_with(span secret, span message, const void *signature)
{
    uint8_t mac[HASH_SIZE];
    if (span_empty(secret))
        return false; /* an empty key is one that everybody knows */
    hash_hmac_sha256(secret, message, mac);
    return hash_same(mac, signature, HASH_SIZE);
}

static bool shopify_verify(const struct http_request *request, const struct shop *shop,
                           struct arena *arena)
{
    span bytes, header = http_request_header(request, "X-Shopify-Hmac-SHA256");
    if (span_empty(header))
        header = http_request_header(request, "shopify-hmac-sha256");
    if (span_empty(request->body) || header.len > 128 ||
        hash_from_base64(arena, span_trim(header), &bytes) != OK || bytes.len != HASH_SIZE)
        return false;
    bool good = signed_with(shop->shopify.notification_secret, request->body, bytes.ptr);
    for (unsigned i = 0; i < shop->shopify.secrets.count; i++)
        good |= signed_with(shop->shopify.secrets.items[i], request->body, bytes.ptr);
    return good;
}

/* ---- topics ---- */

/* `when` is the member that says when it happened; NULL asks the X-Shopify-Triggered-At header
   first. Behind it come updated_at, created_at, the header, and our own clock. */
static const struct topic {
    enum event_name name;
    const char *when;
    void (*read)(struct shopify_body *body, struct event *event);
} topics[] = {
    {EVENT_FACT_ORDER_CREATED, "created_at", shopify_order},
    {EVENT_FACT_ORDER_PAID, NULL, shopify_order},
    {EVENT_FACT_ORDER_UPDATED, "updated_at", shopify_order},
    {EVENT_FACT_ORDER_CANCELLED, "cancelled_at", shopify_order},
    {EVENT_FACT_ORDER_FULFILLED, NULL, shopify_order},
    {EVENT_FACT_ORDER_PARTIALLY_FULFILLED, NULL, shopify_order},
    {EVENT_FACT_REFUND_CREATED, "created_at", shopify_refund},
    {EVENT_FACT_FULFILLMENT_UPDATED, "updated_at", shopify_fulfillment},
    {EVENT_FACT_CHECKOUT_CREATED, "created_at", shopify_checkout},
    {EVENT_FACT_CHECKOUT_UPDATED, "updated_at", shopify_checkout},
    {EVENT_FACT_CUSTOMER_CREATED, "created_at", shopify_customer},
    {EVENT_FACT_CUSTOMER_UPDATED, "updated_at", shopify_customer},
    {EVENT_FACT_APP_UNINSTALLED, NULL, shopify_nothing},
    {EVENT_FACT_DATA_REQUEST, NULL, shopify_compliance},
    {EVENT_FACT_CUSTOMER_REDACT, NULL, shopify_compliance},
    {EVENT_FACT_SHOP_REDACT, NULL, shopify_nothing},
};

static const struct topic *find_topic(span text)
{
    enum event_name name = names_find(text);
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        if (topics[i].name == name)
            return &topics[i];
    }
    return NULL;
}

static int64_t header_time(const struct http_request *request)
{
    span text = span_trim(http_request_header(request, "X-Shopify-Triggered-At"));
    int64_t at;
    return date_parse(text, &at) == OK && at > 0 ? at : 0;
}

static int64_t time_of(const struct http_request *request, const struct topic *topic,
                       const struct json_value *json)
{
    const int64_t candidates[] = {
        topic->when ? pick_date(json, topic->when) : header_time(request),
        pick_date(json, "updated_at"),
        pick_date(json, "created_at"),
        header_time(request),
    };
    for (size_t i = 0; i < COUNT_OF(candidates); i++) {
        if (candidates[i] > 0)
            return candidates[i];
    }
    return request->received_at;
}

/* Webhook-Id, else what the delivery is about and as of when: a copy of it gets the same id. */
static span id_of(struct arena *arena, span delivery_id, span topic, const struct json_value *json)
{
    static const char *const ids[] = {"id", "token", "shop_id"};
    span resource = pick_id(json_get(json, "customer"), "id");
    if (!span_empty(delivery_id))
        return delivery_id;
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        span id = pick_id(json, ids[i]);
        if (!span_empty(id)) {
            resource = id;
            break;
        }
    }
    span text = arena_print(arena, "%.*s:%.*s:%.*s", SPAN_ARG(topic), SPAN_ARG(resource),
                            SPAN_ARG(pick_exact(json, "updated_at", 64)));
    return text.len <= LIMIT_ID_BYTES ? text : hash_hex(arena, text);
}

/* ---- decode ---- */

static enum source_verdict give_up(struct source_batch *ret_batch, span delivery_id, span topic,
                                   enum source_verdict verdict, const char *error, span detail)
{
    *ret_batch = (struct source_batch){
        .delivery_id = delivery_id, .topic = topic, .error = error, .detail = detail};
    return verdict;
}

/* event_check's "word: sentence" as a word. */
static const char *word_of(struct arena *arena, const struct error *error)
{
    span text = span_of(error->text);
    return arena_text(arena, span_sub(text, 0, span_find(text, 0, ':')));
}

static enum source_verdict shopify_decode(const struct http_request *request,
                                          const struct shop *shop, struct arena *arena,
                                          struct source_batch *ret_batch)
{
    span delivery = span_trim(http_request_header(request, "X-Shopify-Webhook-Id"));
    span topic_text = span_trim(http_request_header(request, "X-Shopify-Topic"));
    struct error error = {0};
    if (delivery.len > LIMIT_ID_BYTES || !span_utf8(delivery))
        delivery = (span){0};
    if (topic_text.len > LIMIT_ID_BYTES || !span_utf8(topic_text))
        topic_text = (span){0};
    if (span_empty(http_request_header(request, "X-Shopify-Hmac-SHA256")) &&
        !span_empty(http_request_header(request, "shopify-hmac-sha256")))
        return give_up(ret_batch, delivery, topic_text, SOURCE_IGNORED, "next_generation",
                       SPAN("Shopify's next-generation events are not read yet"));
    const struct topic *topic = find_topic(topic_text);
    if (!topic)
        return give_up(ret_batch, delivery, topic_text, SOURCE_IGNORED, "topic_unknown",
                       topic_text);

    struct shopify_body body = {.arena = arena, .shop = shop};
    if (json_parse(arena, request->body, &body.json, &error) != OK)
        return give_up(ret_batch, delivery, topic_text, SOURCE_QUARANTINED, "json_invalid",
                       arena_copy(arena, span_of(error.text)));
    if (body.json->kind != JSON_OBJECT)
        return give_up(ret_batch, delivery, topic_text, SOURCE_QUARANTINED, "body_not_object",
                       SPAN("the body must be one JSON object"));

    struct event *event = arena_new(arena, struct event);
    event->name = topic->name;
    event->name_text = topic_text;
    event->store = shop->name;
    event->source = SOURCE_SHOPIFY;
    event->received_at = request->received_at;
    event->at = time_of(request, topic, body.json);
    event->id = id_of(arena, delivery, topic_text, body.json);
    topic->read(&body, event);
    if (body.error)
        return give_up(ret_batch, delivery, topic_text, SOURCE_QUARANTINED, body.error,
                       SPAN("the body lacks what its topic needs"));
    if (event_check(event, request->received_at, shop->dedup_window_ms, &error) != OK)
        return give_up(ret_batch, delivery, topic_text, SOURCE_QUARANTINED, word_of(arena, &error),
                       arena_copy(arena, span_of(error.text)));
    *ret_batch =
        (struct source_batch){.events = {event, 1}, .delivery_id = delivery, .topic = topic_text};
    return SOURCE_TAKEN;
}

static const char *const fields[][2] = {
    {"X-Shopify-Webhook-Id", "id, and known deliveries are dropped"},
    {"X-Shopify-Triggered-At", "at, for orders/paid and fulfilled; others by their own dates"},
    {"id order_number name", "order.id, number, name"},
    {"checkout_token cart_token token", "order.checkout_token, order.cart_token"},
    {"total_price(_set) …", "order.value by `orders.value`, in the money of `orders.money`"},
    {"current_total_price current_subtotal_price …",
     "order.current_value: after edits, by `orders.value`"},
    {"subtotal tax shipping discount current_total", "order.*, in the same money"},
    {"refunds[].transactions", "order.refunded"},
    {"source_name test tags", "order.kind"},
    {"discount_codes[0].code", "order.coupon"},
    {"line_items[]", "order.items (checkouts: items): ids, sku, names, price, quantity, discount"},
    {"email contact_email customer.email", "who.email"},
    {"phone customer.phone addresses' phone", "who.phone, as E.164 with the address's country"},
    {"customer.id first_name last_name", "who.customer_id, first_name, last_name"},
    {"billing_address shipping_address", "who.billing, who.shipping; city to country of one"},
    {"note_attributes[cart_attribute]", "who.visitor"},
    {"browser_ip client_details.user_agent", "client.ip, client.user_agent"},
    {"landing_site referring_site", "client.landing, and the click ids of its query"},
    {"refund: transactions order_adjustments", "adjust.amount, by `orders.value`"},
    {"refund: refund_line_items note", "adjust.items, adjust.reason"},
    {"fulfillment: tracking_* shipment_status", "fulfillment.*"},
    {"checkout: abandoned_checkout_url", "order.checkout_url"},
    {"compliance: customer orders_*", "who.*, custom.orders"},
    {"order_status_url payment_details note", "never kept"},
    {NULL, NULL},
};

const struct source source_shopify = {
    .name = "shopify",
    .essay = "Signed webhooks of a Shopify shop: the truth about orders, money and customers.",
    .verify = shopify_verify,
    .decode = shopify_decode,
    .fields = fields,
};
