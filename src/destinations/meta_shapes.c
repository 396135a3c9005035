/*
 * The shapes of one Meta event: user_data, custom_data, the privacy options.
 *
 * What identifies a person is hashed, what identifies a browser is plain. Consent rule `limited`
 * means a person who did not agree: then neither hashed identifiers nor cookies go out, only the
 * address and agent of the request, under Limited Data Use.
 */
#include "../base/hash.h"
#include "../base/url.h"
#include "meta.h"

#define APPENDIX_SHORT 2u
#define APPENDIX_LONG  8u
#define SHA256_HEX     64u
#define MD5_HEX        32u
#define CUSTOM_MEMBERS 50u
#define PHONE_LEAST    7u /* digits */
#define PHONE_MOST     16u

const struct field meta_person_fields[] = {
    FIELD_IN(struct buyer, "em", email, .clean = clean_email, .ready = meta_digest, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "ph", phone, .clean = meta_phone, .ready = meta_digest, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "fn", first_name, .clean = clean_name, .ready = meta_digest,
             .hashed = true, .listed = true),
    FIELD_IN(struct buyer, "ln", last_name, .clean = clean_name, .ready = meta_digest,
             .hashed = true, .listed = true),
    FIELD_IN(struct buyer, "ct", city, .clean = clean_city, .ready = meta_digest, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "st", region, .clean = meta_state, .ready = meta_digest, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "zp", zip, .clean = clean_zip, .ready = meta_digest, .hashed = true,
             .listed = true),
    FIELD_IN(struct buyer, "country", country, .clean = clean_country, .ready = meta_digest,
             .hashed = true, .listed = true),
    FIELDS_END,
};
const struct field meta_client_fields[] = {
    FIELD("client_ip_address", client.ip, .clean = meta_ip),
    FIELD("client_user_agent", client.user_agent),
    FIELDS_END,
};
static const struct field cookie_fields[] = {
    FIELD("fbp", client.fbp, .clean = meta_fbp),
    FIELD("fbc", client.fbc, .clean = meta_fbc),
    FIELDS_END,
};
const struct field meta_item_fields[] = {
    FIELD_IN(struct item, "quantity", quantity),
    FIELD_IN(struct item, "item_price", price),
    FIELD_IN(struct item, "title", name),
    FIELD_IN(struct item, "brand", brand),
    FIELDS_END,
};

/* ---- leaves that only Meta has ------------------------------------------------------------- */

static bool is_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

static bool is_appendix(span s)
{
    static const char *const languages[] = {"AQ", "Ag", "Aw", "BA", "BQ", "Bg"};
    if (s.len == APPENDIX_LONG)
        return true;
    for (unsigned i = 0; i < COUNT_OF(languages); i++)
        if (span_is(s, languages[i]))
            return true;
    return false;
}

/* "fb." depth "." milliseconds "." rest [ "." appendix ]; a click id has no dots of its own. */
static bool is_cookie(span s, bool rest_is_number)
{
    span part[5];
    unsigned count = 0;
    for (span rest = s; count < COUNT_OF(part) && span_split(&rest, '.', &part[count]);)
        count++;
    size_t used = 0;
    for (unsigned i = 0; i < count; i++)
        used += part[i].len + (i > 0);
    if (count < 4 || used != s.len || !span_is(part[0], "fb") || !is_digits(part[1]) ||
        !is_digits(part[2]) || span_empty(part[3]))
        return false;
    if (rest_is_number && !is_digits(part[3]))
        return false;
    return count == 4 || is_appendix(part[4]);
}

span meta_fbp(struct arena *arena, span raw)
{
    (void)arena;
    return is_cookie(raw, true) ? raw : (span){0};
}

span meta_fbc(struct arena *arena, span raw)
{
    (void)arena;
    return is_cookie(raw, false) ? raw : (span){0};
}

span meta_digest(struct arena *arena, span raw)
{
    if (hash_is_hex(raw, SHA256_HEX))
        return hash_hex(arena, raw);
    if (hash_is_hex(raw, MD5_HEX))
        return clean_lower(arena, raw);
    size_t tail = SHA256_HEX + 1;
    bool built = raw.len > tail && raw.ptr[SHA256_HEX] == '.' &&
                 hash_is_hex(span_sub(raw, 0, SHA256_HEX), SHA256_HEX) &&
                 (raw.len == tail + APPENDIX_SHORT || raw.len == tail + APPENDIX_LONG);
    return built ? raw : (span){0};
}

span meta_phone(struct arena *arena, span raw)
{
    (void)arena;
    return span_sub(raw, 1,
                    raw.len); /* meta_read_person() gives a plus, then digits, no zero first */
}

