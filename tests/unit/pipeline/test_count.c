/* Counting from several threads, and what Prometheus gets to read. */
#include "../../../src/pipeline/count.c"

#include <pthread.h>

#include "../base/check.h"

#define THREADS 4
#define TIMES   20000

static void *work(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < TIMES; i++) {
        char name[16];
        snprintf(name, sizeof name, "name%u", i % 200);
        count_add(COUNT_RECEIVED, SPAN("acme"), SPAN("browser"), span_of(name), 1);
        count_observe(COUNT_COMMIT_SECONDS, 1000);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, NULL), 0);
    for (unsigned i = 0; i < 50; i++) { /* printing meanwhile */
        struct buf out;
        buf_init(&out, 1 << 24);
        count_print(&out);
        assert_true(buf_ok(&out));
        buf_done(&out);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(count_get(COUNT_RECEIVED, SPAN("acme"), SPAN("browser"), SPAN("name7")),
                     THREADS * TIMES / 200);
    assert_int_equal(count_get(COUNT_COMMIT_SECONDS, (span){0}, (span){0}, (span){0}),
                     THREADS * TIMES);
    count_reset();
}

static bool has_line(const struct buf *out, const char *line)
{
    span rest = buf_span(out), part;
    while (span_split(&rest, '\n', &part))
        if (span_is(part, line))
            return true;
    return false;
}

static void test_print(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1 << 20);
    count_add(COUNT_DUPLICATE, SPAN("a\"b\\c\nd"), (span){0}, (span){0}, 2);
    count_add(COUNT_DELIVERIES, SPAN("acme"), SPAN("meta"), SPAN("delivered"), 40);
    count_add(COUNT_DELIVERIES, SPAN("acme"), SPAN("meta"), SPAN("delivered"), 2);
    count_set(COUNT_JOURNAL_ROWS, (span){0}, (span){0}, (span){0}, 9);
    count_set(COUNT_JOURNAL_ROWS, (span){0}, (span){0}, (span){0}, 7);
    count_observe(COUNT_ACK_SECONDS, 300); /* le 0.0005 */
    count_observe(COUNT_ACK_SECONDS, 250); /* le 0.00025: bounds belong to their bucket */
    count_observe(COUNT_ACK_SECONDS, -5);  /* a clock set back */
    count_observe(COUNT_ACK_SECONDS, INT64_C(7200000000)); /* two hours */
    count_print(&out);
    assert_true(has_line(&out, "sidetrack_events_duplicate_total{store=\"a\\\"b\\\\c\\nd\"} 2"));
    assert_true(has_line(&out, "sidetrack_deliveries_total{store=\"acme\",destination=\"meta\","
                               "verdict=\"delivered\"} 42"));
    assert_true(has_line(&out, "sidetrack_journal_rows 7"));
    assert_true(has_line(&out, "# TYPE sidetrack_ack_seconds histogram"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_bucket{le=\"0.00025\"} 2"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_bucket{le=\"0.0005\"} 3"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_bucket{le=\"3600\"} 3"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_bucket{le=\"+Inf\"} 4"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_sum 7200.000550"));
    assert_true(has_line(&out, "sidetrack_ack_seconds_count 4"));
    buf_done(&out);
    count_reset();
    assert_int_equal(count_get(COUNT_JOURNAL_ROWS, (span){0}, (span){0}, (span){0}), 0);
}

static void test_strangers_cannot_grow_it(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CELLS_CEILING + 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "n%u", i);
        count_add(COUNT_RECEIVED, SPAN("acme"), SPAN("api"), span_of(name), 1);
    }
    assert_int_equal(count_get(COUNT_RECEIVED, SPAN("other"), SPAN("other"), SPAN("other")), 1000);
    assert_int_equal(own()->count, CELLS_CEILING + 1);
    count_add(COUNT_REJECTED, SPAN("late"), (span){0}, (span){0}, 3);
    assert_int_equal(count_get(COUNT_REJECTED, SPAN("other"), (span){0}, (span){0}), 3);
    count_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_print),
        cmocka_unit_test(test_strangers_cannot_grow_it),
    };
    return CHECK_RUN(tests);
}
