/*
 * Letters: what could not be delivered. One per row of the journal and destination; writing it
 * again replaces what it says but not its number or the time it was first written.
 *
 *     WAITING --- delivered later ---> DELIVERED
 *        |  ^
 *        |  '---- a person: retry ---.
 *        '--- tries used up ---> DEAD ---- a person: drop ---> DROPPED
 */
#include "outbox.h"
#include "store_private.h"

#define COLUMNS                                                                                    \
    "shop, destination, seq, event_id, name, state, reason, code, words, attempts, next_try, "     \
    "created_at, updated_at "

static const char *const state_texts[] = {
    [LETTER_WAITING] = "waiting",
    [LETTER_DEAD] = "dead",
    [LETTER_DROPPED] = "dropped",
    [LETTER_DELIVERED] = "delivered",
};

const char *letter_state_text(enum letter_state state)
{
    return state_texts[state];
}

enum status letter_put(struct store *store, const struct letter_row *row)
{
    struct sql_query q = store_query(
        store, "INSERT INTO letter (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
               "ON CONFLICT (shop, destination, seq) DO UPDATE SET event_id = excluded.event_id, "
               "name = excluded.name, state = excluded.state, reason = excluded.reason, "
               "code = excluded.code, words = excluded.words, attempts = excluded.attempts, "
               "next_try = excluded.next_try, updated_at = excluded.updated_at");
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, row->destination);
    sql_bind_int(&q, row->seq);
    sql_bind_text(&q, row->event_id);
    sql_bind_text(&q, span_of(names_text(row->name)));
    sql_bind_int(&q, row->state);
    sql_bind_text(&q, row->reason);
    sql_bind_text(&q, row->code);
    sql_bind_text(&q, row->words);
    sql_bind_int(&q, row->attempts);
    sql_bind_int(&q, row->next_try);
    sql_bind_int(&q, row->created_at);
    sql_bind_int(&q, row->updated_at);
    return sql_run(&q);
}

#define SELECT_LETTER                                                                              \
    "SELECT letter.id, shop.name, shop, destination, seq, event_id, letter.name, state, reason, "  \
    "code, words, attempts, next_try, created_at, updated_at "                                     \
    "FROM letter LEFT JOIN shop ON shop.id = letter.shop "

static enum status rows_read(struct sql_query *q, struct arena *arena, struct letter_row **ret_rows,
                             unsigned *ret_count)
{
    struct letter_row *rows = NULL;
    unsigned count = 0;
    for (; sql_next(q); count++) {
        rows = sql_grow(arena, rows, count, sizeof *rows);
        struct letter_row *row = &rows[count];
        row->id = sql_int(q);
        row->shop_name = sql_text(q, arena);
        row->shop = sql_int(q);
        row->destination = sql_text(q, arena);
        row->seq = sql_int(q);
        row->event_id = sql_text(q, arena);
        row->name = names_find(sql_peek(q));
        row->state = (enum letter_state)sql_int(q);
        row->reason = sql_text(q, arena);
        row->code = sql_text(q, arena);
        row->words = sql_text(q, arena);
        row->attempts = (unsigned)sql_int(q);
        row->next_try = sql_int(q);
        row->created_at = sql_int(q);
        row->updated_at = sql_int(q);
    }
    enum status status = sql_end(q);
    if (status != OK)
        return status;
    *ret_rows = rows;
    *ret_count = count;
    return OK;
}

enum status letter_due(struct view *view, struct arena *arena, int64_t shop, span destination,
                       int64_t now, unsigned most, struct letter_row **ret_rows,
                       unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, SELECT_LETTER "WHERE shop = ? AND destination = ? AND state = 1 "
                                            "AND next_try <= ? ORDER BY next_try, seq LIMIT ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, now);
    sql_bind_int(&q, most);
    return rows_read(&q, arena, ret_rows, ret_count);
}

