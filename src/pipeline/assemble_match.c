/*
 * The last two join rules of sources 0.2, asked when the wait for better is over: nothing of this
 * checkout was seen in any browser.
 *
 *   same_customer        rule 5: its person was, lately, in some browser
 *   address_and_agent    rule 6, off by default: one visitor, and only one, showed the order's
 *                        address and exactly its user agent within half an hour
 *
 * Neither says who the visitor is: the order gets his cookies and click ids, the visitor stays
 * whose he was. A visitor who is known to be somebody else is nobody's match.
 */
#include "assemble_private.h"

#include "identity.h"

#define NEAR_MS (30 * MINUTE_MS)

static enum status by_person(struct assemble *assemble, struct order_row *row, int64_t at)
{
    struct view *view = store_view(assemble->store);
    int64_t owner, since;
    span visitor;
    if (!row->person)
        return OK;
    enum status status =
        visitor_of(view, assemble->arena, assemble->shop_number, row->person, at, &visitor);
    if (status == OK)
        status = visitor_claim(view, assemble->shop_number, visitor, at, &owner, &since);
    if (status != OK)
        return status == MISSING ? OK : status;
    if (owner == person_resolve(view, row->person) &&
        since >= at - assemble->shop->identity.back_ms) {
        row->visitor = visitor;
        row->matched = SPAN("same_customer");
    }
    return OK;
}

static bool reads(struct assemble *assemble, span body, struct event *ret_event)
{
    const struct json_value *root;
    struct error ignored;
    return !span_empty(body) && json_parse(assemble->arena, body, &root, &ignored) == OK &&
           event_read(assemble->arena, root, assemble->shop->currency, ret_event, &ignored) == OK;
}

/* The one visitor of these rows with this address and agent; absent: none, or several. */
static span only_visitor(struct assemble *assemble, const struct journal_row *rows, unsigned count,
                         const struct client *client)
{
    span visitor = {0};
    for (unsigned i = 0; i < count; i++) {
        struct event event;
        if (!reads(assemble, rows[i].body, &event) || !span_equal(event.client.ip, client->ip) ||
            !span_equal(event.client.user_agent, client->user_agent))
            continue;
        if (!span_empty(visitor) && !span_equal(visitor, rows[i].visitor))
            return (span){0}; /* an office: two with one browser behind one address */
        visitor = rows[i].visitor;
    }
    return visitor;
}

static enum status by_address(struct assemble *assemble, struct order_row *row, int64_t at)
{
    struct view *view = store_view(assemble->store);
    struct event order;
    if (!reads(assemble, row->server, &order) || span_empty(order.client.ip) ||
        span_empty(order.client.user_agent))
        return OK;
    const struct journal_near near = {at - NEAR_MS, at + NEAR_MS, order.client.ip};
    struct journal_row *rows;
    unsigned count;
    enum status status =
        journal_near(view, assemble->arena, assemble->shop_number, &near, &rows, &count);
    if (status != OK)
        return status;
    span visitor = only_visitor(assemble, rows, count, &order.client);
    int64_t owner =
        span_empty(visitor) ? 0 : visitor_owner(view, assemble->shop_number, visitor, at);
    if (span_empty(visitor) || (owner && owner != person_resolve(view, row->person)))
        return OK;
    row->visitor = visitor;
    row->matched = SPAN("address_and_agent");
    return OK;
}

enum status assemble_match_late(struct assemble *assemble, struct order_row *row)
{
    int64_t at = row->created_at ? row->created_at : assemble->now;
    if (!span_empty(row->visitor) || !span_empty(row->browser))
        return OK;
    enum status status = by_person(assemble, row, at);
    if (status == OK && span_empty(row->visitor) && assemble->shop->identity.match_address)
        status = by_address(assemble, row, at);
    return status;
}

bool assemble_match_is_guess(const struct order_row *row)
{
    return span_is(row->matched, "same_customer") || span_is(row->matched, "address_and_agent");
}
