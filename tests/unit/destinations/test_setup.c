/*
 * Probes: what each platform is asked, that it records nothing, and what its answers are taken for.
 */
#include "../../../src/destinations/setup.c"

#include "check.h"

#include "../../../src/base/clock.h"
#include "../../../src/destinations/google.h"
#include "../../../src/destinations/klaviyo.h"
#include "../../../src/destinations/list.h"
#include "../../../src/destinations/meta.h"
#include "../../../src/destinations/sgtm.h"
#include "../../../src/destinations/tiktok.h"

#define NOW INT64_C(1764000000000)

static const span hosts[] = {{"shop.example", 12}};
static const struct shop shop = {
    .name = {"acme", 4},
    .currency = {"EUR", 3},
    .hosts = {hosts, 1},
    .orders.product_id = {"variant_id", 10},
};

#define COMMON(name)                                                                               \
    {                                                                                              \
        .enabled = true, .base_url = SPAN("https://p.example"),                                    \
        .api_version = span_of(destination_##name.api_version), .events = UINT64_MAX,              \
        .shop = &shop                                                                              \
    }

/* The first probe of a destination, with an empty memory where it wants one. */
static struct probe ask(const struct destination *destination, const struct settings *settings)
{
    struct probe probe = {0};
    void *memory = arena_take(&arena, destination->memory_size + 1);
    assert_true(setup_probe(destination, settings, memory, 0, NOW, &arena, &probe));
    assert_non_null(probe.proves);
    return probe;
}

static enum verdict answer(const struct destination *destination, const struct settings *settings,
                           const struct probe *probe, int status, const char *body)
{
    const struct http_response response = {.status = status, .body = span_of(body)};
    struct judgement judgement;
    setup_judge(destination, settings, probe, &response, NOW, &judgement);
    return judgement.verdict;
}

static const struct json_value *body_of(const struct probe *probe)
{
    const struct json_value *root;
    assert_int_equal(json_parse(&arena, probe->call.body, &root, NULL), OK);
    return root;
}

static void test_meta(void **state)
{
    (void)state;
    struct meta_settings meta = {
        .common = COMMON(meta), .pixel_id = SPAN("12"), .access_token = SPAN("EAAhush")};
    struct probe probe = ask(&destination_meta, &meta.common);
    check_span(probe.call.url, "https://p.example/v26.0/12/events"); /* no token in it */
    const struct json_value *event = json_get(body_of(&probe), "data")->first;
    assert_true(json_get_int(event, "event_time", 0) < (NOW - 7 * DAY_MS) / SECOND_MS);
    static const struct {
        const char *body;
        enum verdict verdict;
    } answers[] = {
        {"{\"error\":{\"code\":100,\"error_subcode\":2804003}}", VERDICT_DELIVERED},
        {"{\"error\":{\"code\":100,\"error_subcode\":33}}", VERDICT_PAUSED},
        {"{\"error\":{\"code\":190,\"error_subcode\":463}}", VERDICT_PAUSED},
        {"{\"error\":{\"code\":4}}", VERDICT_RETRY},
        {"{\"events_received\":1}", VERDICT_DELIVERED},
        {"<html>", VERDICT_RETRY},
    };
    for (unsigned i = 0; i < COUNT_OF(answers); i++)
        assert_int_equal(
            answer(&destination_meta, &meta.common, &probe, i < 4 ? 400 : 200, answers[i].body),
            answers[i].verdict);
    assert_false(setup_probe(&destination_meta, &meta.common, NULL, 1, NOW, &arena, &probe));
}

static void test_tiktok(void **state)
{
    (void)state;
    struct tiktok_settings tiktok = {
        .common = COMMON(tiktok), .pixel_code = SPAN("C1"), .access_token = SPAN("hush")};
    const struct settings *settings = &tiktok.common;
    struct probe probe = ask(&destination_tiktok, settings);
    check_span(probe.call.url, "https://p.example/open_api/v1.3/event/track/");
    assert_int_equal(json_get(body_of(&probe), "data")->count, 0);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200, "{\"code\":40002}"),
                     VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200, "{\"code\":40105}"),
                     VERDICT_PAUSED);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200,
                            "{\"code\":40002,\"message\":\"event_source_id: Not valid\"}"),
                     VERDICT_PAUSED);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200, "{\"code\":60001}"),
                     VERDICT_RETRY);

    tiktok.common.test_code = SPAN("TEST1");
    probe = ask(&destination_tiktok, settings);
    check_span(json_get_text(body_of(&probe), "test_event_code"), "TEST1");
    assert_int_equal(json_get(body_of(&probe), "data")->count, 1);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200, "{\"code\":0}"),
                     VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_tiktok, settings, &probe, 200, "{\"code\":40002}"),
                     VERDICT_REFUSED); /* now the event matters */
}

