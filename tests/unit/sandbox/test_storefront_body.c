/* The shop's bodies: money invariants of contracts/sources 1.8, the whole key set, refunds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/base/limits.h"
#include "../../../src/sandbox/storefront_body.c"

static struct arena arena;
static struct storefront shop;
static struct storefront_order order;

static void set(struct storefront_text *text, const char *value)
{
    snprintf(text->text, sizeof text->text, "%s", value);
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    shop.options.shopify_domain = SPAN("demo.myshopify.com");
    order = (struct storefront_order){.number = 1001,
                                      .id = 5998557704341,
                                      .customer_id = 4206822293653,
                                      .created_at = 1795536000000,
                                      .updated_at = 1795536000000};
    snprintf(order.token, sizeof order.token, "ee29266b0355ee9d6fe89d1b23b1e46e");
    snprintf(order.source_name, sizeof order.source_name, "web");
    struct storefront_cart *cart = &order.cart;
    snprintf(cart->token, sizeof cart->token, "Z2NwLWV1cm9wZS13ZXN0OjAx");
    snprintf(cart->checkout_token, sizeof cart->checkout_token, "640ac4541c951dfd7641899c3102c0b1");
    cart->checkout_id = 36026339803285;
    cart->line_count = 2;
    cart->lines[0] =
        (struct storefront_line){storefront_product_named(SPAN("field-notebook")), 3, 0};
    cart->lines[1] =
        (struct storefront_line){storefront_product_named(SPAN("beeswax-candle")), 1, 0};
    set(&cart->person.email, "ada@example.com");
    set(&cart->person.address1, "1 Example Street");
    set(&cart->person.country, "DE");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static void shape(const char *currency, const char *country, bool discounted)
{
    snprintf(order.cart.currency, sizeof order.cart.currency, "%s", currency);
    set(&order.cart.person.country, country);
    order.cart.discounted = discounted;
    storefront_bill(&order.cart, &order.bill);
}

static const struct json_value *order_json(void)
{
    struct buf out;
    const struct json_value *json;
    buf_init(&out, STOREFRONT_BODY);
    storefront_body_order(&shop, &order, &arena, &out);
    assert_true(buf_ok(&out));
    assert_int_equal(json_parse(&arena, arena_copy(&arena, buf_span(&out)), &json, NULL), OK);
    buf_done(&out);
    return json;
}

static const char *const views[] = {"shop_money", "presentment_money"};

/* Minor units of a *_set in one view; also checks its currency. */
static int64_t in_set(const struct json_value *json, const char *key, unsigned view,
                      const char *currency)
{
    const struct json_value *money = json_get(json_get(json, key), views[view]);
    struct money amount;
    if (!span_is(json_get_text(money, "currency_code"), currency))
        fail_msg("%s has the wrong currency", key);
    assert_int_equal(money_parse(json_get_text(money, "amount"), span_of(currency), &amount), OK);
    return amount.units;
}

static void check_invariants(const char *currency)
{
    const struct json_value *json = order_json();
    bool included = json_get_bool(json, "taxes_included", false);
    for (unsigned view = 0; view < 2; view++) {
        const char *code = view == 0 ? "EUR" : currency;
        int64_t rows = 0, discounts = 0, taxes = 0;
        const struct json_value *line = json_get(json, "line_items")->first;
        for (; line; line = line->next) {
            const struct json_value *allocation = json_get(line, "discount_allocations")->first;
            rows += in_set(line, "price_set", view, code) * json_get_int(line, "quantity", 0);
            taxes += in_set(json_get(line, "tax_lines")->first, "price_set", view, code);
            if (allocation)
                discounts += in_set(allocation, "amount_set", view, code);
        }
        int64_t subtotal = in_set(json, "subtotal_price_set", view, code);
        assert_int_equal(rows, in_set(json, "total_line_items_price_set", view, code));
        assert_int_equal(discounts, in_set(json, "total_discounts_set", view, code));
        assert_int_equal(taxes, in_set(json, "total_tax_set", view, code));
        assert_int_equal(subtotal, rows - discounts);
        assert_int_equal(in_set(json, "total_price_set", view, code),
                         subtotal + in_set(json, "total_shipping_price_set", view, code) +
                             (included ? 0 : taxes));
    }
    /* Plain members are the shop's. */
    struct money plain;
    assert_int_equal(money_parse(json_get_text(json, "total_price"), SPAN("EUR"), &plain), OK);
    assert_int_equal(plain.units, in_set(json, "total_price_set", 0, "EUR"));
    assert_true(span_is(json_get_text(json, "currency"), "EUR"));
    assert_true(span_is(json_get_text(json, "presentment_currency"), currency));
}

