/*
 * What is told of people: one person's story, everybody's merges, and the export for the person who
 * asks: all that is held of him and nothing that is another's. Played on RECORD's stage, so that
 * the rows are what the gateway writes.
 */
#include "../pipeline/stage.h"
#include "../store/unreadable.h"

#include "../../../src/story/export.h"
#include "../../../src/story/show.h"

#define LAPTOP SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3") /* Ada's, then Bob's */
#define PHONE  SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W4") /* Ada's alone */

static struct event page(struct stage *stage, span visitor, span email, const char *url)
{
    static unsigned n;
    return (struct event){
        .id = arena_print(&stage->arena, "page-%u", n++),
        .name = EVENT_PAGE_VIEWED,
        .source = SOURCE_BROWSER,
        .who = {.visitor = visitor, .email = email},
        .client = {.url = span_of(url), .fbc = span_of(url + 8)},
    };
}

static struct event customer(span email, span customer_id)
{
    return (struct event){
        .name = EVENT_FACT_CUSTOMER_UPDATED,
        .source = SOURCE_SHOPIFY,
        .who = {.email = email, .customer_id = customer_id},
    };
}

/* An hour of Ada at the laptop, then Bob; Ada on her phone; Bob buys and mentions her in his note.
 */
static void play(struct stage *stage)
{
    stage_init(stage);
    stage_push(stage, page(stage, LAPTOP, (span){0}, "https://shop/before"), (span){0});
    stage_push(stage, customer(SPAN("ada@example.com"), SPAN("1")), (span){0});
    stage_push(stage, customer(SPAN("bob@example.com"), SPAN("2")), (span){0});
    stage_push(stage, page(stage, LAPTOP, SPAN("ada@example.com"), "https://shop/ada"), (span){0});
    stage->clock.at += HOUR_MS;
    stage_push(stage, page(stage, LAPTOP, SPAN("ada@example.com"), "https://shop/ada2"), (span){0});
    stage->clock.at += HOUR_MS;
    stage_push(stage, page(stage, LAPTOP, SPAN("bob@example.com"), "https://shop/bob"), (span){0});
    stage->clock.at += MINUTE_MS;
    struct event gift = page(stage, LAPTOP, SPAN("bob@example.com"), "https://shop/gift");
    gift.name = EVENT_CUSTOM;
    gift.name_text = SPAN("gift_note");
    gift.custom = SPAN("{\"to\":\"ada@example.com\",\"from\":\"Bob of 5 Secret Lane\"}");
    stage_push(stage, gift, (span){0});
    stage_push(stage, page(stage, PHONE, SPAN("ada@example.com"), "https://shop/phone"), (span){0});
    struct event asks = customer(SPAN("ada@example.com"), SPAN("1"));
    asks.name = EVENT_FACT_DATA_REQUEST;
    stage_push(stage, asks, (span){0});
}

static unsigned times(span text, const char *word)
{
    unsigned count = 0;
    for (size_t at = 0; at < text.len; at++)
        count += span_starts(span_sub(text, at, text.len), word);
    return count;
}

typedef enum status story_write(struct view *view, struct arena *arena, span text, bool as_json,
                                struct buf *out);

