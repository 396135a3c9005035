/*
 * Would a platform take what we send? `sidetrack check --online` and the dashboard's test ask
 * alike.
 *
 * Blocks, at most PROBE_SECONDS a request: not for a loop's thread. A disabled destination is not
 * asked; one in `mode: dry` is, for a probe records nothing.
 */
#ifndef STORY_PROBE_H
#define STORY_PROBE_H
#include "../pipeline/deliver.h"

#define PROBE_SECONDS 10u

enum probe_answer { PROBE_OK, PROBE_REFUSED, PROBE_LATER, PROBE_UNREACHABLE, PROBE_NONE };

struct probe_finding { /* words are masked, of libcurl's that name hosts, or ours; in the arena */
    enum probe_answer outcome;
    span code, words;
    const char *todo; /* NULL: nothing */
};

const char *probe_text(enum probe_answer answer); /* "ok", "refused", … */
void probe_ask(struct arena *arena, const struct outlet_spec *spec,
               struct probe_finding *ret_finding);

#endif
