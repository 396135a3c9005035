/* The rules of a replay; the rows are store/letter_replay.c's. */
#include "replay.h"

#include <stdio.h>

#include "../base/limits.h"
#include "../store/journal.h"
#include "../store/outbox.h"

static enum status say(struct error *error, enum status status, const char *words)
{
    snprintf(error->text, sizeof error->text, "%s", words);
    return status;
}

static enum status allowed(const struct replay *replay, struct error *error)
{
    const struct destination *destination = replay->destination;
    if (replay->from >= replay->to)
        return say(error, INVALID, "the period is empty: its end is not after its beginning");
    if (!replay->forced)
        return OK;
    if (destination->dedup_ms == 0 || destination->repeatable)
        return say(error, INVALID,
                   "this platform cannot tell a copy of every event, so what was delivered would "
                   "count twice: not forced");
    if (destination->dedup_ms < INT64_MAX && replay->from < replay->now - destination->dedup_ms)
        return say(error, INVALID,
                   "the period begins before the platform's memory of copies: what was delivered "
                   "would count twice; begin later, or do not force");
    return OK;
}

static enum status period_of(struct store *store, struct arena *arena, const struct replay *replay,
                             struct letter_period *ret_period, struct error *error)
{
    struct view *view = store_view(store);
    span name = span_of(replay->destination->name);
    struct bookmark_row bookmark;
    int64_t shop, max_age = replay->destination->max_age_ms;
    if (view_shop(view, replay->store, &shop) != OK)
        return say(error, MISSING, "the database knows no such store");
    if (bookmark_get(view, arena, shop, name, &bookmark) != OK)
        return say(error, MISSING, "the store has never had this destination");
    int64_t from, to;
    if (journal_since(view, replay->to, &to) != OK ||
        journal_since(view, replay->from, &from) != OK)
        return say(error, BROKEN, view_trouble(view));
    to--;
    *ret_period = (struct letter_period){.shop = shop,
                                         .destination = name,
                                         .audience = replay->destination->audience,
                                         .from = from,
                                         .to = to < bookmark.low ? to : bookmark.low,
                                         .oldest = max_age ? replay->now - max_age : INT64_MIN,
                                         .forced = replay->forced,
                                         .dry = replay->dry};
    return OK;
}

static enum status turn(struct store *store, struct letter_period *period, int64_t now,
                        struct replay_done *done, int64_t *ret_stand)
{
    struct arena arena;
    unsigned rows = 0, delivered = 0;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    enum status status = store_begin(store);
    if (status == OK)
        status = letter_replay(store, &arena, period, now, &rows, &delivered, ret_stand);
    if (status == OK && !period->dry)
        status = store_commit(store);
    else
        store_rollback(store);
    arena_done(&arena);
    done->rows += rows;
    done->delivered += delivered;
    return status;
}

enum status replay_run(struct store *store, const struct replay *replay,
                       bool (*turned)(void *arg, const struct replay_done *done), void *arg,
                       struct replay_done *ret_done, struct error *ret_error)
{
    struct replay_done done = {0};
    struct letter_period period = {0};
    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    enum status status = allowed(replay, ret_error);
    if (status == OK)
        status = period_of(store, &arena, replay, &period, ret_error);
    int64_t first = period.from, all = period.to - first + 1;
    while (status == OK && !done.stopped && period.from <= period.to) {
        int64_t stand = period.to;
        status = turn(store, &period, replay->now, &done, &stand);
        period.from = stand + 1;
        done.percent = (unsigned)(100 * (period.from - first) / all);
        if (status != OK)
            say(ret_error, status, store_trouble(store));
        else if (done.rows > REPLAY_MOST)
            status = say(ret_error, FULL, "more than 200000 events: take a shorter period");
        else if (turned)
            done.stopped = !turned(arg, &done) && period.from <= period.to;
    }
    arena_done(&arena);
    if (status == OK)
        *ret_done = done;
    return status;
}
