/* Shopify's web pixel: captured events, and shapes that have been seen or may come. */
#include "../../../src/sources/pixel.c"
#include "scene.h"

#define PRIVACY                                                                                    \
    "\"privacy\":{\"analyticsProcessingAllowed\":true,\"marketingAllowed\":false,"                 \
    "\"preferencesProcessingAllowed\":true,\"saleOfDataAllowed\":false}"

static enum source_verdict decode(span pixel, const char *more)
{
    scene.request.body =
        arena_print(&scene.arena, "{\"v\":1,%s\"pixel\":%.*s}", more, SPAN_ARG(pixel));
    return source_collect.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch);
}

static const struct event *take(span pixel, const char *more)
{
    assert_int_equal(decode(pixel, more), SOURCE_TAKEN);
    if (scene.batch.refusal_count > 0)
        fail_msg("refused: %s", scene.batch.refusals[0].error);
    assert_int_equal(scene.batch.events.count, 1);
    return &scene.batch.events.events[0];
}

/* The captures are of 2024; the request comes three seconds after. */
static void in_2024(void)
{
    scene.request.received_at = INT64_C(1726433883000);
}

static void test_checkout_completed(void **state)
{
    (void)state;
    in_2024();
    scene_header("User-Agent", SPAN("the sandbox's own"));
    const struct event *event =
        take(scene_fixture("pixel-checkout_completed"),
             "\"visitor\":\"" VISITOR "\"," PRIVACY ",\"ids\":{\"fbp\":\"fb.1.1.2\"},");
    check_span(event->id, "sh-f77a78f1-C1D8-4ED4-9C9B-0D352CF6F3BF");
    assert_int_equal(event->name, EVENT_CHECKOUT_COMPLETED);
    assert_int_equal(event->source, SOURCE_PIXEL);
    assert_int_equal(event->at, INT64_C(1726433879674));
    check_span(event->client.client_id, "c7b3f99b-4d34-463b-835f-c879482a7750");
    check_span(event->client.language, "en-US");
    check_span(event->client.title, "Checkout - pixel-testing-rs");
    check_span(event->client.referrer, "https://example-store.myshopify.com/cart");
    check_span(event->client.fbp, "fb.1.1.2");
    assert_true(span_starts(event->client.user_agent, "Mozilla/5.0 (Macintosh"));
    check_span(event->order.checkout_token, "5f7028e0bd5225c17b24bdaa0c09f914");
    check_span(event->order.cart_token, "Z2NwLXVzLWVhc3QxOjAxSjY5OVpIRURQNERFMDBKUTVaRkI4UzdU");
    check_absent(event->order.id);
    check_span(event->currency, "USD");
    check_money(event->value, "2759.80");
    assert_false(event->order.value.given);
    assert_int_equal(event->item_count, 2);
    check_span(event->items[0].variant_id, "41327143321713");
    check_span(event->items[0].product_id, "7234590834801");
    check_span(event->items[0].name, "The Collection Snowboard: Liquid");
    check_span(event->items[0].url,
               "https://example-store.myshopify.com/products/the-collection-snowboard-liquid");
    check_span(event->items[0].categories[0], "snowboard");
    check_money(event->items[0].price, "749.95");
    assert_int_equal(event->items[0].quantity, 2);
    check_absent(event->items[0].line_id);
    check_span(event->items[1].sku, "sku-managed-1");
    check_span(event->who.visitor, VISITOR);
    check_absent(event->who.email); /* "" is nobody */
    check_span(event->who.country, "US");
    assert_int_equal(event->consent.analytics, CONSENT_GRANTED);
    assert_int_equal(event->consent.marketing, CONSENT_DENIED);
    assert_int_equal(event->consent.preferences, CONSENT_GRANTED);
    assert_int_equal(event->consent.sale_of_data, CONSENT_DENIED);
    check_span(event->consent.source, "shopify_cpa");
    assert_int_equal(event->consent.at, event->at);
}

