/* Click ids of URLs, and the one that is built: fbc. */
#include "../../../src/sources/clicks.c"
#include "scene.h"

static void test_query_wins(void **state)
{
    (void)state;
    struct client client = {.gclid = SPAN("cookie"), .ttclid = SPAN("E.C.P.cookie")};
    clicks_take(&scene.arena,
                SPAN("https://shop.acme.example/?a=1&gclid=Cj0KCQ%2Bi_-Aa&gbraid=0A&_kx=a.B"),
                &client);
    check_span(client.gclid, "Cj0KCQ+i_-Aa"); /* decoded once, case kept */
    check_span(client.gbraid, "0A");
    check_span(client.ttclid, "E.C.P.cookie");
    check_span(client.kx, "a.B");
    check_absent(client.wbraid);
}

static void test_decoded_once(void **state)
{
    (void)state;
    struct client client = {0};
    clicks_take(&scene.arena, SPAN("https://a.example/?gclid=a%252Bb"), &client);
    check_span(client.gclid, "a%2Bb");
}

static void test_nonsense(void **state)
{
    (void)state;
    struct client client = {.gclid = SPAN("kept")};
    clicks_take(&scene.arena, SPAN("https://a.example/?gclid=&wbraid=%ff%fe&ttclid=a%00b&_kx=a+b"),
                &client);
    check_span(client.gclid, "kept");
    check_absent(client.wbraid);
    check_absent(client.ttclid);
    check_absent(client.kx);
    clicks_take(&scene.arena, SPAN("/?gclid=relative"), &client);
    clicks_take(&scene.arena, (span){0}, &client);
    check_span(client.gclid, "kept");

    char *longer = arena_take(&scene.arena, 4000);
    memset(longer, 'x', 3999);
    clicks_take(&scene.arena, arena_print(&scene.arena, "https://a.example/?gclid=%s", longer),
                &client);
    check_span(client.gclid, "kept");
}

#define LANDED "https://shop.acme.example/p?fbclid=IwAR0_Case-Kept"

static void test_fbc_built(void **state)
{
    (void)state;
    struct client client = {0};
    clicks_fbc(&scene.arena, &scene.shop, SPAN(LANDED), (span){0}, 1764000000001, &client);
    check_span(client.fbc, "fb.1.1764000000001.IwAR0_Case-Kept");
    /* nothing is invented */
    struct client none = {0};
    clicks_fbc(&scene.arena, &scene.shop, SPAN("https://a.example/?x=fbclid"), (span){0}, 1, &none);
    check_absent(none.fbc);
    /* the page's referrer is asked second */
    clicks_fbc(&scene.arena, &scene.shop, SPAN("https://a.example/"), SPAN(LANDED), 5, &none);
    check_span(none.fbc, "fb.1.5.IwAR0_Case-Kept");
}

static void test_fbc_kept_or_replaced(void **state)
{
    (void)state;
    struct client client = {.fbc = SPAN("fb.2.17.IwAR0_Case-Kept")};
    clicks_fbc(&scene.arena, &scene.shop, SPAN(LANDED), (span){0}, 99, &client);
    check_span(client.fbc, "fb.2.17.IwAR0_Case-Kept");
    client.fbc = SPAN("fb.1.17.IwAR0_Case-Kept.AQ"); /* Meta's fifth segment */
    clicks_fbc(&scene.arena, &scene.shop, SPAN(LANDED), (span){0}, 99, &client);
    check_span(client.fbc, "fb.1.17.IwAR0_Case-Kept.AQ");
    client.fbc = SPAN("fb.1.17.IwAR0_case-kept"); /* another case is another click */
    clicks_fbc(&scene.arena, &scene.shop, SPAN(LANDED), (span){0}, 99, &client);
    check_span(client.fbc, "fb.1.99.IwAR0_Case-Kept");
    client.fbc = SPAN("nonsense");
    clicks_fbc(&scene.arena, &scene.shop, SPAN(LANDED), (span){0}, 98, &client);
    check_span(client.fbc, "fb.1.98.IwAR0_Case-Kept");
}

static void test_subdomain_index(void **state)
{
    (void)state;
    assert_int_equal(subdomain_index((span){0}), 1);
    assert_int_equal(subdomain_index(SPAN("localhost")), 0);
    assert_int_equal(subdomain_index(SPAN(".acme.example")), 1);
    assert_int_equal(subdomain_index(SPAN("acme.co.uk")), 2);
    assert_int_equal(subdomain_index(SPAN(".acme.co.uk")), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE_TEST(test_query_wins),
        SCENE_TEST(test_decoded_once),
        SCENE_TEST(test_nonsense),
        SCENE_TEST(test_fbc_built),
        SCENE_TEST(test_fbc_kept_or_replaced),
        SCENE_TEST(test_subdomain_index),
    };
    return SCENE_RUN(tests);
}
