/*
 * Time and chance, passed in, so that tests own both. Times are milliseconds since 1970 UTC.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H
#include <stdint.h>

struct clock {
    int64_t (*now)(const struct clock *clock);     /* ms since 1970 */
    uint64_t (*random)(const struct clock *clock); /* 64 random bits */
};

/* The wall clock was set back by so much or more: what was dated by it is dated anew. */
#define CLOCK_JUMP_MS (30 * SECOND_MS)

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

extern const struct clock clock_real; /* the system's clock and getrandom(2) */
int64_t clock_monotonic_us(void);     /* for measuring durations only */

static inline int64_t clock_now(const struct clock *clock)
{
    return clock->now(clock);
}

/* A clock that stands still until it is moved, and a counter for chance. For tests. */
struct clock_fake {
    struct clock clock; /* first: &fake->clock is the clock */
    int64_t at;
    uint64_t seed;
};
void clock_fake_init(struct clock_fake *fake, int64_t at);

#endif
