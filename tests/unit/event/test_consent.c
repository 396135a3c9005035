/* Consent: what silence means where, and whose word is the last. */
#include "../../../src/event/consent.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void words_of_consent(void **state)
{
    (void)state;
    assert_int_equal(consent_choice_find(SPAN("granted")), CONSENT_GRANTED);
    assert_int_equal(consent_choice_find(SPAN("denied")), CONSENT_DENIED);
    assert_int_equal(consent_choice_find(SPAN("yes")), CONSENT_GRANTED);
    assert_int_equal(consent_choice_find(SPAN("no")), CONSENT_DENIED);
    assert_int_equal(consent_choice_find(SPAN("TRUE")), CONSENT_GRANTED);
    assert_int_equal(consent_choice_find(SPAN("false")), CONSENT_DENIED);
    assert_int_equal(consent_choice_find(SPAN("unknown")), CONSENT_UNKNOWN);
    assert_int_equal(consent_choice_find(SPAN("")), CONSENT_UNKNOWN);
    assert_string_equal(consent_choice_text(CONSENT_GRANTED), "granted");
    assert_string_equal(consent_choice_text(CONSENT_DENIED), "denied");
    assert_string_equal(consent_choice_text(CONSENT_UNKNOWN), "unknown");
}

static void strict_regions(void **state)
{
    (void)state;
    static const char *const strict[] = {
        "AT", "BE", "BG",     "HR",    "CY", "CZ", "DK", "EE", "FI",      "FR",
        "DE", "GR", "HU",     "IE",    "IT", "LV", "LT", "LU", "MT",      "NL",
        "PL", "PT", "RO",     "SK",    "SI", "ES", "SE", "IS", "LI",      "NO",
        "GB", "CH", "GB-ENG", "DE-BY", "de", "RE", "",   "ZZ", "Germany", "EU"};
    static const char *const free[] = {"US", "US-CA", "CA", "AU", "JP", "TR", "UA", "br"};
    for (unsigned i = 0; i < COUNT_OF(strict); i++)
        if (!consent_is_strict_region(span_of(strict[i])))
            fail_msg("%s should be strict", strict[i]);
    for (unsigned i = 0; i < COUNT_OF(free); i++)
        if (consent_is_strict_region(span_of(free[i])))
            fail_msg("%s should not be strict", free[i]);
    assert_true(consent_is_strict_region((span){0}));
}

static const struct consent_region rows[] = {
    {SPAN("US"), CONSENT_GRANTED},
    {SPAN("US-CA"), CONSENT_DENIED},
    {SPAN("DE"), CONSENT_GRANTED}, /* may not loosen a strict region */
};
static const struct consent_defaults defaults = {CONSENT_DENIED, rows, COUNT_OF(rows)};

static enum consent_choice settle_unknown(const char *region, const struct consent_defaults *by)
{
    struct consent consent = {.region = span_of(region)};
    enum consent_choice marketing = consent_settle(&consent, by, CONSENT_FOR_MARKETING);
    assert_int_equal(marketing, consent_settle(&consent, by, CONSENT_FOR_ANALYTICS));
    return marketing;
}

static void silence_is_settled_by_region(void **state)
{
    (void)state;
    assert_int_equal(settle_unknown("US", &defaults), CONSENT_GRANTED);
    assert_int_equal(settle_unknown("US-TX", &defaults), CONSENT_GRANTED);
    assert_int_equal(settle_unknown("US-CA", &defaults), CONSENT_DENIED);
    assert_int_equal(settle_unknown("us-ca", &defaults), CONSENT_DENIED);
    assert_int_equal(settle_unknown("AU", &defaults), CONSENT_DENIED);
    assert_int_equal(settle_unknown("DE", &defaults), CONSENT_DENIED);
    assert_int_equal(settle_unknown(NULL, &defaults), CONSENT_DENIED);
    const struct consent_defaults open = {CONSENT_GRANTED, NULL, 0}, mute = {0};
    assert_int_equal(settle_unknown("DE", &open), CONSENT_GRANTED);
    assert_int_equal(settle_unknown("US", &mute), CONSENT_DENIED);
}

static void a_spoken_word_needs_no_default(void **state)
{
    (void)state;
    struct consent consent = {
        .analytics = CONSENT_GRANTED, .marketing = CONSENT_DENIED, .region = SPAN("US")};
    assert_int_equal(consent_settle(&consent, &defaults, CONSENT_FOR_ANALYTICS), CONSENT_GRANTED);
    assert_int_equal(consent_settle(&consent, &defaults, CONSENT_FOR_MARKETING), CONSENT_DENIED);
}

