/*
 * From rows to batches.
 *
 * Rows are taken in journal order while there is room: at most pace->waiting batches wait beside
 * those in flight. A batch that has failed pace->tries times no longer counts, so that a few bad
 * ones cannot stop the line: fresh ones pass them, and when those succeed the bad ones become
 * letters (outlet_answer.c). Three times `waiting` is the end of it in any case. While the
 * outlet is paused or its circuit is open one batch is enough: the one to probe with.
 *
 * A batch is filled by lane, and holds rows of one kind: test orders apart from others, and
 * events that may be sent twice apart from those that may not. Events of several requests travel
 * alone. Where a request may carry one visitor only, several batches of a lane are open at once, so
 * that visitors who take turns do not close each other's; those count as waiting. What is filled in
 * a turn goes at its end; only a lane that lingers waits to fill.
 */
#include "outlet_private.h"

#include <assert.h>

static unsigned queued(const struct outlet *outlet, bool tired_too)
{
    unsigned count = 0;
    for (const struct shipment *s = outlet->shipments; s; s = s->next)
        count += s->state != SHIPMENT_SENDING && !s->open && !s->from_letter &&
                 (tired_too || s->attempts < outlet->world->pace->tries);
    return count;
}

bool outlet_has_enough(const struct outlet *outlet)
{
    unsigned rows = 0;
    for (const struct shipment *s = outlet->shipments; s; s = s->next)
        rows += s->open || shipment_folded(s) ? 0 : s->count;
    return rows >= OUTLET_ENOUGH_ROWS && reading_tight(&outlet->world->pages);
}

static bool has_room(const struct outlet *outlet)
{
    unsigned waiting = outlet->world->pace->waiting;
    if (lowmark_full(&outlet->mark) || slip_desk_busy(&outlet->world->desk))
        return false;
    if (outlet_has_enough(outlet))
        return false;
    if (outlet->paused || outlet->circuit.open) {
        bool tired = queued(outlet, false) == 0; /* all there are have had their tries */
        return outlet_in_flight(outlet) == 0 && tired && queued(outlet, true) < 3 * waiting &&
               (!outlet->paused || outlet_paused_by_platform(outlet));
    }
    return queued(outlet, false) < waiting && queued(outlet, true) < 3 * waiting;
}

/* A clock that was set back does not hold it up. */
static bool gathers(const struct outlet *outlet, int64_t now)
{
    return now < outlet->gather_until &&
           outlet->gather_until - now <= outlet->world->pace->gather_ms;
}

bool outlet_reads_on(const struct outlet *outlet, int64_t now)
{
    return (outlet->page || (outlet->hungry && !gathers(outlet, now))) && has_room(outlet);
}

/* Most events of this lane in one batch, by number and by what they weighed lately. */
static unsigned lane_room(const struct outlet *outlet, unsigned lane)
{
    const struct lane *limits = &outlet->spec.destination->lanes[lane];
    unsigned most = limits->events < BATCH_CEILING ? limits->events : BATCH_CEILING;
    size_t each = outlet->lanes[lane].bytes_each;
    if (each > 0 && limits->bytes / each < most)
        most = (unsigned)(limits->bytes / each);
    return most > 0 ? most : 1;
}

static void append(struct outlet *outlet, struct shipment *shipment)
{
    struct shipment **end = &outlet->shipments;
    while (*end)
        end = &(*end)->next;
    *end = shipment;
}

/* Rows of one batch are of one kind. */
struct kind {
    unsigned lane, parts;
    bool test, repeatable;
};

static struct kind kind_of(const struct outlet *outlet, const struct event *event)
{
    const struct destination *destination = outlet->spec.destination;
    const struct settings *settings = outlet->spec.settings;
    struct kind kind = {.parts = 1, .test = event->order.kind == KIND_TEST};
    if (destination->lane)
        kind.lane = destination->lane(settings, event);
    if (destination->parts)
        kind.parts = destination->parts(settings, event);
    kind.repeatable = destination->dedup_ms > 0 &&
                      (!destination->repeatable || destination->repeatable(settings, event));
    return kind;
}

static struct shipment *shipment_of(struct outlet *outlet, const struct kind *kind, unsigned room,
                                    int64_t now)
{
    struct shipment *shipment = shipment_new(outlet, kind->lane, room, now);
    shipment->test = kind->test;
    shipment->repeatable = kind->repeatable;
    shipment->parts = kind->parts;
    return shipment;
}

static bool fits(const struct shipment *open, const struct kind *kind)
{
    return kind->parts <= 1 && open->test == kind->test && open->repeatable == kind->repeatable;
}

/* The batch the event may join. Where any event may share a request with any other, a lane has one
   open batch, and what does not fit it closes it. */
static struct shipment *open_for(const struct outlet *outlet, const struct kind *kind,
                                 const struct event *event)
{
    const struct destination *destination = outlet->spec.destination;
    for (struct shipment *s = outlet->shipments; s; s = s->next) {
        if (!s->open || s->lane != kind->lane)
            continue;
        bool joins = fits(s, kind);
        if (!destination->together)
            s->open = joins;
        else
            joins = joins &&
                    destination->together(outlet->spec.settings, &s->cargo[0].row->event, event);
        if (joins)
            return s;
    }
    return NULL;
}

