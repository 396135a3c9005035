/* What is refused at the moment of connecting, what is masked, and what WebKit's test says. */
#include "../../../src/audit/fetch.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../src/audit/audit.h"
#include "../../../src/audit/dns.h"
#include "../../../src/audit/redact.h"

/* ---- connecting ---- */

static bool lets(struct fetch *fetch, const char *ip)
{
    struct {
        struct curl_sockaddr address; /* libcurl's has room for IPv4 only and is followed by more */
        char more[32];
    } asked = {.address = {.socktype = SOCK_STREAM}};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&asked.address.addr;
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    asked.address.family = strchr(ip, ':') ? AF_INET6 : AF_INET;
    if (asked.address.family == AF_INET) {
        assert_int_equal(inet_pton(AF_INET, ip, &v4->sin_addr), 1);
    } else {
        assert_int_equal(inet_pton(AF_INET6, ip, &v6.sin6_addr), 1);
        memcpy((char *)&asked + offsetof(struct curl_sockaddr, addr), &v6, sizeof v6);
    }
    fetch->refused = false;
    curl_socket_t file = open_socket(fetch, CURLSOCKTYPE_IPCXN, &asked.address);
    if (file != CURL_SOCKET_BAD)
        close(file);
    return file != CURL_SOCKET_BAD || !fetch->refused; /* no IPv6 here: let, and not opened */
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const inside[] = {
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "198.18.0.1",
        "255.255.255.255",
    };
    static const char *const outside[] = {"93.184.216.34", "172.15.0.1",  "172.32.0.1",
                                          "100.63.0.1",    "100.128.0.1", "2606:2800::1"};
    struct fetch fetch = {0};
    for (size_t i = 0; i < COUNT_OF(inside); i++)
        if (lets(&fetch, inside[i]))
            fail_msg("%s is connected", inside[i]);
    for (size_t i = 0; i < COUNT_OF(outside); i++)
        if (!lets(&fetch, outside[i]))
            fail_msg("%s is refused", outside[i]);
    fetch.allow_private = true;
    assert_true(lets(&fetch, "127.0.0.1"));
}

/* ---- masking ---- */

static void test_masking(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"a  b\n\tc", "a b c"},
        {"mail anna@example.com now", "mail ••• now"},
        {"u=anna%40example.com&x=1", "u=•••&x=1"},
        {"api_key=abcdef123456", "api_key=•••"},
        {"{\"accessToken\":\"abcdef123456\",\"id\":7}", "{\"accessToken\":\"•••\",\"id\":7}"},
        {"em=2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "em=•••"},
        {"h 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "h •••"},
        {"fbq('init', '411222333444555')", "fbq('init', '411222333444555')"},
        {"gtag('config','G-ABCDE12345')", "gtag('config','G-ABCDE12345')"},
        {"media@2x.png", "media@2x.png"},
        {"react@18.2.10/x.js", "react@18.2.10/x.js"},
        {"write to anna@example.co.uk.", "write to •••."},
        {"a\xff\xfe", "a??"},
    };
    struct arena arena;
    arena_init(&arena, MIB);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        span shown = redact_quote(&arena, span_of(cases[i].text), 200);
        if (!span_is(shown, cases[i].shown))
            fail_msg("%s: %.*s", cases[i].text, SPAN_ARG(shown));
    }
    assert_true(span_is(redact_url(&arena, SPAN("https://u:p@a.example/x?token=1#f")),
                        "https://a.example/x"));
    assert_true(span_is(redact_url(&arena, SPAN("https://a.example/u/anna@example.com/")),
                        "https://a.example/u/•••/"));
    span cut = redact_quote(&arena, SPAN("ääääääääää"), 10);
    assert_true(cut.len <= 10 && span_utf8(cut) && span_ends(cut, "…"));
    arena_done(&arena);
}

/* Who is told that a tag sends e-mails wants one to have been sent: no picture, no key of Sentry's.
 */
static void test_what_is_an_email(void **state)
{
    (void)state;
    static const char *const are[] = {
        "anna@example.com",
        "https://a.example/?e=anna%40example.com",
        "https://a.example/?e=anna%40example.com&x=1",
        "dl=https%3A%2F%2Fa.example%2F%3Femail%3Danna%2540example.com", /* a URL in a URL */
        "mailto:anna@example.com?subject=x",
        "{\"email\":\"anna@example.com\",\"x\":1}",
        "{\"email\":\"anna\\u0040example.com\"}", /* as PHP writes it in scripts */
        "name=a&email=o'hara+x@mail.example.co.uk",
        "\xC3\xBC"
        "ber@example.com",
        "anna@ex\xC3\xA4mple.de",
        "anna@xn--exmple-cua.de",
        "anna@example.xn--p1ai",
        "e=ANNA%40EXAMPLE.COM",
        "x@2x.png then anna@example.com",
        "https://a.example/anna@example.com/orders",
        "a=1,anna@example.com_x",
    };
    static const char *const are_not[] = {
        "https://a.example/@handle/x@2x.png?x=1@2",
        "https://a.example/hero@2x.mp4",
        "logo%402x.png%3Fv%3D1",
        "https://cdn.example/npm/react@18.2.10/x.js",
        "https://cdn.example/npm/lib@1.2.3-beta.min",
        "https://0123456789abcdef@o450.ingest.sentry.example/7", /* a key, not a person */
        "https%3A%2F%2Fkey%40o450.ingest.sentry.example%2F7",
        "https://user:word@shop.example/",
        "@media (min-width: 1px)",
        "anna@localhost",
        "anna@",
        "100%4020.50",
        "",
    };
    for (size_t i = 0; i < COUNT_OF(are); i++)
        if (!redact_has_email(span_of(are[i])))
            print_error("no e-mail: %s\n", are[i]);
    for (size_t i = 0; i < COUNT_OF(are_not); i++)
        if (redact_has_email(span_of(are_not[i])))
            print_error("an e-mail: %s\n", are_not[i]);
    for (size_t i = 0; i < COUNT_OF(are); i++)
        assert_true(redact_has_email(span_of(are[i])));
    for (size_t i = 0; i < COUNT_OF(are_not); i++)
        assert_false(redact_has_email(span_of(are_not[i])));
}

