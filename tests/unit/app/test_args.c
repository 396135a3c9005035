/*
 * Command lines, good and wrong.
 */
#include "../../../src/app/args.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct args_option options[] = {
    {"config", "FILE", 'c', ""}, {"json", NULL, 0, ""}, {"count", "N", 'n', ""}, {.name = NULL}};

static struct args args;
static struct error error;

static enum status parse(char *const *texts)
{
    int count = 0;
    while (texts[count])
        count++;
    return args_parse(options, 2, count, texts, &args, &error);
}
#define PARSE(...) parse((char *[]){__VA_ARGS__, NULL})

static void test_good(void **state)
{
    (void)state;
    int64_t number;
    assert_int_equal(PARSE("order", "-c", "f", "--json", "1001", "--count=7"), OK);
    assert_string_equal(args_get(&args, "config"), "f");
    assert_string_equal(args_get(&args, "json"), "");
    assert_int_equal(args.word_count, 2);
    assert_string_equal(args.words[1], "1001");
    assert_int_equal(args_number(&args, "count", 3, 0, 9, &number), OK);
    assert_int_equal(number, 7);
    assert_int_equal(PARSE("--", "--json", "-"), OK);
    assert_null(args_get(&args, "json"));
    assert_string_equal(args.words[0], "--json");
    assert_int_equal(args_number(&args, "count", 3, 0, 9, &number), OK);
    assert_int_equal(number, 3);
    assert_int_equal(PARSE("--config", "--json"), OK); /* a value may look like an option */
    assert_string_equal(args_get(&args, "config"), "--json");
}

static void test_wrong(void **state)
{
    (void)state;
    int64_t number = 5;
    assert_int_equal(PARSE("--jso"), INVALID);
    assert_string_equal(error.text, "unknown option --jso");
    assert_int_equal(PARSE("-x"), INVALID);
    assert_string_equal(error.text, "unknown option -x");
    assert_int_equal(PARSE("--json=1"), INVALID);
    assert_string_equal(error.text, "no value wanted for --json");
    assert_int_equal(PARSE("--json", "-c"), INVALID);
    assert_string_equal(error.text, "a value is missing after -c");
    assert_int_equal(PARSE("-c", "a", "--config", "b"), INVALID);
    assert_string_equal(error.text, "given twice: --config");
    assert_int_equal(PARSE("a", "b", "c"), INVALID);
    assert_string_equal(error.text, "one word too many: c");
    assert_int_equal(PARSE("-n", "ten"), OK);
    assert_int_equal(args_number(&args, "count", 3, 0, 9, &number), INVALID);
    assert_int_equal(PARSE("-n", "10"), OK);
    assert_int_equal(args_number(&args, "count", 3, 0, 9, &number), INVALID);
    assert_int_equal(number, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_wrong)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
