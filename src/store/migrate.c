/*
 * The schema's versions. SQLite's user_version holds the number, application_id says that the
 * file is ours at all. schema.sql is always the newest schema; `steps` lead an older file there:
 * steps[0] makes 2 of 1, steps[1] makes 3 of 2. A released step is never edited again.
 *
 * Everything happens in one transaction, numbers included (SQLite keeps both in the file's first
 * page), so a kill in the middle leaves the old file. A file of a newer program is refused: it
 * may hold promises that this one does not know.
 */
#include "migrate.h"

#include <inttypes.h>

extern const char schema_sql[]; /* schema.sql, made by tools/embed; the steps likewise */
extern const char migrate_3_sql[];
extern const char migrate_4_sql[];
extern const char migrate_5_sql[];
extern const char migrate_6_sql[];
extern const char migrate_7_sql[];

#define APPLICATION_ID 0x73647472 /* "sdtr" */

static const char *const steps[] = {
    /* 2: what an order is worth by now, and the transaction id it was sent with. Both are known of
       new orders only; the worth of an old one where no edit can have changed it. */
    "ALTER TABLE orders ADD COLUMN worth INTEGER;"
    "ALTER TABLE orders ADD COLUMN worth_scale INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE orders ADD COLUMN transaction_id TEXT;"
    "UPDATE orders SET worth = max(0, value - coalesce(adjusted, 0)), worth_scale = value_scale "
    "WHERE value = edited AND value_scale = edited_scale;",
    migrate_3_sql, /* 3: shared phones, claims, stitching, forgetting */
    migrate_4_sql, /* 4: indexes that reports are counted by */
    migrate_5_sql, /* 5: what was only said, link by link */
    migrate_6_sql, /* 6: audits kept */
    migrate_7_sql, /* 7: whether an audit was given a recording */
    NULL,          /* ends it */
};

static int64_t version_of(const char *const *list)
{
    int64_t version = 1;
    while (*list++)
        version++;
    return version;
}

static enum status say_newer(const char *path, int64_t found, int64_t known,
                             struct error *ret_error)
{
    snprintf(ret_error->text, sizeof ret_error->text,
             "%s was written by a newer sidetrack (schema %" PRId64 ", this program knows %" PRId64
             "): run that one, or restore a backup",
             path, found, known);
    return INVALID;
}

static enum status say_foreign(const char *path, struct error *ret_error)
{
    snprintf(ret_error->text, sizeof ret_error->text, "%s is not a file of sidetrack", path);
    return INVALID;
}

static enum status say_trouble(struct sql *sql, const char *path, enum status status,
                               struct error *ret_error)
{
    snprintf(ret_error->text, sizeof ret_error->text, "%.100s: %.120s", path, sql->trouble);
    return status;
}

/* `found` = 0: nothing in it yet. */
static enum status look(struct sql *sql, int64_t *ret_found, bool *ret_ours)
{
    sql->failed = false;
    struct sql_query q = sql_query(sql, "PRAGMA user_version");
    int64_t version = sql_value(&q);
    q = sql_query(sql, "PRAGMA application_id");
    int64_t application = sql_value(&q);
    q = sql_query(sql, "SELECT count(*) FROM sqlite_master");
    int64_t things = sql_value(&q);
    if (sql->failed)
        return BROKEN;
    *ret_found = version;
    *ret_ours = (application == APPLICATION_ID && version >= 0) ||
                (application == 0 && version == 0 && things == 0);
    return OK;
}

static enum status climb(struct sql *sql, const char *const *list, int64_t from, int64_t to,
                         int64_t now)
{
    enum status status = OK;
    if (from == 0)
        status = sql_script(sql, schema_sql);
    for (int64_t version = from; from > 0 && version < to && status == OK; version++)
        status = sql_script(sql, list[version - 1]);
    if (status != OK)
        return status;
    char text[200];
    snprintf(text, sizeof text,
             "PRAGMA application_id = %d; PRAGMA user_version = %" PRId64 ";"
             "INSERT INTO upgrade (version, at) VALUES (%" PRId64 ", %" PRId64 ")",
             APPLICATION_ID, to, to, now);
    return sql_script(sql, text);
}

static enum status migrate(struct sql *sql, const char *const *list, const char *path, int64_t now,
                           struct error *ret_error)
{
    enum status status = sql_script(sql, "BEGIN IMMEDIATE");
    if (status != OK)
        return say_trouble(sql, path, status, ret_error);
    int64_t found = 0, known = version_of(list);
    bool ours = false;
    status = look(sql, &found, &ours);
    if (status == OK && !ours)
        status = say_foreign(path, ret_error);
    else if (status == OK && found > known)
        status = say_newer(path, found, known, ret_error);
    else if (status == OK && found < known)
        status = climb(sql, list, found, known, now);
    if (status == OK)
        status = sql_script(sql, "COMMIT");
    if (status != OK && status != INVALID)
        say_trouble(sql, path, status, ret_error);
    if (status != OK && !sqlite3_get_autocommit(sql->db)) {
        enum status undone = sql_script(sql, "ROLLBACK");
        (void)undone; /* the first trouble is the one to tell */
    }
    return status;
}

enum status migrate_run(struct sql *sql, const char *path, int64_t now, struct error *ret_error)
{
    return migrate(sql, steps, path, now, ret_error);
}

enum status migrate_check(struct sql *sql, const char *path, struct error *ret_error)
{
    int64_t found = 0, known = version_of(steps);
    bool ours = false;
    enum status status = look(sql, &found, &ours);
    if (status != OK)
        return say_trouble(sql, path, status, ret_error);
    if (!ours)
        return say_foreign(path, ret_error);
    if (found > known)
        return say_newer(path, found, known, ret_error);
    if (found == known)
        return OK;
    snprintf(ret_error->text, sizeof ret_error->text,
             "%s is of an older sidetrack (schema %" PRId64 ", this program needs %" PRId64
             "): start the gateway once, it brings it up to date",
             path, found, known);
    return INVALID;
}

enum status migrate_known(struct sql *sql, const char *path, struct error *ret_error)
{
    int64_t found = 0, known = version_of(steps);
    bool ours = false;
    enum status status = look(sql, &found, &ours);
    if (status != OK)
        return say_trouble(sql, path, status == BROKEN ? INVALID : status, ret_error);
    if (!ours || found == 0)
        return say_foreign(path, ret_error);
    return found > known ? say_newer(path, found, known, ret_error) : OK;
}
