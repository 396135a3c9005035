/*
 * One event for TikTok, judged (contracts/destinations 3.2-3.5, 3.8).
 *
 * First its shape (members known, needed ones there, types right), then what a shape cannot say:
 * time, hashes, formats, what a purchase needs. The first trouble ends it, and is said as TikTok
 * says it: where, with dots, a colon, what.
 */
#include "sandbox_tiktok.h"

#include <stdarg.h>

#include "../base/hash.h"
#include "../base/url.h"
#include "../net/addr.h"

#define AGE_MS       (7 * DAY_MS)
#define AHEAD_MS     (60 * SECOND_MS)
#define DIGEST       (2u * HASH_SIZE)
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define NOT_TEXT     "Not a valid string"

/* ---- shapes ---------------------------------------------------------------------------------- */

/* Ids are any scalar here: that they are text is asked below, with TikTok's own words for it. */
static const struct sandbox_member content_members[] = {
    {"content_id", SHAPE_SCALAR}, {"content_type", SHAPE_TEXT},
    {"content_name", SHAPE_TEXT}, {"content_category", SHAPE_TEXT},
    {"price", SHAPE_NUMBER},      {"quantity", SHAPE_INT},
    {"brand", SHAPE_TEXT},        {NULL, 0},
};

static const struct sandbox_member property_members[] = {
    {"currency", SHAPE_TEXT, NULL},        {"value", SHAPE_NUMBER, NULL},
    {"content_type", SHAPE_TEXT, NULL},    {"contents", SHAPE_LIST, content_members},
    {"content_ids", SHAPE_LIST, NULL},     {"num_items", SHAPE_INT, NULL},
    {"order_id", SHAPE_SCALAR, NULL},      {"shop_id", SHAPE_SCALAR, NULL},
    {"query", SHAPE_TEXT, NULL},           {"search_string", SHAPE_TEXT, NULL},
    {"description", SHAPE_TEXT, NULL},     {"delivery_category", SHAPE_TEXT, NULL},
    {"predicted_ltv", SHAPE_NUMBER, NULL}, {NULL, 0, NULL},
};

static const struct sandbox_member user_members[] = {
    {"email", SHAPE_TEXT | SHAPE_LIST},
    {"phone", SHAPE_TEXT | SHAPE_LIST},
    {"external_id", SHAPE_TEXT | SHAPE_LIST},
    {"first_name", SHAPE_TEXT},
    {"last_name", SHAPE_TEXT},
    {"zip_code", SHAPE_TEXT},
    {"city", SHAPE_TEXT},
    {"state", SHAPE_TEXT},
    {"country", SHAPE_TEXT},
    {"ttclid", SHAPE_TEXT},
    {"ttp", SHAPE_TEXT},
    {"ip", SHAPE_TEXT},
    {"user_agent", SHAPE_TEXT},
    {"locale", SHAPE_TEXT},
    {"idfa", SHAPE_TEXT},
    {"gaid", SHAPE_TEXT},
    {"idfv", SHAPE_TEXT},
    {"att_status", SHAPE_TEXT},
    {NULL, 0},
};
#define HASHED_MEMBERS 6u /* the first of them */

static const struct sandbox_member page_members[] = {
    {"url", SHAPE_TEXT},
    {"referrer", SHAPE_TEXT},
    {NULL, 0},
};

static const struct sandbox_member event_members[] = {
    {"event", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"event_time", SHAPE_SCALAR | SHAPE_NEEDED, NULL},
    {"event_id", SHAPE_SCALAR, NULL},
    {"user", SHAPE_OBJECT, user_members},
    {"page", SHAPE_OBJECT, page_members},
    {"properties", SHAPE_OBJECT, property_members},
    {"limited_data_use", SHAPE_BOOL, NULL},
    {"app", SHAPE_OBJECT, NULL},
    {"ad", SHAPE_OBJECT, NULL},
    {"lead", SHAPE_OBJECT, NULL},
    {"device", SHAPE_OBJECT, NULL},
    {NULL, 0, NULL},
};

