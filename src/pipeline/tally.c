/* Counting for the reports; tally.h is the contract. */
#include "tally.h"

#include <stdio.h>

/* Upper bounds in ms; what takes longer is under the last. */
static const int64_t bounds[] = {100,     250,      500,      1000,     2500,   5000,
                                 10000,   30000,    60000,    120000,   300000, 1800000,
                                 7200000, 43200000, 86400000, INT64_MAX};
_Static_assert(COUNT_OF(bounds) == COUNT_OF(((struct tally *)NULL)->steps), "one step a bound");

static const char *const names[] = {
#define TALLY_TEXT(constant, text) [TALLY_##constant] = text,
    TALLY_NAMES(TALLY_TEXT)
#undef TALLY_TEXT
};

const char *tally_name_text(enum tally_name name)
{
    return names[name];
}

void tally_end(struct tally *tally, const char *word)
{
    unsigned i = 0;
    while (i < tally->word_count && strcmp(tally->words[i].word, word) != 0)
        i++;
    if (i == TALLY_WORDS)
        return; /* a destination has far fewer reasons */
    if (i == tally->word_count) {
        snprintf(tally->words[i].word, sizeof tally->words[i].word, "%s", word);
        tally->words[i].n = 0;
        tally->word_count++;
    }
    tally->words[i].n++;
    tally->any = true;
}

static void count_names(struct tally *tally, const struct event *event)
{
    const struct who *who = &event->who;
    const struct client *client = &event->client;
    const bool has[TALLY_NAME_COUNT] = {
        [TALLY_EMAIL] = !span_empty(who->email),
        [TALLY_PHONE] = !span_empty(who->phone),
        [TALLY_NAME] = !span_empty(who->first_name) && !span_empty(who->last_name),
        [TALLY_ADDRESS] = !span_empty(who->zip) && !span_empty(who->country),
        [TALLY_CUSTOMER] = !span_empty(who->customer_id),
        [TALLY_VISITOR] = !span_empty(who->visitor),
        [TALLY_IP] = !span_empty(client->ip),
        [TALLY_AGENT] = !span_empty(client->user_agent),
        [TALLY_FBP] = !span_empty(client->fbp),
        [TALLY_FBC] = !span_empty(client->fbc),
        [TALLY_GCLID] = !span_empty(client->gclid) || !span_empty(client->gbraid) ||
                        !span_empty(client->wbraid),
        [TALLY_GA] = !span_empty(client->ga),
        [TALLY_TTP] = !span_empty(client->ttp),
        [TALLY_TTCLID] = !span_empty(client->ttclid),
        [TALLY_KX] = !span_empty(client->kx),
    };
    for (unsigned i = 0; i < TALLY_NAME_COUNT; i++)
        tally->names[i] += has[i];
}

void tally_accepted(struct tally *tally, const struct event *event, int64_t took_ms)
{
    unsigned step = 0;
    while (took_ms > bounds[step])
        step++;
    tally->steps[step]++;
    tally->events++;
    count_names(tally, event);
    tally->any = true;
}

bool tally_due(const struct tally *tally, int64_t now, bool stopping)
{
    return tally->any && (stopping || now - tally->flushed_at >= TALLY_EVERY_MS);
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

void tally_report(struct tally *tally, struct report *report, int64_t shop, const char *destination,
                  int64_t now)
{
    struct arena *arena = &report->arena;
    struct page page = {.arena = arena, .shop = shop, .day = now / DAY_MS};
    page.rows = arena_array(arena, struct counter_row,
                            TALLY_WORDS + COUNT_OF(bounds) + TALLY_NAME_COUNT + 1);
    span out = arena_print(arena, "out:%s", destination);
    span ms = arena_print(arena, "ms:%s", destination);
    span has = arena_print(arena, "has:%s", destination);
    for (unsigned i = 0; i < tally->word_count; i++)
        put(&page, out, span_of(tally->words[i].word), tally->words[i].n);
    for (unsigned i = 0; i < COUNT_OF(bounds); i++)
        put(&page, ms, arena_print(arena, "%lld", (long long)bounds[i]), tally->steps[i]);
    for (unsigned i = 0; i < TALLY_NAME_COUNT; i++)
        put(&page, has, span_of(names[i]), tally->names[i]);
    put(&page, has, SPAN("(all)"), tally->events);
    report->counters = page.rows;
    report->counter_count = page.count;
    *tally = (struct tally){.flushed_at = now};
}
