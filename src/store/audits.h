/*
 * Audits of stores, kept so that it is seen what improved: a row a report. Reports are masked where
 * they are made (audit/redact.h); nothing of a buyer is in them, so forgetting has nothing to do
 * here.
 */
#ifndef STORE_AUDITS_H
#define STORE_AUDITS_H
#include "store.h"

#define AUDITS_KEPT 100 /* the newest; older ones go when one is added */

struct audits_row {
    int64_t id, at;
    span url;
    bool live, recorded; /* a browser looked too; a recording was given */
    int64_t fails, warns, passes;
    span summary, body; /* body: JSON; absent in lists */
};

MUST_USE enum status audits_add(struct store *store, const struct audits_row *row, int64_t *ret_id);
/* Newest first, without bodies; a row lives until the next. */
MUST_USE enum status audits_each(struct view *view,
                                 void (*each)(void *arg, const struct audits_row *row), void *arg);
MUST_USE enum status audits_read(struct view *view, struct arena *arena, int64_t id,
                                 struct audits_row *ret_row); /* MISSING: none of that number */

#endif
