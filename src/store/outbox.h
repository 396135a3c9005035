/*
 * What DELIVER has promised and what the platforms answered. Written by RECORD on DELIVER's
 * behalf, in the same turns as everything else.
 *
 * bookmark  per (shop, destination): all rows up to `low` are settled; plus the pause
 * batch     what one request carried and was answered, or a run of skipped rows (verdict
 *           "skipped"). A SENDING row found at start is an attempt whose answer is unknown
 * outcome   per (shop, subject, destination): what became of an ORDER-class event; the proof
 * letter    what could not be delivered, why, when to try again, the platform's words
 * counter   sums per day for the reports
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H
#include "../event/event.h"
#include "store.h"

struct bookmark_row {
    int64_t shop;
    span destination;
    int64_t low; /* everything up to here is settled */
    bool paused; /* by a person or by a verdict */
    span paused_reason;
    int64_t since; /* when the bookmark was made */
};

/* All of them, with the shop's name. */
struct bookmark_place {
    int64_t shop, low;
    span shop_name, destination;
};
MUST_USE enum status bookmark_all(struct view *view, struct arena *arena,
                                  struct bookmark_place **ret_places, unsigned *ret_count);
/* Forgets how far it was, and what it still had to try: if it comes back, it comes as a new one. */
MUST_USE enum status bookmark_drop(struct store *store, int64_t shop, span destination);

enum batch_state { BATCH_SENDING = 1, BATCH_SETTLED = 2 };
struct batch_row {
    int64_t id; /* given by the caller: unique per process start and counter, see deliver.c */
    int64_t shop;
    span destination;
    enum batch_state state;
    const int64_t *seqs; /* ascending */
    unsigned count;
    unsigned attempts; /* requests made, of all parts and tries */
    int64_t sent_at, settled_at;
    int status;                 /* HTTP, of the last attempt */
    span verdict, code, answer; /* answer: cut to LIMIT_ANSWER_KEPT; of several parts
                                   "part 1/2: 202; part 2/2: 202" */
};

enum outcome_state {
    OUTCOME_WAITING = 1,
    OUTCOME_DELIVERED,
    OUTCOME_REFUSED,
    OUTCOME_SKIPPED,
    OUTCOME_UNKNOWN
};
struct outcome_row {
    int64_t shop;
    span subject; /* event id: o_…, o_…_refund_… */
    span destination;
    enum event_name name;
    int64_t seq, order;
    enum outcome_state state;
    span reason; /* why not; the platform's code */
    int64_t batch;
    int64_t at;
};

enum letter_state { LETTER_WAITING = 1, LETTER_DEAD, LETTER_DROPPED, LETTER_DELIVERED };
struct letter_row {
    int64_t id; /* 0: new */
    int64_t shop;
    span shop_name; /* out only */
    span destination;
    int64_t seq;
    span event_id;
    enum event_name name;
    enum letter_state state;
    span reason;      /* our word: refused, expired, may_have_arrived, waits_for_order, retrying */
    span code, words; /* theirs */
    unsigned attempts;
    int64_t next_try, created_at, updated_at;
};

const char *outcome_state_text(enum outcome_state state);
const char *letter_state_text(enum letter_state state);

/* MISSING when there is none yet. */
MUST_USE enum status bookmark_get(struct view *view, struct arena *arena, int64_t shop,
                                  span destination, struct bookmark_row *ret_row);
MUST_USE enum status bookmark_put(struct store *store, const struct bookmark_row *row);
/* Only `low`, when the row is there: a person may have paused it meanwhile. Else as bookmark_put.
 */
MUST_USE enum status bookmark_move(struct store *store, const struct bookmark_row *row);
/* A person pauses (`reason` given) or resumes (absent). MISSING: there is no bookmark. */
MUST_USE enum status bookmark_pause(struct store *store, int64_t shop, span destination,
                                    span reason);
/* Replaces by id. Seqs must ascend (assert). */
MUST_USE enum status batch_put(struct store *store, const struct batch_row *row);
/* Seqs above `low` that are settled already (from batches, skips and letters), ascending. */
MUST_USE enum status batch_settled_above(struct view *view, struct arena *arena, int64_t shop,
                                         span destination, int64_t low, int64_t **ret_seqs,
                                         unsigned *ret_count);
MUST_USE enum status batch_get(struct view *view, struct arena *arena, int64_t id,
                               struct batch_row *ret_row);
/* All that carried (or skipped) this journal row, for `show`. */
MUST_USE enum status batch_of_seq(struct view *view, struct arena *arena, int64_t shop,
                                  span destination, int64_t seq, struct batch_row **ret_rows,
                                  unsigned *ret_count);
