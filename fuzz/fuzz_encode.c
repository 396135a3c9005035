/*
 * Any event that we can read, encoded by every destination that has a name for it, alone and beside
 * a second one, with every flag. The body must be one JSON value again (sGTM's aside), the URL must
 * not carry the person's address, and Meta's body must not either.
 *
 *   byte 0 flags: 1 limited  2 opted out  4 native_integration off, active_on_site on  8 a batch of
 * two byte 1 amend   rest: canonical JSON of one event
 */
#include "hold.h"
#include "../src/base/limits.h"
#include "../src/destinations/list.h"

#include <stdlib.h>

#define HEAD          2u
#define SETTINGS_ROOM 4096u
#define MOST_PARTS    4u
#define NOW           INT64_C(1764000060000)

static bool contains(span text, span part)
{
    return memmem(text.ptr, text.len, part.ptr, part.len) != NULL;
}

static void fill_options(const struct destination *destination, struct settings *settings, bool all)
{
    for (const struct option *o = destination->options; o->name; o++) {
        char *at = (char *)settings + o->offset;
        if (o->kind == OPTION_BOOL)
            *(bool *)(void *)at = all != span_is(span_of(o->name), "native_integration");
        else if (o->kind == OPTION_TEXT)
            *(span *)(void *)at = SPAN("x");
        else if (o->kind == OPTION_WORD)
            memcpy(at, &o->words[all].value, sizeof o->words->value); /* each has two at least */
        else if (o->kind == OPTION_ORIGIN)
            *(span *)(void *)at = SPAN("https://h.example");
    }
}

static void check_call(const struct destination *destination, const struct batch *batch,
                       const struct http_call *call)
{
    const struct json_value *root;
    span email = span_trim(batch->events[0]->who.email);
    hold(span_starts(call->url, "https://h.example/"));
    hold(span_utf8(call->body));
    /* sGTM takes query strings, one event a line; everybody else takes JSON. */
    if (!span_is(span_of(destination->name), "sgtm"))
        hold(json_parse(batch->arena, call->body, &root, NULL) == OK);
    if (email.len > 8 && span_find(email, 0, '@') < email.len && span_utf8(email)) {
        hold(!contains(call->url, email));
        /* In quotes, so that it is a value: "a@b" may also be what a product is called. */
        span quoted = arena_print(batch->arena, "\"%.*s\"", SPAN_ARG(email));
        if (span_is(span_of(destination->name), "meta") && batch->events[0]->item_count == 0 &&
            batch->events[0]->order.item_count == 0)
            hold(!contains(call->body, quoted) ||
                 contains(batch->events[0]->client.user_agent, email) ||
                 span_equal(batch->events[0]->id, email) ||
                 span_equal(batch->events[0]->name_text, email) ||
                 span_equal(batch->events[0]->collection_title, email) ||
                 span_equal(batch->events[0]->order.id, email));
    }
}

static void encode(const struct destination *destination, const struct event *event,
                   const uint8_t *head, struct arena *arena)
{
    static const span hosts[] = {{"shop.example", 12}};
    const struct shop shop = {.currency = SPAN("EUR"),
                              .hosts = {hosts, COUNT_OF(hosts)},
                              .orders.product_id = SPAN("{product_id}_{variant_id}")};
    bool flags[2] = {(head[0] & 1) != 0, (head[0] & 1) != 0};
    bool opted_out[2] = {(head[0] & 2) != 0, (head[0] & 2) != 0};
    struct settings *settings = arena_take(arena, SETTINGS_ROOM);
    hold(destination->settings_size <= SETTINGS_ROOM);
    fill_options(destination, settings, (head[0] & 4) != 0);
    settings->base_url = SPAN("https://h.example");
    settings->api_version = SPAN("v1");
    settings->shop = &shop;
    span name = destination->rename(settings, event);
    if (span_empty(name) || destination->unfit(settings, event, flags[0], arena))
        return;
    unsigned parts = destination->parts ? destination->parts(settings, event) : 1;
    unsigned lane = destination->lane ? destination->lane(settings, event) : 0;
    const struct event *events[] = {event, event};
    struct batch batch = {
        .events = events,
        .amend = head[1],
        .limited = flags,
        .opted_out = opted_out,
        .now = NOW,
        .memory = destination->memory_size ? arena_take(arena, destination->memory_size) : NULL,
        .arena = arena};
    batch.count = parts == 1 && destination->lanes[lane].events > 1 && (head[0] & 8) ? 2 : 1;
    for (batch.part = 0; batch.part < parts && batch.part < MOST_PARTS; batch.part++) {
        struct http_call call = {0};
        destination->encode(settings, &batch, &call);
        check_call(destination, &batch, &call);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size <= HEAD || size > 65536)
        return 0;
    struct arena arena;
    const struct json_value *json;
    struct event event;
    struct error error;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    span text = {(const char *)bytes + HEAD, size - HEAD};
    if (json_parse(&arena, text, &json, NULL) == OK &&
        event_read(&arena, json, SPAN("EUR"), &event, &error) == OK &&
        event_check(&event, NOW, INT64_MAX, &error) == OK)
        for (unsigned i = 0; list_destinations[i]; i++)
            encode(list_destinations[i], &event, bytes, &arena);
    arena_done(&arena);
    return 0;
}
