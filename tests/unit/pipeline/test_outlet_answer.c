/* What an answer leads to: each verdict, both kinds of lost answers, back-off, circuit, pause. */
#include "../../../src/pipeline/outlet_answer.c"

#include "deliver_kit.h"

static void test_delivered(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    int64_t first = kit_product(kit, "a"), second = kit_product(kit, "b");
    int64_t order = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 1); /* one batch of three */
    assert_string_equal(kit->sent[0].body, "a,b,o_1|0|0|0");
    assert_int_equal(kit_bookmark(kit, "fake").low, order);
    assert_int_equal(kit_counted("delivered"), 3);
    assert_int_equal(count_get(COUNT_DELIVERY_SECONDS, (span){0}, (span){0}, (span){0}), 3);
    struct outcome_row outcome = kit_outcome(kit, "o_1");
    assert_int_equal(outcome.state, OUTCOME_DELIVERED);
    assert_int_equal(outcome.seq, order);
    struct batch_row batch = {0};
    check_ok(batch_get(kit->view, &kit->arena, outcome.batch, &batch));
    assert_int_equal(batch.state, BATCH_SETTLED);
    assert_int_equal(batch.count, 3);
    assert_int_equal(batch.seqs[0], first);
    assert_int_equal(batch.seqs[1], second);
    assert_int_equal(batch.status, 200);
    assert_int_equal(batch.attempts, 1);
    check_span(batch.verdict, "delivered");
    check_span(batch.answer, "{\"what\":\"they said\"}");
}

static int fails_thrice(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count <= 3 ? 503 : 200;
}

static void test_retry_with_jitter(void **state)
{
    struct kit *kit = *state;
    kit->script = fails_thrice;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit_pass(kit, 5000 + 10000 + 20000 + 3000);
    assert_int_equal(kit->sent_count, 4);
    int64_t most = 5000;
    for (unsigned i = 1; i < 4; i++, most *= 2) {
        int64_t gap = kit->sent[i].at - kit->sent[i - 1].at;
        assert_in_range(gap, 0, most + 1);
        assert_string_equal(kit->sent[i].body, kit->sent[0].body); /* same ids */
    }
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
    assert_int_equal(kit_counted("delivered"), 1);
}

static int says_later(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count == 1 ? 429 : 200;
}

static void test_retry_after_is_honoured(void **state)
{
    struct kit *kit = *state;
    kit->script = says_later;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_run(kit);
    kit_product(kit, "b"); /* of the same lane: it waits too */
    kit_pass(kit, 29999);
    assert_int_equal(kit->sent_count, 1);
    kit_pass(kit, 1001);
    assert_int_equal(kit->sent_count, 3);
    assert_in_range(kit->sent[1].at - kit->sent[0].at, 30000, 31000);
    assert_int_equal(kit_counted("delivered"), 2);
}

static int dislikes_bad(struct kit *kit, const char *body)
{
    (void)kit;
    return strstr(body, "bad") ? 400 : 200;
}

static void test_split_down_to_the_bad_one(void **state)
{
    struct kit *kit = *state;
    kit->script = dislikes_bad;
    kit_open(kit);
    kit_run(kit);
    int64_t bad = 0;
    for (unsigned i = 0; i < 64; i++) {
        char id[16];
        snprintf(id, sizeof id, i == 37 ? "bad" : "e%u", i);
        int64_t seq = kit_product(kit, id);
        bad = i == 37 ? seq : bad;
    }
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 63);
    assert_int_equal(kit_counted("refused"), 1);
    assert_int_equal(kit_times_sent(kit, "bad"), 7); /* 64 32 16 8 4 2 1 */
    assert_true(kit->sent_count <= 13);
    struct letter_row letter = kit_letter(kit, bad);
    assert_int_equal(letter.state, LETTER_DEAD);
    check_span(letter.reason, "refused");
    check_span(letter.code, "E400");
    check_span(letter.words, "the platform's words");
    check_span(letter.event_id, "bad");
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

static int refuses(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return 422;
}

