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
    {SPAN("US"),    CONSENT_GRANTED},
    {SPAN("US-CA"), CONSENT_DENIED },
    {SPAN("DE"),    CONSENT_GRANTED}, /* may not loosen a strict region */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_consent),
        cmocka_unit_test(strict_regions),
        cmocka_unit_test(silence_is_settled_by_region),
        cmocka_unit_test(a_spoken_word_needs_no_default),
        cmocka_unit_test(the_newer_word_wins_per_purpose),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("event_consent", tests, NULL, NULL);
}