enum status letter_of_seq(struct view *view, struct arena *arena, int64_t shop, span destination,
                          int64_t seq, struct letter_row *ret_row)
{
    struct letter_row *rows;
    unsigned count;
    struct sql_query q =
        sql_query(&view->sql, SELECT_LETTER "WHERE shop = ? AND destination = ? AND seq = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, seq);
    enum status status = rows_read(&q, arena, &rows, &count);
    if (status != OK)
        return status;
    if (count == 0)
        return MISSING;
    *ret_row = rows[0];
    return OK;
}

int64_t letter_next_due(struct view *view, int64_t shop, span destination)
{
    struct sql_query q = sql_query(&view->sql, "SELECT min(next_try) FROM letter "
                                               "WHERE shop = ? AND destination = ? AND state = 1");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    return sql_value(&q);
}

enum status letter_set_back(struct store *store, int64_t now)
{
    struct sql_query q = store_query(
        store, "UPDATE letter SET next_try = next_try - (updated_at - ?1), updated_at = ?1 "
               "WHERE state = 1 AND updated_at >= ?1 + ?2");
    sql_bind_int(&q, now);
    sql_bind_int(&q, CLOCK_JUMP_MS);
    return sql_run(&q);
}

enum status letter_list(struct view *view, struct arena *arena, unsigned most,
                        struct letter_row **ret_rows, unsigned *ret_count)
{
    struct sql_query q = sql_query(&view->sql, SELECT_LETTER
                                   "WHERE state IN (1, 2) ORDER BY letter.id DESC LIMIT ?");
    sql_bind_int(&q, most);
    return rows_read(&q, arena, ret_rows, ret_count);
}

unsigned letter_count(struct view *view, int64_t shop, span destination, enum letter_state state)
{
    struct sql_query q = sql_query(&view->sql, "SELECT count(*) FROM letter "
                                               "WHERE shop = ? AND destination = ? AND state = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, state);
    return (unsigned)sql_value(&q);
}

/* ?1 destination or NULL, ?2 now. */
static enum status change_dead(struct store *store, const char *literal, span destination,
                               int64_t now, unsigned *ret_count)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_text(&q, destination);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status == OK)
        *ret_count = (unsigned)sql_changes(&store->view.sql);
    return status;
}

enum status letter_retry(struct store *store, span destination, int64_t now, unsigned *ret_count)
{
    /* With its tries unused again, or the next failure would be its last. */
    return change_dead(store,
                       "UPDATE letter SET state = 1, attempts = 0, next_try = ?2, updated_at = ?2 "
                       "WHERE state = 2 AND (?1 IS NULL OR destination = ?1)",
                       destination, now, ret_count);
}

enum status letter_drop(struct store *store, span destination, int64_t now, unsigned *ret_count)
{
    return change_dead(store,
                       "UPDATE letter SET state = 3, updated_at = ?2 "
                       "WHERE state = 2 AND (?1 IS NULL OR destination = ?1)",
                       destination, now, ret_count);
}

static enum status change_one(struct store *store, const char *literal, int64_t id, int64_t now,
                              unsigned *ret_count)
{
    struct sql_query q = store_query(store, literal);
    sql_bind_int(&q, id);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status == OK)
        *ret_count = (unsigned)sql_changes(&store->view.sql);
    return status;
}

enum status letter_retry_one(struct store *store, int64_t id, int64_t now, unsigned *ret_count)
{
    return change_one(store,
                      "UPDATE letter SET state = 1, attempts = 0, next_try = ?2, updated_at = ?2 "
                      "WHERE id = ?1 AND state = 2",
                      id, now, ret_count);
}

enum status letter_drop_one(struct store *store, int64_t id, int64_t now, unsigned *ret_count)
{
    return change_one(store,
                      "UPDATE letter SET state = 3, updated_at = ?2 WHERE id = ?1 AND state = 2",
                      id, now, ret_count);
}
