/*
 * What arrives about orders, and what becomes of it. One function per kind of arrival; each finds
 * the order's row, learns from the event, makes the moves of assemble_life.c, and stores the row.
 *
 *   checkout step      a token meets a visitor: remembered, so that the webhook need not wait
 *   browser half       checkout_completed
 *   order body         orders/create, paid, updated, cancelled, fulfilled …: state, and the trigger
 *   fact by order id   refunds/create, fulfillments/update: kept until the order is SENT
 *   checkout body      checkouts/create, update: the first with a person becomes checkout_started
 *
 * Deriving the events that platforms see is assemble_derive.c's.
 */
#include "assemble_private.h"

#include "count.h"
#include "identity.h"

/* ---- finding the row ---------------------------------------------------- */

/* A row found by a token but known under another order id is another order: carts are reused. */
static bool another_order(const struct order_row *row, span order_id)
{
    return !span_empty(order_id) && !span_empty(row->order_id) &&
           !span_equal(row->order_id, order_id);
}

static enum status find_row(struct assemble *assemble, span order_id, span checkout_token,
                            span cart_token, struct order_row *ret_row)
{
    return order_find(store_view(assemble->store), assemble->arena, assemble->shop_number, order_id,
                      checkout_token, cart_token, ret_row);
}

/* Is the body, one half of an order, of the browser with this address? True where either does not
   say. */
static bool same_address(struct assemble *assemble, span body, span ip)
{
    const struct json_value *root;
    if (span_empty(body) || json_parse(assemble->arena, body, &root, NULL) != OK)
        return true;
    span other = json_text(json_path(root, "client.ip"));
    return span_empty(ip) || span_empty(other) || span_equal(ip, other);
}

/* Anybody can count, so an order's id in an unsigned body is a guess until something bears it out:
   the checkout's token, which nobody can guess, or, where a half has none, the buyer's address. */
static bool is_borne_out(struct assemble *assemble, const struct order_row *row,
                         const struct event *event)
{
    span token = event->order.checkout_token;
    if (!span_empty(token) && !span_empty(row->checkout_token))
        return span_equal(token, row->checkout_token);
    if (event_is_signed(event))
        return same_address(assemble, row->browser, event->client.ip);
    if (span_empty(row->server)) /* two unsigned halves: a token is not lent to one without */
        return span_empty(token) && span_empty(row->checkout_token);
    return same_address(assemble, row->server, event->client.ip);
}

/* Both rows are one order: what only `from` knew moves into `row`. A refund that came before the
   order made one, the pixel's checkout token the other; the order's body names both. */
static enum status absorb(struct assemble *assemble, struct order_row *row,
                          const struct order_row *from)
{
    if (span_empty(row->browser)) {
        row->browser = from->browser;
        row->browser_seq = from->browser_seq;
    }
    if (span_empty(row->server)) {
        row->server = from->server;
        row->server_seq = from->server_seq;
        row->updated_at = from->updated_at;
    }
    if (span_empty(row->order_id))
        row->order_id = from->order_id;
    row->paid = row->paid || from->paid;
    row->cancelled = row->cancelled || from->cancelled;
    if (span_empty(row->visitor))
        row->visitor = from->visitor;
    if (span_empty(row->checkout_token))
        row->checkout_token = from->checkout_token;
    if (span_empty(row->cart_token))
        row->cart_token = from->cart_token;
    if (!row->person)
        row->person = from->person;
    return order_join(assemble->store, from->key, row->key);
}

/* A new order's key is the seq of the row that first told of it: never given twice, though joined
   rows go. The row itself is stored once, by save(), when all is known that this event tells. */
static void found(struct assemble *assemble, struct order_row *row)
{
    row->key = journal_next_seq(assemble->store);
}

