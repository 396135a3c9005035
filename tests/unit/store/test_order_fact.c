/* Facts, the memory of what was sent, and who told of a checkout: each once. */
#include "../../../src/store/order_fact.c"

#include "kit.h"

static void test_facts_once(void **state)
{
    struct kit *kit = *state;
    struct order_fact fact = {
        .order = 5, .what = EVENT_ORDER_REFUNDED, .subject = SPAN("r1"), .seq = 9, .at = KIT_NOW};
    struct order_fact *facts = NULL;
    unsigned count = 0;
    kit_turn(kit);
    check_ok(order_fact_put(kit->store, &fact));
    fact.seq = 99;
    fact.applied = true;
    assert_int_equal(order_fact_put(kit->store, &fact), CONFLICT); /* and changes nothing */
    fact.what = EVENT_ORDER_CANCELLED;
    fact.subject = (span){0};
    fact.seq = 3;
    fact.applied = false;
    check_ok(order_fact_put(kit->store, &fact));
    fact.subject = SPAN("");
    assert_int_equal(order_fact_put(kit->store, &fact), CONFLICT); /* absent is "" here */
    fact.order = 6;
    check_ok(order_fact_put(kit->store, &fact));
    kit_commit(kit);
    check_ok(order_facts(kit->view, &kit->arena, 5, &facts, &count));
    assert_int_equal(count, 2);
    assert_int_equal(facts[0].what, EVENT_ORDER_CANCELLED); /* by seq */
    assert_int_equal(facts[1].what, EVENT_ORDER_REFUNDED);
    check_span(facts[1].subject, "r1");
    assert_int_equal(facts[1].seq, 9);
    assert_int_equal(facts[1].at, KIT_NOW);
    assert_false(facts[1].applied);

    kit_turn(kit);
    check_ok(order_fact_applied(kit->store, &facts[1]));
    facts[1].subject = SPAN("r2");
    assert_int_equal(order_fact_applied(kit->store, &facts[1]), MISSING);
    kit_commit(kit);
    check_ok(order_facts(kit->view, &kit->arena, 5, &facts, &count));
    assert_true(facts[1].applied);
    assert_false(facts[0].applied);
}

static void test_once(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    check_ok(order_once(kit->store, 1, SPAN("820982911946154508"), KIT_NOW));
    assert_int_equal(order_once(kit->store, 1, SPAN("820982911946154508"), KIT_NOW + 9), CONFLICT);
    check_ok(order_once(kit->store, 2, SPAN("820982911946154508"), KIT_NOW));
    check_ok(order_once(kit->store, 1, SPAN("820982911946154509"), KIT_NOW));
    kit_commit(kit);
    kit_turn(kit); /* no retention reaches it */
    enum status status = store_retain(kit->store, INT64_MAX, INT64_MAX, INT64_MAX, 1000);
    assert_int_equal(status, OK);
    assert_int_equal(order_once(kit->store, 1, SPAN("820982911946154508"), KIT_NOW), CONFLICT);
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT sum(length(key) = 16) FROM order_once"), 3);
}

static void test_checkout(void **state)
{
    struct kit *kit = *state;
    unsigned before = 99;
    kit_turn(kit);
    check_ok(order_checkout(kit->store, 1, SPAN("tok"), CHECKOUT_BY_SERVER, KIT_NOW, &before));
    assert_int_equal(before, 0);
    check_ok(order_checkout(kit->store, 1, SPAN("tok"), CHECKOUT_BY_SERVER, KIT_NOW, &before));
    assert_int_equal(before, CHECKOUT_BY_SERVER);
    check_ok(order_checkout(kit->store, 1, SPAN("tok"), CHECKOUT_BY_BROWSER, KIT_NOW, &before));
    assert_int_equal(before, CHECKOUT_BY_SERVER);
    check_ok(order_checkout(kit->store, 1, SPAN("tok"), CHECKOUT_BY_BROWSER, KIT_NOW, &before));
    assert_int_equal(before, CHECKOUT_BY_SERVER | CHECKOUT_BY_BROWSER);
    check_ok(order_checkout(kit->store, 2, SPAN("tok"), CHECKOUT_BY_BROWSER, KIT_NOW, &before));
    assert_int_equal(before, 0);
    kit_commit(kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_facts_once),
        KIT_TEST(test_once),
        KIT_TEST(test_checkout),
    };
    return CHECK_RUN(tests);
}
