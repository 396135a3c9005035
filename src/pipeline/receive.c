/*
 * From the socket to RECORD's inbox, and back with the answer.
 *
 *   request ──> route ──> ceilings, rates ──> verify ──> decode ──> parcel ──> inbox
 *                                                                                │ commit
 *   answer  <── 204 / 200 {"refused"} / 503 <── answers queue, woken by uv_async ┘
 *
 * Everything of a request lives in its exchange's arena: the decoded events, their canonical JSON
 * and the parcel itself. It stays until the answer is written, so RECORD may read it without
 * copying. Nothing is acknowledged before RECORD has committed it; what cannot be handed over is a
 * 503 with Retry-After; how much may wait is admit.h's. A webhook weighs nothing in the inbox and
 * is always let in, so that strangers cannot fill it for the shop: Shopify drops a subscription
 * that fails eight times in a row (contracts/sources 1.4).
 */
#include "receive.h"

#include <assert.h>
#include <stdatomic.h>

#include "../base/limits.h"
#include "../base/log.h"
#include "../base/url.h"
#include "../event/bot.h"
#include "count.h"
#include "receive_cookie.h"
#include "receive_rate.h"
#include "receive_route.h"
#include "receive_snippet.h"

static_assert(RECEIVE_CORS_HEADERS <= LISTEN_REFUSAL_HEADERS, "they go with refusals");

struct receiver {
    struct receive_options options;
    struct listener *listener;
    struct queue answers;
    uv_async_t wake;
    struct buf body; /* reused for each event's canonical JSON */
    unsigned parked;
    bool draining;
    void (*drained)(void *arg);
    void *drained_arg;
    bool listener_drained;
    /* Apart: a stranger whose address shares a store's slot would starve the store. */
    struct receive_rate client_rate, store_rate;
    struct receive_snippet snippet;
    struct receive_rate views; /* of a visitor, by the events' own time: bot.h's `fast` */
};

#define VIEWS_A_SECOND 2u /* with ten seconds' worth at once (receive_rate.h) */

static const struct http_header plain_text = {SPAN("Content-Type"), SPAN("text/plain")};
#define RETRY_LATER ((struct http_header){SPAN("Retry-After"), SPAN("1")})

static void reject(struct exchange *exchange, int status, const char *error, const char *detail,
                   const struct http_header *headers, unsigned header_count)
{
    count_add(COUNT_REJECTED, span_of(error), (span){0}, (span){0}, 1);
    listen_answer_error(exchange, status, error, detail, headers, header_count);
}

/* At most one line a second: a stranger may post what he likes. A topic that is no word of
   Shopify's ("orders/create") is his too, and not repeated. The times are of all loops together,
   for the log is one, and apart, so that strangers mute nothing else. */
static _Atomic int64_t refused_logged_at, quarantined_logged_at;

static void log_webhook(struct receiver *receiver, const char *what, _Atomic int64_t *logged_at,
                        const struct shop *shop, span topic, const char *reason)
{
    int64_t now = clock_now(receiver->options.clock);
    int64_t last = atomic_load(logged_at);
    if (now >= last && now - last < SECOND_MS)
        return;
    if (!atomic_compare_exchange_strong(logged_at, &last, now))
        return; /* another loop has just told */
    for (size_t i = 0; i < topic.len; i++)
        if (topic.len > 64 || !strchr("abcdefghijklmnopqrstuvwxyz_/", topic.ptr[i]))
            topic = (span){0};
    log_event(LOG_WARN, what, "store=\"%.*s\" topic=\"%.*s\" reason=%s",
              SPAN_ARG(shop ? shop->name : (span){0}), SPAN_ARG(topic), reason);
}

/* ---- answering, after the commit --------------------------------------- */

static void write_refusals(struct buf *out, const struct source_batch *batch, span adopted)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '{');
    if (!span_empty(adopted))
        json_put_text(&json, "visitor", adopted);
    json_open(&json, "refused", '[');
    for (unsigned i = 0; i < batch->refusal_count; i++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "id", batch->refusals[i].id);
        json_put_text(&json, "error", span_of(batch->refusals[i].error));
        json_put_text(&json, "detail", batch->refusals[i].detail);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
}

