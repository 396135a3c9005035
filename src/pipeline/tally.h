/*
 * What a turn has to say to sidetrack_orders_total, kept back until the turn is committed: a turn
 * that fails is tried again message by message, and would be counted twice. Thread: RECORD's.
 */
#ifndef PIPELINE_TALLY_H
#define PIPELINE_TALLY_H
#include "../base/span.h"

#define TALLY_ROOM 128u /* stores × outcomes of one turn; what is beyond is counted at once */

struct tally {
    struct tally_row {
        span shop;           /* lives as long as its config: for ever */
        const char *outcome; /* a literal */
        unsigned n;
    } rows[TALLY_ROOM];
    unsigned count;
};

void tally_add(struct tally *tally, span shop, const char *outcome);
void tally_count(struct tally *tally);  /* the turn stands */
void tally_forget(struct tally *tally); /* it does not */

#endif
