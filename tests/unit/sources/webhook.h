/*
 * For tests of webhooks: deliver a body under a topic and look at the one event it became.
 */
#ifndef UNIT_SOURCES_WEBHOOK_H
#define UNIT_SOURCES_WEBHOOK_H
#include "scene.h"

static inline enum source_verdict deliver(const char *topic, span body)
{
    scene.request.header_count = 0;
    scene.request.body = body;
    scene_header("X-Shopify-Topic", span_of(topic));
    scene_header("X-Shopify-Hmac-SHA256", SPAN("checked elsewhere"));
    scene_header("X-Shopify-Webhook-Id", SPAN("b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"));
    scene_header("X-Shopify-Triggered-At", SPAN("2026-11-20T10:00:00.123456789Z"));
    return source_shopify.decode(&scene.request, &scene.shop, &scene.arena, &scene.batch);
}

static inline const struct event *taken(const char *topic, span body)
{
    if (deliver(topic, body) != SOURCE_TAKEN)
        fail_msg("%s: not taken: %s", topic, scene.batch.error);
    assert_int_equal(scene.batch.events.count, 1);
    assert_int_equal(scene.batch.refusal_count, 0);
    assert_int_equal(scene.batch.events.events[0].source, SOURCE_SHOPIFY);
    return &scene.batch.events.events[0];
}

#define TRIGGERED INT64_C(1795168800123)

#endif
