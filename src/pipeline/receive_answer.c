/*
 * What a sender is told, and what is counted of it: refusals at once, everything else after the
 * commit, in the form his way in has (204 or 200 with what was refused; an empty 200 for Shopify;
 * one result an event for the server API).
 */
#include "../base/limits.h"
#include "../base/log.h"
#include "count.h"
#include "receive_cookie.h"
#include "receive_private.h"

void receive_reject(struct exchange *exchange, int status, const char *error, const char *detail,
                    const struct http_header *headers, unsigned header_count)
{
    count_add(COUNT_REJECTED, span_of(error), (span){0}, (span){0}, 1);
    listen_answer_error(exchange, status, error, detail, headers, header_count);
}

void receive_reject_method(struct exchange *exchange, const char *allowed, const char *detail)
{
    struct http_header allow = {SPAN("Allow"), span_of(allowed)};
    receive_reject(exchange, 405, "method_not_allowed", detail, &allow, 1);
}

void receive_answer_plain(struct exchange *exchange, span text)
{
    static const struct http_header type = {SPAN("Content-Type"), SPAN("text/plain")};
    listen_answer(exchange, 200, &type, 1, text);
}

/* At most one line a second: a stranger may post what he likes. A topic that is no word of
   Shopify's ("orders/create") is his too, and not repeated. The times are of all loops together,
   for the log is one, and apart, so that strangers mute nothing else. */
static struct {
    const char *word;
    _Atomic int64_t told_at;
} logs[] = {[RECEIVE_LOG_REFUSED] = {"webhook_refused", 0},
            [RECEIVE_LOG_QUARANTINED] = {"webhook_quarantined", 0}};

void receive_log_webhook(struct receiver *receiver, enum receive_log what, const struct shop *shop,
                         span topic, const char *reason)
{
    _Atomic int64_t *logged_at = &logs[what].told_at;
    int64_t now = clock_now(receiver->options.clock);
    int64_t last = atomic_load(logged_at);
    if (now >= last && now - last < SECOND_MS)
        return;
    if (!atomic_compare_exchange_strong(logged_at, &last, now))
        return; /* another loop has just told */
    for (size_t i = 0; i < topic.len; i++)
        if (topic.len > 64 || !strchr("abcdefghijklmnopqrstuvwxyz_/", topic.ptr[i]))
            topic = (span){0};
    log_event(LOG_WARN, logs[what].word, "store=\"%.*s\" topic=\"%.*s\" reason=%s",
              SPAN_ARG(shop ? shop->name : (span){0}), SPAN_ARG(topic), reason);
}

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

void receive_answer_collected(struct receiver *receiver, struct exchange *exchange,
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
void receive_answer_api(struct receiver *receiver, struct exchange *exchange,
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

void receive_count_refused(const struct source_batch *batch)
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
    receive_count_refused(&parcel->batch);
    if (parcel->verdict == SOURCE_IGNORED || parcel->verdict == SOURCE_QUARANTINED)
        count_add(COUNT_REJECTED, span_of(parcel->batch.error), (span){0}, (span){0}, 1);
}

void receive_answer(struct receiver *receiver, struct parcel *parcel)
{
    struct exchange *exchange = parcel->exchange;
    int64_t parked_us = parcel->parked_us;
    if (parcel->result != OK) {
        struct http_header later = RECEIVE_RETRY_LATER;
        receive_reject(exchange, 503, "not_stored", "The event could not be stored. Send it again.",
                       &later, 1);
        return;
    }
    count_taken(parcel);
    if (parcel->verdict == SOURCE_QUARANTINED && !parcel->duplicates)
        receive_log_webhook(receiver, RECEIVE_LOG_QUARANTINED, parcel->shop, parcel->batch.topic,
                            parcel->batch.error);
    if (parcel->source == &source_shopify) {
        listen_answer(exchange, 200, NULL, 0, (span){0});
    } else if (parcel->source == &source_api) {
        receive_answer_api(receiver, exchange, &parcel->batch, parcel->copies);
    } else {
        receive_answer_collected(receiver, exchange, parcel->shop, &parcel->batch,
                                 (enum receive_origin)parcel->origin, parcel->adopted);
    }
    count_observe(COUNT_ACK_SECONDS, clock_monotonic_us() - parked_us);
}
