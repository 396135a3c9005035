/* Leaves of other people's JSON: what is taken, what is cut, what is not known. */
#include "../../../src/sources/pick.c"
#include "scene.h"

static const struct json_value *parse(const char *text)
{
    const struct json_value *root;
    assert_int_equal(json_parse(&scene.arena, span_of(text), &root, NULL), OK);
    return root;
}

static void test_text(void **state)
{
    (void)state;
    const struct json_value *o =
        parse("{\"a\":\" x \",\"b\":\"\",\"c\":12,\"d\":null,\"e\":\"\\u0000z"
              "\\u0000\",\"f\":\"ab\xc3\xa4\xc3\xa4\",\"g\":\"\\u0000\"}");
    check_span(pick_text(&scene.arena, o, "a", 10), "x");
    check_absent(pick_text(&scene.arena, o, "b", 10));
    check_absent(pick_text(&scene.arena, o, "c", 10));
    check_absent(pick_text(&scene.arena, o, "d", 10));
    check_absent(pick_text(&scene.arena, o, "none", 10));
    check_absent(pick_text(&scene.arena, NULL, "a", 10));
    check_span(pick_text(&scene.arena, o, "e", 10), "z");
    check_absent(pick_text(&scene.arena, o, "g", 10));
    check_span(pick_text(&scene.arena, o, "f", 6), "ab\xc3\xa4\xc3\xa4");
    check_span(pick_text(&scene.arena, o, "f", 5), "ab\xc3\xa4"); /* not half a letter */
    check_span(pick_text(&scene.arena, o, "f", 4), "ab\xc3\xa4");
    check_span(pick_text(&scene.arena, o, "f", 3), "ab");
}

static void test_exact(void **state)
{
    (void)state;
    const struct json_value *o =
        parse("{\"a\":\" x \",\"b\":\"a\\nb\",\"c\":\"abcdef\",\"d\":[1]}");
    check_span(pick_exact(o, "a", 5), "x");
    check_absent(pick_exact(o, "b", 5));
    check_absent(pick_exact(o, "c", 5)); /* half an id is a wrong id */
    check_span(pick_exact(o, "c", 6), "abcdef");
    check_absent(pick_exact(o, "d", 5));
}

static void test_ids(void **state)
{
    (void)state;
    const struct json_value *o = parse(
        "{\"big\":820982911946154508,\"text\":\"7\",\"gid\":\"gid://shopify/Order/450789469\","
        "\"cart\":\"gid://shopify/Cart/hWN1?key=abc\",\"token\":\"Z2Nw?key=1\",\"f\":1.5,"
        "\"e\":1e3,\"o\":{},\"empty\":\"\",\"neg\":-4,\"path\":\"a/b\"}");
    check_span(pick_id(o, "big"), "820982911946154508");
    check_span(pick_id(o, "text"), "7");
    check_span(pick_id(o, "gid"), "450789469");
    check_span(pick_id(o, "cart"), "hWN1");
    check_span(pick_id(o, "token"), "Z2Nw");
    check_span(pick_id(o, "path"), "a/b");
    check_absent(pick_id(o, "f"));
    check_absent(pick_id(o, "e"));
    check_absent(pick_id(o, "o"));
    check_absent(pick_id(o, "empty"));
    check_absent(pick_id(o, "neg"));
    check_absent(pick_bare_id(SPAN("gid://shopify/Cart/")));
}

static void test_visitor(void **state)
{
    (void)state;
    check_span(pick_visitor(&scene.arena, SPAN(VISITOR)), VISITOR);
    check_span(pick_visitor(&scene.arena, SPAN("01jbzmeqj835bt7ps613dwqaqp")), VISITOR);
    check_span(pick_visitor(&scene.arena, SPAN(" v1." VISITOR " ")), VISITOR);
    check_span(pick_visitor(&scene.arena, SPAN("v1." VISITOR ".1764.x")), VISITOR);
    check_absent(pick_visitor(&scene.arena, SPAN("v1." VISITOR "x")));
    check_absent(pick_visitor(&scene.arena, SPAN("v2." VISITOR)));
    check_absent(pick_visitor(&scene.arena, SPAN("50ead33e-d763-4854-b0ab-765859ef05cb")));
    check_absent(pick_visitor(&scene.arena, (span){0}));
}

static void test_times(void **state)
{
    (void)state;
    const struct json_value *o =
        parse("{\"a\":1764000000123,\"b\":1764000000123.75,\"c\":\"1764000000123\",\"d\":-5,"
              "\"e\":1e12,\"f\":99999999999999999999,\"g\":253402300800000,\"h\":\"now\","
              "\"i\":\"2026-11-02T08:23:58+11:00\",\"j\":\"0001-01-01T00:00:00Z\",\"k\":true}");
    assert_int_equal(pick_ms(o, "a"), INT64_C(1764000000123));
    assert_int_equal(pick_ms(o, "b"), INT64_C(1764000000123));
    assert_int_equal(pick_ms(o, "c"), INT64_C(1764000000123));
    for (const char *key = "defghk"; *key; key++)
        assert_int_equal(pick_ms(o, (char[]){*key, 0}), 0);
    assert_int_equal(pick_date(o, "i"), INT64_C(1793568238000));
    assert_int_equal(pick_date(o, "j"), 0); /* before 1970 nothing was sold to a browser */
    assert_int_equal(pick_date(o, "a"), 0);
}