static void test_storefront_captures(void **state)
{
    (void)state;
    in_2024();
    const struct event *event = take(scene_fixture("pixel-product_added_to_cart"), "");
    assert_int_equal(event->name, EVENT_PRODUCT_ADDED_TO_CART);
    check_money(event->value, "749.95");
    assert_int_equal(event->item_count, 1);
    assert_int_equal(event->items[0].quantity, 1);
    check_absent(event->items[0].sku);
    event = take(scene_fixture("pixel-product_viewed"), "");
    assert_int_equal(event->name, EVENT_PRODUCT_VIEWED);
    assert_int_equal(event->item_count, 1);
    assert_true(event->value.given);
    assert_int_equal(money_compare(event->value, event->items[0].price), 0);
    event = take(scene_fixture("pixel-page_viewed"), "");
    assert_int_equal(event->name, EVENT_PAGE_VIEWED);
    assert_int_equal(event->item_count, 0);
    event = take(scene_fixture("pixel-checkout_started"), "");
    assert_int_equal(event->name, EVENT_CHECKOUT_STARTED);
    check_money(event->value, "2759.80");
    assert_int_equal(event->item_count, 1);
}

#define HEAD                                                                                       \
    "{\"id\":\"sh-1\",\"type\":\"standard\",\"clientId\":\"c1\",\"timestamp\":\"2026-11-24T15:59:" \
    "00.5Z\","
#define CHECKOUT                                                                                   \
    HEAD "\"name\":\"checkout_completed\",\"data\":{\"checkout\":{\"token\":\"tok\","              \
         "\"currencyCode\":\"EUR\","                                                               \
         "\"email\":\"a@b.example\",\"phone\":null,\"smsMarketingPhone\":\"+491511\","             \
         "\"attributes\":[{\"key\":\"other\",\"value\":\"x\"},{\"key\":\"_qz\",\"value\":"         \
         "\"v1." VISITOR "\"}],"                                                                   \
         "\"order\":{\"id\":\"gid://shopify/OrderIdentity/"                                        \
         "5998557704341\",\"customer\":{\"id\":\"77\",\"isFirstOrder\":false}},"                   \
         "\"billingAddress\":null,\"shippingAddress\":{\"city\":\"Bonn\",\"countryCode\":\"DE\","  \
         "\"firstName\":\"Al\",\"provinceCode\":\"NW\"},"                                          \
         "\"discountApplications\":[{\"type\":\"AUTOMATIC\",\"title\":\"x\"},{\"type\":"           \
         "\"DISCOUNT_CODE\",\"title\":\"TEN\"}],"                                                  \
         "\"totalPrice\":{\"amount\":119,\"currencyCode\":\"EUR\"},\"subtotalPrice\":{\"amount\":" \
         "95.5,\"currencyCode\":\"EUR\"},"                                                         \
         "\"totalTax\":{\"amount\":19,\"currencyCode\":\"EUR\"},\"shippingLine\":{\"price\":{"     \
         "\"amount\":4.5,\"currencyCode\":\"EUR\"}},"                                              \
         "\"lineItems\":[{\"id\":\"44\",\"title\":\"Tip\",\"quantity\":1,\"variant\":null,"        \
         "\"discountAllocations\":["                                                               \
         "{\"amount\":{\"amount\":1.5,\"currencyCode\":\"EUR\"}},{\"amount\":{\"amount\":1,"       \
         "\"currencyCode\":\"EUR\"}}]}]}}}"

static void test_checkout_people_and_policy(void **state)
{
    (void)state;
    const struct event *event = take(SPAN(CHECKOUT), "");
    check_span(event->order.id, "5998557704341");
    assert_int_equal(event->order.first_order, TRI_NO);
    check_span(event->order.coupon, "TEN");
    check_span(event->who.visitor, VISITOR); /* from the cart's attribute */
    check_span(event->who.email, "a@b.example");
    check_span(event->who.phone, "+491511");
    check_span(event->who.customer_id, "77");
    check_span(event->who.city, "Bonn");
    check_span(event->who.region, "NW");
    check_span(event->who.first_name, "Al");
    check_span(event->items[0].name, "Tip");
    check_money(event->items[0].discount, "2.50");
    check_money(event->value, "119.00");
    scene.shop.orders.value = VALUE_SUBTOTAL;
    check_money(take(SPAN(CHECKOUT), "")->value, "95.50");
    scene.shop.orders.value = VALUE_NET;
    check_money(take(SPAN(CHECKOUT), "")->value, "95.50");
    /* the body's own visitor is the browser's: it wins */
    event = take(SPAN(CHECKOUT), "\"visitor\":\"01JBZMEQJ835BT7PS613DWQAQQ\",");
    check_span(event->who.visitor, "01JBZMEQJ835BT7PS613DWQAQQ");
}

