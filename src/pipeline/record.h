/*
 * RECORD: the single writer. A turn drains the inbox, does everything in one transaction, commits
 * with one fsync (beside the receive loops, not in them) and only then lets RECEIVE answer.
 */
#ifndef PIPELINE_RECORD_H
#define PIPELINE_RECORD_H
#include "../base/clock.h"
#include "admit.h"
#include "message.h"
#include "retain.h"

struct record_options {
    const char *path;
    const struct clock *clock;
    const struct shop *const *shops;
    unsigned shop_count;
    struct retain retain;     /* what is forgotten, and when; zero: nothing */
    struct admit *admit;      /* hears of the pace; may be NULL in tests */
    struct queue *inbox;      /* parcels and reports */
    struct queue *to_deliver; /* news; may be NULL in tests */
};

struct recorder;
MUST_USE enum status record_open(const struct record_options *options,
                                 struct recorder **ret_recorder, struct error *ret_error);
void record_run(
    struct recorder *recorder); /* the thread's body: until the inbox is closed and empty */
/* One turn, waiting at most `wait_ms` for work; for record_run and for tests. */
void record_turn(struct recorder *recorder, int64_t wait_ms);
bool record_ready(const struct recorder *recorder); /* any thread: the last commit worked */
/* Any thread; what is given lives for ever. */
void record_reload(struct recorder *recorder, const struct shop *const *shops, unsigned count,
                   const struct outlet_spec *outlets, unsigned outlet_count);
void record_close(struct recorder *recorder);

#endif
