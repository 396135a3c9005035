/*
 * Outcomes: what became of an order's event at each platform. Orders are few and worth money, so
 * each has a row of its own: the proof that it was counted once, and what a refund looks at
 * before it goes out.
 */
#include "outbox.h"
#include "store_private.h"

#define COLUMNS "shop, subject, destination, name, seq, order_key, state, reason, batch, at "

static const char *const state_texts[] = {
    [OUTCOME_WAITING] = "waiting", [OUTCOME_DELIVERED] = "delivered", [OUTCOME_REFUSED] = "refused",
    [OUTCOME_SKIPPED] = "skipped", [OUTCOME_UNKNOWN] = "unknown",
};

const char *outcome_state_text(enum outcome_state state)
{
    return state_texts[state];
}

enum status outcome_put(struct store *store, const struct outcome_row *row)
{
    struct sql_query q = store_query(store, "INSERT OR REPLACE INTO outcome (" COLUMNS ") "
                                            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, row->subject);
    sql_bind_text(&q, row->destination);
    sql_bind_text(&q, span_of(names_text(row->name)));
    sql_bind_int(&q, row->seq);
    sql_bind_int(&q, row->order);
    sql_bind_int(&q, row->state);
    sql_bind_text(&q, row->reason);
    sql_bind_int(&q, row->batch);
    sql_bind_int(&q, row->at);
    return sql_run(&q);
}

static void row_read(struct sql_query *q, struct arena *arena, struct outcome_row *row)
{
    row->shop = sql_int(q);
    row->subject = sql_text(q, arena);
    row->destination = sql_text(q, arena);
    row->name = names_find(sql_peek(q));
    row->seq = sql_int(q);
    row->order = sql_int(q);
    row->state = (enum outcome_state)sql_int(q);
    row->reason = sql_text(q, arena);
    row->batch = sql_int(q);
    row->at = sql_int(q);
}

enum status outcome_get(struct view *view, struct arena *arena, int64_t shop, span subject,
                        span destination, struct outcome_row *ret_row)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS
                              "FROM outcome WHERE shop = ? AND subject = ? AND destination = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, subject);
    sql_bind_text(&q, destination);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    row_read(&q, arena, ret_row);
    return sql_end(&q);
}

enum status outcome_of_order(struct view *view, struct arena *arena, int64_t order,
                             struct outcome_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT " COLUMNS "FROM outcome WHERE order_key = ? ORDER BY seq, subject, destination");
    sql_bind_int(&q, order);
    struct outcome_row *rows = NULL;
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
