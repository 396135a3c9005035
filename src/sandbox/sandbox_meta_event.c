/*
 * One event for Meta, judged (contracts/destinations 1.3-1.7 and 1.10).
 *
 * First its shape (members known, needed ones there, types right), then what a shape cannot say:
 * times, hashes, formats, what a Purchase needs, the triple of limited data use. Every check says
 * false at the first trouble and fills the refusal in words a person can act on.
 */
#include "sandbox_meta.h"

#include "../base/hash.h"
#include "../base/url.h"
#include "../net/addr.h"

#define NAME_MOST    50u
#define AGE_MS       (7 * DAY_MS)
#define STORE_AGE_MS (62 * DAY_MS) /* physical_store */
#define AHEAD_MS     (60 * SECOND_MS)

/* ---- shapes ---- */

static const struct sandbox_member content_members[] = {
    {"id", SHAPE_TEXT | SHAPE_NEEDED},
    {"quantity", SHAPE_INT},
    {"item_price", SHAPE_NUMBER},
    {"title", SHAPE_TEXT},
    {"description", SHAPE_TEXT},
    {"brand", SHAPE_TEXT},
    {"category", SHAPE_TEXT},
    {"delivery_category", SHAPE_TEXT},
    {NULL, 0},
};

static const struct sandbox_member custom_members[] = {
    {"currency", SHAPE_TEXT, NULL},
    {"value", SHAPE_NUMBER, NULL},
    {"content_ids", SHAPE_LIST, NULL},
    {"contents", SHAPE_LIST, content_members},
    {"content_type", SHAPE_TEXT, NULL},
    {"content_name", SHAPE_TEXT, NULL},
    {"content_category", SHAPE_TEXT, NULL},
    {"num_items", SHAPE_INT, NULL},
    {"order_id", SHAPE_TEXT, NULL},
    {"search_string", SHAPE_TEXT, NULL},
    {"status", SHAPE_TEXT, NULL},
    {"delivery_category", SHAPE_TEXT, NULL},
    {"predicted_ltv", SHAPE_NUMBER, NULL},
    {"net_revenue", SHAPE_NUMBER, NULL},
    {"*", SHAPE_SCALAR, NULL},
    {NULL, 0, NULL},
};

#define HASHED (SHAPE_TEXT | SHAPE_LIST)
static const struct sandbox_member hashed_members[] = {
    {"em", HASHED},      {"ph", HASHED},          {"fn", HASHED},
    {"ln", HASHED},      {"ge", HASHED},          {"db", HASHED},
    {"ct", HASHED},      {"st", HASHED},          {"zp", HASHED},
    {"country", HASHED}, {"external_id", HASHED}, {"f5first", HASHED},
    {"f5last", HASHED},  {"fi", HASHED},          {"dobd", HASHED},
    {"dobm", HASHED},    {"doby", HASHED},        {"app_user_id", HASHED},
    {NULL, 0},
};

static const struct sandbox_member plain_members[] = {
    {"client_ip_address", SHAPE_TEXT},
    {"client_user_agent", SHAPE_TEXT},
    {"fbc", SHAPE_TEXT},
    {"fbp", SHAPE_TEXT},
    {"subscription_id", SHAPE_TEXT},
    {"fb_login_id", SHAPE_TEXT | SHAPE_INT},
    {"lead_id", SHAPE_TEXT | SHAPE_INT},
    {"madid", SHAPE_TEXT},
    {"anon_id", SHAPE_TEXT},
    {"ctwa_clid", SHAPE_TEXT},
    {"page_id", SHAPE_TEXT | SHAPE_INT},
    {NULL, 0},
};

static const struct sandbox_member event_members[] = {
    {"event_name", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"event_time", SHAPE_NUMBER | SHAPE_NEEDED, NULL},
    {"action_source", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"event_source_url", SHAPE_TEXT, NULL},
    {"referrer_url", SHAPE_TEXT, NULL},
    {"event_id", SHAPE_TEXT, NULL},
    {"opt_out", SHAPE_BOOL, NULL},
    {"user_data", SHAPE_OBJECT | SHAPE_NEEDED, NULL},
    {"custom_data", SHAPE_OBJECT, custom_members},
    {"data_processing_options", SHAPE_LIST, NULL},
    {"data_processing_options_country", SHAPE_INT, NULL},
    {"data_processing_options_state", SHAPE_INT, NULL},
    {"original_event_data", SHAPE_OBJECT, NULL},
    {"attribution_data", SHAPE_OBJECT, NULL},
    {"advanced_measurement_table", SHAPE_TEXT, NULL},
    {"messaging_channel", SHAPE_TEXT, NULL},
    {"app_data", SHAPE_OBJECT, NULL},
    {NULL, 0, NULL},
};

