/*
 * One batch on its way to a platform: what it carries, and where it is in its life.
 *
 *              filled           rate, circuit and pause allow
 *     (none) ──────────> DUE ───────────────────────────────> SENDING
 *                       ^ ^ │                                    │
 *                       │ │ └─ too heavy ──────────> SPLIT <─────┤ SPLIT
 *                       │ │ └─ dry, or all left ─> SETTLED <─────┤ DELIVERED, REFUSED,
 *                       │ │                                      │ or it becomes letters
 *                       │ ├──── next part, AMEND ────────────────┤
 *                       │ └──── its time came ── WAITING <───────┤ RETRY
 *                       └──── the pause is over ─── HELD <───────┘ PAUSED
 *
 * SPLIT and SETTLED are ends: two halves that are DUE, or rows reported to RECORD, take over.
 * SENDING covers the wait for RECORD's commit of a batch row where an attempt must not be
 * repeated. Every change goes through shipment_move, which asserts the table in shipment.c.
 */
#ifndef PIPELINE_SHIPMENT_H
#define PIPELINE_SHIPMENT_H
#include "../store/outbox.h"
#include "deliver.h"
#include "reading.h"
#include "route.h"

#define SHIPMENT_STATES(_)                                                                         \
    _(DUE)                                                                                         \
    _(SENDING)                                                                                     \
    _(WAITING)                                                                                     \
    _(SPLIT)                                                                                       \
    _(SETTLED)                                                                                     \
    _(HELD)
#define SHIPMENT_ENUM(name) SHIPMENT_##name,
enum shipment_state { SHIPMENT_STATES(SHIPMENT_ENUM) SHIPMENT_STATE_COUNT };
#undef SHIPMENT_ENUM

/* Rows of a batch come from at most so many pages: bounds what a batch keeps in memory. */
#define SHIPMENT_PAGES 8u

/* A batch that waits for long is folded: it keeps the numbers of its rows and lets go of the rest,
   which is on disk. */
struct cargo {
    int64_t seq;
    struct reading *page; /* a reference of its own; NULL while folded */
    const struct reading_row *row;
    struct route_answer route; /* its flags, as of checked_at */
};

struct outlet;
struct shipment {
    struct shipment *next; /* in the outlet's list, in journal order */
    struct outlet *outlet;
    enum shipment_state state;
    bool open;       /* may still be filled */
    bool test;       /* of test orders */
    bool repeatable; /* an attempt whose answer was lost may be repeated */
    bool promised;   /* its batch row SENDING is committed */
    unsigned lane;
    struct cargo *cargo; /* by seq */
    unsigned count, room, pages;

    unsigned part, parts;   /* the request of an event that needs several */
    unsigned amend;         /* bits judge() asked for */
    span amend_with;        /* what it asked to use instead; in `arena` */
    unsigned attempts;      /* sent, of this part */
    unsigned tries;         /* sent, of all parts: for its batch row */
    struct buf told;        /* what earlier parts were answered, for its batch row */
    int64_t opened_at;      /* first row loaded */
    int64_t checked_at;     /* consent and age were asked */
    int64_t erased;         /* erase_stand when its rows were last seen to be there */
    int64_t due_at;         /* WAITING: when again */
    int64_t sent_at;        /* last attempt */
    int64_t ambiguous_at;   /* first attempt whose answer was lost; 0 = none */
    uint64_t worked_before; /* the outlet's successes when this one first failed */
    int64_t id;             /* of its batch row */
    bool from_letter;
    struct letter_row letter;         /* then: the row it came from; texts in `arena` */
    span refused_code, refused_words; /* of a later part; texts in `arena` */

    struct arena arena;              /* its life */
    struct arena attempt;            /* one request and its answer */
    const struct settings *settings; /* those it was encoded with */
    struct batch batch;
    struct http_call call;
};

const char *shipment_state_text(enum shipment_state state);
struct shipment *shipment_new(struct outlet *outlet, unsigned lane, unsigned room, int64_t now);
void shipment_free(struct shipment *shipment);
void shipment_move(struct shipment *shipment, enum shipment_state to);
/* Takes a reference of the page. Full when it returns false: nothing was loaded. */
MUST_USE bool shipment_load(struct shipment *shipment, struct reading *page,
                            const struct reading_row *row, const struct route_answer *route);
/* Takes the row out of the batch. */
void shipment_unload(struct shipment *shipment, unsigned index);
/* Lets go of rows and request, where they can be had again: not under way, not open, no event half
   told, no letter. */
void shipment_fold(struct shipment *shipment);
bool shipment_folded(const struct shipment *shipment);
/* Reads them again, as they are by now; consent and age are then asked again too. */
MUST_USE enum status shipment_unfold(struct shipment *shipment, struct reading_cache *cache,
                                     span currency, int64_t now);
/* Two DUE halves; `shipment` is moved to SPLIT and is the caller's to free. */
void shipment_halve(struct shipment *shipment, int64_t now, struct shipment *ret_halves[2]);
/* Takes the named rows out of the batch, which keeps at least one; they come back as a DUE batch
   of their own, in the same order, with the attempts and the time of this one. */
struct shipment *shipment_sift(struct shipment *shipment, const struct named_row *rows,
                               unsigned count, int64_t now);
/* The request, into shipment->call; everything in the attempt's arena. */
void shipment_encode(struct shipment *shipment, const struct outlet_spec *spec, int64_t now);
/* The batch row as it stands, in arena. */
struct batch_row *shipment_row(const struct shipment *shipment, struct arena *arena, int64_t shop,
                               const char *destination);

#endif
