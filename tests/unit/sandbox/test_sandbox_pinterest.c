/* Pinterest, played: an example passes; every rule refuses, and refuses its own event only. */
#include "../../../src/sandbox/sandbox_pinterest.c"

#include "stage.h"

#define NOW   INT64_C(1764000100000)
#define EMAIL "12122421314e3c02d8acd5467f1266e839588a1ea2e4da1c2ab81036b7cd62e5"

static const char example[] =
    "{\"data\":[{\"event_name\":\"checkout\",\"action_source\":\"web\",\"event_time\":1764000000,"
    "\"event_id\":\"o_tok\",\"event_source_url\":\"https://shop.example/checkouts\","
    "\"opt_out\":false,\"user_data\":{\"em\":[\"" EMAIL "\"],\"click_id\":\"dj0y\","
    "\"client_ip_address\":\"203.0.113.7\",\"client_user_agent\":\"Mozilla/5.0\"},"
    "\"custom_data\":{\"currency\":\"EUR\",\"value\":\"59.90\",\"order_id\":\"1001\","
    "\"content_ids\":[\"44001\"],\"contents\":[{\"id\":\"44001\",\"item_name\":\"Shirt\","
    "\"item_price\":\"29.95\",\"quantity\":2}],\"num_items\":2}}]}";
static const char path[] = "/v5/ad_accounts/549755885175/events";

static struct sandbox_reply ask(const char *method, const char *where, const char *query,
                                const char *token, const char *type, span body, int64_t now)
{
    struct http_header headers[2];
    unsigned count = 0;
    if (token)
        headers[count++] = (struct http_header){SPAN("Authorization"), span_of(token)};
    if (type)
        headers[count++] = (struct http_header){SPAN("Content-Type"), span_of(type)};
    struct http_request request = {.method = span_of(method),
                                   .path = span_of(where),
                                   .query = span_of(query),
                                   .headers = headers,
                                   .header_count = count,
                                   .body = body};
    struct sandbox_reply reply = {0};
    sandbox_pinterest.handle(&ledger, &request, now, &arena, &reply);
    return reply;
}

static struct sandbox_reply post(span body, int64_t now)
{
    return ask("POST", path, "", "Bearer pt", "application/json", body, now);
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

static void test_example_is_processed(void **state)
{
    (void)state;
    struct sandbox_reply reply = post(span_of(example), NOW);
    assert_int_equal(reply.status, 200);
    assert_true(says(reply.body,
                     "\"num_events_received\":1,\"num_events_processed\":1,\"events\":[{"
                     "\"status\":\"processed\",\"error_message\":\"\""));
    assert_true(span_is(ledger.accounts->id, "549755885175"));
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->refused, 0);
    assert_int_equal(ledger.accounts->sums.first->amounts->units, 5990);
    assert_true(span_is(ledger.accounts->subjects->id, "1001"));
}

