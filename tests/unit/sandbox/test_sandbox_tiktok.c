/* TikTok, played: the contract's own example passes; every rule of chapter 3 refuses. */
#include "../../../src/sandbox/sandbox_tiktok.c"

#include "stage.h"

#define NOW   INT64_C(1764000100000)
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define EMAIL "12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5"

/* contracts/destinations 3.9 */
static const char example[] =
    "{\"event_source\":\"web\",\"event_source_id\":\"CABC123DEF456\",\"data\":[{"
    "\"event\":\"Purchase\",\"event_time\":1764000000,\"event_id\":\"purchase_5551234567890\","
    "\"user\":{\"email\":[\"" EMAIL "\"],"
    "\"phone\":[\"1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8\"],"
    "\"external_id\":[\"2b1cb0b84296c10ce6cc722d09a874d1f0cc1865615cb94ee50e62354aec017b\"],"
    "\"ttclid\":\"E.C.P.AbC\",\"ttp\":\"2F7h37YkS1j57AYSKTI7IHhJPYH\",\"ip\":\"203.0.113.7\","
    "\"user_agent\":\"Mozilla/5.0\",\"city\":\"menlopark\",\"state\":\"ca\",\"country\":\"us\","
    "\"zip_code\":\"b9a9cf3cd3723a2e91b7c23ecf68456e872b6e5d86e5cab7f3d45a7302da32c7\"},"
    "\"page\":{\"url\":\"https://shop.example/checkouts/thank-you\","
    "\"referrer\":\"https://shop.example/\"},"
    "\"properties\":{\"currency\":\"EUR\",\"value\":59.90,\"order_id\":\"1001\","
    "\"content_type\":\"product\",\"contents\":[{\"content_id\":\"44001\","
    "\"content_name\":\"Shirt\",\"price\":29.95,\"quantity\":2}]},"
    "\"limited_data_use\":false}]}";

static struct sandbox_reply ask(const char *method, const char *path, const char *token,
                                const char *type, span body, int64_t now)
{
    struct http_header headers[2];
    unsigned count = 0;
    if (token)
        headers[count++] = (struct http_header){SPAN("Access-Token"), span_of(token)};
    if (type)
        headers[count++] = (struct http_header){SPAN("Content-Type"), span_of(type)};
    struct http_request request = {.method = span_of(method),
                                   .path = span_of(path),
                                   .headers = headers,
                                   .header_count = count,
                                   .body = body};
    struct sandbox_reply reply = {0};
    sandbox_tiktok.handle(&ledger, &request, now, &arena, &reply);
    return reply;
}

static const char track[] = "/open_api/v1.3/event/track/";

static struct sandbox_reply post(span body, int64_t now)
{
    return ask("POST", track, "token", "application/json", body, now);
}

static int64_t code_of(const struct sandbox_reply *reply)
{
    const struct json_value *json;
    if (json_parse(&arena, reply->body, &json, NULL) != OK)
        fail_msg("no JSON: %.*s", SPAN_ARG(reply->body));
    assert_true(json_get_text(json, "request_id").len > 10);
    assert_true(json_get_text(json, "message").len > 0);
    assert_non_null(json_get(json, "data"));
    return json_get_int(json, "code", -1);
}

/* The example with one piece of text replaced; it must be there. */
static span with(const char *old, const char *new)
{
    const char *at = strstr(example, old);
    if (at == NULL)
        fail_msg("the example has no %s", old);
    span head = {example, (size_t)(at - example)};
    return arena_join(&arena, arena_join(&arena, head, span_of(new)), span_of(at + strlen(old)));
}

static bool says(span body, const char *words)
{
    for (size_t at = 0; at < body.len; at++)
        if (span_starts(span_sub(body, at, body.len), words))
            return true;
    return false;
}

static void test_example_is_received(void **state)
{
    (void)state;
    struct sandbox_reply reply = post(span_of(example), NOW);
    assert_int_equal(reply.status, 200);
    assert_true(span_starts(reply.body, "{\"code\":0,\"message\":\"OK\",\"request_id\":\"2026"));
    assert_true(span_ends(reply.body, "\"data\":{}}"));
    assert_true(span_is(ledger.accounts->id, "CABC123DEF456"));
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->refused, 0);
    const struct sandbox_sum *sum = ledger.accounts->sums.first;
    assert_true(span_is(sum->name, "Purchase"));
    assert_int_equal(sum->amounts->units, 5990);
    assert_true(span_is(ledger.accounts->subjects->id, "1001"));
    assert_true(span_starts(ledger.kept->json, "{\"event\":\"Purchase\""));
}

