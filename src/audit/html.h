/*
 * A page taken apart: what a browser would load, in document order. Comments are not in it, and
 * what is never run is marked. Google's gumbo does the reading; whatever a page does to it (a
 * million nested elements, formatting that multiplies) is bounded in memory and time, since every
 * page is a stranger's.
 */
#ifndef AUDIT_HTML_H
#define AUDIT_HTML_H
#include "../base/arena.h"

struct html_script {
    span src;  /* as written, entities undone; absent: inline */
    span text; /* inline */
    span tag;  /* the start tag as written */
    span id, type;
    bool fallback; /* a picture or frame in <noscript>: only src and tag are set */
};
struct html_link { /* a, link, img, iframe, form, source … with an address */
    span element, href, rel;
};
struct html_meta {
    span name, content; /* name, http-equiv or property */
};

struct html {
    span base; /* <base href>, else absent */
    struct html_script *scripts;
    unsigned script_count;
    struct html_link *links;
    unsigned link_count;
    struct html_meta metas[64];
    unsigned meta_count;
};

/* FULL: the page is too odd to be taken apart within LIMIT_AUDIT_HTML and LIMIT_AUDIT_HTML_MS. All
   that stays is copied into `arena`. */
MUST_USE enum status html_read(struct arena *arena, span text, struct html *ret_html);

#endif
