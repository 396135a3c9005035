/*
 * Chromium's events as it sends them, and what must never be let out: a checkout, a payment.
 */
#include "../../../src/audit/watch.c"

#include "../base/check.h"

static struct arena arena;
static struct signature_set *signatures;
static struct capture capture;
static struct watch watch;

static void hear(const char *session, const char *method, const char *text)
{
    const struct json_value *params;
    assert_int_equal(json_parse(&arena, span_of(text), &params, NULL), OK);
    watch_heard(&watch, span_of(session), span_of(method), params);
}

static void test_a_request_from_begin_to_end(void **state)
{
    (void)state;
    watch.phase = CAPTURE_BEFORE;
    watch.page = SPAN("https://shop.harbour.example/products/linen-shirt?variant=1");
    hear("S", "Network.requestWillBeSent",
         "{\"requestId\":\"1.2\",\"wallTime\":1764000000.123456,\"type\":\"Ping\",\"request\":{"
         "\"method\":"
         "\"POST\",\"url\":\"https://www.facebook.com/tr/"
         "\",\"postDataEntries\":[{\"bytes\":\"aWQ9NDExMjIyMzMz\"},"
         "{\"bytes\":\"NDQ0NTU1NiZldj1BZGRUb0NhcnQ=\"}]}}");
    assert_int_equal(watch.open, 1);
    hear("OTHER", "Network.loadingFinished", "{\"requestId\":\"1.2\"}"); /* of another page */
    assert_int_equal(watch.open, 1);
    hear("S", "Network.responseReceived", "{\"requestId\":\"1.2\",\"response\":{\"status\":200}}");
    hear("S", "Network.loadingFinished", "{\"requestId\":\"1.2\"}");
    assert_int_equal(watch.open, 0);
    assert_int_equal(capture.exchange_count, 1);
    assert_int_equal(capture.exchanges[0].at, INT64_C(1764000000123));
    assert_int_equal(capture.exchanges[0].status, 200);
    assert_int_equal(capture.exchanges[0].phase, CAPTURE_BEFORE);
    assert_int_equal(capture.exchanges[0].place, CAPTURE_PRODUCT);
    assert_int_equal(capture.hit_count, 1);
    assert_true(span_is(capture.hits[0].event, "AddToCart"));
    assert_true(span_is(capture.hits[0].id, "4112223334445556"));
}

static void test_redirects_and_failures(void **state)
{
    (void)state;
    hear("S", "Network.requestWillBeSent",
         "{\"requestId\":\"7\",\"type\":\"Document\",\"request\":{\"method\":\"GET\",\"url\":"
         "\"http://shop.harbour.example/\"}}");
    hear("S", "Network.requestWillBeSent",
         "{\"requestId\":\"7\",\"type\":\"Document\",\"redirectResponse\":{\"status\":301},"
         "\"request\":{"
         "\"method\":\"GET\",\"url\":\"https://shop.harbour.example/\"}}");
    hear("S", "Network.responseReceivedExtraInfo",
         "{\"requestId\":\"7\",\"headers\":{\"Set-Cookie\":\"_gwid=SECRET; Max-Age=34560000; "
         "HttpOnly\\n"
         "_fbp=fb.1; Domain=.harbour.example\"}}");
    hear("S", "Network.loadingFailed",
         "{\"requestId\":\"7\",\"errorText\":\"net::ERR_CONNECTION_REFUSED\"}");
    const struct capture_exchange *first = &capture.exchanges[capture.exchange_count - 2];
    assert_int_equal(first[0].status, 301);
    assert_true(span_is(first[1].failed, "net::ERR_CONNECTION_REFUSED"));
    assert_int_equal(watch.open, 0);
    assert_int_equal(capture.cookie_count, 2);
    assert_true(span_is(capture.cookies[0].name, "_gwid") && capture.cookies[0].http_only);
    assert_true(capture.cookies[0].on_document && !capture.cookies[0].by_script);
    assert_true(span_is(capture.cookies[1].domain, "harbour.example"));
    assert_int_equal(capture.cookies[1].lifetime, -1);
}

