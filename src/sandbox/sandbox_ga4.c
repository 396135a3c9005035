/*
 * GA4's Measurement Protocol, played strictly (contracts/destinations 4).
 *
 * POST /mp/collect answers 204 to everything, as the real one does; what breaks a rule is counted
 * as refused with the reason that the debug path would have told, and not recorded. POST
 * /debug/mp/collect tells the first trouble and records nothing. Of copies only purchases are
 * known, by (client_id, transaction_id) of one stream, for a day; all else counts again.
 *
 * Stricter than the real one, on purpose: one trouble refuses the whole request, unknown members
 * are refused, and so are times ahead or more than 72 h back, and texts that hold an address.
 */
#include "sandbox_analytics.h"

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"

#define EVENTS_MOST 25u
#define PARAMS_MOST 25u
#define ITEMS_MOST  200u
#define ITEM_MOST   27u /* members of an item */
#define BODY_MOST   130000u
#define AGE_MS      (72 * HOUR_MS)
#define DEDUP_MS    DAY_MS

static const struct sandbox_member consent_members[] = {
    {"ad_user_data", SHAPE_TEXT},
    {"ad_personalization", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member address_members[] = {
    {"sha256_first_name", SHAPE_TEXT},
    {"sha256_last_name", SHAPE_TEXT},
    {"sha256_street", SHAPE_TEXT},
    {"city", SHAPE_TEXT},
    {"region", SHAPE_TEXT},
    {"postal_code", SHAPE_TEXT},
    {"country", SHAPE_TEXT},
    {NULL, 0},
};
static const struct sandbox_member person_members[] = {
    {"sha256_email_address", SHAPE_LIST},
    {"sha256_phone_number", SHAPE_LIST},
    {"address", SHAPE_LIST, address_members},
    {NULL, 0},
};
static const struct sandbox_member item_members[] = {
    {"item_id", SHAPE_TEXT},
    {"item_name", SHAPE_TEXT},
    {"price", SHAPE_NUMBER},
    {"discount", SHAPE_NUMBER},
    {"quantity", SHAPE_INT},
    {"index", SHAPE_INT},
    {"*", SHAPE_TEXT | SHAPE_NUMBER | SHAPE_BOOL},
    {NULL, 0},
};
static const struct sandbox_member param_members[] = {
    {"items", SHAPE_LIST, item_members},
    {"value", SHAPE_NUMBER},
    {"tax", SHAPE_NUMBER},
    {"shipping", SHAPE_NUMBER},
    {"currency", SHAPE_TEXT},
    {"transaction_id", SHAPE_TEXT},
    {"session_id", SHAPE_TEXT | SHAPE_INT},
    {"engagement_time_msec", SHAPE_INT | SHAPE_NEEDED},
    {"*", SHAPE_TEXT | SHAPE_NUMBER | SHAPE_BOOL},
    {NULL, 0},
};
static const struct sandbox_member event_members[] = {
    {"name", SHAPE_TEXT | SHAPE_NEEDED},
    {"params", SHAPE_OBJECT | SHAPE_NEEDED, param_members},
    {"timestamp_micros", SHAPE_INT},
    {NULL, 0},
};
static const struct sandbox_member body_members[] = {
    {"client_id", SHAPE_TEXT | SHAPE_NEEDED},
    {"user_id", SHAPE_TEXT},
    {"timestamp_micros", SHAPE_INT},
    {"user_properties", SHAPE_OBJECT},
    {"user_data", SHAPE_OBJECT, person_members},
    {"consent", SHAPE_OBJECT, consent_members},
    {"user_location", SHAPE_OBJECT},
    {"device", SHAPE_OBJECT},
    {"ip_override", SHAPE_TEXT},
    {"user_agent", SHAPE_TEXT},
    {"validation_behavior", SHAPE_TEXT},
    {"events", SHAPE_LIST | SHAPE_NEEDED, event_members},
    {NULL, 0},
};

/* ---- rules ------------------------------------------------------------------------------------
 */

static bool wrong(struct sandbox_analytics_trouble *trouble, const char *path, const char *text)
{
    return sandbox_analytics_refuse(trouble, "VALUE_INVALID", span_of(path), text);
}

static bool check_flag(span flag)
{
    return flag.ptr == NULL || span_is(flag, "GRANTED") || span_is(flag, "DENIED");
}

static bool hashes_only(const struct json_value *list)
{
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        if (one->kind != JSON_STRING || !hash_is_hex(one->text, 64))
            return false;
    return true;
}

static bool check_person(const struct json_value *person, struct sandbox_analytics_trouble *trouble)
{
    if (!hashes_only(json_get(person, "sha256_email_address")) ||
        !hashes_only(json_get(person, "sha256_phone_number")))
        return wrong(trouble, "user_data", "SHA-256 is 64 hex digits");
    const struct json_value *list = json_get(person, "address");
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next)
        for (const struct json_value *m = one->first; m; m = m->next)
            if (span_starts(m->key, "sha256_") && !hash_is_hex(m->text, 64))
                return wrong(trouble, "user_data.address", "SHA-256 is 64 hex digits");
    return true;
}

static bool check_time(const struct json_value *owner, int64_t now,
                       struct sandbox_analytics_trouble *trouble)
{
    int64_t micros = json_get_int(owner, "timestamp_micros", now * 1000);
    if (micros > now * 1000)
        return sandbox_analytics_refuse(trouble, "VALUE_OUT_OF_BOUNDS", SPAN("timestamp_micros"),
                                        "the time is in the future");
    if (micros < (now - AGE_MS) * 1000)
        return sandbox_analytics_refuse(trouble, "VALUE_OUT_OF_BOUNDS", SPAN("timestamp_micros"),
                                        "the time is more than 72 hours ago");
    return true;
}

static bool check_visitor(const struct json_value *body, int64_t now,
                          struct sandbox_analytics_trouble *trouble)
{
    const struct json_value *consent = json_get(body, "consent");
    span user = json_get_text(body, "user_id");
    if (!sandbox_analytics_client_id(json_get_text(body, "client_id")))
        return wrong(trouble, "client_id", "a client id is a number, a dot and a time");
    if (user.ptr &&
        (sandbox_analytics_characters(user) > 256 || span_find(user, 0, '@') < user.len))
        return wrong(trouble, "user_id", "at most 256 characters, and no e-mail address");
    if (!check_flag(json_get_text(consent, "ad_user_data")) ||
        !check_flag(json_get_text(consent, "ad_personalization")))
        return wrong(trouble, "consent", "GRANTED or DENIED");
    return check_person(json_get(body, "user_data"), trouble) && check_time(body, now, trouble);
}

/* What an event cannot be without (contract 4.4). */
static const struct {
    const char *event, *param;
} needs[] = {
    {"purchase", "transaction_id"}, {"purchase", "currency"},  {"purchase", "value"},
    {"refund", "transaction_id"},   {"refund", "currency"},    {"refund", "value"},
    {"page_view", "page_location"}, {"search", "search_term"}, {"sign_up", "method"},
};

static bool check_needs(span name, const struct json_value *params,
                        struct sandbox_analytics_trouble *trouble)
{
    for (unsigned i = 0; i < COUNT_OF(needs); i++) {
        const struct json_value *value = json_get(params, needs[i].param);
        if (span_is(name, needs[i].event) && (value == NULL || span_empty(value->text)))
            return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", span_of(needs[i].param),
                                            "the event needs it");
    }
    if (json_get(params, "value") && !json_get(params, "currency"))
        return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", SPAN("currency"),
                                        "a value needs its currency");
    return true;
}

