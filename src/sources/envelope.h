/*
 * What every body on the collect path has around its events: who sends it, from where, with which
 * cookies and which consent; and the list of events taken and refused that becomes the answer.
 *
 * Nothing in it is signed. What it says may enrich, and is never trusted with money or identity
 * that somebody else owns; that is RECORD's business, here it is only read.
 */
#ifndef SOURCES_ENVELOPE_H
#define SOURCES_ENVELOPE_H
#include "source.h"

struct envelope {
    const struct http_request *request;
    const struct shop *shop;
    struct arena *arena;
    struct event seed;  /* what all events of the body share; copied into each */
    const char *ticket; /* what became of a signed link, for counting; NULL: there was none */
    bool gpc;           /* Global Privacy Control: sale_of_data is denied */
    int64_t skew;       /* ms to add to the client's times; 0 within five minutes */
    struct event *events;
    unsigned event_count;
    struct source_refusal *refusals;
    unsigned refusal_count;
};

/* Reads "visitor", "sent_at", "ids", "who", "consent" or "privacy" and the headers; room for
   `room` events. Never fails: what cannot be understood is not known. */
void envelope_init(struct envelope *envelope, const struct http_request *request,
                   const struct shop *shop, struct arena *arena, const struct json_value *root,
                   enum event_source source, unsigned room);
/* event->at and raw_at from the client's time `sent` (0: none came), by the skew. */
void envelope_time(const struct envelope *envelope, int64_t sent, struct event *event);
/* Finishes the event (fbc, consent's time), checks it, and keeps or refuses it. */
void envelope_take(struct envelope *envelope, const struct event *event);
/* `error` is static text; `detail` is for a person. */
void envelope_refuse(struct envelope *envelope, span id, const char *error, const char *detail);
/* Hands the lists over. */
void envelope_finish(const struct envelope *envelope, struct source_batch *ret_batch);

#endif
