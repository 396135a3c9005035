/*
 * The questions an event must answer before it goes, from the cheapest to the dearest; route.h
 * lists the words.
 *
 * Consent (DESIGN 3, contracts/destinations 0.6) is asked twice: it must have held at the event's
 * own time and must hold now. The rule is the outlet's (`consent: require | limited |
 * transactional`), for orders the destination's own unless the store wrote one. The region is the
 * one told with the consent, else the country goods or bills go to, else unknown.
 */
#include "route.h"

#include "../event/bot.h"

const char *route_age(const struct outlet_spec *spec, const struct event *event, int64_t now)
{
    const struct destination *destination = spec->destination;
    int64_t most = destination->max_age ? destination->max_age(spec->settings, event)
                                        : destination->max_age_ms;
    if (most > 0 && now - event->at > most)
        return "too_old";
    if (destination->max_ahead_ms > 0 && event->at - now > destination->max_ahead_ms)
        return "in_future";
    return NULL;
}

static span region_of(const struct event *event)
{
    const span choices[] = {event->consent.region, event->who.shipping.country,
                            event->who.billing.country, event->who.country};
    for (size_t i = 0; i < COUNT_OF(choices); i++) {
        if (!span_empty(choices[i]))
            return choices[i];
    }
    return (span){0};
}

static enum consent_choice choice_for(const struct consent *consent, enum consent_purpose purpose)
{
    return purpose == CONSENT_FOR_ANALYTICS ? consent->analytics : consent->marketing;
}

/* Why consent is missing, or NULL when it held and holds. */
static const char *consent_why(const struct outlet_spec *spec, const struct event *event,
                               const struct consent *consent_now)
{
    enum consent_purpose purpose = spec->destination->asks;
    struct consent then = event->consent, now = *consent_now;
    then.region = now.region = region_of(event);
    if (consent_settle(&then, &spec->shop->consent, purpose) != CONSENT_GRANTED)
        return choice_for(&then, purpose) == CONSENT_UNKNOWN ? "consent_unknown" : "consent_denied";
    if (consent_settle(&now, &spec->shop->consent, purpose) != CONSENT_GRANTED)
        return "consent_denied_now";
    return NULL;
}

static const char *consent_ask(const struct outlet_spec *spec, const struct event *event,
                               const struct consent *consent_now, bool *ret_limited)
{
    bool is_order = names_class(event->name) == EVENT_CLASS_ORDER;
    enum consent_rule rule = is_order && !spec->settings->consent_given
                                 ? spec->destination->consent_orders
                                 : spec->settings->consent;
    if (rule == CONSENT_TRANSACTIONAL)
        return is_order ? NULL : "orders_only";
    const char *why = consent_why(spec, event, consent_now);
    if (rule == CONSENT_LIMITED) {
        *ret_limited = why != NULL;
        return NULL;
    }
    return why;
}

/* What depends on name and settings only. */
static const char *name_ask(const struct outlet_spec *spec, const struct event *event)
{
    if (span_empty(spec->destination->rename(spec->settings, event)))
        return "unmapped";
    if (!(spec->settings->events & (UINT64_C(1) << event->name)))
        return "not_in_events";
    if (event->order.kind == KIND_TEST && span_empty(spec->settings->test_code) &&
        !spec->destination->validates)
        return "test_order";
    return NULL;
}

struct route_answer route_wants(const struct outlet_spec *spec, const struct reading_row *row,
                                const struct consent *consent_now, int64_t now,
                                struct arena *scratch)
{
    struct route_answer answer = {0};
    const struct event *event = &row->event;
    answer.why = row->trouble;
    if (!answer.why && !spec->settings->enabled)
        answer.why = "destination_disabled";
    if (!answer.why && spec->shop->bots == BOTS_EXCLUDE && bot_sure(event))
        answer.why = "bot";
    if (!answer.why)
        answer.why = name_ask(spec, event);
    if (!answer.why)
        answer.why = route_age(spec, event, now);
    if (!answer.why)
        answer.why = consent_ask(spec, event, consent_now, &answer.limited);
    if (!answer.why && spec->destination->unfit)
        answer.why = spec->destination->unfit(spec->settings, event, answer.limited, scratch);
    answer.opted_out = event->consent.sale_of_data == CONSENT_DENIED ||
                       consent_now->sale_of_data == CONSENT_DENIED;
    return answer;
}

/* Do placed orders go to this outlet at all? */
static bool takes_orders(const struct outlet_spec *spec, const struct event *adjustment)
{
    struct event placed = *adjustment;
    placed.name = EVENT_ORDER_PLACED;
    return (spec->settings->events & (UINT64_C(1) << EVENT_ORDER_PLACED)) &&
           !span_empty(spec->destination->rename(spec->settings, &placed));
}

enum route_follow route_follow(struct view *view, struct arena *scratch,
                               const struct outlet_spec *spec, const struct reading_row *row,
                               int64_t low)
{
    const struct event *event = &row->event;
    if (names_class(event->name) != EVENT_CLASS_ORDER || event->name == EVENT_ORDER_PLACED ||
        spec->settings->mode != OUTLET_LIVE || !takes_orders(spec, event))
        return ROUTE_GO;
    struct outcome_row outcome;
    enum status status = outcome_get(view, scratch, row->row.shop, event->order.key,
                                     span_of(spec->destination->name), &outcome);
    if (status == MISSING)
        return low >= row->row.seq - 1 ? ROUTE_NEVER : ROUTE_WAIT;
    if (status != OK || outcome.state == OUTCOME_WAITING)
        return ROUTE_WAIT;
    return outcome.state == OUTCOME_DELIVERED ? ROUTE_GO : ROUTE_NEVER;
}