static void test_klaviyo(void **state)
{
    (void)state;
    struct klaviyo_settings klaviyo = {.common = COMMON(klaviyo), .private_key = SPAN("pk_hush")};
    const struct settings *settings = &klaviyo.common;
    struct probe probe = ask(&destination_klaviyo, settings);
    check_span(probe.call.url, "https://p.example/api/events");
    check_span(probe.call.body, "{\"data\":{\"type\":\"event\",\"attributes\":{}}}");
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 400,
                            "{\"errors\":[{\"code\":\"invalid\"}]}"),
                     VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 400,
                            "{\"errors\":[{\"detail\":\"The revision is not known\"}]}"),
                     VERDICT_REFUSED);
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 401, ""), VERDICT_PAUSED);
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 403, ""), VERDICT_PAUSED);
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 404, ""), VERDICT_REFUSED);
    assert_int_equal(answer(&destination_klaviyo, settings, &probe, 429, ""), VERDICT_RETRY);
    assert_false(setup_probe(&destination_klaviyo, settings, NULL, 1, NOW, &arena, &probe));

    klaviyo.list = SPAN("Y6nRLr"); /* one scope more */
    assert_true(setup_probe(&destination_klaviyo, settings, NULL, 1, NOW, &arena, &probe));
    check_span(probe.call.url, "https://p.example/api/profile-subscription-bulk-create-jobs");
}

static void test_google(void **state)
{
    (void)state;
    struct google_settings google = {.common = COMMON(google),
                                     .customer_id = SPAN("1234567890"),
                                     .conversion_action = SPAN("55")};
    struct probe probe = ask(&destination_google, &google.common);
    assert_true(json_get_bool(body_of(&probe), "validateOnly", false));
    assert_true(span_find(probe.call.body, 0, '@') == probe.call.body.len);
    assert_int_equal(
        answer(&destination_google, &google.common, &probe, 200, "{\"requestId\":\"r\"}"),
        VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_google, &google.common, &probe, 403,
                            "{\"error\":{\"status\":\"PERMISSION_DENIED\"}}"),
                     VERDICT_PAUSED);
}

static void test_analytics(void **state)
{
    (void)state;
    struct analytics_stream ga4 = {
        .common = COMMON(ga4), .measurement_id = SPAN("G-1"), .api_secret = SPAN("s")};
    struct probe probe = ask(&destination_ga4, &ga4.common);
    assert_true(span_starts(probe.call.url, "https://p.example/debug/mp/collect?"));
    assert_int_equal(
        answer(&destination_ga4, &ga4.common, &probe, 200, "{\"validationMessages\":[]}"),
        VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_ga4, &ga4.common, &probe, 204, ""), VERDICT_RETRY);

    struct sgtm_settings sgtm = {.stream = {.common = COMMON(sgtm), .measurement_id = SPAN("G-1")}};
    struct settings *settings = &sgtm.stream.common;
    probe = ask(&destination_sgtm, settings);
    check_span(probe.call.url, "https://p.example/healthz");
    assert_int_equal(answer(&destination_sgtm, settings, &probe, 200, "ok"), VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_sgtm, settings, &probe, 404, ""), VERDICT_PAUSED);
    settings->test_code = SPAN("preview");
    probe = ask(&destination_sgtm, settings);
    assert_true(span_starts(probe.call.url, "https://p.example/g/collect?"));
    check_span(http_header_get(probe.call.headers, probe.call.header_count, "X-Gtm-Server-Preview"),
               "preview");
    assert_int_equal(answer(&destination_sgtm, settings, &probe, 200, ""), VERDICT_DELIVERED);
    assert_int_equal(answer(&destination_sgtm, settings, &probe, 400, ""), VERDICT_PAUSED);
    settings->test_code = (span){0};
    sgtm.protocol = PROTOCOL_MP;
    probe = ask(&destination_sgtm, settings);
    assert_true(span_starts(probe.call.url, "https://p.example/debug/mp/collect?"));
}

/* Whoever adds a destination is asked for these: no answer is never a "good". */
static void test_everyone(void **state)
{
    (void)state;
    for (unsigned i = 0; list_destinations[i]; i++) {
        const struct destination *destination = list_destinations[i];
        const struct setup *setup = destination->setup;
        assert_non_null(setup);
        assert_true(strlen(setup->credentials) > 20 && setup->notes && setup->limits);
        struct settings *settings = arena_take(&arena, destination->settings_size);
        *settings = (struct settings)COMMON(meta);
        struct probe probe = ask(destination, settings);
        assert_true(probe.call.method && span_starts(probe.call.url, "https://"));
        assert_int_equal(answer(destination, settings, &probe, 0, ""), VERDICT_RETRY);
    }
}

CHECK_MAIN(cmocka_unit_test(test_meta), cmocka_unit_test(test_tiktok),
           cmocka_unit_test(test_klaviyo), cmocka_unit_test(test_google),
           cmocka_unit_test(test_analytics), cmocka_unit_test(test_everyone))
