/* Trouble that comes and goes, by a clock the test owns: few notices, and each once. */
#include "../../../src/alert/alert_life.c"

#include <unistd.h>

#include "facts.h"

static struct scene scene;
static struct alert_book book;
static char told[2000];

static int setup(void **state)
{
    (void)state;
    scene_well(&scene);
    alert_book_done(&book);
    told[0] = '\0';
    return 0;
}

static void on_told(void *arg, const struct alert *alert, enum alert_notice notice, int64_t now)
{
    size_t at = strlen(told);
    (void)arg, (void)now;
    snprintf(told + at, sizeof told - at, "%s%s %s", at ? ", " : "", alert_notice_text(notice),
             alert->rule->name);
}

/* So many minutes, a look each, with Meta down or up. */
static void pass(int minutes, bool down)
{
    for (int i = 0; i < minutes; i++) {
        scene.outlet.backing_off = down;
        scene.outlet.live = !down;
        scene.facts.now += MINUTE_MS;
        alert_book_look(&book, &scene.facts, &alert_pace_usual, on_told, NULL);
    }
}

static void test_fires_once_recovers_once(void **state)
{
    (void)state;
    pass(10, true);
    assert_string_equal(told, "");
    pass(1, true);
    assert_string_equal(told, "firing platform_down");
    pass(60, true);
    assert_string_equal(told, "firing platform_down");
    pass(5, false);
    assert_string_equal(told, "firing platform_down");
    pass(1, false);
    assert_string_equal(told, "firing platform_down, recovered platform_down");
    pass(600, false);
    assert_string_equal(told, "firing platform_down, recovered platform_down");
}

static void test_a_blip_is_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        pass(9, true);
        pass(1, false);
    }
    assert_string_equal(told, "");
}

static void test_a_short_wellness_is_no_recovery(void **state)
{
    (void)state;
    pass(11, true);
    for (int i = 0; i < 50; i++) {
        pass(4, false);
        pass(3, true);
    }
    assert_string_equal(told, "firing platform_down");
}

static void test_flips_that_each_last_are_told_once_an_hour(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) { /* two hours */
        pass(12, true);
        pass(8, false);
    }
    assert_string_equal(told, "firing platform_down, recovered platform_down, "
                              "firing platform_down, recovered platform_down");
}

static void test_reminds_each_twelve_hours(void **state)
{
    (void)state;
    pass(11 + 12 * 60 - 1, true);
    assert_string_equal(told, "firing platform_down");
    pass(1, true);
    assert_string_equal(told, "firing platform_down, reminder platform_down");
    pass(12 * 60, true);
    assert_string_equal(told,
                        "firing platform_down, reminder platform_down, reminder platform_down");
}

static void test_a_clock_that_goes_back(void **state)
{
    (void)state;
    pass(8, true);
    scene.facts.now -= DAY_MS;
    pass(10, true);
    assert_string_equal(told, "");
    pass(2, true);
    assert_string_equal(told, "firing platform_down");
}

static void test_what_leaves_the_config_is_dropped(void **state)
{
    (void)state;
    pass(11, true);
    unsigned before = book.count;
    scene.facts.outlet_count = 0;
    pass(1, true);
    assert_true(book.count < before);
    for (unsigned i = 0; i < book.count; i++)
        assert_false(alert_open(&book.alerts[i]));
    assert_string_equal(told, "firing platform_down");
}

static void test_a_restart_changes_nothing(void **state)
{
    char folder[] = "/tmp/sidetrack-alert-XXXXXX", database[64], file[80];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(database, sizeof database, "%s/x.db", folder);
    snprintf(file, sizeof file, "%s.alerts", database);
    assert_int_equal(alert_keep_load(database, &book), MISSING);
    pass(20, true);
    scene.facts.writable = false; /* pending still */
    pass(1, true);
    assert_int_equal(alert_keep_save(database, &book), OK);
    alert_book_done(&book);
    assert_int_equal(alert_keep_load(database, &book), OK);
    pass(1, true);
    assert_string_equal(told, "firing platform_down, firing store_broken");
    scene.facts.writable = true;
    pass(6, false);
    assert_string_equal(told, "firing platform_down, firing store_broken, "
                              "recovered store_broken, recovered platform_down");
    FILE *out = fopen(file, "w");
    fputs("{\"v\":2}", out);
    fclose(out);
    assert_int_equal(alert_keep_load(database, &book), INVALID);
    unlink(file);
    rmdir(folder);
}

