/*
 * JSON in. The reader lives in the library (it is C++), so this file tests it by its contract:
 * what is taken, what is refused, that every cut and every broken byte of a document ends in
 * an answer, and that what was read can be written and read again.
 */
#include "../../../src/base/json_find.c"

#include <pthread.h>

#include "../../../src/base/limits.h"
#include "check.h"

static struct arena arena;

static const struct json_value *parsed(span input)
{
    const struct json_value *root = NULL;
    struct error error = {0};
    if (json_parse(&arena, input, &root, &error) != OK)
        fail_msg("%.*s: %s", SPAN_ARG(input), error.text);
    return root;
}

static enum status status_of(span input)
{
    const struct json_value untouched = {0}, *root = &untouched;
    struct error error = {.text = ""};
    enum status status = json_parse(&arena, input, &root, &error);
    assert_int_equal(status == OK, root != &untouched);
    assert_int_equal(status == OK, error.text[0] == '\0');
    assert_int_equal(json_parse(&arena, input, &root, NULL), status);
    return status;
}

static int reset(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

/* A document with everything in it, as small as that goes. */
static const char sample[] =
    " {\"id\":820982911946154508,\"price\":\"199.65\",\"tax\":1.50,\"e\":-1.5E+10, \"on\":true,\r\n"
    "\t\"off\":false,\"none\":null,\"name\":\"caf\xc3\xa9 \\u20ac \\ud83d\\ude00\","
    "\"list\":[1,[],{},\"\",[[\"x\"]]],\"\":{\"a\\\"b\":{\"c\":{\"d\":\"e\"}}}} ";

static void test_tree(void **state)
{
    (void)state;
    const struct json_value *root = parsed(span_of(sample));
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(root->count, 10);
    check_absent(root->key);
    assert_null(root->next);
    static const char *const keys[] = {"id",  "price", "tax",  "e",    "on",
                                       "off", "none",  "name", "list", ""};
    const struct json_value *member = root->first;
    for (size_t i = 0; i < COUNT_OF(keys); i++, member = member->next)
        assert_true(span_is(member->key, keys[i]));
    assert_null(member);
    check_span(json_get(root, "id")->text, "820982911946154508");
    check_span(json_get(root, "price")->text, "199.65");
    check_span(json_get(root, "tax")->text, "1.50");
    check_span(json_get(root, "e")->text, "-1.5E+10");
    assert_int_equal(json_get(root, "on")->kind, JSON_TRUE);
    assert_int_equal(json_get(root, "off")->kind, JSON_FALSE);
    assert_int_equal(json_get(root, "none")->kind, JSON_NULL);
    check_span(json_get(root, "name")->text, "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80");
    const struct json_value *list = json_get(root, "list");
    assert_int_equal(list->kind, JSON_ARRAY);
    assert_int_equal(list->count, 5);
    check_absent(list->first->key);
    check_span(list->first->text, "1");
    assert_int_equal(list->first->next->count, 0);
    assert_null(list->first->next->first);
    check_span(json_path(root, ".a\"b.c.d")->text, "e");
}

/* `raw` is the caller's bytes, where they are; strings are not, so the input may go away. */
static void test_raw(void **state)
{
    (void)state;
    char input[] = "  {\"a\": [ 1, \"\\u0041\\n\" ] ,\"b\":{} ,\"c\":[\n]}\n ";
    const struct json_value *root = parsed(span_of(input));
    const struct json_value *a = json_get(root, "a");
    assert_ptr_equal(root->raw.ptr, input + 2);
    check_span(root->raw, "{\"a\": [ 1, \"\\u0041\\n\" ] ,\"b\":{} ,\"c\":[\n]}");
    check_span(a->raw, "[ 1, \"\\u0041\\n\" ]");
    assert_ptr_equal(a->raw.ptr, input + 8);
    check_span(json_get(root, "b")->raw, "{}");
    check_span(json_get(root, "c")->raw, "[\n]");
    check_absent(a->first->raw);
    memset(input, 'x', sizeof input);
    check_span(a->first->text, "1");
    check_span(a->first->next->text, "A\n");
    check_span(a->key, "a");
}

static void test_scalars(void **state)
{
    (void)state;
    check_span(parsed(SPAN("12"))->text, "12");
    check_span(parsed(SPAN(" -0.0e-0 "))->text, "-0.0e-0");
    check_span(parsed(SPAN("\"x\""))->text, "x");
    check_span(parsed(SPAN("\"\""))->text, "");
    assert_int_equal(parsed(SPAN("true"))->kind, JSON_TRUE);
    assert_int_equal(parsed(SPAN("\tfalse\r\n"))->kind, JSON_FALSE);
    assert_int_equal(parsed(SPAN("null"))->kind, JSON_NULL);
    assert_int_equal(parsed(SPAN("[]"))->kind, JSON_ARRAY);
    assert_int_equal(parsed(SPAN("{}"))->kind, JSON_OBJECT);
}

static void test_numbers(void **state)
{
    (void)state;
    static const char *const right[] = {
        "0",
        "-0",
        "1",
        "10",
        "1234567890123456789012345678901234567890",
        "18446744073709551616",
        "-9223372036854775809",
        "0.1",
        "1.0",
        "0e0",
        "0E+0",
        "1e-400",
        "1e999999",
        "1.7976931348623159e309",
        "0.000000000000000000000000000000000001",
        "9007199254740993",
    };
    static const char *const wrong[] = {
        "01",      "-01",          "+1",        "1.",        ".5",    "-",     "-.5",
        "-a",      "1e",           "1e+",       "1E-",       "1.e1",  "1.5.5", "1e1.5",
        "NaN",     "-NaN",         "Infinity",  "-Infinity", "12abc", "0x10",  "1_000",
        "1,5",     "1 5",          "--1",       "1-",        "1+1",   "00",    "0.",
        "1e1e1",   "\xef\xbc\x91", "1\xc2\xa0", "1\f",       "1\v",   "1f",    "1L",
        "12\"a\"", "1[",           "1{}",
    };
    for (size_t i = 0; i < COUNT_OF(right); i++) {
        const struct json_value *root = parsed(arena_print(&arena, "[ %s ]", right[i]));
        assert_int_equal(root->first->kind, JSON_NUMBER);
        assert_true(span_is(root->first->text, right[i]));
        assert_true(span_is(parsed(span_of(right[i]))->text, right[i]));
    }
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        static const char *const around[] = {"%s", "[%s]", "{\"a\":%s}", "[0, %s , 0]", " %s "};
        for (size_t a = 0; a < COUNT_OF(around); a++) {
            struct buf text;
            buf_init(&text, 1000);
            span form = span_of(around[a]);
            size_t at = span_find(form, 0, '%');
            buf_add_span(&text, span_sub(form, 0, at));
            buf_add_text(&text, wrong[i]);
            buf_add_span(&text, span_sub(form, at + 2, form.len));
            /* "1,5" is a list of two inside an array */
            bool right_here = span_is(span_of(wrong[i]), "1,5") && around[a][0] == '[';
            if (status_of(buf_span(&text)) != (right_here ? OK : INVALID))
                fail_msg("%.*s", SPAN_ARG(buf_span(&text)));
            buf_done(&text);
        }
    }
}

