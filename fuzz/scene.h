/*
 * What the targets of the sources share: a shop, a request around the fuzzer's bytes, and what
 * must hold of every batch, whatever the bytes were: each event passes event_check() again, its
 * canonical JSON is JSON, and reading that gives the same JSON back.
 */
#ifndef FUZZ_SCENE_H
#define FUZZ_SCENE_H
#include <stdlib.h>

#include "../src/base/limits.h"
#include "../src/sources/source.h"

#define SCENE_NOW    INT64_C(1795536000000) /* 2026-11-24T16:00:00Z */
#define SCENE_WINDOW (7 * INT64_C(86400000))

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline void scene_hold(bool truth)
{
    if (!truth)
        abort();
}

/* `policy` picks among the shop's ways to count money. */
static inline struct shop scene_shop(unsigned policy)
{
    static const span hosts[] = {SPAN("shop.acme.example")};
    static const span channels[] = {SPAN("web")};
    return (struct shop){
        .name = SPAN("acme"),
        .hosts = {hosts, 1},
        .currency = SPAN("EUR"),
        .cart_attribute = SPAN("_qz"),
        .cookie_domain = SPAN(".acme.example"),
        .dedup_window_ms = SCENE_WINDOW,
        .shopify = {.domain = SPAN("acme.myshopify.com")},
        .orders = {.value = (enum shop_value)(policy % 3),
                   .money = (enum shop_money)(policy / 3 % 2),
                   .channels = {channels, 1}},
    };
}

static inline void scene_check_event(const struct event *event)
{
    struct arena arena;
    struct error error;
    struct event again;
    const struct json_value *root;
    struct buf first, second;
    scene_hold(event_check(event, SCENE_NOW, SCENE_WINDOW, &error) == OK);
    arena_init(&arena, 4 * LIMIT_REQUEST_ARENA);
    buf_init(&first, LIMIT_EVENT_BYTES * 4);
    buf_init(&second, LIMIT_EVENT_BYTES * 4);
    event_write(&first, event);
    scene_hold(buf_ok(&first));
    scene_hold(json_parse(&arena, buf_span(&first), &root, NULL) == OK);
    scene_hold(event_read(&arena, root, event->currency, &again, &error) == OK);
    event_write(&second, &again);
    scene_hold(span_equal(buf_span(&first), buf_span(&second)));
    buf_done(&first);
    buf_done(&second);
    arena_done(&arena);
}

static inline void scene_check(enum source_verdict verdict, const struct source_batch *batch)
{
    scene_hold(verdict == SOURCE_TAKEN || batch->error != NULL);
    scene_hold(verdict == SOURCE_TAKEN || batch->events.count == 0);
    for (unsigned i = 0; i < batch->events.count; i++)
        scene_check_event(&batch->events.events[i]);
    for (unsigned i = 0; i < batch->refusal_count; i++)
        scene_hold(batch->refusals[i].error && batch->refusals[i].detail.len > 0);
}

#endif
