/*
 * One turn of RECORD:
 *
 *   drain the inbox ─> begin ─> parcels: delivery known? seen? identity, journal, assemble
 *                            ─> reports of DELIVER: bookmark, batch, outcomes, letters
 *                            ─> orders whose time has come
 *                            ─> a slice of what takes longer: stitching, forgetting
 *                            ─> commit (one fsync) ─> answers, replies, news
 *
 * A turn that fails is rolled back whole and its messages are tried one by one, so that what the
 * store cannot take (a full disk, a row that trips a bug) fails alone: its sender hears 503 and
 * will come again. Reports cannot be sent again by anybody, so they are kept until they are stored;
 * their number is bounded by what DELIVER may have in flight.
 *
 * A turn that could not even begin (somebody holds the file) is nobody's fault: all hear 503 at
 * once, since to wait again for each would be to wait for hours.
 *
 * The memory of each event and each order is one arena, forgotten after it, so that a burst costs
 * time and not memory; nothing else is kept in memory between turns but the shops' numbers, which
 * are committed before the first turn.
 */
#include "record_private.h"

#include <assert.h>

#include "../base/limits.h"
#include "../base/log.h"
#include "../store/order.h"
#include "count.h"
#include "report.h"
#include "retain.h"

#define TURN_MESSAGES    1024u /* in one transaction: bounds the turn, and the memory of its arena */
#define TROUBLE_PAUSE_MS 200
#define REPORT_TRIES     20u /* of a report alone, while the store takes others */
/* A commit costs the same for one event and for a hundred: while more keeps coming in, it is worth
   a moment of waiting. A lone request waits one step. When as many have come as the last turn
   answered, they are likely the same clients again, and nobody else to wait for. */
#define GATHER_STEP_US 250
#define GATHER_STEPS   8
#define GATHER_MANY    16 /* fewer than this are no measure of who is there */

/* ---- messages ---------------------------------------------------------------- */

static enum status record_parcel(struct recorder *recorder, struct parcel *parcel)
{
    struct recorded_shop *shop = record_shop_of(recorder, parcel->shop);
    parcel->duplicates = 0;
    if (!shop)
        return MISSING;
    const struct source_batch *batch = &parcel->batch;
    if (!span_empty(batch->delivery_id)) {
        enum status status =
            journal_delivery(recorder->store, shop->number, batch->delivery_id, recorder->now);
        if (status == CONFLICT) {
            parcel->duplicates = batch->events.count ? batch->events.count : 1;
            return OK;
        }
        if (status != OK)
            return status;
    }
    if (parcel->verdict == SOURCE_QUARANTINED)
        return journal_quarantine(recorder->store, shop->number, span_of(parcel->source->name),
                                  batch->topic, span_of(batch->error),
                                  parcel->exchange->request.body, recorder->now);
    enum status status = OK;
    for (unsigned i = 0; i < batch->events.count && status == OK; i++) {
        status = record_event(recorder, parcel, shop, i);
        arena_reset(&recorder->arena);
    }
    return status;
}

static enum status record_message(struct recorder *recorder, struct queue_node *node)
{
    enum message_kind kind = ((struct report *)node)->kind;
    return kind == MESSAGE_PARCEL
               ? record_parcel(recorder, (struct parcel *)node)
               : report_write(recorder->store, (struct report *)node, recorder->now);
}

static void keep_report(struct recorder *recorder, struct report *report)
{
    struct queue_node **end = &recorder->again;
    while (*end)
        end = &(*end)->next;
    report->node.next = NULL;
    *end = &report->node;
}

static bool disk_is_full(const struct recorder *recorder)
{
    const char *trouble = store_trouble(recorder->store);
    return strstr(trouble, "disk is full") || strstr(trouble, "No space left");
}

/* A report that the store never takes, though it takes others, would make every turn fail first.
   After so many tries it is given up: DELIVER frees it and settles nothing of it, so its rows stand
   above the bookmark and go again after a restart, where the platform knows copies. (Its outlet
   reads LOWMARK_ROOM rows further at most: the log line is for a person.) */
