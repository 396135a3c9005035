/*
 * The rules, a row each; the table is at the end. A check looks at the facts and at nothing else,
 * so tests/unit/alert/test_alert_rules.c tries each from both sides of its threshold.
 *
 * Thresholds are meant for a person who is woken up: rather late and right than early and often.
 * What cannot be known (no history, no signed events) is silent.
 */
#include "alert.h"

#include "../base/limits.h"

#define BEHIND_MS     (30 * MINUTE_MS)
#define BEHIND_ROWS   50
#define BEHIND_ALL_MS (6 * HOUR_MS) /* however few wait */
#define REFUSED_LEAST 5
#define USUAL_LEAST   20 /* events in the hour; below it silence may be chance */
#define USUAL_HOOKS   8  /* a shop's orders come in several webhooks each */
#define UNTOLD_LEAST  3  /* orders that the browser saw and no webhook told of */
#define LAG_LEAST     10
#define DISK_LOW      (512 * (int64_t)MIB)
#define DISK_FILLING  (5 * 1024 * (int64_t)MIB)

/* ---- destinations ---- */

static void add_waiting(struct buf *why, const struct alert_outlet *outlet)
{
    buf_print(why, "%lld event%s wait%s, nothing is lost", (long long)outlet->backlog,
              outlet->backlog == 1 ? "" : "s", outlet->backlog == 1 ? "s" : "");
}

static bool check_down(const struct alert_facts *facts, unsigned place, bool raised,
                       struct buf *why)
{
    (void)raised;
    add_waiting(why, &facts->outlets[place]);
    return facts->outlets[place].backing_off;
}

static bool check_token(const struct alert_facts *facts, unsigned place, bool raised,
                        struct buf *why)
{
    const struct alert_outlet *outlet = &facts->outlets[place];
    (void)raised;
    buf_print(why, "it said \"%.*s\"; ", SPAN_ARG(span_sub(outlet->reason, 0, 200)));
    add_waiting(why, outlet);
    return outlet->paused_by_platform;
}

static bool check_refused(const struct alert_facts *facts, unsigned place, bool raised,
                          struct buf *why)
{
    const struct alert_outlet *outlet = &facts->outlets[place];
    int64_t all = outlet->refused + outlet->delivered;
    buf_print(why, "%lld of %lld events in the last hour", (long long)outlet->refused,
              (long long)all);
    if (!span_empty(outlet->words) || !span_empty(outlet->code))
        buf_print(
            why, ", mostly because of \"%.*s\"",
            SPAN_ARG(span_sub(span_empty(outlet->words) ? outlet->code : outlet->words, 0, 200)));
    return outlet->refused >= (raised ? 1 : REFUSED_LEAST) &&
           outlet->refused * 100 >= all * (raised ? 2 : 5);
}

static bool check_behind(const struct alert_facts *facts, unsigned place, bool raised,
                         struct buf *why)
{
    const struct alert_outlet *outlet = &facts->outlets[place];
    int64_t ease = raised ? 3 : 1;
    buf_print(why, "%lld events wait, the oldest for %lld min", (long long)outlet->backlog,
              (long long)(outlet->behind_ms / MINUTE_MS));
    /* Down and paused have alerts of their own, which name the cause. */
    return outlet->live && outlet->backlog > 0 &&
           (outlet->behind_ms > BEHIND_ALL_MS / ease ||
            (outlet->backlog >= BEHIND_ROWS / ease && outlet->behind_ms > BEHIND_MS / ease));
}

/* ---- stores ---- */

