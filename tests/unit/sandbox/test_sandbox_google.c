/* Google, played: both OAuth flows, the contract's example, every rule of 2.3-2.10 refuses by row,
   copies, restatements, status, quota. */
#include "../../../src/sandbox/sandbox_google.c"

#include "stage.h"

#define NOW  INT64_C(1764000100000)
#define GOOD "Bearer ya29.sandbox-1764003000"
#define HASH "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"

static const char *developer = "dev-1";
static struct sandbox_reply ask(const char *method, const char *path, span query, const char *type,
                                const char *authorization, span body, int64_t now)
{
    const struct http_header headers[] = {
        {SPAN("Content-Type"), span_of(type)},
        {SPAN("Authorization"), span_of(authorization)},
        {SPAN("developer-token"), span_of(developer)},
    };
    struct http_request request = {.method = span_of(method),
                                   .path = span_of(path),
                                   .query = query,
                                   .headers = headers,
                                   .header_count = COUNT_OF(headers),
                                   .body = body};
    struct sandbox_reply reply = {0};
    assert_ptr_equal(sandbox_platform_of(request.path), &sandbox_google);
    sandbox_google.handle(&ledger, &request, now, &arena, &reply);
    return reply;
}

static bool says(struct sandbox_reply reply, int status, const char *text)
{
    bool found = false;
    for (size_t at = 0; at < reply.body.len && !found; at++)
        found = span_starts(span_sub(reply.body, at, reply.body.len), text);
    if (reply.status == status && found)
        return true;
    print_error("%d %.*s\n", reply.status, SPAN_ARG(reply.body));
    return false;
}

static struct sandbox_reply token(const char *form)
{
    return ask("POST", "/token", (span){0}, "application/x-www-form-urlencoded", "", span_of(form),
               NOW);
}

static struct sandbox_reply ingest(span body)
{
    return ask("POST", "/v1/events:ingest", (span){0}, "application/json", GOOD, body, NOW);
}

#define DESTINATION                                                                                \
    "{\"operatingAccount\":{\"accountType\":\"GOOGLE_ADS\",\"accountId\":\"1234567890\"},"         \
    "\"productDestinationId\":\"123456789\"}"
#define EVENT(id, more)                                                                            \
    "{\"transactionId\":\"" id                                                                     \
    "\",\"eventTimestamp\":\"2025-11-24T16:00:00Z\",\"eventSource\":\"WEB\"" more "}"
#define PERSON ",\"userData\":{\"userIdentifiers\":[{\"emailAddress\":\"" HASH "\"}]}"
#define MONEY  ",\"conversionValue\":59.90,\"currency\":\"EUR\""

static span body_of(const char *events, const char *more)
{
    return arena_print(
        &arena, "{\"destinations\":[" DESTINATION "],\"encoding\":\"HEX\"%s,\"events\":[%s]}", more,
        events);
}

static const struct sandbox_account *account(void)
{
    return sandbox_ledger_account(&ledger, "google", SPAN("1234567890/123456789"));
}

static void test_tokens(void **state)
{
    (void)state;
    const char *good = "client_id=c&client_secret=s&refresh_token=r&grant_type=refresh_token";
    assert_true(says(token(good), 200, "\"access_token\":\"ya29.sandbox-1764003699.1\""));
    assert_true(says(token("grant_type=x"), 400, "unsupported_grant_type"));
    assert_true(says(token("client_id=invalid&client_secret=s&refresh_token=r&grant_type="
                           "refresh_token"),
                     401, "invalid_client"));
    assert_true(says(token("client_id=c&client_secret=s&refresh_token=invalid&grant_type="
                           "refresh_token"),
                     400, "invalid_grant"));
    assert_true(says(ask("POST", "/token", (span){0}, "application/json", "", span_of(good), NOW),
                     400, "invalid_request"));
}

