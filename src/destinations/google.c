/*
 * Google Ads, through the Data Manager API.
 *
 * One events:ingest carries conversions of one action and is taken or refused whole, but Google
 * names the rows it dislikes (fieldViolations with an index): these are refused, the rest goes
 * again. 200 means accepted, not used; what became of it is asked hours later (google_errands.c).
 *
 * Copies are known for ever by transactionId within the conversion action, which must be the one
 * the shop's own tag uses: then Google merges both, and nothing counts twice. The same id again
 * with another value restates it. That is how refunds, cancellations and edits go: there is no
 * retraction, and an id that Google does not know would become a new sale. DELIVER therefore sends
 * them only once the order's own outcome is "delivered".
 *
 * `api: ads` speaks the older Google Ads API instead (google_upload.c).
 *
 * 401 means a token that went bad before its time: another one, once; then the outlet pauses.
 */
#include "google.h"

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "list.h"

#include <assert.h>

#define BODY_CEILING (64 * MIB)
#define AMEND_TOKEN  1u
static_assert(offsetof(struct google_settings, common) == 0,
              "settings are handed around as common");

/* ---- settings and options -------------------------------------------------------------------- */

#define TEXT(member, help_, ...)                                                                   \
    {                                                                                              \
#member, help_, OPTION_TEXT, offsetof(struct google_settings, member), __VA_ARGS__         \
    }
static const struct option_word apis[] = {
    {"data_manager", GOOGLE_DATA_MANAGER},
    {"ads", GOOGLE_ADS},
    {NULL, 0},
};
static const struct option options[] = {
    TEXT(customer_id, "Google Ads account that owns the conversion action, ten digits",
         .required = true),
    TEXT(conversion_action, "Id of the conversion action, digits", .required = true),
    TEXT(login_customer_id, "Manager account through which the account is reached"),
    {"api", "ads: the older Google Ads API, for accounts that still may", OPTION_WORD,
     offsetof(struct google_settings, api), .otherwise = "data_manager", .words = apis},
    {"service_account", "Key file of a service account that is a user of the account", OPTION_LINES,
     offsetof(struct google_settings, service_account), .secret = true},
    TEXT(refresh_token, "OAuth refresh token, instead of a service account", .secret = true),
    TEXT(client_id, "OAuth client of that token"),
    TEXT(client_secret, "and its secret", .secret = true),
    {"oauth_url", "Where tokens are got", OPTION_URL, offsetof(struct google_settings, oauth_url),
     .otherwise = "https://oauth2.googleapis.com/token"},
    TEXT(quota_project, "Cloud project to charge, when not the credentials' own"),
    TEXT(developer_token, "Asked for by api: ads", .secret = true),
    TEXT(merchant_id, "Merchant Center account of the items"),
    TEXT(feed_label, "and its feed label"),
    TEXT(feed_language, "and its feed language"),
    {.name = NULL},
};
#undef TEXT

/* ---- names ------------------------------------------------------------------------------------
 */

static const struct {
    enum event_name ours;
    const char *theirs, *remark;
} names[] = {
    {EVENT_ORDER_PLACED, "conversion", "needs value, currency and an identifier"},
    {EVENT_ORDER_REFUNDED, "restatement", "what the order is worth after it"},
    {EVENT_ORDER_CANCELLED, "restatement", "to 0"},
    {EVENT_ORDER_EDITED, "restatement", "where the shop's value is the total"},
};

static span rename_event(const struct settings *settings, const struct event *event)
{
    (void)settings;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return span_of(names[i].theirs);
    return (span){0};
}

/* ---- encode (the shape of an event: google_ingest.c) --------------------------------------------
 */

