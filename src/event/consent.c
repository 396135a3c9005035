/*
 * Consent: reading a choice, settling an unknown one, merging two records.
 *
 * The one rule that matters is what silence means. In the EEA, the UK and Switzerland the law
 * wants a yes before marketing, so silence there is the store's `default` (denied unless the
 * merchant says otherwise) and no row of `regions` can loosen it. We treat a region we do not
 * know in the same way: the buyer might be there. Elsewhere the store's row for the region
 * speaks, the state's ("US-CA") before the country's ("US").
 */
#include "consent.h"

#include "clean.h"

/* EU 27, then the parts of the EU that have codes of their own (Åland and the French outermost
   regions: geo databases report them so), then EEA, UK, Switzerland. */
static const char strict_countries[] =
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL "
    "PL PT RO SK SI ES SE "
    "AX GF GP MF MQ RE YT "
    "IS LI NO GB CH ";

static const struct {
    const char *word;
    enum consent_choice choice;
} words[] = {
    {"granted", CONSENT_GRANTED}, {"denied", CONSENT_DENIED}, {"yes", CONSENT_GRANTED},
    {"no", CONSENT_DENIED},       {"true", CONSENT_GRANTED},  {"false", CONSENT_DENIED},
};

enum consent_choice consent_choice_find(span text)
{
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (span_equal_nocase(text, span_of(words[i].word)))
            return words[i].choice;
    return CONSENT_UNKNOWN;
}

const char *consent_choice_text(enum consent_choice choice)
{
    switch (choice) {
    case CONSENT_GRANTED:
        return "granted";
    case CONSENT_DENIED:
        return "denied";
    case CONSENT_UNKNOWN:
        break;
    }
    return "unknown";
}

static span country_of(span region)
{
    return span_sub(region, 0, span_find(region, 0, '-'));
}

bool consent_is_strict_region(span region)
{
    span country = country_of(region);
    if (!clean_is_country_code(country))
        return true;
    for (const char *at = strict_countries; *at; at += 3)
        if (span_equal_nocase(country, (span){at, 2}))
            return true;
    return false;
}

/* The longest row wins: "US-CA", else "US", else what holds otherwise. */
static enum consent_choice region_choice(const struct consent_defaults *defaults, span region)
{
    enum consent_choice choice = defaults->otherwise;
    span country = country_of(region);
    for (unsigned i = 0; i < defaults->region_count; i++) {
        const struct consent_region *row = &defaults->regions[i];
        if (span_equal_nocase(row->region, region))
            return row->choice;
        if (span_equal_nocase(row->region, country))
            choice = row->choice;
    }
    return choice;
}

enum consent_choice consent_settle(const struct consent *consent,
                                   const struct consent_defaults *defaults,
                                   enum consent_purpose purpose)
{
    enum consent_choice choice =
        purpose == CONSENT_FOR_MARKETING ? consent->marketing : consent->analytics;
    if (choice == CONSENT_UNKNOWN)
        choice = consent_is_strict_region(consent->region)
                     ? defaults->otherwise
                     : region_choice(defaults, consent->region);
    return choice == CONSENT_UNKNOWN ? CONSENT_DENIED : choice;
}

/* One purpose: what was said, and when. */
struct word {
    enum consent_choice *choice;
    int64_t *at;
};

#define PURPOSES 4u

static void words_of_record(struct consent *consent, struct word ret_words[PURPOSES])
{
    ret_words[0] = (struct word){&consent->analytics, &consent->analytics_at};
    ret_words[1] = (struct word){&consent->marketing, &consent->marketing_at};
    ret_words[2] = (struct word){&consent->preferences, &consent->preferences_at};
    ret_words[3] = (struct word){&consent->sale_of_data, &consent->sale_of_data_at};
}

static int64_t when(const struct consent *consent, const struct word *word)
{
    return *word->at ? *word->at : consent->at;
}

