/* Phones: all ways to write one number come out as one E.164 text, or as nothing. phone.cc is
   C++, so here alone the object under test is linked, not included. */
#include "../../../src/base/hash.h"
#include "../../../src/event/clean.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct arena arena;

static const struct {
    const char *raw, *country, *e164; /* NULL: none */
} rows[] = {
    {"+1 (650) 555-1212", NULL, "+16505551212"},
    {"(650) 555-1212", "US", "+16505551212"},
    {"650.555.1212", "us", "+16505551212"},
    {"1-650-555-1212", "USA", "+16505551212"},
    {"+16505551212", "DE", "+16505551212"},
    {"001 650 555 1212", NULL, "+16505551212"},
    {"+44 (0)20 7946 0018", NULL, "+442079460018"},
    {"+44 (0)20 7946 0018", "GB", "+442079460018"},
    {"0044 20 7946 0018", "US", "+442079460018"},
    {"020 7946 0018", "GB", "+442079460018"},
    {"020 7946 0018", "United Kingdom", "+442079460018"},
    {"0151 23456789", "DE", "+4915123456789"},
    {"+49 (0)151 234-567-89", NULL, "+4915123456789"},
    {"+49 0151 23456789", NULL, "+4915123456789"},
    {"4915123456789", "DE", "+4915123456789"},
    {"06 6982 0018", "IT", "+390669820018"}, /* Italy keeps its zero */
    {"+39 06 6982 0018", NULL, "+390669820018"},
    {" 06 12 34 56 78 ", "FR", "+33612345678"},
    {"0664 1234567", "AT", "+436641234567"},
    {"044 668 18 00", "CH", "+41446681800"},
    {"+1 650-555-1212 ext. 5", NULL, "+16505551212"},
    {"tel:+1-650-555-1212", NULL, "+16505551212"},
    {"1-800-FLOWERS", "US", "+18003569377"},
    {"\xD9\xA0\xD9\xA1\xD9\xA0\xD9\xA0\xD9\xA1\xD9\xA2\xD9\xA3\xD9\xA4\xD9\xA5\xD9\xA6\xD9\xA7",
     "EG", "+201001234567"},        /* Arabic-Indic digits */
    {"(650) 555-1212", NULL, NULL}, /* nobody said which country */
    {"0151 23456789", NULL, NULL},
    {"0049301234irland5AD", NULL, NULL}, /* letters are digits, and then they are too many */
    {"0151 23456789", "Atlantis", NULL},
    {"555-1212", "US", NULL}, /* local only */
    {"12", "DE", NULL},
    {"+", NULL, NULL},
    {"00", NULL, NULL},
    {"+999 1234567890", NULL, NULL},
    {"+1650555121212121212", NULL, NULL},
    {"not a phone", "DE", NULL},
    {"n/a", "US", NULL},
    {"", "US", NULL},
    {"   ", "US", NULL},
    {"+49151234\xFF\xFE"
     "56789",
     NULL, NULL},
};

static void every_way_to_write_a_number(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        span got = phone_e164(&arena, span_of(rows[i].raw), span_of(rows[i].country));
        bool same = rows[i].e164 ? span_is(got, rows[i].e164) : got.ptr == NULL;
        if (!same)
            fail_msg("row %u: \"%s\" became \"%.*s\"", i, rows[i].raw, SPAN_ARG(got));
    }
}

/* The memory of what numbers became must not answer for another country, nor forget to say no. */
static void remembered_numbers_keep_their_country(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        assert_true(span_is(phone_e164(&arena, SPAN("0301234567"), SPAN("DE")), "+49301234567"));
        assert_true(span_is(phone_e164(&arena, SPAN("0301234567"), SPAN("NL")), "+31301234567"));
        assert_true(span_empty(phone_e164(&arena, SPAN("0301234567"), (span){0})));
        assert_true(span_empty(phone_e164(&arena, SPAN("12"), SPAN("DE"))));
    }
    /* Far more numbers than places: each is itself. */
    for (unsigned i = 0; i < 3000; i++) {
        span raw = arena_print(&arena, "+4915112%06u", i);
        assert_true(span_equal(phone_e164(&arena, raw, SPAN("DE")), raw));
        assert_true(span_equal(phone_e164(&arena, raw, SPAN("DE")), raw));
    }
}

static void a_very_long_text_is_no_phone(void **state)
{
    (void)state;
    char long_text[300];
    memset(long_text, '1', sizeof long_text);
    assert_null(phone_e164(&arena, (span){long_text, sizeof long_text}, SPAN("US")).ptr);
}

