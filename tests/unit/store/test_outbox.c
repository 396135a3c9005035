/* Bookmarks, outcomes and counters. */
#include "../../../src/store/bookmark.c"
#include "../../../src/store/counter.c"

#undef COLUMNS
#include "../../../src/store/outcome.c"

#include "kit.h"

static void test_bookmark(void **state)
{
    struct kit *kit = *state;
    struct bookmark_row got = {.low = 77};
    struct bookmark_row row = {
        .shop = kit->shop, .destination = SPAN("meta"), .low = 5, .since = KIT_NOW};
    assert_int_equal(bookmark_get(kit->view, &kit->arena, kit->shop, SPAN("meta"), &got), MISSING);
    assert_int_equal(got.low, 77);
    kit_turn(kit);
    check_ok(bookmark_put(kit->store, &row));
    kit_commit(kit);
    row.low = 6;
    row.paused = true;
    row.paused_reason = SPAN("token invalid");
    kit_turn(kit);
    check_ok(bookmark_put(kit->store, &row));
    kit_commit(kit);
    check_ok(bookmark_get(kit->view, &kit->arena, kit->shop, SPAN("meta"), &got));
    assert_int_equal(got.shop, kit->shop);
    check_span(got.destination, "meta");
    assert_int_equal(got.low, 6);
    assert_true(got.paused);
    check_span(got.paused_reason, "token invalid");
    assert_int_equal(got.since, KIT_NOW);
    assert_int_equal(bookmark_get(kit->view, &kit->arena, kit->shop, SPAN("ga4"), &got), MISSING);
    assert_int_equal(bookmark_get(kit->view, &kit->arena, kit->shop + 1, SPAN("meta"), &got),
                     MISSING);
}

static void test_outcome(void **state)
{
    struct kit *kit = *state;
    struct outcome_row got = {0}, *rows = NULL;
    struct outcome_row row = {.shop = kit->shop,
                              .subject = SPAN("o_tok"),
                              .destination = SPAN("meta"),
                              .name = EVENT_ORDER_PLACED,
                              .seq = 4,
                              .order = 8,
                              .state = OUTCOME_WAITING,
                              .reason = SPAN("circuit open"),
                              .batch = 15,
                              .at = KIT_NOW};
    unsigned count = 0;
    kit_turn(kit);
    check_ok(outcome_put(kit->store, &row));
    row.state = OUTCOME_DELIVERED;
    row.reason = (span){0};
    check_ok(outcome_put(kit->store, &row)); /* replaces */
    row.destination = SPAN("klaviyo");
    row.state = OUTCOME_UNKNOWN;
    check_ok(outcome_put(kit->store, &row));
    row.subject = SPAN("o_tok_refund_1");
    row.name = EVENT_ORDER_REFUNDED;
    row.seq = 3;
    check_ok(outcome_put(kit->store, &row));
    kit_commit(kit);
    check_ok(outcome_get(kit->view, &kit->arena, kit->shop, SPAN("o_tok"), SPAN("meta"), &got));
    assert_int_equal(got.shop, kit->shop);
    check_span(got.subject, "o_tok");
    check_span(got.destination, "meta");
    assert_int_equal(got.name, EVENT_ORDER_PLACED);
    assert_int_equal(got.seq, 4);
    assert_int_equal(got.order, 8);
    assert_int_equal(got.state, OUTCOME_DELIVERED);
    check_absent(got.reason);
    assert_int_equal(got.batch, 15);
    assert_int_equal(got.at, KIT_NOW);
    assert_int_equal(
        outcome_get(kit->view, &kit->arena, kit->shop, SPAN("o_tok"), SPAN("ga4"), &got), MISSING);
    check_ok(outcome_of_order(kit->view, &kit->arena, 8, &rows, &count));
    assert_int_equal(count, 3);
    check_span(rows[0].subject, "o_tok_refund_1");
    check_span(rows[1].destination, "klaviyo");
    check_span(rows[2].destination, "meta");
    check_ok(outcome_of_order(kit->view, &kit->arena, 9, &rows, &count));
    assert_int_equal(count, 0);
    assert_string_equal(outcome_state_text(OUTCOME_UNKNOWN), "unknown");
}

struct sums {
    int64_t total;
    unsigned rows;
    char last[40];
};

static void add_up(void *arg, int64_t day, int64_t shop, span what, span label, int64_t n)
{
    struct sums *sums = arg;
    sums->total += n;
    sums->rows++;
    snprintf(sums->last, sizeof sums->last, "%d %d %.*s/%.*s", (int)day, (int)shop, SPAN_ARG(what),
             SPAN_ARG(label));
}

static void test_counter(void **state)
{
    struct kit *kit = *state;
    struct sums sums = {0};
    kit_turn(kit);
    check_ok(counter_add(kit->store, 10, 1, SPAN("received"), SPAN("browser"), 3));
    check_ok(counter_add(kit->store, 10, 1, SPAN("received"), SPAN("browser"), 4));
    check_ok(counter_add(kit->store, 10, 1, SPAN("received"), (span){0}, 100));
    check_ok(counter_add(kit->store, 11, 1, SPAN("received"), SPAN("browser"), 1000));
    check_ok(counter_add(kit->store, 12, 1, SPAN("received"), SPAN("browser"), 10000));
    kit_commit(kit);
    check_ok(counter_each(kit->view, 10, 11, add_up, &sums));
    assert_int_equal(sums.total, 1107);
    assert_int_equal(sums.rows, 3);
    assert_string_equal(sums.last, "11 1 received/browser");
}

/* A batch's answer gives way to a later word; only delivered ones of the outlet are told, the
   newest first. */
static void test_what_batches_were_answered(void **state)
{
    struct kit *kit = *state;
    const int64_t seqs[] = {1, 2};
    struct batch_row batch = {.shop = 1,
                              .destination = SPAN("google"),
                              .state = BATCH_SETTLED,
                              .seqs = seqs,
                              .count = 2,
                              .verdict = SPAN("delivered"),
                              .answer = SPAN("first")};
    kit_turn(kit);
    for (batch.id = 1; batch.id <= 5; batch.id++) {
        batch.settled_at = 100 * batch.id;
        batch.verdict = batch.id == 4 ? SPAN("refused") : SPAN("delivered");
        batch.destination = batch.id == 5 ? SPAN("meta") : SPAN("google");
        check_ok(batch_put(kit->store, &batch));
    }
    check_ok(batch_tell(kit->store, 2, SPAN("second")));
    check_ok(batch_tell(kit->store, 99, SPAN("nobody's")));
    kit_commit(kit);
    struct batch_row *rows;
    unsigned count;
    check_ok(
        batch_delivered_since(kit->view, &kit->arena, 1, SPAN("google"), 200, 10, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].id, 3);
    check_span(rows[0].answer, "first");
    assert_int_equal(rows[1].settled_at, 200);
    check_span(rows[1].answer, "second");
    check_ok(batch_delivered_since(kit->view, &kit->arena, 1, SPAN("google"), 0, 1, &rows, &count));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_bookmark),
        KIT_TEST(test_what_batches_were_answered),
        KIT_TEST(test_outcome),
        KIT_TEST(test_counter),
    };
    return CHECK_RUN(tests);
}
