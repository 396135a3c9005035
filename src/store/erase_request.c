/*
 * Requests for one's own data (customers/data_request): who asked, until when, answered or not.
 * `sidetrack export` answers them.
 */
#include "erase.h"

#include "store_private.h"

enum status erase_request_put(struct store *store, const struct erase_request *request)
{
    struct sql_query q = store_query(
        store, "INSERT INTO data_request (shop, customer, email, phone, asked_at, due_at, "
               "answered_at) VALUES (?, ?, ?, ?, ?, ?, 0)");
    sql_bind_int(&q, request->shop);
    sql_bind_text(&q, request->customer);
    sql_bind_text(&q, request->email);
    sql_bind_text(&q, request->phone);
    sql_bind_int(&q, request->asked_at);
    sql_bind_int(&q, request->due_at);
    return sql_run(&q);
}

enum status erase_requests(struct view *view, struct arena *arena,
                           struct erase_request **ret_requests, unsigned *ret_count)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT id, shop, customer, email, phone, asked_at, due_at FROM data_request "
                    "WHERE answered_at = 0 ORDER BY due_at, id LIMIT 1000");
    struct erase_request *requests = NULL;
    unsigned count = 0;
    while (sql_next(&q)) {
        requests = sql_grow(arena, requests, count, sizeof *requests);
        struct erase_request *request = &requests[count++];
        *request = (struct erase_request){.id = sql_int(&q)};
        request->shop = sql_int(&q);
        request->customer = sql_text(&q, arena);
        request->email = sql_text(&q, arena);
        request->phone = sql_text(&q, arena);
        request->asked_at = sql_int(&q);
        request->due_at = sql_int(&q);
    }
    enum status status = sql_end(&q);
    if (status != OK)
        return status;
    *ret_requests = requests;
    *ret_count = count;
    return OK;
}

enum status erase_told(struct store *store, struct arena *arena, int64_t shop,
                       const struct dossier_name *names, unsigned count, span told, int64_t now,
                       int64_t *ret_id)
{
    struct sql_query q = store_query(
        store, "INSERT INTO erasure (shop, asked_by, subject, asked_at, done_at, head, stand, "
               "batch, wanted, removed) VALUES (?1, 'export', ?2, ?3, ?3, ?4, ?4, 0, NULL, ?5)");
    sql_bind_int(&q, shop);
    sql_bind_text(&q, erase_subject(&store->view, arena, shop, names, count));
    sql_bind_int(&q, now);
    sql_bind_int(&q, store->next_seq - 1);
    sql_bind_text(&q, told);
    enum status status = sql_run(&q);
    if (status == OK)
        *ret_id = sqlite3_last_insert_rowid(store->view.sql.db);
    return status;
}

enum status erase_answered(struct store *store, const struct dossier *dossier, int64_t now,
                           unsigned *ret_count)
{
    unsigned count = 0;
    for (unsigned i = 0; i < dossier->name_count; i++) {
        struct sql_query q = store_query(
            store, "UPDATE data_request SET answered_at = ?1 WHERE shop = ?2 AND answered_at = 0 "
                   "AND CASE ?3 WHEN 1 THEN email WHEN 2 THEN phone WHEN 3 THEN customer END = ?4");
        sql_bind_int(&q, now);
        sql_bind_int(&q, dossier->shop);
        sql_bind_int(&q, dossier->names[i].kind);
        sql_bind_text(&q, dossier->names[i].value);
        enum status status = sql_run(&q);
        if (status != OK)
            return status;
        count += (unsigned)sql_changes(&store->view.sql);
    }
    *ret_count = count;
    return OK;
}
