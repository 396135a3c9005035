/*
 * `sidetrack check`: loads the config as `serve` would and says every error at once.
 */
#include "config.h"
#include "verbs.h"

int check_verb(const struct args *args)
{
    const char *path = args_get(args, "config");
    const struct config *config = NULL;
    struct buf troubles;
    path = path ? path : CONFIG_FILE;
    if (args_get(args, "online")) {
        fprintf(stderr, "sidetrack check: --online is planned and not built yet\n");
        return EXIT_WRONG;
    }
    buf_init(&troubles, CONFIG_TROUBLES);
    enum status status = config_load(path, &troubles, &config);
    if (status != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&troubles)));
    } else {
        printf("%.*s", SPAN_ARG(config->warnings));
        printf("%s: good; %u %s, %u %s\n", path, config->shop_count,
               config->shop_count == 1 ? "store" : "stores", config->outlet_count,
               config->outlet_count == 1 ? "destination" : "destinations");
        for (unsigned i = 0; i < config->outlet_count; i++) {
            const struct outlet_spec *o = &config->outlets[i];
            printf("  %.*s -> %s%s\n", SPAN_ARG(o->shop->name), o->destination->title,
                   o->settings->enabled ? "" : " (disabled)");
        }
    }
    buf_done(&troubles);
    config_free(config);
    return status == OK ? EXIT_DONE : EXIT_WRONG;
}
