/* The shop over real HTTP, with a listener of our own in the gateway's place that can refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../../src/base/hash.h"
#include "../../../src/sandbox/storefront.c"

#define HOOKS_MOST 64u
#define SECRET     "hush"

static struct arena arena;
static uv_loop_t loop;
static struct storefront *shop;
static struct caller *caller;
static struct listener *gateway;
static struct {
    span topic, webhook_id, event_id, body;
    const struct json_value *json;
} hooks[HOOKS_MOST];
static unsigned hook_count, refuse_next;
static bool form_type;                     /* bodies are forms, not JSON */
static span cookies, accepted, cookie_set; /* the last Set-Cookie of an answer */

/* ---- the gateway's place ---- */

static size_t any_size(void *context, const struct http_request *head)
{
    (void)context;
    (void)head;
    return LIMIT_WEBHOOK_BODY;
}

static void take_hook(void *context, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    uint8_t mac[HASH_SIZE];
    (void)context;
    assert_true(span_is(request->path, "/shopify/webhooks"));
    assert_true(span_is(request->method, "POST"));
    assert_true(hook_count < HOOKS_MOST);
    hash_hmac_sha256(SPAN(SECRET), request->body, mac);
    assert_true(span_equal(http_request_header(request, "x-shopify-hmac-sha256"),
                           hash_to_base64(&arena, mac, sizeof mac)));
    assert_true(
        span_is(http_request_header(request, "x-shopify-shop-domain"), "demo.myshopify.com"));
    assert_true(span_is(http_request_header(request, "x-shopify-api-version"), "2026-07"));
    int64_t at;
    assert_int_equal(date_parse(http_request_header(request, "x-shopify-triggered-at"), &at), OK);
    hooks[hook_count].topic = arena_copy(&arena, http_request_header(request, "x-shopify-topic"));
    hooks[hook_count].webhook_id =
        arena_copy(&arena, http_request_header(request, "x-shopify-webhook-id"));
    hooks[hook_count].event_id =
        arena_copy(&arena, http_request_header(request, "x-shopify-event-id"));
    hooks[hook_count].body = arena_copy(&arena, request->body);
    assert_int_equal(json_parse(&arena, hooks[hook_count].body, &hooks[hook_count].json, NULL), OK);
    hook_count++;
    if (refuse_next > 0) {
        refuse_next--;
        listen_answer_error(exchange, 503, "no", "not now", NULL, 0);
    } else {
        listen_answer(exchange, 200, NULL, 0, (span){0});
    }
}

static int setup(void **state)
{
    static const struct listen_handler handler = {.body_ceiling = any_size, .request = take_hook};
    struct listen_options listen = {.host = SPAN("127.0.0.1")};
    struct call_options calls = {.total_ms = 3000};
    struct error error;
    (void)state;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    uv_loop_init(&loop);
    assert_int_equal(listen_open(&loop, &listen, &handler, NULL, &gateway, &error), OK);
    struct storefront_options options = {
        .gateway = arena_print(&arena, "http://127.0.0.1:%u", listen_port(gateway)),
        .collect_path = SPAN("/qzkv"),
        .snippet_path = SPAN("/qzkv.js"),
        .cart_attribute = SPAN("_qz"),
        .cookie_name = SPAN("_gwid"),
        .shopify_domain = SPAN("demo.myshopify.com"),
        .secret = SPAN(SECRET),
        .clock = &clock_real,
    };
    assert_int_equal(storefront_open(&loop, &options, &shop), OK);
    assert_int_equal(call_open(&loop, &calls, &caller), OK);
    hook_count = refuse_next = 0;
    form_type = false;
    cookies = (span){0};
    accepted = SPAN("*/*");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    storefront_close(shop);
    listen_close(gateway);
    call_close(caller);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
    arena_done(&arena);
    return 0;
}

/* ---- a browser ---- */

struct answer {
    bool done;
    int status;
    span body, location;
};