static enum status find_or_new(struct assemble *assemble, const struct event *event,
                               struct order_row *ret_row)
{
    const struct order *order = &event->order;
    struct order_row row, other;
    enum status by_id = MISSING, by_token = MISSING;
    if (!span_empty(order->id))
        by_id = find_row(assemble, order->id, (span){0}, (span){0}, &row);
    if (by_id != OK && by_id != MISSING)
        return by_id;
    if (!span_empty(order->checkout_token) || !span_empty(order->cart_token)) {
        by_token = find_row(assemble, (span){0}, order->checkout_token, order->cart_token, &other);
        /* Where only the cart was reused, the checkout token may still be right. */
        if (by_token == OK && another_order(&other, order->id))
            by_token = find_row(assemble, (span){0}, order->checkout_token, (span){0}, &other);
        if (by_token == OK && another_order(&other, order->id))
            by_token = MISSING;
    }
    if (by_token != OK && by_token != MISSING)
        return by_token;
    struct order_row fresh = {
        .shop = assemble->shop_number,
        .state = ORDER_NONE,
        .first_at = assemble->now,
    };
    if (by_id == OK && !event_is_signed(event) && !is_borne_out(assemble, &row, event))
        by_id = MISSING;
    *ret_row = by_id == OK ? row : by_token == OK ? other : fresh;
    if (by_id != OK || !event_is_signed(event))
        return OK;
    bool is_guess = span_empty(row.server) && !row.sent_seq;
    if (is_guess && !is_borne_out(assemble, &row, event)) {
        /* The order's id and its facts move on to the true row; what was guessed goes. */
        *ret_row = by_token == OK ? other : fresh;
        enum status status = order_lose_tokens(assemble->store, row.key);
        if (!ret_row->key)
            found(assemble, ret_row);
        return status == OK ? order_join(assemble->store, row.key, ret_row->key) : status;
    }
    if (by_token != OK || row.key == other.key || (row.sent_seq && other.sent_seq))
        return OK;
    /* What was sent is what the platforms know: it lives on. */
    *ret_row = other.sent_seq ? other : row;
    return absorb(assemble, ret_row, other.sent_seq ? &row : &other);
}

/* The order's row, whose key others may name from now on, and the journal row tied to it. */
static enum status enter(struct assemble *assemble, const struct event *event,
                         struct journal_row *journal, struct order_row *ret_row)
{
    enum status status = find_or_new(assemble, event, ret_row);
    if (status != OK)
        return status;
    if (ret_row->key == 0)
        found(assemble, ret_row);
    journal->order = ret_row->key;
    return journal_append(assemble->store, journal, &journal->seq);
}

static void learn(span *into, span from)
{
    if (span_empty(*into))
        *into = from;
}

/* Tokens and names; the order's own id is minted from the first full body (DESIGN 4, Ids). */
static void learn_names(struct assemble *assemble, struct order_row *row, const struct event *event,
                        bool full_body)
{
    const struct order *order = &event->order;
    if (event_is_signed(event)) {
        learn(&row->order_id, order->id);
        learn(&row->number, order->number);
        learn(&row->name, order->name);
    }
    /* A stranger may have posted tokens first: the signed ones replace them, and only they mint. */
    if (span_empty(row->checkout_token) ||
        (event_is_signed(event) && !span_empty(order->checkout_token)))
        row->checkout_token = order->checkout_token;
    if (span_empty(row->cart_token) || (event_is_signed(event) && !span_empty(order->cart_token)))
        row->cart_token = order->cart_token;
    if (!full_body || !span_empty(row->id))
        return;
    span token = order->checkout_token;
    if (!span_empty(token))
        row->id = arena_print(assemble->arena, "o_%.*s", SPAN_ARG(token));
    else if (!span_empty(order->id))
        row->id = arena_print(assemble->arena, "o_%.*s", SPAN_ARG(order->id));
}

/* The row, and the names by which it is found from now on. */
static enum status save(struct assemble *assemble, struct order_row *row, const struct event *event)
{
    enum status status = OK;
    const struct order *order = &event->order;
    const struct {
        enum order_alias kind;
        span value;
    } aliases[] = {
        /* Only a signed half names the shop's order id for good. */
        {ALIAS_ORDER_ID, row->order_id},
        {ALIAS_CHECKOUT, order->checkout_token},
        {ALIAS_CART, order->cart_token},
    };
    for (unsigned i = 0; i < COUNT_OF(aliases) && status == OK; i++)
        if (!span_empty(aliases[i].value))
            status = order_alias_put(assemble->store, assemble->shop_number, aliases[i].kind,
                                     aliases[i].value, row->key);
    return status == OK ? order_put(assemble->store, row) : status;
}

