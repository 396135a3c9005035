/* Klaviyo, played: the contract's own examples pass; headers, shapes, limits and paces hold. */
#include "../../../src/sandbox/sandbox_klaviyo.c"

#include "stage.h"

#define NOW INT64_C(1795536000000) /* 2026-11-24T16:00:00Z */

static const char event_example[] =
    "{\"data\":{\"type\":\"event\",\"attributes\":{"
    "\"metric\":{\"data\":{\"type\":\"metric\",\"attributes\":{\"name\":\"Placed Order\"}}},"
    "\"profile\":{\"data\":{\"type\":\"profile\",\"attributes\":{"
    "\"email\":\"jane.doe@example.com\",\"phone_number\":\"+16505551212\",\"external_id\":\"cust_"
    "42\","
    "\"first_name\":\"Jane\",\"last_name\":\"Doe\",\"_kx\":\"a.b\","
    "\"location\":{\"address1\":\"1 Hacker Way\",\"city\":\"Menlo Park\",\"region\":\"CA\","
    "\"country\":\"United States\",\"zip\":\"94025\",\"ip\":\"203.0.113.7\"},\"properties\":{}}}},"
    "\"properties\":{\"OrderId\":\"1001\",\"ItemNames\":[\"Shirt\"],\"Items\":[{\"ProductID\":"
    "\"44001\","
    "\"Quantity\":2,\"ItemPrice\":29.95,\"Categories\":[\"Shirts\"]}],\"$extra\":{}},"
    "\"value\":59.90,\"value_currency\":\"EUR\",\"time\":\"2026-11-24T16:00:00Z\","
    "\"unique_id\":\"placed_order_1001\",\"backfill\":false}}}";

static const char bulk_example[] =
    "{\"data\":{\"type\":\"event-bulk-create-job\",\"attributes\":{\"events-bulk-create\":{"
    "\"data\":[{"
    "\"type\":\"event-bulk-create\",\"attributes\":{\"profile\":{\"data\":{\"type\":\"profile\","
    "\"attributes\":{\"email\":\"jane.doe@example.com\"}}},\"events\":{\"data\":[{\"type\":"
    "\"event\","
    "\"attributes\":{\"metric\":{\"data\":{\"type\":\"metric\",\"attributes\":{\"name\":\"Viewed "
    "Product\"}}},\"properties\":{},\"time\":\"2026-11-20T16:00:00Z\",\"unique_id\":\"v1\"}},"
    "{\"type\":\"event\",\"attributes\":{\"metric\":{\"data\":{\"type\":\"metric\",\"attributes\":{"
    "\"name\":\"Viewed Product\"}}},\"properties\":{},\"time\":\"2026-11-21T16:00:00Z\","
    "\"unique_id\":\"v2\"}}]},\"backfill\":true}}]}}}}";

static const char subscribe_example[] =
    "{\"data\":{\"type\":\"profile-subscription-bulk-create-job\",\"attributes\":{\"profiles\":{"
    "\"data\":"
    "[{\"type\":\"profile\",\"attributes\":{\"email\":\"jane.doe@example.com\",\"subscriptions\":{"
    "\"email\":{\"marketing\":{\"consent\":\"SUBSCRIBED\"}}}}}]},\"historical_import\":false},"
    "\"relationships\":{\"list\":{\"data\":{\"type\":\"list\",\"id\":\"Y6nRLr\"}}}}}";

struct post {
    const char *path, *key, *revision, *type, *method;
    span body;
    int64_t now;
};

static struct sandbox_reply send_post(struct post p)
{
    struct http_header headers[4];
    unsigned count = 0;
    struct sandbox_reply reply = {0};
    headers[count++] = (struct http_header){SPAN("Authorization"),
                                            span_of(p.key ? p.key : "Klaviyo-API-Key pk_1")};
    headers[count++] =
        (struct http_header){SPAN("revision"), span_of(p.revision ? p.revision : "2026-07-15")};
    headers[count++] = (struct http_header){SPAN("Content-Type"),
                                            span_of(p.type ? p.type : "application/vnd.api+json")};
    struct http_request request = {.method = span_of(p.method ? p.method : "POST"),
                                   .path = span_of(p.path ? p.path : "/api/events"),
                                   .headers = headers,
                                   .header_count = count,
                                   .body = p.body.ptr ? p.body : span_of(event_example)};
    sandbox_klaviyo.handle(&ledger, &request, p.now ? p.now : NOW, &arena, &reply);
    return reply;
}

