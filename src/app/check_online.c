/*
 * `sidetrack check --online`: does each platform take what we would send? What is asked and what
 * the answer means is the destinations' (setup.h); here it is sent, with the client `serve` uses
 * and a deadline for each request, one after the other, and said so that a merchant knows what to
 * do. Disabled destinations are passed over; `mode: dry` is asked all the same, for a probe records
 * nothing.
 *
 * What is printed comes from judgements, whose words are masked, from libcurl's sentences, which
 * name hosts, and from us: never a URL, a header or a body.
 */
#include "check.h"

#include <stdlib.h>

#include "../base/clock.h"
#include "../base/limits.h"
#include "../destinations/setup.h"

#define ERRANDS_MOST 3u /* a token, and one more when the first is refused */

enum answer { ANSWER_OK, ANSWER_REFUSED, ANSWER_LATER, ANSWER_UNREACHABLE, ANSWER_NONE };
static const char *const outcomes[] = {
    [ANSWER_OK] = "ok",          [ANSWER_REFUSED] = "refused",
    [ANSWER_LATER] = "busy",     [ANSWER_UNREACHABLE] = "not reachable",
    [ANSWER_NONE] = "not asked",
};

/* What is known of one destination; spans in its arena. */
struct finding {
    enum answer outcome;
    span code, words;
    const char *todo; /* NULL: nothing */
};

struct asking {
    struct arena arena;
    const struct outlet_spec *spec;
    const struct destination *destination;
    void *memory;
    struct finding finding;
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
    asking->finding = (struct finding){
        .outcome = judgement->verdict == VERDICT_RETRY ? ANSWER_LATER : ANSWER_REFUSED,
        .code = judgement->code,
        .words = judgement->message,
        .todo = todo_of(asking, judgement->verdict),
    };
    return false;
}

static bool exchange(struct asking *asking, const struct http_call *call,
                     struct call_result *result)
{
    const struct call_options options = {.total_ms = CHECK_SECONDS * SECOND_MS,
                                         .connect_ms = CHECK_SECONDS * SECOND_MS};
    enum status status = call_once(&asking->arena, call, &options, result);
    if (status == OK && result->fate == CALL_ANSWERED)
        return true;
    asking->finding = (struct finding){
        .outcome = ANSWER_UNREACHABLE,
        .words = status == OK ? arena_print(&asking->arena, "%s", result->trouble)
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
        destination->errand(settings, asking->memory, true, now, &asking->arena, &errand);
        if (errand.stuck || !errand.what) {
            asking->finding = (struct finding){
                .outcome = ANSWER_REFUSED,
                .words = span_of(errand.stuck ? errand.stuck : "there is no way to a token"),
                .todo = todo_of(asking, VERDICT_PAUSED)};
            return false;
        }
        if (!exchange(asking, &errand.call, &answer))
            return false;
        destination->errand_answer(settings, asking->memory, &errand, &answer.response, now,
                                   &asking->arena, &result);
        if (!judged(asking, &result.judgement))
            return false;
    }
    return true;
}

static void ask(struct asking *asking)
{
    const struct settings *settings = asking->spec->settings;
    struct probe probe;
    struct call_result answer;
    struct judgement judgement;
    asking->finding =
        (struct finding){.outcome = ANSWER_NONE, .words = SPAN("there is no harmless way to ask")};
    if (!ready(asking))
        return;
    for (unsigned step = 0;; step++) {
        int64_t now = clock_now(&clock_real);
        if (!setup_probe(asking->destination, settings, asking->memory, step, now, &asking->arena,
                         &probe))
            return;
        if (!exchange(asking, &probe.call, &answer))
            return;
        setup_judge(asking->destination, settings, &probe, &answer.response, now, &judgement);
        if (!judged(asking, &judgement))
            return;
        asking->finding = (struct finding){.outcome = ANSWER_OK, .words = span_of(probe.proves)};
    }
}

static void tell(const struct asking *asking, struct json *json)
{
    const struct finding *finding = &asking->finding;
    if (json) {
        json_open(json, NULL, '{');
        json_put_text(json, "store", asking->spec->shop->name);
        json_put_text(json, "destination", span_of(asking->destination->name));
        json_put_text(json, "outcome", span_of(outcomes[finding->outcome]));
        if (!span_empty(finding->code))
            json_put_text(json, "code", finding->code);
        json_put_text(json, "words", finding->words);
        if (finding->todo)
            json_put_text(json, "todo", span_of(finding->todo));
        json_close(json, '}');
        return;
    }
    printf("%s (%.*s): %s%s%.*s%s%.*s\n", asking->destination->name,
           SPAN_ARG(asking->spec->shop->name), outcomes[finding->outcome],
           finding->outcome == ANSWER_OK ? ", " : ": ", SPAN_ARG(finding->code),
           span_empty(finding->code) || span_empty(finding->words) ? "" : " ",
           SPAN_ARG(finding->words));
    if (finding->todo)
        printf("    what to do: %s\n", finding->todo);
    fflush(stdout);
}

bool check_online(const struct config *config, struct json *json)
{
    bool good = true;
    for (unsigned i = 0; i < config->outlet_count; i++) {
        const struct outlet_spec *spec = &config->outlets[i];
        struct asking asking = {.spec = spec, .destination = spec->destination};
        arena_init(&asking.arena, LIMIT_BATCH_ARENA);
        if (spec->destination->memory_size > 0 &&
            !(asking.memory = calloc(1, spec->destination->memory_size)))
            abort();
        if (spec->settings->enabled)
            ask(&asking);
        else
            asking.finding = (struct finding){.outcome = ANSWER_NONE, .words = SPAN("disabled")};
        good &= asking.finding.outcome == ANSWER_OK || asking.finding.outcome == ANSWER_NONE;
        tell(&asking, json);
        free(asking.memory);
        arena_done(&asking.arena);
    }
    return good;
}
