/*
 * Orders as scenes: whatever the order of arrival, and however often it arrives, the two halves of
 * an order become one purchase, with the shop's money and the browser's click.
 */
#include "order_bodies.h"

#include "../../../src/pipeline/assemble.h"
#include "../../../src/pipeline/count.h"

/* Calls play() with every order of 0 … n-1. */
static void permute(unsigned *order, unsigned n, unsigned done,
                    void (*play)(struct stage *, const unsigned *, unsigned), struct stage *stage)
{
    if (done == n) {
        play(stage, order, n);
        return;
    }
    for (unsigned i = done; i < n; i++) {
        unsigned swap = order[done];
        order[done] = order[i];
        order[i] = swap;
        permute(order, n, done + 1, play, stage);
        swap = order[done];
        order[done] = order[i];
        order[i] = swap;
    }
}

static unsigned round_number;

static void names_of_round(struct stage *stage, span *ret_id, span *ret_token)
{
    round_number++;
    *ret_id = arena_print(&stage->arena, "5%09u", round_number);
    *ret_token = arena_print(&stage->arena, "%032x", round_number);
}

static void play_halves(struct stage *stage, const unsigned *order, unsigned n)
{
    span id, token;
    names_of_round(stage, &id, &token);
    for (unsigned i = 0; i < n; i++) {
        switch (order[i]) {
        case 0:
        case 1: /* the beacon is sent twice */
            stage_push(stage, browser_half(stage, id, token), (span){0});
            break;
        case 2:
        case 3: /* the webhook comes twice, as two deliveries */
            stage_push(stage, order_body(EVENT_FACT_ORDER_CREATED, id, token, 10), (span){0});
            break;
        case 4:
            stage_push(stage, order_body(EVENT_FACT_ORDER_PAID, id, token, 20), (span){0});
            break;
        default:
            stage_push(stage, order_body(EVENT_FACT_ORDER_UPDATED, id, token, 30), (span){0});
            break;
        }
        stage->clock.at += 100;
    }
    stage_pass(stage, 121 * SECOND_MS);
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(stage, id, EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_true(span_equal(placed.id, arena_print(&stage->arena, "o_%.*s", SPAN_ARG(token))));
    assert_int_equal(placed.order.value.units, 5990);
    assert_true(span_equal(placed.client.fbp, FBP));
    assert_true(span_is(placed.who.email, "ada@example.com"));
    assert_true(span_equal(placed.who.visitor, VISITOR));
    assert_int_equal(placed.consent.marketing, CONSENT_GRANTED);
    assert_int_equal(placed.at, STAGE_START);
    struct order_row row = stage_order(stage, id);
    assert_int_equal(row.state, ORDER_SENT);
    assert_int_equal(stage_derived(stage, id, EVENT_ORDER_EDITED, NULL, 0), 0);
}

static void every_order_of_halves_and_copies_makes_one_purchase(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    unsigned order[] = {0, 1, 2, 3, 4, 5};
    permute(order, COUNT_OF(order), 0, play_halves, &stage);
    stage_done(&stage);
}

static void play_refunds(struct stage *stage, const unsigned *order, unsigned n)
{
    span id, token;
    names_of_round(stage, &id, &token);
    for (unsigned i = 0; i < n; i++) {
        switch (order[i]) {
        case 0:
            stage_push(stage, browser_half(stage, id, token), (span){0});
            break;
        case 1:
            stage_push(stage, order_body(EVENT_FACT_ORDER_CREATED, id, token, 10), (span){0});
            break;
        case 2:
            stage_push(stage, refund(id, SPAN("901"), 1000), (span){0});
            break;
        case 3:
            stage_push(stage, refund(id, SPAN("902"), 4990), (span){0});
            break;
        default:
            stage_push(stage, refund(id, SPAN("901"), 1000), (span){0});
            break;
        }
        stage->clock.at += 100;
    }
    stage_pass(stage, 121 * SECOND_MS);
    struct event refunds[4];
    assert_int_equal(stage_derived(stage, id, EVENT_ORDER_PLACED, refunds, 1), 1);
    assert_true(span_equal(refunds[0].client.fbp, FBP));
    assert_int_equal(stage_derived(stage, id, EVENT_ORDER_REFUNDED, refunds, 4), 2);
    assert_int_equal(refunds[0].adjust.amount.units + refunds[1].adjust.amount.units, 5990);
    /* each says what is left after it, in their order */
    assert_int_equal(refunds[0].adjust.remaining.units, 5990 - refunds[0].adjust.amount.units);
    assert_true(refunds[1].adjust.remaining.given);
    assert_int_equal(refunds[1].adjust.remaining.units, 0);
    struct order_row row = stage_order(stage, id);
    assert_int_equal(row.state, ORDER_ADJUSTED);
    assert_int_equal(row.adjusted.units, 5990);
}

static void refunds_before_and_after_are_applied_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    unsigned order[] = {0, 1, 2, 3, 4};
    permute(order, COUNT_OF(order), 0, play_refunds, &stage);
    stage_done(&stage);
}

