/*
 * A world for DELIVER's tests: a real store on a temporary file, a clock that stands still until
 * it is moved, a transport that answers from a script, a made-up destination whose every trait can
 * be set, and the test itself playing RECORD.
 *
 * The made-up platform takes a body of event ids parted by commas, "ids|part|amend|test", where
 * an id ends in ! when it is limited, in ~ when opted out, in - when ads are denied. A
 * test says by `kit->script` what it answers to a body.
 */
#ifndef UNIT_PIPELINE_DELIVER_KIT_H
#define UNIT_PIPELINE_DELIVER_KIT_H
#include "../base/check.h"

#include <ftw.h>
#include <unistd.h>

#include "../../../src/pipeline/deliver.c"
#include "../../../src/pipeline/report.h"
#include "../../../src/store/order.h"
#include "../../../src/store/person.h"

#define KIT_NOW        INT64_C(1764000000000) /* 2025-11-24T16:00:00Z */
#define KIT_SENT       4096u
#define check_ok(call) assert_int_equal((call), OK)

/* ---- the made-up platform ---- */

#define NO_ANSWER 0  /* the connection broke after sending */
#define NOT_SENT  -1 /* it was never made */

static struct lane kit_lanes[4];
static unsigned kit_parts = 1;
static bool kit_repeatable = true;
static const char *kit_unfit_id; /* this event has nothing to be matched by */
static bool kit_orders_named = true;

static inline span kit_rename(const struct settings *settings, const struct event *event)
{
    (void)settings;
    if (event->name == EVENT_PAGE_VIEWED)
        return (span){0};
    if (event->name == EVENT_ORDER_PLACED && !kit_orders_named)
        return (span){0};
    return SPAN("Thing");
}

static inline bool kit_is_repeatable(const struct settings *settings, const struct event *event)
{
    (void)settings, (void)event;
    return kit_repeatable;
}

static inline unsigned kit_lane(const struct settings *settings, const struct event *event)
{
    (void)settings;
    return event->name == EVENT_SEARCH_SUBMITTED && kit_lanes[1].name ? 1 : 0;
}

static inline unsigned kit_part_count(const struct settings *settings, const struct event *event)
{
    (void)settings;
    return event->name == EVENT_ORDER_PLACED ? kit_parts : 1;
}

static inline const char *kit_unfit(const struct settings *settings, const struct event *event,
                                    bool limited, struct arena *arena)
{
    (void)settings, (void)limited, (void)arena;
    return kit_unfit_id && span_is(event->id, kit_unfit_id) ? "no_identifier" : NULL;
}

static inline void kit_encode(const struct settings *settings, const struct batch *batch,
                              struct http_call *ret_call)
{
    (void)settings;
    span ids = {0};
    for (unsigned i = 0; i < batch->count; i++)
        ids = arena_print(batch->arena, "%.*s%s%.*s%s%s%s", SPAN_ARG(ids), i ? "," : "",
                          SPAN_ARG(batch->events[i]->id), batch->limited[i] ? "!" : "",
                          batch->opted_out[i] ? "~" : "", batch->ads_denied[i] ? "-" : "");
    *ret_call = (struct http_call){
        .method = "POST",
        .url = SPAN("https://platform.invalid/"),
        .body = arena_print(batch->arena, "%.*s|%u|%u|%u", SPAN_ARG(ids), batch->part, batch->amend,
                            batch->test),
    };
}

static inline void kit_judge(const struct settings *settings, const struct batch *batch,
                             const struct http_response *response, struct judgement *ret_judgement)
{
    (void)settings, (void)batch;
    ret_judgement->code = arena_print(batch->arena, "E%d", response->status);
    ret_judgement->message = SPAN("the platform's words");
    switch (response->status) {
    case 200:
        ret_judgement->verdict = VERDICT_DELIVERED;
        break;
    case 400:
        ret_judgement->verdict = VERDICT_SPLIT;
        break;
    case 422:
        ret_judgement->verdict = VERDICT_REFUSED;
        break;
    case 401:
        ret_judgement->verdict = VERDICT_PAUSED;
        break;
    case 409:
        ret_judgement->verdict = VERDICT_AMEND;
        ret_judgement->amend = 1;
        break;
    default:
        ret_judgement->verdict = VERDICT_RETRY;
        ret_judgement->retry_after_ms = response->status == 429 ? 30000 : 0;
    }
}

