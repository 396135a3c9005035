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
#include "record.h"

#include <assert.h>
#include <stdatomic.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/log.h"
#include "assemble.h"
#include "backfill.h"
#include "count.h"
#include "../store/erase.h"
#include "../store/stitch.h"
#include "heard.h"
#include "identity.h"
#include "lanes.h"
#include "report.h"
#include "retain.h"
#include "wish.h"

#define TURN_MESSAGES    1024u /* in one transaction: bounds the turn, and the memory of its arena */
#define TURN_DUE         256u
#define TURN_STITCHES    4u /* slices of BACKFILL_ROWS */
#define OWNER_DAYS       7
#define TROUBLE_PAUSE_MS 200
#define REPORT_TRIES     20u              /* of a report alone, while the store takes others */
#define REST_MS          (10 * MINUTE_MS) /* orders of a store that left the config */
/* A commit costs the same for one event and for a hundred: while more keeps coming in, it is worth
   a moment of waiting. A lone request waits one step. */
#define GATHER_STEP_US 250
#define GATHER_STEPS   8

/* One of the two unsigned sources of a shop, see is_heard(). */
struct speaker {
    uint64_t visitor; /* who spoke last through it, hashed; 0 = nobody */
    int64_t at;       /* when */
    int64_t day;      /* the last on which it was heard from a second visitor; 0 = never */
};

struct recorded_shop {
    const struct shop *shop;
    int64_t number, activated_at;
    struct speaker snippet, pixel; /* who owns storefront and checkout names, see owner_of() */
};

struct shop_set {
    const struct shop *const *shops;
    unsigned count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    int64_t at; /* of the reload: a new store is active from then on, not from its first parcel */
};

struct recorder {
    struct record_options options;
    struct store *store;
    struct arena arena;
    struct recorded_shop *shops;
    unsigned shop_count;
    _Atomic(struct shop_set *) reload; /* set by any thread, taken by the next turn */
    struct identity_visits *visits;    /* what the last visitors showed */
    struct heard heard;                /* of this turn, for the daily reports */
    struct queue_node *again;          /* reports a failed turn left over */
    struct lanes lanes;                /* taken from the inbox, not yet in a turn */
    atomic_bool ready;
    uint64_t commits;  /* that stored messages */
    unsigned failures; /* turns, since failed_at or since it was told of them */
    int64_t told_at;   /* of failing turns, in the log; 0 = never */
    bool told_failing; /* and not yet that it is over */
    /* of the present turn */
    int64_t now;
    int64_t *news; /* shop numbers with new rows */
    unsigned news_count;
    struct tally tally;
    struct retain retain;
};

/* ---- shops ---------------------------------------------------------------- */

static void note_source(void *arg, int64_t day, int64_t shop, span what, span label, int64_t n)
{
    (void)n;
    struct recorder *recorder = arg;
    if (!span_is(what, "source_seen"))
        return;
    for (unsigned i = 0; i < recorder->shop_count; i++) {
        if (recorder->shops[i].number != shop)
            continue;
        if (span_is(label, "browser"))
            recorder->shops[i].snippet.day = day; /* they come in the order of days */
        else if (span_is(label, "pixel"))
            recorder->shops[i].pixel.day = day;
    }
}

static enum status number_shops(struct recorder *recorder, const struct shop *const *shops,
                                unsigned count, int64_t now)
{
    struct recorded_shop *numbered = calloc(count ? count : 1, sizeof *numbered);
    int64_t *news = calloc(count ? count : 1, sizeof *news);
    if (!numbered || !news)
        abort();
    enum status status = store_begin(recorder->store);
    for (unsigned i = 0; i < count && status == OK; i++) {
        numbered[i].shop = shops[i];
        status = store_shop(recorder->store, shops[i]->name, now, &numbered[i].number,
                            &numbered[i].activated_at);
    }
    if (status == OK)
        status = store_commit(recorder->store);
    if (status != OK) {
        store_rollback(recorder->store);
        free(numbered);
        free(news);
        return status;
    }
    recorder->retain.dedup_window_ms = 0;
    for (unsigned i = 0; i < count; i++)
        if (shops[i]->dedup_window_ms > recorder->retain.dedup_window_ms)
            recorder->retain.dedup_window_ms = shops[i]->dedup_window_ms;
    free(recorder->shops);
    free(recorder->news);
    recorder->shops = numbered;
    recorder->shop_count = count;
    recorder->news = news;
    return counter_each(store_view(recorder->store), 0, INT32_MAX, note_source, recorder);
}

