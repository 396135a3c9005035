/*
 * Reading pages and filling gaps; reading.h is the contract.
 *
 * What is filled: of `who` everything that the person is known by; of `client` what belongs to
 * the browser (cookies, click ids, address and agent as a pair), never what is of one page view
 * (url, referrer, title). Lookups are made once a page
 * for each person and visitor.
 *
 * The rows as the store gave them, and what the parser builds, are forgotten: only the event's
 * texts stay in the page.
 *
 * Consent: where nobody spoke with the event, of a purpose or at all, it takes the visitor's word
 * if that was older than the event: it held at that time (contracts/destinations 0.6, webhook
 * events). Of two words before the event the newer held: a tab left open says an old one.
 */
#include "reading.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/map.h"
#include "../store/person.h"
#include "identity.h"

/* Most of one page besides its bodies: trees, events, people. */
#define PAGE_CEILING LIMIT_BATCH_ARENA

struct lookups {
    struct view *view;
    struct arena *arena; /* the page's: texts */
    struct arena *raw;   /* until the page is made */
    struct map visitors,
        people; /* visitor text, person id as bytes -> row; NULL rows are not kept */
};

static const struct visitor_row nobody_visits;
static const struct person_row nobody;

static const struct visitor_row *visitor_look(struct lookups *look, int64_t shop, span visitor)
{
    if (span_empty(visitor))
        return &nobody_visits;
    const struct visitor_row *known = map_get(&look->visitors, visitor);
    if (known)
        return known;
    struct visitor_row *row = arena_new(look->raw, struct visitor_row);
    if (visitor_get(look->view, look->arena, shop, visitor, row) != OK)
        *row = nobody_visits;
    map_put(&look->visitors, visitor, row);
    return row;
}

static const struct person_row *person_look(struct lookups *look, int64_t person)
{
    if (person == 0)
        return &nobody;
    span key = {(const char *)&person, sizeof person};
    const struct person_row *known = map_get(&look->people, key);
    if (known)
        return known;
    struct person_row *row = arena_new(look->raw, struct person_row);
    if (person_get(look->view, look->arena, person, row) != OK)
        *row = nobody;
    map_put(&look->people, key, row);
    return row;
}

static struct consent consent_over(const struct consent *own, const struct consent *visitor)
{
    struct consent now = consent_merge(own, visitor);
    now.region = own->region;
    return now;
}

static void row_enrich(struct lookups *look, struct reading_row *row)
{
    struct event *event = &row->event;
    const struct visitor_row *visitor = visitor_look(look, row->row.shop, row->row.visitor);
    identity_fill_client(&event->client, &visitor->client);

    int64_t person = row->row.person;
    if (person == 0 && !span_empty(row->row.visitor))
        person = visitor_owner(look->view, row->row.shop, row->row.visitor, row->row.at);
    struct who who = person_look(look, person)->who;
    who.visitor = row->row.visitor;
    identity_fill_who(&event->who, &who);

    if (visitor->consent.at) {
        struct consent then = consent_as_of(&visitor->consent, event->at);
        event->consent = consent_over(&event->consent, &then);
    }
    row->consent_now = consent_over(&event->consent, &visitor->consent);
}

static void row_parse(struct lookups *look, struct arena *tree, span currency,
                      const struct journal_row *from, struct reading_row *ret_row)
{
    const struct json_value *json;
    *ret_row = (struct reading_row){.row = *from};
    ret_row->row.body = (span){0};
    ret_row->row.event_id = arena_copy(look->arena, from->event_id);
    ret_row->row.visitor = arena_copy(look->arena, from->visitor);
    if (from->body.ptr == NULL)
        ret_row->trouble = "row_gone";
    else if (span_empty(from->body) || span_is(from->body, "{}"))
        ret_row->trouble = "erased";
    else if (json_parse_apart(tree, look->arena, from->body, &json, NULL) != OK ||
             event_read(look->arena, json, currency, &ret_row->event, NULL) != OK)
        ret_row->trouble = "unreadable";
    else
        row_enrich(look, ret_row);
}

static struct reading *page_new(struct reading_cache *cache, int64_t shop, int64_t after,
                                int64_t now)
{
    struct reading *page = calloc(1, sizeof *page);
    assert(page);
    page->refs = 1;
    page->cache = cache;
    page->shop = shop;
    page->after = after;
    page->read_at = now;
    page->erased = cache->erased;
    page->head = cache->head;
    page->turn = cache->turn;
    arena_init(&page->arena, PAGE_CEILING);
    return page;
}

static void page_parse(struct reading *page, struct arena *raw, span currency,
                       const struct journal_row *rows, unsigned count)
{
    struct lookups look = {.view = page->cache->view, .arena = &page->arena, .raw = raw};
    struct arena tree;
    arena_init(&tree, PAGE_CEILING);
    page->rows = arena_array(&page->arena, struct reading_row, count);
    page->count = count;
    for (unsigned i = 0; i < count; i++) {
        row_parse(&look, &tree, currency, &rows[i], &page->rows[i]);
        arena_reset(&tree);
    }
    arena_done(&tree);
    map_done(&look.visitors);
    map_done(&look.people);
    page->cache->bytes += page->arena.used;
}

