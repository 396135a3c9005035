/* Signs of life: what is counted, of whom, of when. */
#include "../../../src/store/signs.c"

#include "kit.h"

static void add(struct kit *kit, enum event_source source, enum event_name name, int64_t arrived,
                int64_t lag)
{
    struct journal_row row = kit_row(kit);
    row.source = source;
    row.name = name;
    row.received_at = arrived;
    row.at = arrived - lag;
    kit_append(kit, row);
}

static void test_counts_by_source_within_the_span(void **state)
{
    struct kit *kit = *state;
    struct signs signs;
    kit_turn(kit);
    add(kit, SOURCE_BROWSER, EVENT_PAGE_VIEWED, KIT_NOW - HOUR_MS - 1, 0);
    add(kit, SOURCE_BROWSER, EVENT_PAGE_VIEWED, KIT_NOW - HOUR_MS, 0);
    add(kit, SOURCE_PIXEL, EVENT_CHECKOUT_COMPLETED, KIT_NOW - 5000, 0);
    add(kit, SOURCE_SHOPIFY, EVENT_ORDER_PLACED, KIT_NOW - 4000, 700);
    add(kit, SOURCE_SHOPIFY, EVENT_ORDER_PLACED, KIT_NOW - 3000, -300);
    add(kit, SOURCE_BROWSER, EVENT_PAGE_VIEWED, KIT_NOW, 0);
    kit_commit(kit);
    assert_int_equal(signs_first(kit->view), KIT_NOW - HOUR_MS - 1);
    check_ok(signs_count(kit->view, kit->shop, KIT_NOW - HOUR_MS, KIT_NOW, &signs));
    assert_int_equal(signs.browser, 2);
    assert_int_equal(signs.hooks, 2);
    assert_int_equal(signs.checkouts, 1);
    assert_int_equal(signs.lag_least, -300);
    check_ok(signs_count(kit->view, kit->shop + 1, KIT_NOW - HOUR_MS, KIT_NOW, &signs));
    assert_int_equal(signs.browser + signs.hooks + signs.checkouts + signs.lag_least, 0);
}

static void test_an_empty_journal(void **state)
{
    struct kit *kit = *state;
    struct signs signs;
    assert_int_equal(signs_first(kit->view), 0);
    check_ok(signs_count(kit->view, kit->shop, 0, KIT_NOW, &signs));
    assert_int_equal(signs.browser + signs.hooks, 0);
}

static void test_looks_at_the_newest_rows_only(void **state)
{
    struct kit *kit = *state;
    struct signs signs;
    kit_turn(kit);
    add(kit, SOURCE_SHOPIFY, EVENT_ORDER_PLACED, KIT_NOW - 10, 0);
    for (unsigned i = 0; i < SIGNS_LOOKED; i++)
        add(kit, SOURCE_BROWSER, EVENT_PAGE_VIEWED, KIT_NOW - 5, 0);
    kit_commit(kit);
    check_ok(signs_count(kit->view, kit->shop, 0, KIT_NOW, &signs));
    assert_int_equal(signs.browser, SIGNS_LOOKED);
    assert_int_equal(signs.hooks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_counts_by_source_within_the_span),
        KIT_TEST(test_an_empty_journal),
        KIT_TEST(test_looks_at_the_newest_rows_only),
    };
    return CHECK_RUN(tests);
}
