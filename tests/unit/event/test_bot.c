/* Who looks like a program: real User-Agents of both kinds, and how hints add up. */
#include "../../../src/event/bot.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static struct bot judge(const char *agent, bool automated, bool fast, bool hosted)
{
    struct bot_hints hints = {automated, fast, hosted};
    return bot_judge(&arena, span_of(agent), &hints);
}

#define CHROME                                                                                     \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "            \
    "Chrome/142.0.0.0 Safari/537.36"

static void people_are_not_bots(void **state)
{
    (void)state;
    static const char *const agents[] = {
        CHROME,
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        /* in-app browsers name their app, and may name the library of its network code */
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
        "Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/450.0.0.38.108]",
        "Mozilla/5.0 (Linux; Android 14; SM-A546B; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Version/4.0 Chrome/130.0.0.0 Mobile Safari/537.36 okhttp/4.12.0",
        "Mozilla/5.0 (Linux; Android 13; CUBOT KINGKONG 9) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/120.0.0.0 Mobile Safari/537.36",
    };
    for (size_t i = 0; i < COUNT_OF(agents); i++) {
        struct bot bot = judge(agents[i], false, false, false);
        if (bot.score != 0)
            fail_msg("%s: %.*s", agents[i], SPAN_ARG(bot.why));
        assert_int_equal(judge(agents[i], false, false, false).score, 0); /* and remembered so */
    }
}

static void programs_are(void **state)
{
    (void)state;
    static const struct {
        const char *agent, *why;
    } rows[] = {
        {"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
         "+http://www.google.com/bot.html) Chrome/140.0.0.0 Safari/537.36",
         "crawler"},
        {"Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", "crawler"},
        {"facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "crawler"},
        {"AdsBot-Google (+http://www.google.com/adsbot.html)", "crawler"},
        {"Mozilla/5.0 (compatible; Google-InspectionTool/1.0;)", "crawler"},
        {"Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like "
         "Gecko)"
         " Chrome/109.0.0.0 Mobile Safari/537.36 Chrome-Lighthouse",
         "crawler"},
        {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
         "HeadlessChrome/142.0.0.0 Safari/537.36",
         "headless"},
        {"python-requests/2.32.3", "library"},
        {"curl/8.5.0", "library"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bot bot = judge(rows[i].agent, false, false, false);
        assert_true(bot.score >= BOT_SURE);
        assert_true(span_is(bot.why, rows[i].why));
    }
}

static void hints_add_up(void **state)
{
    (void)state;
    static const struct {
        const char *agent;
        bool automated, fast, hosted;
        int score;
        const char *why;
    } rows[] = {
        {CHROME, true, false, false, 80, "automated"},
        {CHROME, false, true, false, 70, "fast"},
        {CHROME, false, false, true, 40, "hosted"}, /* a VPN: not enough */
        {"", false, false, false, 60, "no_agent"},  /* nor this alone */
        {"", false, false, true, 100, "no_agent+hosted"},
        {"My app/1.0", false, false, false, 50, "odd_agent"},
        {"My app/1.0", false, false, true, 90, "odd_agent+hosted"},
        {"curl/8.5.0", true, true, true, 100, "library+automated+fast+hosted"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct bot bot = judge(rows[i].agent, rows[i].automated, rows[i].fast, rows[i].hosted);
        assert_int_equal(bot.score, rows[i].score);
        if (!span_is(bot.why, rows[i].why))
            fail_msg("%.*s instead of %s", SPAN_ARG(bot.why), rows[i].why);
    }
}

static void who_rents_machines(void **state)
{
    (void)state;
    assert_true(bot_hosted(SPAN("AMAZON-02")));
    assert_true(bot_hosted(SPAN("Hetzner Online GmbH")));
    assert_true(bot_hosted(SPAN("OVH SAS")));
    assert_false(bot_hosted(SPAN("Deutsche Telekom AG")));
    assert_false(bot_hosted(SPAN("Comcast Cable Communications, LLC")));
    assert_false(bot_hosted((span){0}));
}

static int open_arena(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int close_arena(void **state)
{
    (void)state;
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_are_not_bots),
        cmocka_unit_test(programs_are),
        cmocka_unit_test(hints_add_up),
        cmocka_unit_test(who_rents_machines),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("bot", tests, open_arena, close_arena);
}
