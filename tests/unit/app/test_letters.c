/*
 * Letters beside a store: listed as text and JSON, made to wait again, given up.
 */
#include "../../../src/app/letters.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static char folder[64], path[128];
static struct arena arena;

static void put(struct store *store, int64_t shop, int64_t seq, span destination)
{
    struct letter_row row = {.shop = shop,
                             .destination = destination,
                             .seq = seq,
                             .event_id = SPAN("o_1"),
                             .name = EVENT_ORDER_PLACED,
                             .state = LETTER_DEAD,
                             .reason = SPAN("refused"),
                             .code = SPAN("100/1"),
                             .words = SPAN("line one\nline two"),
                             .attempts = 2,
                             .created_at = 1000,
                             .updated_at = 2000};
    assert_int_equal(letter_put(store, &row), OK);
}

static int setup(void **state)
{
    (void)state;
    struct store *store;
    struct error error;
    int64_t shop, since;
    snprintf(folder, sizeof folder, "/tmp/sidetrack-letters-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.db", folder);
    assert_int_equal(store_open(path, &clock_real, &store, &error), OK);
    assert_int_equal(store_begin(store), OK);
    assert_int_equal(store_shop(store, SPAN("acme"), 1, &shop, &since), OK);
    put(store, shop, 1, SPAN("meta"));
    put(store, shop, 2, SPAN("klaviyo"));
    assert_int_equal(journal_quarantine(store, shop, SPAN("shopify"), SPAN("orders/create"),
                                        SPAN("not JSON"), SPAN("{\n"), 1000),
                     OK);
    assert_int_equal(store_commit(store), OK);
    store_close(store);
    arena_init(&arena, LIMIT_BATCH_ARENA);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (unsigned i = 0; i < COUNT_OF(ends); i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    arena_done(&arena);
    return rmdir(folder);
}

/* The state of each letter that is still listed: "meta waiting, klaviyo dead". */
static const char *states(void)
{
    struct view *view;
    struct error error;
    struct letter_row *rows;
    unsigned count;
    span text = SPAN("");
    assert_int_equal(view_open(path, &view, &error), OK);
    assert_int_equal(letter_list(view, &arena, 100, &rows, &count), OK);
    for (unsigned i = count; i-- > 0;)
        text = arena_join(&arena, text,
                          arena_print(&arena, "%.*s %s;", SPAN_ARG(rows[i].destination),
                                      letter_state_text(rows[i].state)));
    view_close(view);
    return arena_text(&arena, text);
}

static void test_retry_and_drop(void **state)
{
    (void)state;
    const char *dead = letter_state_text(LETTER_DEAD), *waiting = letter_state_text(LETTER_WAITING);
    assert_string_equal(states(), arena_print(&arena, "meta %s;klaviyo %s;", dead, dead).ptr);
    assert_int_equal(change(path, SPAN("meta"), true), EXIT_DONE);
    assert_string_equal(states(), arena_print(&arena, "meta %s;klaviyo %s;", waiting, dead).ptr);
    assert_int_equal(change(path, (span){0}, false), EXIT_DONE); /* the dead ones only */
    assert_string_equal(states(), arena_print(&arena, "meta %s;", waiting).ptr);
    assert_int_equal(change("/nonexistent/x.db", (span){0}, true), EXIT_FAILED);
}

static void test_lines_and_objects(void **state)
{
    (void)state;
    struct view *view;
    struct error error;
    struct letter_row *rows;
    struct buf out;
    struct json json;
    const struct json_value *value;
    unsigned count;
    buf_init(&out, SHOW_BYTES);
    assert_int_equal(view_open(path, &view, &error), OK);
    assert_int_equal(letter_list(view, &arena, 100, &rows, &count), OK);
    view_close(view);
    assert_int_equal(count, 2);
    show_letter_line(&out, &rows[1]);
    const char *text = arena_text(&arena, buf_span(&out));
    assert_non_null(strstr(text, "1970-01-01 00:00:02.000"));
    assert_non_null(strstr(text, "acme -> meta  #1 order_placed o_1"));
    assert_non_null(strstr(text, "refused after 2 attempts; 100/1: line one line two\n"));
    buf_reset(&out);
    json_start(&json, &out);
    show_letter_json(&json, &rows[1]);
    json_end(&json);
    assert_int_equal(json_parse(&arena, buf_span(&out), &value, NULL), OK);
    assert_true(span_is(json_get_text(value, "destination"), "meta"));
    assert_true(span_is(json_get_text(value, "words"), "line one\nline two"));
    assert_int_equal(json_get_int(value, "attempts", 0), 2);
    buf_done(&out);
}

static void test_quarantine(void **state)
{
    (void)state;
    struct view *view;
    struct error error;
    struct journal_odd *rows;
    struct buf out;
    unsigned count;
    buf_init(&out, SHOW_BYTES);
    assert_int_equal(view_open(path, &view, &error), OK);
    assert_int_equal(journal_quarantined(view, &arena, 10, 100, &rows, &count), OK);
    view_close(view);
    assert_int_equal(count, 1);
    show_odd_line(&out, &rows[0]);
    assert_string_equal(arena_text(&arena, buf_span(&out)),
                        "  1970-01-01 00:00:01.000  acme, shopify orders/create: not JSON\n"
                        "      { \n");
    buf_done(&out);
}

static void test_paused_says_what_to_do(void **state)
{
    (void)state;
    struct buf out;
    struct bookmark_row row = {.destination = SPAN("meta"),
                               .paused = true,
                               .paused_reason = SPAN("platform: 190 Invalid token")};
    buf_init(&out, SHOW_BYTES);
    show_paused_line(&out, &row);
    const char *text = arena_text(&arena, buf_span(&out));
    assert_non_null(strstr(text, "meta      paused: platform: 190 Invalid token"));
    assert_non_null(strstr(text, "send SIGHUP, or restart"));
    buf_reset(&out);
    row.paused_reason = (span){0};
    show_paused_line(&out, &row);
    assert_string_equal(arena_text(&arena, buf_span(&out)), "  meta      paused: by a person\n");
    buf_done(&out);
}

static void test_the_verb(void **state)
{
    (void)state;
    const struct verb *verb = verbs_find("letters");
    struct args args = {.options = verb->options, .words = {"fax"}, .word_count = 1};
    assert_int_equal(letters_verb(&args), EXIT_WRONG);
    args = (struct args){.options = verb->options};
    for (unsigned i = 0; verb->options[i].name; i++)
        args.values[i] = strcmp(verb->options[i].name, "data") == 0 ? path : "";
    assert_int_equal(letters_verb(&args), EXIT_WRONG); /* --retry and --drop */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_retry_and_drop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_and_objects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quarantine, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paused_says_what_to_do, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_verb, setup, teardown),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