static void test_shapes(void **state)
{
    (void)state;
    const struct event *event = take(
        SPAN(HEAD
             "\"name\":\"collection_viewed\",\"data\":{\"collection\":{\"id\":\"\",\"title\":"
             "\"All\","
             "\"productVariants\":[{\"id\":\"1\",\"price\":{\"amount\":5,\"currencyCode\":\"JPY\"},"
             "\"image\":{\"src\":\"//cdn.example/a.png\"},\"product\":{\"url\":\"/p\"}},"
             "{\"id\":\"2\",\"price\":{\"amount\":7,\"currencyCode\":\"USD\"}}]}}}"),
        "\"page\":{\"url\":\"https://shop.acme.example/c?fbclid=Iw\"},");
    check_absent(event->collection_id);
    check_span(event->collection_title, "All");
    assert_int_equal(event->item_count, 2);
    check_span(event->currency, "JPY");
    check_money(event->items[0].price, "5");
    assert_false(event->items[1].price.given); /* another currency is never mixed in */
    check_span(event->items[0].image, "https://cdn.example/a.png");
    check_span(event->items[0].url, "https://shop.acme.example/p");
    check_span(event->client.fbc, "fb.1.1795535940500.Iw");

    event = take(SPAN(HEAD
                      "\"name\":\"search_submitted\",\"data\":{\"searchResult\":{\"query\":\"pen\","
                      "\"productVariants\":[]}}}"),
                 "");
    check_span(event->query, "pen");
    event = take(SPAN(HEAD
                      "\"name\":\"cart_viewed\",\"data\":{\"cart\":{\"id\":\"hWN?key=1\",\"cost\":{"
                      "\"totalAmount\":{\"amount\":10.5,\"currencyCode\":\"EUR\"}},\"lines\":[{"
                      "\"quantity\":3,"
                      "\"merchandise\":{\"id\":\"1\",\"price\":{\"amount\":3.5,\"currencyCode\":"
                      "\"EUR\"}}}]}}}"),
                 "");
    check_span(event->order.cart_token, "hWN");
    check_money(event->value, "10.50");
    assert_int_equal(event->items[0].quantity, 3);
    event =
        take(SPAN(HEAD "\"name\":\"cart_viewed\",\"data\":{\"cart\":{\"id\":null,\"attributes\":"
                       "[null,{\"key\":\"_qz\",\"value\":\"" VISITOR "\"}]}}}"),
             "");
    check_span(event->who.visitor, VISITOR); /* what the snippet wrote into the cart */
    event = take(SPAN(HEAD "\"name\":\"cart_viewed\",\"data\":{\"cart\":null}}"), "");
    assert_false(event->value.given);
    take(SPAN(HEAD "\"name\":\"product_removed_from_cart\",\"data\":{\"cartLine\":null}}"), "");
    take(SPAN(HEAD "\"name\":\"page_viewed\",\"data\":[],\"context\":[]}"), "");
    event =
        take(SPAN(HEAD "\"name\":\"product_added_to_cart\",\"data\":{\"cartLine\":{\"quantity\":2,"
                       "\"merchandise\":{\"id\":\"1\",\"price\":{\"amount\":3.5,\"currencyCode\":"
                       "\"EUR\"}}}}}"),
             "");
    check_money(event->value, "7.00");
}

