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
 * the others belongs to which parameter is our choice, listed in sandbox_meta.h.
 *
 * Stricter than the real one, on purpose: unknown members are refused, currencies must be upper
 * case, an event more than 60 s ahead is refused, the form encoding is not taken.
 */
#include "sandbox_meta.h"

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"

#define EVENTS_MOST    1000u
#define AGENT_MOST     23u /* partner_agent */
#define DEDUP_MS       (48 * HOUR_MS)
#define OLDEST_VERSION 22

static const struct sandbox_member body_members[] = {
    {"data", SHAPE_LIST | SHAPE_NEEDED},
    {"access_token", SHAPE_TEXT},
    {"test_event_code", SHAPE_TEXT},
    {"partner_agent", SHAPE_TEXT},
    {"namespace_id", SHAPE_TEXT | SHAPE_INT},
    {"upload_id", SHAPE_TEXT | SHAPE_INT},
    {"upload_tag", SHAPE_TEXT},
    {"upload_source", SHAPE_TEXT},
    {"appsecret_proof", SHAPE_TEXT},
    {"appsecret_time", SHAPE_TEXT | SHAPE_INT},
    {NULL, 0},
};

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

static bool check_token(span token, struct sandbox_meta_refusal *ret_refusal)
{
    if (token.len > 0 && !span_starts(token, "invalid"))
        return true;
    *ret_refusal = (struct sandbox_meta_refusal){
        400, 190, token.len > 0 ? 463 : 0, {0}, SPAN("Invalid OAuth access token")};
    return false;
}

static bool check_body(struct arena *arena, const struct json_value *body,
                       struct sandbox_meta_refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    unsigned count = body && body->kind == JSON_OBJECT && json_get(body, "data")
                         ? json_get(body, "data")->count
                         : 0;
    if (!sandbox_shape_fits(arena, body, body_members, (span){0}, &trouble))
        return sandbox_meta_refuse(
            ret_refusal, 0, SPAN("Invalid parameter"),
            arena_print(arena, "%.*s %s", SPAN_ARG(trouble.pointer), trouble.problem));
    if (count < 1 || count > EVENTS_MOST)
        return sandbox_meta_refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                                   SPAN("data is a list of 1 to 1000 events"));
    if (json_get_text(body, "partner_agent").len > AGENT_MOST)
        return sandbox_meta_refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                                   SPAN("partner_agent has at most 23 characters"));
    return true;
}

static bool judge(const struct http_request *request, int64_t now, struct arena *arena,
                  const struct json_value **ret_data, struct sandbox_meta_refusal *ret_refusal)
{
    span version, pixel;
    const struct json_value *body = NULL;
    struct error error;
    if (!split_path(request->path, &version, &pixel) || !version_lives(version)) {
        *ret_refusal =
            (struct sandbox_meta_refusal){400, 2635, 0, {0}, SPAN("This API version is not known")};
        return false;
    }
    if (!span_is(request->method, "POST") || !sandbox_meta_digits(pixel) || pixel.len < 5) {
        *ret_refusal = (struct sandbox_meta_refusal){
            400, 100, 33, {0}, SPAN("Unsupported request. Object does not exist")};
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
        return sandbox_meta_refuse(ret_refusal, 0, SPAN("Invalid parameter"),
                                   SPAN("The body is JSON with Content-Type: application/json"));
    if (!check_body(arena, body, ret_refusal))
        return false;
    const struct json_value *data = json_get(body, "data");
    for (const struct json_value *event = data->first; event; event = event->next)
        if (!sandbox_meta_check_event(arena, event, now, ret_refusal))
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

static void write_refusal(const struct sandbox_meta_refusal *refusal, span trace,
                          struct arena *arena, struct sandbox_reply *ret_reply)
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
    const struct json_value *data = NULL;
    struct sandbox_meta_refusal refusal;
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
    struct sandbox_meta_refusal refusal = {503, 2, 0, {0}, SPAN("Service temporarily unavailable")};
    if (kind == SANDBOX_FAULT_429)
        refusal = (struct sandbox_meta_refusal){
            429, 4, 0, {0}, SPAN("(#4) Application request limit reached")};
    else if (kind == SANDBOX_FAULT_500)
        refusal = (struct sandbox_meta_refusal){500, 1, 0, {0}, SPAN("An unknown error occurred")};
    else if (kind == SANDBOX_FAULT_TOKEN_INVALID)
        refusal = (struct sandbox_meta_refusal){
            400, 190, 460, {0}, SPAN("Error validating access token")};
    else if (kind == SANDBOX_FAULT_TRANSIENT)
        refusal.status = 400; /* the same words; is_transient tells */
    else if (kind == SANDBOX_FAULT_REFUSED)
        refusal = (struct sandbox_meta_refusal){400, 100, 2804019, SPAN("Invalid Parameter"),
                                                SPAN("A parameter is not valid")};
    write_refusal(&refusal, trace_id(arena, refusal.message), arena, ret_reply);
}

const struct sandbox_platform sandbox_meta = {
    .name = "meta",
    .body_ceiling = 8 * MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
