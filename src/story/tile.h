/*
 * One destination of a store in plain words: how it is, what it has, what waits.
 *
 * Its state is DELIVER's own, read from the counters of this process; without one (a command beside
 * the gateway) it is what the bookmark says. Orders are those of the store's day; "waiting" counts
 * an order that was sent on its way and has no outcome there yet, as far as the backlog explains
 * it.
 */
#ifndef STORY_TILE_H
#define STORY_TILE_H
#include "story.h"
#include "zone.h"

struct tile {
    const struct outlet_spec *spec;
    int64_t shop;
    const char *state, *mode;
    span reason; /* why it stands still */
    int64_t since, low;
    int64_t total, delivered, waiting, refused, skipped; /* orders of the day */
    int64_t events_delivered;
    int64_t backlog, behind_ms; /* behind_ms -1: nothing waits */
    int64_t letters_waiting, letters_dead;
    int64_t last_delivered_at; /* 0: not among its last batches */
    int64_t per_minute;
    span text; /* "Meta: all 212 orders delivered, 3 min behind" */
};

/* `sums` are report_sum_outcomes() of the day that began at `midnight`; `sent` the orders of that
   day that were sent on their way. */
MUST_USE enum status tile_load(const struct story *story, const struct outlet_spec *spec,
                               const struct zone *zone, const struct report_orders *sums,
                               unsigned sum_count, int64_t sent, struct tile *ret_tile);
/* The members, inside an object that is open. */
void tile_put(struct json *json, const struct tile *tile);

#endif