static void test_escapes(void **state)
{
    (void)state;
    check_span(parsed(SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""))->text, "\"\\/\b\f\n\r\t");
    check_span(parsed(SPAN("\"\\u0041\\u00e9\\u20AC\\u0000z\""))->text, "A\xc3\xa9\xe2\x82\xac\0z");
    check_span(parsed(SPAN("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\""))->text,
               "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf");
    check_span(parsed(SPAN("\"\\uD83D\\uDE00 \\ud800\\udc00 \\uDBFF\\uDFFF\""))->text,
               "\xf0\x9f\x98\x80 \xf0\x90\x80\x80 \xf4\x8f\xbf\xbf");
    /* Halves of pairs alone, in every company. */
    static const char *const lone[][2] = {
        {"\"\\ud800\"", "\xef\xbf\xbd"},
        {"\"\\udc00\"", "\xef\xbf\xbd"},
        {"\"a\\udbffb\"", "a\xef\xbf\xbd"
                          "b"},
        {"\"\\ud800\\ud800\\udc00\"", "\xef\xbf\xbd\xf0\x90\x80\x80"},
        {"\"\\udc00\\ud800\"", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\"\\ud800\\n\"", "\xef\xbf\xbd\n"},
        {"\"\\ud800\\u0041\"", "\xef\xbf\xbd"
                               "A"},
        {"\"\\ud800\\\\udc00\"", "\xef\xbf\xbd\\udc00"},
        {"\"\\ud800 \\udc00\"", "\xef\xbf\xbd \xef\xbf\xbd"},
    };
    for (size_t i = 0; i < COUNT_OF(lone); i++) {
        span text = parsed(span_of(lone[i][0]))->text;
        if (!span_is(text, lone[i][1]))
            fail_msg("%s: %.*s", lone[i][0], SPAN_ARG(text));
    }
    check_span(parsed(SPAN("{\"\\ud800k\\u0041\":1}"))->first->key, "\xef\xbf\xbdkA");
}

