/* JSON out: commas, keys, escapes and numbers byte for byte; misuse aborts; overflow sticks. */
#include "../../../src/base/json_write.c"

#include <sys/wait.h>
#include <unistd.h>

#include "../../../src/base/limits.h"
#include "check.h"

static struct buf out;
static struct json json;

static int start(void **state)
{
    (void)state;
    buf_init(&out, MIB);
    json_start(&json, &out);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    buf_done(&out);
    return 0;
}

static void test_shapes(void **state)
{
    (void)state;
    json_open(&json, NULL, '{');
    json_put_text(&json, "text", SPAN("caf\xc3\xa9"));
    json_put_text(&json, "absent", (span){0});
    json_put_int(&json, "int", 7);
    json_put_bool(&json, "yes", true);
    json_put_bool(&json, "no", false);
    json_put_null(&json, "null");
    json_put_raw(&json, "money", SPAN("19.90"));
    json_put_raw(&json, "nothing", (span){0});
    json_open(&json, "list", '[');
    json_put_int(&json, NULL, 1);
    json_open(&json, NULL, '{');
    json_close(&json, '}');
    json_open(&json, NULL, '[');
    json_close(&json, ']');
    json_put_text(&json, NULL, SPAN("x"));
    json_close(&json, ']');
    json_put_text_at(&json, SPAN("k\"ey"), SPAN("v"));
    json_put_raw_at(&json, (span){0}, SPAN("[1,2]"));
    json_close(&json, '}');
    json_end(&json);
    check_span(buf_span(&out),
               "{\"text\":\"caf\xc3\xa9\",\"absent\":\"\",\"int\":7,\"yes\":true,\"no\":false,"
               "\"null\":null,\"money\":19.90,\"nothing\":null,\"list\":[1,{},[],\"x\"],"
               "\"k\\\"ey\":\"v\",\"\":[1,2]}");
}

/* A tree made by hand; the reader's tests do the same with what was read. */
static void test_values(void **state)
{
    (void)state;
    struct json_value last = {.kind = JSON_STRING, .key = SPAN("s"), .text = SPAN("\n")};
    struct json_value number = {
        .kind = JSON_NUMBER, .key = SPAN("n"), .text = SPAN("1.50"), .next = &last};
    struct json_value no = {.kind = JSON_FALSE, .next = NULL};
    struct json_value yes = {.kind = JSON_TRUE, .next = &no};
    struct json_value empty = {.kind = JSON_OBJECT, .next = &yes};
    struct json_value list = {
        .kind = JSON_ARRAY, .key = SPAN("\"l\""), .first = &empty, .count = 3, .next = &number};
    struct json_value null = {.kind = JSON_NULL, .key = SPAN("z"), .next = &list};
    struct json_value root = {
        .kind = JSON_OBJECT, .key = SPAN("own key"), .first = &null, .count = 4};
    json_open(&json, NULL, '{');
    json_put_value(&json, "a", &root);
    json_put_value_at(&json, SPAN("b"), &number); /* without its siblings */
    json_open(&json, "c", '[');
    json_put_value(&json, NULL, &list);
    json_put_value(&json, NULL, &null);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    check_span(buf_span(&out),
               "{\"a\":{\"z\":null,\"\\\"l\\\"\":[{},true,false],\"n\":1.50,\"s\":\"\\n\"},"
               "\"b\":1.50,\"c\":[[{},true,false],null]}");
}

static span written(span text)
{
    buf_reset(&out);
    json_start(&json, &out);
    json_put_text(&json, NULL, text);
    json_end(&json);
    return buf_span(&out);
}

static void test_escapes(void **state)
{
    (void)state;
    check_span(written(SPAN("\"\\\b\f\n\r\t/")), "\"\\\"\\\\\\b\\f\\n\\r\\t/\"");
    check_span(written(SPAN("\0\x01\x1f\x0b\x7f")), "\"\\u0000\\u0001\\u001f\\u000b\x7f\"");
    check_span(written(SPAN("\xe2\x80\xa8\xf0\x9f\x98\x80")), "\"\xe2\x80\xa8\xf0\x9f\x98\x80\"");
    check_span(written(SPAN("</script>&'")), "\"</script>&'\"");
    check_span(written(SPAN("")), "\"\"");
}

/* Every byte at every place of a word, between plain ones: right length, right escape. */
static void test_every_byte(void **state)
{
    (void)state;
    for (int byte = 0; byte < 128; byte++) {
        for (size_t before = 0; before < 18; before++) {
            char text[40];
            memset(text, 'a', sizeof text);
            text[before] = (char)byte;
            span got = written((span){text, before + 10});
            size_t extra = byte == '"' || byte == '\\' || (byte && strchr("\b\f\n\r\t", byte)) ? 1
                           : byte < 0x20                                                       ? 5
                                                                                               : 0;
            assert_int_equal(got.len, before + 12 + extra);
            assert_int_equal(got.ptr[1 + before] == '\\', extra > 0);
            assert_int_equal(got.ptr[got.len - 2], 'a');
        }
    }
}

