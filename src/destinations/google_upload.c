/*
 * The Google Ads API (contract 2.1, 2.8, 2.11), for those whose developer token still may: `api:
 * ads`. New integrations are refused since June 2026 and use the Data Manager API.
 *
 * It differs in most of what can be seen: conversions and adjustments are two methods, so two
 * lanes; times have a blank and an offset; people are known by hashed mail and phone only; an
 * order that is worth nothing any more is retracted. The answer comes at once and row by row: 200
 * with a partialFailureError is the usual way to say no. Rows Google has already are as good as
 * delivered; rows that came too early are tried again by themselves, in time; what Google cannot do
 * now keeps the batch; of the rest each gets Google's words and the others stand.
 */
#include "google.h"

#include "list.h"

#include "../base/clock.h"
#include "../base/date.h"
#include "../base/limits.h"

#define HOST    "https://googleads.googleapis.com"
#define VERSION "v25"

/* ---- encode -----------------------------------------------------------------------------------
 */

/* "2026-11-24 16:00:00+00:00" */
static span date_of(struct arena *arena, int64_t ms)
{
    span iso = date_print(arena, ms); /* 2026-11-24T16:00:00Z */
    return arena_print(arena, "%.*s %.*s+00:00", 10, iso.ptr, 8, iso.ptr + 11);
}

static void write_value(struct json *json, struct arena *arena, const char *value,
                        const char *currency, struct money money, span code)
{
    json_put_raw(json, value, money_number(arena, money));
    json_put_text(json, currency, code);
}