static span told(struct stage *stage, story_write *write, const char *who, bool as_json)
{
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    assert_int_equal(write(stage->view, &stage->arena, span_of(who), as_json, &out), OK);
    span text = arena_copy(&stage->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void a_persons_story_is_his_alone(void **state)
{
    (void)state;
    struct stage stage;
    play(&stage);
    for (unsigned i = 0; i < 2; i++) {
        span text = told(&stage, show_person, i ? "1" : "ADA@example.com", true);
        assert_int_equal(times(text, "https://shop/ada\""), 1);  /* two claims, one browser */
        assert_int_equal(times(text, "https://shop/before"), 1); /* her anonymous past */
        assert_int_equal(times(text, "https://shop/phone"), 1);
        assert_int_equal(times(text, "https://shop/bob"), 0);
        assert_int_equal(times(text, "Secret Lane"), 0);
        assert_int_equal(times(text, "\"customer_id\":\"1\""), 1);
    }
    span bob = told(&stage, show_person, "bob@example.com", false);
    assert_int_equal(times(bob, "email bob@example.com"), 1);
    assert_int_equal(times(bob, "ada"), 0);
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    assert_int_equal(show_person(stage.view, &stage.arena, SPAN("eve@example.com"), true, &out),
                     MISSING);
    buf_done(&out);
    stage_done(&stage);
}

/* What he did last, not first. */
static void of_much_the_newest_is_told(void **state)
{
    (void)state;
    struct stage stage;
    stage_init(&stage);
    for (unsigned i = 0; i < 120; i++)
        stage_push(&stage,
                   page(&stage, PHONE, SPAN("ada@example.com"),
                        arena_text(&stage.arena, arena_print(&stage.arena, "https://shop/%ux", i))),
                   (span){0});
    span text = told(&stage, show_person, "ada@example.com", true);
    assert_int_equal(times(text, "https://shop/119x"), 1);
    assert_int_equal(times(text, "https://shop/70x"), 1);
    assert_int_equal(times(text, "https://shop/69x"), 0);
    stage_done(&stage);
}

static void merges_and_nobodies_are_listed(void **state)
{
    (void)state;
    struct stage stage;
    play(&stage);
    stage_push(&stage, customer(SPAN("test@test.com"), SPAN("3")), (span){0});
    stage_push(&stage, customer(SPAN("ada@example.com"), SPAN("3")), (span){0});
    span text = told(&stage, show_identity, "", false);
    assert_int_equal(times(text, "became 1: a signed record names this customer too"), 1);
    assert_int_equal(times(text, "email test@test.com: placeholder"), 1);
    span json = told(&stage, show_identity, "", true);
    const struct json_value *root;
    assert_int_equal(json_parse(&stage.arena, json, &root, NULL), OK);
    assert_int_equal(root->count, 2);
    assert_true(span_is(json_get_text(root->first, "kind"), "merge") ||
                span_is(json_get_text(root->first, "kind"), "nobody"));
    stage_done(&stage);
    stage_init(&stage);
    assert_int_equal(times(told(&stage, show_identity, "", false), "Nobody was merged"), 1);
    stage_done(&stage);
}

static span exported(struct stage *stage, const char *email)
{
    const struct dossier_name name = {LINK_EMAIL, span_of(email)};
    struct dossier dossier;
    struct export_told count;
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    assert_int_equal(dossier_find(stage->view, &stage->arena, 1, &name, 1, 0, NULL, 0, &dossier),
                     OK);
    assert_int_equal(export_write(stage->view, &stage->arena, &dossier, stage->clock.at, NULL, NULL,
                                  &out, &count),
                     OK);
    span text = arena_copy(&stage->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void an_export_is_whole_and_his_alone(void **state)
{
    (void)state;
    struct stage stage;
    play(&stage);
    span ada = exported(&stage, "ada@example.com"), bob = exported(&stage, "bob@example.com");
    static const char *const hers[] = {"https://shop/before", "https://shop/ada\"",
                                       "https://shop/ada2", "https://shop/phone",
                                       "\"answered_at\":0"};
    for (unsigned i = 0; i < COUNT_OF(hers); i++)
        if (times(ada, hers[i]) == 0)
            fail_msg("not told: %s", hers[i]);
    /* Bob's note says her: that there is such a row, and no more. */
    assert_int_equal(times(ada, "\"withheld\""), 1);
    assert_int_equal(times(ada, "Secret Lane"), 0);
    assert_int_equal(times(ada, "https://shop/bob"), 0);
    assert_int_equal(times(ada, "bob@example.com"), 0);
    assert_int_equal(times(ada, "shop/gift"),
                     0); /* nor his click, kept with the browser they share */
    assert_int_equal(times(bob, "Secret Lane"), 1);
    assert_int_equal(times(bob, "https://shop/ada"), 0);
    assert_int_equal(times(bob, "https://shop/phone"), 0);
    const struct json_value *root;
    assert_int_equal(json_parse(&stage.arena, ada, &root, NULL), OK);
    assert_int_equal(json_get(root, "visitors")->count >= 2, true);
    stage_done(&stage);
}

/* Whatever of its reading fails: it says so, or it is whole. What a person is owed is not half of
 * it.
 */
static void an_export_that_could_not_be_read_says_so(void **state)
{
    (void)state;
    struct stage stage;
    struct dossier dossier;
    const struct dossier_name name = {LINK_EMAIL, SPAN("ada@example.com")};
    play(&stage);
    span whole = exported(&stage, "ada@example.com");
    assert_int_equal(dossier_find(stage.view, &stage.arena, 1, &name, 1, 0, NULL, 0, &dossier), OK);
    unsigned refused = 0;
    for (unsigned n = 1;; n++) {
        struct unreadable plan = {.countdown = n};
        struct export_told count;
        struct buf out;
        bool said = false;
        buf_init(&out, SHOW_BYTES);
        unreadable_set(stage.view, &plan);
        enum status status = export_write(stage.view, &stage.arena, &dossier, stage.clock.at, NULL,
                                          NULL, &out, &count);
        if (status == OK)
            assert_true(span_equal(buf_span(&out), whole));
        plan = (struct unreadable){.countdown = n};
        enum status asked = export_is_said(stage.view, &dossier, &said);
        unreadable_set(stage.view, NULL);
        assert_true(asked != OK || said);
        buf_done(&out);
        refused += status != OK;
        if (status == OK && plan.fired == 0)
            break;
    }
    assert_true(refused > 5);
    stage_done(&stage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_persons_story_is_his_alone),
        cmocka_unit_test(of_much_the_newest_is_told),
        cmocka_unit_test(merges_and_nobodies_are_listed),
        cmocka_unit_test(an_export_is_whole_and_his_alone),
        cmocka_unit_test(an_export_that_could_not_be_read_says_so),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("people", tests, NULL, NULL);
}