static const char *const action_sources[] = {
    "email",
    "website",
    "app",
    "phone_call",
    "chat",
    "physical_store",
    "system_generated",
    "business_messaging",
    "other",
};
static const char *const delivery_categories[] = {"in_store", "curbside", "home_delivery"};
static const char *const content_types[] = {"product", "product_group"};

/* ---- judging one event; each check says false and fills the refusal ---- */

bool sandbox_meta_refuse(struct sandbox_meta_refusal *ret_refusal, int subcode, span title,
                         span message)
{
    *ret_refusal = (struct sandbox_meta_refusal){400, 100, subcode, title, message};
    return false;
}

bool sandbox_meta_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

static bool is_one_of(span text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, words[i]))
            return true;
    return false;
}

static bool check_time(struct arena *arena, const struct json_value *event, int64_t now,
                       struct sandbox_meta_refusal *ret_refusal)
{
    const struct json_value *time = json_get(event, "event_time");
    int64_t seconds = json_get_int(event, "event_time", -1);
    bool store = span_is(json_get_text(event, "action_source"), "physical_store");
    if (!sandbox_shape_is(time, SHAPE_INT) || seconds < 0)
        return sandbox_meta_refuse(ret_refusal, TIME_INVALID, SPAN("Invalid Event Timestamp"),
                                   SPAN("event_time is a Unix timestamp in whole seconds."));
    if (seconds > now / SECOND_MS + AHEAD_MS / SECOND_MS)
        return sandbox_meta_refuse(
            ret_refusal, TIME_FUTURE, SPAN("Event Timestamp in the Future"),
            arena_print(arena, "event_time %lld is in the future.", (long long)seconds));
    if (seconds < (now - (store ? STORE_AGE_MS : AGE_MS)) / SECOND_MS)
        return sandbox_meta_refuse(
            ret_refusal, TIME_OLD, SPAN("Event Timestamp Too Old"),
            SPAN("The timestamp for this event is too far in the past. Events must be "
                 "sent within 7 days."));
    return true;
}

static bool all_lower_hex(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'F')
            return false;
    return hash_is_hex(s, 64);
}

/* 64 lower hex digits, or those followed by the param builder's appendix of 2 or 8 characters. */
static bool is_hashed(span value)
{
    if (value.len == 64)
        return all_lower_hex(value) && !span_is(value, EMPTY_SHA256);
    return (value.len == 67 || value.len == 73) && value.ptr[64] == '.' &&
           is_hashed(span_sub(value, 0, 64));
}

static bool check_hashed(struct arena *arena, const struct json_value *user,
                         struct sandbox_meta_refusal *ret_refusal)
{
    for (const struct sandbox_member *member = hashed_members; member->key; member++) {
        const struct json_value *value = json_get(user, member->key);
        if (value == NULL)
            continue;
        const struct json_value *one = value->kind == JSON_ARRAY ? value->first : value;
        bool fine = one != NULL;
        for (; one && fine; one = value->kind == JSON_ARRAY ? one->next : NULL)
            fine = one->kind == JSON_STRING && is_hashed(one->text);
        if (!fine)
            return sandbox_meta_refuse(
                ret_refusal, USER_INVALID, SPAN("Invalid Customer Information"),
                arena_print(arena,
                            "user_data.%s must be SHA-256 as 64 lower-case hex digits, "
                            "not plain text and not the hash of nothing.",
                            member->key));
    }
    return true;
}

static bool is_appendix(span s)
{
    static const char *const tokens[] = {"AQ", "Ag", "Aw", "BA", "BQ", "Bg"};
    return s.len == 8 || is_one_of(s, tokens, COUNT_OF(tokens));
}

/* "fb" . digits . 13-digit milliseconds . something [ . appendix ] (1.7) */
static bool is_browser_id(span text, bool random_is_number)
{
    span parts[5], rest = text;
    unsigned count = 0;
    while (count < 5 && span_split(&rest, '.', &parts[count]))
        count++;
    if (count < 4 || rest.len > 0 || !span_is(parts[0], "fb") || !sandbox_meta_digits(parts[1]) ||
        !sandbox_meta_digits(parts[2]) || parts[2].len != 13 || parts[3].len == 0)
        return false;
    if (random_is_number && !sandbox_meta_digits(parts[3]))
        return false;
    return count == 4 || is_appendix(parts[4]);
}

