/*
 * Google Analytics 4, by the Measurement Protocol.
 *
 * A request carries up to 25 events of one visitor and is always answered with 2xx, whatever is in
 * it: a wrong secret, a malformed body and a perfect purchase look the same. So everything that can
 * be wrong is made right before sending (limits are met by cutting), and an answer only says
 * that the request arrived. Test orders go to the debug path, which tells and records nothing.
 *
 * There is no event id. GA knows a copy of a purchase by its transaction_id, and of nothing else:
 * only purchases may be repeated when an answer was lost. For the same reason the default list is
 * the order's life alone; the funnel is for shops whose pages carry no tag of their own.
 *
 * The secret is a query parameter by contract. Nobody logs URLs here, nor may.
 */
#include "../base/clock.h"
#include "analytics.h"
#include "list.h"

#include <assert.h>

static_assert(offsetof(struct analytics_stream, common) == 0,
              "settings are handed around as common");

/* ---- settings and options ---------------------------------------------------------------------
 */

static const struct option options[] = {
    {"measurement_id", "Measurement id of the web stream, G-…", OPTION_TEXT,
     offsetof(struct analytics_stream, measurement_id), .required = true},
    {"api_secret", "Measurement Protocol API secret of that stream", OPTION_TEXT,
     offsetof(struct analytics_stream, api_secret), .required = true, .secret = true},
    {"browser_purchases", "The shop's own tag sends purchases too", OPTION_BOOL,
     offsetof(struct analytics_stream, browser_purchases), .otherwise = "false"},
    {"unattributed", "Orders of buyers GA never saw; default: skip if browser_purchases, else send",
     OPTION_WORD, offsetof(struct analytics_stream, unattributed),
     .words = analytics_unattributed_words},
    {"user_data", "Send hashed user-provided data, where the property allows it", OPTION_BOOL,
     offsetof(struct analytics_stream, user_data), .otherwise = "false"},
    {.name = NULL},
};

/* ---- encode -----------------------------------------------------------------------------------
 */

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    static const struct http_header headers[] = {{SPAN("Content-Type"), SPAN("application/json")}};
    *ret_call = (struct http_call){
        .method = "POST",
        .url =
            arena_join(batch->arena, settings->base_url, analytics_payload_path(settings, batch)),
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .body = analytics_payload(settings, batch),
    };
}

/* ---- judge ------------------------------------------------------------------------------------
 */

/* Google's collector has nothing to say (contract 4.1). Who says something is a portal or a proxy
   with words of its own: purchases go again, GA knows a copy. The rest goes again only where a web
   page answered (analytics_payload_judge), for a refund that did arrive would count twice. */
static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    bool debug = batch->test || settings->mode == OUTLET_VALIDATE;
    analytics_payload_judge(settings, batch, response, ret_judgement);
    if (ret_judgement->verdict == VERDICT_DELIVERED && !debug &&
        analytics_repeatable(settings, batch->events[0]) && !span_empty(span_trim(response->body)))
        *ret_judgement = (struct judgement){.verdict = VERDICT_RETRY,
                                            .code = SPAN("no_collector"),
                                            .message = SPAN("something else than GA answered")};
}

/* ---- the struct -------------------------------------------------------------------------------
 */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    analytics_describe_names(row, arg);
    analytics_describe_payload(row, arg);
}

/* A moment of one visitor: there is nothing to wait for. 130 kB is all GA takes. */
static const struct lane lanes[] = {
    {.name = "visitor", .events = ANALYTICS_EVENTS, .bytes = ANALYTICS_BODY},
    {.name = NULL},
};

const struct destination destination_ga4 = {
    .name = "ga4",
    .title = "Google Analytics 4",
    .follows = "Measurement Protocol (GA4), developers.google.com/analytics",
    .host = "https://www.google-analytics.com",
    .api_version = "mp",
    .settings_size = sizeof(struct analytics_stream),
    .options = options,
    .audience = AUDIENCE_ANALYTICS,
    .events = UINT64_C(1) << EVENT_ORDER_PLACED | UINT64_C(1) << EVENT_ORDER_REFUNDED |
              UINT64_C(1) << EVENT_ORDER_CANCELLED,
    .asks = CONSENT_FOR_ANALYTICS,
    .consent_orders = CONSENT_REQUIRE,
    .max_age_ms = 72 * HOUR_MS,
    .max_ahead_ms = MINUTE_MS,
    .dedup_ms = 24 * HOUR_MS, /* of purchases; longer is not established (contract 4.7) */
    .fed = true,
    .lanes = lanes,
    .validates = true,
    .rename = analytics_rename,
    .repeatable = analytics_repeatable,
    .together = analytics_together,
    .unfit = analytics_unfit,
    .encode = encode,
    .judge = judge,
    .setup = &analytics_setup_ga4,
    .describe = describe,
};
