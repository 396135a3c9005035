/*
 * What was on its way when somebody was forgotten.
 *
 * DELIVER holds rows in memory that an erasure blanks meanwhile: erase_stand tells it cheaply that
 * something was blanked, erase_blanked whether this row was. What it reports of such rows (the
 * platform's words, the order's id) came too late to be erased with them: RECORD asks erase_recent
 * and leaves it out.
 */
#include "erase.h"

#include "store_private.h"

int64_t erase_stand(struct view *view)
{
    /* Begun, gone on with, done: each changes it. The sum is small while nothing is open. */
    int64_t stand;
    struct sql_query q =
        sql_query(&view->sql, "SELECT (ifnull((SELECT max(id) FROM erasure), 0) << 40) + "
                              "ifnull((SELECT sum(stand + 1) FROM erasure WHERE done_at = 0), 0)");
    return sql_number(&q, &stand) == OK ? stand : -1;
}

bool erase_recent(struct view *view, int64_t since)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT EXISTS (SELECT 1 FROM erasure WHERE done_at = 0) OR "
                              "ifnull((SELECT done_at FROM erasure ORDER BY id DESC LIMIT 1), 0) "
                              "> ?");
    sql_bind_int(&q, since);
    return sql_value(&q) != 0;
}

enum status erase_blanked(struct view *view, int64_t seq, bool *ret_blanked)
{
    int64_t count;
    struct sql_query q =
        sql_query(&view->sql, "SELECT count(*) FROM journal WHERE seq = ? AND body = ''");
    sql_bind_int(&q, seq);
    enum status status = sql_number(&q, &count);
    if (status == OK)
        *ret_blanked = count > 0;
    return status;
}
