/*
 * Meta Conversions API, played strictly (contracts/destinations 1.1-1.12).
 *
 * One POST /v{VERSION}/{PIXEL}/events carries 1 to 1000 events and is accepted or refused as a
 * whole: the first event that breaks a rule refuses them all, and nothing is recorded. What
 * identifies a person must be hashed; a plain address anywhere is refused, and so is the hash of
 * nothing. Copies of (pixel, event_name, event_id) within 48 h are received (events_received
 * counts them) and counted once.
 *
 * Subcodes: the contract names the set and 2804003 (too old) and 2804009 (no value); which of
 * the others belongs to which parameter is our choice, listed in the table of troubles.
 *
 * Stricter than the real one, on purpose: unknown members are refused, currencies must be upper
 * case, an event more than 60 s ahead is refused, the form encoding is not taken.
 */
#include "sandbox_private.h"

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../net/addr.h"

#define EVENTS_MOST    1000u
#define NAME_MOST      50u
#define AGENT_MOST     23u /* partner_agent */
#define AGE_MS         (7 * DAY_MS)
#define STORE_AGE_MS   (62 * DAY_MS) /* physical_store */
#define AHEAD_MS       (60 * SECOND_MS)
#define DEDUP_MS       (48 * HOUR_MS)
#define OLDEST_VERSION 22
#define TIME_FUTURE    2804001
#define TIME_OLD       2804003
#define TIME_INVALID   2804007
#define VALUE_MISSING  2804009
#define CUSTOM_INVALID 2804016
#define USER_INVALID   2804017
#define CURRENCY_WRONG 2804019
#define PARAM_INVALID  2804048
#define EMPTY_SHA256   "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct refusal {
    int status, code, subcode;
    span title, message; /* for people */
};

/* ---- shapes ---- */

static const struct sandbox_member content_members[] = {
    {"id",          SHAPE_TEXT | SHAPE_NEEDED},
    {"quantity",             SHAPE_INT},
    {"item_price",SHAPE_NUMBER},
    {"title",  SHAPE_TEXT},
    {"description",             SHAPE_TEXT},
    {"brand",  SHAPE_TEXT},
    {"category", SHAPE_TEXT},
    {"delivery_category",             SHAPE_TEXT},
    {NULL },
};

static const struct sandbox_member custom_members[] = {
    {"currency",      SHAPE_TEXT},
    {"value",               SHAPE_NUMBER},
    {"content_ids",SHAPE_LIST},
    {"contents",   SHAPE_LIST, content_members},
    {"content_type",               SHAPE_TEXT},
    {"content_name",   SHAPE_TEXT},
    {"content_category",               SHAPE_TEXT},
    {"num_items",SHAPE_INT},
    {"order_id",  SHAPE_TEXT},
    {"search_string",               SHAPE_TEXT},
    {"status",SHAPE_TEXT},
    {"delivery_category",     SHAPE_TEXT},
    {"predicted_ltv",               SHAPE_NUMBER},
    {"net_revenue",    SHAPE_NUMBER},
    {"*", SHAPE_SCALAR},
    {NULL              },
};

#define HASHED (SHAPE_TEXT | SHAPE_LIST)
static const struct sandbox_member hashed_members[] = {
    {"em",          HASHED},
    {"ph",             HASHED},
    {"fn",HASHED},
    {"ln",          HASHED},
    {"ge",             HASHED},
    {"db",HASHED},
    {"ct",          HASHED},
    {"st",             HASHED},
    {"zp",          HASHED},
    {"country",          HASHED},
    {"external_id",             HASHED},
    {"f5first",HASHED},
    {"f5last",          HASHED},
    {"fi",             HASHED},
    {"dobd",HASHED},
    {"dobm", HASHED},
    {"doby",             HASHED},
    {"app_user_id",             HASHED},
    {NULL     },
};

static const struct sandbox_member plain_members[] = {
    {"client_ip_address",     SHAPE_TEXT},
    {"client_user_agent",                       SHAPE_TEXT},
    {"fbc",SHAPE_TEXT},
    {"fbp",                   SHAPE_TEXT},
    {"subscription_id",                       SHAPE_TEXT},
    {"fb_login_id",SHAPE_TEXT | SHAPE_INT},
    {"lead_id",       SHAPE_TEXT | SHAPE_INT},
    {"madid",                       SHAPE_TEXT},
    {"anon_id",       SHAPE_TEXT},
    {"ctwa_clid",               SHAPE_TEXT},
    {"page_id",                       SHAPE_TEXT | SHAPE_INT},
    {NULL},
};

