/* Meta, played: the contract's own example passes; every rule of 1.1-1.8 and 1.10 refuses. */
#include "../../../src/sandbox/sandbox_meta.c"

#include "stage.h"

#define NOW INT64_C(1764000100000)

/* contracts/destinations 1.11, with a token that is one. */
static const char example[] =
    "{\"access_token\":\"EAAGtest\",\"data\":[{\"event_name\":\"Purchase\",\"event_time\":"
    "1764000000,"
    "\"event_id\":\"purchase_5551234567890\",\"action_source\":\"website\","
    "\"event_source_url\":\"https://shop.example/checkouts/thank-you\",\"user_data\":{"
    "\"em\":[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"],"
    "\"ph\":[\"e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176\"],"
    "\"fn\":[\"81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2\"],"
    "\"country\":[\"79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621\"],"
    "\"external_id\":[\"2b1cb0b84296c10ce6cc722d09a874d1f0cc1865615cb94ee50e62354aec017b\"],"
    "\"client_ip_address\":\"203.0.113.7\",\"client_user_agent\":\"Mozilla/5.0\","
    "\"fbp\":\"fb.1.1763990000000.1098115397\","
    "\"fbc\":\"fb.1.1763990001000.IwY2xjawAbCdEfGhIjKlMnOp_QrStUv-WxYz\"},"
    "\"custom_data\":{\"currency\":\"EUR\",\"value\":59.90,\"order_id\":\"1001\","
    "\"content_type\":\"product\",\"content_ids\":[\"44001\"],\"num_items\":2,"
    "\"contents\":[{\"id\":\"44001\",\"quantity\":2,\"item_price\":29.95}]}}]}";

static struct sandbox_reply post_at(const char *target, span body, int64_t now)
{
    static const struct http_header json = {{"Content-Type", 12}, {"application/json", 16}};
    struct http_request request = {.method = SPAN("POST"),
                                   .path = span_of(target),
                                   .headers = &json,
                                   .header_count = 1,
                                   .body = body};
    struct sandbox_reply reply = {0};
    sandbox_meta.handle(&ledger, &request, now, &arena, &reply);
    return reply;
}

static struct sandbox_reply post(span body)
{
    return post_at("/v25.0/1234567890/events", body, NOW);
}

/* The example with one piece of text replaced; both must be there. */
static span with(const char *old, const char *new)
{
    const char *at = strstr(example, old);
    if (at == NULL)
        fail_msg("the example has no %s", old);
    span head = {example, (size_t)(at - example)};
    return arena_join(&arena, arena_join(&arena, head, span_of(new)), span_of(at + strlen(old)));
}

static void assert_refused(span body, int code, int subcode)
{
    struct sandbox_reply reply = post(body);
    const struct json_value *json;
    if (reply.status != 400)
        fail_msg("status %d for %.*s", reply.status, SPAN_ARG(body));
    assert_int_equal(json_parse(&arena, reply.body, &json, NULL), OK);
    const struct json_value *error = json_get(json, "error");
    assert_int_equal(json_get_int(error, "code", 0), code);
    if (json_get_int(error, "error_subcode", 0) != subcode)
        fail_msg("%.*s for %.*s", SPAN_ARG(reply.body), SPAN_ARG(body));
    assert_true(span_is(json_get_text(error, "type"), "OAuthException"));
    assert_true(json_get_text(error, "fbtrace_id").len > 10);
    assert_int_equal(ledger.accounts->accepted, 0);
}

static void test_example_is_received(void **state)
{
    (void)state;
    struct sandbox_reply reply = post(SPAN(""));
    assert_int_equal(reply.status, 400);
    reply = post(span_of(example));
    assert_int_equal(reply.status, 200);
    assert_true(
        span_starts(reply.body, "{\"events_received\":1,\"messages\":[],\"fbtrace_id\":\"A"));
    assert_int_equal(ledger.accounts->unique, 1);
    const struct sandbox_sum *sum = ledger.accounts->sums.first;
    assert_true(span_is(sum->name, "Purchase"));
    assert_int_equal(sum->amounts->units, 5990);
    assert_true(span_is(ledger.accounts->subjects->id, "1001"));
    assert_true(span_starts(ledger.kept->json, "{\"event_name\":\"Purchase\""));
}

