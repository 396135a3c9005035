/* What an outlet counts for the reports: words, times, identifiers; told once, and begun anew. */
#include "../../../src/pipeline/daybook.c"

#include "../base/check.h"

#define NOW (INT64_C(20000) * DAY_MS + 5)

/* The number under that name and label; -1: there is no such row. */
static int64_t counted(const struct report *report, const char *what, const char *label)
{
    for (unsigned i = 0; i < report->counter_count; i++)
        if (span_is(report->counters[i].what, what) && span_is(report->counters[i].label, label)) {
            assert_int_equal(report->counters[i].day, 20000);
            assert_int_equal(report->counters[i].shop, 7);
            return report->counters[i].n;
        }
    return -1;
}

static void test_counted_and_told(void **state)
{
    struct daybook daybook = {0};
    struct report report = {0};
    const struct event bare = {.who.zip = SPAN("10115")};
    const struct event rich = {
        .who = {.email = SPAN("a@example.com"), .zip = SPAN("10115"), .country = SPAN("DE")},
        .client = {.wbraid = SPAN("w"), .fbp = SPAN("fb.1.2.3")}};
    (void)state;
    arena_init(&report.arena, 1 << 20);
    assert_false(daybook_due(&daybook, NOW, true)); /* nothing to tell, not even at the end */
    daybook_end(&daybook, "delivered");
    daybook_end(&daybook, "delivered");
    daybook_end(&daybook, "skip_test");
    daybook_accepted(&daybook, &bare, 100);
    daybook_accepted(&daybook, &rich, 101);
    daybook_accepted(&daybook, &rich, 30 * DAY_MS);
    daybook_report(&daybook, &report, 7, "meta", NOW);
    assert_int_equal(counted(&report, "out:meta", "delivered"), 2);
    assert_int_equal(counted(&report, "out:meta", "skip_test"), 1);
    assert_int_equal(counted(&report, "ms:meta", "100"), 1);
    assert_int_equal(counted(&report, "ms:meta", "250"), 1);
    assert_int_equal(counted(&report, "ms:meta", "9223372036854775807"), 1);
    assert_int_equal(counted(&report, "ms:meta", "500"), -1);
    assert_int_equal(counted(&report, "has:meta", "(all)"), 3);
    assert_int_equal(counted(&report, "has:meta", "email"), 2);
    assert_int_equal(counted(&report, "has:meta", "address"), 2); /* a zip alone is none */
    assert_int_equal(counted(&report, "has:meta", "gclid"), 2);
    assert_int_equal(counted(&report, "has:meta", "fbc"), -1);
    /* Begun anew. */
    assert_false(daybook_due(&daybook, NOW + DAY_MS, true));
    daybook_end(&daybook, "delivered");
    daybook_report(&daybook, &report, 7, "meta", NOW);
    assert_int_equal(report.counter_count, 1);
    assert_int_equal(counted(&report, "out:meta", "delivered"), 1);
    arena_done(&report.arena);
}

static void test_when(void **state)
{
    struct daybook daybook = {.flushed_at = NOW};
    (void)state;
    daybook_end(&daybook, "delivered");
    assert_false(daybook_due(&daybook, NOW + DAYBOOK_EVERY_MS - 1, false));
    assert_true(daybook_due(&daybook, NOW + DAYBOOK_EVERY_MS, false));
    assert_true(daybook_due(&daybook, NOW, true));
}

static void test_more_words_than_it_holds(void **state)
{
    struct daybook daybook = {0};
    char word[16];
    (void)state;
    for (unsigned i = 0; i < DAYBOOK_WORDS + 3; i++) {
        snprintf(word, sizeof word, "word%u", i);
        daybook_end(&daybook, word);
    }
    daybook_end(&daybook, "word0");
    assert_int_equal(daybook.word_count, DAYBOOK_WORDS);
    assert_int_equal(daybook.words[0].n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counted_and_told),
        cmocka_unit_test(test_when),
        cmocka_unit_test(test_more_words_than_it_holds),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
