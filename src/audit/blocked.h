/*
 * What the common lists of ad blockers stop, as far as the tags we know use it: one table. Facts:
 * contracts/sources 4.4, EasyPrivacy of 2026-08-13, EasyList and uBlock's filters run through a
 * blocking engine. Not a blocker: only addresses of this table are known.
 */
#ifndef AUDIT_BLOCKED_H
#define AUDIT_BLOCKED_H
#include "../base/span.h"

struct blocked_rule {
    const char *host; /* it, or a host below it; NULL: any host */
    const char *path; /* the path (with ?query) holds this; NULL: any */
    const char *what; /* for people */
};

extern const struct blocked_rule blocked_rules[]; /* ends with what == NULL */
/* NULL: none of the rules stops it. `url` is absolute. */
const struct blocked_rule *blocked_by(span url);

#endif
