/*
 * The journal: appended at its end, read from a bookmark.
 *
 * Sequence numbers are given here, not by SQLite: they must be known before the row is written
 * (seen keys name them), be dense, and never come twice, whatever is deleted. So each turn begins
 * at the newest row + 1, and store_retain never deletes the newest row.
 *
 * Reading goes through the partial index on (shop, seq) of rows that somebody may see; bodies are
 * copied to the caller's arena, so no read outlives its call.
 *
 * A visitor's rows are found through `trail`, whose entries are sorted by visitor only within
 * blocks of 8192 seqs. That makes the writer's work small and local (the last block's few pages)
 * and the reader's a probe per block, which is the right way round: every event is written, few
 * visitors are ever asked for.
 */
#include "journal.h"

#include <assert.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/ulid.h"
#include "store_private.h"

#define COLUMNS                                                                                    \
    "seq, shop, name, source, event_id, at, received_at, visitor, person, order_key, audience, "   \
    "body "

/* How far an event's id and our receiving it are apart: most often seconds; but a browser's clock
   may be wrong by hours, and a beacon may wait for days. Behind that, everything is read. */
static const struct {
    int64_t early, late;
} id_windows[] = {{MINUTE_MS, HOUR_MS}, {DAY_MS, 8 * DAY_MS}};
#define ID_MOST 100

int64_t journal_next_seq(struct store *store)
{
    assert(store->turn);
    return store->next_seq;
}

static int64_t trail_key(struct sql *sql, int64_t shop, span visitor)
{
    uint8_t digest[HASH_SIZE];
    sql_digest(sql, shop, &visitor, 1, digest);
    int64_t key = 0;
    for (int i = 0; i < 6; i++)
        key = key << 8 | digest[i];
    return key;
}

static enum status trail_add(struct store *store, int64_t seq, int64_t shop, span visitor)
{
    struct sql_query q = store_query(store, "INSERT INTO trail (block, key, seq) VALUES (?, ?, ?)");
    sql_bind_int(&q, seq / JOURNAL_BLOCK);
    sql_bind_int(&q, trail_key(&store->view.sql, shop, visitor));
    sql_bind_int(&q, seq);
    return sql_run(&q);
}

enum status journal_append(struct store *store, const struct journal_row *row, int64_t *ret_seq)
{
    struct sql_query q = store_query(store, "INSERT INTO journal (" COLUMNS
                                            ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, store->next_seq);
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, span_of(names_text(row->name)));
    sql_bind_text(&q, span_of(event_source_text(row->source)));
    sql_bind_text(&q, row->event_id.ptr ? row->event_id : SPAN(""));
    sql_bind_int(&q, row->at);
    sql_bind_int(&q, row->received_at);
    sql_bind_text(&q, span_empty(row->visitor) ? (span){0} : row->visitor);
    sql_bind_int(&q, row->person);
    sql_bind_int(&q, row->order);
    sql_bind_int(&q, row->audience);
    sql_bind_text(&q, row->body.ptr ? row->body : SPAN(""));
    enum status status = sql_run(&q);
    if (status == OK && !span_empty(row->visitor))
        status = trail_add(store, store->next_seq, row->shop, row->visitor);
    if (status == OK)
        *ret_seq = store->next_seq++;
    return status;
}

static void row_read(struct sql_query *q, struct arena *arena, struct journal_row *row)
{
    row->seq = sql_int(q);
    row->shop = sql_int(q);
    row->name = names_find(sql_peek(q));
    row->source = event_source_find(sql_peek(q));
    row->event_id = sql_text(q, arena);
    row->at = sql_int(q);
    row->received_at = sql_int(q);
    row->visitor = sql_text(q, arena);
    row->person = sql_int(q);
    row->order = sql_int(q);
    row->audience = (unsigned)sql_int(q);
    row->body = sql_text(q, arena);
}

/* All rows of a bound query behind those that are there, until bodies are about `bytes`. */
static enum status rows_more(struct sql_query *q, struct arena *arena, size_t bytes,
                             struct journal_row **rows, unsigned *count)
{
    for (size_t sum = 0; sum < bytes && sql_next(q); (*count)++) {
        *rows = sql_grow(arena, *rows, *count, sizeof **rows);
        row_read(q, arena, &(*rows)[*count]);
        sum += (*rows)[*count].body.len;
    }
    return sql_end(q);
}