/* The same for texts too short to be asked about in words. */
static void test_short_texts(void **state)
{
    (void)state;
    for (size_t len = 1; len < 20; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[20];
                memset(text, 0xc3, sizeof text); /* not text, but bytes with the top bit set */
                text[at] = (char)byte;
                span got = written((span){text, len});
                bool escaped = byte < 0x20 || byte == '"' || byte == '\\';
                assert_int_equal(got.len > len + 2, escaped);
                assert_int_equal(got.ptr[1 + at] == '\\', escaped);
            }
        }
    }
}

static void test_ints(void **state)
{
    (void)state;
    static const int64_t numbers[] = {0, 1, -1, 9, 10, -10, 1764000000123, INT64_MAX, INT64_MIN};
    json_open(&json, NULL, '[');
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        json_put_int(&json, NULL, numbers[i]);
    json_close(&json, ']');
    check_span(buf_span(&out),
               "[0,1,-1,9,10,-10,1764000000123,9223372036854775807,-9223372036854775808]");
}

static void test_overflow(void **state)
{
    (void)state;
    for (size_t ceiling = 0; ceiling <= 40; ceiling++) {
        struct buf small;
        buf_init(&small, ceiling);
        json_start(&json, &small);
        json_open(&json, NULL, '{');
        json_put_text(&json, "key", SPAN("value \"quoted\""));
        json_put_int(&json, "n", 123456);
        json_close(&json, '}');
        json_end(&json);
        assert_int_equal(buf_ok(&small), ceiling >= 37);
        buf_done(&small);
    }
}

/* Random bytes of text there and back. */
static void test_round_trip(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 16 * MIB);
    uint64_t chance = 8;
    for (int round = 0; round < 20000; round++) {
        char text[80];
        size_t len = check_random(&chance) % sizeof text;
        for (size_t i = 0; i < len; i++) {
            uint64_t draw = check_random(&chance);
            text[i] = draw % 8 == 0   ? (char)(draw >> 8 & 0x1f)
                      : draw % 8 == 1 ? '\\'
                                      : (char)(draw >> 8 & 0x7f);
        }
        const struct json_value *root = NULL;
        assert_int_equal(json_parse(&arena, written((span){text, len}), &root, NULL), OK);
        assert_true(span_equal(root->text, (span){text, len}));
        arena_reset(&arena);
    }
    arena_done(&arena);
}

/* What a bug of ours would do, each in a process of its own. */
static void misuse(int which)
{
    switch (which) {
    case 0: /* not closed */
        json_open(&json, NULL, '{');
        json_end(&json);
        break;
    case 1: /* closed by the wrong bracket */
        json_open(&json, NULL, '{');
        json_close(&json, ']');
        break;
    case 2: /* closed too often */
        json_close(&json, '}');
        break;
    case 3: /* no key in an object */
        json_open(&json, NULL, '{');
        json_put_int(&json, NULL, 1);
        break;
    case 4: /* a key in an array */
        json_open(&json, NULL, '[');
        json_put_int(&json, "key", 1);
        break;
    case 5: /* a key at the root */
        json_put_int(&json, "key", 1);
        break;
    case 6: /* two roots */
        json_put_int(&json, NULL, 1);
        json_put_int(&json, NULL, 2);
        break;
    case 7: /* nothing at all */
        json_end(&json);
        break;
    case 8: /* too deep */
        for (int i = 0; i < JSON_WRITE_DEPTH; i++)
            json_open(&json, NULL, '[');
        break;
    case 9: /* a key that is data in an array */
        json_open(&json, NULL, '[');
        json_put_text_at(&json, SPAN("key"), SPAN("x"));
        break;
    }
}

static void test_misuse_aborts(void **state)
{
    (void)state;
    for (int which = 0; which < 10; which++) {
        pid_t child = fork();
        if (child == 0) {
            close(STDERR_FILENO); /* what assert says */
            misuse(which);
            _exit(0);
        }
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        if (!WIFSIGNALED(how) || WTERMSIG(how) != SIGABRT)
            fail_msg("misuse %d went through", which);
    }
    for (int i = 0; i < JSON_WRITE_DEPTH - 1; i++)
        json_open(&json, NULL, '[');
    for (int i = 0; i < JSON_WRITE_DEPTH - 1; i++)
        json_close(&json, ']');
    json_end(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shapes, start, stop),
        cmocka_unit_test_setup_teardown(test_values, start, stop),
        cmocka_unit_test_setup_teardown(test_escapes, start, stop),
        cmocka_unit_test_setup_teardown(test_every_byte, start, stop),
        cmocka_unit_test_setup_teardown(test_short_texts, start, stop),
        cmocka_unit_test_setup_teardown(test_ints, start, stop),
        cmocka_unit_test_setup_teardown(test_overflow, start, stop),
        cmocka_unit_test_setup_teardown(test_round_trip, start, stop),
        cmocka_unit_test_setup_teardown(test_misuse_aborts, start, stop),
    };
    return CHECK_RUN(tests);
}
