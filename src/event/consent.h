/*
 * Consent as data (contracts/sources 7.1): four purposes, each granted, denied or unknown, with
 * who said it, where and when. Stored with the event as of its time, and on the visitor as the
 * newest word; both are asked at every attempt to send.
 */
#ifndef EVENT_CONSENT_H
#define EVENT_CONSENT_H
#include "../base/span.h"

enum consent_choice { CONSENT_UNKNOWN, CONSENT_GRANTED, CONSENT_DENIED };

struct consent {
    enum consent_choice analytics, marketing, preferences, sale_of_data;
    span source; /* shopify_cpa | gcm | tcf | cmp:NAME | gpc | api | default */
    span region; /* ISO 3166-1 alpha-2, or "US-CA"; absent = unknown */
    int64_t at;  /* ms; 0 when nobody spoke */
};

enum consent_purpose { CONSENT_FOR_ANALYTICS, CONSENT_FOR_MARKETING };

struct consent_region {
    span region; /* "US", "US-CA" */
    enum consent_choice choice;
};
/* A store's word for those who said nothing. */
struct consent_defaults {
    enum consent_choice otherwise; /* config `default`, itself denied by default */
    const struct consent_region *regions;
    unsigned region_count;
};

enum consent_choice
consent_choice_find(span text); /* granted|denied|yes|no|true|false; else unknown */
const char *consent_choice_text(enum consent_choice choice);
bool consent_is_strict_region(span region); /* EEA, UK, CH; unknown region counts as strict */
/* The answer for one purpose; unknown is settled by the defaults: in a strict or unknown region
   by `otherwise`, elsewhere by the region's row, else `otherwise`. Never CONSENT_UNKNOWN. */
enum consent_choice consent_settle(const struct consent *consent,
                                   const struct consent_defaults *defaults,
                                   enum consent_purpose purpose);
/* Per purpose, the newer `at` wins; a purpose nobody spoke of keeps the other's word. */
struct consent consent_merge(const struct consent *older, const struct consent *newer);

#endif
