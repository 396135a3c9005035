/*
 * The four ways in: the collect path, the shop's app proxy, Shopify's webhooks, the server API.
 * Each asks who is speaking, cheap questions first, has its source read the body and hands over.
 */
#include "../base/url.h"
#include "../event/bot.h"
#include "count.h"
#include "receive_cookie.h"
#include "receive_private.h"

#define VIEWS_A_SECOND 2u /* with ten seconds' worth at once (receive_rate.h) */

static bool content_type_taken(span type)
{
    size_t end = span_find(type, 0, ';');
    span media = span_trim(span_sub(type, 0, end));
    return span_empty(media) || span_equal_nocase(media, SPAN("text/plain")) ||
           span_equal_nocase(media, SPAN("application/json"));
}

/* Cheap questions first: nothing of the body is read for who asks too often. */
static bool may_send(struct receiver *receiver, struct exchange *exchange, const struct shop *shop,
                     struct http_header *headers, unsigned count)
{
    const struct http_request *request = &exchange->request;
    int64_t now = clock_now(receiver->options.clock);
    if (!content_type_taken(http_request_header(request, "content-type"))) {
        receive_reject(exchange, 400, "content_type", "Send text/plain or application/json.",
                       headers, count);
        return false;
    }
    if (receive_rate_take(&receiver->client_rate, request->client_ip, receiver->options.rate_per_ip,
                          now) &&
        receive_rate_take(&receiver->store_rate, shop->name, receiver->options.rate_per_store, now))
        return true;
    headers[count++] = RECEIVE_RETRY_LATER;
    receive_reject(exchange, 429, "too_many_requests", "Slow down and send it again.", headers,
                   count);
    return false;
}

/* What looks like a program is marked, never turned away. */
static void mark_bots(struct receiver *receiver, struct exchange *exchange, const struct shop *shop,
                      const struct source_batch *batch)
{
    struct bot_hints hints = {.hosted =
                                  bot_hosted(geo_network(receiver->options.geo, exchange->arena,
                                                         exchange->request.client_ip))};
    for (unsigned i = 0; i < batch->events.count; i++) {
        struct event *event = &batch->events.events[i];
        hints.automated = event->aside.automated;
        hints.fast |=
            bot_counts_view(event) && !span_empty(event->who.visitor) &&
            !receive_rate_take(&receiver->views, event->who.visitor, VIEWS_A_SECOND, event->at);
        event->bot = bot_judge(exchange->arena, event->client.user_agent, &hints);
        if (bot_sure(event))
            count_add(COUNT_BOTS, shop->name, event->bot.why, (span){0}, 1);
    }
}

/* A browser's body, straight or through the shop's own address. */
static void receive_body(struct receiver *receiver, struct exchange *exchange,
                         const struct receive_place *place, const struct source *source)
{
    const struct http_request *request = &exchange->request;
    struct http_header headers[RECEIVE_CORS_HEADERS + 1];
    unsigned count = receive_route_cors(request, place->origin, false, headers);
    struct source_batch batch = {0};
    if (!may_send(receiver, exchange, place->shop, headers, count))
        return;
    enum source_verdict verdict = source->decode(request, place->shop, exchange->arena, &batch);
    if (verdict != SOURCE_TAKEN) {
        receive_reject(exchange, 400, batch.error, arena_text(exchange->arena, batch.detail),
                       headers, count);
        return;
    }
    bool pixel = batch.events.count == 0 || batch.events.events[0].source == SOURCE_PIXEL;
    if (place->origin == ORIGIN_NULL && !pixel) {
        receive_reject(exchange, 403, "origin_not_allowed",
                       "Origin null may send pixel events only.", headers, count);
        return;
    }
    if (batch.events.count == 0) { /* nothing to keep: answer at once */
        receive_count_refused(&batch);
        receive_answer_collected(receiver, exchange, place->shop, &batch, place->origin, (span){0});
        return;
    }
    mark_bots(receiver, exchange, place->shop, &batch);
    struct parcel parcel = {
        .shop = place->shop,
        .source = source,
        .verdict = verdict,
        .origin = place->origin,
        .adopted =
            receive_cookie_adopt(exchange->arena, request, place->shop, place->origin, &batch),
    };
    parcel.batch = batch; /* now that its visitor is known */
    receive_hand_over(receiver, exchange, &parcel);
}

static void reject_foreign(struct exchange *exchange, const struct http_header *headers,
                           unsigned count)
{
    receive_reject(exchange, 403, "origin_not_allowed",
                   "This page may not send events to this store; list its host under `hosts`.",
                   headers, count);
}

void receive_collect(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    struct http_header headers[RECEIVE_CORS_HEADERS + 1];
    struct receive_place place;
    receive_route_collect(request, receiver->options.shops, receiver->options.shop_count, &place);
    unsigned count =
        receive_route_cors(request, place.origin, span_is(request->method, "OPTIONS"), headers);
    if (place.origin == ORIGIN_FOREIGN) {
        reject_foreign(exchange, headers, count);
    } else if (place.error) {
        receive_reject(exchange, 404, place.error, "No store answers under this host and path.",
                       headers, count);
    } else if (span_is(request->method, "OPTIONS")) {
        listen_answer(exchange, 204, headers, count, (span){0});
    } else if (!span_is(request->method, "POST")) {
        headers[count++] = (struct http_header){SPAN("Allow"), SPAN("POST, OPTIONS")};
        receive_reject(exchange, 405, "method_not_allowed", "Events are sent with POST.", headers,
                       count);
    } else {
        receive_body(receiver, exchange, &place, &source_collect);
    }
}

