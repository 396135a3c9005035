/*
 * Names: the CNAME chain and the addresses of a host, and WebKit's test of whether a host counts as
 * the first party's own (contracts/sources 4.1: final CNAME's registrable domain; else IPv4's first
 * 16 bits, IPv6's first 64). By c-ares, on the system's resolvers.
 */
#ifndef AUDIT_DNS_H
#define AUDIT_DNS_H
#include "evidence.h"

enum dns_verdict { DNS_SAME, DNS_CLOAKED, DNS_FAR };

/* Fills names and addresses of each host in turn until `until_us` (clock_monotonic_us); what is not
   known by then stays resolved == false. Literal addresses resolve to themselves. */
void dns_resolve(struct arena *arena, struct evidence_host *hosts, unsigned count,
                 int64_t until_us);
/* Both are resolved. */
enum dns_verdict dns_compare(struct arena *arena, const struct evidence_host *store,
                             const struct evidence_host *host);

#endif