/* Said of the event, 422, and nothing of it counts. */
static void test_a_wrong_event_fails(void **state)
{
    static const struct {
        const char *old, *new, *words;
    } cases[] = {
        {"\"checkout\"", "\"Purchase\"", "event_name is unknown"},
        {"\"web\"", "\"website\"", "action_source is unknown"},
        {"\"o_tok\"", "\"\"", "event_id is empty"},
        {"1764000000", "1763000000", "too far in the past"},
        {"1764000000", "1764000200", "in the future"},
        {"1764000000", "1764000000000", "in the future"},
        {"https://shop.example/", "shop.example/", "event_source_url is no URL"},
        {"/checkouts", "/?m=a@b.cc", "event_source_url is no URL"},
        {EMAIL, "jane@example.com", "not hashed"},
        {"12122421314e3c", "12122421314E3C", "not hashed"},
        {EMAIL, EMPTY_SHA256, "not hashed"},
        {"[\"" EMAIL "\"]", "[]", "empty list"},
        {"203.0.113.7", "10.0.0.1", "no public address"},
        {"\"dj0y\"", "\"\"", "empty text"},
        {"\"EUR\"", "\"eur\"", "currency is no"},
        {"\"EUR\"", "\"XQX\"", "currency is no"},
        {"\"currency\":\"EUR\",", "", "a checkout needs value and"},
        {"\"value\":\"59.90\",", "", "a checkout needs value and"},
        {"\"59.90\"", "\"59.9\"", "value is no amount"},
        {"\"59.90\"", "\"-1.00\"", "value is no amount"},
        {"\"59.90\"", "\"5,90\"", "value is no amount"},
        {"\"29.95\"", "\"29.950001\"", "item_price is no amount"},
        {"\"quantity\":2", "\"quantity\":0", "quantity is at least 1"},
        {"[\"44001\"]", "[44001]", "content_ids are text"},
        {"\"num_items\":2", "\"num_items\":0", "num_items or order_id"},
        {"\"num_items\":2", "\"search_string\":\"a@b.cc\"", "search_string has"},
        {"\"num_items\":2", "\"opt_out_type\":\"LDU\"", "opt_out_type is unknown"},
        {"\"em\":[\"" EMAIL "\"],\"click_id\":\"dj0y\",\"client_ip_address\":\"203.0.113.7\",",
         "\"ph\":[\"" EMAIL "\"],", "user_data needs em"},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = post(with(cases[i].old, cases[i].new), NOW);
        if (reply.status != 422 || !says(reply.body, cases[i].words))
            fail_msg("%s: %d %.*s", cases[i].new, reply.status, SPAN_ARG(reply.body));
        assert_true(says(reply.body, "\"num_events_processed\":0"));
        assert_true(says(reply.body, "\"status\":\"failed\""));
    }
    assert_int_equal(ledger.accounts->unique, 0);
    assert_int_equal(ledger.accounts->refused, COUNT_OF(cases));
}

/* The schema's business: all of it, 400, without a word about events. */
static void test_a_wrong_body_fails_whole(void **state)
{
    static const struct {
        const char *old, *new;
    } cases[] = {
        {"\"59.90\"", "59.90"},
        {"\"29.95\"", "29.95"},
        {"\"quantity\":2", "\"quantity\":\"2\""},
        {"\"num_items\":2", "\"content_type\":\"product\""},
        {"1764000000", "\"1764000000\""},
        {"1764000000", "1764000000.5"},
        {"\"event_id\":\"o_tok\",", ""},
        {"\"opt_out\":false", "\"opt_out\":\"false\""},
        {"[\"" EMAIL "\"]", "\"" EMAIL "\""},
        {"\"1001\"", "1001"},
        {"{\"data\"", "{\"test\":1,\"data\""},
        {"\"click_id\"", "\"epik\""},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = post(with(cases[i].old, cases[i].new), NOW);
        if (reply.status != 400 || says(reply.body, "\"events\""))
            fail_msg("%s: %d %.*s", cases[i].new, reply.status, SPAN_ARG(reply.body));
    }
    assert_int_equal(post(SPAN("{"), NOW).status, 400);
    assert_int_equal(post(SPAN("{\"data\":[]}"), NOW).status, 400);
    assert_int_equal(ledger.accounts->unique, 0);
}