static void the_newer_word_wins_per_purpose(void **state)
{
    (void)state;
    const struct consent before = {.analytics = CONSENT_GRANTED,
                                   .marketing = CONSENT_GRANTED,
                                   .source = SPAN("shopify_cpa"),
                                   .region = SPAN("DE"),
                                   .at = 100};
    const struct consent after = {.marketing = CONSENT_DENIED,
                                  .sale_of_data = CONSENT_DENIED,
                                  .source = SPAN("gpc"),
                                  .at = 200};
    struct consent merged[] = {consent_merge(&before, &after), consent_merge(&after, &before)};
    for (unsigned i = 0; i < 2; i++) { /* whichever came to us first */
        assert_int_equal(merged[i].analytics, CONSENT_GRANTED);
        assert_int_equal(merged[i].marketing, CONSENT_DENIED);
        assert_int_equal(merged[i].preferences, CONSENT_UNKNOWN);
        assert_int_equal(merged[i].sale_of_data, CONSENT_DENIED);
        assert_true(span_is(merged[i].source, "gpc"));
        assert_true(span_is(merged[i].region, "DE"));
        assert_int_equal(merged[i].at, 200);
    }
    const struct consent nobody = {0};
    assert_int_equal(consent_merge(&before, &nobody).marketing, CONSENT_GRANTED);
    assert_int_equal(consent_merge(&before, &nobody).at, 100);
}

/* Each purpose by itself: a later word on one of them does not make the others newer. */
static void every_order_of_words_ends_the_same(void **state)
{
    (void)state;
    const struct consent said[] = {
        {.analytics = CONSENT_GRANTED, .marketing = CONSENT_GRANTED, .at = 10},
        {.marketing = CONSENT_DENIED, .at = 30},
        {.analytics = CONSENT_DENIED, .marketing = CONSENT_GRANTED, .at = 20},
        {.preferences = CONSENT_GRANTED, .at = 40},
    };
    static const unsigned char orders[24][4] = {
        {0, 1, 2, 3}, {0, 1, 3, 2}, {0, 2, 1, 3}, {0, 2, 3, 1}, {0, 3, 1, 2}, {0, 3, 2, 1},
        {1, 0, 2, 3}, {1, 0, 3, 2}, {1, 2, 0, 3}, {1, 2, 3, 0}, {1, 3, 0, 2}, {1, 3, 2, 0},
        {2, 0, 1, 3}, {2, 0, 3, 1}, {2, 1, 0, 3}, {2, 1, 3, 0}, {2, 3, 0, 1}, {2, 3, 1, 0},
        {3, 0, 1, 2}, {3, 0, 2, 1}, {3, 1, 0, 2}, {3, 1, 2, 0}, {3, 2, 0, 1}, {3, 2, 1, 0},
    };
    for (unsigned i = 0; i < COUNT_OF(orders); i++) {
        struct consent merged = {0};
        for (unsigned k = 0; k < 4; k++)
            merged = consent_merge(&merged, &said[orders[i][k]]);
        assert_int_equal(merged.analytics, CONSENT_DENIED);
        assert_int_equal(merged.analytics_at, 20);
        assert_int_equal(merged.marketing, CONSENT_DENIED);
        assert_int_equal(merged.marketing_at, 30);
        assert_int_equal(merged.preferences, CONSENT_GRANTED);
        assert_int_equal(merged.at, 40);
        assert_int_equal(consent_as_of(&merged, 25).analytics, CONSENT_DENIED);
        assert_int_equal(consent_as_of(&merged, 25).marketing, CONSENT_UNKNOWN);
        assert_int_equal(consent_as_of(&merged, 25).at, 20);
    }
}

static void of_two_words_of_one_moment_the_denial(void **state)
{
    (void)state;
    const struct consent yes = {.marketing = CONSENT_GRANTED, .at = 10};
    const struct consent no = {.marketing = CONSENT_DENIED, .at = 10};
    assert_int_equal(consent_merge(&yes, &no).marketing, CONSENT_DENIED);
    assert_int_equal(consent_merge(&no, &yes).marketing, CONSENT_DENIED);
}

static void privacy_control_speaks_at_its_own_time(void **state)
{
    (void)state;
    struct consent consent = {.marketing = CONSENT_GRANTED,
                              .sale_of_data = CONSENT_GRANTED,
                              .source = SPAN("cmp:x"),
                              .at = 10};
    consent_gpc(&consent, 50);
    assert_int_equal(consent.marketing, CONSENT_GRANTED);
    assert_int_equal(consent.sale_of_data, CONSENT_DENIED);
    assert_int_equal(consent.sale_of_data_at, 50);
    assert_true(span_is(consent.source, "cmp:x"));
    struct consent silent = {0};
    consent_gpc(&silent, 50);
    assert_int_equal(silent.at, 50);
    assert_int_equal(silent.sale_of_data_at, 0);
    assert_true(span_is(silent.source, "gpc"));
    const struct consent again = {.sale_of_data = CONSENT_GRANTED, .at = 40};
    assert_int_equal(consent_merge(&consent, &again).sale_of_data, CONSENT_DENIED);
}