static void test_custom_events(void **state)
{
    (void)state;
    const struct event *event = take(SPAN("{\"id\":\"sh-2\",\"type\":\"custom\",\"name\":\"quiz_"
                                          "done\",\"timestamp\":\"2026-11-24T15:59:00Z\","
                                          "\"customData\":{\"value\":\"5\",\"answers\":[1,2]}}"),
                                     "");
    assert_int_equal(event->name, EVENT_CUSTOM);
    check_span(event->name_text, "quiz_done");
    check_money(event->value, "5.00");
    check_span(event->custom, "{\"answers\":[1,2]}");
    take(SPAN("{\"id\":\"sh-2\",\"type\":\"custom\",\"name\":\"x\",\"timestamp\":\"2026-11-24T15:"
              "59:00Z\"}"),
         "");
}

static void test_of_no_use(void **state)
{
    (void)state;
    static const char *const pixels[] = {
        ("{\"id\":\"d\",\"type\":\"dom\",\"name\":\"form_submitted\",\"data\":{\"element\":{"
         "\"elements\":[]}}}"),
        "{\"id\":\"d\",\"type\":\"advanced-dom\",\"name\":\"advanced_dom_clicked\"}",
        "{\"id\":\"d\",\"type\":\"meta\",\"name\":\"x\"}",
        "{\"id\":\"d\",\"type\":\"standard\",\"name\":\"alert_displayed\"}",
        "{\"id\":\"d\",\"type\":\"standard\",\"name\":\"ui_extension_errored\"}",
    };
    for (size_t i = 0; i < COUNT_OF(pixels); i++) {
        assert_int_equal(decode(span_of(pixels[i]), ""), SOURCE_TAKEN);
        assert_int_equal(scene.batch.events.count, 0);
        assert_int_equal(scene.batch.refusal_count, 0);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *pixel, *error;
    } cases[] = {
        {"{}", "name_missing"},
        {"{\"id\":\"a\",\"name\":7}", "name_missing"},
        {"{\"id\":\"a\",\"name\":\"page_viewed\"}", "time_missing"},
        {"{\"id\":\"a\",\"name\":\"page_viewed\",\"timestamp\":\"soon\"}", "time_missing"},
        {"{\"name\":\"page_viewed\",\"timestamp\":\"2026-11-24T15:59:00Z\"}", "id_missing"},
        {"{\"id\":\"a\",\"name\":\"page_viewed\",\"timestamp\":\"2027-11-24T15:59:00Z\"}",
         "time_ahead"},
        {"{\"id\":\"a\",\"name\":\"page_viewed\",\"timestamp\":\"2020-11-24T15:59:00Z\"}",
         "time_too_old"},
        {"{\"id\":\"a\",\"name\":\"orders/paid\",\"timestamp\":\"2026-11-24T15:59:00Z\"}",
         "name_reserved"},
        {HEAD "\"name\":\"product_viewed\",\"data\":{\"productVariant\":{\"price\":{\"amount\":"
              "\"x\"}}}}",
         "money_invalid"},
        {HEAD
         "\"name\":\"product_viewed\",\"data\":{\"productVariant\":{\"price\":{\"amount\":-1}}}}",
         "money_negative"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(decode(span_of(cases[i].pixel), ""), SOURCE_TAKEN);
        assert_int_equal(scene.batch.events.count, 0);
        assert_int_equal(scene.batch.refusal_count, 1);
        check_word(scene.batch.refusals[0].error, cases[i].error);
    }
}

static void test_cart_token_of_path(void **state)
{
    (void)state;
    check_span(cart_token_of_path(SPAN("https://a.example/checkouts/cn/Z2Nw/en-us/thank-you?x")),
               "Z2Nw");
    check_span(cart_token_of_path(SPAN("https://a.example/12/checkouts/cn/Z2Nw")), "Z2Nw");
    check_absent(cart_token_of_path(SPAN("https://a.example/checkouts/cn")));
    check_absent(cart_token_of_path(SPAN("https://a.example/checkouts/co/Z2Nw")));
    check_absent(cart_token_of_path((span){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_checkout_completed),
        SCENE_TEST(test_storefront_captures),
        SCENE_TEST(test_checkout_people_and_policy),
        SCENE_TEST(test_shapes),
        SCENE_TEST(test_custom_events),
        SCENE_TEST(test_of_no_use),
        SCENE_TEST(test_refused),
        SCENE_TEST(test_cart_token_of_path),
    };
    return SCENE_RUN(tests);
}
