/*
 * Who an event is about, gathered from the best place in it: what `who` says itself, else the
 * billing address, else the shipping address. Raw text, normalised by each destination's own rules;
 * only the phone is made E.164 here, because that needs the country.
 */
#ifndef DESTINATIONS_BUYER_H
#define DESTINATIONS_BUYER_H
#include "../event/event.h"

struct buyer {
    span email, phone; /* phone: E.164 with '+', or a digest as it came; else absent */
    span customer_id, visitor;
    span first_name, last_name;
    span address1, address2, city;
    span region, region_code; /* "California", "CA": either may be absent */
    span zip, country, country_name;
};

void buyer_read(struct arena *arena, const struct event *event, struct buyer *ret_buyer);
/* The visitor's address if it is one the Internet knows; absent for private, loopback, link-local,
   multicast and unspecified ones, which would only name our own network. */
span buyer_public_ip(span ip);

#endif
