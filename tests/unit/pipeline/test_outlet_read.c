/* From rows to batches: skips, lanes, weight, lingering, letters that follow their order. */
#include "../../../src/pipeline/outlet_read.c"

#include "deliver_kit.h"
#include "../store/unreadable.h"

static void test_skips_are_counted_and_settled(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    struct event page = kit_event(kit, EVENT_PAGE_VIEWED, "p");
    kit_append(kit, &page);
    struct event denied = kit_event(kit, EVENT_PRODUCT_VIEWED, "d");
    denied.consent.marketing = CONSENT_DENIED;
    kit_append(kit, &denied);
    struct event order = kit_order_event(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    order.consent.marketing = CONSENT_DENIED;
    int64_t seq = kit_append(kit, &order);
    kit_append_for(kit, &page, AUDIENCE_MAIL); /* not for us: not even counted */
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 0);
    assert_int_equal(kit_counted("skip_unmapped"), 1);
    assert_int_equal(kit_counted("skip_consent_denied"), 2);
    struct outcome_row outcome = kit_outcome(kit, "o_1");
    assert_int_equal(outcome.state, OUTCOME_SKIPPED);
    check_span(outcome.reason, "consent_denied");
    assert_int_equal(outcome.seq, seq);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

static void test_skips_above_the_mark_are_remembered(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "slow");
    struct event page = kit_event(kit, EVENT_PAGE_VIEWED, "p");
    int64_t skipped = kit_append(kit, &page);
    kit_run_silent(kit); /* "slow" is in flight, the page is skipped */
    int64_t *seqs;
    unsigned count = 0;
    check_ok(batch_settled_above(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), 0, &seqs,
                                 &count));
    assert_int_equal(count, 1);
    assert_int_equal(seqs[0], skipped);
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("skip_unmapped"), 1); /* not asked again */
    assert_int_equal(kit_counted("delivered"), 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, skipped);
}

static void test_lanes_never_mix(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 2;
    kit_lanes[1] = (struct lane){.name = "search", .events = 10, .bytes = 1000};
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 3; i++) {
        kit_product(kit, "p");
        struct event search = kit_event(kit, EVENT_SEARCH_SUBMITTED, "s");
        kit_append(kit, &search);
    }
    kit_run(kit);
    assert_int_equal(kit->sent_count, 3);
    assert_string_equal(kit->sent[0].body, "p,p|0|0|0");
    assert_string_equal(kit->sent[1].body, "s,s,s|0|0|0");
    assert_string_equal(kit->sent[2].body, "p|0|0|0");
}

static void test_test_orders_go_apart(void **state)
{
    struct kit *kit = *state;
    kit->settings.test_code = SPAN("T1");
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "real", "real");
    struct event order = kit_order_event(kit, EVENT_ORDER_PLACED, "test", "test");
    order.order.kind = KIND_TEST;
    kit_append(kit, &order);
    kit_run(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[0].body, "real|0|0|0");
    assert_string_equal(kit->sent[1].body, "test|0|0|1");
}

static void test_heavy_batches_are_halved_before_sending(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].bytes = 50;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 90; i++) {
        char id[16];
        snprintf(id, sizeof id, "event%02u", i);
        kit_product(kit, id);
    }
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 90);
    for (unsigned i = 0; i < kit->sent_count; i++)
        assert_in_range(strlen(kit->sent[i].body), 1, 50);
    unsigned before = kit->sent_count;
    for (unsigned i = 0; i < 30; i++)
        kit_product(kit, "event00");
    kit_pass(kit, 3000);
    assert_in_range(kit->sent_count - before, 5, 8); /* the weight is known by now: near full */
}

static bool same_visitor(const struct settings *settings, const struct event *a,
                         const struct event *b)
{
    (void)settings;
    return span_equal(a->who.visitor, b->who.visitor);
}

static void of_visitor(struct kit *kit, const char *id, const char *visitor)
{
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, id);
    event.who.visitor = span_of(visitor);
    kit_append(kit, &event);
}

