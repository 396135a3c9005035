/*
 * The checks, one row each (check.c, contracts/sources 8.3): what is asked, by which ways it can be
 * answered, and what a merchant is told. `look` sees pages and headers, as we got them and again as
 * a recording holds them (evidence->recorded); with `asks` it needs answers to questions of our
 * own, and is not shown recorded pages. `look_captured` sees what a browser did
 * (evidence->captures is not empty then). Both are pure: evidence in, words out.
 * Adding a check is a row and its function; docs/audit.md is printed from this table.
 */
#ifndef AUDIT_CHECK_H
#define AUDIT_CHECK_H
#include "evidence.h"

#define CHECK_COUNT 20u

struct check {
    const char *id;    /* "A3" */
    const char *title; /* what it is about, for a merchant: "Doubled tags" */
    unsigned weight;   /* order among equals: 1 trifle … 9 wrong numbers on an ad platform */
    void (*look)(const struct evidence *evidence, struct finding *finding);
    bool asks;
    void (*look_captured)(const struct evidence *evidence, struct finding *finding);
    const char *rule;   /* when it is PASS, WARN, FAIL */
    const char *proof;  /* what counts as evidence */
    const char *limits; /* what it cannot know */
    const char *cost;   /* why the gap costs money */
    const char *todo;   /* what to do */
};

extern const struct check check_list[CHECK_COUNT];
/* All checks, in the order of the report: worst first, then weight. `ret_findings` has room for
   CHECK_COUNT. Never fails. */
void check_run(const struct evidence *evidence, struct finding *ret_findings);

/* check_tags.c: A1 A2 A3 A4 A5 A7 A12 A13 */
void check_platform(const struct evidence *evidence, struct finding *finding);
void check_tags(const struct evidence *evidence, struct finding *finding);
void check_twice(const struct evidence *evidence, struct finding *finding);
void check_senders(const struct evidence *evidence, struct finding *finding);
void check_ids(const struct evidence *evidence, struct finding *finding);
void check_server_side(const struct evidence *evidence, struct finding *finding);
void check_klaviyo(const struct evidence *evidence, struct finding *finding);
void check_managers(const struct evidence *evidence, struct finding *finding);
/* check_consent.c: A8 A9 */
void check_consent(const struct evidence *evidence, struct finding *finding);
void check_consent_mode(const struct evidence *evidence, struct finding *finding);
/* Stands this above a consent default of its page? False too where there is no default. */
bool check_before_default(const struct evidence *evidence, const struct sighting *s);
/* check_site.c: A10 A11 A14 A15 A18 A19 A20 */
void check_cookies(const struct evidence *evidence, struct finding *finding);
void check_hosts(const struct evidence *evidence, struct finding *finding);
void check_click_ids(const struct evidence *evidence, struct finding *finding);
void check_blocked(const struct evidence *evidence, struct finding *finding);
void check_policy(const struct evidence *evidence, struct finding *finding);
void check_https(const struct evidence *evidence, struct finding *finding);
void check_gpc(const struct evidence *evidence, struct finding *finding);

#endif
