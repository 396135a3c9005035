/*
 * The start of an outlet, its turn, its pauses. outlet.h names the other files.
 *
 * Start: the bookmark tells where to go on; an outlet without one begins at what was the
 * journal's head when it came to be, and says so to RECORD at once. Batch rows left SENDING are
 * attempts of an earlier process whose answers nobody saw: they become letters "may have
 * arrived", and reading begins only after those are committed.
 */
#include "outlet_private.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/log.h"

static void join_quota(struct outlet *outlet)
{
    struct outlet_world *world = outlet->world;
    struct quota *before = outlet->quota;
    arena_reset(&world->scratch);
    outlet->quota = quota_join(&world->quotas, outlet->spec.destination, outlet->spec.settings,
                               &world->scratch);
    outlet->lanes = outlet->quota->lanes;
    if (before)
        quota_leave(&world->quotas, before);
}

struct outlet *outlet_new(struct outlet_world *world, const struct outlet_spec *spec)
{
    struct outlet *outlet = calloc(1, sizeof *outlet);
    assert(outlet);
    outlet->world = world;
    outlet->spec = *spec;
    outlet->head_known = journal_head(world->view, &outlet->head) == OK;
    while (spec->destination->lanes[outlet->lane_count].name)
        outlet->lane_count++;
    assert(outlet->lane_count > 0 && outlet->lane_count <= 64 && spec->destination->audience);
    join_quota(outlet);
    outlet_errand_init(outlet);
    return outlet;
}

static void drop_work(struct outlet *outlet)
{
    struct shipment *next;
    for (struct shipment *s = outlet->shipments; s; s = next) {
        next = s->next;
        if (s->state != SHIPMENT_SENDING)
            outlet_remove(outlet, s);
    }
    reading_drop(outlet->page);
    outlet->page = NULL;
}

void outlet_free(struct outlet *outlet)
{
    drop_work(outlet);
    while (outlet->shipments) /* still SENDING: their transport is gone by now */
        outlet_remove(outlet, outlet->shipments);
    if (outlet->slip)
        slip_free(outlet->slip);
    lowmark_done(&outlet->mark);
    outlet_errand_done(outlet);
    quota_leave(&outlet->world->quotas, outlet->quota);
    free(outlet);
}

unsigned outlet_in_flight(const struct outlet *outlet)
{
    unsigned count = 0;
    for (const struct shipment *s = outlet->shipments; s; s = s->next)
        count += s->state == SHIPMENT_SENDING;
    return count;
}

bool outlet_can_leave(const struct outlet *outlet)
{
    return outlet_in_flight(outlet) == 0 && outlet->unanswered == 0 && !outlet->errands.out;
}

void outlet_wake(struct outlet *outlet, int64_t at)
{
    if (at < outlet->wake_at)
        outlet->wake_at = at;
}

int64_t outlet_follow_at(const struct outlet *outlet, unsigned attempts, int64_t now)
{
    const struct pace_values *pace = outlet->world->pace;
    return now + pace_grow(pace->follow_ms, pace->follow_cap_ms, attempts);
}

/* ---- pause ---- */

bool outlet_paused_by_platform(const struct outlet *outlet)
{
    return outlet->paused && span_starts(span_of(outlet->paused_reason), OUTLET_BY_PLATFORM);
}

static void set_paused(struct outlet *outlet, bool paused, span reason)
{
    int len = reason.len < sizeof outlet->paused_reason ? (int)reason.len
                                                        : (int)sizeof outlet->paused_reason - 1;
    outlet->paused = paused;
    snprintf(outlet->paused_reason, sizeof outlet->paused_reason, "%.*s", len,
             reason.ptr ? reason.ptr : "");
    while (!span_utf8(span_of(outlet->paused_reason))) /* cut inside a character */
        outlet->paused_reason[strlen(outlet->paused_reason) - 1] = '\0';
}

static void push_pause(struct outlet *outlet, int64_t now)
{
    struct slip *slip = slip_new(outlet);
    slip->report.pause_told = true;
    outlet_push(outlet, slip, now);
}

/* The platform's words stay in the bookmark, for people; the log has its code only. */
void outlet_pause(struct outlet *outlet, span code, span words, int64_t now)
{
    if (outlet->paused)
        return;
    struct outlet_world *world = outlet->world;
    arena_reset(&world->scratch);
    set_paused(outlet, true,
               arena_print(&world->scratch, OUTLET_BY_PLATFORM "%.*s %.*s", SPAN_ARG(code),
                           SPAN_ARG(words)));
    outlet->probe_at = now + world->pace->probe_ms;
    log_event(LOG_WARN, "destination_paused",
              "store=\"%.*s\" destination=%s code=\"%.*s\" "
              "hint=\"put a new token in the config, then SIGHUP or restart; nothing is lost, "
              "events wait\"",
              SPAN_ARG(outlet->spec.shop->name), outlet_name(outlet), SPAN_ARG(code));
    push_pause(outlet, now);
}

