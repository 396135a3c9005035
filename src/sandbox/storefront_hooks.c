/*
 * Webhooks as Shopify sends them: signed over the raw bytes, one id for every delivery and its
 * retries, 2xx or it is tried again.
 *
 *   X-Shopify-Hmac-SHA256 = base64(HMAC-SHA256(secret, body))          (contracts/sources 1.3)
 *   tries: 1 + 8, as Shopify; pauses 250 ms x 2^n up to 8 s, where Shopify takes 4 hours
 *   one whole try takes at most 5 s, connecting at most 1 s             (1.4)
 *
 * What is in flight is bounded; beyond the ceiling a webhook is lost, as they are in life, and
 * counted. Orders keep what was sent, to send it again on demand.
 */
#include "storefront_private.h"

#include <stdlib.h>

#include "../base/date.h"
#include "../base/hash.h"

#define TRIES_MOST     9u
#define PAUSE_FIRST_MS 250u
#define PAUSE_MOST_MS  8000u
#define IN_FLIGHT_MOST 1000u
#define API_VERSION    "2026-07"

struct delivery {
    struct delivery *previous, *next;
    struct storefront_hooks *hooks;
    struct arena arena; /* everything of the call */
    struct http_call call;
    struct http_header headers[8];
    unsigned header_count;
    uv_timer_t timer;
    unsigned tries;
};

struct storefront_hooks {
    struct storefront *shop;
    struct caller *caller;
    struct delivery *first;
    unsigned in_flight;
    bool closing;
};

struct storefront_hooks *storefront_hooks_open(struct storefront *shop)
{
    static const struct call_options options = {.total_ms = 5000, .connect_ms = 1000};
    struct storefront_hooks *hooks = calloc(1, sizeof *hooks);
    if (hooks == NULL)
        abort();
    hooks->shop = shop;
    if (call_open(shop->loop, &options, &hooks->caller) != OK) {
        free(hooks);
        return NULL;
    }
    return hooks;
}

static void delivery_closed(uv_handle_t *timer)
{
    struct delivery *delivery = timer->data;
    arena_done(&delivery->arena);
    free(delivery);
}

static void delivery_end(struct delivery *delivery)
{
    struct storefront_hooks *hooks = delivery->hooks;
    if (delivery->previous)
        delivery->previous->next = delivery->next;
    else
        hooks->first = delivery->next;
    if (delivery->next)
        delivery->next->previous = delivery->previous;
    hooks->in_flight--;
    uv_close((uv_handle_t *)&delivery->timer, delivery_closed);
}

static void delivery_try(uv_timer_t *timer);

static void delivery_answered(void *arg, const struct call_result *result)
{
    struct delivery *delivery = arg;
    bool taken = result->fate == CALL_ANSWERED && result->response.status / 100 == 2;
    if (taken || delivery->tries >= TRIES_MOST || delivery->hooks->closing) {
        delivery_end(delivery);
        return;
    }
    unsigned pause = PAUSE_FIRST_MS << (delivery->tries - 1);
    uv_timer_start(&delivery->timer, delivery_try, pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS,
                   0);
}

static void delivery_try(uv_timer_t *timer)
{
    struct delivery *delivery = timer->data;
    delivery->tries++;
    call_send(delivery->hooks->caller, &delivery->call, delivery_answered, delivery);
}

static void header(struct delivery *delivery, const char *name, span value)
{
    delivery->headers[delivery->header_count++] = (struct http_header){span_of(name), value};
}