static bool overrules(enum consent_choice choice, int64_t at, enum consent_choice by, int64_t by_at)
{
    if (by == CONSENT_UNKNOWN || choice == CONSENT_UNKNOWN)
        return by != CONSENT_UNKNOWN;
    return by_at > at || (by_at == at && by == CONSENT_DENIED);
}

static bool is_flags(const struct consent *consent)
{
    return span_is(consent->source, "shopify_cpa");
}

static bool is_other_tool(const struct consent *consent)
{
    return span_starts(consent->source, "cmp:") || span_is(consent->source, "tcf") ||
           span_is(consent->source, "gcm");
}

struct consent consent_merge(const struct consent *a, const struct consent *b)
{
    struct consent one = *a, two = *b;
    bool b_last = b->at >= a->at;
    struct consent merged = b_last ? two : one;
    const struct consent *rest = b_last ? a : b;
    struct word left[PURPOSES], right[PURPOSES], out[PURPOSES];
    words_of_record(&one, left);
    words_of_record(&two, right);
    words_of_record(&merged, out);
    bool a_asked = is_other_tool(a) && is_flags(b), b_asked = is_other_tool(b) && is_flags(a);
    for (unsigned i = 0; i < PURPOSES; i++) {
        int64_t left_at = when(a, &left[i]), right_at = when(b, &right[i]);
        bool takes_b = overrules(*left[i].choice, left_at, *right[i].choice, right_at);
        if (a_asked && *left[i].choice == CONSENT_DENIED)
            takes_b = false;
        if (b_asked && *right[i].choice == CONSENT_DENIED)
            takes_b = true;
        int64_t at = takes_b ? right_at : left_at;
        *out[i].choice = takes_b ? *right[i].choice : *left[i].choice;
        *out[i].at = *out[i].choice == CONSENT_UNKNOWN || at == merged.at ? 0 : at;
    }
    if (span_empty(merged.source) || (is_flags(&merged) && (a_asked || b_asked)))
        merged.source = rest->source;
    if (span_empty(merged.region))
        merged.region = rest->region;
    return merged;
}

struct consent consent_as_of(const struct consent *consent, int64_t at)
{
    struct consent known = *consent, told = {.region = consent->region};
    struct word all[PURPOSES], out[PURPOSES];
    words_of_record(&known, all);
    words_of_record(&told, out);
    for (unsigned i = 0; i < PURPOSES; i++) {
        int64_t said = when(consent, &all[i]);
        if (*all[i].choice == CONSENT_UNKNOWN || said > at)
            continue;
        *out[i].choice = *all[i].choice;
        *out[i].at = said;
        told.source = consent->source;
        if (said > told.at)
            told.at = said;
    }
    return told;
}

bool consent_same(const struct consent *a, const struct consent *b)
{
    return a->analytics == b->analytics && a->marketing == b->marketing &&
           a->preferences == b->preferences && a->sale_of_data == b->sale_of_data &&
           a->at == b->at && a->analytics_at == b->analytics_at &&
           a->marketing_at == b->marketing_at && a->preferences_at == b->preferences_at &&
           a->sale_of_data_at == b->sale_of_data_at && span_equal(a->source, b->source) &&
           span_equal(a->region, b->region);
}

bool consent_spoken(const struct consent *consent)
{
    return consent->analytics || consent->marketing || consent->preferences ||
           consent->sale_of_data;
}

void consent_not_after(struct consent *consent, int64_t now)
{
    int64_t *const times[] = {&consent->at, &consent->analytics_at, &consent->marketing_at,
                              &consent->preferences_at, &consent->sale_of_data_at};
    for (unsigned i = 0; i < COUNT_OF(times); i++)
        if (*times[i] > now)
            *times[i] = now;
}

void consent_gpc(struct consent *consent, int64_t at)
{
    if (!consent_spoken(consent))
        consent->source = SPAN("gpc");
    if (consent->sale_of_data == CONSENT_DENIED)
        return;
    consent->sale_of_data = CONSENT_DENIED;
    if (consent->at == 0)
        consent->at = at;
    consent->sale_of_data_at = at == consent->at ? 0 : at;
}
