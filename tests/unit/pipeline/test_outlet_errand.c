/* Errands: a token before events, single flight, back-off, a pause of their own, polls and counts;
   and the rows an answer names. */
#include "../../../src/pipeline/outlet_errand.c"

#include "deliver_kit.h"

/* ---- a platform that wants a token: "token|" fetches one, good for a minute ---- */

struct memory {
    bool token;
    int64_t until, poll_at;
    unsigned polls;
    int64_t asks_of; /* batch, once recalled */
};

static void recall(void *memory, int64_t batch, span answer, int64_t at, struct arena *arena)
{
    (void)arena;
    struct memory *m = memory;
    if (!span_is(answer, "{\"what\":\"later\"}")) {
        m->asks_of = batch;
        m->poll_at = at + MINUTE_MS;
    }
}

static const char *stuck_words;

static bool ready(const struct settings *settings, const void *memory, int64_t now)
{
    (void)settings;
    const struct memory *m = memory;
    return m->token && now < m->until;
}

static void errand(const struct settings *settings, const void *memory, bool events_wait,
                   int64_t now, struct arena *arena, struct errand *ret_errand)
{
    const struct memory *m = memory;
    bool token = events_wait && !ready(settings, memory, now);
    if (token && stuck_words) {
        ret_errand->stuck = stuck_words;
        return;
    }
    if (token || (m->poll_at && now >= m->poll_at)) {
        ret_errand->what = token ? "token" : "status";
        ret_errand->which = !token;
        ret_errand->call = (struct http_call){
            .method = "POST",
            .url = SPAN("https://platform.invalid/token"),
            .body = arena_print(arena, "%s|", ret_errand->what),
        };
    } else if (m->poll_at) {
        ret_errand->again_at = m->poll_at;
    }
}

static void errand_answer(const struct settings *settings, void *memory, const struct errand *done,
                          const struct http_response *response, int64_t now, struct arena *arena,
                          struct errand_result *ret_result)
{
    (void)settings, (void)arena;
    struct memory *m = memory;
    struct judgement *judgement = &ret_result->judgement;
    if (done->which == 1) {
        m->poll_at = 0;
        m->polls++;
        ret_result->about = m->asks_of;
        judgement->verdict = VERDICT_DELIVERED;
        ret_result->counts[ret_result->count++] = (struct errand_count){SPAN("success"), 12};
        return;
    }
    judgement->code = SPAN("E");
    judgement->message = SPAN("their words");
    judgement->verdict = response->status == 200   ? VERDICT_DELIVERED
                         : response->status == 400 ? VERDICT_PAUSED
                                                   : VERDICT_RETRY;
    judgement->retry_after_ms = response->status == 429 ? 30000 : 0;
    if (response->status == 200) {
        m->token = true;
        m->until = now + MINUTE_MS;
        m->poll_at = now + 2 * MINUTE_MS;
    }
}

static void judge(const struct settings *settings, const struct batch *batch,
                  const struct http_response *response, struct judgement *ret_judgement)
{
    static const struct named_row named[] = {{1, {"E_ONE", 5}, {"row one", 7}, 0},
                                             {3, {"E_THREE", 7}, {"row three", 9}, 0}};
    static const struct named_row early[] = {{1, {"E_ONE", 5}, {"row one", 7}, 0},
                                             {3, {"E_EARLY", 7}, {"row three", 9}, 6 * HOUR_MS}};
    struct memory *m = batch->memory;
    kit_judge(settings, batch, response, ret_judgement);
    if (response->status == 401) { /* the token went bad */
        m->token = false;
        ret_judgement->verdict = batch->amend ? VERDICT_PAUSED : VERDICT_AMEND;
        ret_judgement->amend = 1;
    }
    if (response->status == 207 || response->status == 208) /* taken, but for the named */
        ret_judgement->verdict = VERDICT_DELIVERED;
    if (response->status == 400 || response->status == 207 || response->status == 208) {
        ret_judgement->rows = response->status == 208 ? early : named;
        ret_judgement->row_count = batch->count > 3 ? 2 : 1;
    }
}

static int setup(void **state)
{
    int failed = kit_setup(state);
    kit_destination.memory_size = sizeof(struct memory);
    kit_destination.ready = ready;
    kit_destination.errand = errand;
    kit_destination.errand_answer = errand_answer;
    kit_destination.judge = judge;
    stuck_words = NULL;
    return failed;
}