static void write_call(struct delivery *delivery, const struct storefront_options *options,
                       const struct storefront_sent *sent)
{
    struct arena *arena = &delivery->arena;
    uint8_t mac[HASH_SIZE];
    span body = arena_copy(arena, sent->body);
    hash_hmac_sha256(options->secret, body, mac);
    header(delivery, "Content-Type", SPAN("application/json"));
    header(delivery, "X-Shopify-Topic", span_of(sent->topic));
    header(delivery, "X-Shopify-Hmac-SHA256", hash_to_base64(arena, mac, sizeof mac));
    header(delivery, "X-Shopify-Shop-Domain", options->shopify_domain);
    header(delivery, "X-Shopify-API-Version", SPAN(API_VERSION));
    header(delivery, "X-Shopify-Webhook-Id", arena_copy(arena, span_of(sent->webhook_id)));
    header(delivery, "X-Shopify-Event-Id", arena_copy(arena, span_of(sent->event_id)));
    header(delivery, "X-Shopify-Triggered-At", date_print_ms(arena, sent->triggered_at));
    delivery->call = (struct http_call){
        .method = "POST",
        .url = arena_join(arena, options->gateway, SPAN("/shopify/webhooks")),
        .headers = delivery->headers,
        .header_count = delivery->header_count,
        .body = body,
    };
}

static void deliver(struct storefront *shop, const struct storefront_sent *sent)
{
    struct storefront_hooks *hooks = shop->hooks;
    if (hooks->in_flight >= IN_FLIGHT_MOST)
        return;
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (delivery == NULL)
        abort();
    arena_init(&delivery->arena, 4 * STOREFRONT_BODY);
    delivery->hooks = hooks;
    delivery->next = hooks->first;
    if (hooks->first)
        hooks->first->previous = delivery;
    hooks->first = delivery;
    hooks->in_flight++;
    uv_timer_init(shop->loop, &delivery->timer);
    delivery->timer.data = delivery;
    write_call(delivery, &shop->options, sent);
    delivery_try(&delivery->timer);
}

static struct storefront_sent *sent_make(const char *topic, span body)
{
    struct storefront_sent *sent = calloc(1, sizeof *sent + body.len);
    if (sent == NULL)
        abort();
    memcpy(sent + 1, body.ptr, body.len);
    sent->topic = topic;
    sent->body = (span){(const char *)(sent + 1), body.len};
    return sent;
}

void storefront_hooks_send(struct storefront *shop, struct storefront_order *order,
                           const char *topic, const char *event_id, int64_t triggered_at, span body)
{
    struct storefront_sent *sent = sent_make(topic, body);
    storefront_uuid(shop, sent->webhook_id);
    snprintf(sent->event_id, sizeof sent->event_id, "%s", event_id);
    sent->triggered_at = triggered_at;
    if (order && order->hold) {
        struct storefront_sent **end = &order->held;
        while (*end)
            end = &(*end)->next;
        *end = sent;
        return;
    }
    deliver(shop, sent);
    if (order == NULL) {
        free(sent);
        return;
    }
    sent->next = order->sent;
    order->sent = sent;
}

void storefront_hooks_release(struct storefront *shop, struct storefront_order *order)
{
    order->hold = false;
    while (order->held) {
        struct storefront_sent *sent = order->held;
        order->held = sent->next;
        deliver(shop, sent);
        sent->next = order->sent;
        order->sent = sent;
    }
}

enum status storefront_hooks_resend(struct storefront *shop, struct storefront_order *order,
                                    span topic, bool same_id)
{
    struct storefront_sent *sent = order->sent;
    while (sent && !span_is(topic, sent->topic))
        sent = sent->next;
    if (sent == NULL)
        return MISSING;
    if (!same_id)
        storefront_uuid(shop, sent->webhook_id);
    deliver(shop, sent);
    return OK;
}

static void forget(struct storefront_sent *sent)
{
    while (sent) {
        struct storefront_sent *next = sent->next;
        free(sent);
        sent = next;
    }
}

void storefront_hooks_forget(struct storefront_order *order)
{
    forget(order->sent);
    forget(order->held);
}

void storefront_hooks_close(struct storefront_hooks *hooks)
{
    hooks->closing = true;
    call_close(hooks->caller); /* ends what is running, by its callbacks */
    while (hooks->first)
        delivery_end(hooks->first);
    free(hooks);
}