static span replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    if (at == NULL)
        fail_msg("no %s in the example", old);
    span head = {text, (size_t)(at - text)};
    return arena_join(&arena, arena_join(&arena, head, span_of(new)), span_of(at + strlen(old)));
}

static const struct json_value *error_of(struct sandbox_reply reply)
{
    const struct json_value *json;
    assert_int_equal(json_parse(&arena, reply.body, &json, NULL), OK);
    return json_get(json, "errors")->first;
}

static void test_examples_are_taken(void **state)
{
    (void)state;
    struct sandbox_reply reply = send_post((struct post){0});
    if (reply.status != 202)
        fail_msg("%.*s", SPAN_ARG(reply.body));
    assert_int_equal(reply.body.len, 0);
    assert_true(
        span_is(http_header_get(reply.headers, reply.header_count, "RateLimit-Remaining"), "3499"));
    reply = send_post(
        (struct post){.path = "/api/event-bulk-create-jobs/", .body = span_of(bulk_example)});
    assert_int_equal(reply.status, 202);
    reply = send_post((struct post){.path = "/api/profile-subscription-bulk-create-jobs",
                                    .body = span_of(subscribe_example)});
    assert_int_equal(reply.status, 202);
    const struct sandbox_account *account = ledger.accounts;
    assert_null(account->next);
    assert_int_equal(account->unique, 3);
    assert_int_equal(account->profiles, 1);
    assert_int_equal(account->subscriptions, 1);
    assert_int_equal(account->sums.first->amounts->units, 5990);
    assert_true(span_is(account->subjects->id, "1001"));
}

static void test_headers_refuse(void **state)
{
    static const struct {
        struct post post;
        int status;
    } cases[] = {
        {{.key = ""}, 401},
        {{.key = "Bearer pk_1"}, 401},
        {{.key = "Klaviyo-API-Key invalid_1"}, 401},
        {{.revision = ""}, 400},
        {{.revision = "2026-7-15"}, 400},
        {{.revision = "2027-01-15"}, 400},
        {{.revision = "2022-10-17"}, 410},
        {{.type = "text/plain"}, 415},
        {{.method = "GET"}, 405},
        {{.path = "/api/metrics"}, 404},
        {{.body = {"{\"data\":", 8}}, 400},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply = send_post(cases[i].post);
        if (reply.status != cases[i].status)
            fail_msg("case %u: %d", i, reply.status);
        assert_int_equal(json_get_int(error_of(reply), "status", 0), cases[i].status);
    }
    assert_int_equal(ledger.kept_count, 0);
}