/* ---- judging; each check says false and fills the refusal -------------------------------------
 */

struct check {
    struct arena *arena;
    span where; /* pointer of the event */
    struct sandbox_tiktok_refusal *refusal;
};

static bool wrong(const struct check *check, const char *problem, const char *format, ...)
    PRINTF(3, 4);
static bool wrong(const struct check *check, const char *problem, const char *format, ...)
{
    char member[100];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(member, sizeof member, format, arguments);
    va_end(arguments);
    return sandbox_tiktok_trouble(
        check->arena, arena_print(check->arena, "%.*s/%s", SPAN_ARG(check->where), member), problem,
        check->refusal);
}

/* Absent, or text that says something. */
static bool is_text(const struct json_value *value)
{
    return value == NULL || (value->kind == JSON_STRING && value->text.len > 0);
}

static bool check_time(const struct check *check, const struct json_value *event, int64_t now)
{
    const struct json_value *time = json_get(event, "event_time");
    int64_t seconds = json_get_int(event, "event_time", -1);
    if (!sandbox_shape_is(time, SHAPE_INT) || seconds < 0)
        return wrong(check, "Not a valid integer", "event_time");
    if (seconds > (now + AHEAD_MS) / SECOND_MS)
        return wrong(check, "In the future", "event_time");
    if (seconds < (now - AGE_MS) / SECOND_MS)
        return wrong(check, "Too far in the past", "event_time");
    return true;
}

static bool is_lower_digest(span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] >= 'A' && value.ptr[i] <= 'F')
            return false;
    return hash_is_hex(value, DIGEST);
}

static bool check_hashed(const struct check *check, const struct json_value *user)
{
    for (unsigned i = 0; i < HASHED_MEMBERS; i++) {
        const char *key = user_members[i].key;
        const struct json_value *value = json_get(user, key);
        const struct json_value *one = value && value->kind == JSON_ARRAY ? value->first : value;
        if (value && one == NULL)
            return wrong(check, "Is empty", "user/%s", key);
        for (; one; one = value->kind == JSON_ARRAY ? one->next : NULL) {
            if (one->kind != JSON_STRING)
                return wrong(check, NOT_TEXT, "user/%s", key);
            if (span_is(one->text, EMPTY_SHA256))
                return wrong(check, "Is the hash of nothing", "user/%s", key);
            if (is_lower_digest(one->text))
                continue;
            wrong(check, "PII is not hashed: SHA-256 as 64 lower-case hex digits", "user/%s", key);
            check->refusal->code = TIKTOK_NOT_HASHED;
            return false;
        }
    }
    return true;
}

static bool is_plain(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') ||
              (text.ptr[i] >= '0' && text.ptr[i] <= '9')))
            return false;
    return text.len > 0 && !hash_is_hex(text, DIGEST);
}

static bool check_user(const struct check *check, const struct json_value *user)
{
    static const char *const places[] = {"city", "state", "country"};
    static const char *const texts[] = {"ttclid", "ttp", "user_agent", "locale"};
    const struct json_value *ip = json_get(user, "ip"), *country = json_get(user, "country");
    for (unsigned i = 0; i < COUNT_OF(places); i++)
        if (json_get(user, places[i]) && !is_plain(json_get_text(user, places[i])))
            return wrong(check, "Only a-z and 0-9, not hashed", "user/%s", places[i]);
    if (country && country->text.len != 2)
        return wrong(check, "Not a valid country code", "user/country");
    for (unsigned i = 0; i < COUNT_OF(texts); i++)
        if (!is_text(json_get(user, texts[i])))
            return wrong(check, NOT_TEXT, "user/%s", texts[i]);
    if (ip && (!addr_valid(ip->text) || !addr_public(ip->text)))
        return wrong(check, "Not a valid public IP address", "user/ip");
    return check_hashed(check, user);
}

