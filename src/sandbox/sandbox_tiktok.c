/*
 * TikTok Events API 2.0, played strictly (contracts/destinations 3).
 *
 * One POST /open_api/v1.3/event/track/ carries 1 to 1000 events of one pixel and is accepted or
 * refused as a whole. Whatever is said, is said with HTTP 200; the `code` in the body decides.
 * What identifies a person must be hashed (40062). Copies of (pixel, event, event_id) within 48 h
 * are received and counted once. Events under a test_event_code belong to the test view: they are
 * kept in an account of their own, "PIXEL (test)".
 *
 * The contract names codes, not which one belongs to which mistake; our choice: an unknown pixel
 * code is 40001, another version 40006, too many events 40061, and everything else 40002. What is
 * no path of TikTok's gets its web server's page instead of an answer. Its rates are not
 * published, so none is played.
 *
 * Stricter than the real one, on purpose: unknown members are refused, and a partner_name at all,
 * events older than 7 days or more than 60 s ahead, a purchase without a value, currencies in
 * lower case, an e-mail address in a URL.
 */
#include "sandbox_tiktok.h"

#include "../base/hash.h"
#include "../base/limits.h"

#define EVENTS_MOST 1000u
#define DEDUP_MS    (48 * HOUR_MS)
#define PATH_START  "/open_api/"
#define PATH_END    "/event/track/"
#define VERSION     "v1.3"
#define PIXEL_LEAST 5u

static const struct sandbox_member body_members[] = {
    {"event_source", SHAPE_TEXT | SHAPE_NEEDED},
    {"event_source_id", SHAPE_TEXT | SHAPE_NEEDED},
    {"partner_name", SHAPE_TEXT},
    {"test_event_code", SHAPE_TEXT},
    {"data", SHAPE_LIST | SHAPE_NEEDED},
    {NULL, 0},
};
static const char *const sources[] = {"web", "app", "offline", "crm"};

bool sandbox_tiktok_refuse(struct sandbox_tiktok_refusal *ret_refusal, int code, span message)
{
    *ret_refusal = (struct sandbox_tiktok_refusal){code, message};
    return false;
}

bool sandbox_tiktok_trouble(struct arena *arena, span where, const char *problem,
                            struct sandbox_tiktok_refusal *ret_refusal)
{
    char *dotted = arena_text(arena, span_sub(where, 1, where.len));
    for (char *at = dotted; *at; at++)
        if (*at == '/')
            *at = '.';
    return sandbox_tiktok_refuse(
        ret_refusal, TIKTOK_BAD_PARAMS,
        arena_print(arena, "%s%s%s", dotted, *dotted ? ": " : "The body ", problem));
}

static bool owns(span path)
{
    return span_starts(path, PATH_START);
}

static bool check_token(span token, struct sandbox_tiktok_refusal *ret_refusal)
{
    if (token.len == 0)
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_TOKEN_EMPTY,
                                     SPAN("Access token is empty"));
    if (span_starts(token, "expired"))
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_TOKEN_EXPIRED,
                                     SPAN("Access token is expired"));
    if (span_starts(token, "invalid"))
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_TOKEN_INVALID,
                                     SPAN("Access token is incorrect or has been revoked"));
    return true;
}

/* "C" and capitals and digits. */
static bool is_pixel(span code)
{
    for (size_t i = 0; i < code.len; i++)
        if (!((code.ptr[i] >= 'A' && code.ptr[i] <= 'Z') ||
              (code.ptr[i] >= '0' && code.ptr[i] <= '9')))
            return false;
    return code.len >= PIXEL_LEAST && code.ptr[0] == 'C';
}

static bool is_source(span source)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++)
        if (span_is(source, sources[i]))
            return true;
    return false;
}

static bool check_body(struct arena *arena, const struct json_value *body,
                       struct sandbox_tiktok_refusal *ret_refusal)
{
    struct sandbox_trouble trouble;
    const struct json_value *code = json_get(body, "test_event_code");
    if (!sandbox_shape_fits(arena, body, body_members, (span){0}, &trouble))
        return sandbox_tiktok_trouble(arena, trouble.pointer, trouble.problem, ret_refusal);
    if (!is_source(json_get_text(body, "event_source")))
        return sandbox_tiktok_trouble(arena, SPAN("/event_source"), "Not a valid choice",
                                      ret_refusal);
    if (!is_pixel(json_get_text(body, "event_source_id")))
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_NO_PERMISSION,
                                     SPAN("No permission to operate this event source"));
    if (json_get(body, "partner_name"))
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_PARTNER_NAME,
                                     SPAN("partner_name is not registered"));
    if (code && span_trim(code->text).len == 0)
        return sandbox_tiktok_trouble(arena, SPAN("/test_event_code"), "Not a valid test code",
                                      ret_refusal);
    unsigned count = json_get(body, "data")->count;
    if (count < 1 || count > EVENTS_MOST)
        return sandbox_tiktok_refuse(
            ret_refusal, TIKTOK_BATCH_SIZE,
            arena_print(arena, "data: %u events; 1 to 1000 are allowed", count));
    return true;
}

