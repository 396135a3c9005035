/* Which events may share a request to GA, and whom they come from. */
#include "../../../src/destinations/analytics.c"

#include "check.h"

static const struct shop shop = {.name = {"acme", 4}};
static const struct analytics_stream stream = {.common = {.shop = &shop}};
static const struct settings *const settings = &stream.common;

static struct event of(const char *ga, const char *visitor)
{
    return (struct event){.id = SPAN("e"),
                          .name = EVENT_PRODUCT_VIEWED,
                          .client = {.ga = span_of(ga), .ip = SPAN("203.0.113.7")},
                          .who = {.visitor = span_of(visitor)}};
}

static bool together(const struct event *a, const struct event *b)
{
    bool yes = analytics_together(settings, a, b);
    assert_true(yes == analytics_together(settings, b, a));
    return yes;
}

static span client_of(const struct event *event)
{
    struct analytics_visitor visitor;
    analytics_visitor_read(&arena, settings, event, false, &visitor);
    return visitor.client_id;
}

static void test_one_visitor(void **state)
{
    (void)state;
    struct event a = of("GA1.1.1.2", "V"), b = of("GA1.1.1.2", "V");
    b.id = SPAN("other");
    b.name = EVENT_CART_VIEWED;
    assert_true(together(&a, &b));
    struct event other = of("GA1.1.1.3", "V");
    assert_false(together(&a, &other));
    other = of("GA1.1.1.2", "W");
    assert_false(together(&a, &other));
    struct event without = of(NULL, "V"), too = of(NULL, "V");
    assert_true(together(&without, &too));
    assert_false(together(&without, &a));
}

/* What is said once for a request must be the same for all of it. */
static void test_what_is_said_once(void **state)
{
    (void)state;
    const struct event a = of("GA1.1.1.2", "V");
    struct event b = a;
    b.who.customer_id = SPAN("42");
    assert_false(together(&a, &b));
    b = a, b.who.email = SPAN("jane@example.com");
    assert_false(together(&a, &b));
    b = a, b.who.phone = SPAN("+16505551212");
    assert_false(together(&a, &b));
    b = a, b.client.ip = SPAN("203.0.113.8");
    assert_false(together(&a, &b));
    b = a, b.client.user_agent = SPAN("Mozilla");
    assert_false(together(&a, &b));
    b = a, b.consent.marketing = CONSENT_GRANTED;
    assert_false(together(&a, &b));
}

/* Whoever may travel together has the same client id: also where the cookie is nonsense. */
static void test_together_means_the_same_client(void **state)
{
    (void)state;
    static const char *const cookies[] = {NULL, "nonsense", "GA1.1.1.2", "GA1.1.x.2"};
    static const char *const visitors[] = {NULL, "V", "W"};
    unsigned pairs = 0;
    for (unsigned i = 0; i < 12 * 12; i++) {
        struct event a = of(cookies[i % 4], visitors[i / 4 % 3]);
        struct event b = of(cookies[i / 12 % 4], visitors[i / 48]);
        a.order.key = SPAN("o_1");
        b.order.key = SPAN("o_2");
        if (!together(&a, &b))
            continue;
        assert_true(span_equal(client_of(&a), client_of(&b)));
        pairs++;
    }
    assert_int_equal(pairs, 4 * 2 + 1); /* each cookie with a visitor, a true one without */
}

static void test_derived_ids(void **state)
{
    (void)state;
    static const struct shop elsewhere = {.name = {"other", 5}};
    const struct analytics_stream theirs = {.common = {.shop = &elsewhere}};
    struct event a = of(NULL, "V");
    struct analytics_visitor there;
    analytics_visitor_read(&arena, &theirs.common, &a, false, &there);
    assert_false(span_equal(client_of(&a), there.client_id)); /* no shop knows another's visitors */
    assert_false(span_empty(analytics_client_id(client_of(&a))));
    analytics_visitor_read(&arena, settings, &a, true, &there);
    assert_false(span_equal(client_of(&a), there.client_id));
}

CHECK_MAIN(cmocka_unit_test(test_one_visitor), cmocka_unit_test(test_what_is_said_once),
           cmocka_unit_test(test_together_means_the_same_client),
           cmocka_unit_test(test_derived_ids))
