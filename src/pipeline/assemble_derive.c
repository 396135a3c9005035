/*
 * From facts to the events that platforms see. Every derived event is a row of the journal like any
 * other: its id is the order's own id with what happened appended, so that however often a fact
 * arrives, and whatever restarts in between, the platforms see one id.
 *
 *   order_placed               o_TOKEN
 *   order_cancelled            o_TOKEN_cancelled          worth what was not refunded yet
 *   order_refunded             o_TOKEN_refund_REFUND      never more than what is left, in sum
 *   order_edited               o_TOKEN_edit_UPDATED_AT    when money changed after SENT
 *   order_fulfilled            o_TOKEN_fulfilled
 *   order_partially_fulfilled  o_TOKEN_partial_FULFILLMENT
 *   shipment_updated           o_TOKEN_shipment_FULFILLMENT_STATUS
 *   checkout_started           o_TOKEN_checkout           from the shop's side, with a person
 *
 * Money and people are the signed half's; cookies, click ids and the device are the browser half's,
 * then the visitor's, then what the shop itself noted of the buyer's browser.
 */
#include "assemble_private.h"

#include "count.h"
#include "identity.h"
#include "../base/limits.h"

/* ---- reading and appending ----------------------------------------------- */

static bool read_body(struct assemble *assemble, span body, struct event *ret_event)
{
    const struct json_value *root;
    struct error ignored;
    return !span_empty(body) && json_parse(assemble->arena, body, &root, &ignored) == OK &&
           event_read(assemble->arena, root, assemble->shop->currency, ret_event, &ignored) == OK;
}

/* Nothing has happened after we heard of it: when it seems so, a clock is wrong, the shop's or
   ours, and platforms refuse what has not happened yet. */
static int64_t not_ahead(const struct assemble *assemble, int64_t at)
{
    return at > assemble->now ? assemble->now : at;
}

static enum status append(struct assemble *assemble, struct event *event,
                          const struct order_row *row, unsigned audience, int64_t *ret_seq)
{
    event->source = SOURCE_DERIVED;
    event->store = assemble->shop->name;
    event->received_at = assemble->now;
    event->name_text = span_of(names_text(event->name));
    struct buf out;
    /* An order's body, a fact's items and the browser's leaves: each was kept, so all are told. */
    buf_init(&out, 3 * LIMIT_EVENT_BYTES);
    event_write(&out, event);
    bool fits = buf_ok(&out);
    span body = arena_copy(assemble->arena, buf_span(&out));
    buf_done(&out);
    if (!fits)
        return INVALID;
    struct journal_row journal = {
        .shop = assemble->shop_number,
        .name = event->name,
        .source = SOURCE_DERIVED,
        .event_id = event->id,
        .at = event->at,
        .received_at = event->received_at,
        .visitor = row->visitor,
        .person = row->person,
        .order = row->key,
        .audience = audience,
        .body = body,
    };
    enum status status = journal_append(assemble->store, &journal, ret_seq);
    if (status == OK)
        assemble->appended++;
    return status;
}

void assemble_count_order(struct assemble *assemble, const char *outcome)
{
    tally_add(assemble->tally, assemble->shop->name, outcome);
}

/* The browser's half, the visitor, then the shop's own note of the buyer's browser. */
static void put_client(struct assemble *assemble, const struct order_row *row, struct event *event)
{
    struct event half = {0};
    struct client client = {0};
    if (read_body(assemble, row->browser, &half)) {
        client = half.client;
        if (half.consent.at)
            event->consent = half.consent;
        identity_fill_who(&event->who, &half.who);
    }
    struct visitor_row visitor;
    if (!span_empty(row->visitor) &&
        visitor_get(store_view(assemble->store), assemble->arena, assemble->shop_number,
                    row->visitor, &visitor) == OK) {
        identity_fill_client(&client, &visitor.client);
        event->consent = consent_merge(&event->consent, &visitor.consent);
    }
    identity_fill_client(&client, &event->client);
    event->client = client;
    if (!span_empty(row->visitor))
        event->who.visitor = row->visitor;
}

/* The newest signed body with the browser's knowledge: what every event of this order starts from.
 */
static bool read_order(struct assemble *assemble, const struct order_row *row,
                       struct event *ret_event)
{
    struct event event = {0};
    if (!read_body(assemble, span_empty(row->server) ? row->browser : row->server, &event))
        return false;
    event.order.key = row->id;
    event.order.transaction_id = row->transaction_id;
    event.adjust = (struct adjust){0};
    event.fulfillment = (struct fulfillment){0};
    event.from_count = 0;
    event.custom = (span){0};
    put_client(assemble, row, &event);
    *ret_event = event;
    return true;
}

