/*
 * Google's Data Manager API and the OAuth endpoint before it, played strictly
 * (contracts/destinations 2.1-2.6, 2.12).
 *
 *   POST /token                         both flows -> a token that carries its end: an hour
 *   POST /v1/events:ingest              taken or refused whole; every bad row is named once
 *   GET  /v1/requestStatus:retrieve     what became of a request: counts only
 *
 * The older Google Ads API is sandbox_google_ads.c.
 *
 * A conversion is known for ever by (account, action, transactionId). The same id with the same
 * value is a copy; with lastUpdatedTimestamp or another value it restates, under the name
 * "restatement"; and a restatement of an id that nobody sent is a new conversion, as with the real
 * one. validateOnly is judged and forgotten. 300 requests a minute for each account.
 *
 * Nothing is kept for OAuth: a refresh token, client id or account that begins with "invalid" is
 * refused, a JWT is checked for its shape and claims, its signature is not (no key is known here).
 * Request ids carry their number of events, so that the status needs no memory; it tells SUCCESS at
 * once.
 */
#include "sandbox_google.h"

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"

#define EVENTS_MOST       2000u
#define DESTINATIONS_MOST 10u
#define A_MINUTE          300u
#define TOKEN_SECONDS     3599
#define TOKEN_START       "ya29.sandbox-"
#define REQUEST_START     "sandbox-"
#define ANSWER_CEILING    (4 * MIB)
#define SCOPE             "https://www.googleapis.com/auth/datamanager"
#define SCOPE_ADS         "https://www.googleapis.com/auth/adwords"

static const struct sandbox_member body_members[] = {
    {"destinations", SHAPE_LIST | SHAPE_NEEDED},
    {"events", SHAPE_LIST | SHAPE_NEEDED},
    {"consent", SHAPE_OBJECT},
    {"validateOnly", SHAPE_BOOL},
    {"encoding", SHAPE_TEXT},
    {NULL, 0},
};

static bool owns(span path)
{
    return span_is(path, "/token") || span_is(path, "/v1/events:ingest") ||
           span_is(path, "/v1/requestStatus:retrieve") || sandbox_google_ads_owns(path);
}

/* ---- answers ----------------------------------------------------------------------------------
 */

static void finish(struct json *json, struct buf *buf, int status, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    json_end(json);
    ret_reply->status = status;
    ret_reply->body = arena_copy(arena, buf_span(buf));
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
    buf_done(buf);
}

static void answer_error(int code, const char *status, const char *message,
                         const struct sandbox_google_violation *violations, unsigned count,
                         struct arena *arena, struct sandbox_reply *ret_reply)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, ANSWER_CEILING);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    json_open(&json, "error", '{');
    json_put_int(&json, "code", code);
    json_put_text(&json, "message", span_of(message));
    json_put_text(&json, "status", span_of(status));
    json_open(&json, "details", '[');
    if (count > 0) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "@type", SPAN("type.googleapis.com/google.rpc.BadRequest"));
        json_open(&json, "fieldViolations", '[');
        for (unsigned i = 0; i < count; i++) {
            json_open(&json, NULL, '{');
            json_put_text(&json, "field", violations[i].field);
            json_put_text(&json, "description", span_of(violations[i].description));
            json_put_text(&json, "reason", span_of(violations[i].reason));
            json_close(&json, '}');
        }
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_close(&json, '}');
    finish(&json, &buf, code, arena, ret_reply);
}

/* ---- OAuth ------------------------------------------------------------------------------------
 */

static void oauth_error(int status, const char *error, const char *description, struct arena *arena,
                        struct sandbox_reply *ret_reply)
{
    struct buf buf;
    struct json json;
    buf_init(&buf, ANSWER_CEILING);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    json_put_text(&json, "error", span_of(error));
    json_put_text(&json, "error_description", span_of(description));
    json_close(&json, '}');
    finish(&json, &buf, status, arena, ret_reply);
}

static bool is_assertion(struct arena *arena, span jwt, int64_t now)
{
    span head, claims, signature, rest = jwt;
    const struct json_value *h, *c;
    if (!span_split(&rest, '.', &head) || !span_split(&rest, '.', &claims) ||
        !span_split(&rest, '.', &signature) || !span_empty(rest) ||
        span_empty(sandbox_google_unbase(arena, signature)))
        return false;
    if (json_parse(arena, sandbox_google_unbase(arena, head), &h, NULL) != OK ||
        json_parse(arena, sandbox_google_unbase(arena, claims), &c, NULL) != OK)
        return false;
    int64_t issued = json_get_int(c, "iat", 0), expires = json_get_int(c, "exp", 0);
    int64_t seconds = now / SECOND_MS;
    span issuer = json_get_text(c, "iss");
    return span_is(json_get_text(h, "alg"), "RS256") && !span_empty(issuer) &&
           !span_starts(issuer, "invalid") &&
           (span_is(json_get_text(c, "scope"), SCOPE) ||
            span_is(json_get_text(c, "scope"), SCOPE_ADS)) &&
           !span_empty(json_get_text(c, "aud")) && issued <= seconds + 60 && expires > seconds &&
           expires - issued <= 3600;
}