static void blame(struct recorder *recorder, struct queue_node *node, enum status status)
{
    struct report *report = (struct report *)node;
    if (report->kind != MESSAGE_REPORT || status == OK || status == AGAIN ||
        disk_is_full(recorder) || report->commits == recorder->commits)
        return;
    report->commits = recorder->commits;
    if (++report->failures < REPORT_TRIES)
        return;
    report->given_up = true;
    const struct batch_row *batch = report->batch;
    log_event(LOG_ERROR, "report_dropped",
              "destination=\"%.*s\" batch=%lld rows=%u trouble=\"%s\" hint=\"its events are sent "
              "again after a restart\"",
              SPAN_ARG(batch ? batch->destination : (span){0}), (long long)(batch ? batch->id : 0),
              batch ? batch->count : 0, store_trouble(recorder->store));
}

/* After the commit, or after its failure: whoever waits hears of it. */
static void finish_message(struct recorder *recorder, struct queue_node *node, enum status status)
{
    if (((struct report *)node)->kind == MESSAGE_PARCEL) {
        struct parcel *parcel = (struct parcel *)node;
        parcel->result = status;
        if (status == OK && parcel->duplicates)
            count_add(COUNT_DUPLICATE, parcel->shop->name, (span){0}, (span){0},
                      parcel->duplicates);
        enum status pushed = queue_push(parcel->answers, node);
        assert(pushed == OK);
        return;
    }
    struct report *report = (struct report *)node;
    if (report->reply) {
        report->result = status;
        enum status pushed = queue_push(report->reply, node);
        if (pushed == OK)
            return;
    } else if (status != OK && !report->given_up) {
        keep_report(recorder, report);
        return;
    }
    arena_done(&report->arena);
    free(report);
}

/* ---- turns --------------------------------------------------------------------- */

/* Each failing turn is a fifth of a second: told at the first, then once a minute. */
static void tell_failure(struct recorder *recorder)
{
    int64_t since = recorder->now - recorder->told_at;
    recorder->failures++;
    if (recorder->told_at && since >= 0 && since < MINUTE_MS)
        return;
    log_event(LOG_ERROR, "turn_failed", "turns=%u trouble=\"%s\"%s", recorder->failures,
              store_trouble(recorder->store),
              disk_is_full(recorder)
                  ? " hint=\"the disk is full: make room on it; what was acknowledged is safe, "
                    "the rest is sent again by its senders\""
                  : "");
    recorder->told_at = recorder->now;
    recorder->told_failing = true;
    recorder->failures = 0;
}

static void tell_recovery(struct recorder *recorder)
{
    if (recorder->told_failing)
        log_event(LOG_INFO, "turn_recovered", "turns=%u", recorder->failures);
    recorder->told_failing = false;
    recorder->failures = 0;
}

/* Everything of `first` … in one transaction. On failure nothing of it is in the store; AGAIN:
   it could not begin. */
static enum status transact(struct recorder *recorder, struct queue_node *first, bool alone)
{
    int64_t started = clock_monotonic_us();
    recorder->now = clock_now(recorder->options.clock);
    recorder->news_count = recorder->heard.count = 0;
    enum status status = store_begin(recorder->store) == OK ? OK : AGAIN;
    if (status == OK)
        status = record_mind_the_clock(recorder);
    if (status == OK &&
        store_others_wrote(recorder->store)) { /* they may have forgotten somebody */
        memset(recorder->visits, 0, sizeof *recorder->visits);
        store_scrub_wanted();
    }
    for (struct queue_node *node = first; node && status == OK; node = node->next) {
        status = record_message(recorder, node);
        if (alone)
            break;
    }
    if (status == OK && !alone)
        status = record_due(recorder);
    if (status == OK && !alone)
        status = record_slices(recorder);
    if (status == OK && !alone)
        status = retain_turn(&recorder->retain, recorder->store, &recorder->arena, recorder->now,
                             !first);
    if (status == OK)
        status = heard_write(&recorder->heard, recorder->store, recorder->now);
    if (status == OK)
        status = store_commit(recorder->store);
    if (status != OK) {
        tell_failure(recorder);
        store_rollback(recorder->store);
        tally_forget(&recorder->tally);
        memset(recorder->visits, 0, sizeof *recorder->visits);
    } else {
        tally_count(&recorder->tally);
        recorder->turned_at = recorder->now;
        count_observe(COUNT_COMMIT_SECONDS, clock_monotonic_us() - started);
        recorder->commits += first != NULL;
        if (!alone)
            tell_recovery(recorder);
    }
    arena_reset(&recorder->arena);
    /* What cannot be stored for its own sake says nothing about the store. */
    atomic_store(&recorder->ready, status == OK || store_writable(recorder->store));
    return status;
}