static void resumed(struct outlet *outlet)
{
    set_paused(outlet, false, (span){0});
    outlet->probe = NULL;
    for (struct shipment *s = outlet->shipments; s; s = s->next)
        if (s->state == SHIPMENT_HELD)
            shipment_move(s, SHIPMENT_DUE);
    log_event(LOG_INFO, "destination_resumed", "store=\"%.*s\" destination=%s",
              SPAN_ARG(outlet->spec.shop->name), outlet_name(outlet));
}

void outlet_resume(struct outlet *outlet, int64_t now)
{
    resumed(outlet);
    push_pause(outlet, now);
}

void outlet_reload(struct outlet *outlet, const struct outlet_spec *spec, int64_t now)
{
    outlet->spec = *spec;
    outlet->gone = false;
    if (spec->destination->quota)
        join_quota(outlet); /* another account's, maybe */
    outlet->wake_at = outlet->errands.not_before = 0;
    for (struct shipment *s = outlet->shipments; s; s = s->next)
        s->checked_at = 0; /* the policy may be another */
    if (outlet_paused_by_platform(outlet))
        outlet_resume(outlet, now);
}

void outlet_poke(struct outlet *outlet, int64_t now)
{
    outlet->poked = true;
    outlet->letters_at = now;
    outlet->wake_at = outlet->letters_counted_at = 0;
}

/* A person may have changed the pause. Not while a report of ours about it is under way: what the
   view shows then may be older than what we know. (Other reports leave the pause alone.) */
static void look_at_bookmark(struct outlet *outlet)
{
    struct outlet_world *world = outlet->world;
    struct bookmark_row bookmark;
    if (!outlet->poked || outlet->pauses_reported > 0)
        return;
    outlet->poked = false;
    arena_reset(&world->scratch);
    if (bookmark_get(world->view, &world->scratch, outlet->shop, span_of(outlet_name(outlet)),
                     &bookmark) != OK)
        return;
    if (outlet->paused && !bookmark.paused)
        resumed(outlet);
    else if (bookmark.paused)
        set_paused(outlet, true, bookmark.paused_reason);
}

/* ---- start ---- */

/* Attempts of an earlier process whose answers nobody saw. */
static void account_for(struct outlet *outlet, const struct batch_row *batch, int64_t now)
{
    struct outlet_world *world = outlet->world;
    struct slip *slip = slip_new(outlet);
    struct outlet_words words = {
        .code = SPAN("no_answer"), .batch = batch->id, .attempts = batch->attempts};
    for (unsigned i = 0; i < batch->count; i++) {
        struct reading *page;
        if (reading_one(&world->pages, outlet->spec.shop->currency, batch->seqs[i], now, &page) !=
            OK)
            continue; /* retention took it: nothing is left to tell of */
        outlet_row_end(outlet, slip, &page->rows[0], END_UNKNOWN, &words, now);
        reading_drop(page);
    }
    struct batch_row *row = arena_new(slip_arena(slip), struct batch_row);
    int64_t *seqs = arena_array(slip_arena(slip), int64_t, batch->count);
    if (batch->count > 0)
        memcpy(seqs, batch->seqs, batch->count * sizeof *seqs);
    *row = *batch;
    row->seqs = seqs;
    row->destination = span_of(outlet_name(outlet));
    row->state = BATCH_SETTLED;
    row->settled_at = now;
    row->verdict = SPAN("may_have_arrived");
    row->code = SPAN("no_answer");
    row->answer = (span){0};
    slip->report.batch = row;
    outlet_push(outlet, slip, now);
}

/* False: not yet; it is tried again. */
static bool restore(struct outlet *outlet, int64_t now)
{
    struct outlet_world *world = outlet->world;
    struct view *view = world->view;
    span name = span_of(outlet_name(outlet));
    struct bookmark_row bookmark;
    struct batch_row *sending;
    int64_t *before;
    unsigned sending_count = 0, before_count = 0;

    if (outlet->unanswered > 0 || view_shop(view, outlet->spec.shop->name, &outlet->shop) != OK)
        return false;
    struct arena *arena = &world->scratch;
    arena_reset(arena);
    enum status found = bookmark_get(view, arena, outlet->shop, name, &bookmark);
    if (found == MISSING && !outlet->head_known)
        outlet->head_known = journal_head(view, &outlet->head) == OK;
    if (found == MISSING && !outlet->head_known)
        return false; /* never from the journal's beginning */
    if (found == MISSING)
        bookmark = (struct bookmark_row){.low = outlet->head, .since = now};
    else if (found != OK)
        return false;
    if (batch_sending(view, arena, outlet->shop, name, &sending, &sending_count) != OK ||
        batch_settled_above(view, arena, outlet->shop, name, bookmark.low, &before,
                            &before_count) != OK)
        return false;
    for (unsigned i = 0; i < sending_count; i++)
        account_for(outlet, &sending[i], now);
    if (sending_count > 0 || outlet_errand_recall(outlet, now) != OK)
        return false;

    lowmark_init(&outlet->mark, bookmark.low, before, before_count);
    outlet->since = bookmark.since;
    outlet->reported_low = bookmark.low;
    outlet->reported_at = now;
    set_paused(outlet, bookmark.paused, bookmark.paused_reason);
    /* A restart is what people do after they have mended a token: ask at once whether it is
       good. */
    outlet->probe_at = now;
    outlet->restored = outlet->hungry = true;
    outlet->look_at = outlet->letters_at = now;
    if (found == MISSING)
        outlet_push(outlet, slip_new(outlet), now);
    return true;
}

