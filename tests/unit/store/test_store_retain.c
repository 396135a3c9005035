/* Forgetting: what is past its time and free to go, nothing else, a little at a time. */
#include "../../../src/store/store_keep.c"
#include "../../../src/store/store_retain.c"

#include "kit.h"

/* `count` rows of a shop, received a second apart from `at` on. */
static void rows_add(struct kit *kit, int64_t shop, int count, int64_t at)
{
    struct journal_row row = kit_row(kit);
    row.shop = shop;
    kit_turn(kit);
    for (int i = 0; i < count; i++) {
        row.received_at = at + i * SECOND_MS;
        kit_append(kit, row);
    }
    kit_commit(kit);
}

static void bookmark_set(struct kit *kit, int64_t shop, span destination, int64_t low, bool paused)
{
    struct bookmark_row row = {
        .shop = shop, .destination = destination, .low = low, .paused = paused};
    kit_turn(kit);
    check_ok(bookmark_put(kit->store, &row));
    kit_commit(kit);
}

/* Until nothing is left to do; gives the number of turns. */
static unsigned retain(struct kit *kit, int64_t journal_before, unsigned rows)
{
    for (unsigned turns = 1;; turns++) {
        kit_turn(kit);
        enum status status = store_retain(kit->store, journal_before, 0, 0, rows);
        kit_commit(kit);
        assert_true(turns < 1000);
        if (status == OK)
            return turns;
        assert_int_equal(status, AGAIN);
    }
}

static int64_t journal_count(struct kit *kit)
{
    return kit_number(kit, "SELECT count(*) FROM journal");
}

static void test_by_age(void **state)
{
    struct kit *kit = *state;
    rows_add(kit, kit->shop, 100, KIT_NOW);
    unsigned turns = retain(kit, KIT_NOW + 40 * SECOND_MS, 10);
    assert_in_range(turns, 4, 6); /* four windows and a look at the next */
    assert_int_equal(journal_count(kit), 60);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal"), 41);
    assert_int_equal(view_journal_rows(kit->view), 60);
    assert_int_equal(retain(kit, KIT_NOW + 40 * SECOND_MS, 10), 1);
    assert_int_equal(journal_count(kit), 60);
}

static void test_newest_stays(void **state)
{
    struct kit *kit = *state;
    rows_add(kit, kit->shop, 10, KIT_NOW);
    retain(kit, INT64_MAX, 3);
    assert_int_equal(journal_count(kit), 1);
    kit_turn(kit);
    assert_int_equal(kit_append(kit, kit_row(kit)), 11); /* numbers are never given twice */
    kit_commit(kit);
}

static void test_bookmarks_hold(void **state)
{
    struct kit *kit = *state;
    int64_t other = kit->shop + 1;
    for (int i = 0; i < 5; i++) { /* seqs 1–10 ours, 11–20 theirs, 21–30 ours … */
        rows_add(kit, kit->shop, 10, KIT_NOW + 2 * i * MINUTE_MS);
        rows_add(kit, other, 10, KIT_NOW + (2 * i + 1) * MINUTE_MS);
    }
    bookmark_set(kit, kit->shop, SPAN("meta"), 25, false);
    bookmark_set(kit, kit->shop, SPAN("klaviyo"), 90, false);
    retain(kit, INT64_MAX, 7);
    /* Of the other shop nobody wants anything: all but the newest are gone. */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal WHERE shop = 2"), 1);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal WHERE shop = 1"), 26);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal WHERE shop = 1"), 35);
    bookmark_set(kit, kit->shop, SPAN("meta"), 88, true); /* a paused one holds as well */
    retain(kit, INT64_MAX, 7);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal WHERE shop = 1"), 89);
    bookmark_set(kit, kit->shop, SPAN("meta"), 100, false);
    retain(kit, INT64_MAX, 7);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal WHERE shop = 1"), 0); /* none */
}

static void test_batches_and_letters(void **state)
{
    struct kit *kit = *state;
    struct batch_row batch = {.shop = kit->shop, .destination = SPAN("meta"), .count = 1};
    struct letter_row letter = {.shop = kit->shop,
                                .destination = SPAN("meta"),
                                .name = EVENT_ORDER_PLACED,
                                .state = LETTER_DELIVERED};
    kit_turn(kit);
    for (int64_t i = 1; i <= 20; i++) {
        batch.id = i;
        batch.seqs = &i;
        batch.state = i == 3 ? BATCH_SENDING : BATCH_SETTLED;
        batch.settled_at = i == 3 ? 0 : KIT_NOW + i;
        check_ok(batch_put(kit->store, &batch));
        letter.seq = i;
        letter.updated_at = KIT_NOW + i;
        check_ok(letter_put(kit->store, &letter));
        check_ok(journal_quarantine(kit->store, kit->shop, SPAN("s"), SPAN("t"), SPAN("r"),
                                    SPAN("b"), KIT_NOW + i));
    }
    kit_commit(kit);
    bookmark_set(kit, kit->shop, SPAN("meta"), 8, false);
    retain(kit, KIT_NOW + 5, 6);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM batch"), 17); /* 1 2 4 went */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM letter"), 16);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM quarantine"), 16);
    retain(kit, KIT_NOW + 15, 6);
    /* What is above the bookmark still tells what is settled there. */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM batch"), 13);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM letter"), 9);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM quarantine"), 6);
}

