/*
 * Klaviyo's Events API.
 *
 * Klaviyo answers 202 and works later: after it a bulk job fails silently, event by event. So what
 * matters by itself (orders, checkouts, sign-ups) goes singly, where a wrong field is answered with
 * 400; only browsing and backfill go in bulk, grouped by person. A repeated (metric, profile,
 * unique_id) is known for ever, so anything may be sent twice without harm.
 *
 * A metric is known by its name and its service: our "Placed Order" is not the one of Klaviyo's own
 * Shopify app, and a flow that listens to both would fire twice. With `native_integration` (the
 * default) only what that app lacks is sent: backfilled browsing, sign-ups, the merchant's own
 * events.
 *
 * One order is 1 + lines requests: Placed Order, then an Ordered Product per line.
 */
#include "klaviyo.h"

#include "../base/clock.h"
#include "../base/limits.h"
#include "list.h"

#include <assert.h>

#define BODY_CEILING     (64 * MIB)  /* what is over a lane's bytes is halved, not sent */
#define SINGLE_BYTES     5000000u    /* contract 6.1 */
#define BULK_BYTES       (400 * KIB) /* 150 jobs a minute: better fewer and larger than elsewhere */
#define METRIC_BYTES     128u
#define FRESH_CONSENT_MS DAY_MS
static_assert(offsetof(struct klaviyo_settings, common) == 0, "settings are handed as common");

enum lane_index { LANE_SINGLE, LANE_BULK, LANE_LIST };

/* ---- settings and options ------------------------------------------------------------------- */

static const struct option options[] = {
    {"private_key", "Private API key with events:write, profiles:write, subscriptions:write",
     OPTION_TEXT, offsetof(struct klaviyo_settings, private_key), .required = true, .secret = true},
    {"native_integration", "Klaviyo's Shopify app is on: send only what it lacks", OPTION_BOOL,
     offsetof(struct klaviyo_settings, native_integration), .otherwise = "true"},
    {"active_on_site", "Send page views as site activity, where klaviyo.js does not run",
     OPTION_BOOL, offsetof(struct klaviyo_settings, active_on_site), .otherwise = "false"},
    {"list", "List that `subscribed` joins, given marketing consent; empty: none", OPTION_TEXT,
     offsetof(struct klaviyo_settings, list), .otherwise = ""},
    {.name = NULL},
};

static const struct klaviyo_settings *own(const struct settings *settings)
{
    return (const struct klaviyo_settings *)(const void *)settings;
}

/* ---- names ---------------------------------------------------------------------------------- */

static const struct klaviyo_name names[] = {
    {EVENT_PAGE_VIEWED, "__activity__", "active_on_site", true},
    {EVENT_PRODUCT_VIEWED, "Viewed Product", "viewed_product", true},
    {EVENT_COLLECTION_VIEWED, "Viewed Collection", "viewed_collection", true},
    {EVENT_SEARCH_SUBMITTED, "Submitted Search", "submitted_search", true},
    {EVENT_PRODUCT_ADDED_TO_CART, "Added to Cart", "added_to_cart", true},
    {EVENT_CART_VIEWED, "Viewed Cart", "viewed_cart", false},
    {EVENT_CHECKOUT_STARTED, "Checkout Started", "checkout_started", true},
    {EVENT_ORDER_PLACED, "Placed Order", "placed_order", true},
    {EVENT_ORDER_CANCELLED, "Cancelled Order", "cancelled_order", true},
    {EVENT_ORDER_REFUNDED, "Refunded Order", "refunded_order", true},
    {EVENT_ORDER_FULFILLED, "Fulfilled Order", "fulfilled_order", true},
    {EVENT_ORDER_PARTIALLY_FULFILLED, "Fulfilled Partial Order", "fulfilled_partial", true},
    {EVENT_SUBSCRIBED, "Subscribed", "subscribed", false},
    {EVENT_ACCOUNT_CREATED, "Created Account", "created_account", false},
    {EVENT_SUBSCRIPTION_STARTED, "Started Subscription", "started_subscription", false},
    {EVENT_PRODUCT_ADDED_TO_WISHLIST, "Added to Wishlist", "added_to_wishlist", false},
};
/* shipment_updated is three metrics, by the carrier's word; its other words are none. */
static const struct {
    const char *status;
    struct klaviyo_name name;
} shipments[] = {
    {"confirmed", {EVENT_SHIPMENT_UPDATED, "Confirmed Shipment", "shipment", true}},
    {"out_for_delivery", {EVENT_SHIPMENT_UPDATED, "Marked Out for Delivery", "shipment", true}},
    {"delivered", {EVENT_SHIPMENT_UPDATED, "Delivered Shipment", "shipment", true}},
};

