/*
 * The tables behind event_fields.h: the canonical event of INTERFACE 5b, member by member, in
 * the order in which it is written. To add a member: add it to the struct, add a row here, add
 * it to docs/event.schema.json; tests hold the three together.
 *
 *   ROW(struct, member)          the key is the member's name
 *   NAMED(struct, key, member)   it is not
 *   LONG(struct, member, limit)  its ceiling is not LIMIT_TEXT_BYTES
 *   LIST(struct, member, count)  pointer and count
 */
#include "event_fields.h"

#include "../base/limits.h"

#define MEMBER(owner, member) (((struct owner *)0)->member)
/* clang-format off */
#define KIND_OF(expression) \
    _Generic((expression), \
        span: FIELD_TEXT, struct money: FIELD_MONEY, int64_t: FIELD_INT, bool: FIELD_FLAG, \
        enum event_name: FIELD_NAME, enum event_source: FIELD_SOURCE, \
        enum event_kind: FIELD_KIND, enum tri: FIELD_TRI, enum consent_choice: FIELD_CHOICE, \
        const struct item *: FIELD_ITEMS, const span *: FIELD_TEXTS, int64_t *: FIELD_SEQS, \
        struct landing: FIELD_OBJECT, struct client: FIELD_OBJECT, struct address: FIELD_OBJECT, \
        struct who: FIELD_OBJECT, struct consent: FIELD_OBJECT, struct order: FIELD_OBJECT, \
        struct adjust: FIELD_OBJECT, struct fulfillment: FIELD_OBJECT, struct bot: FIELD_OBJECT)
#define SHAPE_OF(expression) \
    _Generic((expression), \
        struct landing: &landing_shape, struct client: &client_shape, \
        struct address: &address_shape, struct who: &who_shape, \
        struct consent: &consent_shape, const struct item *: &item_shape, \
        struct order: &order_shape, struct adjust: &adjust_shape, \
        struct fulfillment: &fulfillment_shape, struct bot: &bot_shape, default: NULL)
/* Where a member shows that it is not absent. Spans and lists: their length. */
#define PROBE_OF(owner, member, count) \
    _Generic(MEMBER(owner, member), \
        span: offsetof(struct owner, member) + offsetof(span, len), \
        struct money: offsetof(struct owner, member) + offsetof(struct money, given), \
        const struct item *: count, const span *: count, int64_t *: count, \
        default: offsetof(struct owner, member))
#define PROBE_SIZE_OF(expression) \
    _Generic((expression), \
        span: sizeof(size_t), struct money: sizeof(bool), int64_t: sizeof(int64_t), \
        bool: sizeof(bool), enum event_name: sizeof(int), enum event_source: sizeof(int), \
        enum event_kind: sizeof(int), enum tri: sizeof(int), enum consent_choice: sizeof(int), \
        const struct item *: sizeof(unsigned), const span *: sizeof(unsigned), \
        int64_t *: sizeof(unsigned), default: 0)
#define FIELD(key_, owner_, member_, kind_, count_, limit_) \
    {.key = key_, .key_len = sizeof(key_) - 1, .kind = kind_, \
     .offset = offsetof(struct owner_, member_), .count_offset = count_, .limit = limit_, \
     .probe = PROBE_OF(owner_, member_, count_), \
     .probe_size = PROBE_SIZE_OF(MEMBER(owner_, member_)), \
     .shape = SHAPE_OF(MEMBER(owner_, member_))}
#define NAMED(owner, key, member) \
    FIELD(key, owner, member, KIND_OF(MEMBER(owner, member)), 0, LIMIT_TEXT_BYTES)
