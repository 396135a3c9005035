/*
 * Long work of the listener, done on another thread while the loop answers everybody else: replay,
 * a test of a destination, a report, an export. The request that asked is parked until its end;
 * meanwhile GET /api/works tells how far it is, and POST /api/works/ID/cancel asks it to end early.
 *
 *   work_new -> the caller fills in what `run` needs -> work_start
 *       run     on a thread of libuv's pool: touches nothing of the ask but its arena's texts
 *       answer  on the loop, once: `ask->json` is fresh. Then the work is freed
 *
 * A client that goes away does not end its work. The end of the listener cancels all and waits.
 */
#ifndef ADMIN_WORK_H
#define ADMIN_WORK_H
#include <stdatomic.h>

#include "ask.h"

struct work;
struct work_kind {
    const char *name;
    bool alone;  /* one of them at a time: a second is refused, 409 */
    size_t size; /* of the struct that begins with a struct work */
    void (*run)(struct work *work);
    void (*answer)(struct work *work);
};

struct work {
    uv_work_t request;
    const struct work_kind *kind;
    struct work *next;
    struct ask ask;
    const struct outlet_spec
        *spec; /* of a config, which lives to the end; NULL: no destination's */
    int64_t id;
    atomic_uint percent;   /* written by `run`: how much is done, as far as it knows */
    atomic_bool cancelled; /* `run` ends when it sees this */
    struct arena arena;    /* all below is of `run`, then of `answer` */
    struct buf out;
    struct json json; /* writes to `out` */
    enum status status;
    struct error error; /* why not, for the log or for the person */
};

/* NULL: there is too much of it, which was answered. */
struct work *work_new(struct ask *ask, const struct work_kind *kind);
void work_start(struct work *work);
/* For `run` of what reads: its own eyes. `work->status` and `error` say why not. */
bool work_view(struct work *work, struct view **ret_view);

void work_list(struct ask *ask);
void work_cancel(struct ask *ask); /* ID/cancel */
/* Cancels all and turns the loop until they have answered. */
void work_close(struct admin *admin);

#endif
