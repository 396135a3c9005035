/* Encoding a journal row once more, for the eye; request.h is the contract. */
#include "request.h"

#include <stdlib.h>

#include "../pipeline/route.h"
#include "mask.h"

#define BODY_BYTES 20000u
#define NOTE       "Made again from the journal with what is known by now; people and secrets are masked."

struct made {
    span url, body; /* absent: it could not be made */
};

static span masked_body(const struct story *story, const struct outlet_spec *spec, span body)
{
    const struct json_value *json;
    struct json writer;
    struct buf out;
    body = mask_secrets(story->arena, spec->destination, spec->settings, body);
    if (body.len > BODY_BYTES)
        return SPAN("(too long to show)");
    if (span_empty(body) || json_parse(story->arena, body, &json, NULL) != OK)
        return span_empty(body) ? body : SPAN("(not JSON: not shown)");
    buf_init(&out, 4 * BODY_BYTES);
    json_start(&writer, &out);
    mask_value(&writer, story->arena, (span){0}, json);
    json_end(&writer);
    span text = arena_copy(story->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void encode(const struct story *story, const struct outlet_spec *spec,
                   const struct reading_row *row, struct made *ret_made)
{
    struct arena *arena = story->arena;
    struct http_call call = {.body = {0}};
    const struct event *event = &row->event;
    struct route_answer route = route_wants(spec, row, &row->consent_now, story->now, arena);
    void *memory =
        spec->destination->memory_size ? calloc(1, spec->destination->memory_size) : NULL;
    struct batch batch = {.events = &event,
                          .count = 1,
                          .test = event->order.kind == KIND_TEST,
                          .limited = &route.limited,
                          .opted_out = &route.opted_out,
                          .ads_denied = &route.ads_denied,
                          .now = story->now,
                          .arena = arena,
                          .memory = memory};
    spec->destination->encode(spec->settings, &batch, &call);
    span url = call.url;
    size_t query = span_find(url, 0, '?'); /* may carry a token, or the visitor: GA4, g_collect */
    ret_made->url = arena_copy(arena, span_sub(url, 0, query));
    ret_made->body = masked_body(story, spec, call.body);
    free(memory);
}

static struct made make(const struct story *story, const struct outlet_spec *spec, int64_t seq)
{
    struct made made = {.url = {0}};
    struct reading_cache cache = {.view = story->view};
    struct reading *page;
    if (reading_one(&cache, spec->shop->currency, seq, story->now, &page) != OK)
        return made;
    if (!page->rows[0].trouble)
        encode(story, spec, &page->rows[0], &made);
    reading_drop(page);
    reading_forget(&cache, INT64_MAX);
    return made;
}

static void put(struct json *json, const struct show_result *result, const struct batch_row *batch,
                const struct made *made)
{
    json_open(json, NULL, '{');
    json_put_text(json, "destination", result->outcome.destination);
    json_put_text(json, "name", span_of(names_text(result->outcome.name)));
    json_put_int(json, "at", batch->sent_at);
    story_put_text(json, "url", made->url);
    if (span_starts(made->body, "{") || span_starts(made->body, "["))
        json_put_raw(json, "body", made->body);
    else
        story_put_text(json, "body", made->body);
    json_put_text(json, "body_note", SPAN(NOTE));
    json_put_int(json, "status", batch->status);
    json_put_text(json, "answer", batch->answer);
    json_put_text(json, "verdict", batch->verdict);
    json_put_int(json, "attempts", batch->attempts);
    json_close(json, '}');
}

void request_list(const struct story *story, const struct show_order *order, struct json *json)
{
    span store = report_shop_name(story->view, story->arena, order->row.shop);
    json_open(json, "requests", '[');
    for (unsigned i = 0; i < order->result_count; i++) {
        const struct show_result *result = &order->results[i];
        const struct outlet_spec *spec = story_outlet(story, store, result->outcome.destination);
        struct made made = {.url = {0}};
        if (spec && result->batch_count > 0)
            made = make(story, spec, result->outcome.seq);
        for (unsigned k = 0; k < result->batch_count; k++)
            put(json, result, &result->batches[k], &made);
    }
    json_close(json, ']');
}
