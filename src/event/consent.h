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
    int64_t at;  /* ms; the newest word. 0 when nobody spoke */
    /* When each purpose was spoken of, where that is not `at`; else 0. */
    int64_t analytics_at, marketing_at, preferences_at, sale_of_data_at;
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
/* Per purpose, the newer word wins; of two words of one moment the denial. A purpose nobody spoke
   of keeps the other's word. But a denial told to another tool is not undone by shopify_cpa: the
   pixel's flags are true as well where Shopify's own banner is not in use. Whichever of the two
   came first to us makes no difference but for `source` and `region` of one moment, which are b's.
 */
struct consent consent_merge(const struct consent *a, const struct consent *b);
/* What of it had been said by `at`; the region stays. */
struct consent consent_as_of(const struct consent *consent, int64_t at);
bool consent_same(const struct consent *a, const struct consent *b);
bool consent_spoken(const struct consent *consent); /* is any purpose known? */
/* No word is newer than `now`, or no later one could win against it. */
void consent_not_after(struct consent *consent, int64_t now);
/* Global Privacy Control at `at`: the sale of data is denied from then on (contracts/sources 7.5).
 */
void consent_gpc(struct consent *consent, int64_t at);

/* consent_tcf.c: IAB TCF v2, the core segment of a TC string (contracts/sources 7.4). false: it is
   none, and nothing is changed. Sets analytics, marketing and source. */
bool consent_tcf(span text, struct consent *ret_consent);

#endif
