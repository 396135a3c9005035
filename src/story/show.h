/*
 * The stories: everything the store knows of one order, event or person, as text for a terminal or
 * as JSON. One file a kind. These pages name people: they are for the operator.
 */
#ifndef STORY_SHOW_H
#define STORY_SHOW_H
#include "../base/json.h"
#include "../store/journal.h"
#include "../store/order.h"
#include "../store/outbox.h"
#include "../store/person.h"

#define SHOW_BYTES   (16u * 1024 * 1024) /* of one story */
#define SHOW_LETTERS 10000u              /* looked through for those of a story */

/* What was sent where for one journal row's event, with the platform's words. */
struct show_result {
    struct outcome_row outcome;
    struct batch_row *batches; /* every request that carried it: parts, and what was sent again */
    unsigned batch_count;
};

struct show_order {
    struct order_row row;
    struct journal_row *journal;
    unsigned journal_count;
    struct order_fact *facts;
    unsigned fact_count;
    struct show_result *results;
    unsigned result_count;
    struct letter_row *letters;
    unsigned letter_count;
    struct person_row person;    /* id 0: nobody known */
    struct bookmark_row *paused; /* destinations of its store that stand still */
    unsigned paused_count;
};

/* Finds and writes the stories of all orders that `text` may mean, newest first. MISSING: none. */
MUST_USE enum status show_order(struct view *view, struct arena *arena, span text, bool as_json,
                                struct buf *out);
/* The same as JSON, written to `json`; `more` adds members to each order's object. */
MUST_USE enum status show_orders_json(struct view *view, struct arena *arena, span text,
                                      void (*more)(void *arg, const struct show_order *order,
                                                   struct json *json),
                                      void *arg, struct json *json);
MUST_USE enum status show_event(struct view *view, struct arena *arena, span text, bool as_json,
                                struct buf *out);
#define SHOW_FLAGGED 10000u
/* Merges, and identifiers that name nobody; `text` is not used. */
MUST_USE enum status show_identity(struct view *view, struct arena *arena, span text, bool as_json,
                                   struct buf *out);
MUST_USE enum status show_person(struct view *view, struct arena *arena, span text, bool as_json,
                                 struct buf *out);
/* For the demo: opens the file itself; text. */
MUST_USE enum status show_order_story(const char *path, span text, struct buf *out);

/* Shared pieces. */
void show_time(struct buf *out, int64_t ms);             /* 2026-11-24 16:00:00.123 */
void show_line(struct buf *out, span text, size_t most); /* one line, no control bytes */
void show_journal_line(struct buf *out, const struct journal_row *row);
void show_journal_columns(struct buf *out, const struct journal_row *row); /* of the line's rest */
void show_result_line(struct buf *out, const struct show_result *result);
void show_batch_line(struct buf *out, const struct batch_row *batch);
void show_batch_json(struct json *json, const struct batch_row *batch);
/* Why it stands still, and what to do. */
void show_paused_line(struct buf *out, const struct bookmark_row *row);
void show_odd_line(struct buf *out, const struct journal_odd *row);
void show_odd_json(struct json *json, const struct journal_odd *row);
void show_letter_line(struct buf *out, const struct letter_row *row);
void show_journal_json(struct json *json, const struct journal_row *row);
void show_result_json(struct json *json, const struct show_result *result);
void show_letter_json(struct json *json, const struct letter_row *row);
void show_person_json(struct json *json, const char *key, const struct person_row *row);
/* Letters of any of these journal rows. */
MUST_USE enum status show_letters_of(struct view *view, struct arena *arena,
                                     const struct journal_row *rows, unsigned count,
                                     struct letter_row **ret_letters, unsigned *ret_count);
MUST_USE enum status show_result_of(struct view *view, struct arena *arena,
                                    const struct outcome_row *outcome,
                                    struct show_result *ret_result);

#endif
