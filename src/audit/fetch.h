/*
 * One polite, careful client for strangers' pages. What is checked is what is connected: the
 * address is judged in the moment the socket is opened, after DNS, for every hop, so that no name
 * that changes its mind between two look-ups (rebinding) and no redirect leads inside a network.
 *
 * Refused unless `allow_private`: loopback, private, link-local, CGNAT, unique local, multicast,
 * reserved, also wrapped in IPv6 (net/addr.h). TLS is verified. No proxy, no cookies, no
 * credentials, http and https only. Bodies end at LIMIT_AUDIT_BODY after decompression. Redirects
 * are followed here, one request each out of the same budget. Blocks.
 */
#ifndef AUDIT_FETCH_H
#define AUDIT_FETCH_H
#include "evidence.h"

struct fetch;
struct fetch *fetch_open(struct arena *arena, bool allow_private, unsigned requests,
                         int64_t until_us); /* until: clock_monotonic_us */
void fetch_close(struct fetch *fetch);
/* Never NULL; `trouble` says why there is no answer. `head_only`: the body is not wanted. */
const struct evidence_answer *fetch_get(struct fetch *fetch, span url, bool head_only);
unsigned fetch_left(const struct fetch *fetch); /* requests */
unsigned fetch_made(const struct fetch *fetch);

#endif
