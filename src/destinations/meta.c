/*
 * Meta Conversions API.
 *
 * One POST carries up to 1,000 events and is accepted or refused as a whole: one bad event fails
 * its neighbours, so a 400 means SPLIT, not REFUSED, until a single event is left. The browser's
 * pixel may send the same event; Meta knows a copy by (event_name, event_id) for 48 hours, so the
 * id is the event's own and never made up here.
 *
 * The token travels in the body, not in the URL, so that no proxy's access log ever has it. Meta's
 * error codes are trusted, its HTTP statuses are not: bad tokens have come as 500 and throttles as
 * 400. Ages are held by `max_age_ms` before batching, because a single event of seven days makes
 * Meta throw away the whole request.
 */
#include "meta.h"

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "list.h"
#include "page.h"

#include <assert.h>

#define BODY_CEILING (64 * MIB) /* Meta states none; the lane's bytes keep us far below */
#define NAME_CHARS   50u        /* of a custom event */
#define PARTNER      "sidetrack-" SIDETRACK_VERSION
static_assert(sizeof PARTNER - 1 <= 23, "partner_agent has at most 23 characters");
static_assert(offsetof(struct meta_settings, common) == 0, "settings are handed around as common");

/* ---- settings and options -------------------------------------------------------------------- */

static const struct option_word refunds[] = {
    {"ignore", META_REFUNDS_IGNORE},
    {"custom", META_REFUNDS_CUSTOM},
    {NULL, 0},
};
static const struct option options[] = {
    {"pixel_id", "Dataset (pixel) id, from Events Manager", OPTION_TEXT,
     offsetof(struct meta_settings, pixel_id), .required = true},
    {"access_token", "Conversions API token of that dataset", OPTION_TEXT,
     offsetof(struct meta_settings, access_token), .required = true, .secret = true},
    {"app_secret", "Adds appsecret_proof, where the app demands it", OPTION_TEXT,
     offsetof(struct meta_settings, app_secret), .secret = true},
    {"refunds", "custom: refunds go out as the custom event Refund", OPTION_WORD,
     offsetof(struct meta_settings, refunds), .otherwise = "ignore", .words = refunds},
    {"ldu_states", "US states of Limited Data Use with Meta's numbers; elsewhere Meta locates",
     OPTION_TEXT, offsetof(struct meta_settings, ldu_states),
     .otherwise = "CA=1000,CO=1001,CT=1002,FL=1003,OR=1004,TX=1005,MT=1006"},
    {.name = NULL},
};

static const struct meta_settings *own(const struct settings *settings)
{
    return (const struct meta_settings *)(const void *)settings;
}

/* ---- names ------------------------------------------------------------------------------------
 */

static const struct {
    enum event_name ours;
    const char *theirs, *remark;
} names[] = {
    {EVENT_PAGE_VIEWED, "PageView", ""},
    {EVENT_PRODUCT_VIEWED, "ViewContent", ""},
    {EVENT_COLLECTION_VIEWED, "ViewContent", "content_type product_group"},
    {EVENT_SEARCH_SUBMITTED, "Search", ""},
    {EVENT_PRODUCT_ADDED_TO_CART, "AddToCart", ""},
    {EVENT_PRODUCT_REMOVED_FROM_CART, "RemoveFromCart", "custom event"},
    {EVENT_CART_VIEWED, "ViewCart", "custom event"},
    {EVENT_CHECKOUT_STARTED, "InitiateCheckout", ""},
    {EVENT_PAYMENT_SUBMITTED, "AddPaymentInfo", ""},
    {EVENT_ORDER_PLACED, "Purchase", "needs value and currency"},
    {EVENT_SUBSCRIBED, "Lead", ""},
    {EVENT_SUBSCRIPTION_STARTED, "Subscribe", ""},
    {EVENT_ACCOUNT_CREATED, "CompleteRegistration", ""},
    {EVENT_PRODUCT_ADDED_TO_WISHLIST, "AddToWishlist", ""},
    {EVENT_ORDER_REFUNDED, "Refund", "custom event, only with refunds: custom"},
};

static size_t characters(span text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static span rename_event(const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_CUSTOM)
        return characters(event->name_text) <= NAME_CHARS ? event->name_text : (span){0};
    if (event->name == EVENT_ORDER_REFUNDED && own(settings)->refunds != META_REFUNDS_CUSTOM)
        return (span){0};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return span_of(names[i].theirs);
    return (span){0};
}

