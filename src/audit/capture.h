/*
 * What a browser was seen doing, whoever saw it: our own Chromium (watch.c), or the recording of
 * somebody else's (har.c). Both hand each request to capture_add as it was; here it is read once
 * (hit.h) and then forgotten. What stays has no query, no body, no header and no cookie's value:
 * there is nothing of a buyer in a capture that could be shown by mistake.
 *
 *   request as it was --> capture_add --> exchange: when, host and path, status, phase
 *                              |     `--> hits: the events it carried (hit.h)
 *                              `--> forgotten
 *
 * All memory is the arena's. Ceilings: LIMIT_CAPTURE_…; what came after them is counted.
 */
#ifndef AUDIT_CAPTURE_H
#define AUDIT_CAPTURE_H
#include "finding.h"
#include "hit.h"
#include "signature.h"

enum capture_phase { /* what the visitor had said by then */
                     CAPTURE_UNKNOWN,
                     CAPTURE_BEFORE, /* nothing yet, though somebody asks */
                     CAPTURE_GRANTED,
                     CAPTURE_DENIED,
};

enum capture_place { /* the page a request belongs to */
                     CAPTURE_ELSEWHERE,
                     CAPTURE_HOME,
                     CAPTURE_PRODUCT,
                     CAPTURE_CART,
                     CAPTURE_CHECKOUT,
                     CAPTURE_THANKS,
};

struct capture_request { /* as it was: forgotten when capture_add comes back */
    int64_t at;          /* ms since 1970 */
    span method, url, body, body_type;
    span page;   /* URL of the page that asked; absent: not known */
    int status;  /* 0: none (yet) */
    span failed; /* why it has no answer: "net::ERR_BLOCKED_BY_CLIENT" */
    bool document;
    enum capture_phase phase;
};

struct capture_exchange {
    int64_t at;
    span method, url, host; /* url: scheme://host/path */
    span page;              /* the same form */
    int status;
    span failed;
    bool document, own; /* own: the store's site, by registrable domain */
    enum capture_phase phase;
    enum capture_place place;
    span email; /* the parameter or member where a plain e-mail stood, or "the URL"; else absent */
    const struct signature *signature; /* whose request it is; NULL: nobody's that we know */
};

struct capture_cookie {
    span name, domain;
    int64_t lifetime; /* seconds; -1: until the browser closes */
    bool http_only, secure, by_script, on_document;
    enum capture_phase phase; /* when it was first there */
};

struct capture {
    struct arena *arena;
    struct signature_set *signatures;
    enum finding_way by;
    span site; /* registrable domain of the store, or its host where it has none */
    struct capture_exchange *exchanges;
    unsigned exchange_count;
    struct hit *hits;
    unsigned hit_count;
    struct capture_cookie *cookies;
    unsigned cookie_count;
    unsigned unkept;    /* beyond a ceiling */
    unsigned unread;    /* could not be understood; a HAR's broken entries */
    bool banner;        /* live: a consent banner that we know stood there */
    const char *cmp;    /* its maker: "OneTrust"; NULL: none met */
    bool answered_hits; /* live: events were seen and not let out to the platforms */
    span note;          /* what could not be done, in a sentence; absent: all was */
};

/* `host`: the store's. Signatures are the caller's and outlive the capture. */
void capture_init(struct capture *capture, struct arena *arena, struct signature_set *signatures,
                  enum finding_way by, span host);
/* The index of its exchange, or CAPTURE_NONE beyond the ceiling and for what is no http(s). */
unsigned capture_add(struct capture *capture, const struct capture_request *request);
#define CAPTURE_NONE (~0u)
/* Keeps one row a name and domain: the first, with what is learnt later. Name and domain only are
   copied. */
void capture_add_cookie(struct capture *capture, const struct capture_cookie *cookie);
/* One Set-Cookie line of an answer from `host` at `at`. INVALID: it is none. */
MUST_USE enum status capture_set_cookie(struct capture *capture, span line, span host,
                                        bool on_document, enum capture_phase phase, int64_t at);
bool capture_own(const struct capture *capture, span host);
enum capture_place capture_place_of(span url);
const char *capture_phase_text(enum capture_phase phase); /* "before any answer" */

#endif
