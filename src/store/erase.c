/*
 * See erase.h. Counts are by table; in the receipt a table without rows is not named.
 *
 * A letter keeps its row (it tells the bookmark that its event is settled), without words; so does
 * a batch, without the platform's answer. The journal row keeps its place and its times.
 */
#include "erase.h"

#include "../base/hash.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "store_private.h"

#define TABLES(_)                                                                                  \
    _(journal)                                                                                     \
    _(person)                                                                                      \
    _(link)                                                                                        \
    _(alias)                                                                                       \
    _(visitor)                                                                                     \
    _(owner)                                                                                       \
    _(absurd)                                                                                      \
    _(stitch)                                                                                      \
    _(orders)                                                                                      \
    _(order_alias)                                                                                 \
    _(order_merged)                                                                                \
    _(order_fact)                                                                                  \
    _(checkout)                                                                                    \
    _(outcome)                                                                                     \
    _(letter)                                                                                      \
    _(batch)                                                                                       \
    _(quarantine)                                                                                  \
    _(data_request)
#define TABLE_ENUM(name) IN_##name,
#define TABLE_TEXT(name) #name,
enum table { TABLES(TABLE_ENUM) TABLE_COUNT };
static const char *const table_texts[] = {TABLES(TABLE_TEXT)};

struct work {
    struct store *store;
    struct arena *arena;
    const struct dossier *dossier;
    int64_t counts[TABLE_COUNT];
    enum status status; /* the first trouble stays */
};

/* ---- small steps ------------------------------------------------------------------------------
 */

static void run(struct work *work, enum table table, struct sql_query *q)
{
    enum status status = sql_run(q);
    if (work->status != OK)
        return;
    work->status = status;
    if (status == OK)
        work->counts[table] += sql_changes(&work->store->view.sql);
}

static void by_number(struct work *work, enum table table, const char *literal, int64_t number)
{
    if (work->status != OK)
        return;
    struct sql_query q = store_query(work->store, literal);
    sql_bind_int(&q, number);
    run(work, table, &q);
}

/* ?1 the shop, ?2 the text */
static void by_text(struct work *work, enum table table, const char *literal, span text)
{
    if (work->status != OK)
        return;
    struct sql_query q = store_query(work->store, literal);
    sql_bind_int(&q, work->dossier->shop);
    sql_bind_text(&q, text);
    run(work, table, &q);
}

static void forget_order(struct work *work, int64_t key)
{
    by_number(work, IN_checkout,
              "DELETE FROM checkout WHERE (shop, token) IN "
              "(SELECT shop, value FROM order_alias WHERE kind = 2 AND order_key = ?)",
              key);
    by_number(work, IN_orders, "DELETE FROM orders WHERE key = ?", key);
    by_number(work, IN_order_alias, "DELETE FROM order_alias WHERE order_key = ?", key);
    by_number(work, IN_order_fact, "DELETE FROM order_fact WHERE order_key = ?", key);
    by_number(work, IN_order_merged, "DELETE FROM order_merged WHERE ?1 IN (order_key, lives)",
              key);
    by_number(work, IN_outcome, "DELETE FROM outcome WHERE order_key = ?", key);
}

static void forget_person(struct work *work, int64_t person)
{
    by_number(work, IN_link, "DELETE FROM link WHERE person = ?", person);
    by_number(work, IN_owner, "DELETE FROM owner WHERE person = ?", person);
    by_number(work, IN_alias, "DELETE FROM alias WHERE ?1 IN (person, lives)", person);
    by_number(work, IN_person, "DELETE FROM person WHERE id = ?", person);
}

/* What a shared browser said of consent is its next user's too. */
static void forget_visitor(struct work *work, const struct dossier_stay *stay)
{
    by_text(work, IN_stitch, "DELETE FROM stitch WHERE shop = ? AND visitor = ?", stay->visitor);
    if (!stay->shared) {
        by_text(work, IN_visitor, "DELETE FROM visitor WHERE shop = ? AND visitor = ?",
                stay->visitor);
        return;
    }
    struct visitor_row row;
    enum status status =
        visitor_get(&work->store->view, work->arena, work->dossier->shop, stay->visitor, &row);
    if (status == OK) {
        row.client = (struct client){0};
        status = visitor_put(work->store, work->dossier->shop, &row);
        work->counts[IN_visitor]++;
    }
    if (work->status == OK && status != MISSING)
        work->status = status;
}