/* The quote that ends a string at every distance, with and without an escape before it. */
static void test_string_lengths(void **state)
{
    (void)state;
    char text[200];
    for (size_t len = 0; len < 70; len++) {
        memset(text, 'a', sizeof text);
        text[0] = text[len + 1] = '"';
        assert_int_equal(parsed((span){text, len + 2})->text.len, len);
        for (size_t at = 0; at + 2 <= len; at++) {
            text[1 + at] = '\\';
            text[2 + at] = '"';
            span got = parsed((span){text, len + 2})->text;
            assert_int_equal(got.len, len - 1);
            assert_int_equal(got.ptr[at], '"');
            text[1 + at] = text[2 + at] = 'a';
        }
        arena_reset(&arena);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        " ",
        "\n\t",
        "\xef\xbb\xbf",
        "\xef\xbb\xbf{}",
        "{}\xef\xbb\xbf",
        "[1,]",
        "[,1]",
        "[,]",
        "[1 2]",
        "[1,,2]",
        "[",
        "]",
        "[1",
        "[1,",
        "[[]",
        "[]]",
        "{",
        "}",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{:1}",
        "{,}",
        "{a:1}",
        "{'a':1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1:2}",
        "{\"a\",1}",
        "{\"a\":1]",
        "[1}",
        "[1:2]",
        "{\"a\"::1}",
        "{null:1}",
        "{[]:1}",
        "{{}:1}",
        "{\"a\"}",
        "{]",
        "[}",
        "\"",
        "\"a",
        "\"\\\"",
        "\"a\\",
        "\"a\nb\"",
        "\"\t\"",
        "\"\x1f\"",
        "\"\x01\"",
        "'a'",
        "\"a\"b",
        "\"a\"\"b\"",
        "\"a\" \"b\"",
        "\"a\"1",
        "[\"a\"1]",
        "[\"a\"true]",
        "\"\\x41\"",
        "\"\\a\"",
        "\"\\'\"",
        "\"\\0\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u123\"",
        "\"\\u123g\"",
        "\"\\u 123\"",
        "\"\\U0041\"",
        "\"\\ud800\\u12\"",
        "\"\\ud800\\x\"",
        "\"\\ud83d\\uzzzz\"",
        "{\"\\x\":1}",
        "tru",
        "truex",
        "True",
        "TRUE",
        "nul",
        "nulll",
        "null1",
        "fals",
        "falsey",
        "true false",
        "truefalse",
        "true,",
        "[true\"a\"]",
        "t",
        "n",
        "f",
        "nu ll",
        "{} {}",
        "{}{}",
        "[] 1",
        "1 1",
        "{},",
        "/* c */ 1",
        "1 // c",
        "[1] #",
        "\xff",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xc0\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "{\"\xff\":1}",
        "{\"k\xe2\x82\":1}",
        "[1]\xff",
        "[\xe2\x80\xa8]",
        "[1\xc2\xa0]",
        "\x01",
        "[\x01]",
        "[1\x01]",
        "[\0131]",
        "undefined",
        "[undefined]",
        "-",
        "e",
        "@",
        "\\",
        "[\\\"a\"]",
        "{\"a\":\\}",
        "(1)",
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (status_of(span_of(wrong[i])) != INVALID)
            fail_msg("taken: %s", wrong[i]);
    assert_int_equal(status_of((span){0}), INVALID);
    assert_int_equal(status_of(SPAN("[1]\0")), INVALID);
    assert_int_equal(status_of(SPAN("[\0]")), INVALID);
    assert_int_equal(status_of(SPAN("\"a\0b\"")), INVALID);
    assert_int_equal(status_of(SPAN("1\0")), INVALID);
    assert_int_equal(status_of(SPAN("\0")), INVALID);
    struct error error;
    const struct json_value *root;
    assert_int_equal(json_parse(&arena, SPAN("{\"a\":1, \"b\" 2}"), &root, &error), INVALID);
    assert_string_equal(error.text, "at byte 12: a colon was expected");
    assert_int_equal(json_parse(&arena, SPAN("\"\xff\""), &root, &error), INVALID);
    assert_string_equal(error.text, "The input is not valid UTF-8");
}

static span nested(size_t depth, const char *open, const char *inner, const char *close)
{
    struct buf text;
    buf_init(&text, 16 * MIB);
    for (size_t i = 0; i < depth; i++)
        buf_add_text(&text, open);
    buf_add_text(&text, inner);
    for (size_t i = 0; i < depth; i++)
        buf_add_text(&text, close);
    assert_true(buf_ok(&text));
    span kept = arena_copy(&arena, buf_span(&text));
    buf_done(&text);
    return kept;
}

static void test_depth(void **state)
{
    (void)state;
    static const char *const forms[][3] = {
        {"[", "1", "]"}, {"{\"a\":", "1", "}"}, {"[", "", "]"}, {"[0,", "{}", "]"}};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        size_t inner = forms[i][1][0] == '{';
        const char *const *f = forms[i];
        assert_int_equal(status_of(nested(LIMIT_JSON_DEPTH - inner, f[0], f[1], f[2])), OK);
        assert_int_equal(status_of(nested(LIMIT_JSON_DEPTH - inner + 1, f[0], f[1], f[2])), FULL);
        assert_int_equal(status_of(nested(1000000, f[0], "", "")), FULL);
    }
}

