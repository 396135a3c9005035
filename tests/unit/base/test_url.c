/* URLs cut up, escapes there and back, query strings and cookies as the world sends them. */
#include "../../../src/base/url.c"

#include "check.h"

static struct arena arena;

static void test_parts(void **state)
{
    (void)state;
    struct url url;
    assert_int_equal(url_parse(SPAN("https://shop.acme.example:8443/cart/x?a=1&b=?#top#2"), &url),
                     OK);
    check_span(url.scheme, "https");
    check_span(url.host, "shop.acme.example");
    assert_int_equal(url.port, 8443);
    check_span(url.path, "/cart/x");
    check_span(url.query, "a=1&b=?");
    check_span(url.fragment, "top#2");
    check_span(url.origin, "https://shop.acme.example:8443");

    assert_int_equal(url_parse(SPAN("HTTP://a"), &url), OK);
    check_span(url.scheme, "HTTP");
    check_span(url.host, "a");
    assert_int_equal(url.port, 0);
    check_span(url.path, "");
    check_absent(url.query);
    check_absent(url.fragment);
    check_span(url.origin, "HTTP://a");

    assert_int_equal(url_parse(SPAN("http://a?x"), &url), OK);
    check_span(url.path, "");
    check_span(url.query, "x");
    assert_int_equal(url_parse(SPAN("http://a#x?y"), &url), OK);
    check_absent(url.query);
    check_span(url.fragment, "x?y");
    assert_int_equal(url_parse(SPAN("http://a/?#"), &url), OK);
    check_span(url.query, "");
    check_span(url.fragment, "");

    assert_int_equal(url_parse(SPAN("http://[::1]:80/"), &url), OK);
    check_span(url.host, "::1");
    assert_int_equal(url.port, 80);
    check_span(url.origin, "http://[::1]:80");
    assert_int_equal(url_parse(SPAN("http://[2001:db8::1.2.3.4]"), &url), OK);
    check_span(url.host, "2001:db8::1.2.3.4");
    assert_int_equal(url_parse(SPAN("https://b\xc3\xbc"
                                    "cher.example/\xc3\xa4 b@c:d"),
                               &url),
                     OK);
    check_span(url.host, "b\xc3\xbc"
                         "cher.example");
    check_span(url.path, "/\xc3\xa4 b@c:d");
    assert_int_equal(url_parse(SPAN("http://a:"), &url), INVALID);
    assert_int_equal(url_parse(SPAN("http://a:65535"), &url), OK);
    assert_int_equal(url.port, 65535);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "/",
        "a",
        "//a/b",
        "ftp://a",
        "javascript:alert(1)",
        "data:,x",
        "about:blank",
        "file:///x",
        "android-app://com.google",
        "https:",
        "https:/",
        "https://",
        "https:///x",
        "https://?x",
        "http:a",
        "http:/a",
        "https//a",
        " https://a",
        "https://a b/",
        "https://user@a/",
        "https://user:password@a/",
        "https://a@",
        "http://a\\@b/",
        "http://a:b",
        "http://a:0",
        "http://a:65536",
        "http://a:-1",
        "http://a:+1",
        "http://a:000001",
        "http://a:1:2",
        "http://[::1",
        "http://::1]",
        "http://[]",
        "http://[::1]x",
        "http://[fe80::1%25eth0]/",
        "http://a%62c/",
        "http://a/\x01",
        "http://a/\n",
        "http://a/\x7f",
        "http://a\t/",
        "http://<a>/",
        "http://a,b/",
        "http://*/",
    };
    struct url url = {.port = 7};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (url_parse(span_of(wrong[i]), &url) != INVALID)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(url_parse(SPAN("http://a/\0"), &url), INVALID);
    assert_int_equal(url_parse(SPAN("http://a\0b/"), &url), INVALID);
    assert_int_equal(url_parse((span){0}, &url), INVALID);
    assert_int_equal(url.port, 7);
}

static void test_decode(void **state)
{
    (void)state;
    check_span(url_decode(&arena, SPAN("a%20b+c%2Bd"), true), "a b c+d");
    check_span(url_decode(&arena, SPAN("a%20b+c%2bd"), false), "a b+c+d");
    check_span(url_decode(&arena, SPAN("%2541"), false), "%41"); /* once */
    check_span(url_decode(&arena, SPAN("%"), false), "%");
    check_span(url_decode(&arena, SPAN("%4"), false), "%4");
    check_span(url_decode(&arena, SPAN("%41"), false), "A");
    check_span(url_decode(&arena, SPAN("%zz%4g%g4%%41"), false), "%zz%4g%g4%A");
    check_span(url_decode(&arena, SPAN("%00%ff"), false), "\0\xff");
    check_span(url_decode(&arena, SPAN(""), true), "");
    check_absent(url_decode(&arena, (span){0}, true));
}

