/*
 * What happens to an order after it was sent, as scenes: refunds, cancellations, edits, shipments,
 * each told once and never for more than the order was worth; and every lot of facts there can be,
 * at random.
 */
#include "order_bodies.h"

#include "../../../src/pipeline/assemble.h"
#include "../../../src/pipeline/count.h"

static void a_cancellation_is_worth_what_was_not_refunded(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 2000), (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CANCELLED, SPAN("1"), SPAN("aa"), 30),
               (span){0});
    stage_push(&stage, refund(SPAN("1"), SPAN("8"), 3990),
               (span){0}); /* Shopify refunds the rest too */
    struct event event = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_CANCELLED, &event, 1), 1);
    assert_int_equal(event.adjust.amount.units, 3990);
    assert_true(event.adjust.remaining.given && event.adjust.remaining.units == 0);
    assert_true(span_is(event.id, "o_aa_cancelled"));
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, &event, 1), 1);
    assert_int_equal(event.adjust.amount.units, 2000);
    assert_true(span_is(event.id, "o_aa_refund_7"));
    assert_int_equal(stage_order(&stage, SPAN("1")).adjusted.units, 5990);
    stage_done(&stage);
}

static void an_edit_after_sending_is_told_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event same = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 20);
    stage_push(&stage, same, (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, NULL, 0), 0);
    struct event edited = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 30);
    edited.order.current_total = edited.order.current_value = money_of(4990, 2);
    stage_push(&stage, edited, (span){0});
    stage_push(&stage, edited, (span){0});
    /* A refund lowers current_total too, and is no edit. */
    struct event refunded = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 40);
    refunded.order.current_total = money_of(3990, 2);
    refunded.order.refunded = money_of(1000, 2);
    stage_push(&stage, refunded, (span){0});
    struct event event = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, &event, 1), 1);
    assert_int_equal(event.adjust.amount.units, 4990);
    assert_int_equal(event.adjust.remaining.units, 4990);
    stage_done(&stage);
}

/* An order of 59.90 that was sent, then edited: what it is worth by the shop's policy is told. */
static struct stage *an_edited_order(struct stage *stage, int64_t total, struct money worth)
{
    stage_init(stage);
    stage_push(stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(stage, 121 * SECOND_MS);
    struct event edited = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 30);
    edited.order.current_total = money_of(total, 2);
    edited.order.current_value = worth;
    stage_push(stage, edited, (span){0});
    return stage;
}

static void a_refund_after_an_edit_leaves_what_is_left_of_the_edit(void **state)
{
    (void)state;
    struct stage stage;
    struct event edit, refunds[2];
    an_edited_order(&stage, 4990, money_of(4190, 2)); /* 8.00 of it is shipping, say */
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, &edit, 1), 1);
    assert_int_equal(edit.adjust.remaining.units, 4190);
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 1000), (span){0});
    stage_push(&stage, refund(SPAN("1"), SPAN("8"), 3190), (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, refunds, 2), 2);
    assert_int_equal(refunds[0].adjust.remaining.units, 3190);
    assert_int_equal(refunds[1].adjust.remaining.units, 0);
    stage_done(&stage);
}

/* Who takes amounts off took 59.90 in: no more comes off there, and the worth is still right. */
static void an_order_that_grew_can_be_refunded_whole(void **state)
{
    (void)state;
    struct stage stage;
    struct event refunds[3];
    an_edited_order(&stage, 8000, money_of(8000, 2));
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 5990), (span){0});
    stage_push(&stage, refund(SPAN("1"), SPAN("8"), 2010), (span){0});
    stage_push(&stage, refund(SPAN("1"), SPAN("9"), 100), (span){0}); /* more than there ever was */
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, refunds, 3), 2);
    assert_int_equal(refunds[0].adjust.amount.units, 5990);
    assert_int_equal(refunds[0].adjust.remaining.units, 2010);
    assert_int_equal(refunds[1].adjust.amount.units, 0);
    assert_int_equal(refunds[1].adjust.remaining.units, 0);
    stage_done(&stage);
}

static void what_an_edit_is_worth_may_be_unknown(void **state)
{
    (void)state;
    struct stage stage;
    struct event told = {.at = 0};
    an_edited_order(&stage, 4990, (struct money){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, &told, 1), 1);
    assert_false(told.adjust.remaining.given);
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 1000), (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, &told, 1), 1);
    assert_int_equal(told.adjust.amount.units, 1000);
    assert_false(told.adjust.remaining.given); /* never a guess */
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CANCELLED, SPAN("1"), SPAN("aa"), 40),
               (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_CANCELLED, &told, 1), 1);
    assert_true(told.adjust.remaining.given && told.adjust.remaining.units == 0);
    stage_done(&stage);
}

