/*
 * Where visitors come from. A touch is a page view that came from outside: its URL carries utm_* or
 * an ad's click id, or its referrer is somebody else's page. The first page a visitor was seen on
 * is kept as `client.landing`, his newest touch as `client.touch`; both reach his orders.
 *
 * Who comes back from paying did not come from outside: the hosts of payment and of the shop's own
 * checkout are no referrers (contracts/sources 2.7), nor are those under `ignored_referrers`.
 */
#ifndef EVENT_TOUCH_H
#define EVENT_TOUCH_H
#include "shop.h"

/* The touch that a page viewed at `at` is, its referrer without those that do not count; at 0:
 * none. */
struct landing touch_of(const struct shop *shop, span url, span referrer, int64_t at);

#endif