static int teardown(void **state)
{
    int failed = kit_teardown(state);
    kit_destination.memory_size = 0;
    kit_destination.ready = NULL;
    kit_destination.errand = NULL;
    kit_destination.errand_answer = NULL;
    kit_destination.judge = kit_judge;
    kit_destination.validates = false;
    return failed;
}

static unsigned sent_of(const struct kit *kit, const char *prefix)
{
    unsigned count = 0;
    for (unsigned i = 0; i < kit->sent_count; i++)
        count += strncmp(kit->sent[i].body, prefix, strlen(prefix)) == 0;
    return count;
}

static void start(struct kit *kit)
{
    kit_open(kit);
    kit_run(kit);
}

static void test_no_events_no_token(void **state)
{
    struct kit *kit = *state;
    start(kit);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit->sent_count, 0);
}

static void test_token_first_and_once(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1; /* five batches wait for one token */
    start(kit);
    for (unsigned i = 0; i < 5; i++)
        kit_product(kit, "a");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "token|");
    kit_pass(kit, 3000);
    assert_int_equal(sent_of(kit, "token"), 1);
    assert_int_equal(kit_counted("delivered"), 5);
    kit_product(kit, "b"); /* within its minute: the same token */
    kit_pass(kit, 3000);
    assert_int_equal(sent_of(kit, "token"), 1);
    kit_pass(kit, MINUTE_MS);
    kit_product(kit, "c");
    kit_pass(kit, 3000);
    assert_int_equal(sent_of(kit, "token"), 2);
    assert_int_equal(kit_counted("delivered"), 7);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

static int token_late(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count <= 3 ? (kit->sent_count == 1 ? NO_ANSWER : 503) : 200;
}

static void test_token_again_after_back_off(void **state)
{
    struct kit *kit = *state;
    kit->script = token_late;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, 5000 + 10000 + 20000 + 3000);
    assert_int_equal(sent_of(kit, "token"), 4);
    assert_in_range(kit->sent[1].at - kit->sent[0].at, 0, 5001);
    assert_in_range(kit->sent[2].at - kit->sent[1].at, 0, 10001);
    assert_int_equal(kit_counted("delivered"), 1);
    assert_false(kit_bookmark(kit, "fake").paused);
}

static int token_held(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count == 1 ? 429 : 200;
}

static void test_token_retry_after(void **state)
{
    struct kit *kit = *state;
    kit->script = token_held;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, 29000);
    assert_int_equal(kit->sent_count, 1);
    kit_pass(kit, 3000);
    assert_int_equal(kit_counted("delivered"), 1);
}

static int token_revoked(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count <= 2 ? 400 : 200;
}

static void test_refused_token_pauses(void **state)
{
    struct kit *kit = *state;
    kit->script = token_revoked;
    start(kit);
    kit_product(kit, "a");
    kit_run(kit);
    assert_true(kit_bookmark(kit, "fake").paused);
    check_span(kit_bookmark(kit, "fake").paused_reason, "platform: E their words");
    kit_pass(kit, kit->pace.probe_ms - 1000);
    assert_int_equal(kit->sent_count, 1);
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 2);
    assert_true(kit_bookmark(kit, "fake").paused);
    kit_pass(kit, kit->pace.probe_ms + 2000); /* good at last: all goes on */
    assert_false(kit_bookmark(kit, "fake").paused);
    assert_int_equal(kit_counted("delivered"), 1);
    assert_int_equal(kit_counted("refused"), 0);
}

static void test_bad_credentials_pause(void **state)
{
    struct kit *kit = *state;
    stuck_words = "no key";
    start(kit);
    kit_product(kit, "a");
    kit_run(kit);
    check_span(kit_bookmark(kit, "fake").paused_reason, "platform: credentials no key");
    assert_int_equal(kit->sent_count, 0);
    stuck_words = NULL;
    deliver_reload(kit->deliverer, kit->specs, kit->spec_count);
    kit_pass(kit, 3000);
    assert_false(kit_bookmark(kit, "fake").paused);
    assert_int_equal(kit_counted("delivered"), 1);
}

static int stale_once(struct kit *kit, const char *body)
{
    (void)body;
    return kit->sent_count == 2 ? 401 : 200;
}

