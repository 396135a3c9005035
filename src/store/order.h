/*
 * Orders: rows only; the states and their moves are pipeline/assemble.c's.
 *
 * orders       one row per order (or checkout that may become one)
 * order_alias  shop order id, checkout token, cart token -> order
 * order_fact   each refund, cancel, fulfilment … once per (order, class, subject): the business
 *              dedup of sources 1.4; facts that came before SENT wait here, applied == 0
 * order_once   hash of (shop, order id), kept for ever, outlives the order's row: only a signed
 * half makes one checkout     who has already told of this checkout's start
 */
#ifndef STORE_ORDER_H
#define STORE_ORDER_H
#include "../event/event.h"
#include "store.h"

#define ORDER_STATES(_)                                                                            \
    _(NONE)                                                                                        \
    _(SEEN_BROWSER)                                                                                \
    _(KNOWN)                                                                                       \
    _(HELD)                                                                                        \
    _(READY)                                                                                       \
    _(EXCLUDED)                                                                                    \
    _(SENT)                                                                                        \
    _(ADJUSTED)                                                                                    \
    _(DROPPED)
#define ORDER_STATE_ENUM(name) ORDER_##name,
enum order_state { ORDER_STATES(ORDER_STATE_ENUM) ORDER_STATE_COUNT };
#undef ORDER_STATE_ENUM

enum order_alias { ALIAS_ORDER_ID = 1, ALIAS_CHECKOUT = 2, ALIAS_CART = 3 };

struct order_row {
    int64_t key; /* 0: not stored yet */
    int64_t shop;
    enum order_state state;
    span reason; /* why EXCLUDED or DROPPED */
    span id;     /* minted: o_TOKEN or o_ID; absent until a body allows it */
    span order_id, number, name, checkout_token, cart_token;
    span server;                               /* canonical JSON of the newest signed order body */
    span browser;                              /* canonical JSON of the browser's half */
    int64_t server_seq, browser_seq, sent_seq; /* journal rows, 0 = none */
    int64_t due_at;                            /* when the state times out; 0 = never */
    int64_t trigger_at;                        /* 0 = not triggered */
    int64_t updated_at; /* of the newest server body: older bodies change nothing */
    int64_t created_at; /* the shop's */
    int64_t first_at;   /* when we first heard of it */
    span visitor;
    int64_t person;
    span matched; /* which join rule found the visitor: note_attribute, checkout_token, … */
    span currency;
    struct money value;    /* as sent */
    struct money adjusted; /* sum of refunds and the cancellation sent so far; never above value */
    struct money edited;   /* total after the newest edit sent */
    struct money worth;    /* by now, by the `value` policy: edits and refunds taken in */
    span transaction_id;   /* minted when it was sent; absent: sent by an older program */
    bool paid, cancelled;
};

struct order_fact {
    int64_t order;
    enum event_name what; /* the derived event it makes: EVENT_ORDER_REFUNDED … */
    span subject;         /* refund id, "fulfillment/status", "" where it happens once */
    int64_t seq;          /* journal row of the fact */
    int64_t at;
    bool applied;
};

const char *order_state_text(enum order_state state);
enum order_state order_state_find(span text); /* ORDER_NONE: no such word */
/* The first alias that is known wins, in the order given. Absent values are passed over. MISSING.
 */
MUST_USE enum status order_find(struct view *view, struct arena *arena, int64_t shop, span order_id,
                                span checkout_token, span cart_token, struct order_row *ret_row);
MUST_USE enum status order_get(struct view *view, struct arena *arena, int64_t key,
                               struct order_row *ret_row);
/* For people: by shop order id, number ("1001"), name ("#1001") or minted id, newest first. */
MUST_USE enum status order_search(struct view *view, struct arena *arena, span text,
                                  struct order_row **ret_rows, unsigned *ret_count);
MUST_USE enum status order_put(struct store *store,
                               struct order_row *row); /* key 0: inserts, sets key */
MUST_USE enum status order_alias_put(struct store *store, int64_t shop, enum order_alias kind,
                                     span value, int64_t order); /* keeps the first */
/* Two rows turn out to be one order: aliases, facts and outcomes of `from` move, its row goes.
   Journal rows keep the old key, which order_get and journal_of_order follow. The caller has put
   the contents of `from` into `into` before. */
MUST_USE enum status order_join(struct store *store, int64_t from, int64_t into);
/* The clock was set back by `back` to `now`: what was to wait until later than that waits as long
   as it would have. */
MUST_USE enum status order_set_back(struct store *store, int64_t now, int64_t back);
/* The tokens that led to it lead to nothing: it was somebody's guess. */
MUST_USE enum status order_lose_tokens(struct store *store, int64_t key);
/* Rows whose due_at has come, oldest first. */
MUST_USE enum status order_due(struct view *view, struct arena *arena, int64_t now, unsigned most,
                               int64_t **ret_keys, unsigned *ret_count);
int64_t order_next_due(struct view *view); /* 0 = nothing waits */
MUST_USE enum status order_fact_put(struct store *store,
                                    const struct order_fact *fact); /* CONFLICT: known */
/* MISSING: no such fact. */
MUST_USE enum status order_fact_applied(struct store *store, const struct order_fact *fact);
MUST_USE enum status order_facts(struct view *view, struct arena *arena, int64_t order,
                                 struct order_fact **ret_facts, unsigned *ret_count); /* by seq */
/* CONFLICT when this order was ever sent, even if its row is long gone. */
MUST_USE enum status order_once(struct store *store, int64_t shop, span order_id, int64_t now);
#define CHECKOUT_BY_BROWSER 1u
#define CHECKOUT_BY_SERVER  2u
/* Sets `flag` on the checkout and gives what was set before. */
MUST_USE enum status order_checkout(struct store *store, int64_t shop, span token, unsigned flag,
                                    int64_t now, unsigned *ret_before);

#endif
