/*
 * What Chromium says of its network, kept as a capture: requests, answers, failures, cookies set by
 * answers. Pure: events in (cdp.h), capture changed; what Chromium is told to do is live.c's.
 *
 *   Network.requestWillBeSent          an exchange; of a redirect: the end of one, then the next
 *   Network.responseReceived           its status
 *   Network.responseReceivedExtraInfo  its Set-Cookie lines, which pages cannot see
 *   Network.loadingFinished, …Failed   its end
 *   Page.loadEventFired                the page is there
 */
#ifndef AUDIT_WATCH_H
#define AUDIT_WATCH_H
#include "../base/json.h"
#include "../base/map.h"
#include "capture.h"

struct watch {
    struct capture *capture;
    enum capture_phase phase; /* of all that begins from now on */
    span page;                /* the top page's URL, in `capture`'s arena */
    struct map running;       /* "SESSION/REQUEST" -> 1 + exchange's index */
    unsigned open;            /* requests without an end */
    int64_t last_at;          /* ms of Chromium's own clock when the last one began */
    unsigned begun, loads;
};

void watch_init(struct watch *watch, struct capture *capture);
void watch_done(struct watch *watch);
void watch_heard(struct watch *watch, span session, span method, const struct json_value *params);

/* May this request be let out? The audit never buys: posts to a checkout or a payment, and the
   checkout's own pages, are stopped. `type`: Chromium's, "Document". */
bool watch_forbids(span method, span url, span type);
/* Is it an event on its way to a platform, which is answered here so that the audit puts no visit
   and no sale into the shop's accounts? */
bool watch_answers(struct watch *watch, span url);
extern const char *const watch_forbidden_patterns[]; /* for Fetch.enable; ends with NULL */

#endif
