/*
 * A hit: one event that a tag told its platform, read out of the request that carried it. Which
 * request is whose, is signature.c's business; what stands where in it, is the table of shapes in
 * hit.c, one row a tag. A request may carry several (GA4 sends lines).
 *
 * Of people a hit keeps only that something was there: `hashed`, `email`. Pure.
 */
#ifndef AUDIT_HIT_H
#define AUDIT_HIT_H
#include "../base/arena.h"
#include "signature.h"

enum hit_kind { /* what the event means, whatever the platform calls it */
                HIT_OTHER,
                HIT_PAGE,
                HIT_PRODUCT,
                HIT_CART,
                HIT_CHECKOUT,
                HIT_PURCHASE,
};

enum hit_hashed { HIT_NO_HASH, HIT_HASHED, HIT_BADLY_HASHED };

struct hit {
    const struct signature *signature;
    unsigned exchange; /* index in its capture */
    enum hit_kind kind;
    span id;       /* of the pixel, property, account */
    span event;    /* as the platform calls it */
    span event_id; /* what the platform deduplicates by, GA4 and Google Ads: the order */
    span label;    /* Google Ads: of the conversion */
    span order, value, currency;
    span gcs, gcd;          /* Google's consent state, as sent */
    enum hit_hashed hashed; /* an e-mail's digest: 64 hex digits, or not */
    bool server;            /* the request went to the store's own site */
};

struct hit_source { /* the request, as it was */
    span url, body;
    span id; /* found by the signature; absent: not */
    bool own;
};

#define HIT_MOST 32u /* in one request */
/* Fills up to HIT_MOST of `ret_hits`; 0: the request loads or syncs something, or is not
   understood. What is kept is copied into `arena`; `scratch` is for the reading. */
unsigned hit_read(struct arena *arena, struct arena *scratch, const struct signature *signature,
                  const struct hit_source *source, struct hit ret_hits[HIT_MOST]);
const char *hit_kind_text(enum hit_kind kind); /* "purchase" */
/* "Purchase 411222333 eid=… value=59.90 EUR": a line for a report; nothing of people in it. */
span hit_line(struct arena *arena, const struct hit *hit);
/* The patterns (Chromium's, '*' is anything) of requests that carry hits, for interception. */
extern const char *const hit_patterns[]; /* ends with NULL */

#endif