static void test_each_rule_refuses(void **state)
{
    static const struct {
        const char *old, *new;
        int code, subcode;
    } cases[] = {
        {"EAAGtest", "invalid-token", 190, 463},
        {"EAAGtest", "", 190, 0},
        {"1764000000", "1763395200", 100, TIME_OLD},       /* 7 days and some */
        {"1764000000", "1764000200", 100, TIME_FUTURE},    /* 100 s ahead */
        {"1764000000", "1764000000000", 100, TIME_FUTURE}, /* milliseconds */
        {"1764000000", "1764000000.5", 100, TIME_INVALID},
        {"1764000000", "\"1764000000\"", 100, PARAM_INVALID},
        {"\"event_name\":\"Purchase\",", "", 100, PARAM_INVALID},
        {"\"action_source\":\"website\",", "", 100, PARAM_INVALID},
        {"\"website\"", "\"web\"", 100, PARAM_INVALID},
        {"\"event_source_url\":\"https://shop.example/checkouts/thank-you\",", "", 100,
         PARAM_INVALID},
        {"https://shop.example/checkouts/thank-you", "/thank-you", 100, PARAM_INVALID},
        {"\"event_id\"", "\"eventID\"", 100, PARAM_INVALID},
        {"[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"]",
         "[\"jane@example.com\"]", 100, USER_INVALID},
        {"[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"]",
         "\"jane@example.com\"", 100, USER_INVALID},
        {"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5", EMPTY_SHA256, 100,
         USER_INVALID},
        {"12122421314e3c02", "12122421314E3C02", 100, USER_INVALID},
        {"[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"]", "[]", 100,
         USER_INVALID},
        {"[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"]", "[1]", 100,
         USER_INVALID},
        {"\"em\":", "\"email\":", 100, USER_INVALID},
        {"203.0.113.7", "192.168.0.7", 100, USER_INVALID},
        {"203.0.113.7", "nowhere", 100, USER_INVALID},
        {"fb.1.1763990000000.1098115397", "1098115397", 100, USER_INVALID},
        {"fb.1.1763990000000.1098115397", "fb.1.1763990000.1098115397", 100, USER_INVALID},
        {"fb.1.1763990000000.1098115397", "fb.1.1763990000000.12.zz", 100, USER_INVALID},
        {"fb.1.1763990001000.IwY2", "fb.x.1763990001000.IwY2", 100, USER_INVALID},
        {"\"value\":59.90,", "", 100, VALUE_MISSING},
        {"59.90", "-1", 100, VALUE_MISSING},
        {"59.90", "\"59.90\"", 100, PARAM_INVALID},
        {"\"currency\":\"EUR\",", "", 100, CURRENCY_WRONG},
        {"\"EUR\"", "\"eur\"", 100, CURRENCY_WRONG},
        {"\"EUR\"", "\"EUX\"", 100, CURRENCY_WRONG},
        {"\"quantity\":2", "\"quantity\":0", 100, CUSTOM_INVALID},
        {"\"quantity\":2", "\"quantity\":2.5", 100, PARAM_INVALID},
        {"\"quantity\":2", "\"qty\":2", 100, PARAM_INVALID},
        {"[\"44001\"]", "[44001]", 100, CUSTOM_INVALID},
        {"\"product\"", "\"variant\"", 100, CUSTOM_INVALID},
        {"\"num_items\":2", "\"num_items\":\"2\"", 100, PARAM_INVALID},
        {"\"order_id\":\"1001\"", "\"order_id\":1001", 100, PARAM_INVALID},
        {"\"custom_data\":", "\"data_processing_options_country\":1,\"custom_data\":", 100,
         PARAM_INVALID},
        {"\"custom_data\":", "\"data_processing_options\":[\"CCPA\"],\"custom_data\":", 100,
         PARAM_INVALID},
        {"\"custom_data\":",
         "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":1,"
         "\"custom_data\":",
         100, PARAM_INVALID},
        {"\"custom_data\":",
         "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":0,"
         "\"data_processing_options_state\":1000,\"custom_data\":",
         100, PARAM_INVALID},
        {"\"data\":[", "\"partner_agent\":\"a-name-that-is-far-too-long\",\"data\":[", 100, 0},
        {"\"data\":[", "\"events\":[", 100, 0},
        {"\"access_token\":\"EAAGtest\",", "\"access_token\":\"EAAGtest\",\"debug\":1,", 100, 0},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_refused(with(cases[i].old, cases[i].new), cases[i].code, cases[i].subcode);
    assert_int_equal(ledger.accounts->refused, COUNT_OF(cases));
}

