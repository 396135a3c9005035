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

#include "../base/limits.h"
#include "count.h"
#include "receive_private.h"

static_assert(RECEIVE_CORS_HEADERS <= LISTEN_REFUSAL_HEADERS, "they go with refusals");

/* ---- waking, after the commit -------------------------------------------- */

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
void receive_hand_over(struct receiver *receiver, struct exchange *exchange,
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
            receive_reject(exchange, 413, "event_too_large", "One event is larger than we keep.",
                           headers, count);
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
        struct http_header later = RECEIVE_RETRY_LATER;
        receive_reject(exchange, 503, "overloaded",
                       "Too much is waiting to be stored. Send it again.", &later, 1);
        return;
    }
    receiver->parked++;
}

/* ---- routing -------------------------------------------------------------- */

static void receive_ready(struct receiver *receiver, struct exchange *exchange)
{
    bool ready = !receiver->draining && receiver->options.ready(receiver->options.ready_arg);
    if (ready)
        receive_answer_plain(exchange, SPAN("ready\n"));
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
        receive_reject_method(exchange, "GET, HEAD", "The snippet is fetched with GET.");
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
        receive_answer_plain(exchange, SPAN("ok\n"));
    else if (span_is(path, "/readyz"))
        receive_ready(receiver, exchange);
    else if (!receive_script(receiver, exchange))
        receive_reject(exchange, 404, "not_found", "Nothing is here.", NULL, 0);
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