void outlet_turn(struct outlet *outlet, int64_t now)
{
    outlet->wake_at = now + OUTLET_LETTERS_MS;
    if (outlet->gone || outlet->world->stopping) {
        drop_work(outlet);
    } else if (!outlet->restored && !restore(outlet, now)) {
        outlet_wake(outlet, now + OUTLET_RESTORE_MS);
    } else {
        look_at_bookmark(outlet);
        outlet_letters(outlet, now);
        outlet_read(outlet, now);
        outlet_errand(outlet, now);
        outlet_send(outlet, now);
    }
    outlet_flush(outlet, now);
}

void outlet_recorded(struct outlet *outlet, struct slip *slip, int64_t now)
{
    outlet->unanswered--;
    outlet->pauses_reported -= slip->report.pause_told;
    outlet->wake_at = 0;
    outlet->letters_reported -= slip->has_letters;
    if (slip->report.given_up) { /* nothing of it is settled: it goes again after a restart */
        if (slip->promise) {
            slip->promise->due_at = now + outlet->world->pace->probe_ms;
            shipment_move(slip->promise, SHIPMENT_WAITING);
        }
        slip_free(slip);
        return;
    }
    if (slip->report.result != OK) {
        outlet_push(outlet, slip, now); /* with the bookmark as it is by now */
        return;
    }
    for (unsigned i = 0; i < slip->seq_count; i++)
        lowmark_settle(&outlet->mark, slip->seqs[i]);
    if (slip->has_letters) {
        outlet->letters_at = now;
        outlet->letters_counted_at = 0;
    }
    if (slip->promise)
        outlet_promised(outlet, slip->promise, now);
    slip_free(slip);
}

void outlet_set_back(struct outlet *outlet, int64_t back)
{
    outlet->wake_at = outlet->letters_at = 0;
    outlet->look_at -= back;
    outlet->reported_at -= back;
    outlet->probe_at -= back;
    outlet->letters_counted_at -= back;
    outlet->circuit.probe_at -= back;
    outlet->daybook.flushed_at -= back;
    outlet->errands.not_before = 0; /* it knows by itself what is too early */
    for (struct shipment *s = outlet->shipments; s; s = s->next) {
        s->opened_at -= back;
        s->due_at -= back;
        if (s->ambiguous_at)
            s->ambiguous_at -= back;
        s->checked_at = 0;
    }
}

void outlet_gauges(struct outlet *outlet, int64_t head, int64_t now)
{
    if (!outlet->restored)
        return;
    span shop = outlet->spec.shop->name, name = span_of(outlet_name(outlet));
    /* Rows of other shops lie between, so the distance is only told while there is more to read. */
    bool more = outlet->page || outlet->hungry;
    int64_t unread = more && head > outlet->mark.read_at ? head - outlet->mark.read_at : 0;
    count_set(COUNT_BACKLOG, shop, name, (span){0}, unread + outlet->mark.open);
    if (now >= outlet->letters_counted_at) { /* dead ones can be many: not each second */
        struct view *view = outlet->world->view;
        outlet->letters_counted_at = now + OUTLET_LETTERS_MS;
        count_set(COUNT_LETTERS, shop, name, (span){0},
                  letter_count(view, outlet->shop, name, LETTER_WAITING) +
                      letter_count(view, outlet->shop, name, LETTER_DEAD));
    }
    static const char *const states[] = {"live", "backing_off", "paused"};
    const char *state = states[outlet->paused ? 2 : outlet->circuit.open ? 1 : 0];
    if (state != outlet->state)
        count_set(COUNT_STATE_SINCE, shop, name, (span){0}, now / SECOND_MS);
    outlet->state = state;
    for (unsigned i = 0; i < COUNT_OF(states); i++)
        count_set(COUNT_STATE, shop, name, span_of(states[i]), states[i] == state);
}