/* ---- linking to a visitor (sources 0.2; the rule that matched is kept) ---- */

static void link_visitor(struct order_row *row, const struct event *event)
{
    if (span_empty(event->who.visitor))
        return;
    bool from_note = event_is_signed(event);
    bool better = from_note && !span_is(row->matched, "note_attribute");
    if (!span_empty(row->visitor) && !better)
        return;
    row->visitor = event->who.visitor;
    row->matched = from_note ? SPAN("note_attribute") : (span){0};
}

/* A browser told of this order before the shop did: by which token did they meet? */
static void name_match(struct order_row *row, const struct event *server)
{
    if (span_empty(row->visitor) || !span_empty(row->matched))
        return;
    if (!span_empty(server->order.checkout_token) &&
        span_equal(server->order.checkout_token, row->checkout_token))
        row->matched = SPAN("checkout_token");
    else if (!span_empty(server->order.cart_token) &&
             span_equal(server->order.cart_token, row->cart_token))
        row->matched = SPAN("cart_token");
    else
        row->matched = SPAN("order_id");
}

/* A token joined them: the visitor is whoever the shop says has bought. */
static enum status own_by_order(struct assemble *assemble, const struct order_row *row,
                                const struct event *event)
{
    struct identity identity = {assemble->store, assemble->arena, assemble->shop,
                                assemble->shop_number};
    if (!row->person || span_empty(row->visitor) || span_empty(row->server) ||
        assemble_match_is_guess(row))
        return OK;
    int64_t at = row->created_at ? row->created_at : event->at;
    return identity_own(&identity, row->visitor, at, assemble->now, row->person);
}

/* ---- the moves ---------------------------------------------------------- */

static bool linked(const struct order_row *row)
{
    return !span_empty(row->visitor) || !span_empty(row->browser);
}

/* Does a trigger make it READY? */
static bool awaits_trigger(const struct order_row *row)
{
    return row->state == ORDER_NONE || row->state == ORDER_KNOWN ||
           row->state == ORDER_SEEN_BROWSER ||
           (row->state == ORDER_DROPPED && span_is(row->reason, "no_webhook"));
}

static void make_ready(struct order_row *row)
{
    assemble_move(row, ORDER_READY);
    row->reason = (span){0}; /* why it was dropped before */
}

/* The trigger has come: everything that was waiting for it moves. */
static void triggered(struct assemble *assemble, struct order_row *row)
{
    bool unlinked = (row->state == ORDER_NONE || row->state == ORDER_KNOWN) && !linked(row);
    if (!awaits_trigger(row))
        return;
    if (unlinked && assemble->shop->orders.hold_ms > 0 && !row->cancelled) {
        assemble_move(row, ORDER_HELD);
        row->due_at = assemble->now + assemble->shop->orders.hold_ms;
        return;
    }
    make_ready(row);
}

static enum status settle(struct assemble *assemble, struct order_row *row,
                          const struct event *event)
{
    enum status status = row->state == ORDER_READY ? assemble_match_late(assemble, row) : OK;
    if (status == OK)
        status = own_by_order(assemble, row, event);
    if (status == OK && row->state == ORDER_READY)
        status = assemble_place(assemble, row);
    if (status == OK && (row->state == ORDER_SENT || row->state == ORDER_ADJUSTED ||
                         row->state == ORDER_EXCLUDED || row->state == ORDER_DROPPED))
        status = assemble_adjust(assemble, row);
    return status == OK ? save(assemble, row, event) : status;
}

/* ---- arrivals ------------------------------------------------------------ */

static bool names_no_order(const struct event *event)
{
    return span_empty(event->order.id) && span_empty(event->order.checkout_token) &&
           span_empty(event->order.cart_token);
}

static enum status on_checkout_step(struct assemble *assemble, const struct event *event,
                                    struct journal_row *journal)
{
    struct order_row row;
    enum status status = enter(assemble, event, journal, &row);
    if (status != OK)
        return status;
    learn_names(assemble, &row, event, false);
    link_visitor(&row, event);
    if (row.state == ORDER_NONE && !span_empty(event->who.visitor)) {
        row.browser = journal->body;
        row.browser_seq = journal->seq;
    }
    return save(assemble, &row, event);
}

