/* The signed link parameter: made, read, forged, expired, and cut from the page's address. */
#include "../../../src/sources/ticket.c"
#include "scene.h"

static const uint8_t nonce[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

static span ticket_of(const char *email)
{
    scene.shop.link_secret = SPAN("a secret");
    scene.shop.link_parameter = SPAN("_ql");
    return ticket_make(&scene.arena, &scene.shop, span_of(email), NOW + DAY_MS, nonce);
}

static void test_it_says_who_clicked(void **state)
{
    (void)state;
    span email = {0}, ticket = ticket_of("ada@example.com");
    assert_int_equal(ticket_read(&scene.arena, &scene.shop, ticket, NOW, &email), TICKET_GOOD);
    assert_true(span_is(email, "ada@example.com"));
    assert_null(memmem(ticket.ptr, ticket.len, "ada", 3));
    assert_int_equal(ticket_read(&scene.arena, &scene.shop, ticket, NOW + 2 * DAY_MS, &email),
                     TICKET_EXPIRED);
    assert_int_equal(ticket_read(&scene.arena, &scene.shop, (span){0}, NOW, &email), TICKET_NONE);
}

/* Whatever one byte is changed to, wherever: forged. Another store's, another secret's too. */
static void test_forged(void **state)
{
    (void)state;
    span email = SPAN("nobody"), ticket = ticket_of("ada@example.com");
    for (size_t i = 0; i < ticket.len; i++) {
        char *changed = arena_text(&scene.arena, ticket);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        enum ticket read = ticket_read(&scene.arena, &scene.shop, span_of(changed), NOW, &email);
        assert_int_equal(read, TICKET_FORGED);
    }
    assert_true(span_is(email, "nobody"));
    struct shop other = scene.shop;
    other.name = SPAN("other");
    assert_int_equal(ticket_read(&scene.arena, &other, ticket, NOW, &email), TICKET_FORGED);
    other = scene.shop;
    other.link_secret = SPAN("b secret");
    assert_int_equal(ticket_read(&scene.arena, &other, ticket, NOW, &email), TICKET_FORGED);
    other.link_secret = (span){0};
    assert_int_equal(ticket_read(&scene.arena, &other, ticket, NOW, &email), TICKET_FORGED);
}

static void test_cut_from_the_address(void **state)
{
    (void)state;
    scene.shop.link_parameter = SPAN("_ql");
    static const char *const urls[][3] = {
        {"https://a.example/p?_ql=T", "https://a.example/p", "T"},
        {"https://a.example/p?x=1&_ql=T#y", "https://a.example/p?x=1#y", "T"},
        {"https://a.example/p?_ql=T&x=1", "https://a.example/p?x=1", "T"},
        {"https://a.example/p?x=1", "https://a.example/p?x=1", ""},
        {"https://a.example/p?x&y=&_ql=T&&z", "https://a.example/p?x&y=&&z", "T"},
        {"https://a.example/p#?_ql=T", "https://a.example/p#?_ql=T", ""},
    };
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        span url = span_of(urls[i][0]);
        span found = ticket_cut(&scene.arena, &scene.shop, &url);
        assert_true(span_is(url, urls[i][1]));
        assert_true(span_is(found, urls[i][2]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_it_says_who_clicked),
        SCENE_TEST(test_forged),
        SCENE_TEST(test_cut_from_the_address),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("ticket", tests, NULL, NULL);
}