/* ---- order_placed --------------------------------------------------------- */

static const char *const kind_reasons[KIND_COUNT] = {
    [KIND_WEB] = "excluded_web",
    [KIND_POS] = "excluded_pos",
    [KIND_DRAFT] = "excluded_draft",
    [KIND_RENEWAL] = "excluded_renewal",
    [KIND_MARKETPLACE] = "excluded_marketplace",
    [KIND_TEST] = "excluded_test",
};

/* The one policy for odd orders; NULL: this is a sale. */
static const char *policy(const struct assemble *assemble, const struct order_row *row,
                          const struct event *event)
{
    const struct shop *shop = assemble->shop;
    unsigned exclude = shop->orders.exclude;
    if (shop->mode == SHOP_TEST)
        exclude &= ~(1u << KIND_TEST);
    if (exclude & (1u << event->order.kind))
        return kind_reasons[event->order.kind];
    if ((exclude & EXCLUDE_ZERO) && event->order.value.given && event->order.value.units == 0)
        return "excluded_zero";
    /* Shopify's times are whole seconds, ours are not. */
    if (row->created_at && row->created_at / SECOND_MS < assemble->activated_at / SECOND_MS)
        return "excluded_older_than_activation";
    return NULL;
}

static enum status exclude(struct assemble *assemble, struct order_row *row, const char *reason)
{
    row->reason = span_of(strncmp(reason, "excluded_", 9) ? reason : reason + 9);
    assemble_move(row, ORDER_EXCLUDED);
    assemble_count_order(assemble, reason);
    return OK;
}

enum status assemble_place(struct assemble *assemble, struct order_row *row)
{
    struct event event;
    if (!read_order(assemble, row, &event))
        return exclude(assemble, row, "excluded_unreadable");
    if (row->cancelled) {
        row->reason = SPAN("cancelled");
        assemble_move(row, ORDER_DROPPED);
        assemble_count_order(assemble, "dropped_cancelled");
        return OK;
    }
    const char *reason = policy(assemble, row, &event);
    if (reason)
        return exclude(assemble, row, reason);
    bool has_server = !span_empty(row->server);
    if (!has_server) { /* browser_only: send */
        if (span_empty(row->id))
            row->id = arena_print(
                assemble->arena, "o_%.*s",
                SPAN_ARG(span_empty(row->checkout_token) ? event.order.id : row->checkout_token));
        event.order.key = row->id;
    }
    span once = has_server ? row->order_id : row->id;
    enum status status = order_once(assemble->store, assemble->shop_number, once, assemble->now);
    if (status == CONFLICT)
        return exclude(assemble, row, "excluded_sent_before");
    if (status == OK && has_server)
        status = order_once(assemble->store, assemble->shop_number, row->id, assemble->now);
    if (status == CONFLICT) { /* two orders with one token: no two sales share an id */
        row->id = arena_print(assemble->arena, "o_%.*s", SPAN_ARG(row->order_id));
        event.order.key = row->id;
    } else if (status != OK) {
        return status;
    }

    event.name = EVENT_ORDER_PLACED;
    event.id = row->id;
    event.at = row->trigger_at ? row->trigger_at : row->created_at ? row->created_at : event.at;
    event.at = not_ahead(assemble, event.at);
    event.from[event.from_count++] = has_server ? row->server_seq : row->browser_seq;
    if (has_server && row->browser_seq)
        event.from[event.from_count++] = row->browser_seq;
    row->currency = event.order.currency;
    row->value = event.order.value;
    row->edited = event.order.total;
    row->worth = row->value;
    row->transaction_id = event.order.transaction_id =
        shop_transaction_id(assemble->shop, &event.order);
    row->adjusted = money_of(0, row->value.scale);
    status = append(assemble, &event, row, AUDIENCE_ALL, &row->sent_seq);
    if (status != OK)
        return status;
    assemble_move(row, ORDER_SENT);
    assemble_count_order(assemble, "sent");
    return OK;
}

/* ---- facts ----------------------------------------------------------------- */

