/*
 * From batches to requests. Oldest first, as many at a time as pace->in_flight (or the
 * destination's own number) and the lane's rate allow; one at a time, as a probe, while the
 * circuit is open or the platform paused us.
 *
 * What can only wait is folded (shipment.h), so that a backlog is on disk and not in memory, and
 * read again when its turn comes. Where the platform takes one request after the other nothing is
 * folded: it would be read again a moment later.
 *
 * Age and consent are asked again before every attempt but one that follows their last answer by
 * less than OUTLET_RECHECK_MS and is the first, so a withdrawn consent stops what is waiting; and
 * whoever was forgotten since leaves the batch before any attempt. An attempt that must not be
 * repeated is first committed as a batch row SENDING (outlet_promised goes on from there).
 */
#include "outlet_private.h"

enum gate { SHUT, ONE, OPEN };

/* May batches go, and how many? */
static enum gate gate_of(struct outlet *outlet, int64_t now)
{
    if (!outlet->paused && !outlet->circuit.open)
        return OPEN;
    if (outlet->paused && !outlet_paused_by_platform(outlet))
        return SHUT;
    if (outlet_in_flight(outlet) > 0)
        return SHUT; /* its answer will tell */
    int64_t at = outlet->paused ? outlet->probe_at : outlet->circuit.probe_at;
    if (now >= at)
        return ONE;
    outlet_wake(outlet, at);
    return SHUT;
}

/* The event's first request was taken, and consent went since: its other ones are not made. */
static bool stops_midway(const struct shipment *shipment, const struct route_answer *route)
{
    return shipment->part > 0 && route->why && span_starts(span_of(route->why), "consent_");
}

static void stop_midway(struct outlet *outlet, struct shipment *shipment, const char *why,
                        int64_t now)
{
    bool live = shipment->settings->mode == OUTLET_LIVE;
    struct outlet_words words = {
        .code = span_of(why), .answer = span_of(why), .attempts = shipment->tries};
    outlet_shipment_end(outlet, shipment, live ? END_DELIVERED : END_DRY, &words, now);
}

static void leave(struct outlet *outlet, struct shipment *shipment, unsigned index,
                  enum outlet_end end, const char *why, int64_t now)
{
    struct outlet_words words = {.why = why, .attempts = shipment->attempts};
    if (shipment->from_letter) {
        words.letter = &shipment->letter;
        words.attempts += shipment->letter.attempts;
    }
    outlet_row_end(outlet, outlet_slip(outlet), shipment->cargo[index].row, end, &words, now);
    shipment_unload(shipment, index);
}

/* Are its rows known to be there still, as of this turn? */
static bool none_erased(const struct outlet *outlet, const struct shipment *shipment)
{
    int64_t stand = outlet->world->pages.erased;
    return stand >= 0 && shipment->erased == stand;
}

/* The rows of somebody who was forgotten since they were read. Not OK: it cannot be told now. */
static enum status drop_erased(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    struct outlet_world *world = outlet->world;
    if (none_erased(outlet, shipment))
        return OK;
    for (unsigned i = 0; i < shipment->count;) {
        bool blanked;
        enum status status = erase_blanked(world->view, shipment->cargo[i].row->row.seq, &blanked);
        if (status != OK)
            return status;
        if (blanked)
            leave(outlet, shipment, i, END_SKIPPED, "erased", now);
        else
            i++;
    }
    shipment->erased = world->pages.erased;
    return OK;
}

/* Who it was may have been learnt since the row was read: then it is read again, so that it goes
   with what is known now, under its own id. */
static void learn(struct outlet *outlet, struct cargo *cargo, int64_t now)
{
    const struct who *who = &cargo->row->event.who;
    struct reading *page;
    if (!span_empty(who->email) || !span_empty(who->phone) || span_empty(cargo->row->row.visitor))
        return;
    if (reading_one(&outlet->world->pages, outlet->spec.shop->currency, cargo->row->row.seq, now,
                    &page) != OK)
        return;
    const struct who *known = &page->rows[0].event.who;
    if (page->rows[0].trouble || (span_empty(known->email) && span_empty(known->phone))) {
        reading_drop(page);
        return;
    }
    reading_drop(cargo->page);
    cargo->page = page;
    cargo->row = &page->rows[0];
}

static enum outlet_end end_of(const struct outlet *outlet, const struct shipment *shipment,
                              const struct event *event, int64_t now)
{
    bool tried = shipment->attempts > 0 || shipment->from_letter;
    return tried && route_age(&outlet->spec, event, now) ? END_EXPIRED : END_SKIPPED;
}

