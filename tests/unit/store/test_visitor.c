/* Browsers, and whose they were when. */
#include "../../../src/store/visitor.c"

#include "kit.h"

static void test_row_comes_back(void **state)
{
    struct kit *kit = *state;
    struct visitor_row got = {0};
    struct visitor_row row = {
        .visitor = SPAN("01JDVISITOR"),
        .first_at = KIT_NOW,
        .last_at = KIT_NOW + 9,
        .consent = {.analytics = CONSENT_GRANTED,
                    .marketing = CONSENT_DENIED,
                    .source = SPAN("shopify_cpa"),
                    .region = SPAN("US-CA"),
                    .at = KIT_NOW + 3},
        .client = {.ip = SPAN("192.0.2.7"),
                   .user_agent = SPAN("Mozilla/5.0 (X11) \\ \"x\""),
                   .fbp = SPAN("fb.1.1764000000000.123"),
                   .gad = SPAN("{\"gad_source\":\"1\"}"),
                   .landing = {.url = SPAN("https://shop.example/?a=b"), .at = KIT_NOW}},
    };
    assert_int_equal(visitor_get(kit->view, &kit->arena, kit->shop, row.visitor, &got), MISSING);
    kit_turn(kit);
    check_ok(visitor_put(kit->store, kit->shop, &row));
    kit_commit(kit);
    check_ok(visitor_get(kit->view, &kit->arena, kit->shop, row.visitor, &got));
    check_span(got.visitor, "01JDVISITOR");
    assert_int_equal(got.first_at, KIT_NOW);
    assert_int_equal(got.last_at, KIT_NOW + 9);
    assert_int_equal(got.consent.analytics, CONSENT_GRANTED);
    assert_int_equal(got.consent.marketing, CONSENT_DENIED);
    assert_int_equal(got.consent.preferences, CONSENT_UNKNOWN);
    check_span(got.consent.source, "shopify_cpa");
    check_span(got.consent.region, "US-CA");
    assert_int_equal(got.consent.at, KIT_NOW + 3);
    check_span(got.client.ip, "192.0.2.7");
    check_span(got.client.user_agent, "Mozilla/5.0 (X11) \\ \"x\"");
    check_span(got.client.fbp, "fb.1.1764000000000.123");
    check_span(got.client.gad, "{\"gad_source\":\"1\"}");
    check_span(got.client.landing.url, "https://shop.example/?a=b");
    check_absent(got.client.gclid);

    row.client = (struct client){.ip = SPAN("192.0.2.8")};
    row.consent = (struct consent){0};
    kit_turn(kit);
    check_ok(visitor_put(kit->store, kit->shop, &row));
    kit_commit(kit);
    check_ok(visitor_get(kit->view, &kit->arena, kit->shop, row.visitor, &got));
    check_span(got.client.ip, "192.0.2.8");
    check_absent(got.client.fbp);
    assert_int_equal(got.consent.analytics, CONSENT_UNKNOWN);
    assert_int_equal(visitor_get(kit->view, &kit->arena, kit->shop + 1, row.visitor, &got),
                     MISSING);
}

/* All orders in which four changes of owner can arrive give the same answer at every time. */
static void test_intervals(void **state)
{
    struct kit *kit = *state;
    const int64_t since[] = {100, 200, 300, 400};
    const int64_t person[] = {11, 12, 11, 13};
    for (unsigned order = 0; order < 24; order++) {
        unsigned left[] = {0, 1, 2, 3}, count = 4, code = order;
        char visitor[8];
        snprintf(visitor, sizeof visitor, "v%u", order);
        kit_turn(kit);
        while (count) {
            unsigned at = code % count, which = left[at];
            code /= count;
            left[at] = left[--count];
            check_ok(visitor_own(kit->store, kit->shop, span_of(visitor), since[which],
                                 person[which], 0));
        }
        kit_commit(kit);
        assert_int_equal(visitor_owner(kit->view, kit->shop, span_of(visitor), 99), 0);
        for (unsigned i = 0; i < 4; i++) {
            assert_int_equal(visitor_owner(kit->view, kit->shop, span_of(visitor), since[i]),
                             person[i]);
            assert_int_equal(visitor_owner(kit->view, kit->shop, span_of(visitor), since[i] + 99),
                             person[i]);
        }
        assert_int_equal(visitor_owner(kit->view, kit->shop + 1, span_of(visitor), 400), 0);
    }
}

static void test_owner_lives_on(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    check_ok(visitor_own(kit->store, kit->shop, SPAN("v"), 100, 11, 0));
    check_ok(visitor_own(kit->store, kit->shop, SPAN("v"), 200, 14, 0));
    check_ok(person_merge(kit->store, 11, 12, SPAN("r"), 1, 1));
    check_ok(person_merge(kit->store, 12, 13, SPAN("r"), 1, 1));
    kit_commit(kit);
    assert_int_equal(visitor_owner(kit->view, kit->shop, SPAN("v"), 150), 13);
    assert_int_equal(visitor_owner(kit->view, kit->shop, SPAN("v"), 250), 14);
}

static void test_count_of(void **state)
{
    struct kit *kit = *state;
    char visitor[16];
    kit_turn(kit);
    for (int i = 0; i < 30; i++) {
        snprintf(visitor, sizeof visitor, "v%d", i % 20); /* ten of them twice */
        check_ok(visitor_own(kit->store, kit->shop, span_of(visitor), i, i % 2 ? 11 : 12, 0));
    }
    check_ok(visitor_own(kit->store, kit->shop + 1, SPAN("w"), 1, 11, 0));
    kit_commit(kit);
    assert_int_equal(visitor_count_of(kit->view, kit->shop, 11), 10);
    assert_int_equal(visitor_count_of(kit->view, kit->shop, 99), 0);
    kit_turn(kit);
    check_ok(person_merge(kit->store, 11, 12, SPAN("r"), 1, 1));
    kit_commit(kit);
    assert_int_equal(visitor_count_of(kit->view, kit->shop, 12), 20);
    assert_int_equal(visitor_count_of(kit->view, kit->shop, 11), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_row_comes_back),
        KIT_TEST(test_intervals),
        KIT_TEST(test_owner_lives_on),
        KIT_TEST(test_count_of),
    };
    return CHECK_RUN(tests);
}
