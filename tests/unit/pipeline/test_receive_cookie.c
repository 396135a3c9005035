/* When the server sets the visitor's cookie, for which domain, and when it takes it away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../src/base/limits.h"
#include "../../../src/pipeline/receive_cookie.c"

#define ADA "01JBZMEQJ835BT7PS613DWQAQP"
#define BOB "01JBZMEQJ835BT7PS613DWQAQQ"
#define NOW INT64_C(1795536000000)

/* One request of the snippet and what is said in it; the members are changed by each test. */
static struct {
    struct arena arena;
    struct shop shop;
    struct http_header headers[2];
    struct http_request request;
    struct event event;
    struct source_batch batch;
    enum receive_origin origin;
} scene;

static int open_scene(void **state)
{
    (void)state;
    memset(&scene, 0, sizeof scene);
    arena_init(&scene.arena, MIB);
    scene.shop = (struct shop){.cookie_name = SPAN("_gwid"), .consent = {CONSENT_DENIED, NULL, 0}};
    scene.headers[0] = (struct http_header){SPAN("Origin"), SPAN("https://shop.acme.example:8443")};
    scene.headers[1] = (struct http_header){SPAN("Cookie"), SPAN("a=b")};
    scene.request = (struct http_request){.host = SPAN("t.acme.example"),
                                          .headers = scene.headers,
                                          .header_count = 2,
                                          .received_at = NOW};
    scene.event = (struct event){.name = EVENT_PAGE_VIEWED,
                                 .source = SOURCE_BROWSER,
                                 .who = {.visitor = SPAN(ADA)},
                                 .consent = {.analytics = CONSENT_GRANTED, .at = NOW}};
    scene.batch.events = (struct event_list){&scene.event, 1};
    scene.origin = ORIGIN_ALLOWED;
    return 0;
}

static int close_scene(void **state)
{
    (void)state;
    arena_done(&scene.arena);
    return 0;
}

/* The open copy's line, then the kept one's; "" when none is set. */
static const char *line(unsigned which)
{
    struct http_header headers[RECEIVE_COOKIE_HEADERS];
    unsigned count = receive_cookie_headers(&scene.arena, &scene.request, &scene.shop, scene.origin,
                                            &scene.batch, headers);
    assert_true(count == 0 || count == RECEIVE_COOKIE_HEADERS);
    return count ? arena_text(&scene.arena, headers[which].value) : "";
}

static void has_cookies(const char *text)
{
    scene.headers[1].value = span_of(text);
}

static void both_copies_for_the_whole_site(void **state)
{
    (void)state;
    assert_string_equal(line(0), "_gwid=v1." ADA ".1795536000; Path=/; Domain=acme.example; "
                                 "Max-Age=34560000; Secure; SameSite=Lax");
    assert_string_equal(line(1), "_gwids=v1." ADA ".1795536000; Path=/; Domain=acme.example; "
                                 "Max-Age=34560000; Secure; SameSite=Lax; HttpOnly");
}

static void only_on_the_pages_own_site(void **state)
{
    (void)state;
    scene.request.host = SPAN("gateway.vendor.example");
    assert_string_equal(line(0), "");
    scene.headers[0].value = SPAN("https://shop.acme.co.uk");
    scene.request.host = SPAN("t.other.co.uk"); /* co.uk is nobody's */
    assert_string_equal(line(0), "");
    scene.request.host = SPAN("t.acme.co.uk");
    assert_non_null(strstr(line(0), "Domain=acme.co.uk;"));
    scene.headers[0].value = SPAN("http://127.0.0.1:3000");
    scene.request.host = SPAN("127.0.0.1");
    assert_null(strstr(line(0), "Domain="));
    assert_non_null(strstr(line(0), "Path=/; Max-Age"));
    scene.request.host = SPAN("127.0.0.2");
    assert_string_equal(line(0), "");
    scene.headers[0].value = SPAN("null");
    assert_string_equal(line(0), "");
}

