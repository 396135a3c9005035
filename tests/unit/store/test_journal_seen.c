/* Copies: what counts as one, and how long it is remembered. */
#include "../../../src/store/journal_seen.c"

#include "kit.h"

static enum status seen(struct kit *kit, int64_t shop, enum event_source source, const char *name,
                        const char *id, int64_t at, int64_t seq, int64_t *ret_first)
{
    return journal_seen(kit->store, shop, source, span_of(name), span_of(id), at, seq, ret_first);
}

static void test_copy(void **state)
{
    struct kit *kit = *state;
    int64_t first = 0, shop = kit->shop;
    kit_turn(kit);
    check_ok(seen(kit, shop, SOURCE_BROWSER, "page_viewed", "a", KIT_NOW, 5, &first));
    assert_int_equal(first, 0);
    assert_int_equal(seen(kit, shop, SOURCE_BROWSER, "page_viewed", "a", KIT_NOW, 6, &first),
                     CONFLICT);
    assert_int_equal(first, 5);
    /* Each part of the key tells two events apart. */
    check_ok(seen(kit, shop + 1, SOURCE_BROWSER, "page_viewed", "a", KIT_NOW, 7, &first));
    check_ok(seen(kit, shop, SOURCE_PIXEL, "page_viewed", "a", KIT_NOW, 8, &first));
    check_ok(seen(kit, shop, SOURCE_BROWSER, "cart_viewed", "a", KIT_NOW, 9, &first));
    check_ok(seen(kit, shop, SOURCE_BROWSER, "page_viewed", "b", KIT_NOW, 10, &first));
    /* And the parts do not run into each other. */
    check_ok(seen(kit, shop, SOURCE_BROWSER, "xa", "b", KIT_NOW, 11, &first));
    check_ok(seen(kit, shop, SOURCE_BROWSER, "x", "ab", KIT_NOW, 12, &first));
    kit_commit(kit);
    kit_turn(kit);
    assert_int_equal(seen(kit, shop, SOURCE_BROWSER, "x", "ab", KIT_NOW, 13, &first), CONFLICT);
    assert_int_equal(first, 12);
    kit_commit(kit);
}

static void test_copy_forgotten_by_rollback(void **state)
{
    struct kit *kit = *state;
    int64_t first = 0;
    kit_turn(kit);
    check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "a", KIT_NOW, 5, &first));
    store_rollback(kit->store);
    kit_turn(kit);
    check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "a", KIT_NOW, 5, &first));
    kit_commit(kit);
}

static void test_window_edges(void **state)
{
    struct kit *kit = *state;
    int64_t first = 0, edge = KIT_NOW / SECOND_MS * SECOND_MS;
    kit_turn(kit);
    check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "last to go", edge - 1, 1, &first));
    check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "first to stay", edge, 2, &first));
    kit_commit(kit);
    kit_turn(kit);
    /* The window begins inside a second: that second stays. */
    assert_int_equal(store_retain(kit->store, 0, edge - 1, 0, 100), OK);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM seen"), 2);
    assert_int_equal(store_retain(kit->store, 0, edge, 0, 100), OK);
    assert_int_equal(seen(kit, 1, SOURCE_BROWSER, "n", "first to stay", edge, 3, &first), CONFLICT);
    check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "last to go", edge - 1, 4, &first));
    kit_commit(kit);
}

static void test_absurd_times(void **state)
{
    struct kit *kit = *state;
    int64_t first = 0;
    const int64_t times[] = {INT64_MIN, -1, 0, INT64_MAX};
    kit_turn(kit);
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        char id[8];
        snprintf(id, sizeof id, "%zu", i);
        check_ok(seen(kit, 1, SOURCE_BROWSER, "n", id, times[i], (int64_t)i + 1, &first));
        assert_int_equal(seen(kit, 1, SOURCE_BROWSER, "n", id, times[i], 99, &first), CONFLICT);
        assert_int_equal(first, i + 1);
    }
    kit_commit(kit);
}

