/* Who comes from outside, and who only comes back from paying. */
#include "../../../src/event/touch.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const span hosts[] = {SPAN("shop.acme.example"), SPAN("*.acme.example")};
static const span ignored[] = {SPAN("acs.bank.example"), SPAN("mybank.*")};
static const struct shop shop = {.hosts = {hosts, 2},
                                 .ignored_referrers = {ignored, 2},
                                 .shopify.domain = SPAN("acme.myshopify.com")};

static bool touch(const char *url, const char *referrer)
{
    return touch_of(&shop, span_of(url), span_of(referrer), 5).at == 5;
}

static void from_outside(void **state)
{
    (void)state;
    assert_true(touch("https://shop.acme.example/?utm_source=news", ""));
    assert_true(touch("https://shop.acme.example/p?x=1&gclid=Cj0K", NULL));
    struct landing back = touch_of(&shop, SPAN("https://shop.acme.example/?utm_source=news"),
                                   SPAN("https://www.paypal.com/"), 5);
    assert_true(back.at == 5 && span_empty(back.referrer));
    assert_true(touch("https://shop.acme.example/?_kx=abc", "https://shop.acme.example/"));
    assert_true(touch("https://shop.acme.example/", "https://www.google.com/"));
    assert_true(touch("https://shop.acme.example/", "https://blog.notklarna.example/"));
    assert_true(touch("https://shop.acme.example/", "https://apple.com.evil.example/"));
}

static void from_inside(void **state)
{
    (void)state;
    static const char *const referrers[] = {
        "",
        "not a url",
        "https://shop.acme.example/cart",
        "https://www.acme.example/",
        "https://acme.myshopify.com/",
        "https://shop.app/pay",
        "https://pay.shopify.com/x",
        "https://www.paypal.com/checkoutnow",
        "https://hooks.stripe.com/redirect",
        "https://pay.klarna.com/eu",
        "https://www.klarna.de/",
        "https://pay.google.com/gp",
        "https://portal.afterpay.com/",
        "https://portal.clearpay.co.uk/",
        "https://acs.bank.example/3ds",
        "https://3ds.mybank.cz/",
        "https://PayPal.com/",
    };
    for (size_t i = 0; i < COUNT_OF(referrers); i++)
        if (touch("https://shop.acme.example/thanks?order=1&utm_source=", referrers[i]))
            fail_msg("%s", referrers[i]);
    assert_false(touch("https://shop.acme.example/", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_outside),
        cmocka_unit_test(from_inside),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("touch", tests, NULL, NULL);
}
