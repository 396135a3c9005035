/*
 * Where an address is, by MaxMind's files (config `geo`), which the store's owner fetches himself:
 * the region decides what silence about consent means, the network whether a bot is likelier. Only
 * ever asked about the buyer's own address. Opened at start, mapped into memory, read by all loops
 * at once.
 */
#ifndef PIPELINE_GEO_H
#define PIPELINE_GEO_H
#include "../base/arena.h"

struct geo;

/* Paths may be empty; with both empty *ret_geo is NULL, which knows nothing. INVALID: a file is not
   there or is no such database; *ret_error says which. */
MUST_USE enum status geo_open(span city, span asn, struct geo **ret_geo, struct error *ret_error);
void geo_close(struct geo *geo); /* NULL is fine */
/* "US-CA", "DE" where the file knows no further; absent when nothing is known. A country or a city
   file will do. */
span geo_region(const struct geo *geo, struct arena *arena, span ip);
/* Who runs the network, as the ASN file spells it: "AMAZON-02". */
span geo_network(const struct geo *geo, struct arena *arena, span ip);

#endif
