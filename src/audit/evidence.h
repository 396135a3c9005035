/*
 * Everything an audit knows of a store, gathered once and then only read: what the checks are
 * functions of. Whatever way it was seen by, it is plain data here: tests make it from files.
 *
 *   pages      home, product, cart as the server gave them, taken apart (html.h); those that a
 *              recording holds are an evidence of their own, `recorded`
 *   scripts    of all pages in document order, and the first-party files that were fetched
 *   sightings  every match of a signature in them
 *   pixels     Shopify's web pixel configuration, decoded (pixels.h)
 *   hosts      names resolved (dns.h)
 *   captures   what a browser was seen doing (capture.h): HAR file, live
 *
 * Spans live in the audit's arena. Counts have ceilings (base/limits.h, LIMIT_AUDIT_…).
 */
#ifndef AUDIT_EVIDENCE_H
#define AUDIT_EVIDENCE_H
#include "../base/http.h"
#include "../base/limits.h"
#include "cookie.h"
#include "finding.h"
#include "signature.h"

/* One request of ours, redirects followed. */
struct evidence_answer {
    span asked, url;                   /* asked for; answered by (the last hop) */
    int status;                        /* 0: no answer */
    const char *trouble;               /* why there is none, in words; NULL: there is one */
    const struct http_header *headers; /* of the last hop */
    unsigned header_count;
    span body;
    bool cut;     /* the body went on beyond the limit */
    span hops[6]; /* Location of each redirect, absolute */
    unsigned hop_count;
    unsigned milliseconds;
};

struct evidence_script {
    span src;  /* absolute URL; absent: inline */
    span text; /* inline, or the file when it was fetched; JS escapes of / and & undone */
    span tag;  /* its start tag as written */
    span id, type;
    unsigned page;  /* index into pages */
    unsigned place; /* in document order of its page, from 0 */
    bool fallback;  /* stands in <noscript>: `src` is a picture's or frame's */
    bool waits;     /* type="text/plain": a banner starts it after consent */
    bool runs;      /* is script at all: not JSON, not a template */
};

struct evidence_link {
    span href, rel, element; /* absolute URL; element: "a", "link", "img", "iframe", "form" … */
    unsigned page;
};

struct evidence_cookie { /* of a page's own answer; never the value */
    struct cookie set;
    span where;
};

struct sighting {
    const struct signature *signature;
    enum signature_role role;
    span id;    /* absent when the mark has none */
    span where; /* URL of the page or file */
    span quote; /* the match with a little around it, not yet masked */
    unsigned page;
    unsigned script; /* index into scripts; EVIDENCE_NONE: not in a script */
    size_t at;       /* in the script's text, for order; 0 where the script is loaded from src */
    enum finding_way by;
};
#define EVIDENCE_NONE (~0u)

struct evidence_pixel {     /* one entry of Shopify's webPixelsConfigList */
    span id, type, context; /* "APP" | "CUSTOM"; "OPEN" | "STRICT" | "LAX" */
    int64_t client;         /* apiClientId; 0: none */
    const char *vendor;     /* whose app that is, where known; NULL */
    bool no_purpose;        /* privacyPurposes is an empty list: runs without consent */
    struct {
        const struct signature *signature;
        span id;
    } tags[8]; /* ids that its configuration names */
    unsigned tag_count;
    span quote;
    unsigned page;
};

struct evidence_host {
    span name;
    const char *why; /* "the store", "loads gtm.js" */
    span names[8];   /* the CNAME chain, last = final */
    unsigned name_count;
    span addresses[8];
    unsigned address_count;
    bool resolved;
};

struct capture; /* capture.h */

struct evidence {
    struct arena *arena;
    struct signature_set *signatures;
    enum finding_way by; /* who got the pages: SEEN_STATIC we did, SEEN_HAR a recording has them */
    int64_t at;          /* when, ms since 1970: lifetimes of cookies are counted from it */
    span store;          /* the address that was asked for, with scheme */
    span host;           /* of the home page after redirects */
    const struct evidence_answer *pages[LIMIT_AUDIT_PAGES]; /* the first is where a visit began */
    unsigned page_count;
    struct evidence_script *scripts;
    unsigned script_count;
    struct evidence_link *links;
    unsigned link_count;
    struct evidence_cookie *cookies;
    unsigned cookie_count;
    struct sighting *sightings;
    unsigned sighting_count;
    struct evidence_pixel *pixels;
    unsigned pixel_count;
    bool pixels_odd;             /* the configuration was there and could not be read */
    bool unscanned;              /* a pattern met its limit somewhere */
    span meta_policy, generator; /* <meta> Content-Security-Policy, generator */
    struct evidence_host *hosts;
    unsigned host_count;
    const struct evidence_answer *home;    /* as answered, also when it is no page */
    const struct evidence_answer *clicked; /* home with click ids; NULL: not asked */
    const struct evidence_answer *gpc;     /* /.well-known/gpc.json; NULL: not asked */
    const struct evidence *recorded;       /* pages that a recording holds; NULL: none */
    const struct capture *captures[2];
    unsigned capture_count;
    span note;         /* what could not be looked at, in sentences; absent: nothing */
    unsigned ways;     /* bits: which ways of looking were used */
    unsigned requests; /* that the static way made */
};

void evidence_init(struct evidence *evidence, struct arena *arena, struct signature_set *signatures,
                   enum finding_way by, int64_t at);
/* Takes one answer's page apart, adds scripts, links, cookies, sightings and pixels. Pure. */
void evidence_add_page(struct evidence *evidence, const struct evidence_answer *answer);
/* A first-party file that some page loads, fetched. */
void evidence_add_file(struct evidence *evidence, const struct evidence_answer *answer);
/* Of one tag, with any of these roles; next after `from` (NULL: the first). NULL: no more. */
const struct sighting *evidence_next(const struct evidence *evidence, const struct sighting *from,
                                     const char *tag, unsigned roles);
/* finding_see of one sighting. */
void evidence_show(struct finding *finding, const struct sighting *sighting);

#endif
