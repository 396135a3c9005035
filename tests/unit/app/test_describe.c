/*
 * What describe prints holds every key and every row of the tables.
 */
#include "../../../src/app/describe.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct buf text;

static const char *print(const char *word, enum page_form form)
{
    struct page page;
    buf_done(&text);
    buf_init(&text, DESCRIBE_BYTES);
    describe_begin(&page, &text, form);
    assert_true(describe_word(&page, word));
    describe_end(&page);
    buf_add_char(&text, '\0');
    return text.ptr;
}

static void has_rows(const char *page, const struct config_row *rows)
{
    for (const struct config_row *row = rows; row->key; row++) {
        if (row->kind == &config_section)
            has_rows(page, row->rows);
        else if (!strstr(page, row->key) || !strstr(page, row->help))
            fail_msg("`%s` is not described", row->key);
    }
}

static void test_config(void **state)
{
    (void)state;
    const char *page = print("config", PAGE_TEXT);
    has_rows(page, config_top_rows);
    has_rows(page, config_store_rows);
    has_rows(page, config_common_rows);
}

static void has_mapping(void *arg, const char *ours, const char *theirs, const char *remark)
{
    (void)remark;
    if (!strstr(arg, ours) || !strstr(arg, theirs))
        fail_msg("%s -> %s is not described", ours, theirs);
}

static void test_destinations(void **state)
{
    (void)state;
    for (unsigned i = 0; list_destinations[i]; i++) {
        const struct destination *destination = list_destinations[i];
        char *page = (char *)(uintptr_t)print(destination->name, PAGE_TEXT);
        destination->describe(has_mapping, page);
        for (const struct option *option = destination->options; option->name; option++)
            assert_non_null(strstr(page, option->name));
        for (const struct lane *lane = destination->lanes; lane->name; lane++)
            assert_non_null(strstr(page, lane->name));
        assert_non_null(strstr(page, destination->host));
    }
}

static void test_sources(void **state)
{
    (void)state;
    for (unsigned i = 0; sources[i]; i++) {
        const char *page = print(sources[i]->name, PAGE_TEXT);
        for (unsigned k = 0; sources[i]->fields && sources[i]->fields[k][0]; k++)
            assert_non_null(strstr(page, sources[i]->fields[k][0]));
    }
}

static void test_markdown(void **state)
{
    (void)state;
    struct page page;
    struct buf out;
    buf_init(&out, KIB);
    describe_begin(&page, &out, PAGE_MARKDOWN);
    assert_string_equal(cell(&page, "a | b <c> d_e __f__"), "a \\| b \\<c> d_e \\_\\_f\\_\\_");
    describe_end(&page);
    buf_done(&out);
    const char *meta = print("meta", PAGE_MARKDOWN);
    assert_memory_equal(meta, "# Meta Conversions API\n\nGenerated", 32);
    /* Every line of a table has four bars that are not escaped. */
    for (const char *line = meta; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        unsigned bars = 0;
        for (const char *c = line; *line == '|' && *c && *c != '\n'; c++)
            bars += *c == '|' && (c == line || c[-1] != '\\');
        assert_true(*line != '|' || bars == 4);
    }
}

/* The same page for programs: every heading is a section, every row has as many cells as columns.
 */
static void test_json(void **state)
{
    (void)state;
    struct arena arena;
    const struct json_value *page = NULL;
    arena_init(&arena, 16 * MIB);
    for (unsigned i = 0; list_destinations[i]; i++) {
        const char *markdown = print(list_destinations[i]->name, PAGE_MARKDOWN);
        unsigned headings = 0;
        for (const char *at = markdown; (at = strstr(at, "\n## ")); at++)
            headings++;
        print(list_destinations[i]->name, PAGE_JSON);
        span all = {text.ptr, text.len - 1};
        assert_int_equal(json_parse(&arena, all, &page, NULL), OK);
        const struct json_value *sections = json_get(page, "sections");
        assert_int_equal(sections->count, headings);
        for (const struct json_value *one = sections->first; one; one = one->next) {
            const struct json_value *rows = json_get(one, "rows");
            for (const struct json_value *row = rows ? rows->first : NULL; row; row = row->next)
                assert_int_equal(row->count, json_get(one, "columns")->count);
        }
    }
    arena_done(&arena);
}

static int done(void **state)
{
    (void)state;
    buf_done(&text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),  cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_sources), cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_json),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, done);
}
