/*
 * What RECORD counts of what it hears, for the daily reports (table counter):
 *
 *   what        label                      n
 *   tag:meta    fired | blocked | absent   browser events whose page told of its own tag (snippet:
 * bridge) bot         a reason (bot.h)           events that look like a program's
 *
 * Added up in memory over a turn and written at its end, in it: an event costs a look, a turn a few
 * rows. Thread: RECORD.
 */
#ifndef PIPELINE_HEARD_H
#define PIPELINE_HEARD_H
#include "../event/event.h"
#include "../store/outbox.h"

#define HEARD_ROOM 256u

struct heard {
    struct {
        int64_t shop, n;
        char what[24], label[40];
    } rows[HEARD_ROOM];
    unsigned count;
};

void heard_event(struct heard *heard, struct arena *arena, int64_t shop, const struct event *event);
/* Writes it and starts anew. */
MUST_USE enum status heard_write(struct heard *heard, struct store *store, int64_t now);

#endif
