/*
 * `sidetrack describe snippet` and `describe pixel`: what to paste, of the store of --store or the
 * only one.
 */
#include <stdio.h>

#include "../base/limits.h"
#include "../story/paste.h"
#include "config.h"
#include "describe.h"
#include "say.h"
#include "verbs.h"

static int paste(const struct args *args, const struct config *config, const struct shop *shop)
{
    struct arena arena;
    struct buf out;
    if (!shop) {
        fprintf(stderr, "sidetrack describe: say which store of the config with --store\n");
        return EXIT_WRONG;
    }
    arena_init(&arena, 64 * KIB);
    buf_init(&out, LIMIT_SNIPPET_BYTES);
    struct story story = {
        .arena = &arena, .outlets = config->outlets, .outlet_count = config->outlet_count};
    struct snippet_pixel pixel = paste_pixel_of(&story, shop);
    if (strcmp(args->words[0], "snippet") == 0)
        paste_snippet(arena_text(&arena, paste_gateway(shop)), shop->snippet_path, &out);
    else
        paste_pixel(&pixel, &out);
    if (args_get(args, "json")) {
        struct say say;
        struct json *json = say_start(&say);
        json_put_text(json, "store", shop->name);
        json_put_text(json, args->words[0], buf_span(&out));
        say_end(&say);
    } else {
        fwrite(out.ptr, 1, out.len, stdout);
    }
    buf_done(&out);
    arena_done(&arena);
    return EXIT_DONE;
}

int describe_paste(const struct args *args)
{
    const struct config *config;
    struct buf troubles;
    const char *path = args_get(args, "config") ? args_get(args, "config") : CONFIG_FILE;
    buf_init(&troubles, CONFIG_TROUBLES);
    enum status status = config_load(path, &troubles, &config);
    if (status != OK)
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
    buf_done(&troubles);
    if (status != OK)
        return EXIT_WRONG;
    int code = paste(args, config, config_shop(config, args_get(args, "store")));
    config_free(config);
    return code;
}
