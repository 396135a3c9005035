/*
 * `sidetrack report recovery|delivery|match`: the dashboard's reports on a terminal, by the same
 * writer (story/reports.h). Which destinations a store has is the config's to say.
 */
#include <stdio.h>

#include "../base/limits.h"
#include "../story/reports.h"
#include "config.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

#define OUT_BYTES (8u * MIB)

static enum status write_one(const struct story *story, const struct args *args,
                             const struct shop *shop, enum reports_form form, struct buf *out)
{
    struct reports_wish wish;
    struct error error = {{0}};
    struct json json;
    enum status status = reports_period(story, shop, span_of(args_get(args, "from")),
                                        span_of(args_get(args, "to")), &wish, &error);
    if (status != OK) {
        fprintf(stderr, "sidetrack report: %s\n", error.text);
        return status;
    }
    json_start(&json, out);
    say_going("reading %.*s", SPAN_ARG(shop->name));
    status = reports_write(story, span_of(args->words[0]), &wish, form, &json, out);
    say_went();
    if (status == MISSING)
        fprintf(stderr, "sidetrack report: recovery, delivery or match, not `%s`\n",
                args->words[0]);
    else if (status != OK)
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(story->view));
    if (status == OK && form == REPORTS_JSON) {
        json_end(&json);
        buf_add_char(out, '\n');
    }
    return status == MISSING ? INVALID : status;
}

/* The store that is named, else the first; text is told of all. */
static enum status write_all(const struct story *story, const struct args *args, struct buf *out)
{
    enum reports_form form = args_get(args, "json")  ? REPORTS_JSON
                             : args_get(args, "csv") ? REPORTS_CSV
                                                     : REPORTS_TEXT;
    span only = span_of(args_get(args, "store"));
    const struct shop *shop = span_empty(only) ? NULL : story_shop(story, only);
    if (!shop && !span_empty(only)) {
        fprintf(stderr, "sidetrack report: the config has no store `%.*s`\n", SPAN_ARG(only));
        return INVALID;
    }
    if (shop || form != REPORTS_TEXT || story->shop_count == 1)
        return write_one(story, args, shop ? shop : story->shops[0], form, out);
    enum status status = OK;
    for (unsigned i = 0; i < story->shop_count && status == OK; i++) {
        buf_add_text(out, i ? "\n" : "");
        status = write_one(story, args, story->shops[i], form, out);
    }
    return status;
}

static int report(const struct config *config, const char *data, const struct args *args)
{
    struct view *view;
    struct arena arena;
    struct buf out;
    if (look_open(data, &view) != OK)
        return EXIT_FAILED;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    buf_init(&out, OUT_BYTES);
    struct story story = {.view = view,
                          .arena = &arena,
                          .shops = config->shops,
                          .shop_count = config->shop_count,
                          .outlets = config->outlets,
                          .outlet_count = config->outlet_count,
                          .now = clock_now(&clock_real)};
    enum status status = write_all(&story, args, &out);
    if (status == OK)
        say_either(buf_span(&out), args_get(args, "json") || args_get(args, "csv"));
    buf_done(&out);
    arena_done(&arena);
    view_close(view);
    return status == OK ? EXIT_DONE : status == INVALID ? EXIT_WRONG : EXIT_FAILED;
}

int report_verb(const struct args *args)
{
    const char *path = args_get(args, "config") ? args_get(args, "config") : CONFIG_FILE;
    const struct config *config = NULL;
    struct buf troubles;
    buf_init(&troubles, CONFIG_TROUBLES);
    int code = EXIT_WRONG;
    if (config_load(path, &troubles, &config) == OK)
        code = report(config, config->data.ptr, args);
    else
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
    buf_done(&troubles);
    config_free(config);
    return code;
}
