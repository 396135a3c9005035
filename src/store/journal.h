/*
 * The journal: what happened, in the order in which RECORD learned it. Rows are never updated
 * (only erasure blanks a body). Whatever is to be delivered is a row here; there is no second path.
 *
 * seen: has this copy been here? Key = second of the time inside the event ‖ 12 bytes of
 * SHA-256(shop, source, name, id), so that retries (which carry the same raw time, to the ms) and
 * new events land in the hottest pages and the window is dropped by range.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H
#include "../event/event.h"
#include "store.h"

struct journal_row {
    int64_t seq; /* given by journal_append */
    int64_t shop;
    enum event_name name;
    enum event_source source;
    span event_id;
    int64_t at, received_at;
    span visitor;      /* ULID text or absent */
    int64_t person;    /* 0 = nobody known */
    int64_t order;     /* key of the order it belongs to, 0 = none */
    unsigned audience; /* bits of enum event_audience */
    span body;         /* canonical JSON */
};

MUST_USE enum status journal_append(struct store *store, const struct journal_row *row,
                                    int64_t *ret_seq);
/* First copy: OK and remembered under `seq` (use journal_next_seq before appending). A copy:
   CONFLICT, and ret_seq is the first one's. */
MUST_USE enum status journal_seen(struct store *store, int64_t shop, enum event_source source,
                                  span name, span event_id, int64_t raw_at, int64_t seq,
                                  int64_t *ret_first_seq);
int64_t journal_next_seq(struct store *store);
/* Webhook deliveries: the same id on each retry, no time inside. Remembered by day of arrival, at
   least 48 h (sources 1.4). CONFLICT when known. */
MUST_USE enum status journal_delivery(struct store *store, int64_t shop, span delivery_id,
                                      int64_t now);
MUST_USE enum status journal_quarantine(struct store *store, int64_t shop, span source, span topic,
                                        span reason, span body, int64_t now);

struct journal_odd { /* a row of the quarantine */
    int64_t id, at;
    span shop_name; /* absent: of no store */
    span source, topic, reason, body;
};
/* The newest first, at most `most`; bodies cut to `bytes` each. */
MUST_USE enum status journal_quarantined(struct view *view, struct arena *arena, unsigned most,
                                         size_t bytes, struct journal_odd **ret_rows,
                                         unsigned *ret_count);

/* Rows after `after` that any bit of `audience` may see, of one shop, oldest first, at most `most`
   rows and about `bytes` of bodies. Texts in arena. */
MUST_USE enum status journal_read(struct view *view, struct arena *arena, int64_t shop,
                                  int64_t after, unsigned audience, unsigned most, size_t bytes,
                                  struct journal_row **ret_rows, unsigned *ret_count);
MUST_USE enum status journal_one(struct view *view, struct arena *arena, int64_t seq,
                                 struct journal_row *ret_row); /* MISSING */
/* Everything after `after`, all shops, for `tail`. */
MUST_USE enum status journal_follow(struct view *view, struct arena *arena, int64_t after,
                                    unsigned most, struct journal_row **ret_rows,
                                    unsigned *ret_count);
/* Newest seq, 0 when empty. Who takes trouble for 0 reads everything again, or nothing. */
MUST_USE enum status journal_head(struct view *view, int64_t *ret_head);
/* First seq received at or after `at`; head + 1 when none. By bisection: rows are received in
 * order. */
MUST_USE enum status journal_since(struct view *view, int64_t at, int64_t *ret_seq);
/* Rows with this event id, newest first (scans by the ids' own time when it is a ULID, else all):
   for `show event`, not for the journey. */
MUST_USE enum status journal_by_id(struct view *view, struct arena *arena, span event_id,
                                   struct journal_row **ret_rows, unsigned *ret_count);
/* A visitor's rows since `since`, oldest first, at most `most`: for stitching and `show person`.
   Costs a probe (2 us) per 8192 rows of the journal since then: do not ask for more than the
   visitor's own first_at. */
MUST_USE enum status journal_of_visitor(struct view *view, struct arena *arena, int64_t shop,
                                        span visitor, int64_t since, unsigned most,
                                        struct journal_row **ret_rows, unsigned *ret_count);
/* A visitor's rows after `after`, up to `to`, oldest first, at most `most`. */
MUST_USE enum status journal_trail(struct view *view, struct arena *arena, int64_t shop,
                                   span visitor, int64_t after, int64_t to, unsigned most,
                                   struct journal_row **ret_rows, unsigned *ret_count);
/* The seq behind which the visitor's newest `most` rows up to `to` lie; `after` where there are no
   more than that behind it. Reads the trail alone, from its end. */
MUST_USE enum status journal_trail_newest(struct view *view, int64_t shop, span visitor,
                                          int64_t after, int64_t to, unsigned most,
                                          int64_t *ret_seq);
#define JOURNAL_NEAR_ROWS 20000
struct journal_near {
    int64_t from, to; /* event time */
    span said;        /* in the body */
};
/* Rows of browsers (seq, at, visitor, body) among the newest JOURNAL_NEAR_ROWS whose body has the
   text, newest first, at most 1000. Reads through them: not for every event. */
MUST_USE enum status journal_near(struct view *view, struct arena *arena, int64_t shop,
                                  const struct journal_near *near, struct journal_row **ret_rows,
                                  unsigned *ret_count);
struct journal_step {
    int64_t seq;
    enum event_name name;
};
/* What an order's platforms were told before `seq`, oldest first: rows with an audience. */
MUST_USE enum status journal_order_before(struct view *view, struct arena *arena, int64_t order,
                                          int64_t seq, struct journal_step **ret_steps,
                                          unsigned *ret_count);
/* Rows of an order, oldest first: for `show order`. */
MUST_USE enum status journal_of_order(struct view *view, struct arena *arena, int64_t order,
                                      struct journal_row **ret_rows, unsigned *ret_count);

#endif
