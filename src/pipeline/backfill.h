/*
 * Retroactive stitching (DESIGN 6, sources 3.4): what a visitor did before it had a name is told to
 * those who had no use for it then. Each such row of the journal gets a derived one, with its own
 * time, id and consent, for Klaviyo alone (the ad platforms had the first): `backfill`, so that it
 * starts no flow. Both halves of consent are asked as for any row: then, and now.
 *
 * Rows that are still on their way need none of this: DELIVER fills them with whatever is known
 * when they go. Should one go both ways, its unique_id is the same, and Klaviyo keeps one.
 *
 * A slice is BACKFILL_ROWS rows, and of a past that is longer than STITCH_MOST the newest are told:
 * a flow can use them, and nobody looks at ten thousand pages by hand. Table stitch remembers how
 * far it came, in the same turn. Thread: RECORD, inside a turn.
 */
#ifndef PIPELINE_BACKFILL_H
#define PIPELINE_BACKFILL_H
#include "../event/shop.h"
#include "../store/person.h"
#include "../store/stitch.h"

#define BACKFILL_ROWS 64u
#define STITCH_MOST   10000u /* Klaviyo's own script keeps about as many (sources 3.4) */

struct backfill {
    struct store *store;
    struct arena *arena;
    const struct shop *shop; /* NULL: it left the config, nothing is told */
    int64_t now;
};

MUST_USE enum status backfill_slice(const struct backfill *backfill, const struct stitch_row *row,
                                    unsigned *ret_appended);

#endif