/* Visitors who take turns fill a batch each, however many they are. */
static void test_one_visitor_a_request(void **state)
{
    struct kit *kit = *state;
    kit_destination.together = same_visitor;
    kit_lanes[0].events = 3;
    kit_open(kit);
    kit_run(kit);
    of_visitor(kit, "a1", "A");
    of_visitor(kit, "b1", "B");
    of_visitor(kit, "a2", "A");
    of_visitor(kit, "b2", "B");
    of_visitor(kit, "a3", "A");
    of_visitor(kit, "a4", "A");
    kit_run(kit);
    assert_int_equal(kit->sent_count, 3);
    assert_string_equal(kit->sent[0].body, "a1,a2,a3|0|0|0");
    assert_string_equal(kit->sent[1].body, "b1,b2|0|0|0");
    assert_string_equal(kit->sent[2].body, "a4|0|0|0");
    for (unsigned i = 0; i < 60; i++) {
        char id[16], visitor[16];
        snprintf(id, sizeof id, "e%02u", i);
        snprintf(visitor, sizeof visitor, "V%02u", i % 30);
        of_visitor(kit, id, visitor);
    }
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 66);
    for (unsigned i = 3; i < kit->sent_count; i++)
        assert_true(strlen(kit->sent[i].body) <= strlen("e01,e31|0|0|0"));
    kit_destination.together = NULL;
}

static void test_linger_waits_to_fill(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].linger = true;
    kit_lanes[0].events = 3;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 300);
    assert_int_equal(kit->sent_count, 0);
    kit_product(kit, "b");
    kit_pass(kit, 300);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "a,b|0|0|0");
    assert_in_range(kit->sent[0].at - KIT_NOW, 500, 501);
    for (unsigned i = 0; i < 3; i++)
        kit_product(kit, "c");
    kit_run(kit); /* full: at once */
    assert_int_equal(kit->sent_count, 2);
}

static void test_new_rows_gather(void **state)
{
    struct kit *kit = *state;
    kit->pace.gather_ms = 100;
    kit_open(kit);
    kit_run(kit); /* the end of the journal is seen */
    kit_product(kit, "a");
    kit_pass(kit, 60);
    assert_int_equal(kit->sent_count, 0);
    kit_product(kit, "b");
    kit_pass(kit, 50);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "a,b|0|0|0");
    assert_int_equal(kit->sent[0].at - KIT_NOW, 100);

    kit_pass(kit, 450);
    kit_product(kit, "c");
    kit_run(kit); /* after a quiet moment: at once */
    assert_int_equal(kit->sent_count, 2);
    kit->clock.at -= HOUR_MS;
    kit_product(kit, "d");
    kit_run(kit); /* a clock that was set back holds nothing up */
    assert_int_equal(kit->sent_count, 3);
}

static void test_reading_stops_while_much_waits(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 100; i++)
        kit_product(kit, "a");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 4);
    unsigned held = 0;
    for (struct shipment *s = kit->deliverer->outlets->shipments; s; s = s->next)
        held++;
    assert_in_range(held, 4, 9);
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 100);
}

static void test_lane_rate(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_lanes[0].per_second = 10;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 50; i++)
        kit_product(kit, "a");
    kit_pass(kit, 1000);
    assert_in_range(kit->sent_count, 8, 11);
    kit_pass(kit, 6000);
    assert_int_equal(kit->sent_count, 50);
}

static void test_adjustment_waits_for_its_order(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    int64_t refund = kit_order(kit, EVENT_ORDER_REFUNDED, "o_1_refund_9", "o_1");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 1); /* never in the same batch */
    assert_string_equal(kit->sent[0].body, "o_1|0|0|0");
    struct letter_row letter = kit_letter(kit, refund);
    assert_int_equal(letter.state, LETTER_WAITING);
    check_span(letter.reason, "waits_for_order");
    assert_int_equal(letter.next_try, kit->clock.at + 2000);
    kit->clock.at += 2500;
    kit_run_silent(kit); /* the order is still in flight */
    assert_int_equal(kit->sent_count, 1);
    kit_pass(kit, 30000);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "o_1_refund_9|0|0|0");
    assert_int_equal(kit_outcome(kit, "o_1_refund_9").state, OUTCOME_DELIVERED);
    assert_int_equal(letter_count(kit->view, kit->shop_number, SPAN("fake"), LETTER_DELIVERED), 1);
}

static int refuses_orders(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "o_1|", 4) == 0 ? 422 : 200;
}

