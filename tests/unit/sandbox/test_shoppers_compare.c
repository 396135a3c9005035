/* The table: equal to the cent or not equal, and no wrong that hides behind a sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/sandbox/shoppers_compare.c"

static struct arena arena;
static struct shoppers_truth truth;

static int setup(void **state)
{
    struct money a, b;
    (void)state;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    truth = (struct shoppers_truth){.order_count = 3};
    truth.orders[0] = (struct shoppers_order){"77001", "1001", "browser first", true, "EUR", {0}};
    truth.orders[1] = (struct shoppers_order){"77002", "1002", "ad-blocked", true, "EUR", {0}};
    truth.orders[2] = (struct shoppers_order){"77003", "1003", "test order", false, "EUR", {0}};
    assert_int_equal(money_parse(SPAN("59.90"), SPAN("EUR"), &a), OK);
    assert_int_equal(money_parse(SPAN("0.10"), SPAN("EUR"), &b), OK);
    truth.orders[0].value = a;
    truth.orders[1].value = b;
    shoppers_count(&truth.all[SHOPPERS_ORDER], 1, SPAN("EUR"), a);
    shoppers_count(&truth.all[SHOPPERS_ORDER], 1, SPAN("EUR"), b);
    truth.known[SHOPPERS_ORDER] = truth.all[SHOPPERS_ORDER];
    shoppers_count(&truth.all[SHOPPERS_VIEW], 3, (span){0}, (struct money){0});
    shoppers_count(&truth.known[SHOPPERS_VIEW], 1, (span){0}, (struct money){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const char good[] =
    "{\"complete\":true,\"platforms\":{\"meta\":{\"123\":{\"events\":{\"Purchase\":{\"count\":2,"
    "\"values\":{\"EUR\":\"60.00\"}},\"ViewContent\":{\"count\":3,\"values\":{}}},\"subjects\":{"
    "\"77001\":{\"Purchase\":{\"count\":1,\"values\":{\"EUR\":\"59.90\"}}},"
    "\"77002\":{\"Purchase\":{\"count\":1,\"values\":{\"EUR\":\"0.10\"}}}}}},"
    "\"klaviyo\":{\"key-1\":{\"events\":{\"Placed "
    "Order\":{\"count\":2,\"values\":{\"EUR\":\"60.00\"}},"
    "\"Viewed Product\":{\"count\":1,\"values\":{}}},\"subjects\":{"
    "\"77001\":{\"Placed Order\":{\"count\":1,\"values\":{\"EUR\":\"59.90\"}}},"
    "\"77002\":{\"Placed Order\":{\"count\":1,\"values\":{\"EUR\":\"0.10\"}}}}}}}}";

static bool compare(const char *totals, span *ret_table)
{
    struct buf out;
    bool equal = true;
    buf_init(&out, 1 * MIB);
    assert_int_equal(shoppers_compare(&truth, span_of(totals), &arena, &out, &equal), OK);
    *ret_table = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return equal;
}

static const char *changed(const char *old, const char *new)
{
    const char *at = strstr(good, old);
    assert_non_null(at);
    span head = {good, (size_t)(at - good)};
    return arena_text(&arena, arena_join(&arena, arena_join(&arena, head, span_of(new)),
                                         span_of(at + strlen(old))));
}

static void test_equal(void **state)
{
    span table;
    (void)state;
    assert_true(compare(good, &table));
    char *text = arena_text(&arena, table);
    assert_non_null(strstr(text, "orders placed"));
    assert_non_null(strstr(text, "2  60.00 EUR ✓"));
    assert_non_null(strstr(text, "#1003 test order"));
    assert_non_null(strstr(text, "1 ✓*")); /* fewer than the shop saw, and rightly so */
    assert_null(strstr(text, "✗"));
}

static void test_any_difference_shows(void **state)
{
    static const char *const cases[][2] = {
        {"\"Purchase\":{\"count\":2",           "\"Purchase\":{\"count\":3"          },
        {"\"EUR\":\"60.00\"}},\"ViewContent\"", "\"EUR\":\"60.01\"}},\"ViewContent\""},
        {"\"EUR\":\"60.00\"}},\"ViewContent\"", "\"USD\":\"60.00\"}},\"ViewContent\""},
        {"\"EUR\":\"60.00\"}},\"ViewContent\"",
         "\"EUR\":\"60.00\",\"USD\":\"1.00\"}},\"ViewContent\""                      },
        {"\"ViewContent\":{\"count\":3",        "\"ViewContent\":{\"count\":2"       },
        {"\"Viewed Product\":{\"count\":1",     "\"Viewed Product\":{\"count\":3"    },
 /* The sums still agree, the orders do not. */
        {"\"77002\":{\"Purchase\"",             "\"77003\":{\"Purchase\""            },
        {"\"complete\":true",                   "\"complete\":false"                 },
    };
    span table;
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        if (compare(changed(cases[i][0], cases[i][1]), &table))
            fail_msg("not noticed: %s", cases[i][1]);
        if (i < COUNT_OF(cases) - 1)
            assert_non_null(strstr(arena_text(&arena, table), "✗"));
    }
}

/* Without backfill: what had not left yet may come with the name, and nothing beyond that. */
static void test_before_the_name(void **state)
{
    span table;
    (void)state;
    truth.before[SHOPPERS_VIEW] = 1;
    assert_true(compare(good, &table));
    assert_true(compare(
        changed("\"Viewed Product\":{\"count\":1", "\"Viewed Product\":{\"count\":2"), &table));
    assert_false(compare(
        changed("\"Viewed Product\":{\"count\":1", "\"Viewed Product\":{\"count\":3"), &table));
    assert_false(compare(
        changed("\"Viewed Product\":{\"count\":1", "\"Viewed Product\":{\"count\":0"), &table));
}

static void test_no_totals(void **state)
{
    struct buf out;
    bool equal = true;
    (void)state;
    buf_init(&out, 1 * MIB);
    assert_int_equal(shoppers_compare(&truth, SPAN("{}"), &arena, &out, &equal), INVALID);
    assert_int_equal(shoppers_compare(&truth, SPAN("<html>"), &arena, &out, &equal), INVALID);
    assert_true(equal); /* untouched */
    buf_done(&out);
}

/* Where the second column starts, in characters. */
static unsigned second_column(span line)
{
    unsigned at = 0, blanks = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (blanks >= 3 && line.ptr[i] != ' ' && at > 0)
            return at;
        blanks = line.ptr[i] == ' ' ? blanks + 1 : 0;
        at += ((unsigned char)line.ptr[i] & 0xC0) != 0x80;
    }
    return 0;
}

static void test_columns_line_up(void **state)
{
    span table, line;
    unsigned first = 0, lines = 0;
    (void)state;
    assert_true(compare(good, &table));
    while (span_split(&table, '\n', &line)) {
        unsigned at = second_column(line);
        if (at == 0 || span_starts(line, "*"))
            continue;
        first = first ? first : at;
        assert_int_equal(at, first);
        lines++;
    }
    assert_true(lines > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_any_difference_shows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_before_the_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_totals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns_line_up, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
