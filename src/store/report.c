/*
 * Sums over orders, outcomes and counters. Both big queries walk orders_day, which holds every
 * column they ask for, and find outcomes through outcome_order, which does too: what an order costs
 * a report is one index entry and one for each of its destinations. They are added up here, row by
 * row into a few cells: SQLite's GROUP BY would sort them first (three times the time, measured).
 */
#include "report.h"

#include "store_private.h"

#define CELLS_MOST 512u /* destinations x states x halves x currencies; more is nobody's shop */

static enum order_state state_of(span text)
{
    for (unsigned state = 0; state < ORDER_STATE_COUNT; state++)
        if (span_is(text, order_state_text((enum order_state)state)))
            return (enum order_state)state;
    return ORDER_NONE;
}

struct cells {
    struct report_orders *rows;
    unsigned count, last; /* last: what was found before, often right again */
    struct arena *arena;
};

static bool fits(const struct report_orders *a, const struct report_orders *b)
{
    return a->state == b->state && a->outcome == b->outcome && a->server == b->server &&
           a->browser == b->browser && span_equal(a->destination, b->destination) &&
           span_equal(a->currency, b->currency) &&
           (!a->value.given || !b->value.given || a->value.scale == b->value.scale);
}

static void add(struct cells *cells, const struct report_orders *one)
{
    unsigned i =
        cells->last < cells->count && fits(&cells->rows[cells->last], one) ? cells->last : 0;
    while (i < cells->count && !fits(&cells->rows[i], one))
        i++;
    if (i == CELLS_MOST)
        return;
    if (i == cells->count) {
        cells->rows = sql_grow(cells->arena, cells->rows, cells->count++, sizeof *cells->rows);
        cells->rows[i] =
            (struct report_orders){.destination = arena_copy(cells->arena, one->destination),
                                   .state = one->state,
                                   .outcome = one->outcome,
                                   .server = one->server,
                                   .browser = one->browser,
                                   .currency = arena_copy(cells->arena, one->currency)};
    }
    cells->rows[i].count++;
    if (one->value.given)
        cells->rows[i].value = money_add(cells->rows[i].value, one->value);
    cells->last = i;
}

/* The columns of both: state, server, browser, currency, value and scale. */
#define COUNTED "orders.state, server_seq != 0, browser_seq != 0, currency, value, value_scale "

static void read_counted(struct sql_query *q, struct report_orders *one)
{
    one->state = state_of(sql_peek(q));
    one->server = sql_bool(q);
    one->browser = sql_bool(q);
    one->currency = sql_peek(q);
    one->value = sql_money(q);
}

static enum status finish(struct sql_query *q, const struct cells *cells,
                          struct report_orders **ret_rows, unsigned *ret_count)
{
    enum status status = sql_end(q);
    if (status != OK)
        return status;
    *ret_rows = cells->rows;
    *ret_count = cells->count;
    return OK;
}

enum status report_sum_orders(struct view *view, struct arena *arena, int64_t shop, int64_t from,
                              int64_t until, struct report_orders **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COUNTED "FROM orders INDEXED BY orders_day "
                              "WHERE shop = ? AND first_at >= ? AND first_at < ?");
    struct cells cells = {.arena = arena};
    sql_bind_int(&q, shop);
    sql_bind_int(&q, from);
    sql_bind_int(&q, until);
    while (sql_next(&q)) {
        struct report_orders one = {.outcome = 0};
        read_counted(&q, &one);
        add(&cells, &one);
    }
    return finish(&q, &cells, ret_rows, ret_count);
}

enum status report_sum_outcomes(struct view *view, struct arena *arena, int64_t shop, int64_t from,
                                int64_t until, struct report_orders **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT o.destination, o.state, " COUNTED "FROM orders INDEXED BY orders_day "
                    "CROSS JOIN outcome AS o INDEXED BY outcome_order "
                    "ON o.order_key = orders.key AND o.name = 'order_placed' "
                    "WHERE orders.shop = ? AND first_at >= ? AND first_at < ?");
    struct cells cells = {.arena = arena};
    sql_bind_int(&q, shop);
    sql_bind_int(&q, from);
    sql_bind_int(&q, until);
    while (sql_next(&q)) {
        struct report_orders one = {.destination = sql_peek(&q)};
        one.outcome = (unsigned)sql_int(&q);
        read_counted(&q, &one);
        add(&cells, &one);
    }
    return finish(&q, &cells, ret_rows, ret_count);
}

