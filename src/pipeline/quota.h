/*
 * Rates as the platform counts them: some count a project's requests, whoever makes them. Outlets
 * of such a project share their lanes' buckets and holds; every other outlet has its own.
 * Thread: DELIVER's.
 */
#ifndef PIPELINE_QUOTA_H
#define PIPELINE_QUOTA_H
#include "pace.h"

struct quota {
    struct quota *next;
    const struct destination *destination;
    uint64_t key; /* whose; 0: of one outlet alone */
    unsigned users;
    struct pace_lane lanes[]; /* as the destination's */
};

/* The one of these settings, which lives until its last outlet has left. */
struct quota *quota_join(struct quota **list, const struct destination *destination,
                         const struct settings *settings, struct arena *scratch);
void quota_leave(struct quota **list, struct quota *quota);

#endif
