/*
 * See paste.h. The tags of the custom pixel are those of the store's `bridge`; their ids are the
 * destinations' own: pixel_id, pixel_code, and GA4's measurement_id for Google.
 */
#include "paste.h"

#include <stdio.h>

#include "../base/limits.h"
#include "config.h"
#include "say.h"
#include "verbs.h"

void paste_snippet(const char *gateway, span path, struct buf *out)
{
    buf_print(
        out,
        "In the theme (layout/theme.liquid), before </head>:\n"
        "  <script src=\"https://%s%.*s\" async></script>\n"
        "On any other site the same line, and for what happens there, by name:\n"
        "  <script>window.sidetrack = window.sidetrack || function () {\n"
        "    (sidetrack.q = sidetrack.q || []).push(arguments) }</script>\n"
        "  sidetrack('event', 'product_viewed', { items: [{ product_id: '1', price: '9.90' }] "
        "})\n"
        "docs/snippet.md says the rest.\n",
        gateway, SPAN_ARG(path));
}

void paste_pixel(const struct snippet_pixel *pixel, struct buf *out)
{
    buf_add_text(
        out, "The checkout does not run the theme; its steps come from Shopify's customer events.\n"
             "In Shopify, Settings > Customer events > Add custom pixel, permission required for\n"
             "marketing and analytics, and paste:\n\n");
    snippet_pixel(pixel, out);
    buf_add_text(out, "\n");
}

static span option_of(const struct config *config, const struct shop *shop, const char *destination,
                      const char *name)
{
    for (unsigned i = 0; i < config->outlet_count; i++) {
        const struct outlet_spec *outlet = &config->outlets[i];
        if (outlet->shop != shop || strcmp(outlet->destination->name, destination) != 0)
            continue;
        for (const struct option *option = outlet->destination->options; option->name; option++)
            if (strcmp(option->name, name) == 0)
                return *(const span *)(const void *)((const char *)outlet->settings +
                                                     option->offset);
    }
    return (span){0};
}

static void describe_pixel(const struct config *config, const struct shop *shop, span gateway,
                           struct arena *arena, struct buf *out)
{
    static const struct {
        const char *destination, *option;
    } ids[TAG_COUNT] = {
        [TAG_META] = {"meta", "pixel_id"},
        [TAG_TIKTOK] = {"tiktok", "pixel_code"},
        [TAG_GOOGLE] = {"ga4", "measurement_id"},
    };
    struct snippet_pixel pixel = {
        .collect =
            arena_print(arena, "https://%.*s%.*s", SPAN_ARG(gateway), SPAN_ARG(shop->collect_path)),
        .cookie = shop->cookie_name,
        .attribute = shop->cart_attribute,
        .shop = shop,
    };
    for (unsigned i = 0; i < TAG_COUNT; i++)
        if (shop->bridge & (1u << i))
            pixel.tags[i] = option_of(config, shop, ids[i].destination, ids[i].option);
    paste_pixel(&pixel, out);
}

/* The name under which browsers reach us: one for the store, else the shop's own, which then has
   us behind a path. */
static span gateway_of(const struct shop *shop)
{
    const struct span_list *lists[] = {&shop->gateway_hosts, &shop->hosts};
    for (unsigned k = 0; k < COUNT_OF(lists); k++)
        for (unsigned i = 0; i < lists[k]->count; i++)
            if (!span_starts(lists[k]->items[i], "*."))
                return lists[k]->items[i];
    return SPAN("YOUR-GATEWAY");
}

static int describe(const struct args *args, const struct config *config, const struct shop *shop)
{
    struct arena arena;
    struct buf out;
    if (!shop) {
        fprintf(stderr, "sidetrack describe: say which store of the config with --store\n");
        return EXIT_WRONG;
    }
    arena_init(&arena, 64 * KIB);
    buf_init(&out, LIMIT_SNIPPET_BYTES);
    span gateway = gateway_of(shop);
    if (strcmp(args->words[0], "snippet") == 0)
        paste_snippet(arena_text(&arena, gateway), shop->snippet_path, &out);
    else
        describe_pixel(config, shop, gateway, &arena, &out);
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

int paste_describe(const struct args *args)
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
    int code = describe(args, config, config_shop(config, args_get(args, "store")));
    config_free(config);
    return code;
}
