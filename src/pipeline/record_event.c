/*
 * One event on its way into the journal: has this copy been here, what did it show of its browser,
 * whose is it, which destinations may see it, what does it mean for an order.
 *
 * Everything here happens in the turn's transaction; a failure anywhere takes the whole turn back.
 */
#include "record_private.h"

#include "../base/hash.h"
#include "wish.h"

/* Anybody can post as one visitor, so a source counts as installed when it was heard from two
   within RECORD_OWNER_DAYS, and no longer when that is RECORD_OWNER_DAYS ago: docs/decisions/002.
 */
static enum status see_source(struct recorder *recorder, struct recorded_shop *shop,
                              const struct event *event)
{
    struct speaker *speaker = event->source == SOURCE_BROWSER ? &shop->snippet
                              : event->source == SOURCE_PIXEL ? &shop->pixel
                                                              : NULL;
    if (!speaker || span_empty(event->who.visitor))
        return OK;
    uint64_t visitor = hash_quick(event->who.visitor) | 1;
    int64_t today = recorder->now / DAY_MS;
    bool second = speaker->visitor && speaker->visitor != visitor &&
                  recorder->now - speaker->at <= RECORD_OWNER_DAYS * DAY_MS;
    speaker->visitor = visitor;
    speaker->at = recorder->now;
    if (!second || speaker->day == today)
        return OK;
    speaker->day = today;
    return counter_add(recorder->store, today, shop->number, SPAN("source_seen"),
                       span_of(event_source_text(event->source)), 1);
}

static bool is_heard(const struct recorder *recorder, const struct speaker *speaker)
{
    return speaker->day > 0 && recorder->now / DAY_MS - speaker->day <= RECORD_OWNER_DAYS;
}

/* The same action is seen by snippet and pixel: one owner per name. The snippet owns the storefront
   and the pixel the checkout, as long as the shop is heard to have them; the other copy feeds
   identity only. */
static bool owner_of(const struct recorder *recorder, const struct recorded_shop *shop,
                     const struct event *event)
{
    switch (names_class(event->name)) {
    case EVENT_CLASS_STOREFRONT:
        return event->source != SOURCE_PIXEL || !is_heard(recorder, &shop->snippet);
    case EVENT_CLASS_CHECKOUT:
        return event->source != SOURCE_BROWSER || !is_heard(recorder, &shop->pixel);
    default:
        return true;
    }
}

static enum status audience_of(struct recorder *recorder, struct recorded_shop *shop,
                               const struct event *event, unsigned *ret_audience)
{
    enum event_class class_ = names_class(event->name);
    if (class_ == EVENT_CLASS_FACT || class_ == EVENT_CLASS_HALF ||
        !owner_of(recorder, shop, event)) {
        *ret_audience = 0;
        return OK;
    }
    *ret_audience = AUDIENCE_ALL;
    if (event->name != EVENT_CHECKOUT_STARTED || span_empty(event->order.checkout_token))
        return OK;
    /* A checkout starts once for the ads, whoever tells of it first (DESIGN 4). */
    unsigned before;
    enum status status = order_checkout(recorder->store, shop->number, event->order.checkout_token,
                                        CHECKOUT_BY_BROWSER, recorder->now, &before);
    if (status == OK && (before & CHECKOUT_BY_BROWSER))
        *ret_audience = 0;
    else if (status == OK && (before & CHECKOUT_BY_SERVER))
        *ret_audience = AUDIENCE_MAIL;
    return status;
}

/* Whose event it is. Where Shopify signed who is logged in and nothing else (the app proxy), that
   alone is believed: what the body says beside it stays in the event and names nobody. */
static enum status whose(struct recorder *recorder, struct recorded_shop *shop,
                         const struct event *event, int64_t seq, int64_t *ret_person)
{
    struct event spoken;
    bool is_signed = event_is_signed(event);
    if (event->aside.customer_signed && !is_signed) {
        spoken = *event;
        spoken.who =
            (struct who){.visitor = event->who.visitor, .customer_id = event->who.customer_id};
        event = &spoken;
        is_signed = true;
    }
    struct identity identity = {recorder->store, &recorder->arena, shop->shop, shop->number};
    return identity_resolve(&identity, event, is_signed, seq, ret_person);
}

enum status record_event(struct recorder *recorder, struct parcel *parcel,
                         struct recorded_shop *shop, unsigned index)
{
    struct store *store = recorder->store;
    const struct event *event = &parcel->batch.events.events[index];
    int64_t seq = journal_next_seq(store);
    if (event->source != SOURCE_SHOPIFY) { /* deliveries and facts have dedups of their own */
        int64_t first;
        enum status status =
            journal_seen(store, shop->number, event->source, event->name_text, event->id,
                         event->raw_at ? event->raw_at : event->at, seq, &first);
        if (parcel->copies)
            parcel->copies[index] = status == CONFLICT;
        if (status == CONFLICT) {
            parcel->duplicates++;
            return OK;
        }
        if (status != OK)
            return status;
    }
    /* Whoever asks for his data, or to be forgotten, is not made known by asking. */
    bool is_wish = wish_is(event);
    struct identity identity = {store, &recorder->arena, shop->shop, shop->number};
    int64_t person = 0;
    unsigned audience = 0;
    heard_event(&recorder->heard, &recorder->arena, shop->number, event);
    enum status status = see_source(recorder, shop, event);
    if (status == OK)
        status = identity_visit(store, &recorder->arena, recorder->visits, shop->number, event);
    if (status == OK && !is_wish)
        status = whose(recorder, shop, event, seq, &person);
    if (status == OK)
        status = audience_of(recorder, shop, event, &audience);
    if (status != OK)
        return status;
    struct journal_row row = {
        .shop = shop->number,
        .name = event->name,
        .source = event->source,
        .event_id = event->id,
        .at = event->at,
        .received_at = event->received_at,
        .visitor = event->who.visitor,
        .person = person,
        .audience = audience,
        .body = parcel->bodies[index],
    };
    struct assemble assemble = record_assemble(recorder, shop);
    status = assemble_event(&assemble, event, &row, &seq);
    if (status == OK && is_wish)
        status = wish_grant(&identity, event);
    if (audience || assemble.appended)
        record_add_news(recorder, shop->number);
    return status;
}
