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
 *   (others)              what the destination's unfit() says, e.g. no_identifier
 */
#ifndef PIPELINE_ROUTE_H
#define PIPELINE_ROUTE_H
#include "deliver.h"
#include "reading.h"

struct route_answer {
    const char *why;         /* NULL: it goes */
    bool limited, opted_out; /* for struct batch */
};

/* `consent_now`: the visitor's newest word over the event's own. Scratch for unfit(). */
struct route_answer route_wants(const struct outlet_spec *spec, const struct reading_row *row,
                                const struct consent *consent_now, int64_t now,
                                struct arena *scratch);
/* Only the age, for events that were tried before. */
const char *route_age(const struct outlet_spec *spec, const struct event *event, int64_t now);

/* An adjustment (class ORDER other than order_placed) follows its order. One rule for all of
   them, fulfilments too: it goes once the order is delivered here. `low`: everything below is
   settled and committed, so an order without an outcome by then never was this outlet's. */
enum route_follow { ROUTE_GO, ROUTE_WAIT, ROUTE_NEVER };
enum route_follow route_follow(struct view *view, struct arena *scratch,
                               const struct outlet_spec *spec, const struct reading_row *row,
                               int64_t low);

#endif
