/*
 * How many requests a second a stranger gets. Token buckets in a fixed table, one per receive
 * loop: memory does not grow with the number of strangers, who share buckets when their hashes
 * meet (a flood of addresses then slows itself, not the machine). Signed webhooks never pass here.
 */
#ifndef PIPELINE_RECEIVE_RATE_H
#define PIPELINE_RECEIVE_RATE_H
#include "../base/span.h"

#define RECEIVE_RATE_SLOTS 8192u
#define RECEIVE_RATE_BURST 10u /* seconds' worth */

struct receive_rate {
    struct {
        uint32_t tokens_milli;
        int64_t at;
    } slots[RECEIVE_RATE_SLOTS];
};

/* Takes one token of `who`; false when there is none. per_second 0: always true. */
bool receive_rate_take(struct receive_rate *rate, span who, unsigned per_second, int64_t now);

#endif