enum status report_browser_only(struct view *view, struct arena *arena, int64_t shop, int64_t from,
                                int64_t until, span *ret_currency, struct money *ret_value)
{
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT coalesce(json_extract(browser, '$.order.currency'), "
        "  json_extract(browser, '$.currency')), "
        "coalesce(json_extract(browser, '$.order.value'), json_extract(browser, '$.order.total'), "
        "  json_extract(browser, '$.value')) "
        "FROM orders INDEXED BY orders_day WHERE shop = ? AND first_at >= ? AND first_at < ? "
        "AND server_seq = 0 AND browser_seq != 0 AND json_valid(browser) ORDER BY key LIMIT ?");
    span currency = {0};
    struct money sum = {0}, one;
    sql_bind_int(&q, shop);
    sql_bind_int(&q, from);
    sql_bind_int(&q, until);
    sql_bind_int(&q, REPORT_LOOKED_ORDERS);
    while (sql_next(&q)) {
        span its = sql_text(&q, arena), value = sql_text(&q, arena);
        if (span_empty(currency))
            currency = its;
        if (span_equal(its, currency) && money_parse(value, its, &one) == OK)
            sum = money_add(sum, one);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_currency = currency;
    *ret_value = sum;
    return OK;
}

enum status report_counts(struct view *view, struct arena *arena, int64_t shop, const char *prefix,
                          int64_t from_day, int64_t to_day, struct report_count **ret_rows,
                          unsigned *ret_count)
{
    struct report_count *rows = NULL;
    unsigned count = 0;
    span until = arena_print(arena, "%s\x7f", prefix);
    enum status status = OK;
    /* Day by day: the key begins with the day and then the shop. */
    for (int64_t day = from_day; day <= to_day && status == OK; day++) {
        struct sql_query q =
            sql_query(&view->sql, "SELECT what, label, n FROM counter WHERE day = ? AND shop = ? "
                                  "AND what >= ? AND what < ? ORDER BY what, label");
        sql_bind_int(&q, day);
        sql_bind_int(&q, shop);
        sql_bind_text(&q, span_of(prefix));
        sql_bind_text(&q, until);
        for (; sql_next(&q); count++) {
            rows = sql_grow(arena, rows, count, sizeof *rows);
            rows[count].day = day;
            rows[count].what = sql_text(&q, arena);
            rows[count].label = sql_text(&q, arena);
            rows[count].n = sql_int(&q);
        }
        status = sql_end(&q);
    }
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

int64_t report_rows(struct view *view, int64_t shop, int64_t from, int64_t until)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT count(*) FROM journal INDEXED BY journal_audience "
                              "WHERE shop = ? AND audience != 0 AND seq >= ? AND seq < ?");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, from);
    sql_bind_int(&q, until);
    return sql_value(&q);
}

/* ---- one destination ---- */

enum status report_troubles(struct view *view, struct arena *arena, int64_t shop, span destination,
                            int64_t since, struct report_trouble **ret_rows, unsigned *ret_count)
{
    /* Letters can be many when a platform is long unwell: a class is as good for its first 5000. */
    struct sql_query q = sql_query(
        &view->sql, "SELECT code, max(words), reason, count(*), max(updated_at) FROM ("
                    "  SELECT code, words, reason, updated_at FROM letter INDEXED BY letter_state "
                    "  WHERE shop = ? AND destination = ? AND state IN (1, 2) LIMIT 5000) "
                    "WHERE updated_at >= ? GROUP BY code, reason ORDER BY 4 DESC, 1 LIMIT 50");
    struct report_trouble *rows = NULL;
    unsigned count = 0;
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, since);
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        rows[count].code = sql_text(&q, arena);
        rows[count].words = sql_text(&q, arena);
        rows[count].reason = sql_text(&q, arena);
        rows[count].count = sql_int(&q);
        rows[count].last_at = sql_int(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

int64_t report_oldest_waiting(struct view *view, int64_t shop, int64_t low, unsigned audience)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT received_at FROM journal INDEXED BY journal_audience "
                              "WHERE shop = ? AND seq > ? AND audience != 0 AND audience & ? != 0 "
                              "ORDER BY seq LIMIT 1");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, low);
    sql_bind_int(&q, audience);
    return sql_value(&q);
}

enum status report_accepted(struct view *view, int64_t shop, span destination, int64_t since,
                            int64_t *ret_last_at, int64_t *ret_events)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT ifnull(max(settled_at), 0), "
                    "  ifnull(sum(CASE WHEN settled_at >= ?3 THEN count END), 0) FROM ("
                    "  SELECT settled_at, count, verdict FROM batch INDEXED BY batch_last "
                    "  WHERE shop = ?1 AND destination = ?2 ORDER BY last_seq DESC LIMIT 2000) "
                    "WHERE verdict = 'delivered'");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, since);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    *ret_last_at = sql_int(&q);
    *ret_events = sql_int(&q);
    return sql_end(&q);
}