static void keep_answer(void *arg, const struct call_result *result)
{
    struct answer *answer = arg;
    assert_int_equal(result->fate, CALL_ANSWERED);
    answer->done = true;
    answer->status = result->response.status;
    answer->body = arena_copy(&arena, result->response.body);
    cookie_set = arena_copy(&arena, http_response_header(&result->response, "set-cookie"));
    answer->location = arena_copy(&arena, http_response_header(&result->response, "location"));
}

static struct answer visit(const char *method, span path, const char *body)
{
    struct http_header headers[] = {
        {SPAN("Cookie"), cookies},
        {SPAN("Accept"), accepted},
        {SPAN("Content-Type"),
         form_type ? SPAN("application/x-www-form-urlencoded") : SPAN("application/json")},
        {SPAN("X-Forwarded-For"), SPAN("203.0.113.9")},
        {SPAN("User-Agent"), SPAN("Mozilla/5.0 test")}};
    struct http_call call = {.method = method,
                             .url = arena_print(&arena, "http://127.0.0.1:%u%.*s",
                                                storefront_port(shop), SPAN_ARG(path)),
                             .headers = headers,
                             .header_count = COUNT_OF(headers),
                             .body = span_of(body)};
    struct answer answer = {0};
    call_send(caller, &call, keep_answer, &answer);
    while (!answer.done)
        uv_run(&loop, UV_RUN_ONCE);
    return answer;
}

static const struct json_value *ask(const char *method, span path, const char *body)
{
    struct answer answer = visit(method, path, body);
    const struct json_value *json;
    if (answer.status != 200)
        fail_msg("%.*s: %d %.*s", SPAN_ARG(path), answer.status, SPAN_ARG(answer.body));
    assert_int_equal(json_parse(&arena, answer.body, &json, NULL), OK);
    return json;
}

static void wait_hooks(unsigned count)
{
    int64_t deadline = clock_monotonic_us() + 5000000;
    while (hook_count < count && clock_monotonic_us() < deadline)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(hook_count, count);
}

/* Index of the n-th webhook of this topic. */
static unsigned hook_of(const char *topic, unsigned n)
{
    for (unsigned i = 0; i < hook_count; i++)
        if (span_is(hooks[i].topic, topic) && n-- == 0)
            return i;
    fail_msg("no webhook of topic %s", topic);
    return 0;
}

/* The line is answered, as Shopify answers it; the cart is in the cookie. */
static span fill_cart(void)
{
    const struct json_value *line =
        ask("POST", SPAN("/cart/add.js"), "{\"id\":41327142404209,\"quantity\":2}");
    assert_null(json_get(line, "items"));
    assert_true(span_is(json_get_id(line, "variant_id"), "41327142404209"));
    assert_int_equal(json_get_int(line, "quantity", 0), 2);
    assert_true(span_starts(cookie_set, "cart="));
    cookies = span_sub(cookie_set, 0, span_find(cookie_set, 0, ';'));
    return span_sub(cookies, 5, cookies.len);
}

static span step(span token, const char *name)
{
    return arena_print(&arena, "/checkouts/cn/%.*s/%s", SPAN_ARG(token), name);
}

/* ---- tests ---- */

static void test_pages_are_there(void **state)
{
    static const char *const pages[] = {"/",
                                        "/collections/all",
                                        "/products/linen-shirt",
                                        "/search?q=%3Cscript%3E",
                                        "/cart",
                                        "/privacy",
                                        "/collections/wear",
                                        "/account/login",
                                        "/account/register",
                                        "/admin",
                                        "/shop.css",
                                        "/pictures.svg",
                                        "/privacy.js",
                                        "/banner.js",
                                        "/pixels.js",
                                        "/web-pixels/sandbox",
                                        "/web-pixels/custom.js",
                                        "/images/linen-shirt.svg",
                                        "/healthz"};
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(pages); i++)
        assert_int_equal(visit("GET", span_of(pages[i]), NULL).status, 200);
    assert_int_equal(visit("GET", SPAN("/products/none"), NULL).status, 404);
    assert_int_equal(visit("GET", SPAN("/checkouts/cn/none/information"), NULL).status, 404);
    span body = visit("GET", SPAN("/search?q=%3Cscript%3E"), NULL).body;
    char *text = arena_text(&arena, body);
    assert_null(strstr(text, "value=\"<script>"));
    assert_non_null(strstr(text, "/qzkv.js\" async></script>"));
}