static void tell_deliver(struct recorder *recorder)
{
    if (!recorder->options.to_deliver || recorder->news_count == 0)
        return;
    size_t size = sizeof(struct news) + recorder->news_count * sizeof(int64_t);
    struct news *news = calloc(1, size);
    if (!news)
        abort();
    news->shop_count = recorder->news_count;
    memcpy(news->shops, recorder->news, recorder->news_count * sizeof(int64_t));
    if (queue_push(recorder->options.to_deliver, &news->node) != OK)
        free(news); /* DELIVER looks by itself each second */
}

static void take_reload(struct recorder *recorder)
{
    struct shop_set *set = atomic_exchange(&recorder->reload, NULL);
    if (!set)
        return;
    if (record_number_shops(recorder, set->shops, set->count, set->at) != OK) {
        log_event(LOG_ERROR, "reload_failed", "trouble=\"%s\"", store_trouble(recorder->store));
        struct shop_set *none = NULL; /* the next turn tries again, unless a newer one has come */
        if (atomic_compare_exchange_strong(&recorder->reload, &none, set))
            return;
    } else {
        recorder->retain.outlets = set->outlets;
        recorder->retain.outlet_count = set->outlet_count;
        recorder->retain.noticed_day = 0;
    }
    free(set);
}

static size_t length(const struct queue_node *first)
{
    size_t count = 0;
    for (; first; first = first->next)
        count++;
    return count;
}

/* Waits for the first message, then for as many as come while they keep coming. */
static struct queue_node *gather(struct queue *inbox, int64_t wait_ms, size_t last_time)
{
    struct queue_node *first = queue_wait(inbox, wait_ms);
    if (!first || queue_closed(inbox))
        return first;
    size_t taken = length(first), before = 0;
    for (unsigned step = 0; step < GATHER_STEPS; step++) {
        if (last_time >= GATHER_MANY && taken + before >= last_time)
            break;
        nanosleep(&(struct timespec){.tv_nsec = GATHER_STEP_US * 1000L}, NULL);
        size_t count = queue_count(inbox);
        if (count == before)
            break;
        before = count;
    }
    struct queue_node *last = first;
    while (last->next)
        last = last->next;
    last->next = queue_take(inbox);
    return first;
}

/* What is done in the next turn. While something waits already the inbox is only emptied into the
   lanes, so that a webhook that has just come overtakes what came before it. */
static struct queue_node *next_messages(struct recorder *recorder, int64_t wait_ms)
{
    struct queue *inbox = recorder->options.inbox;
    struct lanes *lanes = &recorder->lanes;
    if (lanes_count(lanes) == 0)
        lanes_put(lanes, gather(inbox, wait_ms, recorder->gathered));
    else if (lanes_count(lanes) < LIMIT_QUEUE_PARCELS)
        lanes_put(lanes, queue_take(inbox));
    struct queue_node *first = lanes_take(lanes, TURN_MESSAGES);
    if (recorder->again) { /* kept reports go first: they are the oldest news */
        struct queue_node **end = &recorder->again;
        while (*end)
            end = &(*end)->next;
        *end = first;
        first = recorder->again;
        recorder->again = NULL;
    }
    return first;
}

static void finish_all(struct recorder *recorder, struct queue_node *first, enum status status)
{
    while (first) {
        struct queue_node *next = first->next;
        first->next = NULL;
        finish_message(recorder, first, status);
        first = next;
    }
}