/* Rows that no longer want to go leave the batch; of an event under way only a lost consent stops
   the rest. False: nothing is left of it, and it is gone. */
static bool recheck(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    struct outlet_world *world = outlet->world;
    bool fresh = shipment->attempts == 0 && now - shipment->checked_at < OUTLET_RECHECK_MS;
    if (fresh && shipment->count > 0)
        return true;
    shipment->checked_at = now;
    for (unsigned i = 0; i < shipment->count;) {
        struct cargo *cargo = &shipment->cargo[i];
        if (shipment->part == 0)
            learn(outlet, cargo, now);
        arena_reset(&world->scratch);
        struct consent consent = reading_consent(&world->pages, &world->scratch, cargo->row);
        struct route_answer route =
            route_wants(&outlet->spec, cargo->row, &consent, now, &world->scratch);
        cargo->route = route;
        if (stops_midway(shipment, &route)) {
            stop_midway(outlet, shipment, route.why, now);
            return false;
        }
        if (route.why && shipment->part == 0)
            leave(outlet, shipment, i, end_of(outlet, shipment, &cargo->row->event, now), route.why,
                  now);
        else
            i++;
    }
    if (shipment->count > 0)
        return true;
    shipment_move(shipment, SHIPMENT_SETTLED);
    outlet_remove(outlet, shipment);
    return false;
}

static void halve(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    struct shipment *halves[2];
    shipment_halve(shipment, now, halves);
    outlet_replace(outlet, shipment, halves);
}

static void give_to_transport(struct outlet *outlet, struct shipment *shipment)
{
    struct transport *transport = outlet->world->transport;
    transport->send(transport, &shipment->call, outlet_answered, shipment);
}

static void promise(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    struct slip *slip = slip_new(outlet);
    slip->promise = shipment;
    slip->report.batch =
        shipment_row(shipment, slip_arena(slip), outlet->shop, outlet_name(outlet));
    outlet_push(outlet, slip, now);
}

void outlet_promised(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    shipment->promised = true;
    if (!outlet->world->stopping && none_erased(outlet, shipment)) {
        shipment->sent_at = now;
        give_to_transport(outlet, shipment);
        return;
    }
    shipment->due_at = now;
    shipment_move(shipment, SHIPMENT_WAITING);
    outlet_unpromise(outlet, shipment, now);
    outlet_wake(outlet, now);
}

/* True when the body is more than the lane allows and can be made less. */
static bool too_heavy(struct outlet *outlet, const struct shipment *shipment)
{
    size_t each = shipment->call.body.len / shipment->count + 1;
    size_t *known = &outlet->lanes[shipment->lane].bytes_each;
    *known = *known ? (*known * 3 + each) / 4 + 1 : each;
    return shipment->count > 1 &&
           shipment->call.body.len > outlet->spec.destination->lanes[shipment->lane].bytes;
}

/* One DUE batch. False: not now, by its lane's rate. */
static bool try_to_send(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    const struct destination *destination = outlet->spec.destination;
    struct lane lane = destination->lanes[shipment->lane];
    struct pace_lane *pace = &outlet->lanes[shipment->lane];
    struct outlet_words words = {.attempts = shipment->attempts};
    bool live = outlet_calls(outlet);

    if (outlet->spec.settings->per_second > 0)
        lane.per_second = outlet->spec.settings->per_second;
    int64_t wait = live && !outlet->world->pace->unpaced ? pace_lane_wait(pace, &lane, now) : 0;
    if (wait > 0) { /* before anything is read for it */
        outlet_wake(outlet, now + wait);
        return false;
    }
    if (shipment_unfold(shipment, &outlet->world->pages, outlet->spec.shop->currency, now) != OK ||
        drop_erased(outlet, shipment, now) != OK) {
        outlet_wake(outlet, now + OUTLET_IDLE_MS); /* the disk */
        return false;
    }
    if (!recheck(outlet, shipment, now))
        return true;
    if (shipment->ambiguous_at && now - shipment->ambiguous_at >= destination->dedup_ms) {
        words.code = SPAN("no_answer");
        outlet_shipment_end(outlet, shipment, END_UNKNOWN, &words, now);
        return true;
    }
    shipment_encode(shipment, &outlet->spec, now);
    if (too_heavy(outlet, shipment)) {
        halve(outlet, shipment, now);
        return true;
    }
    if (!live) { /* `validate` too, where the platform has no such mode */
        words.code = SPAN("dry");
        outlet_shipment_end(outlet, shipment, END_DRY, &words, now);
        return true;
    }
    if (!outlet->world->pace->unpaced)
        pace_lane_take(pace, &lane, now);
    shipment->attempts++;
    shipment->tries++;
    shipment->sent_at = now;
    if (shipment->id == 0)
        shipment->id = outlet->world->next_batch++;
    shipment_move(shipment, SHIPMENT_SENDING);
    if (shipment->repeatable || shipment->promised)
        give_to_transport(outlet, shipment);
    else
        promise(outlet, shipment, now);
    return true;
}

