/*
 * Every webhook body. The first byte picks the topic, the second the shop's money and value
 * policy; the rest is the body, taken as if its signature had been right.
 */
#include "scene.h"

static const char *const topics[] = {
    "orders/create",    "orders/paid",
    "orders/updated",   "orders/cancelled",
    "orders/fulfilled", "orders/partially_fulfilled",
    "refunds/create",   "fulfillments/update",
    "checkouts/create", "checkouts/update",
    "customers/create", "customers/update",
    "app/uninstalled",  "customers/data_request",
    "customers/redact", "shop/redact",
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2 || size > LIMIT_WEBHOOK_BODY)
        return 0;
    struct http_header headers[] = {
        {SPAN("X-Shopify-Topic"), span_of(topics[bytes[0] % COUNT_OF(topics)])},
        {SPAN("X-Shopify-Hmac-SHA256"), SPAN("-")},
        {SPAN("X-Shopify-Webhook-Id"), SPAN("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043")},
    };
    struct shop shop = scene_shop(bytes[1]);
    struct arena arena;
    struct source_batch batch = {0};
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    struct http_request request = {
        .headers = headers,
        .header_count = COUNT_OF(headers) - (bytes[1] >> 7), /* with and without a delivery's id */
        .body = {(const char *)bytes + 2, size - 2},
        .received_at = SCENE_NOW,
    };
    scene_check(source_shopify.decode(&request, &shop, &arena, &batch), &batch);
    arena_done(&arena);
    return 0;
}
