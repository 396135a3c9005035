/*
 * Bookmarks: how far a destination of a shop is. A row of the journal at or below `low` is
 * settled for it, whatever became of it; what is settled above `low` is told by batches and
 * letters.
 */
#include "outbox.h"
#include "store_private.h"

enum status bookmark_get(struct view *view, struct arena *arena, int64_t shop, span destination,
                         struct bookmark_row *ret_row)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT shop, destination, low, paused, paused_reason, since FROM bookmark "
                    "WHERE shop = ? AND destination = ?");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    ret_row->shop = sql_int(&q);
    ret_row->destination = sql_text(&q, arena);
    ret_row->low = sql_int(&q);
    ret_row->paused = sql_bool(&q);
    ret_row->paused_reason = sql_text(&q, arena);
    ret_row->since = sql_int(&q);
    return sql_end(&q);
}

enum status bookmark_put(struct store *store, const struct bookmark_row *row)
{
    struct sql_query q = store_query(
        store, "INSERT OR REPLACE INTO bookmark (shop, destination, low, paused, paused_reason, "
               "since) VALUES (?, ?, ?, ?, ?, ?)");
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, row->destination);
    sql_bind_int(&q, row->low);
    sql_bind_int(&q, row->paused);
    sql_bind_text(&q, row->paused_reason);
    sql_bind_int(&q, row->since);
    return sql_run(&q);
}

enum status bookmark_all(struct view *view, struct arena *arena, struct bookmark_place **ret_places,
                         unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT shop, low, shop.name, destination FROM bookmark "
                              "JOIN shop ON shop.id = bookmark.shop");
    struct bookmark_place *places = NULL;
    unsigned count = 0;
    while (sql_next(&q)) {
        places = sql_grow(arena, places, count, sizeof *places);
        struct bookmark_place *place = &places[count++];
        place->shop = sql_int(&q);
        place->low = sql_int(&q);
        place->shop_name = sql_text(&q, arena);
        place->destination = sql_text(&q, arena);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_places = places;
    *ret_count = count;
    return OK;
}

enum status bookmark_drop(struct store *store, int64_t shop, span destination)
{
    static const char *const steps[] = {
        "DELETE FROM bookmark WHERE shop = ? AND destination = ?",
        "UPDATE letter SET state = 3, reason = 'destination_removed', next_try = 0 "
        "WHERE shop = ? AND destination = ? AND state = 1",
    };
    enum status status = OK;
    for (unsigned i = 0; i < COUNT_OF(steps) && status == OK; i++) {
        struct sql_query q = store_query(store, steps[i]);
        sql_bind_int(&q, shop);
        sql_bind_text(&q, destination);
        status = sql_run(&q);
    }
    return status;
}

enum status bookmark_move(struct store *store, const struct bookmark_row *row)
{
    struct sql_query q =
        store_query(store, "UPDATE bookmark SET low = ? WHERE shop = ? AND destination = ?");
    sql_bind_int(&q, row->low);
    sql_bind_int(&q, row->shop);
    sql_bind_text(&q, row->destination);
    enum status status = sql_run(&q);
    if (status == OK && sql_changes(&store->view.sql) == 0)
        status = bookmark_put(store, row);
    return status;
}

enum status bookmark_pause(struct store *store, int64_t shop, span destination, span reason)
{
    struct sql_query q = store_query(store, "UPDATE bookmark SET paused = ?, paused_reason = ? "
                                            "WHERE shop = ? AND destination = ?");
    sql_bind_int(&q, !span_empty(reason));
    sql_bind_text(&q, span_empty(reason) ? (span){0} : reason);
    sql_bind_int(&q, shop);
    sql_bind_text(&q, destination);
    enum status status = sql_run(&q);
    return status == OK && sql_changes(&store->view.sql) == 0 ? MISSING : status;
}
