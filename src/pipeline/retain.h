/*
 * What RECORD forgets by itself, a little a turn: rows past `retention`, people and orders past
 * `keep`, the bookmarks of destinations that have left the config. Thread: RECORD's, inside a turn.
 *
 * A bookmark holds the journal's rows for its destination. One that is no longer configured would
 * hold them for ever: it is told of in the log, once a day and at each start or reload, and dropped
 * after RETAIN_GRACE_DAYS days on which the gateway ran without it. What comes back before goes on
 * where it stopped; what comes back later starts at the head, like a new one.
 */
#ifndef PIPELINE_RETAIN_H
#define PIPELINE_RETAIN_H
#include "../base/clock.h"
#include "../store/store.h"
#include "deliver.h"

#define RETAIN_GRACE_DAYS 7

struct retain {
    int64_t retention_ms, keep_ms; /* 0: for ever */
    int64_t dedup_window_ms;       /* the longest of any shop */
    bool outlets_known;            /* false: bookmarks are let be (tests) */
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    /* retain.c's own */
    int64_t retained_at, kept_at, noticed_day; /* 0: at the next turn */
};

/* `idle`: nothing else happens in this turn. A busy gateway forgets too, only later and less. */
MUST_USE enum status retain_turn(struct retain *retain, struct store *store, struct arena *arena,
                                 int64_t now, bool idle);

#endif
