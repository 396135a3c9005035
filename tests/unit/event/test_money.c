/* Money: decimal text to minor units and back, by each currency's own exponent. */
#include "../../../src/event/money.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static void assert_reads(const char *text, const char *currency, const char *printed)
{
    struct money money;
    assert_int_equal(money_parse(span_of(text), span_of(currency), &money), OK);
    span back = money_print(&arena, money);
    assert_true(money.given);
    if (!span_is(back, printed))
        fail_msg("%s %s printed %.*s, not %s", text, currency, SPAN_ARG(back), printed);
}

static void assert_refused(const char *text)
{
    struct money money = {.units = 77};
    if (money_parse(span_of(text), SPAN("EUR"), &money) != INVALID)
        fail_msg("\"%s\" was taken for money", text);
    assert_int_equal(money.units, 77);
}

static void amounts_keep_the_exponent_of_their_currency(void **state)
{
    (void)state;
    assert_reads("59.90", "EUR", "59.90");
    assert_reads("59.9", "EUR", "59.90");
    assert_reads("12", "eur", "12.00");
    assert_reads("0.0", "USD", "0.00");
    assert_reads("-0", "USD", "0.00");
    assert_reads("-1", "USD", "-1.00");
    assert_reads("-0.5", "USD", "-0.50");
    assert_reads("007.10", "USD", "7.10");
    assert_reads("5000", "JPY", "5000");
    assert_reads("0", "JPY", "0");
    assert_reads("1.234", "KWD", "1.234");
    assert_reads("1", "CLF", "1.0000");
    assert_reads("3.5", "XXX", "3.50"); /* unknown: two digits */
}

static void digits_too_many_are_rounded_half_away_from_zero(void **state)
{
    (void)state;
    assert_reads("0.005", "EUR", "0.01");
    assert_reads("-0.005", "EUR", "-0.01");
    assert_reads("0.0049999", "EUR", "0.00");
    assert_reads("0.995", "EUR", "1.00");
    assert_reads("195.664999999", "EUR", "195.66");
    assert_reads("12.5", "JPY", "13");
    assert_reads("12.49", "JPY", "12");
    assert_reads("9.9995", "TND", "10.000");
}

static void what_is_no_decimal_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",    "-",  ".",        "1.",       ".5",    "1e3", "1,50",
                                      "--1", "+1", " 1",       "1 ",       "1.2.3", "0x1", "NaN",
                                      "-.5", "1-", "\xD9\xA1", "Infinity", "12.3a", "5.-"};
    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_refused(bad[i]);
}

static void the_ceiling_holds_and_nothing_overflows(void **state)
{
    (void)state;
    assert_reads("1000000000000.00", "EUR", "1000000000000.00");
    assert_reads("100000000000000", "JPY", "100000000000000");
    assert_refused("1000000000000.01");
    assert_refused("1000000000000.001e");
    assert_refused("99999999999999999999999999999999");
    assert_refused("100000000000000.00");
    assert_refused("-9223372036854775808");
    assert_refused("999999999999999.999");
}

