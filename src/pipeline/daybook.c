/* Counting for the reports; daybook.h is the contract. */
#include "daybook.h"

#include <stdio.h>

/* Upper bounds in ms; what takes longer is under the last. */
static const int64_t bounds[] = {100,     250,      500,      1000,     2500,   5000,
                                 10000,   30000,    60000,    120000,   300000, 1800000,
                                 7200000, 43200000, 86400000, INT64_MAX};
_Static_assert(COUNT_OF(bounds) == COUNT_OF(((struct daybook *)NULL)->steps), "one step a bound");

static const char *const names[] = {
#define DAYBOOK_TEXT(constant, text) [DAYBOOK_##constant] = text,
    DAYBOOK_NAMES(DAYBOOK_TEXT)
#undef DAYBOOK_TEXT
};

const char *daybook_name_text(enum daybook_name name)
{
    return names[name];
}

void daybook_end(struct daybook *daybook, const char *word)
{
    unsigned i = 0;
    while (i < daybook->word_count && strcmp(daybook->words[i].word, word) != 0)
        i++;
    if (i == DAYBOOK_WORDS)
        return; /* a destination has far fewer reasons */
    if (i == daybook->word_count) {
        snprintf(daybook->words[i].word, sizeof daybook->words[i].word, "%s", word);
        daybook->words[i].n = 0;
        daybook->word_count++;
    }
    daybook->words[i].n++;
    daybook->any = true;
}

static void count_names(struct daybook *daybook, const struct event *event)
{
    const struct who *who = &event->who;
    const struct client *client = &event->client;
    const bool has[DAYBOOK_NAME_COUNT] = {
        [DAYBOOK_EMAIL] = !span_empty(who->email),
        [DAYBOOK_PHONE] = !span_empty(who->phone),
        [DAYBOOK_NAME] = !span_empty(who->first_name) && !span_empty(who->last_name),
        [DAYBOOK_ADDRESS] = !span_empty(who->zip) && !span_empty(who->country),
        [DAYBOOK_CUSTOMER] = !span_empty(who->customer_id),
        [DAYBOOK_VISITOR] = !span_empty(who->visitor),
        [DAYBOOK_IP] = !span_empty(client->ip),
        [DAYBOOK_AGENT] = !span_empty(client->user_agent),
        [DAYBOOK_FBP] = !span_empty(client->fbp),
        [DAYBOOK_FBC] = !span_empty(client->fbc),
        [DAYBOOK_GCLID] = !span_empty(client->gclid) || !span_empty(client->gbraid) ||
                          !span_empty(client->wbraid),
        [DAYBOOK_GA] = !span_empty(client->ga),
        [DAYBOOK_TTP] = !span_empty(client->ttp),
        [DAYBOOK_TTCLID] = !span_empty(client->ttclid),
        [DAYBOOK_KX] = !span_empty(client->kx),
    };
    for (unsigned i = 0; i < DAYBOOK_NAME_COUNT; i++)
        daybook->names[i] += has[i];
}

void daybook_accepted(struct daybook *daybook, const struct event *event, int64_t took_ms)
{
    unsigned step = 0;
    while (took_ms > bounds[step])
        step++;
    daybook->steps[step]++;
    daybook->events++;
    count_names(daybook, event);
    daybook->any = true;
}

bool daybook_due(const struct daybook *daybook, int64_t now, bool stopping)
{
    return daybook->any && (stopping || now - daybook->flushed_at >= DAYBOOK_EVERY_MS);
}

struct page { /* of rows for one report */
    struct counter_row *rows;
    unsigned count;
    struct arena *arena;
    int64_t shop, day;
};

static void put(struct page *page, span what, span label, int64_t n)
{
    if (n == 0)
        return;
    page->rows[page->count++] = (struct counter_row){.day = page->day,
                                                     .shop = page->shop,
                                                     .what = what,
                                                     .label = arena_copy(page->arena, label),
                                                     .n = n};
}

void daybook_report(struct daybook *daybook, struct report *report, int64_t shop,
                    const char *destination, int64_t now)
{
    struct arena *arena = &report->arena;
    struct page page = {.arena = arena, .shop = shop, .day = now / DAY_MS};
    page.rows = arena_array(arena, struct counter_row,
                            DAYBOOK_WORDS + COUNT_OF(bounds) + DAYBOOK_NAME_COUNT + 1);
    span out = arena_print(arena, "out:%s", destination);
    span ms = arena_print(arena, "ms:%s", destination);
    span has = arena_print(arena, "has:%s", destination);
    for (unsigned i = 0; i < daybook->word_count; i++)
        put(&page, out, span_of(daybook->words[i].word), daybook->words[i].n);
    for (unsigned i = 0; i < COUNT_OF(bounds); i++)
        put(&page, ms, arena_print(arena, "%lld", (long long)bounds[i]), daybook->steps[i]);
    for (unsigned i = 0; i < DAYBOOK_NAME_COUNT; i++)
        put(&page, has, span_of(names[i]), daybook->names[i]);
    put(&page, has, SPAN("(all)"), daybook->events);
    report->counters = page.rows;
    report->counter_count = page.count;
    *daybook = (struct daybook){.flushed_at = now};
}
