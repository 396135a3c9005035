/* The table: equal to the cent or not equal, and no wrong that hides behind a sum. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/sandbox/shoppers_compare.c"

static struct arena arena;
static struct shoppers_truth truths[SHOPPERS_SHOPS];
#define truth truths[SHOPPERS_MAIN]

static int setup(void **state)
{
    struct money a, b;
    (void)state;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    memset(truths, 0, sizeof truths);
    truth.order_count = 3;
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
    /* The first came back in part, the second whole. */
    assert_int_equal(money_parse(SPAN("9.90"), SPAN("EUR"), &a), OK);
    shoppers_count(&truth.all[SHOPPERS_BACK], 2, SPAN("EUR"), money_add(a, b));
    assert_int_equal(money_parse(SPAN("50.00"), SPAN("EUR"), &a), OK);
    shoppers_count(&truth.all[SHOPPERS_RESTATED], 2, SPAN("EUR"), a);
    shoppers_count(&truth.all[SHOPPERS_VIEW], 3, (span){0}, (struct money){0});
    shoppers_count(&truth.known[SHOPPERS_VIEW], 1, (span){0}, (struct money){0});
    /* The second shop sold one thing, to somebody who looked at it. */
    assert_int_equal(money_parse(SPAN("5.00"), SPAN("EUR"), &a), OK);
    struct shoppers_truth *tagged = &truths[SHOPPERS_TAGGED];
    tagged->order_count = 1;
    tagged->orders[0] = (struct shoppers_order){"77001", "1001", "tagged", true, "EUR", a};
    shoppers_count(&tagged->all[SHOPPERS_ORDER], 1, SPAN("EUR"), a);
    shoppers_count(&tagged->all[SHOPPERS_VIEW], 1, (span){0}, (struct money){0});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

#define SUM(name, count, value)                                                                    \
    "\"" name "\":{\"count\":" #count ",\"values\":{\"EUR\":\"" value "\"}}"
#define PLAIN(name, count) "\"" name "\":{\"count\":" #count ",\"values\":{}}"
#define PLATFORM(name, purchase, events)                                                           \
    "\"" name "\":{\"account\":{\"events\":{" SUM(                                                 \
        purchase, 2, "60.00") "," events                                                           \
                              "},\"subjects\":{\"77001\":{" SUM(                                   \
                                  purchase, 1, "59.90") "},\"77002\":{" SUM(purchase, 1,           \
                                                                            "0.10") "}}}}"

/* clang-format off */
static const char good[] =
    "{\"complete\":true,\"platforms\":{"
    PLATFORM("meta", "Purchase", PLAIN("ViewContent", 3)) ","
    PLATFORM("tiktok", "Purchase", PLAIN("ViewContent", 3)) ","
    PLATFORM("google", "conversion", SUM("restatement", 2, "50.00")) ","
    PLATFORM("ga4", "purchase", SUM("refund", 2, "10.00")) ","
    PLATFORM("klaviyo", "Placed Order", PLAIN("Viewed Product", 1)) ","
    PLATFORM("pinterest", "checkout", PLAIN("view_content", 1) "," PLAIN("view_category", 2)) ","
    "\"sgtm\":{\"G-1\":{\"events\":{" SUM("purchase", 1, "5.00") "," PLAIN("view_item", 1) "},"
    "\"subjects\":{\"77001\":{" SUM("purchase", 1, "5.00") "}}}}}}";
/* clang-format on */

static bool compare(const char *totals, span *ret_table)
{
    struct buf out;
    bool equal = true;
    buf_init(&out, 1 * MIB);
    assert_int_equal(shoppers_compare(truths, span_of(totals), &arena, &out, &equal), OK);
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
    assert_non_null(strstr(text, "2  60.00 EUR"));
    assert_non_null(strstr(text, "2 ✓   2 ✓     2 ✓     2 ✓  2 ✓      2 ✓\n"));
    assert_non_null(strstr(text, "\nA second shop: "));
    assert_non_null(strstr(text, "#1003 test order"));
    assert_non_null(strstr(text, "1 ✓*")); /* fewer than the shop saw, and rightly so */
    assert_null(strstr(text, "✗"));
}

