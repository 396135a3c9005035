/*
 * A report on its way to RECORD, while it is being written and until RECORD answers.
 *
 * Every report asks for an answer. Only then are its rows settled in the low-water mark, so a
 * bookmark never covers a letter or an outcome that is not durable yet; a report whose commit
 * failed is pushed again. When RECORD's queue is full, slips wait here in their order, and DELIVER
 * sends nothing new meanwhile.
 */
#ifndef PIPELINE_SLIP_H
#define PIPELINE_SLIP_H
#include "message.h"

#define SLIP_OUT_CEILING 256u /* unanswered reports; beyond them DELIVER waits for RECORD */

struct outlet;
struct shipment;

struct slip {
    struct report report; /* first */
    struct outlet *outlet;
    struct shipment *promise; /* may be sent once this is committed; else NULL */
    int64_t *seqs;            /* to settle once committed, any order */
    int64_t *skipped;         /* for a batch row that says so */
    unsigned seq_count, seq_room, skipped_count, skipped_room, outcome_room, letter_room;
    bool has_letters;
};

/* Where slips leave and come back. Owned by DELIVER's thread but for `answers`. */
struct slip_desk {
    struct queue *to_record;
    struct queue answers;          /* RECORD pushes them here after its commit */
    struct slip *kept, **kept_end; /* did not fit into the queue yet */
    struct queue_node *back;       /* taken from `answers`, not handed out yet */
    unsigned out;                  /* pushed or kept, not answered yet */
};
void slip_desk_init(struct slip_desk *desk, struct queue *to_record);
void slip_desk_done(struct slip_desk *desk);       /* frees what is kept or has come back */
bool slip_desk_busy(const struct slip_desk *desk); /* send and read nothing new */
void slip_push(struct slip_desk *desk, struct slip *slip);
void slip_flush(struct slip_desk *desk); /* tries what was kept again */
/* Takes in what has come back by now, for slip_take. */
void slip_collect(struct slip_desk *desk);
/* The next one of these, oldest first; the caller's from now on. NULL: none. */
struct slip *slip_take(struct slip_desk *desk);

struct slip *slip_new(struct outlet *outlet);
void slip_free(struct slip *slip);
struct arena *slip_arena(struct slip *slip);
void slip_seq(struct slip *slip, int64_t seq);
void slip_skip(struct slip *slip, int64_t seq);
/* Rows to fill, zeroed; valid until the next one is asked for. */
struct outcome_row *slip_outcome(struct slip *slip);
struct letter_row *slip_letter(struct slip *slip);

#endif
