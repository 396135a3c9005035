/*
 * Banners answered by a real Chromium: each line of tests/fixtures/audit/banners.txt is a page,
 * whose banner must be known by its maker's name, answered yes by the button that says so, and no
 * by the other. Every row of banner.c has a line. Skipped where no Chromium is installed.
 */
#include "../../../src/audit/banner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "../../../src/audit/cdp.h"
#include "../../../src/audit/guard.h"
#include "../../../src/base/clock.h"
#include "../../../src/base/limits.h"

static struct arena arena;
static struct cdp *cdp;
static struct guard *guard;
static span session;
static struct buf scripts[3];

static void heard(void *arg, span from, span method, const struct json_value *params)
{
    (void)arg, (void)from, (void)method, (void)params;
}

static span params_of(const char *const pairs[][2])
{
    struct buf out;
    struct json json;
    buf_init(&out, MIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    for (unsigned i = 0; pairs[i][0]; i++)
        json_put_text(&json, pairs[i][0], span_of(pairs[i][1]));
    json_put_bool(&json, "flatten", true);
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(&arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static const struct json_value *call(const char *method, const char *name, span value)
{
    const struct json_value *result;
    const char *text = arena_text(&arena, value);
    assert_int_equal(cdp_call(cdp, session, method,
                              params_of((const char *const[][2]){{name, text}, {NULL, NULL}}),
                              &result),
                     OK);
    return result;
}

static span evaluate(span expression)
{
    const struct json_value *result = call("Runtime.evaluate", "expression", expression);
    if (json_get(result, "exceptionDetails"))
        fail_msg("%.*s", SPAN_ARG(json_text(json_path(result, "result.description"))));
    return arena_copy(&arena, json_text(json_path(result, "result.value")));
}

/* The page of a line, its Y and N written out, as the argument of document.write. */
static void write_page(span html)
{
    struct buf out;
    struct json json;
    buf_init(&out, MIB);
    for (size_t i = 0; i < html.len; i++) {
        bool word = i > 0 && html.ptr[i - 1] == ' ' && i + 1 < html.len && html.ptr[i + 1] == '>';
        if (word && html.ptr[i] == 'Y')
            buf_add_text(&out, "onclick=\"said='yes';return false\"");
        else if (word && html.ptr[i] == 'N')
            buf_add_text(&out, "onclick=\"said='no';return false\"");
        else
            buf_add_char(&out, html.ptr[i]);
    }
    span page = arena_copy(&arena, buf_span(&out));
    buf_reset(&out);
    buf_add_text(&out, "(([html])=>{said='';document.open();document.write('<!doctype html>'+html);"
                       "document.close();return''})(");
    json_start(&json, &out);
    json_open(&json, NULL, '[');
    json_put_text(&json, NULL, page);
    json_close(&json, ']');
    json_end(&json);
    buf_add_text(&out, ")");
    evaluate(arena_copy(&arena, buf_span(&out)));
    buf_done(&out);
}

static void answers(span name, span html, enum banner_act act, const char *said)
{
    write_page(html);
    span got = evaluate(buf_span(&scripts[act]));
    span heard_as = evaluate(SPAN("said"));
    if (!span_equal(got, name) || !span_is(heard_as, said))
        fail_msg("%.*s, %s: it took it for \"%.*s\" and said \"%.*s\" in %.*s", SPAN_ARG(name),
                 said, SPAN_ARG(got), SPAN_ARG(heard_as), SPAN_ARG(html));
}

static const struct banner *row_of(span name)
{
    for (const struct banner *one = banner_list; one->name; one++)
        if (span_is(name, one->name))
            return one;
    return NULL;
}

static span fixture(void)
{
    FILE *file = fopen(FIXTURES "/banners.txt", "re");
    char *bytes = arena_take(&arena, MIB);
    assert_non_null(file);
    size_t len = fread(bytes, 1, MIB, file);
    fclose(file);
    return (span){bytes, len};
}

static void test_each_shape(void **state)
{
    (void)state;
    if (cdp == NULL)
        skip();
    bool met[64] = {false};
    span rest = fixture(), line;
    while (span_split(&rest, '\n', &line)) {
        if (span_empty(line) || line.ptr[0] == '#')
            continue;
        size_t bar = span_find(line, 0, '|');
        span name = span_sub(line, 0, bar), html = span_sub(line, bar + 1, line.len);
        if (span_is(name, "-")) {
            for (unsigned act = 0; act < 3; act++)
                answers((span){0}, html, (enum banner_act)act, "");
            continue;
        }
        const struct banner *row = row_of(name);
        if (row == NULL)
            fail_msg("banner.c has no row %.*s", SPAN_ARG(name));
        met[row - banner_list] = true;
        answers(name, html, BANNER_LOOK, "");
        answers(name, html, BANNER_YES, "yes");
        answers(row->no ? name : (span){0}, html, BANNER_NO, row->no ? "no" : "");
    }
    for (const struct banner *one = banner_list; one->name; one++)
        if (!met[one - banner_list])
            fail_msg("%s has no page in banners.txt", one->name);
}

static int set_up(void **state)
{
    (void)state;
    struct error error;
    arena_init(&arena, 64 * MIB);
    for (unsigned i = 0; i < 3; i++) {
        buf_init(&scripts[i], 64 * KIB);
        banner_script(&scripts[i], (enum banner_act)i);
    }
    if (guard_open(false, &guard) != OK)
        return 1;
    struct cdp_options options = {.proxy = guard_port(guard),
                                  .until_us = clock_monotonic_us() + 60 * INT64_C(1000000),
                                  .heard = heard};
    enum status status = cdp_open(&options, &cdp, &error);
    if (status == MISSING)
        return 0;
    if (status != OK) {
        print_message("# %s\n", error.text);
        return 1;
    }
    span target =
        json_get_text(call("Target.createTarget", "url", SPAN("about:blank")), "targetId");
    span found = json_get_text(call("Target.attachToTarget", "targetId", target), "sessionId");
    session = arena_copy(&arena, found);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cdp_close(cdp);
    guard_close(guard);
    for (unsigned i = 0; i < 3; i++)
        buf_done(&scripts[i]);
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_shape)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