static void test_401_fetches_a_new_token_once(void **state)
{
    struct kit *kit = *state;
    kit->script = stale_once;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 4); /* token, events 401, token, events */
    assert_string_equal(kit->sent[3].body, "a|0|1|0");
    assert_int_equal(kit_counted("delivered"), 1);
}

static int always_401(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "token", 5) == 0 ? 200 : 401;
}

static void test_401_twice_pauses(void **state)
{
    struct kit *kit = *state;
    kit->script = always_401;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 4);
    assert_true(kit_bookmark(kit, "fake").paused);
    kit->script = kit_all_well;
    kit_pass(kit, kit->pace.probe_ms + 2000);
    assert_false(kit_bookmark(kit, "fake").paused);
    assert_int_equal(kit_counted("delivered"), 1);
}

static void test_polled_later_and_counted(void **state)
{
    struct kit *kit = *state;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, MINUTE_MS);
    assert_int_equal(sent_of(kit, "status"), 0);
    kit_pass(kit, 2 * MINUTE_MS);
    assert_int_equal(sent_of(kit, "status"), 1);
    assert_int_equal(count_get(COUNT_PLATFORM_STATUS, SPAN("acme"), SPAN("fake"), SPAN("success")),
                     12);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(sent_of(kit, "status"), 1);
}

static int tells_later(struct kit *kit, const char *body)
{
    kit->says = strncmp(body, "status", 6) == 0 ? SPAN("{\"what\":\"later\"}") : (span){0};
    return 200;
}

/* What became of a batch is asked for by the next process too, and once it is known by none. */
static void test_a_restart_asks_what_was_not_told(void **state)
{
    struct kit *kit = *state;
    kit_destination.recall = recall;
    kit_destination.recall_ms = HOUR_MS;
    kit->script = tells_later;
    start(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3000);
    int64_t batch = kit_outcome(kit, "o_1").batch;
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 2 * MINUTE_MS);
    assert_int_equal(sent_of(kit, "status"), 1);
    struct batch_row row;
    check_ok(batch_get(kit->view, &kit->arena, batch, &row));
    check_span(row.answer, "{\"what\":\"later\"}");
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(sent_of(kit, "status"), 1);
    kit_destination.recall = NULL;
}

static void test_dry_makes_none(void **state)
{
    struct kit *kit = *state;
    kit->settings.mode = OUTLET_DRY;
    start(kit);
    kit_product(kit, "a");
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit->sent_count, 0);
    assert_int_equal(kit_counted("dry"), 1);
}

static void test_validate_mode_calls(void **state)
{
    struct kit *kit = *state;
    kit->settings.mode = OUTLET_VALIDATE;
    kit_destination.validates = true;
    start(kit);
    kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_counted("dry"), 1);
    assert_int_equal(kit_counted("delivered"), 0);
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_SKIPPED);
}

static void test_stop_waits_for_it(void **state)
{
    struct kit *kit = *state;
    start(kit);
    kit_product(kit, "a");
    kit_run_silent(kit);
    assert_false(nothing_under_way(kit->deliverer));
    kit->deliverer->world.stopping = true;
    kit_answer(kit, 0, 200);
    kit_run_silent(kit);
    assert_true(nothing_under_way(kit->deliverer));
    assert_int_equal(kit->sent_count, 1); /* and nothing new */
    kit->deliverer->world.stopping = false;
}

/* ---- named rows ---- */

static int names_rows(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "token", 5) == 0 ? 200 : strncmp(body, "a,b,", 4) == 0 ? 400 : 200;
}

static void test_named_rows_leave_the_batch(void **state)
{
    struct kit *kit = *state;
    kit->script = names_rows;
    start(kit);
    int64_t seq[5];
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (unsigned i = 0; i < 5; i++)
        seq[i] = kit_product(kit, ids[i]);
    kit_pass(kit, 5000);
    assert_int_equal(kit->sent_count, 3); /* token, five, three */
    assert_string_equal(kit->sent[1].body, "a,b,c,d,e|0|0|0");
    assert_string_equal(kit->sent[2].body, "a,c,e|0|0|0");
    assert_int_equal(kit_counted("delivered"), 3);
    assert_int_equal(kit_counted("refused"), 2);
    check_span(kit_letter(kit, seq[1]).code, "E_ONE");
    check_span(kit_letter(kit, seq[1]).words, "row one");
    check_span(kit_letter(kit, seq[3]).code, "E_THREE");
    assert_int_equal(kit_bookmark(kit, "fake").low, seq[4]);
}

