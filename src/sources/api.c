/*
 * The way in for servers: POST /v1/events with a bearer token, a JSON array of canonical events
 * (INTERFACE 5b, docs/event.schema.json).
 *
 * The token signs: what comes here may set money and name people, as a webhook may. `at` is
 * required, because a server that retries must send the same time for a copy to be known as one.
 * Where an event says what became of an order (order_placed, order_refunded …) it is taken as the
 * shop's fact and goes the way of all orders: held for the browser's half, sent once for ever,
 * refunded no more than it was worth. So a shop that is not Shopify has the same promises.
 *
 * Bad events are refused one by one and named; their neighbours are kept.
 */
#include "pick.h"
#include "source.h"
#include "../base/hash.h"
#include "../base/limits.h"

#define BEARER "Bearer "

/* Constant time for each token, so that an answer's time tells nothing of a token's letters. */
static bool verify(const struct http_request *request, const struct shop *shop, struct arena *arena)
{
    (void)arena;
    span header = http_request_header(request, "authorization");
    if (header.len <= sizeof BEARER - 1 ||
        !span_equal_nocase(span_sub(header, 0, sizeof BEARER - 1), SPAN(BEARER)))
        return false;
    span token = span_trim(span_sub(header, sizeof BEARER - 1, header.len));
    bool known = false;
    for (unsigned i = 0; i < shop->api_tokens.count; i++) {
        span one = shop->api_tokens.items[i];
        if (!span_empty(one) && one.len == token.len && hash_same(one.ptr, token.ptr, one.len))
            known = true;
    }
    return known;
}

/* What a server says of an order's life is the fact behind the event that platforms see. */
static const struct {
    enum event_name said, fact;
} facts[] = {
    {EVENT_ORDER_PLACED, EVENT_FACT_ORDER_CREATED},
    {EVENT_ORDER_EDITED, EVENT_FACT_ORDER_UPDATED},
    {EVENT_ORDER_CANCELLED, EVENT_FACT_ORDER_CANCELLED},
    {EVENT_ORDER_REFUNDED, EVENT_FACT_REFUND_CREATED},
    {EVENT_ORDER_FULFILLED, EVENT_FACT_ORDER_FULFILLED},
    {EVENT_ORDER_PARTIALLY_FULFILLED, EVENT_FACT_ORDER_PARTIALLY_FULFILLED},
    {EVENT_SHIPMENT_UPDATED, EVENT_FACT_FULFILLMENT_UPDATED},
};

/* Whether it is about an order's life, in either way of naming it. */
static bool to_fact(struct event *event)
{
    unsigned i = 0;
    while (i < COUNT_OF(facts) && event->name != facts[i].said && event->name != facts[i].fact)
        i++;
    if (i == COUNT_OF(facts))
        return event->name == EVENT_FACT_ORDER_PAID;
    event->name = facts[i].fact;
    event->name_text = span_of(names_text(event->name));
    return true;
}

static void fill_order(struct event *event)
{
    struct order *order = &event->order;
    if (!order->created_at)
        order->created_at = event->at;
    if (!order->updated_at)
        order->updated_at = event->at;
    if (!order->total.given)
        order->total = order->value;
    /* `value` is by the shop's policy already; so is the total where both say the same. */
    bool unchanged =
        !order->current_total.given || money_compare(order->current_total, order->total) == 0;
    if (!order->current_value.given && unchanged)
        order->current_value = order->value;
    else if (!order->current_value.given && money_compare(order->total, order->value) == 0)
        order->current_value = order->current_total;
    if (!order->current_total.given)
        order->current_total = order->total;
    /* Two refunds without ids of their own are two refunds. */
    if (event->name == EVENT_FACT_REFUND_CREATED && span_empty(event->adjust.refund_id))
        event->adjust.refund_id = event->id;
}

struct refusals {
    struct source_refusal *items;
    unsigned count;
    unsigned index; /* of the event that is looked at */
};

static void refuse(struct arena *arena, struct refusals *refusals, span id, const char *error,
                   span detail)
{
    refusals->items[refusals->count++] =
        (struct source_refusal){.index = refusals->index,
                                .id = id,
                                .error = arena_text(arena, span_of(error)),
                                .detail = detail};
}

