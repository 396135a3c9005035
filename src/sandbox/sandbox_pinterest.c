/*
 * Pinterest Conversions API v5, played strictly (contracts/destinations 0.1, 0.4, 7).
 *
 * One POST /v5/ad_accounts/DIGITS/events with a Bearer token carries 1 to 1000 events. What the
 * body's schema does not allow (an unknown member, a number where money is text) refuses all of
 * it: 400. What a schema cannot say is judged event by event, and the answer has a status for each
 * in the order they came: 200 when all were processed, 422 with the same list inside `details`
 * when not; what was processed counts. Copies of an event_id within 24 h are processed and counted
 * once. With ?test=true everything is judged and answered the same, and kept in an account of its
 * own, "ACCOUNT (test)". A token that begins with "invalid" is 401, with "forbidden" 403.
 *
 * Stricter than the real one, on purpose: events older than 7 days or
 * more than 60 s ahead, a checkout without value and currency, currencies in lower case, a value
 * that is not as many decimals as the currency has, an e-mail address in a URL or a search.
 */
#include "sandbox_private.h"

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../net/addr.h"

#define EVENTS_MOST  1000u
#define DEDUP_MS     DAY_MS
#define AGE_MS       (7 * DAY_MS)
#define AHEAD_MS     (60 * SECOND_MS)
#define PATH_START   "/v5/ad_accounts/"
#define PATH_END     "/events"
#define DIGEST       (2u * HASH_SIZE)
#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- shapes ---------------------------------------------------------------------------------- */

static const struct sandbox_member content_members[] = {
    {"id", SHAPE_TEXT},
    {"item_name", SHAPE_TEXT},
    {"item_category", SHAPE_TEXT},
    {"item_brand", SHAPE_TEXT},
    {"item_price", SHAPE_TEXT},
    {"quantity", SHAPE_INT},
    {NULL, 0},
};
static const struct sandbox_member custom_members[] = {
    {"currency", SHAPE_TEXT, NULL},
    {"value", SHAPE_TEXT, NULL},
    {"content_ids", SHAPE_LIST, NULL},
    {"contents", SHAPE_LIST, content_members},
    {"content_name", SHAPE_TEXT, NULL},
    {"content_category", SHAPE_TEXT, NULL},
    {"content_brand", SHAPE_TEXT, NULL},
    {"num_items", SHAPE_INT, NULL},
    {"order_id", SHAPE_TEXT, NULL},
    {"search_string", SHAPE_TEXT, NULL},
    {"opt_out_type", SHAPE_TEXT, NULL},
    {"np", SHAPE_TEXT, NULL},
    {NULL, 0, NULL},
};
static const struct sandbox_member user_members[] = {
    {"em", SHAPE_LIST},
    {"ph", SHAPE_LIST},
    {"ge", SHAPE_LIST},
    {"db", SHAPE_LIST},
    {"fn", SHAPE_LIST},
    {"ln", SHAPE_LIST},
    {"ct", SHAPE_LIST},
    {"st", SHAPE_LIST},
    {"zp", SHAPE_LIST},
    {"country", SHAPE_LIST},
    {"external_id", SHAPE_LIST},
    {"hashed_maids", SHAPE_LIST},
    {"client_ip_address", SHAPE_TEXT},
    {"client_user_agent", SHAPE_TEXT},
    {"click_id", SHAPE_TEXT},
    {"partner_id", SHAPE_TEXT},
    {NULL, 0},
};
#define HASHED_MEMBERS 12u /* the first of them */
static const struct sandbox_member event_members[] = {
    {"event_name", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"action_source", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"event_time", SHAPE_INT | SHAPE_NEEDED, NULL},
    {"event_id", SHAPE_TEXT | SHAPE_NEEDED, NULL},
    {"user_data", SHAPE_OBJECT | SHAPE_NEEDED, user_members},
    {"custom_data", SHAPE_OBJECT, custom_members},
    {"event_source_url", SHAPE_TEXT, NULL},
    {"opt_out", SHAPE_BOOL, NULL},
    {"partner_name", SHAPE_TEXT, NULL},
    {"language", SHAPE_TEXT, NULL},
    {NULL, 0, NULL},
};
static const struct sandbox_member body_members[] = {
    {"data", SHAPE_LIST | SHAPE_NEEDED, event_members},
    {NULL, 0, NULL},
};
static const char *const names[] = {
    "add_payment_info", "add_to_cart", "add_to_wishlist", "app_install", "checkout",
    "custom",           "lead",        "page_visit",      "search",      "initiate_checkout",
    "signup",           "subscribe",   "view_category",   "watch_video", "view_content",
};
static const char *const sources[] = {"web", "app_android", "app_ios", "offline"};