static void test_refused_order_is_told(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3000);
    struct outcome_row outcome = kit_outcome(kit, "o_1");
    assert_int_equal(outcome.state, OUTCOME_REFUSED);
    check_span(outcome.reason, "E422");
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    assert_int_equal(kit->sent_count, 1);
}

static int token_status;
static int token_is_bad(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return token_status;
}

static void test_pause_probe_and_heal(void **state)
{
    struct kit *kit = *state;
    kit->script = token_is_bad;
    token_status = 401;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 2000);
    int64_t late = kit_product(kit, "b");
    kit_pass(kit, 5 * MINUTE_MS);
    assert_int_equal(kit->sent_count, 1); /* it holds */
    struct bookmark_row bookmark = kit_bookmark(kit, "fake");
    assert_true(bookmark.paused);
    assert_true(span_starts(bookmark.paused_reason, "platform: E401"));
    assert_int_equal(count_get(COUNT_STATE, SPAN("acme"), SPAN("fake"), SPAN("paused")), 1);
    kit_pass(kit, 11 * MINUTE_MS);
    assert_int_equal(kit->sent_count, 2); /* the probe, in vain */
    token_status = 200;
    kit_pass(kit, 16 * MINUTE_MS);
    bookmark = kit_bookmark(kit, "fake");
    assert_false(bookmark.paused);
    assert_int_equal(bookmark.low, late);
    assert_int_equal(kit_counted("delivered"), 2); /* nothing was lost */
    assert_int_equal(count_get(COUNT_STATE, SPAN("acme"), SPAN("fake"), SPAN("live")), 1);
}

static void test_pause_survives_a_restart_and_a_person_ends_it(void **state)
{
    struct kit *kit = *state;
    kit->script = token_is_bad;
    token_status = 401;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 2000);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, MINUTE_MS);
    assert_int_equal(kit->sent_count, 2); /* one probe: was the token mended? */
    assert_true(kit_bookmark(kit, "fake").paused);
    token_status = 200;
    struct bookmark_row row = kit_bookmark(kit, "fake");
    row.paused = false;
    kit_begin(kit);
    check_ok(bookmark_put(kit->store, &row));
    kit_commit(kit);
    deliver_poke(kit->deliverer);
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 1);
}

static void test_a_persons_pause_is_not_probed(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    struct bookmark_row row = kit_bookmark(kit, "fake");
    row.paused = true;
    row.paused_reason = SPAN("by hand");
    kit_begin(kit);
    check_ok(bookmark_put(kit->store, &row));
    kit_commit(kit);
    deliver_poke(kit->deliverer);
    kit_product(kit, "a");
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit->sent_count, 0);
    deliver_reload(kit->deliverer, kit->specs, 1); /* neither does a reload end it */
    kit_pass(kit, MINUTE_MS);
    assert_int_equal(kit->sent_count, 0);
    assert_true(kit_bookmark(kit, "fake").paused);
}

static void test_amend_once_per_bit(void **state)
{
    struct kit *kit = *state;
    kit->script = token_is_bad;
    token_status = 409;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit_pass(kit, 100);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[0].body, "a|0|0|0");
    assert_string_equal(kit->sent[1].body, "a|0|1|0"); /* at once, with the bit */
    assert_int_equal(kit->sent[1].at, kit->sent[0].at);
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
}

static int loses_first(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count == 1 ? NO_ANSWER : 200;
}

static void test_lost_answer_is_repeated_where_copies_are_known(void **state)
{
    struct kit *kit = *state;
    kit->script = loses_first;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_counted("delivered"), 1);
}

static int loses_all(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return NO_ANSWER;
}

static void test_lost_answer_is_not_repeated_outside_the_window(void **state)
{
    struct kit *kit = *state;
    kit->script = loses_all;
    kit_destination.dedup_ms = HOUR_MS;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3 * HOUR_MS);
    int64_t last = kit->sent[kit->sent_count - 1].at;
    assert_in_range(last - kit->sent[0].at, 1, HOUR_MS - 1);
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    check_span(kit_letter(kit, seq).reason, "may_have_arrived");
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_UNKNOWN);
}

