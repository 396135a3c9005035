/* See retain.h. Each part does a bounded piece of work and comes again at once while more is left.
 */
#include "retain.h"

#include "../base/log.h"
#include "../store/outbox.h"

#define EVERY_MS           (10 * SECOND_MS)
#define BUSY_EVERY_MS      MINUTE_MS /* without an idle turn */
#define KEEP_EVERY_MS      HOUR_MS
#define ROWS               2000u
#define BUSY_ROWS          64u /* as many as come in meanwhile; 250 tripled a turn's pages */
#define DELIVERY_WINDOW_MS (4 * DAY_MS)

/* A clock that was set back must not put it off. */
static bool due(int64_t last, int64_t every, int64_t now)
{
    return now - last >= every || now < last;
}

/* ---- bookmarks of destinations that are gone ---- */

static bool is_configured(const struct retain *retain, const struct bookmark_place *place)
{
    for (unsigned i = 0; i < retain->outlet_count; i++)
        if (span_equal(retain->outlets[i].shop->name, place->shop_name) &&
            span_equal(span_of(retain->outlets[i].destination->name), place->destination))
            return true;
    return false;
}

static enum status notice(struct store *store, const struct bookmark_place *place, int64_t today)
{
    struct view *view = store_view(store);
    static const span what = SPAN("bookmark_left");
    enum status status = OK;
    if (counter_days(view, today, place->shop, what, place->destination) == 0)
        status = counter_add(store, today, place->shop, what, place->destination, 1);
    unsigned days =
        counter_days(view, today - RETAIN_GRACE_DAYS, place->shop, what, place->destination);
    if (status != OK)
        return status;
    if (days <= RETAIN_GRACE_DAYS) {
        log_event(
            LOG_WARN, "destination_left",
            "store=\"%.*s\" destination=%.*s days_left=%u hint=\"it is not in the config; what "
            "it still had to send is kept for it so long, then forgotten\"",
            SPAN_ARG(place->shop_name), SPAN_ARG(place->destination), RETAIN_GRACE_DAYS + 1 - days);
        return OK;
    }
    log_event(LOG_WARN, "destination_forgotten", "store=\"%.*s\" destination=%.*s low=%lld",
              SPAN_ARG(place->shop_name), SPAN_ARG(place->destination), (long long)place->low);
    return bookmark_drop(store, place->shop, place->destination);
}

static enum status notice_all(const struct retain *retain, struct store *store, struct arena *arena,
                              int64_t today)
{
    struct bookmark_place *places;
    unsigned count;
    enum status status = bookmark_all(store_view(store), arena, &places, &count);
    for (unsigned i = 0; i < count && status == OK; i++)
        if (!is_configured(retain, &places[i]))
            status = notice(store, &places[i], today);
    return status;
}

/* ---- a turn ---- */

enum status retain_turn(struct retain *retain, struct store *store, struct arena *arena,
                        int64_t now, bool idle)
{
    enum status status = OK;
    unsigned rows = idle ? ROWS : BUSY_ROWS;
    if (retain->outlets_known && retain->noticed_day != now / DAY_MS) {
        status = notice_all(retain, store, arena, now / DAY_MS);
        if (status == OK)
            retain->noticed_day = now / DAY_MS;
    }
    if (status == OK && retain->retention_ms &&
        due(retain->retained_at, idle ? EVERY_MS : BUSY_EVERY_MS, now)) {
        int64_t window = retain->dedup_window_ms > DAY_MS ? retain->dedup_window_ms : DAY_MS;
        status = store_retain(store, now - retain->retention_ms, now - window - HOUR_MS,
                              now - DELIVERY_WINDOW_MS, rows);
        if (status == OK)
            retain->retained_at = now;
    }
    if (status == OK && retain->keep_ms &&
        due(retain->kept_at, idle ? KEEP_EVERY_MS : 2 * KEEP_EVERY_MS, now)) {
        status = store_keep(store, now - retain->keep_ms, rows);
        if (status == OK)
            retain->kept_at = now;
    }
    return status == AGAIN ? OK : status;
}
