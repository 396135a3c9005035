/*
 * `sidetrack replay`: sends a period again, in every store that has the destination or in one.
 * story/replay.h has the rules; a running gateway sees the letters by itself within half a minute.
 */
#include "../story/replay.h"

#include <stdio.h>

#include "../base/date.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "../event/shop.h"
#include "../store/report.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

#define STORES 1000 /* a config has no more; see config.c */

/* A whole time, or a day (UTC). */
static bool read_time(const struct args *args, const char *name, int64_t *ret_ms)
{
    char whole[32];
    span text = span_of(args_get(args, name));
    if (text.len == 10 && snprintf(whole, sizeof whole, "%.10sT00:00:00Z", text.ptr) > 0)
        text = span_of(whole);
    if (!span_empty(text) && date_parse(text, ret_ms) == OK)
        return true;
    fprintf(stderr, "sidetrack replay: --%s wants a time such as 2026-11-24T16:00:00Z or a day\n",
            name);
    return false;
}

static bool on_turned(void *arg, const struct replay_done *done)
{
    (void)arg;
    say_going("%3u %%, %u events", done->percent, done->rows);
    return true;
}

static void tell(const struct args *args, const struct replay *replay,
                 const struct replay_done *done)
{
    unsigned passed = replay->forced ? 0 : done->delivered;
    if (args_get(args, "json")) {
        struct say say;
        struct json *json = say_start(&say);
        json_put_text(json, "store", replay->store);
        json_put_text(json, "destination", span_of(replay->destination->name));
        json_put_int(json, "rows", done->rows);
        json_put_int(json, "skipped_delivered", passed);
        json_put_bool(json, "dry", replay->dry);
        say_end(&say);
    } else {
        printf("%.*s -> %s: %u event%s %s, %u delivered before and passed over\n",
               SPAN_ARG(replay->store), replay->destination->name, done->rows,
               done->rows == 1 ? "" : "s", replay->dry ? "would go again" : "go again", passed);
    }
}

static int run(struct store *store, const struct args *args, struct arena *arena,
               struct replay *replay)
{
    span only = span_of(args_get(args, "store"));
    int code = EXIT_FAILED;
    for (int64_t shop = 1; shop <= STORES; shop++) {
        struct replay_done done;
        struct error error = {{0}};
        replay->store = report_shop_name(store_view(store), arena, shop);
        if (span_empty(replay->store) || (!span_empty(only) && !span_equal(only, replay->store)))
            continue;
        enum status status = replay_run(store, replay, on_turned, NULL, &done, &error);
        say_went();
        if (status == OK) {
            tell(args, replay, &done);
            code = EXIT_DONE;
        } else if (status != MISSING || !span_empty(only)) {
            fprintf(stderr, "sidetrack replay: %.*s: %s\n", SPAN_ARG(replay->store), error.text);
            return status == INVALID ? EXIT_WRONG : EXIT_FAILED;
        }
    }
    if (code != EXIT_DONE)
        fprintf(stderr, "sidetrack replay: no store of the database has had this destination\n");
    return code;
}

int replay_verb(const struct args *args)
{
    struct replay replay = {.destination = list_find(span_of(args_get(args, "destination"))),
                            .forced = args_get(args, "force") != NULL,
                            .dry = args_get(args, "dry") != NULL,
                            .now = clock_now(&clock_real)};
    struct error error = {{0}};
    struct arena arena;
    struct store *store;
    const char *path;
    if (!replay.destination) {
        fprintf(stderr, "sidetrack replay: --destination wants one of those that `sidetrack "
                        "describe` lists\n");
        return EXIT_WRONG;
    }
    if (!read_time(args, "from", &replay.from) || !read_time(args, "to", &replay.to))
        return EXIT_WRONG;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        code = EXIT_FAILED;
        if (store_visit(path, &store, &error) == OK) {
            code = run(store, args, &arena, &replay);
            store_close(store);
        } else {
            fprintf(stderr, "sidetrack: %s: %s\n", path,
                    error.text[0] ? error.text : "there is no such database");
        }
    }
    arena_done(&arena);
    return code;
}
