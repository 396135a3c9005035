/*
 * What holds of every request of every case, whatever it is about.
 *
 * Nothing that names a person is readable in a URL or a header, nor, for who hashes, anywhere in
 * the body: as it came, as e-mail or digits are normalised, or as a whole JSON text. What is due
 * hashed is a digest, never the one of nothing. Numbers are decimals with at most four places.
 */
#ifndef GOLDEN_PRIVACY_H
#define GOLDEN_PRIVACY_H
#include "../../src/destinations/destination.h"

/* How many troubles; each is a line in `diagnosis`. `body` may be NULL. */
unsigned privacy_check(struct buf *diagnosis, struct arena *arena,
                       const struct destination *destination, const struct batch *batch,
                       const struct http_call *call, const struct json_value *body);

#endif
