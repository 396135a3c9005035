/*
 * The only file that talks to SQLite's C interface about statements. Two decisions live here.
 *
 * Statements are found by the address of their literal in a small open table: the text stands
 * where it is used, nobody keeps a list of them, and finding one costs a multiplication.
 *
 * Errors stick. A query that could not be prepared or bound takes part in everything as one
 * without rows, and its end says BROKEN (or AGAIN when the file was busy for the whole timeout).
 * The connection remembers that something failed, so that a turn in which a mere reader failed
 * quietly (a function that gives a number has no other way) is never committed; and a query that
 * began before such a reader was asked for one of its values fails with it, so that a row which was
 * looked for in the wrong place is not taken for one that is missing.
 */
#include "sql.h"

#include <assert.h>
#include <pthread.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "logfile.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void set_up(void)
{
    /* Its statistics put a process-wide mutex around every malloc. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
    logfile_register();
}

static bool fine(int result)
{
    return result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE;
}

/* Keeps SQLite's words; what is left of the turn is void. */
static enum status fail(struct sql *sql, int result)
{
    const char *words = sqlite3_errstr(result);
    if (sql->db && (sqlite3_errcode(sql->db) & 0xff) == (result & 0xff))
        words = sqlite3_errmsg(sql->db);
    int code = sql->db ? sqlite3_extended_errcode(sql->db) : result;
    snprintf(sql->trouble, sizeof sql->trouble, "%s (SQLite %d)", words, code);
    sql->failed = true;
    sql->failures++;
    int primary = result & 0xff;
    return primary == SQLITE_BUSY || primary == SQLITE_LOCKED ? AGAIN : BROKEN;
}

enum status sql_open(struct sql *sql, const char *path, int flags, const char *pragmas)
{
    pthread_once(&once, set_up);
    buf_init(&sql->scratch, LIMIT_EVENT_BYTES);
    int result = sqlite3_open_v2(path, &sql->db, flags | SQLITE_OPEN_NOMUTEX, LOGFILE_SYSTEM);
    if (result != SQLITE_OK) {
        enum status status = fail(sql, result);
        sql_close(sql);
        return (result & 0xff) == SQLITE_CANTOPEN ? MISSING : status;
    }
    sqlite3_extended_result_codes(sql->db, 1);
    sqlite3_busy_timeout(sql->db, SQL_BUSY_MS);
    enum status status = sql_script(sql, pragmas);
    if (status != OK)
        sql_close(sql);
    return status;
}

void sql_close(struct sql *sql)
{
    for (unsigned i = 0; i < SQL_SLOTS; i++)
        sqlite3_finalize(sql->slots[i].statement);
    memset(sql->slots, 0, sizeof sql->slots);
    int result = sqlite3_close(sql->db);
    assert(result == SQLITE_OK);
    sql->db = NULL;
    buf_done(&sql->scratch);
}

enum status sql_script(struct sql *sql, const char *text)
{
    int result = sqlite3_exec(sql->db, text, NULL, NULL, NULL);
    return result == SQLITE_OK ? OK : fail(sql, result);
}

static struct sql_slot *slot_of(struct sql *sql, const char *literal)
{
    uint32_t at = (uint32_t)((uint64_t)(uintptr_t)literal * UINT64_C(0x9E3779B97F4A7C15) >> 32);
    for (unsigned i = 0; i < SQL_SLOTS; i++, at++) {
        struct sql_slot *slot = &sql->slots[at % SQL_SLOTS];
        if (slot->text == literal || slot->text == NULL)
            return slot;
    }
    abort(); /* more statements than slots: a bug */
}

struct sql_query sql_query(struct sql *sql, const char *literal)
{
    struct sql_query q = {.sql = sql, .result = SQLITE_OK, .failures = sql->failures};
    struct sql_slot *slot = slot_of(sql, literal);
    if (slot->text == NULL) {
        sqlite3_stmt *statement = NULL;
        q.result =
            sqlite3_prepare_v3(sql->db, literal, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
        if (q.result != SQLITE_OK)
            return q;
        *slot = (struct sql_slot){literal, statement};
    }
    assert(!sqlite3_stmt_busy(slot->statement));
    q.statement = slot->statement;
    return q;
}

static void bound(struct sql_query *q, int result)
{
    if (q->statement && q->result == SQLITE_OK)
        q->result = result;
}

void sql_bind_int(struct sql_query *q, int64_t value)
{
    bound(q, sqlite3_bind_int64(q->statement, ++q->bound, value));
}

void sql_bind_text(struct sql_query *q, span text)
{
    int at = ++q->bound;
    bound(q, sqlite3_bind_text64(q->statement, at, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8));
}

void sql_bind_blob(struct sql_query *q, const void *bytes, size_t len)
{
    int at = ++q->bound;
    bound(q, sqlite3_bind_blob64(q->statement, at, bytes ? bytes : "", len, SQLITE_STATIC));
}

void sql_bind_money(struct sql_query *q, struct money money)
{
    int at = ++q->bound;
    bound(q, money.given ? sqlite3_bind_int64(q->statement, at, money.units)
                         : sqlite3_bind_null(q->statement, at));
    sql_bind_int(q, money.scale);
}

bool sql_next(struct sql_query *q)
{
    q->column = 0;
    if (q->statement == NULL || !fine(q->result))
        return false;
    assert(q->bound == sqlite3_bind_parameter_count(q->statement));
    q->result = sqlite3_step(q->statement);
    return q->result == SQLITE_ROW;
}

int64_t sql_int(struct sql_query *q)
{
    return sqlite3_column_int64(q->statement, q->column++);
}

bool sql_bool(struct sql_query *q)
{
    return sql_int(q) != 0;
}

span sql_peek(struct sql_query *q)
{
    int at = q->column++;
    if (sqlite3_column_type(q->statement, at) == SQLITE_NULL)
        return (span){0};
    const char *bytes = sqlite3_column_blob(q->statement, at);
    size_t len = (size_t)sqlite3_column_bytes(q->statement, at);
    return (span){bytes ? bytes : "", len}; /* SQLite gives NULL for '' */
}

span sql_text(struct sql_query *q, struct arena *arena)
{
    return arena_copy(arena, sql_peek(q));
}

struct money sql_money(struct sql_query *q)
{
    struct money money = {0};
    money.given = sqlite3_column_type(q->statement, q->column) != SQLITE_NULL;
    money.units = sql_int(q);
    money.scale = (uint8_t)sql_int(q);
    return money;
}

enum status sql_end(struct sql_query *q)
{
    enum status status = fine(q->result) ? OK : fail(q->sql, q->result);
    status = sql_sound(q->sql, q->failures, status);
    if (q->statement)
        sqlite3_reset(q->statement);
    q->statement = NULL;
    return status;
}

enum status sql_run(struct sql_query *q)
{
    while (sql_next(q))
        continue;
    return sql_end(q);
}

enum status sql_one(struct sql_query *q)
{
    if (sql_next(q))
        return OK;
    enum status status = sql_end(q);
    return status == OK ? MISSING : status;
}

enum status sql_number(struct sql_query *q, int64_t *ret_number)
{
    int64_t number = sql_next(q) ? sql_int(q) : 0;
    enum status status = sql_end(q);
    if (status == OK)
        *ret_number = number;
    return status;
}

int64_t sql_value(struct sql_query *q)
{
    int64_t value;
    return sql_number(q, &value) == OK ? value : 0;
}

int64_t sql_changes(const struct sql *sql)
{
    return sqlite3_changes64(sql->db);
}

void *sql_grow(struct arena *arena, void *array, unsigned count, size_t size)
{
    if (count >= 4 ? (count & (count - 1)) != 0 : count != 0)
        return array;
    void *larger = arena_take(arena, size * (count ? 2 * (size_t)count : 4));
    if (count)
        memcpy(larger, array, size * count);
    return larger;
}

void sql_key_number(uint8_t *ret_key, unsigned bytes, int64_t number)
{
    int64_t most = bytes < 8 ? (INT64_C(1) << (8 * bytes)) - 1 : INT64_MAX;
    uint64_t left = number < 0 ? 0 : (uint64_t)(number > most ? most : number);
    for (unsigned i = bytes; i-- > 0; left >>= 8)
        ret_key[i] = (uint8_t)left;
}

void sql_digest(struct sql *sql, int64_t shop, const span *parts, unsigned count,
                uint8_t *ret_digest)
{
    uint8_t number[8];
    struct buf *scratch = &sql->scratch;
    buf_reset(scratch);
    sql_key_number(number, 8, shop);
    buf_add(scratch, number, 8);
    for (unsigned i = 0; i < count; i++) {
        sql_key_number(number, 4, (int64_t)parts[i].len);
        buf_add(scratch, number, 4);
        buf_add_span(scratch, parts[i]);
    }
    assert(buf_ok(scratch));
    hash_sha256(buf_span(scratch), ret_digest);
}
