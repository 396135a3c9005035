/* Bufs: growth up to the ceiling and not a byte further, overflow that sticks. */
#include "../../../src/base/buf.c"

#include "check.h"

static void test_append(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    assert_true(buf_ok(&buf));
    assert_int_equal(buf_span(&buf).len, 0);
    buf_add_text(&buf, "ab");
    buf_add_char(&buf, '-');
    buf_add_span(&buf, SPAN("cd"));
    buf_add_span(&buf, (span){0});
    buf_add(&buf, "", 0);
    buf_print(&buf, "%03d", 7);
    check_span(buf_span(&buf), "ab-cd007");
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_true(buf.room > 0);
    buf_done(&buf);
    assert_null(buf.ptr);
}

static void test_ceiling_is_exact(void **state)
{
    (void)state;
    for (size_t ceiling = 0; ceiling < 1100; ceiling += 7) {
        struct buf buf;
        buf_init(&buf, ceiling);
        for (size_t i = 0; i < ceiling; i++)
            buf_add_char(&buf, 'x');
        assert_true(buf_ok(&buf));
        assert_int_equal(buf.len, ceiling);
        assert_true(buf.room <= ceiling);
        buf_add_char(&buf, 'x');
        assert_false(buf_ok(&buf));
        assert_int_equal(buf.len, ceiling);
        buf_done(&buf);
    }
}

static void test_overflow_sticks(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_add_text(&buf, "12345");
    buf_add_text(&buf, "678901"); /* whole or not at all */
    check_span(buf_span(&buf), "12345");
    buf_add_char(&buf, 'x'); /* would fit */
    buf_print(&buf, "y");
    assert_null(buf_reserve(&buf, 0));
    check_span(buf_span(&buf), "12345");
    assert_false(buf_ok(&buf));
    buf_cut(&buf, 3);
    assert_true(buf_ok(&buf));
    buf_add_text(&buf, "4567890");
    check_span(buf_span(&buf), "1234567890");
    assert_true(buf_ok(&buf));
    buf_reset(&buf);
    assert_int_equal(buf.len, 0);
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_false(buf_ok(&buf));
    buf_done(&buf);
}

static void test_reserve(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 5000);
    for (size_t len = 0; len < 60; len++) {
        char *at = buf_reserve(&buf, len);
        assert_ptr_equal(at, buf.ptr + buf.len);
        memset(at, 'a' + (int)(len % 26), len);
        buf.len += len;
    }
    assert_int_equal(buf.len, 59 * 60 / 2);
    assert_int_equal(buf.ptr[buf.len - 1], 'a' + 59 % 26);
    buf_done(&buf);
}

static void test_print_long(void **state)
{
    (void)state;
    struct buf buf;
    for (int width = 250; width < 262; width++) {
        buf_init(&buf, (size_t)width);
        buf_print(&buf, "%*d", width, 5); /* fills the ceiling to the last byte */
        assert_true(buf_ok(&buf));
        assert_int_equal(buf.len, width);
        assert_int_equal(buf.ptr[width - 1], '5');
        buf_done(&buf);
        buf_init(&buf, (size_t)width - 1);
        buf_print(&buf, "%*d", width, 5);
        assert_false(buf_ok(&buf));
        assert_int_equal(buf.len, 0);
        buf_done(&buf);
    }
}

static void test_html(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    buf_add_html(&buf, SPAN("<b a=\"1\" c='2'>&amp; plain"));
    assert_true(span_is(buf_span(&buf), "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp; plain"));
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_append),          cmocka_unit_test(test_ceiling_is_exact),
        cmocka_unit_test(test_overflow_sticks), cmocka_unit_test(test_reserve),
        cmocka_unit_test(test_print_long),      cmocka_unit_test(test_html),
    };
    return CHECK_RUN(tests);
}
