/*
 * What the three roles say to each other. Everything else a role owns is its own.
 *
 *   RECEIVE --- parcel ---> RECORD      events of one request; its HTTP answer is parked
 *   RECEIVE <-- parcel ---- RECORD      after the commit (or its failure): answer it
 *   DELIVER --- report ---> RECORD      rows to write on DELIVER's behalf
 *   DELIVER <-- report ---- RECORD      when it asked to hear of the commit
 *   RECORD  --- news -----> DELIVER     these shops have new rows
 */
#ifndef PIPELINE_MESSAGE_H
#define PIPELINE_MESSAGE_H
#include "../net/listen.h"
#include "../net/queue.h"
#include "../sources/source.h"
#include "../store/journal.h"
#include "../store/outbox.h"

enum message_kind { MESSAGE_REPORT, MESSAGE_PARCEL }; /* what a node in RECORD's inbox is */

/* Lives in the exchange's arena. RECEIVE fills the upper half, RECORD the lower. */
struct parcel {
    struct queue_node node; /* first */
    enum message_kind kind; /* second */
    struct exchange *exchange;
    struct queue *answers; /* of the receive loop that owns the exchange */
    const struct shop *shop;
    const struct source *source;
    enum source_verdict
        verdict; /* TAKEN, QUARANTINED or IGNORED: all are recorded before the answer */
    struct source_batch batch;
    int origin;         /* enum receive_origin of the page, for the answer's CORS headers */
    span adopted;       /* the visitor of the server's cookie, where the body named another */
    const span *bodies; /* canonical JSON, one an event */
    int64_t parked_us;  /* monotonic, for sidetrack_ack_seconds */

    enum status result;  /* OK: committed */
    unsigned duplicates; /* events that had been here before */
    bool *copies;        /* which of them; one an event, RECEIVE's memory */
};

/* Owns its arena; made by DELIVER, freed by RECORD after the commit, or by DELIVER when it comes
 * back. */
struct report {
    struct queue_node node; /* first */
    enum message_kind kind; /* second */
    struct arena arena;
    const struct bookmark_row *bookmark; /* NULL: unchanged */
    bool pause_told;               /* its pause is news; else what the file says of it stands */
    const struct batch_row *batch; /* NULL: none */
    const struct outcome_row *outcomes;
    unsigned outcome_count;
    const struct letter_row *letters;
    unsigned letter_count;
    int64_t told; /* a batch that was spoken of once more; 0 = none */
    span told_answer;
    const struct counter_row *counters; /* for the daily reports */
    unsigned counter_count;
    /* Not NULL: pushed here after the commit, with the result. */
    struct queue *reply;
    void *reply_arg;
    enum status result;
    /* RECORD's: failed tries of this report alone, each after the store took others. */
    unsigned failures;
    uint64_t commits;
    bool given_up; /* it never will be stored: not to be pushed again */
};

struct news {
    struct queue_node node; /* first; heap, freed by DELIVER */
    unsigned shop_count;
    int64_t shops[]; /* store numbers of shops with new deliverable rows */
};

#endif