static void answer_collected(struct receiver *receiver, struct exchange *exchange,
                             const struct shop *shop, const struct source_batch *batch,
                             enum receive_origin origin, span adopted)
{
    struct http_header headers[RECEIVE_CORS_HEADERS + RECEIVE_COOKIE_HEADERS + 1];
    unsigned count = receive_route_cors(&exchange->request, origin, false, headers);
    count += receive_cookie_headers(exchange->arena, &exchange->request, shop, origin, batch,
                                    headers + count);
    if (batch->refusal_count == 0 && span_empty(adopted)) {
        listen_answer(exchange, 204, headers, count, (span){0});
        return;
    }
    buf_reset(&receiver->body);
    write_refusals(&receiver->body, batch, adopted);
    headers[count++] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    listen_answer(exchange, 200, headers, count, buf_span(&receiver->body));
}

static void write_refused(struct json *json, const struct source_refusal *refusal)
{
    json_put_text(json, "id", refusal->id);
    json_put_text(json, "result", SPAN("refused"));
    json_put_text(json, "error", span_of(refusal->error));
    json_put_text(json, "detail", refusal->detail);
}

/* One result an event, in the order sent. */
static void answer_api(struct receiver *receiver, struct exchange *exchange,
                       const struct source_batch *batch, const bool *copies)
{
    struct json json;
    buf_reset(&receiver->body);
    json_start(&json, &receiver->body);
    json_open(&json, NULL, '{');
    json_open(&json, "results", '[');
    for (unsigned taken = 0, refused = 0;
         taken + refused < batch->events.count + batch->refusal_count;) {
        bool is_refused =
            refused < batch->refusal_count && batch->refusals[refused].index == taken + refused;
        json_open(&json, NULL, '{');
        if (is_refused) {
            write_refused(&json, &batch->refusals[refused++]);
        } else {
            json_put_text(&json, "id", batch->events.events[taken].id);
            json_put_text(&json, "result",
                          copies && copies[taken] ? SPAN("duplicate") : SPAN("accepted"));
            taken++;
        }
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    struct http_header type = {SPAN("Content-Type"), SPAN("application/json")};
    listen_answer(exchange, 200, &type, 1, buf_span(&receiver->body));
}

static void count_refused(const struct source_batch *batch)
{
    for (unsigned i = 0; i < batch->refusal_count; i++)
        count_add(COUNT_REJECTED, span_of(batch->refusals[i].error), (span){0}, (span){0}, 1);
}

/* What the snippet's bridge saw of the page's tags. Its words only: a body is anybody's. */
static void count_tags(const struct parcel *parcel, const struct event *event)
{
    static const char *const tags[] = {"meta", "tiktok", "google"};
    static const char *const states[] = {"fired", "blocked", "absent"};
    const struct json_value *custom;
    if (!parcel->shop->bridge || span_empty(event->custom) ||
        json_parse(parcel->exchange->arena, event->custom, &custom, NULL) != OK)
        return;
    for (unsigned i = 0; i < COUNT_OF(tags); i++) {
        span said = json_get_text(json_get(custom, "tags"), tags[i]);
        for (unsigned k = 0; k < COUNT_OF(states); k++)
            if (span_equal(said, span_of(states[k])))
                count_add(COUNT_BROWSER_TAGS, parcel->shop->name, span_of(tags[i]),
                          span_of(states[k]), 1);
    }
}

static void count_taken(const struct parcel *parcel)
{
    if (parcel->batch.ticket)
        count_add(COUNT_LINKS, parcel->shop->name, span_of(parcel->batch.ticket), (span){0}, 1);
    for (unsigned i = 0; i < parcel->batch.events.count; i++) {
        const struct event *event = &parcel->batch.events.events[i];
        span name = event->name == EVENT_CUSTOM ? SPAN("custom") : span_of(names_text(event->name));
        count_add(COUNT_RECEIVED, parcel->shop->name, span_of(event_source_text(event->source)),
                  name, 1);
        count_tags(parcel, event);
    }
    for (unsigned i = 0; i < parcel->batch.refusal_count; i++)
        count_add(COUNT_REJECTED, span_of(parcel->batch.refusals[i].error), (span){0}, (span){0},
                  1);
    if (parcel->verdict == SOURCE_IGNORED || parcel->verdict == SOURCE_QUARANTINED)
        count_add(COUNT_REJECTED, span_of(parcel->batch.error), (span){0}, (span){0}, 1);
}

static void receive_answer(struct receiver *receiver, struct parcel *parcel)
{
    struct exchange *exchange = parcel->exchange;
    int64_t parked_us = parcel->parked_us;
    if (parcel->result != OK) {
        struct http_header later = RETRY_LATER;
        reject(exchange, 503, "not_stored", "The event could not be stored. Send it again.", &later,
               1);
        return;
    }
    count_taken(parcel);
    if (parcel->verdict == SOURCE_QUARANTINED && !parcel->duplicates)
        log_webhook(receiver, "webhook_quarantined", &quarantined_logged_at, parcel->shop,
                    parcel->batch.topic, parcel->batch.error);
    if (parcel->source == &source_shopify) {
        listen_answer(exchange, 200, NULL, 0, (span){0});
    } else if (parcel->source == &source_api) {
        answer_api(receiver, exchange, &parcel->batch, parcel->copies);
    } else {
        answer_collected(receiver, exchange, parcel->shop, &parcel->batch,
                         (enum receive_origin)parcel->origin, parcel->adopted);
    }
    count_observe(COUNT_ACK_SECONDS, clock_monotonic_us() - parked_us);
}

static void settle_drain(struct receiver *receiver)
{
    if (!receiver->draining || !receiver->listener_drained || receiver->parked)
        return;
    void (*drained)(void *) = receiver->drained;
    receiver->drained = NULL;
    if (drained)
        drained(receiver->drained_arg);
}

static void on_wake(uv_async_t *wake)
{
    struct receiver *receiver = wake->data;
    struct queue_node *node = queue_take(&receiver->answers);
    while (node) {
        struct queue_node *next = node->next;
        receiver->parked--;
        admit_give(receiver->options.admit, ((struct parcel *)node)->shop->name);
        receive_answer(receiver, (struct parcel *)node);
        node = next;
    }
    settle_drain(receiver);
}

static void wake_loop(void *arg)
{
    uv_async_send(arg);
}

/* ---- handing over ------------------------------------------------------- */

/* The same delivery, kept as it came instead of what was read in it. */
static struct source_batch quarantine(const struct source_batch *batch, const char *reason)
{
    return (struct source_batch){
        .delivery_id = batch->delivery_id, .topic = batch->topic, .error = reason};
}

/* The buyer's region decides what silence about consent means. Webhooks tell his address too; the
   one they come from is Shopify's and is never looked at. */
static void locate(const struct receiver *receiver, struct arena *arena,
                   const struct event_list *events)
{
    for (unsigned i = 0; i < events->count && receiver->options.geo; i++) {
        struct event *event = &events->events[i];
        if (span_empty(event->consent.region))
            event->consent.region = geo_region(receiver->options.geo, arena, event->client.ip);
    }
}

/* `from` says what came, from whom, and what to do with it; the rest is filled in here. */
static void hand_over(struct receiver *receiver, struct exchange *exchange,
                      const struct parcel *from)
{
    struct arena *arena = exchange->arena;
    const struct source_batch *batch = &from->batch;
    enum source_verdict verdict = from->verdict;
    bool is_webhook = from->source == &source_shopify;
    struct source_batch quarantined;
    span *bodies = arena_array(arena, span, batch->events.count);
    size_t bytes = exchange->request.body.len;
    locate(receiver, arena, &batch->events);
    for (unsigned i = 0; i < batch->events.count; i++) {
        buf_reset(&receiver->body);
        event_write(&receiver->body, &batch->events.events[i]);
        if (!buf_ok(&receiver->body) && is_webhook) { /* a 413 would cost the subscription */
            quarantined = quarantine(batch, "event_too_large");
            verdict = SOURCE_QUARANTINED;
            batch = &quarantined;
            break;
        }
        if (!buf_ok(&receiver->body)) {
            struct http_header headers[RECEIVE_CORS_HEADERS];
            unsigned count = receive_route_cors(&exchange->request, from->origin, false, headers);
            reject(exchange, 413, "event_too_large", "One event is larger than we keep.", headers,
                   count);
            return;
        }
        bodies[i] = arena_copy(arena, buf_span(&receiver->body));
        bytes += bodies[i].len;
    }
    struct parcel *parcel = arena_new(arena, struct parcel);
    *parcel = (struct parcel){
        .node.bytes = is_webhook ? 0 : bytes,
        .kind = MESSAGE_PARCEL,
        .exchange = exchange,
        .answers = &receiver->answers,
        .shop = from->shop,
        .source = from->source,
        .verdict = verdict,
        .origin = from->origin,
        .adopted = from->adopted,
        .batch = *batch,
        .bodies = bodies,
        .copies = arena_array(arena, bool, batch->events.count),
        .parked_us = clock_monotonic_us(),
    };
    struct admit *admit = receiver->options.admit;
    bool admitted = admit_take(admit, parcel->shop->name, is_webhook);
    if (!admitted || queue_push(receiver->options.to_record, &parcel->node) != OK) {
        if (admitted)
            admit_give(admit, parcel->shop->name);
        struct http_header later = RETRY_LATER;
        reject(exchange, 503, "overloaded", "Too much is waiting to be stored. Send it again.",
               &later, 1);
        return;
    }
    receiver->parked++;
}

/* ---- the ways in -------------------------------------------------------- */

static bool content_type_taken(span type)
{
    size_t end = span_find(type, 0, ';');
    span media = span_trim(span_sub(type, 0, end));
    return span_empty(media) || span_equal_nocase(media, SPAN("text/plain")) ||
           span_equal_nocase(media, SPAN("application/json"));
}

/* Cheap questions first: nothing of the body is read for who asks too often. */
static bool may_send(struct receiver *receiver, struct exchange *exchange, const struct shop *shop,
                     struct http_header *headers, unsigned count)
{
    const struct http_request *request = &exchange->request;
    int64_t now = clock_now(receiver->options.clock);
    if (!content_type_taken(http_request_header(request, "content-type"))) {
        reject(exchange, 400, "content_type", "Send text/plain or application/json.", headers,
               count);
        return false;
    }
    if (receive_rate_take(&receiver->client_rate, request->client_ip, receiver->options.rate_per_ip,
                          now) &&
        receive_rate_take(&receiver->store_rate, shop->name, receiver->options.rate_per_store, now))
        return true;
    headers[count++] = RETRY_LATER;
    reject(exchange, 429, "too_many_requests", "Slow down and send it again.", headers, count);
    return false;
}

/* What looks like a program is marked, never turned away. */
static void mark_bots(struct receiver *receiver, struct exchange *exchange, const struct shop *shop,
                      const struct source_batch *batch)
{
    struct bot_hints hints = {.hosted =
                                  bot_hosted(geo_network(receiver->options.geo, exchange->arena,
                                                         exchange->request.client_ip))};
    for (unsigned i = 0; i < batch->events.count; i++) {
        struct event *event = &batch->events.events[i];
        hints.automated = event->aside.automated;
        hints.fast |=
            bot_counts_view(event) && !span_empty(event->who.visitor) &&
            !receive_rate_take(&receiver->views, event->who.visitor, VIEWS_A_SECOND, event->at);
        event->bot = bot_judge(exchange->arena, event->client.user_agent, &hints);
        if (bot_sure(event))
            count_add(COUNT_BOTS, shop->name, event->bot.why, (span){0}, 1);
    }
}

/* A browser's body, straight or through the shop's own address. */
static void receive_body(struct receiver *receiver, struct exchange *exchange,
                         const struct receive_place *place, const struct source *source)
{
    const struct http_request *request = &exchange->request;
    struct http_header headers[RECEIVE_CORS_HEADERS + 1];
    unsigned count = receive_route_cors(request, place->origin, false, headers);
    struct source_batch batch = {0};
    if (!may_send(receiver, exchange, place->shop, headers, count))
        return;
    enum source_verdict verdict = source->decode(request, place->shop, exchange->arena, &batch);
    if (verdict != SOURCE_TAKEN) {
        reject(exchange, 400, batch.error, arena_text(exchange->arena, batch.detail), headers,
               count);
        return;
    }
    bool pixel = batch.events.count == 0 || batch.events.events[0].source == SOURCE_PIXEL;
    if (place->origin == ORIGIN_NULL && !pixel) {
        reject(exchange, 403, "origin_not_allowed", "Origin null may send pixel events only.",
               headers, count);
        return;
    }
    if (batch.events.count == 0) { /* nothing to keep: answer at once */
        count_refused(&batch);
        answer_collected(receiver, exchange, place->shop, &batch, place->origin, (span){0});
        return;
    }
    mark_bots(receiver, exchange, place->shop, &batch);
    struct parcel parcel = {
        .shop = place->shop,
        .source = source,
        .verdict = verdict,
        .origin = place->origin,
        .adopted =
            receive_cookie_adopt(exchange->arena, request, place->shop, place->origin, &batch),
    };
    parcel.batch = batch; /* now that its visitor is known */
    hand_over(receiver, exchange, &parcel);
}

static void reject_foreign(struct exchange *exchange, const struct http_header *headers,
                           unsigned count)
{
    reject(exchange, 403, "origin_not_allowed",
           "This page may not send events to this store; list its host under `hosts`.", headers,
           count);
}

static void receive_collect(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    struct http_header headers[RECEIVE_CORS_HEADERS + 1];
    struct receive_place place;
    receive_route_collect(request, receiver->options.shops, receiver->options.shop_count, &place);
    unsigned count =
        receive_route_cors(request, place.origin, span_is(request->method, "OPTIONS"), headers);
    if (place.origin == ORIGIN_FOREIGN) {
        reject_foreign(exchange, headers, count);
    } else if (place.error) {
        reject(exchange, 404, place.error, "No store answers under this host and path.", headers,
               count);
    } else if (span_is(request->method, "OPTIONS")) {
        listen_answer(exchange, 204, headers, count, (span){0});
    } else if (!span_is(request->method, "POST")) {
        headers[count++] = (struct http_header){SPAN("Allow"), SPAN("POST, OPTIONS")};
        reject(exchange, 405, "method_not_allowed", "Events are sent with POST.", headers, count);
    } else {
        receive_body(receiver, exchange, &place, &source_collect);
    }
}

/* Shopify's word for who the browser is: the first hop, since the others are Shopify's. */
static span first_hop(const struct http_request *request)
{
    span hops = http_request_header(request, "x-forwarded-for");
    span first = span_trim(span_sub(hops, 0, span_find(hops, 0, ',')));
    return addr_public(first) ? first : request->client_ip;
}

/* A POST is a collect body; a GET shows a person that the proxy leads here. */
static void receive_proxy(struct receiver *receiver, struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    struct receive_place place = {
        .shop = receive_route_shopify(url_query_get(exchange->arena, request->query, "shop"),
                                      receiver->options.shops, receiver->options.shop_count)};
    if (!place.shop) {
        reject(exchange, 401, "store_unknown", "No store with this `shop`.", NULL, 0);
        return;
    }
    if (!source_proxy.verify(request, place.shop, exchange->arena)) {
        reject(exchange, 401, "signature_invalid",
               "The signature does not fit the query, or is older than 90 seconds.", NULL, 0);
        return;
    }
    /* Another site's page must not speak with the name of whoever is logged in here; nor may a
       frame without an origin, which any page can open: it is heard as on the collect path. */
    enum receive_origin origin =
        receive_route_origin(place.shop, http_request_header(request, "origin"));
    if (origin == ORIGIN_FOREIGN) {
        reject_foreign(exchange, NULL, 0);
    } else if (span_is(request->method, "GET")) {
        listen_answer(exchange, 200, &plain_text, 1, SPAN("ok\n"));
    } else if (!span_is(request->method, "POST")) {
        struct http_header allow = {SPAN("Allow"), SPAN("GET, POST")};
        reject(exchange, 405, "method_not_allowed", "Events are sent with POST.", &allow, 1);
    } else {
        request->client_ip = first_hop(request);
        receive_body(receiver, exchange, &place,
                     origin == ORIGIN_NULL ? &source_collect : &source_proxy);
    }
}

static void receive_webhook(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    if (!span_is(request->method, "POST")) {
        struct http_header allow = {SPAN("Allow"), SPAN("POST")};
        reject(exchange, 405, "method_not_allowed", "Webhooks come with POST.", &allow, 1);
        return;
    }
    span topic = http_request_header(request, "x-shopify-topic");
    const struct shop *shop =
        receive_route_shopify(http_request_header(request, "x-shopify-shop-domain"),
                              receiver->options.shops, receiver->options.shop_count);
    if (!shop) {
        log_webhook(receiver, "webhook_refused", &refused_logged_at, NULL, topic, "store_unknown");
        reject(exchange, 401, "store_unknown", "No store with this X-Shopify-Shop-Domain.", NULL,
               0);
        return;
    }
    if (!source_shopify.verify(request, shop, exchange->arena)) {
        log_webhook(receiver, "webhook_refused", &refused_logged_at, shop, topic, "hmac_invalid");
        reject(exchange, 401, "hmac_invalid", "The signature does not fit the body.", NULL, 0);
        return;
    }
    struct source_batch batch = {0};
    enum source_verdict verdict = source_shopify.decode(request, shop, exchange->arena, &batch);
    struct parcel parcel = {.shop = shop,
                            .source = &source_shopify,
                            .verdict = verdict,
                            .origin = ORIGIN_NONE,
                            .batch = batch};
    hand_over(receiver, exchange, &parcel);
}

static void receive_api(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    if (!span_is(request->method, "POST")) {
        struct http_header allow = {SPAN("Allow"), SPAN("POST")};
        reject(exchange, 405, "method_not_allowed", "Events are sent with POST.", &allow, 1);
        return;
    }
    const struct shop *shop = NULL;
    for (unsigned i = 0; i < receiver->options.shop_count && !shop; i++)
        if (source_api.verify(request, receiver->options.shops[i], exchange->arena))
            shop = receiver->options.shops[i];
    if (!shop) {
        struct http_header bearer = {SPAN("WWW-Authenticate"), SPAN("Bearer")};
        reject(exchange, 401, "token_invalid", "No store has this token under `api_tokens`.",
               &bearer, 1);
        return;
    }
    struct source_batch batch = {0};
    enum source_verdict verdict = source_api.decode(request, shop, exchange->arena, &batch);
    if (verdict != SOURCE_TAKEN) {
        reject(exchange, 400, batch.error, arena_text(exchange->arena, batch.detail), NULL, 0);
        return;
    }
    if (batch.events.count == 0) {
        count_refused(&batch);
        answer_api(receiver, exchange, &batch, NULL);
        return;
    }
    struct parcel parcel = {.shop = shop,
                            .source = &source_api,
                            .verdict = verdict,
                            .origin = ORIGIN_NONE,
                            .batch = batch};
    hand_over(receiver, exchange, &parcel);
}

static void receive_ready(struct receiver *receiver, struct exchange *exchange)
{
    bool ready = !receiver->draining && receiver->options.ready(receiver->options.ready_arg);
    if (ready)
        listen_answer(exchange, 200, &plain_text, 1, SPAN("ready\n"));
    else
        listen_answer_error(exchange, 503, "not_ready",
                            receiver->draining ? "Shutting down." : "The store cannot be written.",
                            NULL, 0);
}

/* false: no store has its snippet here. */
static bool receive_script(struct receiver *receiver, struct exchange *exchange)
{
    const struct receive_options *options = &receiver->options;
    span method = exchange->request.method;
    enum snippet_part part;
    const struct shop *shop =
        receive_snippet_shop(&exchange->request, options->shops, options->shop_count, &part);
    if (!shop)
        return false;
    if (span_is(method, "GET") || span_is(method, "HEAD")) {
        receive_snippet_answer(&receiver->snippet, exchange, options->shop_count, shop, part);
    } else {
        struct http_header allow = {SPAN("Allow"), SPAN("GET, HEAD")};
        reject(exchange, 405, "method_not_allowed", "The snippet is fetched with GET.", &allow, 1);
    }
    return true;
}

static void receive_request(void *context, struct exchange *exchange)
{
    struct receiver *receiver = context;
    span path = exchange->request.path;
    if (span_is(path, "/shopify/webhooks"))
        receive_webhook(receiver, exchange);
    else if (span_starts(path, "/shopify/proxy/") || span_is(path, "/shopify/proxy"))
        receive_proxy(receiver, exchange);
    else if (receive_route_is_collect(path, receiver->options.shops, receiver->options.shop_count))
        receive_collect(receiver, exchange);
    else if (span_is(path, "/v1/events"))
        receive_api(receiver, exchange);
    else if (span_is(path, "/healthz"))
        listen_answer(exchange, 200, &plain_text, 1, SPAN("ok\n"));
    else if (span_is(path, "/readyz"))
        receive_ready(receiver, exchange);
    else if (!receive_script(receiver, exchange))
        reject(exchange, 404, "not_found", "Nothing is here.", NULL, 0);
}

static size_t body_ceiling(void *context, const struct http_request *head)
{
    (void)context;
    if (span_is(head->path, "/shopify/webhooks"))
        return LIMIT_WEBHOOK_BODY;
    return span_is(head->path, "/v1/events") ? LIMIT_API_BODY : LIMIT_COLLECT_BODY;
}

/* What the listener refuses by itself (413, 408): a page must be able to read why. */
static unsigned refusal_headers(void *context, const struct http_request *head,
                                struct http_header *ret_headers)
{
    struct receiver *receiver = context;
    struct receive_place place;
    if (!receive_route_is_collect(head->path, receiver->options.shops,
                                  receiver->options.shop_count))
        return 0;
    receive_route_collect(head, receiver->options.shops, receiver->options.shop_count, &place);
    return receive_route_cors(head, place.origin, false, ret_headers);
}

static void on_refused(void *context, int status, const char *error)
{
    (void)context;
    (void)status;
    count_add(COUNT_REJECTED, span_of(error), (span){0}, (span){0}, 1);
}

/* ---- life --------------------------------------------------------------- */

static const struct listen_handler handler = {
    .body_ceiling = body_ceiling,
    .request = receive_request,
    .refused = on_refused,
    .refusal_headers = refusal_headers,
};

enum status receive_open(const struct receive_options *options, struct receiver **ret_receiver,
                         struct error *ret_error)
{
    struct receiver *receiver = calloc(1, sizeof *receiver);
    if (!receiver)
        abort();
    receiver->options = *options;
    buf_init(&receiver->body, LIMIT_EVENT_BYTES);
    queue_init(&receiver->answers, 0, 0);
    int failed = uv_async_init(options->loop, &receiver->wake, on_wake);
    assert(failed == 0);
    receiver->wake.data = receiver;
    queue_on_push(&receiver->answers, wake_loop, &receiver->wake);
    enum status status = listen_open(options->loop, &options->listen, &handler, receiver,
                                     &receiver->listener, ret_error);
    if (status != OK) {
        receive_close(receiver);
        return status;
    }
    *ret_receiver = receiver;
    return OK;
}

uint16_t receive_port(const struct receiver *receiver)
{
    return listen_port(receiver->listener);
}

void receive_reload(struct receiver *receiver, const struct shop *const *shops, unsigned count)
{
    receiver->options.shops = shops;
    receiver->options.shop_count = count;
    receive_snippet_forget(&receiver->snippet);
}

static void on_listener_drained(void *arg)
{
    struct receiver *receiver = arg;
    receiver->listener_drained = true;
    settle_drain(receiver);
}

void receive_drain(struct receiver *receiver, void (*drained)(void *arg), void *arg)
{
    receiver->draining = true;
    receiver->drained = drained;
    receiver->drained_arg = arg;
    listen_drain(receiver->listener, on_listener_drained, receiver);
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct receiver *receiver = handle->data;
    buf_done(&receiver->body);
    receive_snippet_forget(&receiver->snippet);
    queue_done(&receiver->answers);
    free(receiver);
}

void receive_close(struct receiver *receiver)
{
    if (!receiver)
        return;
    if (receiver->listener)
        listen_close(receiver->listener);
    uv_close((uv_handle_t *)&receiver->wake, on_wake_closed);
}