const struct klaviyo_name *klaviyo_name_find(const struct event *event)
{
    if (event->name == EVENT_SHIPMENT_UPDATED) {
        for (size_t i = 0; i < COUNT_OF(shipments); i++)
            if (span_is(event->fulfillment.shipment_status, shipments[i].status))
                return &shipments[i].name;
        return NULL;
    }
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].ours == event->name)
            return &names[i];
    return NULL;
}

/* Klaviyo's app forgets what people did before they were known, and knows nothing of our API. */
static bool is_lacking(const struct event *event)
{
    enum event_class class = names_class(event->name);
    if (class == EVENT_CLASS_ORDER)
        return false;
    return event->source == SOURCE_API || (event->backfill && class == EVENT_CLASS_STOREFRONT);
}

span klaviyo_rename(const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_CUSTOM)
        return event->name_text.len < METRIC_BYTES ? event->name_text : (span){0};
    if (event->name == EVENT_PAGE_VIEWED && !own(settings)->active_on_site)
        return (span){0};
    const struct klaviyo_name *name = klaviyo_name_find(event);
    if (!name || (name->native && event->name != EVENT_PAGE_VIEWED &&
                  own(settings)->native_integration && !is_lacking(event)))
        return (span){0};
    return span_of(name->theirs);
}

/* Joining a list lifts an earlier unsubscription, so only the person's own fresh word does it. */
static bool joins_list(const struct settings *settings, const struct event *event)
{
    return event->name == EVENT_SUBSCRIBED && !span_empty(own(settings)->list) &&
           event->consent.marketing == CONSENT_GRANTED && !span_empty(event->who.email);
}

static unsigned choose_lane(const struct settings *settings, const struct event *event)
{
    if (joins_list(settings, event))
        return LANE_LIST;
    return event->backfill || names_class(event->name) == EVENT_CLASS_STOREFRONT ? LANE_BULK
                                                                                 : LANE_SINGLE;
}

static unsigned count_parts(const struct settings *settings, const struct event *event)
{
    if (event->name == EVENT_ORDER_PLACED)
        return 1 + event->order.item_count;
    return joins_list(settings, event) ? 2 : 1;
}

static const char *unfit(const struct settings *settings, const struct event *event, bool limited,
                         struct arena *arena)
{
    (void)settings;
    if (limited) /* a message to nobody is not a message */
        return "consent_limited_unsupported";
    const struct who *who = &event->who; /* cheapest first: a phone costs more than the rest */
    if (!span_empty(who->customer_id) || !span_empty(event->client.kx) ||
        !span_empty(klaviyo_email(arena, who->email)))
        return NULL;
    struct buyer buyer;
    buyer_read(arena, event, &buyer);
    if (!span_empty(klaviyo_phone(&buyer)))
        return NULL;
    return "no_identifier";
}

/* ---- encode -----------------------------------------------------------------------------------
 */

/* A stale sign-up (replayed, or held up for days) must not undo what its person did since: both its
   parts become the metric, which Klaviyo keeps once. */
static span subscriber(const struct settings *settings, const struct batch *batch)
{
    const struct event *event = batch->events[0];
    if (batch->count != 1 || batch->part != 0 || !joins_list(settings, event) ||
        event->at < batch->now - FRESH_CONSENT_MS)
        return (span){0};
    return klaviyo_email(batch->arena, event->who.email);
}

static const char *write_body(struct json *json, const struct settings *settings,
                              const struct batch *batch)
{
    span email = subscriber(settings, batch);
    if (!span_empty(email)) {
        klaviyo_write_subscription(json, own(settings)->list, email);
        return "/api/profile-subscription-bulk-create-jobs";
    }
    if (batch->count == 1) {
        klaviyo_write_single(json, settings, batch);
        return "/api/events";
    }
    klaviyo_write_bulk(json, settings, batch);
    return "/api/event-bulk-create-jobs";
}

