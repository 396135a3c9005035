/* A project's requests are counted together, whoever makes them (contract 2.4: 300 a minute). */
#include "../../../src/pipeline/quota.c"

#include "../base/check.h"

static const struct lane lanes[] = {
    {.name = "things", .events = 1, .per_minute = 300},
    {.name = "others", .events = 1, .per_minute = 60},
    {.name = NULL},
};
struct project_settings {
    struct settings common;
    uint64_t project;
};

static uint64_t project_of(const struct settings *settings, struct arena *arena)
{
    (void)arena;
    return ((const struct project_settings *)(const void *)settings)->project;
}

static const struct destination counted = {.name = "counted", .lanes = lanes, .quota = project_of};
static const struct destination alone = {.name = "alone", .lanes = lanes};

/* How many requests both make in a minute, as fast as each is allowed to. */
static unsigned in_a_minute(struct quota *one, struct quota *other, unsigned lane)
{
    unsigned count = 0;
    for (int64_t now = 1000; now < 61000; now += 5)
        for (unsigned i = 0; i < 2; i++) {
            struct pace_lane *pace = &(i ? other : one)->lanes[lane];
            if (pace_lane_wait(pace, &lanes[lane], now) > 0)
                continue;
            pace_lane_take(pace, &lanes[lane], now);
            count++;
        }
    return count;
}

static void test_stores_of_a_project_share(void **state)
{
    (void)state;
    struct quota *list = NULL;
    struct project_settings a = {.project = 7}, b = {.project = 7}, c = {.project = 8};
    struct quota *one = quota_join(&list, &counted, &a.common, NULL);
    struct quota *two = quota_join(&list, &counted, &b.common, NULL);
    struct quota *three = quota_join(&list, &counted, &c.common, NULL);
    assert_in_range(in_a_minute(one, two, 0), 280, 300);
    assert_in_range(in_a_minute(one, two, 1), 55, 60);
    assert_in_range(in_a_minute(two, three, 0), 280, 600); /* `three` has all of its own */
    quota_leave(&list, one);
    struct quota *again = quota_join(&list, &counted, &a.common, NULL);
    assert_ptr_equal(again, two); /* it is still there */
    quota_leave(&list, two);
    quota_leave(&list, again);
    quota_leave(&list, three);
    assert_null(list);
}

static void test_others_have_their_own(void **state)
{
    (void)state;
    struct quota *list = NULL;
    struct project_settings a = {.project = 7};
    struct quota *one = quota_join(&list, &alone, &a.common, NULL);
    struct quota *two = quota_join(&list, &alone, &a.common, NULL);
    assert_in_range(in_a_minute(one, two, 0), 560, 600);
    quota_leave(&list, one);
    quota_leave(&list, two);
    assert_null(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stores_of_a_project_share),
        cmocka_unit_test(test_others_have_their_own),
    };
    return CHECK_RUN(tests);
}