static void wake_waiting(struct outlet *outlet, int64_t now)
{
    for (struct shipment *s = outlet->shipments; s; s = s->next) {
        if (s->state != SHIPMENT_WAITING)
            continue;
        if (s->due_at <= now)
            shipment_move(s, SHIPMENT_DUE);
        else
            outlet_wake(outlet, s->due_at);
    }
}

/* The one with the fewest attempts: so a bad batch is not the only one ever tried. */
static struct shipment *probe_pick(const struct outlet *outlet)
{
    struct shipment *pick = NULL;
    for (struct shipment *s = outlet->shipments; s; s = s->next)
        if (s->state != SHIPMENT_SENDING && (!pick || s->attempts < pick->attempts))
            pick = s;
    return pick;
}

static void send_probe(struct outlet *outlet, int64_t now)
{
    struct shipment *probe = probe_pick(outlet);
    if (!probe)
        return;
    if (probe->state != SHIPMENT_DUE)
        shipment_move(probe, SHIPMENT_DUE);
    probe->open = false;
    outlet->probe = probe;
    (void)try_to_send(outlet, probe, now);
    if (outlet_in_flight(outlet) == 0)
        outlet->probe = NULL; /* its lane's rate, or nothing of it wants to go any more */
    else if (outlet->paused)
        outlet->probe_at = now + outlet->world->pace->probe_ms;
    outlet_wake(outlet, now + OUTLET_IDLE_MS);
}

static void fold_waiting(struct outlet *outlet, int64_t now)
{
    bool moves = now - outlet->worked_at < OUTLET_MOVES_MS;
    bool all =
        outlet->paused || outlet->circuit.open || (!moves && reading_tight(&outlet->world->pages));
    for (struct shipment *s = outlet->shipments; s; s = s->next)
        if (all || s->state == SHIPMENT_HELD ||
            (s->state == SHIPMENT_WAITING && s->due_at > now + READING_FRESH_MS))
            shipment_fold(s);
    if (outlet->page && all) { /* it is read on from where it stands */
        reading_drop(outlet->page);
        outlet->page = NULL;
        outlet->hungry = true;
    }
}

static struct shipment *next_due(const struct outlet *outlet, uint64_t blocked)
{
    for (struct shipment *s = outlet->shipments; s; s = s->next)
        if (s->state == SHIPMENT_DUE && !s->open && !(blocked & (UINT64_C(1) << s->lane)))
            return s;
    return NULL;
}

static void send_due(struct outlet *outlet, int64_t now)
{
    if (slip_desk_busy(&outlet->world->desk)) {
        outlet_wake(outlet, now + OUTLET_IDLE_MS); /* RECORD is behind */
        return;
    }
    if (!outlet_errand_ready(outlet, now))
        return;
    enum gate gate = gate_of(outlet, now);
    if (gate == ONE)
        send_probe(outlet, now);
    if (gate != OPEN)
        return;
    wake_waiting(outlet, now);
    uint64_t blocked = 0; /* lanes whose rate is used up */
    struct shipment *due;
    unsigned own = outlet->spec.destination->in_flight;
    unsigned most = own ? own : outlet->world->pace->in_flight;
    while (outlet_in_flight(outlet) < most && (due = next_due(outlet, blocked))) {
        if (outlet_in_flight(outlet) > 0 && outlet_has_enough(outlet))
            break; /* its answer wakes us */
        uint64_t lane = UINT64_C(1) << due->lane;
        if (!try_to_send(outlet, due, now))
            blocked |= lane;
    }
    if (outlet_in_flight(outlet) < most && outlet_reads_on(outlet, now))
        outlet_wake(outlet, now); /* more fit on the way than may wait */
}

void outlet_send(struct outlet *outlet, int64_t now)
{
    send_due(outlet, now);
    fold_waiting(outlet, now);
}
