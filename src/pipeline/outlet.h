/*
 * An outlet: one destination of one shop. It reads the journal from its own bookmark, fills
 * batches lane by lane, sends them as rates and the platform's health allow, and reports what
 * became of every row. Nothing here is shared with other outlets but pages and RECORD's desk, so
 * one that is down holds its own bookmark only.
 *
 *   outlet.c         its start, its turn, pause and resume
 *   outlet_read.c    rows and due letters -> batches, or a counted reason why not
 *   outlet_send.c    batches -> requests
 *   outlet_answer.c  answers -> what next
 *   outlet_errand.c  requests that carry no events: tokens, status polls
 *   outlet_end.c     what became of a row: counters, outcomes, letters, reports
 *
 * Thread: DELIVER's.
 */
#ifndef PIPELINE_OUTLET_H
#define PIPELINE_OUTLET_H
#include "count.h"
#include "deliver.h"
#include "lowmark.h"
#include "pace.h"
#include "quota.h"
#include "reading.h"
#include "route.h"
#include "shipment.h"
#include "slip.h"
#include "daybook.h"

#define OUTLET_PAGES_A_TURN 4u   /* so that one that lags does not hold up the others */
#define OUTLET_ENOUGH_ROWS  128u /* in memory, of one outlet, when that is tight */
#define OUTLET_IDLE_MS      SECOND_MS
#define OUTLET_MOVES_MS     SECOND_MS        /* its platform took something so lately: it goes on */
#define OUTLET_RESTORE_MS   20               /* until RECORD has given its shop a number */
#define OUTLET_LETTERS_MS   (30 * SECOND_MS) /* look for letters at least so often */
#define OUTLET_RECHECK_MS                                                                          \
    SECOND_MS /* consent and age are asked again before sending after this                         \
               */

/* What all outlets share. */
struct outlet_world {
    const struct clock *clock;
    const struct pace_values *pace;
    struct view *view;
    struct transport *transport;
    struct reading_cache pages;
    struct slip_desk desk;
    struct quota *quotas;
    struct arena scratch; /* one look; reset by whoever uses it */
    int64_t linger_ms;
    int64_t next_batch;       /* ids of batch rows */
    bool stopping;            /* send nothing new */
    void (*again)(void *arg); /* asks for a turn soon */
    void *again_arg;
};

/* One errand at a time: what is out, and what the destination remembers. */
struct outlet_errands {
    void *memory; /* destination->memory_size, or NULL */
    struct arena arena;
    struct errand errand;            /* while `out` */
    const struct settings *settings; /* it was made with */
    bool out;
    bool paused_us;    /* the outlet's pause is an errand's doing, and ends with its success */
    unsigned failures; /* in a row */
    int64_t not_before;
};

struct outlet {
    struct outlet *next;
    struct outlet_world *world;
    struct outlet_spec spec;
    int64_t shop; /* the store's number */
    int64_t
        head; /* of the journal when the outlet came to be: where one without a bookmark starts */
    bool head_known; /* false: it could not be read yet */
    bool restored;   /* bookmark read, old attempts accounted for */
    bool gone;       /* no longer in the config: leaves when nothing is under way */
    int64_t wake_at;

    struct lowmark mark;
    int64_t since; /* when the bookmark was made */
    int64_t reported_low, reported_at;
    struct reading *page; /* being read; its next row */
    unsigned page_next;
    bool hungry; /* there may be rows after mark.read_at, and after `page` */
    int64_t look_at;
    int64_t gather_until; /* before it no new page is begun */

    struct shipment *shipments;
    struct quota *quota;
    struct pace_lane *lanes; /* the quota's */
    unsigned lane_count;
    struct pace_circuit circuit;
    uint64_t worked; /* requests the platform took */
    int64_t worked_at;

    bool paused;
    char paused_reason[160]; /* starts with OUTLET_BY_PLATFORM when a verdict did it */
    int64_t probe_at;
    struct shipment *probe; /* in flight to see whether the pause is over */

    const char *state;          /* as last told by the gauge; NULL: not yet */
    int64_t letters_at;         /* when to look for due ones */
    int64_t letters_counted_at; /* for the gauge */
    unsigned letters_reported;  /* slips with letters that RECORD has not answered */
    unsigned unanswered;        /* all slips */
    unsigned pauses_reported;   /* those that tell a pause or its end */
    bool poked;                 /* the bookmark is to be read again */
    struct daybook daybook;     /* for the daily reports */
    struct slip *slip;          /* of this turn: skips, and rows that left their batch */
    struct outlet_errands errands;
};

/* The start of a pause's reason when the platform's answer was it: only such a pause is probed and
   ended by a reload. Any other is a person's. */
#define OUTLET_BY_PLATFORM "platform: "

struct outlet *outlet_new(struct outlet_world *world, const struct outlet_spec *spec);
void outlet_free(struct outlet *outlet);
/* Does all that can be done now; outlet->wake_at says when to come again at the latest. */
void outlet_turn(struct outlet *outlet, int64_t now);
/* RECORD answered. Frees or re-pushes the slip. */
void outlet_recorded(struct outlet *outlet, struct slip *slip, int64_t now);
void outlet_reload(struct outlet *outlet, const struct outlet_spec *spec, int64_t now);
void outlet_poke(struct outlet *outlet, int64_t now); /* pause and letters are read anew */
unsigned outlet_in_flight(const struct outlet *outlet);
bool outlet_can_leave(const struct outlet *outlet);
/* The wall clock was set back by so much: what is dated by it in memory follows. (RECORD does the
   same for letters: letter_set_back.) */
void outlet_set_back(struct outlet *outlet, int64_t back);
void outlet_gauges(struct outlet *outlet, int64_t head, int64_t now);

#endif