static const struct sandbox_member event_members[] = {
    {"event_name",                    SHAPE_TEXT | SHAPE_NEEDED},
    {"event_time",                               SHAPE_NUMBER | SHAPE_NEEDED},
    {"action_source",SHAPE_TEXT | SHAPE_NEEDED},
    {"event_source_url",                 SHAPE_TEXT},
    {"referrer_url",                               SHAPE_TEXT},
    {"event_id",     SHAPE_TEXT},
    {"opt_out",                  SHAPE_BOOL},
    {"user_data",                               SHAPE_OBJECT | SHAPE_NEEDED},
    {"custom_data",                 SHAPE_OBJECT, custom_members},
    {"data_processing_options",                       SHAPE_LIST},
    {"data_processing_options_country",                               SHAPE_INT},
    {"data_processing_options_state",SHAPE_INT},
    {"original_event_data",                   SHAPE_OBJECT},
    {"attribution_data",                 SHAPE_OBJECT},
    {"advanced_measurement_table",       SHAPE_TEXT},
    {"messaging_channel",                               SHAPE_TEXT},
    {"app_data",SHAPE_OBJECT},
    {NULL},
};

static const struct sandbox_member body_members[] = {
    {"data",                  SHAPE_LIST | SHAPE_NEEDED},
    {"access_token",                       SHAPE_TEXT},
    {"test_event_code",SHAPE_TEXT},
    {"partner_agent",       SHAPE_TEXT},
    {"namespace_id",                       SHAPE_TEXT | SHAPE_INT},
    {"upload_id",       SHAPE_TEXT | SHAPE_INT},
    {"upload_tag",          SHAPE_TEXT},
    {"upload_source",                       SHAPE_TEXT},
    {"appsecret_proof",SHAPE_TEXT},
    {"appsecret_time",            SHAPE_TEXT | SHAPE_INT},
    {NULL                      },
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

static bool refuse(struct refusal *ret_refusal, int subcode, span title, span message)
{
    *ret_refusal = (struct refusal){400, 100, subcode, title, message};
    return false;
}

static bool is_one_of(span text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, words[i]))
            return true;
    return false;
}

static bool check_time(struct arena *arena, const struct json_value *event, int64_t now,
                       struct refusal *ret_refusal)
{
    const struct json_value *time = json_get(event, "event_time");
    int64_t seconds = json_get_int(event, "event_time", -1);
    bool store = span_is(json_get_text(event, "action_source"), "physical_store");
    if (!sandbox_shape_is(time, SHAPE_INT) || seconds < 0)
        return refuse(ret_refusal, TIME_INVALID, SPAN("Invalid Event Timestamp"),
                      SPAN("event_time is a Unix timestamp in whole seconds."));
    if (seconds > now / SECOND_MS + AHEAD_MS / SECOND_MS)
        return refuse(ret_refusal, TIME_FUTURE, SPAN("Event Timestamp in the Future"),
                      arena_print(arena, "event_time %lld is in the future.", (long long)seconds));
    if (seconds < (now - (store ? STORE_AGE_MS : AGE_MS)) / SECOND_MS)
        return refuse(ret_refusal, TIME_OLD, SPAN("Event Timestamp Too Old"),
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
                         struct refusal *ret_refusal)
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
            return refuse(ret_refusal, USER_INVALID, SPAN("Invalid Customer Information"),
                          arena_print(arena,
                                      "user_data.%s must be SHA-256 as 64 lower-case hex digits, "
                                      "not plain text and not the hash of nothing.",
                                      member->key));
    }
    return true;
}

static bool all_digits(span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
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
    if (count < 4 || rest.len > 0 || !span_is(parts[0], "fb") || !all_digits(parts[1]) ||
        !all_digits(parts[2]) || parts[2].len != 13 || parts[3].len == 0)
        return false;
    if (random_is_number && !all_digits(parts[3]))
        return false;
    return count == 4 || is_appendix(parts[4]);
}

