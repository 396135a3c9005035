/*
 * The visitor's cookie, as the server sets it (contracts/sources 4.1; docs/cookie.md says how long
 * it lives where). Pure; used by receive.c.
 *
 *   NAME    what the snippet reads, and writes where the server cannot
 *   NAMEs   the same value, HttpOnly: scripts can neither lose nor shorten it
 *
 *   v1.<ULID>.<created, unix s>; Path=/; Domain=SITE; Max-Age=34560000; Secure; SameSite=Lax
 *
 * Set only in answers to the snippet (a pixel's visitor travels in its body), only when the page's
 * Origin and the Host of the request are one site, and only after consent to analytics or
 * marketing. A withdrawn consent removes both. Where the server's copy and the body disagree the
 * copy is the older truth: it wins, and the answer tells the snippet.
 */
#ifndef PIPELINE_RECEIVE_COOKIE_H
#define PIPELINE_RECEIVE_COOKIE_H
#include "../sources/source.h"
#include "receive_route.h"

#define RECEIVE_COOKIE_HEADERS 2u

/* Puts the visitor of the server's copy into the batch's events; returns it, or absent when there
   is none, or it is the body's own. */
span receive_cookie_adopt(struct arena *arena, const struct http_request *request,
                          const struct shop *shop, enum receive_origin origin,
                          struct source_batch *batch);
/* Set-Cookie lines for the answer; returns how many (0 or RECEIVE_COOKIE_HEADERS). */
unsigned receive_cookie_headers(struct arena *arena, const struct http_request *request,
                                const struct shop *shop, enum receive_origin origin,
                                const struct source_batch *batch, struct http_header *ret_headers);

#endif
