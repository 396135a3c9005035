/*
 * A checklist that turns green by itself: a step is done when the journal has its first event (its
 * newest time is told, looked for among the last rows), or when a destination has accepted one.
 */
#include "steps.h"

#include "../base/limits.h"
#include "paste.h"

static void put_paste(struct json *json, const char *title, const char *where, span text)
{
    json_open(json, NULL, '{');
    json_put_text(json, "title", span_of(title));
    json_put_text(json, "where", span_of(where));
    json_put_text(json, "text", text);
    json_close(json, '}');
}

static void put_pastes(const struct story *story, const struct shop *shop, struct json *json)
{
    span host = paste_gateway(shop);
    struct snippet_pixel pixel = paste_pixel_of(story, shop);
    struct buf text;
    buf_init(&text, LIMIT_SNIPPET_BYTES);
    json_open(json, "paste", '[');
    put_paste(json, "The snippet",
              "Shopify: Online Store > Themes > Edit code > layout/theme.liquid, before </head>. "
              "Elsewhere: the same place of every page.",
              arena_print(story->arena, "<script src=\"https://%.*s%.*s\" async></script>",
                          SPAN_ARG(host), SPAN_ARG(shop->snippet_path)));
    if (!span_empty(shop->shopify.domain)) {
        snippet_pixel(&pixel, &text);
        put_paste(json, "The checkout's pixel",
                  "Shopify: Settings > Customer events > Add custom pixel, permission required for "
                  "marketing and analytics",
                  buf_span(&text));
        buf_reset(&text);
        for (unsigned i = 0; paste_topics[i]; i++)
            buf_print(&text, "%s ", paste_topics[i]);
        for (unsigned i = 0; paste_compliance[i]; i++)
            buf_print(&text, "%s ", paste_compliance[i]);
        put_paste(
            json, "Webhooks: the address",
            "Shopify: the subscriptions of your app, signed with its client secret "
            "(`shopify.secrets`); or Settings > Notifications > Webhooks, format JSON, signed "
            "with the key that stands below them there (`shopify.notification_secret`)",
            arena_print(story->arena, "https://%.*s/shopify/webhooks", SPAN_ARG(host)));
        put_paste(json, "Webhooks: the topics", "one subscription each, to that address",
                  span_trim(buf_span(&text)));
    }
    json_close(json, ']');
    buf_done(&text);
}

static void put_check(struct json *json, span id, int64_t at, const char *hint)
{
    json_open(json, NULL, '{');
    json_put_text(json, "id", id);
    json_put_bool(json, "done", at > 0);
    if (at > 0)
        json_put_int(json, "at", at);
    else
        json_put_null(json, "at");
    json_put_text(json, "hint", span_of(hint));
    json_close(json, '}');
}

/* The bookmark's words where it stands still, else what to wait for. */
static enum status put_delivery(const struct story *story, const struct outlet_spec *spec,
                                int64_t shop, struct json *json)
{
    span name = span_of(spec->destination->name);
    struct bookmark_row bookmark = {.paused = false};
    int64_t at = 0, recent;
    enum status status = report_accepted(story->view, shop, name, 0, &at, &recent);
    if (status == OK)
        status = bookmark_get(story->view, story->arena, shop, name, &bookmark);
    if (status != OK && status != MISSING)
        return status;
    const char *hint = "Turns green with the first event that the platform accepts.";
    if (!spec->settings->enabled)
        hint = "Switched off in the config (enabled: false).";
    else if (bookmark.paused)
        hint =
            arena_print(story->arena, "Stands still: %.*s", SPAN_ARG(bookmark.paused_reason)).ptr;
    else if (spec->settings->mode != OUTLET_LIVE)
        hint = "Not in live mode: the platform keeps nothing.";
    put_check(json, arena_print(story->arena, "delivery:%s", spec->destination->name), at, hint);
    return OK;
}

enum status steps_put(const struct story *story, const struct shop *shop, struct json *json)
{
    struct report_seen seen;
    int64_t number = story_number(story, shop);
    enum status status = report_seen(story->view, number, &seen);
    json_open(json, NULL, '{');
    put_pastes(story, shop, json);
    json_open(json, "checks", '[');
    put_check(json, SPAN("snippet"), seen.snippet,
              "Open a page of the shop and accept the consent banner.");
    if (!span_empty(shop->shopify.domain)) {
        put_check(json, SPAN("pixel"), seen.pixel, "Begin a checkout in the shop.");
        put_check(json, SPAN("webhook"), seen.webhook,
                  "Place an order, or send a test notification from Shopify.");
    }
    if (shop->api_tokens.count > 0)
        put_check(json, SPAN("api"), seen.api, "Send an event to POST /v1/events.");
    for (unsigned i = 0; i < story->outlet_count && status == OK; i++)
        if (story->outlets[i].shop == shop)
            status = put_delivery(story, &story->outlets[i], number, json);
    json_close(json, ']');
    json_close(json, '}');
    return status;
}
