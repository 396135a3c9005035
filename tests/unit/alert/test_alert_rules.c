/* Each rule from both sides of its threshold; a gateway that is well raises none. */
#include "../../../src/alert/alert_rules.c"

#include "facts.h"

static struct scene scene;
static char said[1000];

static bool ask(const char *rule, bool raised)
{
    struct buf why;
    buf_init(&why, sizeof said);
    bool is = alert_rule_find(span_of(rule))->check(&scene.facts, 0, raised, &why);
    snprintf(said, sizeof said, "%.*s", SPAN_ARG(buf_span(&why)));
    buf_done(&why);
    return is;
}

static int setup(void **state)
{
    (void)state;
    scene_well(&scene);
    return 0;
}

static void test_well(void **state)
{
    (void)state;
    for (unsigned i = 0; i < alert_rule_count; i++) {
        assert_false(ask(alert_rules[i].name, false));
        assert_false(ask(alert_rules[i].name, true));
        assert_true(strlen(alert_rules[i].advice) > 40);
    }
    assert_null(alert_rule_find(SPAN("nothing")));
}

static void test_platform_down(void **state)
{
    (void)state;
    scene.outlet.live = false;
    scene.outlet.backing_off = true;
    scene.outlet.backlog = 212;
    assert_true(ask("platform_down", false));
    assert_string_equal(said, "212 events wait, nothing is lost");
    assert_false(ask("token_dead", false));
    assert_false(ask("backlog_growing", false));
}

static void test_token_dead(void **state)
{
    (void)state;
    scene.outlet.live = false;
    scene.outlet.paused_by_platform = true;
    scene.outlet.reason = SPAN("190: token expired");
    scene.outlet.backlog = 1;
    assert_true(ask("token_dead", false));
    assert_string_equal(said, "it said \"190: token expired\"; 1 event waits, nothing is lost");
    assert_false(ask("platform_down", false));
}

static void test_a_person_who_pauses_is_not_told_of_it(void **state)
{
    (void)state;
    scene.outlet.live = false;
    scene.outlet.backlog = 1000;
    scene.outlet.behind_ms = DAY_MS;
    for (unsigned i = 0; i < alert_rule_count; i++)
        assert_false(ask(alert_rules[i].name, false));
}

static void test_payloads_refused(void **state)
{
    (void)state;
    scene.outlet.refused = 4;
    scene.outlet.delivered = 0;
    assert_false(ask("payloads_refused", false)); /* too few to wake anybody */
    scene.outlet.refused = 5;
    scene.outlet.delivered = 96;
    assert_false(ask("payloads_refused", false)); /* under a twentieth */
    assert_true(ask("payloads_refused", true));
    scene.outlet.delivered = 95;
    scene.outlet.words = SPAN("Invalid parameter");
    assert_true(ask("payloads_refused", false));
    assert_string_equal(
        said, "5 of 100 events in the last hour, mostly because of \"Invalid parameter\"");
    scene.outlet.refused = 0;
    assert_false(ask("payloads_refused", true));
}

static void test_backlog_growing(void **state)
{
    (void)state;
    scene.outlet.backlog = 50;
    scene.outlet.behind_ms = 30 * MINUTE_MS;
    assert_false(ask("backlog_growing", false));
    scene.outlet.behind_ms++;
    assert_true(ask("backlog_growing", false));
    scene.outlet.backlog = 49;
    assert_false(ask("backlog_growing", false)); /* an event that waits for its order */
    scene.outlet.behind_ms = 6 * HOUR_MS + 1;
    assert_true(ask("backlog_growing", false));
    scene.outlet.behind_ms = 10 * MINUTE_MS;
    assert_false(ask("backlog_growing", true));
}

