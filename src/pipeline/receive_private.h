/* Between the files receive*.c only. */
#ifndef PIPELINE_RECEIVE_PRIVATE_H
#define PIPELINE_RECEIVE_PRIVATE_H
#include "receive.h"
#include "receive_rate.h"
#include "receive_route.h"
#include "receive_snippet.h"

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

#define RECEIVE_RETRY_LATER ((struct http_header){SPAN("Retry-After"), SPAN("1")})

/* receive.c */
/* `from` says what came, from whom, and what to do with it; the rest is filled in. Answers at once
   what cannot wait for the commit. */
void receive_hand_over(struct receiver *receiver, struct exchange *exchange,
                       const struct parcel *from);

/* receive_ways.c */
void receive_collect(struct receiver *receiver, struct exchange *exchange);
void receive_proxy(struct receiver *receiver, struct exchange *exchange);
void receive_webhook(struct receiver *receiver, struct exchange *exchange);
void receive_api(struct receiver *receiver, struct exchange *exchange);

/* receive_answer.c */
void receive_reject(struct exchange *exchange, int status, const char *error, const char *detail,
                    const struct http_header *headers, unsigned header_count);
/* 405; `allowed`: "GET, HEAD". */
void receive_reject_method(struct exchange *exchange, const char *allowed, const char *detail);
void receive_answer_plain(struct exchange *exchange, span text);
enum receive_log { RECEIVE_LOG_REFUSED, RECEIVE_LOG_QUARANTINED };
/* `shop` NULL: unknown. `topic` is the stranger's and repeated only if it is a word of Shopify's.
 */
void receive_log_webhook(struct receiver *receiver, enum receive_log what, const struct shop *shop,
                         span topic, const char *reason);
/* RECORD is done with the parcel. */
void receive_answer(struct receiver *receiver, struct parcel *parcel);
void receive_answer_collected(struct receiver *receiver, struct exchange *exchange,
                              const struct shop *shop, const struct source_batch *batch,
                              enum receive_origin origin, span adopted);
/* `copies` by event, or NULL where there are none. */
void receive_answer_api(struct receiver *receiver, struct exchange *exchange,
                        const struct source_batch *batch, const bool *copies);
void receive_count_refused(const struct source_batch *batch);

#endif