static const char *unfit(const struct settings *settings, const struct event *event, bool limited,
                         struct arena *arena)
{
    if (event->name == EVENT_ORDER_PLACED) {
        struct sale sale;
        sale_read(arena, settings, event, &sale);
        if (!sale.value.given)
            return "no_value"; /* 100/2804009 */
    }
    /* A website event needs its page; a shop that has a host always has one. */
    if (settings->shop->hosts.count == 0 && span_empty(page_of(arena, settings, event)))
        return "no_page";
    return meta_unmatched(arena, event, limited);
}

/* ---- shapes (user_data, custom_data: meta_shapes.c) ---------------------------------------------
 */

static const struct field event_fields[] = {
    FIELD("event_id", id),
    FIELDS_END,
};

static void write_event(struct json *json, const struct settings *settings,
                        const struct batch *batch, unsigned index)
{
    struct arena *arena = batch->arena;
    const struct event *event = batch->events[index];
    bool limited = batch->limited && batch->limited[index];
    json_open(json, NULL, '{');
    json_put_text(json, "event_name", rename_event(settings, event));
    json_put_int(json, "event_time", event->at / SECOND_MS);
    field_write(json, arena, event, event_fields);
    json_put_text(json, "action_source", SPAN("website"));
    span page = page_of(arena, settings, event);
    span referrer = page_clean(arena, event->client.referrer);
    if (limited) { /* a click id in the query would be an identifier again */
        page = url_bare(page);
        referrer = url_bare(referrer);
    }
    if (!span_empty(page))
        json_put_text(json, "event_source_url", page);
    if (!span_empty(referrer))
        json_put_text(json, "referrer_url", referrer);
    if (limited || (batch->opted_out && batch->opted_out[index]))
        meta_write_privacy(json, own(settings)->ldu_states, event);
    meta_write_user(json, arena, event, limited);
    meta_write_custom(json, arena, settings, event);
    json_close(json, '}');
}

/* ---- encode -------------------------------------------------------------------------------------
 */

static void write_body(struct json *json, const struct settings *settings,
                       const struct batch *batch)
{
    const struct meta_settings *meta = own(settings);
    json_open(json, NULL, '{');
    json_put_text(json, "access_token", meta->access_token);
    if (!span_empty(meta->app_secret)) {
        uint8_t proof[HASH_SIZE];
        hash_hmac_sha256(meta->app_secret, meta->access_token, proof);
        json_put_text(json, "appsecret_proof", hash_to_hex(batch->arena, proof, sizeof proof));
    }
    json_put_text(json, "partner_agent", SPAN(PARTNER));
    /* A code in the config is the merchant looking at Test Events: it goes along in live mode too.
     */
    if (!span_empty(settings->test_code))
        json_put_text(json, "test_event_code", settings->test_code);
    json_open(json, "data", '[');
    for (unsigned i = 0; i < batch->count; i++)
        write_event(json, settings, batch, i);
    json_close(json, ']');
    json_close(json, '}');
}

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    static const struct http_header headers[] = {{SPAN("Content-Type"), SPAN("application/json")}};
    struct buf body;
    struct json json;
    buf_init(&body, BODY_CEILING);
    json_start(&json, &body);
    write_body(&json, settings, batch);
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(batch->arena, "%.*s/%.*s/%.*s/events", SPAN_ARG(settings->base_url),
                           SPAN_ARG(settings->api_version), SPAN_ARG(own(settings)->pixel_id)),
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .body = buf_ok(&body) ? arena_copy(batch->arena, buf_span(&body)) : (span){0},
    };
    buf_done(&body);
}

/* ---- judge --------------------------------------------------------------------------------------
 */

