/*
 * Sending a period to a destination again, with the same ids: what was delivered is passed over
 * unless that is forced, and forcing is allowed only as long as the platform would know a copy
 * (its dedup window), so that nothing counts twice. `sidetrack replay` and the API do the same.
 */
#ifndef STORY_REPLAY_H
#define STORY_REPLAY_H
#include "../destinations/list.h"
#include "../store/store.h"

#define REPLAY_MOST 200000u /* letters of one replay: one request each */

struct replay {
    const struct destination *destination;
    span store;       /* as in the config */
    int64_t from, to; /* ms, by arrival; `to` is not in it */
    bool forced, dry;
    int64_t now;
};
struct replay_done {
    unsigned rows, delivered;
    unsigned percent; /* of the period that was looked at */
    bool stopped;     /* `turned` said so: what was done until then stays done */
};

/* Writes in short turns; `turned` (may be NULL) is told after each, and says whether to go on.
   INVALID: not allowed, MISSING: the file knows no such store or destination, FULL: more than
   REPLAY_MOST; *ret_error says it. */
MUST_USE enum status replay_run(struct store *store, const struct replay *replay,
                                bool (*turned)(void *arg, const struct replay_done *done),
                                void *arg, struct replay_done *ret_done, struct error *ret_error);

#endif