static bool check_items(const struct json_value *items, struct sandbox_analytics_trouble *trouble)
{
    if (items && items->count > ITEMS_MOST)
        return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("items"),
                                        "at most 200 items");
    for (const struct json_value *item = items ? items->first : NULL; item; item = item->next) {
        if (span_empty(json_get_text(item, "item_id")) &&
            span_empty(json_get_text(item, "item_name")))
            return sandbox_analytics_refuse(trouble, "VALUE_REQUIRED", SPAN("item_id"),
                                            "an item needs item_id or item_name");
        if (item->count > ITEM_MOST)
            return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("items"),
                                            "at most 27 members of an item");
        if (json_get_int(item, "quantity", 1) < 1)
            return wrong(trouble, "quantity", "at least 1");
        for (const struct json_value *m = item->first; m; m = m->next)
            if (m->kind == JSON_STRING && !sandbox_analytics_check_text(m->key, m->text, trouble))
                return false;
    }
    return true;
}

static bool check_event(const struct json_value *event, int64_t now,
                        struct sandbox_analytics_trouble *trouble)
{
    const struct json_value *params = json_get(event, "params");
    span name = json_get_text(event, "name"), currency = json_get_text(params, "currency");
    if (!sandbox_analytics_check_name(name, trouble) || !check_time(event, now, trouble))
        return false;
    if (params->count > PARAMS_MOST)
        return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("params"),
                                        "at most 25 parameters");
    for (const struct json_value *m = params->first; m; m = m->next) {
        if (!sandbox_analytics_check_name(m->key, trouble))
            return false;
        if (m->kind == JSON_STRING && !sandbox_analytics_check_text(m->key, m->text, trouble))
            return false;
    }
    if (json_get_int(params, "engagement_time_msec", 0) < 1)
        return wrong(trouble, "engagement_time_msec", "at least 1");
    if (currency.ptr && !money_currency_valid(currency))
        return wrong(trouble, "currency", "three letters of ISO 4217");
    return check_needs(name, params, trouble) && check_items(json_get(params, "items"), trouble);
}