/* Contract 1.12. The first row that fits decides; subcode 0 fits any. */
static const struct {
    int64_t from, to, subcode;
    enum verdict verdict;
    int64_t wait_ms;
    const char *what;
} errors[] = {
    {1, 2, 0, VERDICT_RETRY, 0, "unknown, temporarily unavailable"},
    {3, 3, 0, VERDICT_PAUSED, 0, "no capability"},
    {4, 4, 0, VERDICT_RETRY, MINUTE_MS, "throttles: app"},
    {10, 10, 0, VERDICT_PAUSED, 0, "permission"},
    {17, 17, 0, VERDICT_RETRY, MINUTE_MS, "user"},
    {32, 32, 0, VERDICT_RETRY, MINUTE_MS, "page"},
    {100, 100, 33, VERDICT_PAUSED, 0, "the dataset is missing or not ours"},
    {100, 100, 0, VERDICT_SPLIT, 0, "an event is wrong, or too old"},
    {190, 190, 0, VERDICT_PAUSED, 0, "the token"},
    {200, 299, 0, VERDICT_PAUSED, 0, "permissions"},
    {341, 341, 0, VERDICT_RETRY, MINUTE_MS, "application limit"},
    {368, 368, 0, VERDICT_RETRY, HOUR_MS, "blocked for policy: slowly"},
    {613, 613, 0, VERDICT_RETRY, MINUTE_MS, "calls"},
    {5000, 5000, 0, VERDICT_RETRY, 0, "unknown"},
    {21009, 21009, 0, VERDICT_RETRY, 0, "data set not ready"},
    {80000, 80014, 0, VERDICT_RETRY, MINUTE_MS, "business use case"},
};

/* X-Business-Use-Case-Usage: {"<id>":[{"estimated_time_to_regain_access":minutes, …}, …], …};
   X-App-Usage: one such object by itself. */
static int64_t most_minutes(const struct json_value *value)
{
    int64_t most = 0;
    if (value->kind == JSON_OBJECT)
        most = json_get_int(value, "estimated_time_to_regain_access", 0);
    for (const struct json_value *child = value->first; child; child = child->next) {
        int64_t minutes = most_minutes(child);
        most = minutes > most ? minutes : most;
    }
    return most;
}

static int64_t regain_ms(struct arena *arena, const struct http_response *response)
{
    static const char *const hints[] = {"x-business-use-case-usage", "x-app-usage"};
    int64_t most = 0;
    for (unsigned i = 0; i < COUNT_OF(hints); i++) {
        span header = http_response_header(response, hints[i]);
        const struct json_value *root;
        if (span_empty(header) || json_parse(arena, header, &root, NULL) != OK)
            continue;
        int64_t minutes = most_minutes(root);
        most = minutes > most ? minutes : most;
    }
    return most > DAY_MS / MINUTE_MS ? DAY_MS : most * MINUTE_MS;
}