static void test_bodies_refuse_with_a_pointer(void **state)
{
    static const char *const cases[][3] = {
        {"+16505551212", "650-555-1212", "/data/attributes/profile/data/attributes/phone_number"},
        {"+16505551212", "+1 650 555 1212",
         "/data/attributes/profile/data/attributes/phone_number"},
        {"+16505551212", "+1650", "/data/attributes/profile/data/attributes/phone_number"},
        {"jane.doe@example.com", "jane.doe", "/data/attributes/profile/data/attributes/email"},
        {"2026-11-24T16:00:00Z", "yesterday", "/data/attributes/time"},
        {"2026-11-24T16:00:00Z", "1989-11-24T16:00:00Z", "/data/attributes/time"},
        {"2026-11-24T16:00:00Z", "2028-11-24T16:00:00Z", "/data/attributes/time"},
        {"\"Placed Order\"", "\"\"", "/data/attributes/metric/data/attributes/name"},
        {"59.90", "\"59.90\"", "/data/attributes/value"},
        {"\"EUR\"", "\"EUX\"", "/data/attributes/value_currency"},
        {"\"backfill\":false", "\"backfill\":\"no\"", "/data/attributes/backfill"},
        {"\"backfill\":false", "\"colour\":\"red\"", "/data/attributes/colour"},
        {"\"first_name\"", "\"firstName\"", "/data/attributes/profile/data/attributes/firstName"},
        {"\"type\":\"event\"", "\"type\":\"events\"", "/data/type"},
        {"\"type\":\"metric\",", "", "/data/attributes/metric/data/type"},
        {"\"properties\":{\"OrderId\"", "\"props\":{\"OrderId\"", "/data/attributes/props"},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct sandbox_reply reply =
            send_post((struct post){.body = replaced(event_example, cases[i][0], cases[i][1])});
        assert_int_equal(reply.status, 400);
        span pointer = json_text(json_path(error_of(reply), "source.pointer"));
        if (!span_is(pointer, cases[i][2]))
            fail_msg("case %u: %.*s", i, SPAN_ARG(reply.body));
    }
    assert_int_equal(ledger.accounts->unique, 0);
}

static void test_a_profile_needs_an_identifier(void **state)
{
    (void)state;
    span body = replaced(event_example,
                         "\"email\":\"jane.doe@example.com\",\"phone_number\":\"+16505551212\","
                         "\"external_id\":\"cust_42\","
                         "\"first_name\":\"Jane\",\"last_name\":\"Doe\",\"_kx\":\"a.b\",",
                         "");
    assert_int_equal(send_post((struct post){.body = body}).status, 400);
}

