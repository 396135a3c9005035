/*
 * The tree with its places, expansion, and every refusal with line and column.
 */
#include "../../../src/app/yaml.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static struct yaml_troubles troubles;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    troubles = (struct yaml_troubles){.arena = &arena};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

static const struct yaml_node *parse(const char *text)
{
    const struct yaml_node *root = NULL;
    assert_int_equal(yaml_parse(&arena, span_of(text), true, &root, &troubles), OK);
    return root;
}

static void refused(const char *text, unsigned line, unsigned column, const char *words)
{
    const struct yaml_node *root = NULL;
    troubles = (struct yaml_troubles){.arena = &arena};
    assert_int_equal(yaml_parse(&arena, span_of(text), true, &root, &troubles), INVALID);
    assert_non_null(troubles.first);
    const char *said = arena_text(&arena, troubles.first->text);
    if (!strstr(said, words))
        fail_msg("said: %s", said);
    assert_int_equal(troubles.first->line, line);
    assert_int_equal(troubles.first->column, column);
    assert_int_equal(troubles.count, 1);
}

static void test_tree(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("a: 1\nlist:\n  - x\n  - {k: \"v: w\", n: ~}\nend:\n");
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->count, 3);
    const struct yaml_node *list = yaml_get(root, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->key_line, 2);
    assert_int_equal(list->key_column, 1);
    assert_int_equal(list->count, 2);
    assert_true(span_is(list->first->text, "x"));
    assert_int_equal(list->first->line, 3);
    assert_int_equal(list->first->column, 5);
    const struct yaml_node *map = list->first->next;
    assert_true(span_is(yaml_get(map, "k")->text, "v: w"));
    assert_true(yaml_get(map, "n")->null);
    assert_true(yaml_get(root, "end")->null);
    assert_null(yaml_get(root, "nothing"));
    assert_null(yaml_get(list, "k"));
    assert_null(parse(""));
    assert_null(parse("# only a comment\n"));
}

static void test_quoted_null_is_text(void **state)
{
    (void)state;
    const struct yaml_node *root = parse("a: \"\"\nb: 'null'\n");
    assert_false(yaml_get(root, "a")->null);
    assert_false(yaml_get(root, "b")->null);
}

static void test_environment(void **state)
{
    (void)state;
    setenv("YAML_TEST", "se:cret", 1);
    unsetenv("YAML_UNSET");
    const struct yaml_node *a = yaml_get(parse("a: x${YAML_TEST}y$${z} $5\n"), "a");
    assert_true(span_is(a->text, "xse:crety${z} $5"));
    assert_true(span_is(a->written, "x${YAML_TEST}y$${z} $5"));
    refused("a: 1\nb: \"${YAML_UNSET}\"\n", 2, 4, "YAML_UNSET is not set");
    refused("a: ${YAML_TEST\n", 1, 4, "no closing }");
    setenv("YAML_TEST", "\xff", 1);
    refused("a: ${YAML_TEST}\n", 1, 4, "not UTF-8");
}

static void test_keys_are_not_expanded(void **state)
{
    (void)state;
    assert_non_null(yaml_get(parse("${YAML_UNSET}: 1\n"), "${YAML_UNSET}"));
}

static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/sidetrack-yaml-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "token\n", 6), 6);
    const char *text = arena_print(&arena, "a: file:%s\n", path).ptr;
    assert_true(span_is(yaml_get(parse(text), "a")->text, "token"));
    assert_int_equal(ftruncate(file, 0), 0);
    assert_true(span_empty(yaml_get(parse(text), "a")->text));
    close(file);
    unlink(path);
    refused(text, 1, 4, "No such file");
    refused("a: file:/\n", 1, 4, "not a regular file");
}

static void test_without_expansion(void **state)
{
    (void)state;
    const struct yaml_node *root = NULL;
    assert_int_equal(
        yaml_parse(&arena, SPAN("a: ${YAML_UNSET}\nb: file:/none\n"), false, &root, &troubles), OK);
    assert_true(span_is(yaml_get(root, "a")->text, "${YAML_UNSET}"));
    assert_true(span_is(yaml_get(root, "b")->text, "file:/none"));
}

static void test_refusals(void **state)
{
    (void)state;
    refused("a: 1\nb: 2\na: 3\n", 3, 1, "`a` is written twice; the first one is on line 1");
    refused("a: &x 1\n", 1, 4, "anchors");
    refused("a: *x\n", 1, 4, "aliases");
    refused("a: !!str 1\n", 1, 4, "tags");
    refused("[a]: 1\n", 1, 1, "a key must be a word");
    refused("a: 1\n---\nb: 2\n", 2, 1, "a second document");
    refused("a: [1, 2\nb: 3\n", 2, 2, "not YAML");
    refused("a:\n\t- 1\n", 2, 1, "tabs are not allowed");
    refused("a:\n  - 1\n  \t- 2: [\n", 3, 3, "tabs are not allowed");
    refused("a: \xff\n", 1, 4, "not YAML");
}

static void test_depth(void **state)
{
    (void)state;
    char text[64] = "";
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    parse(text);
    memset(text, '[', DEPTH + 1);
    memset(text + DEPTH + 1, ']', DEPTH + 1);
    refused(text, 1, DEPTH + 1, "nested too deeply");
}

static void test_ceilings(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 4u << 20);
    for (unsigned i = 0; i <= KEYS; i++)
        buf_print(&text, "k%u: 1\n", i);
    refused(arena_text(&arena, buf_span(&text)), KEYS + 1, 1, "too many keys");
    buf_reset(&text);
    for (unsigned i = 0; i < NODES; i++)
        buf_add_text(&text, "- 1\n");
    refused(arena_text(&arena, buf_span(&text)), NODES, 3, "too many values");
    buf_done(&text);
}

static void test_troubles_are_sorted_and_capped(void **state)
{
    (void)state;
    yaml_trouble(&troubles, 5, 1, "late");
    yaml_trouble(&troubles, 1, 9, "b");
    yaml_trouble(&troubles, 1, 2, "a");
    assert_int_equal(troubles.first->column, 2);
    assert_int_equal(troubles.first->next->column, 9);
    assert_int_equal(troubles.first->next->next->line, 5);
    for (unsigned i = 0; i < 2 * YAML_TROUBLES; i++)
        yaml_trouble(&troubles, 9, 9, "more");
    unsigned kept = 0;
    for (struct yaml_trouble *t = troubles.first; t; t = t->next)
        kept++;
    assert_int_equal(kept, YAML_TROUBLES);
    assert_int_equal(troubles.count, 3 + 2 * YAML_TROUBLES);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_tree),        TEST(test_quoted_null_is_text),
        TEST(test_environment), TEST(test_keys_are_not_expanded),
        TEST(test_file),        TEST(test_without_expansion),
        TEST(test_refusals),    TEST(test_depth),
        TEST(test_ceilings),    TEST(test_troubles_are_sorted_and_capped),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
