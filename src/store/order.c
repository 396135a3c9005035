/*
 * Orders as rows. What they may become is pipeline/assemble.c's; here a state is a word in a
 * column. The two JSON bodies are the last columns: whatever looks for an order reads past rows
 * without touching the pages that hold them.
 */
#include "order.h"

#include "store_private.h"

#define COLUMNS                                                                                    \
    "key, shop, state, reason, id, order_id, number, name, checkout_token, cart_token, "           \
    "server_seq, browser_seq, sent_seq, due_at, trigger_at, updated_at, created_at, first_at, "    \
    "visitor, person, matched, currency, value, value_scale, adjusted, adjusted_scale, edited, "   \
    "edited_scale, worth, worth_scale, transaction_id, paid, cancelled, server, browser "

#define SEARCH_MOST 100

#define ORDER_STATE_TEXT(name) #name,
static const char *const state_texts[] = {ORDER_STATES(ORDER_STATE_TEXT)};
#undef ORDER_STATE_TEXT

const char *order_state_text(enum order_state state)
{
    return state_texts[state];
}

enum order_state order_state_find(span text)
{
    for (unsigned state = 0; state < ORDER_STATE_COUNT; state++)
        if (span_is(text, state_texts[state]))
            return (enum order_state)state;
    return ORDER_NONE;
}

static void row_read(struct sql_query *q, struct arena *arena, struct order_row *row)
{
    row->key = sql_int(q);
    row->shop = sql_int(q);
    row->state = order_state_find(sql_peek(q));
    row->reason = sql_text(q, arena);
    row->id = sql_text(q, arena);
    row->order_id = sql_text(q, arena);
    row->number = sql_text(q, arena);
    row->name = sql_text(q, arena);
    row->checkout_token = sql_text(q, arena);
    row->cart_token = sql_text(q, arena);
    row->server_seq = sql_int(q);
    row->browser_seq = sql_int(q);
    row->sent_seq = sql_int(q);
    row->due_at = sql_int(q);
    row->trigger_at = sql_int(q);
    row->updated_at = sql_int(q);
    row->created_at = sql_int(q);
    row->first_at = sql_int(q);
    row->visitor = sql_text(q, arena);
    row->person = sql_int(q);
    row->matched = sql_text(q, arena);
    row->currency = sql_text(q, arena);
    row->value = sql_money(q);
    row->adjusted = sql_money(q);
    row->edited = sql_money(q);
    row->worth = sql_money(q);
    row->transaction_id = sql_text(q, arena);
    row->paid = sql_bool(q);
    row->cancelled = sql_bool(q);
    row->server = sql_text(q, arena);
    row->browser = sql_text(q, arena);
}

enum status order_put(struct store *store, struct order_row *row)
{
    struct sql_query q = store_query(
        store, "INSERT OR REPLACE INTO orders (" COLUMNS ") "
               "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
               "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, row->key);
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, span_of(order_state_text(row->state)));
    sql_bind_text(&q, row->reason);
    sql_bind_text(&q, row->id);
    sql_bind_text(&q, row->order_id);
    sql_bind_text(&q, row->number);
    sql_bind_text(&q, row->name);
    sql_bind_text(&q, row->checkout_token);
    sql_bind_text(&q, row->cart_token);
    sql_bind_int(&q, row->server_seq);
    sql_bind_int(&q, row->browser_seq);
    sql_bind_int(&q, row->sent_seq);
    sql_bind_int(&q, row->due_at);
    sql_bind_int(&q, row->trigger_at);
    sql_bind_int(&q, row->updated_at);
    sql_bind_int(&q, row->created_at);
    sql_bind_int(&q, row->first_at);
    sql_bind_text(&q, row->visitor);
    sql_bind_int(&q, row->person);
    sql_bind_text(&q, row->matched);
    sql_bind_text(&q, row->currency);
    sql_bind_money(&q, row->value);
    sql_bind_money(&q, row->adjusted);
    sql_bind_money(&q, row->edited);
    sql_bind_money(&q, row->worth);
    sql_bind_text(&q, row->transaction_id);
    sql_bind_int(&q, row->paid);
    sql_bind_int(&q, row->cancelled);
    sql_bind_text(&q, row->server);
    sql_bind_text(&q, row->browser);
    enum status status = sql_run(&q);
    if (status == OK && row->key == 0)
        row->key = sqlite3_last_insert_rowid(store->view.sql.db);
    return status;
}