/* "word: sentence" as event_check and event_read write it. */
static void refuse_error(struct arena *arena, struct refusals *refusals, span id,
                         const struct error *error)
{
    span text = arena_copy(arena, span_of(error->text));
    size_t colon = span_find(text, 0, ':');
    refuse(arena, refusals, id, arena_text(arena, span_sub(text, 0, colon)),
           span_trim(span_sub(text, colon + 1, text.len)));
}

/* A server may hand on the TC string it has instead of words. Words without a time are the event's.
 */
static void read_consent(const struct json_value *json, struct event *event)
{
    struct consent *consent = &event->consent;
    if (!consent->analytics && !consent->marketing)
        (void)consent_tcf(json_text(json_path(json, "consent.tcf")), consent);
    if (!consent_spoken(consent))
        return;
    if (consent->at <= 0)
        consent->at = event->at;
    consent_not_after(consent, event->received_at);
    if (span_empty(consent->source))
        consent->source = SPAN("api");
}

static bool take(const struct http_request *request, const struct shop *shop, struct arena *arena,
                 const struct json_value *json, struct refusals *refusals, struct event *ret_event)
{
    struct error error;
    span id = pick_exact(json, "id", LIMIT_ID_BYTES); /* told again in the answer: no longer ones */
    if (json->kind != JSON_OBJECT) {
        refuse(arena, refusals, id, "event_not_object", SPAN("an event must be an object"));
        return false;
    }
    struct event event;
    if (event_read(arena, json, shop->currency, &event, &error) != OK) {
        refuse_error(arena, refusals, id, &error);
        return false;
    }
    event.source = SOURCE_API;
    event.store = shop->name;
    event.received_at = request->received_at;
    event.raw_at = event.at;
    event.from_count = 0;
    event.backfill = false;
    event.who.visitor = pick_visitor(arena, event.who.visitor);
    if (!json_get(json, "at")) {
        refuse(arena, refusals, id, "time_missing",
               SPAN("at is required: ms since 1970, the same on a retry"));
        return false;
    }
    read_consent(json, &event);
    bool of_order = to_fact(&event);
    if (of_order && span_empty(event.order.id)) {
        refuse(arena, refusals, id, "order_id_missing", SPAN("an order's event needs order.id"));
        return false;
    }
    if (of_order)
        fill_order(&event);
    if (event_check(&event, request->received_at, shop->dedup_window_ms, &error) != OK) {
        refuse_error(arena, refusals, id, &error);
        return false;
    }
    *ret_event = event;
    return true;
}

static enum source_verdict malformed(struct source_batch *ret_batch, const char *error, span detail)
{
    *ret_batch = (struct source_batch){.error = error, .detail = detail};
    return SOURCE_MALFORMED;
}

static enum source_verdict decode(const struct http_request *request, const struct shop *shop,
                                  struct arena *arena, struct source_batch *ret_batch)
{
    const struct json_value *root;
    struct error error;
    if (json_parse(arena, request->body, &root, &error) != OK)
        return malformed(ret_batch, "json_invalid", arena_copy(arena, span_of(error.text)));
    if (root->kind != JSON_ARRAY)
        return malformed(ret_batch, "events_missing", SPAN("the body must be an array of events"));
    if (root->count > LIMIT_API_EVENTS)
        return malformed(ret_batch, "events_too_many", SPAN("more than 1000 events in one body"));
    struct event *events = arena_array(arena, struct event, root->count);
    struct refusals refusals = {arena_array(arena, struct source_refusal, root->count)};
    unsigned count = 0;
    for (const struct json_value *json = root->first; json; json = json->next, refusals.index++)
        if (take(request, shop, arena, json, &refusals, &events[count]))
            count++;
    *ret_batch = (struct source_batch){
        .events = {events, count},
        .refusals = refusals.items,
        .refusal_count = refusals.count,
        .topic = SPAN("events"),
    };
    return SOURCE_TAKEN;
}

static const char *const fields[][2] = {
    {"[…]", "a JSON array of canonical events, at most 1000; docs/event.schema.json"},
    {"id, at, name", "required; the same on a retry"},
    {"order_placed …", "taken as the shop's facts: held, merged, sent once, like a webhook's"},
    {NULL, NULL},
};

const struct source source_api = {
    .name = "api",
    .essay = "POST /v1/events with a bearer token: servers that are not Shopify",
    .verify = verify,
    .decode = decode,
    .fields = fields,
};
