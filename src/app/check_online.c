/*
 * `sidetrack check --online`: does each platform take what we would send? Asked by story/probe.h,
 * said here so that a merchant knows what to do. Never a URL, a header or a body is printed.
 */
#include "check.h"

#include "../base/limits.h"
#include "../story/probe.h"
#include "say.h"

static void tell(const struct outlet_spec *spec, const struct probe_finding *finding,
                 struct json *json)
{
    if (json) {
        json_open(json, NULL, '{');
        json_put_text(json, "store", spec->shop->name);
        json_put_text(json, "destination", span_of(spec->destination->name));
        json_put_text(json, "outcome", span_of(probe_text(finding->outcome)));
        if (!span_empty(finding->code))
            json_put_text(json, "code", finding->code);
        json_put_text(json, "words", finding->words);
        if (finding->todo)
            json_put_text(json, "todo", span_of(finding->todo));
        json_close(json, '}');
        return;
    }
    struct buf out;
    buf_init(&out, 64 * KIB);
    buf_print(&out, "%s (%.*s): %s%s%.*s%s%.*s\n", spec->destination->name,
              SPAN_ARG(spec->shop->name), probe_text(finding->outcome),
              finding->outcome == PROBE_OK ? ", " : ": ", SPAN_ARG(finding->code),
              span_empty(finding->code) || span_empty(finding->words) ? "" : " ",
              SPAN_ARG(finding->words));
    if (finding->todo)
        buf_print(&out, "    what to do: %s\n", finding->todo);
    say_text(buf_span(&out));
    fflush(stdout);
    buf_done(&out);
}

bool check_online(const struct config *config, struct json *json)
{
    bool good = true;
    for (unsigned i = 0; i < config->outlet_count; i++) {
        struct probe_finding finding;
        struct arena arena;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        probe_ask(&arena, &config->outlets[i], &finding);
        good &= finding.outcome == PROBE_OK || finding.outcome == PROBE_NONE;
        tell(&config->outlets[i], &finding, json);
        arena_done(&arena);
    }
    return good;
}
