/*
 * Addresses as text, and which of them to believe.
 *
 * The visitor's IP is the right-most hop of X-Forwarded-For that is not one of our own
 * proxies (contracts/sources 4.3); without a trusted peer the header is a stranger's claim
 * and is ignored.
 */
#ifndef NET_ADDR_H
#define NET_ADDR_H
#include "../base/arena.h"

struct addr_range { /* IPv4 is kept as ::ffff:a.b.c.d */
    uint8_t bytes[16];
    unsigned prefix; /* of 128 */
};

struct addr_list {
    struct addr_range *ranges;
    unsigned count;
};

/* "10.0.0.0/8", "2001:db8::/32", "127.0.0.1". */
MUST_USE enum status addr_range_parse(span text, struct addr_range *ret_range);
bool addr_in(const struct addr_list *list, span ip); /* false for what is no IP */
/* "0.0.0.0:8080", "[::1]:8080", "127.0.0.1:0". Host in ret_host without brackets. */
MUST_USE enum status addr_split(span text, span *ret_host, uint16_t *ret_port);
bool addr_valid(span ip);
bool addr_public(span ip); /* not loopback, private, link-local, CGNAT, multicast, reserved,
                              documentation ranges count as public */
bool addr_loopback_host(span host); /* 127/8, ::1, localhost */
/* The client's IP given the peer and the X-Forwarded-For header (may be absent). Result points
   into the arguments. IPv6 in brackets and ports are taken off. */
span addr_client(const struct addr_list *trusted, span peer, span forwarded_for);

#endif
