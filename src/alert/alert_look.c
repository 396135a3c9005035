/*
 * From the store and the counters to facts. Destinations are seen as the dashboard's tiles see
 * them, so an alert never says other than the page it leads to.
 */
#include <sys/statvfs.h>

#include "../store/report.h"
#include "../store/signs.h"
#include "../story/tile.h"
#include "alert_watch.h"

#define WEEK_MS     (7 * DAY_MS)
#define PAST_STEP   (15 * MINUTE_MS)
#define BY_PLATFORM "platform: "

/* ---- stores ---- */

static enum status look_back(struct view *view, int64_t shop, int64_t now, struct alert_past *past)
{
    int64_t at = now - now % PAST_STEP, first = signs_first(view);
    enum status status = OK;
    if (past->at == at)
        return OK;
    for (unsigned i = 0; i < ALERT_WEEKS && status == OK; i++) {
        int64_t until = at - (i + 1) * WEEK_MS, from = until - HOUR_MS;
        struct signs signs = {0};
        bool known = first != 0 && first <= from;
        if (known)
            status = signs_count(view, shop, from, until, &signs);
        past->browser[i] = known ? signs.browser : ALERT_UNKNOWN;
        past->hooks[i] = known ? signs.hooks : ALERT_UNKNOWN;
    }
    if (status == OK)
        past->at = at;
    return status;
}

static enum status look_at_shop(struct view *view, const struct story *story,
                                const struct shop *shop, struct alert_past *past,
                                struct alert_shop *ret_shop)
{
    int64_t number = story_number(story, shop);
    struct signs signs = {0};
    enum status status = look_back(view, number, story->now, past);
    if (status == OK)
        status = signs_count(view, number, story->now - HOUR_MS, story->now, &signs);
    *ret_shop = (struct alert_shop){.name = shop->name,
                                    .hooks = !span_empty(shop->shopify.domain),
                                    .browser = signs.browser,
                                    .signed_hooks = signs.hooks,
                                    .checkouts = signs.checkouts,
                                    .lag_least = signs.lag_least,
                                    .lag_count = signs.hooks};
    memcpy(ret_shop->browser_weeks, past->browser, sizeof past->browser);
    memcpy(ret_shop->hook_weeks, past->hooks, sizeof past->hooks);
    return status;
}

/* ---- destinations ---- */

static enum status look_at_refusals(const struct story *story, const struct tile *tile,
                                    struct alert_outlet *outlet)
{
    struct report_trouble *troubles;
    unsigned count;
    int64_t last_at;
    enum status status = report_troubles(story->view, story->arena, tile->shop, outlet->destination,
                                         story->now - HOUR_MS, &troubles, &count);
    for (unsigned i = 0; status == OK && i < count; i++) {
        if (!span_is(troubles[i].reason, "refused"))
            continue;
        if (outlet->refused == 0) {
            outlet->code = troubles[i].code;
            outlet->words = troubles[i].words;
        }
        outlet->refused += troubles[i].count;
    }
    if (status == OK)
        status = report_accepted(story->view, tile->shop, outlet->destination, story->now - HOUR_MS,
                                 &last_at, &outlet->delivered);
    return status;
}

static enum status look_at_outlet(const struct story *story, const struct outlet_spec *spec,
                                  struct alert_outlet *ret_outlet)
{
    struct tile tile;
    struct zone zone;
    zone_load(&zone, story->arena, spec->shop->timezone);
    enum status status = tile_load(story, spec, &zone, NULL, 0, 0, &tile);
    if (status != OK)
        return status;
    bool paused = strcmp(tile.state, "paused") == 0;
    *ret_outlet = (struct alert_outlet){
        .store = spec->shop->name,
        .destination = span_of(spec->destination->name),
        .called = span_of(story_called(spec->destination)),
        .live = strcmp(tile.state, "live") == 0,
        .backing_off = strcmp(tile.state, "backing_off") == 0,
        .paused_by_platform = paused && span_starts(tile.reason, BY_PLATFORM),
        .reason = span_sub(tile.reason, paused ? strlen(BY_PLATFORM) : 0, tile.reason.len),
        .since = tile.since,
        .backlog = tile.backlog,
        .behind_ms = tile.behind_ms};
    return look_at_refusals(story, &tile, ret_outlet);
}

/* ---- all ---- */

static void look_at_disk(const char *database, struct alert_facts *facts)
{
    struct statvfs disk;
    if (statvfs(database, &disk) != 0)
        return;
    facts->disk_free = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    facts->disk_size = (int64_t)disk.f_blocks * (int64_t)disk.f_frsize;
}

enum status alert_look(struct view *view, struct arena *arena, const char *database,
                       const struct alert_scene *scene, struct alert_past *past, int64_t now,
                       struct alert_facts *ret_facts)
{
    struct story story = {.view = view,
                          .arena = arena,
                          .shops = scene->shops,
                          .shop_count = scene->shop_count,
                          .outlets = scene->outlets,
                          .outlet_count = scene->outlet_count,
                          .now = now};
    struct alert_shop *shops = arena_array(arena, struct alert_shop, scene->shop_count);
    struct alert_outlet *outlets = arena_array(arena, struct alert_outlet, scene->outlet_count);
    struct alert_facts facts = {.now = now, .shops = shops, .outlets = outlets};
    enum status status = OK;
    for (unsigned i = 0; i < scene->shop_count && status == OK; i++)
        status = look_at_shop(view, &story, scene->shops[i], &past[i], &shops[i]);
    for (unsigned i = 0; i < scene->outlet_count && status == OK; i++)
        status = look_at_outlet(&story, &scene->outlets[i], &outlets[i]);
    if (status != OK)
        return status;
    facts.shop_count = scene->shop_count;
    facts.outlet_count = scene->outlet_count;
    look_at_disk(database, &facts);
    *ret_facts = facts;
    return OK;
}
