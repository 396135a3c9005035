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

struct sweep {
    const char *window; /* ?1 stand, ?2 rows: key of the last of the next rows, their oldest time */
    const char *purge;  /* ?1 stand, ?2 that key, ?3 time */
};

#define SWEEP(table, key, time, and_more)                                                          \
    {                                                                                              \
        "SELECT max(" key "), min(" time ") FROM (SELECT " key ", " time " FROM " table            \
        " WHERE " key " > ?1 ORDER BY " key " LIMIT ?2)",                                          \
            "DELETE FROM " table " WHERE " key " > ?1 AND " key " <= ?2 AND " time                 \
            " < ?3" and_more                                                                       \
    }
/* Every bookmark of its shop has passed it. */
#define PASSED(seq, table)                                                                         \
    " AND " seq " <= ifnull((SELECT min(low) FROM bookmark WHERE bookmark.shop = " table           \
    ".shop), " seq ")"
#define NOT_NEWEST " AND seq < (SELECT max(seq) FROM journal)"

static const struct sweep sweeps[STORE_SWEEPS] = {
    SWEEP("journal", "seq", "received_at", NOT_NEWEST PASSED("seq", "journal")),
    SWEEP("batch", "id", "settled_at", " AND state = 2" PASSED("last_seq", "batch")),
    SWEEP("letter", "id", "updated_at", PASSED("seq", "letter")),
    SWEEP("quarantine", "id", "at", ""),
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

static const char cut_trail[] = "DELETE FROM trail WHERE (block, key, seq) IN "
                                "(SELECT block, key, seq FROM trail WHERE block < ?1 LIMIT ?2)";

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
    enum status each[STORE_SWEEPS + 5];
    unsigned count = 0;
    for (; count < STORE_SWEEPS; count++)
        each[count] = sweep(store, &sweeps[count], &store->swept[count], journal_before, rows);
    each[count++] = cut_blob(store, cut_seen, JOURNAL_TIME_BYTES, seen_before, rows);
    each[count++] =
        cut_blob(store, cut_delivery, JOURNAL_DAY_BYTES, delivery_before / DAY_MS, rows);
    each[count++] = cut_number(store, cut_counter, journal_before / DAY_MS, rows);
    each[count++] = cut_number(store, cut_checkout, journal_before, rows);
    struct sql_query q = store_query(store, "SELECT min(seq) FROM journal");
    each[count++] = cut_number(store, cut_trail, sql_value(&q) / JOURNAL_BLOCK, rows);

    enum status status = OK;
    for (unsigned i = 0; i < count; i++)
        if (each[i] != OK && status != BROKEN)
            status = each[i] == AGAIN && !store->view.sql.failed ? AGAIN : BROKEN;
    return status;
}
