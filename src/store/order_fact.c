/*
 * What hangs on an order: the names it is known by, the facts it has gathered, and the memory
 * that it was sent, which outlives it.
 *
 * Two rows may turn out to be one order (a checkout token and an order id met at last). Then the
 * aliases, facts and outcomes of the one move to the other and its row goes; journal rows are
 * never rewritten, so order_merged remembers the way. The caller has put together the two rows'
 * contents before.
 */
#include "../base/hash.h"
#include "order.h"
#include "store_private.h"

#define ONCE_KEY_BYTES 16

enum status order_alias_put(struct store *store, int64_t shop, enum order_alias kind, span value,
                            int64_t order)
{
    struct sql_query q = store_query(
        store,
        "INSERT OR IGNORE INTO order_alias (shop, kind, value, order_key) VALUES (?, ?, ?, ?)");
    sql_bind_int(&q, shop);
    sql_bind_int(&q, kind);
    sql_bind_text(&q, value);
    sql_bind_int(&q, order);
    return sql_run(&q);
}

enum status order_lose_tokens(struct store *store, int64_t key)
{
    struct sql_query q =
        store_query(store, "DELETE FROM order_alias WHERE order_key = ? AND kind != 1");
    sql_bind_int(&q, key);
    return sql_run(&q);
}

/* ?1 is the row that goes, ?2 the one that stays; in this order. */
static enum status join_step(struct store *store, const char *literal, int64_t from, int64_t into)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_int(&q, from);
    sql_bind_int(&q, into);
    return sql_run(&q);
}

enum status order_join(struct store *store, int64_t from, int64_t into)
{
    static const char *const steps[] = {
        "UPDATE order_alias SET order_key = ?2 WHERE order_key = ?1",
        /* Known to both: what either has applied is applied. */
        "INSERT INTO order_fact (order_key, what, subject, seq, at, applied) "
        "SELECT ?2, what, subject, seq, at, applied FROM order_fact WHERE order_key = ?1 "
        "ON CONFLICT DO UPDATE SET applied = max(applied, excluded.applied)",
        "DELETE FROM order_fact WHERE order_key = ?1 AND ?1 != ?2",
        "UPDATE outcome SET order_key = ?2 WHERE order_key = ?1",
        "INSERT INTO order_merged (order_key, lives) VALUES (?1, ?2)",
        "DELETE FROM orders WHERE key = ?1 AND ?1 != ?2",
    };
    enum status status = OK;
    for (size_t i = 0; i < COUNT_OF(steps) && status == OK && from != into; i++)
        status = join_step(store, steps[i], from, into);
    return status;
}

enum status order_fact_put(struct store *store, const struct order_fact *fact)
{
    struct sql_query q = store_query(
        store, "INSERT OR IGNORE INTO order_fact (order_key, what, subject, seq, at, applied) "
               "VALUES (?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, fact->order);
    sql_bind_text(&q, span_of(names_text(fact->what)));
    sql_bind_text(&q, fact->subject.ptr ? fact->subject : SPAN(""));
    sql_bind_int(&q, fact->seq);
    sql_bind_int(&q, fact->at);
    sql_bind_int(&q, fact->applied);
    enum status status = sql_run(&q);
    if (status == OK && sql_changes(&store->view.sql) == 0)
        return CONFLICT;
    return status;
}

enum status order_fact_applied(struct store *store, const struct order_fact *fact)
{
    struct sql_query q = store_query(
        store,
        "UPDATE order_fact SET applied = 1 WHERE order_key = ? AND what = ? AND subject = ?");
    sql_bind_int(&q, fact->order);
    sql_bind_text(&q, span_of(names_text(fact->what)));
    sql_bind_text(&q, fact->subject.ptr ? fact->subject : SPAN(""));
    enum status status = sql_run(&q);
    if (status == OK && sql_changes(&store->view.sql) == 0)
        return MISSING;
    return status;
}

enum status order_facts(struct view *view, struct arena *arena, int64_t order,
                        struct order_fact **ret_facts, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT order_key, what, subject, seq, at, applied FROM order_fact "
                              "WHERE order_key = ? ORDER BY seq, what, subject");
    sql_bind_int(&q, order);
    struct order_fact *facts = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        facts = sql_grow(arena, facts, count, sizeof *facts);
        struct order_fact *fact = &facts[count];
        fact->order = sql_int(&q);
        fact->what = names_find(sql_peek(&q));
        fact->subject = sql_text(&q, arena);
        fact->seq = sql_int(&q);
        fact->at = sql_int(&q);
        fact->applied = sql_bool(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_facts = facts;
    *ret_count = count;
    return OK;
}

enum status order_once(struct store *store, int64_t shop, span order_id, int64_t now)
{
    uint8_t digest[HASH_SIZE];
    sql_digest(&store->view.sql, shop, &order_id, 1, digest);
    struct sql_query q =
        store_query(store, "INSERT OR IGNORE INTO order_once (key, at) VALUES (?, ?)");
    sql_bind_blob(&q, digest, ONCE_KEY_BYTES);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status == OK && sql_changes(&store->view.sql) == 0)
        return CONFLICT;
    return status;
}

enum status order_checkout(struct store *store, int64_t shop, span token, unsigned flag,
                           int64_t now, unsigned *ret_before)
{
    struct sql_query q =
        store_query(store, "SELECT told FROM checkout WHERE shop = ? AND token = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, token);
    unsigned before = (unsigned)sql_value(&q);
    q = store_query(store, "INSERT INTO checkout (shop, token, told, at) VALUES (?, ?, ?, ?) "
                           "ON CONFLICT DO UPDATE SET told = told | excluded.told");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, token);
    sql_bind_int(&q, flag);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status == OK)
        *ret_before = before;
    return status;
}
