/* Dates: known moments, refusals, and the C library's own calendar as the witness. */
#include "../../../src/base/date.c"

#include "check.h"

static void test_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } known[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2000-02-29T12:00:00Z", 951825600000},
        {"2024-02-29T23:59:59Z", 1709251199000},
        {"2026-11-24T16:00:00Z", 1795536000000},
        {"2026-11-02T08:23:58+11:00", 1793568238000}, /* = 2026-11-01T21:23:58Z */
        {"2026-11-02T08:23:58+1100", 1793568238000},
        {"2026-11-01T16:23:58-05:00", 1793568238000},
        {"2026-11-02T02:53:58+05:30", 1793568238000},
        {"2026-11-01T21:23:58", 1793568238000},
        {"2026-11-01 21:23:58", 1793568238000},
        {"2026-11-01T21:23:58-00:00", 1793568238000},
        {"2026-11-01T21:23:58.1Z", 1793568238100},
        {"2026-11-01T21:23:58.12Z", 1793568238120},
        {"2026-11-01T21:23:58.123Z", 1793568238123},
        {"2026-11-01T21:23:58.123456Z", 1793568238123},
        {"2026-11-01T21:23:58.9999999999999999999999999+00:00", 1793568238999},
        {"2026-11-01T21:23:58.000-0000", 1793568238000},
        {"0001-01-01T00:00:00Z", YEAR_FIRST_MS},
        {"9999-12-31T23:59:59.999Z", YEAR_LAST_MS},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        int64_t ms = 7;
        if (date_parse(span_of(known[i].text), &ms) != OK || ms != known[i].ms)
            fail_msg("%s: %lld", known[i].text, (long long)ms);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "2026",
        "2026-11-24",
        "2026-11-24T",
        "2026-11-24T16:00",
        "2026-11-24T16:00Z",
        "2026-11-24t16:00:00Z",
        "2026-11-24T16:00:00z",
        "2026-11-24T16:00:00 Z",
        "2026-11-24T16:00:00Z ",
        " 2026-11-24T16:00:00Z",
        "2026-11-24T16:00:00ZZ",
        "0000-01-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-11-24T24:00:00Z",
        "2026-11-24T16:60:00Z",
        "2026-11-24T16:00:60Z",
        "2016-12-31T23:59:60Z", /* a real leap second: refused like every 60 */
        "2026-11-24T16:00:00.Z",
        "2026-11-24T16:00:00.",
        "2026-11-24T16:00:00,5Z",
        "2026-11-24T16:00:00+24:00",
        "2026-11-24T16:00:00+01:60",
        "2026-11-24T16:00:00+1",
        "2026-11-24T16:00:00+01",
        "2026-11-24T16:00:00+01:",
        "2026-11-24T16:00:00+01:0",
        "2026-11-24T16:00:00+01:00Z",
        "2026-11-24T16:00:00--1:00",
        "26-11-24T16:00:00Z",
        "2026-1-24T16:00:00Z",
        "2026/11/24T16:00:00Z",
        "+2026-11-24T16:00:00Z",
        "2026-11-24T-1:00:00Z",
        "20261124T160000Z",
        "1764000000000",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01", /* out of the years */
    };
    int64_t ms = 7;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (date_parse(span_of(wrong[i]), &ms) != INVALID)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(date_parse((span){0}, &ms), INVALID);
    assert_int_equal(ms, 7);
}

static void test_truncated(void **state)
{
    (void)state;
    span whole = SPAN("2026-11-24T16:00:00.123+01:00");
    int64_t ms;
    for (size_t len = 0; len < whole.len; len++) {
        /* Up to the seconds nothing is whole; then come fraction and offset, optional both. */
        bool right = len == 19 || (len >= 21 && len <= 23);
        assert_int_equal(date_parse(span_sub(whole, 0, len), &ms), right ? OK : INVALID);
    }
}

static void test_print(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    check_span(date_print(&arena, 1795536000000), "2026-11-24T16:00:00Z");
    check_span(date_print(&arena, 1795536000999), "2026-11-24T16:00:00Z");
    check_span(date_print_ms(&arena, 1795536000123), "2026-11-24T16:00:00.123Z");
    check_span(date_print_ms(&arena, -1), "1969-12-31T23:59:59.999Z");
    check_span(date_print_ms(&arena, -86400000), "1969-12-31T00:00:00.000Z");
    check_span(date_print_ms(&arena, INT64_MIN), "0001-01-01T00:00:00.000Z");
    check_span(date_print_ms(&arena, INT64_MAX), "9999-12-31T23:59:59.999Z");
    arena_done(&arena);
}

/* timegm() knows the same calendar; every day of the ten thousand years. */
static void test_every_day(void **state)
{
    (void)state;
    int64_t day = YEAR_FIRST_MS / DAY_MS;
    for (int64_t year = 1; year <= 9999; year++) {
        struct tm tm = {.tm_year = (int)year - 1900, .tm_mday = 1};
        assert_int_equal((int64_t)timegm(&tm), day * 86400);
        for (int64_t month = 1; month <= 12; month++) {
            for (int64_t in_month = 1; in_month <= days_in_month(year, month); in_month++, day++) {
                int64_t y, m, d;
                civil_from_days(day, &y, &m, &d);
                if (y != year || m != month || d != in_month ||
                    days_from_civil(year, month, in_month) != day)
                    fail_msg("%lld-%lld-%lld", (long long)year, (long long)month,
                             (long long)in_month);
            }
        }
    }
    assert_int_equal(day * DAY_MS - 1, YEAR_LAST_MS);
}

static void test_round_trip(void **state)
{
    (void)state;
    uint64_t chance = 20261124;
    for (int i = 0; i < 100000; i++) {
        uint64_t span_ms = (uint64_t)(YEAR_LAST_MS - YEAR_FIRST_MS) + 1;
        int64_t ms = (int64_t)(check_random(&chance) % span_ms) + YEAR_FIRST_MS, again = 0;
        char text[DATE_TEXT_LEN + 1];
        date_text(ms, text);
        assert_int_equal(date_parse(span_of(text), &again), OK);
        assert_int_equal(again, ms);
    }
}

static void test_http(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_int_equal(date_parse_http(SPAN("Tue, 24 Nov 2026 16:00:00 GMT"), &ms), OK);
    assert_int_equal(ms, INT64_C(1795536000000));
    assert_int_equal(date_parse_http(SPAN("Tue, 24-Nov-2026 16:00:01 GMT"), &ms), OK);
    assert_int_equal(ms, INT64_C(1795536001000));
    static const char *const wrong[] = {
        "", "Tue, 24 Nov 2026 16:00:00 CET", "Tue, 24 Nox 2026 16:00:00 GMT",
        "Tue, 31 Feb 2026 16:00:00 GMT", "Tuesday, 24-Nov-26 16:00:00 GMT"};
    for (unsigned i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(date_parse_http(span_of(wrong[i]), &ms), INVALID);
    assert_int_equal(ms, INT64_C(1795536001000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_truncated), cmocka_unit_test(test_print),
        cmocka_unit_test(test_every_day), cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_http),
    };
    return CHECK_RUN(tests);
}
