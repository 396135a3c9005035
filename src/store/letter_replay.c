/*
 * Sending a period again: each row that goes again gets a letter that is due at once, so that it
 * meets the same questions (consent now, age, order first) and the same ids as any other letter.
 * docs/decisions/010-replay-by-letters.md says why not a second bookmark.
 *
 * Passed over: rows that a batch says were delivered (unless forced), those whose answer was lost
 * (likewise: they may have arrived), letters that wait already, batches under way, and rows that
 * the bookmark has not passed, which are sent anyway.
 */
#include "../base/map.h"
#include "journal.h"
#include "outbox.h"
#include "store_private.h"

/* The batch's seqs; see batch.c. */
static void seqs_into(struct map *map, struct arena *arena, span blob)
{
    uint64_t seq = 0;
    while (blob.len > 0) {
        uint64_t step = 0;
        unsigned shift = 0, at = 0;
        uint8_t byte = 0x80;
        for (; byte & 0x80 && at < blob.len && shift < 63; shift += 7) {
            byte = (uint8_t)blob.ptr[at++];
            step |= (uint64_t)(byte & 0x7f) << shift;
        }
        blob = span_sub(blob, at, blob.len);
        int64_t *number = arena_new(arena, int64_t);
        *number = (int64_t)(seq += step);
        map_put(map, (span){(const char *)number, sizeof *number}, number);
    }
}

static bool holds(const struct map *map, int64_t seq)
{
    return map_get(map, (span){(const char *)&seq, sizeof seq}) != NULL;
}

/* Settled well, or not to be touched. `delivered` keeps those of the first kind. */
static enum status find_settled(struct store *store, struct arena *arena,
                                const struct letter_period *period, struct map *delivered,
                                struct map *busy)
{
    struct sql *sql = &store->view.sql;
    struct sql_query q = sql_query(
        sql, "SELECT state = 2, seqs FROM batch INDEXED BY batch_last WHERE shop = ? "
             "AND destination = ? AND last_seq >= ? AND (state = 1 OR verdict = 'delivered')");
    sql_bind_int(&q, period->shop);
    sql_bind_text(&q, period->destination);
    sql_bind_int(&q, period->from);
    while (sql_next(&q)) {
        bool settled = sql_bool(&q);
        seqs_into(settled ? delivered : busy, arena, sql_peek(&q));
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    q = sql_query(sql, "SELECT state = 1, seq FROM letter WHERE shop = ? AND destination = ? "
                       "AND seq BETWEEN ? AND ? "
                       "AND (state IN (1, 4) OR (state = 2 AND reason = 'may_have_arrived'))");
    sql_bind_int(&q, period->shop);
    sql_bind_text(&q, period->destination);
    sql_bind_int(&q, period->from);
    sql_bind_int(&q, period->to);
    while (sql_next(&q)) {
        bool waits = sql_bool(&q);
        int64_t *number = arena_new(arena, int64_t);
        *number = sql_int(&q);
        map_put(waits ? busy : delivered, (span){(const char *)number, sizeof *number}, number);
    }
    return sql_end(&q);
}

static enum status put(struct store *store, const struct letter_period *period,
                       const struct journal_row *row, int64_t now)
{
    struct letter_row letter = {.shop = period->shop,
                                .destination = period->destination,
                                .seq = row->seq,
                                .event_id = row->event_id,
                                .name = row->name,
                                .state = LETTER_WAITING,
                                .reason = SPAN("replay"),
                                .next_try = now,
                                .created_at = now,
                                .updated_at = now};
    return letter_put(store, &letter);
}

enum status letter_replay(struct store *store, struct arena *arena,
                          const struct letter_period *period, int64_t now, unsigned *ret_rows,
                          unsigned *ret_delivered, int64_t *ret_stand)
{
    struct map delivered = {0}, busy = {0};
    struct journal_row *rows = NULL;
    unsigned count = 0, put_count = 0, passed = 0;
    enum status status = find_settled(store, arena, period, &delivered, &busy);
    if (status == OK)
        status = journal_read(&store->view, arena, period->shop, period->from - 1, period->audience,
                              LETTER_REPLAY_ROWS, SIZE_MAX, &rows, &count);
    int64_t stand = count < LETTER_REPLAY_ROWS ? period->to : period->from - 1;
    for (unsigned i = 0; i < count && status == OK && rows[i].seq <= period->to; i++) {
        stand = rows[i].seq > stand ? rows[i].seq : stand;
        bool was = holds(&delivered, rows[i].seq);
        passed += was;
        if (rows[i].at < period->oldest || holds(&busy, rows[i].seq) || (was && !period->forced))
            continue;
        put_count++;
        if (!period->dry)
            status = put(store, period, &rows[i], now);
    }
    map_done(&delivered);
    map_done(&busy);
    if (status != OK)
        return status;
    *ret_rows = put_count;
    *ret_delivered = passed;
    *ret_stand = stand;
    return OK;
}