static int stands_but_for_named(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "token", 5) == 0 ? 200 : 207;
}

static void test_the_others_stand(void **state)
{
    struct kit *kit = *state;
    kit->script = stands_but_for_named;
    start(kit);
    int64_t seq[5];
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (unsigned i = 0; i < 5; i++)
        seq[i] = kit_product(kit, ids[i]);
    kit_pass(kit, 5000);
    assert_int_equal(kit->sent_count, 2); /* token, five: none goes again */
    assert_int_equal(kit_counted("delivered"), 3);
    assert_int_equal(kit_counted("refused"), 2);
    check_span(kit_letter(kit, seq[1]).code, "E_ONE");
    check_span(kit_letter(kit, seq[3]).words, "row three");
    assert_int_equal(kit_bookmark(kit, "fake").low, seq[4]);
}

static int wants_one_later(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "token", 5) == 0 ? 200 : strncmp(body, "a,b,", 4) == 0 ? 208 : 200;
}

/* One row came too early: it alone waits, as long as the platform's rule says. */
static void test_an_early_row_goes_again_alone(void **state)
{
    struct kit *kit = *state;
    kit->script = wants_one_later;
    start(kit);
    int64_t seq[5];
    const char *const ids[] = {"a", "b", "c", "d", "e"};
    for (unsigned i = 0; i < 5; i++)
        seq[i] = kit_product(kit, ids[i]);
    kit_pass(kit, 5000);
    assert_int_equal(kit->sent_count, 2); /* token, five */
    assert_int_equal(kit_counted("delivered"), 3);
    assert_int_equal(kit_counted("refused"), 1);
    struct letter_row letter = kit_letter(kit, seq[3]);
    check_span(letter.code, "E_EARLY");
    assert_int_equal(letter.state, LETTER_WAITING);
    assert_in_range(letter.next_try - kit->clock.at, 6 * HOUR_MS - 6000, 6 * HOUR_MS);
    kit_product(kit, "f"); /* nobody waits with it */
    kit_pass(kit, 5000);
    assert_string_equal(kit->sent[2].body, "f|0|0|0");
    kit->clock.at += 6 * HOUR_MS;
    kit_pass(kit, 60000);
    assert_int_equal(kit->sent_count, 5); /* token, d */
    assert_string_equal(kit->sent[4].body, "d|0|0|0");
    assert_int_equal(kit_letter(kit, seq[3]).state, 0);
}

static int refuses_single(struct kit *kit, const char *body)
{
    (void)kit;
    return strncmp(body, "token", 5) == 0 ? 200 : 400;
}

static void test_all_rows_named(void **state)
{
    struct kit *kit = *state;
    kit->script = refuses_single;
    start(kit);
    int64_t seq = kit_product(kit, "z");
    kit_pass(kit, 5000);
    assert_int_equal(kit->sent_count, 2);
    check_span(kit_letter(kit, seq).code, "E_ONE");
    assert_int_equal(kit_counted("refused"), 1);
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
}

#define ERRAND_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        ERRAND_TEST(test_no_events_no_token),
        ERRAND_TEST(test_token_first_and_once),
        ERRAND_TEST(test_token_again_after_back_off),
        ERRAND_TEST(test_token_retry_after),
        ERRAND_TEST(test_refused_token_pauses),
        ERRAND_TEST(test_bad_credentials_pause),
        ERRAND_TEST(test_401_fetches_a_new_token_once),
        ERRAND_TEST(test_401_twice_pauses),
        ERRAND_TEST(test_polled_later_and_counted),
        ERRAND_TEST(test_a_restart_asks_what_was_not_told),
        ERRAND_TEST(test_dry_makes_none),
        ERRAND_TEST(test_validate_mode_calls),
        ERRAND_TEST(test_stop_waits_for_it),
        ERRAND_TEST(test_named_rows_leave_the_batch),
        ERRAND_TEST(test_an_early_row_goes_again_alone),
        ERRAND_TEST(test_the_others_stand),
        ERRAND_TEST(test_all_rows_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