static enum status on_browser_half(struct assemble *assemble, const struct event *event,
                                   struct journal_row *journal)
{
    const struct order *order = &event->order;
    struct order_row row;
    enum status status = enter(assemble, event, journal, &row);
    if (status != OK)
        return status;
    learn_names(assemble, &row, event, false);
    link_visitor(&row, event);
    bool first = row.state == ORDER_NONE || span_empty(row.browser);
    if (first) {
        row.browser = journal->body;
        row.browser_seq = journal->seq;
    }
    if (row.state == ORDER_NONE) {
        assemble_move(&row, ORDER_SEEN_BROWSER);
        row.due_at = assemble->now + assemble->shop->orders.wait_for_webhook_ms;
    } else if (row.state == ORDER_HELD) {
        if (span_empty(row.matched))
            row.matched =
                span_empty(order->checkout_token) ? SPAN("order_id") : SPAN("checkout_token");
        assemble_move(&row, ORDER_READY);
    }
    /* An unsigned order id leads to the row, it does not name it. */
    if (!span_empty(order->id) && span_empty(row.order_id))
        status = order_alias_put(assemble->store, assemble->shop_number, ALIAS_ORDER_ID, order->id,
                                 row.key);
    return status == OK ? settle(assemble, &row, event) : status;
}

static bool is_trigger(const struct assemble *assemble, const struct event *event)
{
    return event->name == (assemble->shop->orders.trigger == TRIGGER_PAID
                               ? EVENT_FACT_ORDER_PAID
                               : EVENT_FACT_ORDER_CREATED);
}

static bool is_paid(const struct event *event)
{
    span status = event->order.financial_status;
    return event->name == EVENT_FACT_ORDER_PAID || span_is(status, "paid") ||
           span_is(status, "partially_refunded") || span_is(status, "refunded");
}

static enum status on_order_body(struct assemble *assemble, const struct event *event,
                                 struct journal_row *journal)
{
    struct order_row row;
    enum status status = enter(assemble, event, journal, &row);
    if (status != OK)
        return status;
    name_match(&row, event); /* by what was known before this body told more */
    learn_names(assemble, &row, event, true);
    link_visitor(&row, event);
    /* Bodies come out of order: only the newest is the state, each still counts as a fact. One
       without money (a server may say "cancelled" and no more) is never the order. */
    bool first = span_empty(row.server);
    bool whole = event->order.value.given || is_trigger(assemble, event);
    if (whole && (first || event->order.updated_at >= row.updated_at)) {
        row.server = journal->body;
        row.server_seq = journal->seq;
        row.updated_at = event->order.updated_at;
    }
    if (!row.created_at)
        row.created_at = event->order.created_at;
    if (journal->person)
        row.person = journal->person;
    row.paid = row.paid || is_paid(event);
    if (event->name == EVENT_FACT_ORDER_CANCELLED || event->order.cancelled_at)
        row.cancelled = true;

    if (is_trigger(assemble, event)) {
        if (!row.trigger_at)
            row.trigger_at = event->at;
        triggered(assemble, &row);
    } else if (awaits_trigger(&row)) {
        if (row.state == ORDER_NONE)
            assemble_move(&row, ORDER_KNOWN);
        if (first ||
            !row.due_at) /* the shop knows it: whatever the browser's half was waiting for */
            row.due_at = assemble->now + ASSEMBLE_LOST_MS;
    } else if (row.state == ORDER_HELD && row.cancelled) {
        row.reason = SPAN("cancelled");
        assemble_move(&row, ORDER_DROPPED);
        assemble_count_order(assemble, "dropped_cancelled");
    }
    status = assemble_note_fact(assemble, &row, event, journal->seq);
    return status == OK ? settle(assemble, &row, event) : status;
}

/* Refunds and shipments name their order by the shop's id alone. */
static enum status on_fact(struct assemble *assemble, const struct event *event,
                           struct journal_row *journal)
{
    struct order_row row;
    enum status status = enter(assemble, event, journal, &row);
    if (status != OK)
        return status;
    learn_names(assemble, &row, event, false);
    if (row.state == ORDER_NONE)
        assemble_move(&row, ORDER_KNOWN);
    status = assemble_note_fact(assemble, &row, event, journal->seq);
    return status == OK ? settle(assemble, &row, event) : status;
}

