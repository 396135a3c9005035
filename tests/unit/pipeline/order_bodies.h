/* Bodies that the scenes of orders share: the browser's half, the shop's order, a refund. */
#ifndef TESTS_PIPELINE_ORDER_BODIES_H
#define TESTS_PIPELINE_ORDER_BODIES_H
#include "stage.h"

#define VISITOR SPAN("01JD8QZ3V5K9N2M4P6R8S0T1W3")
#define FBP     SPAN("fb.1.1763990000000.1098115397")

static inline struct event browser_half(struct stage *stage, span order_id, span token)
{
    return (struct event){
        .id = arena_print(&stage->arena, "half-%.*s", SPAN_ARG(order_id)),
        .name = EVENT_CHECKOUT_COMPLETED,
        .source = SOURCE_PIXEL,
        .client = {.fbp = FBP, .ip = SPAN("203.0.113.7"), .user_agent = SPAN("Browser/1")},
        .who = {.visitor = VISITOR},
        .consent = {.marketing = CONSENT_GRANTED, .source = SPAN("shopify_cpa"), .at = STAGE_START},
        .order = {.id = order_id,
                  .checkout_token = token,
                  .currency = SPAN("EUR"),
                  .value = money_of(1, 2)}, /* a lie: never trusted */
    };
}

static inline struct event order_body(enum event_name name, span order_id, span token,
                                      int64_t updated)
{
    return (struct event){
        .name = name,
        .source = SOURCE_SHOPIFY,
        .at = STAGE_START,
        .who = {.email = SPAN("ada@example.com"), .customer_id = SPAN("42")},
        .order = {.id = order_id,
                  .number = SPAN("1001"),
                  .name = SPAN("#1001"),
                  .checkout_token = token,
                  .currency = SPAN("EUR"),
                  .value = money_of(5990, 2),
                  .total = money_of(5990, 2),
                  .current_total = money_of(5990, 2),
                  .kind = KIND_WEB,
                  .source_name = SPAN("web"),
                  .financial_status = SPAN("paid"),
                  .created_at = STAGE_START / 1000 * 1000,
                  .updated_at = STAGE_START + updated},
    };
}

static inline struct event refund(span order_id, span refund_id, int64_t cents)
{
    return (struct event){
        .name = EVENT_FACT_REFUND_CREATED,
        .source = SOURCE_SHOPIFY,
        .at = STAGE_START + 5000,
        .order = {.id = order_id},
        .adjust = {.refund_id = refund_id, .amount = money_of(cents, 2), .currency = SPAN("EUR")},
    };
}

#endif