static void ad_blocked_order_goes_after_the_hold(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
    stage_pass(&stage, 119 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
    stage_pass(&stage, 2 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_true(span_empty(placed.client.fbp));
    stage_done(&stage);
}

static void a_clock_set_back_holds_no_order_longer(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 100 * SECOND_MS);
    stage_pass(&stage, -DAY_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
    stage_pass(&stage, 22 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    stage_done(&stage);
}

static void restart(struct stage *stage)
{
    record_close(stage->recorder);
    stage_open_recorder(stage);
    stage_pass(stage, 0);
}

/* ... and not while the gateway was down either: the journal knows what time it was. */
static void a_clock_set_back_meanwhile_holds_no_order_longer(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage.clock.at -= DAY_MS;
    restart(&stage);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
    stage_pass(&stage, 119 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
    stage_pass(&stage, 2 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    /* Once more, and again before anything comes: sooner, if anything, and never later. */
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("2"), SPAN("bb"), 10), (span){0});
    stage.clock.at -= HOUR_MS;
    restart(&stage);
    restart(&stage);
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("2")).state, ORDER_SENT);
    /* An ordinary restart shortens nothing. */
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("3"), SPAN("cc"), 10), (span){0});
    stage.clock.at += 60 * SECOND_MS;
    restart(&stage);
    assert_int_equal(stage_order(&stage, SPAN("3")).state, ORDER_HELD);
    stage_pass(&stage, 59 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("3")).state, ORDER_HELD);
    stage_pass(&stage, 2 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("3")).state, ORDER_SENT);
    stage_done(&stage);
}

static void a_note_attribute_needs_no_wait(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event seen = {.id = SPAN("v1"),
                         .name = EVENT_PRODUCT_VIEWED,
                         .source = SOURCE_BROWSER,
                         .client = {.fbp = FBP},
                         .who = {.visitor = VISITOR}};
    stage_push(&stage, seen, (span){0});
    struct event order = order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10);
    order.who.visitor = VISITOR;
    stage_push(&stage, order, (span){0});
    struct order_row row = stage_order(&stage, SPAN("1"));
    assert_int_equal(row.state, ORDER_SENT);
    assert_true(span_is(row.matched, "note_attribute"));
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_true(span_equal(placed.client.fbp, FBP));
    stage_done(&stage);
}

static void a_checkout_step_links_by_token(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event step = browser_half(&stage, (span){0}, SPAN("aa"));
    step.name = EVENT_CHECKOUT_CONTACT;
    stage_push(&stage, step, (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    struct order_row row = stage_order(&stage, SPAN("1"));
    assert_int_equal(row.state, ORDER_SENT);
    assert_true(span_is(row.matched, "checkout_token"));
    stage_done(&stage);
}

static void a_cart_token_of_the_snippet_links(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event added = browser_half(&stage, (span){0}, (span){0});
    added.name = EVENT_PRODUCT_ADDED_TO_CART;
    added.source = SOURCE_BROWSER;
    added.order.cart_token = SPAN("cart-9");
    stage_push(&stage, added, (span){0});
    struct event order = order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10);
    order.order.cart_token = SPAN("cart-9");
    stage_push(&stage, order, (span){0});
    struct order_row row = stage_order(&stage, SPAN("1"));
    assert_int_equal(row.state, ORDER_SENT);
    assert_true(span_is(row.matched, "cart_token"));
    stage_done(&stage);
}

static void browser_half_alone_is_dropped_and_lifted_by_a_late_webhook(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("aa")), (span){0});
    stage_pass(&stage, 16 * MINUTE_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_DROPPED);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 0);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_int_equal(placed.order.value.units, 5990);
    assert_true(span_equal(placed.client.fbp, FBP));
    stage_done(&stage);
}