static bool finds(const char *query, const char *handle)
{
    span path = arena_print(&arena, "/search?q=%s", query);
    char *page = arena_text(&arena, visit("GET", path, NULL).body);
    return strstr(page, arena_print(&arena, "href=/products/%s>", handle).ptr) != NULL;
}

static void test_search_finds_what_is_asked(void **state)
{
    (void)state;
    assert_true(finds("wool", "wool-throw"));
    assert_false(finds("wool", "stoneware-mug"));
    assert_true(finds("KILN+mug", "stoneware-mug"));
    assert_false(finds("KILN+mug", "beeswax-candle"));
    assert_false(finds("submarine", "wool-throw"));
}

static void test_a_wrong_page_is_html_for_browsers(void **state)
{
    (void)state;
    struct answer plain = visit("GET", SPAN("/none"), NULL);
    assert_int_equal(plain.status, 404);
    assert_true(span_starts(plain.body, "{"));
    accepted = SPAN("text/html,application/xhtml+xml;q=0.9");
    struct answer page = visit("GET", SPAN("/none"), NULL);
    assert_int_equal(page.status, 404);
    assert_true(span_starts(page.body, "<!doctype html>"));
}

static void test_cart_merges_attributes(void **state)
{
    (void)state;
    fill_cart();
    ask("POST", SPAN("/cart/update.js"), "{\"attributes\":{\"_qz\":\"A\",\"gift\":\"yes\"}}");
    ask("POST", SPAN("/cart/update.js"), "{\"attributes\":{\"_qz\":\"B\",\"gift\":\"\"}}");
    const struct json_value *cart = ask("GET", SPAN("/cart.js"), NULL);
    assert_int_equal(json_get(cart, "attributes")->count, 1);
    assert_true(span_is(json_text(json_path(cart, "attributes._qz")), "B"));
    assert_int_equal(json_get_int(cart, "item_count", 0), 2);
    assert_int_equal(json_get_int(cart, "total_price", 0), 2990);
    assert_int_equal(visit("POST", SPAN("/cart/add.js"), "{\"id\":1}").status, 422);
    assert_int_equal(visit("POST", SPAN("/cart/add.js"), "{\"id\":").status, 400);
}

static void test_cart_lines_change(void **state)
{
    (void)state;
    fill_cart();
    const struct json_value *lines =
        ask("POST", SPAN("/cart/add.js"),
            "{\"items\":[{\"id\":41327142404209,\"quantity\":1},{\"id\":41327141617777}]}");
    assert_int_equal(json_get(lines, "items")->count, 2);
    assert_int_equal(json_get_int(json_get(lines, "items")->first, "quantity", 0), 3);
    const struct json_value *cart =
        ask("POST", SPAN("/cart/change.js"), "{\"line\":1,\"quantity\":1}");
    assert_int_equal(json_get_int(cart, "item_count", 0), 2);
    cart = ask("POST", SPAN("/cart/change.js"), "{\"id\":41327142404209,\"quantity\":0}");
    assert_int_equal(json_get_int(cart, "item_count", 0), 1);
    assert_int_equal(json_get_int(cart, "total_price", 0), 4400);
    assert_int_equal(visit("POST", SPAN("/cart/change.js"), "{\"line\":2,\"quantity\":1}").status,
                     422);
}

/* Prices in scripts are hundredths, of yen too, which have none. */
static void test_scripts_read_hundredths(void **state)
{
    (void)state;
    cookies = SPAN("cart_currency=JPY");
    const struct json_value *line =
        ask("POST", SPAN("/cart/add.js"), "{\"id\":41327142404209,\"quantity\":2}");
    assert_int_equal(json_get_int(line, "price", 0), 243700);
    char *page = arena_text(&arena, visit("GET", SPAN("/products/field-notebook"), NULL).body);
    assert_non_null(strstr(page, "\"price\":243700"));
    assert_non_null(strstr(page, "2437 JPY"));
}