/* ---- one event: NULL, or what is wrong with it ------------------------------------------------
 */

static bool is_one_of(span text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (span_is(text, list[i]))
            return true;
    return false;
}

static bool is_digest(const struct json_value *value)
{
    if (value->kind != JSON_STRING || !hash_is_hex(value->text, DIGEST) ||
        span_is(value->text, EMPTY_SHA256))
        return false;
    for (size_t i = 0; i < DIGEST; i++)
        if (value->text.ptr[i] >= 'A' && value->text.ptr[i] <= 'F')
            return false;
    return true;
}

static const char *wrong_user(const struct json_value *user)
{
    const struct json_value *ip = json_get(user, "client_ip_address");
    const struct json_value *agent = json_get(user, "client_user_agent");
    const struct json_value *click = json_get(user, "click_id");
    for (unsigned i = 0; i < HASHED_MEMBERS; i++) {
        const struct json_value *list = json_get(user, user_members[i].key);
        if (list && list->count == 0)
            return "user_data has an empty list";
        for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
            if (!is_digest(one))
                return "user_data is not hashed: SHA-256 as 64 lower-case hex digits";
    }
    if (ip && (!addr_valid(ip->text) || !addr_public(ip->text)))
        return "client_ip_address is no public address";
    if ((agent && agent->text.len == 0) || (click && click->text.len == 0))
        return "user_data has an empty text";
    if (!json_get(user, "em") && !json_get(user, "hashed_maids") && !(ip && agent))
        return "user_data needs em, hashed_maids, or client_ip_address and client_user_agent";
    return NULL;
}

static bool is_currency(span code)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.ptr[i] < 'A' || code.ptr[i] > 'Z')
            return false;
    return money_currency_valid(code);
}

/* As many decimals as the currency has, no sign, no exponent. */
static bool is_amount(struct arena *arena, const struct json_value *value, span currency)
{
    struct money money;
    return !value || (money_parse(value->text, currency, &money) == OK && money.units >= 0 &&
                      span_equal(money_print(arena, money), value->text));
}

static const char *wrong_contents(struct arena *arena, const struct json_value *custom,
                                  span currency)
{
    const struct json_value *ids = json_get(custom, "content_ids");
    const struct json_value *contents = json_get(custom, "contents");
    for (const struct json_value *id = ids ? ids->first : NULL; id; id = id->next)
        if (id->kind != JSON_STRING || id->text.len == 0)
            return "content_ids are text";
    for (const struct json_value *one = contents ? contents->first : NULL; one; one = one->next) {
        if (json_get_int(one, "quantity", 1) < 1)
            return "quantity is at least 1";
        if (!is_amount(arena, json_get(one, "item_price"), currency))
            return "item_price is no amount";
    }
    return NULL;
}

static const char *wrong_custom(struct arena *arena, const struct json_value *event)
{
    const struct json_value *custom = json_get(event, "custom_data");
    const struct json_value *currency = json_get(custom, "currency");
    const struct json_value *value = json_get(custom, "value");
    const struct json_value *type = json_get(custom, "opt_out_type");
    const struct json_value *order = json_get(custom, "order_id");
    span search = json_get_text(custom, "search_string");
    if (span_is(json_get_text(event, "event_name"), "checkout") && !(value && currency))
        return "a checkout needs value and currency";
    if (currency && !is_currency(currency->text))
        return "currency is no ISO 4217 code";
    if (!is_amount(arena, value, currency ? currency->text : SPAN("EUR")))
        return "value is no amount";
    if (json_get_int(custom, "num_items", 1) < 1 || (order && order->text.len == 0))
        return "num_items or order_id says nothing";
    if (type && !span_is(type->text, "LDP"))
        return "opt_out_type is unknown";
    if (span_find(search, 0, '@') < search.len)
        return "search_string has an e-mail address";
    return wrong_contents(arena, custom, currency ? currency->text : SPAN("EUR"));
}

