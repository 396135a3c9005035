/*
 * Browsers, and whose they were when. A visitor's owners part its time into intervals, each from
 * its own `since` to the next one's; a row is a claim, so it does not matter in which order they
 * were written. Before the first claim there is an anonymous past, which is that one's too, as far
 * as its `back` reaches.
 *
 *     owner rows                  since 100: Ada        since 500: Bob
 *                                 back 60
 *     event time   ----------|-----|---------------------|---------------->
 *     visitor_owner     0      Ada          Ada                  Bob
 */
#include "person.h"
#include "person_json.h"
#include "store_private.h"

enum status visitor_get(struct view *view, struct arena *arena, int64_t shop, span visitor,
                        struct visitor_row *ret_row)
{
    struct sql_query q = sql_query(
        &view->sql,
        "SELECT visitor, first_at, last_at, shown FROM visitor WHERE shop = ? AND visitor = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    struct visitor_row row = {.visitor = sql_text(&q, arena)};
    row.first_at = sql_int(&q);
    row.last_at = sql_int(&q);
    span json = sql_text(&q, arena);
    status = sql_end(&q);
    struct event event;
    if (status == OK)
        status = person_json_read(&view->sql, arena, json, &event);
    if (status != OK)
        return status;
    row.consent = event.consent;
    row.client = event.client;
    *ret_row = row;
    return OK;
}

enum status visitor_put(struct store *store, int64_t shop, const struct visitor_row *row)
{
    struct event event = {.consent = row->consent, .client = row->client};
    struct sql_query q = store_query(
        store, "INSERT OR REPLACE INTO visitor (shop, visitor, first_at, last_at, shown) "
               "VALUES (?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, row->visitor);
    sql_bind_int(&q, row->first_at);
    sql_bind_int(&q, row->last_at);
    sql_bind_text(&q, person_json_write(&store->view.sql, &event));
    return sql_run(&q);
}

enum status visitor_claim(struct view *view, int64_t shop, span visitor, int64_t at,
                          int64_t *ret_person, int64_t *ret_since)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT person, since FROM owner WHERE shop = ? AND visitor = ? "
                              "AND since <= ? ORDER BY since DESC LIMIT 1");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    sql_bind_int(&q, at);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    int64_t person = sql_int(&q), since = sql_int(&q);
    person = person_resolve(view, person);
    status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_person = person;
    *ret_since = since;
    return OK;
}

/* From the newest claim back to the first one that is not later than `at`: nearly always no row or
   one, and one question where visitor_claim and its past would be two. */
int64_t visitor_owner(struct view *view, int64_t shop, span visitor, int64_t at)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT person, since, since - back FROM owner "
                              "WHERE shop = ? AND visitor = ? ORDER BY since DESC");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    int64_t owner = 0;
    for (bool found = false; !found && sql_next(&q);) {
        int64_t person = sql_int(&q);
        found = sql_int(&q) <= at;
        owner = found || sql_int(&q) <= at ? person : 0; /* the past is the first claim's */
    }
    return sql_end(&q) == OK && owner ? person_resolve(view, owner) : 0;
}

enum status visitor_of(struct view *view, struct arena *arena, int64_t shop, int64_t person,
                       int64_t at, span *ret_visitor)
{
    struct sql_query q =
        sql_query(&view->sql, "WITH RECURSIVE self(id) AS (VALUES (?) UNION "
                              "  SELECT person FROM alias, self WHERE alias.lives = self.id) "
                              "SELECT visitor FROM owner WHERE person IN (SELECT id FROM self) "
                              "AND shop = ? AND since <= ? ORDER BY since DESC LIMIT 1");
    sql_bind_int(&q, person_resolve(view, person));
    sql_bind_int(&q, shop);
    sql_bind_int(&q, at);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    span visitor = sql_text(&q, arena);
    status = sql_end(&q);
    if (status == OK)
        *ret_visitor = visitor;
    return status;
}

enum status visitor_own(struct store *store, int64_t shop, span visitor, int64_t since,
                        int64_t person, int64_t back)
{
    struct sql_query q = store_query(
        store,
        "INSERT OR REPLACE INTO owner (shop, visitor, since, person, back) VALUES (?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, visitor);
    sql_bind_int(&q, since);
    sql_bind_int(&q, person);
    sql_bind_int(&q, back);
    return sql_run(&q);
}

unsigned visitor_count_of(struct view *view, int64_t shop, int64_t person)
{
    struct sql_query q =
        sql_query(&view->sql, "WITH RECURSIVE self(id) AS (VALUES (?) UNION "
                              "  SELECT person FROM alias, self WHERE alias.lives = self.id) "
                              "SELECT count(DISTINCT visitor) FROM owner "
                              "WHERE person IN (SELECT id FROM self) AND shop = ?");
    sql_bind_int(&q, person_resolve(view, person));
    sql_bind_int(&q, shop);
    return (unsigned)sql_value(&q);
}
