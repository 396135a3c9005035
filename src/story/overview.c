/*
 * Today: each store's day begins at its own midnight. An order counts on the day on which we first
 * heard of it. "Without browser" are orders that were sent and of which no browser told: what a tag
 * alone would never have reported.
 */
#include "overview.h"

#include "../pipeline/count.h"
#include "latency.h"

#define MINUTES    60
#define CLASS_DAYS 7

struct day {
    int64_t since, orders, held, excluded, dropped, without_browser;
    struct money value;
};

static bool was_sent(enum order_state state)
{
    return state == ORDER_SENT || state == ORDER_ADJUSTED;
}

static void add_sum(struct day *day, const struct report_orders *sum, span currency)
{
    if (was_sent(sum->state)) {
        day->orders += sum->count;
        if (!sum->browser)
            day->without_browser += sum->count;
        if (sum->value.given && span_equal(sum->currency, currency))
            day->value = money_add(day->value, sum->value);
    }
    day->held += (sum->state == ORDER_HELD || sum->state == ORDER_READY ||
                  sum->state == ORDER_SEEN_BROWSER) *
                 sum->count;
    day->excluded += (sum->state == ORDER_EXCLUDED) * sum->count;
    day->dropped += (sum->state == ORDER_DROPPED) * sum->count;
}

/* Of one store; sums into `day`. */
static enum status load_day(const struct story *story, const struct shop *shop,
                            const struct zone *zone, span currency, struct day *day,
                            int64_t *ret_sent)
{
    struct report_orders *sums;
    unsigned count;
    int64_t before = day->orders, since = zone_midnight(zone, story->now);
    enum status status = report_sum_orders(story->view, story->arena, story_number(story, shop),
                                           since, story->now + DAY_MS, &sums, &count);
    if (status != OK)
        return status;
    day->since = day->since ? day->since : since;
    for (unsigned i = 0; i < count; i++)
        add_sum(day, &sums[i], currency);
    *ret_sent = day->orders - before;
    return OK;
}

static enum status load_outcomes(const struct story *story, const struct shop *shop,
                                 const struct zone *zone, struct report_orders **ret_sums,
                                 unsigned *ret_count)
{
    return report_sum_outcomes(story->view, story->arena, story_number(story, shop),
                               zone_midnight(zone, story->now), story->now + DAY_MS, ret_sums,
                               ret_count);
}

