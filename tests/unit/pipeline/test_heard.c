/* What RECORD counts of what it hears: tags that a page tells of, in our words only, and programs.
 */
#include "../../../src/pipeline/heard.c"

#include "../store/kit.h"

static struct event says(const char *custom)
{
    return (struct event){.source = SOURCE_BROWSER, .custom = span_of(custom)};
}

#define COUNTED(what, label)                                                                       \
    kit_number(kit, "SELECT ifnull(sum(n), 0) FROM counter WHERE what = '" what                    \
                    "' AND label = '" label "'")
#define ALL "SELECT ifnull(sum(n), 0) FROM counter"

static void hear(struct kit *kit, struct heard *heard, const struct event *event)
{
    heard_event(heard, &kit->arena, kit->shop, event);
}

static void put_down(struct kit *kit, struct heard *heard)
{
    kit_turn(kit);
    check_ok(heard_write(heard, kit->store, KIT_NOW));
    kit_commit(kit);
}

static void test_tags(void **state)
{
    struct kit *kit = *state;
    static struct heard heard;
    const struct event fired = says("{\"tags\":{\"meta\":\"fired\",\"google\":\"blocked\"}}"),
                       strange = says(
                           "{\"tags\":{\"meta\":\"<script>\",\"tiktok\":1,\"evil\":\"fired\"}}"),
                       broken = says("{\"tags\":{"), other = says("{\"note\":\"tags\"}");
    struct event server = fired;
    server.source = SOURCE_API; /* a page's own word, or nobody's */
    hear(kit, &heard, &fired);
    hear(kit, &heard, &fired);
    hear(kit, &heard, &strange);
    hear(kit, &heard, &broken);
    hear(kit, &heard, &other);
    hear(kit, &heard, &server);
    put_down(kit, &heard);
    assert_int_equal(COUNTED("tag:meta", "fired"), 2);
    assert_int_equal(COUNTED("tag:google", "blocked"), 2);
    assert_int_equal(kit_number(kit, ALL), 4);
    put_down(kit, &heard); /* nothing is told twice */
    assert_int_equal(kit_number(kit, ALL), 4);
}

static void test_programs(void **state)
{
    struct kit *kit = *state;
    static struct heard heard;
    struct event event = says("{\"tags\":{\"meta\":\"fired\"}}");
    event.bot = (struct bot){.score = BOT_SURE, .why = SPAN("automated+fast")};
    hear(kit, &heard, &event); /* its tags are nobody's */
    event.bot.score = BOT_SURE - 1;
    hear(kit, &heard, &event);
    put_down(kit, &heard);
    assert_int_equal(COUNTED("bot", "automated+fast"), 1);
    assert_int_equal(COUNTED("tag:meta", "fired"), 1);
}

static void test_more_than_it_holds(void **state)
{
    struct kit *kit = *state;
    static struct heard heard;
    const struct event event = says("{\"tags\":{\"meta\":\"absent\"}}");
    for (int64_t shop = 1; shop <= HEARD_ROOM + 9; shop++)
        heard_event(&heard, &kit->arena, shop, &event);
    assert_int_equal(heard.count, HEARD_ROOM);
    put_down(kit, &heard);
    assert_int_equal(kit_number(kit, ALL), HEARD_ROOM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_tags),
        KIT_TEST(test_programs),
        KIT_TEST(test_more_than_it_holds),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
