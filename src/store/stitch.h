/*
 * Visitors that became known, and how far their earlier days have been told; the telling is
 * pipeline/backfill.c's. A row stays after its work, so that no day is told twice.
 */
#ifndef STORE_STITCH_H
#define STORE_STITCH_H
#include "journal.h"

struct stitch_row {
    int64_t id, shop;
    span visitor;
    int64_t since, until; /* event time; until is not in it */
    int64_t head, stand;  /* journal rows after stand, up to head */
};

/* The visitor was nobody's in [since, until). What of that was not told before waits from now on.
 */
MUST_USE enum status stitch_open(struct store *store, int64_t shop, span visitor, int64_t since,
                                 int64_t until, int64_t now);
/* The oldest that waits. MISSING: none. */
MUST_USE enum status stitch_next(struct view *view, struct arena *arena,
                                 struct stitch_row *ret_row);
bool stitch_waits(struct view *view);
MUST_USE enum status stitch_moved(struct store *store, const struct stitch_row *row, int64_t stand);

#endif
