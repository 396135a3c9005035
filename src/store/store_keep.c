/*
 * Forgetting people, browsers and orders by age (`keep`, two years): the same walk as
 * store_retain's, over tables whose keys grow with time, but seldom, since it steps over what is
 * old and still in use.
 *
 *   an order     first and last heard of before `keep`, and nothing of it waits
 *   a browser    last seen before it; with it goes whose it was, and its past that was told
 *   a person     made and last changed before it, with no order and no browser left. Those merged
 * into it stand alone after it, and go with the next walk
 *   a receipt    of an erasure or an export, done before it; the newest stays, its number with it
 *   a request    for one's data, answered before it
 *   a nobody     an identifier that names nobody, first seen before it: noted anew if it comes
 * again
 *
 * order_once stays for ever: it is a hash, and keeps an order from being sold twice.
 */
#include "store_private.h"

#include <string.h>

/* ?1 stand, ?2 last of the window, ?3 before. */
#define OLD_ORDERS                                                                                 \
    "SELECT key FROM orders WHERE key > ?1 AND key <= ?2 AND first_at < ?3 AND updated_at < ?3 "   \
    "AND due_at = 0"
#define OLD_PEOPLE                                                                                 \
    "SELECT id FROM person WHERE id > ?1 AND id <= ?2 AND created_at < ?3 AND updated_at < ?3 "    \
    "AND NOT EXISTS (SELECT 1 FROM alias WHERE alias.person = person.id) "                         \
    "AND NOT EXISTS (SELECT 1 FROM orders WHERE orders.person = person.id AND orders.person != "   \
    "0) "                                                                                          \
    "AND NOT EXISTS (SELECT 1 FROM owner WHERE owner.person = person.id)"

static const struct keep {
    const char *window; /* ?1 stand, ?2 rows: key of the last of the next rows, their oldest time */
    const char *purge[6];
} keeps[STORE_KEEPS] = {
    {"SELECT max(key), min(first_at) FROM (SELECT key, first_at FROM orders WHERE key > ?1 "
     "ORDER BY key LIMIT ?2)",
     {"DELETE FROM outcome WHERE order_key IN (" OLD_ORDERS ")",
      "DELETE FROM order_alias WHERE order_key IN (" OLD_ORDERS ")",
      "DELETE FROM order_fact WHERE order_key IN (" OLD_ORDERS ")",
      "DELETE FROM order_merged WHERE lives IN (" OLD_ORDERS ")",
      "DELETE FROM orders WHERE key IN (" OLD_ORDERS ")"}},
    {"SELECT max(id), min(created_at) FROM (SELECT id, created_at FROM person WHERE id > ?1 "
     "ORDER BY id LIMIT ?2)",
     {"DELETE FROM link WHERE person IN (" OLD_PEOPLE ")",
      "DELETE FROM alias WHERE lives IN (" OLD_PEOPLE ")",
      "DELETE FROM person WHERE id IN (" OLD_PEOPLE ")"}},
};

static enum status run(struct store *store, const char *literal, int64_t stand, int64_t last,
                       int64_t before)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_int(&q, stand);
    sql_bind_int(&q, last);
    sql_bind_int(&q, before);
    return sql_run(&q);
}

static enum status walk(struct store *store, const struct keep *keep, int64_t *stand,
                        int64_t before, unsigned rows)
{
    struct sql_query q = store_query(store, keep->window);
    sql_bind_int(&q, *stand);
    sql_bind_int(&q, rows);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    int64_t last = sql_int(&q), oldest = sql_int(&q);
    status = sql_end(&q);
    if (status != OK)
        return status;
    if (last == 0 || oldest >= before) {
        *stand = 0;
        return OK;
    }
    for (unsigned i = 0; keep->purge[i] && status == OK; i++)
        status = run(store, keep->purge[i], *stand, last, before);
    if (status == OK)
        *stand = last;
    return status == OK ? AGAIN : status;
}