#define ROW(owner, member) NAMED(owner, #member, member)
#define LONG(owner, member, limit) \
    FIELD(#member, owner, member, KIND_OF(MEMBER(owner, member)), 0, limit)
#define LIST(owner, member, count) \
    FIELD(#member, owner, member, KIND_OF(MEMBER(owner, member)), offsetof(struct owner, count), \
          LIMIT_TEXT_BYTES)
#define CURRENCY(owner, member) FIELD(#member, owner, member, FIELD_CURRENCY, 0, 3)
#define VERBATIM(owner, member, limit) FIELD(#member, owner, member, FIELD_JSON, 0, limit)
#define SHAPE(owner, fields_, ...) \
    {.fields = fields_, .field_count = COUNT_OF(fields_), .size = sizeof(struct owner), __VA_ARGS__}
/* clang-format on */

/* The tables name each other; these are filled below. */
static const struct event_shape landing_shape, client_shape, address_shape, who_shape,
    consent_shape, item_shape, order_shape, adjust_shape, fulfillment_shape, bot_shape;

static const struct event_field landing_fields[] = {
    LONG(landing, url, LIMIT_URL_BYTES),
    LONG(landing, referrer, LIMIT_URL_BYTES),
    ROW(landing, at),
};
static const struct event_shape landing_shape = SHAPE(landing, landing_fields);

static const struct event_field client_fields[] = {
    ROW(client, ip),
    ROW(client, user_agent),
    LONG(client, url, LIMIT_URL_BYTES),
    LONG(client, referrer, LIMIT_URL_BYTES),
    ROW(client, language),
    ROW(client, title),
#define ID_ROW(name) ROW(client, name),
    EVENT_IDS(ID_ROW)
#undef ID_ROW
        ROW(client, client_id),
    VERBATIM(client, gad, LIMIT_TEXT_BYTES),
    VERBATIM(client, clicks, LIMIT_TEXT_BYTES),
    ROW(client, landing),
    ROW(client, touch),
};
static const struct event_shape client_shape = SHAPE(client, client_fields);

static const struct event_field address_fields[] = {
    ROW(address, first_name), ROW(address, last_name),    ROW(address, company),
    ROW(address, address1),   ROW(address, address2),     ROW(address, city),
    ROW(address, region),     ROW(address, region_code),  ROW(address, zip),
    ROW(address, country),    ROW(address, country_name), ROW(address, phone),
};
static const struct event_shape address_shape = SHAPE(address, address_fields);

static const struct event_field who_fields[] = {
    ROW(who, visitor),    ROW(who, email),     ROW(who, phone),   ROW(who, customer_id),
    ROW(who, first_name), ROW(who, last_name), ROW(who, city),    ROW(who, region),
    ROW(who, zip),        ROW(who, country),   ROW(who, billing), ROW(who, shipping),
    ROW(who, linked),
};
static const struct event_shape who_shape = SHAPE(who, who_fields);

static const struct event_field consent_fields[] = {
    ROW(consent, analytics),
    ROW(consent, marketing),
    ROW(consent, preferences),
    ROW(consent, sale_of_data),
    ROW(consent, source),
    ROW(consent, region),
    ROW(consent, at),
    ROW(consent, analytics_at),
    ROW(consent, marketing_at),
    ROW(consent, preferences_at),
    ROW(consent, sale_of_data_at),
};
static const struct event_shape consent_shape = SHAPE(consent, consent_fields);

static const struct event_field item_fields[] = {
    ROW(item, line_id),
    ROW(item, product_id),
    ROW(item, variant_id),
    ROW(item, sku),
    ROW(item, name),
    ROW(item, variant),
    ROW(item, price),
    ROW(item, discount),
    ROW(item, quantity),
    ROW(item, brand),
    LIST(item, categories, category_count),
    LONG(item, url, LIMIT_URL_BYTES),
    LONG(item, image, LIMIT_URL_BYTES),
};
static const struct event_shape item_shape = SHAPE(item, item_fields);

static const struct event_field order_fields[] = {
    ROW(order, id),
    ROW(order, number),
    ROW(order, name),
    LONG(order, key, LIMIT_TOKEN_BYTES + 2), /* o_TOKEN */
    ROW(order, transaction_id),
    LONG(order, checkout_token, LIMIT_TOKEN_BYTES),
    LONG(order, cart_token, LIMIT_TOKEN_BYTES),
    LONG(order, checkout_url, LIMIT_URL_BYTES),
    CURRENCY(order, currency),
    ROW(order, value),
    ROW(order, total),
    ROW(order, subtotal),
    ROW(order, tax),
    ROW(order, shipping),
    ROW(order, discount),
    ROW(order, coupon),
    ROW(order, refunded),
    ROW(order, current_total),
    ROW(order, current_value),
    ROW(order, kind),
    ROW(order, first_order),
    ROW(order, source_name),
    ROW(order, financial_status),
    ROW(order, cancel_reason),
    ROW(order, created_at),
    ROW(order, updated_at),
    ROW(order, cancelled_at),
    LIST(order, items, item_count),
};
static const struct event_shape order_shape =
    SHAPE(order, order_fields, .currency = &order_fields[8]);

/* A collection has no struct of its own: its two rows point into the event. */
static const struct event_field collection_fields[] = {
    NAMED(event, "id", collection_id),
    NAMED(event, "title", collection_title),
};
static const struct event_shape collection_shape = {
    .fields = collection_fields,
    .field_count = COUNT_OF(collection_fields),
};

static const struct event_field adjust_fields[] = {
    ROW(adjust, refund_id),          ROW(adjust, amount),
    CURRENCY(adjust, currency),      ROW(adjust, reason),
    LIST(adjust, items, item_count), ROW(adjust, remaining),
};
static const struct event_shape adjust_shape =
    SHAPE(adjust, adjust_fields, .currency = &adjust_fields[2]);

static const struct event_field fulfillment_fields[] = {
    ROW(fulfillment, id),
    ROW(fulfillment, status),
    ROW(fulfillment, shipment_status),
    ROW(fulfillment, tracking_company),
    ROW(fulfillment, tracking_number),
    LONG(fulfillment, tracking_url, LIMIT_URL_BYTES),
};
static const struct event_shape fulfillment_shape = SHAPE(fulfillment, fulfillment_fields);

static const struct event_field bot_fields[] = {
    ROW(bot, score),
    ROW(bot, why),
};
static const struct event_shape bot_shape = SHAPE(bot, bot_fields);

static const struct event_field event_rows[] = {
    LONG(event, id, LIMIT_ID_BYTES),
    ROW(event, name),
    ROW(event, at),
    ROW(event, received_at),
    ROW(event, store),
    ROW(event, source),
    LIST(event, from, from_count),
    ROW(event, client),
    ROW(event, who),
    ROW(event, consent),
    ROW(event, order),
    ROW(event, query),
    {.key = "collection", .key_len = 10, .kind = FIELD_OBJECT, .shape = &collection_shape},
    LIST(event, items, item_count),
    ROW(event, value),
    CURRENCY(event, currency),
    ROW(event, adjust),
    ROW(event, fulfillment),
    VERBATIM(event, custom, LIMIT_CUSTOM_BYTES),
    ROW(event, bot),
    ROW(event, backfill),
};
const struct event_shape event_fields = SHAPE(event, event_rows, .currency = &event_rows[15]);

/* Most objects of most events are nothing but zeros; memcmp sees that faster than the rows do. */
static bool is_zero(const char *bytes, size_t size)
{
    return size > 0 && bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

bool event_shape_given(const struct event_shape *shape, const void *base)
{
    if (is_zero(base, shape->size))
        return false;
    for (unsigned i = 0; i < shape->field_count; i++)
        if (event_field_given(&shape->fields[i], base))
            return true;
    return false;
}