static void test_adjustment_of_a_refused_order(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses_orders;
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 2000);
    kit_order(kit, EVENT_ORDER_REFUNDED, "o_1_refund_9", "o_1");
    kit_order(kit, EVENT_ORDER_REFUNDED, "o_7_refund_1", "o_7"); /* from before our time */
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 1);
    assert_int_equal(kit_counted("skip_order_not_delivered"), 2);
    check_span(kit_outcome(kit, "o_1_refund_9").reason, "order_not_delivered");
    check_span(kit_outcome(kit, "o_7_refund_1").reason, "order_not_delivered");
}

/* o_1 is delivered, two refunds and a cancellation of it follow at once, a refund of o_2 too. */
static void two_orders_adjusted(struct kit *kit, int64_t ret_seqs[4])
{
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_order(kit, EVENT_ORDER_PLACED, "o_2", "o_2");
    kit_run(kit);
    ret_seqs[0] = kit_order(kit, EVENT_ORDER_REFUNDED, "o_1_refund_1", "o_1");
    ret_seqs[1] = kit_order(kit, EVENT_ORDER_REFUNDED, "o_1_refund_2", "o_1");
    ret_seqs[2] = kit_order(kit, EVENT_ORDER_CANCELLED, "o_1_cancelled", "o_1");
    ret_seqs[3] = kit_order(kit, EVENT_ORDER_REFUNDED, "o_2_refund_3", "o_2");
}

/* The later waits for the earlier: in flight, backing off, refused. Other orders do not. */
static void test_adjustments_of_an_order_keep_their_order(void **state)
{
    struct kit *kit = *state;
    int64_t seqs[4];
    two_orders_adjusted(kit, seqs);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "o_1_refund_1,o_2_refund_3|0|0|0");
    check_span(kit_letter(kit, seqs[1]).reason, "waits_for_order");
    kit->clock.at += 3000;
    kit_run_silent(kit); /* in flight */
    kit_answer(kit, 1, 503);
    kit->clock.at += 1;
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2); /* backing off */
    kit_pass(kit, 10 * MINUTE_MS);
    assert_int_equal(kit->sent_count, 5);
    assert_string_equal(kit->sent[2].body, "o_1_refund_1,o_2_refund_3|0|0|0");
    assert_string_equal(kit->sent[3].body, "o_1_refund_2|0|0|0");
    assert_string_equal(kit->sent[4].body, "o_1_cancelled|0|0|0");
}

/* A letter is looked at before the journal is read: it must not pass what is not read again yet. */
static void test_adjustments_keep_their_order_over_a_restart(void **state)
{
    struct kit *kit = *state;
    int64_t seqs[4];
    two_orders_adjusted(kit, seqs);
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2); /* the first of each, in flight */
    kit_crash(kit);
    kit->clock.at += HOUR_MS; /* the letters are long due */
    kit_open(kit);
    kit_pass(kit, 10 * MINUTE_MS);
    assert_int_equal(kit->sent_count, 5);
    assert_string_equal(kit->sent[2].body, "o_1_refund_1,o_2_refund_3|0|0|0");
    assert_string_equal(kit->sent[3].body, "o_1_refund_2|0|0|0");
    assert_string_equal(kit->sent[4].body, "o_1_cancelled|0|0|0");
}

static int refuses_first_refund(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "o_1_refund_1|", 13) == 0 ? 422 : 200;
}

static void retry_dead_letters(struct kit *kit)
{
    unsigned count = 0;
    kit_begin(kit);
    check_ok(letter_retry(kit->store, (span){0}, kit->clock.at, &count));
    kit_commit(kit);
    assert_int_equal(count, 1);
    kit->script = kit_all_well;
    outlet_poke(kit->deliverer->outlets, kit->clock.at);
    kit_pass(kit, MINUTE_MS);
}

/* A person sends a dead refund again when later ones have arrived. Where each says what the order
   is worth by then, the older word would be the last; where amounts are taken off, all are wanted.
 */
static void test_an_older_restatement_does_not_come_after(void **state)
{
    struct kit *kit = *state;
    kit_destination.restates = true;
    kit->script = refuses_first_refund;
    kit_lanes[0].events = 1;
    int64_t seqs[4];
    two_orders_adjusted(kit, seqs);
    kit_pass(kit, 10 * MINUTE_MS);
    assert_int_equal(kit_letter(kit, seqs[0]).state, LETTER_DEAD);
    unsigned sent = kit->sent_count;
    retry_dead_letters(kit);
    assert_int_equal(kit->sent_count, sent);
    assert_int_equal(kit_counted("skip_superseded"), 1);
    check_span(kit_outcome(kit, "o_1_refund_1").reason, "superseded");
}

