/*
 * RECEIVE: one per public loop. Finds the shop and the source, checks ceilings, rates and
 * signatures, decodes (pure), parks the answer and hands a parcel to RECORD.
 */
#ifndef PIPELINE_RECEIVE_H
#define PIPELINE_RECEIVE_H
#include "geo.h"
#include "admit.h"
#include "message.h"

struct receive_options {
    uv_loop_t *loop;
    struct listen_options listen;
    const struct clock *clock;
    const struct shop *const *shops;
    unsigned shop_count;
    unsigned
        rate_per_ip; /* collect requests a second from one client, burst 10 times; 0 = no limit */
    unsigned rate_per_store; /* the same for one store, on this loop */
    const struct geo *geo;   /* NULL: nothing is known of addresses */
    struct queue *to_record;
    struct admit *admit;      /* of all loops; NULL: all may come */
    bool (*ready)(void *arg); /* /readyz: can RECORD commit? */
    void *ready_arg;
};

struct receiver;
MUST_USE enum status receive_open(const struct receive_options *options,
                                  struct receiver **ret_receiver, struct error *ret_error);
uint16_t receive_port(const struct receiver *receiver);
/* On its loop's thread. */
void receive_reload(struct receiver *receiver, const struct shop *const *shops, unsigned count);
void receive_drain(struct receiver *receiver, void (*drained)(void *arg), void *arg);
void receive_close(struct receiver *receiver);

#endif
