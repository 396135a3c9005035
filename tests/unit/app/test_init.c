/*
 * What init writes passes check, and its names are neutral and never twice the same.
 */
#include "../../../src/app/init.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct init_answers answers = {"acme", "shop.acme.example", "t.acme.example",
                                            "acme.myshopify.com", "EUR"};

static void test_it_passes_check(void **state)
{
    (void)state;
    static const char *const names[] = {"SHOPIFY_SECRET", "META_PIXEL", "META_TOKEN", "KLAVIYO_KEY",
                                        "LINK_SECRET"};
    struct buf text, advice, troubles;
    const struct config *config = NULL;
    buf_init(&text, 64 * KIB);
    buf_init(&advice, 64 * KIB);
    buf_init(&troubles, CONFIG_TROUBLES);
    init_write(&clock_real, &answers, &text, &advice);
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        setenv(names[i], "1", 1);
    if (config_parse(buf_span(&text), "c", true, &troubles, &config) != OK)
        fail_msg("%.*s", SPAN_ARG(buf_span(&troubles)));
    const struct shop *shop = config->shops[0];
    assert_int_equal(config->outlet_count, 2);
    assert_int_equal(shop->collect_path.len, 1 + WORD_LETTERS);
    assert_true(span_is(shop->link_secret, "1")); /* the environment's: no secret in the file */
    buf_add_char(&advice, '\0');
    assert_non_null(strstr(advice.ptr, "  LINK_SECRET     "));
    assert_non_null(strstr(advice.ptr, "https://t.acme.example/shopify/webhooks"));
    assert_non_null(strstr(
        advice.ptr, arena_text(&((struct config *)(uintptr_t)config)->arena, shop->collect_path)));
    config_free(config);
    buf_done(&text);
    buf_done(&advice);
    buf_done(&troubles);
}

static void test_words_are_neutral(void **state)
{
    (void)state;
    static const char *const told[] = {"pixel", "track", "analytic", "beacon", "collect"};
    struct clock_fake fake;
    char words[200][WORD_LETTERS + 1];
    unsigned same = 0;
    clock_fake_init(&fake, 0);
    for (unsigned i = 0; i < COUNT_OF(words); i++) {
        random_word(&clock_real, words[i]);
        assert_int_equal(strlen(words[i]), WORD_LETTERS);
        for (unsigned k = 0; k < COUNT_OF(told); k++)
            assert_null(strstr(words[i], told[k]));
        for (unsigned k = 0; k < i; k++)
            same += strcmp(words[i], words[k]) == 0;
    }
    assert_true(same < 10); /* of 122,825 words */
}

static void test_never_over_a_file(void **state)
{
    (void)state;
    char path[] = "/tmp/sidetrack-init-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(write_out(path, SPAN("x")), EXIT_FAILED);
    unlink(path);
    assert_int_equal(write_out(path, SPAN("x")), EXIT_DONE);
    assert_int_equal(access(path, R_OK), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_it_passes_check),
        cmocka_unit_test(test_words_are_neutral),
        cmocka_unit_test(test_never_over_a_file),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
