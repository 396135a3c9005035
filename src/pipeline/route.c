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
    if (spec->settings->max_age_ms > 0)
        most = spec->settings->max_age_ms;
    if (most > 0 && now - event->at > most)
        return "too_old";
    if (destination->max_ahead_ms > 0 && event->at - now > destination->max_ahead_ms)
        return "in_future";
    return NULL;
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
    then.region = now.region = event_region(event);
    if (consent_settle(&then, &spec->shop->consent, purpose) != CONSENT_GRANTED)
        return choice_for(&then, purpose) == CONSENT_UNKNOWN ? "consent_unknown" : "consent_denied";
    if (consent_settle(&now, &spec->shop->consent, purpose) != CONSENT_GRANTED)
        return "consent_denied_now";
    return NULL;
}

/* Whatever was asked for: what the ad flags of analytics, and consent objects, have to say. */
static bool ads_denied(const struct outlet_spec *spec, const struct event *event,
                       const struct consent *consent_now)
{
    struct consent then = event->consent, now = *consent_now;
    const struct consent_defaults *defaults = &spec->shop->consent;
    then.region = now.region = event_region(event);
    return consent_settle(&then, defaults, CONSENT_FOR_MARKETING) != CONSENT_GRANTED ||
           consent_settle(&now, defaults, CONSENT_FOR_MARKETING) != CONSENT_GRANTED;
}

static const char *consent_ask(const struct outlet_spec *spec, const struct event *event,
                               const struct consent *consent_now, bool *ret_limited)
{
    bool is_order = names_class(event->name) == EVENT_CLASS_ORDER;
    enum consent_rule rule = is_order && !spec->settings->consent_given
                                 ? spec->destination->consent_orders
                                 : spec->settings->consent;
    if (rule == CONSENT_TRANSACTIONAL && !is_order)
        return "orders_only";
    const char *why = consent_why(spec, event, consent_now);
    if (rule == CONSENT_TRANSACTIONAL && !spec->destination->nameless)
        return NULL;
    if (rule != CONSENT_REQUIRE) {
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
    answer.ads_denied = ads_denied(spec, event, consent_now);
    answer.opted_out = event->consent.sale_of_data == CONSENT_DENIED ||
                       consent_now->sale_of_data == CONSENT_DENIED;
    return answer;
}

/* Does an event of this name go to this outlet at all? Asked of the neighbours of an adjustment. */
static bool takes(const struct outlet_spec *spec, const struct event *adjustment,
                  enum event_name name)
{
    struct event other = *adjustment;
    other.name = name;
    return (spec->settings->events & (UINT64_C(1) << name)) &&
           !span_empty(spec->destination->rename(spec->settings, &other));
}

static bool is_adjustment(enum event_name name)
{
    return names_class(name) == EVENT_CLASS_ORDER && name != EVENT_ORDER_PLACED;
}

/* What became of the order's other adjustments here: does one that came earlier still wait as a
   letter, has one that came later arrived? */
static void look_at_siblings(const struct outcome_row *rows, unsigned count, span destination,
                             int64_t seq, bool *ret_waits, bool *ret_passed)
{
    for (unsigned i = 0; i < count; i++) {
        if (!is_adjustment(rows[i].name) || !span_equal(rows[i].destination, destination))
            continue;
        *ret_waits |= rows[i].seq < seq && rows[i].state == OUTCOME_WAITING;
        *ret_passed |= rows[i].seq > seq && rows[i].state == OUTCOME_DELIVERED;
    }
}

/* The adjustments of an order go one after the other. */
static enum route_follow follow_siblings(struct view *view, struct arena *scratch,
                                         const struct outlet_spec *spec,
                                         const struct reading_row *row, const struct lowmark *mark)
{
    const struct journal_row *self = &row->row;
    struct journal_step *steps;
    struct outcome_row *outcomes;
    unsigned step_count, outcome_count;
    bool waits = self->seq > mark->read_at; /* a letter, after a restart: what is before it has yet
                                               to be read */
    bool passed = false;
    if (self->order == 0)
        return waits ? ROUTE_WAIT : ROUTE_GO;
    if (journal_order_before(view, scratch, self->order, self->seq, &steps, &step_count) != OK ||
        outcome_of_order(view, scratch, self->order, &outcomes, &outcome_count) != OK)
        return ROUTE_WAIT;
    for (unsigned i = 0; i < step_count && !waits; i++)
        waits = is_adjustment(steps[i].name) && !lowmark_settled(mark, steps[i].seq) &&
                takes(spec, &row->event, steps[i].name);
    look_at_siblings(outcomes, outcome_count, span_of(spec->destination->name), self->seq, &waits,
                     &passed);
    if (passed && spec->destination->restates)
        return ROUTE_SUPERSEDED;
    return waits ? ROUTE_WAIT : ROUTE_GO;
}

enum route_follow route_follow(struct view *view, struct arena *scratch,
                               const struct outlet_spec *spec, const struct reading_row *row,
                               const struct lowmark *mark)
{
    const struct event *event = &row->event;
    if (!is_adjustment(event->name) || spec->settings->mode != OUTLET_LIVE)
        return ROUTE_GO;
    enum route_follow siblings = follow_siblings(view, scratch, spec, row, mark);
    if (siblings != ROUTE_GO || !takes(spec, event, EVENT_ORDER_PLACED))
        return siblings;
    struct outcome_row outcome;
    enum status status = outcome_get(view, scratch, row->row.shop, event->order.key,
                                     span_of(spec->destination->name), &outcome);
    if (status == MISSING)
        return lowmark_low(mark) >= row->row.seq - 1 ? ROUTE_NEVER : ROUTE_WAIT;
    if (status != OK || outcome.state == OUTCOME_WAITING)
        return ROUTE_WAIT;
    return outcome.state == OUTCOME_DELIVERED ? ROUTE_GO : ROUTE_NEVER;
}

const char *route_follow_why(enum route_follow follow)
{
    static const char *const words[] = {
        [ROUTE_NEVER] = "order_not_delivered", [ROUTE_SUPERSEDED] = "superseded"};
    return follow == ROUTE_GO || follow == ROUTE_WAIT ? NULL : words[follow];
}
