/* Periods, and what the three reports share. */
#include "reports.h"

#include <stdio.h>

static enum status say(struct error *error, const char *words)
{
    snprintf(error->text, sizeof error->text, "%s", words);
    return INVALID;
}

enum status reports_period(const struct story *story, const struct shop *shop, span from, span to,
                           struct reports_wish *ret_wish, struct error *ret_error)
{
    struct reports_wish wish = {.shop = shop};
    zone_load(&wish.zone, story->arena, shop->timezone);
    int64_t last = zone_midnight(&wish.zone, story->now);
    if (!span_empty(to) && zone_parse_day(&wish.zone, to, &last) != OK)
        return say(ret_error, "`to` wants a day such as 2026-11-24");
    wish.from = zone_midnight(&wish.zone, last - 6 * DAY_MS + 12 * HOUR_MS);
    if (!span_empty(from) && zone_parse_day(&wish.zone, from, &wish.from) != OK)
        return say(ret_error, "`from` wants a day such as 2026-11-24");
    wish.until = zone_next_day(&wish.zone, last);
    if (wish.from >= wish.until)
        return say(ret_error, "`from` is after `to`");
    if (wish.until - wish.from > REPORTS_DAYS * DAY_MS)
        return say(ret_error, "at most 400 days");
    *ret_wish = wish;
    return OK;
}

int64_t reports_counter_day(const struct reports_page *page, int64_t midnight)
{
    (void)page;
    return (midnight + 12 * HOUR_MS) / DAY_MS;
}

void reports_method(struct reports_page *page, const char *const *sentences)
{
    if (page->form == REPORTS_JSON)
        json_open(page->json, "method", '[');
    for (unsigned i = 0; sentences[i]; i++) {
        if (page->form == REPORTS_JSON)
            json_put_text(page->json, NULL, span_of(sentences[i]));
        else if (page->form == REPORTS_TEXT)
            buf_print(page->out, "%s%s\n", i ? "" : "\n", sentences[i]);
    }
    if (page->form == REPORTS_JSON)
        json_close(page->json, ']');
}

enum status reports_write(const struct story *story, span name, const struct reports_wish *wish,
                          enum reports_form form, struct json *json, struct buf *out)
{
    static const struct {
        const char *name;
        enum status (*write)(struct reports_page *page);
    } reports[] = {
        {"recovery", reports_recovery}, {"delivery", reports_delivery}, {"match", reports_match}};
    struct reports_page page = {story, wish, form, json, out, story_number(story, wish->shop)};
    for (unsigned i = 0; i < COUNT_OF(reports); i++)
        if (span_is(name, reports[i].name))
            return reports[i].write(&page);
    return MISSING;
}
