/* The schema's versions: fresh files, older ones, newer ones, foreign ones, a kill in between. */
#include "../../../src/store/migrate.c"

#include <sys/wait.h>

#include "kit.h"

static struct sql *sql_of(struct kit *kit)
{
    return &kit->store->view.sql;
}

/* The released steps and two of a release to come. */
static const char *const *with_more(const char *one, const char *two)
{
    static const char *list[40];
    unsigned count = 0;
    for (; steps[count]; count++)
        list[count] = steps[count];
    list[count++] = one;
    list[count++] = two;
    list[count] = NULL;
    return list;
}

static void test_fresh_and_again(void **state)
{
    struct kit *kit = *state;
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), version_of(steps));
    assert_int_equal(kit_number(kit, "PRAGMA application_id"), APPLICATION_ID);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM upgrade WHERE at = 1764000000000"), 1);
    kit_turn(kit);
    kit_append(kit, kit_row(kit));
    kit_commit(kit);
    int64_t tables = kit_number(kit, "SELECT count(*) FROM sqlite_master");
    store_close(kit->store);
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM sqlite_master"), tables);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal"), 1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM upgrade"), 1);
}

static void test_empty_file(void **state)
{
    struct kit *kit = *state;
    FILE *file = fopen(kit->path, "w");
    assert_non_null(file);
    fclose(file);
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), version_of(steps));
}

static void test_steps(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    const char *const *list = with_more("CREATE TABLE two (x); INSERT INTO two VALUES (2)",
                                        "ALTER TABLE two ADD COLUMN y");
    kit_store_open(kit);
    check_ok(migrate(sql_of(kit), list, kit->path, KIT_NOW + 5, &error));
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), version_of(steps) + 2);
    assert_int_equal(kit_number(kit, "SELECT x FROM two WHERE y IS NULL"), 2);
    assert_int_equal(kit_number(kit, "SELECT max(at) FROM upgrade"), KIT_NOW + 5);
    /* Now it is newer than this program, which refuses it in every way. */
    store_close(kit->store);
    kit->store = NULL;
    struct store *store = NULL;
    struct view *view = NULL;
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &store, &error), INVALID);
    assert_non_null(strstr(error.text, "newer"));
    assert_int_equal(store_visit(kit->path, &store, &error), INVALID);
    assert_int_equal(view_open(kit->path, &view, &error), INVALID);
    assert_null(store);
    assert_null(view);
}

static void test_older_file_is_not_for_readers(void **state)
{
    struct kit *kit = *state;
    struct view *view = NULL;
    struct error error = {""};
    kit_store_open(kit);
    kit_exec(kit, "PRAGMA user_version = 0");
    assert_int_equal(view_open(kit->path, &view, &error), INVALID);
    assert_non_null(strstr(error.text, "start the gateway"));
}

static void test_failed_step_changes_nothing(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    const char *const *list = with_more("CREATE TABLE two (x)", "CREATE TABLE nonsense (");
    kit_store_open(kit);
    assert_int_equal(migrate(sql_of(kit), list, kit->path, KIT_NOW, &error), BROKEN);
    assert_non_null(strstr(error.text, "incomplete input"));
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), version_of(steps));
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM sqlite_master WHERE name = 'two'"), 0);
}

static void die(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)context, (void)count, (void)values;
    kill(getpid(), SIGKILL);
}

/* A kill between the first step and the last leaves the old file. */
static void test_kill_in_the_middle(void **state)
{
    struct kit *kit = *state;
    pid_t child = fork();
    if (child == 0) {
        const char *const *list = with_more("CREATE TABLE two (x)", "SELECT die()");
        struct error error;
        kit_store_open(kit);
        sqlite3_create_function(sql_of(kit)->db, "die", 0, SQLITE_UTF8, NULL, die, NULL, NULL);
        enum status status = migrate(sql_of(kit), list, kit->path, KIT_NOW, &error);
        _exit(status == OK);
    }
    int result = 0;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), version_of(steps));
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM sqlite_master WHERE name = 'two'"), 0);
    assert_int_equal(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                     1);
}

extern const char schema_1_sql[]; /* as 0.1.0 made it */

static span columns_of(struct kit *kit)
{
    struct sql_query q =
        sql_query(sql_of(kit),
                  "SELECT group_concat(line, char(10)) FROM (SELECT m.name || ' ' || c.cid || "
                  "' ' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || c.pk AS line "
                  "FROM sqlite_master m, pragma_table_info(m.name) c UNION ALL "
                  "SELECT 'index ' || name FROM sqlite_master WHERE type = 'index' ORDER BY 1)");
    assert_int_equal(sql_one(&q), OK);
    span text = sql_text(&q, &kit->arena);
    check_ok(sql_end(&q));
    return text;
}

/* A file of the first release, brought up to date, has the tables of a fresh one and its rows. */
static void test_both_roads(void **state)
{
    struct kit *kit = *state;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, schema_1_sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA application_id = 1935963250; PRAGMA user_version = 1;"
                                  "INSERT INTO link VALUES (1, 1, 'ada@example.com', 7, 5);"
                                  "INSERT INTO owner VALUES (1, 'v', 100, 7);"
                                  "INSERT INTO visitor VALUES (1, 'v', 100, 100, '{}')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    kit_store_open(kit);
    span grown = columns_of(kit);
    assert_int_equal(kit_number(kit, "SELECT person FROM link WHERE value = 'ada@example.com'"), 7);
    assert_int_equal(kit_number(kit, "SELECT back FROM owner WHERE since = 100"), 0);
    store_close(kit->store);
    kit->store = NULL;
    unlink(kit->path);
    kit_store_open(kit);
    span fresh = columns_of(kit);
    assert_true(span_equal(grown, fresh));
}

static void test_foreign_files(void **state)
{
    struct kit *kit = *state;
    struct store *store = NULL;
    struct error error = {""};
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(kit->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "CREATE TABLE theirs (x)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &store, &error), INVALID);
    assert_non_null(strstr(error.text, "not a file of sidetrack"));
    FILE *file = fopen(kit->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("This is no database. ", file);
    fclose(file);
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &store, &error), BROKEN);
    assert_non_null(strstr(error.text, "not a database"));
    assert_null(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST_BARE(test_fresh_and_again),
        KIT_TEST_BARE(test_empty_file),
        KIT_TEST_BARE(test_steps),
        KIT_TEST_BARE(test_older_file_is_not_for_readers),
        KIT_TEST_BARE(test_failed_step_changes_nothing),
        KIT_TEST_BARE(test_kill_in_the_middle),
        KIT_TEST_BARE(test_both_roads),
        KIT_TEST_BARE(test_foreign_files),
    };
    return CHECK_RUN(tests);
}
