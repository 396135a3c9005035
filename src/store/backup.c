/* SQLite's backup interface, and the renames around it; backup.h is the contract. */
#include "backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "migrate.h"
#include "store_private.h"

#define STEP_PAGES 1000
#define PATH_ROOM  4096

static enum status say(struct error *error, enum status status, const char *path, const char *what)
{
    snprintf(error->text, sizeof error->text, "%.100s: %.120s", path, what);
    return status;
}

static bool beside(char *ret_path, const char *path, const char *ending)
{
    return (size_t)snprintf(ret_path, PATH_ROOM, "%s%s", path, ending) < PATH_ROOM;
}

static enum status fresh_file(const char *path, struct error *error)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0 && errno == EEXIST)
        return say(error, CONFLICT, path,
                   "is of a copy that is being made, or that was killed: then remove it");
    if (file < 0)
        return say(error, BROKEN, path, strerrordesc_np(errno));
    close(file);
    return OK;
}

static void sync_path(const char *path, int flags)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | flags);
    if (file < 0)
        return;
    (void)fsync(file);
    close(file);
}

static void sync_folder(const char *path)
{
    char copy[PATH_ROOM];
    if (beside(copy, path, ""))
        sync_path(dirname(copy), O_DIRECTORY);
}

/* A full disk, a spent quota, a file that may not be so large: SQLite calls only the first by name.
 */
static bool no_room(sqlite3 *db, int result)
{
    int why = 0;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &why);
    return (result & 0xff) == SQLITE_FULL ||
           ((result & 0xff) == SQLITE_IOERR && (why == ENOSPC || why == EDQUOT || why == EFBIG));
}

static enum status copy_pages(struct sql *from, sqlite3 *to, const char *path,
                              backup_progress *progress, void *arg, struct error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->db, "main");
    if (!backup)
        return say(error, BROKEN, path, sqlite3_errmsg(to));
    int result;
    int64_t of;
    do {
        result = sqlite3_backup_step(backup, STEP_PAGES);
        of = sqlite3_backup_pagecount(backup);
        if (progress)
            progress(arg, of - sqlite3_backup_remaining(backup), of);
    } while (result == SQLITE_OK);
    bool full = no_room(to, result);
    sqlite3_backup_finish(backup);
    if (result == SQLITE_DONE)
        return OK;
    if (!full)
        return say(error, BROKEN, path, sqlite3_errstr(result));
    char what[80];
    struct sql_query q = sql_query(from, "PRAGMA page_size");
    snprintf(what, sizeof what, "there is no room for it: it takes %lld bytes",
             (long long)(of * sql_value(&q)));
    return say(error, FULL, path, what);
}

static void remove_logs(const char *path)
{
    char name[PATH_ROOM];
    static const char *const endings[] = {"-wal", "-shm", "-journal"};
    for (unsigned i = 0; i < COUNT_OF(endings); i++)
        if (beside(name, path, endings[i]))
            unlink(name);
}

static void remove_copy(const char *path)
{
    remove_logs(path);
    unlink(path);
}

