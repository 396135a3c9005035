/*
 * Pages of the journal, read once and shared: outlets of one shop that stand at the same place
 * take the same page. A page holds the rows parsed into events, with the gaps filled from what
 * is known by now of the person and the visitor (DESIGN 6, last paragraph), and the visitor's
 * newest word on consent.
 *
 * A page lives while anybody holds it: the cache (the newest ones, READING_KEPT_BYTES of them), an
 * outlet that is in the middle of it, a batch that carries one of its rows. While it lives and is
 * fresh and nobody was forgotten since, whoever comes by takes it: outlets that have drifted apart
 * do not parse the same rows again. Pages are bounded by READING_ROWS and READING_BYTES of bodies;
 * all of them together by what outlets do when they are told that it is tight (READING_ENOUGH):
 * batches that only wait give their rows back. Thread: DELIVER's.
 */
#ifndef PIPELINE_READING_H
#define PIPELINE_READING_H
#include "../base/clock.h"
#include "../base/limits.h"
#include "../store/journal.h"

#define READING_ROWS       512u
#define READING_BYTES      (1 * MIB)
#define READING_FRESH_MS   (2 * SECOND_MS)
#define READING_KEPT_BYTES (4 * MIB)  /* the newest page in any case */
#define READING_ENOUGH     (16 * MIB) /* of all pages: beyond it nobody takes more than he needs */

struct reading_row {
    struct journal_row row;     /* `body` is not kept apart: the event's texts are */
    struct event event;         /* gaps filled */
    struct consent consent_now; /* at reading; later attempts ask again: reading_consent */
    const char *trouble;        /* "erased", "unreadable", "row_gone": no event; else NULL */
};

struct reading {
    struct reading *next; /* in the cache's list, if listed */
    struct reading_cache *cache;
    bool listed; /* not one of single rows */
    bool kept;   /* by the cache: one of the refs */
    unsigned refs;
    struct arena arena;
    int64_t shop, after, read_at; /* read_at: ms */
    int64_t erased;               /* erase_stand when it was read */
    int64_t head;                 /* of the journal then */
    unsigned turn;                /* of the cache then */
    bool last;                    /* up to `head` nothing comes after it */
    struct reading_row *rows;
    unsigned count;
};

struct reading_cache {
    struct view *view;
    struct reading *pages; /* all that may be shared, newest first */
    unsigned kept;         /* of these by the cache itself */
    int64_t erased, head;  /* erase_stand and journal_head, as of this turn of DELIVER's */
    unsigned turn;         /* counts them */
    size_t bytes;          /* of all pages that anybody holds */
};

/* A page with the rows after `after` (it may begin before it): MISSING when there is nothing,
   BROKEN as the store says. The caller gets a reference. `currency` is the shop's. */
MUST_USE enum status reading_take(struct reading_cache *cache, int64_t shop, span currency,
                                  int64_t after, int64_t now, struct reading **ret_page);
/* A page of the one row `seq`. MISSING when it is gone. */
MUST_USE enum status reading_one(struct reading_cache *cache, span currency, int64_t seq,
                                 int64_t now, struct reading **ret_page);
/* A page of these rows and no others, in this order. One that is gone has the trouble "row_gone"
   and nothing but its number. */
MUST_USE enum status reading_these(struct reading_cache *cache, span currency, const int64_t *seqs,
                                   unsigned count, int64_t now, struct reading **ret_page);
bool reading_tight(const struct reading_cache *cache);
/* It was read in this turn, and reaches to the end of the journal: whoever comes to its end has
   nothing more to read until there is news. */
bool reading_is_end(const struct reading_cache *cache, const struct reading *page);
struct reading *reading_hold(struct reading *page);
void reading_drop(struct reading *page); /* NULL is fine */
/* The cache lets go of pages that are not fresh or too many; of all when `now` is INT64_MAX. */
void reading_forget(struct reading_cache *cache, int64_t now);
/* What is known of the visitor's consent this moment, over the event's own. Texts in arena. */
struct consent reading_consent(struct reading_cache *cache, struct arena *arena,
                               const struct reading_row *row);

#endif
