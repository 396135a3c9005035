/*
 * Errands: the requests of an outlet that carry no events. The destination writes them and reads
 * their answers (destination.h); here is when they are made:
 *
 *   one at a time     so a token is fetched once, however many batches wait for it
 *   when needed       errand() is asked each turn and says what is due, if anything; it knows
 *                     whether events wait, so an idle outlet fetches nothing
 *   failing           RETRY: again after a back-off, events wait meanwhile; no circuit, for it
 *                     tells nothing about the platform's own door
 *   refused           PAUSED: the outlet holds as if a batch had been answered so, and asks again
 *                     where a batch would be the probe. Success ends a pause of an errand's own
 *                     making at once
 *   mode dry          none
 *
 * While an errand is out errand() is not asked, but ready() is: a token that goes bad meanwhile
 * holds the batches.
 */
#include "outlet_private.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/limits.h"
#include "../base/log.h"

#define RECALLED 512u /* batches of an earlier process, the newest */

void outlet_errand_init(struct outlet *outlet)
{
    struct outlet_errands *errands = &outlet->errands;
    size_t size = outlet->spec.destination->memory_size;
    arena_init(&errands->arena, LIMIT_REQUEST_ARENA);
    if (size == 0)
        return;
    errands->memory = calloc(1, size);
    assert(errands->memory);
}

/* What an earlier process would have asked about. */
enum status outlet_errand_recall(struct outlet *outlet, int64_t now)
{
    const struct destination *destination = outlet->spec.destination;
    struct outlet_world *world = outlet->world;
    struct batch_row *rows;
    unsigned count;
    if (!destination->recall)
        return OK;
    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    enum status status =
        batch_delivered_since(world->view, &arena, outlet->shop, span_of(outlet_name(outlet)),
                              now - destination->recall_ms, RECALLED, &rows, &count);
    for (unsigned i = 0; i < count && status == OK; i++)
        destination->recall(outlet->errands.memory, rows[i].id, rows[i].answer, rows[i].settled_at,
                            &arena);
    arena_done(&arena);
    return status;
}

void outlet_errand_done(struct outlet *outlet)
{
    struct outlet_errands *errands = &outlet->errands;
    arena_done(&errands->arena);
    free(errands->memory);
}

bool outlet_errand_ready(const struct outlet *outlet, int64_t now)
{
    const struct destination *destination = outlet->spec.destination;
    return !destination->ready || !outlet_calls(outlet) ||
           destination->ready(outlet->spec.settings, outlet->errands.memory, now);
}

static void hold(struct outlet *outlet, span code, span words, int64_t now)
{
    outlet->errands.paused_us |= !outlet->paused;
    outlet_pause(outlet, code, words, now);
    outlet->probe_at = now + outlet->world->pace->probe_ms;
    outlet->errands.not_before = outlet->probe_at;
}

static void worked(struct outlet *outlet, int64_t now)
{
    struct outlet_errands *errands = &outlet->errands;
    errands->failures = 0;
    errands->not_before = 0;
    if (errands->paused_us && outlet_paused_by_platform(outlet))
        outlet_resume(outlet, now);
    else if (outlet->paused)
        outlet->probe_at = now; /* a batch will tell whether that was all */
    errands->paused_us = false;
}

static void failed(struct outlet *outlet, int64_t retry_after, int64_t now)
{
    struct outlet_errands *errands = &outlet->errands;
    errands->failures++;
    if (retry_after > outlet->world->pace->asked_cap_ms)
        retry_after = outlet->world->pace->asked_cap_ms;
    int64_t delay = pace_backoff(outlet->world->pace, outlet->world->clock, errands->failures);
    errands->not_before = now + (delay > retry_after ? delay : retry_after);
}

static void log_failure(const struct outlet *outlet, const struct judgement *judgement)
{
    log_event(LOG_WARN, "errand_failed", "store=\"%.*s\" destination=%s errand=%s code=\"%.*s\"",
              SPAN_ARG(outlet->spec.shop->name), outlet_name(outlet), outlet->errands.errand.what,
              SPAN_ARG(judgement->code));
}

/* The batch's row keeps it. */
static void tell(struct outlet *outlet, int64_t batch, span answer, int64_t now)
{
    struct slip *slip = slip_new(outlet);
    slip->report.told = batch;
    slip->report.told_answer = arena_copy(slip_arena(slip), outlet_kept(answer, LIMIT_ANSWER_KEPT));
    outlet_push(outlet, slip, now);
}

static void act(struct outlet *outlet, const struct errand_result *result, int64_t now)
{
    const struct judgement *judgement = &result->judgement;
    for (unsigned i = 0; i < result->count; i++)
        count_add(COUNT_PLATFORM_STATUS, outlet->spec.shop->name, span_of(outlet_name(outlet)),
                  result->counts[i].what, result->counts[i].count);
    switch (judgement->verdict) {
    case VERDICT_DELIVERED:
        worked(outlet, now);
        break;
    case VERDICT_PAUSED:
        log_failure(outlet, judgement);
        hold(outlet, judgement->code, judgement->message, now);
        break;
    default:
        log_failure(outlet, judgement);
        failed(outlet, judgement->retry_after_ms, now);
    }
}

static void answered(void *arg, const struct call_result *call)
{
    struct outlet *outlet = arg;
    struct outlet_errands *errands = &outlet->errands;
    struct outlet_world *world = outlet->world;
    int64_t now = clock_now(world->clock);
    struct http_response response =
        call->fate == CALL_ANSWERED ? call->response : (struct http_response){0};
    struct errand_result result = {.judgement.verdict = VERDICT_RETRY};
    outlet->spec.destination->errand_answer(errands->settings, errands->memory, &errands->errand,
                                            &response, now, &errands->arena, &result);
    errands->out = false;
    if (result.about)
        tell(outlet, result.about, response.body, now);
    act(outlet, &result, now);
    outlet->wake_at = 0;
    world->again(world->again_arg);
}

/* May one be made now? If not, the turn that may is asked for. */
static bool may_go(struct outlet *outlet, int64_t now)
{
    const struct outlet_errands *errands = &outlet->errands;
    if (errands->out || !outlet->spec.destination->errand || !outlet_calls(outlet))
        return false;
    if (outlet->paused && !outlet_paused_by_platform(outlet))
        return false; /* a person's pause is everybody's */
    int64_t at = errands->not_before;
    if (outlet->paused && outlet->probe_at > at)
        at = outlet->probe_at;
    if (now >= at)
        return true;
    outlet_wake(outlet, at);
    return false;
}

void outlet_errand(struct outlet *outlet, int64_t now)
{
    struct outlet_errands *errands = &outlet->errands;
    if (!may_go(outlet, now))
        return;
    const struct settings *settings = outlet->spec.settings;
    struct errand errand = {.again_at = INT64_MAX};
    arena_reset(&errands->arena);
    outlet->spec.destination->errand(settings, errands->memory, outlet->shipments != NULL, now,
                                     &errands->arena, &errand);
    if (errand.stuck) {
        hold(outlet, SPAN("credentials"), span_of(errand.stuck), now);
    } else if (!errand.what) {
        outlet_wake(outlet, errand.again_at);
    } else {
        errands->errand = errand;
        errands->settings = settings;
        errands->out = true;
        struct transport *transport = outlet->world->transport;
        transport->send(transport, &errands->errand.call, answered, outlet);
    }
}