static void test_money_adds_up(void **state)
{
    static const char *const currencies[] = {"EUR", "USD", "GBP", "JPY"};
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(currencies); i++)
        for (unsigned discounted = 0; discounted < 2; discounted++) {
            shape(currencies[i], "DE", discounted);
            check_invariants(currencies[i]);
            shape(currencies[i], "US", discounted);
            check_invariants(currencies[i]);
        }
}

static void test_known_amounts(void **state)
{
    (void)state;
    shape("EUR", "DE", false); /* 3 x 14.95 + 19.99 + 4.90 */
    assert_true(span_is(json_get_text(order_json(), "total_price"), "69.74"));
    shape("EUR", "DE", true); /* 44.85 - 4.49 + 19.99 - 2.00 + 4.90 */
    assert_true(span_is(json_get_text(order_json(), "total_price"), "63.25"));
    shape("EUR", "US", false); /* + 3.59 + 1.60 tax */
    assert_true(span_is(json_get_text(order_json(), "total_price"), "74.93"));
    shape("JPY", "JP", false); /* 3 x 2437 + 3258 + 799 */
    assert_int_equal(in_set(order_json(), "total_price_set", 1, "JPY"), 11368);
}

static void test_key_set_is_whole(void **state)
{
    static const char *const keys[] = {"id",
                                       "admin_graphql_api_id",
                                       "app_id",
                                       "browser_ip",
                                       "buyer_accepts_marketing",
                                       "cancel_reason",
                                       "cancelled_at",
                                       "cart_token",
                                       "checkout_id",
                                       "checkout_token",
                                       "client_details",
                                       "closed_at",
                                       "confirmation_number",
                                       "confirmed",
                                       "contact_email",
                                       "created_at",
                                       "currency",
                                       "current_subtotal_price",
                                       "current_subtotal_price_set",
                                       "current_total_price",
                                       "current_total_price_set",
                                       "current_total_discounts",
                                       "current_total_discounts_set",
                                       "current_total_tax",
                                       "current_total_tax_set",
                                       "current_total_duties_set",
                                       "current_total_additional_fees_set",
                                       "current_shipping_price_set",
                                       "customer_locale",
                                       "device_id",
                                       "discount_codes",
                                       "duties_included",
                                       "email",
                                       "estimated_taxes",
                                       "financial_status",
                                       "fulfillment_status",
                                       "landing_site",
                                       "landing_site_ref",
                                       "location_id",
                                       "merchant_business_entity_id",
                                       "merchant_of_record_app_id",
                                       "name",
                                       "note",
                                       "note_attributes",
                                       "number",
                                       "order_number",
                                       "order_status_url",
                                       "original_total_additional_fees_set",
                                       "original_total_duties_set",
                                       "payment_gateway_names",
                                       "phone",
                                       "po_number",
                                       "presentment_currency",
                                       "processed_at",
                                       "reference",
                                       "referring_site",
                                       "source_identifier",
                                       "source_name",
                                       "source_url",
                                       "subtotal_price",
                                       "subtotal_price_set",
                                       "tags",
                                       "tax_exempt",
                                       "tax_lines",
                                       "taxes_included",
                                       "test",
                                       "token",
                                       "total_cash_rounding_payment_adjustment_set",
                                       "total_cash_rounding_refund_adjustment_set",
                                       "total_discounts",
                                       "total_discounts_set",
                                       "total_line_items_price",
                                       "total_line_items_price_set",
                                       "total_outstanding",
                                       "total_price",
                                       "total_price_set",
                                       "total_shipping_price_set",
                                       "total_tax",
                                       "total_tax_set",
                                       "total_tip_received",
                                       "total_weight",
                                       "updated_at",
                                       "user_id",
                                       "billing_address",
                                       "customer",
                                       "discount_applications",
                                       "fulfillments",
                                       "line_items",
                                       "payment_terms",
                                       "refunds",
                                       "shipping_address",
                                       "shipping_lines"};
    (void)state;
    shape("USD", "DE", true);
    const struct json_value *json = order_json();
    for (unsigned i = 0; i < COUNT_OF(keys); i++)
        if (json_get(json, keys[i]) == NULL)
            fail_msg("%s is not there", keys[i]);
    assert_int_equal(json->count, COUNT_OF(keys));
    assert_true(span_is(json_get_text(json, "created_at"), "2026-11-24T17:00:00+01:00"));
    assert_true(span_is(json_get_id(json, "id"), "5998557704341"));
}

