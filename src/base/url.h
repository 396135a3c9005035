/*
 * URLs, query strings and Cookie headers, read without copying; decoding goes to an arena.
 */
#ifndef BASE_URL_H
#define BASE_URL_H
#include "arena.h"

struct url {
    span scheme, host, path, query, fragment; /* host without port and brackets, as written */
    span origin;                              /* scheme://host[:port] */
    uint16_t port;                            /* 0 when not written */
};

/* Absolute http and https only; INVALID otherwise (also user:password@, control bytes). */
MUST_USE enum status url_parse(span text, struct url *ret_url);
/* Percent-decoding, once; '+' is a space when `plus` (query strings). Bad escapes stay as they are.
 */
span url_decode(struct arena *arena, span text, bool plus);
span url_encode(struct arena *arena, span text); /* all but A-Z a-z 0-9 - _ . ~ */
/* First value of `name` in a query string, decoded once; absent when not there. */
span url_query_get(struct arena *arena, span query, const char *name);
/* Next pair of a query string; false at its end. Raw, not decoded. */
bool url_query_next(span *rest, span *ret_name, span *ret_value);
/* Value of a cookie in a Cookie header, raw; absent when not there. */
span url_cookie_get(span header, const char *name);
/* Where `reference` leads from a page at `base`: with or without scheme, host and path. The
   fragment goes, dots in the path stay. Absent: no http or https URL comes of it. */
span url_join(struct arena *arena, span base, span reference);
/* The URL without query and fragment (they carry secrets and PII). */
span url_bare(span text);

#endif