static bool check_plain(const struct json_value *user, struct refusal *ret_refusal)
{
    const struct json_value *ip = json_get(user, "client_ip_address");
    const struct json_value *fbp = json_get(user, "fbp"), *fbc = json_get(user, "fbc");
    if (ip && (!addr_valid(ip->text) || !addr_public(ip->text)))
        return refuse(ret_refusal, USER_INVALID, SPAN("Invalid client_ip_address"),
                      SPAN("client_ip_address is the visitor's public IP address."));
    if (fbp && !is_browser_id(fbp->text, true))
        return refuse(ret_refusal, USER_INVALID, SPAN("Invalid fbp"),
                      SPAN("fbp is fb.<subdomain index>.<ms>.<random number>."));
    if (fbc && !is_browser_id(fbc->text, false))
        return refuse(ret_refusal, USER_INVALID, SPAN("Invalid fbc"),
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
                       struct refusal *ret_refusal)
{
    struct sandbox_member members[COUNT_OF(hashed_members) + COUNT_OF(plain_members)] = {{0}};
    struct sandbox_trouble trouble;
    memcpy(members, hashed_members, sizeof hashed_members);
    memcpy(members + COUNT_OF(hashed_members) - 1, plain_members, sizeof plain_members);
    if (!sandbox_shape_fits(arena, user, members, SPAN("/user_data"), &trouble))
        return refuse(ret_refusal, USER_INVALID, SPAN("Invalid Customer Information"),
                      arena_print(arena, "%.*s %s.", SPAN_ARG(trouble.pointer), trouble.problem));
    if (!is_usable(user))
        return refuse(ret_refusal, USER_INVALID, SPAN("Not Enough Customer Information"),
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

static bool check_contents(const struct json_value *custom, struct refusal *ret_refusal)
{
    const struct json_value *ids = json_get(custom, "content_ids");
    const struct json_value *contents = json_get(custom, "contents");
    const struct json_value *type = json_get(custom, "content_type");
    span title = SPAN("Invalid Content");
    for (const struct json_value *id = ids ? ids->first : NULL; id; id = id->next)
        if (id->kind != JSON_STRING || id->text.len == 0)
            return refuse(ret_refusal, CUSTOM_INVALID, title, SPAN("content_ids are strings."));
    for (const struct json_value *one = contents ? contents->first : NULL; one; one = one->next) {
        const struct json_value *price = json_get(one, "item_price");
        const struct json_value *where = json_get(one, "delivery_category");
        if (json_get_text(one, "id").len == 0 || json_get_int(one, "quantity", 1) < 1 ||
            (price && price->text.ptr[0] == '-') ||
            (where && !is_one_of(where->text, delivery_categories, COUNT_OF(delivery_categories))))
            return refuse(ret_refusal, CUSTOM_INVALID, title,
                          SPAN("contents have an id, a quantity of at least 1, an item_price of "
                               "at least 0 and a known delivery_category."));
    }
    if (type && !is_one_of(type->text, content_types, COUNT_OF(content_types)))
        return refuse(ret_refusal, CUSTOM_INVALID, title,
                      SPAN("content_type is product or product_group."));
    return true;
}

static bool check_custom(const struct json_value *event, struct refusal *ret_refusal)
{
    const struct json_value *custom = json_get(event, "custom_data");
    const struct json_value *value = json_get(custom, "value");
    const struct json_value *currency = json_get(custom, "currency");
    bool purchase = span_is(json_get_text(event, "event_name"), "Purchase");
    struct money money;
    if (purchase && value == NULL)
        return refuse(ret_refusal, VALUE_MISSING, SPAN("Missing Value for Purchase Event"),
                      SPAN("A Purchase needs custom_data.value."));
    if (purchase && currency == NULL)
        return refuse(ret_refusal, CURRENCY_WRONG, SPAN("Missing Currency for Purchase Event"),
                      SPAN("A Purchase needs custom_data.currency."));
    if (currency && !is_currency(currency->text))
        return refuse(ret_refusal, CURRENCY_WRONG, SPAN("Invalid Currency"),
                      SPAN("currency is an ISO 4217 code in upper case."));
    if (value && (money_parse(value->text, currency ? currency->text : SPAN("EUR"), &money) != OK ||
                  money.units < 0))
        return refuse(ret_refusal, VALUE_MISSING, SPAN("Invalid Value"),
                      SPAN("value is a decimal number of at least 0."));
    if (json_get_int(custom, "num_items", 0) < 0)
        return refuse(ret_refusal, CUSTOM_INVALID, SPAN("Invalid Parameter"),
                      SPAN("num_items is at least 0."));
    return check_contents(custom, ret_refusal);
}

/* Limited data use: the list is [] or ["LDU"]; country and state only beside it (1.10). */
static bool check_privacy(const struct json_value *event, struct refusal *ret_refusal)
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
    return fine || refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid Data Processing Options"),
                          SPAN("data_processing_options is [] or [\"LDU\"], with country 0 or 1 "
                               "and its state both or neither."));
}

static bool check_source(const struct json_value *event, struct refusal *ret_refusal)
{
    span source = json_get_text(event, "action_source"), name = json_get_text(event, "event_name");
    const struct json_value *page = json_get(event, "event_source_url");
    const struct json_value *id = json_get(event, "event_id");
    struct url url;
    if (name.len == 0 || name.len > NAME_MOST)
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_name"),
                      SPAN("event_name has 1 to 50 characters."));
    if (!is_one_of(source, action_sources, COUNT_OF(action_sources)))
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid action_source"),
                      SPAN("action_source is not one of the known sources."));
    if (span_is(source, "website") && page == NULL)
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Missing event_source_url"),
                      SPAN("A website event needs event_source_url."));
    if (page && url_parse(page->text, &url) != OK)
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_source_url"),
                      SPAN("event_source_url is an absolute URL."));
    if (id && id->text.len == 0)
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid event_id"),
                      SPAN("event_id is not empty."));
    return true;
}

