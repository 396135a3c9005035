/* ULIDs: the specification's example, refusals, and that text order is time order. */
#include "../../../src/base/ulid.c"

#include "check.h"

static void test_known(void **state)
{
    (void)state;
    /* From the README of github.com/ulid/javascript: ulid(1469918176385) begins 01ARYZ6S41. */
    assert_true(ulid_valid(SPAN("01ARYZ6S410000000000000000")));
    assert_int_equal(ulid_time(SPAN("01ARYZ6S410000000000000000")), 1469918176385);
    assert_int_equal(ulid_time(SPAN("01aryz6s41tsv4rrffq69g5fav")), 1469918176385);
    assert_int_equal(ulid_time(SPAN("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")), (INT64_C(1) << 48) - 1);
    assert_int_equal(ulid_time(SPAN("00000000000000000000000000")), 0);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "01ARYZ6S41000000000000000",
        "01ARYZ6S4100000000000000000",
        "81ARYZ6S410000000000000000",
        "01ARYZ6S41000000000000000I",
        "01ARYZ6S41000000000000000L",
        "01ARYZ6S41000000000000000O",
        "01ARYZ6S41000000000000000U",
        "01ARYZ6S41000000000000000-",
        "01ARYZ6S41000000000000000o",
        "01ARYZ6S4\2000000000000000000",
        "zzzzzzzzzzzzzzzzzzzzzzzzzz",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(ulid_valid(span_of(wrong[i])));
    assert_false(ulid_valid((span){0}));
    assert_false(ulid_valid(SPAN("01ARYZ6S41\0"
                                 "000000000000000")));
}

static void test_make(void **state)
{
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 1469918176385);
    char text[ULID_LEN + 1];
    ulid_make(&fake.clock, text);
    /* Chance counts 1, 2: the last digit of each half. */
    assert_string_equal(text, "01ARYZ6S410000000100000002");
    fake.at = -1;
    ulid_make(&fake.clock, text);
    assert_true(ulid_valid(span_of(text)));
}

static void test_order(void **state)
{
    (void)state;
    struct clock_fake fake;
    clock_fake_init(&fake, 0);
    uint64_t chance = 26;
    for (int i = 0; i < 20000; i++) {
        char a[ULID_LEN + 1], b[ULID_LEN + 1];
        int64_t at_a = (int64_t)(check_random(&chance) >> 16);
        int64_t at_b = i % 2 ? (int64_t)(check_random(&chance) >> 16) : at_a + 1;
        fake.seed = check_random(&chance);
        fake.at = at_a;
        ulid_make(&fake.clock, a);
        fake.at = at_b;
        ulid_make(&fake.clock, b);
        assert_true(ulid_valid(span_of(a)) && ulid_valid(span_of(b)));
        assert_int_equal(ulid_time(span_of(a)), at_a);
        if (at_a != at_b && at_b < INT64_C(1) << 48)
            assert_int_equal(strcmp(a, b) < 0, at_a < at_b);
    }
}

static void test_real(void **state)
{
    (void)state;
    char a[ULID_LEN + 1], b[ULID_LEN + 1];
    ulid_make(&clock_real, a);
    ulid_make(&clock_real, b);
    assert_string_not_equal(a, b);
    assert_true(clock_now(&clock_real) - ulid_time(span_of(a)) < MINUTE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known), cmocka_unit_test(test_refused), cmocka_unit_test(test_make),
        cmocka_unit_test(test_order), cmocka_unit_test(test_real),
    };
    return CHECK_RUN(tests);
}
