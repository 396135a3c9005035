/*
 * See stitch.h. What was told of a visitor is one piece of time that only grows at its beginning:
 * a claim that comes late and is older than all others adds the days before the piece.
 */
#include "stitch.h"

#include "../base/limits.h"
#include "store_private.h"

enum status stitch_open(struct store *store, int64_t shop, span visitor, int64_t since,
                        int64_t until, int64_t now)
{
    struct sql_query q =
        sql_query(&store->view.sql, "SELECT min(since) FROM stitch WHERE shop = ? AND visitor = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    int64_t told = sql_value(&q);
    if (told && told < until)
        until = told;
    if (since >= until)
        return OK;
    int64_t first, head = store->next_seq - 1;
    enum status status = journal_since(&store->view, since - LIMIT_AHEAD_MS, &first);
    if (status != OK)
        return status;
    q = store_query(store, "INSERT INTO stitch (shop, visitor, since, until, head, stand, at) "
                           "VALUES (?, ?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    sql_bind_int(&q, since);
    sql_bind_int(&q, until);
    sql_bind_int(&q, head);
    sql_bind_int(&q, first - 1 < head ? first - 1 : head);
    sql_bind_int(&q, now);
    return sql_run(&q);
}

enum status stitch_next(struct view *view, struct arena *arena, struct stitch_row *ret_row)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT id, shop, visitor, since, until, head, stand FROM stitch "
                              "WHERE stand < head ORDER BY id LIMIT 1");
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    struct stitch_row row = {.id = sql_int(&q)};
    row.shop = sql_int(&q);
    row.visitor = sql_text(&q, arena);
    row.since = sql_int(&q);
    row.until = sql_int(&q);
    row.head = sql_int(&q);
    row.stand = sql_int(&q);
    status = sql_end(&q);
    if (status == OK)
        *ret_row = row;
    return status;
}

bool stitch_waits(struct view *view)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT id FROM stitch WHERE stand < head ORDER BY id LIMIT 1");
    return sql_value(&q) != 0;
}

enum status stitch_moved(struct store *store, const struct stitch_row *row, int64_t stand)
{
    struct sql_query q = store_query(store, "UPDATE stitch SET stand = ? WHERE id = ?");
    sql_bind_int(&q, stand);
    sql_bind_int(&q, row->id);
    return sql_run(&q);
}