static void test_value_count(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4 * MIB);
    buf_add_char(&text, '[');
    for (size_t i = 1; i < LIMIT_JSON_VALUES; i++) /* the array is a value, too */
        buf_add_text(&text, i == 1 ? "1" : ",1");
    buf_add_char(&text, ']');
    assert_int_equal(parsed(buf_span(&text))->count, LIMIT_JSON_VALUES - 1);
    arena_reset(&arena);
    text.len--;
    buf_add_text(&text, ",1]");
    const struct json_value *root = NULL;
    assert_int_equal(json_parse(&arena, buf_span(&text), &root, NULL), FULL);
    assert_null(root);
    buf_done(&text);
}

static void test_truncated(void **state)
{
    (void)state;
    /* The last byte is a blank: without it the document is still whole. */
    for (size_t len = 0; len < sizeof sample - 2; len++) {
        char *cut = malloc(len + 1); /* of its own, so that ASan sees reads past its end */
        memcpy(cut, sample, len);
        if (status_of((span){cut, len}) != INVALID)
            fail_msg("taken: %.*s", (int)len, sample);
        free(cut);
        arena_reset(&arena);
    }
}

/*
 * The witness: RFC 8259 once more, byte by byte and as plainly as possible. Gives what follows
 * the value, NULL when there is none.
 */
