/*
 * The way in through the shop's own address: Shopify's app proxy (contracts/sources 4.2).
 *
 *   https://STORE/apps/x/anything?…  ─ Shopify ─>  /shopify/proxy/anything?…&shop=…&signature=…
 *
 * The body is what the collect path takes. Two things are better here: blockers and browsers see
 * the shop's own address, and Shopify signs who is logged in, so `logged_in_customer_id` is as good
 * as a webhook's word (event.customer_signed). What the body itself says of the customer's id is
 * dropped, whoever is logged in. Cookies pass in neither direction: the visitor is in the body.
 *
 * signature: hex HMAC-SHA256 over "key=value" of every other parameter, decoded, values of one key
 * joined by ',', sorted, concatenated. Shopify's Ruby sample sorts the strings and its JS library
 * the keys; they differ where one key begins another, so either is right.
 */
#include <stdlib.h>

#include "source.h"
#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"

#define PARAMETERS_MOST 64u
#define WINDOW_S        90 /* Shopify's own library allows as much */

struct parameter {
    span key, value;
};

struct signed_query {
    struct parameter items[PARAMETERS_MOST];
    unsigned count;
    span signature, timestamp;
};

/* These decide, so nobody may give Shopify a second one to sign beside its own. */
static bool must_be_single(span key)
{
    return span_is(key, "shop") || span_is(key, "timestamp") || span_is(key, "hmac") ||
           span_is(key, "logged_in_customer_id");
}

static bool add(struct arena *arena, struct signed_query *query, span key, span value)
{
    for (unsigned i = 0; i < query->count; i++) {
        if (!span_equal(query->items[i].key, key))
            continue;
        if (must_be_single(key))
            return false;
        query->items[i].value =
            arena_join(arena, arena_join(arena, query->items[i].value, SPAN(",")), value);
        return true;
    }
    if (query->count == PARAMETERS_MOST)
        return false;
    query->items[query->count++] = (struct parameter){key, value};
    return true;
}

static bool read_query(struct arena *arena, span text, struct signed_query *query)
{
    span name, value;
    *query = (struct signed_query){0};
    while (url_query_next(&text, &name, &value)) {
        span key = url_decode(arena, name, true);
        value = url_decode(arena, value, true);
        if (span_is(key, "signature")) {
            if (query->signature.ptr)
                return false;
            query->signature = value;
            continue;
        }
        if (span_is(key, "timestamp"))
            query->timestamp = value;
        if (!add(arena, query, key, value))
            return false;
    }
    return true;
}

static int by_key(const void *a, const void *b)
{
    return span_compare(((const struct parameter *)a)->key, ((const struct parameter *)b)->key);
}

static int by_text(const void *a, const void *b)
{
    return span_compare(((const struct parameter *)a)->value, ((const struct parameter *)b)->value);
}

static span joined(struct arena *arena, const struct parameter *items, unsigned count)
{
    size_t len = 0;
    for (unsigned i = 0; i < count; i++)
        len += items[i].value.len;
    char *text = arena_take(arena, len + 1), *at = text;
    for (unsigned i = 0; i < count; i++) {
        if (items[i].value.len > 0)
            memcpy(at, items[i].value.ptr, items[i].value.len);
        at += items[i].value.len;
    }
    return (span){text, len};
}

static bool signed_with(struct arena *arena, span secret, span message, span signature)
{
    uint8_t mac[HASH_SIZE];
    if (span_empty(secret))
        return false; /* an empty key is one that everybody knows */
    hash_hmac_sha256(secret, message, mac);
    span hex = hash_to_hex(arena, mac, sizeof mac);
    return hash_same(hex.ptr, signature.ptr, hex.len);
}

/* Signed with the app's client secret, which also signs the webhooks an app registers. */
static bool signed_by_shop(struct arena *arena, const struct shop *shop, span message,
                           span signature)
{
    bool good = signed_with(arena, shop->shopify.client_secret, message, signature);
    for (unsigned i = 0; i < shop->shopify.secrets.count; i++)
        good |= signed_with(arena, shop->shopify.secrets.items[i], message, signature);
    return good;
}

static bool proxy_verify(const struct http_request *request, const struct shop *shop,
                         struct arena *arena)
{
    struct signed_query query;
    int64_t second, now = request->received_at / 1000;
    if (!read_query(arena, request->query, &query) || query.signature.len != 2 * HASH_SIZE ||
        span_int(query.timestamp, &second) != OK || second < now - WINDOW_S ||
        second > now + WINDOW_S)
        return false;
    qsort(query.items, query.count, sizeof *query.items, by_key);
    for (unsigned i = 0; i < query.count; i++) {
        struct parameter *item = &query.items[i];
        item->value = arena_join(arena, arena_join(arena, item->key, SPAN("=")), item->value);
    }
    span message = joined(arena, query.items, query.count);
    if (signed_by_shop(arena, shop, message, query.signature))
        return true;
    qsort(query.items, query.count, sizeof *query.items, by_text);
    return signed_by_shop(arena, shop, joined(arena, query.items, query.count), query.signature);
}

static bool is_digits(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return text.len > 0 && text.len <= 20;
}

static enum source_verdict proxy_decode(const struct http_request *request, const struct shop *shop,
                                        struct arena *arena, struct source_batch *ret_batch)
{
    enum source_verdict verdict = source_collect.decode(request, shop, arena, ret_batch);
    span customer = url_query_get(arena, request->query, "logged_in_customer_id");
    if (!is_digits(customer))
        customer = (span){0};
    for (unsigned i = 0; verdict == SOURCE_TAKEN && i < ret_batch->events.count; i++) {
        struct event *event = &ret_batch->events.events[i];
        event->who.customer_id = customer;
        event->aside.customer_signed = !span_empty(customer);
    }
    return verdict;
}

static const char *const fields[][2] = {
    {"?shop=", "which store; with signature and timestamp, at most 90 s old"},
    {"?logged_in_customer_id=", "who.customer_id, signed; the body's own is dropped"},
    {"body", "as on the collect path: see `describe browser`"},
    {NULL, NULL},
};

const struct source source_proxy = {
    .name = "proxy",
    .essay = "The collect body through Shopify's app proxy: the shop's own address, signed.",
    .verify = proxy_verify,
    .decode = proxy_decode,
    .fields = fields,
};
