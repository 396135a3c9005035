/*
 * Batches: what one request carried and how it was answered. A run of rows that were skipped for
 * one reason is told the same way (verdict "skipped", settled at once), so that one mechanism
 * says what is settled above a bookmark.
 *
 * The seqs of a batch are ascending and mostly neighbours; they are kept as LEB128, the first
 * one whole and then the steps, about a byte each:
 *
 *     1000 1001 1003 1200   ->   E8 07 | 01 | 02 | C5 01
 *
 * `last_seq` is the key to them: a batch whose last seq is not above the bookmark has nothing to
 * tell any more.
 */
#include <assert.h>

#include "outbox.h"
#include "store_private.h"

#define COLUMNS                                                                                    \
    "id, shop, destination, state, count, last_seq, attempts, sent_at, settled_at, status, "       \
    "verdict, code, answer, seqs "

/* A batch spans SHIPMENT_PAGES pages at most (4096 rows of its shop), so it is among so many of the
   batches that end at or after a row of it, even where each of those carries one row, and again. */
#define LOOKED_THROUGH 8192

static span seqs_write(struct buf *out, const int64_t *seqs, unsigned count)
{
    buf_reset(out);
    int64_t before = 0;
    for (unsigned i = 0; i < count; i++) {
        assert(seqs[i] > before);
        uint64_t step = (uint64_t)(seqs[i] - before);
        before = seqs[i];
        for (; step >= 0x80; step >>= 7)
            buf_add_char(out, (char)(0x80 | (step & 0x7f)));
        buf_add_char(out, (char)step);
    }
    assert(buf_ok(out));
    return buf_span(out);
}

/* The seq that follows `before`; takes its bytes, at least one. */
static uint64_t seq_next(span *blob, uint64_t before)
{
    uint64_t step = 0;
    unsigned shift = 0;
    uint8_t byte = 0x80;
    size_t at = 0;
    for (; byte & 0x80 && at < blob->len && shift < 63; shift += 7) {
        byte = (uint8_t)blob->ptr[at++];
        step |= (uint64_t)(byte & 0x7f) << shift;
    }
    *blob = span_sub(*blob, at, blob->len);
    return before + step;
}

/* `seqs` has room for one per byte, so that a damaged blob does no harm. */
static unsigned seqs_read(span blob, int64_t *seqs)
{
    uint64_t seq = 0;
    unsigned found = 0;
    while (blob.len > 0)
        seqs[found++] = (int64_t)(seq = seq_next(&blob, seq));
    return found;
}

static bool seqs_hold(span blob, int64_t wanted)
{
    uint64_t seq = 0;
    while (blob.len > 0 && seq < (uint64_t)wanted)
        seq = seq_next(&blob, seq);
    return seq == (uint64_t)wanted;
}

enum status batch_put(struct store *store, const struct batch_row *row)
{
    struct sql_query q = store_query(store, "INSERT OR REPLACE INTO batch (" COLUMNS ") "
                                            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, row->id);
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, row->destination);
    sql_bind_int(&q, row->state);
    sql_bind_int(&q, row->count);
    sql_bind_int(&q, row->count ? row->seqs[row->count - 1] : 0);
    sql_bind_int(&q, row->attempts);
    sql_bind_int(&q, row->sent_at);
    sql_bind_int(&q, row->settled_at);
    sql_bind_int(&q, row->status);
    sql_bind_text(&q, row->verdict);
    sql_bind_text(&q, row->code);
    sql_bind_text(&q, row->answer);
    span seqs = seqs_write(&store->view.sql.scratch, row->seqs, row->count);
    sql_bind_blob(&q, seqs.ptr, seqs.len);
    return sql_run(&q);
}

static void row_read(struct sql_query *q, struct arena *arena, struct batch_row *row)
{
    row->id = sql_int(q);
    row->shop = sql_int(q);
    row->destination = sql_text(q, arena);
    row->state = (enum batch_state)sql_int(q);
    q->column += 2; /* count and last_seq are for queries; seqs say both */
    row->attempts = (unsigned)sql_int(q);
    row->sent_at = sql_int(q);
    row->settled_at = sql_int(q);
    row->status = (int)sql_int(q);
    row->verdict = sql_text(q, arena);
    row->code = sql_text(q, arena);
    row->answer = sql_text(q, arena);
    span blob = sql_peek(q);
    int64_t *seqs = arena_array(arena, int64_t, blob.len);
    row->count = seqs_read(blob, seqs);
    row->seqs = seqs;
}

