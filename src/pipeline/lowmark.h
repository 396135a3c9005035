/*
 * The low-water mark of an outlet: the largest seq up to which all of its rows are settled.
 *
 * Rows are read in ascending order and settled in any order (several batches are in flight at
 * once). What is remembered is every row read and not yet below the mark, in a ring:
 *
 *      low        first unsettled          read_at
 *   ----|.............x..o.o.x.o.............|      x open, o settled; rows of others lie between
 *
 * The ring has a ceiling (LOWMARK_ROOM); the outlet reads no further while it is full.
 */
#ifndef PIPELINE_LOWMARK_H
#define PIPELINE_LOWMARK_H
#include "../base/span.h"

#define LOWMARK_ROOM 65536u

struct lowmark_entry {
    int64_t seq;
    bool settled;
};

struct lowmark {
    int64_t read_at; /* everything up to here was read */
    struct lowmark_entry *ring;
    unsigned room, head, count; /* room is a power of two */
    unsigned open;              /* entries not settled */
    int64_t *before;            /* settled by an earlier process, ascending */
    unsigned before_count, before_next;
};

/* `before`: seqs above `low` that were settled already, in any order; copied. */
void lowmark_init(struct lowmark *mark, int64_t low, const int64_t *before, unsigned before_count);
void lowmark_done(struct lowmark *mark);
/* A row of this outlet was read; seqs only grow. False: an earlier process settled it. */
MUST_USE bool lowmark_read(struct lowmark *mark, int64_t seq);
/* Nothing of this outlet lies between the last row read and `seq`. */
void lowmark_pass(struct lowmark *mark, int64_t seq);
void lowmark_settle(struct lowmark *mark, int64_t seq); /* unknown or known: no harm */
/* Is this row settled for good? Not when it has yet to be read. Rows of others count as settled. */
bool lowmark_settled(const struct lowmark *mark, int64_t seq);
int64_t lowmark_low(const struct lowmark *mark);
bool lowmark_full(const struct lowmark *mark);

#endif