static void test_an_older_amount_is_still_taken_off(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses_first_refund;
    kit_lanes[0].events = 1;
    int64_t seqs[4];
    two_orders_adjusted(kit, seqs);
    kit_pass(kit, 10 * MINUTE_MS);
    retry_dead_letters(kit);
    assert_int_equal(kit_times_sent(kit, "o_1_refund_1"), 2);
    assert_int_equal(kit_outcome(kit, "o_1_refund_1").state, OUTCOME_DELIVERED);
}

static void test_dry_and_validate_send_nothing(void **state)
{
    struct kit *kit = *state;
    kit->settings.mode = OUTLET_DRY;
    kit_open(kit);
    kit_run(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_order(kit, EVENT_ORDER_REFUNDED, "o_1_refund_9", "o_1");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 0);
    assert_int_equal(kit_counted("dry"), 2);
    struct outcome_row outcome = kit_outcome(kit, "o_1");
    check_span(outcome.reason, "dry");
    struct batch_row batch = {0};
    check_ok(batch_get(kit->view, &kit->arena, outcome.batch, &batch));
    check_span(batch.code, "dry");
}

static void test_consent_withdrawn_while_it_waits(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "v");
    event.who.visitor = SPAN("01JDVISITOR000000000000000");
    kit_append(kit, &event);
    kit_product(kit, "w");
    kit_run_silent(kit);
    kit_answer(kit, 0, 503);
    const struct visitor_row row = {
        .visitor = event.who.visitor,
        .consent = {.marketing = CONSENT_DENIED, .source = SPAN("api"), .at = kit->clock.at + 1}};
    kit_begin(kit);
    check_ok(visitor_put(kit->store, kit->shop_number, &row));
    kit_commit(kit);
    kit->clock.at += 1000;
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "w|0|0|0");
    assert_int_equal(kit_counted("skip_consent_denied_now"), 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

static void encode_with_email(const struct settings *settings, const struct batch *batch,
                              struct http_call *ret_call)
{
    kit_encode(settings, batch, ret_call);
    for (unsigned i = 0; i < batch->count; i++)
        ret_call->body = arena_print(batch->arena, "%.*s %.*s", SPAN_ARG(ret_call->body),
                                     SPAN_ARG(batch->events[i]->who.email));
}

/* The platform is down; meanwhile the visitor says who he is: what waits, in memory and in the
   journal, goes with it. */
static void test_who_is_learnt_while_it_waits(void **state)
{
    struct kit *kit = *state;
    kit_destination.encode = encode_with_email;
    kit_open(kit);
    kit_run(kit);
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "v");
    event.who.visitor = SPAN("01JDVISITOR000000000000000");
    kit_append(kit, &event);
    kit_run_silent(kit);
    assert_string_equal(kit->sent[0].body, "v|0|0|0 ");
    kit_answer(kit, 0, 503);
    struct person_row person = {.shop = kit->shop_number, .who.email = SPAN("ada@example.com")};
    kit_begin(kit);
    check_ok(person_put(kit->store, &person));
    check_ok(visitor_own(kit->store, kit->shop_number, event.who.visitor, kit->clock.at + 1,
                         person.id, DAY_MS));
    kit_commit(kit);
    kit_pass(kit, 10000);
    kit_destination.encode = kit_encode;
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "v|0|0|0 ada@example.com");
}

/* Forgets v@example.com and every row that names her, as `sidetrack forget` would meanwhile. */
static void forget_her(struct kit *kit)
{
    const struct dossier_name name = {LINK_EMAIL, SPAN("v@example.com")};
    const struct erase_wish wish = {
        .shop = kit->shop_number, .names = &name, .name_count = 1, .asked_by = "forget"};
    int64_t id;
    bool done = false;
    kit_begin(kit);
    check_ok(erase_begin(kit->store, &kit->arena, &wish, kit->clock.at, &id));
    kit_commit(kit);
    while (!done) {
        kit_begin(kit);
        check_ok(erase_slice(kit->store, &kit->arena, id, kit->clock.at, &done));
        kit_commit(kit);
    }
}

static void her_event(struct kit *kit, enum event_name name, const char *id)
{
    struct event event = kit_event(kit, name, id);
    event.who.email = SPAN("v@example.com");
    kit_append(kit, &event);
}

