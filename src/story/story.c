/* Small things that all pages share. */
#include "story.h"

const struct shop *story_shop(const struct story *story, span name)
{
    for (unsigned i = 0; i < story->shop_count; i++)
        if (span_equal(story->shops[i]->name, name))
            return story->shops[i];
    return NULL;
}

int64_t story_number(const struct story *story, const struct shop *shop)
{
    int64_t number;
    return view_shop(story->view, shop->name, &number) == OK ? number : 0;
}

const struct outlet_spec *story_outlet(const struct story *story, span store, span destination)
{
    for (unsigned i = 0; i < story->outlet_count; i++)
        if (span_equal(story->outlets[i].shop->name, store) &&
            span_is(destination, story->outlets[i].destination->name))
            return &story->outlets[i];
    return NULL;
}

const char *story_called(const struct destination *destination)
{
    static const struct {
        const char *name, *called;
    } names[] = {
        {"meta", "Meta"},       {"google", "Google"},   {"tiktok", "TikTok"},      {"ga4", "GA4"},
        {"sgtm", "GTM server"}, {"klaviyo", "Klaviyo"}, {"pinterest", "Pinterest"}};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i].name, destination->name) == 0)
            return names[i].called;
    return destination->title;
}

void story_put_money(struct json *json, const char *key, struct money money)
{
    char room[MONEY_TEXT_ROOM];
    if (money.given)
        json_put_text(json, key, money_text(money, room));
    else
        json_put_null(json, key);
}

void story_put_text(struct json *json, const char *key, span text)
{
    if (span_empty(text))
        json_put_null(json, key);
    else
        json_put_text(json, key, text);
}