static bool fact_of(struct assemble *assemble, const struct event *event,
                    struct order_fact *ret_fact)
{
    const struct fulfillment *shipment = &event->fulfillment;
    struct order_fact fact = {.at = event->at};
    switch (event->name) {
    case EVENT_FACT_ORDER_CANCELLED:
        fact.what = EVENT_ORDER_CANCELLED;
        break;
    case EVENT_FACT_REFUND_CREATED:
        fact.what = EVENT_ORDER_REFUNDED;
        fact.subject = event->adjust.refund_id;
        break;
    case EVENT_FACT_ORDER_FULFILLED:
        fact.what = EVENT_ORDER_FULFILLED;
        break;
    case EVENT_FACT_ORDER_PARTIALLY_FULFILLED:
        fact.what = EVENT_ORDER_PARTIALLY_FULFILLED;
        fact.subject = span_empty(shipment->id) ? arena_print(assemble->arena, "%lld",
                                                              (long long)event->order.updated_at)
                                                : shipment->id;
        break;
    case EVENT_FACT_FULFILLMENT_UPDATED:
        if (span_empty(shipment->shipment_status))
            return false;
        fact.what = EVENT_SHIPMENT_UPDATED;
        fact.subject = arena_print(assemble->arena, "%.*s_%.*s", SPAN_ARG(shipment->id),
                                   SPAN_ARG(shipment->shipment_status));
        break;
    case EVENT_FACT_ORDER_UPDATED:
        /* Whether money changed is seen when the fact is applied, against what was sent. */
        fact.what = EVENT_ORDER_EDITED;
        fact.subject = arena_print(assemble->arena, "%lld", (long long)event->order.updated_at);
        break;
    default:
        return false;
    }
    *ret_fact = fact;
    return true;
}

enum status assemble_note_fact(struct assemble *assemble, const struct order_row *row,
                               const struct event *event, int64_t seq)
{
    struct order_fact fact;
    if (!fact_of(assemble, event, &fact))
        return OK;
    /* Updates are chatty: only those that may be an edit of what was sent are worth a row. */
    if (fact.what == EVENT_ORDER_EDITED && !row->sent_seq)
        return OK;
    fact.order = row->key;
    fact.seq = seq;
    enum status status = order_fact_put(assemble->store, &fact);
    return status == CONFLICT ? OK : status;
}

/*
 * Two sums are kept, because platforms take adjustments in two ways. `adjusted` is what was given
 * back of the value that was sent, never more: for those who take amounts off (GA4, Klaviyo), and
 * who hear nothing of edits. `worth` is what the order is worth by now, edits and all: for those to
 * whom it is told anew (Google). An order that grew can so be refunded beyond its value: the amount
 * is 0 by then, the worth still falls.
 */
static struct money left_of(const struct order_row *row)
{
    return money_least_zero(money_subtract(row->value, row->adjusted));
}

static void give_back(struct order_row *row, struct money moved, struct event *event)
{
    struct money left = left_of(row);
    event->adjust.amount = money_compare(moved, left) > 0 ? left : moved;
    row->adjusted = money_add(row->adjusted, event->adjust.amount);
    if (row->worth.given)
        row->worth = money_least_zero(money_subtract(row->worth, moved));
    event->adjust.remaining = row->worth;
}

/* Fills what the kind adds. false: nothing to send, counted with its reason. */
static bool shape_cancel(struct assemble *assemble, struct order_row *row, const struct event *fact,
                         struct event *event)
{
    event->adjust.currency = row->currency;
    event->adjust.reason = fact->order.cancel_reason;
    row->worth = money_of(0, row->value.scale);
    give_back(row, left_of(row), event);
    event->id = arena_print(assemble->arena, "%.*s_cancelled", SPAN_ARG(row->id));
    return true;
}

static bool shape_refund(struct assemble *assemble, struct order_row *row, const struct event *fact,
                         struct event *event)
{
    event->adjust = fact->adjust;
    event->adjust.currency = row->currency;
    if (!fact->adjust.amount.given || fact->adjust.amount.units <= 0) {
        assemble_count_order(assemble, "fact_skipped_refund_without_money");
        return false;
    }
    if (left_of(row).units == 0 && row->worth.units == 0) {
        assemble_count_order(assemble, "fact_skipped_refund_already_restated");
        return false;
    }
    if (!span_equal_nocase(fact->adjust.currency, row->currency)) {
        assemble_count_order(assemble, "fact_skipped_refund_currency");
        return false;
    }
    give_back(row, fact->adjust.amount, event);
    event->id = arena_print(assemble->arena, "%.*s_refund_%.*s", SPAN_ARG(row->id),
                            SPAN_ARG(fact->adjust.refund_id));
    return true;
}

/* What the order is worth now, against what was sent. A body with refunds says nothing about edits:
   its current_total is also without the returned lines, whose worth need not be the money that
   moved; one that is older than what we know says what was, one in other money nothing. */
