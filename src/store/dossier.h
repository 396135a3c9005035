/*
 * Everything the file holds of one person: found for `export`, and for forgetting (erase.h).
 *
 * A person is more than one row: the numbers of those who became him, the browsers that were his
 * (some shared, then by interval), his orders, and whatever else says one of his identifiers, even
 * where nobody believed it. A journal row is his when it says so by person, order, visitor, or
 * text. Of the journal only `seq` is indexed for this, so it is read through, in windows.
 */
#ifndef STORE_DOSSIER_H
#define STORE_DOSSIER_H
#include "journal.h"
#include "person.h"

struct dossier_name { /* what somebody is asked for by; normalised by the caller */
    enum link_kind kind;
    span value;
};

struct dossier_stay { /* a time in which a browser was his */
    span visitor;
    int64_t from, until; /* event time; until is not in it */
    bool shared;         /* it was somebody else's too */
};

struct dossier {
    int64_t shop;
    bool everything; /* of the shop: then the rest is empty */
    int64_t person;  /* as he is known now; 0: the store knows nobody by these names */
    const int64_t *persons, *orders;
    unsigned person_count, order_count;
    const struct dossier_stay *stays;
    unsigned stay_count;
    const struct dossier_name *names; /* all of them, lower case where letters */
    unsigned name_count;
};

/* By names, by a person's number (or 0) and by the shop's own ids of orders. */
MUST_USE enum status dossier_find(struct view *view, struct arena *arena, int64_t shop,
                                  const struct dossier_name *names, unsigned name_count,
                                  int64_t person, const span *order_ids, unsigned order_id_count,
                                  struct dossier *ret_dossier);
/* Does the text say one of the names, as a whole word, in whatever case? */
bool dossier_says(const struct dossier *dossier, span text);
/* His rows among those after `after`, up to `to`. */
MUST_USE enum status dossier_rows(struct view *view, struct arena *arena,
                                  const struct dossier *dossier, int64_t after, int64_t to,
                                  struct journal_row **ret_rows, unsigned *ret_count);
/* A row of somebody else who is known, that only mentions him: to be erased, not to be told. */
bool dossier_is_anothers(const struct dossier *dossier, const struct journal_row *row);
struct dossier_odd { /* a row of the quarantine that says one of the names; the body as it came */
    int64_t id, at;
    span topic, body;
};
MUST_USE enum status dossier_quarantine(struct view *view, struct arena *arena,
                                        const struct dossier *dossier, struct dossier_odd **ret_odd,
                                        unsigned *ret_count);
/* As JSON, and back: a job of forgetting outlives the process. */
span dossier_write(struct arena *arena, const struct dossier *dossier);
MUST_USE enum status dossier_read(struct arena *arena, span json, struct dossier *ret_dossier);

#endif