static void odd_orders_are_excluded_with_their_reason(void **state)
{
    (void)state;
    static const struct {
        enum event_kind kind;
        int64_t cents;
        const char *reason;
    } odd[] = {
        {KIND_TEST, 5990, "test"},
        {KIND_POS, 5990, "pos"},
        {KIND_DRAFT, 5990, "draft"},
        {KIND_RENEWAL, 5990, "renewal"},
        {KIND_MARKETPLACE, 5990, "marketplace"},
        {KIND_WEB, 0, "zero"},
    };
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < COUNT_OF(odd); i++) {
        span id = arena_print(&stage.arena, "%u", i + 1);
        struct event order = order_body(EVENT_FACT_ORDER_CREATED, id, id, 10);
        order.order.kind = odd[i].kind;
        order.order.value = order.order.total = money_of(odd[i].cents, 2);
        stage_push(&stage, order, (span){0});
        stage_pass(&stage, 121 * SECOND_MS);
        struct order_row row = stage_order(&stage, id);
        assert_int_equal(row.state, ORDER_EXCLUDED);
        assert_true(span_is(row.reason, odd[i].reason));
        /* Its refund is a counted skip, not a refund of something never sent. */
        stage_push(&stage, refund(id, id, 100), (span){0});
        assert_int_equal(stage_derived(&stage, id, EVENT_ORDER_REFUNDED, NULL, 0), 0);
    }
    stage_done(&stage);
}

static void orders_older_than_activation_are_not_sent(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event order = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 10);
    order.order.created_at = STAGE_START - DAY_MS;
    stage_push(&stage, order, (span){0});
    stage_pass(&stage, 2 * HOUR_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_KNOWN);
    order.name = EVENT_FACT_ORDER_CREATED;
    stage_push(&stage, order, (span){0});
    stage_pass(&stage, 2 * HOUR_MS);
    struct order_row row = stage_order(&stage, SPAN("1"));
    assert_int_equal(row.state, ORDER_EXCLUDED);
    assert_true(span_is(row.reason, "older_than_activation"));
    stage_done(&stage);
}

static void a_lost_webhook_is_made_good_after_an_hour(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_KNOWN);
    stage_pass(&stage, HOUR_MS + SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    /* The webhook comes after all: one purchase. */
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    stage_done(&stage);
}

static void paid_trigger_waits_for_the_money(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage.shop.orders.trigger = TRIGGER_PAID;
    struct event pending = order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10);
    pending.order.financial_status = SPAN("pending");
    stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("aa")), (span){0});
    stage_push(&stage, pending, (span){0});
    stage_pass(&stage, 3 * DAY_MS); /* a bank transfer takes its time */
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 0);
    struct event paid = order_body(EVENT_FACT_ORDER_PAID, SPAN("1"), SPAN("aa"), 99);
    paid.at = stage.clock.at;
    stage_push(&stage, paid, (span){0});
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_int_equal(placed.at, paid.at);
    stage_done(&stage);
}

static void cancelled_while_held_never_goes(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CANCELLED, SPAN("1"), SPAN("aa"), 20),
               (span){0});
    struct order_row row = stage_order(&stage, SPAN("1"));
    assert_int_equal(row.state, ORDER_DROPPED);
    assert_true(span_is(row.reason, "cancelled"));
    stage_pass(&stage, 200 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 0);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_CANCELLED, NULL, 0), 0);
    stage_done(&stage);
}

static void strangers_tokens_neither_kill_nor_price_an_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    /* A stranger posts the token of order 2 together with the id of order 1, and again alone. */
    stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("bb")), (span){0});
    stage_pass(&stage, 20 * MINUTE_MS);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("2"), SPAN("bb"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event one = {.at = 0}, two = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &one, 1), 1);
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, &two, 1), 1);
    assert_true(span_is(one.id, "o_aa"));
    assert_true(span_is(two.id, "o_bb"));
    assert_int_equal(one.order.value.units, 5990);
    assert_int_equal(two.order.value.units, 5990);
    stage_done(&stage);
}

static void a_reused_cart_is_two_orders(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 1; i <= 2; i++) {
        span id = arena_print(&stage.arena, "%u", i);
        struct event order = order_body(EVENT_FACT_ORDER_CREATED, id, id, 10);
        order.order.cart_token = SPAN("one-cart");
        stage_push(&stage, order, (span){0});
    }
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, NULL, 0), 1);
    stage_done(&stage);
}

static void a_restart_forgets_nothing(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    record_close(stage.recorder);
    stage_open_recorder(&stage);
    struct parcel *again =
        stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10),
                   SPAN("delivery-0"));
    assert_int_equal(again->duplicates, 1);
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    stage_done(&stage);
}

static void no_move_but_the_drawn_ones(void **state)
{
    (void)state;
    assert_true(assemble_may_move(ORDER_HELD, ORDER_READY));
    assert_false(assemble_may_move(ORDER_SENT, ORDER_READY));
    assert_false(assemble_may_move(ORDER_EXCLUDED, ORDER_READY));
    assert_false(assemble_may_move(ORDER_ADJUSTED, ORDER_SENT));
    for (unsigned from = 0; from < ORDER_STATE_COUNT; from++)
        assert_false(assemble_may_move(from, ORDER_NONE));
}