/* The id of the shop's own tag is the order's once it was sent, whatever the config says later. */
static void the_transaction_id_is_minted_once(void **state)
{
    (void)state;
    struct stage stage;
    struct event told = {.at = 0};
    stage_init(&stage);
    stage.shop.orders.transaction_id = TRANSACTION_ORDER_NUMBER;
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &told, 1), 1);
    assert_true(span_is(told.order.transaction_id, "1001"));
    stage.shop.orders.transaction_id = TRANSACTION_ORDER_NAME;
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 1000), (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, &told, 1), 1);
    assert_true(span_is(told.order.transaction_id, "1001"));
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 1);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("2"), SPAN("bb"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("2"), EVENT_ORDER_PLACED, &told, 1), 1);
    assert_true(span_is(told.order.transaction_id, "#1001"));
    stage_done(&stage);
}

static void fulfilment_is_told_once_per_step(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    struct event shipped = {
        .name = EVENT_FACT_FULFILLMENT_UPDATED,
        .source = SOURCE_SHOPIFY,
        .order = {.id = SPAN("1")},
        .fulfillment = {.id = SPAN("77"), .shipment_status = SPAN("delivered")}};
    stage_push(&stage, shipped, (span){0}); /* before the order was sent */
    stage_pass(&stage, 121 * SECOND_MS);
    stage_push(&stage, shipped, (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_FULFILLED, SPAN("1"), SPAN("aa"), 30),
               (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_FULFILLED, SPAN("1"), SPAN("aa"), 30),
               (span){0});
    struct event event = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_SHIPMENT_UPDATED, &event, 1), 1);
    assert_true(span_is(event.id, "o_aa_shipment_77_delivered"));
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_FULFILLED, &event, 1), 1);
    assert_true(span_is(event.id, "o_aa_fulfilled"));
    stage_done(&stage);
}

static void cancelled_is_cancelled_whichever_body_says_so(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    struct event update = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 20);
    update.order.cancelled_at = STAGE_START + 20;
    stage_push(&stage, update, (span){0});
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_DROPPED);
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, NULL, 0), 0);
    stage_done(&stage);
}

static void a_late_old_update_is_no_edit(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event newer = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 30);
    newer.order.current_total = money_of(4990, 2);
    stage_push(&stage, newer, (span){0});
    stage_push(&stage, order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 20), (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, NULL, 0), 1);
    assert_int_equal(stage_order(&stage, SPAN("1")).edited.units, 4990);
    stage_done(&stage);
}

/* `orders.money` was changed and the config reloaded: the same order comes in other money. */
static void an_order_does_not_change_its_money(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage_push(&stage, order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event yen = order_body(EVENT_FACT_ORDER_UPDATED, SPAN("1"), SPAN("aa"), 30);
    yen.order.currency = SPAN("JPY");
    yen.order.value = yen.order.total = yen.order.current_total = money_of(9700, 0);
    stage_push(&stage, yen, (span){0});
    struct event cancel = yen;
    cancel.name = EVENT_FACT_ORDER_CANCELLED;
    stage_push(&stage, cancel, (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_EDITED, NULL, 0), 0);
    struct event told = {.at = 0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_CANCELLED, &told, 1), 1);
    assert_int_equal(told.adjust.amount.units, 5990);
    assert_true(span_is(told.adjust.currency, "EUR"));
    stage_done(&stage);
}

/* A server's word on an order's life names the order and no more (POST /v1/events). */
static struct event said(struct stage *stage, enum event_name name, span order_id)
{
    return (struct event){
        .id = arena_print(&stage->arena, "said-%u-%.*s", (unsigned)name, SPAN_ARG(order_id)),
        .name = name,
        .source = SOURCE_API,
        .order = {.id = order_id, .created_at = stage->clock.at, .updated_at = stage->clock.at},
    };
}

static void a_body_without_money_does_not_make_the_order_poor(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    struct event order = order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), (span){0}, 10);
    order.source = SOURCE_API;
    order.id = SPAN("placed-1");
    stage_push(&stage, order, (span){0});
    stage_push(&stage, said(&stage, EVENT_FACT_ORDER_FULFILLED, SPAN("1")), (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    struct event placed = {0}, cancelled = {0};
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_PLACED, &placed, 1), 1);
    assert_int_equal(placed.order.value.units, 5990);
    assert_true(span_is(placed.who.email, "ada@example.com"));
    struct event cancel = said(&stage, EVENT_FACT_ORDER_CANCELLED, SPAN("1"));
    cancel.order.cancel_reason = SPAN("customer");
    stage_push(&stage, cancel, (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_CANCELLED, &cancelled, 1), 1);
    assert_int_equal(cancelled.adjust.amount.units, 5990);
    assert_true(span_is(cancelled.adjust.reason, "customer"));
    assert_true(span_is(cancelled.who.email, "ada@example.com"));
    stage_done(&stage);
}

