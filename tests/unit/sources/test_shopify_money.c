/* How much a refund gave back, in which money, by which policy. */
#include "../../../src/sources/shopify_money.c"
#include "webhook.h"

#define SET(aud, eur)                                                                              \
    "{\"shop_money\":{\"amount\":\"" aud "\",\"currency_code\":\"AUD\"},"                          \
    "\"presentment_money\":{\"amount\":\"" eur "\",\"currency_code\":\"EUR\"}}"
#define PAID(amount, currency)                                                                     \
    "{\"kind\":\"refund\",\"status\":\"success\",\"amount\":\"" amount                             \
    "\",\"currency\":\"" currency "\"}"

static const struct adjust *refund(const char *members)
{
    span body = arena_print(&scene.arena, "{\"id\":1,\"order_id\":2,%s}", members);
    return &taken("refunds/create", body)->adjust;
}

static struct money by(enum shop_value value, enum shop_money money, span body)
{
    scene.shop.orders.value = value;
    scene.shop.orders.money = money;
    return taken("refunds/create", body)->adjust.amount;
}

static void test_documented_refund(void **state)
{
    (void)state;
    const struct event *event = taken("refunds/create", scene_fixture("refunds-create"));
    assert_int_equal(event->name, EVENT_FACT_REFUND_CREATED);
    assert_int_equal(event->at, INT64_C(1751474295000));
    check_span(event->order.id, "450789469");
    check_span(event->adjust.refund_id, "509562969");
    check_span(event->adjust.currency, "USD");
    check_span(event->adjust.reason, "it broke during shipping");
    check_money(event->adjust.amount, "209.00");
    assert_int_equal(event->adjust.item_count, 2);
    check_span(event->adjust.items[0].line_id, "703073504");
    check_span(event->adjust.items[0].variant_id, "457924702");
    assert_int_equal(event->adjust.items[0].quantity, 1);
    check_money(event->adjust.items[0].price, "199.00");
    check_absent(event->custom);
    /* the lines say 391.33, but only 209.00 moved */
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, scene_fixture("refunds-create")), "209.00");
    /* no line, no adjustment explains it: goods */
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, scene_fixture("refunds-create-partial")), "41.94");
}

static void test_multicurrency(void **state)
{
    (void)state;
    span body = scene_fixture("refunds-create-multicurrency");
    check_money(by(VALUE_TOTAL, MONEY_SHOP, body), "59.45"); /* 35.67 EUR were paid out */
    check_span(scene.batch.events.events[0].adjust.currency, "AUD");
    check_money(scene.batch.events.events[0].adjust.items[0].price, "44.95");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, body), "44.95");
    check_money(by(VALUE_NET, MONEY_SHOP, body), "44.95");
    check_money(by(VALUE_TOTAL, MONEY_PRESENTMENT, body), "35.67");
    check_span(scene.batch.events.events[0].adjust.currency, "EUR");
    check_money(scene.batch.events.events[0].adjust.items[0].price, "26.97");
    check_money(by(VALUE_SUBTOTAL, MONEY_PRESENTMENT, body), "26.97");
}

static void test_part_of_the_lines(void **state)
{
    (void)state;
    /* Half of what the line is worth was paid out: 13.49 of 26.97 EUR, at the line's rate. */
    const char *members =
        "\"refund_line_items\":[{\"line_item_id\":9,\"subtotal\":44.95,\"subtotal_set\":" SET(
            "44.95", "26.97") "}],"
                              "\"transactions\":[" PAID("13.49", "EUR") "]";
    check_money(refund(members)->amount, "22.48");
    scene.shop.orders.money = MONEY_PRESENTMENT;
    check_money(refund(members)->amount, "13.49");
}

static void test_nothing_tells_the_rate(void **state)
{
    (void)state;
    const struct adjust *adjust = refund(
        "\"total_duties_set\":" SET("0.00", "0.00") ",\"transactions\":[" PAID("12.00", "EUR") "]");
    check_span(adjust->currency, "AUD");
    check_money(adjust->amount, "0.00");
    check_span(scene.batch.events.events[0].custom,
               "{\"unconverted\":{\"amount\":\"12.00\",\"currency\":\"EUR\"}}");
    /* inside an order the order's total does */
    const struct order *order =
        &taken(
             "orders/updated",
             SPAN("{\"id\":1,\"currency\":\"AUD\",\"total_price_set\":" SET(
                 "50.00", "25.00") ",\"refunds\":["
                                   "{\"transactions\":[" PAID(
                                       "12.00", "EUR") "]},{\"transactions\":[" PAID("1.00",
                                                                                     "AUD") "]}]}"))
             ->order;
    check_money(order->refunded, "25.00");
}

/* Plain amounts are the shop's: read as the buyer's money they would be wrong by the rate. */
static void test_plain_amounts(void **state)
{
    (void)state;
    span body = SPAN("{\"id\":1,\"order_id\":2,\"total_duties_set\":" SET(
        "0.00",
        "0.00") ",\"refund_line_items\":[{\"subtotal\":50}],"
                "\"order_adjustments\":[{\"kind\":\"refund_discrepancy\",\"amount\":\"10.00\"}],"
                "\"transactions\":[" PAID("40.00", "AUD") "," PAID("25.00", "EUR") "]}");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, body), "40.00");
    check_money(by(VALUE_SUBTOTAL, MONEY_PRESENTMENT, body), "25.00"); /* no part is in euros */
}

