/*
 * The 60-second audit: a store's address in, twenty findings out (contracts/sources 8).
 *
 *   audit_run   stages: home, click ids, product, cart, scripts, DNS, HAR, browser, checks
 *   audit_put_… the same result as text, JSON (docs/audit.schema.json), one page of HTML
 *
 * Blocks its thread, for `seconds` at most. Polite: LIMIT_AUDIT_REQUESTS requests of the static
 * way, a User-Agent of its own. Private addresses are refused at the moment of connecting
 * (fetch.h) unless `allow_private`. Nothing is stored.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H
#include "../base/clock.h"
#include "check.h"

struct audit_options {
    const char *url; /* "store.example" is read as https://store.example/ */
    const char *har; /* path of a HAR file; NULL: none */
    bool live;       /* drive a Chromium too */
    bool allow_private;
    unsigned seconds; /* for all of it; 0: 60 */
    const struct clock *clock;
    /* Told as each stage begins; NULL: not told. */
    void (*progress)(void *arg, const char *stage, const char *detail);
    void *arg;
};

struct audit {
    struct evidence evidence;
    struct finding findings[CHECK_COUNT]; /* in the order of the report */
    unsigned fails, warns, passes;
    span summary; /* "3 problems, 2 warnings: …" */
    int64_t at;   /* ms since 1970 */
    unsigned milliseconds;
};

/* INVALID: the URL is none, or the HAR cannot be read. MISSING: the home page gave no answer and
   there is no HAR. The sentence is in *ret_error. */
MUST_USE enum status audit_run(struct arena *arena, const struct audit_options *options,
                               struct audit *ret_audit, struct error *ret_error);
/* Checks, counts and the summary over evidence that is there: audit_run's last stage, and all of
   it for tests. */
void audit_judge(struct audit *audit);
int audit_exit(const struct audit *audit); /* 0 nothing amiss, 1 a warning, 2 a problem */

/* "3 pages, 12 scripts, 8 requests, a browser, 1.2 s": how it was looked, for the two below. */
void audit_put_counts(const struct audit *audit, struct buf *out);
void audit_put_text(const struct audit *audit, struct buf *out, bool colours);
void audit_put_json(const struct audit *audit, struct buf *out);
void audit_put_page(const struct audit *audit, struct buf *out);

#endif