static bool check_event(struct arena *arena, const struct json_value *event, int64_t now,
                        struct refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    if (!sandbox_shape_fits(arena, event, event_members, (span){0}, &trouble))
        return refuse(ret_refusal, PARAM_INVALID, SPAN("Invalid Parameter"),
                      arena_print(arena, "%.*s %s.", SPAN_ARG(trouble.pointer), trouble.problem));
    return check_source(event, ret_refusal) && check_time(arena, event, now, ret_refusal) &&
           check_user(arena, json_get(event, "user_data"), ret_refusal) &&
           check_custom(event, ret_refusal) && check_privacy(event, ret_refusal);
}

/* ---- the request ---- */

/* "/v26.0/1234567890/events" */
static bool split_path(span path, span *ret_version, span *ret_pixel)
{
    span rest = path, part, version, pixel;
    if (!span_split(&rest, '/', &part) || part.len > 0 || !span_split(&rest, '/', &version) ||
        !span_split(&rest, '/', &pixel) || !span_is(rest, "events") || version.len < 2 ||
        version.ptr[0] != 'v' || version.ptr[1] < '0' || version.ptr[1] > '9')
        return false;
    *ret_version = version;
    *ret_pixel = pixel;
    return true;
}

static bool owns(span path)
{
    span version, pixel;
    return split_path(path, &version, &pixel);
}

static bool version_lives(span version)
{
    span digits = span_sub(version, 1, version.len - 1), major;
    int64_t number;
    return span_split(&digits, '.', &major) && span_int(major, &number) == OK &&
           number >= OLDEST_VERSION && number < 100 && span_is(digits, "0");
}

static bool check_token(span token, struct refusal *ret_refusal)
{
    if (token.len > 0 && !span_starts(token, "invalid"))
        return true;
    *ret_refusal = (struct refusal){
        400, 190, token.len > 0 ? 463 : 0, {0}, SPAN("Invalid OAuth access token")};
    return false;
}

static bool check_body(struct arena *arena, const struct json_value *body,
                       struct refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    unsigned count = body && body->kind == JSON_OBJECT && json_get(body, "data")
                         ? json_get(body, "data")->count
                         : 0;
    if (!sandbox_shape_fits(arena, body, body_members, (span){0}, &trouble))
        return refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                      arena_print(arena, "%.*s %s", SPAN_ARG(trouble.pointer), trouble.problem));
    if (count < 1 || count > EVENTS_MOST)
        return refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                      SPAN("data is a list of 1 to 1000 events"));
    if (json_get_text(body, "partner_agent").len > AGENT_MOST)
        return refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                      SPAN("partner_agent has at most 23 characters"));
    return true;
}

static bool judge(const struct http_request *request, int64_t now, struct arena *arena,
                  const struct json_value **ret_data, struct refusal *ret_refusal)
{
    span version, pixel;
    const struct json_value *body = NULL;
    struct error error;
    if (!split_path(request->path, &version, &pixel) || !version_lives(version)) {
        *ret_refusal = (struct refusal){400, 2635, 0, {0}, SPAN("This API version is not known")};
        return false;
    }
    if (!span_is(request->method, "POST") || !all_digits(pixel) || pixel.len < 5) {
        *ret_refusal =
            (struct refusal){400, 100, 33, {0}, SPAN("Unsupported request. Object does not exist")};
        return false;
    }
    bool parsed = json_parse(arena, request->body, &body, &error) == OK;
    span token = json_get_text(body, "access_token");
    if (token.ptr == NULL)
        token = url_query_get(arena, request->query, "access_token");
    if (!check_token(token, ret_refusal))
        return false;
    span type = http_request_header(request, "content-type");
    if (!parsed || !span_starts(type, "application/json"))
        return refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                      SPAN("The body is JSON with Content-Type: application/json"));
    if (!check_body(arena, body, ret_refusal))
        return false;
    const struct json_value *data = json_get(body, "data");
    for (const struct json_value *event = data->first; event; event = event->next)
        if (!check_event(arena, event, now, ret_refusal))
            return false;
    *ret_data = data;
    return true;
}

