/*
 * What pages and reports ask of the file: lists that are turned page by page, and sums of a span of
 * time. None of it is needed for the journey of an event.
 *
 * Each call is bounded: lists look at REPORT_LOOKED rows at most and say where to go on; sums go by
 * the indexes orders_day and outcome_order, which hold all that is counted, so no order's row is
 * read for them. Measured at a million rows by tests/unit/story/bench_story.c.
 *
 * Days are the caller's: [from, until) in ms. Texts are copied to the arena given.
 */
#ifndef STORE_REPORT_H
#define STORE_REPORT_H
#include "journal.h"
#include "order.h"
#include "outbox.h"

#define REPORT_LOOKED        20000u /* rows of the journal looked at for one page of a list */
#define REPORT_LOOKED_ORDERS 5000u
#define REPORT_LOOKED_SEEN   10000u

/* ---- lists: the newest first, those before `before` (0: from the end) */

struct report_filter { /* what is absent or 0 is not asked for */
    int64_t shop;
    span name, source, visitor;
};
/* *ret_next: `before` of the next page; 0 at the end. A page may be empty and yet not the last. */
MUST_USE enum status report_events(struct view *view, struct arena *arena,
                                   const struct report_filter *filter, int64_t before,
                                   unsigned most, struct journal_row **ret_rows,
                                   unsigned *ret_count, int64_t *ret_next);
/* `state` "" for all. The long texts (server, browser) stay absent. */
MUST_USE enum status report_orders(struct view *view, struct arena *arena, int64_t shop, span state,
                                   int64_t before, unsigned most, struct order_row **ret_rows,
                                   unsigned *ret_count, int64_t *ret_next);
MUST_USE enum status report_orders_of_person(struct view *view, struct arena *arena, int64_t person,
                                             unsigned most, struct order_row **ret_rows,
                                             unsigned *ret_count);
/* People whose e-mail begins so; all when it is empty: the newest first. */
MUST_USE enum status report_people(struct view *view, struct arena *arena, int64_t shop, span email,
                                   unsigned most, int64_t **ret_persons, unsigned *ret_count);
/* What people call the order and can be looked for by; absent: unknown. */
span report_order_name(struct view *view, struct arena *arena, int64_t order);
span report_shop_name(struct view *view, struct arena *arena, int64_t shop);

/* ---- sums */

struct report_orders { /* of one state and one kind of halves */
    span destination;  /* absent: of no destination */
    enum order_state state;
    unsigned outcome; /* enum outcome_state; 0 where there is no destination */
    bool server, browser;
    span currency;
    struct money value; /* as sent, summed; not given: none was sent */
    int64_t count;
};
MUST_USE enum status report_sum_orders(struct view *view, struct arena *arena, int64_t shop,
                                       int64_t from, int64_t until, struct report_orders **ret_rows,
                                       unsigned *ret_count);
/* Of those orders, what each destination did with order_placed. */
MUST_USE enum status report_sum_outcomes(struct view *view, struct arena *arena, int64_t shop,
                                         int64_t from, int64_t until,
                                         struct report_orders **ret_rows, unsigned *ret_count);
/* Orders that only a browser told of are priced by their half alone. */
MUST_USE enum status report_browser_only(struct view *view, struct arena *arena, int64_t shop,
                                         int64_t from, int64_t until, span *ret_currency,
                                         struct money *ret_value);

struct report_count {
    int64_t day;
    span what, label;
    int64_t n;
};
/* Counters of one shop, `what` beginning with `prefix`, by day. */
MUST_USE enum status report_counts(struct view *view, struct arena *arena, int64_t shop,
                                   const char *prefix, int64_t from_day, int64_t to_day,
                                   struct report_count **ret_rows, unsigned *ret_count);

/* Rows in [from, until) of one shop that some destination may see. */
int64_t report_rows(struct view *view, int64_t shop, int64_t from, int64_t until);

/* ---- one destination of one shop */

struct report_trouble {
    span code, words; /* the platform's */
    span reason;      /* ours */
    int64_t count, last_at;
};
/* Classes of what it would not take, since `since`: from its letters, the commonest first. */
MUST_USE enum status report_troubles(struct view *view, struct arena *arena, int64_t shop,
                                     span destination, int64_t since,
                                     struct report_trouble **ret_rows, unsigned *ret_count);
/* When the oldest row that it has yet to settle was received; 0: none. */
int64_t report_oldest_waiting(struct view *view, int64_t shop, int64_t low, unsigned audience);
/* The newest acceptance, and the events accepted since `since`, from its last batches. */
MUST_USE enum status report_accepted(struct view *view, int64_t shop, span destination,
                                     int64_t since, int64_t *ret_last_at, int64_t *ret_events);

/* ---- the first steps */

struct report_seen { /* when each was heard from last; 0: not among the last rows */
    int64_t snippet, pixel, webhook, api;
};
MUST_USE enum status report_seen(struct view *view, int64_t shop, struct report_seen *ret_seen);

#endif
