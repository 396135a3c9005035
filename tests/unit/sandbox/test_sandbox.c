/* The server on its own thread, over real HTTP: routing, totals, faults on order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/net/call.h"
#include "../../../src/sandbox/sandbox.c"

static struct arena arena;
static struct sandbox_thread *thread;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    return sandbox_thread_open(0, &clock_real, &thread) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sandbox_thread_close(thread);
    arena_done(&arena);
    return 0;
}

static struct call_result send_it(const char *method, const char *target, span body)
{
    struct http_header json = {SPAN("Content-Type"), SPAN("application/json")};
    struct http_call call = {
        .method = method,
        .url = arena_print(&arena, "http://127.0.0.1:%u%s", sandbox_thread_port(thread), target),
        .headers = &json,
        .header_count = 1,
        .body = body};
    struct call_options options = {.total_ms = 3000};
    struct call_result result;
    assert_int_equal(call_once(&arena, &call, &options, &result), OK);
    return result;
}

static struct call_result post_event(const char *id)
{
    return send_it(
        "POST", "/v26.0/123456/events",
        arena_print(
            &arena,
            "{\"access_token\":\"t\",\"data\":[{\"event_name\":\"Lead\",\"event_time\":%lld,"
            "\"event_id\":\"%s\",\"action_source\":\"website\",\"event_source_url\":"
            "\"https://a.example/\",\"user_data\":{\"fbp\":\"fb.1.1763990000000.12\"},"
            "\"custom_data\":{\"value\":0.10,\"currency\":\"EUR\"}}]}",
            (long long)(clock_now(&clock_real) / 1000), id));
}

static const struct json_value *totals(void)
{
    const struct json_value *json;
    struct call_result result = send_it("GET", "/_sandbox/totals", (span){0});
    assert_int_equal(result.response.status, 200);
    assert_int_equal(json_parse(&arena, result.response.body, &json, NULL), OK);
    return json_path(json, "platforms.meta.123456");
}

static void order_fault(const char *json)
{
    struct call_result result = send_it("POST", "/_sandbox/faults", span_of(json));
    assert_int_equal(result.response.status, 200);
}

static void test_paths_and_methods(void **state)
{
    (void)state;
    assert_int_equal(send_it("GET", "/healthz", (span){0}).response.status, 200);
    assert_int_equal(send_it("GET", "/nothing", (span){0}).response.status, 404);
    assert_int_equal(send_it("POST", "/_sandbox/totals", SPAN("{}")).response.status, 405);
    assert_int_equal(send_it("GET", "/_sandbox/events?limit=0", (span){0}).response.status, 400);
}

static void test_sums_are_exact(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(
            post_event(arena_text(&arena, arena_print(&arena, "e%u", i))).response.status, 200);
    assert_int_equal(post_event("e1").response.status, 200);
    const struct json_value *account = totals(), *lead = json_path(account, "events.Lead");
    assert_int_equal(json_get_int(account, "requests", 0), 4);
    assert_int_equal(json_get_int(account, "accepted", 0), 4);
    assert_int_equal(json_get_int(account, "duplicates", 0), 1);
    assert_int_equal(json_get_int(lead, "count", 0), 3);
    assert_true(span_is(json_text(json_path(lead, "values.EUR")), "0.30"));
    struct call_result events =
        send_it("GET", "/_sandbox/events?platform=meta&name=Lead&limit=2", (span){0});
    const struct json_value *list;
    assert_int_equal(json_parse(&arena, events.response.body, &list, NULL), OK);
    assert_int_equal(list->count, 2);
    assert_true(span_is(json_text(json_path(list->first, "event.event_id")), "e0"));
    assert_int_equal(send_it("POST", "/_sandbox/reset", (span){0}).response.status, 204);
    assert_null(totals());
}

static void test_error_faults_do_not_process(void **state)
{
    static const struct {
        const char *kind;
        int status, code;
    } cases[] = {{"429", 429, 4}, {"500", 500, 1}, {"503", 503, 2}, {"token_invalid", 400, 190}};
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        const struct json_value *json;
        order_fault(arena_text(
            &arena, arena_print(&arena, "{\"platform\":\"meta\",\"kind\":\"%s\"}", cases[i].kind)));
        struct call_result result = post_event("x");
        assert_int_equal(result.response.status, cases[i].status);
        assert_int_equal(json_parse(&arena, result.response.body, &json, NULL), OK);
        assert_int_equal(json_get_int(json_get(json, "error"), "code", 0), cases[i].code);
    }
    assert_null(totals());
    assert_int_equal(post_event("x").response.status, 200); /* each struck once */
}