static void test_not_repeatable_promises_first(void **state)
{
    struct kit *kit = *state;
    kit->script = loses_all;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit->clock.at += 1000;
    turn(kit->deliverer);
    assert_int_equal(kit->sent_count, 0); /* not before the row is committed */
    assert_true(kit_record(kit));
    struct batch_row *rows;
    unsigned count = 0;
    check_ok(batch_sending(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), &rows, &count));
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].seqs[0], seq);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit->sent_count, 1);
    check_span(kit_letter(kit, seq).reason, "may_have_arrived");
    check_ok(batch_sending(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), &rows, &count));
    assert_int_equal(count, 0);
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
}

static int not_reached_first(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count == 1 ? NOT_SENT : 200;
}

static void test_not_repeatable_is_retried_when_nothing_left(void **state)
{
    struct kit *kit = *state;
    kit->script = not_reached_first;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_counted("delivered"), 1);
    struct batch_row *rows;
    unsigned count = 9;
    check_ok(batch_sending(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), &rows, &count));
    assert_int_equal(count, 0);
}

static void test_a_promise_is_taken_back_while_it_waits(void **state)
{
    struct kit *kit = *state;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_run_silent(kit);
    kit_answer(kit, 0, 503); /* it did not take it */
    kit_run_silent(kit);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_counted("delivered"), 1);
}

static int second_part_fails;
static int parts_script(struct kit *kit, const char *body)
{
    (void)kit;
    return second_part_fails && strstr(body, "|1|") ? second_part_fails : 200;
}

static void test_parts_go_one_after_the_other(void **state)
{
    struct kit *kit = *state;
    kit->script = parts_script;
    second_part_fails = 0;
    kit_parts = 3;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_product(kit, "b");
    kit->clock.at += 1000;
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 3); /* a · o_1 alone · b */
    assert_string_equal(kit->sent[1].body, "o_1|0|0|0");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 5);
    assert_string_equal(kit->sent[3].body, "o_1|1|0|0");
    assert_string_equal(kit->sent[4].body, "o_1|2|0|0");
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_DELIVERED);
    assert_int_equal(kit_counted("delivered"), 3);
}

static int outage_until_request;
static int outage(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count <= (unsigned)outage_until_request ? 503 : 200;
}

/* The proof tells of every part and counts every request. */
static void test_the_proof_of_many_parts(void **state)
{
    struct kit *kit = *state;
    kit->script = outage;
    outage_until_request = 3;
    kit_parts = 2;
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, HOUR_MS);
    struct batch_row row;
    check_ok(batch_get(kit->view, &kit->arena, kit_outcome(kit, "o_1").batch, &row));
    assert_int_equal(row.attempts, 5);
    check_span(row.answer, "part 1/2: 200 {\"what\":\"they said\"}; "
                           "part 2/2: 200 {\"what\":\"they said\"}");
}

static void test_a_refused_later_part_is_a_letter_not_the_end(void **state)
{
    struct kit *kit = *state;
    kit->script = parts_script;
    second_part_fails = 422;
    kit_parts = 3;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 3);
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_DELIVERED);
    struct letter_row letter = kit_letter(kit, seq);
    assert_int_equal(letter.state, LETTER_DEAD);
    check_span(letter.words, "request 2 of 3: the platform's words");
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
}

static int second_part_is_busy_once(struct kit *kit, const char *body)
{
    return strstr(body, "|1|") && kit->sent_count == 2 ? 503 : 200;
}

/* The first request was taken, then consent went: what was said stands, no more is said. */
static void test_consent_lost_between_two_parts(void **state)
{
    struct kit *kit = *state;
    kit->script = second_part_is_busy_once;
    kit_parts = 3;
    kit_open(kit);
    kit_run(kit);
    struct event event = kit_event(kit, EVENT_ORDER_PLACED, "o_1");
    event.order.key = SPAN("o_1");
    event.who.visitor = SPAN("01JDVISITOR000000000000000");
    kit_append(kit, &event);
    kit_run_silent(kit);
    kit_run(kit); /* the second one fails and waits, less than OUTLET_RECHECK_MS */
    const struct visitor_row row = {
        .visitor = event.who.visitor,
        .consent = {.marketing = CONSENT_DENIED, .source = SPAN("api"), .at = kit->clock.at + 1}};
    kit_begin(kit);
    check_ok(visitor_put(kit->store, kit->shop_number, &row));
    kit_commit(kit);
    kit_pass(kit, 60000);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_DELIVERED);
    struct batch_row batch;
    check_ok(batch_get(kit->view, &kit->arena, kit_outcome(kit, "o_1").batch, &batch));
    check_span(batch.answer, "part 1/3: 200 {\"what\":\"they said\"}; "
                             "part 2/3: 0 consent_denied_now");
    check_span(batch.code, "consent_denied_now");
}

