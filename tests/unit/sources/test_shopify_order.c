/* Orders and checkouts: people, tokens, money and kinds of real and odd bodies. */
#include "../../../src/sources/shopify_order.c"
#include "webhook.h"

static void test_web_order(void **state)
{
    (void)state;
    scene.shop.cart_attribute = SPAN("_gw_vid");
    const struct event *event = taken("orders/create", scene_fixture("orders-create"));
    const struct order *order = &event->order;
    assert_int_equal(event->name, EVENT_FACT_ORDER_CREATED);
    assert_int_equal(event->at, INT64_C(1793568238000));
    check_span(order->id, "5998557704341");
    check_span(order->number, "1030");
    check_span(order->name, "#1030");
    check_span(order->checkout_token, "640ac4541c951dfd7641899c3102c0b1");
    check_span(order->cart_token, "Z2NwLXVzLWVhc3QxOjAxSkJaTUVRSjgzNUJUN1BTNjEzRFdRUFFQ");
    check_absent(order->checkout_url);
    check_absent(order->key); /* RECORD mints it */
    check_span(order->currency, "AUD");
    check_money(order->value, "59.45");
    check_money(order->total, "59.45");
    check_money(order->subtotal, "44.95");
    check_money(order->tax, "4.50");
    check_money(order->shipping, "10.00");
    check_money(order->discount, "0.00");
    check_money(order->current_total, "59.45");
    assert_false(order->refunded.given && order->refunded.units != 0);
    assert_int_equal(order->kind, KIND_WEB);
    check_span(order->source_name, "web");
    check_span(order->financial_status, "paid");
    assert_int_equal(order->created_at, INT64_C(1793568238000));
    assert_int_equal(order->updated_at, INT64_C(1793568239000));
    assert_int_equal(order->cancelled_at, 0);
    assert_int_equal(order->item_count, 1);
    check_span(order->items[0].line_id, "16456927060117");
    check_span(order->items[0].product_id, "6122640146581");
    check_span(order->items[0].variant_id, "37319198802069");
    check_span(order->items[0].sku, "PEN-FB");
    check_span(order->items[0].name, "Classic Fountain Pen");
    check_span(order->items[0].variant, "Fine / Bordeaux");
    check_span(order->items[0].brand, "Example Pens");
    check_money(order->items[0].price, "44.95");
}

static void test_the_accounts_address_names_the_customer(void **state)
{
    (void)state;
    const struct event *event =
        taken("orders/create", SPAN("{\"id\":1,\"currency\":\"EUR\",\"total_price\":\"5.00\","
                                    "\"email\":\"typed@example.com\",\"customer\":{\"id\":9,"
                                    "\"email\":\"own@example.com\"}}"));
    check_span(event->who.email, "typed@example.com");
    check_span(event->aside.account_email, "own@example.com");
    event = taken("orders/create", SPAN("{\"id\":1,\"currency\":\"EUR\",\"total_price\":\"5.00\","
                                        "\"email\":\"Own@example.com\",\"customer\":{\"id\":9,"
                                        "\"email\":\"own@example.com\"}}"));
    check_span(event->aside.account_email, "");
}

static void test_web_order_people(void **state)
{
    (void)state;
    scene.shop.cart_attribute = SPAN("_gw_vid");
    const struct event *event = taken("orders/create", scene_fixture("orders-create"));
    check_span(event->who.visitor, VISITOR);
    check_span(event->who.email, "ada@example.com");
    check_span(event->who.phone, "+61491570156");
    check_span(event->who.customer_id, "4206822293653");
    check_span(event->who.first_name, "Ada");
    check_span(event->who.last_name, "Example");
    check_span(event->who.city, "Canberra");
    check_span(event->who.region, "ACT");
    check_span(event->who.zip, "2601");
    check_span(event->who.country, "AU");
    check_span(event->who.shipping.address1, "1 Example Street");
    check_span(event->who.billing.country_name, "Australia");
    check_span(event->client.ip, "203.0.113.7");
    assert_true(span_starts(event->client.user_agent, "Mozilla/5.0 (Macintosh"));
    check_span(event->client.language, "en-AU");
    check_span(event->client.landing.url,
               "https://shop.acme.example/products/classic-fountain-pen?utm_source=facebook"
               "&utm_medium=paid&utm_campaign=pens&fbclid=IwAR0ExampleClickId");
    check_span(event->client.landing.referrer, "https://l.facebook.com/");
    check_span(event->client.fbc, "fb.1.1793568238000.IwAR0ExampleClickId");
    check_absent(event->client.url);
    assert_int_equal(event->consent.at, 0); /* a webhook says nothing of consent */
}