/* Parcels of a config that was replaced still name their old shop struct: the name decides. */
static struct recorded_shop *shop_of(struct recorder *recorder, const struct shop *shop)
{
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (recorder->shops[i].shop == shop)
            return &recorder->shops[i];
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (span_equal(recorder->shops[i].shop->name, shop->name))
            return &recorder->shops[i];
    return NULL;
}

static struct recorded_shop *shop_numbered(struct recorder *recorder, int64_t number)
{
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (recorder->shops[i].number == number)
            return &recorder->shops[i];
    return NULL;
}

static void add_news(struct recorder *recorder, int64_t shop)
{
    for (unsigned i = 0; i < recorder->news_count; i++)
        if (recorder->news[i] == shop)
            return;
    if (recorder->news_count < recorder->shop_count)
        recorder->news[recorder->news_count++] = shop;
}

/* ---- one event -------------------------------------------------------------- */

/* Anybody can post as one visitor, so a source counts as installed when it was heard from two
   within OWNER_DAYS, and no longer when that is OWNER_DAYS ago: docs/decisions/002. */
static enum status see_source(struct recorder *recorder, struct recorded_shop *shop,
                              const struct event *event)
{
    struct speaker *speaker = event->source == SOURCE_BROWSER ? &shop->snippet
                              : event->source == SOURCE_PIXEL ? &shop->pixel
                                                              : NULL;
    if (!speaker || span_empty(event->who.visitor))
        return OK;
    uint64_t visitor = hash_quick(event->who.visitor) | 1;
    int64_t today = recorder->now / DAY_MS;
    bool second = speaker->visitor && speaker->visitor != visitor &&
                  recorder->now - speaker->at <= OWNER_DAYS * DAY_MS;
    speaker->visitor = visitor;
    speaker->at = recorder->now;
    if (!second || speaker->day == today)
        return OK;
    speaker->day = today;
    return counter_add(recorder->store, today, shop->number, SPAN("source_seen"),
                       span_of(event_source_text(event->source)), 1);
}

static bool is_heard(const struct recorder *recorder, const struct speaker *speaker)
{
    return speaker->day > 0 && recorder->now / DAY_MS - speaker->day <= OWNER_DAYS;
}

/* The same action is seen by snippet and pixel: one owner per name. The snippet owns the storefront
   and the pixel the checkout, as long as the shop is heard to have them; the other copy feeds
   identity only. */
static bool owner_of(const struct recorder *recorder, const struct recorded_shop *shop,
                     const struct event *event)
{
    switch (names_class(event->name)) {
    case EVENT_CLASS_STOREFRONT:
        return event->source != SOURCE_PIXEL || !is_heard(recorder, &shop->snippet);
    case EVENT_CLASS_CHECKOUT:
        return event->source != SOURCE_BROWSER || !is_heard(recorder, &shop->pixel);
    default:
        return true;
    }
}