static void test_sizes(void **state)
{
    struct buf long_text;
    (void)state;
    buf_init(&long_text, 8 * MIB);
    for (unsigned i = 0; i < 100 * KIB + 1; i++)
        buf_add_char(&long_text, 'x');
    buf_add_char(&long_text, '\0');
    span body = replaced(event_example, "Shirt", long_text.ptr);
    assert_int_equal(send_post((struct post){.body = body}).status, 400);
    buf_reset(&long_text);
    buf_add_text(&long_text, "\"A\":1");
    for (unsigned i = 0; i < 400; i++)
        buf_print(&long_text, ",\"p%u\":1", i);
    buf_add_char(&long_text, '\0');
    body = replaced(event_example, "\"OrderId\":\"1001\"", long_text.ptr);
    assert_int_equal(send_post((struct post){.body = body}).status, 400);
    buf_reset(&long_text);
    for (unsigned i = 0; i < 5000001; i++)
        buf_add_char(&long_text, ' ');
    assert_int_equal(send_post((struct post){.body = buf_span(&long_text)}).status, 413);
    body = replaced(
        event_example, "\"$extra\":{}",
        "\"$extra\":{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":{\"j\":1}}}}"
        "}}}}}}");
    assert_int_equal(send_post((struct post){.body = body}).status, 400);
    buf_done(&long_text);
}

static void test_copies_count_once_for_ever(void **state)
{
    (void)state;
    send_post((struct post){0});
    assert_int_equal(send_post((struct post){.now = NOW + 300 * DAY_MS}).status, 202);
    assert_int_equal(ledger.accounts->unique, 1);
    assert_int_equal(ledger.accounts->duplicates, 1);
    /* The same profile by another of its identifiers. */
    send_post(
        (struct post){.body = replaced(event_example, "\"email\":\"jane.doe@example.com\",", "")});
    assert_int_equal(ledger.accounts->unique, 1);
    /* Somebody else, or another metric, is another event. */
    send_post((struct post){.body = replaced(event_example, "Placed Order", "Refunded Order")});
    assert_int_equal(ledger.accounts->unique, 2);
}

static void test_without_unique_id_the_second_stands(void **state)
{
    (void)state;
    span body = replaced(event_example, "\"unique_id\":\"placed_order_1001\",", "");
    send_post((struct post){.body = body});
    send_post((struct post){.body = body});
    assert_int_equal(ledger.accounts->unique, 1);
    send_post((struct post){.body = replaced(arena_text(&arena, body), "16:00:00Z", "16:00:01Z")});
    assert_int_equal(ledger.accounts->unique, 2);
}

static void test_a_copy_inside_a_job_refuses_it(void **state)
{
    (void)state;
    struct sandbox_reply reply = send_post((struct post){
        .path = "/api/event-bulk-create-jobs", .body = replaced(bulk_example, "\"v2\"", "\"v1\"")});
    assert_int_equal(reply.status, 400);
    assert_int_equal(ledger.kept_count, 0);
}

static void test_rates(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(send_post((struct post){.path = "/api/event-bulk-create-jobs",
                                                 .body = span_of(bulk_example)})
                             .status,
                         202);
    struct sandbox_reply reply = send_post(
        (struct post){.path = "/api/event-bulk-create-jobs", .body = span_of(bulk_example)});
    assert_int_equal(reply.status, 429);
    assert_true(span_is(http_header_get(reply.headers, reply.header_count, "Retry-After"), "1"));
    assert_int_equal(send_post((struct post){0}).status, 202); /* another lane */
    reply = send_post((struct post){
        .path = "/api/event-bulk-create-jobs", .body = span_of(bulk_example), .now = NOW + 1000});
    assert_int_equal(reply.status, 202);
}

static void test_profile_import(void **state)
{
    static const char a[] =
        "{\"data\":{\"type\":\"profile\",\"attributes\":{\"email\":\"a@example.com\"}}}";
    static const char b[] =
        "{\"data\":{\"type\":\"profile\",\"attributes\":{\"phone_number\":\"+16505551212\"}}}";
    static const char both[] =
        "{\"data\":{\"type\":\"profile\",\"attributes\":{\"email\":\"A@example.com\","
        "\"phone_number\":\"+16505551212\"}}}";
    const char *path = "/api/profile-import";
    (void)state;
    assert_int_equal(send_post((struct post){.path = path, .body = span_of(a)}).status, 201);
    assert_int_equal(send_post((struct post){.path = path, .body = span_of(a)}).status, 200);
    assert_int_equal(send_post((struct post){.path = path, .body = span_of(b)}).status, 201);
    struct sandbox_reply reply = send_post((struct post){.path = path, .body = span_of(both)});
    assert_int_equal(reply.status, 409);
    const struct json_value *error = error_of(reply);
    assert_true(span_is(json_get_text(error, "code"), "duplicate_profile"));
    span rival = json_text(json_path(error, "meta.duplicate_profile_id"));
    assert_int_equal(rival.len, 26);
    reply = send_post((struct post){
        .path = path,
        .body = arena_print(&arena,
                            "{\"data\":{\"type\":\"profile\",\"id\":\"%.*s\",\"attributes\":{"
                            "\"first_name\":\"Jane\"}}}",
                            SPAN_ARG(rival))});
    assert_int_equal(reply.status, 200);
    assert_int_equal(ledger.accounts->profiles, 2);
}

static void test_subscriptions_refuse(void **state)
{
    static const char *const cases[][2] = {
        {"SUBSCRIBED", "UNSUBSCRIBED"},
        {"\"email\":\"jane.doe@example.com\",", "\"phone_number\":\"+16505551212\","},
        {"\"historical_import\":false", "\"historical_import\":true"},
        {"\"type\":\"list\"", "\"type\":\"segment\""},
        {"\"email\":{\"marketing\":{\"consent\":\"SUBSCRIBED\"}}", ""},
    };
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            send_post((struct post){.path = "/api/profile-subscription-bulk-create-jobs",
                                    .body = replaced(subscribe_example, cases[i][0], cases[i][1])})
                .status,
            400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_examples_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_headers_refuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bodies_refuse_with_a_pointer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_profile_needs_an_identifier, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copies_count_once_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(test_without_unique_id_the_second_stands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_copy_inside_a_job_refuses_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_profile_import, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subscriptions_refuse, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
