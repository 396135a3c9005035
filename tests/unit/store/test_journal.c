/* The journal: what goes in comes out, in order, for those who may see it. */
#include "../../../src/store/journal.c"

#include "kit.h"

static void test_row_comes_back(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit);
    row.name = EVENT_ORDER_REFUNDED;
    row.source = SOURCE_DERIVED;
    row.visitor = SPAN("01JDVISITOR");
    row.person = 7;
    row.order = 9;
    row.audience = AUDIENCE_MAIL;
    row.body = SPAN("{\"name\":\"Zo\xc3\xab\",\"nul\":\"a\\u0000b\"}");
    kit_turn(kit);
    assert_int_equal(journal_next_seq(kit->store), 1);
    assert_int_equal(kit_append(kit, row), 1);
    assert_int_equal(journal_next_seq(kit->store), 2);
    kit_commit(kit);
    struct journal_row got = {0};
    check_ok(journal_one(kit->view, &kit->arena, 1, &got));
    assert_int_equal(got.seq, 1);
    assert_int_equal(got.shop, kit->shop);
    assert_int_equal(got.name, EVENT_ORDER_REFUNDED);
    assert_int_equal(got.source, SOURCE_DERIVED);
    assert_true(span_equal(got.event_id, row.event_id));
    assert_int_equal(got.at, row.at);
    assert_int_equal(got.received_at, row.received_at);
    assert_true(span_equal(got.visitor, row.visitor));
    assert_int_equal(got.person, 7);
    assert_int_equal(got.order, 9);
    assert_int_equal(got.audience, AUDIENCE_MAIL);
    assert_true(span_equal(got.body, row.body));
    assert_int_equal(journal_one(kit->view, &kit->arena, 2, &got), MISSING);
    assert_int_equal(got.seq, 1); /* untouched */
}

static void test_every_name_and_source(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    unsigned count = 0;
    kit_turn(kit);
    for (unsigned name = 0; name < EVENT_NAME_COUNT; name++) {
        row.name = (enum event_name)name;
        row.source = (enum event_source)(name % SOURCE_COUNT);
        kit_append(kit, row);
    }
    kit_commit(kit);
    check_ok(journal_follow(kit->view, &kit->arena, 0, 1000, &rows, &count));
    assert_int_equal(count, EVENT_NAME_COUNT);
    for (unsigned name = 0; name < EVENT_NAME_COUNT; name++) {
        assert_int_equal(rows[name].name, name);
        assert_int_equal(rows[name].source, name % SOURCE_COUNT);
        check_absent(rows[name].visitor);
    }
}

static void test_read(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    int64_t other = 0, activated = 0;
    unsigned count = 99;
    kit_turn(kit);
    check_ok(store_shop(kit->store, SPAN("other"), KIT_NOW, &other, &activated));
    for (int i = 1; i <= 40; i++) { /* seq 1…40: every 4th for nobody, every 5th another shop's */
        row.shop = i % 5 == 0 ? other : kit->shop;
        row.audience = i % 4 == 0 ? 0 : i % 2 ? AUDIENCE_ADS : AUDIENCE_MAIL | AUDIENCE_ANALYTICS;
        kit_append(kit, row);
    }
    kit_commit(kit);
    check_ok(journal_read(kit->view, &kit->arena, kit->shop, 10, AUDIENCE_ADS, 4, 1 << 20, &rows,
                          &count));
    assert_int_equal(count, 4);
    const int64_t ads[] = {11, 13, 17, 19};
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(rows[i].seq, ads[i]);
    check_ok(journal_read(kit->view, &kit->arena, kit->shop, 0, AUDIENCE_ANALYTICS, 100, 1 << 20,
                          &rows, &count));
    assert_int_equal(count, 8); /* 2 6 14 18 22 26 34 38 */
    assert_int_equal(rows[7].seq, 38);
    check_ok(
        journal_read(kit->view, &kit->arena, kit->shop, 40, AUDIENCE_ALL, 4, 99, &rows, &count));
    assert_int_equal(count, 0);
    /* About so many bytes: at least one row, and no more once they are passed. */
    size_t body = row.body.len;
    check_ok(
        journal_read(kit->view, &kit->arena, kit->shop, 0, AUDIENCE_ALL, 100, 1, &rows, &count));
    assert_int_equal(count, 1);
    check_ok(journal_read(kit->view, &kit->arena, kit->shop, 0, AUDIENCE_ALL, 100, 3 * body, &rows,
                          &count));
    assert_int_equal(count, 3);
}