static void test_a_permalink_goes_past_the_cart(void **state)
{
    (void)state;
    span mine = arena_copy(&arena, fill_cart());
    struct answer answer = visit("GET", SPAN("/cart/41327141617777:2"), NULL);
    assert_int_equal(answer.status, 303);
    assert_true(span_starts(answer.location, "/checkouts/cn/"));
    assert_int_equal(visit("GET", answer.location, NULL).status, 200);
    wait_hooks(1);
    span token = json_get_text(hooks[0].json, "cart_token");
    assert_false(span_equal(token, mine));
    assert_int_equal(json_get_int(ask("GET", SPAN("/cart.js"), NULL), "item_count", 0), 2);
}

static void test_customers_register_and_log_in(void **state)
{
    static const char form[] = "customer%5Bemail%5D=Ada%40example.com&customer%5Bpassword%5D=x"
                               "&customer%5Bfirst_name%5D=Ada";
    (void)state;
    form_type = true;
    assert_true(span_is(visit("POST", SPAN("/account"), form).location, "/account"));
    cookies = span_sub(cookie_set, 0, span_find(cookie_set, 0, ';'));
    wait_hooks(1);
    assert_true(span_is(hooks[0].topic, "customers/create"));
    int64_t id = json_get_int(hooks[0].json, "id", 0);
    char *page = arena_text(&arena, visit("GET", SPAN("/account"), NULL).body);
    assert_non_null(strstr(page, arena_print(&arena, "\"customerId\":%lld", (long long)id).ptr));
    assert_true(
        span_is(visit("POST", SPAN("/account"), form).location, "/account/register?taken=1"));
    visit("POST", SPAN("/account/logout"), "");
    page = arena_text(&arena, visit("GET", SPAN("/"), NULL).body);
    assert_null(strstr(page, "customerId"));
    assert_true(span_is(visit("POST", SPAN("/account/login"),
                              "customer%5Bemail%5D=ada%40example.com&customer%5Bpassword%5D=y")
                            .location,
                        "/account/login?wrong=1"));
    assert_true(span_is(visit("POST", SPAN("/account/login"), form).location, "/account"));
    assert_true(
        span_is(visit("POST", SPAN("/contact"), "contact%5Bemail%5D=ada%40example.com").location,
                "/?customer_posted=true#newsletter"));
    wait_hooks(2);
    assert_true(span_is(hooks[1].topic, "customers/update"));
    assert_true(span_is(json_text(json_path(hooks[1].json, "email_marketing_consent.state")),
                        "subscribed"));
}

static void test_paid_later_and_edited(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", step(token, "complete"), "{\"gateway\":\"deposit\"}");
    wait_hooks(3);
    const struct json_value *order = hooks[hook_of("orders/create", 0)].json;
    assert_true(span_is(json_get_text(order, "financial_status"), "pending"));
    ask("POST", SPAN("/admin/orders/1001/edit"), "{\"line\":0,\"quantity\":3}");
    ask("POST", SPAN("/admin/orders/1001/pay"), "{}");
    wait_hooks(6);
    order = hooks[hook_of("orders/paid", 0)].json;
    assert_true(span_is(json_get_text(order, "financial_status"), "paid"));
    assert_true(span_is(json_get_text(order, "current_total_price"), "49.75"));
    assert_int_equal(visit("POST", SPAN("/admin/orders/1001/pay"), "{}").status, 422);
}

