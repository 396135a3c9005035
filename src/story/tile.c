/* A destination's state and its sentence; tile.h is the contract. */
#include "tile.h"

#include "../pipeline/count.h"

#define BY_PLATFORM "platform: " /* how the reason begins when an answer did it */
#define RATE_MS     (5 * MINUTE_MS)

static const char *const modes[] = {
    [OUTLET_LIVE] = "live", [OUTLET_DRY] = "dry", [OUTLET_VALIDATE] = "validate"};

static void add_outcome(struct tile *tile, const struct report_orders *sum)
{
    tile->total += sum->count;
    switch ((enum outcome_state)sum->outcome) {
    case OUTCOME_DELIVERED:
        tile->delivered += sum->count;
        break;
    case OUTCOME_WAITING:
        tile->waiting += sum->count;
        break;
    case OUTCOME_SKIPPED:
        tile->skipped += sum->count;
        break;
    default: /* refused, or nobody knows whether it arrived: a person should look */
        tile->refused += sum->count;
    }
}

static const char *state_of(const struct tile *tile, const struct bookmark_row *bookmark)
{
    span shop = tile->spec->shop->name, name = span_of(tile->spec->destination->name);
    if (!tile->spec->settings->enabled)
        return "disabled";
    if (bookmark->paused || count_get(COUNT_STATE, shop, name, SPAN("paused")) > 0)
        return "paused";
    return count_get(COUNT_STATE, shop, name, SPAN("backing_off")) > 0 ? "backing_off" : "live";
}

/* ---- words ---- */

static void add_waiting(struct buf *out, const struct tile *tile)
{
    buf_print(out, ", %lld event%s waiting, nothing lost", (long long)tile->backlog,
              tile->backlog == 1 ? "" : "s");
}

static void add_behind(struct buf *out, int64_t behind_ms)
{
    if (behind_ms >= 48 * HOUR_MS)
        buf_print(out, ", %lld days behind", (long long)(behind_ms / DAY_MS));
    else if (behind_ms >= 2 * HOUR_MS)
        buf_print(out, ", %lld h behind", (long long)(behind_ms / HOUR_MS));
    else if (behind_ms >= MINUTE_MS)
        buf_print(out, ", %lld min behind", (long long)(behind_ms / MINUTE_MS));
}

static void add_orders(struct buf *out, const struct tile *tile)
{
    int64_t meant = tile->total - tile->skipped;
    if (tile->total == 0)
        buf_print(out, "no orders yet today, %lld other event%s delivered",
                  (long long)tile->events_delivered, tile->events_delivered == 1 ? "" : "s");
    else if (meant == 0)
        buf_print(out, "none of today's %lld order%s meant for it", (long long)tile->total,
                  tile->total == 1 ? " was" : "s were");
    else if (tile->delivered == meant)
        buf_print(out, "%s%lld order%s delivered", meant == 1 ? "" : "all ", (long long)meant,
                  meant == 1 ? "" : "s");
    else
        buf_print(out, "%lld of %lld orders delivered", (long long)tile->delivered,
                  (long long)meant);
    if (tile->waiting > 0)
        buf_print(out, ", %lld waiting", (long long)tile->waiting);
    if (tile->refused > 0)
        buf_print(out, ", %lld refused", (long long)tile->refused);
    if (tile->skipped > 0 && meant > 0)
        buf_print(out, ", %lld not sent on purpose", (long long)tile->skipped);
}

static void add_words(struct buf *out, const struct zone *zone, struct arena *arena,
                      const struct tile *tile)
{
    span hour = zone_hour_text(zone, arena, tile->since);
    if (strcmp(tile->state, "disabled") == 0) {
        buf_add_text(out, "switched off in the config");
    } else if (strcmp(tile->state, "paused") == 0 && span_starts(tile->reason, BY_PLATFORM)) {
        span words = span_sub(tile->reason, strlen(BY_PLATFORM), tile->reason.len);
        buf_print(out, "refuses us since %.*s (%.*s)", SPAN_ARG(hour), SPAN_ARG(words));
        add_waiting(out, tile);
    } else if (strcmp(tile->state, "paused") == 0) {
        buf_add_text(out, "paused by a person");
        add_waiting(out, tile);
    } else if (strcmp(tile->state, "backing_off") == 0) {
        buf_print(out, "not answering since %.*s", SPAN_ARG(hour));
        add_waiting(out, tile);
    } else if (tile->spec->settings->mode == OUTLET_DRY) {
        buf_add_text(out, "dry mode: nothing is sent");
    } else {
        add_orders(out, tile);
        add_behind(out, tile->behind_ms);
    }
    if (tile->letters_dead > 0)
        buf_print(out, "; %lld event%s a person should look at", (long long)tile->letters_dead,
                  tile->letters_dead == 1 ? "" : "s");
}

