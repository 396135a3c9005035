/*
 * What describe prints holds every key and every row of the tables.
 */
#include "../../../src/app/describe.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char *text;
static size_t text_len;

static const char *print(const char *word, bool markdown)
{
    free(text);
    struct page page = {.out = open_memstream(&text, &text_len), .markdown = markdown};
    arena_init(&page.arena, LIMIT_CONFIG_ARENA);
    assert_true(describe_word(&page, word));
    arena_done(&page.arena);
    fclose(page.out);
    return text;
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
    const char *page = print("config", false);
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
        char *page = (char *)(uintptr_t)print(destination->name, false);
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
        const char *page = print(sources[i]->name, false);
        for (unsigned k = 0; sources[i]->fields && sources[i]->fields[k][0]; k++)
            assert_non_null(strstr(page, sources[i]->fields[k][0]));
    }
}

static void test_markdown(void **state)
{
    (void)state;
    struct page page = {.markdown = true};
    arena_init(&page.arena, LIMIT_CONFIG_ARENA);
    assert_string_equal(cell(&page, "a | b <c> d_e __f__"), "a \\| b \\<c> d_e \\_\\_f\\_\\_");
    arena_done(&page.arena);
    const char *meta = print("meta", true);
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

static int done(void **state)
{
    (void)state;
    free(text);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_destinations),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_markdown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, done);
}