enum status order_get(struct view *view, struct arena *arena, int64_t key,
                      struct order_row *ret_row)
{
    struct sql_query q = sql_query(&view->sql, "SELECT " COLUMNS "FROM orders WHERE key = ?");
    for (int64_t lives = key; lives != 0;) {
        struct sql_query merged =
            sql_query(&view->sql, "SELECT lives FROM order_merged WHERE order_key = ?");
        key = lives;
        sql_bind_int(&merged, key);
        lives = sql_value(&merged);
    }
    sql_bind_int(&q, key);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    row_read(&q, arena, ret_row);
    return sql_end(&q);
}

enum status order_find(struct view *view, struct arena *arena, int64_t shop, span order_id,
                       span checkout_token, span cart_token, struct order_row *ret_row)
{
    const struct {
        enum order_alias kind;
        span value;
    } keys[] = {
        {ALIAS_ORDER_ID, order_id}, {ALIAS_CHECKOUT, checkout_token}, {ALIAS_CART, cart_token}};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (span_empty(keys[i].value))
            continue;
        struct sql_query q = sql_query(
            &view->sql,
            "SELECT order_key FROM order_alias WHERE shop = ? AND kind = ? AND value = ?");
        sql_bind_int(&q, shop);
        sql_bind_int(&q, keys[i].kind);
        sql_bind_text(&q, keys[i].value);
        enum status status = sql_one(&q);
        if (status == MISSING)
            continue;
        if (status != OK)
            return status;
        int64_t key = sql_int(&q);
        status = sql_end(&q);
        return status == OK ? order_get(view, arena, key, ret_row) : status;
    }
    return MISSING;
}

enum status order_search(struct view *view, struct arena *arena, span text,
                         struct order_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS "FROM orders WHERE order_id = ?1 OR number = ?1 "
                              "OR name = ?1 OR id = ?1 ORDER BY first_at DESC, key DESC LIMIT ?2");
    sql_bind_text(&q, text);
    sql_bind_int(&q, SEARCH_MOST);
    struct order_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        row_read(&q, arena, &rows[count]);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status order_set_back(struct store *store, int64_t now, int64_t back)
{
    struct sql_query q = store_query(
        store, "UPDATE orders SET due_at = max(1, due_at - ?2) WHERE due_at != 0 AND due_at > ?1");
    sql_bind_int(&q, now);
    sql_bind_int(&q, back);
    return sql_run(&q);
}

enum status order_due(struct view *view, struct arena *arena, int64_t now, unsigned most,
                      int64_t **ret_keys, unsigned *ret_count)
{
    struct sql_query q = sql_query(&view->sql, "SELECT key FROM orders WHERE due_at != 0 "
                                               "AND due_at <= ? ORDER BY due_at, key LIMIT ?");
    sql_bind_int(&q, now);
    sql_bind_int(&q, most);
    int64_t *keys = NULL;
    unsigned count = 0;
    for (; sql_next(&q); count++) {
        keys = sql_grow(arena, keys, count, sizeof *keys);
        keys[count] = sql_int(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_keys = keys;
    *ret_count = count;
    return OK;
}

int64_t order_next_due(struct view *view)
{
    struct sql_query q = sql_query(&view->sql, "SELECT min(due_at) FROM orders WHERE due_at != 0");
    return sql_value(&q);
}
