/*
 * The way in for browsers: POST {collect_path}, INTERFACE section 5.
 *
 *   {"v":1, "visitor", "sent_at", "consent", "page", "ids", "who", "events":[…]}    our snippet
 *   {"v":1, "visitor", "sent_at", "privacy", "ids", "pixel":{…}}                    Shopify's pixel
 *
 * Nobody signs these bodies: anybody can post anything, so they may enrich and never decide. A
 * body that is not this form at all is refused whole; one bad event of a good body is refused and
 * named, and its neighbours are kept, because a browser that is told "400" would drop or resend
 * all of them. The words of an order's later life and the shop's own facts may not be said here.
 *
 * envelope.c reads what surrounds the events, data.c what is in them, pixel.c the second form.
 */
#include "data.h"
#include "envelope.h"
#include "pick.h"
#include "pixel.h"
#include "../base/limits.h"

static enum source_verdict malformed(struct source_batch *ret_batch, const char *error,
                                     const char *detail)
{
    *ret_batch = (struct source_batch){.error = error, .detail = span_of(detail)};
    return SOURCE_MALFORMED;
}

static void read_event(struct envelope *envelope, const struct json_value *json)
{
    struct event event = envelope->seed;
    event.id = pick_exact(json, "id", LIMIT_TEXT_BYTES);
    static const struct data_trouble not_object = {"event_not_object",
                                                   "an event must be an object"};
    const struct data_trouble *trouble = &not_object;
    if (json->kind == JSON_OBJECT)
        trouble = data_name(span_trim(json_get_text(json, "name")), &event);
    if (!trouble)
        trouble = data_read(envelope->arena, envelope->shop, json_get(json, "data"), &event);
    if (trouble) {
        envelope_refuse(envelope, event.id, trouble->word, trouble->sentence);
        return;
    }
    envelope_time(envelope, pick_ms(json, "at"), &event);
    envelope_take(envelope, &event);
}

static enum source_verdict decode_events(const struct http_request *request,
                                         const struct shop *shop, struct arena *arena,
                                         const struct json_value *root,
                                         struct source_batch *ret_batch)
{
    const struct json_value *events = json_get(root, "events");
    if (!events || events->kind != JSON_ARRAY)
        return malformed(ret_batch, "events_missing", "events must be an array");
    if (events->count > LIMIT_BATCH_EVENTS)
        return malformed(ret_batch, "events_too_many", "more than 100 events in one body");
    struct envelope envelope;
    envelope_init(&envelope, request, shop, arena, root, SOURCE_BROWSER, events->count);
    for (const struct json_value *event = events->first; event; event = event->next)
        read_event(&envelope, event);
    envelope_finish(&envelope, ret_batch);
    return SOURCE_TAKEN;
}

static enum source_verdict collect_decode(const struct http_request *request,
                                          const struct shop *shop, struct arena *arena,
                                          struct source_batch *ret_batch)
{
    const struct json_value *root;
    struct error error = {0};
    if (json_parse(arena, request->body, &root, &error) != OK) {
        const char *detail = arena_text(arena, span_of(error.text));
        bool text = span_utf8(request->body);
        return malformed(ret_batch, text ? "json_invalid" : "utf8_invalid", detail);
    }
    if (root->kind != JSON_OBJECT)
        return malformed(ret_batch, "body_not_object", "the body must be one JSON object");
    span version = json_get_number(root, "v");
    if (span_empty(version))
        return malformed(ret_batch, "version_missing", "v must be 1");
    if (!span_is(version, "1"))
        return malformed(ret_batch, "version_unknown", "v must be 1");
    if (json_get(root, "pixel"))
        return pixel_decode(request, shop, arena, root, ret_batch);
    return decode_events(request, shop, arena, root, ret_batch);
}

static const char *const fields[][2] = {
    {"visitor", "who.visitor, if it is a ULID"},
    {"sent_at", "the client's clock: times are corrected when it is off by more than 5 minutes"},
    {"consent.*", "consent, as said, or by its TC string (`tcf`)"},
    {"Sec-GPC: 1, gpc", "consent.sale_of_data denied, as of the event"},
    {"privacy.* (pixel)", "consent, source shopify_cpa"},
    {"webdriver", "navigator.webdriver: true counts towards bot.score"},
    {"page.url referrer title language", "client.*"},
    {"ids.fbp fbc ga ga_session ttp gad clicks", "client.*, verbatim"},
    {"ids.gclid gbraid wbraid ttclid epik kx", "client.*; the page URL's own parameter wins"},
    {"fbclid in page.url", "client.fbc, unless ids.fbc names the same click"},
    {"ids.client_id", "client.client_id"},
    {"ids.cart_token checkout_token", "order.cart_token, order.checkout_token"},
    {"ids.link, link_parameter in page.url", "who.email, if we signed it"},
    {"who.email phone customer_id", "who.*, as given"},
    {"User-Agent, peer address", "client.user_agent, client.ip"},
    {"events[].id name at", "id, name, at (raw time kept for deduplication)"},
    {"events[].data.query collection", "query, collection"},
    {"events[].data.value currency items", "value, currency (the shop's if absent), items"},
    {"events[].data.checkout_token …", "order.checkout_token, cart_token, id, coupon, first_order"},
    {"events[].data, other members", "custom, up to 8 KiB; what does not fit is dropped"},
    {"pixel.id name timestamp clientId", "id, name, at, client.client_id"},
    {"pixel.context", "client.url, referrer, title, language, user_agent"},
    {"pixel.data.checkout", "order tokens, who (email, phone, names, addresses), items, value"},
    {"pixel.data.cart cartLine productVariant", "items, value, currency"},
    {"pixel.customData", "like events[].data"},
    {NULL, NULL},
};

const struct source source_collect = {
    .name = "browser",
    .essay = "Events from our snippet and from Shopify's web pixel; unsigned, so they enrich only.",
    .decode = collect_decode,
    .fields = fields,
};
