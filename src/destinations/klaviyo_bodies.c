/*
 * The bodies: one event, a bulk job of many, a list subscription.
 *
 * A bulk job groups events by person and by whether they are backfill; in both forms an event's
 * attributes are the same, only the profile sits elsewhere. The unique_ids (contract 6.6) are made
 * from the shop's own ids, so that they are the same however often and from wherever an event is
 * sent.
 */
#include "../base/clock.h"
#include "../base/date.h"
#include "../base/map.h"
#include "klaviyo.h"

#include <assert.h>

#define BACKFILL_AGE_MS HOUR_MS /* older events are recorded without starting flows */

static span or_id(span text, const struct event *event)
{
    return span_empty(text) ? event->id : text;
}

static span unique_id(struct arena *arena, const struct event *event, unsigned part)
{
    const struct klaviyo_name *name = klaviyo_name_find(event);
    const struct order *order = &event->order;
    span id = event->id;
    if (part > 0 && event->name == EVENT_ORDER_PLACED) {
        span line = order->items[part - 1].line_id;
        span at = arena_print(arena, "%u", part); /* lines have ids, unless an API order has none */
        id = or_id(order->id, event);
        return arena_print(arena, "ordered_product_%.*s_%.*s", SPAN_ARG(id),
                           SPAN_ARG(span_empty(line) ? at : line));
    }
    switch (event->name) {
    case EVENT_CHECKOUT_STARTED:
        id = or_id(order->checkout_token, event);
        break;
    case EVENT_ORDER_PLACED:
    case EVENT_ORDER_CANCELLED:
    case EVENT_ORDER_FULFILLED:
        id = or_id(order->id, event);
        break;
    case EVENT_ORDER_REFUNDED:
        id = or_id(event->adjust.refund_id, event);
        break;
    case EVENT_ORDER_PARTIALLY_FULFILLED:
        id = or_id(event->fulfillment.id, event);
        break;
    case EVENT_SHIPMENT_UPDATED:
        id = or_id(event->fulfillment.id, event);
        return arena_print(arena, "shipment_%.*s_%.*s", SPAN_ARG(id),
                           SPAN_ARG(event->fulfillment.shipment_status));
    default:
        break;
    }
    return name ? arena_print(arena, "%s_%.*s", name->unique, SPAN_ARG(id)) : id;
}

static bool is_backfill(const struct batch *batch, const struct event *event)
{
    return event->backfill || event->at < batch->now - BACKFILL_AGE_MS;
}

static void write_value(struct json *json, const struct settings *settings,
                        const struct batch *batch, const struct event *event,
                        const struct item *line)
{
    struct sale sale;
    sale_read(batch->arena, settings, event, &sale);
    struct money value = line ? sale_row(line) : sale.value;
    if (event->name == EVENT_PRODUCT_VIEWED && event->item_count > 0 && event->items[0].price.given)
        value = event->items[0].price;
    if (!value.given)
        return;
    json_put_raw(json, "value", money_number(batch->arena, value));
    if (!span_empty(sale.currency))
        json_put_text(json, "value_currency", sale.currency);
}

