/*
 * Lists for people, a page at a time. A page looks at a bounded run of rows and says where the next
 * one begins: a filter that fits nothing costs as much as one that fits all, never more.
 */
#include "report.h"

#include "store_private.h"

#define EVENT_COLUMNS                                                                              \
    "seq, shop, name, source, event_id, at, received_at, visitor, person, order_key, audience, "   \
    "body "

static void event_row(struct sql_query *q, struct arena *arena, struct journal_row *row)
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

/* A visitor's rows are found by the trail, oldest first; a page is its newest. */
static enum status of_visitor(struct view *view, struct arena *arena,
                              const struct report_filter *filter, int64_t before, unsigned most,
                              struct journal_row **ret_rows, unsigned *ret_count, int64_t *ret_next)
{
    struct journal_row *all;
    unsigned count, kept = 0;
    int64_t to = before - 1;
    enum status status = before > 0 ? OK : journal_head(view, &to);
    if (status == OK)
        status = journal_trail(view, arena, filter->shop, filter->visitor, 0, to, REPORT_LOOKED,
                               &all, &count);
    if (status != OK)
        return status;
    struct journal_row *rows = arena_array(arena, struct journal_row, most + 1);
    unsigned i = count;
    for (; i > 0 && kept < most; i--) {
        const struct journal_row *row = &all[i - 1];
        if ((span_empty(filter->name) || span_is(filter->name, names_text(row->name))) &&
            (span_empty(filter->source) || span_is(filter->source, event_source_text(row->source))))
            rows[kept++] = *row;
    }
    *ret_rows = rows;
    *ret_count = kept;
    *ret_next = i > 0 ? all[i].seq : 0;
    return OK;
}

enum status report_events(struct view *view, struct arena *arena,
                          const struct report_filter *filter, int64_t before, unsigned most,
                          struct journal_row **ret_rows, unsigned *ret_count, int64_t *ret_next)
{
    if (!span_empty(filter->visitor) && filter->shop != 0)
        return of_visitor(view, arena, filter, before, most, ret_rows, ret_count, ret_next);
    enum status status;
    if (before <= 0) {
        status = journal_head(view, &before);
        if (status != OK)
            return status;
        before++;
    }
    struct sql_query q =
        sql_query(&view->sql, "SELECT " EVENT_COLUMNS "FROM journal WHERE seq < ?1 AND seq >= ?2 "
                              "AND (?3 = 0 OR shop = ?3) AND (?4 IS NULL OR name = ?4) "
                              "AND (?5 IS NULL OR source = ?5) AND (?6 IS NULL OR visitor = ?6) "
                              "ORDER BY seq DESC LIMIT ?7");
    int64_t least = before > REPORT_LOOKED ? before - REPORT_LOOKED : 1;
    sql_bind_int(&q, before);
    sql_bind_int(&q, least);
    sql_bind_int(&q, filter->shop);
    sql_bind_text(&q, span_empty(filter->name) ? (span){0} : filter->name);
    sql_bind_text(&q, span_empty(filter->source) ? (span){0} : filter->source);
    sql_bind_text(&q, span_empty(filter->visitor) ? (span){0} : filter->visitor);
    sql_bind_int(&q, most);
    struct journal_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        event_row(&q, arena, &rows[count]);
    }
    status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    *ret_next = count == most && count > 0 ? rows[count - 1].seq : least > 1 ? least : 0;
    return OK;
}

/* The short columns of order.c. */
#define ORDER_COLUMNS                                                                              \
    "key, shop, state, reason, id, order_id, number, name, server_seq, browser_seq, sent_seq, "    \
    "due_at, trigger_at, created_at, first_at, visitor, person, matched, currency, value, "        \
    "value_scale, adjusted, adjusted_scale, paid, cancelled "

static void order_row(struct sql_query *q, struct arena *arena, struct order_row *row)
{
    *row = (struct order_row){.key = sql_int(q)};
    row->shop = sql_int(q);
    row->state = order_state_find(sql_peek(q));
    row->reason = sql_text(q, arena);
    row->id = sql_text(q, arena);
    row->order_id = sql_text(q, arena);
    row->number = sql_text(q, arena);
    row->name = sql_text(q, arena);
    row->server_seq = sql_int(q);
    row->browser_seq = sql_int(q);
    row->sent_seq = sql_int(q);
    row->due_at = sql_int(q);
    row->trigger_at = sql_int(q);
    row->created_at = sql_int(q);
    row->first_at = sql_int(q);
    row->visitor = sql_text(q, arena);
    row->person = sql_int(q);
    row->matched = sql_text(q, arena);
    row->currency = sql_text(q, arena);
    row->value = sql_money(q);
    row->adjusted = sql_money(q);
    row->paid = sql_bool(q);
    row->cancelled = sql_bool(q);
}