/* Her event and another's are to go again together; then she is forgotten. */
static void forgotten_while_it_waits(struct kit *kit)
{
    kit->pace.base_ms = kit->pace.cap_ms = 10;
    kit_open(kit);
    kit_run(kit);
    her_event(kit, EVENT_PRODUCT_VIEWED, "v");
    kit_product(kit, "w");
    kit_run_silent(kit);
    assert_string_equal(kit->sent[0].body, "v,w|0|0|0");
    kit_answer(kit, 0, 503);
    forget_her(kit);
}

/* Whoever is forgotten between two attempts is not in the second, be it a moment later. */
static void test_forgotten_while_it_waits(void **state)
{
    struct kit *kit = *state;
    forgotten_while_it_waits(kit);
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "w|0|0|0");
    assert_int_equal(kit_counted("skip_erased"), 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

/* Whether somebody was forgotten cannot be read just then: nothing goes until it can. */
static void test_forgotten_and_the_disk_is_away(void **state)
{
    struct kit *kit = *state;
    struct unreadable plan = {.countdown = 1, .lasting = true};
    forgotten_while_it_waits(kit);
    unreadable_set(kit->deliverer->world.view, &plan);
    kit_pass(kit, 3000);
    assert_true(plan.fired > 0);
    assert_int_equal(kit->sent_count, 1);
    unreadable_set(kit->deliverer->world.view, NULL);
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 2);
    assert_string_equal(kit->sent[1].body, "w|0|0|0");
}

/* Of several requests the first has gone: the others stay. */
static void test_forgotten_between_two_parts(void **state)
{
    struct kit *kit = *state;
    kit_parts = 3;
    kit_open(kit);
    kit_run(kit);
    her_event(kit, EVENT_ORDER_PLACED, "o_1");
    kit_run_silent(kit);
    assert_string_equal(kit->sent[0].body, "o_1|0|0|0");
    forget_her(kit);
    kit_answer(kit, 0, 200);
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

/* Committed as SENDING, forgotten, and only then RECORD's answer: nothing leaves. */
static void test_forgotten_between_promise_and_request(void **state)
{
    struct kit *kit = *state;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    her_event(kit, EVENT_PRODUCT_VIEWED, "v");
    kit_product(kit, "w");
    (void)turn(kit->deliverer); /* the promise is on its way */
    assert_int_equal(kit->sent_count, 0);
    forget_her(kit);
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "w|0|0|0");
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

/* What the platform says of somebody who was forgotten while his request was on its way. */
static void test_an_answer_after_the_forgetting(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    kit->says = SPAN("{\"bad\":\"v@example.com\"}");
    her_event(kit, EVENT_ORDER_PLACED, "o_1");
    int64_t seq = kit->seq;
    kit_run_silent(kit);
    forget_her(kit);
    kit_answer(kit, 0, 422);
    kit_pass(kit, 3000);
    struct letter_row letter;
    check_ok(letter_of_seq(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), seq, &letter));
    assert_int_equal(letter.state, LETTER_DROPPED);
    check_span(letter.reason, "erased");
    assert_true(span_empty(letter.words) && span_empty(letter.event_id));
    struct batch_row *batches;
    unsigned count;
    check_ok(batch_of_seq(kit->view, &kit->arena, kit->shop_number, SPAN("fake"), seq, &batches,
                          &count));
    assert_int_equal(count, 1);
    assert_true(span_empty(batches[0].answer));
    struct outcome_row outcome;
    assert_int_equal(
        outcome_get(kit->view, &kit->arena, kit->shop_number, SPAN("o_1"), SPAN("fake"), &outcome),
        MISSING);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

/* What the visitor says between two attempts. */
static void visitor_says(struct kit *kit, const char *visitor, struct consent consent)
{
    consent.source = SPAN("api");
    consent.at = kit->clock.at + 1;
    const struct visitor_row row = {.visitor = span_of(visitor), .consent = consent};
    kit_begin(kit);
    check_ok(visitor_put(kit->store, kit->shop_number, &row));
    kit_commit(kit);
    kit->clock.at += OUTLET_RECHECK_MS;
}

static int busy_at_first(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count <= 2 ? 503 : 200;
}

/* Analytics goes on when ads are refused, and says so: in a batch that is tried again, in a letter,
   and when its answer was lost. */
static void test_ad_flags_are_asked_at_each_attempt(void **state)
{
    struct kit *kit = *state;
    kit_destination.asks = CONSENT_FOR_ANALYTICS;
    kit->script = busy_at_first;
    kit_open(kit);
    kit_run(kit);
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, "v");
    event.who.visitor = SPAN("01JDVISITOR000000000000000");
    kit_append(kit, &event);
    kit_product(kit, "w");
    kit_run_silent(kit);
    assert_string_equal(kit->sent[0].body, "v,w|0|0|0");
    visitor_says(kit, "01JDVISITOR000000000000000", (struct consent){.marketing = CONSENT_DENIED});
    kit_answer(kit, 0, NO_ANSWER);
    kit->clock.at += MINUTE_MS;
    kit_run_silent(kit);
    assert_string_equal(kit->sent[1].body, "v-,w|0|0|0");
    kit_answer(kit, 1, 503);
    visitor_says(kit, "01JDVISITOR000000000000000",
                 (struct consent){.sale_of_data = CONSENT_DENIED, .marketing = CONSENT_GRANTED});
    kit_pass(kit, 10 * MINUTE_MS);
    assert_string_equal(kit->sent[2].body, "v~,w|0|0|0");
    assert_int_equal(kit_counted("delivered"), 2);
}