/* Members missing, of other kinds, ids nobody gave out: nothing happens. */
static void test_nonsense(void **state)
{
    (void)state;
    unsigned before = capture.exchange_count;
    static const char *const texts[] = {"{}",
                                        "[]",
                                        "null",
                                        "{\"requestId\":7,\"request\":[]}",
                                        "{\"requestId\":\"x\",\"request\":{\"url\":\"data:,x\"}}",
                                        "{\"requestId\":\"x\",\"headers\":{\"set-cookie\":7}}"};
    static const char *const methods[] = {"Network.requestWillBeSent",
                                          "Network.responseReceived",
                                          "Network.responseReceivedExtraInfo",
                                          "Network.loadingFinished",
                                          "Network.loadingFailed",
                                          ""};
    for (unsigned t = 0; t < COUNT_OF(texts); t++)
        for (unsigned m = 0; m < COUNT_OF(methods); m++)
            hear("", methods[m], texts[t]);
    assert_int_equal(capture.exchange_count, before);
    assert_int_equal(watch.open, 0);
}

static void test_never_buys(void **state)
{
    (void)state;
    static const struct {
        const char *method, *url, *type;
        bool forbidden;
    } rows[] = {
        {"POST", "https://shop.example/checkout", "Fetch", true},
        {"POST", "https://shop.example/checkouts/cn/abc/complete", "XHR", true},
        {"GET", "https://shop.example/checkouts/cn/abc", "Document", true},
        {"POST", "https://shop.example/rest/V1/carts/mine/payment-information", "XHR", true},
        {"PUT", "https://shop.example/api/orders", "Fetch", true},
        {"POST", "https://www.paypal.com/smart/buttons", "XHR", true},
        {"POST", "https://api.stripe.com/v1/payment_intents", "Fetch", true},
        {"POST", "https://shop.example/wallets/checkouts.json", "Fetch", true},
        {"GET", "https://cdn.example/checkout.js", "Script", false},
        {"GET", "https://shop.example/checkout/cart/", "Document", false}, /* Magento's cart */
        {"POST", "https://shop.example/checkout/cart/add/uenc/x", "XHR", false},
        {"POST", "https://shop.example/cart/add.js", "Fetch", false},
        {"GET", "https://www.facebook.com/tr/?ev=PageView&dl=https%3A%2F%2Fs%2Fcheckout", "Image",
         false},
        {"POST", "https://www.facebook.com/tr/?dl=https://s/checkout", "Ping", false},
    };
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (watch_forbids(span_of(rows[i].method), span_of(rows[i].url), span_of(rows[i].type)) !=
            rows[i].forbidden)
            fail_msg("%s %s (%s)", rows[i].method, rows[i].url, rows[i].type);
}

static void test_events_are_answered_here(void **state)
{
    (void)state;
    assert_true(watch_answers(
        &watch, SPAN("https://www.facebook.com/tr/?id=4112223334445556&ev=PageView")));
    assert_true(
        watch_answers(&watch, SPAN("https://t.shop.example/g/collect?v=2&tid=G-ABCDEF12&en=x")));
    assert_true(watch_answers(&watch, SPAN("https://analytics.tiktok.com/api/v2/pixel/act")));
    assert_false(watch_answers(&watch, SPAN("https://connect.facebook.net/en_US/fbevents.js")));
    assert_false(watch_answers(&watch, SPAN("https://shop.example/cart/add.js")));
    assert_false(watch_answers(&watch, SPAN("")));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    if (signature_open(&signatures) != OK)
        return 1;
    capture_init(&capture, &arena, signatures, SEEN_LIVE, SPAN("shop.harbour.example"));
    watch_init(&watch, &capture);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    watch_done(&watch);
    signature_close(signatures);
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_from_begin_to_end),
        cmocka_unit_test(test_redirects_and_failures),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_never_buys),
        cmocka_unit_test(test_events_are_answered_here),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