static bool check_page(const struct check *check, const struct json_value *page, span source)
{
    static const char *const keys[] = {"url", "referrer"};
    if (span_is(source, "web") && json_get(page, "url") == NULL)
        return wrong(check, "Missing data for required field", "page/url");
    for (unsigned i = 0; i < COUNT_OF(keys); i++) {
        const struct json_value *value = json_get(page, keys[i]);
        struct url url;
        if (value && (url_parse(value->text, &url) != OK ||
                      span_find(value->text, 0, '@') < value->text.len))
            return wrong(check, "Not a valid URL", "page/%s", keys[i]);
    }
    return true;
}

static bool is_currency(span code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return false;
    return money_currency_valid(code);
}

static bool check_contents(const struct check *check, const struct json_value *properties)
{
    const struct json_value *ids = json_get(properties, "content_ids");
    const struct json_value *contents = json_get(properties, "contents");
    unsigned index = 0;
    for (const struct json_value *id = ids ? ids->first : NULL; id; id = id->next, index++)
        if (!is_text(id))
            return wrong(check, NOT_TEXT, "properties/content_ids/%u", index);
    index = 0;
    for (const struct json_value *one = contents ? contents->first : NULL; one;
         one = one->next, index++) {
        const char *problem = NULL, *member = "price";
        const struct json_value *price = json_get(one, "price");
        if (!is_text(json_get(one, "content_id"))) {
            member = "content_id";
            problem = NOT_TEXT;
        } else if (json_get_int(one, "quantity", 1) < 1) {
            member = "quantity";
            problem = "Must be at least 1";
        } else if (price && price->text.ptr[0] == '-') {
            problem = "Must be at least 0";
        }
        if (problem)
            return wrong(check, problem, "properties/contents/%u/%s", index, member);
    }
    return true;
}

static bool check_properties(const struct check *check, const struct json_value *event)
{
    const struct json_value *properties = json_get(event, "properties");
    const struct json_value *value = json_get(properties, "value");
    const struct json_value *currency = json_get(properties, "currency");
    const struct json_value *type = json_get(properties, "content_type");
    span name = json_get_text(event, "event");
    struct money money;
    if ((span_is(name, "Purchase") || span_is(name, "CompletePayment")) && !(value && currency))
        return wrong(check, "Missing data for required field", "properties/%s",
                     value ? "currency" : "value");
    if (currency && !is_currency(currency->text))
        return wrong(check, "Not a valid choice", "properties/currency");
    if (value && (money_parse(value->text, currency ? currency->text : SPAN("EUR"), &money) != OK ||
                  money.units < 0))
        return wrong(check, "Not a valid number", "properties/value");
    if (type && !span_is(type->text, "product") && !span_is(type->text, "product_group"))
        return wrong(check, "Not a valid choice", "properties/content_type");
    if (!is_text(json_get(properties, "order_id")))
        return wrong(check, NOT_TEXT, "properties/order_id");
    if (!is_text(json_get(properties, "shop_id")))
        return wrong(check, NOT_TEXT, "properties/shop_id");
    if (json_get_int(properties, "num_items", 1) < 0)
        return wrong(check, "Must be at least 0", "properties/num_items");
    return check_contents(check, properties);
}

bool sandbox_tiktok_check_event(struct arena *arena, const struct json_value *event, span source,
                                span where, int64_t now, struct sandbox_tiktok_refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    const struct check check = {arena, where, ret_refusal};
    if (!sandbox_shape_fits(arena, event, event_members, where, &trouble))
        return sandbox_tiktok_trouble(arena, trouble.pointer, trouble.problem, ret_refusal);
    span name = json_get_text(event, "event");
    if (name.len == 0)
        return wrong(&check, "Missing data for required field", "event");
    if (!is_text(json_get(event, "event_id")))
        return wrong(&check, NOT_TEXT, "event_id");
    return check_time(&check, event, now) && check_page(&check, json_get(event, "page"), source) &&
           check_user(&check, json_get(event, "user")) && check_properties(&check, event);
}