static void load(struct outlet *outlet, const struct reading_row *row,
                 const struct route_answer *route, int64_t now)
{
    struct kind kind = kind_of(outlet, &row->event);
    struct shipment *shipment = open_for(outlet, &kind, &row->event);
    if (!shipment || !shipment_load(shipment, outlet->page, row, route)) {
        if (shipment)
            shipment->open = false;
        shipment =
            shipment_of(outlet, &kind, kind.parts > 1 ? 1 : lane_room(outlet, kind.lane), now);
        bool loaded = shipment_load(shipment, outlet->page, row, route);
        assert(loaded);
        append(outlet, shipment);
    }
    shipment->open = shipment->count < shipment->room;
    if (outlet->page->read_at < shipment->checked_at)
        shipment->checked_at = outlet->page->read_at; /* what the page knew of consent */
}

static void consider(struct outlet *outlet, const struct reading_row *row, int64_t now)
{
    struct outlet_world *world = outlet->world;
    if (!(row->row.audience & outlet->spec.destination->audience)) {
        lowmark_pass(&outlet->mark, row->row.seq);
        return;
    }
    if (!lowmark_read(&outlet->mark, row->row.seq))
        return;
    arena_reset(&world->scratch);
    struct route_answer route =
        route_wants(&outlet->spec, row, &row->consent_now, now, &world->scratch);
    struct outlet_words words = {.why = route.why};
    if (route.why) {
        outlet_row_end(outlet, outlet_slip(outlet), row, END_SKIPPED, &words, now);
        return;
    }
    enum route_follow follow =
        route_follow(world->view, &world->scratch, &outlet->spec, row, &outlet->mark);
    words.why = route_follow_why(follow);
    if (words.why) {
        outlet_row_end(outlet, outlet_slip(outlet), row, END_SKIPPED, &words, now);
    } else if (follow == ROUTE_WAIT) {
        words.next_try = outlet_follow_at(outlet, 0, now);
        outlet_row_end(outlet, outlet_slip(outlet), row, END_FOLLOWING, &words, now);
    } else {
        load(outlet, row, &route, now);
    }
}

/* Everything up to `head` has been seen. What comes from now on may gather for a moment, so that
   under load a page is worth its reading, and all outlets of the shop share it. */
static void at_end(struct outlet *outlet, int64_t head, int64_t now)
{
    lowmark_pass(&outlet->mark, head);
    int64_t gather = outlet->world->pace->gather_ms;
    if (gather > 0) /* by a clock that all of them share */
        outlet->gather_until = (now / gather + 1) * gather;
    outlet->look_at = now + OUTLET_IDLE_MS;
}

static void page_done(struct outlet *outlet, int64_t now)
{
    if (outlet->page->last)
        at_end(outlet, outlet->page->head, now);
    reading_drop(outlet->page);
    outlet->page = NULL;
}

/* The next page, or the end. */
static bool turn_page(struct outlet *outlet, int64_t now)
{
    struct outlet_world *world = outlet->world;
    enum status status = reading_take(&world->pages, outlet->shop, outlet->spec.shop->currency,
                                      outlet->mark.read_at, now, &outlet->page);
    if (status == OK) {
        /* A page that others read may begin before where we are. */
        unsigned next = 0;
        while (outlet->page->rows[next].row.seq <= outlet->mark.read_at)
            next++;
        outlet->page_next = next;
        outlet->hungry = !reading_is_end(&world->pages, outlet->page);
        return true;
    }
    outlet->hungry = false;
    outlet->look_at = now + OUTLET_IDLE_MS;
    if (status == MISSING)
        at_end(outlet, world->pages.head, now);
    return false;
}

static void close_lanes(struct outlet *outlet, int64_t now)
{
    for (struct shipment *s = outlet->shipments; s; s = s->next) {
        if (!s->open)
            continue;
        int64_t until = s->opened_at + outlet->world->linger_ms;
        if (!outlet->spec.destination->lanes[s->lane].linger || now >= until)
            s->open = false;
        else
            outlet_wake(outlet, until);
    }
}

void outlet_read(struct outlet *outlet, int64_t now)
{
    outlet->hungry |= now >= outlet->look_at;
    for (unsigned pages = 0; has_room(outlet);) {
        if (!outlet->page) {
            if (!outlet->hungry)
                break;
            if (gathers(outlet, now)) {
                outlet_wake(outlet, outlet->gather_until);
                break;
            }
            if (pages++ == OUTLET_PAGES_A_TURN) {
                outlet_wake(outlet, now);
                break;
            }
            if (!turn_page(outlet, now))
                break;
        }
        consider(outlet, &outlet->page->rows[outlet->page_next++], now);
        if (outlet->page_next == outlet->page->count)
            page_done(outlet, now);
    }
    if (!outlet->page && !outlet->hungry)
        outlet_wake(outlet, outlet->look_at);
    close_lanes(outlet, now);
}

