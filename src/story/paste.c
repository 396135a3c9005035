/*
 * See paste.h. The tags of the custom pixel are those of the store's `bridge`; their ids are the
 * destinations' own: pixel_id, pixel_code, and GA4's measurement_id for Google.
 */
#include "paste.h"

const char *const paste_topics[] = {"orders/create",    "orders/paid",
                                    "orders/updated",   "orders/cancelled",
                                    "orders/fulfilled", "orders/partially_fulfilled",
                                    "refunds/create",   "fulfillments/update",
                                    "checkouts/create", "checkouts/update",
                                    "customers/create", "customers/update",
                                    "app/uninstalled",  NULL};
const char *const paste_compliance[] = {"customers/data_request", "customers/redact", "shop/redact",
                                        NULL};

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

/* The name under which browsers reach us: one for the store, else the shop's own, which then has
   us behind a path. */
span paste_gateway(const struct shop *shop)
{
    const struct span_list *lists[] = {&shop->gateway_hosts, &shop->hosts};
    for (unsigned k = 0; k < COUNT_OF(lists); k++)
        for (unsigned i = 0; i < lists[k]->count; i++)
            if (!span_starts(lists[k]->items[i], "*."))
                return lists[k]->items[i];
    return SPAN("YOUR-GATEWAY");
}

static span option_of(const struct story *story, const struct shop *shop, const char *destination,
                      const char *name)
{
    const struct outlet_spec *outlet = story_outlet(story, shop->name, span_of(destination));
    const struct option *option = outlet ? outlet->destination->options : NULL;
    while (option && option->name && strcmp(option->name, name) != 0)
        option++;
    return option && option->name
               ? *(const span *)(const void *)((const char *)outlet->settings + option->offset)
               : (span){0};
}

struct snippet_pixel paste_pixel_of(const struct story *story, const struct shop *shop)
{
    static const struct {
        const char *destination, *option;
    } ids[TAG_COUNT] = {
        [TAG_META] = {"meta", "pixel_id"},
        [TAG_TIKTOK] = {"tiktok", "pixel_code"},
        [TAG_GOOGLE] = {"ga4", "measurement_id"},
    };
    struct snippet_pixel pixel = {
        .collect = arena_print(story->arena, "https://%.*s%.*s", SPAN_ARG(paste_gateway(shop)),
                               SPAN_ARG(shop->collect_path)),
        .cookie = shop->cookie_name,
        .attribute = shop->cart_attribute,
        .shop = shop,
    };
    for (unsigned i = 0; i < TAG_COUNT; i++)
        if (shop->bridge & (1u << i))
            pixel.tags[i] = option_of(story, shop, ids[i].destination, ids[i].option);
    return pixel;
}
