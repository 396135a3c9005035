/* What assemble.c (arrivals, moves) and assemble_derive.c (the events platforms see) share. */
#ifndef PIPELINE_ASSEMBLE_PRIVATE_H
#define PIPELINE_ASSEMBLE_PRIVATE_H
#include "assemble.h"

/* READY -> SENT (order_placed appended), EXCLUDED or DROPPED, with the reason in row->reason. */
MUST_USE enum status assemble_place(struct assemble *assemble, struct order_row *row);
/* Remembers the fact once per (order, what, subject). The row has its key. */
MUST_USE enum status assemble_note_fact(struct assemble *assemble, const struct order_row *row,
                                        const struct event *event, int64_t seq);
/* Applies what waits: derived events for a SENT order, counted skips for one that was not sent. */
MUST_USE enum status assemble_adjust(struct assemble *assemble, struct order_row *row);
MUST_USE enum status assemble_start_checkout(struct assemble *assemble, struct order_row *row,
                                             const struct event *event, int64_t seq,
                                             unsigned audience);
/* Join rules 5 and 6, for an order that no browser is known of. */
MUST_USE enum status assemble_match_late(struct assemble *assemble, struct order_row *row);
/* Was the visitor found by one of them? Then he is not said to be the buyer. */
bool assemble_match_is_guess(const struct order_row *row);
void assemble_count_order(struct assemble *assemble, const char *outcome);

#endif