/* As people copy it: "123-456-7890". */
span google_digits(struct arena *arena, span text)
{
    char *kept = arena_take(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9')
            kept[len++] = text.ptr[i];
    return (span){kept, len};
}

static void write_account(struct json *json, struct arena *arena, const char *key, span id)
{
    json_open(json, key, '{');
    json_put_text(json, "accountType", SPAN("GOOGLE_ADS"));
    json_put_text(json, "accountId", google_digits(arena, id));
    json_close(json, '}');
}

static bool validates_only(const struct settings *settings, const struct batch *batch)
{
    return batch->test || settings->mode == OUTLET_VALIDATE;
}

static void write_body(struct json *json, const struct settings *settings,
                       const struct batch *batch)
{
    const struct google_settings *google = google_own(settings);
    json_open(json, NULL, '{');
    json_open(json, "destinations", '[');
    json_open(json, NULL, '{');
    write_account(json, batch->arena, "operatingAccount", google->customer_id);
    if (!span_empty(google->login_customer_id))
        write_account(json, batch->arena, "loginAccount", google->login_customer_id);
    json_put_text(json, "productDestinationId", google->conversion_action);
    json_close(json, '}');
    json_close(json, ']');
    json_put_text(json, "encoding", SPAN("HEX"));
    json_put_bool(json, "validateOnly", validates_only(settings, batch));
    json_open(json, "events", '[');
    for (unsigned i = 0; i < batch->count; i++)
        google_ingest_write(json, batch->arena, settings, batch->events[i],
                            google_consent_read(batch, i));
    json_close(json, ']');
    json_close(json, '}');
}

static void encode_ingest(const struct settings *settings, const struct batch *batch,
                          struct http_call *ret_call, struct buf *body)
{
    const struct google_memory *memory = batch->memory;
    const struct google_settings *google = google_own(settings);
    struct http_header *headers = arena_array(batch->arena, struct http_header, 3);
    unsigned count = 0;
    headers[count++] = (struct http_header){
        SPAN("Authorization"), arena_print(batch->arena, "Bearer %s", memory ? memory->token : "")};
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    if (!span_empty(google->quota_project))
        headers[count++] = (struct http_header){SPAN("X-Goog-User-Project"), google->quota_project};
    struct json json;
    json_start(&json, body);
    write_body(&json, settings, batch);
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(batch->arena, "%.*s/%.*s/events:ingest", SPAN_ARG(settings->base_url),
                           SPAN_ARG(settings->api_version)),
        .headers = headers,
        .header_count = count,
    };
}

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    struct http_call call;
    struct buf body;
    buf_init(&body, BODY_CEILING);
    if (google_is_ads(settings))
        google_upload_encode(settings, batch, validates_only(settings, batch), &call, &body);
    else
        encode_ingest(settings, batch, &call, &body);
    call.body = buf_ok(&body) ? arena_copy(batch->arena, buf_span(&body)) : (span){0};
    *ret_call = call;
    buf_done(&body);
}

/* ---- judge (contract 2.4) -----------------------------------------------------------------------
 */

static const struct {
    const char *status;
    enum verdict verdict;
} statuses[] = {
    {"UNAVAILABLE", VERDICT_RETRY},
    {"DEADLINE_EXCEEDED", VERDICT_RETRY},
    {"RESOURCE_EXHAUSTED", VERDICT_RETRY},
    {"INTERNAL", VERDICT_RETRY},
    {"ABORTED", VERDICT_RETRY},
    {"UNKNOWN", VERDICT_RETRY},
    {"CANCELLED", VERDICT_RETRY},
    {"INVALID_ARGUMENT", VERDICT_SPLIT},
    {"OUT_OF_RANGE", VERDICT_SPLIT},
    {"PERMISSION_DENIED", VERDICT_PAUSED},
    {"NOT_FOUND", VERDICT_PAUSED},
    {"UNIMPLEMENTED", VERDICT_PAUSED},
    {"UNAUTHENTICATED", VERDICT_PAUSED},
};

