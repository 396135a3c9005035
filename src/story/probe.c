/*
 * Asking a platform; probe.h is the contract. What is asked and what the answer means is the
 * destinations' (setup.h); here it is sent, with the client `serve` uses and a deadline for each
 * request, one after the other.
 */
#include "probe.h"

#include <stdlib.h>

#include "../base/clock.h"
#include "../base/limits.h"
#include "../destinations/setup.h"

#define ERRANDS_MOST 3u /* a token, and one more when the first is refused */

struct asking {
    struct arena *arena;
    const struct outlet_spec *spec;
    const struct destination *destination;
    void *memory;
    struct probe_finding finding;
};

static const char *todo_of(const struct asking *asking, enum verdict verdict)
{
    const struct setup *setup = asking->destination->setup;
    if (verdict == VERDICT_RETRY)
        return "ask again in a minute; if it stays so, look at the platform's status page";
    return setup && setup->credentials ? setup->credentials : "check this destination's options";
}

/* False: the asking ends here, with what is found. */
static bool judged(struct asking *asking, const struct judgement *judgement)
{
    if (judgement->verdict == VERDICT_DELIVERED)
        return true;
    asking->finding = (struct probe_finding){
        .outcome = judgement->verdict == VERDICT_RETRY ? PROBE_LATER : PROBE_REFUSED,
        .code = judgement->code,
        .words = judgement->message,
        .todo = todo_of(asking, judgement->verdict),
    };
    return false;
}

static bool exchange(struct asking *asking, const struct http_call *call,
                     struct call_result *result)
{
    const struct call_options options = {.total_ms = PROBE_SECONDS * SECOND_MS,
                                         .connect_ms = PROBE_SECONDS * SECOND_MS};
    enum status status = call_once(asking->arena, call, &options, result);
    if (status == OK && result->fate == CALL_ANSWERED)
        return true;
    asking->finding = (struct probe_finding){
        .outcome = PROBE_UNREACHABLE,
        .words = status == OK ? arena_print(asking->arena, "%s", result->trouble)
                              : SPAN("the HTTP client does not start"),
        .todo = "look at this machine's DNS, firewall and clock, and at `base_url` where one is "
                "written",
    };
    return false;
}

/* What goes before events: a token. */
static bool ready(struct asking *asking)
{
    const struct destination *destination = asking->destination;
    const struct settings *settings = asking->spec->settings;
    for (unsigned i = 0; destination->ready && i < ERRANDS_MOST; i++) {
        int64_t now = clock_now(&clock_real);
        struct errand errand = {.again_at = INT64_MAX};
        struct errand_result result = {.judgement.verdict = VERDICT_RETRY};
        struct call_result answer;
        if (destination->ready(settings, asking->memory, now))
            return true;
        destination->errand(settings, asking->memory, true, now, asking->arena, &errand);
        if (errand.stuck || !errand.what) {
            asking->finding = (struct probe_finding){
                .outcome = PROBE_REFUSED,
                .words = span_of(errand.stuck ? errand.stuck : "there is no way to a token"),
                .todo = todo_of(asking, VERDICT_PAUSED)};
            return false;
        }
        if (!exchange(asking, &errand.call, &answer))
            return false;
        destination->errand_answer(settings, asking->memory, &errand, &answer.response, now,
                                   asking->arena, &result);
        if (!judged(asking, &result.judgement))
            return false;
    }
    return true;
}

static void ask_all(struct asking *asking)
{
    const struct settings *settings = asking->spec->settings;
    struct probe probe;
    struct call_result answer;
    struct judgement judgement;
    asking->finding = (struct probe_finding){.outcome = PROBE_NONE,
                                             .words = SPAN("there is no harmless way to ask")};
    if (!ready(asking))
        return;
    for (unsigned step = 0;; step++) {
        int64_t now = clock_now(&clock_real);
        if (!setup_probe(asking->destination, settings, asking->memory, step, now, asking->arena,
                         &probe))
            return;
        if (!exchange(asking, &probe.call, &answer))
            return;
        setup_judge(asking->destination, settings, &probe, &answer.response, now, &judgement);
        if (!judged(asking, &judgement))
            return;
        asking->finding =
            (struct probe_finding){.outcome = PROBE_OK, .words = span_of(probe.proves)};
    }
}

const char *probe_text(enum probe_answer answer)
{
    static const char *const texts[] = {
        [PROBE_OK] = "ok",          [PROBE_REFUSED] = "refused",
        [PROBE_LATER] = "busy",     [PROBE_UNREACHABLE] = "not reachable",
        [PROBE_NONE] = "not asked",
    };
    return texts[answer];
}

void probe_ask(struct arena *arena, const struct outlet_spec *spec,
               struct probe_finding *ret_finding)
{
    struct asking asking = {.arena = arena, .spec = spec, .destination = spec->destination};
    if (spec->destination->memory_size > 0 &&
        !(asking.memory = calloc(1, spec->destination->memory_size)))
        abort();
    if (spec->settings->enabled)
        ask_all(&asking);
    else
        asking.finding = (struct probe_finding){.outcome = PROBE_NONE, .words = SPAN("disabled")};
    free(asking.memory);
    *ret_finding = asking.finding;
}
