/* What a shop's entry answers by itself. */
#include "../../../src/event/shop.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;
static const struct item full = {
    .product_id = SPAN("11"), .variant_id = SPAN("44001"), .sku = SPAN("A-1")};

static void assert_product_id(const char *rule, const struct item *item, const char *expected)
{
    span id = shop_product_id(&arena, span_of(rule), item);
    if (!(expected ? span_is(id, expected) : span_empty(id)))
        fail_msg("%s gave %.*s", rule, SPAN_ARG(id));
}

static void product_ids_follow_the_rule(void **state)
{
    (void)state;
    assert_product_id("variant_id", &full, "44001");
    assert_product_id("product_id", &full, "11");
    assert_product_id("sku", &full, "A-1");
    assert_product_id("shopify_US_{product_id}_{variant_id}", &full, "shopify_US_11_44001");
    assert_product_id("{sku}", &full, "A-1");
    assert_product_id("x{sku}y", &full, "xA-1y");
}

static void product_ids_fall_back(void **state)
{
    (void)state;
    const struct item no_variant = {.product_id = SPAN("11"), .sku = SPAN("A-1")};
    const struct item only_sku = {.sku = SPAN("A-1")}, nothing = {0};
    assert_product_id("variant_id", &no_variant, "11");
    assert_product_id("shopify_US_{product_id}_{variant_id}", &no_variant, "11");
    assert_product_id("variant_id", &only_sku, "A-1");
    assert_product_id("product_id", &only_sku, "A-1");
    assert_product_id("variant_id", &nothing, NULL);
    assert_product_id("", &full, "44001");
    assert_product_id("{colour}", &full, "44001");
    assert_product_id("broken_{sku", &full, "44001");
}

static void hosts_match_exactly_or_by_star(void **state)
{
    (void)state;
    const span hosts[] = {SPAN("shop.acme.example"), SPAN("*.acme.test")};
    const span gateways[] = {SPAN("t.acme.example")};
    const struct shop shop = {.hosts = {hosts, 2}, .gateway_hosts = {gateways, 1}};
    assert_true(shop_has_host(&shop, SPAN("shop.acme.example")));
    assert_true(shop_has_host(&shop, SPAN("SHOP.acme.example")));
    assert_true(shop_has_host(&shop, SPAN("t.acme.example")));
    assert_true(shop_has_host(&shop, SPAN("a.acme.test")));
    assert_true(shop_has_host(&shop, SPAN("a.b.acme.test")));
    assert_false(shop_has_host(&shop, SPAN("acme.test")));
    assert_false(shop_has_host(&shop, SPAN(".acme.test")));
    assert_false(shop_has_host(&shop, SPAN("evilacme.test")));
    assert_false(shop_has_host(&shop, SPAN("acme.example")));
    assert_false(shop_has_host(&shop, SPAN("xshop.acme.example")));
    assert_false(shop_has_host(&shop, SPAN("shop.acme.example.evil.test")));
    assert_false(shop_has_host(&shop, SPAN("")));
    assert_false(shop_has_host(&shop, (span){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(product_ids_follow_the_rule),
        cmocka_unit_test(product_ids_fall_back),
        cmocka_unit_test(hosts_match_exactly_or_by_star),
    };
    arena_init(&arena, 1u << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests_name("event_shop", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