static void test_encode(void **state)
{
    (void)state;
    check_span(url_encode(&arena, SPAN("aZ09-_.~")), "aZ09-_.~");
    check_span(url_encode(&arena, SPAN(" /?&=+%\"\xc3\xa9\0")),
               "%20%2F%3F%26%3D%2B%25%22%C3%A9%00");
    check_span(url_encode(&arena, SPAN("")), "");
    check_absent(url_encode(&arena, (span){0}));
    uint64_t chance = 37;
    for (size_t len = 0; len < 300; len++) {
        char bytes[300];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)check_random(&chance);
        span coded = url_encode(&arena, (span){bytes, len});
        assert_true(span_equal(url_decode(&arena, coded, true), (span){bytes, len}));
        assert_true(span_equal(url_decode(&arena, coded, false), (span){bytes, len}));
    }
}

static void test_query(void **state)
{
    (void)state;
    span query =
        SPAN("utm_source=news%20letter&gclid=Ab-1_2&empty=&bare&a%5Bb%5D=1&gclid=two&x=a=b&q=1+1");
    check_span(url_query_get(&arena, query, "utm_source"), "news letter");
    check_span(url_query_get(&arena, query, "gclid"), "Ab-1_2");
    check_span(url_query_get(&arena, query, "empty"), "");
    check_span(url_query_get(&arena, query, "bare"), "");
    check_span(url_query_get(&arena, query, "a[b]"), "1");
    check_span(url_query_get(&arena, query, "x"), "a=b");
    check_span(url_query_get(&arena, query, "q"), "1 1");
    check_absent(url_query_get(&arena, query, "gcli"));
    check_absent(url_query_get(&arena, query, "GCLID"));
    check_absent(url_query_get(&arena, (span){0}, "a"));
    check_absent(url_query_get(&arena, SPAN(""), "a"));
    span rest = SPAN("&&a=1&&=2&"), name = {0}, value = {0};
    assert_true(url_query_next(&rest, &name, &value));
    check_span(name, "a");
    check_span(value, "1");
    assert_true(url_query_next(&rest, &name, &value));
    check_span(name, "");
    check_span(value, "2");
    assert_false(url_query_next(&rest, &name, &value));
}

static void test_cookies(void **state)
{
    (void)state;
    span header =
        SPAN("_fbp=fb.1.1;_fbc=fb.1.2;  _ga = GA1.1.3 ;q=\"a b\"; e=; junk; _fbp=second;x=a=b==");
    check_span(url_cookie_get(header, "_fbp"), "fb.1.1");
    check_span(url_cookie_get(header, "_fbc"), "fb.1.2");
    check_span(url_cookie_get(header, "_ga"), "GA1.1.3");
    check_span(url_cookie_get(header, "q"), "\"a b\"");
    check_span(url_cookie_get(header, "e"), "");
    check_span(url_cookie_get(header, "x"), "a=b==");
    check_absent(url_cookie_get(header, "junk"));
    check_absent(url_cookie_get(header, "fbp"));
    check_absent(url_cookie_get(header, "_FBP"));
    check_absent(url_cookie_get((span){0}, "a"));
    check_absent(url_cookie_get(SPAN(";;;="), "a"));
}

static void test_join(void **state)
{
    (void)state;
    static const struct {
        const char *base, *reference, *wanted; /* NULL: absent */
    } cases[] = {
        {"https://a.example/x/y?q=1", "https://b.example/z", "https://b.example/z"},
        {"https://a.example/x/y?q=1", "//b.example/z?k=v#f", "https://b.example/z?k=v"},
        {"https://a.example:8443/x/y?q=1", "/z", "https://a.example:8443/z"},
        {"https://a.example/x/y?q=1", "z", "https://a.example/x/z"},
        {"https://a.example", "z", "https://a.example/z"},
        {"https://a.example/x/y?q=1", "?k=v", "https://a.example/x/y?k=v"},
        {"https://a.example/x/y?q=1", "#top", "https://a.example/x/y"},
        {"https://a.example/x", " /z ", "https://a.example/z"},
        {"https://a.example/x", "javascript:alert(1)", NULL},
        {"https://a.example/x", "data:text/html,x", NULL},
        {"https://a.example/x", "mailto:anna@example.com", NULL},
        {"https://a.example/x", "https://user:pass@b.example/", NULL},
        {"not a url", "/z", NULL},
        {"not a url", "https://b.example/", "https://b.example/"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        span got = url_join(&arena, span_of(cases[i].base), span_of(cases[i].reference));
        if (cases[i].wanted ? !span_is(got, cases[i].wanted) : got.ptr != NULL)
            fail_msg("%s + %s: %.*s", cases[i].base, cases[i].reference, SPAN_ARG(got));
    }
}

static void test_bare(void **state)
{
    (void)state;
    check_span(url_bare(SPAN("https://a/b?c=d#e")), "https://a/b");
    check_span(url_bare(SPAN("https://a/b#e?c")), "https://a/b");
    check_span(url_bare(SPAN("https://a/b")), "https://a/b");
    check_span(url_bare(SPAN("?")), "");
    check_absent(url_bare((span){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),  cmocka_unit_test(test_refused),
        cmocka_unit_test(test_decode), cmocka_unit_test(test_encode),
        cmocka_unit_test(test_query),  cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_bare),   cmocka_unit_test(test_join),
    };
    arena_init(&arena, 1 << 20);
    int failed = CHECK_RUN(tests);
    arena_done(&arena);
    return failed;
}
