/*
 * What everything that tells people something needs to know: the reader, the config's stores and
 * destinations, the moment. One writer for each page and report; the command line prints its text,
 * the API its JSON.
 *
 *   show*      one order, event or person, whole
 *   lists      orders, events, people, a page at a time
 *   tile       one destination in plain words
 *   overview   today
 *   zone       the days and hours of a store's time zone
 *   mask       what a viewer sees of people
 *
 * Thread: whoever holds the view. The state of destinations is read from the counters of this very
 * process (pipeline/count.h): a command beside a running gateway knows only what the file says.
 */
#ifndef STORY_STORY_H
#define STORY_STORY_H
#include "../base/json.h"
#include "../pipeline/deliver.h"
#include "../store/report.h"

struct story {
    struct view *view;
    struct arena *arena; /* texts; one answer's */
    const struct shop *const *shops;
    unsigned shop_count;
    const struct outlet_spec *outlets;
    unsigned outlet_count;
    int64_t now;
};

/* The config's store of that name; NULL. */
const struct shop *story_shop(const struct story *story, span name);
/* Its number in the file; 0: the file has never seen it. */
int64_t story_number(const struct story *story, const struct shop *shop);
/* NULL: the store has no such destination. */
const struct outlet_spec *story_outlet(const struct story *story, span store, span destination);
/* "Meta", as in a sentence. */
const char *story_called(const struct destination *destination);
/* A sum of money; absent writes null. */
void story_put_money(struct json *json, const char *key, struct money money);
void story_put_text(struct json *json, const char *key, span text); /* absent writes null */

#endif
