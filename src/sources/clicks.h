/*
 * Click ids: what an ad's link carries in its query string so that a sale can be counted for the
 * ad. They are opaque and case-sensitive: decoded once, never lowered, never cut, and only
 * printable ASCII is taken for one (contracts/destinations 0.5).
 */
#ifndef SOURCES_CLICKS_H
#define SOURCES_CLICKS_H
#include "../event/shop.h"

/* gclid, gbraid, wbraid, ttclid, epik and _kx of the URL's query; they win over what `client` has.
 */
void clicks_take(struct arena *arena, span url, struct client *client);
/* client->fbc from the fbclid of `url`, or of `referrer` when the URL has none, seen at `at`
   (contracts/destinations 1.7). An fbc that names the same click is kept; without an fbclid
   nothing is invented. */
void clicks_fbc(struct arena *arena, const struct shop *shop, span url, span referrer, int64_t at,
                struct client *client);

#endif
