/*
 * From answers to what next. The destination's judge() says what an answer means; what is done
 * about it is written here once for all of them:
 *
 *   DELIVERED  next part, or settled; rows that the platform named are refused
 *   RETRY      waits: back-off or the platform's word, whichever is longer. After pace->tries
 *              failures while other batches succeed its rows become letters, tried one by one
 *   SPLIT      the rows that the platform named are refused, the others go again; without names
 *              two halves, in its place; of one event: refused
 *   REFUSED    dead letters with the platform's words
 *   PAUSED     the outlet holds; nothing is lost
 *   AMEND      again at once with the bits judge() asked for, once per bit
 *   no answer  may have arrived: repeated where the platform knows a copy, inside its window;
 *              elsewhere a dead letter says so
 */
#include "outlet_private.h"

#include "../base/log.h"

static void log_circuit(const struct outlet *outlet, const char *what)
{
    log_event(LOG_WARN, what, "store=\"%.*s\" destination=%s", SPAN_ARG(outlet->spec.shop->name),
              outlet_name(outlet));
}

/* The platform is there, whatever it thought of this batch. */
static void worked(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    outlet->worked++;
    outlet->worked_at = now;
    if (pace_circuit_worked(&outlet->circuit)) {
        log_circuit(outlet, "circuit_closed");
        for (struct shipment *s = outlet->shipments; s; s = s->next)
            s->due_at = now;
    }
    if (outlet->paused && outlet->probe == shipment)
        outlet_resume(outlet, now);
    if (outlet->probe == shipment)
        outlet->probe = NULL;
}

static void failed(struct outlet *outlet, struct shipment *shipment)
{
    if (shipment->attempts == 1)
        shipment->worked_before = outlet->worked;
    if (outlet->probe == shipment)
        outlet->probe = NULL;
    if (shipment->from_letter)
        return; /* known to be odd: says nothing about the platform */
    if (pace_circuit_failed(&outlet->circuit, outlet->world->pace, outlet->world->clock))
        log_circuit(outlet, "circuit_opened");
}

static void retry(struct outlet *outlet, struct shipment *shipment, struct outlet_words *words,
                  int64_t retry_after, int64_t now)
{
    const struct pace_values *pace = outlet->world->pace;
    failed(outlet, shipment);
    if (retry_after > pace->asked_cap_ms)
        retry_after = pace->asked_cap_ms;
    int64_t delay = pace_backoff(pace, outlet->world->clock,
                                 shipment->attempts + (unsigned)shipment->letter.attempts);
    if (retry_after > 0)
        outlet->lanes[shipment->lane].hold_until = now + retry_after;
    if (retry_after > delay)
        delay = retry_after;
    bool alone_in_trouble =
        shipment->attempts >= pace->tries && outlet->worked > shipment->worked_before;
    if (shipment->from_letter || alone_in_trouble) {
        words->next_try = now + delay;
        words->since = shipment->ambiguous_at;
        if (shipment->ambiguous_at)
            words->code = SPAN("no_answer"); /* outlet_read.c: created_at is when */
        outlet_shipment_end(outlet, shipment, END_RETRYING, words, now);
        return;
    }
    shipment->due_at = now + delay;
    shipment_move(shipment, SHIPMENT_WAITING);
    outlet_unpromise(outlet, shipment, now);
}

/* A later request of an event whose first one was taken: remembered, and on with the rest. */
static void part_refused(struct shipment *shipment, const struct outlet_words *words)
{
    struct arena *arena = &shipment->arena;
    shipment->refused_code = arena_copy(arena, words->code);
    shipment->refused_words = arena_print(arena, "request %u of %u: %.*s", shipment->part + 1,
                                          shipment->parts, SPAN_ARG(words->words));
}

static void part_done(struct outlet *outlet, struct shipment *shipment,
                      const struct outlet_words *words, int64_t now)
{
    if (shipment->part + 1 >= shipment->parts) {
        bool live = shipment->settings->mode == OUTLET_LIVE;
        outlet_shipment_end(outlet, shipment, live ? END_DELIVERED : END_DRY, words, now);
        return;
    }
    outlet_tell_part(shipment, words);
    shipment->part++;
    shipment->amend = 0;
    shipment->amend_with = (span){0};
    shipment->attempts = 0;
    shipment_move(shipment, SHIPMENT_DUE);
}

static void refused(struct outlet *outlet, struct shipment *shipment,
                    const struct outlet_words *words, int64_t now)
{
    if (shipment->part > 0) {
        part_refused(shipment, words);
        part_done(outlet, shipment, words, now);
    } else {
        outlet_shipment_end(outlet, shipment, END_REFUSED, words, now);
    }
}

/* Rows of one end leave the batch, with a word for each. True when none is left. */
static bool take_out(struct outlet *outlet, struct shipment *shipment, const struct named_row *rows,
                     unsigned count, enum outlet_end end, const struct outlet_words *words,
                     int64_t now)
{
    struct outlet_words each = *words;
    each.rows = rows;
    if (count >= shipment->count) {
        outlet_shipment_end(outlet, shipment, end, &each, now);
        return true;
    }
    struct shipment *sifted = shipment_sift(shipment, rows, count, now);
    sifted->next = shipment->next;
    shipment->next = sifted;
    outlet_shipment_end(outlet, sifted, end, &each, now);
    return false;
}

