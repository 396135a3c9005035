/*
 * `describe` of a destination: options, rules, what goes where, what its answers mean. Each row is
 * read from what the code runs on; the verdicts by HTTP status are asked of judge() itself.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "../base/limits.h"
#include "../destinations/list.h"
#include "../destinations/setup.h"
#include "describe.h"

static void mapping_row(void *arg, const char *ours, const char *theirs, const char *remark)
{
    describe_line(arg, ours, theirs, remark);
}

static const char *span_words(struct page *page, int64_t ms)
{
    if (ms == INT64_MAX)
        return "for ever";
    if (ms == 0)
        return "none";
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{DAY_MS, "d"}, {HOUR_MS, "h"}, {MINUTE_MS, "m"}, {SECOND_MS, "s"}};
    for (unsigned i = 0; i < COUNT_OF(units); i++)
        if (ms % units[i].ms == 0)
            return arena_print(&page->arena, "%" PRId64 "%s", ms / units[i].ms, units[i].name).ptr;
    return arena_print(&page->arena, "%" PRId64 "ms", ms).ptr;
}

/* Which events go again when nobody knows whether they arrived. */
static const char *repeats(struct page *page, const struct destination *destination)
{
    struct shop shop = {.name = SPAN("shop")};
    struct settings *settings = arena_take(&page->arena, destination->settings_size);
    struct buf some;
    unsigned all = 0, kept = 0;
    if (!destination->repeatable)
        return "all go again";
    settings->shop = &shop;
    buf_init(&some, 4 * KIB);
    for (unsigned name = 0; name < EVENT_NAME_COUNT; name++) {
        const struct event event = {.name = (enum event_name)name};
        if (span_empty(destination->rename(settings, &event)))
            continue;
        all++;
        if (destination->repeatable(settings, &event))
            buf_print(&some, "%s%s", kept++ ? ", " : "", names_text(event.name));
    }
    const char *words = kept == all ? "all go again"
                                    : arena_print(&page->arena, "%.*s go again",
                                                  SPAN_ARG(kept ? buf_span(&some) : SPAN("none")))
                                          .ptr;
    buf_done(&some);
    return words;
}

