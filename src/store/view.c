/*
 * A reader. It sees what was committed when its query began and holds nobody up; a query that is
 * never ended would keep the log from being emptied, which is why every function here reads what
 * it wants to the end, into the caller's arena, and lets go.
 */
#include <sys/stat.h>

#include "migrate.h"
#include "store_private.h"

enum status view_open(const char *path, struct view **ret_view, struct error *ret_error)
{
    struct view *view = calloc(1, sizeof *view);
    if (view == NULL)
        abort();
    enum status status = sql_open(&view->sql, path, SQLITE_OPEN_READONLY,
                                  "PRAGMA cache_size = -2048; PRAGMA temp_store = MEMORY;");
    if (status == OK)
        status = migrate_check(&view->sql, path, ret_error);
    else
        snprintf(ret_error->text, sizeof ret_error->text, "%.100s: %.120s", path,
                 view->sql.trouble);
    if (status != OK) {
        view_close(view);
        return status;
    }
    *ret_view = view;
    return OK;
}

void view_close(struct view *view)
{
    if (view == NULL)
        return;
    sql_close(&view->sql);
    free(view);
}

static void say(struct view *view, const char *word)
{
    struct sql_query q = sql_query(&view->sql, word);
    enum status status = sql_run(&q);
    (void)status; /* the next query says it too */
}

void view_begin(struct view *view)
{
    say(view, "BEGIN");
}

void view_end(struct view *view)
{
    if (!sqlite3_get_autocommit(view->sql.db))
        say(view, "COMMIT");
}

const char *view_trouble(const struct view *view)
{
    return view->sql.trouble;
}

enum status view_shop(struct view *view, span name, int64_t *ret_shop)
{
    struct sql_query q = sql_query(&view->sql, "SELECT id FROM shop WHERE name = ?");
    sql_bind_text(&q, name);
    enum status status = sql_one(&q);
    if (status != OK)
        return status;
    *ret_shop = sql_int(&q);
    return sql_end(&q);
}

bool view_has_shop(struct view *view, int64_t shop)
{
    struct sql_query q = sql_query(&view->sql, "SELECT count(*) FROM shop WHERE id = ?");
    sql_bind_int(&q, shop);
    return sql_value(&q) > 0;
}

int64_t view_journal_rows(struct view *view)
{
    struct sql_query q = sql_query(
        &view->sql, "SELECT (SELECT max(seq) FROM journal) - (SELECT min(seq) FROM journal) + 1");
    return sql_value(&q);
}

int64_t view_bytes(struct view *view)
{
    const char *name = sqlite3_db_filename(view->sql.db, "main");
    struct stat file, log;
    int64_t bytes = 0;
    if (stat(name, &file) == 0)
        bytes += file.st_size;
    if (stat(sqlite3_filename_wal(name), &log) == 0)
        bytes += log.st_size;
    return bytes;
}
