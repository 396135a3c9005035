/* Verdicts by status for every status there is, Retry-After in its forms, and masked words. */
#include "../../../src/destinations/verdict.c"

#include "check.h"

#define NOW INT64_C(1795536000000) /* 2026-11-24T16:00:00Z */

static struct judgement judged(int status)
{
    struct judgement judgement;
    memset(&judgement, 0x5a, sizeof judgement);
    verdict_by_status(&(struct http_response){.status = status}, NOW, &judgement);
    return judgement;
}

static void test_every_status(void **state)
{
    (void)state;
    for (int status = -1; status < 700; status++) {
        struct judgement judgement = judged(status);
        enum verdict expected = VERDICT_REFUSED;
        if (status >= 200 && status < 300)
            expected = VERDICT_DELIVERED;
        else if (status == 401 || status == 403)
            expected = VERDICT_PAUSED;
        else if (status <= 0 || status / 100 == 3 || status == 408 || status == 425 ||
                 status == 429 || status >= 500)
            expected = VERDICT_RETRY;
        assert_int_equal(judgement.verdict, expected);
        assert_int_equal(judgement.retry_after_ms, 0);
        assert_int_equal(judgement.amend, 0);
        assert_int_equal(span_empty(judgement.code), expected == VERDICT_DELIVERED);
    }
    check_span(judged(0).code, "no_answer");
    check_span(judged(0).message, "no answer came");
    check_span(judged(404).code, "http_404");
    check_span(judged(418).code, "http_4xx");
    check_span(judged(599).code, "http_5xx");
    check_span(judged(301).code, "http_3xx");
    check_span(judged(101).code, "http_1xx");
    check_absent(judged(204).message);
}

static int64_t wait_of(span value)
{
    struct http_header headers[] = {{SPAN("X"), SPAN("1")}, {SPAN("retry-AFTER"), value}};
    return verdict_retry_after(&(struct http_response){503, headers, COUNT_OF(headers), {0}}, NOW);
}

static void test_retry_after(void **state)
{
    (void)state;
    assert_int_equal(wait_of(SPAN("120")), 120000);
    assert_int_equal(wait_of(SPAN(" 1 ")), 1000);
    assert_int_equal(wait_of(SPAN("0")), 0);
    assert_int_equal(wait_of(SPAN("-1")), 0);
    assert_int_equal(wait_of(SPAN("9223372036854775807")), DAY_MS);
    assert_int_equal(wait_of(SPAN("-9223372036854775808")), 0);
    assert_int_equal(wait_of(SPAN("99999999999999999999")), 0);
    assert_int_equal(wait_of(SPAN("1.5")), 0);
    assert_int_equal(wait_of(SPAN("")), 0);
    assert_int_equal(wait_of(SPAN("soon")), 0);
    assert_int_equal(wait_of(SPAN("Tue, 24 Nov 2026 16:01:30 GMT")), 90000);
    assert_int_equal(wait_of(SPAN("Tue, 24 Nov 2026 15:59:00 GMT")), 0);
    assert_int_equal(wait_of(SPAN("Fri, 24 Nov 2028 16:00:00 GMT")), DAY_MS);
    assert_int_equal(wait_of(SPAN("Tue, 31 Feb 2027 16:00:00 GMT")), 0);
    assert_int_equal(wait_of(SPAN("Tue, 24 Foo 2026 16:01:30 GMT")), 0);
    assert_int_equal(wait_of(SPAN("Tue, 24 Nov 2026 16:01:30 CET")), 0);
    assert_int_equal(verdict_retry_after(&(struct http_response){.status = 429}, NOW), 0);

    struct http_header header = {SPAN("Retry-After"), SPAN("7")};
    struct judgement judgement;
    verdict_by_status(&(struct http_response){503, &header, 1, {0}}, NOW, &judgement);
    assert_int_equal(judgement.retry_after_ms, 7000);
    verdict_by_status(&(struct http_response){404, &header, 1, {0}}, NOW, &judgement);
    assert_int_equal(judgement.retry_after_ms, 0);
}

static void test_words(void **state)
{
    (void)state;
    check_span(verdict_words(&arena, SPAN("Invalid  phone\n number")), "Invalid phone number");
    check_span(verdict_words(&arena, SPAN("mail 'a@b.cc', call +1-650-555-1212 or 5551")),
               "mail *** call *** or 5551");
    check_span(verdict_words(&arena, SPAN("token EAAGm0PX4ZCpsBO0123456789012345678 bad")),
               "token *** bad");
    check_absent(verdict_words(&arena, (span){0}));
    check_absent(verdict_words(&arena, SPAN(" \t\n")));
    char many[2000];
    memset(many, ' ', sizeof many);
    for (size_t i = 0; i < sizeof many; i += 2)
        many[i] = 'w';
    span words = verdict_words(&arena, (span){many, sizeof many});
    assert_true(words.len >= MESSAGE_BYTES && words.len <= MESSAGE_BYTES + WORD_BYTES + 8);
}

static void test_text(void **state)
{
    (void)state;
    assert_string_equal(verdict_text(VERDICT_DELIVERED), "delivered");
    assert_string_equal(verdict_text(VERDICT_RETRY), "retry");
    assert_string_equal(verdict_text(VERDICT_SPLIT), "split");
    assert_string_equal(verdict_text(VERDICT_REFUSED), "refused");
    assert_string_equal(verdict_text(VERDICT_PAUSED), "paused");
    assert_string_equal(verdict_text(VERDICT_AMEND), "amend");
    assert_string_equal(verdict_text((enum verdict)99), "");
}

CHECK_MAIN(cmocka_unit_test(test_every_status), cmocka_unit_test(test_retry_after),
           cmocka_unit_test(test_words), cmocka_unit_test(test_text))