static struct destination kit_destination = {
    .name = "fake",
    .title = "A made-up platform",
    .audience = AUDIENCE_ADS,
    .settings_size = sizeof(struct settings),
    .asks = CONSENT_FOR_MARKETING,
    .lanes = kit_lanes,
    .rename = kit_rename,
    .repeatable = kit_is_repeatable,
    .lane = kit_lane,
    .parts = kit_part_count,
    .unfit = kit_unfit,
    .encode = kit_encode,
    .judge = kit_judge,
};
static struct destination kit_second; /* its twin, named "twin" */

/* ---- the world ---- */

static inline int kit_remove(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

struct sent { /* one request that left */
    const char *body;
    int64_t at;
    call_done *done;
    void *arg;
    bool open;
};

struct kit;
typedef int kit_script(struct kit *kit, const char *body); /* a status, NO_ANSWER or NOT_SENT */

struct kit {
    struct transport transport; /* first */
    char dir[64], path[96];
    struct clock_fake clock;
    struct arena arena;
    struct store *store;
    struct view *view;
    int64_t shop_number;
    struct shop shop;
    struct settings settings, twin_settings;
    struct outlet_spec specs[2];
    unsigned spec_count;
    struct queue to_record;
    struct pace_values pace;
    struct deliverer *deliverer;
    kit_script *script;
    span says; /* by the script, with its status; absent: {"what":"they said"} */
    struct sent sent[KIT_SENT];
    unsigned sent_count;
    unsigned commits_to_fail;
    bool gives_up; /* on the reports of those */
    bool news_get_lost;
    int64_t seq; /* newest row */
};

static inline int kit_all_well(struct kit *kit, const char *body)
{
    (void)kit, (void)body;
    return 200;
}

static inline void kit_send(struct transport *transport, const struct http_call *call,
                            call_done *done, void *arg)
{
    struct kit *kit = (struct kit *)transport;
    if (kit->sent_count == KIT_SENT) {
        for (unsigned i = KIT_SENT - 10; i < KIT_SENT; i++)
            print_error("at %lld: %s\n", (long long)(kit->sent[i].at - KIT_NOW), kit->sent[i].body);
        fail_msg("too many requests");
    }
    struct sent *sent = &kit->sent[kit->sent_count++];
    *sent = (struct sent){.at = kit->clock.at, .done = done, .arg = arg, .open = true};
    sent->body = arena_text(&kit->arena, call->body);
}

static inline void kit_defaults(struct kit *kit)
{
    memset(kit_lanes, 0, sizeof kit_lanes);
    kit_lanes[0] = (struct lane){.name = "all", .events = 100, .bytes = 100000};
    kit_parts = 1;
    kit_repeatable = true;
    kit_unfit_id = NULL;
    kit_orders_named = true;
    kit_destination.max_age_ms = 7 * DAY_MS;
    kit_destination.restates = false;
    kit_destination.max_ahead_ms = MINUTE_MS;
    kit_destination.dedup_ms = 48 * HOUR_MS;
    kit_destination.consent_orders = CONSENT_REQUIRE;
    kit_destination.asks = CONSENT_FOR_MARKETING;
    kit_second = kit_destination;
    kit_second.name = "twin";
    kit->shop = (struct shop){.name = SPAN("acme"), .currency = SPAN("EUR")};
    kit->shop.consent.otherwise = CONSENT_DENIED;
    kit->settings = (struct settings){.enabled = true, .events = UINT64_MAX, .shop = &kit->shop};
    kit->twin_settings = kit->settings;
    kit->specs[0] = (struct outlet_spec){&kit->shop, &kit_destination, &kit->settings};
    kit->specs[1] = (struct outlet_spec){&kit->shop, &kit_second, &kit->twin_settings};
    kit->spec_count = 1;
    kit->pace = pace_usual;
    kit->pace.gather_ms = 0;
    kit->script = kit_all_well;
}

/* The fake clock's chance is a counter; jitter wants one that spreads. */
static inline uint64_t kit_random(const struct clock *clock)
{
    return check_random(&((struct clock_fake *)(uintptr_t)clock)->seed);
}

static inline void kit_begin(struct kit *kit)
{
    check_ok(store_begin(kit->store));
}

static inline void kit_commit(struct kit *kit)
{
    check_ok(store_commit(kit->store));
}

static inline int kit_setup(void **state)
{
    struct kit *kit = calloc(1, sizeof *kit);
    struct error error = {""};
    int64_t activated;
    assert_non_null(kit);
    count_reset();
    memcpy(kit->dir, "/tmp/sidetrack-deliver-XXXXXX", sizeof "/tmp/sidetrack-deliver-XXXXXX");
    assert_non_null(mkdtemp(kit->dir));
    snprintf(kit->path, sizeof kit->path, "%s/store.db", kit->dir);
    clock_fake_init(&kit->clock, KIT_NOW);
    kit->clock.clock.random = kit_random;
    arena_init(&kit->arena, (size_t)256 << 20);
    queue_init(&kit->to_record, 0, 0);
    kit->transport.send = kit_send;
    check_ok(store_open(kit->path, &kit->clock.clock, &kit->store, &error));
    kit_begin(kit);
    check_ok(store_shop(kit->store, SPAN("acme"), KIT_NOW, &kit->shop_number, &activated));
    kit_commit(kit);
    kit->view = store_view(kit->store);
    kit_defaults(kit);
    *state = kit;
    return 0;
}

/* ---- the test as RECORD ---- */

/* One turn of RECORD. True when there was something. */
static inline bool kit_record(struct kit *kit)
{
    struct queue_node *node = queue_take(&kit->to_record), *next;
    if (!node)
        return false;
    bool fails = kit->commits_to_fail > 0;
    kit->commits_to_fail -= fails;
    kit_begin(kit);
    for (struct queue_node *n = node; n; n = n->next)
        check_ok(report_write(kit->store, (struct report *)n, kit->clock.at));
    if (fails)
        store_rollback(kit->store);
    else
        kit_commit(kit);
    for (; node; node = next) {
        struct report *report = (struct report *)node;
        next = node->next;
        report->result = fails ? BROKEN : OK;
        report->given_up = fails && kit->gives_up;
        check_ok(queue_push(report->reply, node));
    }
    return true;
}

/* ---- time passes ---- */

static inline void kit_open(struct kit *kit)
{
    struct error error = {""};
    struct deliver_options options = {
        .path = kit->path,
        .clock = &kit->clock.clock,
        .outlets = kit->specs,
        .outlet_count = kit->spec_count,
        .to_record = &kit->to_record,
        .transport = &kit->transport,
        .pace = &kit->pace,
    };
    if (deliver_open(&options, &kit->deliverer, &error) != OK)
        fail_msg("%s", error.text);
}

/* What a crash leaves: requests in flight are never answered, reports under way may be lost. */
static inline void kit_crash(struct kit *kit)
{
    struct queue_node *node = queue_take(&kit->to_record), *next;
    for (; node; node = next) {
        next = node->next;
        slip_free((struct slip *)(void *)node);
    }
    deliver_close(kit->deliverer);
    kit->deliverer = NULL;
    for (unsigned i = 0; i < kit->sent_count; i++)
        kit->sent[i].open = false;
    kit->clock.at += 10; /* a process lives for some time: ids of batch rows begin anew */
}

static inline int kit_teardown(void **state)
{
    struct kit *kit = *state;
    if (kit->deliverer)
        kit_crash(kit);
    queue_done(&kit->to_record);
    store_close(kit->store);
    arena_done(&kit->arena);
    nftw(kit->dir, kit_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(kit);
    count_reset();
    return 0;
}

#define KIT_TEST(function) cmocka_unit_test_setup_teardown(function, kit_setup, kit_teardown)

static inline void kit_answer(struct kit *kit, unsigned index, int status)
{
    struct sent *sent = &kit->sent[index];
    assert_true(sent->open);
    sent->open = false;
    struct call_result result = {
        .fate = status == NO_ANSWER  ? CALL_AMBIGUOUS
                : status == NOT_SENT ? CALL_NOT_SENT
                                     : CALL_ANSWERED,
        .response = {.status = status > 0 ? status : 0,
                     .body = kit->says.ptr ? kit->says : SPAN("{\"what\":\"they said\"}")},
        .trouble = status > 0 ? "" : "connection reset",
    };
    sent->done(sent->arg, &result);
}

static inline bool kit_answer_all(struct kit *kit)
{
    bool some = false;
    for (unsigned i = 0; i < kit->sent_count; i++) {
        if (!kit->sent[i].open)
            continue;
        kit_answer(kit, i, kit->script(kit, kit->sent[i].body));
        some = true;
    }
    return some;
}

/* All that happens at this moment of the clock. Gives when DELIVER wants to be called again. */
static inline int64_t kit_run(struct kit *kit)
{
    for (unsigned round = 0;; round++) {
        assert_true(round < 100000);
        int64_t next = turn(kit->deliverer);
        bool some = kit_answer_all(kit);
        some |= kit_record(kit);
        if (!some && next > kit->clock.at)
            return next;
    }
}

/* The same, without the platform answering. */
static inline void kit_run_silent(struct kit *kit)
{
    int64_t next;
    do
        next = turn(kit->deliverer);
    while (kit_record(kit) || next <= kit->clock.at);
}

static inline void kit_pass(struct kit *kit, int64_t ms)
{
    int64_t end = kit->clock.at + ms;
    for (;;) {
        int64_t next = kit_run(kit);
        if (kit->clock.at >= end)
            return;
        kit->clock.at = next < end ? next : end;
    }
}

/* ---- rows ---- */

/* An event that may go: consent granted, now. */
static inline struct event kit_event(struct kit *kit, enum event_name name, const char *id)
{
    return (struct event){
        .id = arena_copy(&kit->arena, span_of(id)),
        .name = name,
        .name_text = span_of(names_text(name)),
        .at = kit->clock.at,
        .received_at = kit->clock.at,
        .store = SPAN("acme"),
        .source = SOURCE_BROWSER,
        .consent = {.analytics = CONSENT_GRANTED,
                    .marketing = CONSENT_GRANTED,
                    .source = SPAN("api"),
                    .region = SPAN("DE"),
                    .at = kit->clock.at},
    };
}

static inline void kit_news(struct kit *kit)
{
    struct news *news = calloc(1, sizeof *news + sizeof(int64_t));
    assert_non_null(news);
    news->shop_count = 1;
    news->shops[0] = kit->shop_number;
    check_ok(queue_push(deliver_inbox(kit->deliverer), &news->node));
}

/* Of "o_1": 1. */
static inline int64_t kit_order_number(span key)
{
    int64_t number = 0;
    return span_int(span_sub(key, 2, key.len), &number) == OK ? number : 0;
}

static inline int64_t kit_append_for(struct kit *kit, const struct event *event, unsigned audience)
{
    struct buf body;
    buf_init(&body, 1 << 20);
    event_write(&body, event);
    struct journal_row row = {
        .shop = kit->shop_number,
        .name = event->name,
        .source = event->source,
        .event_id = event->id,
        .at = event->at,
        .received_at = event->received_at,
        .visitor = event->who.visitor,
        .order = kit_order_number(event->order.key),
        .audience = audience,
        .body = buf_span(&body),
    };
    kit_begin(kit);
    check_ok(journal_append(kit->store, &row, &kit->seq));
    kit_commit(kit);
    buf_done(&body);
    if (kit->deliverer && !kit->news_get_lost)
        kit_news(kit);
    return kit->seq;
}

static inline int64_t kit_append(struct kit *kit, const struct event *event)
{
    return kit_append_for(kit, event, AUDIENCE_ALL);
}

static inline int64_t kit_product(struct kit *kit, const char *id)
{
    struct event event = kit_event(kit, EVENT_PRODUCT_VIEWED, id);
    return kit_append(kit, &event);
}

static inline struct event kit_order_event(struct kit *kit, enum event_name name, const char *id,
                                           const char *order)
{
    struct event event = kit_event(kit, name, id);
    event.order.key = arena_copy(&kit->arena, span_of(order));
    event.order.currency = SPAN("EUR");
    event.order.value = money_of(5990, 2);
    event.source = SOURCE_DERIVED;
    return event;
}

static inline int64_t kit_order(struct kit *kit, enum event_name name, const char *id,
                                const char *order)
{
    struct event event = kit_order_event(kit, name, id, order);
    return kit_append(kit, &event);
}

/* ---- what the tests look at ---- */

static inline struct bookmark_row kit_bookmark(struct kit *kit, const char *destination)
{
    struct bookmark_row row = {0};
    check_ok(bookmark_get(kit->view, &kit->arena, kit->shop_number, span_of(destination), &row));
    return row;
}

static inline struct letter_row kit_letter(struct kit *kit, int64_t seq)
{
    struct letter_row *rows;
    unsigned count;
    check_ok(letter_list(kit->view, &kit->arena, 1000, &rows, &count));
    for (unsigned i = 0; i < count; i++)
        if (rows[i].seq == seq)
            return rows[i];
    return (struct letter_row){0};
}

static inline struct outcome_row kit_outcome(struct kit *kit, const char *subject)
{
    struct outcome_row row = {0};
    enum status status =
        outcome_get(kit->view, &kit->arena, kit->shop_number, span_of(subject), SPAN("fake"), &row);
    return status == OK ? row : (struct outcome_row){0};
}

static inline int64_t kit_counted(const char *verdict)
{
    return count_get(COUNT_DELIVERIES, SPAN("acme"), SPAN("fake"), span_of(verdict));
}

static inline unsigned kit_times_sent(const struct kit *kit, const char *id)
{
    unsigned times = 0;
    for (unsigned i = 0; i < kit->sent_count; i++) {
        span ids = span_of(kit->sent[i].body), part;
        ids = span_sub(ids, 0, span_find(ids, 0, '|'));
        while (span_split(&ids, ',', &part))
            times += span_is(part, id);
    }
    return times;
}

#endif