static struct sandbox_reply token_for(const char *head, const char *claims, const char *signature)
{
    span h = span_of(head), c = span_of(claims);
    span jwt =
        arena_print(&arena, "%.*s.%.*s.%s", SPAN_ARG(hash_to_base64url(&arena, h.ptr, h.len)),
                    SPAN_ARG(hash_to_base64url(&arena, c.ptr, c.len)), signature);
    return token(arena_text(
        &arena, arena_print(&arena,
                            "grant_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Agrant-type%%3Ajwt-bearer&"
                            "assertion=%.*s",
                            SPAN_ARG(jwt))));
}

static void test_service_account(void **state)
{
    (void)state;
#define CLAIMS(iat, exp, scope)                                                                    \
    "{\"iss\":\"a@b\",\"scope\":\"" scope "\",\"aud\":\"x\",\"iat\":" iat ",\"exp\":" exp "}"
    const char *head = "{\"alg\":\"RS256\",\"typ\":\"JWT\"}";
    assert_true(says(token_for(head, CLAIMS("1764000100", "1764003700", SCOPE), "c2ln"), 200,
                     "access_token"));
    assert_true(says(token_for(head, CLAIMS("1764000100", "1764003701", SCOPE), "c2ln"), 400,
                     "Invalid JWT"));
    assert_true(says(token_for(head, CLAIMS("1763990000", "1763993600", SCOPE), "c2ln"), 400,
                     "Invalid JWT"));
    assert_true(says(token_for(head, CLAIMS("1764000100", "1764003700", "other"), "c2ln"), 400,
                     "Invalid JWT"));
    assert_true(
        says(token_for("{\"alg\":\"none\"}", CLAIMS("1764000100", "1764003700", SCOPE), "c2ln"),
             400, "Invalid JWT"));
    assert_true(
        says(token_for(head, CLAIMS("1764000100", "1764003700", SCOPE), ""), 400, "Invalid JWT"));
}

static void test_authorization(void **state)
{
    (void)state;
    span body = body_of(EVENT("1", PERSON MONEY), "");
    const char *const bad[] = {"", "Bearer x", "Bearer ya29.sandbox-1764000100", "ya29.sandbox-1"};
    for (unsigned i = 0; i < COUNT_OF(bad); i++)
        assert_true(
            says(ask("POST", "/v1/events:ingest", (span){0}, "application/json", bad[i], body, NOW),
                 401, "UNAUTHENTICATED"));
    assert_int_equal(account()->unique, 0);
    assert_true(says(ingest(body), 200, "requestId"));
    assert_int_equal(account()->unique, 1);
}