static void test_each_rule_refuses(void **state)
{
    static const struct {
        const char *old, *new;
        int code;
        const char *where;
    } cases[] = {
        {"\"web\"", "\"website\"", 40002, "event_source: "},
        {"CABC123DEF456", "1234567890", 40001, "No permission"},
        {"CABC123DEF456", "C12", 40001, "No permission"},
        {"\"event_source\":\"web\",", "", 40002, "event_source: is missing"},
        {"\"data\":[", "\"partner_name\":\"sidetrack\",\"data\":[", 40063, "partner_name"},
        {"\"data\":[", "\"test_event_code\":\"\",\"data\":[", 40002, "test_event_code: "},
        {"\"data\":[", "\"pixel_code\":\"CABC\",\"data\":[", 40002, "pixel_code: is unknown"},
        {"\"event\":\"Purchase\",", "", 40002, "data.0.event: is missing"},
        {"\"Purchase\"", "\"\"", 40002, "data.0.event: "},
        {"\"event_time\":1764000000,", "", 40002, "data.0.event_time: is missing"},
        {"1764000000", "\"1764000000\"", 40002, "data.0.event_time: Not a valid integer"},
        {"1764000000", "1764000000.5", 40002, "data.0.event_time: Not a valid integer"},
        {"1764000000", "1764000000000", 40002, "data.0.event_time: In the future"},
        {"1764000000", "1764000161", 40002, "data.0.event_time: In the future"},
        {"1764000000", "1763395299", 40002, "data.0.event_time: Too far in the past"},
        {"\"purchase_5551234567890\"", "5551234567890", 40002, "data.0.event_id: Not a valid str"},
        {"\"purchase_5551234567890\"", "\"\"", 40002, "data.0.event_id: Not a valid string"},
        {"[\"" EMAIL "\"]", "[\"jane@example.com\"]", 40062, "data.0.user.email: PII"},
        {"[\"" EMAIL "\"]", "\"jane@example.com\"", 40062, "data.0.user.email: PII"},
        {"12122421314e3c02d8", "12122421314E3C02D8", 40062, "data.0.user.email: PII"},
        {EMAIL, EMPTY, 40002, "data.0.user.email: Is the hash of nothing"},
        {"[\"" EMAIL "\"]", "[]", 40002, "data.0.user.email: Is empty"},
        {"[\"" EMAIL "\"]", "[1]", 40002, "data.0.user.email: Not a valid string"},
        {"\"phone\":[\"1e231c66", "\"phone\":[\"+1231c66", 40062, "data.0.user.phone: PII"},
        {"\"external_id\":[\"2b1c", "\"external_id\":[\"zz1c", 40062, "data.0.user.external_id"},
        {"\"zip_code\":\"b9a9", "\"zip_code\":\"zzzz", 40062, "data.0.user.zip_code: PII"},
        {"\"email\":", "\"em\":", 40002, "data.0.user.em: is unknown"},
        {"\"E.C.P.AbC\"", "\"\"", 40002, "data.0.user.ttclid: "},
        {"203.0.113.7", "192.168.0.7", 40002, "data.0.user.ip: "},
        {"203.0.113.7", "nowhere", 40002, "data.0.user.ip: "},
        {"menlopark", "Menlo Park", 40002, "data.0.user.city: "},
        {"\"menlopark\"", "\"" EMAIL "\"", 40002, "data.0.user.city: "},
        {"\"us\"", "\"US\"", 40002, "data.0.user.country: "},
        {"\"us\"", "\"usa\"", 40002, "data.0.user.country: "},
        {"\"url\":\"https://shop.example/checkouts/thank-you\",", "", 40002, "data.0.page.url: "},
        {"https://shop.example/checkouts/thank-you", "/thank-you", 40002, "data.0.page.url: "},
        {"thank-you", "thank-you?e=jane@example.com", 40002, "data.0.page.url: "},
        {"\"referrer\":\"https://shop.example/\"", "\"referrer\":\"shop\"", 40002,
         "data.0.page.referrer: "},
        {"\"value\":59.90,", "", 40002, "data.0.properties.value: Missing"},
        {"\"currency\":\"EUR\",", "", 40002, "data.0.properties.currency: Missing"},
        {"\"EUR\"", "\"eur\"", 40002, "data.0.properties.currency: "},
        {"\"EUR\"", "\"XYZ\"", 40002, "data.0.properties.currency: "},
        {"59.90", "\"59.90\"", 40002, "data.0.properties.value: "},
        {"59.90", "-1", 40002, "data.0.properties.value: "},
        {"\"1001\"", "1001", 40002, "data.0.properties.order_id: Not a valid string"},
        {"\"44001\"", "44001", 40002,
         "data.0.properties.contents.0.content_id: Not a valid string"},
        {"\"quantity\":2", "\"quantity\":0", 40002, "data.0.properties.contents.0.quantity: "},
        {"\"quantity\":2", "\"quantity\":\"2\"", 40002, "data.0.properties.contents.0.quantity: "},
        {"29.95", "-1", 40002, "data.0.properties.contents.0.price: "},
        {"29.95", "\"29.95\"", 40002, "data.0.properties.contents.0.price: "},
        {"\"product\"", "\"products\"", 40002, "data.0.properties.content_type: "},
        {"\"content_type\"", "\"content_kind\"", 40002, "is unknown"},
        {"\"order_id\"", "\"content_ids\":[\"1\",2],\"order_id\"", 40002,
         "data.0.properties.content_ids.1: Not a valid string"},
        {"\"limited_data_use\":false", "\"limited_data_use\":\"no\"", 40002,
         "data.0.limited_data_use: "},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = post(with(cases[i].old, cases[i].new), NOW);
        assert_int_equal(reply.status, 200);
        if (code_of(&reply) != cases[i].code || !says(reply.body, cases[i].where))
            fail_msg("%s -> %s: %.*s", cases[i].old, cases[i].new, SPAN_ARG(reply.body));
    }
}