/* Browsers have text for a key, most of them a ULID and so in the order of time, but not all: the
   walk goes to the end. ?1 ?2 stand, ?3 rows. */
#define NEXT_BROWSERS                                                                              \
    "SELECT shop, visitor, last_at FROM visitor WHERE (shop, visitor) > (?1, ?2) "                 \
    "ORDER BY shop, visitor LIMIT ?3"
#define OLD_BROWSERS "(SELECT shop, visitor FROM (" NEXT_BROWSERS ") WHERE last_at < ?4)"

static struct sql_query browsers(struct store *store, const char *literal, unsigned rows)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_int(&q, store->kept_shop);
    sql_bind_text(&q, span_of(store->kept_visitor));
    sql_bind_int(&q, rows);
    return q;
}

static enum status walk_browsers(struct store *store, int64_t before, unsigned rows)
{
    static const char *const purge[] = {
        "DELETE FROM stitch WHERE (shop, visitor) IN " OLD_BROWSERS " AND stand >= head",
        "DELETE FROM owner WHERE (shop, visitor) IN " OLD_BROWSERS,
        "DELETE FROM visitor WHERE (shop, visitor) IN " OLD_BROWSERS,
    };
    struct arena scratch;
    arena_init(&scratch, 64u << 10);
    struct sql_query q = browsers(
        store, "SELECT shop, visitor FROM (" NEXT_BROWSERS ") ORDER BY 1 DESC, 2 DESC LIMIT 1",
        rows);
    enum status status = sql_one(&q);
    int64_t shop = 0;
    char last[sizeof store->kept_visitor] = "";
    if (status == OK) {
        shop = sql_int(&q);
        snprintf(last, sizeof last, "%s", arena_text(&scratch, sql_text(&q, &scratch)));
        status = sql_end(&q);
    }
    arena_done(&scratch);
    for (unsigned i = 0; i < COUNT_OF(purge) && status == OK; i++) {
        q = browsers(store, purge[i], rows);
        sql_bind_int(&q, before);
        status = sql_run(&q);
    }
    if (status != OK && status != MISSING)
        return status;
    store->kept_shop = shop; /* 0 at the end: the next walk starts at the front */
    memcpy(store->kept_visitor, last, sizeof last);
    return status == OK ? AGAIN : OK;
}

/* Few, and found by looking at all. ?1 before, ?2 rows. */
static enum status keep_papers(struct store *store, int64_t before, unsigned rows)
{
    static const char *const purge[] = {
        "DELETE FROM erasure WHERE id IN (SELECT id FROM erasure WHERE done_at != 0 AND "
        "done_at < ?1 AND id < (SELECT max(id) FROM erasure) LIMIT ?2)",
        "DELETE FROM data_request WHERE id IN (SELECT id FROM data_request WHERE "
        "answered_at != 0 AND answered_at < ?1 LIMIT ?2)",
        "DELETE FROM absurd WHERE (shop, kind, value) IN (SELECT shop, kind, value FROM absurd "
        "WHERE at < ?1 LIMIT ?2)",
    };
    enum status status = OK;
    for (unsigned i = 0; i < COUNT_OF(purge) && status == OK; i++) {
        struct sql_query q = store_query(store, purge[i]);
        sql_bind_int(&q, before);
        sql_bind_int(&q, rows);
        status = sql_run(&q);
    }
    return status;
}

enum status store_keep(struct store *store, int64_t before, unsigned rows)
{
    enum status status = walk_browsers(store, before, rows);
    if (status != BROKEN && keep_papers(store, before, rows) != OK)
        status = BROKEN;
    for (unsigned i = 0; i < STORE_KEEPS && status != BROKEN; i++) {
        enum status one = walk(store, &keeps[i], &store->kept[i], before, rows);
        if (one != OK)
            status = one == AGAIN && !store->view.sql.failed ? AGAIN : BROKEN;
    }
    return status;
}
