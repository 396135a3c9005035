/*
 * DELIVER's thread: one loop, all outlets, no locks of its own.
 *
 *      inbox      news of RECORD: these shops have new rows ─┐
 *      answers    RECORD committed a report ─────────────────┤
 *      control    stop, reload, poke ────────────────────────┼─> turn: each outlet that has
 *      transport  a platform answered ───────────────────────┤         something to do, does it
 *      timer      back-off, linger, probes, the idle look ───┘
 *
 * Whatever happens only marks outlets as due (wake_at) and asks for a turn; all work is done in
 * turns, so an outlet's code never meets itself half way. An idle outlet looks at the journal each
 * second, in case news got lost. Everything here can be derived again from the journal, the
 * bookmarks and the batch rows: a crash at any point repeats at most what was in flight, with the
 * same ids.
 */
#include "deliver.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/log.h"
#include "../store/erase.h"
#include "outlet.h"

#define INBOX_CEILING 4096u
#define LINGER_MS     500
#define GAUGES_MS     SECOND_MS
#define TURN_MS       5 /* from the end of a turn to the next one that was asked for */

enum control_kind { CONTROL_STOP, CONTROL_RELOAD, CONTROL_POKE };
struct control {
    struct queue_node node; /* first */
    enum control_kind kind;
    unsigned grace_ms;
    const struct outlet_spec *specs;
    unsigned spec_count;
};

struct deliverer {
    struct outlet_world world;
    struct outlet *outlets;
    struct queue inbox, control;
    uv_loop_t loop;
    uv_async_t async; /* wakes the loop for the three queues and for `again` */
    uv_timer_t timer;
    struct caller *caller; /* NULL: somebody else's transport */
    struct transport_real real;
    int64_t gauges_at, stop_at;
    int64_t clock_at;   /* what the wall clock showed at the last turn */
    uint64_t turned_at; /* by the loop's time */
};

/* ---- what came in ---- */

static void take_news(struct deliverer *deliverer)
{
    struct queue_node *next;
    for (struct queue_node *node = queue_take(&deliverer->inbox); node; node = next) {
        struct news *news = (struct news *)node;
        next = node->next;
        for (struct outlet *o = deliverer->outlets; o; o = o->next) {
            for (unsigned i = 0; i < news->shop_count; i++) {
                if (news->shops[i] != o->shop)
                    continue;
                o->hungry = true;
                o->wake_at = 0;
            }
        }
        free(news);
    }
}

static struct outlet *find(const struct deliverer *deliverer, const struct outlet_spec *spec)
{
    for (struct outlet *o = deliverer->outlets; o; o = o->next)
        if (o->spec.destination == spec->destination &&
            span_equal(o->spec.shop->name, spec->shop->name))
            return o;
    return NULL;
}

static void add(struct deliverer *deliverer, const struct outlet_spec *spec)
{
    struct outlet **end = &deliverer->outlets;
    while (*end)
        end = &(*end)->next;
    *end = outlet_new(&deliverer->world, spec);
}

static void reload(struct deliverer *deliverer, const struct outlet_spec *specs, unsigned count,
                   int64_t now)
{
    for (struct outlet *o = deliverer->outlets; o; o = o->next) {
        o->gone = true;
        o->wake_at = 0;
    }
    for (unsigned i = 0; i < count; i++) {
        struct outlet *known = find(deliverer, &specs[i]);
        if (known)
            outlet_reload(known, &specs[i], now);
        else
            add(deliverer, &specs[i]);
    }
}

static void take_control(struct deliverer *deliverer, int64_t now)
{
    struct queue_node *next;
    for (struct queue_node *node = queue_take(&deliverer->control); node; node = next) {
        struct control *control = (struct control *)node;
        next = node->next;
        switch (control->kind) {
        case CONTROL_STOP:
            deliverer->world.stopping = true;
            deliverer->stop_at = now + control->grace_ms;
            for (struct outlet *o = deliverer->outlets; o; o = o->next)
                o->wake_at = 0;
            break;
        case CONTROL_RELOAD:
            reload(deliverer, control->specs, control->spec_count, now);
            break;
        case CONTROL_POKE:
            for (struct outlet *o = deliverer->outlets; o; o = o->next)
                outlet_poke(o, now);
            break;
        }
        free(control);
    }
}

static void take_answers(struct deliverer *deliverer, int64_t now)
{
    for (struct slip *slip; (slip = slip_take(&deliverer->world.desk));)
        outlet_recorded(slip->outlet, slip, now);
    slip_flush(&deliverer->world.desk);
}

/* ---- a turn ---- */

static void let_go(struct deliverer *deliverer)
{
    for (struct outlet **at = &deliverer->outlets; *at;) {
        struct outlet *outlet = *at;
        if (!outlet->gone || !outlet_can_leave(outlet)) {
            at = &outlet->next;
            continue;
        }
        *at = outlet->next;
        outlet_free(outlet);
    }
}

