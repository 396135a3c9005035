/*
 * What Google wants besides events (contract 2.2, 2.5).
 *
 * A token, before the first event: from a refresh token, or from a service account, whose key signs
 * a JWT (RS256, an hour) that is traded for the token. Google's last an hour; one is used until
 * five minutes before its end. It stays in memory: a restart asks for another, so there is nothing
 * to keep on disk. Whose credentials it was got with is remembered as a digest, so that a reload
 * with others asks anew.
 *
 * A look at each accepted request half an hour later, then hourly for a day: Google tells only
 * then, and only as counts, what it could use. These are counted; the answer is kept with the
 * batch in place of the first one. What has not been answered so is asked for again after a
 * restart. Nothing hangs on it: what cannot be asked is given up.
 */
#include "google.h"

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/sign.h"
#include "../base/url.h"

#define SCOPE          "https://www.googleapis.com/auth/datamanager"
#define SCOPE_ADS      "https://www.googleapis.com/auth/adwords"
#define TOKEN_URL      "https://oauth2.googleapis.com/token"
#define JWT_SECONDS    3600
#define TOKEN_SECONDS  3599 /* where the answer does not say */
#define EARLY_SECONDS  300
#define POLL_FIRST_MS  (30 * MINUTE_MS)
#define POLL_AGAIN_MS  HOUR_MS
#define POLL_GAP_MS    SECOND_MS /* a project may read 300 a minute: five stores at once */
#define CLAIMS_CEILING 8192u

enum { ERRAND_TOKEN, ERRAND_STATUS }; /* errand.which: ERRAND_STATUS + the poll's index */

/* ---- the token ---- */

static uint64_t credentials(const struct google_settings *google)
{
    const span parts[] = {google->refresh_token, google->client_id, google->client_secret,
                          google->service_account, google->oauth_url};
    uint64_t digest = 1 + (uint64_t)google->api; /* a token is good for one scope */
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        digest = digest * 31 + hash_quick(parts[i]);
    return digest;
}

bool google_errands_ready(const struct settings *settings, const void *memory, int64_t now)
{
    const struct google_memory *m = memory;
    return m->token[0] && now < m->token_until && m->token_of == credentials(google_own(settings));
}

bool google_errands_unauthorized(struct google_memory *memory, int64_t then)
{
    if (then < memory->token_at)
        return true;
    bool worked = memory->token_worked;
    memory->token[0] = '\0';
    return worked;
}

static void form_call(const struct google_settings *google, span form, struct errand *errand)
{
    static const struct http_header headers[] = {
        {SPAN("Content-Type"), SPAN("application/x-www-form-urlencoded")}};
    errand->what = "token";
    errand->which = ERRAND_TOKEN;
    errand->call = (struct http_call){
        .method = "POST",
        .url = google->oauth_url,
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .body = form,
    };
}

static span claims_of(struct arena *arena, const struct json_value *account, span scope,
                      int64_t now)
{
    struct buf buf;
    struct json json;
    span audience = json_get_text(account, "token_uri");
    buf_init(&buf, CLAIMS_CEILING);
    json_start(&json, &buf);
    json_open(&json, NULL, '{');
    json_put_text(&json, "iss", json_get_text(account, "client_email"));
    json_put_text(&json, "scope", scope);
    json_put_text(&json, "aud", span_empty(audience) ? SPAN(TOKEN_URL) : audience);
    json_put_int(&json, "iat", now / SECOND_MS);
    json_put_int(&json, "exp", now / SECOND_MS + JWT_SECONDS);
    json_close(&json, '}');
    json_end(&json);
    span claims = buf_ok(&buf) ? hash_to_base64url(arena, buf.ptr, buf.len) : (span){0};
    buf_done(&buf);
    return claims;
}

/* Absent when the account cannot sign. */
static span assertion(struct arena *arena, span service_account, span scope, int64_t now)
{
    static const char head[] = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    const struct json_value *account;
    span signature;
    if (json_parse(arena, service_account, &account, NULL) != OK ||
        span_empty(json_get_text(account, "client_email")))
        return (span){0};
    span claims = claims_of(arena, account, scope, now);
    if (span_empty(claims))
        return (span){0};
    span message =
        arena_print(arena, "%.*s.%.*s", SPAN_ARG(hash_to_base64url(arena, head, sizeof head - 1)),
                    SPAN_ARG(claims));
    if (sign_rs256(arena, json_get_text(account, "private_key"), message, &signature) != OK)
        return (span){0};
    return arena_print(arena, "%.*s.%.*s", SPAN_ARG(message),
                       SPAN_ARG(hash_to_base64url(arena, signature.ptr, signature.len)));
}

bool google_errands_signs(const struct google_settings *google, struct arena *arena)
{
    return !span_empty(assertion(arena, google->service_account, SPAN(SCOPE), 0));
}

