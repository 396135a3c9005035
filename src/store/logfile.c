/*
 * A commit of forty pages is eighty writes for SQLite: each page's 24 bytes of head, then the page.
 * They stand one behind the other, so this stands between SQLite and the log, puts them together,
 * and writes them 64 KiB at a time:
 *
 *     xWrite  head | page | head | page | …  ──> in hand, while each begins where the last ended
 *     the page that ends a commit            ──> one pwrite of all that is in hand
 *     xSync xRead xTruncate xFileSize xClose ──> the same, first; so when there is no room
 *
 *     head  0..3  number of the page   4..7  zero, or: its page ends a commit   8..23  the rest
 *
 * So when SQLite shows a commit to other connections all of it is in the file, as without us; what
 * may still be in hand belongs to a turn that has not ended, and only this connection reads it.
 * What a failed write had in hand is dropped: its turn fails, and SQLite writes the next one anew.
 *
 * The database itself, its journal and everything else go straight to the file system below.
 */
#include "logfile.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/limits.h"

#define HEAD 24
#define ROOM (64 * KIB) /* SQLite's own write takes no more than 128 KiB less one at a time */

struct logfile {
    sqlite3_file base; /* first: SQLite's view of us */
    char *bytes;       /* NULL until something is written */
    sqlite3_int64 at;  /* where bytes[0] belongs */
    int len;
    bool ends;                /* the page to come ends a commit */
    _Alignas(8) char below[]; /* the file of the system below; SQLite aligns us to 8 */
};

static sqlite3_file *below(sqlite3_file *file)
{
    return (sqlite3_file *)(void *)((struct logfile *)file)->below;
}

static int flush(sqlite3_file *file)
{
    struct logfile *log = (struct logfile *)file;
    int len = log->len;
    log->len = 0;
    return len ? below(file)->pMethods->xWrite(below(file), log->bytes, len, log->at) : SQLITE_OK;
}

static int log_close(sqlite3_file *file)
{
    struct logfile *log = (struct logfile *)file;
    int result = flush(file), closed = below(file)->pMethods->xClose(below(file));
    free(log->bytes);
    log->bytes = NULL;
    return result == SQLITE_OK ? closed : result;
}

static int log_read(sqlite3_file *file, void *bytes, int len, sqlite3_int64 at)
{
    int result = flush(file);
    return result == SQLITE_OK ? below(file)->pMethods->xRead(below(file), bytes, len, at) : result;
}

static int log_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    struct logfile *log = (struct logfile *)file;
    bool whole = log->ends && len != HEAD;
    log->ends = len == HEAD && memcmp((const char *)bytes + 4, "\0\0\0", 4) != 0;
    int result = SQLITE_OK;
    if (log->len && (at != log->at + log->len || len > (int)ROOM - log->len))
        result = flush(file);
    if (result != SQLITE_OK)
        return result;
    if (!log->bytes)
        log->bytes = malloc(ROOM);
    if (!log->bytes || len > (int)ROOM)
        return below(file)->pMethods->xWrite(below(file), bytes, len, at);
    if (!log->len)
        log->at = at;
    memcpy(log->bytes + log->len, bytes, (size_t)len);
    log->len += len;
    return whole ? flush(file) : SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int result = flush(file);
    return result == SQLITE_OK ? below(file)->pMethods->xTruncate(below(file), size) : result;
}

static int log_sync(sqlite3_file *file, int flags)
{
    int result = flush(file);
    return result == SQLITE_OK ? below(file)->pMethods->xSync(below(file), flags) : result;
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    int result = flush(file);
    return result == SQLITE_OK ? below(file)->pMethods->xFileSize(below(file), ret_size) : result;
}

static int log_lock(sqlite3_file *file, int lock)
{
    return below(file)->pMethods->xLock(below(file), lock);
}

static int log_unlock(sqlite3_file *file, int lock)
{
    return below(file)->pMethods->xUnlock(below(file), lock);
}

static int log_reserved(sqlite3_file *file, int *ret_taken)
{
    return below(file)->pMethods->xCheckReservedLock(below(file), ret_taken);
}

static int log_control(sqlite3_file *file, int what, void *arg)
{
    return below(file)->pMethods->xFileControl(below(file), what, arg);
}

static int log_sector(sqlite3_file *file)
{
    return below(file)->pMethods->xSectorSize(below(file));
}

static int log_traits(sqlite3_file *file)
{
    return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

static const sqlite3_io_methods methods = {
    .iVersion = 1, /* no shared memory and no mapping: those are of the database's file */
    .xClose = log_close,
    .xRead = log_read,
    .xWrite = log_write,
    .xTruncate = log_truncate,
    .xSync = log_sync,
    .xFileSize = log_size,
    .xLock = log_lock,
    .xUnlock = log_unlock,
    .xCheckReservedLock = log_reserved,
    .xFileControl = log_control,
    .xSectorSize = log_sector,
    .xDeviceCharacteristics = log_traits,
};

/* The default system is asked for at each open, since a test may put its own there. */
static int system_open(sqlite3_vfs *system, const char *name, sqlite3_file *file, int flags,
                       int *ret_flags)
{
    sqlite3_vfs *base = sqlite3_vfs_find(NULL);
    assert((size_t)base->szOsFile + sizeof(struct logfile) <= (size_t)system->szOsFile);
    if (!(flags & SQLITE_OPEN_WAL))
        return base->xOpen(base, name, file, flags, ret_flags);
    struct logfile *log = (struct logfile *)file;
    *log = (struct logfile){.base.pMethods = NULL};
    int result = base->xOpen(base, name, below(file), flags, ret_flags);
    if (below(file)->pMethods) /* then it is closed through us, opened or not */
        log->base.pMethods = &methods;
    return result;
}

void logfile_register(void)
{
    static sqlite3_vfs system;
    sqlite3_vfs *base = sqlite3_vfs_find(NULL);
    system = *base; /* all else is the default's */
    system.pNext = NULL;
    system.zName = LOGFILE_SYSTEM;
    system.szOsFile = base->szOsFile + (int)sizeof(struct logfile);
    system.xOpen = system_open;
    int result = sqlite3_vfs_register(&system, 0);
    assert(result == SQLITE_OK);
}
