/*
 * The shops of the config as RECORD knows them: each with the small number by which the store calls
 * it, and with what is remembered of who spoke through its snippet and its pixel. A reload numbers
 * them anew; a shop that left keeps its rows, and its orders rest.
 */
#include "record_private.h"

#include <stdlib.h>

static void note_source(void *arg, int64_t day, int64_t shop, span what, span label, int64_t n)
{
    (void)n;
    struct recorder *recorder = arg;
    if (!span_is(what, "source_seen"))
        return;
    for (unsigned i = 0; i < recorder->shop_count; i++) {
        if (recorder->shops[i].number != shop)
            continue;
        if (span_is(label, "browser"))
            recorder->shops[i].snippet.day = day; /* they come in the order of days */
        else if (span_is(label, "pixel"))
            recorder->shops[i].pixel.day = day;
    }
}

enum status record_number_shops(struct recorder *recorder, const struct shop *const *shops,
                                unsigned count, int64_t now)
{
    struct recorded_shop *numbered = calloc(count ? count : 1, sizeof *numbered);
    int64_t *news = calloc(count ? count : 1, sizeof *news);
    if (!numbered || !news)
        abort();
    enum status status = store_begin(recorder->store);
    for (unsigned i = 0; i < count && status == OK; i++) {
        numbered[i].shop = shops[i];
        status = store_shop(recorder->store, shops[i]->name, now, &numbered[i].number,
                            &numbered[i].activated_at);
    }
    if (status == OK)
        status = store_commit(recorder->store);
    if (status != OK) {
        store_rollback(recorder->store);
        free(numbered);
        free(news);
        return status;
    }
    recorder->retain.dedup_window_ms = 0;
    for (unsigned i = 0; i < count; i++)
        if (shops[i]->dedup_window_ms > recorder->retain.dedup_window_ms)
            recorder->retain.dedup_window_ms = shops[i]->dedup_window_ms;
    free(recorder->shops);
    free(recorder->news);
    recorder->shops = numbered;
    recorder->shop_count = count;
    recorder->news = news;
    return counter_each(store_view(recorder->store), 0, INT32_MAX, note_source, recorder);
}

struct recorded_shop *record_shop_of(struct recorder *recorder, const struct shop *shop)
{
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (recorder->shops[i].shop == shop)
            return &recorder->shops[i];
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (span_equal(recorder->shops[i].shop->name, shop->name))
            return &recorder->shops[i];
    return NULL;
}

struct recorded_shop *record_shop_numbered(struct recorder *recorder, int64_t number)
{
    for (unsigned i = 0; i < recorder->shop_count; i++)
        if (recorder->shops[i].number == number)
            return &recorder->shops[i];
    return NULL;
}

struct assemble record_assemble(struct recorder *recorder, const struct recorded_shop *shop)
{
    return (struct assemble){
        .store = recorder->store,
        .arena = &recorder->arena,
        .shop = shop->shop,
        .shop_number = shop->number,
        .activated_at = shop->activated_at,
        .now = recorder->now,
        .tally = &recorder->tally,
    };
}

void record_add_news(struct recorder *recorder, int64_t shop)
{
    for (unsigned i = 0; i < recorder->news_count; i++)
        if (recorder->news[i] == shop)
            return;
    if (recorder->news_count < recorder->shop_count)
        recorder->news[recorder->news_count++] = shop;
}
