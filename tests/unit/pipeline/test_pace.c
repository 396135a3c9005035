/* Rates hold in every window, back-off keeps its bounds, the circuit opens and closes. */
#include "../../../src/pipeline/pace.c"

#include "../base/check.h"

/* Sends as fast as allowed for `for_ms`; the most requests that any window of `window` ms saw. */
static unsigned most_in_a_window(const struct lane *lane, int64_t for_ms, int64_t window)
{
    static int64_t times[200000];
    struct pace_lane state = {0};
    unsigned count = 0, most = 0;
    for (int64_t now = 1000; now < 1000 + for_ms;) {
        int64_t wait = pace_lane_wait(&state, lane, now);
        if (wait > 0) {
            now += wait;
            continue;
        }
        pace_lane_take(&state, lane, now);
        assert_true(count < COUNT_OF(times));
        times[count++] = now;
    }
    for (unsigned from = 0, to = 0; to < count; to++) {
        while (times[to] - times[from] >= window)
            from++;
        most = to - from + 1 > most ? to - from + 1 : most;
    }
    return most;
}

static void test_rates_hold(void **state)
{
    (void)state;
    const struct lane second = {.name = "s", .per_second = 350};
    assert_in_range(most_in_a_window(&second, 10000, 1000), 315, 350);
    const struct lane minute = {.name = "m", .per_minute = 3500};
    assert_in_range(most_in_a_window(&minute, 300000, 60000), 3150, 3500);
    const struct lane both = {.name = "b", .per_second = 350, .per_minute = 3500};
    assert_in_range(most_in_a_window(&both, 300000, 1000), 50, 350);
    assert_in_range(most_in_a_window(&both, 300000, 60000), 3150, 3500);
    const struct lane slow = {.name = "1", .per_second = 1};
    assert_in_range(most_in_a_window(&slow, 60000, 1000), 1, 2);
}

static void test_no_limit_and_retry_after(void **state)
{
    (void)state;
    const struct lane lane = {.name = "free"};
    struct pace_lane pace = {0};
    for (unsigned i = 0; i < 1000; i++) {
        assert_int_equal(pace_lane_wait(&pace, &lane, 5000), 0);
        pace_lane_take(&pace, &lane, 5000);
    }
    pace.hold_until = 9000;
    assert_int_equal(pace_lane_wait(&pace, &lane, 5000), 4000);
    assert_int_equal(pace_lane_wait(&pace, &lane, 9000), 0);
}

static void test_clock_set_back(void **state)
{
    (void)state;
    const struct lane lane = {.name = "s", .per_second = 10};
    struct pace_lane pace = {0};
    pace_lane_take(&pace, &lane, 1000000);
    assert_in_range(pace_lane_wait(&pace, &lane, 1000), 1, 200); /* not a quarter of an hour */
}

static void test_backoff_bounds(void **state)
{
    (void)state;
    struct clock_fake clock;
    clock_fake_init(&clock, 0);
    int64_t most = 5000, widest[12] = {0};
    for (unsigned failures = 1; failures <= 12; failures++) {
        for (unsigned i = 0; i < 2000; i++) {
            clock.seed = (uint64_t)i * 7919 * 1013;
            int64_t delay = pace_backoff(&pace_usual, &clock.clock, failures);
            assert_in_range(delay, 0, most);
            widest[failures - 1] = delay > widest[failures - 1] ? delay : widest[failures - 1];
        }
        assert_true(widest[failures - 1] > most * 9 / 10); /* full jitter uses all of it */
        most = most * 2 < 900000 ? most * 2 : 900000;
    }
}

static void test_grow(void **state)
{
    (void)state;
    const int64_t expected[] = {2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (unsigned i = 0; i < COUNT_OF(expected); i++)
        assert_int_equal(pace_grow(2000, 60000, i), expected[i]);
    assert_int_equal(pace_grow(2000, 60000, 4000000), 60000);
}

static void test_circuit(void **state)
{
    (void)state;
    struct clock_fake clock;
    clock_fake_init(&clock, 1000);
    struct pace_circuit circuit = {0};
    for (unsigned i = 0; i < 4; i++)
        assert_false(pace_circuit_failed(&circuit, &pace_usual, &clock.clock));
    assert_false(pace_circuit_worked(&circuit)); /* in a row, or it does not count */
    for (unsigned i = 0; i < 4; i++)
        assert_false(pace_circuit_failed(&circuit, &pace_usual, &clock.clock));
    assert_false(circuit.open);
    assert_true(pace_circuit_failed(&circuit, &pace_usual, &clock.clock));
    assert_true(circuit.open);
    assert_in_range(circuit.probe_at, 1000, 6000);
    assert_false(pace_circuit_failed(&circuit, &pace_usual, &clock.clock)); /* open already */
    assert_in_range(circuit.probe_at, 1000, 11000);
    assert_true(pace_circuit_worked(&circuit));
    assert_false(circuit.open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates_hold),     cmocka_unit_test(test_no_limit_and_retry_after),
        cmocka_unit_test(test_clock_set_back), cmocka_unit_test(test_backoff_bounds),
        cmocka_unit_test(test_grow),           cmocka_unit_test(test_circuit),
    };
    return CHECK_RUN(tests);
}