/* ---- letters whose time has come: batches of one ---- */

static struct reading *letter_page(struct outlet *outlet, const struct letter_row *letter,
                                   int64_t now)
{
    struct reading *page;
    enum status status =
        reading_one(&outlet->world->pages, outlet->spec.shop->currency, letter->seq, now, &page);
    return status == OK ? page : NULL;
}

static void letter_copy(struct shipment *shipment, const struct letter_row *letter)
{
    shipment->from_letter = true;
    shipment->letter = *letter;
    shipment->letter.destination = shipment->letter.shop_name = (span){0};
    shipment->letter.reason = arena_copy(&shipment->arena, letter->reason);
    shipment->letter.code = arena_copy(&shipment->arena, letter->code);
    shipment->letter.words = (span){0};
    shipment->letter.event_id = (span){0};
    /* Its batch had lost an answer: letter.created_at is when (outlet_answer.c). */
    if (span_is(letter->reason, "retrying") && span_is(letter->code, "no_answer"))
        shipment->ambiguous_at = letter->created_at;
}

static void letter_load(struct outlet *outlet, const struct letter_row *letter, int64_t now)
{
    struct outlet_world *world = outlet->world;
    struct reading *page = letter_page(outlet, letter, now);
    if (!page) { /* retention took the row; the letter must not come up for ever */
        const struct reading_row lost = {.row = {.seq = letter->seq,
                                                 .shop = outlet->shop,
                                                 .name = letter->name,
                                                 .event_id = letter->event_id}};
        struct outlet_words words = {.why = "row_gone", .letter = letter};
        outlet_row_end(outlet, outlet_slip(outlet), &lost, END_SKIPPED, &words, now);
        return;
    }
    const struct reading_row *row = &page->rows[0];
    struct outlet_words words = {.letter = letter, .attempts = letter->attempts};
    struct route_answer route =
        route_wants(&outlet->spec, row, &row->consent_now, now, &world->scratch);
    words.why = route.why;
    /* It was wanted when it became a letter. */
    bool expired = route.why && route_age(&outlet->spec, &row->event, now);
    enum route_follow follow =
        route.why ? ROUTE_GO
                  : route_follow(world->view, &world->scratch, &outlet->spec, row, &outlet->mark);
    if (!words.why)
        words.why = route_follow_why(follow);
    if (words.why) {
        outlet_row_end(outlet, outlet_slip(outlet), row, expired ? END_EXPIRED : END_SKIPPED,
                       &words, now);
    } else if (follow == ROUTE_WAIT) {
        words.attempts++;
        words.next_try = outlet_follow_at(outlet, words.attempts, now);
        outlet_row_end(outlet, outlet_slip(outlet), row, END_FOLLOWING, &words, now);
    } else {
        struct kind kind = kind_of(outlet, &row->event);
        struct shipment *shipment = shipment_of(outlet, &kind, 1, now);
        letter_copy(shipment, letter);
        if (shipment_load(shipment, page, row, &route))
            append(outlet, shipment);
    }
    reading_drop(page);
}

static bool letters_busy(const struct outlet *outlet)
{
    for (const struct shipment *s = outlet->shipments; s; s = s->next)
        if (s->from_letter)
            return true;
    return outlet->letters_reported > 0; /* the view still shows them as they were */
}

/* While the platform is in trouble letters only serve to probe it, when nothing else is there to.
 */
static bool letters_may_go(const struct outlet *outlet, int64_t now)
{
    if (!outlet->paused && !outlet->circuit.open)
        return true;
    if (outlet->shipments || (outlet->paused && !outlet_paused_by_platform(outlet)))
        return false;
    return now >= (outlet->paused ? outlet->probe_at : outlet->circuit.probe_at);
}

void outlet_letters(struct outlet *outlet, int64_t now)
{
    struct outlet_world *world = outlet->world;
    if (now < outlet->letters_at) {
        outlet_wake(outlet, outlet->letters_at);
        return;
    }
    if (!letters_may_go(outlet, now) || slip_desk_busy(&world->desk) || letters_busy(outlet))
        return;
    struct letter_row *letters;
    unsigned count;
    span name = span_of(outlet_name(outlet));
    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    outlet->letters_at = now + OUTLET_LETTERS_MS;
    if (letter_due(world->view, &arena, outlet->shop, name, now, world->pace->waiting, &letters,
                   &count) != OK)
        count = 0;
    arena_reset(&world->scratch);
    for (unsigned i = 0; i < count; i++)
        letter_load(outlet, &letters[i], now);
    arena_done(&arena);
    if (count == 0) {
        int64_t due = letter_next_due(world->view, outlet->shop, name);
        if (due > now && due < outlet->letters_at)
            outlet->letters_at = due;
    } else {
        outlet->letters_at = now; /* more may be due once these are done */
    }
    outlet_wake(outlet, outlet->letters_at > now ? outlet->letters_at : now + OUTLET_IDLE_MS);
}
