/* Which rows of a period go again: not what was delivered or may have been, not what is on its way,
   not what is too old; and a dry run writes nothing. */
#include "../../../src/store/letter_replay.c"

#include "kit.h"

#define META SPAN("meta")

static void put_letter(struct kit *kit, int64_t seq, enum letter_state state, const char *reason)
{
    const struct letter_row row = {.shop = kit->shop,
                                   .destination = META,
                                   .seq = seq,
                                   .event_id = SPAN("e"),
                                   .name = EVENT_PAGE_VIEWED,
                                   .state = state,
                                   .reason = span_of(reason),
                                   .created_at = KIT_NOW};
    check_ok(letter_put(kit->store, &row));
}

/* 1, 2 delivered; 3 under way; 4 given up; 5 may have arrived; 6 to be tried; 7 not of this
   audience; 8 too old; 9 passed over at its time; 10 given up at another destination. */
static struct letter_period day(struct kit *kit)
{
    static const int64_t delivered[] = {1, 2}, sending[] = {3}, skipped[] = {9};
    struct batch_row batches[] = {
        {.id = 1,
         .state = BATCH_SETTLED,
         .seqs = delivered,
         .count = 2,
         .verdict = SPAN("delivered")},
        {.id = 2, .state = BATCH_SENDING, .seqs = sending, .count = 1},
        {.id = 3, .state = BATCH_SETTLED, .seqs = skipped, .count = 1, .verdict = SPAN("skipped")}};
    struct journal_row row = kit_row(kit);
    kit_turn(kit);
    for (int64_t seq = 1; seq <= 10; seq++) {
        row.audience = seq == 7 ? AUDIENCE_MAIL : AUDIENCE_ALL;
        row.at = seq == 8 ? KIT_NOW - 8 * DAY_MS : KIT_NOW;
        assert_int_equal(kit_append(kit, row), seq);
    }
    for (size_t i = 0; i < COUNT_OF(batches); i++) {
        batches[i].shop = kit->shop;
        batches[i].destination = META;
        check_ok(batch_put(kit->store, &batches[i]));
    }
    put_letter(kit, 4, LETTER_DEAD, "refused");
    put_letter(kit, 5, LETTER_DEAD, "may_have_arrived");
    put_letter(kit, 6, LETTER_WAITING, "retrying");
    kit_commit(kit);
    return (struct letter_period){.shop = kit->shop,
                                  .destination = META,
                                  .audience = AUDIENCE_ADS,
                                  .from = 1,
                                  .to = 10,
                                  .oldest = KIT_NOW - 7 * DAY_MS};
}

static void expect(struct kit *kit, const struct letter_period *period, unsigned rows,
                   unsigned delivered, int64_t stand)
{
    unsigned got_rows = 0, got_delivered = 0;
    int64_t got_stand = 0;
    kit_turn(kit);
    check_ok(letter_replay(kit->store, &kit->arena, period, KIT_NOW, &got_rows, &got_delivered,
                           &got_stand));
    kit_commit(kit);
    assert_int_equal(got_rows, rows);
    assert_int_equal(got_delivered, delivered);
    assert_int_equal(got_stand, stand);
}

#define REPLAYED "SELECT count(*) FROM letter WHERE reason = 'replay' AND state = 1"

static void test_what_goes_again(void **state)
{
    struct kit *kit = *state;
    struct letter_period period = day(kit);
    period.dry = true;
    expect(kit, &period, 3, 3, 10); /* 4, 9, 10 */
    assert_int_equal(kit_number(kit, REPLAYED), 0);
    period.dry = false;
    expect(kit, &period, 3, 3, 10);
    assert_int_equal(kit_number(kit, REPLAYED), 3);
    assert_int_equal(kit_number(kit, "SELECT sum(seq) FROM letter WHERE reason = 'replay'"), 23);
    /* Asked once more: those are to be tried already. */
    expect(kit, &period, 0, 3, 10);
}

static void test_forced(void **state)
{
    struct kit *kit = *state;
    struct letter_period period = day(kit);
    period.forced = true;
    expect(kit, &period, 6, 3, 10); /* and 1, 2, 5 */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM letter WHERE seq IN (3, 7, 8)"), 0);
}

static void test_only_the_period(void **state)
{
    struct kit *kit = *state;
    struct letter_period period = day(kit);
    period.from = 2;
    period.to = 4;
    expect(kit, &period, 1, 1, 4);
    period.shop = kit->shop + 1;
    expect(kit, &period, 0, 0, 4);
}

/* A turn looks at so many rows, and says how far it came. */
static void test_a_turn_is_short(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit);
    struct letter_period period = {.shop = kit->shop,
                                   .destination = META,
                                   .audience = AUDIENCE_ALL,
                                   .from = 1,
                                   .to = LETTER_REPLAY_ROWS + 5,
                                   .oldest = INT64_MIN};
    kit_turn(kit);
    for (unsigned i = 0; i < LETTER_REPLAY_ROWS + 9; i++)
        kit_append(kit, row);
    kit_commit(kit);
    expect(kit, &period, LETTER_REPLAY_ROWS, 0, LETTER_REPLAY_ROWS);
    period.from = LETTER_REPLAY_ROWS + 1;
    expect(kit, &period, 5, 0, LETTER_REPLAY_ROWS + 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_what_goes_again),
        KIT_TEST(test_forced),
        KIT_TEST(test_only_the_period),
        KIT_TEST(test_a_turn_is_short),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