static bool check_plain(const struct json_value *user, struct sandbox_meta_refusal *ret_refusal)
{
    const struct json_value *ip = json_get(user, "client_ip_address");
    const struct json_value *fbp = json_get(user, "fbp"), *fbc = json_get(user, "fbc");
    if (ip && (!addr_valid(ip->text) || !addr_public(ip->text)))
        return sandbox_meta_refuse(ret_refusal, USER_INVALID, SPAN("Invalid client_ip_address"),
                                   SPAN("client_ip_address is the visitor's public IP address."));
    if (fbp && !is_browser_id(fbp->text, true))
        return sandbox_meta_refuse(ret_refusal, USER_INVALID, SPAN("Invalid fbp"),
                                   SPAN("fbp is fb.<subdomain index>.<ms>.<random number>."));
    if (fbc && !is_browser_id(fbc->text, false))
        return sandbox_meta_refuse(ret_refusal, USER_INVALID, SPAN("Invalid fbc"),
                                   SPAN("fbc is fb.<subdomain index>.<ms>.<fbclid>."));
    return true;
}

/* Alone or in the pairs below, enough to look for a person. */
static bool is_usable(const struct json_value *user)
{
    static const char *const keys[] = {"em",          "ph",      "external_id", "fbp",
                                       "fbc",         "lead_id", "fb_login_id", "subscription_id",
                                       "app_user_id", "madid",   "anon_id",     "ctwa_clid"};
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        if (json_get(user, keys[i]))
            return true;
    return (json_get(user, "client_ip_address") && json_get(user, "client_user_agent")) ||
           (json_get(user, "fn") && json_get(user, "ln"));
}

static bool check_user(struct arena *arena, const struct json_value *user,
                       struct sandbox_meta_refusal *ret_refusal)
{
    struct sandbox_member members[COUNT_OF(hashed_members) + COUNT_OF(plain_members)] = {{0}};
    struct sandbox_trouble trouble;
    memcpy(members, hashed_members, sizeof hashed_members);
    memcpy(members + COUNT_OF(hashed_members) - 1, plain_members, sizeof plain_members);
    if (!sandbox_shape_fits(arena, user, members, SPAN("/user_data"), &trouble))
        return sandbox_meta_refuse(
            ret_refusal, USER_INVALID, SPAN("Invalid Customer Information"),
            arena_print(arena, "%.*s %s.", SPAN_ARG(trouble.pointer), trouble.problem));
    if (!is_usable(user))
        return sandbox_meta_refuse(
            ret_refusal, USER_INVALID, SPAN("Not Enough Customer Information"),
            SPAN("This event has no customer information that could be matched."));
    return check_hashed(arena, user, ret_refusal) && check_plain(user, ret_refusal);
}

static bool is_currency(span code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return false;
    return money_currency_valid(code);
}

static bool check_contents(const struct json_value *custom,
                           struct sandbox_meta_refusal *ret_refusal)
{
    const struct json_value *ids = json_get(custom, "content_ids");
    const struct json_value *contents = json_get(custom, "contents");
    const struct json_value *type = json_get(custom, "content_type");
    span title = SPAN("Invalid Content");
    for (const struct json_value *id = ids ? ids->first : NULL; id; id = id->next)
        if (id->kind != JSON_STRING || id->text.len == 0)
            return sandbox_meta_refuse(ret_refusal, CUSTOM_INVALID, title,
                                       SPAN("content_ids are strings."));
    for (const struct json_value *one = contents ? contents->first : NULL; one; one = one->next) {
        const struct json_value *price = json_get(one, "item_price");
        const struct json_value *where = json_get(one, "delivery_category");
        if (json_get_text(one, "id").len == 0 || json_get_int(one, "quantity", 1) < 1 ||
            (price && price->text.ptr[0] == '-') ||
            (where && !is_one_of(where->text, delivery_categories, COUNT_OF(delivery_categories))))
            return sandbox_meta_refuse(
                ret_refusal, CUSTOM_INVALID, title,
                SPAN("contents have an id, a quantity of at least 1, an item_price of "
                     "at least 0 and a known delivery_category."));
    }
    if (type && !is_one_of(type->text, content_types, COUNT_OF(content_types)))
        return sandbox_meta_refuse(ret_refusal, CUSTOM_INVALID, title,
                                   SPAN("content_type is product or product_group."));
    return true;
}

