/*
 * A way in: a request becomes events. Pure: no I/O, no store, no clock but the one in the
 * request (request->received_at). RECEIVE finds the shop and the source, checks ceilings, calls
 * verify and decode, and hands the events over; so a source can be tested from a text file.
 */
#ifndef SOURCES_SOURCE_H
#define SOURCES_SOURCE_H
#include "../base/http.h"
#include "../event/shop.h"

/* One event of the request that could not be taken. Its neighbours are kept. */
struct source_refusal {
    unsigned index;    /* place among the request's events */
    span id;           /* as sent; absent when it had none */
    const char *error; /* machine word, e.g. "time_ahead" */
    span detail;       /* for a person */
};

enum source_verdict {
    SOURCE_TAKEN,       /* events (maybe none) to record; refusals to report */
    SOURCE_MALFORMED,   /* the whole body is refused: 400 with error and detail */
    SOURCE_QUARANTINED, /* signed, but unreadable: 200, keep the raw body */
    SOURCE_IGNORED,     /* signed, of no use to us (unknown topic): 200, counted */
};

struct source_batch {
    struct event_list events; /* checked by event_check(), ready to record */
    const struct source_refusal *refusals;
    unsigned refusal_count;
    span delivery_id;   /* X-Shopify-Webhook-Id: known deliveries are dropped */
    span topic;         /* for counting and quarantine */
    const char *ticket; /* a signed link: "good", "forged", "expired"; NULL: none */
    const char *error;  /* MALFORMED, QUARANTINED, IGNORED: machine word */
    span detail;
};

struct source {
    const char *name;  /* "browser", "shopify": label of metrics */
    const char *essay; /* one line for `describe` */
    /* Is this request from whom it says? Sources without signatures have none. */
    bool (*verify)(const struct http_request *request, const struct shop *shop,
                   struct arena *arena);
    enum source_verdict (*decode)(const struct http_request *request, const struct shop *shop,
                                  struct arena *arena, struct source_batch *ret_batch);
    /* Rows for `describe SOURCE`: what is read and what becomes of it. NULL-terminated pairs. */
    const char *const (*fields)[2];
};

#define SOURCES(_)           _(collect) _(proxy) _(shopify) _(api)
#define SOURCE_DECLARE(name) extern const struct source source_##name;
SOURCES(SOURCE_DECLARE)
#undef SOURCE_DECLARE

#endif
