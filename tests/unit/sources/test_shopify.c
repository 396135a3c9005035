/* Webhooks at the door: signatures, topics, ids, times, and what is quarantined or ignored. */
#include "../../../src/sources/shopify.c"
#include "webhook.h"

static bool verified(const char *header, span body)
{
    scene.request.header_count = 0;
    scene.request.body = body;
    if (header)
        scene_header("x-shopify-hmac-sha256", span_of(header));
    return source_shopify.verify(&scene.request, &scene.shop, &scene.arena);
}

/* contracts/sources 1.3, key "hush" */
static void test_signature_vectors(void **state)
{
    (void)state;
    assert_true(verified("VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=", SPAN("{\"id\":1}")));
    assert_true(verified("8QigA28tBz/VL6WT/G0DeAUU9ciBv7cB9VtKNTIAK94=",
                         SPAN("{\"note\":\"caf\xc3\xa9 \xe2\x82\xac\"}")));
    /* right, and refused: an empty body is no webhook */
    assert_false(verified("Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs=", SPAN("")));
    assert_false(verified("VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=", SPAN("{\"id\":2}")));
    assert_false(verified("VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY=", SPAN("{\"id\":1}\n")));
    assert_false(verified(NULL, SPAN("{\"id\":1}")));
    assert_false(verified("", SPAN("{\"id\":1}")));
    assert_false(verified("VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSe", SPAN("{\"id\":1}")));
    assert_false(verified("VnKUjZsLuN5iZWjn5EntcBVCF9kMN43LglzCE1/GSeY", SPAN("{\"id\":1}")));
    assert_false(verified("56729 48d9b0bb8de62", SPAN("{\"id\":1}")));
    assert_false(verified("VnKUjQ==", SPAN("{\"id\":1}")));
}

static char *signed_by(span key, span body)
{
    uint8_t mac[HASH_SIZE];
    hash_hmac_sha256(key, body, mac);
    return arena_text(&scene.arena, hash_to_base64(&scene.arena, mac, sizeof mac));
}

static void test_any_secret(void **state)
{
    (void)state;
    span body = SPAN("{\"id\":1}");
    assert_true(verified(signed_by(SPAN("old"), body), body));
    assert_true(verified(signed_by(SPAN("hush"), body), body));
    assert_true(verified(signed_by(SPAN("notify"), body), body));
    assert_false(verified(signed_by(SPAN("other"), body), body));
    /* An empty secret in the config is nobody's signature. */
    assert_false(verified(signed_by(SPAN(""), body), body));
    scene.shop.shopify.notification_secret = (span){0};
    assert_false(verified(signed_by(SPAN(""), body), body));
    assert_false(verified(signed_by(SPAN("notify"), body), body));
    scene.shop.shopify.secrets.count = 0;
    assert_false(verified(signed_by(SPAN("hush"), body), body));
}

static void test_next_generation(void **state)
{
    (void)state;
    span body = SPAN("{\"topic\":\"Order\"}");
    scene.request.header_count = 0;
    scene.request.body = body;
    scene_header("shopify-hmac-sha256", span_of(signed_by(SPAN("hush"), body)));
    scene_header("shopify-topic", SPAN("Order"));
    assert_true(source_shopify.verify(&scene.request, &scene.shop, &scene.arena));
    assert_int_equal(source_shopify.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch),
                     SOURCE_IGNORED);
    check_word(scene.batch.error, "next_generation");
}

static void test_topics(void **state)
{
    (void)state;
    unsigned facts = 0;
    for (unsigned name = 0; name < EVENT_NAME_COUNT; name++) {
        const char *text = names_text((enum event_name)name);
        if (names_class((enum event_name)name) != EVENT_CLASS_FACT) {
            assert_int_equal(deliver(text, SPAN("{}")), SOURCE_IGNORED);
            continue;
        }
        facts++;
        const struct topic *topic = find_topic(span_of(text));
        assert_non_null(topic);
        assert_int_equal(topic->name, name);
    }
    assert_int_equal(facts, COUNT_OF(topics));
    static const char *const unknown[] = {
        "carts/update",  "orders/edited",  "",
        "ORDERS_CREATE", "orders/create ", "bulk_operations/finish"};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        if (i == 4)
            continue; /* white space around a header is no part of it */
        assert_int_equal(deliver(unknown[i], SPAN("not even JSON")), SOURCE_IGNORED);
        check_word(scene.batch.error, "topic_unknown");
        assert_true(span_is(scene.batch.topic, unknown[i]) || !*unknown[i]);
    }
}