static enum status on_checkout_body(struct assemble *assemble, const struct event *event,
                                    struct journal_row *journal)
{
    struct order_row row;
    enum status status = enter(assemble, event, journal, &row);
    if (status != OK)
        return status;
    name_match(&row, event); /* by what was known before this body told more */
    learn_names(assemble, &row, event, true);
    link_visitor(&row, event);
    if (journal->person)
        row.person = journal->person;
    status = save(assemble, &row, event);
    bool somebody = !span_empty(event->who.email) || !span_empty(event->who.phone);
    if (status != OK || !somebody || span_empty(event->order.checkout_token))
        return status;
    unsigned before;
    status = order_checkout(assemble->store, assemble->shop_number, event->order.checkout_token,
                            CHECKOUT_BY_SERVER, assemble->now, &before);
    if (status != OK || (before & CHECKOUT_BY_SERVER))
        return status;
    unsigned audience = before & CHECKOUT_BY_BROWSER ? AUDIENCE_MAIL : AUDIENCE_ALL;
    return assemble_start_checkout(assemble, &row, event, journal->seq, audience);
}

static enum status on_event(struct assemble *assemble, const struct event *event,
                            struct journal_row *journal)
{
    switch (names_no_order(event) ? EVENT_CUSTOM : event->name) {
    case EVENT_PRODUCT_ADDED_TO_CART: /* the snippet knows the cart's token: join rule 3 */
    case EVENT_CART_VIEWED:
    case EVENT_CHECKOUT_STARTED:
    case EVENT_CHECKOUT_CONTACT:
    case EVENT_CHECKOUT_ADDRESS:
    case EVENT_CHECKOUT_SHIPPING:
    case EVENT_PAYMENT_SUBMITTED:
        return on_checkout_step(assemble, event, journal);
    case EVENT_CHECKOUT_COMPLETED:
        return on_browser_half(assemble, event, journal);
    case EVENT_FACT_ORDER_CREATED:
    case EVENT_FACT_ORDER_PAID:
    case EVENT_FACT_ORDER_UPDATED:
    case EVENT_FACT_ORDER_CANCELLED:
    case EVENT_FACT_ORDER_FULFILLED:
    case EVENT_FACT_ORDER_PARTIALLY_FULFILLED:
        return on_order_body(assemble, event, journal);
    case EVENT_FACT_REFUND_CREATED:
    case EVENT_FACT_FULFILLMENT_UPDATED:
        return on_fact(assemble, event, journal);
    case EVENT_FACT_CHECKOUT_CREATED:
    case EVENT_FACT_CHECKOUT_UPDATED:
        return on_checkout_body(assemble, event, journal);
    default:
        return journal_append(assemble->store, journal, &journal->seq);
    }
}

enum status assemble_event(struct assemble *assemble, const struct event *event,
                           struct journal_row *row, int64_t *ret_seq)
{
    enum status status = on_event(assemble, event, row);
    if (status == OK)
        *ret_seq = row->seq;
    return status;
}

enum status assemble_due(struct assemble *assemble, int64_t order_key)
{
    struct order_row row;
    enum status status = order_get(store_view(assemble->store), assemble->arena, order_key, &row);
    if (status != OK)
        return status;
    row.due_at = 0;
    if (row.state == ORDER_HELD) {
        make_ready(&row);
    } else if (awaits_trigger(&row) && !span_empty(row.server)) {
        /* Its own webhook never came: the newest body stands in for it, unless the order is older
           than our work here, or still unpaid where only paid orders count: then it waits for as
           long as that takes. */
        bool ours = row.created_at / SECOND_MS >= assemble->activated_at / SECOND_MS;
        bool ripe = assemble->shop->orders.trigger == TRIGGER_CREATED || row.paid;
        if (ours && ripe)
            make_ready(&row);
    } else if (row.state == ORDER_SEEN_BROWSER) {
        if (assemble->shop->orders.browser_only == BROWSER_ONLY_SEND) {
            make_ready(&row);
        } else {
            row.reason = SPAN("no_webhook");
            assemble_move(&row, ORDER_DROPPED);
            assemble_count_order(assemble, "dropped_no_webhook");
        }
    }
    struct event nothing = {0};
    return settle(assemble, &row, &nothing);
}