static void encode(const struct settings *settings, const struct batch *batch,
                   struct http_call *ret_call)
{
    struct http_header *headers = arena_array(batch->arena, struct http_header, 4);
    struct buf body;
    struct json json;
    headers[0] = (struct http_header){
        SPAN("Authorization"),
        arena_print(batch->arena, "Klaviyo-API-Key %.*s", SPAN_ARG(own(settings)->private_key))};
    headers[1] = (struct http_header){SPAN("revision"), settings->api_version};
    headers[2] = (struct http_header){SPAN("Accept"), SPAN("application/vnd.api+json")};
    headers[3] = (struct http_header){SPAN("Content-Type"), SPAN("application/vnd.api+json")};
    buf_init(&body, BODY_CEILING);
    json_start(&json, &body);
    const char *path = write_body(&json, settings, batch);
    json_end(&json);
    *ret_call = (struct http_call){
        .method = "POST",
        .url = arena_print(batch->arena, "%.*s%s", SPAN_ARG(settings->base_url), path),
        .headers = headers,
        .header_count = 4,
        .body = buf_ok(&body) ? arena_copy(batch->arena, buf_span(&body)) : (span){0},
    };
    buf_done(&body);
}

/* ---- judge ------------------------------------------------------------------------------------
 */

static int64_t reset_ms(const struct http_response *response, int64_t now)
{
    int64_t wait = verdict_retry_after(response, now), seconds;
    if (wait > 0)
        return wait;
    span reset = span_trim(http_response_header(response, "ratelimit-reset"));
    if (span_int(reset, &seconds) == OK && seconds > 0 && seconds <= HOUR_MS / SECOND_MS)
        return seconds * SECOND_MS;
    return SECOND_MS; /* the smaller of the two windows */
}

/* Again without `bit`, unless that was tried. */
static void amend(const struct batch *batch, unsigned bit, struct judgement *judgement)
{
    if (batch->amend & bit)
        return;
    judgement->verdict = VERDICT_AMEND;
    judgement->amend = batch->amend | bit;
}

static void judge_refusal(const struct batch *batch, const struct http_response *response,
                          const struct json_value *error, struct judgement *judgement)
{
    span pointer = json_text(json_path(error, "source.pointer"));
    judgement->verdict = VERDICT_REFUSED;
    if (batch->count > 1) {
        judgement->verdict = VERDICT_SPLIT;
        return;
    }
    if (response->status == 400 && span_ends(pointer, "/phone_number"))
        amend(batch, KLAVIYO_NO_PHONE, judgement);
    else if (response->status == 409 && span_is(judgement->code, "duplicate_profile")) {
        amend(batch, KLAVIYO_ONE_ID, judgement);
        judgement->amend_with = json_text(json_path(error, "meta.duplicate_profile_id"));
    }
}

/* Contract 6.1: each of the three endpoints takes with 202 and says nothing. Another success, or
   one with a page in it, is somebody else's (a proxy, a portal, a wrong base_url). */
static bool is_klaviyos(const struct batch *batch, const struct http_response *response)
{
    const struct json_value *root;
    return response->status == 202 && (span_empty(span_trim(response->body)) ||
                                       json_parse(batch->arena, response->body, &root, NULL) == OK);
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    (void)settings;
    const struct json_value *root = NULL, *error = NULL;
    struct judgement judgement;
    int status = response->status;
    verdict_by_status(response, batch->now, &judgement);
    if (judgement.verdict == VERDICT_DELIVERED && !is_klaviyos(batch, response)) {
        *ret_judgement = (struct judgement){
            .verdict = VERDICT_RETRY, /* unique_id: a copy is known for ever */
            .code = SPAN("unexpected_answer"),
            .message = SPAN("a success, but not as Klaviyo says it"),
        };
        return;
    }
    if (judgement.verdict != VERDICT_DELIVERED && status > 0 && !span_empty(response->body) &&
        json_parse(batch->arena, response->body, &root, NULL) == OK) {
        const struct json_value *errors = json_get(root, "errors");
        error = errors && errors->kind == JSON_ARRAY ? errors->first : NULL;
        span code = verdict_words(batch->arena, json_get_text(error, "code"));
        span detail = json_get_text(error, "detail");
        if (!span_empty(code))
            judgement.code = code;
        if (!span_empty(detail))
            judgement.message = verdict_words(batch->arena, detail);
    }
    if (status == 429)
        judgement.retry_after_ms = reset_ms(response, batch->now);
    else if (status == 410)
        judgement.verdict = VERDICT_PAUSED; /* this revision is no longer served */
    else if (judgement.verdict == VERDICT_REFUSED)
        judge_refusal(batch, response, error, &judgement);
    *ret_judgement = judgement;
}