static const char *witness_value(const char *at, const char *end, unsigned depth);

static const char *witness_blank(const char *at, const char *end)
{
    while (at < end && strchr(" \n\r\t", *at) && *at)
        at++;
    return at;
}

static const char *witness_string(const char *at, const char *end)
{
    if (at == end || *at++ != '"')
        return NULL;
    for (; at < end && *at != '"'; at++) {
        if ((unsigned char)*at < 0x20)
            return NULL;
        if (*at == '\\') {
            if (++at == end || *at == '\0' || strchr("\"\\/bfnrtu", *at) == NULL)
                return NULL;
            for (int i = 0; *at == 'u' && i < 4; i++)
                if (at + 1 + i >= end || strchr("0123456789abcdefABCDEF", at[1 + i]) == NULL ||
                    !at[1 + i])
                    return NULL;
        }
    }
    return at < end ? at + 1 : NULL;
}

static const char *witness_digits(const char *at, const char *end)
{
    const char *from = at;
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at > from ? at : NULL;
}

static const char *witness_number(const char *at, const char *end)
{
    if (at < end && *at == '-')
        at++;
    const char *whole = witness_digits(at, end);
    if (whole == NULL || (*at == '0' && whole - at > 1))
        return NULL;
    at = whole;
    if (at < end && *at == '.')
        at = witness_digits(at + 1, end);
    if (at && at < end && (*at == 'e' || *at == 'E')) {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        at = witness_digits(at, end);
    }
    return at;
}

static const char *witness_container(const char *at, const char *end, unsigned depth)
{
    char close = *at == '{' ? '}' : ']';
    at = witness_blank(at + 1, end);
    if (at < end && *at == close)
        return at + 1;
    for (;; at++) {
        if (close == '}') {
            at = witness_string(witness_blank(at, end), end);
            at = at ? witness_blank(at, end) : NULL;
            if (at == NULL || at == end || *at++ != ':')
                return NULL;
        }
        at = witness_value(at, end, depth + 1);
        if (at == NULL || at == end || (*at != ',' && *at != close))
            return NULL;
        if (*at == close)
            return at + 1;
    }
}

static const char *witness_value(const char *at, const char *end, unsigned depth)
{
    at = witness_blank(at, end);
    if (at == end || depth > LIMIT_JSON_DEPTH)
        return NULL;
    static const char *const words[] = {"true", "false", "null"};
    const char *after = NULL;
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (span_starts((span){at, (size_t)(end - at)}, words[i]))
            after = at + strlen(words[i]);
    if (after == NULL)
        after = *at == '"'                 ? witness_string(at, end)
                : *at == '{' || *at == '[' ? witness_container(at, end, depth)
                                           : witness_number(at, end);
    return after ? witness_blank(after, end) : NULL;
}

static bool witness(span text)
{
    const char *after =
        text.len > 0 && span_utf8(text) ? witness_value(text.ptr, text.ptr + text.len, 0) : NULL;
    return after && after == text.ptr + text.len;
}

static void agree(span text)
{
    const struct json_value *root = NULL;
    enum status status = json_parse(&arena, text, &root, NULL);
    if ((status == OK) != witness(text))
        fail_msg("%s: %.*s", status == OK ? "taken" : "refused", SPAN_ARG(text));
}