static void gauges(struct deliverer *deliverer, int64_t now)
{
    if (now < deliverer->gauges_at)
        return;
    deliverer->gauges_at = now + GAUGES_MS;
    int64_t head = deliverer->world.pages.head;
    for (struct outlet *o = deliverer->outlets; o; o = o->next)
        outlet_gauges(o, head, now);
}

static bool nothing_under_way(const struct deliverer *deliverer)
{
    for (const struct outlet *o = deliverer->outlets; o; o = o->next)
        if (!outlet_can_leave(o))
            return false;
    return true;
}

/* Turns come once a second at least, so an earlier time than the last is a clock that was set back:
   what waits until a time then waits as long as it would have. (Set forward, it comes sooner.) */
static void mind_the_clock(struct deliverer *deliverer, int64_t now)
{
    int64_t back = deliverer->clock_at - now;
    deliverer->clock_at = now;
    if (back < CLOCK_JUMP_MS)
        return;
    deliverer->gauges_at -= back;
    deliverer->stop_at -= back;
    for (struct quota *quota = deliverer->world.quotas; quota; quota = quota->next)
        for (unsigned i = 0; quota->destination->lanes[i].name; i++)
            quota->lanes[i].hold_until -= back;
    for (struct outlet *o = deliverer->outlets; o; o = o->next)
        outlet_set_back(o, back);
}

/* Does all that can be done now. Gives the time at which to come again at the latest. What the
   queues told is in the view of this turn: it begins after they were emptied. */
static int64_t turn(struct deliverer *deliverer)
{
    int64_t now = clock_now(deliverer->world.clock);
    mind_the_clock(deliverer, now);
    struct view *view = deliverer->world.view;
    struct reading_cache *pages = &deliverer->world.pages;
    take_control(deliverer, now);
    take_news(deliverer);
    slip_collect(&deliverer->world.desk);
    view_begin(view);
    pages->erased = erase_stand(view);
    take_answers(deliverer, now);
    pages->turn++;
    enum status headed = journal_head(view, &pages->head);
    (void)headed; /* not OK: as it was, which is true of what it says, if late */
    for (struct outlet *o = deliverer->outlets; o; o = o->next)
        if (o->wake_at <= now)
            outlet_turn(o, now);
    let_go(deliverer);
    reading_forget(&deliverer->world.pages, now);
    gauges(deliverer, now);
    view_end(view);
    int64_t next = deliverer->gauges_at;
    for (struct outlet *o = deliverer->outlets; o; o = o->next)
        next = o->wake_at < next ? o->wake_at : next;
    return next;
}

static void on_timer(uv_timer_t *timer);

static void loop_turn(struct deliverer *deliverer)
{
    int64_t next = turn(deliverer), now = clock_now(deliverer->world.clock);
    bool stopping = deliverer->world.stopping;
    if (stopping && (nothing_under_way(deliverer) || now >= deliverer->stop_at)) {
        uv_stop(&deliverer->loop);
        return;
    }
    if (stopping && deliverer->stop_at < next)
        next = deliverer->stop_at;
    int64_t delay = next > now ? next - now : 0;
    uv_update_time(&deliverer->loop);
    deliverer->turned_at = uv_now(&deliverer->loop);
    int failed = uv_timer_start(&deliverer->timer, on_timer,
                                (uint64_t)(delay < GAUGES_MS ? delay : GAUGES_MS), 0);
    assert(failed == 0);
}

static void on_timer(uv_timer_t *timer)
{
    loop_turn(timer->data);
}

/* Answers and news that come thick share a turn. */
static void on_async(uv_async_t *async)
{
    struct deliverer *deliverer = async->data;
    uint64_t now = uv_now(&deliverer->loop), soonest = deliverer->turned_at + TURN_MS;
    if (now >= soonest)
        loop_turn(deliverer);
    else
        uv_timer_start(&deliverer->timer, on_timer, soonest - now, 0);
}

static void wake(void *arg) /* any thread */
{
    struct deliverer *deliverer = arg;
    (void)uv_async_send(&deliverer->async);
}

/* ---- the outside ---- */

static void loop_open(struct deliverer *deliverer)
{
    int failed = uv_loop_init(&deliverer->loop);
    failed |= uv_async_init(&deliverer->loop, &deliverer->async, on_async);
    failed |= uv_timer_init(&deliverer->loop, &deliverer->timer);
    failed |= uv_timer_start(&deliverer->timer, on_timer, 0, 0);
    assert(failed == 0);
    deliverer->async.data = deliverer->timer.data = deliverer;
}

