/*
 * What waits for RECORD, in lanes, so that nobody waits behind somebody else's flood:
 *
 *   reports of DELIVER   first, all of them: their number is bounded
 *   signed webhooks      then, a store after the other, up to three quarters of the turn
 *   all else             then, a store after the other
 *
 * Within a lane, first in first out. Thread: RECORD's.
 */
#ifndef PIPELINE_LANES_H
#define PIPELINE_LANES_H
#include "message.h"

#define LANES_SLOTS 64u /* stores share one when their names' hashes meet */

struct lane_of {
    struct queue_node *head, *tail;
};

struct lanes {
    struct lane_of reports, hooks[LANES_SLOTS], others[LANES_SLOTS];
    unsigned hook_count, other_count, report_count;
    unsigned next_hook, next_other; /* whose turn it is */
};

void lanes_put(struct lanes *lanes, struct queue_node *list); /* NULL is fine */
/* At most `most` of them and all reports, as a list; NULL when nothing waits. */
struct queue_node *lanes_take(struct lanes *lanes, unsigned most);
unsigned lanes_count(const struct lanes *lanes);

#endif
