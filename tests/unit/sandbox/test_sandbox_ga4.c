/* GA4, played: the contract's own example is recorded; whatever breaks a rule is answered 204 all
   the same, told on the debug path, and not recorded. */
#include "../../../src/sandbox/sandbox_ga4.c"

#include "stage.h"

#define NOW INT64_C(1764000100000)

/* contracts/destinations 4.9. */
static const char example[] =
    "{\"client_id\":\"1162820436.1749482504\",\"user_id\":\"cust_42\","
    "\"timestamp_micros\":1764000000000000,"
    "\"consent\":{\"ad_user_data\":\"GRANTED\",\"ad_personalization\":\"GRANTED\"},"
    "\"events\":[{\"name\":\"purchase\",\"params\":{\"session_id\":\"1747132561\","
    "\"engagement_time_msec\":1,\"transaction_id\":\"1001\",\"currency\":\"EUR\",\"value\":59.90,"
    "\"tax\":9.57,\"shipping\":4.90,\"coupon\":\"WELCOME\","
    "\"page_location\":\"https://shop.example/checkouts/thank-you\","
    "\"items\":[{\"item_id\":\"44001\",\"item_name\":\"Shirt\",\"item_brand\":\"Acme\","
    "\"price\":29.95,\"quantity\":2}]}}]}";

static struct sandbox_reply post_at(const char *path, const char *query, span body, int64_t now)
{
    struct http_request request = {
        .method = SPAN("POST"), .path = span_of(path), .query = span_of(query), .body = body};
    struct sandbox_reply reply = {0};
    sandbox_ga4.handle(&ledger, &request, now, &arena, &reply);
    return reply;
}

static struct sandbox_reply post(span body)
{
    return post_at("/mp/collect", "measurement_id=G-EXAMPLE&api_secret=s", body, NOW);
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

/* Told by the debug path, 204 and silence on the real one. */
static void assert_refused(span body, const char *code)
{
    struct sandbox_reply debug = post_at("/debug/mp/collect", "", body, NOW);
    const struct json_value *json;
    assert_int_equal(debug.status, 200);
    assert_int_equal(json_parse(&arena, debug.body, &json, NULL), OK);
    const struct json_value *first = json_get(json, "validationMessages")->first;
    if (first == NULL || !span_is(json_get_text(first, "validationCode"), code))
        fail_msg("%.*s for %.*s", SPAN_ARG(debug.body), SPAN_ARG(body));
    assert_true(json_get_text(first, "description").len > 3);
    struct sandbox_reply real = post(body);
    assert_int_equal(real.status, 204);
    assert_int_equal(real.body.len, 0);
    for (struct sandbox_account *a = ledger.accounts; a; a = a->next)
        assert_int_equal(a->accepted, 0);
}

static struct sandbox_account *account(void)
{
    return sandbox_ledger_account(&ledger, "ga4", SPAN("G-EXAMPLE"));
}

static void test_example_is_recorded(void **state)
{
    (void)state;
    assert_int_equal(post(span_of(example)).status, 204);
    assert_int_equal(account()->unique, 1);
    assert_true(span_is(account()->sums.first->name, "purchase"));
    assert_int_equal(account()->sums.first->amounts->units, 5990);
    assert_true(span_is(account()->subjects->id, "1001"));
}

static void test_only_purchases_are_known_again(void **state)
{
    (void)state;
    int64_t late = NOW + 25 * HOUR_MS;
    post(span_of(example));
    post(span_of(example));
    assert_int_equal(account()->unique, 1);
    assert_int_equal(account()->duplicates, 1);
    post(with("1162820436.", "99.")); /* another visitor: another purchase */
    assert_int_equal(account()->unique, 2);
    post_at("/mp/collect", "measurement_id=G-EXAMPLE&api_secret=s", span_of(example), late);
    assert_int_equal(account()->unique, 3);
    post(with("\"purchase\"", "\"refund\""));
    post(with("\"purchase\"", "\"refund\""));
    assert_int_equal(account()->unique, 5);
    assert_int_equal(account()->duplicates, 1);
}

static void test_debug_records_nothing(void **state)
{
    (void)state;
    struct sandbox_reply reply = post_at("/debug/mp/collect", "", span_of(example), NOW);
    assert_int_equal(reply.status, 200);
    assert_true(span_is(reply.body, "{\"validationMessages\":[]}"));
    assert_int_equal(ledger.accounts->accepted, 0);
}

static void test_stream_and_secret(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "", "measurement_id=G-EXAMPLE",
        "measurement_id=G-EXAMPLE&api_secret=", "measurement_id=G-EXAMPLE&api_secret=invalid1",
        "measurement_id=UA-1&api_secret=s"};
    for (unsigned i = 0; i < COUNT_OF(queries); i++)
        assert_int_equal(post_at("/mp/collect", queries[i], span_of(example), NOW).status, 204);
    for (struct sandbox_account *a = ledger.accounts; a; a = a->next) {
        assert_int_equal(a->accepted, 0);
        assert_int_equal(a->refused, a->requests);
    }
}