span meta_ip(struct arena *arena, span raw)
{
    (void)arena;
    return buyer_public_ip(raw);
}

/* ---- user_data ------------------------------------------------------------------------------ */

/* "+" and the digits of a number that says its country, though no such number exists: Meta's
   library hashes it all the same, so the pixel's hash can only agree with this one (contract 1.6).
 */
static span loose_phone(struct arena *arena, span raw)
{
    raw = span_trim(raw);
    if (!span_starts(raw, "+") && !span_starts(raw, "00"))
        return (span){0};
    char *digits = arena_take(arena, raw.len + 1);
    size_t len = 0;
    digits[len++] = '+';
    for (size_t i = 0; i < raw.len; i++)
        if (raw.ptr[i] >= '0' && raw.ptr[i] <= '9' && (len > 1 || raw.ptr[i] != '0'))
            digits[len++] = raw.ptr[i];
    bool fits = len > PHONE_LEAST && len <= PHONE_MOST + 1;
    return fits ? (span){digits, len} : (span){0};
}

void meta_read_person(struct arena *arena, const struct event *event, struct buyer *buyer)
{
    const struct who *who = &event->who;
    const span phones[] = {who->phone, who->billing.phone, who->shipping.phone};
    buyer_read(arena, event, buyer);
    for (unsigned i = 0; i < COUNT_OF(phones) && span_empty(buyer->phone); i++)
        buyer->phone = loose_phone(arena, phones[i]);
    if (!span_empty(buyer->region_code))
        buyer->region = buyer->region_code;
    if (span_equal_nocase(buyer->country, SPAN("US")) && is_digits(span_sub(buyer->zip, 0, 5)))
        buyer->zip = span_sub(buyer->zip, 0, 5);
}

static void write_external_ids(struct json *json, struct arena *arena, const struct buyer *buyer)
{
    span ids[2] = {clean_external_id(arena, buyer->customer_id),
                   clean_external_id(arena, buyer->visitor)};
    if (span_empty(ids[0]) && span_empty(ids[1]))
        return;
    json_open(json, "external_id", '[');
    for (unsigned i = 0; i < COUNT_OF(ids); i++) {
        span digest = meta_digest(arena, ids[i]);
        if (!span_empty(ids[i]) && !(i && span_equal(ids[0], ids[1])))
            json_put_text(json, NULL, span_empty(digest) ? hash_hex(arena, ids[i]) : digest);
    }
    json_close(json, ']');
}

/* A click that brought the visitor here, when no cookie remembered it: Meta's own format, with the
   time at which we first saw it. */
static span landing_click(struct arena *arena, const struct event *event)
{
    const struct landing *landing = &event->client.landing;
    struct url url;
    if (landing->at <= 0 || span_empty(landing->url) || url_parse(landing->url, &url) != OK)
        return (span){0};
    span click = url_query_get(arena, url.query, "fbclid");
    if (span_empty(click))
        return (span){0};
    span made = arena_print(arena, "fb.1.%lld.%.*s", (long long)landing->at, SPAN_ARG(click));
    return meta_fbc(arena, made);
}

void meta_write_user(struct json *json, struct arena *arena, const struct event *event,
                     bool limited)
{
    json_open(json, "user_data", '{');
    if (!limited) {
        struct buyer buyer;
        meta_read_person(arena, event, &buyer);
        field_write(json, arena, &buyer, meta_person_fields);
        write_external_ids(json, arena, &buyer);
        field_write(json, arena, event, cookie_fields);
        if (span_empty(meta_fbc(arena, event->client.fbc))) {
            span click = landing_click(arena, event);
            if (!span_empty(click))
                json_put_text(json, "fbc", click);
        }
    }
    field_write(json, arena, event, meta_client_fields);
    json_close(json, '}');
}

const char *meta_unmatched(struct arena *arena, const struct event *event, bool limited)
{
    /* An address without an agent, or the other way round, matches nobody. */
    if (!span_empty(buyer_public_ip(event->client.ip)) && !span_empty(event->client.user_agent))
        return NULL;
    if (limited)
        return "no_identifier";
    if (!span_empty(clean_external_id(arena, event->who.customer_id)) ||
        !span_empty(clean_external_id(arena, event->who.visitor)) ||
        !span_empty(meta_fbp(arena, event->client.fbp)) ||
        !span_empty(meta_fbc(arena, event->client.fbc)) || !span_empty(landing_click(arena, event)))
        return NULL;
    struct buyer buyer;
    meta_read_person(arena, event, &buyer);
    for (unsigned i = 0; i < 2; i++) /* em and ph: the first two rows */
        if (!span_empty(field_text(arena, &buyer, &meta_person_fields[i])))
            return NULL;
    return "no_identifier";
}

