/* POST /v1/events: what a server with a token may say, and every way it can be wrong. */
#include "../../../src/sources/api.c"
#include "scene.h"

static enum source_verdict decode_body(const char *body)
{
    scene.request.body = span_of(body);
    return source_api.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch);
}

/* A body of one event: what it is refused for, or "". */
static const char *refused(const char *event)
{
    span body = arena_print(&scene.arena, "[%s]", event);
    assert_int_equal(decode_body(arena_text(&scene.arena, body)), SOURCE_TAKEN);
    return scene.batch.refusal_count ? scene.batch.refusals[0].error : "";
}

static bool token_taken(const char *header)
{
    static struct http_header headers[1];
    static const span tokens[] = {SPAN("first-token"), SPAN("second-token")};
    headers[0] = (struct http_header){SPAN("Authorization"), span_of(header)};
    scene.request.headers = headers;
    scene.request.header_count = 1;
    scene.shop.api_tokens = (struct span_list){tokens, 2};
    return source_api.verify(&scene.request, &scene.shop, &scene.arena);
}

static void test_token(void **state)
{
    (void)state;
    assert_true(token_taken("Bearer first-token"));
    assert_true(token_taken("bearer second-token "));
    assert_false(token_taken("Bearer first-toke"));
    assert_false(token_taken("Bearer first-tokeN"));
    assert_false(token_taken("Bearer "));
    assert_false(token_taken("Basic first-token"));
    assert_false(token_taken(""));
}

static void test_an_order_is_the_shops_fact(void **state)
{
    (void)state;
    assert_string_equal(
        refused("{\"id\":\"a\",\"name\":\"order_placed\",\"at\":1795535998000,\"order\":{\"id\":"
                "9007199254740993,\"currency\":\"EUR\",\"value\":\"59.90\"},\"who\":{\"email\":\"a@"
                "b.cz\"}}"),
        "");
    const struct event *event = &scene.batch.events.events[0];
    assert_int_equal(event->name, EVENT_FACT_ORDER_CREATED);
    check_span(event->name_text, "orders/create");
    check_span(event->order.id, "9007199254740993");
    assert_int_equal(event->source, SOURCE_API);
    assert_int_equal(event->order.total.units, 5990);
    assert_true(event->order.created_at == event->at && event->order.updated_at == event->at);
    assert_string_equal(
        refused("{\"id\":\"b\",\"name\":\"order_refunded\",\"at\":1795535998000,\"order\":{\"id\":"
                "\"7\"},"
                "\"adjust\":{\"refund_id\":\"1\",\"amount\":\"1.00\",\"currency\":\"EUR\"}}"),
        "");
    assert_int_equal(scene.batch.events.events[0].name, EVENT_FACT_REFUND_CREATED);
}

static void test_refusals_name_their_event(void **state)
{
    (void)state;
    assert_string_equal(refused("{\"id\":\"a\",\"name\":\"page_viewed\"}"), "time_missing");
    assert_string_equal(refused("7"), "event_not_object");
    assert_string_equal(refused("{\"id\":\"a\",\"name\":\"order_placed\",\"at\":1795535998000}"),
                        "order_id_missing");
    assert_string_equal(refused("{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1}"),
                        "time_too_old");
    assert_string_equal(refused("{\"name\":\"page_viewed\",\"at\":1795535998000}"), "id_missing");
    assert_string_equal(
        refused("{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1795535998000,\"value\":\"x\"}"),
        "money_invalid");
    check_span(scene.batch.refusals[0].id, "a");
    assert_true(scene.batch.refusals[0].detail.len > 0);
}

static void test_neighbours_are_kept(void **state)
{
    (void)state;
    assert_int_equal(decode_body("[{\"id\":\"a\",\"name\":\"page_viewed\",\"at\":1795535998000},{},"
                                 "{\"id\":\"c\",\"name\":\"Quiz Done\",\"at\":1795535998000}]"),
                     SOURCE_TAKEN);
    assert_int_equal(scene.batch.events.count, 2);
    assert_int_equal(scene.batch.refusal_count, 1);
    assert_int_equal(scene.batch.events.events[1].name, EVENT_CUSTOM);
    assert_true(scene.batch.events.events[0].raw_at == 1795535998000);
}

static void test_malformed(void **state)
{
    (void)state;
    assert_int_equal(decode_body("["), SOURCE_MALFORMED);
    assert_string_equal(scene.batch.error, "json_invalid");
    assert_int_equal(decode_body("{}"), SOURCE_MALFORMED);
    assert_string_equal(scene.batch.error, "events_missing");
}

static void test_consent(void **state)
{
    (void)state;
    assert_string_equal(refused("{\"id\":\"c\",\"name\":\"page_viewed\",\"at\":1795535998000,"
                                "\"consent\":{\"marketing\":\"granted\"}}"),
                        "");
    const struct consent *consent = &scene.batch.events.events[0].consent;
    assert_int_equal(consent->at, INT64_C(1795535998000)); /* said with the event */
    check_span(consent->source, "api");
    assert_string_equal(
        refused("{\"id\":\"d\",\"name\":\"page_viewed\",\"at\":1795535998000,\"consent\":{"
                "\"tcf\":\"CAAAAAAAAAAAAAAAAAAAAAAAALIAAAA.YAAAAAAAAAA\",\"at\":1795530000000}}"),
        "");
    consent = &scene.batch.events.events[0].consent;
    assert_int_equal(consent->marketing, CONSENT_GRANTED);
    assert_int_equal(consent->at, INT64_C(1795530000000));
    check_span(consent->source, "tcf");
    /* Microseconds by mistake: a word of the far future would win against every later one. */
    assert_string_equal(refused("{\"id\":\"f\",\"name\":\"page_viewed\",\"at\":1795535998000,"
                                "\"consent\":{\"marketing\":\"granted\",\"analytics\":\"denied\","
                                "\"at\":1795535998000000,\"marketing_at\":1795535990000000}}"),
                        "");
    consent = &scene.batch.events.events[0].consent;
    int64_t arrived = scene.batch.events.events[0].received_at;
    assert_int_equal(consent->at, arrived);
    assert_true(consent->marketing_at <= arrived);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_token),
        SCENE_TEST(test_an_order_is_the_shops_fact),
        SCENE_TEST(test_refusals_name_their_event),
        SCENE_TEST(test_neighbours_are_kept),
        SCENE_TEST(test_malformed),
        SCENE_TEST(test_consent),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("api", tests, NULL, NULL);
}
