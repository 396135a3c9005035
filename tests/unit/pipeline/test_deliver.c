/* DELIVER as a whole: where it starts, what a crash leaves, that outlets do not touch each other,
   reload, stop, and that under any mixture of troubles nothing is lost. */
#include "deliver_kit.h"

#include <pthread.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* ---- start ---- */

static void test_a_new_outlet_starts_at_the_head(void **state)
{
    struct kit *kit = *state;
    kit_product(kit, "old");
    kit_open(kit);
    kit_run(kit);
    assert_int_equal(kit_bookmark(kit, "fake").low, 1); /* durable at once */
    assert_int_equal(kit_bookmark(kit, "fake").since, KIT_NOW);
    kit_product(kit, "new");
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 1);
    assert_string_equal(kit->sent[0].body, "new|0|0|0");
}

static void test_lost_news(void **state)
{
    struct kit *kit = *state;
    kit->news_get_lost = true;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_run(kit);
    assert_int_equal(kit->sent_count, 0);
    kit_pass(kit, 1001); /* it looks by itself */
    assert_int_equal(kit->sent_count, 1);
}

static void test_a_shop_recorded_later(void **state)
{
    struct kit *kit = *state;
    kit->shop.name = SPAN("later");
    kit_open(kit);
    kit_pass(kit, 3000);
    int64_t number, activated;
    kit_begin(kit);
    check_ok(store_shop(kit->store, SPAN("later"), kit->clock.at, &number, &activated));
    kit_commit(kit);
    kit->shop_number = number;
    kit_product(kit, "a"); /* before DELIVER has heard of the shop: it is not passed over */
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 1);
}

/* ---- crash ---- */

static void test_restart_sends_what_was_in_flight_again(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_product(kit, "b");
    kit_product(kit, "c");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 3);
    kit_answer(kit, 1, 200); /* b is settled above the mark */
    kit_run_silent(kit);
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 2000);
    assert_int_equal(kit_times_sent(kit, "a"), 2);
    assert_int_equal(kit_times_sent(kit, "b"), 1);
    assert_int_equal(kit_times_sent(kit, "c"), 2);
    assert_int_equal(kit_bookmark(kit, "fake").low, 3);
}

static void test_sending_at_start_may_have_arrived(void **state)
{
    struct kit *kit = *state;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_order(kit, EVENT_ORDER_PLACED, "o_1", "o_1");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 1);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 1);
    check_span(kit_letter(kit, seq).reason, "may_have_arrived");
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    assert_int_equal(kit_outcome(kit, "o_1").state, OUTCOME_UNKNOWN);
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
    kit_product(kit, "next"); /* life goes on */
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 2);
}

static void test_a_bookmark_never_covers_what_is_not_durable(void **state)
{
    struct kit *kit = *state;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit_run_silent(kit);
    kit_answer(kit, 0, 422); /* a letter is to be written */
    kit->commits_to_fail = 3;
    kit->clock.at += 5000;
    turn(kit->deliverer);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(kit_record(kit)); /* in vain */
        assert_int_equal(kit_bookmark(kit, "fake").low, 0);
        assert_int_equal(kit_letter(kit, seq).seq, 0);
        turn(kit->deliverer);
    }
    kit_pass(kit, 3000);
    assert_int_equal(kit_letter(kit, seq).state, LETTER_DEAD);
    assert_int_equal(kit_bookmark(kit, "fake").low, seq);
}

static void test_a_later_report_does_not_cover_a_failed_one(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    int64_t seq = kit_product(kit, "a");
    kit_product(kit, "b");
    kit_run_silent(kit);
    kit_answer(kit, 0, 422);
    kit->commits_to_fail = 1;
    assert_true(kit_record(kit)); /* the letter, in vain */
    kit_answer(kit, 1, 200);
    assert_true(kit_record(kit)); /* b is settled for good */
    assert_int_equal(kit_letter(kit, seq).seq, 0);
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 3000);
    assert_int_equal(kit_times_sent(kit, "a"), 2);
    assert_int_equal(kit_times_sent(kit, "b"), 1);
}