/* ---- found by review: each of these scenes once went wrong ---- */

static void a_lost_webhook_is_made_good_whichever_half_came_first(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    /* 1: half, then update. 2: the half was given up for dropped before the update came. */
    stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("aa")), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_push(&stage, browser_half(&stage, SPAN("2"), SPAN("bb")), (span){0});
    stage_pass(&stage, 16 * MINUTE_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SEEN_BROWSER);
    assert_int_equal(stage_order(&stage, SPAN("2")).state, ORDER_DROPPED);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_UPDATED, SPAN("2"), SPAN("bb"), 10), (span){0});
    stage_pass(&stage, HOUR_MS + SECOND_MS);
    struct event placed = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_int_equal(placed.order.value.units, 5990);
    assert_true(span_equal(placed.client.fbp, FBP));
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_true(span_empty(stage_order(&stage, SPAN("2")).reason));
    stage_done(&stage);
}

/* The refund knows the order's id, the pixel (no order id yet) its token; sent before they met. */
static void a_half_that_was_sent_is_not_sent_again(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage.shop.orders.browser_only = BROWSER_ONLY_SEND;
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 50), (span){0});
    stage_push(&stage, browser_half(&stage, (span){0}, SPAN("aa")), (span){0});
    stage_pass(&stage, 16 * MINUTE_MS);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_ADJUSTED);
    stage_done(&stage);
}

static void a_row_that_was_joined_is_not_the_next_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 50), (span){0});
    stage_push(&stage, browser_half(&stage, (span){0}, SPAN("aa")), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("2"), SPAN("bb"), 10), (span){0});
    assert_true(span_is(stage_order(&stage, SPAN("2")).order_id, "2"));
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, NULL, 0), 1);
    stage_done(&stage);
}

static void two_orders_of_one_token_have_ids_of_their_own(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("2"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event one = {.at = 0}, two = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &one, 1), 1);
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, &two, 1), 1);
    assert_true(span_is(one.id, "o_aa"));
    assert_true(span_is(two.id, "o_2") && span_is(two.order.key, "o_2"));
    stage_done(&stage);
}

/* A stranger guesses the next order id and says so under a token of his own. */
static void a_guessed_order_id_gives_a_stranger_no_sale(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event guess = browser_half(&stage, SPAN("1"), SPAN("bb"));
    guess.id = SPAN("guess");
    guess.who.visitor = SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W9");
    guess.client.fbp = SPAN("fb.1.1763990000000.666");
    stage_push(&stage, guess, (span){0});
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 990), (span){0}); /* finds the guess's row */
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD); /* for its own half */
    stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("aa")), (span){0});
    struct event told = {0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &told, 1), 1);
    assert_true(span_equal(told.client.fbp, FBP));
    assert_true(span_equal(told.who.visitor, VISITOR));
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, &told, 1), 1);
    assert_int_equal(told.adjust.amount.units, 990);
    stage_done(&stage);
}

#define STRANGER SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W9")

/* The half of somebody who counts: the next order id, no token or one of his own, a yes to all. */
static struct event counted_half(struct stage *stage, span order_id, span token)
{
    static unsigned n;
    struct event guess = browser_half(stage, order_id, token);
    guess.id = arena_print(&stage->arena, "guess-%u", n++);
    guess.who.visitor = STRANGER;
    guess.client.fbp = SPAN("fb.1.1763990000000.666");
    guess.client.ip = SPAN("198.51.100.66");
    return guess;
}

/* Nothing of the stranger's is in the sale, and his browser is nobody's. */
static void assert_not_his(struct stage *stage, span id)
{
    struct event told = {0};
    stage_pass(stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(stage, id, EVENT_ORDER_PLACED, &told, 1), 1);
    assert_false(span_is(told.client.fbp, "fb.1.1763990000000.666"));
    assert_false(span_equal(told.who.visitor, STRANGER));
    assert_int_equal(visitor_owner(stage->view, 1, STRANGER, stage->clock.at), 0);
}

static struct event order_of_ada(span id, span token)
{
    struct event order = order_body(EVENT_FACT_ORDER_CREATED, id, token, 10);
    order.client.ip = SPAN("203.0.113.7");
    return order;
}