/* ---- the struct -------------------------------------------------------------------------------
 */

static void describe(void (*row)(void *arg, const char *ours, const char *theirs,
                                 const char *remark),
                     void *arg)
{
    for (size_t i = 0; i < COUNT_OF(names); i++)
        row(arg, names_text(names[i].ours), names[i].theirs,
            names[i].native ? "native: only backfilled or by API" : "");
    for (size_t i = 0; i < COUNT_OF(shipments); i++)
        row(arg, "shipment_updated", shipments[i].name.theirs, shipments[i].status);
    row(arg, "order_placed, each item", "Ordered Product", "a request of its own");
    row(arg, "custom names", "the same", "below 128 characters");
    row(arg, "who.email", "profile.email", "trimmed, lower case");
    row(arg, "who.phone", "profile.phone_number", "E.164");
    row(arg, "who.customer_id", "profile.external_id", "");
    row(arg, "client.kx", "profile._kx", "");
    field_describe(klaviyo_person_fields, "who.", "profile.", row, arg);
    field_describe(klaviyo_location_fields, "who.", "profile.location.", row, arg);
    row(arg, "client.ip", "profile.location.ip", "public addresses only");
    row(arg, "at", "time", "ISO 8601, whole seconds");
    row(arg, "order.value, value", "value", "decimal number");
    row(arg, "order.currency, currency", "value_currency", "upper case");
    field_describe(klaviyo_order_fields, "", "properties.", row, arg);
    field_describe(klaviyo_item_fields, "items[].", "properties.Items[].", row, arg);
    field_describe(klaviyo_product_fields, "items[].", "properties.", row, arg);
    field_describe(klaviyo_address_fields, "who.billing.", "properties.BillingAddress.", row, arg);
    field_describe(klaviyo_shipment_fields, "", "properties.", row, arg);
    field_describe(klaviyo_extra_fields, "", "properties.$extra.", row, arg);
}

/* Contract 6.1. Of what /api/events takes (350 a second, 3500 a minute) the two other lanes need
   some: a bulk job of one event goes there, and so does the metric of who joined a list. */
static const struct lane lanes[] = {
    [LANE_SINGLE] = {.name = "single",
                     .events = 1,
                     .bytes = SINGLE_BYTES,
                     .per_second = 350 - 10 - 75,
                     .per_minute = 3500 - 150 - 750},
    [LANE_BULK] = {.name = "bulk",
                   .events = BATCH_CEILING,
                   .bytes = BULK_BYTES,
                   .per_second = 10,
                   .per_minute = 150,
                   .linger = true},
    [LANE_LIST] =
        {.name = "list", .events = 1, .bytes = SINGLE_BYTES, .per_second = 75, .per_minute = 750},
    {.name = NULL},
};

const struct destination destination_klaviyo = {
    .name = "klaviyo",
    .title = "Klaviyo",
    .follows = "Events API, revision 2026-07-15, developers.klaviyo.com",
    .host = "https://a.klaviyo.com",
    .api_version = "2026-07-15",
    .settings_size = sizeof(struct klaviyo_settings),
    .options = options,
    .audience = AUDIENCE_MAIL,
    .asks = CONSENT_FOR_MARKETING,
    .consent_orders = CONSENT_TRANSACTIONAL,
    .max_age_ms = 0,
    .max_ahead_ms = 365 * DAY_MS,
    .dedup_ms = INT64_MAX,
    .lanes = lanes,
    .in_flight = 16, /* 4 would be 40 a second at 100 ms an answer: less than what is allowed */
    .rename = klaviyo_rename,
    .lane = choose_lane,
    .parts = count_parts,
    .unfit = unfit,
    .encode = encode,
    .judge = judge,
    .setup = &klaviyo_setup,
    .describe = describe,
};