enum status batch_get(struct view *view, struct arena *arena, int64_t id, struct batch_row *ret_row)
{
    struct sql_query q = sql_query(&view->sql, "SELECT " COLUMNS "FROM batch WHERE id = ?");
    sql_bind_int(&q, id);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    row_read(&q, arena, ret_row);
    return sql_end(&q);
}

enum status batch_of_seq(struct view *view, struct arena *arena, int64_t shop, span destination,
                         int64_t seq, struct batch_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT id, seqs FROM batch INDEXED BY batch_last "
                              "WHERE shop = ? AND destination = ? AND last_seq >= ? "
                              "ORDER BY last_seq, id LIMIT ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, seq);
    sql_bind_int(&q, LOOKED_THROUGH);
    int64_t *ids = NULL;
    unsigned count = 0, found = 0;
    while (sql_next(&q)) {
        int64_t id = sql_int(&q);
        if (!seqs_hold(sql_peek(&q), seq))
            continue;
        ids = sql_grow(arena, ids, count, sizeof *ids);
        ids[count++] = id;
    }
    enum status status = sql_end(&q);
    struct batch_row *rows = arena_array(arena, struct batch_row, count + 1);
    for (unsigned i = 0; i < count && status == OK; i++) {
        status = batch_get(view, arena, ids[i], &rows[found]);
        found += status == OK;
        if (status == MISSING) /* forgotten in between */
            status = OK;
    }
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = found;
    return OK;
}

enum status batch_sending(struct view *view, struct arena *arena, int64_t shop, span destination,
                          struct batch_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS "FROM batch INDEXED BY batch_sending "
                              "WHERE state = 1 AND shop = ? AND destination = ? ORDER BY id");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    struct batch_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        row_read(&q, arena, &rows[count]);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

/* The last in the journal are the last that went, but for letters: enough for what is asked. */
enum status batch_delivered_since(struct view *view, struct arena *arena, int64_t shop,
                                  span destination, int64_t since, unsigned most,
                                  struct batch_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT id, settled_at, answer FROM (SELECT * FROM batch INDEXED BY batch_last "
                    "WHERE shop = ? AND destination = ? ORDER BY last_seq DESC LIMIT ?) "
                    "WHERE settled_at >= ? AND verdict = 'delivered' "
                    "ORDER BY settled_at DESC LIMIT ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, LOOKED_THROUGH);
    sql_bind_int(&q, since);
    sql_bind_int(&q, most);
    struct batch_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        rows[count] = (struct batch_row){.id = sql_int(&q)};
        rows[count].settled_at = sql_int(&q);
        rows[count].answer = sql_text(&q, arena);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status batch_tell(struct store *store, int64_t id, span answer)
{
    struct sql_query q = store_query(store, "UPDATE batch SET answer = ? WHERE id = ?");
    sql_bind_text(&q, answer);
    sql_bind_int(&q, id);
    return sql_run(&q);
}

static int ascending(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* Sorts, and leaves each number that is above `low` once. */
static unsigned tidy(int64_t *seqs, size_t count, int64_t low)
{
    unsigned kept = 0;
    qsort(seqs, count, sizeof *seqs, ascending);
    for (size_t i = 0; i < count; i++)
        if (seqs[i] > low && (kept == 0 || seqs[i] != seqs[kept - 1]))
            seqs[kept++] = seqs[i];
    return kept;
}

enum status batch_settled_above(struct view *view, struct arena *arena, int64_t shop,
                                span destination, int64_t low, int64_t **ret_seqs,
                                unsigned *ret_count)
{
    /* A letter is a batch of one: it takes its row off the bookmark's hands. */
    struct sql_query q = sql_query(
        &view->sql, "SELECT seqs, 0 FROM batch INDEXED BY batch_last "
                    "  WHERE shop = ?1 AND destination = ?2 AND last_seq > ?3 AND state = 2 "
                    "UNION ALL SELECT NULL, seq FROM letter "
                    "  WHERE shop = ?1 AND destination = ?2 AND seq > ?3");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, low);
    size_t count = 0, room = 64;
    int64_t *seqs = arena_array(arena, int64_t, room);
    while (sql_next(&q)) {
        span blob = sql_peek(&q);
        if (count + blob.len + 1 > room) {
            room = 2 * (count + blob.len + 1);
            int64_t *larger = arena_array(arena, int64_t, room);
            memcpy(larger, seqs, count * sizeof *seqs);
            seqs = larger;
        }
        count += seqs_read(blob, seqs + count);
        if (blob.ptr == NULL) /* a letter */
            seqs[count++] = sql_int(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_count = tidy(seqs, count, low);
    *ret_seqs = seqs;
    return OK;
}
