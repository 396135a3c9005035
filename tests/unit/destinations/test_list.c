/* What must hold of every destination, whoever adds one. */
#include "../../../src/destinations/list.c"

#include "check.h"

static unsigned rows;
static void count_row(void *arg, const char *ours, const char *theirs, const char *remark)
{
    (void)arg;
    assert_true(strlen(ours) > 0 && strlen(theirs) > 0 && remark != NULL);
    rows++;
}

static void test_find(void **state)
{
    (void)state;
    assert_ptr_equal(list_find(SPAN("meta")), &destination_meta);
    assert_ptr_equal(list_find(SPAN("klaviyo")), &destination_klaviyo);
    assert_ptr_equal(list_find(SPAN("tiktok")), &destination_tiktok);
    assert_null(list_find(SPAN("Meta")));
    assert_null(list_find(SPAN("met")));
    assert_null(list_find((span){0}));
}

static void test_options(void **state)
{
    (void)state;
    for (unsigned d = 0; list_destinations[d]; d++) {
        const struct destination *destination = list_destinations[d];
        assert_true(destination->audience & AUDIENCE_ALL); /* else it reads no row */
        bool has_secret = false;
        for (const struct option *o = destination->options; o->name; o++) {
            size_t size = o->kind == OPTION_BOOL       ? sizeof(bool)
                          : o->kind == OPTION_EVENTS   ? sizeof(uint64_t)
                          : o->kind == OPTION_WORD     ? sizeof(int)
                          : o->kind == OPTION_NUMBER   ? sizeof(unsigned)
                          : o->kind == OPTION_DURATION ? sizeof(int64_t)
                                                       : sizeof(span);
            assert_true((o->offset >= sizeof(struct settings) || o->kind == OPTION_NUMBER ||
                         o->kind == OPTION_DURATION));
            assert_true(o->offset + size <= destination->settings_size);
            assert_true(strlen(o->help) > 0 && strlen(o->help) < 80);
            assert_false(o->required && o->otherwise);
            assert_true((o->kind == OPTION_WORD) == (o->words != NULL));
            assert_true(!o->words || (o->words[0].text && o->words[1].text));
            has_secret |= o->secret;
        }
        assert_true(has_secret);
    }
}

static void test_whole(void **state)
{
    (void)state;
    for (unsigned d = 0; list_destinations[d]; d++) {
        const struct destination *destination = list_destinations[d];
        assert_ptr_equal(list_find(span_of(destination->name)), destination);
        assert_true(destination->rename && destination->unfit && destination->encode &&
                    destination->judge && destination->describe);
        assert_true(span_starts(span_of(destination->host), "https://"));
        assert_false(span_ends(span_of(destination->host), "/"));
        for (const struct lane *lane = destination->lanes; lane->name; lane++)
            assert_true(lane->events > 0 && lane->events <= BATCH_CEILING && lane->bytes > 0);
        rows = 0;
        destination->describe(count_row, NULL);
        assert_true(rows > 20);
    }
}

/* No answer is never taken for a "no", nor for a "yes". */
static void test_silence(void **state)
{
    (void)state;
    for (unsigned d = 0; list_destinations[d]; d++) {
        const struct event event = {.id = SPAN("e"), .name = EVENT_PAGE_VIEWED};
        const struct event *events[] = {&event, &event};
        struct settings *settings = arena_take(&arena, list_destinations[d]->settings_size);
        for (unsigned count = 1; count <= 2; count++) {
            struct batch batch = {.events = events, .count = count, .arena = &arena};
            struct judgement judgement = {0};
            list_destinations[d]->judge(settings, &batch, &(struct http_response){0}, &judgement);
            assert_int_equal(judgement.verdict, VERDICT_RETRY);
        }
    }
}

CHECK_MAIN(cmocka_unit_test(test_find), cmocka_unit_test(test_options),
           cmocka_unit_test(test_whole), cmocka_unit_test(test_silence))
