/* The app proxy: Shopify's own vectors, every way to be wrong, and whose word the customer's id is.
 */
#include "../../../src/sources/proxy.c"
#include "scene.h"

/* contracts/sources 4.2, secret "hush". */
#define QUERY                                                                                      \
    "extra=1&extra=2&shop=shop-name.myshopify.com&path_prefix=%2Fapps%2Fawesome_reviews&"          \
    "timestamp=1317327555"
#define SIGNED_AT (INT64_C(1317327555) * 1000)
#define ADA       "&logged_in_customer_id=1"
#define ADAS      "&signature=4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb"

static bool good_at(const char *query, int64_t now)
{
    scene.request.query = span_of(query);
    scene.request.received_at = now;
    return source_proxy.verify(&scene.request, &scene.shop, &scene.arena);
}

static void test_shopifys_vectors(void **state)
{
    (void)state;
    assert_true(good_at(QUERY ADA ADAS, SIGNED_AT));
    assert_true(good_at(QUERY "&logged_in_customer_id=&signature="
                              "e072b6d7e6622d85912a5214b860d3100dc1e73d9bc29f43796ac8c9ff8093cb",
                        SIGNED_AT));
    assert_true(good_at(QUERY "&signature="
                              "a9718877bea71c2484f91608a7eaea1532bdf71f5c56825065fa4ccabe549ef3",
                        SIGNED_AT));
}

static void test_a_window_of_ninety_seconds(void **state)
{
    (void)state;
    assert_true(good_at(QUERY ADA ADAS, SIGNED_AT + 90 * 1000));
    assert_true(good_at(QUERY ADA ADAS, SIGNED_AT - 90 * 1000));
    assert_false(good_at(QUERY ADA ADAS, SIGNED_AT + 91 * 1000));
    assert_false(good_at(QUERY ADA ADAS, SIGNED_AT - 91 * 1000));
}

static void test_what_is_wrong_is_wrong(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        QUERY ADA,
        QUERY ADA "&signature=",
        QUERY "&logged_in_customer_id=2" ADAS,
        QUERY ADA ADAS ADAS,
        QUERY ADA ADAS "&shop=shop-name.myshopify.com",
        QUERY ADA ADAS "&logged_in_customer_id=2",
        QUERY ADA ADAS "&more=1",
        QUERY ADA "&signature=4C68C8624D737112C91818C11017D24D334B524CB5C2B8BA08DAA056F7395DDB",
        QUERY ADA "&hmac=4c68c8624d737112c91818c11017d24d334b524cb5c2b8ba08daa056f7395ddb",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (good_at(wrong[i], SIGNED_AT))
            fail_msg("taken: %s", wrong[i]);
    static const span nobodys[] = {SPAN("")};
    scene.shop.shopify.secrets = (struct span_list){nobodys, 1};
    assert_false(good_at(QUERY ADA ADAS, SIGNED_AT));
    scene.shop.shopify.client_secret = SPAN("hush");
    assert_true(good_at(QUERY ADA ADAS, SIGNED_AT));
}

/* "a=1" and "a-b=2": by keys a comes first, by texts a-b does. */
static void test_either_order(void **state)
{
    (void)state;
    static const char *const orders[] = {"a=1a-b=2timestamp=1317327555",
                                         "a-b=2a=1timestamp=1317327555"};
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        uint8_t mac[HASH_SIZE];
        hash_hmac_sha256(SPAN("hush"), span_of(orders[i]), mac);
        span hex = hash_to_hex(&scene.arena, mac, sizeof mac);
        span query = arena_print(&scene.arena, "a=1&a-b=2&timestamp=1317327555&signature=%.*s",
                                 SPAN_ARG(hex));
        assert_true(good_at(arena_text(&scene.arena, query), SIGNED_AT));
    }
}

static const struct event *decoded(const char *query)
{
    scene.request.query = span_of(query);
    scene.request.received_at = NOW;
    scene.request.body =
        SPAN("{\"v\":1,\"visitor\":\"" VISITOR "\",\"who\":{\"email\":\"ada@example.com\","
             "\"customer_id\":\"666\"},\"events\":[{\"id\":\"e\",\"name\":"
             "\"page_viewed\",\"at\":1795535998000}]}");
    assert_int_equal(source_proxy.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch),
                     SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 1);
    return &scene.batch.events.events[0];
}

static void test_the_customer_is_shopifys_word(void **state)
{
    (void)state;
    const struct event *event = decoded(QUERY ADA);
    check_span(event->who.customer_id, "1");
    assert_true(event->aside.customer_signed);
    check_span(event->who.visitor, VISITOR);
    assert_int_equal(event->source, SOURCE_BROWSER);
    event = decoded(QUERY "&logged_in_customer_id=");
    check_absent(event->who.customer_id);
    assert_false(event->aside.customer_signed);
    event = decoded(QUERY "&logged_in_customer_id=7%27--");
    check_absent(event->who.customer_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_shopifys_vectors),
        SCENE_TEST(test_a_window_of_ninety_seconds),
        SCENE_TEST(test_what_is_wrong_is_wrong),
        SCENE_TEST(test_either_order),
        SCENE_TEST(test_the_customer_is_shopifys_word),
    };
    return SCENE_RUN(tests);
}