static void test_rows_are_named(void **state)
{
    (void)state;
    span body = body_of(EVENT("1", PERSON ",\"conversionValue\":1,\"currency\":\"XXQ\"") "," EVENT(
                            "2", PERSON MONEY) "," EVENT("3", MONEY),
                        "");
    struct sandbox_reply reply = ingest(body);
    assert_true(says(reply, 400, "\"field\":\"events[0].currency\""));
    assert_true(says(reply, 400, "\"field\":\"events[2]\""));
    assert_true(says(reply, 400, "NO_IDENTIFIERS_PROVIDED"));
    for (size_t at = 0; at < reply.body.len; at++)
        assert_false(span_starts(span_sub(reply.body, at, reply.body.len), "events[1]"));
    assert_int_equal(account()->accepted, 0); /* fast fail: the good one neither */
    assert_int_equal(account()->refused, 1);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *event, *reason;
    } cases[] = {
        {"{\"transactionId\":\"1\"" PERSON "}", "REQUIRED_FIELD_MISSING"},
        {EVENT("", PERSON MONEY), "INVALID_FORMAT"},
        {EVENT("1", PERSON MONEY ",\"eventname\":\"x\""), "INVALID_FORMAT"},
        {EVENT("1", PERSON ",\"conversionValue\":1"), "INVALID_CURRENCY_CODE"},
        {EVENT("1", PERSON ",\"conversionValue\":\"1\",\"currency\":\"EUR\""), "INVALID_FORMAT"},
        {EVENT("1", PERSON ",\"conversionValue\":-1,\"currency\":\"EUR\""), "INVALID_FORMAT"},
        {EVENT("1", PERSON ",\"currency\":\"eur\""), "INVALID_CURRENCY_CODE"},
        {EVENT("1", PERSON MONEY ",\"lastUpdatedTimestamp\":\"2026-01-01T00:00:00Z\""),
         "EVENT_TIME_INVALID"},
        {EVENT("1", PERSON MONEY ",\"lastUpdatedTimestamp\":\"2025-11-24 16:00:00+01:00\""),
         "INVALID_FORMAT"},
        {EVENT("1", ",\"userData\":{\"userIdentifiers\":[{\"emailAddress\":\"a@b.example\"}]}"),
         "INVALID_SHA256_FORMAT"},
        {EVENT("1", ",\"userData\":{\"userIdentifiers\":[{\"emailAddress\":\"" HASH
                    "\",\"phoneNumber\":\"" HASH "\"}]}"),
         "INVALID_FORMAT"},
        {EVENT("1", ",\"userData\":{\"userIdentifiers\":[]}"), "TOO_MANY_USER_IDENTIFIERS"},
        {EVENT("1",
               ",\"userData\":{\"userIdentifiers\":[{\"address\":{\"givenName\":\"" HASH
               "\",\"familyName\":\"" HASH "\",\"regionCode\":\"us\",\"postalCode\":\"1\"}}]}"),
         "INVALID_COUNTRY_CODE"},
        {EVENT("1", ",\"userData\":{\"userIdentifiers\":[{\"address\":{\"givenName\":\"" HASH
                    "\",\"familyName\":\"" HASH "\",\"regionCode\":\"US\"}}]}"),
         "REQUIRED_FIELD_MISSING"},
        {EVENT("1", ",\"adIdentifiers\":{\"gbraid\":\"a\",\"wbraid\":\"b\"}"), "INVALID_FORMAT"},
        {EVENT("1", ",\"adIdentifiers\":{\"gclid\":\"a\",\"sessionAttributes\":\"e30=\"}"),
         "INVALID_FORMAT"},
        {EVENT("1", ",\"adIdentifiers\":{\"wbraid\":\"b\"},\"cartData\":{\"items\":[]}"),
         "INVALID_FORMAT"},
        {EVENT("1", PERSON ",\"consent\":{\"adUserData\":\"GRANTED\"}"), "INVALID_ENUM_VALUE"},
    };
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_true(says(ingest(body_of(cases[i].event, "")), 400, cases[i].reason));
    assert_true(says(ingest(SPAN("{}")), 400, "REQUIRED_FIELD_MISSING"));
    assert_true(says(ingest(SPAN("nonsense")), 400, "Invalid JSON"));
    assert_int_equal(account()->accepted, 0);
}

static void test_around_the_rows(void **state)
{
    (void)state;
    assert_true(says(ingest(SPAN("{\"destinations\":[{\"operatingAccount\":{\"accountType\":"
                                 "\"GOOGLE_ADS\",\"accountId\":\"123-456-7890\"},"
                                 "\"productDestinationId\":\"1\"}],\"events\":[{}]}")),
                     400, "destinations[0].operating_account"));
    assert_true(says(ingest(SPAN("{\"destinations\":[{\"operatingAccount\":{\"accountType\":"
                                 "\"GOOGLE_ADS\",\"accountId\":\"1234567890\"},"
                                 "\"productDestinationId\":\"AW-1\"}],\"events\":[{}]}")),
                     400, "INVALID_CONVERSION_ACTION_ID"));
    struct buf many;
    buf_init(&many, 1 << 20);
    for (unsigned i = 0; i < 2001; i++)
        buf_add_text(&many, i ? ",{}" : "{}");
    buf_add_char(&many, '\0');
    assert_true(says(ingest(body_of(many.ptr, "")), 400, "TOO_MANY_EVENTS"));
    buf_done(&many);
}