/* Wrong in the account or the config: no row is to blame. */
static const char *const account_reasons[] = {
    "INVALID_CONVERSION_ACTION_ID",
    "INVALID_CONVERSION_ACTION_TYPE",
    "OPERATING_ACCOUNT_LOGIN_ACCOUNT_MISMATCH",
    "DESTINATION_ACCOUNT_ENHANCED_CONVERSIONS_TERMS_NOT_SIGNED",
    "DESTINATION_ACCOUNT_DATA_POLICY_PROHIBITS_ENHANCED_CONVERSIONS",
    "NOT_ALLOWLISTED",
    "TOO_MANY_DESTINATIONS",
    "DUPLICATE_DESTINATION_REFERENCE",
};

static bool is_account(const struct json_value *violation)
{
    span reason = json_get_text(violation, "reason");
    for (size_t i = 0; i < COUNT_OF(account_reasons); i++)
        if (span_is(reason, account_reasons[i]))
            return true;
    return span_starts(json_get_text(violation, "field"), "destinations");
}

/* "events[3].user_data.…": 3. */
static bool row_of(span field, unsigned count, unsigned *ret_row)
{
    static const char start[] = "events[";
    size_t from = sizeof start - 1, end = span_find(field, 0, ']');
    int64_t row;
    if (!span_starts(field, start) || end == field.len ||
        span_int(span_sub(field, from, end - from), &row) != OK || row < 0 || row >= count)
        return false;
    *ret_row = (unsigned)row;
    return true;
}

static const struct json_value *violations_of(const struct json_value *error)
{
    const struct json_value *details = json_get(error, "details");
    for (const struct json_value *d = details ? details->first : NULL; d; d = d->next)
        if (json_get(d, "fieldViolations"))
            return json_get(d, "fieldViolations");
    return NULL;
}

/* The path's last member is what people can read; all of it would be masked as a token. */
static struct named_row name_row(struct arena *arena, const struct json_value *violation,
                                 unsigned row)
{
    span reason = json_get_text(violation, "reason"), path = json_get_text(violation, "field");
    span member = path, part;
    while (span_split(&path, '.', &part))
        member = part;
    span words = arena_print(arena, "%.*s: %.*s", SPAN_ARG(member),
                             SPAN_ARG(json_get_text(violation, "description")));
    return (struct named_row){
        .index = row,
        .code = span_empty(reason) ? SPAN("INVALID_ARGUMENT") : arena_copy(arena, reason),
        .message = verdict_words(arena, words),
    };
}

/* The first violation of each row, by row. */
static void judge_rows(const struct batch *batch, const struct json_value *violations,
                       struct judgement *judgement)
{
    struct named_row *rows = arena_array(batch->arena, struct named_row, batch->count);
    bool *seen = arena_array(batch->arena, bool, batch->count);
    const struct json_value *first = violations->first;
    for (const struct json_value *v = first; v; v = v->next) {
        unsigned row;
        if (is_account(v)) {
            judgement->verdict = VERDICT_PAUSED;
            first = v;
            break;
        }
        if (row_of(json_get_text(v, "field"), batch->count, &row) && !seen[row]) {
            seen[row] = true;
            rows[row] = name_row(batch->arena, v, row);
        }
    }
    struct named_row said = name_row(batch->arena, first, 0);
    judgement->code = said.code;
    judgement->message = said.message;
    if (judgement->verdict != VERDICT_SPLIT)
        return;
    for (unsigned i = 0; i < batch->count; i++)
        if (seen[i])
            rows[judgement->row_count++] = rows[i];
    judgement->rows = rows;
}

/* RetryInfo: {"retryDelay":"30s"}, fractions possible. */
static int64_t retry_delay(const struct json_value *error)
{
    const struct json_value *details = json_get(error, "details");
    for (const struct json_value *d = details ? details->first : NULL; d; d = d->next) {
        span delay = json_get_text(d, "retryDelay");
        int64_t seconds;
        size_t whole = span_find(delay, 0, '.');
        if (whole == delay.len && span_ends(delay, "s"))
            whole--;
        if (span_empty(delay) || span_int(span_sub(delay, 0, whole), &seconds) != OK || seconds < 0)
            continue;
        return seconds >= DAY_MS / SECOND_MS ? DAY_MS
                                             : (seconds + (whole + 1 < delay.len)) * SECOND_MS;
    }
    return 0;
}

