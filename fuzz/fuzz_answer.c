/*
 * What platforms answer, judged by every destination. Whatever the bytes, there is one verdict,
 * and it keeps its word: SPLIT only where there is something to split, AMEND only with a bit that
 * was not tried, waits of at most a day, words that are text and quote nobody's address. Silence is
 * RETRY. After AMEND the same batch encodes again. Where a destination has errands (tokens, what
 * became of a request), the bytes answer these first: a token, then the batch, then its fate.
 *
 *   byte 0 destination   1 batch of two, 2 with errands, 4 a service account   2 amend   3-4 status
 *   5 length of header value   …value, body
 */
#include "hold.h"
#include "../src/base/clock.h"
#include "../src/base/limits.h"
#include "../src/destinations/list.h"

#include <stdlib.h>

#define HEAD 6u

static const char *const headers[] = {"Retry-After", "RateLimit-Reset",
                                      "X-Business-Use-Case-Usage"};

static void check(const struct batch *batch, const struct http_response *response,
                  const struct judgement *judgement)
{
    hold(judgement->verdict <= VERDICT_AMEND);
    hold(judgement->retry_after_ms >= 0 && judgement->retry_after_ms <= DAY_MS);
    hold(judgement->verdict == VERDICT_RETRY || judgement->retry_after_ms == 0);
    hold(judgement->verdict != VERDICT_SPLIT || batch->count > 1);
    hold(judgement->verdict != VERDICT_AMEND || (judgement->amend & ~batch->amend) != 0);
    hold(judgement->verdict == VERDICT_DELIVERED || !span_empty(judgement->code));
    hold(response->status != 0 || judgement->verdict == VERDICT_RETRY);
    hold(judgement->verdict != VERDICT_DELIVERED ||
         (response->status >= 200 && response->status < 300));
    hold(span_utf8(judgement->code) && span_utf8(judgement->message));
    hold(judgement->code.len < 400 && judgement->message.len < 400);
    hold(span_find(judgement->message, 0, '@') == judgement->message.len);
}

static struct event an_event(void)
{
    return (struct event){.id = SPAN("e1"),
                          .name = EVENT_SUBSCRIBED,
                          .at = INT64_C(1764000000000),
                          .who = {.email = SPAN("jane@example.com"),
                                  .phone = SPAN("+16502530000"),
                                  .customer_id = SPAN("42")},
                          .client.user_agent = SPAN("UA")};
}

/* A key that signs nothing, whatever it says; the other way to a token is asked for by default. */
#define ACCOUNT "{\"client_email\":\"a@b.example\",\"private_key\":\"-----BEGIN\"}"

static void fill_credentials(const struct destination *destination, struct settings *settings,
                             bool account)
{
    for (const struct option *o = destination->options; o->name; o++) {
        span *at = (span *)(void *)((char *)settings + o->offset);
        if (o->kind == OPTION_LINES && account)
            *at = SPAN(ACCOUNT);
        else if (o->kind == OPTION_TEXT)
            *at = SPAN("123");
        else if (o->kind == OPTION_URL)
            *at = SPAN("https://h.example/token");
    }
}

/* The next errand, answered; then what a restart would remember of it. */
static void run_errand(const struct destination *destination, const struct settings *settings,
                       const struct batch *batch, const struct http_response *response)
{
    struct errand errand = {.again_at = INT64_MAX};
    struct errand_result result = {0};
    destination->errand(settings, batch->memory, true, batch->now, batch->arena, &errand);
    if (errand.stuck)
        hold(errand.stuck[0] != '\0');
    if (!errand.what)
        return;
    hold(span_starts(errand.call.url, "https://h.example/"));
    destination->errand_answer(settings, batch->memory, &errand, response, batch->now, batch->arena,
                               &result);
    hold(result.judgement.verdict == VERDICT_DELIVERED ||
         result.judgement.verdict == VERDICT_RETRY || result.judgement.verdict == VERDICT_PAUSED);
    hold(result.judgement.retry_after_ms >= 0 && result.judgement.retry_after_ms <= DAY_MS);
    hold(result.count <= ERRAND_COUNTS);
    for (unsigned i = 0; i < result.count; i++)
        hold(span_utf8(result.counts[i].what) && result.counts[i].what.len > 0);
    hold(span_utf8(result.judgement.code) && span_utf8(result.judgement.message));
    (void)destination->ready(settings, batch->memory, batch->now);
    destination->recall(batch->memory, 8, response->body, batch->now - 1000, batch->arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < HEAD || size > 65536)
        return 0;
    unsigned known = 0;
    while (list_destinations[known])
        known++;
    const struct destination *destination = list_destinations[bytes[0] % known];
    size_t header_len = bytes[5] < size - HEAD ? bytes[5] : size - HEAD;
    size_t body_len = size - HEAD - header_len;
    char *body = malloc(body_len ? body_len : 1); /* exactly this size: reading past it is seen */
    hold(body != NULL);
    memcpy(body, bytes + HEAD + header_len, body_len);

    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    const struct event event = an_event();
    const struct event *events[] = {&event, &event};
    static const struct shop shop;
    struct settings *settings = arena_take(&arena, destination->settings_size);
    settings->shop = &shop;
    struct batch batch = {
        .events = events,
        .count = 1 + (bytes[1] & 1),
        .amend = bytes[2],
        .now = INT64_C(1764000060000),
        .memory = destination->memory_size ? arena_take(&arena, destination->memory_size) : NULL,
        .arena = &arena};
    struct http_header given[COUNT_OF(headers)];
    for (size_t i = 0; i < COUNT_OF(headers); i++)
        given[i] =
            (struct http_header){span_of(headers[i]), {(const char *)bytes + HEAD, header_len}};
    struct http_response response = {.status = (bytes[3] | bytes[4] << 8) % 600,
                                     .headers = given,
                                     .header_count = COUNT_OF(given),
                                     .body = {body, body_len}};
    bool errands = (bytes[1] & 2) != 0 && destination->errand;
    if (errands) {
        settings->base_url = SPAN("https://h.example");
        fill_credentials(destination, settings, (bytes[1] & 4) != 0);
        run_errand(destination, settings, &batch, &response);
    }
    struct judgement judgement = {0};
    destination->judge(settings, &batch, &response, &judgement);
    check(&batch, &response, &judgement);
    if (judgement.verdict == VERDICT_AMEND) {
        struct http_call call = {0};
        batch.amend = judgement.amend;
        destination->encode(settings, &batch, &call);
        hold(!span_empty(call.body));
    }
    if (errands) {
        batch.now += HOUR_MS;
        run_errand(destination, settings, &batch, &response);
    }
    free(body);
    arena_done(&arena);
    return 0;
}