static void test_the_words(void **state)
{
    (void)state;
    struct buf out;
    struct json json;
    const span to[] = {SPAN("ops@acme.example"), SPAN("eva@acme.example")};
    scene.outlet.backlog = 212;
    pass(11, true);
    struct alert *alert =
        alert_book_at(&book, alert_rule_find(SPAN("platform_down")), SPAN("acme"), SPAN("meta"));
    buf_init(&out, 10000);
    alert_words_line(&out, alert, ALERT_FIRES, scene.facts.now);
    buf_add_char(&out, '\0');
    assert_string_equal(out.ptr, "acme: Meta does not take our events since 2025-11-24 16:01 UTC: "
                                 "212 events wait, nothing is lost");
    buf_reset(&out);
    alert_words_line(&out, alert, ALERT_RECOVERS, alert->raised_at + 150 * MINUTE_MS);
    buf_add_char(&out, '\0');
    assert_string_equal(out.ptr,
                        "Over: acme: Meta does not take our events (it lasted 2 h 30 min)");
    buf_reset(&out);
    json_start(&json, &out);
    alert_words_json(&json, alert, ALERT_FIRES, scene.facts.now);
    json_end(&json);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "{\"v\":1,\"kind\":\"firing\",\"rule\":\"platform_down\","
                                    "\"store\":\"acme\",\"destination\":\"meta\",\"since\":"));
    buf_reset(&out);
    alert_words_mail(&out, alert, ALERT_FIRES, scene.facts.now, SPAN("st@acme.example"), to, 2);
    buf_add_char(&out, '\0');
    assert_non_null(strstr(out.ptr, "From: st@acme.example\r\nTo: ops@acme.example,\r\n "
                                    "eva@acme.example\r\nDate: Mon, 24 Nov 2025 16:11:00 +0000"));
    assert_non_null(
        strstr(out.ptr, "Subject: [sidetrack] acme: Meta does not take our events\r\n"));
    assert_non_null(strstr(out.ptr, "\r\n\r\nacme: Meta does not take our events since"));
    assert_non_null(strstr(out.ptr, "What to do:\r\nNothing needs to be done at once"));
    buf_done(&out);
}

static void test_a_store_cannot_add_headers(void **state)
{
    (void)state;
    struct buf out;
    scene.outlet.called = SPAN("Me\r\nBcc: eve@evil.example\r\nta");
    pass(11, true);
    struct alert *alert =
        alert_book_at(&book, alert_rule_find(SPAN("platform_down")), SPAN("acme"), SPAN("meta"));
    buf_init(&out, 10000);
    alert_words_mail(&out, alert, ALERT_FIRES, scene.facts.now, SPAN("a@b.example"), NULL, 0);
    buf_add_char(&out, '\0');
    assert_null(strstr(out.ptr, "\nBcc:"));
    buf_done(&out);
}

#define TEST(function) cmocka_unit_test_setup(function, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fires_once_recovers_once),
        TEST(test_a_blip_is_nothing),
        TEST(test_a_short_wellness_is_no_recovery),
        TEST(test_flips_that_each_last_are_told_once_an_hour),
        TEST(test_reminds_each_twelve_hours),
        TEST(test_a_clock_that_goes_back),
        TEST(test_what_leaves_the_config_is_dropped),
        TEST(test_a_restart_changes_nothing),
        TEST(test_the_words),
        TEST(test_a_store_cannot_add_headers),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    alert_book_done(&book);
    return failed;
}
