/* A batch's life, kept to the drawing in shipment.h, and the making of its request. */
#include "shipment.h"

#include "outlet.h"

#include <assert.h>
#include <stdlib.h>

#define BIT(state) (1u << SHIPMENT_##state)
static const unsigned moves[SHIPMENT_STATE_COUNT] = {
    [SHIPMENT_DUE] = BIT(SENDING) | BIT(SPLIT) | BIT(SETTLED),
    [SHIPMENT_SENDING] = BIT(DUE) | BIT(WAITING) | BIT(SPLIT) | BIT(SETTLED) | BIT(HELD),
    [SHIPMENT_WAITING] = BIT(DUE),
    [SHIPMENT_SPLIT] = 0,
    [SHIPMENT_SETTLED] = 0,
    [SHIPMENT_HELD] = BIT(DUE),
};

const char *shipment_state_text(enum shipment_state state)
{
#define SHIPMENT_TEXT(name) #name,
    static const char *const texts[] = {SHIPMENT_STATES(SHIPMENT_TEXT)};
#undef SHIPMENT_TEXT
    return texts[state];
}

void shipment_move(struct shipment *shipment, enum shipment_state to)
{
    assert(moves[shipment->state] & (1u << to));
    shipment->state = to;
}

struct shipment *shipment_new(struct outlet *outlet, unsigned lane, unsigned room, int64_t now)
{
    struct shipment *shipment = calloc(1, sizeof *shipment);
    assert(shipment);
    shipment->outlet = outlet;
    shipment->state = SHIPMENT_DUE;
    shipment->lane = lane;
    shipment->room = room;
    shipment->parts = 1;
    shipment->opened_at = shipment->checked_at = now;
    buf_init(&shipment->told, LIMIT_ANSWER_KEPT);
    arena_init(&shipment->arena, LIMIT_BATCH_ARENA);
    arena_init(&shipment->attempt, LIMIT_BATCH_ARENA);
    shipment->cargo = arena_array(&shipment->arena, struct cargo, room);
    return shipment;
}

void shipment_free(struct shipment *shipment)
{
    for (unsigned i = 0; i < shipment->count; i++)
        reading_drop(shipment->cargo[i].page);
    buf_done(&shipment->told);
    arena_done(&shipment->attempt);
    arena_done(&shipment->arena);
    free(shipment);
}

bool shipment_load(struct shipment *shipment, struct reading *page, const struct reading_row *row,
                   const struct route_answer *route)
{
    bool new_page = shipment->count == 0 || shipment->cargo[shipment->count - 1].page != page;
    if (shipment->count == shipment->room || (new_page && shipment->pages == SHIPMENT_PAGES))
        return false;
    shipment->pages += new_page;
    if (shipment->count == 0)
        shipment->erased = page->erased;
    else if (shipment->erased != page->erased)
        shipment->erased = -1; /* not known of all: asked before it goes */
    shipment->cargo[shipment->count++] = (struct cargo){
        .seq = row->row.seq, .page = reading_hold(page), .row = row, .route = *route};
    return true;
}

bool shipment_folded(const struct shipment *shipment)
{
    return shipment->count > 0 && shipment->cargo[0].page == NULL;
}

void shipment_fold(struct shipment *shipment)
{
    if (shipment->state == SHIPMENT_SENDING || shipment->open || shipment->part > 0 ||
        shipment->from_letter || shipment_folded(shipment))
        return;
    for (unsigned i = 0; i < shipment->count; i++) {
        reading_drop(shipment->cargo[i].page);
        shipment->cargo[i].page = NULL;
        shipment->cargo[i].row = NULL;
    }
    arena_done(&shipment->attempt);
}

enum status shipment_unfold(struct shipment *shipment, struct reading_cache *cache, span currency,
                            int64_t now)
{
    if (!shipment_folded(shipment))
        return OK;
    struct reading *page;
    int64_t *seqs = arena_array(&shipment->attempt, int64_t, shipment->count);
    for (unsigned i = 0; i < shipment->count; i++)
        seqs[i] = shipment->cargo[i].seq;
    enum status status = reading_these(cache, currency, seqs, shipment->count, now, &page);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < shipment->count; i++) {
        shipment->cargo[i].page = reading_hold(page);
        shipment->cargo[i].row = &page->rows[i];
    }
    reading_drop(page);
    shipment->pages = 1;
    shipment->erased = page->erased;
    shipment->checked_at = 0;
    return OK;
}

