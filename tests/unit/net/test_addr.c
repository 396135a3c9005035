/* Addresses: ranges, splitting, what is public, whose hop is believed. */
#include "../../../src/net/addr.c"
#include "kit.h"

static void test_range(void **state)
{
    (void)state;
    static const struct {
        const char *range, *ip;
        bool in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true},
        {"10.0.0.0/8", "11.0.0.1", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"127.0.0.1", "127.0.0.2", false},
        {"192.168.1.128/25", "192.168.1.127", false},
        {"192.168.1.128/25", "192.168.1.128", true},
        {"0.0.0.0/0", "8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "8.8.8.8", true},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/33", "2001:db8:ffff::1", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"::ffff:10.0.0.0/104", "10.1.2.3", true},
        {"10.0.0.0/8", "10.0.0.1.", false},
        {"10.0.0.0/8", "nonsense", false},
        {"10.0.0.0/8", "", false},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        struct addr_range range;
        assert_int_equal(addr_range_parse(span_of(cases[i].range), &range), OK);
        struct addr_list list = {&range, 1};
        if (addr_in(&list, span_of(cases[i].ip)) != cases[i].in)
            fail_msg("%s in %s", cases[i].ip, cases[i].range);
    }
    static const char *const wrong[] = {"",           "10.0.0.0/33", "10.0.0.0/",  "10.0.0.0/-1",
                                        "10.0.0/8",   "::/129",      "::1/1/1",    "a",
                                        "10.0.0.1/x", "[::1]",       "fe80::1%lo", " 10.0.0.1"};
    for (unsigned i = 0; i < COUNT_OF(wrong); i++) {
        struct addr_range range = {.prefix = 77};
        assert_int_equal(addr_range_parse(span_of(wrong[i]), &range), INVALID);
        assert_int_equal(range.prefix, 77);
    }
}

static void test_split(void **state)
{
    (void)state;
    span host;
    uint16_t port;
    assert_int_equal(addr_split(SPAN("0.0.0.0:8080"), &host, &port), OK);
    assert_true(span_is(host, "0.0.0.0") && port == 8080);
    assert_int_equal(addr_split(SPAN("[::1]:65535"), &host, &port), OK);
    assert_true(span_is(host, "::1") && port == 65535);
    assert_int_equal(addr_split(SPAN("127.0.0.1:0"), &host, &port), OK);
    assert_int_equal(port, 0);
    static const char *const wrong[] = {
        "",        ":80",  "127.0.0.1", "127.0.0.1:", "::1:80",  "a:b",
        "a:65536", "a:-1", "[::1]80",   "[]:80",      "[::1:80", "a:080000"};
    for (unsigned i = 0; i < COUNT_OF(wrong); i++)
        if (addr_split(span_of(wrong[i]), &host, &port) != INVALID)
            fail_msg("%s", wrong[i]);
}

static void test_public(void **state)
{
    (void)state;
    static const char *const open[] = {"8.8.8.8",           "172.32.0.1",    "100.128.0.1",
                                       "192.0.2.1",         "203.0.113.9",   "2001:db8::1",
                                       "2a00:1450::1",      "169.253.1.1",   "64:ff9b::808:808",
                                       "2002:0808:0808::1", "::ffff:8.8.8.8"};
    static const char *const closed[] = {"127.0.0.1",
                                         "10.1.2.3",
                                         "172.16.0.1",
                                         "172.31.255.255",
                                         "192.168.0.1",
                                         "100.64.0.1",
                                         "169.254.169.254",
                                         "0.0.0.0",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "198.18.0.1",
                                         "::",
                                         "::1",
                                         "fe80::1",
                                         "fc00::1",
                                         "fd12::1",
                                         "ff02::1",
                                         "2001::1",
                                         "::ffff:10.0.0.1",
                                         "64:ff9b::a00:1",
                                         "2002:7f00:1::",
                                         "::7f00:1",
                                         "64:ff9b:1::808:808",
                                         "",
                                         "localhost"};
    for (unsigned i = 0; i < COUNT_OF(open); i++)
        if (!addr_public(span_of(open[i])))
            fail_msg("%s should be public", open[i]);
    for (unsigned i = 0; i < COUNT_OF(closed); i++)
        if (addr_public(span_of(closed[i])))
            fail_msg("%s should not be public", closed[i]);
    static const char *const loop[] = {"127.0.0.1", "127.9.9.9", "::1", "[::1]", "LocalHost"};
    static const char *const far[] = {"128.0.0.1", "localhost.example", "", "::2", "0.0.0.0"};
    for (unsigned i = 0; i < 5; i++) {
        assert_true(addr_loopback_host(span_of(loop[i])));
        assert_false(addr_loopback_host(span_of(far[i])));
    }
    assert_true(addr_valid(SPAN("::1")) && addr_valid(SPAN("1.2.3.4")));
    assert_false(addr_valid(SPAN("1.2.3")) || addr_valid(SPAN("1.2.3.4:5")));
    assert_false(addr_valid(((span){"1.2.3.4\0", 8})));
}

static void test_client(void **state)
{
    (void)state;
    struct addr_range ranges[2];
    assert_int_equal(addr_range_parse(SPAN("10.0.0.0/8"), &ranges[0]), OK);
    assert_int_equal(addr_range_parse(SPAN("2001:db8::/32"), &ranges[1]), OK);
    struct addr_list trusted = {ranges, 2}, none = {0};
    static const struct {
        const char *peer, *header, *client;
    } cases[] = {
        {"10.0.0.1", "1.2.3.4", "1.2.3.4"},
        {"9.9.9.9", "1.2.3.4", "9.9.9.9"},           /* a stranger's claim */
        {"10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"}, /* 6.6.6.6: its claim */
        {"10.0.0.1", "1.2.3.4, 10.0.0.7,10.0.0.8", "1.2.3.4"},
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"}, /* all ours: the farthest */
        {"10.0.0.1", "", "10.0.0.1"},
        {"10.0.0.1", ",", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4, unknown", "10.0.0.1"},
        {"10.0.0.1", "1.2.3.4, unknown, 10.0.0.9", "10.0.0.9"},
        {"10.0.0.1", "1.2.3.4:567", "1.2.3.4"},
        {"10.0.0.1", "[2a00::5]:443", "2a00::5"},
        {"10.0.0.1", "[2a00::5", "10.0.0.1"},
        {"10.0.0.1", "2a00::5", "2a00::5"},
        {"2001:db8::1", " 2a00::5 ,2001:db8::9", "2a00::5"},
        {"10.0.0.1", "<script>", "10.0.0.1"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        span client = addr_client(&trusted, span_of(cases[i].peer), span_of(cases[i].header));
        if (!span_is(client, cases[i].client))
            fail_msg("%u: %.*s", i, SPAN_ARG(client));
        client = addr_client(&none, span_of(cases[i].peer), span_of(cases[i].header));
        assert_true(span_is(client, cases[i].peer));
    }
    assert_true(span_is(addr_client(&trusted, SPAN("10.0.0.1"), (span){0}), "10.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_public),
        cmocka_unit_test(test_client),
    };
    return KIT_RUN(tests);
}