/* Shopify's word for who the browser is: the first hop, since the others are Shopify's. */
static span first_hop(const struct http_request *request)
{
    span hops = http_request_header(request, "x-forwarded-for");
    span first = span_trim(span_sub(hops, 0, span_find(hops, 0, ',')));
    return addr_public(first) ? first : request->client_ip;
}

/* A POST is a collect body; a GET shows a person that the proxy leads here. */
void receive_proxy(struct receiver *receiver, struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    struct receive_place place = {
        .shop = receive_route_shopify(url_query_get(exchange->arena, request->query, "shop"),
                                      receiver->options.shops, receiver->options.shop_count)};
    if (!place.shop) {
        receive_reject(exchange, 401, "store_unknown", "No store with this `shop`.", NULL, 0);
        return;
    }
    if (!source_proxy.verify(request, place.shop, exchange->arena)) {
        receive_reject(exchange, 401, "signature_invalid",
                       "The signature does not fit the query, or is older than 90 seconds.", NULL,
                       0);
        return;
    }
    /* Another site's page must not speak with the name of whoever is logged in here; nor may a
       frame without an origin, which any page can open: it is heard as on the collect path. */
    enum receive_origin origin =
        receive_route_origin(place.shop, http_request_header(request, "origin"));
    if (origin == ORIGIN_FOREIGN) {
        reject_foreign(exchange, NULL, 0);
    } else if (span_is(request->method, "GET")) {
        receive_answer_plain(exchange, SPAN("ok\n"));
    } else if (!span_is(request->method, "POST")) {
        receive_reject_method(exchange, "GET, POST", "Events are sent with POST.");
    } else {
        request->client_ip = first_hop(request);
        receive_body(receiver, exchange, &place,
                     origin == ORIGIN_NULL ? &source_collect : &source_proxy);
    }
}

void receive_webhook(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    if (!span_is(request->method, "POST")) {
        receive_reject_method(exchange, "POST", "Webhooks come with POST.");
        return;
    }
    span topic = http_request_header(request, "x-shopify-topic");
    const struct shop *shop =
        receive_route_shopify(http_request_header(request, "x-shopify-shop-domain"),
                              receiver->options.shops, receiver->options.shop_count);
    if (!shop) {
        receive_log_webhook(receiver, RECEIVE_LOG_REFUSED, NULL, topic, "store_unknown");
        receive_reject(exchange, 401, "store_unknown", "No store with this X-Shopify-Shop-Domain.",
                       NULL, 0);
        return;
    }
    if (!source_shopify.verify(request, shop, exchange->arena)) {
        receive_log_webhook(receiver, RECEIVE_LOG_REFUSED, shop, topic, "hmac_invalid");
        receive_reject(exchange, 401, "hmac_invalid", "The signature does not fit the body.", NULL,
                       0);
        return;
    }
    struct source_batch batch = {0};
    enum source_verdict verdict = source_shopify.decode(request, shop, exchange->arena, &batch);
    struct parcel parcel = {.shop = shop,
                            .source = &source_shopify,
                            .verdict = verdict,
                            .origin = ORIGIN_NONE,
                            .batch = batch};
    receive_hand_over(receiver, exchange, &parcel);
}

void receive_api(struct receiver *receiver, struct exchange *exchange)
{
    const struct http_request *request = &exchange->request;
    if (!span_is(request->method, "POST")) {
        receive_reject_method(exchange, "POST", "Events are sent with POST.");
        return;
    }
    const struct shop *shop = NULL;
    for (unsigned i = 0; i < receiver->options.shop_count && !shop; i++)
        if (source_api.verify(request, receiver->options.shops[i], exchange->arena))
            shop = receiver->options.shops[i];
    if (!shop) {
        struct http_header bearer = {SPAN("WWW-Authenticate"), SPAN("Bearer")};
        receive_reject(exchange, 401, "token_invalid",
                       "No store has this token under `api_tokens`.", &bearer, 1);
        return;
    }
    struct source_batch batch = {0};
    enum source_verdict verdict = source_api.decode(request, shop, exchange->arena, &batch);
    if (verdict != SOURCE_TAKEN) {
        receive_reject(exchange, 400, batch.error, arena_text(exchange->arena, batch.detail), NULL,
                       0);
        return;
    }
    if (batch.events.count == 0) {
        receive_count_refused(&batch);
        receive_answer_api(receiver, exchange, &batch, NULL);
        return;
    }
    struct parcel parcel = {.shop = shop,
                            .source = &source_api,
                            .verdict = verdict,
                            .origin = ORIGIN_NONE,
                            .batch = batch};
    receive_hand_over(receiver, exchange, &parcel);
}
