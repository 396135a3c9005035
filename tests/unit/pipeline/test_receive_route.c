/* Which store is meant, may this page talk to it, and how often may a stranger ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../../../src/pipeline/receive_rate.c"
#include "../../../src/pipeline/receive_route.c"

static const span acme_hosts[] = {SPAN("shop.acme.example")},
                  acme_gateway[] = {SPAN("t.acme.example")};
static const span other_hosts[] = {SPAN("*.other.example")},
                  other_gateway[] = {SPAN("t.other.example")};
static const struct shop acme = {.name = SPAN("acme"),
                                 .hosts = {acme_hosts, 1},
                                 .gateway_hosts = {acme_gateway, 1},
                                 .collect_path = SPAN("/qz")};
static const struct shop other = {.name = SPAN("other"),
                                  .hosts = {other_hosts, 1},
                                  .gateway_hosts = {other_gateway, 1},
                                  .collect_path = SPAN("/qz")};
static const struct shop any_host = {
    .name = SPAN("any"), .hosts = {acme_hosts, 1}, .collect_path = SPAN("/qz")};
static const struct shop *const two[] = {&acme, &other};
static const struct shop *const one[] = {&any_host};

static struct receive_place ask(const struct shop *const *shops, unsigned count, const char *host,
                                const char *path, const char *origin)
{
    struct http_header header = {SPAN("Origin"), span_of(origin)};
    struct http_request request = {.host = span_of(host),
                                   .path = span_of(path),
                                   .headers = &header,
                                   .header_count = origin ? 1 : 0};
    struct receive_place place;
    receive_route_collect(&request, shops, count, &place);
    return place;
}

static void host_tells_stores_apart(void **state)
{
    (void)state;
    assert_ptr_equal(ask(two, 2, "t.acme.example", "/qz", "https://shop.acme.example").shop, &acme);
    assert_ptr_equal(ask(two, 2, "t.other.example", "/qz", "https://www.other.example").shop,
                     &other);
    assert_ptr_equal(ask(two, 2, "t.other.example", "/qz", NULL).shop, &other);
    assert_ptr_equal(ask(two, 2, "T.Acme.Example.", "/qz", "https://shop.acme.example.").shop,
                     &acme);
    assert_ptr_equal(ask(two, 2, "WWW.Other.Example.", "/qz", NULL).shop, &other);
    assert_string_equal(ask(two, 2, "nobody.example", "/qz", NULL).error, "store_unknown");
    assert_string_equal(ask(two, 2, "t.acme.example", "/other", NULL).error, "not_found");
}

static void a_page_may_talk_to_its_own_store_only(void **state)
{
    (void)state;
    assert_int_equal(ask(two, 2, "t.acme.example", "/qz", "https://shop.acme.example").origin,
                     ORIGIN_ALLOWED);
    assert_int_equal(ask(two, 2, "t.acme.example", "/qz", "null").origin, ORIGIN_NULL);
    assert_string_equal(ask(two, 2, "t.acme.example", "/qz", "https://www.other.example").error,
                        "origin_not_allowed");
    assert_string_equal(
        ask(two, 2, "t.acme.example", "/qz", "https://shop.acme.example.evil.example").error,
        "origin_not_allowed");
    assert_string_equal(ask(two, 2, "t.acme.example", "/qz", "garbage").error,
                        "origin_not_allowed");
    assert_string_equal(ask(one, 1, "whatever.example", "/qz", "https://evil.example").error,
                        "origin_not_allowed");
    assert_ptr_equal(ask(one, 1, "whatever.example", "/qz", "https://shop.acme.example:8443").shop,
                     &any_host);
}

static void cors_names_the_page_or_nobody(void **state)
{
    (void)state;
    struct http_header origin = {SPAN("Origin"), SPAN("https://shop.acme.example")};
    struct http_request request = {.headers = &origin, .header_count = 1};
    struct http_header out[RECEIVE_CORS_HEADERS];
    assert_int_equal(receive_route_cors(&request, ORIGIN_ALLOWED, true, out), RECEIVE_CORS_HEADERS);
    assert_true(span_equal(out[0].value, origin.value));
    assert_int_equal(receive_route_cors(&request, ORIGIN_NULL, false, out), 2);
    assert_true(span_is(out[0].value, "*"));           /* and no Allow-Credentials beside it */
    assert_true(span_is(out[1].value, "Retry-After")); /* which a page could not read otherwise */
    assert_int_equal(receive_route_cors(&request, ORIGIN_FOREIGN, true, out), 0);
}

static void a_stranger_gets_his_share_and_no_more(void **state)
{
    (void)state;
    static struct receive_rate rate;
    int64_t now = 1764000000000;
    unsigned granted = 0;
    for (unsigned i = 0; i < 1000; i++)
        granted += receive_rate_take(&rate, SPAN("203.0.113.7"), 10, now);
    assert_int_equal(granted, 10 * RECEIVE_RATE_BURST);
    assert_true(receive_rate_take(&rate, SPAN("203.0.113.8"), 10, now)); /* others are not him */
    granted = 0;
    for (unsigned i = 0; i < 1000; i++)
        granted += receive_rate_take(&rate, SPAN("203.0.113.7"), 10, now + i);
    assert_in_range(granted, 9, 10); /* a second later: ten more */
    assert_true(receive_rate_take(&rate, SPAN("203.0.113.9"), 0, now));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_tells_stores_apart),
        cmocka_unit_test(a_page_may_talk_to_its_own_store_only),
        cmocka_unit_test(cors_names_the_page_or_nobody),
        cmocka_unit_test(a_stranger_gets_his_share_and_no_more),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("receive_route", tests, NULL, NULL);
}