/* OneTrust was told no; Shopify's flags say yes, for its own banner is not in use. */
static void flags_do_not_undo_another_tools_no(void **state)
{
    (void)state;
    struct consent no = {.marketing = CONSENT_DENIED, .source = SPAN("cmp:onetrust"), .at = 10};
    struct consent flags = {.marketing = CONSENT_GRANTED,
                            .analytics = CONSENT_GRANTED,
                            .source = SPAN("shopify_cpa"),
                            .at = 50};
    struct consent yes = {.marketing = CONSENT_GRANTED, .source = SPAN("cmp:onetrust"), .at = 60};
    for (unsigned i = 0; i < 2; i++) {
        struct consent now = i ? consent_merge(&no, &flags) : consent_merge(&flags, &no);
        assert_int_equal(now.marketing, CONSENT_DENIED);
        assert_int_equal(now.analytics, CONSENT_GRANTED); /* of which nothing was said */
        flags.at = 55;
        now = consent_merge(&now, &flags); /* nor the next page's flags */
        assert_int_equal(now.marketing, CONSENT_DENIED);
        now = consent_merge(&now, &yes);
        assert_int_equal(now.marketing, CONSENT_GRANTED);
    }
    /* Where Shopify's banner is the tool, its newer word holds. */
    no.source = SPAN("shopify_cpa");
    assert_int_equal(consent_merge(&no, &flags).marketing, CONSENT_GRANTED);
}

static void no_word_is_of_tomorrow(void **state)
{
    (void)state;
    struct consent consent = {.marketing = CONSENT_GRANTED, .at = 900, .marketing_at = 800};
    consent_not_after(&consent, 100);
    const struct consent no = {.marketing = CONSENT_DENIED, .at = 200};
    assert_int_equal(consent_merge(&consent, &no).marketing, CONSENT_DENIED);
}

/* A TC string of ours: the bits of 7.4 and nothing else. */
static span tc_string(unsigned version, const char *purposes, char text[64])
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    bool bits[216] = {0};
    for (unsigned i = 0; i < 6; i++)
        bits[i] = version >> (5 - i) & 1;
    for (const char *at = purposes; *at; at++)
        bits[151 + (unsigned)(*at - '0')] = true;
    for (unsigned i = 0; i < 36; i++) {
        unsigned value = 0;
        for (unsigned k = 0; k < 6; k++)
            value = value * 2 + bits[i * 6 + k];
        text[i] = digits[value];
    }
    memcpy(text + 36, ".YAAAAAAAAAA", sizeof ".YAAAAAAAAAA");
    return span_of(text);
}

static void tc_strings(void **state)
{
    (void)state;
    static const struct {
        const char *purposes;
        enum consent_choice analytics, marketing;
    } vectors[] = {
        {"", CONSENT_DENIED, CONSENT_DENIED},    {"1", CONSENT_DENIED, CONSENT_DENIED},
        {"17", CONSENT_GRANTED, CONSENT_DENIED}, {"18", CONSENT_GRANTED, CONSENT_DENIED},
        {"78", CONSENT_DENIED, CONSENT_DENIED},  {"1347", CONSENT_GRANTED, CONSENT_GRANTED},
        {"134", CONSENT_DENIED, CONSENT_DENIED}, {"123456789", CONSENT_GRANTED, CONSENT_GRANTED},
    };
    char text[64];
    for (unsigned i = 0; i < COUNT_OF(vectors); i++) {
        struct consent consent = {0};
        assert_true(consent_tcf(tc_string(2, vectors[i].purposes, text), &consent));
        assert_int_equal(consent.analytics, vectors[i].analytics);
        assert_int_equal(consent.marketing, vectors[i].marketing);
        assert_true(span_is(consent.source, "tcf"));
    }
    struct consent none = {0};
    assert_false(consent_tcf(tc_string(1, "1347", text), &none));
    assert_false(consent_tcf(SPAN("CPXXXXX"), &none));
    assert_false(consent_tcf((span){0}, &none));
    span cut = span_sub(tc_string(2, "1347", text), 0, 29);
    assert_false(consent_tcf(cut, &none)); /* the purposes are not all there */
    text[3] = '=';
    assert_false(consent_tcf(span_of(text), &none));
    assert_int_equal(none.marketing, CONSENT_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_consent),
        cmocka_unit_test(strict_regions),
        cmocka_unit_test(silence_is_settled_by_region),
        cmocka_unit_test(a_spoken_word_needs_no_default),
        cmocka_unit_test(the_newer_word_wins_per_purpose),
        cmocka_unit_test(every_order_of_words_ends_the_same),
        cmocka_unit_test(of_two_words_of_one_moment_the_denial),
        cmocka_unit_test(privacy_control_speaks_at_its_own_time),
        cmocka_unit_test(flags_do_not_undo_another_tools_no),
        cmocka_unit_test(no_word_is_of_tomorrow),
        cmocka_unit_test(tc_strings),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("event_consent", tests, NULL, NULL);
}
