/*
 * Orders, events and people, a page at a time: a page of the newest, and from where to go on. Each
 * writes one whole JSON object.
 */
#ifndef STORY_LISTS_H
#define STORY_LISTS_H
#include "story.h"

#define LISTS_MOST 500u

struct lists_wish { /* what is absent or 0 is not asked for */
    const struct shop *shop;
    span text; /* orders, people: what somebody typed */
    span state, name, source, visitor;
    int64_t before;
    unsigned most;
};

MUST_USE enum status lists_orders(const struct story *story, const struct lists_wish *wish,
                                  struct json *json);
MUST_USE enum status lists_events(const struct story *story, const struct lists_wish *wish,
                                  struct json *json);
MUST_USE enum status lists_people(const struct story *story, const struct lists_wish *wish,
                                  struct json *json);
/* One event of a list, and of the stream. */
void lists_put_event(const struct story *story, const struct journal_row *row, struct json *json);

#endif