/* The platform named the rows it will not have: they end; and those it wants later: they become
   letters, due together. True when none is left. */
static bool sift(struct outlet *outlet, struct shipment *shipment,
                 const struct judgement *judgement, const struct outlet_words *words, int64_t now)
{
    struct arena *arena = &shipment->arena;
    struct named_row *bad = arena_array(arena, struct named_row, judgement->row_count);
    struct named_row *early = arena_array(arena, struct named_row, judgement->row_count);
    unsigned bad_count = 0, early_count = 0;
    struct outlet_words later = *words;
    for (unsigned i = 0; i < judgement->row_count; i++) {
        struct named_row row = judgement->rows[i];
        if (row.later_ms == 0) {
            bad[bad_count++] = row;
            continue;
        }
        row.index -= bad_count; /* those are gone by then */
        early[early_count++] = row;
        if (now + row.later_ms > later.next_try)
            later.next_try = now + row.later_ms;
    }
    return (bad_count > 0 && take_out(outlet, shipment, bad, bad_count, END_REFUSED, words, now)) ||
           (early_count > 0 &&
            take_out(outlet, shipment, early, early_count, END_RETRYING, &later, now));
}

static void split(struct outlet *outlet, struct shipment *shipment,
                  const struct judgement *judgement, const struct outlet_words *words, int64_t now)
{
    if (judgement->row_count > 0 && shipment->part == 0) {
        if (sift(outlet, shipment, judgement, words, now))
            return;
        outlet_unpromise(outlet, shipment, now);
        shipment->attempts = 0; /* the others have not failed */
        shipment_move(shipment, SHIPMENT_DUE);
        return;
    }
    if (shipment->count == 1) {
        refused(outlet, shipment, words, now);
        return;
    }
    struct shipment *halves[2];
    outlet_unpromise(outlet, shipment, now);
    shipment_halve(shipment, now, halves);
    outlet_replace(outlet, shipment, halves);
}

static void amend(struct outlet *outlet, struct shipment *shipment,
                  const struct judgement *judgement, const struct outlet_words *words, int64_t now)
{
    unsigned bits = judgement->amend;
    if ((bits & ~shipment->amend) == 0) {
        refused(outlet, shipment, words, now);
        return;
    }
    shipment->amend |= bits;
    if (!span_empty(judgement->amend_with))
        shipment->amend_with = arena_copy(&shipment->arena, judgement->amend_with);
    shipment_move(shipment, SHIPMENT_DUE);
}

static void hold(struct outlet *outlet, struct shipment *shipment, const struct outlet_words *words,
                 int64_t now)
{
    if (outlet->probe == shipment)
        outlet->probe = NULL;
    shipment_move(shipment, SHIPMENT_HELD);
    outlet_unpromise(outlet, shipment, now);
    outlet_pause(outlet, words->code, words->words, now);
}

static void act(struct outlet *outlet, struct shipment *shipment, const struct judgement *judgement,
                struct outlet_words *words, int64_t now)
{
    if (judgement->verdict != VERDICT_RETRY && judgement->verdict != VERDICT_PAUSED)
        worked(outlet, shipment, now);
    switch (judgement->verdict) {
    case VERDICT_DELIVERED:
        if (judgement->row_count > 0 && sift(outlet, shipment, judgement, words, now))
            break;
        part_done(outlet, shipment, words, now);
        break;
    case VERDICT_RETRY:
        retry(outlet, shipment, words, judgement->retry_after_ms, now);
        break;
    case VERDICT_SPLIT:
        split(outlet, shipment, judgement, words, now);
        break;
    case VERDICT_REFUSED:
        refused(outlet, shipment, words, now);
        break;
    case VERDICT_PAUSED:
        hold(outlet, shipment, words, now);
        break;
    case VERDICT_AMEND:
        amend(outlet, shipment, judgement, words, now);
        break;
    }
}

void outlet_answered(void *arg, const struct call_result *result)
{
    struct shipment *shipment = arg;
    struct outlet *outlet = shipment->outlet;
    struct outlet_world *world = outlet->world;
    int64_t now = clock_now(world->clock);
    struct http_response response = result->response;
    struct judgement judgement = {.verdict = VERDICT_RETRY};
    struct outlet_words words = {.attempts = shipment->attempts + shipment->letter.attempts};

    if (result->fate == CALL_ANSWERED) {
        shipment->batch.id = shipment->id;
        outlet->spec.destination->judge(shipment->settings, &shipment->batch, &response,
                                        &judgement);
        words.code = judgement.code;
        words.words = judgement.message;
        words.remark = judgement.remark;
        words.status = response.status;
        words.answer = response.body;
    } else {
        bool lost = result->fate == CALL_AMBIGUOUS;
        words.code = lost ? SPAN("no_answer") : SPAN("not_sent");
        words.words = span_of(result->trouble);
        if (lost && !shipment->ambiguous_at)
            shipment->ambiguous_at = shipment->sent_at;
    }
    if (result->fate == CALL_AMBIGUOUS && !shipment->repeatable) {
        failed(outlet, shipment);
        outlet_shipment_end(outlet, shipment, END_UNKNOWN, &words, now);
    } else {
        act(outlet, shipment, &judgement, &words, now);
    }
    outlet->wake_at = 0;
    world->again(world->again_arg);
}