static void test_counter_sales_have_no_checkout(void **state)
{
    (void)state;
    order.cart.checkout_token[0] = '\0';
    shape("EUR", "DE", false);
    const struct json_value *json = order_json();
    assert_int_equal(json_get(json, "checkout_token")->kind, JSON_NULL);
    assert_int_equal(json_get(json, "cart_token")->kind, JSON_NULL);
}

/* All parts of an order, refunded one by one, give back exactly what was paid for its lines. */
static void test_refund_shares_add_up(void **state)
{
    static const char *const countries[] = {"DE", "US"};
    (void)state;
    for (unsigned c = 0; c < 2; c++) {
        shape("USD", countries[c], true);
        int64_t sum[2] = {0};
        for (unsigned line = 0; line < 2; line++) {
            order.cart.lines[line].refunded = 0;
            for (unsigned i = 0; i < order.cart.lines[line].quantity; i++) {
                struct storefront_amount share = storefront_share(&order, line, 1);
                order.cart.lines[line].refunded++;
                sum[0] += share.units[0];
                sum[1] += share.units[1];
            }
        }
        for (unsigned view = 0; view < 2; view++)
            assert_int_equal(sum[view] + order.bill.shipping.units[view],
                             order.bill.total.units[view]);
    }
}

static void test_refund_body(void **state)
{
    const unsigned quantities[STOREFRONT_LINES] = {1};
    struct buf out;
    const struct json_value *json;
    (void)state;
    shape("USD", "US", false);
    struct storefront_amount amount = storefront_share(&order, 0, 1);
    order.cart.lines[0].refunded = 1;
    order.refunds = 1;
    buf_init(&out, STOREFRONT_BODY);
    storefront_body_refund(&shop, &order, quantities, false, amount, &arena, &out);
    assert_int_equal(json_parse(&arena, arena_copy(&arena, buf_span(&out)), &json, NULL), OK);
    buf_done(&out);
    const struct json_value *line = json_get(json, "refund_line_items")->first;
    const struct json_value *moved = json_get(json, "transactions")->first;
    assert_int_equal(json_get(line, "subtotal")->kind, JSON_NUMBER); /* as Shopify writes it */
    assert_int_equal(in_set(line, "subtotal_set", 0, "EUR") +
                         in_set(line, "total_tax_set", 0, "EUR"),
                     amount.units[SHOP]);
    assert_true(span_is(json_get_text(moved, "currency"), "USD"));
    assert_true(span_equal(json_get_text(moved, "amount"),
                           storefront_units(&arena, amount.units[SHOWN], 2)));
    assert_null(json_get(json, "refund_line_items")->first->next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_money_adds_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_known_amounts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_key_set_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counter_sales_have_no_checkout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refund_shares_add_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refund_body, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