/* Reading from a bookmark must not walk over what it passed. */
static void test_read_uses_its_index(void **state)
{
    struct kit *kit = *state;
    sqlite3_stmt *plan = NULL;
    assert_int_equal(
        sqlite3_prepare_v2(kit->view->sql.db,
                           "EXPLAIN QUERY PLAN SELECT " COLUMNS
                           "FROM journal INDEXED BY journal_audience WHERE shop = ? AND seq > ? "
                           "AND audience != 0 AND audience & ? != 0 ORDER BY seq LIMIT ?",
                           -1, &plan, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
    const char *text = (const char *)sqlite3_column_text(plan, 3);
    assert_non_null(strstr(text, "(shop=? AND rowid>?)"));
    assert_int_equal(sqlite3_step(plan), SQLITE_DONE); /* and no sorting */
    sqlite3_finalize(plan);
}

static int64_t since_of(struct view *view, int64_t at)
{
    int64_t seq;
    check_ok(journal_since(view, at, &seq));
    return seq;
}

static void test_since(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit);
    assert_int_equal(since_of(kit->view, KIT_NOW), 1);
    kit_turn(kit);
    for (int i = 1; i <= 50; i++) {
        row.received_at = KIT_NOW + i * 10;
        kit_append(kit, row);
    }
    kit_commit(kit);
    assert_int_equal(since_of(kit->view, 0), 1);
    assert_int_equal(since_of(kit->view, KIT_NOW + 10), 1);
    assert_int_equal(since_of(kit->view, KIT_NOW + 11), 2);
    assert_int_equal(since_of(kit->view, KIT_NOW + 500), 50);
    assert_int_equal(since_of(kit->view, KIT_NOW + 501), 51);
    kit_exec(kit, "DELETE FROM journal WHERE seq < 10 OR seq BETWEEN 20 AND 29");
    for (int i = 10; i <= 50; i++)
        if (i < 20 || i >= 30)
            assert_int_equal(since_of(kit->view, KIT_NOW + i * 10), i);
    assert_int_equal(since_of(kit->view, KIT_NOW + 250), 30);
    for (int last = 10; last <= 51; last++) { /* it begins at its last answer: any will do */
        for (int i = 30; i <= 51; i++) {
            since_of(kit->view, KIT_NOW + last * 10);
            assert_int_equal(since_of(kit->view, KIT_NOW + i * 10), i);
        }
    }
}

static void test_by_id(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    unsigned count = 0;
    char ulid[ULID_LEN + 1];
    ulid_make(&kit->clock.clock, ulid); /* made at KIT_NOW */
    kit_turn(kit);
    row.received_at = KIT_NOW - 30 * DAY_MS;
    kit_append(kit, row);
    row.received_at = KIT_NOW + 1;
    row.event_id = span_of(ulid);
    kit_append(kit, row);
    row.received_at = KIT_NOW + 2;
    kit_append(kit, row); /* the same id twice: newest first */
    row.received_at = KIT_NOW + 30 * DAY_MS;
    row.event_id = SPAN("o_token");
    kit_append(kit, row);
    kit_commit(kit);
    check_ok(journal_by_id(kit->view, &kit->arena, span_of(ulid), &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].seq, 3);
    check_ok(journal_by_id(kit->view, &kit->arena, SPAN("o_token"), &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].seq, 4);
    check_ok(journal_by_id(kit->view, &kit->arena, SPAN("nobody's"), &rows, &count));
    assert_int_equal(count, 0);
    /* A ULID whose clock was years wrong is found all the same. */
    kit_exec(kit, "UPDATE journal SET received_at = received_at + 99999999999 WHERE seq > 1");
    check_ok(journal_by_id(kit->view, &kit->arena, span_of(ulid), &rows, &count));
    assert_int_equal(count, 2);
}

static void test_of_visitor(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    unsigned count = 0;
    kit_turn(kit);
    for (int i = 1; i <= 9; i++) {
        row.visitor = i % 3 == 0 ? (span){0} : i % 3 == 1 ? SPAN("ada") : SPAN("bob");
        row.at = KIT_NOW + i;
        row.audience = 0; /* what nobody is sent is stitched as well */
        kit_append(kit, row);
    }
    kit_commit(kit);
    check_ok(
        journal_of_visitor(kit->view, &kit->arena, kit->shop, SPAN("ada"), 0, 100, &rows, &count));
    assert_int_equal(count, 3);
    assert_int_equal(rows[2].seq, 7);
    check_ok(journal_of_visitor(kit->view, &kit->arena, kit->shop, SPAN("bob"), KIT_NOW + 5, 1,
                                &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].seq, 5);
    check_ok(journal_of_visitor(kit->view, &kit->arena, kit->shop + 1, SPAN("bob"), 0, 100, &rows,
                                &count));
    assert_int_equal(count, 0);
}

/* Over several blocks of the trail, and with another visitor whose key is the same. */
static void test_of_visitor_over_blocks(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    unsigned count = 0;
    kit_turn(kit);
    for (int i = 1; i <= 3 * JOURNAL_BLOCK; i++) {
        row.at = row.received_at = KIT_NOW + i;
        row.visitor = i % 1000 == 0 ? SPAN("ada") : SPAN("bob");
        kit_append(kit, row);
    }
    kit_commit(kit);
    check_ok(
        journal_of_visitor(kit->view, &kit->arena, kit->shop, SPAN("ada"), 0, 100, &rows, &count));
    assert_int_equal(count, 24);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(rows[i].seq, 1000 * (i + 1));
    check_ok(journal_of_visitor(kit->view, &kit->arena, kit->shop, SPAN("ada"), KIT_NOW + 9500, 5,
                                &rows, &count));
    assert_int_equal(count, 5);
    assert_int_equal(rows[0].seq, 10000);
    assert_int_equal(rows[4].seq, 14000);

    char sql[200];
    snprintf(sql, sizeof sql, "UPDATE trail SET key = %lld WHERE seq = 2001",
             (long long)trail_key(&kit->view->sql, kit->shop, SPAN("ada")));
    kit_exec(kit, sql);
    check_ok(
        journal_of_visitor(kit->view, &kit->arena, kit->shop, SPAN("ada"), 0, 100, &rows, &count));
    assert_int_equal(count, 24); /* bob's row stays bob's */
    /* The trail goes with its rows. */
    kit_turn(kit);
    enum status status = AGAIN;
    for (int i = 0; status == AGAIN && i < 100; i++)
        status = store_retain(kit->store, KIT_NOW + 2 * JOURNAL_BLOCK + 5, 0, 0, 4000);
    check_ok(status);
    kit_commit(kit);
    assert_int_equal(kit_number(kit, "SELECT min(block) FROM trail"), 2);
}

static void test_of_order(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit), *rows = NULL;
    struct order_row first = {.shop = kit->shop}, second = first, third = first;
    unsigned count = 0;
    kit_turn(kit);
    check_ok(order_put(kit->store, &first));
    check_ok(order_put(kit->store, &second));
    check_ok(order_put(kit->store, &third));
    const int64_t keys[] = {first.key, 0, second.key, third.key, first.key};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        row.order = keys[i];
        kit_append(kit, row);
    }
    check_ok(order_join(kit->store, first.key, second.key)); /* first -> second -> third */
    kit_commit(kit);
    check_ok(journal_of_order(kit->view, &kit->arena, second.key, &rows, &count));
    assert_int_equal(count, 3);
    kit_turn(kit);
    check_ok(order_join(kit->store, second.key, third.key));
    kit_commit(kit);
    check_ok(journal_of_order(kit->view, &kit->arena, third.key, &rows, &count));
    assert_int_equal(count, 4);
    const int64_t expected[] = {1, 3, 4, 5};
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(rows[i].seq, expected[i]);
    assert_int_equal(rows[0].order, first.key); /* never rewritten */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_row_comes_back), KIT_TEST(test_every_name_and_source),
        KIT_TEST(test_read),           KIT_TEST(test_read_uses_its_index),
        KIT_TEST(test_since),          KIT_TEST(test_by_id),
        KIT_TEST(test_of_visitor),     KIT_TEST(test_of_visitor_over_blocks),
        KIT_TEST(test_of_order),
    };
    return CHECK_RUN(tests);
}
