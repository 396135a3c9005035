/*
 * The life of an order.
 *
 *              browser half                 time out, no webhook
 *   NONE ─────────────────> SEEN_BROWSER ──────────────────────> DROPPED
 *    │ │                         │ trigger, or time out with        │ late trigger
 *    │ │ trigger,                │ browser_only: send               │
 *    │ │ not linked              v                                  v
 *    │ ├─────────> HELD ──────> READY <─────────────────────────────┘
 *    │ │            │ half,      │ │ │
 *    │ │            │ time out   │ │ └── policy says no ──> EXCLUDED
 *    │ │            │            │ └──── cancelled ───────> DROPPED
 *    │ │            └ cancel ──> DROPPED
 *    │ │ paid, updated, refund … │ appended to the journal
 *    │ └─────────> KNOWN ──────> │
 *    │              trigger, or  v
 *    │              1 h without SENT ── refund, cancel, edit ──> ADJUSTED ──┐
 *    └─ trigger, linked ─> READY                                   ^────────┘
 *
 * READY never outlives a turn: it becomes SENT, EXCLUDED or DROPPED before the commit.
 */
#include <assert.h>

#include "assemble.h"

#define A(state) (1u << ORDER_##state)

static const unsigned allowed[ORDER_STATE_COUNT] = {
    [ORDER_NONE] = A(SEEN_BROWSER) | A(HELD) | A(READY) | A(KNOWN),
    [ORDER_SEEN_BROWSER] = A(READY) | A(DROPPED),
    [ORDER_KNOWN] = A(HELD) | A(READY) | A(DROPPED),
    [ORDER_HELD] = A(READY) | A(DROPPED),
    [ORDER_READY] = A(SENT) | A(EXCLUDED) | A(DROPPED),
    [ORDER_SENT] = A(ADJUSTED),
    [ORDER_ADJUSTED] = A(ADJUSTED),
    [ORDER_DROPPED] = A(READY),
    [ORDER_EXCLUDED] = 0,
};

#undef A

bool assemble_may_move(enum order_state from, enum order_state to)
{
    return allowed[from] & (1u << to);
}

void assemble_move(struct order_row *order, enum order_state to)
{
    assert(assemble_may_move(order->state, to));
    order->state = to;
    order->due_at = 0;
}
