/*
 * What makes a person's telephone ring, and what does not.
 *
 *   alert_look.c    the store and the counters -> struct alert_facts, once a minute
 *   alert_rules.c   facts -> is this rule's trouble there, and why. Pure: one table, many uses
 *   alert_life.c    trouble that comes and goes -> few notices. Pure: drawn below
 *   alert_keep.c    what is known of each alert, in DATABASE.alerts, across restarts
 *   alert_words.c   a notice -> one sentence, JSON for the webhook, a mail
 *   alert_post.c    the notices on their way: bounded tries, nothing blocks
 *   alert_watch.c   the timer on the main loop that puts it together
 *
 * The life of one alert (a rule at a store, at a destination or at the whole gateway):
 *
 *            raised               for `for_ms`                clear
 *    QUIET ---------> PENDING ------------------> FIRING ------------> CLEARING
 *      ^                 | clear                    ^  ^                |   |
 *      +-----------------+                          |  +---- raised ----+   | for `clear_ms`
 *      +--------------------------------------------|-----------------------+ "recovered"
 *                                    "firing", then "reminder" every repeat_ms
 *
 * No flapping, by four means: trouble must last before it fires, well-being must last before it is
 * recovered, thresholds are lower while raised, and within calm_ms of one "firing" no second one is
 * told (it is when the calm is over, should it still last). A recovery is told of what was told.
 *
 * Thread: the main loop's. Times are ms since 1970 UTC.
 */
#ifndef ALERT_ALERT_H
#define ALERT_ALERT_H
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/clock.h"
#include "../base/json.h"

/* ---- what is seen ---- */

#define ALERT_WEEKS   4u
#define ALERT_UNKNOWN (-1)

struct alert_shop {
    span name;
    bool hooks; /* Shopify's webhooks are set up */
    /* Events of the last hour, and of the same hour of past weeks; ALERT_UNKNOWN: the journal does
       not go back so far. */
    int64_t browser, browser_weeks[ALERT_WEEKS];
    int64_t signed_hooks, hook_weeks[ALERT_WEEKS];
    int64_t checkouts;            /* of the last hour, that the browser saw completed */
    int64_t lag_least, lag_count; /* signed events of the last hour: arrival minus their own time */
};

struct alert_outlet {
    span store, destination, called; /* acme, meta, Meta */
    bool live, backing_off, paused_by_platform;
    span reason;                /* the platform's words for the pause */
    int64_t since;              /* of that state */
    int64_t backlog, behind_ms; /* behind_ms -1: nothing waits */
    int64_t refused, delivered; /* of the last hour */
    span code, words;           /* of the commonest refusal */
};

struct alert_facts {
    int64_t now;
    bool writable;
    int64_t disk_free, disk_size; /* bytes, where the store is; size 0: unknown */
    const struct alert_shop *shops;
    unsigned shop_count;
    const struct alert_outlet *outlets;
    unsigned outlet_count;
};

/* ---- rules ---- */

enum alert_scope { ALERT_WHOLE, ALERT_STORE, ALERT_DESTINATION };

struct alert_rule {
    const char *name, *title; /* "platform_down", "does not take our events" */
    enum alert_scope scope;
    int64_t for_ms, clear_ms;
    /* Is the trouble there at facts->shops[place] or outlets[place]? `raised`: it was, so the
       lower threshold holds. Adds to *why what is seen, a clause without a full stop. */
    bool (*check)(const struct alert_facts *facts, unsigned place, bool raised, struct buf *why);
    const char *advice; /* what to do, in plain words */
};
extern const struct alert_rule alert_rules[];
extern const unsigned alert_rule_count;
const struct alert_rule *alert_rule_find(span name); /* NULL: none */

/* ---- life ---- */

enum alert_state { ALERT_QUIET, ALERT_PENDING, ALERT_FIRING, ALERT_CLEARING };
enum alert_notice { ALERT_NOTHING, ALERT_FIRES, ALERT_REMINDS, ALERT_RECOVERS, ALERT_TESTS };
const char *alert_notice_text(enum alert_notice notice); /* "firing", "reminder", … */

#define ALERT_NAME_ROOM 80u
#define ALERT_WHY_ROOM  400u

struct alert {
    const struct alert_rule *rule;
    char store[ALERT_NAME_ROOM], destination[ALERT_NAME_ROOM]; /* "" where the scope is wider */
    char called[ALERT_NAME_ROOM];                              /* Meta */
    char why[ALERT_WHY_ROOM];
    enum alert_state state;
    int64_t since;     /* of the state */
    int64_t raised_at; /* when the trouble began */
    int64_t told_at;   /* last "firing" or "reminder"; 0: never */
    bool told;         /* this trouble was told of */
    bool seen;         /* its place is still in the config */
};

struct alert_pace {
    int64_t repeat_ms, calm_ms;
    int64_t divisor; /* for_ms and clear_ms are divided by it; 1 but for demos and tests */
};
extern const struct alert_pace alert_pace_usual;

/* One look's outcome; says what is to be told now. A clock that went back starts the wait anew. */
enum alert_notice alert_step(struct alert *alert, bool raised, int64_t now,
                             const struct alert_pace *pace);
bool alert_open(const struct alert *alert); /* FIRING or CLEARING */

/* ---- all of them ---- */

#define ALERT_MOST 4096u

struct alert_book {
    struct alert *alerts;
    unsigned count;
};
void alert_book_done(struct alert_book *book);
/* Made QUIET at first sight; NULL: there are ALERT_MOST. */
struct alert *alert_book_at(struct alert_book *book, const struct alert_rule *rule, span store,
                            span destination);
/* Runs every rule over the facts. tell() is called for each notice; alerts whose store or
   destination has left the config are dropped without one. True: something worth keeping changed.
 */
typedef void alert_tell(void *arg, const struct alert *alert, enum alert_notice notice,
                        int64_t now);
bool alert_book_look(struct alert_book *book, const struct alert_facts *facts,
                     const struct alert_pace *pace, alert_tell *tell, void *arg);

/* DATABASE.alerts: written whole, by a rename. MISSING: there is none; INVALID: not ours. */
MUST_USE enum status alert_keep_load(const char *database, struct alert_book *book);
MUST_USE enum status alert_keep_save(const char *database, const struct alert_book *book);

/* ---- words ---- */

/* "acme: Meta refuses our token since 14:02 UTC: …", for people; one line. */
void alert_words_line(struct buf *out, const struct alert *alert, enum alert_notice notice,
                      int64_t now);
/* {"v":1,"kind","rule","store","destination","since","at","lasted_ms","title","why","advice",
   "text"}: `text` is what Slack and its likes show. */
void alert_words_json(struct json *json, const struct alert *alert, enum alert_notice notice,
                      int64_t now);
/* A whole message with headers, CRLF line ends. */
void alert_words_mail(struct buf *out, const struct alert *alert, enum alert_notice notice,
                      int64_t now, span from, const span *to, unsigned to_count);
/* The open ones as an array's members: {"rule","store","destination","since","text"}; of one store
   (and of the whole gateway) when `store` is not empty. */
void alert_words_list(struct json *json, const struct alert_book *book, span store, int64_t now);

#endif
