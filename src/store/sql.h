/*
 * One SQLite connection and its statements; private to the room.
 *
 * A statement is named by the address of its text, which must be a literal: prepared at first
 * use, kept until the connection closes. Values are bound and columns read in the order in which
 * they stand, so nobody counts question marks:
 *
 *     struct sql_query q = sql_query(sql, "SELECT a, b FROM t WHERE c = ? AND d = ?");
 *     sql_bind_int(&q, 7);
 *     sql_bind_text(&q, name);
 *     while (sql_next(&q)) {
 *         int64_t a = sql_int(&q);
 *         span b = sql_text(&q, arena);
 *     }
 *     return sql_end(&q);
 *
 * Trouble sticks in the query and is asked for once, at sql_end(). Every query must reach its
 * end (sql_end, sql_run, sql_one, sql_number or sql_value): an unfinished one holds a read
 * transaction. Bound bytes are not copied and must live until then. No two uses of one statement
 * overlap.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H
#include <sqlite3.h>

#include "../base/buf.h"
#include "../event/money.h"

#define SQL_SLOTS   256u /* twice as many as there are statements, and more */
#define SQL_BUSY_MS 5000 /* a query waits so long for another connection */

struct sql_slot {
    const char *text;
    sqlite3_stmt *statement;
};

struct sql {
    sqlite3 *db;
    bool failed;       /* something went wrong since this was last cleared */
    unsigned failures; /* queries that failed so far */
    char trouble[200];
    struct buf scratch; /* for keys and blobs while they are bound */
    struct sql_slot slots[SQL_SLOTS];
};

struct sql_query {
    struct sql *sql;
    sqlite3_stmt *statement;
    int bound, column; /* how many so far */
    int result;        /* SQLite's; the first that is an error stays */
    unsigned failures; /* the connection's when it began: what failed since was asked for it */
};

/* `flags` are SQLITE_OPEN_…; `pragmas` run first. MISSING: no such file. */
MUST_USE enum status sql_open(struct sql *sql, const char *path, int flags, const char *pragmas);
void sql_close(struct sql *sql); /* accepts a zeroed one */
/* Several statements, not kept. */
MUST_USE enum status sql_script(struct sql *sql, const char *text);

struct sql_query sql_query(struct sql *sql, const char *literal);
void sql_bind_int(struct sql_query *q, int64_t value);
void sql_bind_text(struct sql_query *q, span text); /* absent: NULL */
void sql_bind_blob(struct sql_query *q, const void *bytes, size_t len);
void sql_bind_money(struct sql_query *q, struct money money); /* two: units or NULL, scale */
bool sql_next(struct sql_query *q);                           /* to the next row */
int64_t sql_int(struct sql_query *q);
bool sql_bool(struct sql_query *q);
span sql_text(struct sql_query *q, struct arena *arena); /* NULL: absent */
span sql_peek(struct sql_query *q);                      /* until the next row; not copied */
struct money sql_money(struct sql_query *q);

MUST_USE enum status sql_end(struct sql_query *q);
/* The status of a function that asked several queries, some of them quietly: BROKEN where one has
   failed since there were `failures`. */
static inline enum status sql_sound(const struct sql *sql, unsigned failures, enum status status)
{
    return status == OK && sql->failures != failures ? BROKEN : status;
}
/* Without rows, or with rows nobody reads. */
MUST_USE enum status sql_run(struct sql_query *q);
/* To the only row, which is still to be read and ended; MISSING ends it. */
MUST_USE enum status sql_one(struct sql_query *q);
/* First column of the first row, 0 when there is none; ends. */
MUST_USE enum status sql_number(struct sql_query *q, int64_t *ret_number);
/* The same, and 0 in trouble too (then `failed`), where nobody would act on it alone. Asked between
 * another query's beginning and its end, for a value it needs, trouble is that one's too.
 */
int64_t sql_value(struct sql_query *q);
int64_t sql_changes(const struct sql *sql); /* rows of the last INSERT, UPDATE, DELETE */

/* Room for one more element behind `count` of them; moves at powers of two. */
void *sql_grow(struct arena *arena, void *array, unsigned count, size_t size) MUST_USE;
/* SHA-256 over the shop's number and the parts, each with its length before it. */
void sql_digest(struct sql *sql, int64_t shop, const span *parts, unsigned count,
                uint8_t *ret_digest);
/* Big-endian, so that keys sort by number. */
void sql_key_number(uint8_t *ret_key, unsigned bytes, int64_t number); /* clamped to fit */

#endif