static span phone_of(const char *members)
{
    span body = arena_print(&scene.arena, "{\"id\":1,%s}", members);
    return taken("orders/create", body)->who.phone;
}

static void test_whose_phone(void **state)
{
    (void)state;
    check_span(phone_of("\"phone\":\"+44 (0)20 7946 0018\""), "+442079460018");
    check_span(phone_of("\"customer\":{\"phone\":\"020 7946 "
                        "0018\"},\"billing_address\":{\"country_code\":\"GB\"}"),
               "+442079460018");
    check_span(
        phone_of("\"billing_address\":{\"phone\":\"020 7946 0018\",\"country_code\":\"GB\"}"),
        "+442079460018");
    check_span(phone_of("\"phone\":\"020 7946 0018\""), "020 7946 0018"); /* no country: as given */
    check_absent(
        phone_of("\"shipping_address\":{\"phone\":\"020 7946 0018\",\"country_code\":\"GB\"}"));
}

static void test_money_policies(void **state)
{
    (void)state;
    span body = scene_fixture("orders-create-multicurrency");
    scene.shop.orders.value = VALUE_SUBTOTAL;
    check_money(taken("orders/create", body)->order.value, "44.95");
    scene.shop.orders.value = VALUE_NET;
    check_money(taken("orders/create", body)->order.value, "44.95"); /* 59.45 - 4.50 - 10.00 */
    scene.shop.orders.money = MONEY_PRESENTMENT;
    const struct order *order = &taken("orders/create", body)->order;
    check_span(order->currency, "EUR");
    check_money(order->value, "26.97");
    check_money(order->total, "35.67");
    check_money(order->tax, "2.70");
    check_money(order->shipping, "6.00");
    check_money(order->current_total, "35.67");
    check_money(order->items[0].price, "26.97");
    scene.shop.orders.value = VALUE_TOTAL;
    check_money(taken("orders/create", body)->order.value, "35.67");
}

static void test_never_mixed(void **state)
{
    (void)state;
    scene.shop.orders.money = MONEY_PRESENTMENT;
    /* no sets at all: the shop's money, with the shop's currency */
    const struct order *order =
        &taken("orders/create",
               SPAN("{\"id\":1,\"currency\":\"AUD\",\"presentment_currency\":\"EUR\","
                    "\"total_price\":\"10.00\",\"total_price_set\":null}"))
             ->order;
    check_span(order->currency, "AUD");
    check_money(order->value, "10.00");
    /* a member without a set is not known in the buyer's money */
    order = &taken("orders/create",
                   SPAN("{\"id\":1,\"currency\":\"AUD\",\"total_price\":\"10.00\",\"total_tax\":"
                        "\"1.00\",\"total_price_set\":{"
                        "\"shop_money\":{\"amount\":\"10.00\",\"currency_code\":\"AUD\"},"
                        "\"presentment_money\":{\"amount\":\"6.00\",\"currency_code\":\"EUR\"}},"
                        "\"line_items\":[{\"id\":1,\"price\":\"10.00\"}]}"))
                 ->order;
    check_span(order->currency, "EUR");
    check_money(order->value, "6.00");
    assert_false(order->tax.given);
    assert_false(order->items[0].price.given);
    /* without any currency it is the configured one */
    order = &taken("orders/create", SPAN("{\"id\":1,\"total_price\":12.5}"))->order;
    check_span(order->currency, "EUR");
    check_money(order->value, "12.50");
}

static void test_net_where_prices_include_tax(void **state)
{
    (void)state;
    scene.shop.orders.value = VALUE_NET;
    /* 100.00 of goods and 11.90 of shipping, both with 19 % inside: 17.87 of tax, 1.90 of it
     * shipping's */
    span body = SPAN(
        "{\"id\":1,\"currency\":\"EUR\",\"taxes_included\":true,\"total_price\":\"111.90\",\"total_"
        "tax\":\"17.87\","
        "\"shipping_lines\":[{\"price\":\"16.90\",\"discount_allocations\":[{\"amount\":\"5.00\"}],"
        "\"tax_lines\":[{\"price\":\"1.90\"}]},{\"price\":\"99.00\",\"is_removed\":true}]}");
    const struct order *order = &taken("orders/create", body)->order;
    check_money(order->shipping, "11.90");
    check_money(order->value, "84.03"); /* 100.00 / 1.19 */
    scene.shop.orders.value = VALUE_TOTAL;
    check_money(taken("orders/create", body)->order.value, "111.90");
    scene.shop.orders.value = VALUE_NET;
    order =
        &taken("orders/create", SPAN("{\"id\":1,\"total_price\":\"5.00\",\"total_tax\":\"9.00\"}"))
             ->order;
    check_money(order->value, "0.00");
}