static void token_errand(const struct google_settings *google, int64_t now, struct arena *arena,
                         struct errand *errand)
{
    if (!span_empty(google->service_account)) {
        span scope = google_is_ads(&google->common) ? SPAN(SCOPE_ADS) : SPAN(SCOPE);
        span jwt = assertion(arena, google->service_account, scope, now);
        if (span_empty(jwt))
            errand->stuck = "service_account is not a Google key file with an RSA key";
        else
            form_call(google,
                      arena_print(arena,
                                  "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3A"
                                  "jwt-bearer&assertion=%.*s",
                                  SPAN_ARG(jwt)),
                      errand);
        return;
    }
    if (span_empty(google->refresh_token) || span_empty(google->client_id) ||
        span_empty(google->client_secret)) {
        errand->stuck = "needs service_account, or refresh_token with client_id and client_secret";
        return;
    }
    form_call(google,
              arena_print(arena,
                          "client_id=%.*s&client_secret=%.*s&refresh_token=%.*s&"
                          "grant_type=refresh_token",
                          SPAN_ARG(url_encode(arena, google->client_id)),
                          SPAN_ARG(url_encode(arena, google->client_secret)),
                          SPAN_ARG(url_encode(arena, google->refresh_token))),
              errand);
}

/* It goes into a header: visible ASCII only. */
static bool is_token(span token)
{
    for (size_t i = 0; i < token.len; i++)
        if (token.ptr[i] <= ' ' || token.ptr[i] >= 0x7f)
            return false;
    return token.len > 0 && token.len < GOOGLE_TOKEN_ROOM;
}

static void keep_token(struct google_memory *memory, const struct google_settings *google,
                       const struct json_value *answer, span token, int64_t now)
{
    int64_t seconds = json_get_int(answer, "expires_in", TOKEN_SECONDS);
    if (seconds < 1 || seconds > DAY_MS / SECOND_MS)
        seconds = TOKEN_SECONDS;
    seconds = seconds > 2 * EARLY_SECONDS ? seconds - EARLY_SECONDS : (seconds + 1) / 2;
    memcpy(memory->token, token.ptr, token.len);
    memory->token[token.len] = '\0';
    memory->token_at = now;
    memory->token_until = now + seconds * SECOND_MS;
    memory->token_of = credentials(google);
    memory->token_worked = false;
}

/* invalid_grant and its like do not mend themselves; whatever else fails may. */
static void token_answer(const struct google_settings *google, struct google_memory *memory,
                         const struct http_response *response, int64_t now, struct arena *arena,
                         struct judgement *judgement)
{
    const struct json_value *answer = NULL;
    if (span_empty(response->body) || json_parse(arena, response->body, &answer, NULL) != OK)
        answer = NULL;
    verdict_by_status(response, now, judgement);
    span token = json_get_text(answer, "access_token"), error = json_get_text(answer, "error");
    if (judgement->verdict == VERDICT_DELIVERED && is_token(token)) {
        keep_token(memory, google, answer, token, now);
    } else if (judgement->verdict == VERDICT_DELIVERED) {
        judgement->verdict = VERDICT_RETRY;
        judgement->code = SPAN("unexpected_answer");
    } else if (judgement->verdict != VERDICT_RETRY && span_empty(error)) {
        judgement->verdict = VERDICT_RETRY; /* a proxy's word, not Google's */
    } else if (judgement->verdict != VERDICT_RETRY) {
        judgement->verdict = VERDICT_PAUSED;
        judgement->code = verdict_words(arena, error);
        judgement->message = verdict_words(arena, json_get_text(answer, "error_description"));
    }
}

/* ---- diagnostics ---- */

