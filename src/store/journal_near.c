/*
 * Whose browser was it, going by address and agent alone (sources 0.2, rule 6)? No index is kept
 * for this: it is off by default, asked of an order that nothing better joined, and looks through
 * the rows of half an hour, at most JOURNAL_NEAR_ROWS of them, newest first.
 */
#include "journal.h"
#include "store_private.h"

enum status journal_near(struct view *view, struct arena *arena, int64_t shop,
                         const struct journal_near *near, struct journal_row **ret_rows,
                         unsigned *ret_count)
{
    int64_t head, first;
    enum status status = journal_head(view, &head);
    if (status == OK)
        status = journal_since(view, near->from, &first);
    if (status != OK)
        return status;
    if (first <= head - JOURNAL_NEAR_ROWS)
        first = head - JOURNAL_NEAR_ROWS + 1;
    struct sql_query q = sql_query(
        &view->sql, "SELECT seq, at, visitor, body FROM journal WHERE seq >= ?1 AND shop = ?2 AND "
                    "at BETWEEN ?3 AND ?4 AND visitor IS NOT NULL AND source IN ('browser', "
                    "'pixel') AND instr(body, ?5) ORDER BY seq DESC LIMIT 1000");
    sql_bind_int(&q, first);
    sql_bind_int(&q, shop);
    sql_bind_int(&q, near->from);
    sql_bind_int(&q, near->to);
    sql_bind_text(&q, near->said);
    struct journal_row *rows = NULL;
    unsigned count = 0;
    while (sql_next(&q)) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        struct journal_row *row = &rows[count++];
        *row = (struct journal_row){.seq = sql_int(&q), .shop = shop};
        row->at = sql_int(&q);
        row->visitor = sql_text(&q, arena);
        row->body = sql_text(&q, arena);
    }
    status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}