static void judge_error(const struct batch *batch, const struct http_response *response,
                        const struct json_value *error, struct judgement *judgement)
{
    int64_t code = json_get_int(error, "code", 0);
    int64_t subcode = json_get_int(error, "error_subcode", 0);
    span message = json_get_text(error, "message");
    span title = json_get_text(error, "error_user_title");

    verdict_by_status(response, batch->now, judgement);
    if (judgement->verdict == VERDICT_DELIVERED || judgement->verdict == VERDICT_REFUSED)
        judgement->verdict = VERDICT_SPLIT; /* an error we do not know, in whatever status */
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        if (code < errors[i].from || code > errors[i].to ||
            (errors[i].subcode && errors[i].subcode != subcode))
            continue;
        judgement->verdict = errors[i].verdict;
        if (errors[i].wait_ms > judgement->retry_after_ms)
            judgement->retry_after_ms = errors[i].wait_ms; /* or what Retry-After asks, if more */
        break;
    }
    /* A wrong app_secret comes as 100 too; halving batches would not mend it. */
    for (size_t i = 0; code == 100 && i < message.len; i++)
        if (span_starts(span_sub(message, i, message.len), "appsecret_proof"))
            judgement->verdict = VERDICT_PAUSED;
    if (json_get_bool(error, "is_transient", false) && judgement->verdict != VERDICT_RETRY) {
        judgement->verdict = VERDICT_RETRY;
        judgement->retry_after_ms = 0;
    }
    if (judgement->verdict == VERDICT_SPLIT && batch->count == 1)
        judgement->verdict = VERDICT_REFUSED;
    if (judgement->verdict == VERDICT_RETRY) {
        int64_t regain = regain_ms(batch->arena, response);
        if (regain > judgement->retry_after_ms)
            judgement->retry_after_ms = regain;
    }
    judgement->code =
        subcode ? arena_print(batch->arena, "%lld/%lld", (long long)code, (long long)subcode)
                : arena_print(batch->arena, "%lld", (long long)code);
    judgement->message = verdict_words(
        batch->arena, span_empty(title) ? message
                                        : arena_print(batch->arena, "%.*s: %.*s", SPAN_ARG(title),
                                                      SPAN_ARG(message)));
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    (void)settings;
    const struct json_value *root = NULL;
    struct judgement judgement;
    verdict_by_status(response, batch->now, &judgement);
    bool is_json = response->status > 0 && !span_empty(response->body) &&
                   json_parse(batch->arena, response->body, &root, NULL) == OK;
    const struct json_value *error = is_json ? json_get(root, "error") : NULL;
    if (error && error->kind == JSON_OBJECT) {
        judge_error(batch, response, error, &judgement);
    } else if (judgement.verdict == VERDICT_DELIVERED) {
        int64_t received = json_get_int(is_json ? root : NULL, "events_received", -1);
        if (received < 0) { /* somebody else answered; a copy does no harm, Meta knows event_id */
            judgement.verdict = VERDICT_RETRY;
            judgement.code = SPAN("unexpected_answer");
        } else if (received != (int64_t)batch->count) {
            judgement.code = SPAN("events_received_mismatch");
        }
    } else if (response->status == 413) { /* a proxy that takes less than Meta */
        judgement.verdict = batch->count > 1 ? VERDICT_SPLIT : VERDICT_REFUSED;
    } else if (judgement.verdict == VERDICT_REFUSED) {
        judgement.verdict = VERDICT_RETRY; /* a proxy or an outage: Meta says an error */
    }
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
    row(arg, "custom names", "the same", "up to 50 characters");
    field_describe(event_fields, "", "", row, arg);
    row(arg, "at", "event_time", "seconds");
    row(arg, "client.url, landing, shop", "event_source_url", "without secrets");
    row(arg, "client.referrer", "referrer_url", "without secrets");
    field_describe(meta_person_fields, "who.", "user_data.", row, arg);
    row(arg, "who.customer_id, who.visitor", "user_data.external_id", "normalised, SHA-256");
    field_describe(meta_client_fields, "", "user_data.", row, arg);
    row(arg, "client.fbp", "user_data.fbp", "only when well formed");
    row(arg, "client.fbc", "user_data.fbc",
        "only when well formed; else from the landing's fbclid");
    row(arg, "order.value, value", "custom_data.value", "decimal number");
    row(arg, "order.currency, currency", "custom_data.currency", "upper case");
    row(arg, "order.id", "custom_data.order_id", "");
    row(arg, "query", "custom_data.search_string", "");
    row(arg, "items[] by product_id", "custom_data.content_ids[]", "");
    field_describe(meta_item_fields, "items[].", "custom_data.contents[].", row, arg);
    row(arg, "sale_of_data denied, GPC", "data_processing_options", "LDU with country and state");
}

static void describe_answers(void (*row)(void *arg, const char *code, const char *verdict,
                                         const char *remark),
                             void *arg)
{
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        char code[64];
        int len = snprintf(code, sizeof code, "%lld", (long long)errors[i].from);
        if (errors[i].to != errors[i].from)
            len +=
                snprintf(code + len, sizeof code - (size_t)len, "-%lld", (long long)errors[i].to);
        if (errors[i].subcode)
            snprintf(code + len, sizeof code - (size_t)len, "/%lld", (long long)errors[i].subcode);
        row(arg, code, verdict_text(errors[i].verdict), errors[i].what);
    }
    row(arg, "any other", verdict_text(VERDICT_SPLIT), "down to the event that is to blame");
}

static const struct lane lanes[] = {
    {.name = "events", .events = BATCH_CEILING, .bytes = 200 * KIB, .linger = true},
    {.name = NULL},
};

const struct destination destination_meta = {
    .name = "meta",
    .title = "Meta Conversions API",
    .follows = "Conversions API v26.0, developers.facebook.com/docs/marketing-api/conversions-api",
    .host = "https://graph.facebook.com",
    .api_version = "v26.0",
    .settings_size = sizeof(struct meta_settings),
    .options = options,
    .audience = AUDIENCE_ADS,
    .asks = CONSENT_FOR_MARKETING,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = 7 * DAY_MS - HOUR_MS, /* of 7 days, beyond which the whole request fails */
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = 48 * HOUR_MS,
    .fed = true,
    .lanes = lanes,
    .hashes = true,
    .rename = rename_event,
    .unfit = unfit,
    .encode = encode,
    .judge = judge,
    .setup = &meta_setup,
    .describe = describe,
    .describe_answers = describe_answers,
};