/* What was normalised stays as it is, whoever asks again and from wherever: a buyer's number is
   told to a platform from his order, from his person and from his address, and must be one. */
static void what_was_normalised_stays(void **state)
{
    (void)state;
    static const char *const codes[] = {"44",  "49", "39", "33", "1",  "55",  "54",  "52",
                                        "86",  "61", "7",  "81", "90", "36",  "370", "375",
                                        "972", "65", "27", "91", "31", "225", "599", "290"};
    static const char *const odd[] = {"0",   "(0)", "00",  "0(0)", "1",   "9",  "8",  "15",
                                      "044", "06",  "183", "(",    "011", "80", "21", ""};
    static const char *const from[] = {NULL, "GB", "DE", "US", "IT", "BR", "AR", "RU"};
    struct arena own;
    uint64_t seed = 20261124;
    unsigned numbers = 0;
    arena_init(&own, 1u << 20);
    for (unsigned n = 0; n < 4000; n++) {
        char raw[64];
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned dice = (unsigned)(seed >> 33), more = dice / 7 % 10;
        int len = snprintf(raw, sizeof raw, "%s%s%s%s",
                           dice % 3 == 0   ? ""
                           : dice % 3 == 1 ? "+"
                                           : "00",
                           codes[dice / 16 % COUNT_OF(codes)], odd[dice / 512 % COUNT_OF(odd)],
                           dice % 2 ? odd[dice / 8192 % COUNT_OF(odd)] : "");
        for (unsigned i = 0; i < 4 + more; i++)
            len += snprintf(raw + len, sizeof raw - (size_t)len, "%u%s",
                            (unsigned)(seed >> (3 * i + 2)) % 10, i % 4 == 3 ? " " : "");
        span once = phone_e164(&own, span_of(raw), span_of(from[n % COUNT_OF(from)]));
        for (unsigned i = 0; !span_empty(once) && i < COUNT_OF(from); i++) {
            span twice = phone_e164(&own, once, span_of(from[i]));
            if (!span_equal(once, twice))
                fail_msg("\"%s\" became %.*s and then \"%.*s\"", raw, SPAN_ARG(once),
                         SPAN_ARG(twice));
        }
        numbers += !span_empty(once);
        arena_reset(&own);
    }
    assert_true(numbers > 1000);
    assert_true(span_is(phone_e164(&own, SPAN("+440(0)20946 0009"), (span){0}), "+44209460009"));
    arena_done(&own);
}

static void digests_of_the_contract(void **state)
{
    (void)state;
    span e164 = phone_e164(&arena, SPAN("(650) 555-1212"), SPAN("US"));
    assert_true(span_is(hash_hex(&arena, e164),
                        "1e231c66011e7a2d867a9cfae267a6aff103cf4913640b6e71a99850fc0ffbc8"));
    assert_true(span_is(hash_hex(&arena, span_sub(e164, 1, e164.len)),
                        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"));
    e164 = phone_e164(&arena, SPAN("(800) 555-0100"), SPAN("US"));
    assert_true(span_is(hash_hex(&arena, e164),
                        "fb4f73a6ec5fdb7077d564cdd22c3554b43ce49168550c3b12c547b78c517b30"));
    span hashed = SPAN("E323EC626319CA94EE8BFF2E4C87CF613BE6EA19919ED1364124E16807AB3176");
    assert_true(span_is(phone_e164(&arena, hashed, (span){0}),
                        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"));
}

static void *dial(void *unused)
{
    struct arena own;
    (void)unused;
    arena_init(&own, 1u << 20);
    size_t good = 0;
    for (unsigned i = 0; i < 200; i++) {
        good += span_is(phone_e164(&own, SPAN("0151 23456789"), SPAN("DE")), "+4915123456789");
        arena_reset(&own);
    }
    arena_done(&own);
    return (void *)good;
}

static void several_threads_may_ask_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (unsigned i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, dial, NULL), 0);
    for (unsigned i = 0; i < COUNT_OF(threads); i++) {
        void *good;
        assert_int_equal(pthread_join(threads[i], &good), 0);
        assert_int_equal((size_t)good, 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_threads_may_ask_at_once), /* first: the first use is theirs */
        cmocka_unit_test(every_way_to_write_a_number),
        cmocka_unit_test(remembered_numbers_keep_their_country),
        cmocka_unit_test(a_very_long_text_is_no_phone),
        cmocka_unit_test(what_was_normalised_stays),
        cmocka_unit_test(digests_of_the_contract),
    };
    arena_init(&arena, 1u << 20);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    int failed = cmocka_run_group_tests_name("event_phone", tests, NULL, NULL);
    arena_done(&arena);
    return failed;
}