static void test_grows_too_old_while_it_waits(void **state)
{
    struct kit *kit = *state;
    kit_destination.max_age_ms = MINUTE_MS;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_run_silent(kit);
    kit->clock.at += 31000;
    kit_answer(kit, 0, 429); /* in 30 s */
    kit_pass(kit, 40000);
    assert_int_equal(kit->sent_count, 1);
    check_span(kit_letter(kit, seq).reason, "expired");
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_REFUSED);
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
}

/* Trouble with the disk when it comes to be is not "the journal is empty". */
static void test_a_new_one_never_begins_at_the_beginning(void **state)
{
    struct kit *kit = *state;
    struct unreadable plan = {.countdown = 1, .lasting = true};
    for (unsigned i = 0; i < 5; i++)
        kit_product(kit, "old");
    kit_open(kit);
    outlet_free(kit->deliverer->outlets);
    unreadable_set(kit->deliverer->world.view, &plan);
    kit->deliverer->outlets = outlet_new(&kit->deliverer->world, &kit->specs[0]);
    kit_run(kit);
    assert_true(plan.fired > 0);
    assert_int_equal(kit->sent_count, 0);
    unreadable_set(kit->deliverer->world.view, NULL);
    kit_pass(kit, 3000);
    kit_product(kit, "new");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "new|0|0|0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_skips_are_counted_and_settled),
        KIT_TEST(test_skips_above_the_mark_are_remembered),
        KIT_TEST(test_lanes_never_mix),
        KIT_TEST(test_test_orders_go_apart),
        KIT_TEST(test_heavy_batches_are_halved_before_sending),
        KIT_TEST(test_one_visitor_a_request),
        KIT_TEST(test_linger_waits_to_fill),
        KIT_TEST(test_new_rows_gather),
        KIT_TEST(test_reading_stops_while_much_waits),
        KIT_TEST(test_lane_rate),
        KIT_TEST(test_adjustment_waits_for_its_order),
        KIT_TEST(test_adjustment_of_a_refused_order),
        KIT_TEST(test_adjustments_of_an_order_keep_their_order),
        KIT_TEST(test_adjustments_keep_their_order_over_a_restart),
        KIT_TEST(test_an_older_restatement_does_not_come_after),
        KIT_TEST(test_an_older_amount_is_still_taken_off),
        KIT_TEST(test_dry_and_validate_send_nothing),
        KIT_TEST(test_consent_withdrawn_while_it_waits),
        KIT_TEST(test_who_is_learnt_while_it_waits),
        KIT_TEST(test_forgotten_while_it_waits),
        KIT_TEST(test_forgotten_and_the_disk_is_away),
        KIT_TEST(test_forgotten_between_two_parts),
        KIT_TEST(test_an_answer_after_the_forgetting),
        KIT_TEST(test_forgotten_between_promise_and_request),
        KIT_TEST(test_ad_flags_are_asked_at_each_attempt),
        KIT_TEST(test_grows_too_old_while_it_waits),
        KIT_TEST(test_a_new_one_never_begins_at_the_beginning),
    };
    return CHECK_RUN(tests);
}
