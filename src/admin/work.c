/* Long work beside the loop; work.h is the contract. */
#include "work.h"

#include <stdlib.h>

#include "../base/limits.h"

/* Waiting for a thread or on one; passwords are checked by the same pool. */
#define WORKS_MOST 16u
#define OUT_BYTES  (8u * MIB)

static void refuse(struct ask *ask, int status, const char *error, const char *detail)
{
    const struct http_header later = {SPAN("Retry-After"), SPAN("1")};
    ask_refuse_with(ask, status, error, detail, &later, 1);
}

struct work *work_new(struct ask *ask, const struct work_kind *kind)
{
    struct admin *admin = ask->admin;
    unsigned count = 0;
    bool same = false;
    for (const struct work *work = admin->works; work; work = work->next, count++)
        same |= work->kind == kind;
    if (same && kind->alone) {
        refuse(ask, 409, "running", "Another one is running: one at a time.");
        return NULL;
    }
    if (count >= WORKS_MOST) {
        refuse(ask, 503, "busy", "Much is being looked up: try again in a moment.");
        return NULL;
    }
    struct work *work = calloc(1, kind->size);
    if (!work)
        abort();
    work->kind = kind;
    work->ask = *ask;
    work->id = ++admin->work_last;
    work->request.data = work;
    atomic_init(&work->percent, 0);
    atomic_init(&work->cancelled, false);
    arena_init(&work->arena, LIMIT_BATCH_ARENA);
    buf_init(&work->out, OUT_BYTES);
    json_start(&work->json, &work->out);
    return work;
}

static void on_thread(uv_work_t *request)
{
    struct work *work = request->data;
    work->kind->run(work);
}

static void on_done(uv_work_t *request, int status)
{
    struct work *work = request->data;
    struct admin *admin = work->ask.admin;
    struct work **at = &admin->works;
    (void)status; /* never cancelled by libuv: nobody asks it to */
    while (*at != work)
        at = &(*at)->next;
    *at = work->next;
    buf_reset(&admin->out);
    json_start(&work->ask.json, &admin->out);
    work->kind->answer(work);
    buf_done(&work->out);
    arena_done(&work->arena);
    free(work);
}

void work_start(struct work *work)
{
    struct admin *admin = work->ask.admin;
    work->next = admin->works;
    admin->works = work;
    uv_queue_work(admin->options.loop, &work->request, on_thread, on_done);
}

bool work_view(struct work *work, struct view **ret_view)
{
    work->status = view_open(work->ask.admin->options.database, ret_view, &work->error);
    return work->status == OK;
}

/* ---- seen and ended from the page ---- */

static void put(struct json *json, const struct work *work)
{
    json_open(json, NULL, '{');
    json_put_int(json, "id", work->id);
    json_put_text(json, "kind", span_of(work->kind->name));
    json_put_text(json, "store", work->spec ? work->spec->shop->name : (span){0});
    json_put_text(json, "destination",
                  work->spec ? span_of(work->spec->destination->name) : (span){0});
    json_put_int(json, "since", work->ask.now);
    json_put_int(json, "percent", atomic_load(&work->percent));
    json_put_bool(json, "cancelled", atomic_load(&work->cancelled));
    json_close(json, '}');
}

void work_list(struct ask *ask)
{
    json_open(&ask->json, NULL, '{');
    json_open(&ask->json, "works", '[');
    for (const struct work *work = ask->admin->works; work; work = work->next)
        put(&ask->json, work);
    json_close(&ask->json, ']');
    json_close(&ask->json, '}');
    ask_answer(ask, 200);
}

void work_cancel(struct ask *ask)
{
    span rest = ask->rest, number = {0}, word = {0};
    int64_t id = 0;
    bool whole = span_split(&rest, '/', &number) && span_split(&rest, '/', &word) &&
                 span_empty(rest) && span_is(word, "cancel") && span_int(number, &id) == OK;
    struct work *work = ask->admin->works;
    while (work && work->id != id)
        work = work->next;
    if (!whole || !work) {
        ask_refuse(ask, 404, "not_found", "It has ended already, or never was.");
        return;
    }
    atomic_store(&work->cancelled, true);
    put(&ask->json, work);
    ask_answer(ask, 200);
}

void work_close(struct admin *admin)
{
    for (struct work *work = admin->works; work; work = work->next)
        atomic_store(&work->cancelled, true);
    while (admin->works)
        uv_run(admin->options.loop, UV_RUN_ONCE);
}
