/* Reports that grow while they are written: rows in the report's own arena, doubled as needed. */
#include "slip.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/limits.h"

struct slip *slip_new(struct outlet *outlet)
{
    struct slip *slip = calloc(1, sizeof *slip);
    assert(slip);
    arena_init(&slip->report.arena, LIMIT_BATCH_ARENA);
    slip->report.kind = MESSAGE_REPORT;
    slip->outlet = outlet;
    return slip;
}

void slip_free(struct slip *slip)
{
    arena_done(&slip->report.arena);
    free(slip);
}

struct arena *slip_arena(struct slip *slip)
{
    return &slip->report.arena;
}

/* `rows` with room for one more of `size` bytes. */
static void *grown(struct slip *slip, const void *rows, unsigned count, unsigned *room, size_t size)
{
    if (count < *room)
        return (void *)(uintptr_t)rows;
    *room = *room ? *room * 2 : 8;
    void *wider = arena_take(&slip->report.arena, *room * size);
    if (count > 0)
        memcpy(wider, rows, count * size);
    return wider;
}

void slip_seq(struct slip *slip, int64_t seq)
{
    slip->seqs = grown(slip, slip->seqs, slip->seq_count, &slip->seq_room, sizeof seq);
    slip->seqs[slip->seq_count++] = seq;
}

void slip_skip(struct slip *slip, int64_t seq)
{
    slip->skipped =
        grown(slip, slip->skipped, slip->skipped_count, &slip->skipped_room, sizeof seq);
    slip->skipped[slip->skipped_count++] = seq;
}

struct outcome_row *slip_outcome(struct slip *slip)
{
    struct report *report = &slip->report;
    struct outcome_row *rows =
        grown(slip, report->outcomes, report->outcome_count, &slip->outcome_room, sizeof *rows);
    report->outcomes = rows;
    return &rows[report->outcome_count++];
}

struct letter_row *slip_letter(struct slip *slip)
{
    struct report *report = &slip->report;
    struct letter_row *rows =
        grown(slip, report->letters, report->letter_count, &slip->letter_room, sizeof *rows);
    report->letters = rows;
    slip->has_letters = true;
    return &rows[report->letter_count++];
}

void slip_desk_init(struct slip_desk *desk, struct queue *to_record)
{
    *desk = (struct slip_desk){.to_record = to_record};
    desk->kept_end = &desk->kept;
    queue_init(&desk->answers, 0, 0);
}

void slip_desk_done(struct slip_desk *desk)
{
    do {
        for (struct slip *slip; (slip = slip_take(desk));)
            slip_free(slip);
        slip_collect(desk);
    } while (desk->back);
    while (desk->kept) {
        struct slip *slip = desk->kept;
        desk->kept = (struct slip *)slip->report.node.next;
        slip_free(slip);
    }
    queue_done(&desk->answers);
}

bool slip_desk_busy(const struct slip_desk *desk)
{
    return desk->kept || desk->out >= SLIP_OUT_CEILING;
}

static void keep(struct slip_desk *desk, struct slip *slip)
{
    slip->report.node.next = NULL;
    *desk->kept_end = slip;
    /* The node is the slip's first member and `next` the node's: one address, three names. */
    desk->kept_end = (struct slip **)(void *)&slip->report.node.next;
}

void slip_push(struct slip_desk *desk, struct slip *slip)
{
    slip->report.reply = &desk->answers;
    slip->report.reply_arg = slip;
    slip->report.node.bytes = sizeof *slip + slip->report.arena.used;
    desk->out++;
    if (desk->kept || queue_push(desk->to_record, &slip->report.node) != OK)
        keep(desk, slip);
}

void slip_flush(struct slip_desk *desk)
{
    while (desk->kept) {
        struct slip *slip = desk->kept, *next = (struct slip *)slip->report.node.next;
        if (queue_push(desk->to_record, &slip->report.node) != OK)
            return;
        desk->kept = next;
        if (!next)
            desk->kept_end = &desk->kept;
    }
}

void slip_collect(struct slip_desk *desk)
{
    if (!desk->back)
        desk->back = queue_take(&desk->answers);
}

struct slip *slip_take(struct slip_desk *desk)
{
    if (!desk->back)
        return NULL;
    struct slip *slip = ((struct report *)desk->back)->reply_arg;
    desk->back = desk->back->next;
    desk->out--;
    return slip;
}