static void rules(struct page *page, const struct destination *destination)
{
    static const char *const rules[] = {"with consent only", "limited", "always (transactional)"};
    describe_heading(page, "Limits and rules");
    describe_columns(page, "what", "value", "remark");
    describe_line(page, "host", destination->host, "base_url overrides it");
    describe_line(page, "API version", destination->api_version, "api_version overrides it");
    describe_line(page, "asks consent for",
                  destination->asks == CONSENT_FOR_MARKETING ? "marketing" : "analytics", "");
    describe_line(page, "orders go out", rules[destination->consent_orders],
                  "unless `consent` says else");
    describe_line(page, "oldest event", span_words(page, destination->max_age_ms),
                  "older: counted skip");
    describe_line(page, "event ahead of now", span_words(page, destination->max_ahead_ms),
                  "at most");
    describe_line(page, "knows copies", span_words(page, destination->dedup_ms),
                  destination->dedup_ms == INT64_MAX ? ""
                                                     : "how long a lost answer may be repeated");
    describe_line(page, "after a lost answer", repeats(page, destination),
                  destination->repeatable ? "all others become a letter: may have arrived" : "");
    for (const struct lane *lane = destination->lanes; lane->name; lane++) {
        const char *rate = "no known rate limit";
        if (lane->per_second && lane->per_minute)
            rate =
                arena_print(&page->arena, "%u/s, %u/min", lane->per_second, lane->per_minute).ptr;
        else if (lane->per_second)
            rate = arena_print(&page->arena, "%u/s", lane->per_second).ptr;
        else if (lane->per_minute)
            rate = arena_print(&page->arena, "%u/min", lane->per_minute).ptr;
        describe_line(page, arena_print(&page->arena, "requests: %s", lane->name).ptr,
                      arena_print(&page->arena, "%u event%s, %u KiB", lane->events,
                                  lane->events == 1 ? "" : "s", lane->bytes / KIB)
                          .ptr,
                      rate);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

/* An answer with this status and a body that says nothing; 0: none came. */
static void status_row(struct page *page, const struct destination *destination,
                       const struct batch *sample, const struct settings *settings, int status)
{
    const struct http_response response = {.status = status, .body = SPAN("{}")};
    struct judgement judgement;
    destination->judge(settings, sample, &response, &judgement);
    const char *code = status ? arena_print(&page->arena, "HTTP %d", status).ptr : "no answer";
    describe_line(page, code, verdict_text(judgement.verdict),
                  span_empty(judgement.code)
                      ? ""
                      : arena_print(&page->arena, "noted as %.*s", SPAN_ARG(judgement.code)).ptr);
}

static const char verdicts[] =
    "retry: the same batch again, later. split: without the rows that are named, else in halves, "
    "until one event is left to refuse. refused: a letter. paused: the destination holds, nothing "
    "is lost. amend: once more at once, without what was wrong.";

static void answers(struct page *page, const struct destination *destination)
{
    static const int statuses[] = {0,   200, 202, 204, 302, 400, 401, 403,
                                   404, 409, 410, 413, 429, 500, 503, 524};
    struct shop shop = {.name = SPAN("shop"), .currency = SPAN("EUR")};
    struct settings *settings = arena_take(&page->arena, destination->settings_size);
    void *memory = arena_take(&page->arena, destination->memory_size + 1);
    settings->shop = &shop;
    const struct batch *sample = setup_sample(destination, settings, memory, 0, &page->arena);
    describe_heading(page, "What an answer means");
    describe_text(page, verdicts);
    describe_columns(page, "answer", "verdict", "remark");
    if (destination->describe_answers)
        destination->describe_answers(mapping_row, page);
    for (unsigned i = 0; i < COUNT_OF(statuses); i++)
        status_row(page, destination, sample, settings, statuses[i]);
}

/* ---- a page ---------------------------------------------------------------------------------- */

static void setting_up(struct page *page, const struct setup *setup)
{
    describe_heading(page, "Before it works");
    describe_text(page, setup->credentials);
    describe_text(page, "`sidetrack check --online` asks whether they work.");
    describe_heading(page, "What goes out, and what does not");
    for (unsigned i = 0; setup->notes && setup->notes[i]; i++)
        describe_note(page, setup->notes[i]);
}

void describe_destination(struct page *page, const struct destination *destination)
{
    describe_title(
        page, destination->title,
        arena_print(&page->arena,
                    "Generated by `sidetrack describe %s --markdown`. Follows:", destination->name)
            .ptr,
        destination->follows);
    if (destination->setup)
        setting_up(page, destination->setup);
    describe_heading(page, "Options");
    describe_columns(page, "key", "value", "what it is");
    describe_rows(page, config_option_rows(&page->arena, destination), "");
    describe_rows(page, config_common_rows, "");
    rules(page, destination);
    describe_heading(page, "What goes where");
    describe_columns(page, "ours", "theirs", "remark");
    destination->describe(mapping_row, page);
    answers(page, destination);
}

/* ---- limits ---------------------------------------------------------------------------------- */

void describe_limits(struct page *page)
{
    describe_title(page, "Limits and how they are met",
                   "Generated by `sidetrack describe limits --markdown`. Sections are those of the "
                   "destinations' contract; the test named last shows it, or the part that holds "
                   "it.",
                   "");
    for (unsigned i = 0; list_destinations[i]; i++) {
        const struct setup *setup = list_destinations[i]->setup;
        if (!setup || !setup->limits)
            continue;
        describe_heading(page, list_destinations[i]->title);
        describe_columns(page, "limit", "theirs, and ours", "how, and the test");
        for (const struct limit *limit = setup->limits; limit->section; limit++)
            describe_line(
                page, arena_print(&page->arena, "%s %s", limit->section, limit->what).ptr,
                limit->ours
                    ? arena_print(&page->arena, "%s; here %" PRId64, limit->theirs, limit->ours).ptr
                    : limit->theirs,
                arena_print(&page->arena, "%s; %s", limit->how, limit->test).ptr);
    }
}
