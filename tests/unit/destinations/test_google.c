/* How old a conversion and its adjustments may be (contract 2.6): the order's time counts. */
#include "../../../src/destinations/google.c"
#include "check.h"

#define NOW INT64_C(1764000000000)

static int64_t age_for(enum google_api api, enum event_name name, int64_t order_age,
                       int64_t event_age)
{
    struct google_settings google = {.api = api};
    struct event event = {.name = name, .at = NOW - event_age};
    event.order.created_at = NOW - order_age;
    return max_age(&google.common, &event);
}

static bool in_time(enum google_api api, enum event_name name, int64_t order_age, int64_t event_age)
{
    return event_age <= age_for(api, name, order_age, event_age);
}

static void test_a_conversion_by_its_own_time(void **state)
{
    (void)state;
    int64_t most = 90 * DAY_MS - HOUR_MS;
    for (enum google_api api = GOOGLE_DATA_MANAGER; api <= GOOGLE_ADS; api++) {
        assert_true(in_time(api, EVENT_ORDER_PLACED, most, most));
        assert_false(in_time(api, EVENT_ORDER_PLACED, most + 1, most + 1));
    }
}

static void test_an_adjustment_by_its_order(void **state)
{
    (void)state;
    const struct {
        enum google_api api;
        int64_t days;
    } limits[] = {
        {GOOGLE_DATA_MANAGER, 90},
        {GOOGLE_ADS, 55},
    };
    const enum event_name names_[] = {EVENT_ORDER_REFUNDED, EVENT_ORDER_CANCELLED,
                                      EVENT_ORDER_EDITED};
    for (unsigned i = 0; i < COUNT_OF(limits); i++)
        for (unsigned n = 0; n < COUNT_OF(names_); n++) {
            int64_t most = limits[i].days * DAY_MS - HOUR_MS;
            /* made just now, and made long ago: it is the order that ages */
            assert_true(in_time(limits[i].api, names_[n], most, 0));
            assert_true(in_time(limits[i].api, names_[n], most, DAY_MS));
            assert_false(in_time(limits[i].api, names_[n], most + 1, 2));
            assert_false(in_time(limits[i].api, names_[n], most + DAY_MS, 2));
            assert_true(age_for(limits[i].api, names_[n], 400 * DAY_MS, 0) > 0);
        }
}

static void test_an_order_without_its_time(void **state)
{
    (void)state;
    struct google_settings google = {.api = GOOGLE_DATA_MANAGER};
    struct event event = {.name = EVENT_ORDER_REFUNDED, .at = NOW};
    assert_int_equal(max_age(&google.common, &event), 90 * DAY_MS - HOUR_MS);
}

/* One Cloud project, however it is named, has one quota. */
static void test_whose_requests_are_counted(void **state)
{
    (void)state;
    const struct google_settings one = {.client_id = SPAN("1234-abc.apps.example")},
                                 same = {.client_id = SPAN("1234-other.apps.example")},
                                 other = {.client_id = SPAN("1235-abc.apps.example")},
                                 key = {.service_account = SPAN("{\"project_id\":\"shop-1\"}")},
                                 named = {.client_id = SPAN("9-x"),
                                          .quota_project = SPAN("shop-1")},
                                 none = {.customer_id = SPAN("1")};
    assert_true(quota(&one.common, &arena) == quota(&same.common, &arena));
    assert_true(quota(&one.common, &arena) != quota(&other.common, &arena));
    assert_true(quota(&key.common, &arena) == quota(&named.common, &arena));
    assert_true(quota(&none.common, &arena) != 0);
}

CHECK_MAIN(cmocka_unit_test(test_a_conversion_by_its_own_time),
           cmocka_unit_test(test_an_adjustment_by_its_order),
           cmocka_unit_test(test_an_order_without_its_time),
           cmocka_unit_test(test_whose_requests_are_counted))
