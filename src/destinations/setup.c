/*
 * Probes: one event that never happened, made as a test, and what the platform says of it.
 *
 * Platforms that validate are asked about an order, for that is what merchants come for; the others
 * get at most a page view, and only where their setup says how that stays harmless. The sample
 * names nobody: an address under .invalid and a visitor of our own.
 */
#include "setup.h"

static const struct item *sample_item(struct arena *arena, const struct settings *settings)
{
    struct item *item = arena_new(arena, struct item);
    unsigned scale = money_scale(settings->shop->currency);
    int64_t one = 1;
    for (unsigned i = 0; i < scale; i++)
        one *= 10;
    *item = (struct item){
        .product_id = SPAN("1"),
        .variant_id = SPAN("1"),
        .sku = SPAN("1"),
        .name = SPAN("sidetrack check"),
        .price = money_of(one, scale),
        .quantity = 1,
    };
    return item;
}

static const struct event *sample_event(struct arena *arena, const struct settings *settings,
                                        bool order, int64_t now)
{
    struct event *event = arena_new(arena, struct event);
    const struct item *item = sample_item(arena, settings);
    *event = (struct event){
        .id = arena_print(arena, "sidetrack-check-%lld", (long long)now),
        .name = order ? EVENT_ORDER_PLACED : EVENT_PAGE_VIEWED,
        .at = now,
        .received_at = now,
        .store = settings->shop->name,
        .source = SOURCE_API,
        .client.user_agent = SPAN("Mozilla/5.0 (compatible; sidetrack check)"),
        .client.ip = SPAN("192.0.2.1"), /* documentation's: nobody's, and never sent */
        .who.visitor = SPAN("sidetrack-check"),
        .who.email = SPAN("check@sidetrack.invalid"),
        .consent = {.analytics = CONSENT_GRANTED, .marketing = CONSENT_GRANTED},
        .currency = settings->shop->currency,
        .value = item->price,
        .items = item,
        .item_count = 1,
    };
    if (settings->shop->hosts.count > 0)
        event->client.url =
            arena_print(arena, "https://%.*s/", SPAN_ARG(settings->shop->hosts.items[0]));
    if (order)
        event->order = (struct order){.id = SPAN("sidetrack-check"),
                                      .number = SPAN("sidetrack-check"),
                                      .name = SPAN("sidetrack-check"),
                                      .key = event->id,
                                      .currency = settings->shop->currency,
                                      .value = item->price,
                                      .total = item->price,
                                      .items = item,
                                      .item_count = 1};
    return event;
}

const struct batch *setup_sample(const struct destination *destination,
                                 const struct settings *settings, void *memory, int64_t now,
                                 struct arena *arena)
{
    const struct event **events = arena_array(arena, const struct event *, 1);
    struct batch *batch = arena_new(arena, struct batch);
    events[0] = sample_event(arena, settings, destination->validates, now);
    *batch = (struct batch){
        .events = events, .count = 1, .test = true, .now = now, .arena = arena, .memory = memory};
    return batch;
}

bool setup_probe(const struct destination *destination, const struct settings *settings,
                 void *memory, unsigned step, int64_t now, struct arena *arena,
                 struct probe *ret_probe)
{
    const struct setup *setup = destination->setup;
    struct probe probe = {.proves = setup && setup->proves ? setup->proves
                                                           : "the platform validated an event"};
    probe.batch = setup_sample(destination, settings, memory, now, arena);
    if (setup && setup->probe) {
        if (!setup->probe(settings, probe.batch, step, &probe))
            return false;
    } else {
        if (step > 0 || !destination->validates)
            return false;
        destination->encode(settings, probe.batch, &probe.call);
    }
    *ret_probe = probe;
    return true;
}

void setup_judge(const struct destination *destination, const struct settings *settings,
                 const struct probe *probe, const struct http_response *response, int64_t now,
                 struct judgement *ret_judgement)
{
    struct judgement judgement;
    if (probe->batch)
        destination->judge(settings, probe->batch, response, &judgement);
    else
        verdict_by_status(response, now, &judgement);
    if (response->status > 0 && destination->setup && destination->setup->probe_judge)
        destination->setup->probe_judge(settings, probe, response, &judgement);
    *ret_judgement = judgement;
}