void shipment_unload(struct shipment *shipment, unsigned index)
{
    reading_drop(shipment->cargo[index].page);
    shipment->count--;
    memmove(&shipment->cargo[index], &shipment->cargo[index + 1],
            (shipment->count - index) * sizeof *shipment->cargo);
}

void shipment_halve(struct shipment *shipment, int64_t now, struct shipment *ret_halves[2])
{
    unsigned middle = (shipment->count + 1) / 2;
    for (unsigned half = 0; half < 2; half++) {
        unsigned from = half ? middle : 0, to = half ? shipment->count : middle;
        struct shipment *part = shipment_new(shipment->outlet, shipment->lane, to - from, now);
        part->test = shipment->test;
        part->repeatable = shipment->repeatable;
        part->tries = shipment->tries;
        part->ambiguous_at = shipment->ambiguous_at;
        part->checked_at = shipment->checked_at;
        part->erased = shipment->erased;
        for (unsigned i = from; i < to; i++) {
            part->cargo[part->count++] = shipment->cargo[i];
            reading_hold(shipment->cargo[i].page);
        }
        ret_halves[half] = part;
    }
    shipment_move(shipment, SHIPMENT_SPLIT);
}

struct shipment *shipment_sift(struct shipment *shipment, const struct named_row *rows,
                               unsigned count, int64_t now)
{
    assert(count > 0 && count < shipment->count);
    struct shipment *sifted = shipment_new(shipment->outlet, shipment->lane, count, now);
    sifted->test = shipment->test;
    sifted->repeatable = shipment->repeatable;
    sifted->attempts = shipment->attempts;
    sifted->tries = shipment->tries;
    sifted->sent_at = shipment->sent_at;
    sifted->erased = shipment->erased;
    unsigned kept = 0, next = 0;
    for (unsigned i = 0; i < shipment->count; i++) {
        if (next < count && rows[next].index == i) {
            sifted->cargo[next++] = shipment->cargo[i]; /* with its reference of the page */
            continue;
        }
        shipment->cargo[kept++] = shipment->cargo[i];
    }
    assert(next == count);
    sifted->count = count;
    shipment->count = kept;
    return sifted;
}

void shipment_encode(struct shipment *shipment, const struct outlet_spec *spec, int64_t now)
{
    struct arena *arena = &shipment->attempt;
    arena_reset(arena);
    const struct event **events = arena_array(arena, const struct event *, shipment->count);
    bool *limited = arena_array(arena, bool, shipment->count);
    bool *opted_out = arena_array(arena, bool, shipment->count);
    bool *ads_denied = arena_array(arena, bool, shipment->count);
    for (unsigned i = 0; i < shipment->count; i++) {
        events[i] = &shipment->cargo[i].row->event;
        limited[i] = shipment->cargo[i].route.limited;
        opted_out[i] = shipment->cargo[i].route.opted_out;
        ads_denied[i] = shipment->cargo[i].route.ads_denied;
    }
    shipment->settings = spec->settings;
    shipment->batch = (struct batch){
        .events = events,
        .count = shipment->count,
        .part = shipment->part,
        .amend = shipment->amend,
        .amend_with = shipment->amend_with,
        .test = shipment->test,
        .limited = limited,
        .opted_out = opted_out,
        .ads_denied = ads_denied,
        .now = now,
        .arena = arena,
        .memory = shipment->outlet->errands.memory,
    };
    spec->destination->encode(spec->settings, &shipment->batch, &shipment->call);
}

struct batch_row *shipment_row(const struct shipment *shipment, struct arena *arena, int64_t shop,
                               const char *destination)
{
    int64_t *seqs = arena_array(arena, int64_t, shipment->count);
    for (unsigned i = 0; i < shipment->count; i++)
        seqs[i] = shipment->cargo[i].seq;
    struct batch_row *row = arena_new(arena, struct batch_row);
    *row = (struct batch_row){
        .id = shipment->id,
        .shop = shop,
        .destination = span_of(destination),
        .state = BATCH_SENDING,
        .seqs = seqs,
        .count = shipment->count,
        .attempts = shipment->tries + shipment->letter.attempts,
        .sent_at = shipment->sent_at,
    };
    return row;
}