static void test_a_full_queue_keeps_reports_in_order(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 10; i++)
        kit_product(kit, "a");
    kit->to_record.count_ceiling = 1;
    kit_run_silent(kit);
    for (unsigned i = 0; i < 4; i++)
        kit_answer(kit, i, 200);
    assert_int_equal(queue_count(&kit->to_record), 1);
    assert_true(slip_desk_busy(&kit->deliverer->world.desk));
    turn(kit->deliverer);
    assert_int_equal(kit->sent_count, 4); /* nothing new while RECORD is behind */
    kit_pass(kit, 10000);
    assert_int_equal(kit->sent_count, 10);
    assert_int_equal(kit_bookmark(kit, "fake").low, 10);
}

/* ---- outlets beside each other ---- */

static void test_one_that_is_down_holds_only_itself(void **state)
{
    struct kit *kit = *state;
    kit->spec_count = 2;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 20; i++) {
        kit_product(kit, "a");
        kit_run_silent(kit);
        for (unsigned s = 0; s < kit->sent_count; s++) {
            if (!kit->sent[s].open)
                continue;
            struct shipment *shipment = kit->sent[s].arg;
            kit_answer(kit, s, shipment->outlet->spec.destination == &kit_destination ? 503 : 200);
        }
        kit->clock.at += 1000;
    }
    kit_run_silent(kit);
    kit->clock.at += 1000; /* the gauges' time */
    kit_run_silent(kit);
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    assert_int_equal(kit_bookmark(kit, "twin").low, kit->seq);
    assert_int_equal(count_get(COUNT_STATE, SPAN("acme"), SPAN("fake"), SPAN("backing_off")), 1);
    assert_int_equal(count_get(COUNT_STATE, SPAN("acme"), SPAN("twin"), SPAN("live")), 1);
    assert_int_equal(count_get(COUNT_BACKLOG, SPAN("acme"), SPAN("twin"), (span){0}), 0);
    assert_true(count_get(COUNT_BACKLOG, SPAN("acme"), SPAN("fake"), (span){0}) > 0);
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
}

static int down_for_a_while(struct kit *kit, const char *body)
{
    (void)body;
    return kit->clock.at < KIT_NOW + HOUR_MS ? 503 : 200;
}

static void test_what_waits_is_on_disk(void **state)
{
    struct kit *kit = *state;
    kit->script = down_for_a_while;
    kit_lanes[0].events = 20;
    kit_open(kit);
    kit_run(kit);
    char id[16];
    for (unsigned i = 0; i < 600; i++) {
        snprintf(id, sizeof id, "e%u", i);
        kit_product(kit, id);
    }
    kit_pass(kit, 30 * MINUTE_MS);
    assert_int_equal(kit->deliverer->world.pages.bytes, 0); /* rows and their pages */
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    kit_pass(kit, 2 * HOUR_MS);
    assert_int_equal(kit_counted("delivered"), 600);
    assert_int_equal(kit_bookmark(kit, "fake").low, 600);
    for (unsigned i = 0; i < 600;
         i++) { /* what waited went as it was, each event with its own id */
        snprintf(id, sizeof id, "e%u", i);
        assert_in_range(kit_times_sent(kit, id), 1, 20);
    }
}

static bool well_again;
static int down_until_well(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return well_again ? 200 : 503;
}

/* What waits for a time waits for as long as it was to, when the clock had stood ahead. */
static void test_a_clock_set_back(void **state)
{
    struct kit *kit = *state;
    kit->script = down_until_well;
    well_again = false;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit->clock.at += 2 * DAY_MS;
    kit_pass(kit, 30 * MINUTE_MS);
    kit->clock.at -= DAY_MS;
    unsigned before = kit->sent_count;
    kit_pass(kit, 30 * MINUTE_MS);
    assert_true(kit->sent_count > before); /* it goes on asking */
    well_again = true;
    kit_pass(kit, HOUR_MS);
    assert_int_equal(kit_counted("delivered"), 1);
}