static void answer_token(struct sandbox_ledger *ledger, const struct http_request *request,
                         int64_t now, struct arena *arena, struct sandbox_reply *ret_reply)
{
    span form = request->body, grant = url_query_get(arena, form, "grant_type");
    span client = url_query_get(arena, form, "client_id");
    span refresh = url_query_get(arena, form, "refresh_token");
    if (!span_is(request->method, "POST") ||
        !span_starts(http_request_header(request, "content-type"),
                     "application/x-www-form-urlencoded")) {
        oauth_error(400, "invalid_request", "A form, posted.", arena, ret_reply);
    } else if (span_is(grant, "urn:ietf:params:oauth:grant-type:jwt-bearer")) {
        if (!is_assertion(arena, url_query_get(arena, form, "assertion"), now)) {
            oauth_error(400, "invalid_grant", "Invalid JWT.", arena, ret_reply);
            return;
        }
    } else if (!span_is(grant, "refresh_token")) {
        oauth_error(400, "unsupported_grant_type", "Invalid grant_type", arena, ret_reply);
    } else if (span_empty(client) || span_starts(client, "invalid") ||
               span_empty(url_query_get(arena, form, "client_secret"))) {
        oauth_error(401, "invalid_client", "The OAuth client was not found.", arena, ret_reply);
    } else if (span_empty(refresh) || span_starts(refresh, "invalid")) {
        oauth_error(400, "invalid_grant", "Token has been expired or revoked.", arena, ret_reply);
    }
    if (ret_reply->status != 0)
        return;
    ret_reply->status = 200;
    ret_reply->body = arena_print(arena,
                                  "{\"access_token\":\"" TOKEN_START
                                  "%lld.%llu\",\"expires_in\":%d,\"scope\":\"" SCOPE
                                  "\",\"token_type\":\"Bearer\"}",
                                  (long long)(now / SECOND_MS + TOKEN_SECONDS),
                                  (unsigned long long)++ledger->tokens, TOKEN_SECONDS);
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
}

/* "Bearer ya29.sandbox-1764003659.7": the seventh, good until then. */
static bool is_authorized(const struct sandbox_ledger *ledger, const struct http_request *request,
                          int64_t now)
{
    static const char start[] = "Bearer " TOKEN_START;
    span header = http_request_header(request, "authorization");
    int64_t until;
    return span_starts(header, start) &&
           span_int(span_sub(header, sizeof start - 1,
                             span_find(header, sizeof start - 1, '.') - (sizeof start - 1)),
                    &until) == OK &&
           now / SECOND_MS < until && !sandbox_ledger_expired(ledger, header);
}

/* ---- events:ingest ----------------------------------------------------------------------------
 */

struct ingest {
    struct arena *arena;
    const struct json_value *body;
    struct sandbox_google_violation *violations;
    unsigned count, room;
};

static void violate(struct ingest *ingest, span field, const char *reason, const char *description)
{
    if (ingest->count < ingest->room)
        ingest->violations[ingest->count++] =
            (struct sandbox_google_violation){field, reason, description};
}

static void check_around(struct ingest *ingest)
{
    const struct json_value *destinations = json_get(ingest->body, "destinations");
    const struct json_value *events = json_get(ingest->body, "events");
    struct sandbox_google_violation violation;
    struct sandbox_trouble trouble;
    if (!sandbox_shape_fits(ingest->arena, ingest->body, body_members, (span){0}, &trouble)) {
        violate(ingest, sandbox_google_path(ingest->arena, trouble.pointer),
                "REQUIRED_FIELD_MISSING", trouble.problem);
        return;
    }
    if (events->count < 1 || events->count > EVENTS_MOST)
        violate(ingest, SPAN("events"), "TOO_MANY_EVENTS", "1 to 2000");
    if (destinations->count < 1 || destinations->count > DESTINATIONS_MOST)
        violate(ingest, SPAN("destinations"), "TOO_MANY_DESTINATIONS", "1 to 10");
    unsigned i = 0;
    for (const struct json_value *d = destinations->first; d; d = d->next, i++)
        if (!sandbox_google_destination(
                ingest->arena, d, arena_print(ingest->arena, "/destinations/%u", i), &violation))
            violate(ingest, violation.field, violation.reason, violation.description);
}

