/*
 * Whether an event goes to a destination, and if not, why: one machine word, which is counted
 * and, for orders, kept as the proof.
 *
 *   destination_disabled  enabled: false
 *   erased, unreadable    there is no event in the row any more
 *   bot                   it looks like no person, and the store says `bots: exclude`
 *   unmapped              the platform has no name for it
 *   not_in_events         not in the outlet's allow-list
 *   test_order            a test order, and the destination has no test code nor a validate mode
 *   too_old, in_future    outside the platform's window
 *   orders_only           consent: transactional, and this is no order
 *   consent_denied        denied at the event's own time
 *   consent_unknown       nobody spoke, and the store's default is denied
 *   consent_denied_now    held then, withdrawn since
 *   order_not_delivered   an adjustment of an order that this destination does not hold
 *   superseded            an adjustment that is older than one which has arrived, where the newest
 *                         word counts (destination->restates)
 *   (others)              what the destination's unfit() says, e.g. no_identifier
 */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H
#include "deliver.h"
#include "lowmark.h"
#include "reading.h"

struct route_answer {
    const char *why;                     /* NULL: it goes */
    bool limited, opted_out, ads_denied; /* for struct batch */
};

/* `consent_now`: the visitor's newest word over the event's own. Scratch for unfit(). */
struct route_answer route_wants(const struct outlet_spec *spec, const struct reading_row *row,
                                const struct consent *consent_now, int64_t now,
                                struct arena *scratch);
/* Only the age, for events that were tried before. */
const char *route_age(const struct outlet_spec *spec, const struct event *event, int64_t now);

/* An adjustment (class ORDER other than order_placed) follows its order: it goes once the order is
   delivered here, and once every earlier adjustment of it is settled here, whatever became of it.
   One rule for all of them, fulfilments too. `mark`: everything below is settled and committed, so
   an order without an outcome by then never was this outlet's. Costs two look-ups by the order's
   key; other events cost nothing. */
enum route_follow { ROUTE_GO, ROUTE_WAIT, ROUTE_NEVER, ROUTE_SUPERSEDED };
enum route_follow route_follow(struct view *view, struct arena *scratch,
                               const struct outlet_spec *spec, const struct reading_row *row,
                               const struct lowmark *mark);
/* The word for a follower that never goes; NULL for the others. */
const char *route_follow_why(enum route_follow follow);

#endif