static void test_door(void **state)
{
    static const struct {
        const char *method, *path, *token, *type;
        int status;
    } cases[] = {
        {"POST", path, NULL, "application/json", 401},
        {"POST", path, "pt", "application/json", 401},
        {"POST", path, "Bearer ", "application/json", 401},
        {"POST", path, "Bearer invalid-1", "application/json", 401},
        {"POST", path, "Bearer forbidden", "application/json", 403},
        {"POST", path, "Bearer pt", "text/plain", 400},
        {"GET", path, "Bearer pt", "application/json", 405},
        {"POST", "/v5/ad_accounts/x/events", "Bearer pt", "application/json", 404},
        {"POST", "/v5/ad_accounts//events", "Bearer pt", "application/json", 404},
        {"POST", "/v5/ad_accounts/1/pins", "Bearer pt", "application/json", 404},
        {"POST", path, "Bearer pt", "application/json", 200},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(ask(cases[i].method, cases[i].path, "", cases[i].token, cases[i].type,
                             span_of(example), NOW)
                             .status,
                         cases[i].status);
    assert_true(sandbox_pinterest.owns(span_of(path)));
    assert_false(sandbox_pinterest.owns(SPAN("/v4/ad_accounts/1/events")));
}

/* Two of `count` events are wrong: the others count, and the answer says which. */
static void test_neighbours_stand(void **state)
{
    (void)state;
    const char *one = strchr(example, '[') + 1;
    size_t len = sizeof example - 1 - (size_t)(one - example) - 2;
    struct buf out;
    buf_init(&out, 1 * MIB);
    buf_add_text(&out, "{\"data\":[");
    for (unsigned i = 0; i < 5; i++) {
        span text = {one, len};
        if (i > 0)
            buf_add_text(&out, ",");
        size_t id = (size_t)(strstr(one, "o_tok") - one);
        buf_add_span(&out, span_sub(text, 0, id));
        if (i % 2 == 0)
            buf_print(&out, "o_%u", i); /* the others have no id */
        buf_add_span(&out, span_sub(text, id + 5, text.len));
    }
    buf_add_text(&out, "]}");
    struct sandbox_reply reply = post(buf_span(&out), NOW);
    buf_done(&out);
    const struct json_value *json;
    assert_int_equal(reply.status, 422);
    assert_int_equal(json_parse(&arena, reply.body, &json, NULL), OK);
    const struct json_value *details = json_get(json, "details");
    assert_int_equal(json_get_int(details, "num_events_processed", 0), 3);
    unsigned index = 0;
    for (const struct json_value *event = json_get(details, "events")->first; event;
         event = event->next)
        assert_true(span_is(json_get_text(event, "status"), index++ % 2 ? "failed" : "processed"));
    assert_int_equal(index, 5);
    assert_int_equal(ledger.accounts->unique, 3);
}

static void test_copies_and_their_window(void **state)
{
    (void)state;
    post(span_of(example), NOW);
    struct sandbox_reply again = post(span_of(example), NOW + 1000);
    assert_int_equal(again.status, 200);
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->duplicates, 1);
    post(span_of(example), NOW + DAY_MS + 1000);
    assert_int_equal(ledger.accounts->unique, 2);
}

static void test_tests_are_not_recorded(void **state)
{
    (void)state;
    struct sandbox_reply reply =
        ask("POST", path, "test=true", "Bearer pt", "application/json", span_of(example), NOW);
    assert_int_equal(reply.status, 200);
    assert_int_equal(ledger.account_count, 1);
    assert_true(span_is(ledger.accounts->id, "549755885175 (test)"));
    assert_int_equal(ask("POST", path, "test=true", "Bearer pt", "application/json",
                         with("\"web\"", "\"x\""), NOW)
                         .status,
                     422);
}

static void test_a_thousand_and_no_more(void **state)
{
    (void)state;
    for (unsigned count = 1000; count <= 1001; count++) {
        struct buf out;
        buf_init(&out, 4 * MIB);
        buf_add_text(&out, "{\"data\":[");
        for (unsigned i = 0; i < count; i++)
            buf_print(&out,
                      "%s{\"event_name\":\"page_visit\",\"action_source\":\"web\",\"event_time\":"
                      "1764000000,\"event_id\":\"e%u\",\"user_data\":{\"em\":[\"" EMAIL "\"]}}",
                      i ? "," : "", i);
        buf_add_text(&out, "]}");
        assert_int_equal(post(buf_span(&out), NOW).status, count == 1000 ? 200 : 400);
        buf_done(&out);
    }
    assert_int_equal(ledger.accounts->unique, 1000);
}

static void test_faults_in_its_own_words(void **state)
{
    static const struct {
        enum sandbox_fault_kind kind;
        int status;
    } cases[] = {
        {SANDBOX_FAULT_429, 429},
        {SANDBOX_FAULT_500, 500},
        {SANDBOX_FAULT_503, 503},
        {SANDBOX_FAULT_TOKEN_INVALID, 401},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = {0};
        const struct json_value *json;
        sandbox_pinterest.broken(cases[i].kind, &arena, &reply);
        assert_int_equal(reply.status, cases[i].status);
        assert_int_equal(json_parse(&arena, reply.body, &json, NULL), OK);
        assert_true(json_get_text(json, "message").len > 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_example_is_processed),     TEST(test_a_wrong_event_fails),
        TEST(test_a_wrong_body_fails_whole), TEST(test_door),
        TEST(test_neighbours_stand),         TEST(test_copies_and_their_window),
        TEST(test_tests_are_not_recorded),   TEST(test_a_thousand_and_no_more),
        TEST(test_faults_in_its_own_words),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
