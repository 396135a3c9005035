/*
 * People and visitors: rows only. The rules of who may become whom are pipeline/identity.c's.
 *
 * link     (shop, kind, value) -> person; values are normalised by the caller. A phone may be
 *          linked to several, and then names none of them. What only a browser said is marked, and
 *          lasts until somebody signs for the value
 * visitor  a browser: the newest consent and what it last showed of itself
 * owner    whose a visitor was: (shop, visitor, since) -> person, from then to the next row's time;
 *          the first row also owns what was up to `back` before it
 * alias    a merged person -> the one that lives on, with reason; journal rows are never rewritten
 */
#ifndef STORE_PERSON_H
#define STORE_PERSON_H
#include "../event/event.h"
#include "store.h"

enum link_kind { LINK_EMAIL = 1, LINK_PHONE = 2, LINK_CUSTOMER = 3, LINK_TOKEN = 4 };

struct person_row {
    int64_t id; /* 0: not stored yet */
    int64_t shop;
    struct who who; /* email, phone, customer_id, names, place; visitor unused */
    int64_t created_at, updated_at;
    unsigned flags; /* PERSON_… */
};
#define PERSON_FANOUT 1u /* absurd number of visitors: links no more */

struct visitor_row {
    span visitor;
    int64_t first_at, last_at;
    struct consent consent; /* newest word */
    struct client client;   /* newest of each member */
};

MUST_USE enum status person_find(struct view *view, int64_t shop, enum link_kind kind, span value,
                                 int64_t *ret_person); /* alias resolved; MISSING; CONFLICT:
                                                          several persons share it */
/* The same, and whether a browser's word is all there is for it. */
MUST_USE enum status person_owner(struct view *view, int64_t shop, enum link_kind kind, span value,
                                  int64_t *ret_person, bool *ret_said);
MUST_USE enum status person_get(struct view *view, struct arena *arena, int64_t person,
                                struct person_row *ret_row); /* alias resolved; MISSING */
int64_t person_resolve(struct view *view, int64_t person);   /* follows aliases */
MUST_USE enum status person_put(struct store *store,
                                struct person_row *row); /* id 0: inserts, sets id */
/* A signed one replaces whatever was linked (a phone: what was only said); one that is only `said`
   is for a value that is nobody's. */
MUST_USE enum status person_link(struct store *store, int64_t shop, enum link_kind kind, span value,
                                 int64_t person, bool said, int64_t now);
MUST_USE enum status person_unlink(struct store *store, int64_t shop, enum link_kind kind,
                                   span value, int64_t person);
/* Bits 1u << kind of the links that lead to him; what was only said counts `with_said`. */
unsigned person_kinds(struct view *view, int64_t person, bool with_said);
unsigned person_links(struct view *view, int64_t person); /* how many lead to him */
/* An identifier that names nobody, with the reason; remembered from its first sight on. */
MUST_USE enum status person_absurd(struct store *store, int64_t shop, enum link_kind kind,
                                   span value, const char *reason, int64_t now);
#define PERSON_TOO_MANY_VISITORS "too many visitors" /* browsers can bring that about */
/* Does it name nobody? A signed record's word is not undone by what browsers brought about. */
bool person_is_absurd(struct view *view, int64_t shop, enum link_kind kind, span value,
                      bool is_signed);
/* `from` lives on as `into`. Links move; the alias and reason are kept. */
MUST_USE enum status person_merge(struct store *store, int64_t from, int64_t into, span reason,
                                  int64_t seq, int64_t now);
MUST_USE enum status visitor_get(struct view *view, struct arena *arena, int64_t shop, span visitor,
                                 struct visitor_row *ret_row); /* MISSING */
MUST_USE enum status visitor_put(struct store *store, int64_t shop, const struct visitor_row *row);
/* Whose the visitor was at `at`; 0 = nobody's. Alias resolved. */
int64_t visitor_owner(struct view *view, int64_t shop, span visitor, int64_t at);
MUST_USE enum status visitor_own(struct store *store, int64_t shop, span visitor, int64_t since,
                                 int64_t person, int64_t back);
/* The newest claim at or before `at`: whose, alias resolved, and when. MISSING. */
MUST_USE enum status visitor_claim(struct view *view, int64_t shop, span visitor, int64_t at,
                                   int64_t *ret_person, int64_t *ret_since);
/* The visitor that was the person's last, at or before `at`. MISSING. */
MUST_USE enum status visitor_of(struct view *view, struct arena *arena, int64_t shop,
                                int64_t person, int64_t at, span *ret_visitor);
unsigned visitor_count_of(struct view *view, int64_t shop,
                          int64_t person); /* for the fan-out cap */

struct person_note { /* one line of a person's story */
    span kind;       /* "link", "visitor", "merge" */
    span text;       /* "email ada@example.com" */
    int64_t at;
};
/* All merges and all identifiers that name nobody, newest first. */
MUST_USE enum status person_flagged(struct view *view, struct arena *arena, unsigned most,
                                    struct person_note **ret_notes, unsigned *ret_count);
MUST_USE enum status person_story(struct view *view, struct arena *arena, int64_t person,
                                  struct person_note **ret_notes, unsigned *ret_count);

#endif