/* Every byte of the sample replaced by every other. */
static void test_one_byte_wrong(void **state)
{
    (void)state;
    char text[sizeof sample];
    unsigned taken = 0;
    memcpy(text, sample, sizeof sample);
    for (size_t i = 0; i < sizeof sample - 1; i++) {
        for (int byte = 0; byte < 256; byte++) {
            text[i] = (char)byte;
            agree((span){text, sizeof sample - 1});
            taken += witness((span){text, sizeof sample - 1});
        }
        text[i] = sample[i];
        arena_reset(&arena);
    }
    assert_true(taken > 1000 && taken < 40000); /* the witness has both answers */
}

/* Pieces of JSON in random order, and a valid document cut, glued and mixed. */
static void test_random_pieces(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "{",       "}",        "[",    "]",  ",",    ":",        "\"a\"", "\"", "\\",     "1",
        "-",       "0",        ".5",   "e1", "true", "null",     " ",     "\n", "\"k\":", "\\u0041",
        "\\ud800", "\xc3\xa9", "\xff", "[]", "{}",   "\"\\\"\"", "x",     "\t", "[1,2]",
    };
    uint64_t chance = 8259;
    unsigned taken = 0;
    for (int round = 0; round < 60000; round++) {
        struct buf text;
        buf_init(&text, 4096);
        size_t count = check_random(&chance) % 9;
        if (round % 3 == 0)
            buf_add(&text, sample, check_random(&chance) % sizeof sample);
        for (size_t i = 0; i < count; i++)
            buf_add_text(&text, pieces[check_random(&chance) % COUNT_OF(pieces)]);
        if (round % 3 == 0) {
            size_t from = check_random(&chance) % (sizeof sample - 1);
            buf_add(&text, sample + from, sizeof sample - 1 - from);
        }
        agree(buf_span(&text));
        taken += witness(buf_span(&text));
        buf_done(&text);
        if (round % 64 == 0)
            arena_reset(&arena);
    }
    assert_true(taken > 500);
}

static bool same(const struct json_value *a, const struct json_value *b)
{
    if (a->kind != b->kind || a->count != b->count || !span_equal(a->text, b->text) ||
        !span_equal(a->key, b->key))
        return false;
    const struct json_value *x = a->first, *y = b->first;
    for (; x && y; x = x->next, y = y->next)
        if (!same(x, y))
            return false;
    return x == y;
}

static void test_write_and_read_again(void **state)
{
    (void)state;
    const struct json_value *root = parsed(span_of(sample)), *again;
    struct buf text;
    buf_init(&text, 4096);
    struct json json;
    json_start(&json, &text);
    json_put_value(&json, NULL, root);
    json_end(&json);
    assert_true(buf_ok(&text));
    again = parsed(buf_span(&text));
    assert_true(same(root, again));
    check_span(
        buf_span(&text),
        "{\"id\":820982911946154508,\"price\":\"199.65\",\"tax\":1.50,\"e\":-1.5E+10,\"on\":true,"
        "\"off\":false,\"none\":null,\"name\":\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\","
        "\"list\":[1,[],{},\"\",[[\"x\"]]],\"\":{\"a\\\"b\":{\"c\":{\"d\":\"e\"}}}}");
    buf_done(&text);
}

