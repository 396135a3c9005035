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

#define COLUMNS "id, shop, customer, email, phone, asked_at, due_at, answered_at "

static enum status rows_more(struct sql_query *q, struct arena *arena,
                             struct erase_request **requests, unsigned *count)
{
    while (sql_next(q)) {
        *requests = sql_grow(arena, *requests, *count, sizeof **requests);
        struct erase_request *request = &(*requests)[(*count)++];
        *request = (struct erase_request){.id = sql_int(q)};
        request->shop = sql_int(q);
        request->customer = sql_text(q, arena);
        request->email = sql_text(q, arena);
        request->phone = sql_text(q, arena);
        request->asked_at = sql_int(q);
        request->due_at = sql_int(q);
        request->answered_at = sql_int(q);
    }
    return sql_end(q);
}

enum status erase_requests(struct view *view, struct arena *arena,
                           struct erase_request **ret_requests, unsigned *ret_count)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT " COLUMNS "FROM data_request WHERE answered_at = 0 "
                              "ORDER BY due_at, id LIMIT 1000");
    struct erase_request *requests = NULL;
    unsigned count = 0;
    enum status status = rows_more(&q, arena, &requests, &count);
    if (status != OK)
        return status;
    *ret_requests = requests;
    *ret_count = count;
    return OK;
}

enum status erase_requests_of(struct view *view, struct arena *arena, const struct dossier *dossier,
                              struct erase_request **ret_requests, unsigned *ret_count)
{
    struct erase_request *requests = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < dossier->name_count; i++) {
        unsigned before = count;
        struct sql_query q = sql_query(
            &view->sql, "SELECT " COLUMNS "FROM data_request WHERE shop = ?1 AND CASE ?2 WHEN 1 "
                        "THEN email WHEN 2 THEN phone WHEN 3 THEN customer END = ?3 ORDER BY id");
        sql_bind_int(&q, dossier->shop);
        sql_bind_int(&q, dossier->names[i].kind);
        sql_bind_text(&q, dossier->names[i].value);
        enum status status = rows_more(&q, arena, &requests, &count);
        if (status != OK)
            return status;
        unsigned kept = before; /* one request names him in several ways */
        for (unsigned k = before; k < count; k++) {
            bool known = false;
            for (unsigned j = 0; j < before; j++)
                known = known || requests[j].id == requests[k].id;
            if (!known)
                requests[kept++] = requests[k];
        }
        count = kept;
    }
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
