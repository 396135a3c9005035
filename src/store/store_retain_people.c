/*
 * People who were not heard of for `keep`, receipts and lists of that age: a little at a time, as
 * store_retain.c does. A person goes with identifiers, claims and merges when neither a record, a
 * claim nor an order is younger; journal rows are long gone by then.
 */
#include "store_private.h"

/* ?1 stand, ?2 end of the window, ?3 time */
#define STALE                                                                                      \
    "(SELECT id FROM person WHERE id > ?1 AND id <= ?2 AND updated_at < ?3 "                       \
    "AND NOT EXISTS (SELECT 1 FROM owner WHERE owner.person = person.id AND owner.since >= ?3) "   \
    "AND NOT EXISTS (SELECT 1 FROM link WHERE link.person = person.id AND link.at >= ?3) "         \
    "AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.person = person.id "                        \
    "AND orders.person != 0 AND orders.first_at >= ?3))"

/* The person's own row goes last: the others are found by it. */
static const char *const of_people[] = {
    "DELETE FROM link WHERE person IN " STALE,
    "DELETE FROM owner WHERE person IN " STALE,
    "DELETE FROM alias WHERE person IN " STALE,
    "DELETE FROM person WHERE id IN " STALE,
};

/* Small tables without an index of time: looked through whole. ?1 time, ?2 rows */
static const char *const of_lists[] = {
    "DELETE FROM absurd WHERE (shop, kind, value) IN "
    "(SELECT shop, kind, value FROM absurd WHERE at < ?1 LIMIT ?2)",
    "DELETE FROM erasure WHERE id IN "
    "(SELECT id FROM erasure WHERE done_at != 0 AND done_at < ?1 LIMIT ?2)",
    "DELETE FROM data_request WHERE id IN "
    "(SELECT id FROM data_request WHERE answered_at != 0 AND answered_at < ?1 LIMIT ?2)",
    "DELETE FROM stitch WHERE id IN "
    "(SELECT id FROM stitch WHERE stand >= head AND at < ?1 LIMIT ?2)",
};

static enum status window(struct store *store, unsigned rows, int64_t *ret_last)
{
    struct sql_query q = store_query(store, "SELECT ifnull(max(id), 0) FROM (SELECT id FROM person "
                                            "WHERE id > ?1 ORDER BY id LIMIT ?2)");
    sql_bind_int(&q, store->kept);
    sql_bind_int(&q, rows);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    int64_t last = sql_int(&q);
    status = sql_end(&q);
    if (status == OK)
        *ret_last = last;
    return status;
}

enum status store_retain_people(struct store *store, int64_t before, unsigned rows)
{
    bool more = false;
    for (unsigned i = 0; i < COUNT_OF(of_lists); i++) {
        struct sql_query q = store_query(store, of_lists[i]);
        sql_bind_int(&q, before);
        sql_bind_int(&q, rows);
        enum status status = sql_run(&q);
        if (status != OK)
            return status;
        more = more || sql_changes(&store->view.sql) >= rows;
    }
    int64_t last;
    enum status status = window(store, rows, &last);
    for (unsigned i = 0; last != 0 && status == OK && i < COUNT_OF(of_people); i++) {
        struct sql_query q = store_query(store, of_people[i]);
        sql_bind_int(&q, store->kept);
        sql_bind_int(&q, last);
        sql_bind_int(&q, before);
        status = sql_run(&q);
    }
    if (status != OK)
        return status;
    store->kept = last; /* 0 at the end: the next walk begins at the front */
    return more || last ? AGAIN : OK;
}