static void a_configured_domain_must_cover_both(void **state)
{
    (void)state;
    scene.shop.cookie_domain = SPAN(".acme.example");
    assert_non_null(strstr(line(0), "Domain=acme.example;"));
    scene.shop.cookie_domain = SPAN("t.acme.example"); /* the page would not see it */
    assert_string_equal(line(0), "");
    scene.shop.cookie_domain = SPAN("me.example");
    assert_string_equal(line(0), "");
}

static void pixels_and_strangers_get_none(void **state)
{
    (void)state;
    scene.event.source = SOURCE_PIXEL;
    assert_string_equal(line(0), "");
    scene.event.source = SOURCE_BROWSER;
    scene.origin = ORIGIN_NULL;
    assert_string_equal(line(0), "");
    scene.origin = ORIGIN_NONE;
    assert_string_equal(line(0), "");
    scene.origin = ORIGIN_ALLOWED;
    scene.batch.events.count = 0;
    assert_string_equal(line(0), "");
}

static void consent_comes_first(void **state)
{
    (void)state;
    scene.event.consent = (struct consent){0}; /* nobody spoke, and the default is denied */
    assert_string_equal(line(0), "");
    has_cookies("_gwid=v1." ADA ".1795000000");
    assert_string_equal(line(0), ""); /* silence takes nothing away either */
    scene.shop.consent.otherwise = CONSENT_GRANTED;
    assert_non_null(strstr(line(0), ADA));
    scene.event.consent =
        (struct consent){.analytics = CONSENT_DENIED, .marketing = CONSENT_GRANTED};
    assert_non_null(strstr(line(0), ADA));
}

static void a_withdrawal_removes_both(void **state)
{
    (void)state;
    scene.event.consent =
        (struct consent){.analytics = CONSENT_DENIED, .marketing = CONSENT_DENIED};
    assert_string_equal(line(0), ""); /* there is nothing to remove */
    has_cookies("_gwids=v1." ADA ".1795000000");
    assert_string_equal(line(0),
                        "_gwid=; Path=/; Domain=acme.example; Max-Age=0; Secure; SameSite=Lax");
    assert_non_null(strstr(line(1), "_gwids=; Path=/; Domain=acme.example; Max-Age=0"));
}

static void each_visit_renews_and_nothing_else_does(void **state)
{
    (void)state;
    has_cookies("_gwid=v1." ADA ".1795000000; _gwids=v1." ADA ".1795000000");
    assert_non_null(strstr(line(0), "v1." ADA ".1795000000;")); /* since when stays */
    scene.event.name = EVENT_PRODUCT_VIEWED;
    assert_string_equal(line(0), "");
    has_cookies("_gwid=" ADA);
    assert_non_null(strstr(line(0), "v1." ADA ".1795536000;"));
}

static void the_kept_copy_wins(void **state)
{
    (void)state;
    has_cookies("_gwid=v1." ADA ".1795000000; _gwids=v1." BOB ".1795000000");
    span adopted =
        receive_cookie_adopt(&scene.arena, &scene.request, &scene.shop, scene.origin, &scene.batch);
    assert_true(span_is(adopted, BOB));
    assert_true(span_is(scene.event.who.visitor, BOB));
    assert_non_null(strstr(line(0), "_gwid=v1." BOB ".1795000000;"));
    adopted =
        receive_cookie_adopt(&scene.arena, &scene.request, &scene.shop, scene.origin, &scene.batch);
    assert_true(span_empty(adopted)); /* now they agree */
    has_cookies("_gwids=v1.nonsense.1");
    adopted =
        receive_cookie_adopt(&scene.arena, &scene.request, &scene.shop, scene.origin, &scene.batch);
    assert_true(span_empty(adopted) && span_is(scene.event.who.visitor, BOB));
}

#define SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(both_copies_for_the_whole_site),
        SCENE(only_on_the_pages_own_site),
        SCENE(a_configured_domain_must_cover_both),
        SCENE(pixels_and_strangers_get_none),
        SCENE(consent_comes_first),
        SCENE(a_withdrawal_removes_both),
        SCENE(each_visit_renews_and_nothing_else_does),
        SCENE(the_kept_copy_wins),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("receive_cookie", tests, NULL, NULL);
}
