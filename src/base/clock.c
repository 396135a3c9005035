/*
 * The two clocks: the machine's, and one that tests move by hand. Nothing else in the
 * project reads the time or draws chance, so a test that owns the clock owns everything.
 */
#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

static int64_t real_now(const struct clock *clock)
{
    (void)clock;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static uint64_t real_random(const struct clock *clock)
{
    (void)clock;
    uint64_t chance;
    /* Up to 256 bytes come whole once the kernel's pool is ready; before that a signal may
       interrupt the wait for it. */
    while (getrandom(&chance, sizeof chance, 0) != (ssize_t)sizeof chance)
        if (errno != EINTR)
            abort();
    return chance;
}

const struct clock clock_real = {.now = real_now, .random = real_random};

int64_t clock_monotonic_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* The interface takes a const clock; a fake one is never a const object, so the casts are
   sound. Several threads may hold one fake. */
static int64_t fake_now(const struct clock *clock)
{
    const struct clock_fake *fake = (const struct clock_fake *)clock;
    return __atomic_load_n(&fake->at, __ATOMIC_RELAXED);
}

static uint64_t fake_random(const struct clock *clock)
{
    struct clock_fake *fake = (struct clock_fake *)(uintptr_t)clock;
    return __atomic_add_fetch(&fake->seed, 1, __ATOMIC_RELAXED);
}

void clock_fake_init(struct clock_fake *fake, int64_t at)
{
    *fake = (struct clock_fake){.clock = {.now = fake_now, .random = fake_random}, .at = at};
}