/* ---- custom_data ---------------------------------------------------------------------------- */

static const struct sale_words words = {"id", "category", meta_item_fields};

/* A collection is a group of products: the catalogue knows it by the products' ids. */
static void write_collection(struct json *json, const struct event *event)
{
    sale_write_group(json, event);
    if (!span_empty(event->collection_title)) {
        json_put_text(json, "content_name", event->collection_title);
        json_put_text(json, "content_category", event->collection_title);
    }
}

static bool is_taken(span key)
{
    static const char *const taken[] = {"currency",         "value",
                                        "content_ids",      "contents",
                                        "content_type",     "content_name",
                                        "content_category", "num_items",
                                        "order_id",         "search_string",
                                        "status",           "predicted_ltv",
                                        "net_revenue",      "delivery_category"};
    for (unsigned i = 0; i < COUNT_OF(taken); i++)
        if (span_is(key, taken[i]))
            return true;
    return false;
}

/* The merchant's own event brings its own properties: the scalar ones that are nobody's data. */
static void write_own(struct json *json, struct arena *arena, const struct event *event)
{
    static const char *const personal[] = {"mail", "phone", "name", "address", "street", "birth"};
    const struct json_value *custom = NULL;
    unsigned count = 0;
    if (span_empty(event->custom) || json_parse(arena, event->custom, &custom, NULL) != OK)
        return;
    for (const struct json_value *m = custom->first; m && count < CUSTOM_MEMBERS; m = m->next) {
        bool skip = m->kind == JSON_NULL || m->kind == JSON_ARRAY || m->kind == JSON_OBJECT ||
                    is_taken(m->key) || buyer_named_in(m->text, &event->who);
        span key = clean_lower(arena, m->key);
        for (unsigned i = 0; !skip && i < COUNT_OF(personal); i++)
            for (size_t at = 0; !skip && at < key.len; at++)
                skip = span_starts(span_sub(key, at, key.len), personal[i]);
        if (skip || span_empty(key))
            continue;
        json_put_value_at(json, m->key, m);
        count++;
    }
}

void meta_write_custom(struct json *json, struct arena *arena, const struct settings *settings,
                       const struct event *event)
{
    if (event->name == EVENT_PAGE_VIEWED)
        return;
    struct sale sale;
    sale_read(arena, settings, event, &sale);
    json_open(json, "custom_data", '{');
    if (sale.value.given) {
        json_put_text(json, "currency", sale.currency);
        json_put_raw(json, "value", money_number(arena, sale.value));
    }
    if (event->name == EVENT_COLLECTION_VIEWED)
        write_collection(json, event);
    else
        sale_write_contents(json, arena, settings, &sale, &words);
    if ((event->name == EVENT_PRODUCT_VIEWED || event->name == EVENT_PRODUCT_ADDED_TO_CART) &&
        sale.count > 0 && !span_empty(sale.items[0].name))
        json_put_text(json, "content_name", sale.items[0].name);
    if ((event->name == EVENT_CHECKOUT_STARTED || event->name == EVENT_ORDER_PLACED) &&
        sale.pieces > 0)
        json_put_int(json, "num_items", sale.pieces);
    if (names_class(event->name) == EVENT_CLASS_ORDER && !span_empty(event->order.id))
        json_put_text(json, "order_id", event->order.id);
    if (event->name == EVENT_SEARCH_SUBMITTED && !span_empty(event->query) &&
        !buyer_named_in(event->query, &event->who))
        json_put_text(json, "search_string", event->query);
    if (event->name == EVENT_CUSTOM)
        write_own(json, arena, event);
    json_close(json, '}');
}

/* ---- privacy ----------------------------------------------------------------------------------
 */

void meta_write_privacy(struct json *json, span laws, const struct event *event)
{
    span region = event->consent.region; /* "US-CA": where the buyer's address was */
    const struct address *address =
        span_empty(event->who.billing.country) ? &event->who.shipping : &event->who.billing;
    int law = 0;
    if (span_starts(region, "US-"))
        law = meta_law(laws, span_sub(region, 3, region.len));
    else if (span_empty(region) && span_equal_nocase(address->country, SPAN("US")))
        law = meta_law(laws, address->region_code);
    json_open(json, "data_processing_options", '[');
    json_put_text(json, NULL, SPAN("LDU"));
    json_close(json, ']');
    json_put_int(json, "data_processing_options_country", law ? 1 : 0);
    json_put_int(json, "data_processing_options_state", law);
}