static void forget_name(struct work *work, const struct dossier_name *name)
{
    by_text(work, IN_absurd, "DELETE FROM absurd WHERE shop = ? AND value = ?", name->value);
    static const char *const requests[] = {
        [LINK_EMAIL] = "DELETE FROM data_request WHERE shop = ? AND lower(trim(email)) = ?",
        [LINK_PHONE] = "DELETE FROM data_request WHERE shop = ? AND phone = ?",
        [LINK_CUSTOMER] = "DELETE FROM data_request WHERE shop = ? AND customer = ?",
    };
    if (name->kind < COUNT_OF(requests) && requests[name->kind])
        by_text(work, IN_data_request, requests[name->kind], name->value);
}

/* ---- the receipt ------------------------------------------------------------------------------
 */

static void count_before(struct work *work, span removed)
{
    const struct json_value *root;
    if (json_parse(work->arena, removed, &root, NULL) != OK)
        return;
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        work->counts[i] += json_get_int(root, table_texts[i], 0);
}

static span count_text(struct work *work)
{
    struct buf out;
    struct json json;
    buf_init(&out, 4 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    for (unsigned i = 0; i < TABLE_COUNT; i++)
        if (work->counts[i])
            json_put_int(&json, table_texts[i], work->counts[i]);
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(work->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

span erase_subject(struct view *view, struct arena *arena, int64_t shop,
                   const struct dossier_name *names, unsigned count)
{
    uint8_t digest[HASH_SIZE];
    span *parts = arena_array(arena, span, count + 1);
    for (unsigned i = 0; i < count; i++)
        parts[i] = names[i].value;
    sql_digest(&view->sql, shop, parts, count, digest);
    return hash_to_hex(arena, digest, 16);
}

static enum status receipt_insert(struct work *work, const struct erase_wish *wish, int64_t now,
                                  int64_t *ret_id)
{
    struct sql *sql = &work->store->view.sql;
    span subject =
        erase_subject(&work->store->view, work->arena, wish->shop, wish->names, wish->name_count);
    span wanted = dossier_write(work->arena, work->dossier), removed = count_text(work);
    if (span_empty(wanted))
        return FULL;
    struct sql_query q =
        store_query(work->store,
                    "INSERT INTO erasure (shop, asked_by, subject, asked_at, done_at, head, stand, "
                    "batch, wanted, removed) VALUES (?, ?, ?, ?, 0, ?, 0, 0, ?, ?)");
    sql_bind_int(&q, wish->shop);
    sql_bind_text(&q, span_of(wish->asked_by));
    sql_bind_text(&q, subject);
    sql_bind_int(&q, now);
    sql_bind_int(&q, work->store->next_seq - 1);
    sql_bind_text(&q, wanted);
    sql_bind_text(&q, removed);
    enum status status = sql_run(&q);
    if (status == OK)
        *ret_id = sqlite3_last_insert_rowid(sql->db);
    return status;
}

enum status erase_begin(struct store *store, struct arena *arena, const struct erase_wish *wish,
                        int64_t now, int64_t *ret_id)
{
    struct dossier dossier = {.shop = wish->shop, .everything = wish->everything};
    enum status status = OK;
    if (!wish->everything)
        status = dossier_find(&store->view, arena, wish->shop, wish->names, wish->name_count, 0,
                              wish->order_ids, wish->order_id_count, &dossier);
    if (status != OK)
        return status;
    struct work work = {.store = store, .arena = arena, .dossier = &dossier};
    for (unsigned i = 0; i < dossier.person_count; i++)
        forget_person(&work, dossier.persons[i]);
    for (unsigned i = 0; i < dossier.stay_count; i++)
        forget_visitor(&work, &dossier.stays[i]);
    for (unsigned i = 0; i < dossier.order_count; i++)
        forget_order(&work, dossier.orders[i]);
    for (unsigned i = 0; i < dossier.name_count; i++)
        forget_name(&work, &dossier.names[i]);
    if (work.status != OK)
        return work.status;
    return receipt_insert(&work, wish, now, ret_id);
}

/* ---- slices -----------------------------------------------------------------------------------
 */

struct job {
    int64_t id, head, stand, batch;
    span wanted, removed;
};

static enum status job_read(struct store *store, struct arena *arena, int64_t id,
                            struct job *ret_job)
{
    struct sql_query q =
        store_query(store, "SELECT id, head, stand, batch, wanted, removed FROM erasure "
                           "WHERE id = ? AND done_at = 0");
    sql_bind_int(&q, id);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    struct job job = {.id = sql_int(&q)};
    job.head = sql_int(&q);
    job.stand = sql_int(&q);
    job.batch = sql_int(&q);
    job.wanted = sql_text(&q, arena);
    job.removed = sql_text(&q, arena);
    status = sql_end(&q);
    if (status == OK)
        *ret_job = job;
    return status;
}

static bool is_ours(const struct dossier *dossier, int64_t person)
{
    for (unsigned i = 0; i < dossier->person_count; i++)
        if (dossier->persons[i] == person)
            return true;
    return person == 0;
}

/* An order that a row of his belongs to, unless somebody else made it and only his browser saw it.
 */
static void forget_order_of(struct work *work, const struct journal_row *row)
{
    struct sql_query q =
        sql_query(&work->store->view.sql, "SELECT person FROM orders WHERE key = ? AND key != 0");
    sql_bind_int(&q, row->order);
    enum status status = sql_one(&q);
    if (status != OK)
        return;
    int64_t person = sql_int(&q);
    status = sql_end(&q);
    if (status == OK && (is_ours(work->dossier, person) || dossier_says(work->dossier, row->body)))
        forget_order(work, row->order);
}

static void slice_journal(struct work *work, struct job *job)
{
    struct journal_row *rows;
    unsigned count;
    int64_t to = job->stand + ERASE_ROWS < job->head ? job->stand + ERASE_ROWS : job->head;
    work->status =
        dossier_rows(&work->store->view, work->arena, work->dossier, job->stand, to, &rows, &count);
    for (unsigned i = 0; work->status == OK && i < count; i++) {
        if (rows[i].order)
            forget_order_of(work, &rows[i]);
        by_number(work, IN_journal,
                  "UPDATE journal SET body = '', event_id = '', visitor = NULL, person = 0, "
                  "order_key = 0 WHERE seq = ?",
                  rows[i].seq);
    }
    job->stand = to;
}

/* Platforms quote what they refuse. */
static bool slice_batches(struct work *work, struct job *job)
{
    int64_t ids[ERASE_ROWS];
    unsigned seen = 0, count = 0;
    struct sql_query q = sql_query(
        &work->store->view.sql,
        "SELECT id, answer, (SELECT body = '' FROM journal WHERE seq = last_seq) FROM batch "
        "WHERE id > ? AND shop = ? AND answer IS NOT NULL ORDER BY id LIMIT 4000");
    sql_bind_int(&q, job->batch);
    sql_bind_int(&q, work->dossier->shop);
    for (; sql_next(&q) && seen < ERASE_ROWS; seen++) {
        int64_t id = job->batch = sql_int(&q);
        span answer = sql_peek(&q);
        if (sql_bool(&q) || work->dossier->everything || dossier_says(work->dossier, answer))
            ids[count++] = id;
    }
    work->status = sql_end(&q);
    for (unsigned i = 0; i < count; i++)
        by_number(work, IN_batch, "UPDATE batch SET answer = NULL WHERE id = ?", ids[i]);
    return seen == ERASE_ROWS;
}

static void last_quarantine(struct work *work)
{
    struct dossier_odd *odd;
    unsigned count;
    work->status = dossier_quarantine(&work->store->view, work->arena, work->dossier, &odd, &count);
    for (unsigned i = 0; work->status == OK && i < count; i++)
        by_number(work, IN_quarantine, "DELETE FROM quarantine WHERE id = ?", odd[i].id);
}

static void last_letters(struct work *work)
{
    by_number(work, IN_letter,
              "UPDATE letter SET state = 3, reason = 'erased', event_id = NULL, code = NULL, "
              "words = NULL, next_try = 0 WHERE shop = ? AND reason IS NOT 'erased' AND "
              "EXISTS (SELECT 1 FROM journal WHERE journal.seq = letter.seq AND body = '')",
              work->dossier->shop);
    by_number(work, IN_outcome,
              "DELETE FROM outcome WHERE shop = ? AND EXISTS (SELECT 1 FROM journal "
              "WHERE journal.seq = outcome.seq AND body = '')",
              work->dossier->shop);
}

/* clang-format off */
static const struct {
    enum table table;
    const char *literal;
} of_shop[] = {
    {IN_link,
     "DELETE FROM link WHERE (kind, value, person) IN (SELECT kind, value, person "
     "FROM link WHERE shop = ?1 LIMIT 1000) AND shop = ?1"},
    {IN_owner,
     "DELETE FROM owner WHERE (visitor, since) IN (SELECT visitor, since FROM owner "
     "WHERE shop = ?1 LIMIT 1000) AND shop = ?1"},
    {IN_alias,
     "DELETE FROM alias WHERE person IN (SELECT alias.person FROM alias, person WHERE "
     "person.id = alias.person AND shop = ? LIMIT 1000)"},
    {IN_visitor,
     "DELETE FROM visitor WHERE visitor IN (SELECT visitor FROM visitor WHERE shop = "
     "?1 LIMIT 1000) AND shop = ?1"},
    {IN_absurd,
     "DELETE FROM absurd WHERE shop = ?"},
    {IN_stitch,
     "DELETE FROM stitch WHERE shop = ?"},
    {IN_data_request,
     "DELETE FROM data_request WHERE shop = ?"},
    {IN_order_fact,
     "DELETE FROM order_fact WHERE order_key IN (SELECT key FROM orders WHERE shop = "
     "? ORDER BY key LIMIT 1000)"},
    {IN_order_merged,
     "DELETE FROM order_merged WHERE lives IN (SELECT key FROM orders WHERE shop = ? "
     "ORDER BY key LIMIT 1000)"},
    {IN_orders,
     "DELETE FROM orders WHERE key IN (SELECT key FROM orders WHERE shop = ? ORDER BY "
     "key LIMIT 1000)"},
    {IN_order_alias,
     "DELETE FROM order_alias WHERE (kind, value) IN (SELECT kind, value FROM "
     "order_alias WHERE shop = ?1 LIMIT 1000) AND shop = ?1"},
    {IN_checkout,
     "DELETE FROM checkout WHERE token IN (SELECT token FROM checkout WHERE shop = ?1 "
     "LIMIT 1000) AND shop = ?1"},
    {IN_outcome,
     "DELETE FROM outcome WHERE (subject, destination) IN (SELECT subject, "
     "destination FROM outcome WHERE shop = ?1 LIMIT 1000) AND shop = ?1"},
};
/* clang-format on */

/* Of a whole shop: what erase_begin does for one person, a little at a time. */
static bool slice_shop(struct work *work)
{
    int64_t before = 0, after = 0;
    for (unsigned i = 0; i < COUNT_OF(of_shop); i++) {
        before += work->counts[of_shop[i].table];
        by_number(work, of_shop[i].table, of_shop[i].literal, work->dossier->shop);
        after += work->counts[of_shop[i].table];
    }
    if (after > before || work->status != OK)
        return true;
    by_number(work, IN_person,
              "DELETE FROM person WHERE id IN (SELECT id FROM person WHERE shop = ? LIMIT 1000)",
              work->dossier->shop);
    return work->status == OK && sql_changes(&work->store->view.sql) > 0;
}

static enum status job_write(struct work *work, const struct job *job, bool done, int64_t now)
{
    span removed = count_text(work);
    struct sql_query q = store_query(
        work->store, "UPDATE erasure SET stand = ?, batch = ?, removed = ?, done_at = ?, "
                     "wanted = CASE ? WHEN 0 THEN wanted END WHERE id = ?");
    sql_bind_int(&q, job->stand);
    sql_bind_int(&q, job->batch);
    sql_bind_text(&q, removed);
    sql_bind_int(&q, done ? now : 0);
    sql_bind_int(&q, done);
    sql_bind_int(&q, job->id);
    return sql_run(&q);
}

enum status erase_slice(struct store *store, struct arena *arena, int64_t id, int64_t now,
                        bool *ret_done)
{
    struct job job;
    struct dossier dossier;
    enum status status = job_read(store, arena, id, &job);
    if (status == MISSING) { /* somebody else came to its end */
        *ret_done = true;
        return OK;
    }
    if (status == OK)
        status = dossier_read(arena, job.wanted, &dossier);
    if (status != OK)
        return status;
    struct work work = {.store = store, .arena = arena, .dossier = &dossier};
    bool done = false;
    count_before(&work, job.removed);
    if (job.stand < job.head) {
        slice_journal(&work, &job);
    } else if (!slice_batches(&work, &job) && work.status == OK &&
               !(dossier.everything && slice_shop(&work))) {
        last_quarantine(&work);
        last_letters(&work);
        done = true;
    }
    status = work.status == OK ? job_write(&work, &job, done, now) : work.status;
    if (status != OK)
        return status;
    if (done)
        store_scrub_wanted();
    *ret_done = done;
    return OK;
}

enum status erase_open(struct view *view, int64_t *ret_id)
{
    struct sql_query q =
        sql_query(&view->sql, "SELECT id FROM erasure WHERE done_at = 0 ORDER BY id LIMIT 1");
    return sql_number(&q, ret_id);
}

enum status erase_receipt(struct view *view, struct arena *arena, int64_t id,
                          struct erase_receipt *ret_receipt)
{
    struct sql_query q = sql_query(&view->sql, "SELECT id, shop, asked_by, subject, asked_at, "
                                               "done_at, head, stand, removed FROM erasure "
                                               "WHERE id = ?");
    sql_bind_int(&q, id);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    struct erase_receipt receipt = {.id = sql_int(&q)};
    receipt.shop = sql_int(&q);
    receipt.asked_by = sql_text(&q, arena);
    receipt.subject = sql_text(&q, arena);
    receipt.asked_at = sql_int(&q);
    receipt.done_at = sql_int(&q);
    receipt.head = sql_int(&q);
    receipt.stand = sql_int(&q);
    receipt.removed = sql_text(&q, arena);
    status = sql_end(&q);
    if (status == OK)
        *ret_receipt = receipt;
    return status;
}
