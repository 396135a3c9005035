/*
 * RECORD: the single writer. A turn drains the inbox, does everything in one transaction, commits
 * with one fsync (beside the receive loops, not in them) and only then lets RECEIVE answer.
 */
#ifndef PIPELINE_RECORD_H
#define PIPELINE_RECORD_H
#include "../base/clock.h"
#include "message.h"

struct record_options {
    const char *path;
    const struct clock *clock;
    const struct shop *const *shops;
    unsigned shop_count;
    int64_t keep_ms; /* of people; 0: for ever */
    int64_t retention_ms;
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
void record_reload(struct recorder *recorder, const struct shop *const *shops,
                   unsigned count); /* any thread; lives for ever */
void record_close(struct recorder *recorder);

#endif