static enum status transport_open(struct deliverer *deliverer,
                                  const struct deliver_options *options, struct error *ret_error)
{
    if (options->transport) {
        deliverer->world.transport = options->transport;
        return OK;
    }
    struct call_options call = {.ca_file = options->ca_file,
                                .total_ms = deliverer->world.pace->send_ms};
    enum status status = call_open(&deliverer->loop, &call, &deliverer->caller);
    if (status != OK) {
        snprintf(ret_error->text, sizeof ret_error->text, "cannot start the HTTP client");
        return status;
    }
    transport_real_init(&deliverer->real, deliverer->caller);
    deliverer->world.transport = &deliverer->real.transport;
    return OK;
}

static void world_init(struct deliverer *deliverer, const struct deliver_options *options,
                       struct view *view)
{
    struct outlet_world *world = &deliverer->world;
    world->clock = options->clock;
    world->pace = options->pace ? options->pace : &pace_usual;
    world->view = world->pages.view = view;
    world->linger_ms = options->linger_ms ? options->linger_ms : LINGER_MS;
    /* Unique over restarts: a process makes fewer than a million batches per millisecond it lived.
     */
    world->next_batch = clock_now(options->clock) << 20 | 1;
    world->again = wake;
    world->again_arg = deliverer;
    arena_init(&world->scratch, LIMIT_BATCH_ARENA);
    slip_desk_init(&world->desk, options->to_record);
    queue_on_push(&world->desk.answers, wake, deliverer);
}

enum status deliver_open(const struct deliver_options *options, struct deliverer **ret_deliverer,
                         struct error *ret_error)
{
    struct view *view;
    enum status status = view_open(options->path, &view, ret_error);
    if (status != OK)
        return status;
    struct deliverer *deliverer = calloc(1, sizeof *deliverer);
    assert(deliverer);
    loop_open(deliverer);
    world_init(deliverer, options, view);
    queue_init(&deliverer->inbox, INBOX_CEILING, 0);
    queue_init(&deliverer->control, 0, 0);
    queue_on_push(&deliverer->inbox, wake, deliverer);
    queue_on_push(&deliverer->control, wake, deliverer);
    for (unsigned i = 0; i < options->outlet_count; i++)
        add(deliverer, &options->outlets[i]);
    status = transport_open(deliverer, options, ret_error);
    if (status != OK) {
        deliver_close(deliverer);
        return status;
    }
    *ret_deliverer = deliverer;
    return OK;
}

void deliver_run(struct deliverer *deliverer)
{
    uv_run(&deliverer->loop, UV_RUN_DEFAULT);
    /* What is still running ends as "no answer came": those that must not be repeated are
       reported before RECORD goes. */
    if (deliverer->caller)
        call_close(deliverer->caller);
    deliverer->caller = NULL;
    slip_collect(&deliverer->world.desk);
    take_answers(deliverer, clock_now(deliverer->world.clock));
}

struct queue *deliver_inbox(struct deliverer *deliverer)
{
    return &deliverer->inbox;
}

static void give_control(struct deliverer *deliverer, struct control control)
{
    struct control *message = malloc(sizeof *message);
    assert(message);
    *message = control;
    if (queue_push(&deliverer->control, &message->node) != OK)
        free(message); /* closing */
}

void deliver_stop(struct deliverer *deliverer, unsigned grace_ms)
{
    give_control(deliverer, (struct control){.kind = CONTROL_STOP, .grace_ms = grace_ms});
}

void deliver_reload(struct deliverer *deliverer, const struct outlet_spec *outlets, unsigned count)
{
    give_control(deliverer,
                 (struct control){.kind = CONTROL_RELOAD, .specs = outlets, .spec_count = count});
}

void deliver_poke(struct deliverer *deliverer)
{
    give_control(deliverer, (struct control){.kind = CONTROL_POKE});
}

static void drain(struct queue *queue)
{
    struct queue_node *next;
    for (struct queue_node *node = queue_take(queue); node; node = next) {
        next = node->next;
        free(node); /* news and control: the node is the first member */
    }
    queue_done(queue);
}

void deliver_close(struct deliverer *deliverer)
{
    if (!deliverer)
        return;
    if (deliverer->caller)
        call_close(deliverer->caller);
    struct outlet *next;
    slip_desk_done(&deliverer->world.desk);
    for (struct outlet *o = deliverer->outlets; o; o = next) {
        next = o->next;
        outlet_free(o);
    }
    drain(&deliverer->inbox);
    drain(&deliverer->control);
    reading_forget(&deliverer->world.pages, INT64_MAX);
    uv_close((uv_handle_t *)&deliverer->async, NULL);
    uv_close((uv_handle_t *)&deliverer->timer, NULL);
    uv_run(&deliverer->loop, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&deliverer->loop);
    assert(busy == 0);
    arena_done(&deliverer->world.scratch);
    view_close(deliverer->world.view);
    free(deliverer);
}