static unsigned parcel_count(const struct queue_node *first)
{
    unsigned count = 0;
    for (; first; first = first->next)
        count += ((const struct parcel *)first)->kind == MESSAGE_PARCEL;
    return count;
}

static void pause_for_trouble(void)
{
    nanosleep(&(struct timespec){.tv_nsec = TROUBLE_PAUSE_MS * 1000000L}, NULL);
}

void record_turn(struct recorder *recorder, int64_t wait_ms)
{
    int64_t due = order_next_due(store_view(recorder->store));
    if (due) {
        int64_t until = due - clock_now(recorder->options.clock);
        if (until < wait_ms)
            wait_ms = until > 0 ? until : 0;
    }
    if (record_slices_wait(recorder))
        wait_ms = 0;
    struct queue_node *first = next_messages(recorder, wait_ms);
    take_reload(recorder); /* after the wait: the first parcel of a new store may have ended it */
    unsigned parcels = parcel_count(first);
    recorder->gathered = parcels;
    int64_t began = clock_monotonic_us();
    enum status whole = transact(recorder, first, false);
    admit_pace(recorder->options.admit, parcels, clock_monotonic_us() - began);
    if (whole == OK)
        tell_deliver(recorder);
    if (whole == OK || whole == AGAIN) {
        finish_all(recorder, first, whole);
        first = NULL;
    }
    while (first) {
        struct queue_node *next = first->next;
        first->next = NULL;
        enum status status = transact(recorder, first, true);
        if (status == OK)
            tell_deliver(recorder);
        blame(recorder, first, status);
        finish_message(recorder, first, status);
        first = next;
    }
    if (!atomic_load(&recorder->ready))
        pause_for_trouble();
}

void record_run(struct recorder *recorder)
{
    while (!queue_closed(recorder->options.inbox) || queue_count(recorder->options.inbox) ||
           lanes_count(&recorder->lanes))
        record_turn(recorder, SECOND_MS);
    for (unsigned tries = 0; recorder->again && tries < 5; tries++)
        record_turn(recorder, 0);
}

/* ---- life ---------------------------------------------------------------------- */

enum status record_open(const struct record_options *options, struct recorder **ret_recorder,
                        struct error *ret_error)
{
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (!recorder)
        abort();
    recorder->options = *options;
    recorder->retain = options->retain;
    recorder->visits = calloc(1, sizeof *recorder->visits);
    if (!recorder->visits)
        abort();
    arena_init(&recorder->arena, LIMIT_BATCH_ARENA);
    enum status status = store_open(options->path, options->clock, &recorder->store, ret_error);
    if (status == OK) {
        status = record_number_shops(recorder, options->shops, options->shop_count,
                                     clock_now(options->clock));
        if (status != OK)
            snprintf(ret_error->text, sizeof ret_error->text, "%s", store_trouble(recorder->store));
    }
    if (status != OK) {
        record_close(recorder);
        return status;
    }
    atomic_store(&recorder->ready, true);
    *ret_recorder = recorder;
    return OK;
}

bool record_ready(const struct recorder *recorder)
{
    return atomic_load(&recorder->ready);
}

void record_reload(struct recorder *recorder, const struct shop *const *shops, unsigned count,
                   const struct outlet_spec *outlets, unsigned outlet_count)
{
    struct shop_set *set = malloc(sizeof *set);
    if (!set)
        abort();
    *set =
        (struct shop_set){shops, count, outlets, outlet_count, clock_now(recorder->options.clock)};
    free(atomic_exchange(&recorder->reload, set));
}

void record_close(struct recorder *recorder)
{
    if (!recorder)
        return;
    finish_all(recorder, lanes_take(&recorder->lanes, UINT32_MAX), BROKEN);
    while (recorder->again) {
        struct report *report = (struct report *)recorder->again;
        recorder->again = report->node.next;
        arena_done(&report->arena);
        free(report);
    }
    free(atomic_exchange(&recorder->reload, NULL));
    store_close(recorder->store);
    arena_done(&recorder->arena);
    free(recorder->shops);
    free(recorder->news);
    free(recorder->visits);
    free(recorder);
}
