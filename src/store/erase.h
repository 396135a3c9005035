/*
 * Forgetting a person (or a shop): out of every table, bodies of the journal included. What is left
 * are keys that are hashes and say nothing about anybody: seen, delivery, order_once, trail.
 *
 *   erase_begin   one turn: who it is, his orders and browsers go at once, so that whatever comes
 *                 from now on starts anew; a row of table erasure says what is still looked for
 *   erase_slice   turns, until done: a window of the journal, then of the batches; at last letters
 *                 and the quarantine. The row becomes the receipt, which names nobody
 *
 * The row holds how far it came, so anybody who may write can go on with it: RECORD between its
 * turns, or a command that visits; a kill costs at most a window. Rows that come after the
 * beginning are not looked at.
 *
 * secure_delete overwrites what goes; the write-ahead log still holds it until it starts over:
 * erase_done asks the checkpointer for that, a visitor calls store_scrub.
 */
#ifndef STORE_ERASE_H
#define STORE_ERASE_H
#include "dossier.h"

#define ERASE_ROWS 4000u /* of the journal in one slice */

struct erase_wish {
    int64_t shop;
    bool everything; /* of the shop */
    const struct dossier_name *names;
    unsigned name_count;
    const span *order_ids;
    unsigned order_id_count;
    const char *asked_by; /* "forget", "customers/redact", "shop/redact" */
};

struct erase_receipt {
    int64_t id, shop;
    span asked_by, subject;
    int64_t asked_at, done_at;
    int64_t head, stand;
    span removed; /* JSON: table -> rows */
};

MUST_USE enum status erase_begin(struct store *store, struct arena *arena,
                                 const struct erase_wish *wish, int64_t now, int64_t *ret_id);
/* Hex of a digest of what was asked for: the same question has the same, and it names nobody. */
span erase_subject(struct view *view, struct arena *arena, int64_t shop,
                   const struct dossier_name *names, unsigned count);
/* The oldest that is not done; 0: none. */
MUST_USE enum status erase_open(struct view *view, int64_t *ret_id);
MUST_USE enum status erase_slice(struct store *store, struct arena *arena, int64_t id, int64_t now,
                                 bool *ret_done);
MUST_USE enum status erase_receipt(struct view *view, struct arena *arena, int64_t id,
                                   struct erase_receipt *ret_receipt); /* MISSING */

/* Changes whenever a row may have been blanked. -1: it cannot be read just now, ask of each row. */
int64_t erase_stand(struct view *view);
/* Is an erasure open, or the newest one done after `since`? */
bool erase_recent(struct view *view, int64_t since);
/* Was this row of the journal blanked? */
MUST_USE enum status erase_blanked(struct view *view, int64_t seq, bool *ret_blanked);

/* A request for one's own data; due in 30 days (sources 1.9). */
#define ERASE_ANSWER_MS (30 * DAY_MS)
struct erase_request {
    int64_t id, shop;
    span customer, email, phone;
    int64_t asked_at, due_at, answered_at;
};
MUST_USE enum status erase_request_put(struct store *store, const struct erase_request *request);
/* Those not answered, the most urgent first. */
MUST_USE enum status erase_requests(struct view *view, struct arena *arena,
                                    struct erase_request **ret_requests, unsigned *ret_count);
/* Those of the dossier's person, answered or not. */
MUST_USE enum status erase_requests_of(struct view *view, struct arena *arena,
                                       const struct dossier *dossier,
                                       struct erase_request **ret_requests, unsigned *ret_count);
/* The receipt of an export: kept as an erasure's is, asked_by "export"; `told` is the JSON of how
   many rows of which table. */
MUST_USE enum status erase_told(struct store *store, struct arena *arena, int64_t shop,
                                const struct dossier_name *names, unsigned count, span told,
                                int64_t now, int64_t *ret_id);
/* Those of the dossier's person are answered now. */
MUST_USE enum status erase_answered(struct store *store, const struct dossier *dossier, int64_t now,
                                    unsigned *ret_count);

#endif
