/*
 * The play: all scenes one after another on a thread of libuv's pool, then waiting until every
 * platform holds what it must, or the deadline. What is equal once must stay equal: duplicates
 * come late, so the table is only believed when it is still equal a moment later.
 */
#include "shoppers_private.h"

#include <stdlib.h>

#include "../base/limits.h"

#define DEADLINE_MS   60000u
#define POLL_MS       300u
#define SETTLE_MS     1500u
#define TABLE_CEILING (256u * KIB)

struct work {
    uv_work_t request;
    struct shoppers_play play;
    struct buf table;
    bool all_equal;
    shoppers_done *done;
    void *arg;
};

/* Fetches the totals and compares. */
static bool compare_now(struct work *work)
{
    struct shoppers_play *play = &work->play;
    struct arena scratch;
    struct buf table;
    bool equal = false;
    arena_init(&scratch, LIMIT_BATCH_ARENA);
    buf_init(&table, TABLE_CEILING);
    play->arena = &scratch;
    const struct json_value *totals = shoppers_call(
        play, "GET", arena_join(&scratch, play->options.sandbox, SPAN("/_sandbox/totals")),
        (span){0}, NULL);
    if (totals && shoppers_compare(play->truths, totals->raw, &scratch, &table, &equal) == OK) {
        buf_reset(&work->table);
        buf_add_span(&work->table, buf_span(&table));
    }
    play->arena = NULL;
    buf_done(&table);
    arena_done(&scratch);
    return equal;
}

static void wait_until_equal(struct work *work)
{
    int64_t deadline = clock_monotonic_us() + (int64_t)work->play.options.deadline_ms * 1000;
    while (work->play.status == OK && clock_monotonic_us() < deadline) {
        if (compare_now(work)) {
            shoppers_sleep(&work->play, SETTLE_MS);
            work->all_equal = compare_now(work);
            if (work->all_equal)
                return;
        }
        shoppers_sleep(&work->play, POLL_MS);
    }
}

static void run(uv_work_t *request)
{
    struct work *work = request->data;
    struct shoppers_play *play = &work->play;
    for (unsigned i = 0; i < shoppers_scene_count && play->status == OK; i++) {
        struct arena arena;
        arena_init(&arena, LIMIT_REQUEST_ARENA);
        play->arena = &arena;
        play->scene = shoppers_scenes[i].name;
        play->place = &play->options.places[shoppers_scenes[i].where];
        play->truth = &play->truths[shoppers_scenes[i].where];
        shoppers_scenes[i].play(play);
        play->arena = NULL;
        arena_done(&arena);
    }
    play->scene = "the platforms' totals";
    wait_until_equal(work);
}

static void after(uv_work_t *request, int cancelled)
{
    struct work *work = request->data;
    struct shoppers_report report = {
        .status = cancelled ? BROKEN : work->play.status,
        .error = work->play.error,
        .all_equal = work->all_equal,
        .table = buf_span(&work->table),
        .truths = work->play.truths,
    };
    work->done(work->arg, &report);
    buf_done(&work->table);
    free(work);
}

enum status shoppers_play(uv_loop_t *loop, const struct shoppers_options *options,
                          shoppers_done *done, void *arg)
{
    struct work *work = calloc(1, sizeof *work);
    if (work == NULL)
        abort();
    work->play.options = *options;
    if (work->play.options.deadline_ms == 0)
        work->play.options.deadline_ms = DEADLINE_MS;
    work->done = done;
    work->arg = arg;
    work->request.data = work;
    buf_init(&work->table, TABLE_CEILING);
    if (uv_queue_work(loop, &work->request, run, after) != 0) {
        buf_done(&work->table);
        free(work);
        return BROKEN;
    }
    return OK;
}