/* Before the order, between, after it; with a token of his own and without. */
static void who_counts_order_ids_gets_nothing_of_them(void **state)
{
    (void)state;
    const span tokens[] = {SPAN("bb"), {0}};
    for (unsigned i = 0; i < 2 * COUNT_OF(tokens); i++) {
        struct stage stage;
        stage_init(&stage);
        span token = tokens[i % 2];
        bool first = i < 2;
        if (first)
            stage_push(&stage, counted_half(&stage, SPAN("1"), token), (span){0});
        stage_push(&stage, order_of_ada(SPAN("1"), SPAN("aa")), (span){0});
        stage_push(&stage, counted_half(&stage, SPAN("1"), token), (span){0});
        assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_HELD);
        assert_not_his(&stage, SPAN("1"));
        struct event told = {0};
        assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &told, 1), 1);
        assert_int_equal(told.consent.marketing, CONSENT_UNKNOWN); /* nor did he say yes for her */
        stage_push(&stage, counted_half(&stage, SPAN("1"), token), (span){0});
        assert_not_his(&stage, SPAN("1"));
        stage_done(&stage);
    }
}

/* He was first; then the buyer's own half comes, then the order: they find each other. */
static void a_guess_does_not_stand_between_the_halves(void **state)
{
    (void)state;
    const span tokens[] = {SPAN("bb"), {0}};
    for (unsigned i = 0; i < COUNT_OF(tokens); i++) {
        struct stage stage;
        stage_init(&stage);
        stage_push(&stage, counted_half(&stage, SPAN("1"), tokens[i]), (span){0});
        stage_push(&stage, browser_half(&stage, SPAN("1"), SPAN("aa")), (span){0});
        stage_push(&stage, order_of_ada(SPAN("1"), SPAN("aa")), (span){0});
        struct event told = {0};
        assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &told, 1), 1);
        assert_true(span_equal(told.client.fbp, FBP));
        assert_true(span_equal(told.who.visitor, VISITOR));
        assert_not_his(&stage, SPAN("1"));
        stage_done(&stage);
    }
}

/* Join rule 4 where it is all there is: halves without a token, of one address, in any order. */
static void an_order_id_joins_where_the_address_bears_it_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct stage stage;
        stage_init(&stage);
        if (i == 0)
            stage_push(&stage, browser_half(&stage, SPAN("1"), (span){0}), (span){0});
        stage_push(&stage, order_of_ada(SPAN("1"), SPAN("aa")), (span){0});
        if (i == 1)
            stage_push(&stage, browser_half(&stage, SPAN("1"), (span){0}), (span){0});
        struct order_row row = stage_order(&stage, SPAN("1"));
        assert_int_equal(row.state, ORDER_SENT);
        assert_true(span_is(row.matched, "order_id"));
        assert_true(span_equal(row.visitor, VISITOR));
        stage_done(&stage);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_of_halves_and_copies_makes_one_purchase),
        cmocka_unit_test(refunds_before_and_after_are_applied_once),
        cmocka_unit_test(ad_blocked_order_goes_after_the_hold),
        cmocka_unit_test(a_clock_set_back_holds_no_order_longer),
        cmocka_unit_test(a_clock_set_back_meanwhile_holds_no_order_longer),
        cmocka_unit_test(a_note_attribute_needs_no_wait),
        cmocka_unit_test(a_checkout_step_links_by_token),
        cmocka_unit_test(a_cart_token_of_the_snippet_links),
        cmocka_unit_test(browser_half_alone_is_dropped_and_lifted_by_a_late_webhook),
        cmocka_unit_test(odd_orders_are_excluded_with_their_reason),
        cmocka_unit_test(orders_older_than_activation_are_not_sent),
        cmocka_unit_test(a_lost_webhook_is_made_good_after_an_hour),
        cmocka_unit_test(paid_trigger_waits_for_the_money),
        cmocka_unit_test(cancelled_while_held_never_goes),
        cmocka_unit_test(strangers_tokens_neither_kill_nor_price_an_order),
        cmocka_unit_test(a_reused_cart_is_two_orders),
        cmocka_unit_test(a_restart_forgets_nothing),
        cmocka_unit_test(no_move_but_the_drawn_ones),
        cmocka_unit_test(a_lost_webhook_is_made_good_whichever_half_came_first),
        cmocka_unit_test(a_half_that_was_sent_is_not_sent_again),
        cmocka_unit_test(a_row_that_was_joined_is_not_the_next_order),
        cmocka_unit_test(two_orders_of_one_token_have_ids_of_their_own),
        cmocka_unit_test(a_guessed_order_id_gives_a_stranger_no_sale),
        cmocka_unit_test(who_counts_order_ids_gets_nothing_of_them),
        cmocka_unit_test(a_guess_does_not_stand_between_the_halves),
        cmocka_unit_test(an_order_id_joins_where_the_address_bears_it_out),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("orders", tests, NULL, NULL);
}
