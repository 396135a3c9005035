/*
 * What a turn does although nobody sent a message: a clock that was set back, orders whose time has
 * come, stitching and forgetting that were begun by an event and go on a slice a turn. Each is
 * bounded, so that a turn stays short whatever waits.
 */
#include "record_private.h"

#include "../store/erase.h"
#include "../store/stitch.h"
#include "backfill.h"

#define TURN_STITCHES 4u               /* slices of BACKFILL_ROWS */
#define REST_MS       (10 * MINUTE_MS) /* orders of a store that left the config */

/* ---- the clock ----------------------------------------------------------------------------- */

/* What time it was when we last wrote: of the last turn, or of the process before us. An order
   waits from an event on, so the newest row is no older than what any of them waits from. 0: there
   is none. */
static enum status last_time(struct recorder *recorder, int64_t *ret_at)
{
    struct view *view = store_view(recorder->store);
    struct journal_row row = {.received_at = recorder->turned_at};
    int64_t head = 0;
    enum status status = OK;
    if (recorder->turned_at == 0)
        status = journal_head(view, &head);
    if (status == OK && head != 0)
        status = journal_one(view, &recorder->arena, head, &row);
    if (status == OK)
        *ret_at = row.received_at;
    return status;
}

enum status record_mind_the_clock(struct recorder *recorder)
{
    int64_t last;
    enum status status = last_time(recorder, &last);
    if (status != OK)
        return status;
    int64_t back = last - recorder->now;
    if (back >= CLOCK_JUMP_MS)
        status = order_set_back(recorder->store, recorder->now, back);
    if (status == OK && (back >= CLOCK_JUMP_MS || recorder->turned_at == 0))
        status = letter_set_back(recorder->store, recorder->now);
    return status;
}

/* ---- orders ------------------------------------------------------------------------------- */

static enum status record_due_order(struct recorder *recorder, int64_t key)
{
    struct order_row row;
    enum status status = order_get(store_view(recorder->store), &recorder->arena, key, &row);
    struct recorded_shop *shop = status == OK ? record_shop_numbered(recorder, row.shop) : NULL;
    if (status == OK && !shop) {
        /* Its store left the config: it rests, lest it hold up the others, until that is back. */
        row.due_at = recorder->now + REST_MS;
        return order_put(recorder->store, &row);
    }
    if (status != OK)
        return status;
    struct assemble assemble = record_assemble(recorder, shop);
    status = assemble_due(&assemble, key);
    if (assemble.appended)
        record_add_news(recorder, shop->number);
    return status;
}

enum status record_due(struct recorder *recorder)
{
    int64_t *found, keys[RECORD_TURN_DUE];
    unsigned count;
    enum status status = order_due(store_view(recorder->store), &recorder->arena, recorder->now,
                                   RECORD_TURN_DUE, &found, &count);
    if (status == OK && count > 0)
        memcpy(keys, found, count * sizeof *keys);
    for (unsigned i = 0; status == OK && i < count; i++) {
        arena_reset(&recorder->arena);
        status = record_due_order(recorder, keys[i]);
    }
    return status;
}

/* ---- work in slices ------------------------------------------------------------------------ */

enum status record_slices(struct recorder *recorder)
{
    struct arena *arena = &recorder->arena;
    struct view *view = store_view(recorder->store);
    enum status status = OK;
    for (unsigned i = 0; i < TURN_STITCHES && status == OK; i++) {
        struct stitch_row row;
        arena_reset(arena);
        status = stitch_next(view, arena, &row);
        if (status != OK)
            break;
        struct recorded_shop *shop = record_shop_numbered(recorder, row.shop);
        unsigned appended = 0;
        struct backfill backfill = {recorder->store, arena, shop ? shop->shop : NULL,
                                    recorder->now};
        status = backfill_slice(&backfill, &row, &appended);
        if (appended)
            record_add_news(recorder, row.shop);
    }
    if (status != OK && status != MISSING)
        return status;
    arena_reset(arena);
    int64_t erasure;
    bool done;
    status = erase_open(view, &erasure);
    if (status != OK || !erasure)
        return status;
    status = erase_slice(recorder->store, arena, erasure, recorder->now, &done);
    memset(recorder->visits, 0, sizeof *recorder->visits);
    return status;
}

bool record_slices_wait(struct recorder *recorder)
{
    struct view *view = store_view(recorder->store);
    int64_t erasure;
    return stitch_waits(view) || erase_open(view, &erasure) != OK || erasure != 0;
}
