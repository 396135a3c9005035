/*
 * Which tags there are, and how each is recognised: one list (signature.c), one row a tag. Facts:
 * contracts/sources 8.2. Adding a tag is one row there and one fixture in tests/unit/audit.
 *
 * A mark is a regular expression (PCRE2, case does not matter) with what it means when it matches:
 *
 *   LOADER    the tag's own script is loaded             may carry the id
 *   START     the tag is started with an id              fbq('init', …)
 *   FALLBACK  the picture in <noscript>                  goes with a START, is no second tag
 *   TRACE     a name that only this tag leaves behind
 *   NETWORK   a request of the tag: matched against host/path?query, without the scheme
 *   COOKIE    a cookie's name, whole
 *   HEADER    "name: value" of the page's answer
 *
 * The id is the first group that took part in the match; for NETWORK the query parameter `id` of
 * the mark when it names one. Patterns are written so that no text makes them slow (no unbounded
 * repeat of a class; a test holds them to it) and have a match limit besides.
 */
#ifndef AUDIT_SIGNATURE_H
#define AUDIT_SIGNATURE_H
#include "../base/arena.h"

enum signature_kind {
    SIGNATURE_AD,        /* reports conversions to an ad platform */
    SIGNATURE_ANALYTICS, /* counts visits */
    SIGNATURE_MANAGER,   /* brings other tags: what it brings cannot be seen without a browser */
    SIGNATURE_MAIL,      /* e-mail and SMS */
    SIGNATURE_REPLAY,    /* records sessions */
    SIGNATURE_SERVER,    /* evidence that a server sends too */
    SIGNATURE_PLATFORM,  /* the shop's own system */
    SIGNATURE_CONSENT,   /* asks visitors */
};

enum signature_role { /* bits: scans take a set of them */
                      MARK_LOADER = 1,
                      MARK_START = 2,
                      MARK_FALLBACK = 4,
                      MARK_TRACE = 8,
                      MARK_NETWORK = 16,
                      MARK_COOKIE = 32,
                      MARK_HEADER = 64,
};
#define MARKS_TEXT                                                                                 \
    (MARK_LOADER | MARK_START | MARK_FALLBACK | MARK_TRACE) /* in HTML and scripts                 \
                                                             */

struct signature_mark {
    enum signature_role role;
    const char *pattern;
    const char *id; /* NETWORK: the query parameter that holds the id; NULL: the pattern's group */
};

#define SIGNATURE_MARKS 9u
struct signature {
    const char *tag;  /* stable key: "meta" */
    const char *name; /* for people: "Meta Pixel" */
    enum signature_kind kind;
    struct signature_mark marks[SIGNATURE_MARKS]; /* ends with pattern == NULL */
};

extern const struct signature signature_list[];          /* ends with tag == NULL */
const struct signature *signature_find(const char *tag); /* NULL: none */
const char *signature_kind_text(enum signature_kind kind);
const char *signature_role_text(enum signature_role role);

/* One match. Spans point into the text that was scanned. */
struct signature_match {
    const struct signature *signature;
    const struct signature_mark *mark;
    span id;   /* absent when the mark tells none */
    span text; /* what matched */
};

struct signature_set; /* the list, compiled. One owner at a time. */
/* BROKEN: a pattern does not compile (a bug, which the unit test finds). */
MUST_USE enum status signature_open(struct signature_set **ret_set);
void signature_close(struct signature_set *set); /* accepts NULL */

/* Every match of marks of these roles, by mark and then by place; at most SIGNATURE_MATCHES of one
   mark in one text. False when a pattern met its limit, so that something may be unseen. */
#define SIGNATURE_MATCHES 16u
bool signature_scan(struct signature_set *set, span text, unsigned roles,
                    void (*found)(void *arg, const struct signature_match *match), void *arg);
/* The tag whose request this is; `url` with or without scheme. False: nobody's. */
bool signature_of_request(struct signature_set *set, struct arena *arena, span url,
                          struct signature_match *ret_match);

#endif