static void test_keys_are_ordered_by_time(void **state)
{
    struct kit *kit = *state;
    int64_t first = 0;
    kit_turn(kit);
    for (int at = 300; at > 0; at--)
        check_ok(seen(kit, 1, SOURCE_BROWSER, "n", "a", at * SECOND_MS, at, &first));
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT sum(seq != place) FROM (SELECT seq, row_number() OVER "
                                     "(ORDER BY key) AS place FROM seen)"),
                     0);
    assert_int_equal(kit_number(kit, "SELECT sum(length(key) != 18) FROM seen"), 0);
}

static void test_delivery(void **state)
{
    struct kit *kit = *state;
    int64_t midnight = (KIT_NOW / DAY_MS + 1) * DAY_MS;
    kit_turn(kit);
    check_ok(journal_delivery(kit->store, 1, SPAN("w1"), midnight - 1));
    assert_int_equal(journal_delivery(kit->store, 1, SPAN("w1"), midnight - 1), CONFLICT);
    assert_int_equal(journal_delivery(kit->store, 1, SPAN("w1"), midnight), CONFLICT);
    assert_int_equal(journal_delivery(kit->store, 1, SPAN("w1"), midnight + 48 * HOUR_MS),
                     CONFLICT);
    assert_int_equal(journal_delivery(kit->store, 1, SPAN("w1"), midnight + 3 * DAY_MS - 1),
                     CONFLICT);
    check_ok(journal_delivery(kit->store, 1, SPAN("w1"), midnight + 3 * DAY_MS));
    check_ok(journal_delivery(kit->store, 2, SPAN("w1"), midnight));
    check_ok(journal_delivery(kit->store, 1, SPAN("w2"), midnight));
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM delivery"), 4);
    kit_turn(kit);
    check_ok(store_retain(kit->store, 0, 0, midnight, 100));
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM delivery"), 3);
}

static void test_quarantine(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    check_ok(journal_quarantine(kit->store, kit->shop, SPAN("shopify"), SPAN("orders/create"),
                                SPAN("not JSON"), SPAN("{\xff\0\x01"), KIT_NOW));
    check_ok(journal_quarantine(kit->store, kit->shop, SPAN("shopify"), (span){0}, SPAN("empty"),
                                (span){0}, KIT_NOW));
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM quarantine WHERE body = x'7bff0001' "
                                     "AND topic = 'orders/create'"),
                     1);
    assert_int_equal(
        kit_number(kit, "SELECT count(*) FROM quarantine WHERE length(body) = 0 AND topic IS NULL"),
        1);
    struct journal_odd *rows = NULL;
    unsigned count = 0;
    check_ok(journal_quarantined(kit->view, &kit->arena, 10, 3, &rows, &count));
    assert_int_equal(count, 2);
    check_span(rows[0].reason, "empty"); /* the newest first */
    assert_int_equal(rows[0].body.len, 0);
    assert_int_equal(rows[1].at, KIT_NOW);
    check_span(rows[1].shop_name, "acme");
    check_span(rows[1].source, "shopify");
    check_span(rows[1].topic, "orders/create");
    check_span(rows[1].reason, "not JSON");
    assert_int_equal(rows[1].body.len, 3); /* cut, and a NUL is a byte like others */
    assert_memory_equal(rows[1].body.ptr, "{\xff\0", 3);
    check_ok(journal_quarantined(kit->view, &kit->arena, 1, 3, &rows, &count));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_copy),
        KIT_TEST(test_copy_forgotten_by_rollback),
        KIT_TEST(test_window_edges),
        KIT_TEST(test_absurd_times),
        KIT_TEST(test_keys_are_ordered_by_time),
        KIT_TEST(test_delivery),
        KIT_TEST(test_quarantine),
    };
    return CHECK_RUN(tests);
}
