/*
 * The single writer: its lock, its file, its turns.
 *
 * SQLite would let several processes write in turn; we do not want two gateways on one file, as
 * both would deliver the same rows. So the writer holds a flock(2) on PATH.lock for as long as
 * it lives; the kernel drops it when the process dies, however it dies. The lock file itself
 * stays: to remove it would let two holders lock two files of one name. A visitor (a CLI command
 * beside a running gateway) takes no such lock and waits for its turn by SQLite's own.
 *
 * A turn is BEGIN IMMEDIATE … COMMIT in WAL mode with synchronous=FULL: one fsync of the log.
 * Whatever failed in between, reads included, makes the commit refuse.
 */
#include "store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/file.h>
#include <unistd.h>

#include "migrate.h"
#include "store_private.h"

/* The log is cut back to this after a checkpoint has emptied it. */
#define PRAGMAS_WRITER                                                                             \
    "PRAGMA journal_mode = WAL;"                                                                   \
    "PRAGMA synchronous = FULL;"                                                                   \
    "PRAGMA wal_autocheckpoint = 0;"                                                               \
    "PRAGMA journal_size_limit = 67108864;"                                                        \
    "PRAGMA secure_delete = ON;"                                                                   \
    "PRAGMA temp_store = MEMORY;"                                                                  \
    "PRAGMA foreign_keys = OFF;"                                                                   \
    "PRAGMA cache_size = -8192;"

/* Frames of the log above which it is made to start over: 64 MiB. */
#define WAL_FRAMES_MOST 16384
/* Frames that the writer may be kept waiting for. When more are left after some passes, a long
   reader is in the way or the writer outruns us: it is left alone until the log is four times as
   long. */
#define WAL_FRAMES_NEAR 2000
#define WAL_FRAMES_LAST (4 * WAL_FRAMES_MOST)
#define WAL_PASSES      8

/* A checkpointer wants the pen: SQLite's locks are not fair, and a busy writer would take it again
   and again. Process-wide, since a process has one writer. */
static atomic_bool pen_wanted;
static atomic_bool scrub_wanted; /* the log holds what was erased */
#define SCRUB_TRY_MS 100
#define SCRUB_TRIES  50u
#define PEN_TRY_US   200 /* or what the machine makes of it: on a busy one milliseconds */
#define PEN_MOST_US  INT64_C(25000)

static enum status say(struct error *ret_error, enum status status, const char *path,
                       const char *what)
{
    snprintf(ret_error->text, sizeof ret_error->text, "%.100s: %.120s", path, what);
    return status;
}

static enum status lock_take(const char *path, int *ret_lock, struct error *ret_error)
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name)
        return say(ret_error, INVALID, path, "the path is too long");
    int lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0)
        return say(ret_error, BROKEN, name, strerrordesc_np(errno));
    if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        close(lock);
        if (error != EWOULDBLOCK)
            return say(ret_error, BROKEN, name, strerrordesc_np(error));
        return say(ret_error, CONFLICT, path, "another sidetrack is writing to this file");
    }
    *ret_lock = lock;
    return OK;
}

/* SQLite would create it with the umask's mode; there are people in it. The log inherits ours.
   Only a file that is not there yet is opened here: to close a descriptor of a file in use would
   drop SQLite's locks on it. */
static enum status file_make(const char *path, struct error *ret_error)
{
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    else if (errno != EEXIST)
        return say(ret_error, BROKEN, path, strerrordesc_np(errno));
    return OK;
}

/* Makes a store around a connection; everything in it is closed again on failure. */
static enum status connect_to(struct store *store, const char *path, struct error *ret_error)
{
    struct sql *sql = &store->view.sql;
    enum status status = sql_open(sql, path, SQLITE_OPEN_READWRITE, PRAGMAS_WRITER);
    if (status != OK)
        return say(ret_error, status, path, sql->trouble);
    struct sql_query q = sql_query(sql, "PRAGMA journal_mode");
    bool wal = sql_next(&q) && span_is(sql_peek(&q), "wal");
    status = sql_end(&q);
    if (status == OK && wal)
        return OK;
    return say(ret_error, BROKEN, path,
               status == OK ? "this file system cannot hold SQLite's write-ahead log"
                            : sql->trouble);
}

static struct store *make(int lock)
{
    struct store *store = calloc(1, sizeof *store);
    if (store == NULL)
        abort();
    store->lock = lock;
    store->writable = true;
    return store;
}