static void test_lookups(void **state)
{
    (void)state;
    const struct json_value *root = parsed(
        SPAN("{\"id\":820982911946154508,\"sid\":\"gid-7\",\"half\":12.0,\"exp\":1e3,\"neg\":-5,"
             "\"n\":42,"
             "\"big\":9223372036854775808,\"t\":true,\"f\":false,\"nil\":null,\"o\":{\"p\":{\"q\":"
             "\"deep\"}},"
             "\"twice\":1,\"twice\":2,\"money\":\"19.90\",\"a\":[{\"x\":1}],\"empty\":\"\"}"));
    check_span(json_get_id(root, "id"), "820982911946154508");
    check_span(json_get_id(root, "sid"), "gid-7");
    check_absent(json_get_id(root, "half"));
    check_absent(json_get_id(root, "exp"));
    check_absent(json_get_id(root, "neg"));
    check_absent(json_get_id(root, "nil"));
    check_absent(json_get_id(root, "o"));
    check_absent(json_get_id(root, "none"));
    check_span(json_get_number(root, "half"), "12.0");
    check_span(json_get_number(root, "money"), "19.90");
    check_absent(json_get_number(root, "t"));
    check_absent(json_get_number(NULL, "t"));
    check_span(json_get_text(root, "money"), "19.90");
    check_span(json_get_text(root, "empty"), "");
    check_absent(json_get_text(root, "n"));
    assert_int_equal(json_get_int(root, "n", 7), 42);
    assert_int_equal(json_get_int(root, "neg", 7), -5);
    assert_int_equal(json_get_int(root, "big", 7), 7);
    assert_int_equal(json_get_int(root, "half", 7), 7);
    assert_int_equal(json_get_int(root, "money", 7), 7);
    assert_int_equal(json_get_int(NULL, "n", 7), 7);
    assert_int_equal(json_get_int(root, "twice", 7), 2);
    assert_true(json_get_bool(root, "t", false));
    assert_false(json_get_bool(root, "f", true));
    assert_true(json_get_bool(root, "nil", true));
    assert_false(json_get_bool(root, "n", false));
    assert_true(json_get_bool(NULL, "n", true));
    check_span(json_text(json_path(root, "o.p.q")), "deep");
    assert_null(json_path(root, "o.p.q.r"));
    assert_null(json_path(root, "o.x.q"));
    assert_null(json_path(root, "a.x"));
    assert_null(json_path(NULL, "a"));
    assert_null(json_get(json_get(root, "a"), "x"));
    assert_null(json_get(json_get(root, "n"), "x"));
    check_absent(json_text(NULL));
}

/* A large document, then small ones: the large index is given up, the small ones still read. */
static void test_sizes(void **state)
{
    (void)state;
    for (size_t size = 1; size < 9 * MIB; size = size * 3 + 1) {
        char *text = malloc(size + 2);
        memset(text, 'x', size + 2);
        text[0] = text[size + 1] = '"';
        assert_int_equal(parsed((span){text, size + 2})->text.len, size);
        free(text);
        check_span(parsed(SPAN("[7]"))->first->text, "7");
        arena_reset(&arena);
    }
}

static void *parse_in_thread(void *ret_ok)
{
    struct arena own;
    arena_init(&own, MIB);
    bool ok = true;
    for (int i = 0; i < 500; i++) {
        const struct json_value *root;
        ok = ok && json_parse(&own, span_of(sample), &root, NULL) == OK && root->count == 10;
        arena_reset(&own);
    }
    *(bool *)ret_ok = ok;
    arena_done(&own);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool ok[4] = {0};
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_in_thread, &ok[i]), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++) {
        pthread_join(threads[i], NULL);
        assert_true(ok[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_tree, reset),
        cmocka_unit_test_teardown(test_raw, reset),
        cmocka_unit_test_teardown(test_scalars, reset),
        cmocka_unit_test_teardown(test_numbers, reset),
        cmocka_unit_test_teardown(test_escapes, reset),
        cmocka_unit_test_teardown(test_string_lengths, reset),
        cmocka_unit_test_teardown(test_refused, reset),
        cmocka_unit_test_teardown(test_depth, reset),
        cmocka_unit_test_teardown(test_value_count, reset),
        cmocka_unit_test_teardown(test_truncated, reset),
        cmocka_unit_test_teardown(test_one_byte_wrong, reset),
        cmocka_unit_test_teardown(test_random_pieces, reset),
        cmocka_unit_test_teardown(test_write_and_read_again, reset),
        cmocka_unit_test_teardown(test_lookups, reset),
        cmocka_unit_test_teardown(test_sizes, reset),
        cmocka_unit_test_teardown(test_threads, reset),
    };
    arena_init(&arena, 64 * MIB);
    int failed = CHECK_RUN(tests);
    arena_done(&arena);
    return failed;
}