static enum status orders_read(struct sql_query *q, struct arena *arena,
                               struct order_row **ret_rows, unsigned *ret_count)
{
    struct order_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        order_row(q, arena, &rows[count]);
    }
    enum status status = sql_end(q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status report_orders(struct view *view, struct arena *arena, int64_t shop, span state,
                          int64_t before, unsigned most, struct order_row **ret_rows,
                          unsigned *ret_count, int64_t *ret_next)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " ORDER_COLUMNS "FROM orders WHERE key < ?1 AND key >= ?2 "
                              "AND (?3 = 0 OR shop = ?3) AND (?4 IS NULL OR state = ?4) "
                              "ORDER BY key DESC LIMIT ?5");
    struct sql_query newest = sql_query(&view->sql, "SELECT ifnull(max(key), 0) FROM orders");
    int64_t head = sql_value(&newest);
    if (before <= 0 || before > head)
        before = head + 1;
    int64_t least = before > REPORT_LOOKED_ORDERS ? before - REPORT_LOOKED_ORDERS : 1;
    sql_bind_int(&q, before);
    sql_bind_int(&q, least);
    sql_bind_int(&q, shop);
    sql_bind_text(&q, span_empty(state) ? (span){0} : state);
    sql_bind_int(&q, most);
    enum status status = orders_read(&q, arena, ret_rows, ret_count);
    if (status == OK)
        *ret_next = *ret_count == most && most > 0 ? (*ret_rows)[most - 1].key
                    : least > 1                    ? least
                                                   : 0;
    return status;
}

enum status report_orders_of_person(struct view *view, struct arena *arena, int64_t person,
                                    unsigned most, struct order_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT " ORDER_COLUMNS "FROM orders INDEXED BY orders_person "
                    "WHERE person != 0 AND person IN (WITH RECURSIVE self(is_he) AS (VALUES (?) "
                    "  UNION SELECT alias.person FROM alias, self WHERE alias.lives = self.is_he) "
                    "  SELECT is_he FROM self) ORDER BY key DESC LIMIT ?");
    sql_bind_int(&q, person);
    sql_bind_int(&q, most);
    return orders_read(&q, arena, ret_rows, ret_count);
}

enum status report_people(struct view *view, struct arena *arena, int64_t shop, span email,
                          unsigned most, int64_t **ret_persons, unsigned *ret_count)
{
    struct sql_query q;
    if (span_empty(email)) {
        q = sql_query(&view->sql, "SELECT id FROM person WHERE ?1 = 0 OR shop = ?1 "
                                  "ORDER BY id DESC LIMIT ?2");
        sql_bind_int(&q, shop);
    } else {
        q = sql_query(&view->sql, "SELECT person FROM link WHERE shop = ? AND kind = 1 "
                                  "AND value >= ? AND value < ? ORDER BY value LIMIT ?");
        sql_bind_int(&q, shop);
        sql_bind_text(&q, email);
        sql_bind_text(&q, arena_print(arena, "%.*s\xf4\x8f\xbf\xbf", SPAN_ARG(email)));
    }
    sql_bind_int(&q, most);
    int64_t *persons = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        persons = sql_grow(arena, persons, count, sizeof *persons);
        persons[count] = sql_int(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_persons = persons;
    *ret_count = count;
    return OK;
}

span report_order_name(struct view *view, struct arena *arena, int64_t order)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT coalesce(id, order_id, name, number) FROM orders "
                              "WHERE key = ifnull((SELECT lives FROM order_merged "
                              "WHERE order_key = ?1), ?1)");
    span name = {0};
    sql_bind_int(&q, order);
    if (sql_next(&q))
        name = sql_text(&q, arena);
    return sql_end(&q) == OK ? name : (span){0};
}

span report_shop_name(struct view *view, struct arena *arena, int64_t shop)
{
    struct sql_query q = sql_query(&view->sql, "SELECT name FROM shop WHERE id = ?");
    span name = {0};
    sql_bind_int(&q, shop);
    if (sql_next(&q))
        name = sql_text(&q, arena);
    return sql_end(&q) == OK ? name : (span){0};
}

enum status report_seen(struct view *view, int64_t shop, struct report_seen *ret_seen)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT source, max(received_at) FROM journal "
                    "WHERE seq > (SELECT max(seq) FROM journal) - ? AND shop = ? GROUP BY source");
    struct report_seen seen = {0};
    sql_bind_int(&q, REPORT_LOOKED_SEEN);
    sql_bind_int(&q, shop);
    while (sql_next(&q)) {
        enum event_source source = event_source_find(sql_peek(&q));
        int64_t at = sql_int(&q);
        if (source == SOURCE_BROWSER)
            seen.snippet = at;
        else if (source == SOURCE_PIXEL)
            seen.pixel = at;
        else if (source == SOURCE_SHOPIFY)
            seen.webhook = at;
        else if (source == SOURCE_API)
            seen.api = at;
    }
    enum status status = sql_end(&q);
    if (status == OK)
        *ret_seen = seen;
    return status;
}
