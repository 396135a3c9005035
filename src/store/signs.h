/*
 * Signs of life of a store: what the alerts look at. Counted from the journal's rows themselves, so
 * that there is history from the first day on and nothing more to write per event.
 *
 * A span of time is cut to its newest SIGNS_LOOKED rows, so a look never takes long; counts of two
 * spans that are both cut compare all the same, as shares of as many rows.
 */
#ifndef STORE_SIGNS_H
#define STORE_SIGNS_H
#include "store.h"

#define SIGNS_LOOKED 20000

struct signs {
    int64_t browser;   /* events of snippet and pixel */
    int64_t hooks;     /* of Shopify's webhooks */
    int64_t checkouts; /* completed, as the pixel saw them */
    int64_t lag_least; /* of webhook events: arrival minus their own time, ms */
};

int64_t signs_first(struct view *view); /* when its oldest row arrived; 0: there is none */
/* What arrived in [from, until). */
MUST_USE enum status signs_count(struct view *view, int64_t shop, int64_t from, int64_t until,
                                 struct signs *ret_signs);

#endif
