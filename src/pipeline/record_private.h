/*
 * What the files of RECORD share: the recorder itself.
 *
 *   record.c         a turn: its messages, its transaction, what becomes of them
 *   record_event.c   one event of a parcel
 *   record_shops.c   the shops of the config and their numbers
 *   record_chores.c  what a turn does without a message: orders that are due, work in slices
 *
 * Private to these four. Thread: RECORD's, but for `reload` and `ready`.
 */
#ifndef PIPELINE_RECORD_PRIVATE_H
#define PIPELINE_RECORD_PRIVATE_H
#include <stdatomic.h>

#include "assemble.h"
#include "heard.h"
#include "identity.h"
#include "lanes.h"
#include "record.h"
#include "tally.h"

#define RECORD_TURN_DUE   256u /* orders whose time has come, in one turn */
#define RECORD_OWNER_DAYS 7    /* a source counts as installed so long: docs/decisions/002 */

/* One of the two unsigned sources of a shop, see is_heard(). */
struct speaker {
    uint64_t visitor; /* who spoke last through it, hashed; 0 = nobody */
    int64_t at;       /* when */
    int64_t day;      /* the last on which it was heard from a second visitor; 0 = never */
};

struct recorded_shop {
    const struct shop *shop;
    int64_t number, activated_at;
    struct speaker snippet, pixel; /* who owns storefront and checkout names, see owner_of() */
};

struct shop_set {
    const struct shop *const *shops;
    unsigned count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    int64_t at; /* of the reload: a new store is active from then on, not from its first parcel */
};

struct recorder {
    struct record_options options;
    struct store *store;
    struct arena arena;
    struct recorded_shop *shops;
    unsigned shop_count;
    _Atomic(struct shop_set *) reload; /* set by any thread, taken by the next turn */
    struct identity_visits *visits;    /* what the last visitors showed */
    struct heard heard;                /* of this turn, for the daily reports */
    struct queue_node *again;          /* reports a failed turn left over */
    struct lanes lanes;                /* taken from the inbox, not yet in a turn */
    atomic_bool ready;
    unsigned gathered; /* parcels of the last turn */
    uint64_t commits;  /* that stored messages */
    unsigned failures; /* turns, since failed_at or since it was told of them */
    int64_t told_at;   /* of failing turns, in the log; 0 = never */
    bool told_failing; /* and not yet that it is over */
    int64_t turned_at; /* the last turn that stands, by the wall clock; 0: none since the start */
    /* of the present turn */
    int64_t now;
    int64_t *news; /* shop numbers with new rows */
    unsigned news_count;
    struct tally tally;
    struct retain retain;
};

/* ---- record_shops.c ---- */

/* Gives each shop its number, in a transaction of its own; `now` activates a new one. */
MUST_USE enum status record_number_shops(struct recorder *recorder, const struct shop *const *shops,
                                         unsigned count, int64_t now);
/* Parcels of a config that was replaced still name their old shop struct: the name decides. NULL:
   its store has left the config. */
struct recorded_shop *record_shop_of(struct recorder *recorder, const struct shop *shop);
struct recorded_shop *record_shop_numbered(struct recorder *recorder, int64_t number);
/* This turn has new rows of the shop: DELIVER will be told. */
void record_add_news(struct recorder *recorder, int64_t shop);
/* What assembling an order of this shop is told, of this turn. */
struct assemble record_assemble(struct recorder *recorder, const struct recorded_shop *shop);

/* ---- record_event.c ---- */

/* The event at `index`: seen before? whose is it, who may see it; journal and order. */
MUST_USE enum status record_event(struct recorder *recorder, struct parcel *parcel,
                                  struct recorded_shop *shop, unsigned index);

/* ---- record_chores.c ---- */

/* When the wall clock was set back since the last turn, or before we began: what waits for a time
   of the old one is dated anew. */
MUST_USE enum status record_mind_the_clock(struct recorder *recorder);

/* Orders whose time has come. */
MUST_USE enum status record_due(struct recorder *recorder);
/* What an earlier event began and is too much for one turn: a little of each in every turn. */
MUST_USE enum status record_slices(struct recorder *recorder);
bool record_slices_wait(struct recorder *recorder);

#endif