/* ---- contracts/sources 4.1 ---- */

static void test_cloaking(void **state)
{
    (void)state;
    static const struct {
        const char *store_alias, *store_ip, *alias, *ip;
        enum dns_verdict wanted;
    } cases[] = {
        {NULL, "203.0.113.5", NULL, "203.0.9.9", DNS_SAME},
        {NULL, "203.0.113.5", NULL, "203.1.113.5", DNS_FAR},
        {NULL, "203.0.113.5", "x.vendor.test", "203.0.113.5", DNS_CLOAKED},
        {"s.cdn.test", "203.0.113.5", "t.cdn.test", "198.51.100.1", DNS_SAME},
        {"s.cdn.test", "203.0.113.5", "t.other.test", "203.0.113.5", DNS_CLOAKED},
        {NULL, "203.0.113.5", "edge.acme.example", "203.0.1.1", DNS_SAME},
        {NULL, "2001:db8:1:2::1", NULL, "2001:db8:1:2::9", DNS_SAME},
        {NULL, "2001:db8:1:2::1", NULL, "2001:db8:1:3::1", DNS_FAR},
        {NULL, "203.0.113.5", NULL, "2001:db8::1", DNS_FAR},
    };
    struct arena arena;
    arena_init(&arena, MIB);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct evidence_host store = {.name = SPAN("www.acme.example"),
                                      .names = {span_of(cases[i].store_alias)},
                                      .name_count = cases[i].store_alias != NULL,
                                      .addresses = {span_of(cases[i].store_ip)},
                                      .address_count = 1};
        struct evidence_host host = {.name = SPAN("t.acme.example"),
                                     .names = {span_of(cases[i].alias)},
                                     .name_count = cases[i].alias != NULL,
                                     .addresses = {span_of(cases[i].ip)},
                                     .address_count = 1};
        if (dns_compare(&arena, &store, &host) != cases[i].wanted)
            fail_msg("case %zu", i);
    }
    arena_done(&arena);
}

/* ---- time ---- */

/* A shop whose first page comes at once, and everything after it never. */
static void tarpit(int door)
{
    static const char page[] =
        "<!doctype html><title>Acme</title><script src=/a.js></script><script src=/b.js></script>"
        "<script src=/c.js></script><a href=/products/shirt>Shirt</a>";
    for (bool first = true;; first = false) {
        char asked[4096];
        int caller = accept(door, NULL, NULL);
        if (!first || read(caller, asked, sizeof asked) <= 0)
            continue; /* kept open, and silent */
        dprintf(caller,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %zu\r\n"
                "Connection: close\r\n\r\n%s",
                sizeof page - 1, page);
        close(caller);
    }
}

static void test_all_of_it_has_a_deadline(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(door, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(door, 16), 0);
    assert_int_equal(getsockname(door, (struct sockaddr *)&address, &length), 0);
    pid_t shop = fork();
    if (shop == 0)
        tarpit(door);
    char url[64];
    struct arena arena;
    struct audit *audit;
    struct error error;
    arena_init(&arena, LIMIT_AUDIT_ARENA);
    audit = arena_new(&arena, struct audit);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", ntohs(address.sin_port));
    struct audit_options options = {
        .url = url, .allow_private = true, .seconds = 2, .clock = &clock_real};
    int64_t began = clock_monotonic_us();
    enum status status = audit_run(&arena, &options, audit, &error);
    int64_t took = clock_monotonic_us() - began;
    kill(shop, SIGKILL);
    waitpid(shop, NULL, 0);
    close(door);
    assert_int_equal(status, OK); /* of what had come a report is made */
    assert_int_equal(audit->evidence.page_count, 1);
    assert_in_range(took, 1000000, 5000000); /* one silent request alone may take ten seconds */
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_masking),
        cmocka_unit_test(test_what_is_an_email),
        cmocka_unit_test(test_cloaking),
        cmocka_unit_test(test_all_of_it_has_a_deadline),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
