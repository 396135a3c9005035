/*
 * Counters: sums per day, shop, what and label, for the reports. No person is in them.
 */
#include "outbox.h"
#include "store_private.h"

enum status counter_add(struct store *store, int64_t day, int64_t shop, span what, span label,
                        int64_t n)
{
    struct sql_query q =
        store_query(store, "INSERT INTO counter (day, shop, what, label, n) VALUES (?, ?, ?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET n = n + excluded.n");
    sql_bind_int(&q, day);
    sql_bind_int(&q, shop);
    sql_bind_text(&q, what);
    sql_bind_text(&q, label.ptr ? label : SPAN(""));
    sql_bind_int(&q, n);
    return sql_run(&q);
}

enum status counter_each(struct view *view, int64_t from_day, int64_t to_day,
                         void (*row)(void *arg, int64_t day, int64_t shop, span what, span label,
                                     int64_t n),
                         void *arg)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT day, shop, what, label, n FROM counter "
                              "WHERE day BETWEEN ? AND ? ORDER BY day, shop, what, label");
    sql_bind_int(&q, from_day);
    sql_bind_int(&q, to_day);
    while (sql_next(&q)) {
        int64_t day = sql_int(&q), shop = sql_int(&q);
        span what = sql_peek(&q), label = sql_peek(&q);
        row(arg, day, shop, what, label, sql_int(&q));
    }
    return sql_end(&q);
}

unsigned counter_days(struct view *view, int64_t from_day, int64_t shop, span what, span label)
{
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT count(*) FROM counter WHERE day >= ? AND shop = ? AND what = ? AND label = ?");
    sql_bind_int(&q, from_day);
    sql_bind_int(&q, shop);
    sql_bind_text(&q, what);
    sql_bind_text(&q, label);
    return (unsigned)sql_value(&q);
}