static void test_any_difference_shows(void **state)
{
    static const char *const cases[][2] = {
        {SUM("Purchase", 2, "60.00"), SUM("Purchase", 3, "60.00")},
        {SUM("Purchase", 2, "60.00"), SUM("Purchase", 2, "60.01")},
        {"\"EUR\":\"60.00\"", "\"USD\":\"60.00\""},
        {"\"EUR\":\"60.00\"", "\"EUR\":\"60.00\",\"USD\":\"1.00\""},
        {PLAIN("ViewContent", 3), PLAIN("ViewContent", 2)},
        {PLAIN("Viewed Product", 1), PLAIN("Viewed Product", 3)},
        {SUM("conversion", 2, "60.00"), SUM("conversion", 2, "59.99")},
        {SUM("restatement", 2, "50.00"), SUM("restatement", 1, "50.00")},
        {SUM("restatement", 2, "50.00"), SUM("restatement", 2, "60.00")},
        {SUM("purchase", 2, "60.00"), SUM("purchase", 4, "120.00")},
        {SUM("refund", 2, "10.00"), SUM("refund", 2, "9.90")},
        {"\"tiktok\"", "\"absent\""}, /* nothing arrived at all */
                                      /* The sums still agree, the orders do not. */
        {SUM("purchase", 1, "5.00"), SUM("purchase", 1, "5.01")}, /* the second shop's */
        {PLAIN("view_item", 1), PLAIN("view_item", 2)},
        {"\"sgtm\"", "\"absent\""},
        {PLAIN("view_category", 2), PLAIN("view_category", 1)},
        {"\"77002\":{\"Purchase\"", "\"77003\":{\"Purchase\""},
        {"\"77002\":{\"conversion\"", "\"77003\":{\"conversion\""},
        {"\"77002\":{\"purchase\"", "\"77003\":{\"purchase\""},
        {"\"complete\":true", "\"complete\":false"},
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

/* Every ✗ is said in full below the table, where it cannot widen a column. */
static void test_wrongs_are_explained(void **state)
{
    span table;
    (void)state;
    assert_false(
        compare(changed(SUM("restatement", 2, "50.00"), SUM("restatement", 1, "40.00")), &table));
    assert_non_null(strstr(arena_text(&arena, table),
                           "\n✗ google, worth after that: 1  40.00 EUR, expected 2  50.00 EUR\n"));
}

/* Without backfill: what had not left yet may come with the name, and nothing beyond that. */
static void test_before_the_name(void **state)
{
    span table;
    (void)state;
    truth.before[SHOPPERS_VIEW] = 1;
    assert_true(compare(good, &table));
    assert_true(compare(changed(PLAIN("Viewed Product", 1), PLAIN("Viewed Product", 2)), &table));
    assert_false(compare(changed(PLAIN("Viewed Product", 1), PLAIN("Viewed Product", 3)), &table));
    assert_false(compare(changed(PLAIN("Viewed Product", 1), PLAIN("Viewed Product", 0)), &table));
}

static void test_no_totals(void **state)
{
    struct buf out;
    bool equal = true;
    (void)state;
    buf_init(&out, 1 * MIB);
    assert_int_equal(shoppers_compare(truths, SPAN("{}"), &arena, &out, &equal), INVALID);
    assert_int_equal(shoppers_compare(truths, SPAN("<html>"), &arena, &out, &equal), INVALID);
    assert_true(equal); /* untouched */
    buf_done(&out);
}

/* Where the second column starts, in characters. */
static unsigned second_column(span line)
{
    unsigned at = 0, blanks = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (blanks >= 2 && line.ptr[i] != ' ' && at > 0)
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
        if (at == 0 || span_starts(line, "*") || span_starts(line, "✓"))
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
        cmocka_unit_test_setup_teardown(test_wrongs_are_explained, setup, teardown),
        cmocka_unit_test_setup_teardown(test_before_the_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_totals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_columns_line_up, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
