/* See admit.h. Small turns say nothing about what the machine can do: their cost is the fsync. */
#include "admit.h"

#include "../base/hash.h"
#include "../base/limits.h"

#define WORK_US 500000 /* so much of it may wait */
#define LEAST   512u   /* let in whatever was measured: a slow turn must not shut the door */
#define TELLING 64u    /* parcels of a turn that tells the pace */

void admit_init(struct admit *admit)
{
    atomic_store(&admit->ceiling, LIMIT_QUEUE_PARCELS);
}

bool admit_take(struct admit *admit, span shop, bool is_signed)
{
    if (!admit)
        return true;
    atomic_uint *of = &admit->of[hash_quick(shop) % ADMIT_SLOTS];
    unsigned ceiling = atomic_load(&admit->ceiling);
    unsigned waiting = atomic_fetch_add(&admit->waiting, 1), its = atomic_fetch_add(of, 1);
    if (is_signed || (waiting < ceiling && its < ceiling / 2))
        return true;
    atomic_fetch_sub(&admit->waiting, 1);
    atomic_fetch_sub(of, 1);
    return false;
}

void admit_give(struct admit *admit, span shop)
{
    if (!admit)
        return;
    atomic_fetch_sub(&admit->waiting, 1);
    atomic_fetch_sub(&admit->of[hash_quick(shop) % ADMIT_SLOTS], 1);
}

void admit_pace(struct admit *admit, unsigned parcels, int64_t us)
{
    if (!admit || parcels < TELLING || us <= 0)
        return;
    int64_t room = (int64_t)parcels * WORK_US / us;
    int64_t smoothed = (3 * (int64_t)atomic_load(&admit->ceiling) + room) / 4;
    if (smoothed < LEAST)
        smoothed = LEAST;
    if (smoothed > LIMIT_QUEUE_PARCELS)
        smoothed = LIMIT_QUEUE_PARCELS;
    atomic_store(&admit->ceiling, (unsigned)smoothed);
}
