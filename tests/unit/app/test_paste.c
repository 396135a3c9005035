/*
 * What is to be pasted names the store's own paths, and the tags of its bridge by their
 * destinations' ids.
 */
#include "../../../src/story/paste.c"
#include "../../../src/app/config.h"
#include "../../../src/base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const store = "stores:\n"
                                 "  - name: acme\n"
                                 "    hosts: [\"*.acme.example\", shop.acme.example]\n"
                                 "    currency: EUR\n"
                                 "    collect_path: /qzkv\n"
                                 "    shopify: { domain: acme.myshopify.com, secrets: [x] }\n";

static const struct config *config;
static struct buf said;

/* `more` goes on from the store's last line. */
static const char *pixel(const char *more)
{
    struct buf text, troubles;
    buf_init(&text, 64 * KIB);
    buf_init(&troubles, CONFIG_TROUBLES);
    buf_print(&text, "data: x.db\n%s%s", store, more);
    if (config_parse(buf_span(&text), "c", true, &troubles, &config) != OK)
        fail_msg("%.*s", SPAN_ARG(buf_span(&troubles)));
    struct arena arena;
    arena_init(&arena, 64 * KIB);
    const struct shop *shop = config_shop(config, NULL);
    assert_ptr_equal(shop, config_shop(config, "acme"));
    assert_null(config_shop(config, "other"));
    struct story story = {
        .arena = &arena, .outlets = config->outlets, .outlet_count = config->outlet_count};
    struct snippet_pixel made = paste_pixel_of(&story, shop);
    paste_pixel(&made, &said);
    buf_add_char(&said, '\0');
    arena_done(&arena);
    config_free(config);
    buf_done(&text);
    buf_done(&troubles);
    return said.ptr;
}

static int set_up(void **state)
{
    (void)state;
    buf_init(&said, LIMIT_SNIPPET_BYTES);
    return 0;
}

static int clean_up(void **state)
{
    (void)state;
    buf_done(&said);
    return 0;
}

static void test_without_tags(void **state)
{
    (void)state;
    const char *text = pixel("");
    assert_non_null(strstr(text, "\nconst collect = 'https://shop.acme.example/qzkv', cookie = "
                                 "'_gwid', attribute = '_qz';\n(()=>"));
    assert_null(strstr(text, "const tags"));
}

static void test_tags_of_the_bridge(void **state)
{
    (void)state;
    const char *text =
        pixel("    gateway_hosts: [t.acme.example]\n"
              "    bridge: [meta, google]\n"
              "    orders: { value: net, transaction_id: order_name, product_id: sku }\n"
              "    destinations:\n"
              "      - meta: { pixel_id: \"123\", access_token: EAAx }\n"
              "      - tiktok: { pixel_code: C0EXAMPLE0EXAMPLE0EX, access_token: x }\n");
    assert_non_null(strstr(text, "'https://t.acme.example/qzkv'"));
    /* No TikTok: not bridged. No Google: it has no destination with an id. */
    assert_non_null(
        strstr(text, "\nconst tags = {\"meta\":\"123\",\"purchase\":\"order_name\","
                     "\"product\":{\"meta\":\"sku\",\"google\":\"sku\"},\"value\":\"net\"};\n"));
}

static void test_a_tag_names_products_as_its_destination_does(void **state)
{
    (void)state;
    const char *text =
        pixel("    bridge: [meta, tiktok, google]\n"
              "    orders: { product_id: sku }\n"
              "    destinations:\n"
              "      - ga4: { measurement_id: G-EXAMPLE, api_secret: x, product_id: product_id }\n"
              "      - meta: { pixel_id: \"123\", access_token: EAAx, product_id: variant_id }\n"
              "      - tiktok: { pixel_code: C0EXAMPLE0EXAMPLE0EX, access_token: x }\n"
              "      - google: { customer_id: \"1234567890\", conversion_action: \"1\", client_id: "
              "c, client_secret: s, refresh_token: r, product_id: \"x_{sku}\" }\n");
    assert_non_null(strstr(text, "\"product\":{\"tiktok\":\"sku\",\"google\":\"product_id\"}"));
}

static void test_a_sale_that_counts_when_paid_is_not_the_browsers(void **state)
{
    (void)state;
    const char *text = pixel("    bridge: [meta]\n"
                             "    orders: { trigger: paid }\n"
                             "    destinations:\n"
                             "      - meta: { pixel_id: \"123\", access_token: EAAx }\n");
    assert_non_null(strstr(text, "const tags = {\"meta\":\"123\",\"value\":\"total\"};"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_without_tags, set_up, clean_up),
        cmocka_unit_test_setup_teardown(test_tags_of_the_bridge, set_up, clean_up),
        cmocka_unit_test_setup_teardown(test_a_tag_names_products_as_its_destination_does, set_up,
                                        clean_up),
        cmocka_unit_test_setup_teardown(test_a_sale_that_counts_when_paid_is_not_the_browsers,
                                        set_up, clean_up),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