enum status store_open(const char *path, const struct clock *clock, struct store **ret_store,
                       struct error *ret_error)
{
    int lock = -1;
    enum status status = lock_take(path, &lock, ret_error);
    if (status != OK)
        return status;
    struct store *store = make(lock);
    status = file_make(path, ret_error);
    if (status == OK)
        status = connect_to(store, path, ret_error);
    if (status == OK)
        status = migrate_run(&store->view.sql, path, clock_now(clock), ret_error);
    if (status != OK) {
        store_close(store);
        return status;
    }
    /* A kill between an erasure's end and the log's leaves its old pages in there. */
    struct sql_query q = sql_query(&store->view.sql, "SELECT max(id) FROM erasure");
    if (sql_value(&q) > 0)
        store_scrub_wanted();
    *ret_store = store;
    return OK;
}

enum status store_visit(const char *path, struct store **ret_store, struct error *ret_error)
{
    struct store *store = make(-1);
    enum status status = connect_to(store, path, ret_error);
    if (status == OK)
        status = migrate_check(&store->view.sql, path, ret_error);
    if (status != OK) {
        store_close(store);
        return status;
    }
    *ret_store = store;
    return OK;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    if (store->turn)
        store_rollback(store);
    /* The last connection to close checkpoints by itself; if readers stay, this does. */
    if (store->lock >= 0 && store->view.sql.db)
        sqlite3_wal_checkpoint_v2(store->view.sql.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    sql_close(&store->view.sql);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

enum status store_begin(struct store *store)
{
    assert(!store->turn);
    if (atomic_load(&pen_wanted)) {
        int64_t until = clock_monotonic_us() + PEN_MOST_US;
        while (atomic_load(&pen_wanted) && clock_monotonic_us() < until)
            usleep(PEN_TRY_US);
    }
    struct sql *sql = &store->view.sql;
    sql->failed = false;
    struct sql_query q = sql_query(sql, "BEGIN IMMEDIATE");
    enum status status = sql_run(&q);
    if (status == OK) {
        store->turn = true;
        q = sql_query(sql, "SELECT max(seq) FROM journal");
        store->next_seq = sql_value(&q) + 1;
        q = sql_query(sql, "PRAGMA data_version");
        int64_t version = sql_value(&q);
        store->others_wrote = store->data_version != 0 && version != store->data_version;
        store->data_version = version;
        if (!sql->failed)
            return OK;
        store_rollback(store);
        status = BROKEN;
    }
    store->writable = false;
    return status;
}

enum status store_commit(struct store *store)
{
    assert(store->turn);
    struct sql *sql = &store->view.sql;
    enum status status = BROKEN;
    if (!sql->failed) {
        struct sql_query q = sql_query(sql, "COMMIT");
        status = sql_run(&q);
    }
    if (status != OK) {
        store_rollback(store);
        return BROKEN;
    }
    store->turn = false;
    store->writable = true;
    return OK;
}

void store_rollback(struct store *store)
{
    if (!store->turn)
        return; /* a commit that failed has done it */
    struct sql *sql = &store->view.sql;
    store->turn = false;
    /* A turn that was given up for its own reasons says nothing about the disk. */
    if (sql->failed)
        store->writable = false;
    if (sqlite3_get_autocommit(sql->db))
        return; /* SQLite has rolled back already, as it does when the disk is full */
    char trouble[sizeof sql->trouble];
    memcpy(trouble, sql->trouble, sizeof trouble);
    struct sql_query q = sql_query(sql, "ROLLBACK");
    if (sql_run(&q) == OK || trouble[0])
        memcpy(sql->trouble, trouble, sizeof trouble);
}

struct sql_query store_query(struct store *store, const char *literal)
{
    assert(store->turn);
    struct sql *sql = &store->view.sql;
    if (sqlite3_get_autocommit(sql->db))
        return (struct sql_query){.sql = sql, .result = SQLITE_ABORT_ROLLBACK};
    return sql_query(sql, literal);
}

struct view *store_view(struct store *store)
{
    return &store->view;
}

const char *store_trouble(const struct store *store)
{
    return store->view.sql.trouble;
}

bool store_others_wrote(const struct store *store)
{
    return store->others_wrote;
}

void store_scrub_wanted(void)
{
    atomic_store(&scrub_wanted, true);
}

enum status store_scrub(struct store *store)
{
    sqlite3 *db = store->view.sql.db;
    int result;
    sqlite3_busy_timeout(db, SCRUB_TRY_MS);
    for (unsigned i = 0; i < SCRUB_TRIES; i++) {
        int64_t until = clock_monotonic_us() + SCRUB_TRY_MS * 1000;
        result = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        if ((result & 0xff) != SQLITE_BUSY)
            break;
        /* For readers and writers SQLite has waited; for another checkpoint it never does. */
        int64_t left = until - clock_monotonic_us();
        if (left > 0)
            usleep((useconds_t)left);
    }
    sqlite3_busy_timeout(db, SQL_BUSY_MS);
    if (result == SQLITE_OK)
        return OK;
    return (result & 0xff) == SQLITE_BUSY ? AGAIN : BROKEN;
}

bool store_writable(struct store *store)
{
    return store->writable;
}

enum status store_shop(struct store *store, span name, int64_t now, int64_t *ret_shop,
                       int64_t *ret_activated_at)
{
    struct sql_query q =
        store_query(store, "INSERT OR IGNORE INTO shop (name, activated_at) VALUES (?, ?)");
    sql_bind_text(&q, name);
    sql_bind_int(&q, now);
    enum status status = sql_run(&q);
    if (status != OK)
        return status;
    q = sql_query(&store->view.sql, "SELECT id, activated_at FROM shop WHERE name = ?");
    sql_bind_text(&q, name);
    status = sql_one(&q);
    if (status != OK)
        return status;
    *ret_shop = sql_int(&q);
    *ret_activated_at = sql_int(&q);
    return sql_end(&q);
}

/* Of the writer, and with its pen held, of readers: a report may read for seconds, and meanwhile
   everybody's answer waits. */
static int pen_wait(void *until, int tries)
{
    (void)tries;
    usleep(PEN_TRY_US);
    return clock_monotonic_us() < *(const int64_t *)until;
}

/* A checkpoint that the writer waits for. */
static int checkpoint_with_pen(sqlite3 *db, int mode, int *ret_frames)
{
    int copied, result;
    int64_t until = clock_monotonic_us() + PEN_MOST_US;
    atomic_store(&pen_wanted, true);
    sqlite3_busy_handler(db, pen_wait, &until);
    result = sqlite3_wal_checkpoint_v2(db, NULL, mode, ret_frames, &copied);
    sqlite3_busy_timeout(db, SQL_BUSY_MS); /* `until` is gone */
    atomic_store(&pen_wanted, false);
    return result;
}

/* The log's old frames go with it. */
static int scrub(sqlite3 *db)
{
    int frames, result = checkpoint_with_pen(db, SQLITE_CHECKPOINT_TRUNCATE, &frames);
    if (result != SQLITE_OK) /* a long reader: the next call */
        atomic_store(&scrub_wanted, true);
    return (result & 0xff) == SQLITE_BUSY ? SQLITE_OK : result;
}

/* A log starts over only when all of it has been copied at a moment when nobody is about to write.
   Under steady load that moment never comes by itself. So: copy beside the writer until little is
   left, then hold the writer for that little. */
static int checkpoint(sqlite3 *db, int *ret_frames)
{
    int frames = 0, copied = 0, result = SQLITE_OK;
    for (int pass = 0; pass < WAL_PASSES; pass++) {
        result = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames, &copied);
        if (result != SQLITE_OK)
            return result;
        *ret_frames = frames;
        if (frames <= WAL_FRAMES_MOST)
            return SQLITE_OK;
        if (frames - copied <= WAL_FRAMES_NEAR)
            break;
    }
    if (frames - copied > WAL_FRAMES_NEAR && frames < WAL_FRAMES_LAST)
        return SQLITE_OK;
    result = checkpoint_with_pen(db, SQLITE_CHECKPOINT_RESTART, &frames);
    /* A long reader may be in the way: the next call. */
    return (result & 0xff) == SQLITE_BUSY ? SQLITE_OK : result;
}

struct store_copier {
    struct sql sql;
};

enum status store_copier_open(const char *path, struct store_copier **ret_copier)
{
    struct store_copier *copier = calloc(1, sizeof *copier);
    if (copier == NULL)
        abort();
    enum status status = sql_open(&copier->sql, path, SQLITE_OPEN_READWRITE,
                                  "PRAGMA synchronous = FULL; PRAGMA cache_size = -256;");
    if (status != OK) {
        free(copier);
        return status;
    }
    *ret_copier = copier;
    return OK;
}

void store_copier_close(struct store_copier *copier)
{
    if (copier)
        sql_close(&copier->sql);
    free(copier);
}

enum status store_checkpoint(struct store_copier *copier, int64_t *ret_wal_frames)
{
    sqlite3 *db = copier->sql.db;
    int frames = 0;
    int result = atomic_exchange(&scrub_wanted, false) ? scrub(db) : checkpoint(db, &frames);
    if (result != SQLITE_OK)
        return (result & 0xff) == SQLITE_BUSY ? AGAIN : BROKEN;
    *ret_wal_frames = frames;
    return OK;
}

const char *store_library(void)
{
    return sqlite3_libversion();
}
