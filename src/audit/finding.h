/*
 * What a check says. A finding begins as NOT_RUN; whoever looked says what it saw, and the worst
 * that was said stands (the order of the enum): a capture that saw a fault outweighs a page that
 * looked good, and anything seen outweighs "cannot be told".
 *
 * PASS, WARN and FAIL need evidence: finding_see before finding_say, or the assert in check_run
 * ends the program. Everything shown passes through redact.h on its way in. All memory is the
 * arena's.
 */
#ifndef AUDIT_FINDING_H
#define AUDIT_FINDING_H
#include "../base/arena.h"

enum finding_way {                  /* bits: how something was seen */
                   SEEN_STATIC = 1, /* pages as the server gives them, no script run; DNS */
                   SEEN_HAR = 2,    /* a browser's recording that the user gave */
                   SEEN_LIVE = 4,   /* our own Chromium */
};

enum finding_verdict {                           /* rising: the worst stands */
                       FINDING_NOT_RUN,          /* needs a way of looking that was not asked for */
                       FINDING_NOT_DETERMINABLE, /* looked, and this way cannot tell */
                       FINDING_INFO,
                       FINDING_PASS,
                       FINDING_WARN,
                       FINDING_FAIL,
};

enum finding_sure { FINDING_POSSIBLE, FINDING_LIKELY, FINDING_CERTAIN };

struct finding_seen {
    enum finding_way by;
    span where; /* the page, file, header, cookie or request, without its query */
    span quote; /* one line, masked, at most FINDING_QUOTE bytes */
};
#define FINDING_QUOTE 200u
#define FINDING_SEEN  12u /* kept; the rest is counted in `unseen` */

struct check;
struct finding {
    const struct check *check;
    struct arena *arena;
    enum finding_verdict verdict;
    enum finding_sure sure;
    span reason;     /* one or two plain sentences: what was seen and what it means */
    span subject;    /* the tag it is about, for the summary; absent: none in particular */
    span cost, todo; /* set by the rule that decided, else those of the check's row */
    unsigned ways;   /* bits of finding_way: who said the verdict that stands */
    struct finding_seen *seen;
    unsigned seen_count, unseen;
    unsigned told; /* of `seen`, before the last word */
};

/* Stands when it is worse than what was said before; of equals the first stands, and the way is
   added; of lesser ones what was seen for them is forgotten. `sure`: how sure the rule is of its
   verdict. True: this one stands now. */
bool finding_say(struct finding *finding, enum finding_way by, enum finding_verdict verdict,
                 enum finding_sure sure, const char *reason, ...) PRINTF(5, 6);
/* Evidence. `where` may be a URL (its query is cut off); the quote is masked and shortened. The
   same piece is kept once, and once of a host: a theme's code stands in every page. */
void finding_see(struct finding *finding, enum finding_way by, span where, span quote);
/* Sharper words than the check's own, for a verdict that stands: if (finding_say(…)) … */
void finding_advise(struct finding *finding, const char *cost, const char *todo);

const char *finding_verdict_text(enum finding_verdict verdict); /* "PASS", "NOT_RUN" */
const char *finding_sure_text(enum finding_sure sure);          /* "certain", "likely" */
const char *finding_way_text(enum finding_way way);             /* "static", "har", "live" */
static inline const char *finding_s(unsigned count)             /* "1 event", "2 events" */
{
    return count == 1 ? "" : "s";
}

#endif
