/* Today, and the destinations: the first two things a merchant looks at. */
#ifndef STORY_OVERVIEW_H
#define STORY_OVERVIEW_H
#include "tile.h"

/* {"now","version","stores","events_per_minute","today","destinations"} without the outer object,
   so that whoever has alerts can add them. `only`: one store; NULL: all. */
MUST_USE enum status overview_put(const struct story *story, const struct shop *only,
                                  struct json *json);
/* {"destinations":[tile + classes, rate, latency, bookmark]}, whole. */
MUST_USE enum status overview_destinations(const struct story *story, const struct shop *only,
                                           struct json *json);

#endif