static void test_cut_tables(void **state)
{
    struct kit *kit = *state;
    int64_t today = KIT_NOW / DAY_MS, first = 0;
    unsigned before = 0;
    kit_turn(kit);
    for (int i = 0; i < 25; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        int64_t at = KIT_NOW - i * DAY_MS;
        check_ok(counter_add(kit->store, today - i, 1, SPAN("w"), SPAN("l"), 1));
        check_ok(order_checkout(kit->store, 1, span_of(id), CHECKOUT_BY_SERVER, at, &before));
        check_ok(journal_seen(kit->store, 1, SOURCE_API, SPAN("n"), span_of(id), at, 1, &first));
        check_ok(journal_delivery(kit->store, 1, span_of(id), at));
    }
    kit_commit(kit);
    enum status status = AGAIN;
    unsigned turns = 0;
    for (; status == AGAIN && turns < 50; turns++) {
        kit_turn(kit);
        status = store_retain(kit->store, KIT_NOW - 20 * DAY_MS, KIT_NOW - 5 * DAY_MS,
                              KIT_NOW - 10 * DAY_MS, 4);
        kit_commit(kit);
    }
    assert_int_equal(status, OK);
    assert_in_range(turns, 5, 7);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM counter"), 21);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM checkout"), 21);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM seen"), 6);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM delivery"), 11);
}

static void test_trouble(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    kit_exec(kit, "DROP TABLE seen");
    assert_int_equal(store_retain(kit->store, 0, 0, 0, 10), BROKEN);
    store_rollback(kit->store);
    kit_turn(kit);
    assert_int_equal(store_retain(kit->store, 0, 0, 0, 10), OK);
    kit_commit(kit);
}

/* ---- keep: people, browsers, orders ---- */

static void keep(struct kit *kit, int64_t before)
{
    enum status status = AGAIN;
    for (unsigned turns = 0; status == AGAIN; turns++) {
        assert_true(turns < 100);
        kit_turn(kit);
        status = store_keep(kit->store, before, 2);
        kit_commit(kit);
    }
    check_ok(status);
}

/* A person with an order and a browser, all of the same age. */
static void one_of_all(struct kit *kit, const char *id, int64_t at)
{
    struct person_row person = {.shop = kit->shop, .created_at = at, .updated_at = at};
    struct visitor_row visitor = {.visitor = span_of(id), .first_at = at, .last_at = at};
    struct order_row order = {
        .shop = kit->shop, .order_id = span_of(id), .first_at = at, .updated_at = at};
    kit_turn(kit);
    check_ok(person_put(kit->store, &person));
    check_ok(person_link(kit->store, kit->shop, LINK_EMAIL, span_of(id), person.id, false, at));
    check_ok(visitor_put(kit->store, kit->shop, &visitor));
    check_ok(visitor_own(kit->store, kit->shop, span_of(id), at, person.id, 0));
    order.person = person.id;
    check_ok(order_put(kit->store, &order));
    check_ok(order_alias_put(kit->store, kit->shop, ALIAS_ORDER_ID, span_of(id), order.key));
    struct outcome_row outcome = {.shop = kit->shop,
                                  .subject = span_of(id),
                                  .destination = SPAN("meta"),
                                  .name = EVENT_ORDER_PLACED,
                                  .order = order.key,
                                  .state = OUTCOME_DELIVERED};
    check_ok(outcome_put(kit->store, &outcome));
    check_ok(order_once(kit->store, kit->shop, span_of(id), at));
    kit_commit(kit);
}

#define KEPT_TABLES(sum)                                                                           \
    "SELECT (SELECT count(*) FROM person) " sum " (SELECT count(*) FROM link) " sum                \
    " (SELECT count(*) FROM visitor) " sum " (SELECT count(*) FROM owner) " sum                    \
    " (SELECT count(*) FROM orders) " sum " (SELECT count(*) FROM order_alias) " sum               \
    " (SELECT count(*) FROM outcome)"

