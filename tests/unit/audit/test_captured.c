/*
 * What the checks say of recordings: each tests/fixtures/audit/har/NAME.har, with the verdicts that
 * a person who read it would give. Only what a capture can answer.
 */
#include "../../../src/audit/captured.c"
#include "../../../src/audit/captured_consent.c"

#include "../../../src/audit/check.h"
#include "../../../src/audit/har.h"
#include "../../../src/base/limits.h"
#include "../base/check.h"

static struct arena arena;
static struct signature_set *signatures;

static const struct {
    const char *name;
    const char
        *verdicts;     /* A2 tags, A3 twice, A6 event ids, A7 server, A8 consent, A9 consent mode,
                          A10 cookies, A16 money, A17 personal; I P W F, ? not determinable */
    const char *words; /* in a reason: what it is about */
} stories[] = {
    {"good", "IPPPPP?PP", "Nothing was sent to a platform before the visitor agreed"},
    {"doubled", "IFWW???P?", "Meta Pixel 4112223334445556 was told of one purchase twice"},
    {"same_id", "IP?W?????", "record from the first page on"},
    {"ignored", "IP?WFP???", "1 event told to platforms after the visitor had said no, 1 before"},
    {"sanitized", "IP?WFP???", "while Google's consent state on the same page was"},
    {"no_ids", "IPWW?P?P?", "3 of 3 conversions had no event id"},
    {"no_money", "IPPW???F?", "a purchase for Meta Pixel has no value"},
    {"plain_email", "IPPW???PF", "3 requests to other companies carried an e-mail"},
    {"odd_bodies", "IPPW?W?PW", "1 event carried an e-mail field that is no SHA-256"},
    {"x_linkedin", "WP?W???P?", "none was told twice"},
    {"firefox", "IPPW???P?", ""},
    {"safari", "IP?W??W??", "Safari keeps those for 7 days"},
};

static const struct check *check_named(const char *id)
{
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        if (strcmp(check_list[i].id, id) == 0)
            return &check_list[i];
    return NULL;
}

static bool holds(span s, const char *text)
{
    for (size_t i = 0; i <= s.len; i++)
        if (span_starts(span_sub(s, i, s.len), text))
            return true;
    return false;
}

static void judge(const char *name, char ret_verdicts[16], struct buf *reasons)
{
    static const char *const asked[] = {"A2", "A3", "A6", "A7", "A8", "A9", "A10", "A16", "A17"};
    static const char letters[] = "-?IPWF";
    struct evidence evidence = {.arena = &arena, .ways = SEEN_HAR, .capture_count = 1};
    struct capture capture;
    struct error error;
    capture_init(&capture, &arena, signatures, SEEN_HAR, SPAN("shop.harbour.example"));
    const char *path = arena_print(&arena, "%s/%s.har", FIXTURES, name).ptr;
    assert_int_equal(har_read_file(&capture, path, NULL, &error), OK);
    evidence.captures[0] = &capture;
    for (unsigned i = 0; i < COUNT_OF(asked); i++) {
        struct finding finding = {.arena = &arena};
        check_named(asked[i])->look_captured(&evidence, &finding);
        assert_true(finding.verdict < FINDING_PASS || finding.seen_count > 0);
        for (unsigned s = 0; s < finding.seen_count; s++)
            assert_false(holds(finding.seen[s].quote, "@") || holds(finding.seen[s].where, "?"));
        ret_verdicts[i] = letters[finding.verdict];
        buf_print(reasons, "%s %s: %.*s\n", asked[i], finding_verdict_text(finding.verdict),
                  SPAN_ARG(finding.reason));
    }
    ret_verdicts[COUNT_OF(asked)] = '\0';
}

static void test_stories(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(stories); i++) {
        char verdicts[16];
        struct buf reasons;
        buf_init(&reasons, 64 * KIB);
        judge(stories[i].name, verdicts, &reasons);
        span said = arena_copy(&arena, buf_span(&reasons));
        buf_done(&reasons);
        if (strcmp(verdicts, stories[i].verdicts) != 0 || !holds(said, stories[i].words))
            fail_msg("%s: %s\n%.*s", stories[i].name, verdicts, SPAN_ARG(said));
    }
}

/* With a platform's own channel on the page, an event without an id is counted twice. */
static void test_ids_matter_when_a_server_sends(void **state)
{
    (void)state;
    struct evidence_pixel channel = {.vendor = "Facebook & Instagram"};
    struct evidence evidence = {.arena = &arena,
                                .ways = SEEN_HAR,
                                .capture_count = 1,
                                .pixels = &channel,
                                .pixel_count = 1};
    struct capture capture;
    struct error error;
    struct finding finding = {.arena = &arena};
    capture_init(&capture, &arena, signatures, SEEN_HAR, SPAN("shop.harbour.example"));
    const char *path = arena_print(&arena, "%s/no_ids.har", FIXTURES).ptr;
    assert_int_equal(har_read_file(&capture, path, NULL, &error), OK);
    evidence.captures[0] = &capture;
    captured_event_ids(&evidence, &finding);
    assert_int_equal(finding.verdict, FINDING_FAIL);
    assert_true(holds(finding.reason, "cannot tell the two apart"));
}

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    return signature_open(&signatures) != OK;
}

static int tear_down(void **state)
{
    (void)state;
    signature_close(signatures);
    arena_done(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories),
                                       cmocka_unit_test(test_ids_matter_when_a_server_sends)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