static bool shape_edit(struct assemble *assemble, struct order_row *row, const struct event *fact,
                       struct event *event)
{
    struct money now_worth = fact->order.current_total;
    bool refunded = fact->order.refunded.given && fact->order.refunded.units != 0;
    bool stale = fact->order.updated_at < row->updated_at;
    if (!now_worth.given || !row->edited.given || row->cancelled || refunded || stale ||
        !span_equal(fact->order.currency, row->currency) ||
        money_compare(now_worth, row->edited) == 0)
        return false;
    event->adjust.amount = now_worth;
    event->adjust.currency = row->currency;
    event->adjust.reason = SPAN("edited");
    row->worth = fact->order.current_value; /* not known: nothing is restated any more, but 0 */
    if (row->worth.given)
        row->worth = money_least_zero(money_subtract(row->worth, row->adjusted));
    event->adjust.remaining = row->worth;
    row->edited = now_worth;
    event->id = arena_print(assemble->arena, "%.*s_edit_%lld", SPAN_ARG(row->id),
                            (long long)fact->order.updated_at);
    return true;
}

static bool shape_shipment(struct assemble *assemble, const struct order_row *row,
                           const struct order_fact *what, const struct event *fact,
                           struct event *event)
{
    event->fulfillment = fact->fulfillment;
    if (what->what == EVENT_ORDER_FULFILLED)
        event->id = arena_print(assemble->arena, "%.*s_fulfilled", SPAN_ARG(row->id));
    else
        event->id = arena_print(assemble->arena, "%.*s_%s_%.*s", SPAN_ARG(row->id),
                                what->what == EVENT_SHIPMENT_UPDATED ? "shipment" : "partial",
                                SPAN_ARG(what->subject));
    return true;
}

static bool shape(struct assemble *assemble, struct order_row *row, const struct order_fact *what,
                  const struct event *fact, struct event *event)
{
    switch (what->what) {
    case EVENT_ORDER_CANCELLED:
        row->cancelled = true;
        return shape_cancel(assemble, row, fact, event);
    case EVENT_ORDER_REFUNDED:
        return shape_refund(assemble, row, fact, event);
    case EVENT_ORDER_EDITED:
        return shape_edit(assemble, row, fact, event);
    default:
        return shape_shipment(assemble, row, what, fact, event);
    }
}

static enum status apply(struct assemble *assemble, struct order_row *row,
                         const struct order_fact *what)
{
    struct journal_row source;
    struct event fact, event;
    enum status status =
        journal_one(store_view(assemble->store), assemble->arena, what->seq, &source);
    if (status != OK)
        return status == MISSING ? OK : status;
    if (!read_body(assemble, source.body, &fact) || !read_order(assemble, row, &event))
        return OK;
    event.name = what->what;
    event.at = not_ahead(assemble, what->at);
    event.from[event.from_count++] = what->seq;
    event.from[event.from_count++] = row->sent_seq;
    if (!shape(assemble, row, what, &fact, &event))
        return OK;
    int64_t seq;
    status = append(assemble, &event, row, AUDIENCE_ALL, &seq);
    if (status != OK)
        return status;
    bool money = what->what == EVENT_ORDER_CANCELLED || what->what == EVENT_ORDER_REFUNDED ||
                 what->what == EVENT_ORDER_EDITED;
    if (money) {
        assemble_move(row, ORDER_ADJUSTED);
        assemble_count_order(assemble, "adjusted");
    }
    return OK;
}

enum status assemble_adjust(struct assemble *assemble, struct order_row *row)
{
    struct order_fact *facts;
    unsigned count;
    enum status status =
        order_facts(store_view(assemble->store), assemble->arena, row->key, &facts, &count);
    bool sent = row->state == ORDER_SENT || row->state == ORDER_ADJUSTED;
    for (unsigned i = 0; i < count && status == OK; i++) {
        if (facts[i].applied)
            continue;
        if (sent)
            status = apply(assemble, row, &facts[i]);
        else if (row->state == ORDER_DROPPED && span_is(row->reason, "no_webhook"))
            continue; /* a late trigger may still lift it */
        else
            assemble_count_order(assemble, "fact_skipped_order_not_sent");
        if (status == OK)
            status = order_fact_applied(assemble->store, &facts[i]);
    }
    return status;
}

/* ---- checkout_started, from the shop's side -------------------------------- */

enum status assemble_start_checkout(struct assemble *assemble, struct order_row *row,
                                    const struct event *fact, int64_t seq, unsigned audience)
{
    struct event event = *fact;
    event.name = EVENT_CHECKOUT_STARTED;
    event.id = arena_print(assemble->arena, "%.*s_checkout", SPAN_ARG(row->id));
    event.from[0] = seq;
    event.from_count = 1;
    put_client(assemble, row, &event);
    int64_t appended;
    return append(assemble, &event, row, audience, &appended);
}
