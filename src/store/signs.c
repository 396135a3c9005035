/* Signs of life; signs.h is the contract. */
#include "signs.h"

#include "journal.h"
#include "store_private.h"

int64_t signs_first(struct view *view)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT received_at FROM journal ORDER BY seq LIMIT 1");
    return sql_value(&q);
}

enum status signs_count(struct view *view, int64_t shop, int64_t from, int64_t until,
                        struct signs *ret_signs)
{
    int64_t last, first;
    enum status status = journal_since(view, until, &last);
    if (status == OK)
        status = journal_since(view, from, &first);
    if (status != OK)
        return status;
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT ifnull(sum(source IN ('browser', 'pixel')), 0), ifnull(sum(source = 'shopify'), 0),"
        "  ifnull(sum(source = 'pixel' AND name = 'checkout_completed'), 0),"
        "  ifnull(min(CASE WHEN source = 'shopify' THEN received_at - at END), 0) "
        "FROM journal WHERE seq >= ? AND seq < ? AND shop = ?");
    if (first < last - SIGNS_LOOKED)
        first = last - SIGNS_LOOKED;
    sql_bind_int(&q, first);
    sql_bind_int(&q, last);
    sql_bind_int(&q, shop);
    status = sql_one(&q);
    if (status != OK)
        return status;
    ret_signs->browser = sql_int(&q);
    ret_signs->hooks = sql_int(&q);
    ret_signs->checkouts = sql_int(&q);
    ret_signs->lag_least = sql_int(&q);
    return sql_end(&q);
}
