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
    {"granted", CONSENT_GRANTED},
    {"denied",  CONSENT_DENIED },
    {"yes",     CONSENT_GRANTED},
    {"no",      CONSENT_DENIED },
    {"true",    CONSENT_GRANTED},
    {"false",   CONSENT_DENIED },
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

static enum consent_choice last_word(enum consent_choice older, enum consent_choice newer)
{
    return newer == CONSENT_UNKNOWN ? older : newer;
}

struct consent consent_merge(const struct consent *older, const struct consent *newer)
{
    /* The arguments say who came first to us; `at` says who spoke first. */
    if (newer->at < older->at) {
        const struct consent *swap = older;
        older = newer;
        newer = swap;
    }
    return (struct consent){
        .analytics = last_word(older->analytics, newer->analytics),
        .marketing = last_word(older->marketing, newer->marketing),
        .preferences = last_word(older->preferences, newer->preferences),
        .sale_of_data = last_word(older->sale_of_data, newer->sale_of_data),
        .source = span_empty(newer->source) ? older->source : newer->source,
        .region = span_empty(newer->region) ? older->region : newer->region,
        .at = newer->at,
    };
}