/* What an order is worth after an edit, by each policy; not known where the body does not tell. */
static void test_current_value(void **state)
{
    (void)state;
    span body = SPAN(
        "{\"id\":1,\"currency\":\"EUR\",\"taxes_included\":true,\"total_price\":\"111.90\",\"total_"
        "tax\":\"17.87\",\"subtotal_price\":\"100.00\",\"current_total_price\":\"71.90\","
        "\"current_total_tax\":\"11.48\",\"current_subtotal_price\":\"60.00\","
        "\"shipping_lines\":[{\"price\":\"11.90\",\"tax_lines\":[{\"price\":\"1.90\"}]}]}");
    check_money(taken("orders/updated", body)->order.current_value, "71.90");
    scene.shop.orders.value = VALUE_SUBTOTAL;
    check_money(taken("orders/updated", body)->order.current_value, "60.00");
    check_money(taken("orders/updated", body)->order.value, "100.00");
    scene.shop.orders.value = VALUE_NET;
    check_money(taken("orders/updated", body)->order.current_value, "50.42"); /* 60.00 / 1.19 */
    span silent = scene_replace(body, "\"current_total_tax\":\"11.48\",", "");
    assert_false(taken("orders/updated", silent)->order.current_value.given);
    scene.shop.orders.value = VALUE_SUBTOTAL;
    silent = scene_replace(body, "\"current_subtotal_price\":\"60.00\",", "");
    assert_false(taken("orders/updated", silent)->order.current_value.given);
    scene.shop.orders.value = VALUE_NET; /* newer bodies tell shipping too */
    body = scene_replace(body, "\"current_total_tax\"",
                         "\"current_shipping_price_set\":{\"shop_money\":{\"amount\":\"21.90\","
                         "\"currency_code\":\"EUR\"}},\"current_total_tax\"");
    check_money(taken("orders/updated", body)->order.current_value, "40.42");
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *members;
        enum event_kind kind;
    } cases[] = {
        {"\"source_name\":\"web\"", KIND_WEB},
        {"\"source_name\":\"580111\"", KIND_WEB},
        {"\"source_name\":580111", KIND_WEB},
        {"\"source_name\":null", KIND_WEB},
        {"\"source_name\":\"pos\"", KIND_POS},
        {"\"source_name\":\"shopify_draft_order\"", KIND_DRAFT},
        {"\"source_name\":\"subscription_contract\"", KIND_RENEWAL},
        {"\"source_name\":\"subscription_contract_checkout_one\"", KIND_RENEWAL},
        {"\"source_name\":\"755357713\"", KIND_MARKETPLACE},
        {"\"source_name\":\"amazon\"", KIND_MARKETPLACE},
        {"\"source_name\":\"web\",\"tags\":\"vip, Subscription Recurring Order\"", KIND_RENEWAL},
        {"\"source_name\":\"web\",\"tags\":\"Subscription First Order\"", KIND_WEB},
        {"\"source_name\":\"pos\",\"test\":true", KIND_TEST},
        {"\"source_name\":\"web\",\"test\":false", KIND_WEB},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        span body = arena_print(&scene.arena, "{\"id\":1,%s}", cases[i].members);
        assert_int_equal(taken("orders/create", body)->order.kind, cases[i].kind);
    }
}

static void test_test_notification(void **state)
{
    (void)state;
    const struct event *event =
        taken("orders/create", scene_fixture("orders-create-test-notification"));
    assert_int_equal(event->order.kind, KIND_TEST);
    check_span(event->order.name, "#9999");
    check_span(event->order.number, "1234");
    check_absent(event->order.checkout_token);
    check_money(event->order.value, "159.00");
    check_span(event->order.items[0].line_id, "866550311766439000");
}

static void test_trimmed_and_api(void **state)
{
    (void)state;
    const struct event *event = taken("orders/create", scene_fixture("orders-create-trimmed"));
    assert_int_equal(event->order.kind, KIND_WEB);
    check_span(event->order.currency, "USD");
    check_money(event->order.value, "600.00");
    check_span(event->order.checkout_token, "84ad78572dae52a8cbea7d55371afe89");
    check_span(event->who.city, "Yuma Proving Ground"); /* billing before shipping, and whole */
    check_span(event->who.zip, "85365");
    check_absent(event->who.phone);
    check_absent(event->who.visitor);
    event = taken("orders/create", scene_fixture("orders-create-api"));
    assert_int_equal(event->order.kind, KIND_MARKETPLACE);
    check_absent(event->who.email);
    check_absent(event->client.ip);
    check_money(event->order.value, "238.47");
    assert_int_equal(event->order.items[0].quantity, 3);
}

