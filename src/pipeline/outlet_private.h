/* Between the files outlet_*.c only. */
#ifndef PIPELINE_OUTLET_PRIVATE_H
#define PIPELINE_OUTLET_PRIVATE_H
#include "../store/erase.h"
#include "outlet.h"

/* What becomes of a row, once and for all or for the time being.
   end, counted as, outcome of an order, letter, its reason */
#define OUTLET_ENDS(_)                                                                             \
    _(DELIVERED, "delivered", OUTCOME_DELIVERED, 0, "")                                            \
    _(DRY, "dry", OUTCOME_SKIPPED, 0, "dry")                                                       \
    _(SKIPPED, "skip_", OUTCOME_SKIPPED, 0, "") /* the reason is added to both */                  \
    _(REFUSED, "refused", OUTCOME_REFUSED, LETTER_DEAD, "refused")                                 \
    _(EXPIRED, "expired", OUTCOME_REFUSED, LETTER_DEAD, "expired")                                 \
    _(UNKNOWN, "may_have_arrived", OUTCOME_UNKNOWN, LETTER_DEAD, "may_have_arrived")               \
    _(RETRYING, "retrying", OUTCOME_WAITING, LETTER_WAITING, "retrying")                           \
    _(FOLLOWING, "waits_for_order", OUTCOME_WAITING, LETTER_WAITING, "waits_for_order")
#define OUTLET_END_ENUM(name, counted, outcome, letter, reason) END_##name,
enum outlet_end { OUTLET_ENDS(OUTLET_END_ENUM) END_COUNT };
#undef OUTLET_END_ENUM

/* Said along with an end; what is not known stays zero. */
struct outlet_words {
    const char *why;  /* SKIPPED: the reason */
    span code, words; /* the platform's */
    int status;       /* HTTP */
    span answer;
    const char *remark; /* DELIVERED: judgement.remark */
    unsigned attempts;
    int64_t next_try; /* RETRYING, FOLLOWING */
    int64_t since;    /* RETRYING: the first attempt whose answer was lost; 0 = none */
    int64_t batch;
    const struct letter_row *letter; /* the row came from this letter; else NULL */
    const struct named_row *rows;    /* outlet_shipment_end: code and words row by row, or NULL */
};

/* outlet_end.c */
/* Writes one row's end into the slip, counts it and, where it leaves no durable row behind,
   settles it; otherwise it is settled when the slip is committed. */
void outlet_row_end(struct outlet *outlet, struct slip *slip, const struct reading_row *row,
                    enum outlet_end end, const struct outlet_words *words, int64_t now);
/* Cut to `most` bytes, at a character. What is not UTF-8 is not kept. */
span outlet_kept(span text, size_t most);
/* The slip of this turn. */
struct slip *outlet_slip(struct outlet *outlet);
/* Pushes this turn's slip, or a bookmark that has moved and was not reported for a while. */
void outlet_flush(struct outlet *outlet, int64_t now);
/* Adds the bookmark and hands it to RECORD. */
void outlet_push(struct outlet *outlet, struct slip *slip, int64_t now);
/* All rows of the batch end so; its batch row is written; it is taken out and freed. */
void outlet_shipment_end(struct outlet *outlet, struct shipment *shipment, enum outlet_end end,
                         const struct outlet_words *words, int64_t now);
/* Of an event of several requests: what this one was answered, for the batch row. */
void outlet_tell_part(struct shipment *shipment, const struct outlet_words *words);
/* Its batch row no longer says SENDING: the attempt is known not to have arrived, or was not made.
 */
void outlet_unpromise(struct outlet *outlet, struct shipment *shipment, int64_t now);
/* Takes it out of the list and frees it. */
void outlet_remove(struct outlet *outlet, struct shipment *shipment);
void outlet_replace(struct outlet *outlet, struct shipment *shipment, struct shipment *with[2]);

/* outlet_read.c */
void outlet_read(struct outlet *outlet, int64_t now);
/* There is more to read, and room for it. */
bool outlet_reads_on(const struct outlet *outlet, int64_t now);
/* Memory is tight, and it has its share of it: it waits until some of that has gone. */
bool outlet_has_enough(const struct outlet *outlet);
void outlet_letters(struct outlet *outlet, int64_t now);

/* outlet_send.c */
void outlet_send(struct outlet *outlet, int64_t now);
/* Its batch row is committed (or DELIVER is stopping: then it is taken back). */
void outlet_promised(struct outlet *outlet, struct shipment *shipment, int64_t now);

/* outlet_answer.c */
call_done outlet_answered;

/* outlet_errand.c */
void outlet_errand_init(struct outlet *outlet);
MUST_USE enum status outlet_errand_recall(struct outlet *outlet, int64_t now);
void outlet_errand_done(struct outlet *outlet);
/* Sends the errand that is due, if none is out. */
void outlet_errand(struct outlet *outlet, int64_t now);
/* May events go? */
bool outlet_errand_ready(const struct outlet *outlet, int64_t now);

/* outlet.c */
void outlet_pause(struct outlet *outlet, span code, span words, int64_t now);
void outlet_resume(struct outlet *outlet, int64_t now);
bool outlet_paused_by_platform(const struct outlet *outlet);
void outlet_wake(struct outlet *outlet, int64_t at);
/* A rest that follows one letter's or row's attempts at its order. */
int64_t outlet_follow_at(const struct outlet *outlet, unsigned attempts, int64_t now);

/* Does this outlet make requests at all, or does it only pretend? */
static inline bool outlet_calls(const struct outlet *outlet)
{
    enum outlet_mode mode = outlet->spec.settings->mode;
    return mode == OUTLET_LIVE || (mode == OUTLET_VALIDATE && outlet->spec.destination->validates);
}

static inline const char *outlet_name(const struct outlet *outlet)
{
    return outlet->spec.destination->name;
}

#endif
