/* Clocks: the real one moves and agrees with the system's, the fake one stands still. */
#include "../../../src/base/clock.c"

#include "check.h"

static void test_real(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_now(&clock_real);
    int64_t after = ((int64_t)time(NULL) + 1) * 1000;
    assert_true(before <= now && now <= after);
    uint64_t ones = 0, zeros = 0;
    for (int i = 0; i < 64; i++) {
        uint64_t chance = clock_real.random(&clock_real);
        ones |= chance;
        zeros |= ~chance;
    }
    /* Every bit was seen both ways: by chance this fails once in 2^57 runs. */
    assert_true(ones == UINT64_MAX && zeros == UINT64_MAX);
}

static void test_monotonic(void **state)
{
    (void)state;
    int64_t first = clock_monotonic_us();
    const struct timespec pause = {.tv_nsec = 2000000};
    nanosleep(&pause, NULL);
    assert_true(clock_monotonic_us() - first >= 2000);
}

static void test_fake(void **state)
{
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 1764000000000);
    const struct clock *clock = &fake.clock;
    assert_int_equal(clock_now(clock), 1764000000000);
    assert_int_equal(clock_now(clock), 1764000000000);
    fake.at += HOUR_MS;
    assert_int_equal(clock_now(clock), 1764003600000);
    assert_int_equal(clock->random(clock), 1);
    assert_int_equal(clock->random(clock), 2);
    fake.seed = 99;
    assert_int_equal(clock->random(clock), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real),
        cmocka_unit_test(test_monotonic),
        cmocka_unit_test(test_fake),
    };
    return CHECK_RUN(tests);
}
