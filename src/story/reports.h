/*
 * The three reports of the dashboard and of `sidetrack report`, each loaded once and told as text,
 * JSON or CSV:
 *
 *   recovery   per day and platform: which orders both halves told, which only the server, which
 *              only the browser; with value, blocked tags, and the share that deduplicates
 *   delivery   per day and destination: accepted, refused, passed over and why, how long it took
 *   match      per destination: the share of events that carry each identifier, and what would help
 *
 * Orders are counted on the store's day on which they were first heard of; counters (delivery,
 * match, tags) on UTC's. Days are [from, until), midnights of the store's time zone.
 */
#ifndef STORY_REPORTS_H
#define STORY_REPORTS_H
#include "story.h"
#include "zone.h"

#define REPORTS_DAYS 400u /* of one report */

struct reports_wish {
    const struct shop *shop;
    struct zone zone;
    int64_t from, until;
};
enum reports_form { REPORTS_TEXT, REPORTS_JSON, REPORTS_CSV };

/* `from` and `to` are days, YYYY-MM-DD, both in the report; absent: the last seven days. INVALID:
 *ret_error says what is wrong with them. */
MUST_USE enum status reports_period(const struct story *story, const struct shop *shop, span from,
                                    span to, struct reports_wish *ret_wish,
                                    struct error *ret_error);
/* MISSING: there is no such report. JSON is written to `json`, the others to `out`. */
MUST_USE enum status reports_write(const struct story *story, span name,
                                   const struct reports_wish *wish, enum reports_form form,
                                   struct json *json, struct buf *out);

/* Private to reports_*.c. */
struct reports_page {
    const struct story *story;
    const struct reports_wish *wish;
    enum reports_form form;
    struct json *json;
    struct buf *out;
    int64_t shop;
};
MUST_USE enum status reports_recovery(struct reports_page *page);
MUST_USE enum status reports_delivery(struct reports_page *page);
MUST_USE enum status reports_match(struct reports_page *page);
/* The UTC day whose counters belong to the store's day. */
int64_t reports_counter_day(const struct reports_page *page, int64_t midnight);
/* "method": sentences, in JSON; lines under the table in text; nothing in CSV. */
void reports_method(struct reports_page *page, const char *const *sentences);

#endif