/* The first thank-you page tells the sale; a look back at it is the order's page. */
static void test_thanks_once(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", step(token, "contact"), "{\"email\":\"ada@example.com\"}");
    ask("POST", step(token, "shipping"), "{\"rate\":\"express\"}");
    const struct json_value *sale = ask("POST", step(token, "complete"), "{}");
    assert_true(span_is(json_text(json_path(sale, "total.shop.amount")), "42.80"));
    struct answer thanks = visit("GET", step(token, "thank-you"), NULL);
    assert_non_null(strstr(arena_text(&arena, thanks.body), "checkout_completed"));
    struct answer again = visit("GET", step(token, "thank-you"), NULL);
    assert_int_equal(again.status, 303);
    struct answer page = visit("GET", again.location, NULL);
    assert_int_equal(page.status, 200);
    assert_null(strstr(arena_text(&arena, page.body), "checkout_completed"));
    assert_int_equal(visit("GET", step(token, "information"), NULL).status, 404);
}

static void test_checkout_sends_what_shopify_sends(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", SPAN("/cart/update.js"), "{\"attributes\":{\"_qz\":\"VISITOR\"}}");
    span page = visit("GET", SPAN("/checkout"), NULL).location;
    assert_int_equal(visit("GET", page, NULL).status, 200);
    ask("POST", step(token, "contact"),
        "{\"email\":\"ada@example.com\",\"address1\":\"1 Way\",\"country\":\"DE\"}");
    const struct json_value *pixel = ask("GET", step(token, "pixel.json"), NULL);
    const struct json_value *sale = ask("POST", step(token, "complete"), "{}");
    wait_hooks(5);
    const struct json_value *opened = hooks[hook_of("checkouts/create", 0)].json;
    const struct json_value *contact = hooks[hook_of("checkouts/update", 0)].json;
    const struct json_value *order = hooks[hook_of("orders/create", 0)].json;
    assert_int_equal(json_get(opened, "email")->kind, JSON_NULL);
    assert_true(span_is(json_get_text(contact, "email"), "ada@example.com"));
    assert_true(span_is(json_get_text(order, "name"), "#1001"));
    assert_true(span_is(json_get_text(order, "browser_ip"), "203.0.113.9"));
    assert_true(span_equal(json_get_text(order, "cart_token"), token));
    assert_true(span_equal(json_get_text(order, "checkout_token"), json_get_text(opened, "token")));
    assert_true(
        span_equal(json_text(json_path(pixel, "checkout.token")), json_get_text(opened, "token")));
    assert_true(
        span_is(json_get_text(json_get(order, "note_attributes")->first, "value"), "VISITOR"));
    assert_true(span_equal(json_get_text(order, "total_price"),
                           json_text(json_path(sale, "total.shop.amount"))));
    /* One action, several topics: one event id, different webhook ids. */
    unsigned created = hook_of("orders/create", 0), paid = hook_of("orders/paid", 0);
    assert_true(span_equal(hooks[created].event_id, hooks[paid].event_id));
    assert_false(span_equal(hooks[created].webhook_id, hooks[paid].webhook_id));
    /* A checkout is completed once. */
    assert_int_equal(visit("POST", step(token, "complete"), "{}").status, 422);
    pixel = ask("GET", step(token, "pixel.json"), NULL);
    assert_true(
        span_equal(json_text(json_path(pixel, "checkout.order.id")), json_get_id(order, "id")));
    assert_int_equal(visit("GET", step(token, "thank-you"), NULL).status, 200);
}

static void test_a_refused_webhook_comes_again(void **state)
{
    (void)state;
    span token = fill_cart();
    refuse_next = 2;
    ask("POST", step(token, "contact"), "{\"email\":\"ada@example.com\"}");
    wait_hooks(4); /* create and update, each refused once */
    unsigned first = hook_of("checkouts/create", 0), again = hook_of("checkouts/create", 1);
    assert_true(span_equal(hooks[first].webhook_id, hooks[again].webhook_id));
    assert_true(span_equal(hooks[first].body, hooks[again].body));
}

