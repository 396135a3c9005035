/* Spans: comparing, cutting, numbers, and UTF-8 against a table of the standard's corner cases. */
#include "../../../src/base/span.c"

#include "check.h"

static void test_equal(void **state)
{
    (void)state;
    assert_true(span_equal(SPAN("abc"), SPAN("abc")));
    assert_false(span_equal(SPAN("abc"), SPAN("abd")));
    assert_false(span_equal(SPAN("abc"), SPAN("ab")));
    assert_true(span_equal((span){0}, SPAN("")));
    assert_true(span_equal_nocase(SPAN("Content-TYPE"), SPAN("content-type")));
    assert_false(
        span_equal_nocase(SPAN("a["), SPAN("A{"))); /* 0x5B and 0x7B differ by the case bit */
    assert_false(span_equal_nocase(SPAN("@"), SPAN("`")));
    assert_true(span_is(SPAN("x"), "x"));
    assert_false(span_is(SPAN("x\0y"), "x"));
    assert_true(span_is((span){0}, ""));
    static const char *volatile none; /* volatile: gcc at -O3 warns of what cannot happen */
    assert_true(span_is((span){0}, none));
    assert_false(span_is(SPAN("x"), none));
}

static void test_compare(void **state)
{
    (void)state;
    assert_int_equal(span_compare(SPAN("a"), SPAN("a")), 0);
    assert_true(span_compare(SPAN("a"), SPAN("ab")) < 0);
    assert_true(span_compare(SPAN("b"), SPAN("ab")) > 0);
    assert_true(span_compare(SPAN("\xff"), SPAN("a")) > 0); /* bytes, not signed chars */
    assert_int_equal(span_compare((span){0}, SPAN("")), 0);
    assert_true(span_compare((span){0}, SPAN("a")) < 0);
}

static void test_ends(void **state)
{
    (void)state;
    assert_true(span_starts(SPAN("https://x"), "https://"));
    assert_false(span_starts(SPAN("http"), "https"));
    assert_true(span_starts((span){0}, ""));
    assert_false(span_starts((span){0}, "a"));
    assert_true(span_ends(SPAN("shop.myshopify.com"), ".myshopify.com"));
    assert_false(span_ends(SPAN("com"), ".com"));
    assert_true(span_ends(SPAN("com"), ""));
}

static void test_cut(void **state)
{
    (void)state;
    check_span(span_trim(SPAN(" \t\r\n\v\f a b \n")), "a b");
    check_span(span_trim(SPAN("   ")), "");
    check_absent(span_trim((span){0}));
    check_span(span_sub(SPAN("hello"), 1, 3), "ell");
    check_span(span_sub(SPAN("hello"), 3, SIZE_MAX), "lo");
    check_span(span_sub(SPAN("hello"), SIZE_MAX, SIZE_MAX), "");
    check_absent(span_sub((span){0}, 3, 3));
    assert_int_equal(span_find(SPAN("a=b=c"), 0, '='), 1);
    assert_int_equal(span_find(SPAN("a=b=c"), 2, '='), 3);
    assert_int_equal(span_find(SPAN("a=b=c"), 4, '='), 5);
    assert_int_equal(span_find(SPAN("abc"), 99, 'a'), 3);
    assert_int_equal(span_find((span){0}, 0, 'a'), 0);
    assert_int_equal(span_search(SPAN("abcabc"), 0, "bc"), 1);
    assert_int_equal(span_search(SPAN("abcabc"), 2, "bc"), 4);
    assert_int_equal(span_search(SPAN("abc"), 0, "bcd"), 3);
    assert_int_equal(span_search(SPAN("abc"), 9, "a"), 3);
    assert_int_equal(span_search((span){0}, 0, "a"), 0);
}

static void test_split(void **state)
{
    (void)state;
    span rest = SPAN("a,,b,"), part;
    assert_true(span_split(&rest, ',', &part));
    check_span(part, "a");
    assert_true(span_split(&rest, ',', &part));
    check_span(part, "");
    assert_true(span_split(&rest, ',', &part));
    check_span(part, "b");
    assert_true(span_split(&rest, ',', &part));
    check_span(part, "");
    assert_false(span_split(&rest, ',', &part));
    assert_false(span_split(&rest, ',', &part));
    rest = SPAN("one");
    assert_true(span_split(&rest, ',', &part));
    check_span(part, "one");
    assert_false(span_split(&rest, ',', &part));
    rest = (span){0};
    assert_false(span_split(&rest, ',', &part));
}

