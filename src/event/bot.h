/*
 * Is it a person? A score from 0 to 100 out of what the request shows; stored with the event as
 * `bot`, counted, and asked by route (config `bots: exclude | include`). A guess, said as one: it
 * never drops an event, and orders are the shop's word, which nobody scores.
 *
 *   crawler      100   names itself: search engines, ad checkers, link previews, monitors
 *   headless      90   HeadlessChrome, PhantomJS and the like
 *   library       90   curl, python-requests … : no browser at all
 *   automated     80   navigator.webdriver was true
 *   fast          70   more pages than a hand can open
 *   no_agent      60   no User-Agent
 *   odd_agent     50   one that no browser of this century sends
 *   hosted        40   an address of a datacentre (only with `geo.asn`); a VPN's exit is one too
 *
 * Hints add up; BOT_SURE and above is a bot.
 */
#ifndef EVENT_BOT_H
#define EVENT_BOT_H
#include "event.h"

#define BOT_SURE 70

struct bot_hints {
    bool automated, fast, hosted;
};

/* `why` is the hints' names joined by '+', in the order above; absent with score 0. */
struct bot bot_judge(struct arena *arena, span agent, const struct bot_hints *hints);
static inline bool bot_sure(const struct event *event)
{
    return event->bot.score >= BOT_SURE;
}
/* Whether a network with this name rents machines, by the names of geo.asn files. */
bool bot_hosted(span network);
/* A view of a page: what counts for `fast`. */
bool bot_counts_view(const struct event *event);

#endif