static void test_hold_release_resend(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", step(token, "complete"), "{\"hooks\":\"hold\"}");
    wait_hooks(2); /* the checkout's own */
    ask("POST", SPAN("/admin/orders/1001/release"), "{}");
    wait_hooks(4);
    span id = hooks[hook_of("orders/create", 0)].webhook_id;
    ask("POST", SPAN("/admin/orders/1001/resend"), "{\"topic\":\"orders/create\"}");
    wait_hooks(5);
    assert_true(span_equal(hooks[hook_of("orders/create", 1)].webhook_id, id));
    ask("POST", SPAN("/admin/orders/1001/resend"),
        "{\"topic\":\"orders/create\",\"same_id\":false}");
    wait_hooks(6);
    assert_false(span_equal(hooks[hook_of("orders/create", 2)].webhook_id, id));
    assert_int_equal(
        visit("POST", SPAN("/admin/orders/1001/resend"), "{\"topic\":\"refunds/create\"}").status,
        422);
    assert_int_equal(visit("POST", SPAN("/admin/orders/1002/release"), "{}").status, 404);
}

static void test_the_life_of_an_order(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", step(token, "complete"), "{\"email\":\"ada@example.com\"}");
    wait_hooks(4);
    ask("POST", SPAN("/admin/orders/1001/refund"), "{\"lines\":[{\"line\":0,\"quantity\":1}]}");
    ask("POST", SPAN("/admin/orders/1001/fulfill"), "{}");
    ask("POST", SPAN("/admin/orders/1001/deliver"), "{}");
    const struct json_value *sale = ask("POST", SPAN("/admin/orders/1001/refund"), "{}");
    wait_hooks(11);
    assert_true(span_equal(json_text(json_path(sale, "refunded.shop.amount")),
                           json_text(json_path(sale, "total.shop.amount"))));
    const struct json_value *refund = hooks[hook_of("refunds/create", 0)].json;
    assert_true(span_is(json_get_text(json_get(refund, "transactions")->first, "amount"), "14.95"));
    refund = hooks[hook_of("refunds/create", 1)].json;
    assert_true(span_is(json_get_text(json_get(refund, "transactions")->first, "amount"), "19.85"));
    /* The order carries them, or a receiver would take what came back for an edit. */
    assert_int_equal(json_get(hooks[hook_of("orders/updated", 0)].json, "refunds")->count, 1);
    assert_int_equal(json_get(hooks[hook_of("orders/updated", 1)].json, "refunds")->count, 2);
    assert_true(
        span_is(json_get_text(hooks[hook_of("fulfillments/update", 1)].json, "shipment_status"),
                "delivered"));
    assert_true(span_is(json_get_text(hooks[hook_of("orders/updated", 1)].json, "financial_status"),
                        "refunded"));
    assert_int_equal(visit("POST", SPAN("/admin/orders/1001/refund"), "{}").status, 422);
    assert_int_equal(visit("POST", SPAN("/admin/orders/1001/cancel"), "{}").status, 422);
}

static void test_counter_sales_have_no_checkout(void **state)
{
    (void)state;
    span token = fill_cart();
    ask("POST", step(token, "complete"), "{\"source_name\":\"pos\"}");
    wait_hooks(2);
    const struct json_value *order = hooks[hook_of("orders/create", 0)].json;
    assert_true(span_is(json_get_text(order, "source_name"), "pos"));
    assert_int_equal(json_get(order, "checkout_token")->kind, JSON_NULL);
}

static void test_options_must_be_there(void **state)
{
    struct storefront_options options = {.gateway = SPAN("http://127.0.0.1:1"),
                                         .clock = &clock_real};
    struct storefront *none = NULL;
    (void)state;
    assert_int_equal(storefront_open(&loop, &options, &none), INVALID);
    assert_null(none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pages_are_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_search_finds_what_is_asked, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_wrong_page_is_html_for_browsers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cart_merges_attributes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cart_lines_change, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scripts_read_hundredths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_permalink_goes_past_the_cart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_customers_register_and_log_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paid_later_and_edited, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thanks_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_checkout_sends_what_shopify_sends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_refused_webhook_comes_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hold_release_resend, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_life_of_an_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counter_sales_have_no_checkout, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options_must_be_there, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