static void test_copies_and_restatements(void **state)
{
    (void)state;
#define LATER(value)                                                                               \
    ",\"lastUpdatedTimestamp\":\"2025-11-24T16:01:00Z\",\"currency\":\"EUR\","                     \
    "\"conversionValue\":" value
    assert_int_equal(ingest(body_of(EVENT("1", PERSON MONEY), "")).status, 200);
    assert_int_equal(ingest(body_of(EVENT("1", PERSON MONEY), "")).status, 200);
    assert_int_equal(account()->unique, 1);
    assert_int_equal(account()->duplicates, 1);
    assert_int_equal(ingest(body_of(EVENT("1", PERSON LATER("29.95")), "")).status, 200);
    assert_int_equal(ingest(body_of(EVENT("1", PERSON LATER("29.95")), "")).status, 200);
    assert_int_equal(account()->unique, 2);
    assert_int_equal(account()->sums.count, 2); /* conversion, restatement */
    /* of an order nobody sent: a new conversion, as in life */
    assert_int_equal(ingest(body_of(EVENT("9", PERSON LATER("0")), "")).status, 200);
    assert_int_equal(account()->sums.first->count + account()->sums.first->next->count, 3);
    assert_int_equal(account()->sums.count, 2);
}

static void test_validate_only(void **state)
{
    (void)state;
    assert_true(says(ingest(body_of(EVENT("1", PERSON MONEY), ",\"validateOnly\":true")), 200,
                     "requestId"));
    assert_int_equal(account()->accepted, 0);
    assert_true(
        says(ingest(body_of(EVENT("1", MONEY), ",\"validateOnly\":true")), 400, "NO_IDENTIFIERS"));
}

static void test_status(void **state)
{
    (void)state;
    struct sandbox_reply reply =
        ingest(body_of(EVENT("1", PERSON MONEY) "," EVENT("2", PERSON MONEY), ""));
    const struct json_value *answer;
    assert_int_equal(json_parse(&arena, reply.body, &answer, NULL), OK);
    span query =
        arena_print(&arena, "requestId=%.*s", SPAN_ARG(json_get_text(answer, "requestId")));
    const char *path = "/v1/requestStatus:retrieve";
    assert_true(
        says(ask("GET", path, query, "", GOOD, (span){0}, NOW), 200, "\"recordCount\":\"2\""));
    assert_true(says(ask("GET", path, query, "", "", (span){0}, NOW), 401, "UNAUTHENTICATED"));
    assert_true(
        says(ask("GET", path, SPAN("requestId=x"), "", GOOD, (span){0}, NOW), 404, "NOT_FOUND"));
}

/* ---- the Google Ads API ---- */

#define ADS_ROW(order, more)                                                                       \
    "{\"conversionAction\":\"customers/1234567890/conversionActions/"                              \
    "123456789\",\"orderId\":\"" order "\"" more "}"
#define ADS_GOOD                                                                                   \
    ",\"conversionDateTime\":\"2025-11-24 "                                                        \
    "16:00:00+00:00\",\"gclid\":\"a\",\"conversionValue\":59.90,"                                  \
    "\"currencyCode\":\"EUR\""

static struct sandbox_reply upload(const char *rows, bool adjusts)
{
    return ask("POST",
               adjusts ? "/v25/customers/1234567890:uploadConversionAdjustments"
                       : "/v25/customers/1234567890:uploadClickConversions",
               (span){0}, "application/json", GOOD,
               arena_print(&arena, "{\"partialFailure\":true,\"%s\":[%s]}",
                           adjusts ? "conversionAdjustments" : "conversions", rows),
               NOW);
}

static void test_ads_rows(void **state)
{
    (void)state;
    struct sandbox_reply reply =
        upload(ADS_ROW("1", ADS_GOOD) "," ADS_ROW(
                   "2", ",\"conversionDateTime\":\"2025-11-24T16:00:"
                        "00Z\",\"gclid\":\"a\"") "," ADS_ROW("3", ",\"conversionDateTime\":\"2025-"
                                                                  "11-24 16:00:00+00:00\""),
               false);
    assert_true(says(reply, 200, "\"index\":1"));
    assert_true(says(reply, 200, "INVALID_STRING_DATE_TIME"));
    assert_true(says(reply, 200, "MISSING_CONVERSION_IDENTIFIERS"));
    assert_int_equal(account()->unique, 1); /* the good one stands */
    assert_true(says(upload(ADS_ROW("1", ADS_GOOD), false), 200, "ORDER_ID_ALREADY_IN_USE"));
    assert_int_equal(account()->unique, 1);
    assert_int_equal(account()->duplicates, 1);
}