static void test_resets_before_and_after(void **state)
{
    (void)state;
    order_fault("{\"platform\":\"meta\",\"kind\":\"reset_before\"}");
    assert_int_equal(post_event("before").fate, CALL_AMBIGUOUS);
    assert_null(totals());
    order_fault("{\"platform\":\"meta\",\"kind\":\"reset_after\"}");
    assert_int_equal(post_event("after").fate, CALL_AMBIGUOUS);
    assert_int_equal(json_get_int(totals(), "unique", 0), 1);
    assert_int_equal(post_event("after").response.status, 200);
    assert_int_equal(json_get_int(totals(), "unique", 0), 1);
}

static void test_lies_and_delays(void **state)
{
    (void)state;
    order_fault("{\"platform\":\"meta\",\"kind\":\"garbage_200\"}");
    struct call_result result = post_event("x");
    assert_int_equal(result.response.status, 200);
    assert_true(span_starts(result.response.body, "<html>"));
    assert_null(totals());
    order_fault("{\"platform\":\"meta\",\"kind\":\"truncated\"}");
    result = post_event("x");
    assert_int_equal(result.response.status, 200);
    assert_false(span_ends(result.response.body, "}"));
    order_fault("{\"platform\":\"meta\",\"kind\":\"latency\",\"ms\":150}");
    result = post_event("x");
    assert_int_equal(result.response.status, 200);
    assert_true(result.took_us >= 140000);
    order_fault("{\"platform\":\"meta\",\"kind\":\"hang\",\"ms\":200}");
    assert_int_equal(post_event("y").fate, CALL_AMBIGUOUS);
    assert_int_equal(json_get_int(totals(), "unique", 0), 1);
}

static void test_after_count_and_clear(void **state)
{
    (void)state;
    order_fault("[{\"platform\":\"meta\",\"kind\":500,\"after\":1,\"count\":2}]");
    assert_int_equal(post_event("1").response.status, 200);
    assert_int_equal(post_event("2").response.status, 500);
    assert_int_equal(post_event("3").response.status, 500);
    assert_int_equal(post_event("4").response.status, 200);
    order_fault("{\"platform\":\"meta\",\"kind\":\"503\",\"rate\":1}");
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(post_event("5").response.status, 503);
    assert_int_equal(send_it("DELETE", "/_sandbox/faults", (span){0}).response.status, 204);
    assert_int_equal(post_event("5").response.status, 200);
}

static bool says(const char *path, const char *text)
{
    span body = send_it("GET", path, (span){0}).response.body;
    return memmem(body.ptr, body.len, text, strlen(text)) != NULL;
}

static void test_answers_that_break_promises(void **state)
{
    (void)state;
    static const char *const kinds[] = {"cut", "close_after"};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        order_fault(arena_text(
            &arena, arena_print(&arena, "{\"platform\":\"meta\",\"kind\":\"%s\"}", kinds[i])));
        assert_int_equal(post_event(kinds[i]).fate, CALL_AMBIGUOUS);
    }
    order_fault("{\"platform\":\"meta\",\"kind\":\"trickle\",\"ms\":1}");
    struct call_result result = post_event("trickle");
    assert_int_equal(result.fate, CALL_ANSWERED);
    assert_int_equal(result.response.status, 200);
    assert_int_equal(json_get_int(totals(), "unique", 0), 3);
}