static const char *wrong_event(struct arena *arena, const struct json_value *event, int64_t now)
{
    span source = json_get_text(event, "action_source");
    span page = json_get_text(event, "event_source_url");
    int64_t seconds = json_get_int(event, "event_time", -1);
    struct url url;
    if (!is_one_of(json_get_text(event, "event_name"), names, COUNT_OF(names)))
        return "event_name is unknown";
    if (!is_one_of(source, sources, COUNT_OF(sources)))
        return "action_source is unknown";
    if (json_get_text(event, "event_id").len == 0)
        return "event_id is empty";
    if (seconds < (now - AGE_MS) / SECOND_MS)
        return "event_time is too far in the past";
    if (seconds > (now + AHEAD_MS) / SECOND_MS)
        return "event_time is in the future";
    if (json_get(event, "event_source_url") &&
        (url_parse(page, &url) != OK || span_find(page, 0, '@') < page.len))
        return "event_source_url is no URL";
    const char *wrong = wrong_user(json_get(event, "user_data"));
    return wrong ? wrong : wrong_custom(arena, event);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void reply_json(int status, const struct buf *out, struct arena *arena,
                       struct sandbox_reply *ret_reply)
{
    ret_reply->status = status;
    ret_reply->body = arena_copy(arena, buf_span(out));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json"));
}

static void write_error(int status, int code, span message, struct arena *arena,
                        struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "code", code);
    json_put_text(&json, "message", message);
    json_close(&json, '}');
    json_end(&json);
    reply_json(status, &out, arena, ret_reply);
    buf_done(&out);
}

static void write_events(const char *const *wrongs, unsigned count, unsigned bad,
                         struct arena *arena, struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    buf_init(&out, 1 * MIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    if (bad) {
        json_put_int(&json, "code", 1);
        json_put_text(&json, "message", SPAN("Not all events were successfully processed."));
        json_open(&json, "details", '{');
    }
    json_put_int(&json, "num_events_received", count);
    json_put_int(&json, "num_events_processed", count - bad);
    json_open(&json, "events", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "status", wrongs[i] ? SPAN("failed") : SPAN("processed"));
        json_put_text(&json, "error_message", span_of(wrongs[i] ? wrongs[i] : ""));
        json_put_text(&json, "warning_message", SPAN(""));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    if (bad)
        json_close(&json, '}');
    json_close(&json, '}');
    json_end(&json);
    reply_json(bad ? 422 : 200, &out, arena, ret_reply);
    buf_done(&out);
}

/* ---- a request ------------------------------------------------------------------------------- */

static bool owns(span path)
{
    return span_starts(path, PATH_START);
}

/* The digits between; absent when there is anything else. */
static span account_in(span path)
{
    const size_t around = sizeof PATH_START - 1 + sizeof PATH_END - 1;
    if (!span_ends(path, PATH_END) || path.len <= around)
        return (span){0};
    span id = span_sub(path, sizeof PATH_START - 1, path.len - around);
    for (size_t i = 0; i < id.len; i++)
        if (id.ptr[i] < '0' || id.ptr[i] > '9')
            return (span){0};
    return id;
}

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *event, int64_t now)
{
    const struct json_value *custom = json_get(event, "custom_data");
    struct sandbox_entry entry = {
        .name = json_get_text(event, "event_name"),
        .dedup = json_get_text(event, "event_id"),
        .subject = json_get_text(custom, "order_id"),
        .currency = json_get_text(custom, "currency"),
        .json = event->raw,
    };
    if (entry.currency.ptr && json_get(custom, "value"))
        (void)!money_parse(json_get_text(custom, "value"), entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, DEDUP_MS);
}

