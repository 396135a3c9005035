/*
 * The shapes of one TikTok event: user and properties.
 *
 * TikTok's matrix differs from Meta's in ways that bite (contract 0.4, 3.5): the phone keeps its
 * plus, names keep their punctuation, a zip loses its dash instead of ending there, and city,
 * state and country go in plain text. A digest in place of one of those three would be taken for
 * a city called "9f86…", so it is left out.
 *
 * external_id: TikTok's own template hashes it as it is, other integrations lower it first; ours
 * is lower case before it is hashed, so both agree on it.
 *
 * Consent rule `limited`: nothing but the address and agent of the request.
 */
#include "../base/hash.h"
#include "page.h"
#include "tiktok.h"

#define PHONE_CHARS 15u /* with the plus */

static clean_fn keep_phone, keep_zip, keep_place, keep_country, keep_ip;

const struct field tiktok_person_fields[] = {
    FIELD_IN(struct buyer, "email", email, .clean = clean_email, .hashed = true, .listed = true),
    FIELD_IN(struct buyer, "phone", phone, .clean = keep_phone, .hashed = true, .listed = true),
    FIELD_IN(struct buyer, "first_name", first_name, .clean = clean_external_id, .hashed = true),
    FIELD_IN(struct buyer, "last_name", last_name, .clean = clean_external_id, .hashed = true),
    FIELD_IN(struct buyer, "zip_code", zip, .clean = keep_zip, .hashed = true),
    FIELDS_END,
};
const struct field tiktok_place_fields[] = {
    FIELD_IN(struct buyer, "city", city, .clean = keep_place),
    FIELD_IN(struct buyer, "state", region, .clean = keep_place),
    FIELD_IN(struct buyer, "country", country, .clean = keep_country),
    FIELDS_END,
};
const struct field tiktok_client_fields[] = {
    FIELD("ip", client.ip, .clean = keep_ip),
    FIELD("user_agent", client.user_agent),
    FIELDS_END,
};
static const struct field browser_fields[] = {
    FIELD("ttp", client.ttp),
    FIELD("locale", client.language),
    FIELDS_END,
};
const struct field tiktok_item_fields[] = {
    FIELD_IN(struct item, "content_name", name),
    FIELD_IN(struct item, "brand", brand),
    FIELD_IN(struct item, "price", price),
    FIELD_IN(struct item, "quantity", quantity),
    FIELDS_END,
};

/* ---- leaves that only TikTok has ----------------------------------------------------------- */

/* buyer_read() gives E.164, or somebody's digest, of which only SHA-256 gets past field.c. */
static span keep_phone(struct arena *arena, span raw)
{
    (void)arena;
    return span_starts(raw, "+") && raw.len <= PHONE_CHARS ? raw : (span){0};
}

/* Lower case without white space; of its characters those that `keep` says. */
static span lower_kept(struct arena *arena, span raw, bool (*keep)(char c))
{
    span lower = clean_external_id(arena, raw);
    if (span_empty(lower))
        return (span){0};
    char *kept = arena_take(arena, lower.len);
    size_t len = 0;
    for (size_t i = 0; i < lower.len; i++)
        if (keep(lower.ptr[i]))
            kept[len++] = lower.ptr[i];
    return len ? (span){kept, len} : (span){0};
}

static bool is_no_dash(char c)
{
    return c != '-';
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static span keep_zip(struct arena *arena, span raw)
{
    return lower_kept(arena, raw, is_no_dash);
}

static span keep_place(struct arena *arena, span raw)
{
    return hash_is_hex(raw, 2 * HASH_SIZE) ? (span){0} : lower_kept(arena, raw, is_alnum);
}

static span keep_country(struct arena *arena, span raw)
{
    span country = clean_country(arena, raw);
    return country.len == 2 ? country : (span){0};
}

static span keep_ip(struct arena *arena, span raw)
{
    (void)arena;
    return buyer_public_ip(raw);
}

/* ---- user ---------------------------------------------------------------------------------- */

/* Codes where the shop gives codes. */
static void read_person(struct arena *arena, const struct event *event, struct buyer *buyer)
{
    buyer_read(arena, event, buyer);
    if (!span_empty(buyer->region_code))
        buyer->region = buyer->region_code;
}

static span click_of(struct arena *arena, const struct event *event)
{
    return page_click(arena, &event->client, "ttclid", event->client.ttclid);
}

void tiktok_write_user(struct json *json, struct arena *arena, const struct event *event,
                       bool limited)
{
    json_open(json, "user", '{');
    if (!limited) {
        struct buyer buyer;
        read_person(arena, event, &buyer);
        field_write(json, arena, &buyer, tiktok_person_fields);
        buyer_write_ids(json, arena, &buyer, clean_lower);
        field_write(json, arena, &buyer, tiktok_place_fields);
        span click = click_of(arena, event);
        if (!span_empty(click))
            json_put_text(json, "ttclid", click);
        field_write(json, arena, event, browser_fields);
    }
    field_write(json, arena, event, tiktok_client_fields);
    json_close(json, '}');
}

const char *tiktok_unmatched(struct arena *arena, const struct event *event, bool limited)
{
    /* An address without an agent, or the other way round, matches nobody. */
    if (!span_empty(buyer_public_ip(event->client.ip)) && !span_empty(event->client.user_agent))
        return NULL;
    if (limited)
        return "no_identifier";
    if (!span_empty(clean_lower(arena, event->who.customer_id)) ||
        !span_empty(clean_lower(arena, event->who.visitor)) || !span_empty(event->client.ttp) ||
        !span_empty(click_of(arena, event)))
        return NULL;
    struct buyer buyer;
    read_person(arena, event, &buyer);
    for (unsigned i = 0; i < 2; i++) /* email and phone: the first two rows */
        if (!span_empty(field_text(arena, &buyer, &tiktok_person_fields[i])))
            return NULL;
    return "no_identifier";
}

/* ---- properties ---------------------------------------------------------------------------- */

static const struct sale_words words = {"content_id", "content_category", tiktok_item_fields};

/* A collection is a group of products: the catalogue knows it by the products' ids. */
static void write_collection(struct json *json, const struct event *event)
{
    sale_write_group(json, event);
    if (!span_empty(event->collection_title))
        json_put_text(json, "description", event->collection_title);
}

static void write_search(struct json *json, const struct event *event)
{
    if (event->name != EVENT_SEARCH_SUBMITTED || span_empty(event->query) ||
        buyer_named_in(event->query, &event->who))
        return;
    json_put_text(json, "search_string", event->query);
    json_put_text(json, "query", event->query); /* the older name of the same */
}

void tiktok_write_properties(struct json *json, struct arena *arena,
                             const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_PAGE_VIEWED)
        return;
    struct sale sale;
    sale_read(arena, settings, event, &sale);
    json_open(json, "properties", '{');
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
        json_put_text(json, "description", sale.items[0].name);
    if ((event->name == EVENT_CHECKOUT_STARTED || event->name == EVENT_ORDER_PLACED) &&
        sale.pieces > 0)
        json_put_int(json, "num_items", sale.pieces);
    if (names_class(event->name) == EVENT_CLASS_ORDER && !span_empty(event->order.id))
        json_put_text(json, "order_id", event->order.id);
    write_search(json, event);
    json_close(json, '}');
}