static void judge_token(const struct batch *batch, struct judgement *judgement)
{
    struct google_memory *memory = batch->memory;
    bool again = google_errands_unauthorized(memory, batch->now);
    judgement->verdict = VERDICT_PAUSED;
    if (again && !(batch->amend & AMEND_TOKEN)) {
        judgement->verdict = VERDICT_AMEND;
        judgement->amend = AMEND_TOKEN;
    }
}

static void judge_error(const struct batch *batch, const struct http_response *response,
                        const struct json_value *error, struct judgement *judgement)
{
    span status = json_get_text(error, "status");
    const struct json_value *violations = violations_of(error);
    if (!span_empty(status))
        judgement->code = arena_copy(batch->arena, status);
    else if (span_empty(judgement->code)) /* an error in a 2xx that does not say which */
        judgement->code = SPAN("unknown_error");
    judgement->message = verdict_words(batch->arena, json_get_text(error, "message"));
    if (judgement->verdict == VERDICT_DELIVERED || judgement->verdict == VERDICT_REFUSED)
        judgement->verdict = VERDICT_SPLIT; /* an error we do not know */
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (span_is(status, statuses[i].status))
            judgement->verdict = statuses[i].verdict;
    if (judgement->verdict == VERDICT_RETRY) {
        int64_t delay = retry_delay(error);
        if (delay == 0 && span_is(status, "RESOURCE_EXHAUSTED"))
            delay = MINUTE_MS; /* the quota's window */
        if (delay > judgement->retry_after_ms)
            judgement->retry_after_ms = delay;
    } else {
        judgement->retry_after_ms = 0;
    }
    if (judgement->verdict == VERDICT_SPLIT && violations && violations->first)
        judge_rows(batch, violations, judgement);
    if (span_is(status, "UNAUTHENTICATED") || response->status == 401)
        judge_token(batch, judgement);
}

/* 2xx, and no error in it. */
static void judge_taken(const struct settings *settings, const struct batch *batch,
                        const struct json_value *root, struct judgement *judgement)
{
    const struct json_value *warnings = json_get(root, "fieldWarnings");
    span request = json_get_text(root, "requestId");
    bool ads = google_is_ads(settings);
    if (ads ? !json_get(root, "results") && !json_get(root, "partialFailureError")
            : span_empty(request)) {
        judgement->verdict = VERDICT_RETRY; /* not Google; a copy does no harm */
        judgement->code = SPAN("unexpected_answer");
        return;
    }
    if (warnings && warnings->first)
        judgement->code = json_get_text(warnings->first, "reason");
    if (validates_only(settings, batch)) /* no status is kept of these */
        request = (span){0};
    google_errands_accepted(batch->memory, batch->id, request, batch->now);
}

/* No error of Google's shape. */
static void judge_unread(const struct batch *batch, const struct http_response *response,
                         struct judgement *judgement)
{
    if (span_starts(span_trim(response->body), "<"))
        judgement->verdict = VERDICT_RETRY; /* a web page: a proxy or an outage, not the API */
    else if (response->status == 401)
        judge_token(batch, judgement);
    else if (response->status == 404)
        judgement->verdict = VERDICT_PAUSED;
    else if (judgement->verdict == VERDICT_REFUSED)
        judgement->verdict = VERDICT_SPLIT;
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    const struct json_value *root = NULL;
    struct judgement judgement;
    verdict_by_status(response, batch->now, &judgement);
    if (response->status <= 0 || span_empty(response->body) ||
        json_parse(batch->arena, response->body, &root, NULL) != OK)
        root = NULL;
    const struct json_value *error = json_get(root, "error");
    if (error && error->kind == JSON_OBJECT)
        judge_error(batch, response, error, &judgement);
    else if (judgement.verdict == VERDICT_DELIVERED)
        judge_taken(settings, batch, root, &judgement);
    else
        judge_unread(batch, response, &judgement);
    if (google_is_ads(settings) && response->status != 401)
        google_upload_judge(batch, root, &judgement);
    if (judgement.verdict == VERDICT_SPLIT && batch->count == 1)
        judgement.verdict = VERDICT_REFUSED;
    *ret_judgement = judgement;
}