static span trace_id(struct arena *arena, span seed)
{
    uint8_t digest[HASH_SIZE];
    hash_sha256(seed, digest);
    return arena_join(arena, SPAN("A"), span_sub(hash_to_base64(arena, digest, 24), 0, 22));
}

static void write_refusal(const struct refusal *refusal, span trace, struct arena *arena,
                          struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    bool transient = refusal->code == 1 || refusal->code == 2 || refusal->code == 4;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_open(&json, "error", '{');
    json_put_text(&json, "message",
                  refusal->title.ptr ? SPAN("Invalid parameter") : refusal->message);
    json_put_text(&json, "type", SPAN("OAuthException"));
    json_put_int(&json, "code", refusal->code);
    if (refusal->subcode)
        json_put_int(&json, "error_subcode", refusal->subcode);
    json_put_bool(&json, "is_transient", transient);
    if (refusal->title.ptr) {
        json_put_text(&json, "error_user_title", refusal->title);
        json_put_text(&json, "error_user_msg", refusal->message);
    }
    json_put_text(&json, "fbtrace_id", trace);
    json_close(&json, '}');
    json_close(&json, '}');
    json_end(&json);
    ret_reply->status = refusal->status;
    ret_reply->body = arena_copy(arena, buf_span(&out));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
    buf_done(&out);
}

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *event, int64_t now, struct arena *arena)
{
    const struct json_value *custom = json_get(event, "custom_data");
    span id = json_get_text(event, "event_id"), name = json_get_text(event, "event_name");
    struct sandbox_entry entry = {
        .name = name,
        .subject = json_get_text(custom, "order_id"),
        .currency = json_get_text(custom, "currency"),
        .json = event->raw,
    };
    if (id.ptr)
        entry.dedup = arena_print(arena, "%.*s\n%.*s", SPAN_ARG(name), SPAN_ARG(id));
    if (entry.currency.ptr && json_get(custom, "value"))
        (void)!money_parse(json_get_number(custom, "value"), entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, DEDUP_MS);
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    span version, pixel = SPAN("(none)");
    const struct json_value *data;
    struct refusal refusal;
    (void)split_path(request->path, &version, &pixel);
    struct sandbox_account *account = sandbox_ledger_account(ledger, "meta", pixel);
    span trace =
        trace_id(arena, arena_print(arena, "%llu %.*s", (unsigned long long)account->requests,
                                    SPAN_ARG(request->body)));
    account->requests++;
    if (!judge(request, now, arena, &data, &refusal)) {
        sandbox_ledger_refuse(ledger, account,
                              refusal.subcode
                                  ? arena_print(arena, "%d/%d", refusal.code, refusal.subcode)
                                  : arena_print(arena, "%d", refusal.code),
                              refusal.message);
        write_refusal(&refusal, trace, arena, ret_reply);
        return;
    }
    for (const struct json_value *event = data->first; event; event = event->next)
        record(ledger, account, event, now, arena);
    ret_reply->status = 200;
    ret_reply->body =
        arena_print(arena, "{\"events_received\":%u,\"messages\":[],\"fbtrace_id\":\"%.*s\"}",
                    data->count, SPAN_ARG(trace));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
}

static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    struct refusal refusal = {503, 2, 0, {0}, SPAN("Service temporarily unavailable")};
    if (kind == SANDBOX_FAULT_429)
        refusal = (struct refusal){429, 4, 0, {0}, SPAN("(#4) Application request limit reached")};
    else if (kind == SANDBOX_FAULT_500)
        refusal = (struct refusal){500, 1, 0, {0}, SPAN("An unknown error occurred")};
    else if (kind == SANDBOX_FAULT_TOKEN_INVALID)
        refusal = (struct refusal){400, 190, 460, {0}, SPAN("Error validating access token")};
    write_refusal(&refusal, trace_id(arena, refusal.message), arena, ret_reply);
}

const struct sandbox_platform sandbox_meta = {
    .name = "meta",
    .body_ceiling = 8 * MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
