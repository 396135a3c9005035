/*
 * Has this been here before? Two tables, one for what carries its own time and one for what does
 * not, both keyed so that new keys land next to each other and old ones are dropped by range:
 *
 *   seen      | raw time in ms, 6 bytes | SHA-256(shop, source, name, id), 12 bytes |  -> seq
 *   delivery  | day of arrival, 2 bytes | SHA-256(shop, delivery id), 14 bytes      |
 *
 * A plain unique index on the id is random: each insert dirties a page of its own, and they fall
 * to a quarter by 2.4 M rows (DESIGN 5). A copy carries the same raw time, so its key falls in
 * the same place however fine the time is; the finer, the fewer pages are hot. DESIGN says hours;
 * an hour of 20,000 events a second is 72 M keys, which is random again, and within a second each
 * row of a small commit still dirtied a page of its own. By the millisecond, keys come in the order
 * of their events. docs/store.md has the figures. A delivery has no time inside; it is looked for
 * in the last four days.
 */
#include "../base/hash.h"
#include "journal.h"
#include "store_private.h"

#define KEY_BYTES     16
#define SEEN_BYTES    (JOURNAL_TIME_BYTES + 12)
#define DELIVERY_DAYS 4 /* today and three before: 72 h at least */

enum status journal_seen(struct store *store, int64_t shop, enum event_source source, span name,
                         span event_id, int64_t raw_at, int64_t seq, int64_t *ret_first_seq)
{
    uint8_t key[SEEN_BYTES], digest[HASH_SIZE];
    span parts[] = {span_of(event_source_text(source)), name, event_id};
    sql_digest(&store->view.sql, shop, parts, COUNT_OF(parts), digest);
    sql_key_number(key, JOURNAL_TIME_BYTES, raw_at);
    memcpy(key + JOURNAL_TIME_BYTES, digest, SEEN_BYTES - JOURNAL_TIME_BYTES);

    struct sql_query q = store_query(store, "INSERT OR IGNORE INTO seen (key, seq) VALUES (?, ?)");
    sql_bind_blob(&q, key, sizeof key);
    sql_bind_int(&q, seq);
    enum status status = sql_run(&q);
    if (status != OK || sql_changes(&store->view.sql) == 1)
        return status;
    q = sql_query(&store->view.sql, "SELECT seq FROM seen WHERE key = ?");
    sql_bind_blob(&q, key, sizeof key);
    int64_t first = sql_value(&q);
    if (first == 0)
        return BROKEN;
    *ret_first_seq = first;
    return CONFLICT;
}

enum status journal_delivery(struct store *store, int64_t shop, span delivery_id, int64_t now)
{
    uint8_t keys[DELIVERY_DAYS][KEY_BYTES], digest[HASH_SIZE];
    sql_digest(&store->view.sql, shop, &delivery_id, 1, digest);
    for (int day = 0; day < DELIVERY_DAYS; day++) {
        sql_key_number(keys[day], JOURNAL_DAY_BYTES, now / DAY_MS - day);
        memcpy(keys[day] + JOURNAL_DAY_BYTES, digest, KEY_BYTES - JOURNAL_DAY_BYTES);
    }
    struct sql_query q =
        store_query(store, "SELECT 1 FROM delivery WHERE key IN (?, ?, ?, ?) LIMIT 1");
    for (int day = 0; day < DELIVERY_DAYS; day++)
        sql_bind_blob(&q, keys[day], KEY_BYTES);
    enum status status = sql_one(&q);
    if (status == OK)
        return sql_end(&q) == OK ? CONFLICT : BROKEN;
    if (status != MISSING)
        return status;
    q = store_query(store, "INSERT INTO delivery (key) VALUES (?)");
    sql_bind_blob(&q, keys[0], KEY_BYTES);
    return sql_run(&q);
}

enum status journal_quarantined(struct view *view, struct arena *arena, unsigned most, size_t bytes,
                                struct journal_odd **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT id, at, (SELECT name FROM shop WHERE shop.id = quarantine.shop), "
                    "source, topic, reason, substr(body, 1, ?) FROM quarantine "
                    "ORDER BY id DESC LIMIT ?");
    sql_bind_int(&q, (int64_t)bytes);
    sql_bind_int(&q, most);
    struct journal_odd *rows = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        struct journal_odd *row = &rows[count];
        row->id = sql_int(&q);
        row->at = sql_int(&q);
        row->shop_name = sql_text(&q, arena);
        row->source = sql_text(&q, arena);
        row->topic = sql_text(&q, arena);
        row->reason = sql_text(&q, arena);
        row->body = sql_text(&q, arena);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status journal_quarantine(struct store *store, int64_t shop, span source, span topic,
                               span reason, span body, int64_t now)
{
    struct sql_query q =
        store_query(store, "INSERT INTO quarantine (shop, source, topic, reason, body, at) "
                           "VALUES (?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, source);
    sql_bind_text(&q, topic);
    sql_bind_text(&q, reason);
    sql_bind_blob(&q, body.ptr, body.len);
    sql_bind_int(&q, now);
    return sql_run(&q);
}