/* ---- loading ---- */

static enum status load_store(const struct story *story, struct tile *tile,
                              const struct bookmark_row *bookmark)
{
    span name = span_of(tile->spec->destination->name);
    struct report_count *counts;
    unsigned count;
    int64_t recent = 0, today = story->now / DAY_MS;
    tile->letters_waiting = letter_count(story->view, tile->shop, name, LETTER_WAITING);
    tile->letters_dead = letter_count(story->view, tile->shop, name, LETTER_DEAD);
    enum status status = report_accepted(story->view, tile->shop, name, story->now - RATE_MS,
                                         &tile->last_delivered_at, &recent);
    tile->per_minute = (recent + RATE_MS / MINUTE_MS / 2) / (RATE_MS / MINUTE_MS);
    if (status == OK)
        status =
            report_counts(story->view, story->arena, tile->shop,
                          arena_print(story->arena, "out:%s", tile->spec->destination->name).ptr,
                          today, today, &counts, &count);
    for (unsigned i = 0; status == OK && i < count; i++)
        if (span_is(counts[i].label, "delivered"))
            tile->events_delivered += counts[i].n;
    int64_t oldest = report_oldest_waiting(story->view, tile->shop, bookmark->low,
                                           tile->spec->destination->audience);
    tile->behind_ms = oldest == 0 ? -1 : oldest < story->now ? story->now - oldest : 0;
    return status;
}

enum status tile_load(const struct story *story, const struct outlet_spec *spec,
                      const struct zone *zone, const struct report_orders *sums, unsigned sum_count,
                      int64_t sent, struct tile *ret_tile)
{
    span shop = spec->shop->name, name = span_of(spec->destination->name);
    struct tile tile = {.spec = spec, .shop = story_number(story, spec->shop), .behind_ms = -1};
    struct bookmark_row bookmark = {.low = 0};
    struct buf words;
    enum status status = bookmark_get(story->view, story->arena, tile.shop, name, &bookmark);
    if (status != OK && status != MISSING)
        return status;
    tile.state = state_of(&tile, &bookmark);
    tile.mode = modes[spec->settings->mode];
    tile.reason = bookmark.paused_reason;
    tile.since = count_get(COUNT_STATE_SINCE, shop, name, (span){0}) * SECOND_MS;
    tile.since = tile.since ? tile.since : bookmark.since;
    tile.low = bookmark.low;
    tile.backlog = count_get(COUNT_BACKLOG, shop, name, (span){0});
    if (status == OK)
        status = load_store(story, &tile, &bookmark);
    if (status != OK && status != MISSING)
        return status;
    for (unsigned i = 0; i < sum_count; i++)
        if (span_equal(sums[i].destination, name))
            add_outcome(&tile, &sums[i]);
    int64_t missing = sent - tile.total;
    if (missing > 0 && spec->settings->enabled) {
        missing = missing < tile.backlog ? missing : tile.backlog;
        tile.total += missing;
        tile.waiting += missing;
    }
    buf_init(&words, 2000);
    buf_print(&words, "%s: ", story_called(spec->destination));
    add_words(&words, zone, story->arena, &tile);
    tile.text = arena_copy(story->arena, buf_span(&words));
    buf_done(&words);
    *ret_tile = tile;
    return OK;
}

void tile_put(struct json *json, const struct tile *tile)
{
    json_put_text(json, "store", tile->spec->shop->name);
    json_put_text(json, "destination", span_of(tile->spec->destination->name));
    json_put_text(json, "title", span_of(tile->spec->destination->title));
    json_put_text(json, "state", span_of(tile->state));
    json_put_text(json, "mode", span_of(tile->mode));
    json_put_text(json, "reason", tile->reason);
    json_put_int(json, "since", tile->since);
    json_open(json, "orders", '{');
    json_put_int(json, "total", tile->total);
    json_put_int(json, "delivered", tile->delivered);
    json_put_int(json, "waiting", tile->waiting);
    json_put_int(json, "refused", tile->refused);
    json_put_int(json, "skipped", tile->skipped);
    json_close(json, '}');
    json_put_int(json, "events_delivered", tile->events_delivered);
    json_put_int(json, "backlog", tile->backlog);
    if (tile->behind_ms < 0)
        json_put_null(json, "behind_ms");
    else
        json_put_int(json, "behind_ms", tile->behind_ms);
    json_open(json, "letters", '{');
    json_put_int(json, "waiting", tile->letters_waiting);
    json_put_int(json, "dead", tile->letters_dead);
    json_close(json, '}');
    if (tile->last_delivered_at)
        json_put_int(json, "last_delivered_at", tile->last_delivered_at);
    else
        json_put_null(json, "last_delivered_at");
    json_put_text(json, "text", tile->text);
}