static bool check(const struct http_request *request, int64_t now, struct arena *arena,
                  const struct json_value **ret_body, struct sandbox_analytics_trouble *trouble)
{
    struct sandbox_trouble shape;
    if (request->body.len >= BODY_MOST)
        return sandbox_analytics_refuse(trouble, "VALUE_OUT_OF_BOUNDS", (span){0},
                                        "the body has 130 kB or more");
    if (json_parse(arena, request->body, ret_body, NULL) != OK)
        return wrong(trouble, "", "the body is no JSON");
    if (!sandbox_shape_fits(arena, *ret_body, body_members, (span){0}, &shape)) {
        bool missing = strcmp(shape.problem, "is missing") == 0;
        return sandbox_analytics_refuse(trouble, missing ? "VALUE_REQUIRED" : "VALUE_INVALID",
                                        shape.pointer, shape.problem);
    }
    const struct json_value *events = json_get(*ret_body, "events");
    if (events->count < 1 || events->count > EVENTS_MOST)
        return sandbox_analytics_refuse(trouble, "EXCEEDED_MAX_ENTITIES", SPAN("events"),
                                        "1 to 25 events");
    if (!check_visitor(*ret_body, now, trouble))
        return false;
    for (const struct json_value *event = events->first; event; event = event->next)
        if (!check_event(event, now, trouble))
            return false;
    return true;
}

/* What is wrong with the address of the request; the debug path does not look. */
static bool check_stream(span stream, span secret, struct sandbox_analytics_trouble *trouble)
{
    if (!span_starts(stream, "G-"))
        return wrong(trouble, "measurement_id", "no such stream");
    if (span_empty(secret) || span_starts(secret, "invalid"))
        return wrong(trouble, "api_secret", "not a secret of this stream");
    return true;
}

/* ---- the two paths ----------------------------------------------------------------------------
 */

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account, span client,
                   const struct json_value *event, int64_t now, struct arena *arena)
{
    const struct json_value *params = json_get(event, "params");
    struct sandbox_entry entry = {
        .name = json_get_text(event, "name"),
        .subject = json_get_text(params, "transaction_id"),
        .currency = json_get_text(params, "currency"),
        .json = event->raw,
    };
    if (span_is(entry.name, "purchase"))
        entry.dedup = arena_print(arena, "%.*s\n%.*s", SPAN_ARG(client), SPAN_ARG(entry.subject));
    if (entry.currency.ptr && json_get(params, "value"))
        (void)!money_parse(json_get_number(params, "value"), entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, DEDUP_MS);
}

static void tell(struct arena *arena, const struct sandbox_analytics_trouble *trouble,
                 struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_open(&json, "validationMessages", '[');
    if (trouble) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "fieldPath", trouble->path);
        json_put_text(&json, "description", trouble->text);
        json_put_text(&json, "validationCode", span_of(trouble->code));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    ret_reply->status = 200;
    ret_reply->body = arena_copy(arena, buf_span(&out));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json"));
    buf_done(&out);
}

static bool owns(span path)
{
    return span_is(path, "/mp/collect") || span_is(path, "/debug/mp/collect");
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    bool debug = span_is(request->path, "/debug/mp/collect");
    span stream = url_query_get(arena, request->query, "measurement_id");
    span secret = url_query_get(arena, request->query, "api_secret");
    struct sandbox_account *account =
        sandbox_ledger_account(ledger, "ga4", span_empty(stream) ? SPAN("(none)") : stream);
    const struct json_value *body = NULL;
    struct sandbox_analytics_trouble trouble;
    account->requests++;
    if (!span_is(request->method, "POST")) {
        ret_reply->status = 405;
        return;
    }
    bool right = check(request, now, arena, &body, &trouble);
    if (debug) {
        tell(arena, right ? NULL : &trouble, ret_reply);
        return;
    }
    ret_reply->status = 204;
    if (!right || !check_stream(stream, secret, &trouble)) {
        sandbox_ledger_refuse(
            ledger, account, span_of(trouble.code),
            arena_print(arena, "%.*s: %.*s", SPAN_ARG(trouble.path), SPAN_ARG(trouble.text)));
        return;
    }
    const struct json_value *events = json_get(body, "events");
    for (const struct json_value *event = events->first; event; event = event->next)
        record(ledger, account, json_get_text(body, "client_id"), event, now, arena);
}

/* A wrong secret is not told: it is a 204 like any other. */
static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    (void)arena;
    ret_reply->status = kind == SANDBOX_FAULT_429         ? 429
                        : kind == SANDBOX_FAULT_500       ? 500
                        : kind == SANDBOX_FAULT_503       ? 503
                        : kind == SANDBOX_FAULT_TRANSIENT ? 504
                                                          : 204;
}

const struct sandbox_platform sandbox_ga4 = {
    .name = "ga4",
    .body_ceiling = MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
