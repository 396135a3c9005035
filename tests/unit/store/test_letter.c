/* Letters: one per row and destination, due, counted, retried, dropped. */
#include "../../../src/store/letter.c"

#include "kit.h"

static struct letter_row letter_of(const struct kit *kit, int64_t seq,
                                   enum letter_state letter_state, int64_t next_try)
{
    return (struct letter_row){.shop = kit->shop,
                               .destination = SPAN("meta"),
                               .seq = seq,
                               .event_id = SPAN("o_tok"),
                               .name = EVENT_ORDER_PLACED,
                               .state = letter_state,
                               .reason = SPAN("refused"),
                               .code = SPAN("100"),
                               .words = SPAN("Invalid parameter"),
                               .attempts = 5,
                               .next_try = next_try,
                               .created_at = KIT_NOW,
                               .updated_at = KIT_NOW};
}

static void put(struct kit *kit, struct letter_row row)
{
    kit_turn(kit);
    check_ok(letter_put(kit->store, &row));
    kit_commit(kit);
}

static void test_one_per_row(void **state)
{
    struct kit *kit = *state;
    struct letter_row row = letter_of(kit, 4, LETTER_WAITING, 100), *rows = NULL;
    unsigned count = 0;
    put(kit, row);
    put(kit, letter_of(kit, 5, LETTER_WAITING, 100));
    row.state = LETTER_DEAD;
    row.words = SPAN("gone");
    row.created_at = row.updated_at = KIT_NOW + 9;
    put(kit, row);
    row.destination = SPAN("klaviyo");
    put(kit, row);
    check_ok(letter_list(kit->view, &kit->arena, 10, &rows, &count));
    assert_int_equal(count, 3);
    check_span(rows[0].destination, "klaviyo"); /* newest first */
    assert_int_equal(rows[1].seq, 5);
    assert_int_equal(rows[2].seq, 4);
    assert_int_equal(rows[2].id, 1);
    assert_int_equal(rows[2].shop, kit->shop);
    check_span(rows[2].shop_name, "acme");
    check_span(rows[2].event_id, "o_tok");
    assert_int_equal(rows[2].name, EVENT_ORDER_PLACED);
    assert_int_equal(rows[2].state, LETTER_DEAD);
    check_span(rows[2].reason, "refused");
    check_span(rows[2].code, "100");
    check_span(rows[2].words, "gone");
    assert_int_equal(rows[2].attempts, 5);
    assert_int_equal(rows[2].next_try, 100);
    assert_int_equal(rows[2].created_at, KIT_NOW);
    assert_int_equal(rows[2].updated_at, KIT_NOW + 9);
    check_ok(letter_list(kit->view, &kit->arena, 1, &rows, &count));
    assert_int_equal(count, 1);
}

static void test_due(void **state)
{
    struct kit *kit = *state;
    struct letter_row *rows = NULL;
    unsigned count = 0;
    assert_int_equal(letter_next_due(kit->view, kit->shop, SPAN("meta")), 0);
    put(kit, letter_of(kit, 4, LETTER_WAITING, 300));
    put(kit, letter_of(kit, 5, LETTER_WAITING, 100));
    put(kit, letter_of(kit, 6, LETTER_DEAD, 50));
    put(kit, letter_of(kit, 7, LETTER_WAITING, 200));
    assert_int_equal(letter_next_due(kit->view, kit->shop, SPAN("meta")), 100);
    assert_int_equal(letter_next_due(kit->view, kit->shop, SPAN("klaviyo")), 0);
    check_ok(letter_due(kit->view, &kit->arena, kit->shop, SPAN("meta"), 99, 9, &rows, &count));
    assert_int_equal(count, 0);
    check_ok(letter_due(kit->view, &kit->arena, kit->shop, SPAN("meta"), 200, 9, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].seq, 5);
    assert_int_equal(rows[1].seq, 7);
    check_ok(letter_due(kit->view, &kit->arena, kit->shop, SPAN("meta"), 999, 2, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(letter_count(kit->view, kit->shop, SPAN("meta"), LETTER_WAITING), 3);
    assert_int_equal(letter_count(kit->view, kit->shop, SPAN("meta"), LETTER_DEAD), 1);
    assert_int_equal(letter_count(kit->view, kit->shop, SPAN("meta"), LETTER_DROPPED), 0);
}

static void test_retry_and_drop(void **state)
{
    struct kit *kit = *state;
    struct letter_row other = letter_of(kit, 6, LETTER_DEAD, 0), *rows = NULL;
    unsigned count = 0;
    other.destination = SPAN("klaviyo");
    put(kit, letter_of(kit, 4, LETTER_DEAD, 0));
    put(kit, letter_of(kit, 5, LETTER_DELIVERED, 0));
    put(kit, other);
    kit_turn(kit);
    check_ok(letter_retry(kit->store, SPAN("meta"), KIT_NOW + 7, &count));
    assert_int_equal(count, 1);
    kit_commit(kit);
    check_ok(
        letter_due(kit->view, &kit->arena, kit->shop, SPAN("meta"), KIT_NOW + 7, 9, &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].seq, 4);
    assert_int_equal(rows[0].attempts, 0);
    kit_turn(kit);
    check_ok(letter_drop(kit->store, (span){0}, KIT_NOW + 8, &count)); /* of all destinations */
    assert_int_equal(count, 1);
    kit_commit(kit);
    assert_int_equal(letter_count(kit->view, kit->shop, SPAN("klaviyo"), LETTER_DROPPED), 1);
    assert_int_equal(letter_count(kit->view, kit->shop, SPAN("meta"), LETTER_WAITING), 1);
    assert_string_equal(letter_state_text(LETTER_DROPPED), "dropped");
}

static void test_a_clock_that_stood_ahead(void **state)
{
    struct kit *kit = *state;
    struct letter_row row = letter_of(kit, 1, LETTER_WAITING, KIT_NOW + DAY_MS + 500), got;
    row.updated_at = KIT_NOW + DAY_MS; /* by the clock that is a day ahead */
    put(kit, row);
    put(kit, letter_of(kit, 2, LETTER_WAITING, KIT_NOW + 700));
    row = letter_of(kit, 3, LETTER_DEAD, 0);
    row.updated_at = KIT_NOW + DAY_MS;
    put(kit, row);
    for (unsigned times = 0; times < 2; times++) {
        kit_turn(kit);
        check_ok(letter_set_back(kit->store, KIT_NOW));
        kit_commit(kit);
        check_ok(letter_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 1, &got));
        assert_int_equal(got.next_try, KIT_NOW + 500);
        assert_int_equal(got.updated_at, KIT_NOW);
        check_ok(letter_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 2, &got));
        assert_int_equal(got.next_try, KIT_NOW + 700);
        check_ok(letter_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 3, &got));
        assert_int_equal(got.updated_at, KIT_NOW + DAY_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_one_per_row),
        KIT_TEST(test_due),
        KIT_TEST(test_retry_and_drop),
        KIT_TEST(test_a_clock_that_stood_ahead),
    };
    return CHECK_RUN(tests);
}
