/*
 * A store's time zone: where its days begin, and what its clocks say. Read from the system's own
 * files (RFC 8536: /usr/share/zoneinfo), because libc's localtime knows one zone a process and
 * changes it for all threads. A zone that is not there is UTC.
 */
#ifndef STORY_ZONE_H
#define STORY_ZONE_H
#include "../base/arena.h"
#include "../base/clock.h"

struct zone {
    const uint8_t *times, *kinds, *offsets; /* of version 2: big-endian, 8, 1 and 6 bytes each */
    unsigned time_count, kind_count;
    span rule; /* POSIX TZ: what holds after the last of `times` */
};

void zone_load(struct zone *zone, struct arena *arena, span name);
int64_t zone_offset(const struct zone *zone, int64_t at); /* ms to add to UTC */
/* When the day that holds `at` began, in UTC. */
int64_t zone_midnight(const struct zone *zone, int64_t at);
int64_t zone_next_day(const struct zone *zone, int64_t midnight);
/* The midnight with which YYYY-MM-DD begins; INVALID: that is no day. */
MUST_USE enum status zone_parse_day(const struct zone *zone, span text, int64_t *ret_midnight);
span zone_day_text(const struct zone *zone, struct arena *arena, int64_t at);  /* 2026-11-24 */
span zone_hour_text(const struct zone *zone, struct arena *arena, int64_t at); /* 14:02 */

#endif