static void test_quarantined(void **state)
{
    (void)state;
    static const struct {
        const char *topic, *body, *error;
    } cases[] = {
        {"orders/create", "", "json_invalid"},
        {"orders/create", "{\"id\":1", "json_invalid"},
        {"orders/create", "{\"id\":1,\"note\":\"\xff\"}", "json_invalid"},
        {"orders/create", "<html>", "json_invalid"},
        {"orders/create", "[]", "body_not_object"},
        {"orders/create", "{}", "id_missing"},
        {"orders/paid", "{\"id\":null}", "id_missing"},
        {"orders/updated", "{\"id\":{}}", "id_missing"},
        {"orders/create", "{\"id\":1.5}", "id_missing"},
        {"orders/create", "{\"id\":1,\"total_price\":\"lots\"}", "money_invalid"},
        {"orders/create", "{\"id\":1,\"total_price\":[]}", "money_invalid"},
        {"orders/create", "{\"id\":1,\"total_price\":\"-5.00\"}", "money_negative"},
        {"orders/create", "{\"id\":1,\"currency\":\"BTCX\",\"total_price\":\"5\"}",
         "currency_invalid"},
        {"orders/create", "{\"id\":1,\"created_at\":\"2027-11-24T16:00:00Z\"}", "time_ahead"},
        {"refunds/create", "{\"order_id\":1}", "id_missing"},
        {"refunds/create", "{\"id\":1}", "order_id_missing"},
        {"fulfillments/update", "{\"order_id\":1}", "id_missing"},
        {"fulfillments/update", "{\"id\":1,\"order_id\":\"\"}", "order_id_missing"},
        {"checkouts/create", "{\"id\":1}", "token_missing"},
        {"checkouts/update", "{\"token\":null}", "token_missing"},
        {"customers/create", "{}", "id_missing"},
        {"customers/update", "{\"email\":\"a@b.example\"}", "id_missing"},
        {"customers/redact", "{\"shop_id\":1}", "customer_missing"},
        {"customers/data_request", "{\"customer\":[]}", "customer_missing"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        if (deliver(cases[i].topic, span_of(cases[i].body)) != SOURCE_QUARANTINED)
            fail_msg("%s %s was not quarantined", cases[i].topic, cases[i].body);
        check_word(scene.batch.error, cases[i].error);
        check_span(scene.batch.delivery_id, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
        assert_true(span_is(scene.batch.topic, cases[i].topic));
        assert_true(scene.batch.detail.len > 0);
        assert_int_equal(scene.batch.events.count, 0);
    }
}

static void test_ids_of_deliveries(void **state)
{
    (void)state;
    const struct event *event =
        taken("orders/paid", SPAN("{\"id\":7,\"updated_at\":\"2026-11-01T00:00:00Z\"}"));
    check_span(event->id, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
    check_span(scene.batch.delivery_id, "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043");
    check_span(scene.batch.topic, "orders/paid");

    scene.request.headers = scene.headers;
    scene.request.header_count = 1; /* the topic alone */
    assert_int_equal(source_shopify.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch),
                     SOURCE_TAKEN);
    check_span(scene.batch.events.events[0].id, "orders/paid:7:2026-11-01T00:00:00Z");
    check_absent(scene.batch.delivery_id);
    assert_int_equal(scene.batch.events.events[0].at, INT64_C(1793491200000));

    char *longer = arena_take(&scene.arena, 400);
    memset(longer, 'x', 200);
    scene.request.body = arena_print(&scene.arena, "{\"id\":\"%s\"}", longer);
    assert_int_equal(source_shopify.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch),
                     SOURCE_TAKEN);
    assert_true(hash_is_hex(scene.batch.events.events[0].id, 64));
    assert_int_equal(scene.batch.events.events[0].at, NOW);
}

static void test_times(void **state)
{
    (void)state;
    static const struct {
        const char *topic;
        int64_t at;
    } cases[] = {
        {"orders/create", 1793577600000},    {"orders/updated", 1793664000000},
        {"orders/cancelled", 1793750400000}, {"orders/paid", TRIGGERED},
        {"orders/fulfilled", TRIGGERED},     {"orders/partially_fulfilled", TRIGGERED},
        {"checkouts/create", 1793577600000}, {"checkouts/update", 1793664000000},
        {"refunds/create", 1793577600000},   {"fulfillments/update", 1793664000000},
        {"customers/create", 1793577600000}, {"customers/update", 1793664000000},
        {"app/uninstalled", TRIGGERED},      {"shop/redact", TRIGGERED},
    };
    span body =
        SPAN("{\"id\":1,\"order_id\":2,\"token\":\"t\",\"created_at\":\"2026-11-02T00:00:00Z\","
             "\"updated_at\":\"2026-11-03T00:00:00Z\",\"cancelled_at\":\"2026-11-04T00:00:00Z\"}");
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(taken(cases[i].topic, body)->at, cases[i].at);
    /* without its own date: the next best */
    assert_int_equal(
        taken("orders/cancelled", SPAN("{\"id\":1,\"updated_at\":\"2026-11-03T00:00:00Z\"}"))->at,
        INT64_C(1793664000000));
    assert_int_equal(taken("orders/create", SPAN("{\"id\":1,\"created_at\":\"never\"}"))->at,
                     TRIGGERED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_signature_vectors),
        SCENE_TEST(test_any_secret),
        SCENE_TEST(test_next_generation),
        SCENE_TEST(test_topics),
        SCENE_TEST(test_quarantined),
        SCENE_TEST(test_ids_of_deliveries),
        SCENE_TEST(test_times),
    };
    return SCENE_RUN(tests);
}