static void test_requests(void **state)
{
    static const struct {
        const char *method, *path, *token, *type, *body;
        int status, code; /* 0: not its API that answers */
    } cases[] = {
        {"POST", track, NULL, "application/json", example, 200, TIKTOK_TOKEN_EMPTY},
        {"POST", track, "", "application/json", example, 200, TIKTOK_TOKEN_EMPTY},
        {"POST", track, "invalid-1", "application/json", example, 200, TIKTOK_TOKEN_INVALID},
        {"POST", track, "expired-1", "application/json", example, 200, TIKTOK_TOKEN_EXPIRED},
        {"POST", track, "t", NULL, example, 200, TIKTOK_BAD_PARAMS},
        {"POST", track, "t", "text/plain", example, 200, TIKTOK_BAD_PARAMS},
        {"POST", track, "t", "application/json", "", 200, TIKTOK_BAD_PARAMS},
        {"POST", track, "t", "application/json", "{", 200, TIKTOK_BAD_PARAMS},
        {"POST", track, "t", "application/json", "[]", 200, TIKTOK_BAD_PARAMS},
        {"POST", "/open_api/v1.2/event/track/", "t", "application/json", example, 200,
         TIKTOK_BAD_VERSION},
        {"GET", track, "t", "application/json", example, 405, 0},
        {"POST", "/open_api/v1.3/event/track", "t", "application/json", example, 404, 0},
        {"POST", "/open_api/v1.3/pixel/track/", "t", "application/json", example, 404, 0},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = ask(cases[i].method, cases[i].path, cases[i].token,
                                         cases[i].type, span_of(cases[i].body), NOW);
        assert_int_equal(reply.status, cases[i].status);
        if (cases[i].code == 0)
            assert_true(span_starts(reply.body, "<html>"));
        else
            assert_int_equal(code_of(&reply), cases[i].code);
    }
    assert_true(sandbox_tiktok.owns(span_of(track)));
    assert_false(sandbox_tiktok.owns(SPAN("/api/events")));
    assert_int_equal(ledger.kept_count, 0);
}

static void test_what_is_odd_but_right(void **state)
{
    static const struct {
        const char *old, *new;
    } cases[] = {
        {"[\"" EMAIL "\"]", "\"" EMAIL "\""},
        {"\"limited_data_use\":false", "\"limited_data_use\":true"},
        {",\"limited_data_use\":false", ""},
        {"\"event_id\":\"purchase_5551234567890\",", ""},
        {"\"Purchase\"", "\"CompletePayment\""},
        {"\"Purchase\"", "\"Pageview\""},
        {"1764000000", "1763395300"}, /* seven days, to the second */
        {"1764000000", "1764000160"}, /* a minute ahead */
        {"203.0.113.7", "2001:db8::1"},
        {"\"web\"", "\"offline\""},
        {"59.90", "0"},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = post(with(cases[i].old, cases[i].new), NOW);
        if (code_of(&reply) != 0)
            fail_msg("%s: %.*s", cases[i].new, SPAN_ARG(reply.body));
    }
}