/* A copy is a plain file, without a log beside it. */
static enum status copy(struct sql *from, const char *to, backup_progress *progress, void *arg,
                        struct error *error)
{
    sqlite3 *db = NULL;
    enum status status = fresh_file(to, error);
    if (status != OK)
        return status;
    if (sqlite3_open_v2(to, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        status = say(error, BROKEN, to, sqlite3_errmsg(db));
    /* The snapshot is the one that is read first. */
    if (status == OK && sql_script(from, "BEGIN; SELECT count(*) FROM upgrade") != OK)
        status = say(error, BROKEN, to, from->trouble);
    if (status == OK) {
        status = copy_pages(from, db, to, progress, arg, error);
        enum status ended = sql_script(from, "COMMIT");
        (void)ended; /* nothing was written */
    }
    sqlite3_close(db);
    if (status == OK)
        sync_path(to, 0);
    else
        remove_copy(to);
    return status;
}

/* Ours, whole, and not of a newer program. An older one is brought up to date by the next start. */
static enum status verify(const char *path, struct error *error)
{
    struct sql sql = {.db = NULL};
    enum status status = sql_open(&sql, path, SQLITE_OPEN_READONLY, "PRAGMA cache_size = -8192;");
    if (status != OK)
        return say(error, access(path, R_OK) == 0 ? INVALID : status, path,
                   "cannot be opened as a database");
    status = migrate_known(&sql, path, error);
    if (status == OK) {
        struct sql_query q = sql_query(&sql, "PRAGMA integrity_check(1)");
        bool whole = sql_next(&q) && span_is(sql_peek(&q), "ok");
        if (sql_end(&q) != OK || !whole)
            status = say(error, INVALID, path, "is damaged (SQLite's integrity check)");
    }
    sql_close(&sql);
    return status;
}

static int64_t size_of(const char *path)
{
    struct stat file;
    return stat(path, &file) == 0 ? file.st_size : 0;
}

static enum status take_name(const char *part, const char *to, struct error *error)
{
    remove_logs(part);
    if (rename(part, to) != 0)
        return say(error, BROKEN, to, strerrordesc_np(errno));
    sync_folder(to);
    return OK;
}

enum status backup_make(const char *path, const char *to, backup_progress *progress, void *arg,
                        int64_t *ret_bytes, struct error *ret_error)
{
    char part[PATH_ROOM];
    struct view *view;
    if (!beside(part, to, ".part"))
        return say(ret_error, INVALID, to, "the path is too long");
    if (access(to, F_OK) == 0)
        return say(ret_error, CONFLICT, to,
                   "there is a file already: a backup is never written over");
    enum status status = view_open(path, &view, ret_error);
    if (status != OK)
        return status;
    status = copy(&view->sql, part, progress, arg, ret_error);
    view_close(view);
    if (status == OK)
        status = verify(part, ret_error);
    if (status == OK)
        status = take_name(part, to, ret_error);
    if (status == OK)
        *ret_bytes = size_of(to);
    else if (status != CONFLICT)
        remove_copy(part);
    return status;
}

/* The lock of store.c, for as long as the file changes its place. */
static enum status lock_take(const char *path, int *ret_lock, struct error *error)
{
    char name[PATH_ROOM];
    if (!beside(name, path, ".lock"))
        return say(error, INVALID, path, "the path is too long");
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return say(error, BROKEN, name, strerrordesc_np(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        close(lock);
        return say(error, CONFLICT, path, "a gateway is running on this file: stop it first");
    }
    *ret_lock = lock;
    return OK;
}

/* What is there goes to PATH.before, its log with it. */
static enum status step_aside(const char *path, struct error *error)
{
    char before[PATH_ROOM];
    sqlite3 *db = NULL;
    if (access(path, F_OK) != 0)
        return OK;
    if (!beside(before, path, ".before"))
        return say(error, INVALID, path, "the path is too long");
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    sqlite3_close(db);
    if (rename(path, before) != 0)
        return say(error, BROKEN, before, strerrordesc_np(errno));
    remove_logs(path);
    return OK;
}

enum status backup_restore(const char *path, const char *from, backup_progress *progress, void *arg,
                           int64_t *ret_bytes, struct error *ret_error)
{
    char part[PATH_ROOM];
    struct sql sql = {.db = NULL};
    int lock = -1;
    if (!beside(part, path, ".restore"))
        return say(ret_error, INVALID, path, "the path is too long");
    enum status status = lock_take(path, &lock, ret_error);
    if (status != OK)
        return status;
    remove_copy(part); /* of an attempt that broke off */
    status = verify(from, ret_error);
    if (status == OK)
        status = sql_open(&sql, from, SQLITE_OPEN_READONLY, "");
    if (status == OK)
        status = copy(&sql, part, progress, arg, ret_error);
    if (sql.db)
        sql_close(&sql);
    if (status == OK)
        status = verify(part, ret_error);
    if (status == OK)
        status = step_aside(path, ret_error);
    if (status == OK)
        status = take_name(part, path, ret_error);
    if (status == OK)
        *ret_bytes = size_of(path);
    else
        remove_copy(part);
    close(lock);
    return status;
}
