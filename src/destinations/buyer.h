/*
 * Who an event is about, gathered from the best place in it: what `who` says itself, else the
 * billing address, else the shipping address. Raw text, normalised by each destination's own rules;
 * only the phone is made E.164 here, because that needs the country.
 */
#ifndef DESTINATIONS_BUYER_H
#define DESTINATIONS_BUYER_H
#include "../event/clean.h"
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
/* external_id: who we know them as, the shop's number and our visitor, cleaned and hashed. Nothing
   is written when both are unknown. */
void buyer_write_ids(struct json *json, struct arena *arena, const struct buyer *buyer,
                     clean_fn *clean);
/* Does the text say who somebody is? People type themselves into search boxes. */
bool buyer_named_in(span text, const struct who *who);
/* The visitor's address if it is one the Internet knows; absent for private, loopback, link-local,
   multicast and unspecified ones, which would only name our own network. */
span buyer_public_ip(span ip);

#endif