static void test_no_traffic(void **state)
{
    (void)state;
    scene.shop.browser = 5; /* a twentieth of 100, the lower median */
    assert_false(ask("no_traffic", false));
    assert_true(ask("no_traffic", true));
    scene.shop.browser = 4;
    assert_true(ask("no_traffic", false));
    assert_string_equal(said,
                        "4 events from browsers in the last hour, where past weeks had about 100");
    scene.shop.browser = 20;
    assert_false(ask("no_traffic", true));
}

static void test_no_traffic_needs_history(void **state)
{
    (void)state;
    scene.shop.browser = 0;
    scene.shop.browser_weeks[1] = scene.shop.browser_weeks[2] = scene.shop.browser_weeks[3] =
        ALERT_UNKNOWN;
    assert_false(ask("no_traffic", false)); /* one week is not a habit */
    scene.shop.browser_weeks[3] = 30;
    assert_true(ask("no_traffic", false));
    scene.shop.browser_weeks[3] = 19; /* a quiet hour by habit */
    assert_false(ask("no_traffic", false));
    const int64_t one_outage[] = {100, 0, 90, 105};
    memcpy(scene.shop.browser_weeks, one_outage, sizeof one_outage);
    assert_true(ask("no_traffic", false));
}

static void test_webhook_silence(void **state)
{
    (void)state;
    scene.shop.signed_hooks = 0;
    scene.shop.checkouts = 0;
    assert_true(ask("webhook_silence", false));
    scene.shop.hook_weeks[0] = scene.shop.hook_weeks[1] = scene.shop.hook_weeks[2] = ALERT_UNKNOWN;
    scene.shop.checkouts = 2;
    assert_false(ask("webhook_silence", false));
    scene.shop.checkouts = 3; /* needs no history: the browser saw them */
    assert_true(ask("webhook_silence", false));
    assert_string_equal(
        said, "browsers completed 3 checkouts in the last hour and no webhook told of any");
    scene.shop.hooks = false; /* a store without Shopify */
    assert_false(ask("webhook_silence", false));
}

static void test_clock_skew(void **state)
{
    (void)state;
    scene.shop.lag_least = -2 * MINUTE_MS;
    assert_false(ask("clock_skew", false));
    scene.shop.lag_least--;
    assert_true(ask("clock_skew", false));
    scene.shop.lag_count = 9;
    assert_false(ask("clock_skew", false)); /* too few to judge by */
    scene.shop.lag_count = 10;
    scene.shop.lag_least = 11 * MINUTE_MS;
    assert_true(ask("clock_skew", false));
    scene.shop.lag_least = 4 * MINUTE_MS;
    assert_false(ask("clock_skew", false));
    assert_true(ask("clock_skew", true));
}

static void test_disk_filling(void **state)
{
    (void)state;
    scene.facts.disk_free = 5 * GB;
    assert_false(ask("disk_filling", false));
    scene.facts.disk_free = 5 * GB - 1;
    assert_true(ask("disk_filling", false));
    scene.facts.disk_free = 9 * GB;
    assert_true(ask("disk_filling", true)); /* not over before there is room */
    scene.facts.disk_free = 10 * GB;
    assert_false(ask("disk_filling", true));
    scene.facts.disk_size = 0; /* nobody knows */
    scene.facts.disk_free = 0;
    assert_false(ask("disk_filling", false));
    scene.facts.disk_size = 2 * GB; /* a small disk that is half full */
    scene.facts.disk_free = GB;
    assert_false(ask("disk_filling", false));
}

static void test_store_broken(void **state)
{
    (void)state;
    scene.facts.writable = false;
    assert_true(ask("store_broken", false));
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_well),
        TEST(test_platform_down),
        TEST(test_token_dead),
        TEST(test_a_person_who_pauses_is_not_told_of_it),
        TEST(test_payloads_refused),
        TEST(test_backlog_growing),
        TEST(test_no_traffic),
        TEST(test_no_traffic_needs_history),
        TEST(test_webhook_silence),
        TEST(test_clock_skew),
        TEST(test_disk_filling),
        TEST(test_store_broken),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