/* Pages of all outlets together may be so much: beyond it each has its share in memory. */
static void test_when_memory_is_tight(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 100;
    kit_open(kit);
    kit_run(kit);
    kit->deliverer->world.pages.bytes = READING_ENOUGH + 1;
    char id[16];
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "e%u", i);
        kit_product(kit, id);
    }
    kit_run_silent(kit);
    assert_int_equal(outlet_in_flight(kit->deliverer->outlets), 1); /* and not four */
    kit_pass(kit, SECOND_MS);
    assert_int_equal(kit_counted("delivered"), 1000);
    assert_int_equal(kit->sent_count, 10); /* and they are full ones */
    kit->deliverer->world.pages.bytes -= READING_ENOUGH + 1;
}

static void test_they_share_pages(void **state)
{
    struct kit *kit = *state;
    kit->spec_count = 2;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    const struct shipment *one = kit->sent[0].arg, *two = kit->sent[1].arg;
    assert_ptr_not_equal(one->outlet, two->outlet);
    assert_ptr_equal(one->cargo[0].page, two->cargo[0].page); /* read and parsed once */
}

static void test_reload(void **state)
{
    struct kit *kit = *state;
    kit->spec_count = 2;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_run_silent(kit); /* both in flight */
    static struct settings changed;
    static struct outlet_spec specs[1];
    changed = kit->settings;
    changed.events = UINT64_C(1) << EVENT_ORDER_PLACED;
    specs[0] = (struct outlet_spec){&kit->shop, &kit_destination, &changed};
    deliver_reload(kit->deliverer, specs, 1); /* the twin is gone, the other changed its mind */
    kit_product(kit, "b");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 2);
    assert_int_equal(kit_counted("skip_not_in_events"), 1);
    assert_non_null(kit->deliverer->outlets->next); /* leaves when its answer is reported */
    kit_pass(kit, 3000);
    assert_null(kit->deliverer->outlets->next);
    assert_int_equal(count_get(COUNT_DELIVERIES, SPAN("acme"), SPAN("twin"), SPAN("delivered")), 1);
    deliver_reload(kit->deliverer, kit->specs, 2); /* it comes back where it was */
    kit_pass(kit, 3000);
    assert_int_equal(kit_bookmark(kit, "twin").low, 2);
    assert_int_equal(count_get(COUNT_DELIVERIES, SPAN("acme"), SPAN("twin"), SPAN("delivered")), 2);
}

static int unauthorised(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return 401;
}

static void test_reload_ends_a_pause(void **state)
{
    struct kit *kit = *state;
    kit->script = unauthorised;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    kit_pass(kit, 2000);
    assert_true(kit_bookmark(kit, "fake").paused);
    kit->script = kit_all_well; /* a new token in the config */
    deliver_reload(kit->deliverer, kit->specs, 1);
    kit_pass(kit, 2000);
    assert_false(kit_bookmark(kit, "fake").paused);
    assert_int_equal(kit_counted("delivered"), 1);
}

/* ---- stop ---- */

static void test_stop_finishes_what_is_in_flight(void **state)
{
    struct kit *kit = *state;
    kit_lanes[0].events = 1;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < 10; i++)
        kit_product(kit, "a");
    kit_run_silent(kit);
    assert_int_equal(kit->sent_count, 4);
    deliver_stop(kit->deliverer, 5000);
    kit_run(kit);
    assert_int_equal(kit->sent_count, 4);
    assert_true(nothing_under_way(kit->deliverer));
    assert_int_equal(kit_bookmark(kit, "fake").low, 4);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 2000);
    assert_int_equal(kit->sent_count, 10); /* each once */
}

static void test_stop_takes_promises_back(void **state)
{
    struct kit *kit = *state;
    kit_repeatable = false;
    kit_open(kit);
    kit_run(kit);
    kit_product(kit, "a");
    turn(kit->deliverer); /* promised, not committed yet */
    deliver_stop(kit->deliverer, 5000);
    kit_run(kit);
    assert_int_equal(kit->sent_count, 0);
    kit_crash(kit);
    kit_open(kit);
    kit_pass(kit, 3000);
    assert_int_equal(kit->sent_count, 1);
    assert_int_equal(kit_counted("delivered"), 1);
}

/* ---- the real thread ---- */

static void *run_thread(void *arg)
{
    deliver_run(arg);
    return NULL;
}

struct recorder_thread {
    struct kit *kit;
    _Atomic bool stop;
};