static bool is_request(span request)
{
    for (size_t i = 0; i < request.len; i++) {
        char c = request.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return request.len > 0 && request.len < GOOGLE_REQUEST_ROOM;
}

static void note_request(struct google_memory *memory, int64_t batch, span request, int64_t at)
{
    if (memory->poll_count == GOOGLE_POLLS || !is_request(request))
        return;
    struct google_poll *poll = &memory->polls[memory->poll_count++];
    *poll = (struct google_poll){.batch = batch, .accepted_at = at, .due_at = at + POLL_FIRST_MS};
    memcpy(poll->request, request.ptr, request.len);
}

void google_errands_accepted(struct google_memory *memory, int64_t batch, span request, int64_t now)
{
    memory->token_worked = true;
    note_request(memory, batch, request, now);
}

/* {"requestId":…} until it is known, {"requestStatusPerDestination":…} from then on. */
void google_errands_recall(void *memory, int64_t batch, span answer, int64_t at,
                           struct arena *arena)
{
    const struct json_value *root;
    if (json_parse(arena, answer, &root, NULL) == OK)
        note_request(memory, batch, json_get_text(root, "requestId"), at);
}

static void status_errand(const struct settings *settings, const struct google_memory *memory,
                          unsigned index, struct arena *arena, struct errand *errand)
{
    struct http_header *header = arena_new(arena, struct http_header);
    *header =
        (struct http_header){SPAN("Authorization"), arena_print(arena, "Bearer %s", memory->token)};
    errand->what = "status";
    errand->which = ERRAND_STATUS + index;
    errand->call = (struct http_call){
        .method = "GET",
        .url = arena_print(arena, "%.*s/%.*s/requestStatus:retrieve?requestId=%s",
                           SPAN_ARG(settings->base_url), SPAN_ARG(settings->api_version),
                           memory->polls[index].request),
        .headers = header,
        .header_count = 1,
    };
}

static void add_count(struct errand_result *result, span what, int64_t count)
{
    if (count > 0 && result->count < ERRAND_COUNTS)
        result->counts[result->count++] = (struct errand_count){what, count};
}

static int64_t record_count(const struct json_value *object)
{
    int64_t count; /* int64 is text in Google's JSON */
    return span_int(json_get_number(object, "recordCount"), &count) == OK && count > 0 ? count : 0;
}

/* "PROCESSING_ERROR_REASON_CLICK_NOT_FOUND" -> "click_not_found" */
static span reason_of(struct arena *arena, const struct json_value *entry, const char *before,
                      const char *prefix)
{
    span reason = json_get_text(entry, "reason");
    if (span_starts(reason, prefix))
        reason = span_sub(reason, strlen(prefix), reason.len);
    return arena_print(arena, "%s%.*s", before,
                       SPAN_ARG(clean_lower(arena, span_sub(reason, 0, 60))));
}

static int64_t count_reasons(struct arena *arena, const struct json_value *counts,
                             const char *before, const char *prefix, struct errand_result *result)
{
    int64_t sum = 0;
    for (const struct json_value *c = counts ? counts->first : NULL; c; c = c->next) {
        sum += record_count(c);
        add_count(result, reason_of(arena, c, before, prefix), record_count(c));
    }
    return sum;
}

/* False: not settled yet. */
static bool count_status(struct arena *arena, const struct json_value *answer,
                         struct errand_result *result)
{
    const struct json_value *list = json_get(answer, "requestStatusPerDestination");
    if (!list || !list->first || span_is(json_get_text(list->first, "requestStatus"), "PROCESSING"))
        return false;
    for (const struct json_value *one = list->first; one; one = one->next) {
        int64_t all = record_count(json_get(one, "eventsIngestionStatus"));
        int64_t bad = count_reasons(arena, json_path(one, "errorInfo.errorCounts"), "",
                                    "PROCESSING_ERROR_REASON_", result);
        count_reasons(arena, json_path(one, "warningInfo.warningCounts"), "warning_",
                      "PROCESSING_WARNING_REASON_", result);
        bool failed = span_is(json_get_text(one, "requestStatus"), "FAILED");
        add_count(result, failed ? SPAN("failed") : SPAN("success"), all - bad);
    }
    return true;
}

static void status_answer(struct google_memory *memory, unsigned index,
                          const struct http_response *response, int64_t now, struct arena *arena,
                          struct errand_result *result)
{
    struct google_poll *poll = &memory->polls[index];
    const struct json_value *answer;
    bool known = response->status == 200 &&
                 json_parse(arena, response->body, &answer, NULL) == OK &&
                 count_status(arena, answer, result);
    memory->poll_at = now + POLL_GAP_MS;
    poll->due_at = now + POLL_AGAIN_MS;
    if (response->status == 401)
        google_errands_unauthorized(memory, memory->token_at);
    if (known)
        result->about = poll->batch;
    if (known || poll->due_at - poll->accepted_at > GOOGLE_POLL_LAST_MS)
        *poll = memory->polls[--memory->poll_count];
    result->judgement = (struct judgement){.verdict = VERDICT_DELIVERED};
}

/* ---- what is due ---- */

void google_errands_next(const struct settings *settings, const void *memory, bool events_wait,
                         int64_t now, struct arena *arena, struct errand *ret_errand)
{
    const struct google_settings *google = google_own(settings);
    const struct google_memory *m = memory;
    unsigned first = 0;
    bool ads = google_is_ads(settings);
    if (ads && span_empty(google->developer_token)) { /* `check` says so first */
        ret_errand->stuck = events_wait ? "api: ads needs developer_token" : NULL;
        return;
    }
    for (unsigned i = 1; i < m->poll_count; i++)
        if (m->polls[i].due_at < m->polls[first].due_at)
            first = i;
    int64_t due = m->poll_count > 0 ? m->polls[first].due_at : INT64_MAX;
    if (due < m->poll_at)
        due = m->poll_at;
    bool token = google_errands_ready(settings, memory, now);
    if (!token && (events_wait || due <= now))
        token_errand(google, now, arena, ret_errand);
    else if (due <= now)
        status_errand(settings, m, first, arena, ret_errand);
    else
        ret_errand->again_at = due;
}

void google_errands_answer(const struct settings *settings, void *memory,
                           const struct errand *errand, const struct http_response *response,
                           int64_t now, struct arena *arena, struct errand_result *ret_result)
{
    struct errand_result result = {.count = 0};
    if (errand->which == ERRAND_TOKEN)
        token_answer(google_own(settings), memory, response, now, arena, &result.judgement);
    else
        status_answer(memory, errand->which - ERRAND_STATUS, response, now, arena, &result);
    *ret_result = result;
}
