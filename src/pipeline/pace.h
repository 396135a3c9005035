/*
 * How fast, and when again: rates, back-off and the circuit. Plain data and arithmetic over a
 * clock that is passed in; knows neither events nor HTTP.
 *
 * Rate      each lane (a class of requests with limits of its own) has a token bucket per second
 *           and one per minute. A bucket holds a tenth of the limit and is refilled at nine tenths
 *           of it, so no window of that length, wherever it starts, ever sees more than the limit.
 *           (A limit below ten is rounded up by the one token a bucket must hold.)
 * Back-off  exponential with full jitter: chance in [0, min(cap, base * 2^(failures-1))]
 *           (contracts/destinations 8).
 * Circuit   after N failures in a row it opens: then one probe at a time, each after a back-off;
 *           the first success closes it.
 */
#ifndef PIPELINE_PACE_H
#define PIPELINE_PACE_H
#include "../base/clock.h"
#include "../destinations/destination.h"

/* All knobs of delivery; tests and the demo shorten them. */
struct pace_values {
    int64_t base_ms, cap_ms; /* back-off */
    unsigned failures;       /* in a row, to open the circuit */
    unsigned in_flight;      /* requests of one outlet at a time */
    unsigned waiting;        /* batches of one outlet kept in memory besides those */
    int64_t gather_ms;       /* new rows gather so long after the journal's end was seen */
    unsigned tries;          /* before a batch that fails while others succeed becomes letters */
    int64_t probe_ms;        /* between looks at a destination that paused itself */
    int64_t asked_cap_ms;    /* the longest wait that a platform may ask for */
    unsigned send_ms;        /* one whole request, to the last byte of its answer */
    int64_t follow_ms, follow_cap_ms; /* an adjustment looks again for its order */
    bool unpaced;                     /* bench: no rate limits */
};
extern const struct pace_values pace_usual;

int64_t pace_backoff(const struct pace_values *values, const struct clock *clock,
                     unsigned failures);
/* first, 2 first, 4 first … up to the cap: no jitter. `nth` counts from 0. */
int64_t pace_grow(int64_t first, int64_t cap, unsigned nth);

struct pace_bucket {
    int64_t units, at;
};
struct pace_lane {
    struct pace_bucket second, minute; /* zeroed: full at first sight */
    int64_t hold_until;                /* the platform's Retry-After */
    size_t bytes_each; /* what an event of this lane weighed lately; 0 = not known */
};
/* Milliseconds until a request may go; 0 = now. */
int64_t pace_lane_wait(struct pace_lane *state, const struct lane *lane, int64_t now);
void pace_lane_take(struct pace_lane *state, const struct lane *lane, int64_t now);

struct pace_circuit {
    unsigned failures; /* in a row */
    bool open;
    int64_t probe_at;
};
/* Both say whether they changed `open`. */
bool pace_circuit_failed(struct pace_circuit *circuit, const struct pace_values *values,
                         const struct clock *clock);
bool pace_circuit_worked(struct pace_circuit *circuit);

#endif