static void refunds_without_money_or_in_other_money_are_skipped(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    stage.shop.mode = SHOP_TEST; /* where test orders are sales */
    struct event order = order_body(EVENT_FACT_ORDER_CREATED, SPAN("1"), SPAN("aa"), 10);
    order.order.kind = KIND_TEST;
    stage_push(&stage, order, (span){0});
    stage_pass(&stage, 121 * SECOND_MS);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    stage_push(&stage, refund(SPAN("1"), SPAN("7"), 0), (span){0});
    struct event yen = refund(SPAN("1"), SPAN("8"), 500);
    yen.adjust.amount = money_of(500, 0);
    yen.adjust.currency = SPAN("JPY");
    stage_push(&stage, yen, (span){0});
    assert_int_equal(stage_derived(&stage, SPAN("1"), EVENT_ORDER_REFUNDED, NULL, 0), 0);
    assert_int_equal(stage_order(&stage, SPAN("1")).state, ORDER_SENT);
    stage_done(&stage);
}

/* ---- property: whatever comes, in whatever order, as often as it likes ---- */

#define STEPS  20000u
#define ORDERS 12u

static unsigned chance(uint32_t *seed, unsigned below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 16) % below;
}

/* Any event of an order's life, half of its names and figures drawn by lot. */
static struct event any_event(struct stage *stage, uint32_t *seed, unsigned round)
{
    static const enum event_name names[] = {
        EVENT_PRODUCT_ADDED_TO_CART,    EVENT_CHECKOUT_STARTED,
        EVENT_CHECKOUT_CONTACT,         EVENT_CHECKOUT_COMPLETED,
        EVENT_CHECKOUT_COMPLETED,       EVENT_FACT_ORDER_CREATED,
        EVENT_FACT_ORDER_CREATED,       EVENT_FACT_ORDER_PAID,
        EVENT_FACT_ORDER_UPDATED,       EVENT_FACT_ORDER_CANCELLED,
        EVENT_FACT_ORDER_FULFILLED,     EVENT_FACT_ORDER_PARTIALLY_FULFILLED,
        EVENT_FACT_REFUND_CREATED,      EVENT_FACT_REFUND_CREATED,
        EVENT_FACT_FULFILLMENT_UPDATED, EVENT_FACT_CHECKOUT_CREATED,
        EVENT_FACT_CHECKOUT_UPDATED,    EVENT_FACT_CUSTOMER_UPDATED,
    };
    static unsigned number;
    static const char *const currencies[] = {"EUR", "EUR", "EUR", "USD", "JPY"};
    struct arena *arena = &stage->arena;
    unsigned order = round * ORDERS + chance(seed, ORDERS), other = chance(seed, ORDERS);
    bool lies = chance(seed, 8) == 0; /* names of one order with tokens of another */
    unsigned token = lies ? round * ORDERS + other : order;
    span currency = span_of(currencies[chance(seed, COUNT_OF(currencies))]);
    unsigned scale = money_scale(currency);
    struct event event =
        order_body(names[chance(seed, COUNT_OF(names))], arena_print(arena, "7%u", order),
                   arena_print(arena, "t%u", token), chance(seed, 40));
    bool is_fact = names_class(event.name) == EVENT_CLASS_FACT;
    event.source = !is_fact          ? (chance(seed, 2) ? SOURCE_PIXEL : SOURCE_BROWSER)
                   : chance(seed, 5) ? SOURCE_SHOPIFY
                                     : SOURCE_API;
    event.id = arena_print(arena, "any-%u", number++);
    event.order.currency = currency;
    event.order.value = event.order.total = money_of(chance(seed, 10000), scale);
    event.order.current_total = money_of(chance(seed, 10000), scale);
    event.order.kind = chance(seed, 12) ? KIND_WEB : KIND_TEST;
    if (chance(seed, 3) == 0)
        event.order.cart_token = arena_print(arena, "c%u", chance(seed, 3) ? token : other);
    if (chance(seed, 4) == 0)
        event.order.checkout_token = (span){0};
    if (chance(seed, 12) == 0 || (!is_fact && chance(seed, 2)))
        event.order.id = (span){0};
    if (chance(seed, 12) == 0)
        event.order.value = event.order.total = event.order.current_total = (struct money){0};
    if (chance(seed, 3) == 0)
        event.who.visitor = arena_print(arena, "01JD8QZ3V5K9N2M4P6R8S0T1W%u", chance(seed, 8));
    event.adjust.refund_id = arena_print(arena, "%u", chance(seed, 4));
    event.adjust.amount = money_of(chance(seed, 9000), scale);
    event.adjust.currency = currency;
    event.fulfillment.id = arena_print(arena, "%u", chance(seed, 3));
    event.fulfillment.shipment_status = chance(seed, 2) ? SPAN("delivered") : SPAN("in_transit");
    return event;
}