/* The usual count of the hour: the lower median of the weeks known; needs two. */
static int64_t usual(const int64_t weeks[ALERT_WEEKS])
{
    int64_t sorted[ALERT_WEEKS];
    unsigned count = 0;
    for (unsigned i = 0; i < ALERT_WEEKS; i++) {
        if (weeks[i] == ALERT_UNKNOWN)
            continue;
        unsigned at = count++;
        for (; at > 0 && sorted[at - 1] > weeks[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = weeks[i];
    }
    return count < 2 ? 0 : sorted[(count - 1) / 2];
}

static bool is_silent(int64_t now, const int64_t weeks[ALERT_WEEKS], int64_t least, bool raised)
{
    int64_t often = usual(weeks);
    return often >= least && now * (raised ? 5 : 20) < often;
}

static bool check_traffic(const struct alert_facts *facts, unsigned place, bool raised,
                          struct buf *why)
{
    const struct alert_shop *shop = &facts->shops[place];
    buf_print(why, "%lld events from browsers in the last hour, where past weeks had about %lld",
              (long long)shop->browser, (long long)usual(shop->browser_weeks));
    return is_silent(shop->browser, shop->browser_weeks, USUAL_LEAST, raised);
}

static bool check_hooks(const struct alert_facts *facts, unsigned place, bool raised,
                        struct buf *why)
{
    const struct alert_shop *shop = &facts->shops[place];
    if (shop->checkouts >= UNTOLD_LEAST && shop->signed_hooks == 0) {
        buf_print(why,
                  "browsers completed %lld checkouts in the last hour and no webhook told of "
                  "any",
                  (long long)shop->checkouts);
        return shop->hooks;
    }
    buf_print(why, "%lld webhooks in the last hour, where past weeks had about %lld",
              (long long)shop->signed_hooks, (long long)usual(shop->hook_weeks));
    return shop->hooks && is_silent(shop->signed_hooks, shop->hook_weeks, USUAL_HOOKS, raised);
}

static bool check_clock(const struct alert_facts *facts, unsigned place, bool raised,
                        struct buf *why)
{
    const struct alert_shop *shop = &facts->shops[place];
    int64_t least = shop->lag_least, most = raised ? MINUTE_MS : 2 * MINUTE_MS;
    if (least < 0)
        buf_print(why, "the shop's signed events are dated up to %lld s after this machine's time",
                  (long long)(-least / SECOND_MS));
    else
        buf_print(why, "the shop's signed events all arrive at least %lld min after their own time",
                  (long long)(least / MINUTE_MS));
    return shop->lag_count >= LAG_LEAST && (least < -most || least > (raised ? 3 : 10) * MINUTE_MS);
}

/* ---- the machine ---- */

static bool check_disk(const struct alert_facts *facts, unsigned place, bool raised,
                       struct buf *why)
{
    int64_t ease = raised ? 2 : 1;
    (void)place;
    buf_print(why, "%lld MB of %lld GB are free where the store is",
              (long long)(facts->disk_free / MIB), (long long)(facts->disk_size / MIB / 1024));
    return facts->disk_size > 0 && (facts->disk_free < DISK_LOW * ease ||
                                    (facts->disk_free < DISK_FILLING * ease &&
                                     facts->disk_free < facts->disk_size / 20 * ease));
}

static bool check_store(const struct alert_facts *facts, unsigned place, bool raised,
                        struct buf *why)
{
    (void)place, (void)raised;
    buf_add_text(why, "senders are asked to try again and keep their events meanwhile");
    return !facts->writable;
}

/* clang-format off */
const struct alert_rule alert_rules[] = {
    {"platform_down", "does not take our events", ALERT_DESTINATION, 10 * MINUTE_MS, 5 * MINUTE_MS, check_down,
     "Nothing needs to be done at once: events wait, and go out in order once it answers. If it "
     "lasts, look at the platform's status page, then at this machine's way to it: `sidetrack check "
     "--online`."},
    {"token_dead", "refuses our token or account", ALERT_DESTINATION, 0, MINUTE_MS, check_token,
     "Make a new token at the platform, put it where the config reads it from, reload (SIGHUP) and "
     "resume the destination on the dashboard. Everything since is sent then, as far back as the "
     "platform takes it."},
    {"payloads_refused", "refuses some of our events", ALERT_DESTINATION, 5 * MINUTE_MS, 15 * MINUTE_MS, check_refused,
     "`sidetrack letters` lists them with the platform's words. Mend the cause, then `sidetrack "
     "letters --retry`."},
    {"backlog_growing", "falls behind", ALERT_DESTINATION, 10 * MINUTE_MS, 10 * MINUTE_MS, check_behind,
     "More comes in than the platform takes from us, or its answers are slow. The dashboard's page "
     "Destinations shows rate and answer times; nothing is lost meanwhile."},
    {"no_traffic", "sends no visitors' events", ALERT_STORE, 10 * MINUTE_MS, 10 * MINUTE_MS, check_traffic,
     "Open the shop in a browser: is the snippet in the theme, does its address answer, is the "
     "Shopify pixel connected? The dashboard's page Setup shows what was heard last."},
    {"webhook_silence", "sends no webhooks", ALERT_STORE, 15 * MINUTE_MS, 5 * MINUTE_MS, check_hooks,
     "Look at the shop's Settings > Notifications > Webhooks or the app that made them: Shopify "
     "removes a webhook after eight failures in a row. Make it again; orders missed meanwhile do "
     "not come by themselves."},
    {"clock_skew", "and this machine disagree about the time", ALERT_STORE, 15 * MINUTE_MS, 10 * MINUTE_MS, check_clock,
     "Look at this machine's clock (`timedatectl`): platforms refuse events from the future and "
     "match old ones badly. If the clock is right, webhooks arrive late: look at the shop's side."},
    {"disk_filling", "the disk is filling up", ALERT_WHOLE, 5 * MINUTE_MS, 10 * MINUTE_MS, check_disk,
     "Make room, or lower `retention` in the config and restart. A full disk loses nothing that was "
     "accepted, but nothing new is accepted then."},
    {"store_broken", "the store cannot be written", ALERT_WHOLE, 30 * SECOND_MS, MINUTE_MS, check_store,
     "Look at the log for the reason: disk full, file system read-only, or a quota. Senders retry, "
     "but Shopify gives a webhook up after 48 hours."},
};
/* clang-format on */
const unsigned alert_rule_count = COUNT_OF(alert_rules);

const struct alert_rule *alert_rule_find(span name)
{
    for (unsigned i = 0; i < alert_rule_count; i++)
        if (span_is(name, alert_rules[i].name))
            return &alert_rules[i];
    return NULL;
}