static void test_refunded_and_cancelled(void **state)
{
    (void)state;
    const struct event *event = taken("orders/updated", scene_fixture("orders-updated-refunded"));
    check_money(event->order.value, "598.94");
    check_money(event->order.refunded, "209.00");
    check_money(event->order.current_total, "199.65");
    scene.shop.orders.value = VALUE_NET; /* refunded is money, whatever value is */
    check_money(taken("orders/updated", scene_fixture("orders-updated-refunded"))->order.refunded,
                "209.00");
    scene.shop.orders.value = VALUE_TOTAL;
    event = taken("orders/updated", scene_fixture("orders-updated-refunded"));
    check_span(event->order.coupon, "TENOFF");
    check_money(event->order.discount, "10.00");
    check_money(event->order.items[0].discount, "3.34");
    assert_int_equal(event->order.item_count, 3);
    check_span(event->client.landing.url, "http://www.example.com?source=abc");
    assert_false(span_empty(event->fulfillment.id));
    event = taken("orders/cancelled", scene_fixture("orders-cancelled"));
    assert_int_equal(event->at, INT64_C(1751473885000));
    assert_int_equal(event->order.cancelled_at, INT64_C(1751473885000));
    check_span(event->order.cancel_reason, "other");
    event = taken("orders/partially_fulfilled", scene_fixture("orders-partially_fulfilled"));
    assert_int_equal(event->name, EVENT_FACT_ORDER_PARTIALLY_FULFILLED);
    assert_int_equal(event->order.item_count, 2);
}

static void test_newest_parcel(void **state)
{
    (void)state;
    span body = SPAN("{\"id\":1,\"fulfillments\":[{\"id\":10,\"status\":\"cancelled\"},{\"id\":11,"
                     "\"status\":\"success\","
                     "\"tracking_url\":\"https://t.example/1\",\"tracking_number\":\"N\"}]}");
    const struct fulfillment *parcel = &taken("orders/fulfilled", body)->fulfillment;
    check_span(parcel->id, "11");
    check_span(parcel->status, "success");
    check_span(parcel->tracking_number, "N");
    check_span(parcel->tracking_url, "https://t.example/1");
    check_absent(taken("orders/fulfilled", SPAN("{\"id\":1,\"fulfillments\":[]}"))->fulfillment.id);
}

static void test_odd_order(void **state)
{
    (void)state;
    const struct event *event = taken("orders/create", scene_fixture("orders-create-odd"));
    const struct order *order = &event->order;
    check_span(order->id, "820982911946154508");
    check_span(order->number, "9007199254740993");
    check_span(order->name, "#\xef\xbf\xbd odd \xef\xbf\xbd");
    check_span(order->cart_token, "hWN1example");
    check_span(order->currency, "JPY");
    check_money(order->value, "1234");
    check_money(order->subtotal, "1000");
    assert_false(order->tax.given);
    assert_false(order->shipping.given);
    assert_int_equal(order->kind, KIND_WEB);
    assert_int_equal(event->at, INT64_C(1793568238123));
    assert_int_equal(order->item_count, 1);
    check_span(order->items[0].line_id, "704912205188288575");
    check_absent(order->items[0].product_id);
    check_money(order->items[0].price, "234");
    check_span(event->who.visitor, VISITOR);
    check_span(event->who.email, "Odd@Example.com");
    check_span(event->who.phone, "+4915123456789");
    check_span(event->who.first_name, "Zo\xc3\xab");
    check_span(event->who.city, "K\xc3\xb6ln");
    check_span(event->who.region, "NRW");
    check_span(event->client.gclid, "Cj0+Case-Kept");
    check_span(event->client.gbraid, "0AAAA");
    check_absent(event->client.wbraid);
    check_span(event->client.ttclid, "E.C.P.abc");
    check_absent(event->client.kx);
}

