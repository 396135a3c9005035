/* A turn that fails is played again: what it had to say counts once, when it stands. */
#include "../../../src/pipeline/tally.c"

#include "../base/check.h"

static const char *printed(void)
{
    static struct buf out;
    buf_done(&out);
    buf_init(&out, 1u << 20);
    count_print(&out);
    static char text[4096];
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(buf_span(&out)));
    return text;
}

static void test_a_turn_played_again(void **state)
{
    (void)state;
    struct tally tally = {0};
    span acme = SPAN("acme");
    tally_add(&tally, acme, "sent");
    tally_add(&tally, acme, "sent");
    tally_forget(&tally); /* the commit failed */
    tally_add(&tally, acme, "sent");
    tally_add(&tally, acme, "sent");
    tally_add(&tally, acme, "adjusted");
    tally_count(&tally);
    tally_count(&tally);
    const char *text = printed();
    assert_non_null(strstr(text, "sidetrack_orders_total{store=\"acme\",outcome=\"sent\"} 2\n"));
    assert_non_null(
        strstr(text, "sidetrack_orders_total{store=\"acme\",outcome=\"adjusted\"} 1\n"));
}

static void test_more_than_it_holds(void **state)
{
    (void)state;
    struct tally tally = {0};
    static char names[TALLY_ROOM + 5][8];
    for (unsigned i = 0; i < TALLY_ROOM + 5; i++) {
        snprintf(names[i], sizeof names[i], "s%u", i);
        tally_add(&tally, span_of(names[i]), "dropped");
    }
    assert_int_equal(tally.count, TALLY_ROOM);
    tally_count(&tally);
    assert_int_equal(tally.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turn_played_again),
        cmocka_unit_test(test_more_than_it_holds),
    };
    return CHECK_RUN(tests);
}
