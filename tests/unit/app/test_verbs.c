/*
 * The table of verbs: complete, without lies, and what wrong command lines get.
 */
#include "../../../src/app/verbs.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* INTERFACE 2, all of it. */
static const char *const promised[] = {
    "serve",   "check",  "init",   "describe", "tail",    "show",    "report",
    "letters", "replay", "forget", "export",   "backup",  "restore", "passwd",
    "token",   "link",   "alerts", "audit",    "sandbox", "demo",    "version"};

static void test_each_promise_is_built(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(promised); i++)
        assert_non_null(verbs_find(promised[i]));
    assert_null(verbs_find("nothing"));
}

static void test_rows_are_whole(void **state)
{
    (void)state;
    for (const struct verb *verb = verbs; verb->name; verb++) {
        assert_true(verb->summary[0] != '\0' && verb->run != NULL);
        assert_true(verb->least_words <= verb->most_words && verb->most_words <= ARGS_WORDS);
        assert_true((verb->most_words > 0) == (verb->words[0] != '\0'));
        unsigned count = 0;
        for (const struct args_option *o = verb->options; o->name; o++, count++) {
            assert_true(o->help[0] != '\0');
            for (const struct args_option *other = verb->options; other < o; other++) {
                assert_string_not_equal(o->name, other->name);
                assert_true(o->letter == 0 || o->letter != other->letter);
            }
        }
        assert_true(count <= ARGS_OPTIONS);
    }
}

static int run(const char *a, const char *b, const char *c)
{
    char *argv[] = {"sidetrack", (char *)(uintptr_t)a, (char *)(uintptr_t)b, (char *)(uintptr_t)c,
                    NULL};
    int argc = 0;
    while (argv[argc])
        argc++;
    return verbs_main(argc, argv);
}

static void test_wrong_use_is_2(void **state)
{
    (void)state;
    assert_int_equal(run(NULL, NULL, NULL), EXIT_WRONG);
    assert_int_equal(run("srve", NULL, NULL), EXIT_WRONG);
    assert_int_equal(run("replay", NULL, NULL), EXIT_WRONG);
    assert_int_equal(run("check", "--nothing", NULL), EXIT_WRONG);
    assert_int_equal(run("check", "-c", "/nonexistent/c.yaml"), EXIT_WRONG);
    assert_int_equal(run("show", "order", NULL), EXIT_WRONG);
    assert_int_equal(run("show", "parcel", "1"), EXIT_WRONG);
    assert_int_equal(run("describe", "fax", NULL), EXIT_WRONG);
    assert_int_equal(run("help", "fax", NULL), EXIT_WRONG);
    assert_int_equal(run("audit", "ftp://store.example", NULL), EXIT_WRONG);
    assert_int_equal(run("check", "--online", NULL), EXIT_WRONG);
    assert_int_equal(run("tail", "-n", "none"), EXIT_WRONG);
    assert_int_equal(run("letters", "--data", "/nonexistent/db"), EXIT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_promise_is_built),
        cmocka_unit_test(test_rows_are_whole),
        cmocka_unit_test(test_wrong_use_is_2),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