static void test_no_money_moved(void **state)
{
    (void)state;
    check_money(refund("\"transactions\":[]")->amount, "0.00");
    check_money(refund("\"transactions\":null,\"refund_line_items\":{}")->amount, "0.00");
    check_money(
        refund(
            "\"transactions\":[{\"kind\":\"refund\",\"status\":\"pending\",\"amount\":\"5\","
            "\"currency\":\"EUR\"},"
            "{\"kind\":\"void\",\"status\":\"success\",\"amount\":\"5\",\"currency\":\"EUR\"},7]")
            ->amount,
        "0.00");
    scene.shop.orders.value = VALUE_SUBTOTAL;
    check_money(refund("\"refund_line_items\":[{\"subtotal\":10}],\"transactions\":[]")->amount,
                "0.00");
}

static void test_policies(void **state)
{
    (void)state;
    /* Prices with tax inside: 119.00 given back, 19.00 of it tax. */
    span included = SPAN("{\"id\":1,\"order_id\":2,\"refund_line_items\":[{\"subtotal\":119.0,"
                         "\"total_tax\":\"19.00\"}],"
                         "\"transactions\":[" PAID("119.00", "EUR") "]}");
    check_money(by(VALUE_TOTAL, MONEY_SHOP, included), "119.00");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, included), "119.00");
    check_money(by(VALUE_NET, MONEY_SHOP, included), "100.00");
    /* Tax on top. */
    span on_top =
        SPAN("{\"id\":1,\"order_id\":2,\"refund_line_items\":[{\"subtotal\":100,\"total_tax\":19}],"
             "\"order_adjustments\":[{\"kind\":\"shipping_refund\",\"amount\":\"-5.00\",\"tax_"
             "amount\":\"-0.95\"}],"
             "\"transactions\":[" PAID("124.95", "EUR") "]}");
    check_money(by(VALUE_TOTAL, MONEY_SHOP, on_top), "124.95");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, on_top), "100.00");
    check_money(by(VALUE_NET, MONEY_SHOP, on_top), "100.00");
    /* Only shipping: no goods came back. */
    span shipping = SPAN("{\"id\":1,\"order_id\":2,\"order_adjustments\":[{\"kind\":\"shipping_"
                         "refund\",\"amount\":\"-8.00\"}],"
                         "\"transactions\":[" PAID("8.00", "EUR") "]}");
    check_money(by(VALUE_TOTAL, MONEY_SHOP, shipping), "8.00");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, shipping), "0.00");
    /* Lines worth 100.00, of which 50.00 were held back. */
    span less =
        SPAN("{\"id\":1,\"order_id\":2,\"refund_line_items\":[{\"subtotal\":\"100.00\"}],"
             "\"order_adjustments\":[{\"kind\":\"refund_discrepancy\",\"amount\":\"50.00\"}],"
             "\"transactions\":[" PAID("50.00", "EUR") "]}");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, less), "50.00");
    /* More than the lines: 10.00 of good will. */
    span more = SPAN("{\"id\":1,\"order_id\":2,\"order_adjustments\":[{\"kind\":\"refund_"
                     "discrepancy\",\"amount\":\"-10.00\"}],"
                     "\"transactions\":[" PAID("10.00", "EUR") "]}");
    check_money(by(VALUE_SUBTOTAL, MONEY_SHOP, more), "10.00");
}

static void test_shipping_is_counted_once(void **state)
{
    (void)state;
    const char *members = "\"refund_line_items\":[{\"subtotal_set\":" SET(
        "20.00", "10.00") "}],"
                          "\"refund_shipping_lines\":[{\"subtotal_amount_set\":" SET(
                              "10.00", "5.00") "}],"
                                               "\"order_adjustments\":[{\"kind\":\"shipping_"
                                               "refund\",\"amount_set\":" SET(
                                                   "-10.00", "-5.00") "}],"
                                                                      "\"transactions\":[" PAID(
                                                                          "15.00", "EUR") "]";
    check_money(refund(members)->amount, "30.00");
}

static void test_hostile_sums(void **state)
{
    (void)state;
    struct buf body;
    buf_init(&body, LIMIT_WEBHOOK_BODY);
    buf_add_text(&body, "{\"id\":1,\"order_id\":2,\"transactions\":[" PAID("1000000000000", "EUR"));
    for (unsigned i = 0; i < 20000; i++)
        buf_add_text(&body, "," PAID("1000000000000", "EUR"));
    buf_add_text(&body, "]}");
    assert_int_equal(deliver("refunds/create", buf_span(&body)), SOURCE_QUARANTINED);
    check_word(scene.batch.error, "money_invalid");
    buf_done(&body);
}

static void test_scaled(void **state)
{
    (void)state;
    assert_int_equal(scaled(100, 3, 2), 150);
    assert_int_equal(scaled(1, 1, 2), 1); /* half away from zero */
    assert_int_equal(scaled(1, 1, 3), 0);
    assert_int_equal(scaled(MONEY_CEILING, MONEY_CEILING, 1), MONEY_CEILING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_documented_refund), SCENE_TEST(test_multicurrency),
        SCENE_TEST(test_part_of_the_lines), SCENE_TEST(test_nothing_tells_the_rate),
        SCENE_TEST(test_plain_amounts),     SCENE_TEST(test_no_money_moved),
        SCENE_TEST(test_policies),          SCENE_TEST(test_shipping_is_counted_once),
        SCENE_TEST(test_hostile_sums),      SCENE_TEST(test_scaled),
    };
    return SCENE_RUN(tests);
}
