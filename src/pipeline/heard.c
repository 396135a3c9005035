/* Counting what came in; heard.h is the contract. */
#include "heard.h"

#include "../event/bot.h"

#include <stdio.h>

static void add(struct heard *heard, int64_t shop, const char *before, span what, span label)
{
    char key[24], word[40];
    unsigned i = 0;
    snprintf(key, sizeof key, "%s%.*s", before, SPAN_ARG(what));
    snprintf(word, sizeof word, "%.*s", SPAN_ARG(label));
    while (i < heard->count &&
           (heard->rows[i].shop != shop || strcmp(heard->rows[i].what, key) != 0 ||
            strcmp(heard->rows[i].label, word) != 0))
        i++;
    if (i == HEARD_ROOM)
        return; /* more kinds in one turn than there are stores and tags to tell of */
    if (i == heard->count) {
        heard->rows[i].shop = shop;
        heard->rows[i].n = 0;
        memcpy(heard->rows[i].what, key, sizeof key);
        memcpy(heard->rows[i].label, word, sizeof word);
        heard->count++;
    }
    heard->rows[i].n++;
}

static bool is_state(span text)
{
    return span_is(text, "fired") || span_is(text, "blocked") || span_is(text, "absent");
}

/* A browser says so: only words that we know become labels, and only of tags we know. */
static void add_tags(struct heard *heard, struct arena *arena, int64_t shop, span custom)
{
    static const char *const known[] = {"meta", "tiktok", "google"};
    const struct json_value *json;
    if (!memmem(custom.ptr, custom.len, "\"tags\"", 6) ||
        json_parse(arena, custom, &json, NULL) != OK)
        return;
    for (unsigned i = 0; i < COUNT_OF(known); i++) {
        span state = json_get_text(json_get(json, "tags"), known[i]);
        if (is_state(state))
            add(heard, shop, "tag:", span_of(known[i]), state);
    }
}

void heard_event(struct heard *heard, struct arena *arena, int64_t shop, const struct event *event)
{
    if (bot_sure(event))
        add(heard, shop, "bot", (span){0}, event->bot.why);
    else if (event->source == SOURCE_BROWSER && !span_empty(event->custom))
        add_tags(heard, arena, shop, event->custom);
}

enum status heard_write(struct heard *heard, struct store *store, int64_t now)
{
    enum status status = OK;
    for (unsigned i = 0; i < heard->count && status == OK; i++)
        status = counter_add(store, now / DAY_MS, heard->rows[i].shop, span_of(heard->rows[i].what),
                             span_of(heard->rows[i].label), heard->rows[i].n);
    heard->count = 0;
    return status;
}