static bool is_fresh(const struct reading *page, int64_t now)
{
    return now >= page->read_at && now - page->read_at < READING_FRESH_MS;
}

/* Had there been more rows, they would be among these. */
static bool is_last(const struct journal_row *rows, unsigned count)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += rows[i].body.len;
    return count < READING_ROWS && bytes < READING_BYTES;
}

enum status reading_take(struct reading_cache *cache, int64_t shop, span currency, int64_t after,
                         int64_t now, struct reading **ret_page)
{
    reading_forget(cache, now);
    for (struct reading *page = cache->pages; page && is_fresh(page, now); page = page->next) {
        if (page->shop == shop && page->after <= after &&
            page->rows[page->count - 1].row.seq > after && page->erased == cache->erased) {
            *ret_page = reading_hold(page);
            return OK;
        }
    }
    struct arena raw;
    struct journal_row *rows;
    unsigned count = 0;
    arena_init(&raw, PAGE_CEILING);
    enum status status = journal_read(cache->view, &raw, shop, after, AUDIENCE_ALL, READING_ROWS,
                                      READING_BYTES, &rows, &count);
    if (status == OK && count == 0)
        status = MISSING;
    if (status == OK) {
        struct reading *page = page_new(cache, shop, after, now);
        page->last = is_last(rows, count);
        page_parse(page, &raw, currency, rows, count);
        page->next = cache->pages;
        page->listed = page->kept = true;
        cache->pages = page;
        cache->kept++;
        *ret_page = reading_hold(page);
    }
    arena_done(&raw);
    return status;
}

enum status reading_one(struct reading_cache *cache, span currency, int64_t seq, int64_t now,
                        struct reading **ret_page)
{
    struct arena raw;
    struct journal_row row;
    arena_init(&raw, PAGE_CEILING);
    enum status status = journal_one(cache->view, &raw, seq, &row);
    if (status == OK) {
        struct reading *page = page_new(cache, row.shop, seq - 1, now);
        page_parse(page, &raw, currency, &row, 1);
        *ret_page = page;
    }
    arena_done(&raw);
    return status;
}

bool reading_is_end(const struct reading_cache *cache, const struct reading *page)
{
    return page->last && page->turn == cache->turn;
}

enum status reading_these(struct reading_cache *cache, span currency, const int64_t *seqs,
                          unsigned count, int64_t now, struct reading **ret_page)
{
    assert(count > 0);
    struct arena raw;
    enum status status = OK;
    arena_init(&raw, PAGE_CEILING);
    struct journal_row *rows = arena_array(&raw, struct journal_row, count);
    for (unsigned i = 0; i < count && status == OK; i++) {
        status = journal_one(cache->view, &raw, seqs[i], &rows[i]);
        if (status == MISSING) {
            rows[i] = (struct journal_row){.seq = seqs[i]};
            status = OK;
        }
    }
    if (status == OK) {
        struct reading *page = page_new(cache, 0, seqs[0] - 1, now);
        page_parse(page, &raw, currency, rows, count);
        *ret_page = page;
    }
    arena_done(&raw);
    return status;
}

bool reading_tight(const struct reading_cache *cache)
{
    return cache->bytes > READING_ENOUGH;
}

struct reading *reading_hold(struct reading *page)
{
    page->refs++;
    return page;
}

void reading_drop(struct reading *page)
{
    if (!page || --page->refs > 0)
        return;
    if (page->rows)
        page->cache->bytes -= page->arena.used;
    if (page->listed) {
        struct reading **at = &page->cache->pages;
        while (*at != page)
            at = &(*at)->next;
        *at = page->next;
    }
    arena_done(&page->arena);
    free(page);
}

void reading_forget(struct reading_cache *cache, int64_t now)
{
    size_t before = 0; /* bytes of newer ones */
    unsigned left = cache->kept;
    for (struct reading *page = cache->pages, *next; left > 0; page = next) {
        next = page->next;
        if (!page->kept)
            continue;
        left--;
        if (is_fresh(page, now) && before < READING_KEPT_BYTES) {
            before += page->arena.used;
            continue;
        }
        page->kept = false;
        cache->kept--;
        reading_drop(page);
    }
}

struct consent reading_consent(struct reading_cache *cache, struct arena *arena,
                               const struct reading_row *row)
{
    struct visitor_row visitor;
    if (span_empty(row->row.visitor) ||
        visitor_get(cache->view, arena, row->row.shop, row->row.visitor, &visitor) != OK)
        return row->event.consent;
    return consent_over(&row->event.consent, &visitor.consent);
}