static void test_what_is_odd_but_right(void **state)
{
    static const char *const cases[][2] = {
        {"\"custom_data\":", "\"data_processing_options\":[],\"custom_data\":"},
        {"\"custom_data\":",
         "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":1,"
         "\"data_processing_options_state\":1000,\"custom_data\":"},
        {"\"custom_data\":",
         "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":0,"
         "\"data_processing_options_state\":0,\"custom_data\":"},
        {"[\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\"]",
         "\"12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5\""},
        {"36b7cd62e5", "36b7cd62e5.AQQCAQMC"},
        {"fb.1.1763990000000.1098115397", "fb.1.1763990000000.1098115397.AQ"},
        {"fb.1.1763990000000.1098115397", "fb.2.1763990000000.1098115397.AQQCAQMC"},
        {"203.0.113.7", "2001:db8::7"},
        {"1764000000", "1764000150"}, /* 50 s ahead */
        {"59.90", "0"},
        {"\"order_id\":\"1001\"", "\"order_id\":\"1001\",\"my_own\":true"},
        {"\"data\":[", "\"test_event_code\":\"TEST1\",\"data\":["},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = post(with(cases[i][0], cases[i][1]));
        if (reply.status != 200)
            fail_msg("%s: %.*s", cases[i][1], SPAN_ARG(reply.body));
    }
}

static void test_one_bad_event_rejects_all(void **state)
{
    span one = {strstr(example, "{\"event_name\""), 0};
    (void)state;
    one.len = (size_t)(example + strlen(example) - 2 - one.ptr);
    span bad = SPAN("{\"event_name\":\"PageView\",\"event_time\":1764000000,"
                    "\"action_source\":\"website\",\"event_source_url\":\"https://a.example/\","
                    "\"user_data\":{\"client_user_agent\":\"x\"}}");
    assert_refused(arena_print(&arena, "{\"access_token\":\"t\",\"data\":[%.*s,%.*s]}",
                               SPAN_ARG(one), SPAN_ARG(bad)),
                   100, USER_INVALID);
    assert_int_equal(ledger.kept_count, 0);
}

static void test_copies_count_once_for_48_hours(void **state)
{
    const char *path = "/v26.0/1234567890/events";
    (void)state;
    post_at(path, span_of(example), NOW);
    struct sandbox_reply again = post_at(path, span_of(example), NOW + MINUTE_MS);
    assert_true(span_starts(again.body, "{\"events_received\":1,"));
    assert_int_equal(ledger.accounts->accepted, 2);
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->duplicates, 1);
    post_at(path, with("\"Purchase\"", "\"Lead\""), NOW); /* another name is another event */
    assert_int_equal(ledger.accounts->unique, 2);
    post_at(path, span_of(example), NOW + 48 * HOUR_MS);
    assert_int_equal(ledger.accounts->unique, 3);
}

static void test_events_without_id_are_all_counted(void **state)
{
    (void)state;
    span body = with("\"event_id\":\"purchase_5551234567890\",", "");
    post(body);
    post(body);
    assert_int_equal(ledger.accounts->unique, 2);
}

static void test_paths(void **state)
{
    (void)state;
    assert_true(sandbox_meta.owns(SPAN("/v25.0/1234567890/events")));
    assert_false(sandbox_meta.owns(SPAN("/v25.0/1234567890/users")));
    assert_false(sandbox_meta.owns(SPAN("/api/events")));
    assert_int_equal(post_at("/v12.0/1234567890/events", span_of(example), NOW).status, 400);
    assert_int_equal(post_at("/v25.0/abc/events", span_of(example), NOW).status, 400);
    assert_int_equal(ledger.accounts->accepted, 0);
}

static void test_more_than_1000_events(void **state)
{
    struct buf body;
    (void)state;
    buf_init(&body, 4 * MIB);
    buf_add_text(&body, "{\"access_token\":\"t\",\"data\":[");
    span one = {strstr(example, "{\"event_name\""), 0};
    one.len = (size_t)(example + strlen(example) - 2 - one.ptr);
    for (unsigned i = 0; i < 1001; i++) {
        if (i > 0)
            buf_add_char(&body, ',');
        buf_add_span(&body, one);
    }
    buf_add_text(&body, "]}");
    assert_true(buf_ok(&body));
    assert_refused(buf_span(&body), 100, 0);
    buf_done(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_example_is_received, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_rule_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_odd_but_right, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_bad_event_rejects_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copies_count_once_for_48_hours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_without_id_are_all_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_more_than_1000_events, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
