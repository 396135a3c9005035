/*
 * Where the data is, told by configs that are not whole.
 */
#include "../../../src/app/look.c"

#include "../../../src/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

static const struct args_option options[] = {
    {"config", "FILE", 'c', ""}, {"data", "FILE", 0, ""}, {.name = NULL}};

/* The path that a config of this text leads to; NULL: refused. */
static const char *path_of(struct arena *arena, const char *text)
{
    char path[] = "/tmp/sidetrack-look-XXXXXX";
    const char *data = NULL;
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    struct args args = {.options = options, .values = {path, NULL}};
    enum status status = look_path(&args, arena, &data);
    unlink(path);
    return status == OK ? data : NULL;
}

static void test_path(void **state)
{
    (void)state;
    struct arena arena;
    const char *data;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    unsetenv("LOOK_UNSET");
    setenv("LOOK_SET", "/d", 1);
    assert_string_equal(path_of(&arena, "data: /x.db\nstores: ${LOOK_UNSET}\nbad: 1\n"), "/x.db");
    assert_string_equal(path_of(&arena, "data: ${LOOK_SET}/x.db\n"), "/d/x.db");
    assert_string_equal(path_of(&arena, "stores: []\n"), "/var/lib/sidetrack/sidetrack.db");
    assert_null(path_of(&arena, "data: [\n"));
    struct args args = {.options = options, .values = {NULL, "/y.db"}};
    assert_int_equal(look_path(&args, &arena, &data), OK);
    assert_string_equal(data, "/y.db");
    args.values[0] = "c.yaml";
    assert_int_equal(look_path(&args, &arena, &data), INVALID); /* one or the other */
    args = (struct args){.options = options, .values = {"/nonexistent/c.yaml", NULL}};
    assert_int_equal(look_path(&args, &arena, &data), INVALID);
    arena_done(&arena);
}

static void test_open(void **state)
{
    (void)state;
    struct view *view = NULL;
    assert_int_equal(look_open("/nonexistent/x.db", &view), MISSING);
    assert_null(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_path), cmocka_unit_test(test_open)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