static void write_conversion(struct json *json, struct arena *arena,
                             const struct settings *settings, const struct event *event,
                             struct google_consent consent)
{
    struct sale sale;
    struct google_person person;
    span click;
    const char *key = google_ingest_click(arena, event, &click);
    sale_read(arena, settings, event, &sale);
    google_ingest_person(arena, event, &person);
    json_put_text(json, "conversionDateTime", date_of(arena, event->at));
    write_value(json, arena, "conversionValue", "currencyCode", sale.value, sale.currency);
    if (key && consent.user_data)
        json_put_text(json, key, click);
    json_put_text(json, "conversionEnvironment", SPAN("WEB"));
    json_open(json, "consent", '{');
    json_put_text(json, "adUserData", consent.user_data ? SPAN("GRANTED") : SPAN("DENIED"));
    json_put_text(json, "adPersonalization", consent.personal ? SPAN("GRANTED") : SPAN("DENIED"));
    json_close(json, '}');
    if (!consent.user_data || (span_empty(person.email) && span_empty(person.phone)))
        return;
    json_open(json, "userIdentifiers", '[');
    for (unsigned i = 0; i < 2; i++) {
        span hash = i ? person.phone : person.email;
        if (span_empty(hash))
            continue;
        json_open(json, NULL, '{');
        json_put_text(json, i ? "hashedPhoneNumber" : "hashedEmail", hash);
        json_put_text(json, "userIdentifierSource", SPAN("FIRST_PARTY"));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_adjustment(struct json *json, struct arena *arena,
                             const struct settings *settings, const struct event *event)
{
    struct sale sale;
    struct money left = event->adjust.remaining;
    sale_read(arena, settings, event, &sale);
    json_put_text(json, "adjustmentType",
                  left.units > 0 ? SPAN("RESTATEMENT") : SPAN("RETRACTION"));
    json_put_text(json, "adjustmentDateTime", date_of(arena, event->at));
    if (left.units <= 0)
        return;
    json_open(json, "restatementValue", '{');
    write_value(json, arena, "adjustedValue", "currencyCode", left, sale.currency);
    json_close(json, '}');
}

static void write_row(struct json *json, const struct settings *settings, const struct batch *batch,
                      unsigned index, span action)
{
    const struct event *event = batch->events[index];
    json_open(json, NULL, '{');
    json_put_text(json, "conversionAction", action);
    json_put_text(json, "orderId", shop_transaction_id(settings->shop, &event->order));
    if (google_ingest_placed(event))
        write_conversion(json, batch->arena, settings, event, google_consent_read(batch, index));
    else
        write_adjustment(json, batch->arena, settings, event);
    json_close(json, '}');
}

static span url_of(const struct settings *settings, const struct batch *batch, span customer)
{
    bool own_host = !span_is(settings->base_url, destination_google.host);
    bool own_version = !span_is(settings->api_version, destination_google.api_version);
    return arena_print(batch->arena, "%.*s/%.*s/customers/%.*s:%s",
                       SPAN_ARG(own_host ? settings->base_url : SPAN(HOST)),
                       SPAN_ARG(own_version ? settings->api_version : SPAN(VERSION)),
                       SPAN_ARG(customer),
                       google_ingest_placed(batch->events[0]) ? "uploadClickConversions"
                                                              : "uploadConversionAdjustments");
}

void google_upload_encode(const struct settings *settings, const struct batch *batch,
                          bool validate_only, struct http_call *ret_call, struct buf *body)
{
    const struct google_settings *google = google_own(settings);
    const struct google_memory *memory = batch->memory;
    struct arena *arena = batch->arena;
    span customer = google_digits(arena, google->customer_id);
    span action = arena_print(arena, "customers/%.*s/conversionActions/%.*s", SPAN_ARG(customer),
                              SPAN_ARG(google->conversion_action));
    struct http_header *headers = arena_array(arena, struct http_header, 4);
    unsigned count = 0;
    headers[count++] = (struct http_header){
        SPAN("Authorization"), arena_print(arena, "Bearer %s", memory ? memory->token : "")};
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    headers[count++] = (struct http_header){SPAN("developer-token"), google->developer_token};
    if (!span_empty(google->login_customer_id))
        headers[count++] = (struct http_header){SPAN("login-customer-id"),
                                                google_digits(arena, google->login_customer_id)};
    struct json json;
    json_start(&json, body);
    json_open(&json, NULL, '{');
    json_put_bool(&json, "partialFailure", true);
    json_put_bool(&json, "validateOnly", validate_only);
    json_open(&json,
              google_ingest_placed(batch->events[0]) ? "conversions" : "conversionAdjustments",
              '[');
    for (unsigned i = 0; i < batch->count; i++)
        write_row(&json, settings, batch, i, action);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    *ret_call = (struct http_call){.method = "POST",
                                   .url = url_of(settings, batch, customer),
                                   .headers = headers,
                                   .header_count = count};
}

/* ---- judge ------------------------------------------------------------------------------------
 */

/* EARLY: this row alone, after so long; LATER: the batch, after the usual back-off. */
enum row_class { ROW_BAD, ROW_DONE, ROW_EARLY, ROW_LATER, ROW_ACCOUNT };
static const struct {
    const char *code;
    enum row_class class_;
    int64_t wait_ms;
} codes[] = {
    {"ORDER_ID_ALREADY_IN_USE", ROW_DONE},
    {"DUPLICATE_ORDER_ID", ROW_DONE},
    {"CLICK_CONVERSION_ALREADY_EXISTS", ROW_DONE},
    {"CLICK_NOT_FOUND", ROW_DONE}, /* no ad brought this buyer */
    {"CONVERSION_ALREADY_RETRACTED", ROW_DONE},
    {"RESTATEMENT_ALREADY_EXISTS", ROW_DONE},
    {"CONVERSION_ALREADY_ENHANCED", ROW_DONE},
    {"TOO_RECENT_EVENT", ROW_EARLY, 6 * HOUR_MS},
    {"TOO_RECENT_CONVERSION_ACTION", ROW_EARLY, 6 * HOUR_MS},
    {"CONVERSION_NOT_FOUND", ROW_EARLY, HOUR_MS}, /* a day at most */
    {"RESOURCE_TEMPORARILY_EXHAUSTED", ROW_LATER},
    {"EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", ROW_LATER},
    {"RESOURCE_EXHAUSTED", ROW_LATER},
    {"INTERNAL_ERROR", ROW_LATER},
    {"TRANSIENT_ERROR", ROW_LATER},
    {"CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE", ROW_ACCOUNT},
    {"DEVELOPER_TOKEN_NOT_APPROVED", ROW_ACCOUNT},
    {"USER_PERMISSION_DENIED", ROW_ACCOUNT},
    {"INVALID_CONVERSION_ACTION", ROW_ACCOUNT},
    {"INVALID_CONVERSION_ACTION_TYPE", ROW_ACCOUNT},
};

/* {"errorCode":{"conversionUploadError":"CLICK_NOT_FOUND"}}: the word, whatever its class. */
static span code_of(const struct json_value *error)
{
    const struct json_value *code = json_get(error, "errorCode");
    return code && code->first ? json_text(code->first) : (span){0};
}

static enum row_class class_of(span code, int64_t *ret_wait_ms)
{
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (span_is(code, codes[i].code)) {
            *ret_wait_ms = codes[i].wait_ms;
            return codes[i].class_;
        }
    return ROW_BAD;
}

/* A conversion that Google does not find within a day it never got: nothing is there to adjust. */
static bool is_in_vain(const struct event *event, span code, int64_t now)
{
    return span_is(code, "CONVERSION_NOT_FOUND") && now - event->at > DAY_MS;
}

/* The list of a GoogleAdsFailure among the details of a status. */
static const struct json_value *errors_of(const struct json_value *status)
{
    const struct json_value *details = json_get(status, "details");
    for (const struct json_value *d = details ? details->first : NULL; d; d = d->next)
        if (json_get(d, "errors"))
            return json_get(d, "errors");
    return NULL;
}

/* Which row it is about; false: none, or none that we sent. */
static bool row_of(const struct json_value *error, unsigned count, unsigned *ret_row)
{
    const struct json_value *path = json_path(error, "location.fieldPathElements");
    int64_t row = json_get_int(path ? path->first : NULL, "index", -1);
    if (row < 0 || row >= count)
        return false;
    *ret_row = (unsigned)row;
    return true;
}

/* The worst of what is said of each row decides; errors of no row are about all of it. */
static void judge_rows(const struct batch *batch, const struct json_value *errors,
                       struct judgement *judgement)
{
    struct named_row *rows = arena_array(batch->arena, struct named_row, batch->count);
    bool later = false, *bad = arena_array(batch->arena, bool, batch->count);
    judgement->verdict = VERDICT_DELIVERED;
    for (const struct json_value *e = errors->first; e; e = e->next) {
        unsigned row = 0;
        span code = arena_copy(batch->arena, code_of(e));
        int64_t wait = 0;
        enum row_class class_ = class_of(code, &wait);
        bool named = row_of(e, batch->count, &row);
        if (class_ == ROW_EARLY && !named)
            class_ = ROW_LATER;
        else if (class_ == ROW_EARLY && is_in_vain(batch->events[row], code, batch->now))
            class_ = ROW_BAD;
        judgement->code = code;
        judgement->message = verdict_words(batch->arena, json_get_text(e, "message"));
        if (class_ == ROW_ACCOUNT) {
            judgement->verdict = VERDICT_PAUSED;
            return;
        }
        later |= class_ == ROW_LATER;
        if (class_ == ROW_BAD && !named) {
            judgement->verdict = batch->count == 1 ? VERDICT_REFUSED : VERDICT_SPLIT;
            return;
        }
        if (class_ == ROW_BAD && (!bad[row] || rows[row].later_ms > 0))
            rows[row] = (struct named_row){row, code, judgement->message, 0};
        else if (class_ == ROW_EARLY && !bad[row])
            rows[row] = (struct named_row){row, code, judgement->message, wait};
        bad[row] |= class_ == ROW_BAD || class_ == ROW_EARLY;
    }
    for (unsigned i = 0; i < batch->count; i++)
        if (bad[i])
            rows[judgement->row_count++] = rows[i];
    judgement->rows = rows;
    if (judgement->row_count > 0 && batch->count == 1 && rows[0].later_ms == 0)
        judgement->verdict = VERDICT_REFUSED;
    else if (judgement->row_count > 0)
        judgement->verdict = later ? VERDICT_SPLIT : VERDICT_DELIVERED;
    else if (later)
        judgement->verdict = VERDICT_RETRY; /* Google knows the others' copies by their order id */
}

/* quotaErrorDetails.retryDelay of the first error that has one: "30s". */
static int64_t quota_delay(const struct json_value *errors)
{
    for (const struct json_value *e = errors->first; e; e = e->next) {
        span delay = json_get_text(json_path(e, "details.quotaErrorDetails"), "retryDelay");
        int64_t seconds;
        if (span_ends(delay, "s") && span_int(span_sub(delay, 0, delay.len - 1), &seconds) == OK &&
            seconds > 0)
            return seconds < DAY_MS / SECOND_MS ? seconds * SECOND_MS : DAY_MS;
    }
    return 0;
}

void google_upload_judge(const struct batch *batch, const struct json_value *answer,
                         struct judgement *judgement)
{
    const struct json_value *partial = json_get(answer, "partialFailureError");
    const struct json_value *errors = errors_of(partial ? partial : json_get(answer, "error"));
    if (!errors)
        return;
    int64_t asked = judgement->retry_after_ms;
    judge_rows(batch, errors, judgement);
    judgement->retry_after_ms = 0;
    if (judgement->verdict == VERDICT_RETRY) {
        int64_t delay = quota_delay(errors);
        judgement->retry_after_ms = delay > asked ? delay : asked;
    }
}

void google_upload_describe(void (*row)(void *arg, const char *code, const char *verdict,
                                        const char *remark),
                            void *arg)
{
    static const enum verdict verdicts[] = {[ROW_DONE] = VERDICT_DELIVERED,
                                            [ROW_EARLY] = VERDICT_RETRY,
                                            [ROW_LATER] = VERDICT_RETRY,
                                            [ROW_ACCOUNT] = VERDICT_PAUSED,
                                            [ROW_BAD] = VERDICT_REFUSED};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        row(arg, codes[i].code, verdict_text(verdicts[codes[i].class_]),
            codes[i].class_ != ROW_EARLY      ? "of a row, api: ads"
            : codes[i].wait_ms >= 6 * HOUR_MS ? "of a row, api: ads; that row, after 6 hours"
                                              : "of a row, api: ads; that row, hourly for a day");
    row(arg, "any other", verdict_text(VERDICT_REFUSED), "of a row, api: ads");
}