static void *record_thread(void *arg)
{
    struct recorder_thread *thread = arg;
    while (!thread->stop)
        if (!kit_record(thread->kit))
            usleep(1000);
    while (kit_record(thread->kit))
        ;
    return NULL;
}

/* A port on loopback where nobody listens. */
static unsigned closed_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static unsigned thread_port;
static void encode_to_port(const struct settings *settings, const struct batch *batch,
                           struct http_call *ret_call)
{
    kit_encode(settings, batch, ret_call);
    ret_call->url = arena_print(batch->arena, "http://127.0.0.1:%u/", thread_port);
}

static void test_thread_over_the_real_client(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    struct recorder_thread recorder = {.kit = kit};
    pthread_t deliver, record;
    kit->pace.base_ms = 20;
    kit->pace.cap_ms = 40;
    kit->pace.failures = 1000;
    kit_destination.encode = encode_to_port;
    thread_port = closed_port();
    struct deliver_options options = {.path = kit->path,
                                      .clock = &clock_real,
                                      .outlets = kit->specs,
                                      .outlet_count = 1,
                                      .to_record = &kit->to_record,
                                      .pace = &kit->pace};
    kit->clock.at = clock_now(&clock_real);
    check_ok(deliver_open(&options, &kit->deliverer, &error));
    assert_int_equal(pthread_create(&deliver, NULL, run_thread, kit->deliverer), 0);
    usleep(100000);
    kit_record(kit); /* its bookmark */
    kit_product(kit, "a");
    assert_int_equal(pthread_create(&record, NULL, record_thread, &recorder), 0);
    deliver_poke(kit->deliverer);
    usleep(700000);
    deliver_stop(kit->deliverer, 2000);
    pthread_join(deliver, NULL);
    recorder.stop = true;
    pthread_join(record, NULL);
    const struct outlet *outlet = kit->deliverer->outlets;
    assert_true(outlet->circuit.failures > 3); /* refused connections, tried again and again */
    assert_int_equal(kit_bookmark(kit, "fake").low, 0);
    kit_destination.encode = kit_encode;
}

/* ---- any mixture of troubles ---- */

#define EVENTS 250

static uint64_t storm_chance;
static bool storm_over;
static unsigned storm_arrived[EVENTS]; /* the platform took it, or may have */

static void storm_arrives(const char *body)
{
    span ids = span_of(body), part;
    ids = span_sub(ids, 0, span_find(ids, 0, '|'));
    while (span_split(&ids, ',', &part)) {
        int64_t index = 0;
        size_t letters = span_starts(part, "bad") ? 3 : 1;
        check_ok(span_int(span_sub(part, letters, part.len), &index));
        storm_arrived[index]++;
    }
}

static int storm(struct kit *kit, const char *body)
{
    (void)kit;
    const int weather[] = {200, 200, 200, 200, 503, 429, NO_ANSWER, NOT_SENT, 409, 401};
    int status = storm_over ? 200 : weather[check_random(&storm_chance) % COUNT_OF(weather)];
    if (status == 200 && strstr(body, "bad"))
        status = 400;
    if (status == 200 || status == NO_ANSWER)
        storm_arrives(body);
    return status;
}

/* Whatever is in flight may have arrived. */
static void storm_crash(struct kit *kit)
{
    turn(kit->deliverer);
    for (unsigned i = 0; i < kit->sent_count; i++)
        if (kit->sent[i].open)
            storm_arrives(kit->sent[i].body);
    kit_crash(kit);
    kit_open(kit);
}

static void storm_append(struct kit *kit, unsigned index)
{
    char id[32], order[32];
    snprintf(id, sizeof id, index % 17 == 3 ? "bad%u" : "e%u", index);
    snprintf(order, sizeof order, "e%u", index - 1);
    struct event page = kit_event(kit, EVENT_PAGE_VIEWED, id);
    if (index % 10 == 5)
        kit_order(kit, EVENT_ORDER_PLACED, id, id);
    else if (index % 10 == 6)
        kit_order(kit, EVENT_ORDER_REFUNDED, id, order);
    else if (index % 10 == 7)
        kit_append(kit, &page);
    else
        kit_product(kit, id);
}

