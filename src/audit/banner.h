/*
 * Consent banners that the live audit can answer: which button says yes, which says no. One row a
 * maker (banner.c). Selectors are CSS; "a >>> b" goes on in a's shadow root, b to the end; ", " is
 * either, and the first that can be seen counts.
 */
#ifndef AUDIT_BANNER_H
#define AUDIT_BANNER_H
#include "../base/buf.h"

struct banner {
    const char *name, *yes, *no; /* no: NULL where the first layer has no such button */
};
extern const struct banner banner_list[]; /* ends with name == NULL */

enum banner_act { BANNER_LOOK, BANNER_YES, BANNER_NO };
/* A JavaScript expression: clicks the first visible one (or only looks) and gives its maker's name,
   or "" when none is there. */
void banner_script(struct buf *out, enum banner_act act);

#endif