static bool judge(const struct http_request *request, int64_t now, struct arena *arena,
                  const struct json_value **ret_body, struct sandbox_tiktok_refusal *ret_refusal)
{
    const struct json_value *body = NULL;
    struct error error;
    if (!span_is(request->path, PATH_START VERSION PATH_END))
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_BAD_VERSION,
                                     SPAN("This API version is not supported"));
    if (!check_token(http_request_header(request, "access-token"), ret_refusal))
        return false;
    if (!span_starts(http_request_header(request, "content-type"), "application/json") ||
        json_parse(arena, request->body, &body, &error) != OK)
        return sandbox_tiktok_refuse(ret_refusal, TIKTOK_BAD_PARAMS,
                                     SPAN("The body is JSON with Content-Type: application/json"));
    if (!check_body(arena, body, ret_refusal))
        return false;
    const struct json_value *data = json_get(body, "data");
    unsigned index = 0;
    for (const struct json_value *event = data->first; event; event = event->next)
        if (!sandbox_tiktok_check_event(arena, event, json_get_text(body, "event_source"),
                                        arena_print(arena, "/data/%u", index++), now, ret_refusal))
            return false;
    *ret_body = body;
    return true;
}

/* ---- answers --------------------------------------------------------------------------------- */

static span request_id(struct arena *arena, span seed)
{
    uint8_t digest[HASH_SIZE];
    hash_sha256(seed, digest);
    return arena_join(arena, SPAN("2026"), span_sub(hash_to_hex(arena, digest, 16), 0, 28));
}

static void write_answer(int status, int code, span message, span id, struct arena *arena,
                         struct sandbox_reply *ret_reply)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "code", code);
    json_put_text(&json, "message", message);
    json_put_text(&json, "request_id", id);
    json_open(&json, "data", '{');
    json_close(&json, '}');
    json_close(&json, '}');
    json_end(&json);
    ret_reply->status = status;
    ret_reply->body = arena_copy(arena, buf_span(&out));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json"));
    buf_done(&out);
}

/* Its web server, not its API: another path, no slash at the end, another method. */
static bool answer_page(const struct http_request *request, struct sandbox_reply *ret_reply)
{
    bool is_path = span_ends(request->path, PATH_END), is_post = span_is(request->method, "POST");
    if (is_path && is_post)
        return false;
    ret_reply->status = is_path ? 405 : 404;
    ret_reply->body = SPAN("<html><body>Not here</body></html>");
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("text/html"));
    return true;
}

/* ---- the ledger ------------------------------------------------------------------------------ */

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *event, int64_t now, struct arena *arena)
{
    const struct json_value *properties = json_get(event, "properties");
    span id = json_get_text(event, "event_id"), name = json_get_text(event, "event");
    struct sandbox_entry entry = {
        .name = name,
        .subject = json_get_text(properties, "order_id"),
        .currency = json_get_text(properties, "currency"),
        .json = event->raw,
    };
    if (id.ptr)
        entry.dedup = arena_print(arena, "%.*s\n%.*s", SPAN_ARG(name), SPAN_ARG(id));
    if (entry.currency.ptr && json_get(properties, "value"))
        (void)!money_parse(json_get_number(properties, "value"), entry.currency, &entry.value);
    sandbox_ledger_accept(ledger, account, &entry, now, DEDUP_MS);
}

/* Whose request it is, read before it is judged, so that a refusal is counted to its pixel. */
static span account_of(const struct http_request *request, struct arena *arena)
{
    const struct json_value *body = NULL;
    if (json_parse(arena, request->body, &body, NULL) != OK)
        return SPAN("(none)");
    span pixel = json_get_text(body, "event_source_id");
    if (!is_pixel(pixel))
        return SPAN("(none)");
    return json_get(body, "test_event_code") ? arena_join(arena, pixel, SPAN(" (test)")) : pixel;
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    const struct json_value *body = NULL;
    struct sandbox_tiktok_refusal refusal = {TIKTOK_OK, SPAN("OK")};
    if (answer_page(request, ret_reply))
        return;
    struct sandbox_account *account =
        sandbox_ledger_account(ledger, "tiktok", account_of(request, arena));
    span id =
        request_id(arena, arena_print(arena, "%llu %.*s", (unsigned long long)account->requests,
                                      SPAN_ARG(request->body)));
    account->requests++;
    if (!judge(request, now, arena, &body, &refusal))
        sandbox_ledger_refuse(ledger, account, arena_print(arena, "%d", refusal.code),
                              refusal.message);
    else
        for (const struct json_value *event = json_get(body, "data")->first; event;
             event = event->next)
            record(ledger, account, event, now, arena);
    write_answer(200, refusal.code, refusal.message, id, arena, ret_reply);
}

static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    static const struct {
        enum sandbox_fault_kind kind;
        int status, code;
        const char *message;
    } faults[] = {
        {SANDBOX_FAULT_429, 200, TIKTOK_TOO_FREQUENT, "Too many requests, please try later"},
        {SANDBOX_FAULT_500, 500, TIKTOK_SYSTEM_ERROR, "System error"},
        {SANDBOX_FAULT_503, 503, TIKTOK_RPC_ERROR, "Service is temporarily unavailable"},
        {SANDBOX_FAULT_TRANSIENT, 200, TIKTOK_RPC_ERROR, "RPC error, please retry"},
        {SANDBOX_FAULT_REFUSED, 200, TIKTOK_BAD_PARAMS, "Invalid parameters"},
        {SANDBOX_FAULT_TOKEN_INVALID, 200, TIKTOK_TOKEN_INVALID, "Access token has been revoked"},
    };
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        if (faults[i].kind == kind)
            write_answer(faults[i].status, faults[i].code, span_of(faults[i].message),
                         request_id(arena, span_of(faults[i].message)), arena, ret_reply);
}

const struct sandbox_platform sandbox_tiktok = {
    .name = "tiktok",
    .body_ceiling = 8 * MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
