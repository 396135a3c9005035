/*
 * What an outlet counts for the daily reports (table counter): what became of its rows, how long
 * accepted ones took, which identifiers they carried.
 *
 *   what          label                          n
 *   out:meta      delivered | skip_test | …      rows, as in sidetrack_deliveries_total
 *   ms:meta       250                            accepted rows that took at most so long
 *   has:meta      email | fbc | … | (all)        accepted rows that carried it
 *
 * Kept in memory and added to the next report that goes after DAYBOOK_EVERY_MS, so counting costs a
 * few rows in the store every few seconds however many events pass; a kill loses so much of the
 * statistics and nothing else. Days are UTC's, of the report. Thread: DELIVER's.
 */
#ifndef PIPELINE_DAYBOOK_H
#define PIPELINE_DAYBOOK_H
#include "../event/event.h"
#include "message.h"

#define DAYBOOK_EVERY_MS (5 * SECOND_MS)
#define DAYBOOK_WORDS    48u

/* An identifier that platforms match people by, and where the event keeps it. The advice for each
   is story/match.c's. */
#define DAYBOOK_NAMES(_)                                                                           \
    _(EMAIL, "email")                                                                              \
    _(PHONE, "phone")                                                                              \
    _(NAME, "name")                                                                                \
    _(ADDRESS, "address")                                                                          \
    _(CUSTOMER, "customer_id")                                                                     \
    _(VISITOR, "visitor")                                                                          \
    _(IP, "ip")                                                                                    \
    _(AGENT, "user_agent")                                                                         \
    _(FBP, "fbp")                                                                                  \
    _(FBC, "fbc")                                                                                  \
    _(GCLID, "gclid")                                                                              \
    _(GA, "ga")                                                                                    \
    _(TTP, "ttp")                                                                                  \
    _(TTCLID, "ttclid")                                                                            \
    _(KX, "kx")
#define DAYBOOK_ENUM(constant, text) DAYBOOK_##constant,
enum daybook_name { DAYBOOK_NAMES(DAYBOOK_ENUM) DAYBOOK_NAME_COUNT };
#undef DAYBOOK_ENUM

struct daybook {
    int64_t flushed_at;
    bool any;
    struct {
        char word[48];
        int64_t n;
    } words[DAYBOOK_WORDS];
    unsigned word_count;
    int64_t steps[16]; /* see daybook.c */
    int64_t names[DAYBOOK_NAME_COUNT], events;
};

const char *daybook_name_text(enum daybook_name name);
/* A row's end, by its word in the counters. */
void daybook_end(struct daybook *daybook, const char *word);
/* An accepted row: what it carried, and how long it took since it was received. */
void daybook_accepted(struct daybook *daybook, const struct event *event, int64_t took_ms);
/* Is it time? Always when the outlet stops. */
bool daybook_due(const struct daybook *daybook, int64_t now, bool stopping);
/* The counters, in the report's arena; starts again from nothing. */
void daybook_report(struct daybook *daybook, struct report *report, int64_t shop,
                    const char *destination, int64_t now);

#endif
