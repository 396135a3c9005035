/*
 * Before Meta's first event: the form of its ids, the token, and a probe of it.
 *
 * Meta has no validate mode, and test events count as real ones. So the probe is one event of a
 * month ago: a request with an event older than seven days is refused and nothing of it processed
 * (contract 1.3). Meta looks at the token and the dataset before it looks at the event; refusing
 * that for its age is the good answer.
 */
#include "../base/clock.h"
#include "../base/limits.h"
#include "list.h"
#include "meta.h"

#define LONG_AGO (30 * DAY_MS)

static bool digits_only(span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
    return true;
}

static void check(const struct settings *settings, struct arena *arena, option_say *say, void *arg)
{
    (void)arena;
    const struct meta_settings *meta = (const struct meta_settings *)(const void *)settings;
    if (!digits_only(meta->pixel_id))
        say(arg, "pixel_id", true, "must be digits, such as 1234567890");
    if (!span_empty(meta->access_token) && !span_starts(meta->access_token, "EAA"))
        say(arg, "access_token", false, "usually begins with EAA; this looks like another token");
    if (meta_law_check(meta->ldu_states) != OK)
        say(arg, "ldu_states", true, "must be states and Meta's numbers, such as CA=1000,CO=1001");
    if (!span_empty(settings->test_code) && settings->shop->mode == SHOP_LIVE)
        say(arg, "test_code", false,
            "is set while the store is live: every event shows in Test Events, and still counts");
}

static bool probe(const struct settings *settings, const struct batch *sample, unsigned step,
                  struct probe *ret_probe)
{
    if (step > 0)
        return false;
    struct arena *arena = sample->arena;
    struct event *event = arena_new(arena, struct event);
    struct batch *batch = arena_new(arena, struct batch);
    const struct event **events = arena_array(arena, const struct event *, 1);
    *event = *sample->events[0];
    event->name = EVENT_CUSTOM;
    event->name_text = SPAN("SidetrackCheck");
    event->at = sample->now - LONG_AGO;
    events[0] = event;
    *batch = *sample;
    batch->events = events;
    ret_probe->proves = "token and dataset are good";
    ret_probe->batch = batch;
    destination_meta.encode(settings, batch, &ret_probe->call);
    return true;
}

static void probe_judge(const struct settings *settings, const struct probe *probe,
                        const struct http_response *response, struct judgement *judgement)
{
    (void)settings, (void)probe, (void)response;
    if (judgement->verdict == VERDICT_REFUSED && span_starts(judgement->code, "100/28040"))
        *judgement = (struct judgement){.verdict = VERDICT_DELIVERED};
}

static const char *const notes[] = {
    "People go out as SHA-256 digests; address, agent, fbp, fbc and the page (without secrets in "
    "its query) as they are.",
    "Refunds and cancellations are not sent: Meta has no event for them; `refunds: custom` sends "
    "the custom event Refund.",
    "An event whose person left nothing to match by is a counted skip, and so is one older than "
    "seven days less an hour.",
    "With marketing denied nothing is sent; a sale or sharing opt-out (GPC) sends with LDU.",
    NULL,
};

static const struct limit limits[] = {
    {"1.2", "name and version we give as partner_agent", "23 characters", 0, "a static assertion",
     "src/destinations/meta.c"},
    {"1.3", "events in a request", "1000", BATCH_CEILING, "the batch is closed",
     "tests/golden/meta/thousand_events.case"},
    {"1.3", "bytes of a request", "below 4 MB", 200 * KIB,
     "the lane closes the batch; what is larger all the same is halved",
     "tests/unit/pipeline/test_outlet_read.c"},
    {"1.3", "age of an event", "7 days, else the whole request fails", 0,
     "max_age_ms is an hour less, asked at each attempt; older is a counted skip",
     "tests/unit/pipeline/test_outlet_read.c"},
    {"1.3", "event ahead of now", "60 s", 0, "max_ahead_ms; a counted skip",
     "tests/unit/pipeline/test_route.c"},
    {"1.4", "name of a custom event", "50 characters", 0, "NAME_CHARS; a counted skip",
     "tests/golden/meta/custom_name_limit.case"},
    {"1.5", "a Purchase needs value and currency", "required", 0,
     "a counted skip, so that it spoils no batch", "tests/golden/meta/unfit.case"},
    {"1.6", "an event needs something to match by", "one", 0, "a counted skip",
     "tests/golden/meta/unfit.case"},
    {"1.8", "copies are known", "48 hours", 0,
     "dedup_ms; a lost answer is not repeated later than that",
     "tests/unit/pipeline/test_outlet_answer.c"},
    {"1.12", "wait after a throttle", "60 s or longer", 0,
     "wait_ms of the error table, or the hours Meta names", "tests/golden/meta/errors_wait.case"},
    {.section = NULL},
};

const struct setup meta_setup = {
    .credentials =
        "Events Manager > the dataset > Settings > Conversions API > Generate access token; or a "
        "system user's token with that dataset assigned. It does not expire unless it is revoked.",
    .notes = notes,
    .limits = limits,
    .check = check,
    .probe = probe,
    .probe_judge = probe_judge,
};