/* Derived rows of the whole store: one purchase an order's id, and no more given back than sold. */
static void check_ledger(struct stage *stage, unsigned round)
{
    span sold[64] = {0};
    int64_t value[64] = {0}, back[64] = {0};
    unsigned count = 0;
    for (unsigned i = round * ORDERS; i < (round + 1) * ORDERS; i++) {
        struct event told[64];
        span id = arena_print(&stage->arena, "7%u", i);
        unsigned placed = stage_derived(stage, id, EVENT_ORDER_PLACED, told, 64);
        assert_true(placed <= 1);
        if (!placed || !span_equal(stage_order(stage, id).order_id, id))
            continue; /* not sold, or a browser's false name for another order */
        for (unsigned k = 0; k < count; k++)
            assert_false(span_equal(sold[k], told[0].id));
        sold[count] = told[0].id;
        value[count] = told[0].order.value.units;
        assert_true(!told[0].order.value.given ||
                    told[0].order.value.scale == money_scale(told[0].order.currency));
        span currency = told[0].order.currency;
        static const enum event_name gives[] = {EVENT_ORDER_REFUNDED, EVENT_ORDER_CANCELLED};
        for (unsigned g = 0; g < COUNT_OF(gives); g++) {
            unsigned n = stage_derived(stage, id, gives[g], told, 64);
            assert_true(n <= 64 && (g == 0 || n <= 1));
            for (unsigned k = 0; k < n; k++) {
                assert_true(span_equal(told[k].adjust.currency, currency));
                back[count] += told[k].adjust.amount.units;
            }
        }
        assert_true(back[count] <= value[count]);
        count++;
    }
}

static void no_lot_of_facts_breaks_an_order(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    uint32_t seed = 20261124;
    for (unsigned round = 0; round < STEPS / 200; round++) {
        stage.shop.orders.trigger = round % 3 == 2 ? TRIGGER_PAID : TRIGGER_CREATED;
        stage.shop.orders.browser_only = round % 4 == 3 ? BROWSER_ONLY_SEND : BROWSER_ONLY_DROP;
        stage.shop.orders.hold_ms = round % 5 == 4 ? 0 : 120 * SECOND_MS;
        for (unsigned step = 0; step < 200; step++) {
            if (chance(&seed, 10) == 0)
                stage_pass(&stage, (int64_t)chance(&seed, 40) * MINUTE_MS);
            stage_push(&stage, any_event(&stage, &seed, round), (span){0});
            stage_forget_news(&stage);
        }
        stage_pass(&stage, 2 * HOUR_MS);
        stage_pass(&stage, 2 * HOUR_MS);
        check_ledger(&stage, round);
        arena_reset(&stage.arena);
    }
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cancellation_is_worth_what_was_not_refunded),
        cmocka_unit_test(an_edit_after_sending_is_told_once),
        cmocka_unit_test(a_refund_after_an_edit_leaves_what_is_left_of_the_edit),
        cmocka_unit_test(an_order_that_grew_can_be_refunded_whole),
        cmocka_unit_test(what_an_edit_is_worth_may_be_unknown),
        cmocka_unit_test(the_transaction_id_is_minted_once),
        cmocka_unit_test(fulfilment_is_told_once_per_step),
        cmocka_unit_test(cancelled_is_cancelled_whichever_body_says_so),
        cmocka_unit_test(a_late_old_update_is_no_edit),
        cmocka_unit_test(an_order_does_not_change_its_money),
        cmocka_unit_test(a_body_without_money_does_not_make_the_order_poor),
        cmocka_unit_test(refunds_without_money_or_in_other_money_are_skipped),
        cmocka_unit_test(no_lot_of_facts_breaks_an_order),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("order_facts", tests, NULL, NULL);
}
