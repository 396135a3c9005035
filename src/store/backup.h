/*
 * A consistent copy of the file while it is written to, and the way back.
 *
 * The copy is one snapshot: a read transaction is held over it, so it ends however busy the writer
 * is (the write-ahead log grows meanwhile and is emptied after). It is checked before it gets its
 * name; a copy that broke off leaves nothing by that name.
 *
 * Going back wants the writer's lock, so no gateway can be running; the copy is checked before it
 * takes the file's place, and the file of before stays as PATH.before.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H
#include "store.h"

typedef void backup_progress(void *arg, int64_t pages, int64_t of_pages);

/* CONFLICT: there is a file at `to`. FULL: there is no room for it. */
MUST_USE enum status backup_make(const char *path, const char *to, backup_progress *progress,
                                 void *arg, int64_t *ret_bytes, struct error *ret_error);
/* CONFLICT: a gateway is running. INVALID: `from` is not ours, of a newer program, or damaged. */
MUST_USE enum status backup_restore(const char *path, const char *from, backup_progress *progress,
                                    void *arg, int64_t *ret_bytes, struct error *ret_error);

#endif
