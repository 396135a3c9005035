/*
 * The scenes against a gateway that takes everything and delivers nothing: they must play to the
 * end and the table must show it. What they send is looked at on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/base/ulid.h"
#include "../../../src/net/listen.h"
#include "../../../src/sandbox/sandbox.h"
#include "../../../src/sandbox/shoppers.c"
#include "../../../src/sandbox/storefront.h"

static struct arena arena;
static unsigned snippets, pixels, webhooks, completed, bad;
static struct shoppers_report seen;
static struct shoppers_truth truth, tagged;
static char table[64 * 1024];
static bool done;

static size_t any_size(void *context, const struct http_request *head)
{
    (void)context;
    (void)head;
    return LIMIT_WEBHOOK_BODY;
}

static void look_at_beacon(const struct http_request *request)
{
    const struct json_value *json;
    if (json_parse(&arena, request->body, &json, NULL) != OK ||
        !ulid_valid(json_get_text(json, "visitor")) ||
        !span_starts(http_request_header(request, "content-type"), "text/plain") ||
        !span_starts(http_request_header(request, "user-agent"), "Mozilla/5.0") ||
        !span_starts(http_request_header(request, "origin"), "http://127.0.0.1:")) {
        bad++;
        return;
    }
    if (json_get(json, "pixel")) {
        span name = json_text(json_path(json, "pixel.name"));
        pixels++;
        completed += span_is(name, "checkout_completed");
        bad += json_path(json, "pixel.data.checkout.token") == NULL;
    } else {
        snippets++;
        bad += json_get(json, "events")->count < 1;
    }
}

static void take(void *context, struct exchange *exchange)
{
    (void)context;
    if (span_is(exchange->request.path, "/qzkv")) {
        look_at_beacon(&exchange->request);
        listen_answer(exchange, 204, NULL, 0, (span){0});
    } else {
        webhooks++;
        listen_answer(exchange, 200, NULL, 0, (span){0});
    }
}

static void played(void *arg, const struct shoppers_report *report)
{
    (void)arg;
    seen = *report;
    truth = report->truths[SHOPPERS_MAIN];
    tagged = report->truths[SHOPPERS_TAGGED];
    snprintf(table, sizeof table, "%.*s", SPAN_ARG(report->table));
    done = true;
}

static void test_the_scenes_play(void **state)
{
    static const struct listen_handler handler = {.body_ceiling = any_size, .request = take};
    struct listen_options listen = {.host = SPAN("127.0.0.1")};
    struct listener *gateway;
    struct storefront *shop;
    struct sandbox *sandbox;
    struct error error;
    uv_loop_t loop;
    (void)state;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    uv_loop_init(&loop);
    assert_int_equal(listen_open(&loop, &listen, &handler, NULL, &gateway, &error), OK);
    span origin = arena_print(&arena, "http://127.0.0.1:%u", listen_port(gateway));
    struct storefront_options options = {.gateway = origin,
                                         .collect_path = SPAN("/qzkv"),
                                         .snippet_path = SPAN("/qzkv.js"),
                                         .cart_attribute = SPAN("_qz"),
                                         .cookie_name = SPAN("_gwid"),
                                         .shopify_domain = SPAN("demo.myshopify.com"),
                                         .secret = SPAN("hush"),
                                         .clock = &clock_real};
    assert_int_equal(storefront_open(&loop, &options, &shop), OK);
    assert_int_equal(sandbox_open(&loop, 0, &clock_real, &sandbox), OK);
    struct shoppers_options play = {
        .sandbox = arena_print(&arena, "http://127.0.0.1:%u", sandbox_port(sandbox)),
        .collect_path = SPAN("/qzkv"),
        .cart_attribute = SPAN("_qz"),
        .clock = &clock_real,
        .deadline_ms = 500};
    for (unsigned i = 0; i < SHOPPERS_SHOPS; i++)
        play.places[i] = (struct shoppers_place){
            arena_print(&arena, "http://127.0.0.1:%u", storefront_port(shop)), origin};
    assert_int_equal(shoppers_play(&loop, &play, played, NULL), OK);
    while (!done)
        uv_run(&loop, UV_RUN_ONCE);
    if (seen.status != OK)
        fail_msg("%s", seen.error.text);
    assert_non_null(strstr(seen.error.text, "\"cancelled\": order 1010")); /* waited in vain */
    assert_false(seen.all_equal);
    assert_non_null(strstr(table, "✗ google, orders placed: 0, expected 12 "));
    assert_non_null(strstr(table, "#1012 test order"));
    assert_int_equal(bad, 0);
    assert_int_equal(truth.order_count, 14);
    assert_int_equal(truth.all[SHOPPERS_ORDER].count, 12); /* not the test, not the counter's */
    assert_int_equal(truth.all[SHOPPERS_REFUND].count, 3);
    assert_int_equal(truth.all[SHOPPERS_BACK].count, 4); /* and a cancellation */
    assert_int_equal(truth.all[SHOPPERS_RESTATED].count, 4);
    assert_string_equal(truth.orders[0].number, "1001");
    assert_int_equal(tagged.order_count, 6);
    assert_int_equal(tagged.all[SHOPPERS_ORDER].count, 5);
    assert_int_equal(completed, 19); /* 17 browsers, two of which said it twice */
    assert_true(webhooks > 40);
    storefront_close(shop);
    sandbox_close(sandbox);
    listen_close(gateway);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_scenes_play)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
