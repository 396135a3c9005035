/*
 * Arithmetic of rates, back-off and the circuit; pace.h tells the rules.
 *
 * A bucket counts in units, 600,000 to a token, so that nine tenths of a request per minute is
 * still a whole number of units per millisecond (9) and nothing is lost to rounding.
 */
#include "pace.h"

#include "../base/limits.h"

#define TOKEN       INT64_C(600000)
#define MINUTE_UNIT 9   /* units a ms for a limit of 1 a minute: 600000 * 0.9 / 60000 */
#define SECOND_UNIT 540 /* the same for 1 a second */

const struct pace_values pace_usual = {
    .base_ms = 5 * SECOND_MS,
    .cap_ms = 15 * MINUTE_MS,
    .failures = 5,
    .in_flight = 4,
    .waiting = 4,
    .gather_ms = 100,
    .tries = 6,
    .probe_ms = 15 * MINUTE_MS,
    .asked_cap_ms = DAY_MS,
    .send_ms = LIMIT_SEND_MS,
    .follow_ms = 2 * SECOND_MS,
    .follow_cap_ms = MINUTE_MS,
};

int64_t pace_grow(int64_t first, int64_t cap, unsigned nth)
{
    int64_t delay = first;
    while (nth-- > 0 && delay < cap)
        delay *= 2;
    return delay < cap ? delay : cap;
}

int64_t pace_backoff(const struct pace_values *values, const struct clock *clock, unsigned failures)
{
    int64_t most = pace_grow(values->base_ms, values->cap_ms, failures > 0 ? failures - 1 : 0);
    return (int64_t)(clock->random(clock) % ((uint64_t)most + 1));
}

static int64_t bucket_size(unsigned limit)
{
    return limit >= 10 ? (int64_t)limit * (TOKEN / 10) : TOKEN;
}

static int64_t bucket_wait(struct pace_bucket *bucket, unsigned limit, int64_t unit, int64_t now)
{
    if (limit == 0)
        return 0;
    int64_t size = bucket_size(limit), per_ms = (int64_t)limit * unit;
    /* A first look, or so long ago that it is full anyway; a clock set back starts anew. */
    if (bucket->at == 0 || now - bucket->at > size / per_ms)
        bucket->units = size;
    else if (now > bucket->at)
        bucket->units += (now - bucket->at) * per_ms;
    if (bucket->units > size)
        bucket->units = size;
    bucket->at = now;
    return bucket->units >= TOKEN ? 0 : (TOKEN - bucket->units + per_ms - 1) / per_ms;
}

int64_t pace_lane_wait(struct pace_lane *state, const struct lane *lane, int64_t now)
{
    int64_t wait = state->hold_until > now ? state->hold_until - now : 0;
    int64_t second = bucket_wait(&state->second, lane->per_second, SECOND_UNIT, now);
    int64_t minute = bucket_wait(&state->minute, lane->per_minute, MINUTE_UNIT, now);
    wait = second > wait ? second : wait;
    return minute > wait ? minute : wait;
}

void pace_lane_take(struct pace_lane *state, const struct lane *lane, int64_t now)
{
    (void)pace_lane_wait(state, lane, now); /* refills */
    state->second.units -= TOKEN;
    state->minute.units -= TOKEN;
}

bool pace_circuit_failed(struct pace_circuit *circuit, const struct pace_values *values,
                         const struct clock *clock)
{
    bool was_open = circuit->open;
    circuit->failures++;
    if (circuit->failures < values->failures)
        return false;
    circuit->open = true;
    circuit->probe_at =
        clock_now(clock) + pace_backoff(values, clock, circuit->failures - values->failures + 1);
    return !was_open;
}

bool pace_circuit_worked(struct pace_circuit *circuit)
{
    bool was_open = circuit->open;
    *circuit = (struct pace_circuit){0};
    return was_open;
}
