/* The schema's versions: fresh files, older ones, newer ones, foreign ones, a kill in between. */
#include "../../../src/store/migrate.c"

#include <sys/wait.h>

#include "../../../src/store/backup.h"
#include "kit.h"

#define KNOWN ((int64_t)COUNT_OF(steps)) /* this program's version: steps end in NULL */

static struct sql *sql_of(struct kit *kit)
{
    return &kit->store->view.sql;
}

/* A later program's steps: two after all there are now. */
static const char *const *after_known(const char *first, const char *second)
{
    static const char *list[COUNT_OF(steps) + 2];
    for (size_t i = 0; i + 1 < COUNT_OF(steps); i++)
        list[i] = "SELECT 1";
    list[COUNT_OF(steps) - 1] = first;
    list[COUNT_OF(steps)] = second;
    list[COUNT_OF(steps) + 1] = NULL;
    return list;
}

static void test_fresh_and_again(void **state)
{
    struct kit *kit = *state;
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN);
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
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN);
}

static void test_steps(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    const char *const *list = after_known("CREATE TABLE two (x); INSERT INTO two VALUES (2)",
                                          "ALTER TABLE two ADD COLUMN y");
    kit_store_open(kit);
    check_ok(migrate(sql_of(kit), list, kit->path, KIT_NOW + 5, &error));
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN + 2);
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
    const char *const *list = after_known("CREATE TABLE two (x)", "CREATE TABLE nonsense (");
    kit_store_open(kit);
    assert_int_equal(migrate(sql_of(kit), list, kit->path, KIT_NOW, &error), BROKEN);
    assert_non_null(strstr(error.text, "incomplete input"));
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN);
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
        const char *const *list = after_known("CREATE TABLE two (x)", "SELECT die()");
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
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM sqlite_master WHERE name = 'two'"), 0);
    assert_int_equal(kit_number(kit, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                     1);
}

/* Runs SQL on the file as another program would. */
static void exec_on(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void make_version_1(struct kit *kit)
{
    static char schema[64 * 1024];
    FILE *file = fopen(FIXTURES "/schema-1.sql", "rb");
    assert_non_null(file);
    size_t len = fread(schema, 1, sizeof schema - 1, file);
    fclose(file);
    schema[len] = '\0';
    exec_on(kit->path, schema);
    exec_on(kit->path, "PRAGMA application_id = 1935963250; PRAGMA user_version = 1");
}

#define TABLES                                                                                     \
    "SELECT sum(length(t.name || c.name || c.type) * (1 + c.\"notnull\") * (1 + c.pk)) "           \
    "FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' "
#define INDEXES "SELECT sum(length(name || sql)) FROM sqlite_master WHERE type = 'index'"

/* A file of the first version, brought here, has the tables of a fresh one. */
static void test_version_1(void **state)
{
    struct kit *kit = *state;
    make_version_1(kit);
    exec_on(
        kit->path,
        "INSERT INTO orders (shop, state, id, server_seq, browser_seq, sent_seq, due_at, "
        "trigger_at, updated_at, created_at, first_at, person, currency, value, value_scale, "
        "adjusted, adjusted_scale, edited, edited_scale, paid, cancelled) VALUES "
        "(1, 'SENT', 'o_a', 1, 0, 2, 0, 1, 1, 1, 1, 0, 'EUR', 5990, 2, 1000, 2, 5990, 2, 1, 0), "
        "(1, 'SENT', 'o_b', 3, 0, 4, 0, 1, 1, 1, 1, 0, 'EUR', 5990, 2, 0, 2, 4990, 2, 1, 0)");
    exec_on(kit->path, "INSERT INTO link VALUES (1, 1, 'ada@example.com', 7, 5);"
                       "INSERT INTO owner VALUES (1, 'v', 100, 7);"
                       "INSERT INTO link VALUES (1, 2, '+4915112345678', 7, 5);"
                       "INSERT INTO person VALUES (7, 1, 1025, 1, 1, "
                       "'{\"who\":{\"email\":\"ada@example.com\",\"phone\":\"+4915112345678\"}}')");
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, "PRAGMA user_version"), KNOWN);
    assert_int_equal(kit_number(kit, "SELECT person FROM link WHERE value = 'ada@example.com'"), 7);
    assert_int_equal(kit_number(kit, "SELECT sum(said * kind) FROM link"), 2); /* the phone */
    assert_int_equal(kit_number(kit, "SELECT flags FROM person"), 1);
    assert_int_equal(kit_number(kit, "SELECT back FROM owner WHERE since = 100"), 0);
    struct order_row row;
    check_ok(order_get(store_view(kit->store), &kit->arena, 1, &row));
    assert_true(row.worth.given && row.worth.units == 4990);
    assert_true(span_empty(row.transaction_id));
    check_ok(order_get(store_view(kit->store), &kit->arena, 2, &row));
    assert_false(row.worth.given); /* edited, or by another policy than the total */
    int64_t tables = kit_number(kit, TABLES), indexes = kit_number(kit, INDEXES);
    store_close(kit->store);
    remove(kit->path);
    kit_store_open(kit);
    assert_int_equal(kit_number(kit, TABLES), tables);
    assert_int_equal(kit_number(kit, INDEXES), indexes);
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

/* A version below any there was: neither the gateway nor a restore takes it for an old file. */
static void test_negative_version(void **state)
{
    struct kit *kit = *state;
    struct store *store = NULL;
    struct error error = {""};
    char from[128];
    int64_t bytes = 0;
    kit_store_open(kit);
    store_close(kit->store);
    kit->store = NULL;
    snprintf(from, sizeof from, "%s/copy.db", kit->dir);
    check_ok(backup_make(kit->path, from, NULL, NULL, &bytes, &error));
    exec_on(from, "PRAGMA user_version = -7");
    assert_int_equal(backup_restore(kit->path, from, NULL, NULL, &bytes, &error), INVALID);
    assert_non_null(strstr(error.text, "not a file of sidetrack"));
    assert_int_equal(store_open(from, &kit->clock.clock, &store, &error), INVALID);
    kit_store_open(kit); /* what was there before is */
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
        KIT_TEST_BARE(test_version_1),
        KIT_TEST_BARE(test_foreign_files),
        KIT_TEST_BARE(test_negative_version),
    };
    return CHECK_RUN(tests);
}