static void check_events(struct ingest *ingest, int64_t now)
{
    bool hex = span_is(json_get_text(ingest->body, "encoding"), "HEX");
    struct sandbox_google_violation violation;
    unsigned i = 0;
    for (const struct json_value *e = json_get(ingest->body, "events")->first; e; e = e->next, i++)
        if (!sandbox_google_event(ingest->arena, e, arena_print(ingest->arena, "/events/%u", i),
                                  hex, now, &violation))
            violate(ingest, violation.field, violation.reason, violation.description);
}

static void record(struct sandbox_ledger *ledger, struct sandbox_account *account,
                   const struct json_value *event, int64_t now, struct arena *arena)
{
    span transaction = json_get_text(event, "transactionId");
    span value = json_get_number(event, "conversionValue");
    struct sandbox_entry entry = {.name = SPAN("conversion"),
                                  .dedup = transaction,
                                  .subject = transaction,
                                  .currency = json_get_text(event, "currency"),
                                  .json = event->raw};
    if (money_parse(value, entry.currency, &entry.value) != OK)
        entry.value = (struct money){0};
    /* What it was worth first, as minor units and one. */
    intptr_t first = (intptr_t)map_get(&account->links, transaction);
    intptr_t worth = (intptr_t)entry.value.units + 1;
    if (first == 0) {
        map_put(&account->links, transaction, (void *)worth);
    } else if (first != worth || json_get(event, "lastUpdatedTimestamp")) {
        entry.name = SPAN("restatement");
        entry.dedup = arena_print(arena, "%.*s\n%.*s\n%.*s", SPAN_ARG(transaction), SPAN_ARG(value),
                                  SPAN_ARG(json_get_text(event, "lastUpdatedTimestamp")));
    }
    sandbox_ledger_accept(ledger, account, &entry, now, INT64_MAX);
}

/* Ten digits and the action: what Google deduplicates within. */
static struct sandbox_account *account_of(struct sandbox_ledger *ledger, struct arena *arena,
                                          const struct json_value *body)
{
    const struct json_value *destinations = json_get(body, "destinations");
    const struct json_value *first = destinations ? destinations->first : NULL;
    span id = json_get_text(json_get(first, "operatingAccount"), "accountId");
    return sandbox_ledger_account(
        ledger, "google",
        span_empty(id) ? SPAN("(none)")
                       : arena_print(arena, "%.*s/%.*s", SPAN_ARG(id),
                                     SPAN_ARG(json_get_text(first, "productDestinationId"))));
}

static bool is_throttled(struct sandbox_account *account, int64_t now)
{
    struct sandbox_window *window = &account->windows[0][1];
    if (window->index != now / MINUTE_MS)
        *window = (struct sandbox_window){.index = now / MINUTE_MS};
    return ++window->used > A_MINUTE;
}

static void refuse(struct sandbox_ledger *ledger, struct sandbox_account *account, int code,
                   const char *status, const char *message, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    sandbox_ledger_refuse(ledger, account, span_of(status), span_of(message));
    answer_error(code, status, message, NULL, 0, arena, ret_reply);
}

static void answer_ingest(struct sandbox_ledger *ledger, const struct http_request *request,
                          int64_t now, struct arena *arena, struct sandbox_reply *ret_reply)
{
    struct ingest ingest = {.arena = arena, .room = EVENTS_MOST + DESTINATIONS_MOST + 3};
    if (json_parse(arena, request->body, &ingest.body, NULL) != OK)
        ingest.body = NULL;
    struct sandbox_account *account = account_of(ledger, arena, ingest.body);
    account->requests++;
    if (!is_authorized(ledger, request, now)) {
        refuse(ledger, account, 401, "UNAUTHENTICATED",
               "Request had invalid authentication credentials.", arena, ret_reply);
        return;
    }
    if (is_throttled(account, now)) {
        refuse(ledger, account, 429, "RESOURCE_EXHAUSTED", "Quota exceeded.", arena, ret_reply);
        return;
    }
    if (!ingest.body ||
        !span_starts(http_request_header(request, "content-type"), "application/json")) {
        refuse(ledger, account, 400, "INVALID_ARGUMENT", "Invalid JSON payload received.", arena,
               ret_reply);
        return;
    }
    ingest.violations = arena_array(arena, struct sandbox_google_violation, ingest.room);
    check_around(&ingest);
    if (ingest.count == 0)
        check_events(&ingest, now);
    if (ingest.count > 0) {
        sandbox_ledger_refuse(ledger, account, span_of(ingest.violations[0].reason),
                              ingest.violations[0].field);
        answer_error(400, "INVALID_ARGUMENT", "There was a problem with the request.",
                     ingest.violations, ingest.count, arena, ret_reply);
        return;
    }
    const struct json_value *events = json_get(ingest.body, "events");
    bool dry = json_get_bool(ingest.body, "validateOnly", false);
    for (const struct json_value *e = events->first; e && !dry; e = e->next)
        record(ledger, account, e, now, arena);
    ret_reply->status = 200;
    ret_reply->body = arena_print(arena, "{\"requestId\":\"" REQUEST_START "%016llx-%u\"}",
                                  (unsigned long long)hash_quick(request->body) + account->requests,
                                  dry ? 0 : events->count);
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
}

