/* Days and hours of a store's time zone: summer, winter, the days between, zones without either. */
#include "../../../src/story/zone.c"

#include "../base/check.h"

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(date_parse(span_of(text), &ms), OK);
    return ms;
}

static void expect_midnight(const char *name, const char *now, const char *wanted)
{
    struct zone zone;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    zone_load(&zone, &arena, span_of(name));
    assert_int_equal(zone_midnight(&zone, at(now)), at(wanted));
    arena_done(&arena);
}

static void test_midnights(void **state)
{
    (void)state;
    expect_midnight("Europe/Berlin", "2026-11-24T12:00:00Z", "2026-11-23T23:00:00Z");
    expect_midnight("Europe/Berlin", "2026-07-01T12:00:00Z", "2026-06-30T22:00:00Z");
    expect_midnight("Europe/Berlin", "2026-07-01T22:30:00Z", "2026-07-01T22:00:00Z");
    expect_midnight("America/New_York", "2026-11-24T03:00:00Z", "2026-11-23T05:00:00Z");
    expect_midnight("Australia/Sydney", "2026-01-10T20:00:00Z", "2026-01-10T13:00:00Z");
    expect_midnight("Asia/Kolkata", "2026-01-10T20:00:00Z", "2026-01-10T18:30:00Z");
    expect_midnight("UTC", "2026-01-10T20:00:00Z", "2026-01-10T00:00:00Z");
    /* Beyond the file's last change the rule at its end holds. */
    expect_midnight("Europe/Berlin", "2060-07-01T12:00:00Z", "2060-06-30T22:00:00Z");
    expect_midnight("Europe/Berlin", "2060-12-01T12:00:00Z", "2060-11-30T23:00:00Z");
    expect_midnight("Australia/Sydney", "2060-01-10T20:00:00Z", "2060-01-10T13:00:00Z");
    /* Nobody's zone, and a way out of the folder. */
    expect_midnight("Mars/Olympus", "2026-01-10T20:00:00Z", "2026-01-10T00:00:00Z");
    expect_midnight("../../../etc/passwd", "2026-01-10T20:00:00Z", "2026-01-10T00:00:00Z");
}

/* The night the clocks change has 23 or 25 hours and is one day. */
static void test_days_follow_each_other(void **state)
{
    (void)state;
    struct zone zone;
    struct arena arena;
    arena_init(&arena, 1 << 20);
    zone_load(&zone, &arena, SPAN("Europe/Berlin"));
    int64_t spring = at("2026-03-28T23:00:00Z"), autumn = at("2026-10-24T22:00:00Z");
    assert_int_equal(zone_next_day(&zone, spring) - spring, 23 * HOUR_MS);
    assert_int_equal(zone_next_day(&zone, autumn) - autumn, 25 * HOUR_MS);
    int64_t day = 0;
    assert_int_equal(zone_parse_day(&zone, SPAN("2026-03-29"), &day), OK);
    assert_int_equal(day, spring);
    assert_int_equal(zone_parse_day(&zone, SPAN("2026-02-30"), &day), INVALID);
    assert_int_equal(zone_parse_day(&zone, SPAN("today"), &day), INVALID);
    assert_true(span_is(zone_day_text(&zone, &arena, autumn), "2026-10-25"));
    assert_true(span_is(zone_hour_text(&zone, &arena, at("2026-07-01T12:02:30Z")), "14:02"));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_midnights),
        cmocka_unit_test(test_days_follow_each_other),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
