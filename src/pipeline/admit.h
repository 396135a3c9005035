/*
 * How much may wait for RECORD, shared by all receive loops: about half a second's work, measured,
 * not guessed, so that whoever is let in is answered in bounded time, whatever the machine and its
 * disk. A store may have half of it, so that one store's flood leaves room for the others. Beyond
 * that the answer is 503 with Retry-After. Signed webhooks are always let in (eight failures in a
 * row and Shopify drops the subscription); the number of connections bounds them.
 */
#ifndef PIPELINE_ADMIT_H
#define PIPELINE_ADMIT_H
#include <stdatomic.h>

#include "../base/span.h"

#define ADMIT_SLOTS 64u /* stores share one when their names' hashes meet */

struct admit {
    atomic_uint waiting, ceiling;
    atomic_uint of[ADMIT_SLOTS];
};

void admit_init(struct admit *admit);
/* Any thread. false: not now. What was let in is given back when it is answered. NULL lets all in.
 */
bool admit_take(struct admit *admit, span shop, bool is_signed);
void admit_give(struct admit *admit, span shop);
/* RECORD, after a turn: so many parcels took so long. */
void admit_pace(struct admit *admit, unsigned parcels, int64_t us);

#endif