static enum status rows_read(struct sql_query *q, struct arena *arena, size_t bytes,
                             struct journal_row **ret_rows, unsigned *ret_count)
{
    struct journal_row *rows = NULL;
    unsigned count = 0;
    enum status status = rows_more(q, arena, bytes, &rows, &count);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status journal_read(struct view *view, struct arena *arena, int64_t shop, int64_t after,
                         unsigned audience, unsigned most, size_t bytes,
                         struct journal_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS "FROM journal INDEXED BY journal_audience "
                              "WHERE shop = ? AND seq > ? AND audience != 0 AND audience & ? != 0 "
                              "ORDER BY seq LIMIT ?");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, after);
    sql_bind_int(&q, audience);
    sql_bind_int(&q, most);
    return rows_read(&q, arena, bytes, ret_rows, ret_count);
}

enum status journal_one(struct view *view, struct arena *arena, int64_t seq,
                        struct journal_row *ret_row)
{
    struct sql_query q = sql_query(&view->sql, "SELECT " COLUMNS "FROM journal WHERE seq = ?");
    sql_bind_int(&q, seq);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    row_read(&q, arena, ret_row);
    return sql_end(&q);
}

enum status journal_follow(struct view *view, struct arena *arena, int64_t after, unsigned most,
                           struct journal_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS "FROM journal WHERE seq > ? ORDER BY seq LIMIT ?");
    sql_bind_int(&q, after);
    sql_bind_int(&q, most);
    return rows_read(&q, arena, SIZE_MAX, ret_rows, ret_count);
}

enum status journal_head(struct view *view, int64_t *ret_head)
{
    struct sql_query q = sql_query(&view->sql, "SELECT max(seq) FROM journal");
    return sql_number(&q, ret_head);
}

enum status journal_since(struct view *view, int64_t at, int64_t *ret_seq)
{
    struct sql_query q = sql_query(&view->sql, "SELECT ifnull(min(seq), 1) FROM journal");
    int64_t low, high, first;
    enum status status = sql_number(&q, &low);
    if (status == OK)
        status = journal_head(view, &high);
    if (status != OK)
        return status;
    first = ++high;
    /* What we look for is in low..high; every row below low is older than `at`. Who asks goes with
       the clock, so it is near the last answer: from there in growing steps, and where one would
       lead out of low..high, by halves. */
    int64_t middle = view->since;
    for (int64_t step = 1; low < high; step *= step < high ? 2 : 1) {
        if (middle < low || middle >= high)
            middle = low + (high - low) / 2;
        q = sql_query(&view->sql,
                      "SELECT seq, received_at FROM journal WHERE seq >= ? ORDER BY seq LIMIT 1");
        sql_bind_int(&q, middle);
        bool found = sql_next(&q);
        int64_t seq = found ? sql_int(&q) : 0; /* not middle where retention left a gap */
        bool older = found && sql_int(&q) < at;
        status = sql_end(&q);
        if (status != OK)
            return status;
        if (older) {
            low = seq + 1;
            middle = low + step;
        } else {
            high = middle;
            middle -= step;
            first = found ? seq : first;
        }
    }
    *ret_seq = view->since = first;
    return OK;
}

/* Rows from `from` up to before `to`. */
static enum status by_id(struct view *view, struct arena *arena, span event_id, int64_t from,
                         int64_t to, struct journal_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT " COLUMNS "FROM journal WHERE seq >= ? AND seq < ? AND event_id = ? "
                    "ORDER BY seq DESC LIMIT ?");
    sql_bind_int(&q, from);
    sql_bind_int(&q, to);
    sql_bind_text(&q, event_id);
    sql_bind_int(&q, ID_MOST);
    return rows_read(&q, arena, SIZE_MAX, ret_rows, ret_count);
}

enum status journal_by_id(struct view *view, struct arena *arena, span event_id,
                          struct journal_row **ret_rows, unsigned *ret_count)
{
    for (size_t i = 0; i < COUNT_OF(id_windows) && ulid_valid(event_id); i++) {
        int64_t made = ulid_time(event_id), from, to;
        enum status status = journal_since(view, made - id_windows[i].early, &from);
        if (status == OK)
            status = journal_since(view, made + id_windows[i].late, &to);
        if (status == OK)
            status = by_id(view, arena, event_id, from, to, ret_rows, ret_count);
        if (status != OK || *ret_count > 0)
            return status;
    }
    return by_id(view, arena, event_id, 0, INT64_MAX, ret_rows, ret_count);
}