static enum status audience_of(struct recorder *recorder, struct recorded_shop *shop,
                               const struct event *event, unsigned *ret_audience)
{
    enum event_class class_ = names_class(event->name);
    if (class_ == EVENT_CLASS_FACT || class_ == EVENT_CLASS_HALF ||
        !owner_of(recorder, shop, event)) {
        *ret_audience = 0;
        return OK;
    }
    *ret_audience = AUDIENCE_ALL;
    if (event->name != EVENT_CHECKOUT_STARTED || span_empty(event->order.checkout_token))
        return OK;
    /* A checkout starts once for the ads, whoever tells of it first (DESIGN 4). */
    unsigned before;
    enum status status = order_checkout(recorder->store, shop->number, event->order.checkout_token,
                                        CHECKOUT_BY_BROWSER, recorder->now, &before);
    if (status == OK && (before & CHECKOUT_BY_BROWSER))
        *ret_audience = 0;
    else if (status == OK && (before & CHECKOUT_BY_SERVER))
        *ret_audience = AUDIENCE_MAIL;
    return status;
}

/* Whose event it is. Where Shopify signed who is logged in and nothing else (the app proxy), that
   alone is believed: what the body says beside it stays in the event and names nobody. */
static enum status whose(struct recorder *recorder, struct recorded_shop *shop,
                         const struct event *event, int64_t seq, int64_t *ret_person)
{
    struct event spoken;
    bool is_signed = event_is_signed(event);
    if (event->aside.customer_signed && !is_signed) {
        spoken = *event;
        spoken.who =
            (struct who){.visitor = event->who.visitor, .customer_id = event->who.customer_id};
        event = &spoken;
        is_signed = true;
    }
    struct identity identity = {recorder->store, &recorder->arena, shop->shop, shop->number};
    return identity_resolve(&identity, event, is_signed, seq, ret_person);
}

static enum status record_event(struct recorder *recorder, struct parcel *parcel,
                                struct recorded_shop *shop, unsigned index)
{
    struct store *store = recorder->store;
    const struct event *event = &parcel->batch.events.events[index];
    int64_t seq = journal_next_seq(store);
    if (event->source != SOURCE_SHOPIFY) { /* deliveries and facts have dedups of their own */
        int64_t first;
        enum status status =
            journal_seen(store, shop->number, event->source, event->name_text, event->id,
                         event->raw_at ? event->raw_at : event->at, seq, &first);
        if (parcel->copies)
            parcel->copies[index] = status == CONFLICT;
        if (status == CONFLICT) {
            parcel->duplicates++;
            return OK;
        }
        if (status != OK)
            return status;
    }
    /* Whoever asks for his data, or to be forgotten, is not made known by asking. */
    bool is_wish = wish_is(event);
    struct identity identity = {store, &recorder->arena, shop->shop, shop->number};
    int64_t person = 0;
    unsigned audience = 0;
    heard_event(&recorder->heard, &recorder->arena, shop->number, event);
    enum status status = see_source(recorder, shop, event);
    if (status == OK)
        status = identity_visit(store, &recorder->arena, recorder->visits, shop->number, event);
    if (status == OK && !is_wish)
        status = whose(recorder, shop, event, seq, &person);
    if (status == OK)
        status = audience_of(recorder, shop, event, &audience);
    if (status != OK)
        return status;
    struct journal_row row = {
        .shop = shop->number,
        .name = event->name,
        .source = event->source,
        .event_id = event->id,
        .at = event->at,
        .received_at = event->received_at,
        .visitor = event->who.visitor,
        .person = person,
        .audience = audience,
        .body = parcel->bodies[index],
    };
    struct assemble assemble = {
        .store = store,
        .arena = &recorder->arena,
        .shop = shop->shop,
        .shop_number = shop->number,
        .activated_at = shop->activated_at,
        .now = recorder->now,
        .tally = &recorder->tally,
    };
    status = assemble_event(&assemble, event, &row, &seq);
    if (status == OK && is_wish)
        status = wish_grant(&identity, event);
    if (audience || assemble.appended)
        add_news(recorder, shop->number);
    return status;
}

/* ---- work in slices ------------------------------------------------------------ */