/* ---- requestStatus:retrieve --------------------------------------------------------------------
 */

static void answer_status(struct sandbox_ledger *ledger, const struct http_request *request,
                          int64_t now, struct arena *arena, struct sandbox_reply *ret_reply)
{
    span id = url_query_get(arena, request->query, "requestId"), part = {0}, rest = id;
    int64_t count = 0;
    while (span_split(&rest, '-', &part))
        continue;
    if (!is_authorized(ledger, request, now)) {
        answer_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.",
                     NULL, 0, arena, ret_reply);
        return;
    }
    if (!span_starts(id, REQUEST_START) || span_int(part, &count) != OK || count <= 0) {
        answer_error(404, "NOT_FOUND", "No request has this id.", NULL, 0, arena, ret_reply);
        return;
    }
    ret_reply->status = 200;
    ret_reply->body =
        arena_print(arena,
                    "{\"requestStatusPerDestination\":[{\"requestStatus\":\"SUCCESS\","
                    "\"eventsIngestionStatus\":{\"recordCount\":\"%lld\"}}]}",
                    (long long)count);
    sandbox_reply_header(ret_reply, "Content-Type", SPAN("application/json; charset=UTF-8"));
}

static void answer_ads(struct sandbox_ledger *ledger, const struct http_request *request,
                       int64_t now, struct arena *arena, struct sandbox_reply *ret_reply)
{
    if (!is_authorized(ledger, request, now)) {
        answer_error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.",
                     NULL, 0, arena, ret_reply);
        return;
    }
    const char *wrong = sandbox_google_ads_handle(ledger, request, now, arena, ret_reply);
    if (wrong)
        answer_error(400, "INVALID_ARGUMENT", wrong, NULL, 0, arena, ret_reply);
}

static void handle(struct sandbox_ledger *ledger, const struct http_request *request, int64_t now,
                   struct arena *arena, struct sandbox_reply *ret_reply)
{
    if (sandbox_google_ads_owns(request->path) && span_is(request->method, "POST")) {
        answer_ads(ledger, request, now, arena, ret_reply);
        return;
    }
    bool ingest = span_is(request->path, "/v1/events:ingest");
    if (span_is(request->path, "/token"))
        answer_token(ledger, request, now, arena, ret_reply);
    else if (!span_is(request->method, ingest ? "POST" : "GET"))
        answer_error(404, "NOT_FOUND", "Not found", NULL, 0, arena, ret_reply);
    else if (ingest)
        answer_ingest(ledger, request, now, arena, ret_reply);
    else
        answer_status(ledger, request, now, arena, ret_reply);
}

static void broken(enum sandbox_fault_kind kind, struct arena *arena,
                   struct sandbox_reply *ret_reply)
{
    static const struct {
        enum sandbox_fault_kind kind;
        int code;
        const char *status, *message;
    } faults[] = {
        {SANDBOX_FAULT_429, 429, "RESOURCE_EXHAUSTED", "Quota exceeded."},
        {SANDBOX_FAULT_500, 500, "INTERNAL", "Internal error encountered."},
        {SANDBOX_FAULT_503, 503, "UNAVAILABLE", "The service is unavailable."},
        {SANDBOX_FAULT_TRANSIENT, 409, "ABORTED", "The operation was aborted."},
        {SANDBOX_FAULT_REFUSED, 400, "INVALID_ARGUMENT", "There was a problem with the request."},
        {SANDBOX_FAULT_TOKEN_INVALID, 401, "UNAUTHENTICATED",
         "Request had invalid authentication credentials."},
    };
    for (unsigned i = 0; i < COUNT_OF(faults); i++)
        if (faults[i].kind == kind)
            answer_error(faults[i].code, faults[i].status, faults[i].message, NULL, 0, arena,
                         ret_reply);
}

const struct sandbox_platform sandbox_google = {
    .name = "google",
    .body_ceiling = 16 * MIB,
    .owns = owns,
    .handle = handle,
    .broken = broken,
};
