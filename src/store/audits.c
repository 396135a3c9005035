/* Audits kept: audits.h. */
#include "audits.h"

#include "store_private.h"

enum status audits_add(struct store *store, const struct audits_row *row, int64_t *ret_id)
{
    struct sql_query q =
        store_query(store, "INSERT INTO audit (at, url, live, recorded, fails, warns, passes, "
                           "summary, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    int64_t id = 0;
    sql_bind_int(&q, row->at);
    sql_bind_text(&q, row->url);
    sql_bind_int(&q, row->live);
    sql_bind_int(&q, row->recorded);
    sql_bind_int(&q, row->fails);
    sql_bind_int(&q, row->warns);
    sql_bind_int(&q, row->passes);
    sql_bind_text(&q, row->summary);
    sql_bind_text(&q, row->body);
    while (sql_next(&q))
        id = sql_int(&q);
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    q = store_query(store, "DELETE FROM audit WHERE id <= ?");
    sql_bind_int(&q, id - AUDITS_KEPT);
    status = sql_run(&q);
    if (status == OK)
        *ret_id = id;
    return status;
}

enum status audits_each(struct view *view, void (*each)(void *arg, const struct audits_row *row),
                        void *arg)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT id, at, url, live, recorded, fails, warns, passes, "
                              "summary FROM audit ORDER BY id DESC");
    while (sql_next(&q)) {
        struct audits_row row = {0};
        row.id = sql_int(&q);
        row.at = sql_int(&q);
        row.url = sql_peek(&q);
        row.live = sql_bool(&q);
        row.recorded = sql_bool(&q);
        row.fails = sql_int(&q);
        row.warns = sql_int(&q);
        row.passes = sql_int(&q);
        row.summary = sql_peek(&q);
        each(arg, &row);
    }
    return sql_end(&q);
}

enum status audits_read(struct view *view, struct arena *arena, int64_t id,
                        struct audits_row *ret_row)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT at, url, live, recorded, fails, warns, passes, "
                              "summary, body FROM audit WHERE id = ?");
    struct audits_row row = {.id = id};
    sql_bind_int(&q, id);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    row.at = sql_int(&q);
    row.url = sql_text(&q, arena);
    row.live = sql_bool(&q);
    row.recorded = sql_bool(&q);
    row.fails = sql_int(&q);
    row.warns = sql_int(&q);
    row.passes = sql_int(&q);
    row.summary = sql_text(&q, arena);
    row.body = sql_text(&q, arena);
    status = sql_end(&q);
    if (status == OK)
        *ret_row = row;
    return status;
}