static void test_money_and_quantity(void **state)
{
    (void)state;
    struct money money;
    int64_t quantity;
    const struct json_value *o = parse(
        "{\"t\":\"59.90\",\"n\":59.9,\"null\":null,\"empty\":\" \",\"bad\":\"12,50\",\"e\":1e3,"
        "\"o\":{},\"b\":true,\"neg\":\"-1\",\"huge\":\"99999999999999999999\",\"q\":\"3\","
        "\"q0\":2.0,\"q5\":2.5}");
    assert_int_equal(pick_money(o, "t", SPAN("EUR"), &money), OK);
    check_money(money, "59.90");
    assert_int_equal(pick_money(o, "n", SPAN("EUR"), &money), OK);
    check_money(money, "59.90");
    assert_int_equal(pick_money(o, "neg", SPAN("EUR"), &money), OK);
    check_money(money, "-1.00");
    const char *const unset[] = {"null", "empty", "none"};
    for (size_t i = 0; i < COUNT_OF(unset); i++) {
        assert_int_equal(pick_money(o, unset[i], SPAN("EUR"), &money), OK);
        assert_false(money.given);
    }
    const char *const wrong[] = {"bad", "e", "o", "b", "huge"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(pick_money(o, wrong[i], SPAN("EUR"), &money), INVALID);
    assert_int_equal(pick_quantity(o, "q", 1, &quantity), OK);
    assert_int_equal(quantity, 3);
    assert_int_equal(pick_quantity(o, "q0", 1, &quantity), OK);
    assert_int_equal(quantity, 2);
    assert_int_equal(pick_quantity(o, "none", 1, &quantity), OK);
    assert_int_equal(quantity, 1);
    assert_int_equal(pick_quantity(o, "q5", 1, &quantity), INVALID);
    assert_int_equal(pick_quantity(o, "o", 1, &quantity), INVALID);
}

static void test_rest(void **state)
{
    (void)state;
    static const char *const known[] = {"a", "b", NULL};
    const struct json_value *o =
        parse("{\"a\":1,\"x\":{\"y\":[1, 2]},\"n\":null,\"b\":2,\"q\\\"\":\"\\ud800\",\"z\":1.50}");
    check_span(pick_rest(&scene.arena, o, known),
               "{\"x\":{\"y\":[1,2]},\"q\\\"\":\"\xef\xbf\xbd\",\"z\":1.50}");
    check_absent(pick_rest(&scene.arena, parse("{\"a\":1,\"b\":null}"), known));
    check_absent(pick_rest(&scene.arena, parse("[]"), known));
    check_absent(pick_rest(&scene.arena, NULL, known));
    check_span(pick_object(&scene.arena, o, "x", 100), "{\"y\":[1,2]}");
    check_absent(pick_object(&scene.arena, o, "x", 10));
    check_absent(pick_object(&scene.arena, o, "a", 10));
}

static void test_rest_ceiling(void **state)
{
    (void)state;
    static const char *const known[] = {NULL};
    char *big = arena_take(&scene.arena, LIMIT_CUSTOM_BYTES + 1);
    memset(big, 'x', LIMIT_CUSTOM_BYTES);
    /* the first does not fit, the second nearly fills it, the third is too much, the last fits */
    span text = arena_print(&scene.arena, "{\"a\":\"%s\",\"b\":\"%.*s\",\"c\":\"%.*s\",\"d\":1}",
                            big, (int)LIMIT_CUSTOM_BYTES - 100, big, 200, big);
    const struct json_value *root;
    assert_int_equal(json_parse(&scene.arena, text, &root, NULL), OK);
    span rest = pick_rest(&scene.arena, root, known);
    assert_true(rest.len <= LIMIT_CUSTOM_BYTES);
    assert_true(span_starts(rest, "{\"b\":"));
    assert_true(span_ends(rest, ",\"d\":1}"));
    assert_int_equal(json_parse(&scene.arena, rest, &root, NULL), OK);
    assert_int_equal(root->count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_text),  SCENE_TEST(test_exact),
        SCENE_TEST(test_ids),   SCENE_TEST(test_visitor),
        SCENE_TEST(test_times), SCENE_TEST(test_money_and_quantity),
        SCENE_TEST(test_rest),  SCENE_TEST(test_rest_ceiling),
    };
    return SCENE_RUN(tests);
}
