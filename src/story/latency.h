/*
 * How long delivery took, from counted steps: DELIVER counts each accepted event under the upper
 * bound of its step in ms (pipeline/daybook.h). A percentile is the bound under which so many lie;
 * it is told as "at most", never finer than the steps are.
 */
#ifndef STORY_LATENCY_H
#define STORY_LATENCY_H
#include "../base/json.h"

#define LATENCY_STEPS      32u
#define LATENCY_SHARE_ROOM 32u

struct latency {
    struct {
        int64_t bound, n;
    } steps[LATENCY_STEPS];
    unsigned count;
    int64_t total;
};

void latency_add_label(struct latency *latency, span label, int64_t n);
/* -1: nothing was counted, or it lies above the last bound. */
int64_t latency_percentile(const struct latency *latency, unsigned percent);
/* "p50_ms" and "p99_ms", null when not known. */
void latency_put(const struct latency *latency, struct json *json);
/* part / whole with three decimals, as a JSON number. */
span latency_share(int64_t part, int64_t whole, char room[LATENCY_SHARE_ROOM]);

#endif
