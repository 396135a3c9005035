/*
 * The log, written in large pieces: a commit takes few writes, a turn may read what it has in hand,
 * and what is committed is seen by others. test_fault.c has what happens when a write fails.
 */
#include "kit.h"

#include <sqlite3.h>

static sqlite3_vfs *real_vfs, counting_vfs;
static const sqlite3_io_methods *real;
static sqlite3_io_methods counting;
static unsigned writes;

static int counted_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    writes++;
    return real->xWrite(file, bytes, len, at);
}

static int counting_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                         int *ret_flags)
{
    (void)vfs;
    int result = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);
    if (result != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
        return result;
    real = file->pMethods;
    counting = *real;
    counting.xWrite = counted_write;
    file->pMethods = &counting;
    return result;
}

static char bulk[50000];

/* Rows of a dozen pages each; returns the last one's seq. */
static int64_t append(struct kit *kit, unsigned count)
{
    int64_t seq = 0;
    struct journal_row row = kit_row(kit);
    row.body = (span){bulk, sizeof bulk};
    for (unsigned i = 0; i < count; i++)
        check_ok(journal_append(kit->store, &row, &seq));
    return seq;
}

static void a_commit_takes_few_writes(void **state)
{
    struct kit *kit = *state;
    kit_exec(kit, "PRAGMA synchronous = OFF"); /* the reader below does not hang on a sync */
    kit_turn(kit);
    append(kit, 10);
    writes = 0;
    kit_commit(kit);
    assert_in_range(writes, 1, 20); /* 130 pages: 260 writes as SQLite makes them */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal"), 10);
    assert_int_equal(head_of(kit->view), head_of(store_view(kit->store)));
}

/* 20 MB in one turn are more than SQLite's cache: pages go to the log early and are read again. */
static void a_turn_larger_than_the_cache_reads_its_own_pages(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    append(kit, 400);
    assert_int_equal(kit_number(kit, "SELECT sum(length(body)) FROM journal"), 400 * 50000);
    assert_int_equal(head_of(kit->view), 0); /* and nobody else does */
    append(kit, 10);
    kit_commit(kit);
    assert_int_equal(head_of(kit->view), head_of(store_view(kit->store)));
    assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

static void a_turn_taken_back_leaves_nothing(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    append(kit, 400);
    store_rollback(kit->store);
    kit_turn(kit);
    append(kit, 1);
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal"), 1);
    struct store_copier *copier;
    int64_t frames;
    check_ok(store_copier_open(kit->path, &copier));
    check_ok(store_checkpoint(copier, &frames));
    store_copier_close(copier);
    assert_true(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"));
}

int main(void)
{
    memset(bulk, 'x', sizeof bulk);
    real_vfs = sqlite3_vfs_find(NULL);
    counting_vfs = *real_vfs;
    counting_vfs.zName = "counting";
    counting_vfs.xOpen = counting_open;
    assert_int_equal(sqlite3_vfs_register(&counting_vfs, 1), SQLITE_OK);
    const struct CMUnitTest tests[] = {
        KIT_TEST(a_commit_takes_few_writes),
        KIT_TEST(a_turn_larger_than_the_cache_reads_its_own_pages),
        KIT_TEST(a_turn_taken_back_leaves_nothing),
    };
    return CHECK_RUN(tests);
}