/* ---- the struct ---------------------------------------------------------------------------------
 */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        row(arg, names_text(names[i].ours), names[i].theirs, names[i].remark);
    google_ingest_describe(row, arg);
}

static void describe_answers(void (*row)(void *arg, const char *code, const char *verdict,
                                         const char *remark),
                             void *arg)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        row(arg, statuses[i].status, verdict_text(statuses[i].verdict),
            statuses[i].verdict == VERDICT_SPLIT ? "only the rows it names are refused" : "");
    for (size_t i = 0; i < COUNT_OF(account_reasons); i++)
        row(arg, account_reasons[i], verdict_text(VERDICT_PAUSED), "of the account, not of a row");
    google_upload_describe(row, arg);
}

/* The click window, an hour less; an adjustment's is counted from its order, and the Google Ads API
   takes it for 55 days (contract 2.6). Never 0, which would be any. */
static int64_t max_age(const struct settings *settings, const struct event *event)
{
    bool placed = google_ingest_placed(event);
    int64_t most = (google_is_ads(settings) && !placed ? 55 : 90) * DAY_MS - HOUR_MS;
    if (!placed && event->order.created_at > 0 && event->order.created_at < event->at)
        most -= event->at - event->order.created_at;
    return most > 0 ? most : 1;
}

/* Adjustments are a method of their own in the Google Ads API. */
static unsigned lane_of(const struct settings *settings, const struct event *event)
{
    return google_is_ads(settings) && !google_ingest_placed(event) ? 1 : 0;
}

/* Google counts the requests of a Cloud project (contract 2.4). Its number begins an OAuth client's
   id, its name stands in a key file. */
static uint64_t quota(const struct settings *settings, struct arena *arena)
{
    const struct google_settings *google = google_own(settings);
    const struct json_value *file = NULL;
    span project = google->quota_project;
    if (span_empty(project) && !span_empty(google->service_account) &&
        json_parse(arena, google->service_account, &file, NULL) == OK)
        project = json_get_text(file, "project_id");
    if (span_empty(project))
        project = span_sub(google->client_id, 0, span_find(google->client_id, 0, '-'));
    return hash_quick(project) | 1;
}

static const struct lane lanes[] = {
    {.name = "conversions",
     .events = BATCH_CEILING, /* of 2000 */
     .bytes = 200 * KIB,
     .per_minute = 300,
     .linger = true},
    {.name = "adjustments",
     .events = BATCH_CEILING,
     .bytes = 200 * KIB,
     .per_minute = 300,
     .linger = true},
    {.name = NULL},
};

const struct destination destination_google = {
    .name = "google",
    .title = "Google Ads (Data Manager API)",
    .follows = "Data Manager API v1, developers.google.com/data-manager/api, of 2026-10",
    .host = "https://datamanager.googleapis.com",
    .api_version = "v1",
    .settings_size = sizeof(struct google_settings),
    .options = options,
    .audience = AUDIENCE_ADS,
    .asks = CONSENT_FOR_MARKETING,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = 90 * DAY_MS - HOUR_MS, /* the longest click window */
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = INT64_MAX,
    .restates = true,
    .nameless = true,
    .lanes = lanes,
    .validates = true,
    .memory_size = sizeof(struct google_memory),
    .recall_ms = GOOGLE_POLL_LAST_MS,
    .rename = rename_event,
    .max_age = max_age,
    .quota = quota,
    .lane = lane_of,
    .unfit = google_ingest_unfit,
    .encode = encode,
    .judge = judge,
    .ready = google_errands_ready,
    .errand = google_errands_next,
    .errand_answer = google_errands_answer,
    .recall = google_errands_recall,
    .setup = &google_setup,
    .describe = describe,
    .describe_answers = describe_answers,
};