static void test_keep(void **state)
{
    struct kit *kit = *state;
    const char *const old[] = {"a", "b", "c", "d", "e"}, *const young[] = {"v", "w", "x"};
    for (size_t i = 0; i < COUNT_OF(old); i++)
        one_of_all(kit, old[i], KIT_NOW - 800 * DAY_MS);
    for (size_t i = 0; i < COUNT_OF(young); i++)
        one_of_all(kit, young[i], KIT_NOW - 10 * DAY_MS);
    assert_int_equal(kit_number(kit, KEPT_TABLES("+")), 7 * 8);
    keep(kit, KIT_NOW - 900 * DAY_MS);
    assert_int_equal(kit_number(kit, KEPT_TABLES("+")), 7 * 8); /* nothing is old enough */
    /* One of the old came back with another browser, one order still waits for something. */
    kit_exec(kit, "UPDATE visitor SET last_at = 1764000000000 WHERE visitor = 'b'");
    kit_exec(kit, "UPDATE orders SET due_at = 1764000000000 WHERE order_id = 'd'");
    keep(kit, KIT_NOW - 730 * DAY_MS);
    keep(kit, KIT_NOW - 730 * DAY_MS);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM orders"), 4);  /* v w x d */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM outcome"), 4); /* theirs */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM order_alias"), 4);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM visitor"), 4); /* v w x b */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM owner"), 4);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM person"), 5); /* v w x, b, d */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM link"), 5);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM order_once"), 8); /* hashes stay */
}

/* Merged people go once nobody leads to them any more. */
static void test_keep_merged(void **state)
{
    struct kit *kit = *state;
    one_of_all(kit, "a", KIT_NOW - 800 * DAY_MS);
    kit_exec(kit, "INSERT INTO person (id, shop, flags, created_at, updated_at, who) "
                  "VALUES (7, 1, 0, 5, 5, '{}')");
    kit_exec(kit, "INSERT INTO alias (person, lives, reason, seq, at) VALUES (7, 1, 'x', 1, 5)");
    keep(kit, KIT_NOW - 730 * DAY_MS);
    keep(kit, KIT_NOW - 730 * DAY_MS);
    keep(kit, KIT_NOW - 730 * DAY_MS);
    assert_int_equal(kit_number(kit, KEPT_TABLES("+")), 0);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM alias"), 0);
}

/* Receipts, answered requests, identifiers that name nobody: kept as long as people are. */
static void test_keep_papers(void **state)
{
    struct kit *kit = *state;
    int64_t old = KIT_NOW - 800 * DAY_MS, young = KIT_NOW - 10 * DAY_MS;
    const int64_t at[] = {old, young, old};
    for (unsigned i = 0; i < COUNT_OF(at); i++) {
        char sql[512];
        snprintf(
            sql, sizeof sql,
            "INSERT INTO erasure VALUES (%u, 1, 'forget', 'd', %lld, %lld, 1, 1, 0, NULL, '{}');"
            "INSERT INTO data_request VALUES (%u, 1, '4%u', 'a@b.example', NULL, %lld, 1, %lld);"
            "INSERT INTO absurd VALUES (1, 1, 'test%u@test.com', 'placeholder', %lld)",
            i + 1, (long long)at[i], (long long)at[i], i + 1, i, (long long)at[i],
            (long long)(i == 2 ? 0 : at[i]), i, (long long)at[i]);
        kit_exec(kit, sql);
    }
    keep(kit, KIT_NOW - 730 * DAY_MS);
    /* The newest receipt keeps its number from being given twice. */
    assert_int_equal(kit_number(kit, "SELECT sum(id) FROM erasure"), 2 + 3);
    /* What nobody has answered yet still waits to be. */
    assert_int_equal(kit_number(kit, "SELECT sum(id) FROM data_request"), 2 + 3);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM absurd WHERE value = 'test1@test.com'"),
                     1);
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM absurd"), 1);
    kit_exec(kit, "UPDATE erasure SET done_at = 0 WHERE id = 2"); /* begun, and never ended */
    keep(kit, INT64_MAX);
    assert_int_equal(kit_number(kit, "SELECT sum(id) FROM erasure"), 2 + 3);
    assert_int_equal(kit_number(kit, "SELECT sum(id) FROM data_request"), 3);
}

/* ---- bookmarks that nobody moves any more ---- */

static void test_bookmark_drop(void **state)
{
    struct kit *kit = *state;
    rows_add(kit, kit->shop, 10, KIT_NOW);
    bookmark_set(kit, kit->shop, SPAN("meta"), 3, false);
    bookmark_set(kit, kit->shop, SPAN("klaviyo"), 10, false);
    struct bookmark_place *places;
    unsigned count;
    check_ok(bookmark_all(kit->view, &kit->arena, &places, &count));
    assert_int_equal(count, 2);
    retain(kit, INT64_MAX, 100);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal"), 4);
    kit_turn(kit);
    check_ok(bookmark_drop(kit->store, kit->shop, SPAN("meta")));
    kit_commit(kit);
    retain(kit, INT64_MAX, 100);
    assert_int_equal(kit_number(kit, "SELECT min(seq) FROM journal"), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_by_age),         KIT_TEST(test_newest_stays),
        KIT_TEST(test_bookmarks_hold), KIT_TEST(test_batches_and_letters),
        KIT_TEST(test_cut_tables),     KIT_TEST(test_trouble),
        KIT_TEST(test_keep),           KIT_TEST(test_keep_merged),
        KIT_TEST(test_keep_papers),    KIT_TEST(test_bookmark_drop),
    };
    return CHECK_RUN(tests);
}
