/*
 * Counters for /metrics. Each thread adds to a table of its own, so that counting costs no lock;
 * printing walks all tables. Names are INTERFACE 7's and stable.
 *
 * One list, many uses: the enum, the help text and the label names.
 */
#ifndef PIPELINE_COUNT_H
#define PIPELINE_COUNT_H
#include "../base/buf.h"

/*     constant, name, type, labels (comma separated), help */
#define COUNTS(_)                                                                                  \
    _(RECEIVED, "sidetrack_events_received_total", "counter", "store,source,name",                 \
      "Events taken in, before deduplication.")                                                    \
    _(REJECTED, "sidetrack_events_rejected_total", "counter", "reason",                            \
      "Events and requests refused, by machine word.")                                             \
    _(LINKS, "sidetrack_links_total", "counter", "store,result",                                   \
      "Signed links that came back: good, forged, expired.")                                       \
    _(DUPLICATE, "sidetrack_events_duplicate_total", "counter", "store",                           \
      "Copies of events that had been here before.")                                               \
    _(BOTS, "sidetrack_bot_events_total", "counter", "store,why",                                  \
      "Events that look like a program's, by the hints; config `bots` says what becomes of them.") \
    _(BROWSER_TAGS, "sidetrack_browser_tags_total", "counter", "store,tag,state",                  \
      "Events by what the page's own tags did, as the snippet saw it: fired, blocked, absent.")    \
    _(DELIVERIES, "sidetrack_deliveries_total", "counter", "store,destination,verdict",            \
      "Events by what became of them at a destination; skips carry their reason as skip_….")       \
    _(REMARKS, "sidetrack_delivery_remarks_total", "counter", "store,destination,remark",          \
      "Delivered events of which more is to be said: unattributed, GA never saw the visitor.")     \
    _(PLATFORM_STATUS, "sidetrack_platform_status_total", "counter", "store,destination,reason",   \
      "Events by what a platform said of them later, where it tells (Google's diagnostics).")      \
    _(ORDERS, "sidetrack_orders_total", "counter", "store,outcome",                                \
      "Orders by what became of them; fact_skipped_… counts facts about them, not orders.")        \
    _(BACKLOG, "sidetrack_backlog_events", "gauge", "store,destination",                           \
      "Journal rows between a destination's bookmark and the head.")                               \
    _(LETTERS, "sidetrack_letters", "gauge", "store,destination",                                  \
      "Events that could not be delivered and wait for a person or a later try.")                  \
    _(STATE, "sidetrack_destination_state", "gauge", "store,destination,state",                    \
      "1 for the state a destination is in: live, backing_off, paused.")                           \
    _(STATE_SINCE, "sidetrack_destination_state_since_seconds", "gauge", "store,destination",      \
      "Unix time at which a destination came into its state, or this process began.")              \
    _(ALERTS, "sidetrack_alerts", "gauge", "rule,store,destination",                               \
      "1 while an alert is open; docs/alerts.md lists the rules.")                                 \
    _(JOURNAL_ROWS, "sidetrack_journal_rows", "gauge", "", "Rows in the journal.")                 \
    _(STORE_BYTES, "sidetrack_store_bytes", "gauge", "", "Size of the database file.")             \
    _(COMMIT_SECONDS, "sidetrack_commit_seconds", "histogram", "", "One group commit.")            \
    _(ACK_SECONDS, "sidetrack_ack_seconds", "histogram", "",                                       \
      "From the whole request read to its answer written.")                                        \
    _(DELIVERY_SECONDS, "sidetrack_delivery_seconds", "histogram", "",                             \
      "From an event's arrival to the platform's acceptance.")

#define COUNT_ENUM(constant, name, type, labels, help) COUNT_##constant,
enum count { COUNTS(COUNT_ENUM) COUNT_KINDS };
#undef COUNT_ENUM

/* Label values in the metric's order; absent where it has fewer. */
void count_add(enum count what, span a, span b, span c, int64_t n);
void count_set(enum count what, span a, span b, span c,
               int64_t value); /* gauges; one thread sets one gauge */
void count_observe(enum count what, int64_t microseconds);
int64_t count_get(enum count what, span a, span b, span c); /* sum over threads */
void count_print(struct buf *out);                          /* Prometheus text format 0.0.4 */
void count_reset(void);                                     /* tests only */

#endif
