/*
 * Orders: hold and merge (DESIGN 7). The browser's half brings cookies, click ids, the device; the
 * shop's signed half brings people and money; facts (refund, cancel, fulfilment) adjust what was
 * sent. Whatever the order of arrival and however often it arrives, the halves end in the same
 * state: tests/unit/pipeline/test_assemble.c plays all permutations.
 *
 * Thread: RECORD, inside a turn.
 */
#ifndef PIPELINE_ASSEMBLE_H
#define PIPELINE_ASSEMBLE_H
#include "../base/clock.h"
#include "../event/shop.h"
#include "../store/journal.h"
#include "../store/order.h"
#include "tally.h"

#define ASSEMBLE_LOST_MS HOUR_MS /* a KNOWN order waits so long for its own webhook */

struct assemble {
    struct store *store;
    struct arena *arena; /* the turn's */
    const struct shop *shop;
    int64_t shop_number, activated_at;
    int64_t now;
    struct tally *tally;
    unsigned appended; /* derived rows made: DELIVER is told when > 0 */
};

/* Appends `row` (it holds `event`, resolved to row->person), tied to its order or checkout where it
   has one, and makes the moves that follow from it. *ret_seq is the row's. */
MUST_USE enum status assemble_event(struct assemble *assemble, const struct event *event,
                                    struct journal_row *row, int64_t *ret_seq);
/* The order's timer has come. */
MUST_USE enum status assemble_due(struct assemble *assemble, int64_t order_key);

/* Enforced moves; see the drawing in assemble_life.c. */
void assemble_move(struct order_row *order, enum order_state to);
bool assemble_may_move(enum order_state from, enum order_state to);

#endif
