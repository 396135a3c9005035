/*
 * A fresh store in a folder of its own, for each test of this room: setup, teardown, and the
 * short words the tests are written in.
 */
#ifndef UNIT_STORE_KIT_H
#define UNIT_STORE_KIT_H
#include "../base/check.h"

#include <ftw.h>
#include <unistd.h>

#include "../../../src/store/journal.h"
#include "../../../src/store/order.h"
#include "../../../src/store/outbox.h"
#include "../../../src/store/person.h"
#include "../../../src/store/store_private.h"

#define KIT_NOW INT64_C(1764000000000) /* 2025-11-24T16:00:00Z */

struct kit {
    char dir[64], path[96];
    struct clock_fake clock;
    struct arena arena;
    struct store *store;
    struct view *view; /* a reader of its own, as DELIVER has */
    int64_t shop;
};

#define check_ok(call) assert_int_equal((call), OK)

static inline int kit_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static inline void kit_turn(struct kit *kit)
{
    check_ok(store_begin(kit->store));
}

static inline void kit_commit(struct kit *kit)
{
    check_ok(store_commit(kit->store));
}

static inline void kit_store_open(struct kit *kit)
{
    struct error error = {""};
    if (store_open(kit->path, &kit->clock.clock, &kit->store, &error) != OK)
        fail_msg("%s", error.text);
}

static inline int64_t head_of(struct view *view)
{
    int64_t head;
    check_ok(journal_head(view, &head));
    return head;
}

static inline void kit_view_open(struct kit *kit)
{
    struct error error = {""};
    if (view_open(kit->path, &kit->view, &error) != OK)
        fail_msg("%s", error.text);
}

/* Only the folder. */
static inline int kit_bare(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);
    assert_non_null(kit);
    memcpy(kit->dir, "/tmp/sidetrack-store-XXXXXX", sizeof "/tmp/sidetrack-store-XXXXXX");
    assert_non_null(mkdtemp(kit->dir));
    snprintf(kit->path, sizeof kit->path, "%s/store.db", kit->dir);
    clock_fake_init(&kit->clock, KIT_NOW);
    arena_init(&kit->arena, (size_t)256 << 20);
    *state = kit;
    return 0;
}

static inline int kit_setup(void **state)
{
    kit_bare(state);
    struct kit *kit = *state;
    kit_store_open(kit);
    kit_view_open(kit);
    kit_turn(kit);
    int64_t activated = 0;
    check_ok(store_shop(kit->store, SPAN("acme"), KIT_NOW, &kit->shop, &activated));
    kit_commit(kit);
    return 0;
}

static inline int kit_teardown(void **state)
{
    struct kit *kit = *state;
    view_close(kit->view);
    store_close(kit->store);
    arena_done(&kit->arena);
    nftw(kit->dir, kit_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(kit);
    return 0;
}

#define KIT_TEST(function)      cmocka_unit_test_setup_teardown(function, kit_setup, kit_teardown)
#define KIT_TEST_BARE(function) cmocka_unit_test_setup_teardown(function, kit_bare, kit_teardown)

/* A row that a test changes where it cares. */
static inline struct journal_row kit_row(const struct kit *kit)
{
    return (struct journal_row){
        .shop = kit->shop,
        .name = EVENT_PAGE_VIEWED,
        .source = SOURCE_BROWSER,
        .event_id = SPAN("01JDEVENT"),
        .at = KIT_NOW - 5,
        .received_at = KIT_NOW,
        .audience = AUDIENCE_ALL,
        .body = SPAN("{\"id\":\"01JDEVENT\"}"),
    };
}

/* Appends inside an open turn. */
static inline int64_t kit_append(struct kit *kit, struct journal_row row)
{
    int64_t seq = 0;
    check_ok(journal_append(kit->store, &row, &seq));
    return seq;
}

/* One number by SQL, past the functions under test, on the writer's connection. */
static inline int64_t kit_number(struct kit *kit, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = kit->store->view.sql.db;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int result = sqlite3_step(statement);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    assert_int_equal(result, SQLITE_ROW);
    return number;
}

static inline void kit_exec(struct kit *kit, const char *sql)
{
    assert_int_equal(sqlite3_exec(kit->store->view.sql.db, sql, NULL, NULL, NULL), SQLITE_OK);
}

#endif