/* RECORD will never store the report: its rows stay above the mark, and nothing else stops. */
static void test_a_report_given_up_settles_nothing(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    int64_t low = kit_bookmark(kit, "fake").low;
    kit_product(kit, "a");
    kit->gives_up = true;
    kit->commits_to_fail = 1;
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 1);
    kit_product(kit, "b");
    kit_pass(kit, 2000);
    assert_int_equal(kit_times_sent(kit, "b"), 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, low);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 2000);
    assert_int_equal(kit_times_sent(kit, "a"), 2);
    assert_int_equal(kit_times_sent(kit, "b"), 1);
    assert_true(kit_bookmark(kit, "fake").low > low);
}

static void test_a_promise_given_up_is_made_again(void **state)
{
    struct kit *kit = *state;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit->gives_up = true;
    kit->commits_to_fail = 1;
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 0);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit_times_sent(kit, "a"), 1);
}

static void test_circuit(void **state)
{
    struct kit *kit = *state;
    kit->script = outage;
    outage_until_request = 12;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%u", i);
        kit_product(kit, id);
    }
    kit_pass(kit, 2 * HOUR_MS);
    /* Eight failures at most before it opens (four in flight, their second tries), then single
       probes apart in time. */
    unsigned together = 0;
    for (unsigned i = 9; i < 12; i++)
        together += kit->sent[i].at == kit->sent[i - 1].at;
    assert_int_equal(together, 0);
    assert_int_equal(kit_counted("delivered"), 40);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
    for (unsigned i = 0; i < 40; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%u", i);
        assert_in_range(kit_times_sent(kit, id), 1, 12);
    }
}

static int never_takes_poison(struct kit *kit, const char *body)
{
    (void)kit;
    return strstr(body, "poison") ? 503 : 200;
}

static void test_a_batch_that_fails_alone_becomes_letters(void **state)
{
    struct kit *kit = *state;
    kit->script = never_takes_poison;
    kit_lanes[0].events = 1;
    kit_destination.max_age_ms = DAY_MS;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "poison");
    for (unsigned i = 0; i < 30; i++) { /* life goes on */
        kit_product(kit, "fine");
        kit_pass(kit, 10 * SECOND_MS);
    }
    kit_product(kit, "fine");
    kit_pass(kit, 5 * MINUTE_MS);
    struct letter_row letter = kit_letter(kit, seq);
    assert_int_equal(letter.state, LETTER_WAITING);
    check_span(letter.reason, "retrying");
    assert_true(letter.attempts >= 6);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq); /* the line moved on */
    unsigned before = kit_times_sent(kit, "poison");
    for (unsigned i = 0; i < 8 * 24; i++) {
        kit_product(kit, "fine"); /* or the circuit opens */
        kit_pass(kit, 8 * MINUTE_MS);
    }
    assert_true(kit_times_sent(kit, "poison") > before); /* tried from its letter */
    letter = kit_letter(kit, seq);
    assert_int_equal(letter.state, LETTER_DEAD);
    check_span(letter.reason, "expired");
    assert_int_equal(kit_counted("expired"), 1);
}

static void test_a_letter_that_heals(void **state)
{
    struct kit *kit = *state;
    kit->script = never_takes_poison;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "poison", "poison");
    for (unsigned i = 0; i < 60; i++) {
        kit_product(kit, "fine");
        kit_pass(kit, 10 * SECOND_MS);
    }
    assert_int_equal(kit_letter(kit, seq).state, LETTER_WAITING);
    assert_int_equal(kit_outcome(kit, "poison").state, OUTCOME_WAITING);
    kit->script = kit_all_well;
    kit_pass(kit, HOUR_MS);
    assert_int_equal(letter_count(kit->view, kit->shop_number, SPAN("fake"), LETTER_DELIVERED), 1);
    assert_int_equal(kit_outcome(kit, "poison").state, OUTCOME_DELIVERED);
}