/* What the attributes of an event are in both endpoints; the profile is the caller's. */
static void write_attributes(struct json *json, const struct settings *settings,
                             const struct batch *batch, const struct event *event, unsigned part)
{
    const struct item *line = NULL;
    span metric = klaviyo_rename(settings, event);
    if (part > 0 && event->name == EVENT_ORDER_PLACED) {
        assert(part <= event->order.item_count);
        line = &event->order.items[part - 1];
        metric = SPAN("Ordered Product");
    }
    json_open(json, "metric", '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("metric"));
    json_open(json, "attributes", '{');
    json_put_text(json, "name", metric);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    klaviyo_write_properties(json, batch->arena, settings, event, line);
    write_value(json, settings, batch, event, line);
    json_put_text(json, "time", date_print(batch->arena, event->at));
    json_put_text(json, "unique_id", unique_id(batch->arena, event, part));
}

void klaviyo_write_single(struct json *json, const struct settings *settings,
                          const struct batch *batch)
{
    const struct event *event = batch->events[0];
    json_open(json, NULL, '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("event"));
    json_open(json, "attributes", '{');
    klaviyo_write_profile(json, batch, event);
    write_attributes(json, settings, batch, event, batch->part);
    if (is_backfill(batch, event))
        json_put_bool(json, "backfill", true);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

/* The events of one person in a bulk job: a chain through `next`, in the batch's order. */
struct group {
    unsigned first, last;
    bool backfill;
};

static struct group *find_group(struct map *map, const struct batch *batch, unsigned index)
{
    const struct event *event = batch->events[index];
    const struct who *who = &event->who;
    bool backfill = is_backfill(batch, event);
    span key = arena_print(batch->arena, "%.*s\x1f%.*s\x1f%.*s\x1f%.*s\x1f%d", SPAN_ARG(who->email),
                           SPAN_ARG(who->phone), SPAN_ARG(who->customer_id),
                           SPAN_ARG(event->client.kx), backfill);
    struct group *group = map_get(map, key);
    if (!group) {
        group = arena_new(batch->arena, struct group);
        *group = (struct group){.first = index, .last = index, .backfill = backfill};
        map_put(map, key, group);
    }
    return group;
}

static void write_group(struct json *json, const struct settings *settings,
                        const struct batch *batch, const struct group *group, const unsigned *next)
{
    json_open(json, NULL, '{');
    json_put_text(json, "type", SPAN("event-bulk-create"));
    json_open(json, "attributes", '{');
    /* The newest event knows most about the person. */
    klaviyo_write_profile(json, batch, batch->events[group->last]);
    json_open(json, "events", '{');
    json_open(json, "data", '[');
    for (unsigned i = group->first;; i = next[i]) {
        json_open(json, NULL, '{');
        json_put_text(json, "type", SPAN("event"));
        json_open(json, "attributes", '{');
        write_attributes(json, settings, batch, batch->events[i], 0);
        json_close(json, '}');
        json_close(json, '}');
        if (i == group->last)
            break;
    }
    json_close(json, ']');
    json_close(json, '}');
    if (group->backfill)
        json_put_bool(json, "backfill", true);
    json_close(json, '}');
    json_close(json, '}');
}

/* An event that waits while its visitor becomes known is told by its own row and again as
   somebody's past, under one unique_id. A copy would have the job refused whole: the first one
   goes, as of copies in two jobs. */
static bool is_copy(struct map *known, const struct batch *batch, unsigned index)
{
    span id = unique_id(batch->arena, batch->events[index], 0);
    if (map_get(known, id))
        return true;
    map_put(known, id, (void *)(uintptr_t)batch->events[index]);
    return false;
}

void klaviyo_write_bulk(struct json *json, const struct settings *settings,
                        const struct batch *batch)
{
    struct map map = {0}, known = {0};
    unsigned *next = arena_array(batch->arena, unsigned, batch->count);
    struct group **groups = arena_array(batch->arena, struct group *, batch->count);
    unsigned group_count = 0;
    for (unsigned i = 0; i < batch->count; i++) {
        if (is_copy(&known, batch, i))
            continue;
        struct group *group = find_group(&map, batch, i);
        if (group->first == i) {
            groups[group_count++] = group;
            continue;
        }
        next[group->last] = i;
        group->last = i;
    }
    map_done(&map);
    map_done(&known);
    json_open(json, NULL, '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("event-bulk-create-job"));
    json_open(json, "attributes", '{');
    json_open(json, "events-bulk-create", '{');
    json_open(json, "data", '[');
    for (unsigned i = 0; i < group_count; i++)
        write_group(json, settings, batch, groups[i], next);
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

void klaviyo_write_subscription(struct json *json, span list, span email)
{
    json_open(json, NULL, '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("profile-subscription-bulk-create-job"));
    json_open(json, "attributes", '{');
    json_open(json, "profiles", '{');
    json_open(json, "data", '[');
    json_open(json, NULL, '{');
    json_put_text(json, "type", SPAN("profile"));
    json_open(json, "attributes", '{');
    json_put_text(json, "email", email);
    json_put_raw(json, "subscriptions",
                 SPAN("{\"email\":{\"marketing\":{\"consent\":\"SUBSCRIBED\"}}}"));
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_put_bool(json, "historical_import", false);
    json_close(json, '}');
    json_open(json, "relationships", '{');
    json_open(json, "list", '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("list"));
    json_put_text(json, "id", list);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}
