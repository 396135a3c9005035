/*
 * Forgetting by age, a little at a time, in turns in which nothing else happens.
 *
 * Tables with a counter for a key are walked: each call looks at the next `rows` rows, deletes
 * those that are past their time and free to go, and remembers where it stands. So a call never
 * does more than its share, even when a destination that is down holds a million rows back. The
 * walk ends where rows become too young, and the next one starts at the front again.
 *
 * Tables keyed by time are cut from their front, `rows` at most.
 *
 * A row of the journal is free when every bookmark of its shop has passed it; the newest row
 * always stays, so that its number is not given twice.
 */
#include "journal.h"
#include "store_private.h"

/* What is behind its shop's lowest bookmark. */
#define PASSED(seq, shop)                                                                          \
    seq " <= ifnull((SELECT min(low) FROM bookmark WHERE bookmark.shop = " shop "), " seq ")"

struct sweep {
    const char *window; /* ?1, ?2 -> key of the last of the next rows, the oldest time in them */
    const char *purge;  /* ?1, ?2 = that key, ?3 */
};

static const struct sweep sweeps[STORE_SWEEPS] = {
    {"SELECT max(seq), min(received_at) FROM "
     "(SELECT seq, received_at FROM journal WHERE seq > ?1 ORDER BY seq LIMIT ?2)", "DELETE FROM journal WHERE seq > ?1 AND seq <= ?2 AND received_at < ?3 "
     "AND seq < (SELECT max(seq) FROM journal) AND " PASSED("seq", "journal.shop")},
    {"SELECT max(id), min(settled_at) FROM "
     "(SELECT id, settled_at FROM batch WHERE id > ?1 ORDER BY id LIMIT ?2)",                                                                                  "DELETE FROM batch WHERE id > ?1 AND id <= ?2 AND settled_at < ?3 AND state = 2 "
     "AND " PASSED("last_seq",                                                                       "batch.shop")},
    {"SELECT max(id), min(updated_at) FROM "
     "(SELECT id, updated_at FROM letter WHERE id > ?1 ORDER BY id LIMIT ?2)",                                                                     "DELETE FROM letter WHERE id > ?1 AND id <= ?2 AND updated_at < ?3 "
     "AND " PASSED("seq",                                                               "letter.shop")},
    {"SELECT max(id), min(at) FROM "
     "(SELECT id, at FROM quarantine WHERE id > ?1 ORDER BY id LIMIT ?2)",                                                           "DELETE FROM quarantine WHERE id > ?1 AND id <= ?2 AND at < ?3"                                              },
};

/* One window of one table; AGAIN when there is more to look at. */
static enum status sweep(struct store *store, const struct sweep *sweep, int64_t *stand,
                         int64_t before, unsigned rows)
{
    struct sql_query q = store_query(store, sweep->window);
    sql_bind_int(&q, *stand);
    sql_bind_int(&q, rows);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    int64_t last = sql_int(&q), oldest = sql_int(&q);
    status = sql_end(&q);
    if (status != OK)
        return status;
    if (last == 0 || oldest >= before) { /* the end, or everything from here on is young */
        *stand = 0;
        return OK;
    }
    q = store_query(store, sweep->purge);
    sql_bind_int(&q, *stand);
    sql_bind_int(&q, last);
    sql_bind_int(&q, before);
    status = sql_run(&q);
    if (status != OK)
        return status;
    *stand = last;
    return AGAIN;
}

/* ?1 is the first key that stays, ?2 rows. */
static const char cut_seen[] = "DELETE FROM seen WHERE key IN "
                               "(SELECT key FROM seen WHERE key < ?1 ORDER BY key LIMIT ?2)";
static const char cut_delivery[] =
    "DELETE FROM delivery WHERE key IN "
    "(SELECT key FROM delivery WHERE key < ?1 ORDER BY key LIMIT ?2)";
static const char cut_counter[] =
    "DELETE FROM counter WHERE (day, shop, what, label) IN "
    "(SELECT day, shop, what, label FROM counter WHERE day < ?1 LIMIT ?2)";
static const char cut_checkout[] =
    "DELETE FROM checkout WHERE (shop, token) IN "
    "(SELECT shop, token FROM checkout INDEXED BY checkout_at WHERE at < ?1 LIMIT ?2)";

static enum status cut(struct store *store, struct sql_query *q, unsigned rows)
{
    sql_bind_int(q, rows);
    enum status status = sql_run(q);
    if (status == OK && sql_changes(&store->view.sql) >= rows)
        return AGAIN;
    return status;
}

static enum status cut_blob(struct store *store, const char *literal, unsigned bytes,
                            int64_t number, unsigned rows)
{
    uint8_t key[8];
    sql_key_number(key, bytes, number);
    struct sql_query q = store_query(store, literal);
    sql_bind_blob(&q, key, bytes);
    return cut(store, &q, rows);
}

static enum status cut_number(struct store *store, const char *literal, int64_t number,
                              unsigned rows)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_int(&q, number);
    return cut(store, &q, rows);
}

enum status store_retain(struct store *store, int64_t journal_before, int64_t seen_before,
                         int64_t delivery_before, unsigned rows)
{
    enum status each[STORE_SWEEPS + 4];
    unsigned count = 0;
    for (; count < STORE_SWEEPS; count++)
        each[count] = sweep(store, &sweeps[count], &store->swept[count], journal_before, rows);
    each[count++] = cut_blob(store, cut_seen, JOURNAL_HOUR_BYTES, seen_before / HOUR_MS, rows);
    each[count++] =
        cut_blob(store, cut_delivery, JOURNAL_DAY_BYTES, delivery_before / DAY_MS, rows);
    each[count++] = cut_number(store, cut_counter, journal_before / DAY_MS, rows);
    each[count++] = cut_number(store, cut_checkout, journal_before, rows);

    enum status status = OK;
    for (unsigned i = 0; i < count; i++)
        if (each[i] != OK && status != BROKEN)
            status = each[i] == AGAIN && !store->view.sql.failed ? AGAIN : BROKEN;
    return status;
}