static void test_somebody_elses_answers(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        int status;
        size_t body;
    } cases[] = {
        {"502", 502, 41},     {"noise_200", 200, 10}, {"empty", 204, 0},
        {"redirect", 302, 0}, {"huge", 200, 1 * MIB}, /* all that the client keeps of it */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        order_fault(arena_text(
            &arena, arena_print(&arena, "{\"platform\":\"meta\",\"kind\":\"%s\"}", cases[i].kind)));
        struct call_result result = post_event(cases[i].kind);
        assert_int_equal(result.response.status, cases[i].status);
        assert_int_equal(result.response.body.len, cases[i].body);
    }
    assert_true(says("/_sandbox/faults", "\"redirects_followed\":0"));
    assert_true(says("/_sandbox/faults", "\"struck\":1"));
}

static void test_match_and_retry_after(void **state)
{
    (void)state;
    order_fault("{\"platform\":\"meta\",\"kind\":503,\"match\":\"only-this\",\"retry_after\":7}");
    assert_int_equal(post_event("another").response.status, 200);
    struct call_result result = post_event("only-this");
    assert_int_equal(result.response.status, 503);
    assert_true(span_is(http_response_header(&result.response, "retry-after"), "7"));
}

static void test_bad_rows_are_the_platforms_to_refuse(void **state)
{
    (void)state;
    order_fault(
        "{\"platform\":\"meta\",\"kind\":\"bad_row\",\"match\":\"EUR\",\"with\":\"euros\"}");
    assert_int_equal(post_event("1").response.status, 400);
    assert_int_equal(json_get_int(totals(), "refused", 0), 1);
    assert_int_equal(post_event("1").response.status, 200);
}

static void test_bad_faults_are_refused(void **state)
{
    static const char *const cases[] = {"",
                                        "{}",
                                        "{\"platform\":\"meta\"}",
                                        "{\"platform\":\"myspace\",\"kind\":\"500\"}",
                                        "{\"platform\":\"meta\",\"kind\":\"boredom\"}",
                                        "{\"platform\":\"meta\",\"kind\":\"500\",\"rate\":1.5}",
                                        "{\"platform\":\"meta\",\"kind\":\"500\",\"rate\":-1}",
                                        "{\"platform\":\"meta\",\"kind\":\"500\",\"count\":0}",
                                        "{\"platform\":\"meta\",\"kind\":\"500\",\"often\":1}"};
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(send_it("POST", "/_sandbox/faults", span_of(cases[i])).response.status,
                         400);
    assert_int_equal(post_event("x").response.status, 200);
}

/* A hanging exchange must not keep the sandbox from closing: teardown would wait for ever. */
static void test_closes_while_hanging(void **state)
{
    struct http_header json = {SPAN("Content-Type"), SPAN("application/json")};
    struct call_options options = {.total_ms = 300};
    struct call_result result;
    (void)state;
    order_fault("{\"platform\":\"meta\",\"kind\":\"hang\",\"ms\":600000}");
    struct http_call call = {.method = "POST",
                             .url = arena_print(&arena, "http://127.0.0.1:%u/v26.0/123456/events",
                                                sandbox_thread_port(thread)),
                             .headers = &json,
                             .header_count = 1,
                             .body = SPAN("{}")};
    assert_int_equal(call_once(&arena, &call, &options, &result), OK);
    assert_int_equal(result.fate, CALL_AMBIGUOUS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_paths_and_methods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sums_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(test_error_faults_do_not_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resets_before_and_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lies_and_delays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_after_count_and_clear, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answers_that_break_promises, setup, teardown),
        cmocka_unit_test_setup_teardown(test_somebody_elses_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_match_and_retry_after, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_rows_are_the_platforms_to_refuse, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_faults_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_closes_while_hanging, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