enum status journal_of_visitor(struct view *view, struct arena *arena, int64_t shop, span visitor,
                               int64_t since, unsigned most, struct journal_row **ret_rows,
                               unsigned *ret_count)
{
    struct journal_row *rows = NULL;
    unsigned count = 0;
    int64_t key = trail_key(&view->sql, shop, visitor), first, head;
    /* A row may be received before its own time, by the little that clocks may be ahead. */
    int64_t early = since > INT64_MIN + LIMIT_AHEAD_MS ? since - LIMIT_AHEAD_MS : since;
    enum status status = journal_since(view, early, &first);
    if (status == OK)
        status = journal_head(view, &head);
    if (status != OK)
        return status;
    for (int64_t block = first / JOURNAL_BLOCK;
         block <= head / JOURNAL_BLOCK && count < most && status == OK; block++) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT " COLUMNS "FROM trail CROSS JOIN journal USING (seq) "
                                  "WHERE block = ? AND key = ? AND shop = ? AND visitor = ? "
                                  "AND at >= ? ORDER BY seq LIMIT ?");
        sql_bind_int(&q, block);
        sql_bind_int(&q, key);
        sql_bind_int(&q, shop);
        sql_bind_text(&q, visitor);
        sql_bind_int(&q, since);
        sql_bind_int(&q, most - count);
        status = rows_more(&q, arena, SIZE_MAX, &rows, &count);
    }
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status journal_trail(struct view *view, struct arena *arena, int64_t shop, span visitor,
                          int64_t after, int64_t to, unsigned most, struct journal_row **ret_rows,
                          unsigned *ret_count)
{
    struct journal_row *rows = NULL;
    unsigned count = 0;
    enum status status = OK;
    int64_t key = trail_key(&view->sql, shop, visitor);
    for (int64_t block = (after + 1) / JOURNAL_BLOCK;
         block <= to / JOURNAL_BLOCK && count < most && status == OK; block++) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT " COLUMNS "FROM trail CROSS JOIN journal USING (seq) "
                                  "WHERE block = ? AND key = ? AND seq > ? AND seq <= ? "
                                  "AND shop = ? AND visitor = ? ORDER BY seq LIMIT ?");
        sql_bind_int(&q, block);
        sql_bind_int(&q, key);
        sql_bind_int(&q, after);
        sql_bind_int(&q, to);
        sql_bind_int(&q, shop);
        sql_bind_text(&q, visitor);
        sql_bind_int(&q, most - count);
        status = rows_more(&q, arena, SIZE_MAX, &rows, &count);
    }
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status journal_trail_newest(struct view *view, int64_t shop, span visitor, int64_t after,
                                 int64_t to, unsigned most, int64_t *ret_seq)
{
    int64_t key = trail_key(&view->sql, shop, visitor), left = most, oldest = 0;
    for (int64_t block = to / JOURNAL_BLOCK; left > 0 && block >= (after + 1) / JOURNAL_BLOCK;
         block--) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT count(*), min(seq) FROM (SELECT seq FROM trail WHERE "
                                  "block = ? AND key = ? AND seq > ? AND seq <= ? "
                                  "ORDER BY seq DESC LIMIT ?)");
        sql_bind_int(&q, block);
        sql_bind_int(&q, key);
        sql_bind_int(&q, after);
        sql_bind_int(&q, to);
        sql_bind_int(&q, left);
        enum status status = sql_one(&q);
        if (status != OK)
            return status;
        left -= sql_int(&q);
        oldest = sql_int(&q);
        status = sql_end(&q);
        if (status != OK)
            return status;
    }
    *ret_seq = left > 0 ? after : oldest - 1;
    return OK;
}

/* The order, and every order that became it. */
#define OF_ORDER(columns)                                                                          \
    "WITH RECURSIVE self(key) AS (VALUES (?) UNION SELECT order_key "                              \
    "FROM order_merged, self WHERE order_merged.lives = self.key) "                                \
    "SELECT " columns "FROM self CROSS JOIN journal INDEXED BY journal_order "                     \
    "ON order_key = self.key AND order_key != 0 "

enum status journal_order_before(struct view *view, struct arena *arena, int64_t order, int64_t seq,
                                 struct journal_step **ret_steps, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, OF_ORDER("seq, journal.name ") "WHERE audience != 0 AND seq < ? ORDER BY seq");
    sql_bind_int(&q, order);
    sql_bind_int(&q, seq);
    struct journal_step *steps = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        steps = sql_grow(arena, steps, count, sizeof *steps);
        steps[count].seq = sql_int(&q);
        steps[count].name = names_find(sql_peek(&q));
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_steps = steps;
    *ret_count = count;
    return OK;
}

enum status journal_of_order(struct view *view, struct arena *arena, int64_t order,
                             struct journal_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(&view->sql, OF_ORDER(COLUMNS) "ORDER BY seq");
    sql_bind_int(&q, order);
    return rows_read(&q, arena, SIZE_MAX, ret_rows, ret_count);
}