static void test_rules(void **state)
{
    (void)state;
    static const struct {
        const char *old, *new, *code;
    } rows[] = {
        {"\"client_id\":\"1162820436.1749482504\",", "", "VALUE_REQUIRED"},
        {"1162820436.1749482504", "GA1.1.1.2", "VALUE_INVALID"},
        {"1162820436.1749482504", "jane", "VALUE_INVALID"},
        {"cust_42", "jane@example.com", "VALUE_INVALID"},
        {"1764000000000000", "1764000100000001", "VALUE_OUT_OF_BOUNDS"},
        {"1764000000000000", "1763740899999999", "VALUE_OUT_OF_BOUNDS"},
        {"1764000000000000", "\"1764000000000000\"", "VALUE_INVALID"},
        {"\"GRANTED\"", "\"granted\"", "VALUE_INVALID"},
        {"\"purchase\"", "\"session_start\"", "NAME_RESERVED"},
        {"\"purchase\"", "\"ga_purchase\"", "NAME_RESERVED"},
        {"\"purchase\"", "\"my purchase\"", "NAME_INVALID"},
        {"\"purchase\"", "\"p123456789012345678901234567890123456789x\"", "NAME_INVALID"},
        {"\"1001\"", "\"\"", "VALUE_REQUIRED"},
        {"\"transaction_id\":\"1001\",", "", "VALUE_REQUIRED"},
        {"\"currency\":\"EUR\",", "", "VALUE_REQUIRED"},
        {"\"EUR\"", "\"EURO\"", "VALUE_INVALID"},
        {"\"value\":59.90,", "", "VALUE_REQUIRED"},
        {"59.90", "\"59.90\"", "VALUE_INVALID"},
        {"\"engagement_time_msec\":1,", "", "VALUE_REQUIRED"},
        {"\"engagement_time_msec\":1,", "\"engagement_time_msec\":0,", "VALUE_INVALID"},
        {"WELCOME", "jane@example.com", "VALUE_INVALID"},
        {"\"quantity\":2", "\"quantity\":0", "VALUE_INVALID"},
        {"\"quantity\":2", "\"quantity\":1.5", "VALUE_INVALID"},
        {"29.95", "\"29.95\"", "VALUE_INVALID"},
        {"\"item_id\":\"44001\",\"item_name\":\"Shirt\",", "", "VALUE_REQUIRED"},
        {"\"coupon\"", "\"_coupon\"", "NAME_RESERVED"},
        {"\"user_id\"", "\"userid\"", "VALUE_INVALID"},
        {"\"user_id\":\"cust_42\"", "\"user_data\":{\"sha256_email_address\":[\"a@b.c\"]}",
         "VALUE_INVALID"},
        {"\"name\":\"purchase\"", "\"name\":\"page_view\",\"x\":1", "VALUE_INVALID"},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        assert_refused(with(rows[i].old, rows[i].new), rows[i].code);
    assert_refused(SPAN("{"), "VALUE_INVALID");
    assert_refused(SPAN("[]"), "VALUE_INVALID");
    assert_refused(SPAN("{\"client_id\":\"1.2\",\"events\":[]}"), "EXCEEDED_MAX_ENTITIES");
}

/* "{"client_id":…,"events":[{…} times count]}", each with so many parameters, items and characters.
 */
static span many(unsigned count, unsigned params, unsigned items, unsigned characters)
{
    struct buf out;
    buf_init(&out, MIB);
    buf_add_text(&out, "{\"client_id\":\"1.2\",\"events\":[");
    for (unsigned i = 0; i < count; i++) {
        buf_print(&out, "%s{\"name\":\"x\",\"params\":{\"engagement_time_msec\":1", i ? "," : "");
        for (unsigned p = 1; p < params; p++)
            buf_print(&out, ",\"p%u\":\"%0*d\"", p, (int)characters, 1);
        if (items)
            buf_add_text(&out, ",\"items\":[");
        for (unsigned k = 0; k < items; k++)
            buf_print(&out, "%s{\"item_id\":\"1\"}", k ? "," : "");
        buf_add_text(&out, items ? "]}}" : "}}");
    }
    buf_add_text(&out, "]}");
    span body = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return body;
}

static void test_limits(void **state)
{
    (void)state;
    assert_refused(many(26, 1, 0, 1), "EXCEEDED_MAX_ENTITIES");
    assert_refused(many(1, 26, 0, 1), "EXCEEDED_MAX_ENTITIES");
    assert_refused(many(1, 1, 201, 1), "EXCEEDED_MAX_ENTITIES");
    assert_refused(many(1, 2, 0, 101), "VALUE_OUT_OF_BOUNDS");
    assert_refused(many(25, 25, 200, 100), "VALUE_OUT_OF_BOUNDS"); /* the body */
    assert_int_equal(post(many(25, 25, 0, 100)).status, 204);
    assert_int_equal(account()->accepted, 25);
    post(many(1, 2, 200, 100));
    assert_int_equal(account()->accepted, 26);
}

static void test_broken(void **state)
{
    (void)state;
    static const struct {
        enum sandbox_fault_kind kind;
        int status;
    } rows[] = {
        {SANDBOX_FAULT_429, 429},
        {SANDBOX_FAULT_500, 500},
        {SANDBOX_FAULT_503, 503},
        {SANDBOX_FAULT_TOKEN_INVALID, 204},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        struct sandbox_reply reply = {0};
        sandbox_ga4.broken(rows[i].kind, &arena, &reply);
        assert_int_equal(reply.status, rows[i].status);
    }
    assert_true(sandbox_ga4.owns(SPAN("/mp/collect")));
    assert_false(sandbox_ga4.owns(SPAN("/g/collect")));
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(test_example_is_recorded),
        ROW(test_only_purchases_are_known_again),
        ROW(test_debug_records_nothing),
        ROW(test_stream_and_secret),
        ROW(test_rules),
        ROW(test_limits),
        ROW(test_broken),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
