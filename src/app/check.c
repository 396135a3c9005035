/*
 * `sidetrack check`: loads the config as `serve` would and says every error at once; with --online
 * it then asks the platforms (check_online.c). --json says the same to programs.
 *
 * Exit: 0 all is well, 1 a platform would not take our events, 2 the config is wrong.
 */
#include "check.h"

#include "verbs.h"

static void put_lines(struct json *json, const char *key, span lines)
{
    span line;
    json_open(json, key, '[');
    while (span_split(&lines, '\n', &line))
        if (!span_empty(line))
            json_put_text(json, NULL, line);
    json_close(json, ']');
}

static void put_destinations(struct json *json, const struct config *config)
{
    json_open(json, "destinations", '[');
    for (unsigned i = 0; config && i < config->outlet_count; i++) {
        const struct outlet_spec *o = &config->outlets[i];
        json_open(json, NULL, '{');
        json_put_text(json, "store", o->shop->name);
        json_put_text(json, "destination", span_of(o->destination->name));
        json_put_bool(json, "enabled", o->settings->enabled);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static int as_json(const struct config *config, span troubles, bool online)
{
    struct buf out;
    struct json json;
    int exit = config ? EXIT_DONE : EXIT_WRONG;
    buf_init(&out, 4 * CONFIG_TROUBLES);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_bool(&json, "good", config != NULL);
    put_lines(&json, "troubles", troubles);
    put_lines(&json, "warnings", config ? config->warnings : (span){0});
    put_destinations(&json, config);
    if (config && online) {
        json_open(&json, "online", '[');
        if (!check_online(config, &json))
            exit = EXIT_FAILED;
        json_close(&json, ']');
    }
    json_close(&json, '}');
    json_end(&json);
    printf("%.*s\n", SPAN_ARG(buf_span(&out)));
    buf_done(&out);
    return exit;
}

static void summarise(const struct config *config, const char *path)
{
    static const char *const modes[] = {
        [OUTLET_LIVE] = "", [OUTLET_DRY] = " (dry)", [OUTLET_VALIDATE] = " (validate)"};
    printf("%.*s", SPAN_ARG(config->warnings));
    printf("%s: good; %u %s, %u %s\n", path, config->shop_count,
           config->shop_count == 1 ? "store" : "stores", config->outlet_count,
           config->outlet_count == 1 ? "destination" : "destinations");
    for (unsigned i = 0; i < config->outlet_count; i++) {
        const struct outlet_spec *o = &config->outlets[i];
        printf("  %.*s -> %s%s%s\n", SPAN_ARG(o->shop->name), o->destination->title,
               modes[o->settings->mode], o->settings->enabled ? "" : " (disabled)");
    }
    fflush(stdout);
}

int check_verb(const struct args *args)
{
    const char *path = args_get(args, "config");
    bool online = args_get(args, "online") != NULL;
    const struct config *config = NULL;
    struct buf troubles;
    int exit = EXIT_DONE;
    path = path ? path : CONFIG_FILE;
    buf_init(&troubles, CONFIG_TROUBLES);
    enum status status = config_load(path, &troubles, &config);
    if (args_get(args, "json")) {
        exit = as_json(status == OK ? config : NULL, buf_span(&troubles), online);
    } else if (status != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
        exit = EXIT_WRONG;
    } else {
        summarise(config, path);
        if (online && !check_online(config, NULL))
            exit = EXIT_FAILED;
    }
    buf_done(&troubles);
    config_free(config);
    return exit;
}