static void currencies_are_those_of_iso_4217(void **state)
{
    (void)state;
    static const char *const zero[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY",
                                       "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
                                       "VND", "VUV", "XAF", "XOF", "XPF"};
    static const char *const three[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    static const char *const two[] = {"EUR", "USD", "GBP", "CHF", "MGA",
                                      "MRU", "ZWG", "XCG", "AED"};
    for (unsigned i = 0; i < COUNT_OF(zero); i++) {
        assert_true(money_currency_valid(span_of(zero[i])));
        assert_int_equal(money_scale(span_of(zero[i])), 0);
    }
    for (unsigned i = 0; i < COUNT_OF(three); i++) {
        assert_true(money_currency_valid(span_of(three[i])));
        assert_int_equal(money_scale(span_of(three[i])), 3);
    }
    for (unsigned i = 0; i < COUNT_OF(two); i++) {
        assert_true(money_currency_valid(span_of(two[i])));
        assert_int_equal(money_scale(span_of(two[i])), 2);
    }
    assert_int_equal(money_scale(SPAN("CLF")), 4);
    assert_int_equal(money_scale(SPAN("UYW")), 4);
    assert_true(money_currency_valid(SPAN("eur")));
    static const char *const none[] = {"",    "EU",  "EURO", "XXX", "XAU",
                                       "HRK", "ABC", "E R",  "123", "\xC3\xA9R"};
    for (unsigned i = 0; i < COUNT_OF(none); i++)
        assert_false(money_currency_valid(span_of(none[i])));
}

/* The table counts entries off in steps of five: one slip in its layout would lose a line. */
static void every_entry_of_the_table_is_found(void **state)
{
    (void)state;
    unsigned count = 0;
    for (unsigned i = 0; i < COUNT_OF(currencies); i++) {
        for (const char *at = currencies[i]; *at; at += at[4] ? 5 : 4, count++) {
            assert_int_equal(at[0], 'A' + (int)i);
            assert_true(at[4] == ' ' || at[4] == '\0');
            assert_ptr_equal(find_scale((span){at, 3}), at + 3);
        }
    }
    assert_in_range(count, 165, 180);
}

static void sums_treat_absent_as_zero(void **state)
{
    (void)state;
    struct money a = money_of(5990, 2), b = money_of(10, 2), none = {0};
    assert_int_equal(money_add(a, b).units, 6000);
    assert_int_equal(money_subtract(b, a).units, -5980);
    assert_int_equal(money_add(none, b).units, 10);
    assert_int_equal(money_subtract(none, b).units, -10);
    assert_int_equal(money_subtract(b, none).units, 10);
    assert_false(money_add(none, none).given);
    assert_int_equal(money_times(a, 3).units, 17970);
    assert_int_equal(money_times(a, INT64_MAX).units, MONEY_CEILING);
    assert_int_equal(money_times(a, INT64_MIN).units, -MONEY_CEILING);
    assert_false(money_times(none, 3).given);
    assert_int_equal(money_least_zero(money_of(-1, 2)).units, 0);
    assert_true(money_least_zero(money_of(-1, 2)).given);
    assert_true(money_compare(a, b) > 0 && money_compare(b, a) < 0 &&
                money_compare(none, none) == 0);
    assert_true(money_compare(none, b) < 0);
}

static void absent_prints_as_absent(void **state)
{
    (void)state;
    assert_null(money_print(&arena, (struct money){0}).ptr);
    assert_true(span_is(money_number(&arena, money_of(-5, 3)), "-0.005"));
    assert_true(span_is(money_print(&arena, money_of(-MONEY_CEILING, 4)), "-10000000000.0000"));
    assert_true(span_is(money_print(&arena, money_of(INT64_MIN, 2)), "-92233720368547758.08"));
}

static void reading_what_was_printed_gives_the_same(void **state)
{
    (void)state;
    static const char *const currency_of[] = {"JPY", "EUR", "EUR", "KWD", "CLF"};
    uint64_t chance = 42;
    for (unsigned round = 0; round < 5000; round++) {
        chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        unsigned scale = round % 5 == 1 ? 2 : round % 5;
        int64_t units = (int64_t)(chance >> (17 + round % 40)) % MONEY_CEILING;
        struct money money = money_of(round % 2 ? units : -units, scale), back;
        span text = money_print(&arena, money);
        assert_int_equal(money_parse(text, span_of(currency_of[scale]), &back), OK);
        assert_int_equal(back.units, money.units);
        assert_int_equal(back.scale, scale);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amounts_keep_the_exponent_of_their_currency),
        cmocka_unit_test(digits_too_many_are_rounded_half_away_from_zero),
        cmocka_unit_test(what_is_no_decimal_is_refused),
        cmocka_unit_test(the_ceiling_holds_and_nothing_overflows),
        cmocka_unit_test(currencies_are_those_of_iso_4217),
        cmocka_unit_test(every_entry_of_the_table_is_found),
        cmocka_unit_test(sums_treat_absent_as_zero),
        cmocka_unit_test(absent_prints_as_absent),
        cmocka_unit_test(reading_what_was_printed_gives_the_same),
    };
    arena_init(&arena, 16u << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests_name("event_money", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