/* Settled by the bookmark, and delivered or told of in a letter or counted as a skip. */
static void storm_check(struct kit *kit, const bool *delivered, bool once)
{
    assert_int_equal(kit_bookmark(kit, "fake").low, kit->seq);
    for (unsigned i = 0; i < EVENTS; i++) {
        if (i % 10 == 7 || delivered[i])
            continue;
        struct letter_row letter = kit_letter(kit, i + 1);
        bool skipped = i % 10 == 6 && letter.seq == 0; /* its order was refused */
        if (!skipped && (letter.seq == 0 || (letter.state != LETTER_DEAD)))
            fail_msg("event %u was lost", i);
        if (letter.seq && i % 17 != 3 && !once)
            fail_msg("event %u is a dead letter for no reason", i);
    }
}

/* `once`: the platform knows no copies. */
static void one_storm(struct kit *kit, uint64_t seed, bool once)
{
    static bool delivered[EVENTS];
    memset(delivered, 0, sizeof delivered);
    memset(storm_arrived, 0, sizeof storm_arrived);
    storm_chance = seed;
    storm_over = false;
    kit_repeatable = !once;
    kit->script = storm;
    kit_lanes[0].events = 1 + (unsigned)(seed % 8);
    kit_destination.max_age_ms = 0;
    kit_open(kit);
    kit_run(kit);
    for (unsigned i = 0; i < EVENTS; i++) {
        storm_append(kit, i);
        if (check_random(&storm_chance) % 4 == 0)
            kit_pass(kit, (int64_t)(check_random(&storm_chance) % 3000));
        if (check_random(&storm_chance) % 40 == 0)
            kit->commits_to_fail = 2;
        if (check_random(&storm_chance) % 60 == 0)
            storm_crash(kit);
    }
    storm_over = true;
    kit_pass(kit, 6 * HOUR_MS);
    for (unsigned i = 0; i < EVENTS; i++) {
        char id[32];
        snprintf(id, sizeof id, i % 17 == 3 ? "bad%u" : "e%u", i);
        unsigned attempts = kit_times_sent(kit, id);
        delivered[i] = attempts > 0 && i % 17 != 3 && kit_letter(kit, i + 1).seq == 0;
        if (delivered[i] && storm_arrived[i] == 0)
            fail_msg("event %u is said to be delivered and never arrived", i);
        if (once && storm_arrived[i] > 1)
            fail_msg("event %u may have arrived %u times", i, storm_arrived[i]);
    }
    storm_check(kit, delivered, once);
}

static void test_storms_where_copies_are_known(void **state)
{
    one_storm(*state, 1, false);
}

static void test_another_storm(void **state)
{
    one_storm(*state, 77, false);
}

static void test_storms_where_they_are_not(void **state)
{
    one_storm(*state, 4, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_a_new_outlet_starts_at_the_head),
        KIT_TEST(test_lost_news),
        KIT_TEST(test_a_shop_recorded_later),
        KIT_TEST(test_restart_sends_what_was_in_flight_again),
        KIT_TEST(test_sending_at_start_may_have_arrived),
        KIT_TEST(test_a_bookmark_never_covers_what_is_not_durable),
        KIT_TEST(test_a_later_report_does_not_cover_a_failed_one),
        KIT_TEST(test_a_full_queue_keeps_reports_in_order),
        KIT_TEST(test_one_that_is_down_holds_only_itself),
        KIT_TEST(test_what_waits_is_on_disk),
        KIT_TEST(test_a_clock_set_back),
        KIT_TEST(test_when_memory_is_tight),
        KIT_TEST(test_they_share_pages),
        KIT_TEST(test_reload),
        KIT_TEST(test_reload_ends_a_pause),
        KIT_TEST(test_stop_finishes_what_is_in_flight),
        KIT_TEST(test_stop_takes_promises_back),
        KIT_TEST(test_thread_over_the_real_client),
        KIT_TEST(test_storms_where_copies_are_known),
        KIT_TEST(test_another_storm),
        KIT_TEST(test_storms_where_they_are_not),
    };
    return CHECK_RUN(tests);
}