static void put_stores(const struct story *story, struct json *json)
{
    json_open(json, "stores", '[');
    for (unsigned i = 0; i < story->shop_count; i++) {
        const struct shop *shop = story->shops[i];
        json_open(json, NULL, '{');
        json_put_text(json, "name", shop->name);
        json_put_text(json, "currency", shop->currency);
        json_put_text(json, "timezone", shop->timezone);
        json_put_text(json, "mode", shop->mode == SHOP_TEST ? SPAN("test") : SPAN("live"));
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* Rows of the journal are dense, so the distance of two minutes' first rows is their number. Of one
   store among several, those that some destination may see. */
static enum status put_minutes(const struct story *story, const struct shop *only,
                               struct json *json)
{
    int64_t now = story->now, shop = only && story->shop_count > 1 ? story_number(story, only) : -1;
    int64_t from, until;
    enum status status = journal_since(story->view, now - MINUTES * MINUTE_MS, &from);
    json_open(json, "events_per_minute", '[');
    for (int i = MINUTES - 1; i >= 0 && status == OK; i--) {
        status = journal_since(story->view, i ? now - i * MINUTE_MS : INT64_MAX, &until);
        if (status != OK)
            break;
        json_put_int(json, NULL,
                     shop < 0 ? until - from : report_rows(story->view, shop, from, until));
        from = until;
    }
    json_close(json, ']');
    return status;
}

static void put_today(const struct day *day, span currency, struct json *json)
{
    json_open(json, "today", '{');
    json_put_int(json, "since", day->since);
    json_put_int(json, "orders", day->orders);
    struct money value = day->value;
    if (!value.given)
        value = money_of(0, money_scale(currency));
    story_put_money(json, "value", value);
    json_put_text(json, "currency", currency);
    json_put_int(json, "held", day->held);
    json_put_int(json, "excluded", day->excluded);
    json_put_int(json, "dropped", day->dropped);
    json_put_int(json, "without_browser", day->without_browser);
    if (day->orders > 0)
        json_put_raw(
            json, "share_lost",
            latency_share(day->without_browser, day->orders, (char[LATENCY_SHARE_ROOM]){0}));
    else
        json_put_null(json, "share_lost");
    json_close(json, '}');
}

/* The tiles of one store, as members of an open array. */
static enum status
put_tiles(const struct story *story, const struct shop *shop, int64_t sent, const struct zone *zone,
          enum status (*more)(const struct story *, const struct tile *, struct json *),
          struct json *json)
{
    struct report_orders *sums;
    unsigned count;
    enum status status = load_outcomes(story, shop, zone, &sums, &count);
    for (unsigned i = 0; i < story->outlet_count && status == OK; i++) {
        struct tile tile;
        if (story->outlets[i].shop != shop)
            continue;
        status = tile_load(story, &story->outlets[i], zone, sums, count, sent, &tile);
        if (status != OK)
            break;
        json_open(json, NULL, '{');
        tile_put(json, &tile);
        if (more)
            status = more(story, &tile, json);
        json_close(json, '}');
    }
    return status;
}

static enum status
put_all(const struct story *story, const struct shop *only, struct day *day, span currency,
        enum status (*more)(const struct story *, const struct tile *, struct json *),
        struct json *json)
{
    enum status status = OK;
    json_open(json, "destinations", '[');
    for (unsigned i = 0; i < story->shop_count && status == OK; i++) {
        const struct shop *shop = story->shops[i];
        struct zone zone;
        int64_t sent = 0;
        if (only && shop != only)
            continue;
        zone_load(&zone, story->arena, shop->timezone);
        status = load_day(story, shop, &zone, currency, day, &sent);
        if (status == OK)
            status = put_tiles(story, shop, sent, &zone, more, json);
    }
    json_close(json, ']');
    return status;
}

enum status overview_put(const struct story *story, const struct shop *only, struct json *json)
{
    struct day day = {.since = 0};
    span currency = only                ? only->currency
                    : story->shop_count ? story->shops[0]->currency
                                        : SPAN("EUR");
    json_put_int(json, "now", story->now);
    json_put_text(json, "version", SPAN(SIDETRACK_VERSION));
    put_stores(story, json);
    enum status status = put_minutes(story, only, json);
    if (status == OK)
        status = put_all(story, only, &day, currency, NULL, json);
    if (status == OK)
        put_today(&day, currency, json);
    return status;
}

/* ---- destinations ---- */

static void put_class(struct json *json, span code, span words, int64_t n, int64_t last_at)
{
    json_open(json, NULL, '{');
    json_put_text(json, "code", code);
    json_put_text(json, "words", words);
    json_put_int(json, "n", n);
    json_put_int(json, "last_at", last_at);
    json_close(json, '}');
}

static enum status put_classes(const struct story *story, const struct tile *tile,
                               struct json *json)
{
    struct report_trouble *troubles;
    unsigned count;
    enum status status = report_troubles(story->view, story->arena, tile->shop,
                                         span_of(tile->spec->destination->name),
                                         story->now - CLASS_DAYS * DAY_MS, &troubles, &count);
    if (status != OK)
        return status;
    json_open(json, "classes", '[');
    if (span_starts(tile->reason, "platform: "))
        put_class(json, SPAN("paused"), tile->reason, 1, tile->since);
    for (unsigned i = 0; i < count; i++)
        put_class(json, span_empty(troubles[i].code) ? troubles[i].reason : troubles[i].code,
                  troubles[i].words, troubles[i].count, troubles[i].last_at);
    json_close(json, ']');
    return OK;
}

static enum status put_more(const struct story *story, const struct tile *tile, struct json *json)
{
    struct report_count *counts;
    unsigned count;
    struct latency latency = {.count = 0};
    int64_t today = story->now / DAY_MS;
    enum status status = put_classes(story, tile, json);
    if (status == OK)
        status =
            report_counts(story->view, story->arena, tile->shop,
                          arena_print(story->arena, "ms:%s", tile->spec->destination->name).ptr,
                          today, today, &counts, &count);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < count; i++)
        latency_add_label(&latency, counts[i].label, counts[i].n);
    json_open(json, "rate", '{');
    json_put_int(json, "per_minute", tile->per_minute);
    json_close(json, '}');
    latency_put(&latency, json);
    json_open(json, "bookmark", '{');
    json_put_int(json, "low", tile->low);
    int64_t head = 0;
    status = journal_head(story->view, &head);
    json_put_int(json, "head", head);
    json_close(json, '}');
    return status;
}

enum status overview_destinations(const struct story *story, const struct shop *only,
                                  struct json *json)
{
    struct day day = {.since = 0};
    json_open(json, NULL, '{');
    enum status status = put_all(story, only, &day, SPAN("EUR"), put_more, json);
    json_close(json, '}');
    return status;
}
