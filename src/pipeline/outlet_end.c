/*
 * What became of a row. One table (OUTLET_ENDS) says for each end how it is counted, what an
 * order's proof says, and whether a letter is written; one function applies it.
 *
 * When a row is settled. An end that leaves a row behind (batch, outcome, letter) is settled when
 * RECORD has committed that row. A skip that leaves none is settled at once: reading it again
 * would only skip it again. Skips above the low mark are listed in a batch row with the verdict
 * "skipped", so that a restart does not ask again.
 */
#include <stdlib.h>

#include "../base/limits.h"
#include "outlet_private.h"

#define PART_ANSWER_BYTES 100u

static const struct {
    const char *counted;
    enum outcome_state outcome;
    unsigned letter; /* enum letter_state; 0 = none */
    const char *reason;
} ends[] = {
#define OUTLET_END_ROW(name, counted, outcome, letter, reason)                                     \
    [END_##name] = {counted, outcome, letter, reason},
    OUTLET_ENDS(OUTLET_END_ROW)
#undef OUTLET_END_ROW
};

static bool is_wait(enum outlet_end end)
{
    return ends[end].letter == LETTER_WAITING;
}

span outlet_kept(span text, size_t most)
{
    if (text.len > most) {
        text.len = most;
        while (text.len > 0 && ((unsigned char)text.ptr[text.len] & 0xC0) == 0x80)
            text.len--;
    }
    return span_utf8(text) ? text : (span){0};
}

static void count_end(struct outlet *outlet, enum outlet_end end, const struct outlet_words *words)
{
    if (is_wait(end) && words->letter)
        return; /* it was counted when it became a letter */
    char label[80];
    int len = snprintf(label, sizeof label, "%s%s", ends[end].counted,
                       end == END_SKIPPED ? words->why : "");
    size_t used = len < (int)sizeof label ? (size_t)len : sizeof label - 1;
    daybook_end(&outlet->daybook, label);
    count_add(COUNT_DELIVERIES, outlet->spec.shop->name, span_of(outlet_name(outlet)),
              (span){label, used}, 1);
}

static span reason_of(enum outlet_end end, const struct outlet_words *words)
{
    return span_of(end == END_SKIPPED ? words->why : ends[end].reason);
}

static void write_outcome(const struct outlet *outlet, struct slip *slip,
                          const struct reading_row *row, enum outlet_end end,
                          const struct outlet_words *words, int64_t now)
{
    struct arena *arena = slip_arena(slip);
    span reason = end == END_REFUSED && !span_empty(words->code) ? outlet_kept(words->code, 200)
                                                                 : reason_of(end, words);
    *slip_outcome(slip) = (struct outcome_row){
        .shop = outlet->shop,
        .subject = arena_copy(arena, row->row.event_id),
        .destination = span_of(outlet_name(outlet)),
        .name = row->row.name,
        .seq = row->row.seq,
        .order = row->row.order,
        .state = ends[end].outcome,
        .reason = arena_copy(arena, reason),
        .batch = words->batch,
        .at = now,
    };
}

/* A letter that ends well is told so; otherwise one is written where the table says it. */
static unsigned letter_state(enum outlet_end end, const struct outlet_words *words)
{
    if (words->letter && end == END_DELIVERED)
        return LETTER_DELIVERED;
    if (words->letter && ends[end].letter == 0)
        return LETTER_DROPPED;
    return ends[end].letter;
}

static void write_letter(const struct outlet *outlet, struct slip *slip,
                         const struct reading_row *row, unsigned state, enum outlet_end end,
                         const struct outlet_words *words, int64_t now)
{
    struct arena *arena = slip_arena(slip);
    *slip_letter(slip) = (struct letter_row){
        .id = words->letter ? words->letter->id : 0,
        .shop = outlet->shop,
        .destination = span_of(outlet_name(outlet)),
        .seq = row->row.seq,
        .event_id = arena_copy(arena, row->row.event_id),
        .name = row->row.name,
        .state = (enum letter_state)state,
        .reason = arena_copy(arena, reason_of(end, words)),
        .code = arena_copy(arena, outlet_kept(words->code, 200)),
        .words = arena_copy(arena, outlet_kept(words->words, LIMIT_ANSWER_KEPT)),
        .attempts = words->attempts,
        .next_try = words->next_try,
        .created_at = words->letter  ? words->letter->created_at
                      : words->since ? words->since
                                     : now,
        .updated_at = now,
    };
}

void outlet_row_end(struct outlet *outlet, struct slip *slip, const struct reading_row *row,
                    enum outlet_end end, const struct outlet_words *words, int64_t now)
{
    count_end(outlet, end, words);
    bool is_order = names_class(row->row.name) == EVENT_CLASS_ORDER;
    if (is_order)
        write_outcome(outlet, slip, row, end, words, now);
    unsigned letter = letter_state(end, words);
    if (letter)
        write_letter(outlet, slip, row, letter, end, words, now);
    if (words->letter)
        return; /* settled long ago, by the letter */
    if (end == END_SKIPPED)
        slip_skip(slip, row->row.seq);
    if (end == END_SKIPPED && !is_order)
        lowmark_settle(&outlet->mark, row->row.seq);
    else
        slip_seq(slip, row->row.seq);
}

struct slip *outlet_slip(struct outlet *outlet)
{
    if (!outlet->slip)
        outlet->slip = slip_new(outlet);
    return outlet->slip;
}

static void add_bookmark(struct outlet *outlet, struct slip *slip)
{
    struct arena *arena = slip_arena(slip);
    struct bookmark_row *row = arena_new(arena, struct bookmark_row);
    *row = (struct bookmark_row){
        .shop = outlet->shop,
        .destination = span_of(outlet_name(outlet)),
        .low = lowmark_low(&outlet->mark),
        .paused = outlet->paused,
        .paused_reason = arena_copy(arena, span_of(outlet->paused_reason)),
        .since = outlet->since,
    };
    slip->report.bookmark = row;
}

void outlet_push(struct outlet *outlet, struct slip *slip, int64_t now)
{
    if (outlet->restored) {
        add_bookmark(outlet, slip);
        outlet->reported_low = slip->report.bookmark->low;
        outlet->reported_at = now;
    }
    if (outlet->shop && !slip->report.counters &&
        daybook_due(&outlet->daybook, now, outlet->world->stopping))
        daybook_report(&outlet->daybook, &slip->report, outlet->shop, outlet_name(outlet), now);
    outlet->unanswered++;
    outlet->pauses_reported += slip->report.pause_told;
    outlet->letters_reported += slip->has_letters;
    slip_push(&outlet->world->desk, slip);
}

static int seq_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* One batch row for the skips that lie above the mark. */
static void add_skipped(struct outlet *outlet, struct slip *slip, int64_t now)
{
    int64_t low = lowmark_low(&outlet->mark);
    unsigned above = 0;
    for (unsigned i = 0; i < slip->skipped_count; i++)
        if (slip->skipped[i] > low)
            slip->skipped[above++] = slip->skipped[i];
    if (above == 0)
        return;
    qsort(slip->skipped, above, sizeof *slip->skipped, seq_compare);
    struct batch_row *row = arena_new(slip_arena(slip), struct batch_row);
    *row = (struct batch_row){
        .id = outlet->world->next_batch++,
        .shop = outlet->shop,
        .destination = span_of(outlet_name(outlet)),
        .state = BATCH_SETTLED,
        .seqs = slip->skipped,
        .count = above,
        .sent_at = now,
        .settled_at = now,
        .verdict = SPAN("skipped"),
    };
    slip->report.batch = row;
}

void outlet_flush(struct outlet *outlet, int64_t now)
{
    struct slip *slip = outlet->slip;
    outlet->slip = NULL;
    if (slip)
        add_skipped(outlet, slip, now);
    bool says = slip && (slip->report.batch || slip->report.outcome_count > 0 ||
                         slip->report.letter_count > 0);
    says |= outlet->restored && daybook_due(&outlet->daybook, now, outlet->world->stopping);
    bool moved = outlet->restored && lowmark_low(&outlet->mark) > outlet->reported_low;
    if (says ||
        (moved && (outlet->world->stopping || now - outlet->reported_at >= OUTLET_IDLE_MS))) {
        outlet_push(outlet, slip ? slip : slip_new(outlet), now);
        return;
    }
    if (moved)
        outlet_wake(outlet, outlet->reported_at + OUTLET_IDLE_MS);
    if (outlet->daybook.any)
        outlet_wake(outlet, outlet->daybook.flushed_at + DAYBOOK_EVERY_MS);
    if (slip)
        slip_free(slip);
}

void outlet_remove(struct outlet *outlet, struct shipment *shipment)
{
    struct shipment **at = &outlet->shipments;
    while (*at != shipment)
        at = &(*at)->next;
    *at = shipment->next;
    if (outlet->probe == shipment)
        outlet->probe = NULL;
    shipment_free(shipment);
}

void outlet_replace(struct outlet *outlet, struct shipment *shipment, struct shipment *with[2])
{
    with[0]->next = with[1];
    with[1]->next = shipment->next;
    shipment->next = with[0];
    outlet_remove(outlet, shipment);
}

/* "part 2/3: 202 the answer; ": all parts in the room of one answer, so each says little. */
void outlet_tell_part(struct shipment *shipment, const struct outlet_words *words)
{
    span answer = outlet_kept(span_trim(words->answer), PART_ANSWER_BYTES);
    buf_print(&shipment->told, "%spart %u/%u: %d%s%.*s", shipment->told.len ? "; " : "",
              shipment->part + 1, shipment->parts, words->status, span_empty(answer) ? "" : " ",
              SPAN_ARG(answer));
}

void outlet_shipment_end(struct outlet *outlet, struct shipment *shipment, enum outlet_end end,
                         const struct outlet_words *words, int64_t now)
{
    struct slip *slip = slip_new(outlet);
    struct outlet_words each = *words;
    if (shipment->id == 0)
        shipment->id = outlet->world->next_batch++;
    each.batch = shipment->id;
    each.letter = shipment->from_letter ? &shipment->letter : NULL;
    struct batch_row *row =
        shipment_row(shipment, slip_arena(slip), outlet->shop, outlet_name(outlet));
    row->state = BATCH_SETTLED;
    row->settled_at = now;
    row->status = words->status;
    row->verdict = span_of(ends[end].counted);
    row->code = arena_copy(slip_arena(slip), outlet_kept(words->code, 200));
    span answer = words->answer;
    if (shipment->parts > 1 && shipment->tries > 0) {
        outlet_tell_part(shipment, words);
        answer = buf_span(&shipment->told);
    }
    row->answer = arena_copy(slip_arena(slip), outlet_kept(answer, LIMIT_ANSWER_KEPT));
    slip->report.batch = row;
    if (end == END_DELIVERED && words->remark)
        count_add(COUNT_REMARKS, outlet->spec.shop->name, span_of(outlet_name(outlet)),
                  span_of(words->remark), shipment->count);
    for (unsigned i = 0; i < shipment->count; i++) {
        const struct reading_row *cargo = shipment->cargo[i].row;
        if (words->rows) {
            each.code = words->rows[i].code;
            each.words = words->rows[i].message;
        }
        outlet_row_end(outlet, slip, cargo, end, &each, now);
        if (end == END_DELIVERED) {
            count_observe(COUNT_DELIVERY_SECONDS, (now - cargo->row.received_at) * 1000);
            daybook_accepted(&outlet->daybook, &cargo->event, now - cargo->row.received_at);
        }
    }
    /* The event was taken, one of its later requests was not: a letter tells. */
    if (end == END_DELIVERED && !span_empty(shipment->refused_words)) {
        each.code = shipment->refused_code;
        each.words = shipment->refused_words;
        slip->report.letter_count = 0;
        write_letter(outlet, slip, shipment->cargo[0].row, LETTER_DEAD, END_REFUSED, &each, now);
    }
    outlet_push(outlet, slip, now);
    shipment_move(shipment, SHIPMENT_SETTLED);
    outlet_remove(outlet, shipment);
}

void outlet_unpromise(struct outlet *outlet, struct shipment *shipment, int64_t now)
{
    if (!shipment->promised)
        return;
    shipment->promised = false;
    struct slip *slip = slip_new(outlet);
    struct batch_row *row =
        shipment_row(shipment, slip_arena(slip), outlet->shop, outlet_name(outlet));
    row->state = BATCH_SETTLED;
    row->count = 0; /* none of its rows is settled by it */
    row->settled_at = now;
    row->verdict = SPAN("again");
    slip->report.batch = row;
    outlet_push(outlet, slip, now);
}