static bool check_custom(const struct json_value *event, struct sandbox_meta_refusal *ret_refusal)
{
    const struct json_value *custom = json_get(event, "custom_data");
    const struct json_value *value = json_get(custom, "value");
    const struct json_value *currency = json_get(custom, "currency");
    bool purchase = span_is(json_get_text(event, "event_name"), "Purchase");
    struct money money;
    if (purchase && value == NULL)
        return sandbox_meta_refuse(ret_refusal, VALUE_MISSING,
                                   SPAN("Missing Value for Purchase Event"),
                                   SPAN("A Purchase needs custom_data.value."));
    if (purchase && currency == NULL)
        return sandbox_meta_refuse(ret_refusal, CURRENCY_WRONG,
                                   SPAN("Missing Currency for Purchase Event"),
                                   SPAN("A Purchase needs custom_data.currency."));
    if (currency && !is_currency(currency->text))
        return sandbox_meta_refuse(ret_refusal, CURRENCY_WRONG, SPAN("Invalid Currency"),
                                   SPAN("currency is an ISO 4217 code in upper case."));
    if (value && (money_parse(value->text, currency ? currency->text : SPAN("EUR"), &money) != OK ||
                  money.units < 0))
        return sandbox_meta_refuse(ret_refusal, VALUE_MISSING, SPAN("Invalid Value"),
                                   SPAN("value is a decimal number of at least 0."));
    if (json_get_int(custom, "num_items", 0) < 0)
        return sandbox_meta_refuse(ret_refusal, CUSTOM_INVALID, SPAN("Invalid Parameter"),
                                   SPAN("num_items is at least 0."));
    return check_contents(custom, ret_refusal);
}

/* Limited data use: the list is [] or ["LDU"]; country and state only beside it (1.10). */
static bool check_privacy(const struct json_value *event, struct sandbox_meta_refusal *ret_refusal)
{
    const struct json_value *options = json_get(event, "data_processing_options");
    const struct json_value *country = json_get(event, "data_processing_options_country");
    const struct json_value *state = json_get(event, "data_processing_options_state");
    int64_t country_code = json_get_int(event, "data_processing_options_country", 0);
    int64_t state_code = json_get_int(event, "data_processing_options_state", 0);
    bool fine = options || (!country && !state);
    if (options && options->first)
        fine = options->count == 1 && span_is(json_text(options->first), "LDU");
    if ((country == NULL) != (state == NULL))
        fine = false;
    if (country_code < 0 || country_code > 1 ||
        (state_code != 0 && (country_code != 1 || state_code < 1000 || state_code > 1099)))
        fine = false;
    return fine || sandbox_meta_refuse(
                       ret_refusal, PARAM_INVALID, SPAN("Invalid Data Processing Options"),
                       SPAN("data_processing_options is [] or [\"LDU\"], with country 0 or 1 "
                            "and its state both or neither."));
}

static bool check_source(const struct json_value *event, struct sandbox_meta_refusal *ret_refusal)
{
    span source = json_get_text(event, "action_source"), name = json_get_text(event, "event_name");
    const struct json_value *page = json_get(event, "event_source_url");
    const struct json_value *id = json_get(event, "event_id");
    struct url url;
    if (name.len == 0 || name.len > NAME_MOST)
        return sandbox_meta_refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_name"),
                                   SPAN("event_name has 1 to 50 characters."));
    if (!is_one_of(source, action_sources, COUNT_OF(action_sources)))
        return sandbox_meta_refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid action_source"),
                                   SPAN("action_source is not one of the known sources."));
    if (span_is(source, "website") && page == NULL)
        return sandbox_meta_refuse(ret_refusal, PARAM_INVALID, SPAN("Missing event_source_url"),
                                   SPAN("A website event needs event_source_url."));
    if (page && url_parse(page->text, &url) != OK)
        return sandbox_meta_refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_source_url"),
                                   SPAN("event_source_url is an absolute URL."));
    if (id && id->text.len == 0)
        return sandbox_meta_refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_id"),
                                   SPAN("event_id is not empty."));
    return true;
}

bool sandbox_meta_check_event(struct arena *arena, const struct json_value *event, int64_t now,
                              struct sandbox_meta_refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    if (!sandbox_shape_fits(arena, event, event_members, (span){0}, &trouble))
        return sandbox_meta_refuse(
            ret_refusal, PARAM_INVALID, SPAN("Invalid Parameter"),
            arena_print(arena, "%.*s %s.", SPAN_ARG(trouble.pointer), trouble.problem));
    return check_source(event, ret_refusal) && check_time(arena, event, now, ret_refusal) &&
           check_user(arena, json_get(event, "user_data"), ret_refusal) &&
           check_custom(event, ret_refusal) && check_privacy(event, ret_refusal);
}