/* 0 when the request may be looked at event by event; else the status, with the words. */
static int judge(const struct http_request *request, span id, struct arena *arena,
                 const struct json_value **ret_data, int *ret_code, span *ret_words)
{
    span token = http_request_header(request, "authorization");
    const struct json_value *body = NULL;
    struct sandbox_trouble trouble;
    bool bearer = span_starts(token, "Bearer ") && token.len > 7;
    *ret_code = 1;
    if (!bearer || span_starts(span_sub(token, 7, token.len), "invalid"))
        return *ret_code = 2, *ret_words = SPAN("Authentication failed."), 401;
    if (span_starts(span_sub(token, 7, token.len), "forbidden"))
        return *ret_code = 3, *ret_words = SPAN("Authorization failed."), 403;
    if (span_empty(id))
        return *ret_words = SPAN("Ad account not found."), 404;
    if (!span_is(request->method, "POST"))
        return *ret_code = 7, *ret_words = SPAN("Method not allowed."), 405;
    if (!span_starts(http_request_header(request, "content-type"), "application/json") ||
        json_parse(arena, request->body, &body, NULL) != OK)
        return *ret_words = SPAN("Invalid request: the body is no JSON"), 400;
    if (!sandbox_shape_fits(arena, body, body_members, (span){0}, &trouble)) {
        *ret_words = arena_print(arena, "Invalid request: %.*s %s", SPAN_ARG(trouble.pointer),
                                 trouble.problem);
        return 400;
    }
    const struct json_value *data = json_get(body, "data");
    if (data->count < 1 || data->count > EVENTS_MOST) {
        *ret_words = arena_print(arena, "Invalid request: %u events", data->count);
        return 400;
    }
    *ret_data = data;
    return 0;
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    const struct json_value *data = NULL;
    span id = account_in(request->path), words = {0};
    bool test = span_is(url_query_get(arena, request->query, "test"), "true");
    int code = 0, status = judge(request, id, arena, &data, &code, &words);
    span name = span_empty(id) ? SPAN("(none)")
                : test         ? arena_join(arena, id, SPAN(" (test)"))
                               : id;
    struct sandbox_account *account = sandbox_ledger_account(ledger, "pinterest", name);
    account->requests++;
    if (status) {
        sandbox_ledger_refuse(ledger, account, arena_print(arena, "%d", status), words);
        write_error(status, code, words, arena, ret_reply);
        return;
    }
    const char **wrongs = arena_array(arena, const char *, data->count);
    unsigned index = 0, bad = 0;
    for (const struct json_value *event = data->first; event; event = event->next, index++) {
        wrongs[index] = wrong_event(arena, event, now);
        if (wrongs[index] == NULL) {
            record(ledger, account, event, now);
            continue;
        }
        sandbox_ledger_refuse(ledger, account, SPAN("event"), span_of(wrongs[index]));
        bad++;
    }
    write_events(wrongs, data->count, bad, arena, ret_reply);
}

static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    static const struct {
        enum sandbox_fault_kind kind;
        int status, code;
        const char *message;
    } faults[] = {
        {SANDBOX_FAULT_429, 429, 8, "You have exceeded your rate limit. Try again later."},
        {SANDBOX_FAULT_500, 500, 11, "Something went wrong on our end."},
        {SANDBOX_FAULT_503, 503, 12, "The endpoint takes no traffic at present."},
        {SANDBOX_FAULT_TRANSIENT, 504, 12, "The upstream did not answer in time."},
        {SANDBOX_FAULT_REFUSED, 400, 1, "Invalid request."},
        {SANDBOX_FAULT_TOKEN_INVALID, 401, 2, "Authentication failed."},
    };
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        if (faults[i].kind == kind)
            write_error(faults[i].status, faults[i].code, span_of(faults[i].message), arena,
                        ret_reply);
    if (kind == SANDBOX_FAULT_429)
        sandbox_reply_header(ret_reply, "Retry-After", SPAN("1"));
}

const struct sandbox_platform sandbox_pinterest = {
    .name = "pinterest",
    .body_ceiling = 8 * MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