/* What an earlier event began and is too much for one turn: a little of each in every turn. */
static enum status record_slices(struct recorder *recorder)
{
    struct arena *arena = &recorder->arena;
    struct view *view = store_view(recorder->store);
    enum status status = OK;
    for (unsigned i = 0; i < TURN_STITCHES && status == OK; i++) {
        struct stitch_row row;
        arena_reset(arena);
        status = stitch_next(view, arena, &row);
        if (status != OK)
            break;
        struct recorded_shop *shop = shop_numbered(recorder, row.shop);
        unsigned appended = 0;
        struct backfill backfill = {recorder->store, arena, shop ? shop->shop : NULL,
                                    recorder->now};
        status = backfill_slice(&backfill, &row, &appended);
        if (appended)
            add_news(recorder, row.shop);
    }
    if (status != OK && status != MISSING)
        return status;
    arena_reset(arena);
    int64_t erasure = erase_open(view);
    bool done;
    if (!erasure)
        return OK;
    status = erase_slice(recorder->store, arena, erasure, recorder->now, &done);
    memset(recorder->visits, 0, sizeof *recorder->visits);
    return status;
}

static bool slices_wait(struct recorder *recorder)
{
    struct view *view = store_view(recorder->store);
    return stitch_waits(view) || erase_open(view) != 0;
}

/* ---- messages ---------------------------------------------------------------- */

static enum status record_parcel(struct recorder *recorder, struct parcel *parcel)
{
    struct recorded_shop *shop = shop_of(recorder, parcel->shop);
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

static enum status record_due_order(struct recorder *recorder, int64_t key)
{
    struct order_row row;
    enum status status = order_get(store_view(recorder->store), &recorder->arena, key, &row);
    struct recorded_shop *shop = status == OK ? shop_numbered(recorder, row.shop) : NULL;
    if (status == OK && !shop) {
        /* Its store left the config: it rests, lest it hold up the others, until that is back. */
        row.due_at = recorder->now + REST_MS;
        return order_put(recorder->store, &row);
    }
    if (status != OK)
        return status;
    struct assemble assemble = {
        .store = recorder->store,
        .arena = &recorder->arena,
        .shop = shop->shop,
        .shop_number = shop->number,
        .activated_at = shop->activated_at,
        .now = recorder->now,
        .tally = &recorder->tally,
    };
    status = assemble_due(&assemble, key);
    if (assemble.appended)
        add_news(recorder, shop->number);
    return status;
}

static enum status record_due(struct recorder *recorder)
{
    int64_t *found, keys[TURN_DUE];
    unsigned count;
    enum status status = order_due(store_view(recorder->store), &recorder->arena, recorder->now,
                                   TURN_DUE, &found, &count);
    if (status == OK && count > 0)
        memcpy(keys, found, count * sizeof *keys);
    for (unsigned i = 0; status == OK && i < count; i++) {
        arena_reset(&recorder->arena);
        status = record_due_order(recorder, keys[i]);
    }
    return status;
}

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
    if (status == OK && store_others_wrote(recorder->store)) /* they may have forgotten a visitor */
        memset(recorder->visits, 0, sizeof *recorder->visits);
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
    news->head = journal_head(store_view(recorder->store));
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
    if (number_shops(recorder, set->shops, set->count, set->at) != OK) {
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

/* Waits for the first message, then for as many as come while they keep coming. */
static struct queue_node *gather(struct queue *inbox, int64_t wait_ms)
{
    struct queue_node *first = queue_wait(inbox, wait_ms);
    if (!first || queue_closed(inbox))
        return first;
    size_t before = 0;
    for (unsigned step = 0; step < GATHER_STEPS; step++) {
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
        lanes_put(lanes, gather(inbox, wait_ms));
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
    if (slices_wait(recorder))
        wait_ms = 0;
    struct queue_node *first = next_messages(recorder, wait_ms);
    take_reload(recorder); /* after the wait: the first parcel of a new store may have ended it */
    unsigned parcels = parcel_count(first);
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
        status =
            number_shops(recorder, options->shops, options->shop_count, clock_now(options->clock));
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
