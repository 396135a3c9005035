/*
 * A stage for RECORD's scenes: a store on a temporary file, one shop, a clock that stands still,
 * and a hand that pushes events in as RECEIVE would. What a scene asserts is what DELIVER could
 * read.
 */
#ifndef TESTS_PIPELINE_STAGE_H
#define TESTS_PIPELINE_STAGE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../../src/base/limits.h"
#include "../../../src/pipeline/record.h"
#include "../../../src/store/order.h"
#include "../../../src/store/person.h"

#define STAGE_START INT64_C(1764000000000)

struct stage {
    char path[64];
    struct clock_fake clock;
    struct shop shop;
    const struct shop *shops[1];
    struct queue inbox, answers, news;
    struct recorder *recorder;
    struct view *view;
    struct arena arena;
    unsigned deliveries;
};

static inline int64_t head_of(struct view *view)
{
    int64_t head;
    assert_int_equal(journal_head(view, &head), OK);
    return head;
}

static inline void stage_open_recorder(struct stage *stage)
{
    struct record_options options = {
        .path = stage->path,
        .clock = &stage->clock.clock,
        .shops = stage->shops,
        .shop_count = 1,
        .inbox = &stage->inbox,
        .to_deliver = &stage->news,
    };
    struct error error;
    assert_int_equal(record_open(&options, &stage->recorder, &error), OK);
}

static inline void stage_init(struct stage *stage)
{
    memset(stage, 0, sizeof *stage);
    const char *folder = getenv("TMPDIR"); /* long campaigns: one in memory */
    snprintf(stage->path, sizeof stage->path, "%s/sidetrack-stage-XXXXXX",
             folder ? folder : "/tmp");
    int fd = mkstemp(stage->path);
    assert_true(fd >= 0);
    close(fd);
    unlink(stage->path);
    clock_fake_init(&stage->clock, STAGE_START + 700); /* activated within the second */
    static const struct consent_region granted_us = {SPAN("US"), CONSENT_GRANTED};
    static const span domain_hosts[] = {SPAN("shop.acme.example")};
    static const span web[] = {SPAN("web")};
    stage->shop = (struct shop){
        .name = SPAN("acme"),
        .hosts = {domain_hosts, 1},
        .currency = SPAN("EUR"),
        .cart_attribute = SPAN("_qz"),
        .dedup_window_ms = 7 * DAY_MS,
        .consent = {CONSENT_DENIED, &granted_us, 1},
    };
    stage->shop.shopify.domain = SPAN("acme.myshopify.com");
    stage->shop.identity.back_ms = 30 * DAY_MS;
    stage->shop.orders.hold_ms = 120 * SECOND_MS;
    stage->shop.orders.wait_for_webhook_ms = 15 * MINUTE_MS;
    stage->shop.orders.channels = (struct span_list){web, 1};
    stage->shop.orders.exclude = 1u << KIND_TEST | 1u << KIND_POS | 1u << KIND_DRAFT |
                                 1u << KIND_RENEWAL | 1u << KIND_MARKETPLACE | EXCLUDE_ZERO;
    stage->shops[0] = &stage->shop;
    arena_init(&stage->arena, 1024 * MIB);
    queue_init(&stage->inbox, 0, 0);
    queue_init(&stage->answers, 0, 0);
    queue_init(&stage->news, 0, 0);
    stage_open_recorder(stage);
    struct error error;
    assert_int_equal(view_open(stage->path, &stage->view, &error), OK);
}

static inline void stage_forget_news(struct stage *stage)
{
    struct queue_node *node = queue_take(&stage->news);
    while (node) {
        struct queue_node *next = node->next;
        free(node);
        node = next;
    }
}

static inline void stage_done(struct stage *stage)
{
    stage_forget_news(stage);
    view_close(stage->view);
    record_close(stage->recorder);
    arena_done(&stage->arena);
    queue_done(&stage->inbox);
    queue_done(&stage->answers);
    queue_done(&stage->news);
    const char *ends[] = {"", "-wal", "-shm", ".lock"};
    for (unsigned i = 0; i < COUNT_OF(ends); i++) {
        char path[80];
        snprintf(path, sizeof path, "%s%s", stage->path, ends[i]);
        unlink(path);
    }
}

/* Pushes one event as its source would bring it, plays one turn, gives the parcel back. Signed
   sources get a delivery id of their own unless one is given. */
static inline struct parcel *stage_push(struct stage *stage, struct event event, span delivery_id)
{
    struct arena *arena = &stage->arena;
    if (span_empty(event.name_text))
        event.name_text = span_of(names_text(event.name));
    event.store = stage->shop.name;
    event.received_at = stage->clock.at;
    if (!event.at)
        event.at = stage->clock.at;
    if (event.source == SOURCE_SHOPIFY && span_empty(delivery_id))
        delivery_id = arena_print(arena, "delivery-%u", stage->deliveries++);
    if (event.source == SOURCE_SHOPIFY)
        event.id = delivery_id;
    struct buf out;
    buf_init(&out, LIMIT_EVENT_BYTES);
    event_write(&out, &event);
    struct parcel *parcel = arena_new(arena, struct parcel);
    struct event *kept = arena_new(arena, struct event);
    span *body = arena_new(arena, span);
    *kept = event;
    *body = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    *parcel = (struct parcel){
        .kind = MESSAGE_PARCEL,
        .answers = &stage->answers,
        .shop = &stage->shop,
        .source = event.source == SOURCE_SHOPIFY ? &source_shopify : &source_collect,
        .verdict = SOURCE_TAKEN,
        .batch = {.events = {kept, 1},
                  .delivery_id = event.source == SOURCE_SHOPIFY ? delivery_id : (span){0}},
        .bodies = body,
    };
    assert_int_equal(queue_push(&stage->inbox, &parcel->node), OK);
    record_turn(stage->recorder, 0);
    struct queue_node *answered = queue_take(&stage->answers);
    assert_ptr_equal(answered, &parcel->node);
    assert_int_equal(parcel->result, OK);
    return parcel;
}

static inline void stage_pass(struct stage *stage, int64_t ms)
{
    stage->clock.at += ms;
    record_turn(stage->recorder, 0);
}

/* Derived rows of one name, newest last. */
static inline unsigned stage_derived(struct stage *stage, span order_id, enum event_name name,
                                     struct event *ret_events, unsigned most)
{
    struct order_row row;
    if (order_find(stage->view, &stage->arena, 1, order_id, (span){0}, (span){0}, &row) != OK)
        return 0;
    struct journal_row *rows;
    unsigned count, found = 0;
    assert_int_equal(journal_of_order(stage->view, &stage->arena, row.key, &rows, &count), OK);
    for (unsigned i = 0; i < count; i++) {
        if (rows[i].name != name || rows[i].source != SOURCE_DERIVED)
            continue;
        const struct json_value *root;
        struct error error;
        assert_int_equal(json_parse(&stage->arena, rows[i].body, &root, &error), OK);
        struct event event;
        assert_int_equal(event_read(&stage->arena, root, SPAN("EUR"), &event, &error), OK);
        assert_true(rows[i].audience != 0);
        if (found < most)
            ret_events[found] = event;
        found++;
    }
    return found;
}

static inline struct order_row stage_order(struct stage *stage, span order_id)
{
    struct order_row row;
    assert_int_equal(
        order_find(stage->view, &stage->arena, 1, order_id, (span){0}, (span){0}, &row), OK);
    return row;
}

#endif
