/*
 * A ring of rows read and not yet below the mark; lowmark.h draws it.
 *
 * Invariants: seqs in the ring ascend; the first entry is never settled (settled ones fall off at
 * once), so the mark is one look: just before the first entry, or read_at when the ring is empty.
 */
#include "lowmark.h"

#include <assert.h>
#include <stdlib.h>

static int seq_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void lowmark_init(struct lowmark *mark, int64_t low, const int64_t *before, unsigned before_count)
{
    *mark = (struct lowmark){.read_at = low};
    if (before_count == 0)
        return;
    mark->before = malloc(before_count * sizeof *mark->before);
    assert(mark->before);
    memcpy(mark->before, before, before_count * sizeof *before);
    mark->before_count = before_count;
    qsort(mark->before, before_count, sizeof *mark->before, seq_compare);
}

void lowmark_done(struct lowmark *mark)
{
    free(mark->ring);
    free(mark->before);
    *mark = (struct lowmark){0};
}

static struct lowmark_entry *entry_at(const struct lowmark *mark, unsigned index)
{
    return &mark->ring[(mark->head + index) & (mark->room - 1)];
}

static void ring_grow(struct lowmark *mark)
{
    struct lowmark grown = *mark;
    grown.room = mark->room ? mark->room * 2 : 64;
    grown.head = 0;
    grown.ring = malloc(grown.room * sizeof *grown.ring);
    assert(grown.ring);
    for (unsigned i = 0; i < mark->count; i++)
        grown.ring[i] = *entry_at(mark, i);
    free(mark->ring);
    *mark = grown;
}

bool lowmark_read(struct lowmark *mark, int64_t seq)
{
    assert(seq > mark->read_at);
    mark->read_at = seq;
    while (mark->before_next < mark->before_count && mark->before[mark->before_next] < seq)
        mark->before_next++;
    if (mark->before_next < mark->before_count && mark->before[mark->before_next] == seq)
        return false;
    if (mark->count == mark->room)
        ring_grow(mark);
    *entry_at(mark, mark->count++) = (struct lowmark_entry){.seq = seq};
    mark->open++;
    return true;
}

void lowmark_pass(struct lowmark *mark, int64_t seq)
{
    if (seq > mark->read_at)
        mark->read_at = seq;
}

/* NULL: not in the ring. */
static struct lowmark_entry *entry_of(const struct lowmark *mark, int64_t seq)
{
    unsigned from = 0, to = mark->count;
    while (from < to) {
        unsigned middle = from + (to - from) / 2;
        if (entry_at(mark, middle)->seq < seq)
            from = middle + 1;
        else
            to = middle;
    }
    bool found = from < mark->count && entry_at(mark, from)->seq == seq;
    return found ? entry_at(mark, from) : NULL;
}

bool lowmark_settled(const struct lowmark *mark, int64_t seq)
{
    const struct lowmark_entry *entry = entry_of(mark, seq);
    return seq <= mark->read_at && (!entry || entry->settled);
}

void lowmark_settle(struct lowmark *mark, int64_t seq)
{
    struct lowmark_entry *entry = entry_of(mark, seq);
    if (!entry || entry->settled)
        return;
    entry->settled = true;
    mark->open--;
    while (mark->count > 0 && entry_at(mark, 0)->settled) {
        mark->head = (mark->head + 1) & (mark->room - 1);
        mark->count--;
    }
}

int64_t lowmark_low(const struct lowmark *mark)
{
    return mark->count > 0 ? entry_at(mark, 0)->seq - 1 : mark->read_at;
}

bool lowmark_full(const struct lowmark *mark)
{
    return mark->count >= LOWMARK_ROOM;
}