/* A thousand lines with all that a real line carries: sets, taxes, properties. */
static void test_thousand_lines(void **state)
{
    (void)state;
    const struct json_value *root;
    struct buf body;
    span fixture = scene_fixture("orders-create");
    assert_int_equal(json_parse(&scene.arena, fixture, &root, NULL), OK);
    span line = json_get(root, "line_items")->first->raw;
    buf_init(&body, LIMIT_WEBHOOK_BODY);
    buf_add_text(&body,
                 "{\"id\":1,\"currency\":\"AUD\",\"line_items\":[{\"id\":0,\"price\":\"1.00\"}");
    for (unsigned i = 1; i < 1000; i++) {
        buf_add_char(&body, ',');
        buf_add_span(&body, line);
    }
    buf_add_text(&body, "]}");
    assert_true(buf_ok(&body));
    const struct order *order = &taken("orders/create", buf_span(&body))->order;
    assert_int_equal(order->item_count, 1000);
    check_money(order->items[0].price, "1.00");
    check_money(order->items[999].price, "44.95");
    check_span(order->items[999].sku, "PEN-FB");
    buf_done(&body);

    /* More than are kept: the rest is left out, and the order's own amounts stay true. */
    buf_init(&body, LIMIT_WEBHOOK_BODY);
    buf_add_text(&body, "{\"id\":1,\"total_price\":\"7\",\"line_items\":[{}");
    for (unsigned i = 0; i < LIMIT_ITEMS; i++)
        buf_add_text(&body, ",{}");
    buf_add_text(&body, "]}");
    order = &taken("orders/create", buf_span(&body))->order;
    assert_int_equal(order->item_count, LIMIT_ITEMS);
    check_money(order->value, "7.00");
    buf_done(&body);
}

static void test_secrets_are_not_kept(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, LIMIT_EVENT_BYTES);
    span body = scene_replace(
        scene_fixture("orders-create"), "\"note\": null",
        "\"note\":\"a private word\",\"payment_details\":{\"credit_card_bin\":\"424242\"}");
    event_write(&out, taken("orders/create", body));
    span text = buf_span(&out);
    assert_null(memmem(text.ptr, text.len, "authenticate", 12));
    assert_null(memmem(text.ptr, text.len, "424242", 6));
    assert_null(memmem(text.ptr, text.len, "private", 7));
    assert_non_null(memmem(text.ptr, text.len, "5998557704341", 13));
    buf_done(&out);
}

static void test_checkouts(void **state)
{
    (void)state;
    const struct event *event = taken("checkouts/create", scene_fixture("checkouts-create"));
    assert_int_equal(event->name, EVENT_FACT_CHECKOUT_CREATED);
    check_span(event->order.checkout_token, "84ad78572dae52a8cbea7d55371afe89");
    check_span(event->order.cart_token, "Z2NwLXVzLWVhc3QxOjAxSkJaTUVRSjgzNUJUN1BTNjEzRFdRUFFQ");
    assert_true(span_starts(event->order.checkout_url,
                            "https://example-store.myshopify.com/59026964593/checkouts/ac/"));
    check_absent(event->order.id);
    check_span(event->currency, "USD");
    check_money(event->value, "600.00");
    assert_false(event->order.value.given);
    assert_int_equal(event->item_count, 1);
    check_money(event->items[0].price, "600.00");
    check_span(event->items[0].variant_id, "41327142600817");
    check_absent(event->items[0].sku);
    check_absent(event->who.email);
    check_span(event->client.language, "en-US");
    check_span(event->client.landing.url, "https://shop.acme.example/");

    event =
        taken("checkouts/create", scene_fixture("checkouts-create-official")); /* without an id */
    check_span(event->order.checkout_token, "123123123");
    check_span(event->who.email, "example@email.com");
    check_span(event->who.customer_id, "603851970716743426");
    check_money(event->value, "421.88");
    event = taken("checkouts/update", scene_fixture("checkouts-update"));
    check_span(event->order.checkout_token, "2a1ace52255252df566af0faaedfbfa7");
    check_span(event->who.email, "bob.norman@mail.example.com");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_web_order),
        SCENE_TEST(test_web_order_people),
        SCENE_TEST(test_the_accounts_address_names_the_customer),
        SCENE_TEST(test_whose_phone),
        SCENE_TEST(test_money_policies),
        SCENE_TEST(test_never_mixed),
        SCENE_TEST(test_net_where_prices_include_tax),
        SCENE_TEST(test_never_mixed),
        SCENE_TEST(test_current_value),
        SCENE_TEST(test_kinds),
        SCENE_TEST(test_test_notification),
        SCENE_TEST(test_trimmed_and_api),
        SCENE_TEST(test_refunded_and_cancelled),
        SCENE_TEST(test_newest_parcel),
        SCENE_TEST(test_odd_order),
        SCENE_TEST(test_thousand_lines),
        SCENE_TEST(test_secrets_are_not_kept),
        SCENE_TEST(test_checkouts),
    };
    return SCENE_RUN(tests);
}