/* `count` copies of the example's event with ids of their own; the last is `last`, if any. */
static span many(unsigned count, const char *last)
{
    struct buf body;
    buf_init(&body, 8 * MIB);
    span one = {strstr(example, "{\"event\":"), 0};
    one.len = (size_t)(example + strlen(example) - 2 - one.ptr);
    buf_add_text(&body, "{\"event_source\":\"web\",\"event_source_id\":\"CABC123\",\"data\":[");
    for (unsigned i = 0; i < count; i++) {
        buf_add_text(&body, i ? "," : "");
        buf_add_span(&body, one);
    }
    buf_print(&body, "%s%s]}", last ? "," : "", last ? last : "");
    assert_true(buf_ok(&body));
    span text = arena_copy(&arena, buf_span(&body));
    buf_done(&body);
    return text;
}

static void test_one_bad_event_rejects_all(void **state)
{
    (void)state;
    struct sandbox_reply reply =
        post(many(2, "{\"event\":\"Lead\",\"event_time\":1764000000,\"event_id\":7,"
                     "\"page\":{\"url\":\"https://shop.example/\"}}"),
             NOW);
    assert_int_equal(code_of(&reply), TIKTOK_BAD_PARAMS);
    assert_true(says(reply.body, "data.2.event_id: "));
    assert_int_equal(ledger.kept_count, 0);
    assert_int_equal(ledger.accounts->refused, 1);
    assert_true(span_is(ledger.accounts->reasons->text, "40002"));
}

static void test_sizes_of_a_batch(void **state)
{
    (void)state;
    struct sandbox_reply reply = post(many(0, NULL), NOW);
    assert_int_equal(code_of(&reply), TIKTOK_BATCH_SIZE);
    reply = post(many(1001, NULL), NOW);
    assert_int_equal(code_of(&reply), TIKTOK_BATCH_SIZE);
    reply = post(many(1000, NULL), NOW);
    assert_int_equal(code_of(&reply), TIKTOK_OK);
    assert_int_equal(ledger.accounts->accepted, 1000);
    assert_int_equal(ledger.accounts->unique, 1); /* they are copies */
}

static void test_copies_count_once_for_48_hours(void **state)
{
    (void)state;
    post(span_of(example), NOW);
    struct sandbox_reply again = post(span_of(example), NOW + MINUTE_MS);
    assert_int_equal(code_of(&again), TIKTOK_OK);
    assert_int_equal(ledger.accounts->accepted, 2);
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->duplicates, 1);
    post(with("\"Purchase\"", "\"Lead\""), NOW); /* another name is another event */
    assert_int_equal(ledger.accounts->unique, 2);
    post(with("CABC123DEF456", "CABC123DEF457"), NOW); /* and so is another pixel's */
    assert_int_equal(ledger.accounts->unique + ledger.accounts->next->unique, 3);
    post(span_of(example), NOW + 48 * HOUR_MS);
    assert_int_equal(ledger.accounts->unique + ledger.accounts->next->unique, 4);
}

static void test_events_without_id_are_all_counted(void **state)
{
    (void)state;
    span body = with("\"event_id\":\"purchase_5551234567890\",", "");
    post(body, NOW);
    post(body, NOW);
    assert_int_equal(ledger.accounts->unique, 2);
}

static void test_test_events_are_apart(void **state)
{
    (void)state;
    struct sandbox_reply reply =
        post(with("\"data\":[", "\"test_event_code\":\"TEST12345\",\"data\":["), NOW);
    assert_int_equal(code_of(&reply), TIKTOK_OK);
    assert_true(span_is(ledger.accounts->id, "CABC123DEF456 (test)"));
    assert_int_equal(ledger.accounts->unique, 1);
    assert_null(ledger.accounts->next);
    post(span_of(example), NOW); /* the real one afterwards is no copy of it */
    assert_int_equal(ledger.accounts->unique + ledger.accounts->next->unique, 2);
}

static void test_faults_speak_as_it_does(void **state)
{
    static const struct {
        enum sandbox_fault_kind kind;
        int status, code;
    } cases[] = {
        {SANDBOX_FAULT_429, 200, TIKTOK_TOO_FREQUENT},
        {SANDBOX_FAULT_500, 500, TIKTOK_SYSTEM_ERROR},
        {SANDBOX_FAULT_503, 503, TIKTOK_RPC_ERROR},
        {SANDBOX_FAULT_TOKEN_INVALID, 200, TIKTOK_TOKEN_INVALID},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = {0};
        sandbox_tiktok.broken(cases[i].kind, &arena, &reply);
        assert_int_equal(reply.status, cases[i].status);
        assert_int_equal(code_of(&reply), cases[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_example_is_received, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_rule_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_odd_but_right, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_bad_event_rejects_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes_of_a_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copies_count_once_for_48_hours, setup, teardown),
        cmocka_unit_test_setup_teardown(test_events_without_id_are_all_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_test_events_are_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_speak_as_it_does, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
