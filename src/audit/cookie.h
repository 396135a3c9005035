/*
 * One Set-Cookie line of an answer, read as a browser does (RFC 6265, 5.2): Max-Age before Expires.
 * The value is looked at for its length and forgotten. Pure.
 */
#ifndef AUDIT_COOKIE_H
#define AUDIT_COOKIE_H
#include "../base/span.h"

struct cookie {
    span name, domain; /* domain: without its leading dot; absent: the answer's host alone */
    int64_t lifetime;  /* seconds from `at`; -1: until the browser closes */
    bool http_only, secure;
    bool lasting_id; /* the value is long enough to tell one visitor from another */
};

/* `at`: when the answer came, ms since 1970. Spans point into `line`. INVALID: it is none. */
MUST_USE enum status cookie_read(span line, int64_t at, struct cookie *ret_cookie);

#endif
