/*
 * DELIVER: from the journal to the platforms, one thread for all outlets (an outlet is one
 * destination of one shop). It reads through a view, writes nothing: what is to be kept goes to
 * RECORD as reports. A destination that is down holds its own bookmark and nobody else's.
 */
#ifndef PIPELINE_DELIVER_H
#define PIPELINE_DELIVER_H
#include "../base/clock.h"
#include "../destinations/list.h"
#include "message.h"
#include "pace.h"
#include "transport.h"

struct outlet_spec {
    const struct shop *shop;
    const struct destination *destination;
    const struct settings *settings; /* the destination's own struct; common part first */
};

struct deliver_options {
    const char *path; /* database */
    const struct clock *clock;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    struct queue *to_record;        /* reports */
    struct transport *transport;    /* NULL: the real one is made on the loop */
    const char *ca_file;            /* NULL: the system's */
    unsigned linger_ms;             /* how long a lingering lane waits to fill; 0 = 500 */
    const struct pace_values *pace; /* knobs of delivery; NULL: pace_usual */
};

struct deliverer;
/* Restores bookmarks; an outlet without one starts at the journal's head, or at its first row when
   the journal is empty. Does not start the thread. */
MUST_USE enum status deliver_open(const struct deliver_options *options,
                                  struct deliverer **ret_deliverer, struct error *ret_error);
/* The thread's body: runs until deliver_stop. */
void deliver_run(struct deliverer *deliverer);
/* Thread-safe. News of commits come in here (RECORD pushes struct news). */
struct queue *deliver_inbox(struct deliverer *deliverer);
/* Thread-safe: finish what is in flight up to `grace_ms`, then end the loop. Whatever is unsettled
   stays in the journal for the next start. */
void deliver_stop(struct deliverer *deliverer, unsigned grace_ms);
/* Thread-safe, on SIGHUP: other shops and settings from now on. The specs live for ever. */
void deliver_reload(struct deliverer *deliverer, const struct outlet_spec *outlets, unsigned count);
/* Thread-safe: a person pauses or resumes an outlet; letters are looked at again. */
void deliver_poke(struct deliverer *deliverer);
/* After deliver_run has returned and RECORD is closed: RECORD's answers come into our queue until
   then. So the order of an exit is: deliver_stop, join DELIVER, close RECORD's inbox, join RECORD,
   deliver_close. NULL is fine. */
void deliver_close(struct deliverer *deliverer);

#endif