/* SENDING rows of an outlet: attempts whose answer the last process did not see. */
MUST_USE enum status batch_sending(struct view *view, struct arena *arena, int64_t shop,
                                   span destination, struct batch_row **ret_rows,
                                   unsigned *ret_count);
/* Batches delivered since then, newest first, at most so many: only id, settled_at
   and answer are filled in. */
MUST_USE enum status batch_delivered_since(struct view *view, struct arena *arena, int64_t shop,
                                           span destination, int64_t since, unsigned most,
                                           struct batch_row **ret_rows, unsigned *ret_count);
/* A later word of the platform about this batch, in place of its answer. OK when it is gone. */
MUST_USE enum status batch_tell(struct store *store, int64_t id, span answer);
/* A SKIP is remembered as settled above the low mark too. */
MUST_USE enum status
outcome_put(struct store *store,
            const struct outcome_row *row); /* replaces by (shop, subject, destination) */
MUST_USE enum status outcome_get(struct view *view, struct arena *arena, int64_t shop, span subject,
                                 span destination, struct outcome_row *ret_row);
MUST_USE enum status outcome_of_order(struct view *view, struct arena *arena, int64_t order,
                                      struct outcome_row **ret_rows, unsigned *ret_count);
/* One letter per (shop, destination, seq): a second one replaces it. */
MUST_USE enum status letter_put(struct store *store, const struct letter_row *row);
MUST_USE enum status letter_due(struct view *view, struct arena *arena, int64_t shop,
                                span destination, int64_t now, unsigned most,
                                struct letter_row **ret_rows, unsigned *ret_count);
/* The letter of this journal row, whatever its state; MISSING. */
MUST_USE enum status letter_of_seq(struct view *view, struct arena *arena, int64_t shop,
                                   span destination, int64_t seq, struct letter_row *ret_row);
int64_t letter_next_due(struct view *view, int64_t shop, span destination); /* 0 = none */
MUST_USE enum status letter_list(struct view *view, struct arena *arena, unsigned most,
                                 struct letter_row **ret_rows,
                                 unsigned *ret_count); /* waiting and dead, newest first */
unsigned letter_count(struct view *view, int64_t shop, span destination, enum letter_state state);
/* All dead letters (of one destination when given) wait again, due at once and with their attempts
   counted from 0, or are dropped. */
/* Letters that a clock which stood ahead has dated (written later than `now`, by CLOCK_JUMP_MS or
   more) are tried when they would have been by the right one. */
MUST_USE enum status letter_set_back(struct store *store, int64_t now);
MUST_USE enum status letter_retry(struct store *store, span destination, int64_t now,
                                  unsigned *ret_count);
MUST_USE enum status letter_drop(struct store *store, span destination, int64_t now,
                                 unsigned *ret_count);
/* Those of the list, by number; dead ones only. */
MUST_USE enum status letter_retry_one(struct store *store, int64_t id, int64_t now,
                                      unsigned *ret_count);
MUST_USE enum status letter_drop_one(struct store *store, int64_t id, int64_t now,
                                     unsigned *ret_count);
#define LETTER_REPLAY_ROWS 2000u /* looked at in one turn */
struct letter_period {           /* rows that go again */
    int64_t shop;
    span destination;
    unsigned audience;
    int64_t from, to; /* seqs, both in it */
    int64_t oldest;   /* by the event's own time */
    bool forced;      /* what was delivered too */
    bool dry;         /* only count */
};
/* A letter for each row that goes again, of the first LETTER_REPLAY_ROWS; *ret_stand: the last seq
   looked at. *ret_delivered counts rows that were delivered, passed over or not. */
MUST_USE enum status letter_replay(struct store *store, struct arena *arena,
                                   const struct letter_period *period, int64_t now,
                                   unsigned *ret_rows, unsigned *ret_delivered, int64_t *ret_stand);
struct counter_row {
    int64_t day, shop; /* days since 1970 UTC */
    span what, label;
    int64_t n; /* to add */
};
MUST_USE enum status counter_add(struct store *store, int64_t day, int64_t shop, span what,
                                 span label, int64_t n);
/* On how many days since `from_day` it was counted. */
unsigned counter_days(struct view *view, int64_t from_day, int64_t shop, span what, span label);
/* Rows (shop, day, what, label, n) of the last days: called once per row. */
MUST_USE enum status counter_each(struct view *view, int64_t from_day, int64_t to_day,
                                  void (*row)(void *arg, int64_t day, int64_t shop, span what,
                                              span label, int64_t n),
                                  void *arg);

#endif