static void test_int(void **state)
{
    (void)state;
    int64_t value = 0;
    assert_int_equal(span_int(SPAN("0"), &value), OK);
    assert_int_equal(value, 0);
    assert_int_equal(span_int(SPAN("-0"), &value), OK);
    assert_int_equal(value, 0);
    assert_int_equal(span_int(SPAN("007"), &value), OK);
    assert_int_equal(value, 7);
    assert_int_equal(span_int(SPAN("9223372036854775807"), &value), OK);
    assert_true(value == INT64_MAX);
    assert_int_equal(span_int(SPAN("-9223372036854775808"), &value), OK);
    assert_true(value == INT64_MIN);
    static const span wrong[] = {
        {0},
        {"", 0},
        {"-", 1},
        {"+1", 2},
        {" 1", 2},
        {"1 ", 2},
        {"1.0", 3},
        {"1e3", 3},
        {"--1", 3},
        {"0x1", 3},
        {"1\0", 2},
        {"9223372036854775808", 19},
        {"-9223372036854775809", 20},
        {"99999999999999999999999999", 26},
    };
    value = 42;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(span_int(wrong[i], &value), INVALID);
    assert_int_equal(value, 42); /* untouched on failure */
}

/* One sequence at every offset of a word, since the ASCII path takes eight bytes a step. */
static bool utf8_anywhere(span s)
{
    char text[64];
    bool all = true, none = true;
    for (size_t before = 0; before < 17; before++) {
        memset(text, 'a', sizeof text);
        memcpy(text + before, s.ptr, s.len);
        bool ended = span_utf8((span){text, before + s.len});
        bool followed = span_utf8((span){text, before + s.len + 9});
        all = all && ended && followed;
        none = none && !ended && !followed;
    }
    assert_true(all || none);
    return all;
}

static void test_utf8(void **state)
{
    (void)state;
    static const char *const right[] = {
        "a",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "caf\xc3\xa9 \xe2\x82\xac",
        "\xf0\x9f\x98\x80",
    };
    static const char *const wrong[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf", /* alone; overlong */
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",
        "\xed\xbf\xbf", /* surrogates */
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff", /* above U+10FFFF */
        "\xc3",
        "\xe2\x82",
        "\xf0\x9f\x98", /* cut off */
        "\xc3(",
        "\xe2(\xa1",
        "\xe2\x82(",
        "\xf0\x9f\x98(",
    };
    for (size_t i = 0; i < COUNT_OF(right); i++)
        assert_true(utf8_anywhere(span_of(right[i])));
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(utf8_anywhere(span_of(wrong[i])));
    assert_true(span_utf8((span){0}));
    assert_true(span_utf8(SPAN("nul \0 is a character")));
}

/* Every code point once, encoded here by the definition, is valid exactly if no surrogate. */
static void test_utf8_all(void **state)
{
    (void)state;
    for (uint32_t code = 0x800; code < 0x110000; code++) {
        char text[4];
        size_t len = 0;
        if (code >= 0x10000)
            text[len++] = (char)(0xF0 | code >> 18), text[len++] = (char)(0x80 | (code >> 12 & 63));
        else
            text[len++] = (char)(0xE0 | code >> 12);
        text[len++] = (char)(0x80 | (code >> 6 & 63));
        text[len++] = (char)(0x80 | (code & 63));
        bool surrogate = code >= 0xD800 && code <= 0xDFFF;
        if (span_utf8((span){text, len}) == surrogate)
            fail_msg("U+%04X", code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal), cmocka_unit_test(test_compare),  cmocka_unit_test(test_ends),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_split),    cmocka_unit_test(test_int),
        cmocka_unit_test(test_utf8),  cmocka_unit_test(test_utf8_all),
    };
    return CHECK_RUN(tests);
}
