/* Batches, and what is settled above a bookmark. */
#include "../../../src/store/batch.c"

#include "kit.h"

static struct batch_row batch_of(const struct kit *kit, int64_t id, const int64_t *seqs,
                                 unsigned count)
{
    return (struct batch_row){.id = id,
                              .shop = kit->shop,
                              .destination = SPAN("meta"),
                              .state = BATCH_SETTLED,
                              .seqs = seqs,
                              .count = count};
}

static void check_seqs(const int64_t *seqs, unsigned count, const int64_t *expected,
                       unsigned expected_count)
{
    assert_int_equal(count, expected_count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(seqs[i], expected[i]);
}

static void test_row_comes_back(void **state)
{
    struct kit *kit = *state;
    const int64_t seqs[] = {1, 2, 130, 131, 20000, INT64_MAX};
    struct batch_row row = batch_of(kit, INT64_C(1764000000000) << 16, seqs, COUNT_OF(seqs)),
                     got = {0};
    row.state = BATCH_SENDING;
    row.attempts = 3;
    row.sent_at = KIT_NOW;
    kit_turn(kit);
    check_ok(batch_put(kit->store, &row));
    kit_commit(kit);
    row.state = BATCH_SETTLED;
    row.settled_at = KIT_NOW + 1;
    row.status = 400;
    row.verdict = SPAN("refused");
    row.code = SPAN("2804003");
    row.answer = SPAN("{\"error\":{}}");
    kit_turn(kit);
    check_ok(batch_put(kit->store, &row)); /* replaces */
    kit_commit(kit);
    check_ok(batch_get(kit->view, &kit->arena, row.id, &got));
    assert_int_equal(got.id, row.id);
    assert_int_equal(got.shop, kit->shop);
    check_span(got.destination, "meta");
    assert_int_equal(got.state, BATCH_SETTLED);
    assert_int_equal(got.attempts, 3);
    assert_int_equal(got.sent_at, KIT_NOW);
    assert_int_equal(got.settled_at, KIT_NOW + 1);
    assert_int_equal(got.status, 400);
    check_span(got.verdict, "refused");
    check_span(got.code, "2804003");
    check_span(got.answer, "{\"error\":{}}");
    check_seqs(got.seqs, got.count, seqs, COUNT_OF(seqs));
    assert_int_equal(batch_get(kit->view, &kit->arena, 1, &got), MISSING);
}

static void test_seqs_are_short(void **state)
{
    struct kit *kit = *state;
    int64_t seqs[1000];
    for (int i = 0; i < 1000; i++)
        seqs[i] = 5000000 + i;
    struct batch_row row = batch_of(kit, 1, seqs, COUNT_OF(seqs)), got = {0};
    kit_turn(kit);
    check_ok(batch_put(kit->store, &row));
    kit_commit(kit);
    assert_in_range(kit_number(kit, "SELECT length(seqs) FROM batch"), 1000, 1010);
    check_ok(batch_get(kit->view, &kit->arena, 1, &got));
    check_seqs(got.seqs, got.count, seqs, COUNT_OF(seqs));
}

static void test_damaged_seqs(void **state)
{
    (void)state;
    int64_t seqs[13];
    assert_int_equal(seqs_read(SPAN("\x01\x02"), seqs), 2);
    assert_int_equal(seqs[1], 3);
    assert_int_equal(seqs_read(SPAN("\x01\x82"), seqs), 2); /* cut in the middle of one */
    assert_int_equal(seqs_read((span){0}, seqs), 0);
    /* Bytes that never end a number are cut into some, within bounds. */
    span endless = SPAN("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_int_equal(seqs_read(endless, seqs), 2);
}

static void test_settled_above(void **state)
{
    struct kit *kit = *state;
    const int64_t first[] = {3, 5, 9}, second[] = {4, 9, 12}, sending[] = {6, 7}, skipped[] = {20};
    struct batch_row rows[] = {
        batch_of(kit, 1, first, 3),
        batch_of(kit, 2, second, 3),
        batch_of(kit, 3, sending, 2),
        batch_of(kit, 4, skipped, 1),
        batch_of(kit, 5, NULL, 0),
        batch_of(kit, 6, (const int64_t[]){8}, 1),
        batch_of(kit, 7, (const int64_t[]){8}, 1),
    };
    rows[2].state = BATCH_SENDING;
    rows[3].verdict = SPAN("skipped");
    rows[5].destination = SPAN("klaviyo");
    rows[6].shop = kit->shop + 1;
    struct letter_row letter = {.shop = kit->shop,
                                .destination = SPAN("meta"),
                                .seq = 15,
                                .name = EVENT_ORDER_PLACED,
                                .state = LETTER_WAITING};
    kit_turn(kit);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_ok(batch_put(kit->store, &rows[i]));
    check_ok(letter_put(kit->store, &letter));
    kit_commit(kit);

    int64_t *seqs = NULL;
    unsigned count = 0;
    const int64_t all[] = {3, 4, 5, 9, 12, 15, 20};
    check_ok(
        batch_settled_above(kit->view, &kit->arena, kit->shop, SPAN("meta"), 0, &seqs, &count));
    check_seqs(seqs, count, all, 7);
    check_ok(
        batch_settled_above(kit->view, &kit->arena, kit->shop, SPAN("meta"), 5, &seqs, &count));
    check_seqs(seqs, count, all + 3, 4);
    check_ok(
        batch_settled_above(kit->view, &kit->arena, kit->shop, SPAN("meta"), 20, &seqs, &count));
    assert_int_equal(count, 0);
    check_ok(
        batch_settled_above(kit->view, &kit->arena, kit->shop, SPAN("klaviyo"), 0, &seqs, &count));
    check_seqs(seqs, count, (const int64_t[]){8}, 1);
}

/* Many batches, drawn by chance, against a plain array of flags. */
static void test_settled_above_by_chance(void **state)
{
    struct kit *kit = *state;
    uint64_t chance = 42;
    static bool settled[3000];
    memset(settled, 0, sizeof settled);
    kit_turn(kit);
    for (int id = 1; id <= 200; id++) {
        int64_t seqs[40], seq = (int64_t)(check_random(&chance) % 2500);
        unsigned count = 0;
        while (count < 40 && seq < 2999 && check_random(&chance) % 8) {
            seq += 1 + (int64_t)(check_random(&chance) % 5 ? 0 : check_random(&chance) % 300);
            if (seq >= 3000)
                break;
            seqs[count++] = seq;
        }
        struct batch_row row = batch_of(kit, id, seqs, count);
        if (check_random(&chance) % 5 == 0)
            row.state = BATCH_SENDING;
        else
            for (unsigned i = 0; i < count; i++)
                settled[seqs[i]] = true;
        check_ok(batch_put(kit->store, &row));
    }
    kit_commit(kit);
    for (int64_t low = 0; low < 3000; low += 500) {
        int64_t *seqs = NULL;
        unsigned count = 0, expected = 0;
        check_ok(batch_settled_above(kit->view, &kit->arena, kit->shop, SPAN("meta"), low, &seqs,
                                     &count));
        for (int64_t seq = low + 1; seq < 3000; seq++)
            if (settled[seq]) {
                assert_true(expected < count);
                assert_int_equal(seqs[expected++], seq);
            }
        assert_int_equal(count, expected);
    }
}

static void test_sending(void **state)
{
    struct kit *kit = *state;
    const int64_t seqs[] = {6, 7};
    struct batch_row *rows = NULL;
    unsigned count = 0;
    kit_turn(kit);
    for (int id = 1; id <= 4; id++) {
        struct batch_row row = batch_of(kit, id, seqs, 2);
        row.state = id % 2 ? BATCH_SENDING : BATCH_SETTLED;
        check_ok(batch_put(kit->store, &row));
    }
    kit_commit(kit);
    check_ok(batch_sending(kit->view, &kit->arena, kit->shop, SPAN("meta"), &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, 1);
    assert_int_equal(rows[1].id, 3);
    check_seqs(rows[1].seqs, rows[1].count, seqs, 2);
    check_ok(batch_sending(kit->view, &kit->arena, kit->shop, SPAN("ga4"), &rows, &count));
    assert_int_equal(count, 0);
}

static void test_of_seq(void **state)
{
    struct kit *kit = *state;
    const int64_t first[] = {6, 7, 300}, second[] = {7}, third[] = {8, 9};
    struct batch_row *rows = NULL, one = batch_of(kit, 1, first, 3),
                     two = batch_of(kit, 2, second, 1), three = batch_of(kit, 3, third, 2);
    unsigned count = 0;
    three.verdict = SPAN("skipped");
    kit_turn(kit);
    check_ok(batch_put(kit->store, &one));
    check_ok(batch_put(kit->store, &two));
    check_ok(batch_put(kit->store, &three));
    kit_commit(kit);
    check_ok(batch_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 7, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, 2); /* by their last seq */
    assert_int_equal(rows[1].id, 1);
    check_ok(batch_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 9, &rows, &count));
    assert_int_equal(count, 1);
    check_span(rows[0].verdict, "skipped");
    check_ok(batch_of_seq(kit->view, &kit->arena, kit->shop, SPAN("meta"), 10, &rows, &count));
    assert_int_equal(count, 0);
    check_ok(batch_of_seq(kit->view, &kit->arena, kit->shop, SPAN("ga4"), 7, &rows, &count));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_row_comes_back),
        KIT_TEST(test_seqs_are_short),
        cmocka_unit_test(test_damaged_seqs),
        KIT_TEST(test_settled_above),
        KIT_TEST(test_settled_above_by_chance),
        KIT_TEST(test_sending),
        KIT_TEST(test_of_seq),
    };
    return CHECK_RUN(tests);
}