static void test_ads_adjustments(void **state)
{
    (void)state;
#define ADS_BACK(type)                                                                             \
    ",\"adjustmentType\":\"" type "\",\"adjustmentDateTime\":\"2025-11-24 16:01:00+00:00\""
    assert_true(
        says(upload(ADS_ROW("1", ADS_BACK("RETRACTION")), true), 200, "CONVERSION_NOT_FOUND"));
    assert_int_equal(upload(ADS_ROW("1", ADS_GOOD), false).status, 200);
    assert_true(
        says(upload(ADS_ROW("1", ADS_BACK("RESTATEMENT")), true), 200, "INVALID_ADJUSTED_VALUE"));
    assert_int_equal(account()->unique, 1);
    assert_int_equal(upload(ADS_ROW("1", ADS_BACK("RETRACTION")), true).status, 200);
    assert_int_equal(account()->unique, 2);
}

static void test_ads_around(void **state)
{
    (void)state;
    developer = "";
    assert_true(says(upload(ADS_ROW("1", ADS_GOOD), false), 400, "DEVELOPER_TOKEN"));
    developer = "new-1";
    assert_true(says(upload(ADS_ROW("1", ADS_GOOD), false), 200, "CUSTOMER_NOT_ALLOWLISTED"));
    developer = "dev-1";
    assert_true(says(ask("POST", "/v25/customers/1234567890:uploadClickConversions", (span){0},
                         "application/json", "Bearer x", SPAN("{}"), NOW),
                     401, "UNAUTHENTICATED"));
    assert_true(says(ask("POST", "/v25/customers/1234567890:uploadClickConversions", (span){0},
                         "application/json", GOOD, SPAN("{\"conversions\":[{}]}"), NOW),
                     400, "INVALID_ARGUMENT"));
    assert_null(sandbox_platform_of(SPAN("/v21/customers/1234567890:uploadClickConversions")));
    assert_int_equal(account()->unique, 0);
}

static void test_quota(void **state)
{
    (void)state;
    span body = body_of(EVENT("1", PERSON MONEY), "");
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(ingest(body).status, 200);
    assert_true(says(ingest(body), 429, "RESOURCE_EXHAUSTED"));
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        enum sandbox_fault_kind kind;
        int status;
        const char *word;
    } faults[] = {
        {SANDBOX_FAULT_429, 429, "RESOURCE_EXHAUSTED"},
        {SANDBOX_FAULT_500, 500, "INTERNAL"},
        {SANDBOX_FAULT_503, 503, "UNAVAILABLE"},
        {SANDBOX_FAULT_TOKEN_INVALID, 401, "UNAUTHENTICATED"},
    };
    for (unsigned i = 0; i < COUNT_OF(faults); i++) {
        struct sandbox_reply reply = {0};
        sandbox_google.broken(faults[i].kind, &arena, &reply);
        assert_true(says(reply, faults[i].status, faults[i].word));
    }
}

#define GOOGLE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        GOOGLE_TEST(test_tokens),
        GOOGLE_TEST(test_service_account),
        GOOGLE_TEST(test_authorization),
        GOOGLE_TEST(test_rows_are_named),
        GOOGLE_TEST(test_what_is_refused),
        GOOGLE_TEST(test_around_the_rows),
        GOOGLE_TEST(test_copies_and_restatements),
        GOOGLE_TEST(test_validate_only),
        GOOGLE_TEST(test_status),
        GOOGLE_TEST(test_ads_rows),
        GOOGLE_TEST(test_ads_adjustments),
        GOOGLE_TEST(test_ads_around),
        GOOGLE_TEST(test_quota),
        GOOGLE_TEST(test_faults),
    };
    return cmocka_run_group_tests_name("sandbox_google", tests, NULL, NULL);
}