static void test_dead_letters_wait_again_when_a_person_says_so(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 2000);
    kit->script = kit_all_well;
    unsigned count = 0;
    kit_begin(kit);
    check_ok(letter_retry(kit->store, (span){0}, kit->clock.at, &count));
    kit_commit(kit);
    assert_int_equal(count, 1);
    deliver_poke(kit->deliverer);
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 1);
    assert_int_equal(letter_count(kit->view, kit->shop_number, SPAN("fake"), LETTER_DELIVERED), 1);
}

static void test_a_letter_is_tried_once_at_a_time(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 2000);
    unsigned count = 0;
    kit_begin(kit);
    check_ok(letter_retry(kit->store, (span){0}, kit->clock.at, &count));
    kit_commit(kit);
    deliver_poke(kit->deliverer);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    kit_answer(kit, 1, 200);
    for (unsigned i = 0; i < 5; i++) { /* RECORD is slow: the row still says that it waits */
        kit->clock.at += MINUTE_MS;
        deliver_poke(kit->deliverer);
        turn(kit->deliverer);
    }
    assert_int_equal(kit->sent_count, 2);
}

/* The circuit is open, all that failed has become letters, and no new rows come. */
static void test_letters_probe_when_nothing_else_is_there(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit->script = refuses;
    kit_pass(kit, 2000);
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    struct outlet *outlet = kit->deliverer->outlets;
    for (unsigned i = 0; i < pace_usual.failures; i++)
        pace_circuit_failed(&outlet->circuit, &pace_usual, &kit->clock.clock);
    kit->script = kit_all_well;
    unsigned count = 0;
    kit_begin(kit);
    check_ok(letter_retry(kit->store, (span){0}, kit->clock.at, &count));
    kit_commit(kit);
    deliver_poke(kit->deliverer);
    assert_true(outlet->circuit.open);
    kit_pass(kit, 10 * MINUTE_MS);
    assert_false(outlet->circuit.open);
    assert_int_equal(letter_count(kit->view, kit->shop_number, SPAN("fake"), LETTER_DELIVERED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_delivered),
        KIT_TEST(test_retry_with_jitter),
        KIT_TEST(test_retry_after_is_honoured),
        KIT_TEST(test_split_down_to_the_bad_one),
        KIT_TEST(test_refused_order_is_told),
        KIT_TEST(test_pause_probe_and_heal),
        KIT_TEST(test_pause_survives_a_restart_and_a_person_ends_it),
        KIT_TEST(test_a_persons_pause_is_not_probed),
        KIT_TEST(test_amend_once_per_bit),
        KIT_TEST(test_lost_answer_is_repeated_where_copies_are_known),
        KIT_TEST(test_lost_answer_is_not_repeated_outside_the_window),
        KIT_TEST(test_not_repeatable_promises_first),
        KIT_TEST(test_not_repeatable_is_retried_when_nothing_left),
        KIT_TEST(test_a_promise_is_taken_back_while_it_waits),
        KIT_TEST(test_a_report_given_up_settles_nothing),
        KIT_TEST(test_a_promise_given_up_is_made_again),
        KIT_TEST(test_the_proof_of_many_parts),
        KIT_TEST(test_parts_go_one_after_the_other),
        KIT_TEST(test_consent_lost_between_two_parts),
        KIT_TEST(test_a_refused_later_part_is_a_letter_not_the_end),
        KIT_TEST(test_circuit),
        KIT_TEST(test_a_batch_that_fails_alone_becomes_letters),
        KIT_TEST(test_a_letter_that_heals),
        KIT_TEST(test_dead_letters_wait_again_when_a_person_says_so),
        KIT_TEST(test_a_letter_is_tried_once_at_a_time),
        KIT_TEST(test_letters_probe_when_nothing_else_is_there),
    };
    return CHECK_RUN(tests);
}
