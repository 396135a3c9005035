/*
 * Which schema a file has, and bringing it to ours; private to the room.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H
#include "sql.h"

/* Fresh file: the whole schema; older file: the steps it lacks; all in one transaction. INVALID:
   not our file, or made by a newer program. */
MUST_USE enum status migrate_run(struct sql *sql, const char *path, int64_t now,
                                 struct error *ret_error);
/* For those who may not change it. INVALID: not exactly our schema. */
/* Ours, and not of a newer program: this one, or its next start, can read it. */
MUST_USE enum status migrate_known(struct sql *sql, const char *path, struct error *ret_error);
MUST_USE enum status migrate_check(struct sql *sql, const char *path, struct error *ret_error);

#endif
