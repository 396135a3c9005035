/*
 * What a visitor's browser showed and said of consent, kept per visitor; and how one thing that is
 * known fills the gaps of another. Who is who is identity_resolve.c's.
 */
#include "identity.h"

#include "../base/clock.h"
#include "../base/hash.h"

#define LAST_SEEN_MS (10 * MINUTE_MS) /* how exact a visitor's last_at is */

static void fill(span *into, span from)
{
    if (span_empty(*into))
        *into = from;
}

void identity_fill_who(struct who *into, const struct who *from)
{
    span *const to[] = {&into->visitor,     &into->email,      &into->phone,
                        &into->customer_id, &into->first_name, &into->last_name};
    const span what[] = {from->visitor,     from->email,      from->phone,
                         from->customer_id, from->first_name, from->last_name};
    for (unsigned i = 0; i < COUNT_OF(to); i++)
        fill(to[i], what[i]);
    /* A place is one thing: never a city from here and a country from there. */
    if (span_empty(into->city) && span_empty(into->zip) && span_empty(into->country)) {
        into->city = from->city;
        into->region = from->region;
        into->zip = from->zip;
        into->country = from->country;
    }
}

void identity_fill_client(struct client *into, const struct client *from)
{
    if (span_empty(into->ip) && span_empty(into->user_agent)) {
        into->ip = from->ip;
        into->user_agent = from->user_agent;
    }
    fill(&into->language, from->language);
#define FILL_ID(name) fill(&into->name, from->name);
    EVENT_IDS(FILL_ID)
#undef FILL_ID
    fill(&into->client_id, from->client_id);
    fill(&into->gad, from->gad);
    fill(&into->clicks, from->clicks);
    if (span_empty(into->landing.url) && span_empty(into->landing.referrer))
        into->landing = from->landing;
    if (!into->touch.at)
        into->touch = from->touch;
}

/* Of everything identity_visit would keep; two events that say the same have the same. */
static uint64_t shown_hash(const struct event *event)
{
    const struct client *client = &event->client;
#define SHOWN_ID(name) client->name,
    const span parts[] = {client->ip,  client->user_agent, client->language,   client->client_id,
                          client->gad, client->clicks,     EVENT_IDS(SHOWN_ID)};
#undef SHOWN_ID
    const struct consent *consent = &event->consent;
    uint64_t said = consent->analytics | consent->marketing << 2 | consent->preferences << 4 |
                    consent->sale_of_data << 6;
    uint64_t hash = ((uint64_t)consent->at ^ said << 56) * 2 + (event->source == SOURCE_SHOPIFY);
    hash ^= (uint64_t)event->aside.came.at * 3; /* a page come to from outside is always news */
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        hash = (hash ^ (parts[i].len ? hash_quick(parts[i]) : i)) * UINT64_C(0x9E3779B97F4A7C15);
    return hash;
}

/* The first page a visitor was seen on, and the newest that he came to from outside. */
static void note_arrival(struct client *client, const struct event *event)
{
    bool first = span_empty(client->landing.url) ||
                 (event->name == EVENT_PAGE_VIEWED && event->at < client->landing.at);
    if (first)
        client->landing =
            (struct landing){event->client.url, event->aside.came.referrer, event->at};
    if (event->aside.came.at && event->aside.came.at >= client->touch.at)
        client->touch = event->aside.came;
}

enum status identity_visit(struct store *store, struct arena *arena, struct identity_visits *visits,
                           int64_t shop, const struct event *event)
{
    span visitor = event->who.visitor;
    if (span_empty(visitor))
        return OK;
    uint64_t shown = shown_hash(event);
    size_t place = hash_quick(visitor) % IDENTITY_VISITS;
    bool fits = visitor.len == sizeof visits->seen[place].visitor;
    if (fits && visits->seen[place].shop == shop && visits->seen[place].shown == shown &&
        event->at >= visits->seen[place].first_at &&
        event->at < visits->seen[place].last_at + LAST_SEEN_MS &&
        memcmp(visits->seen[place].visitor, visitor.ptr, visitor.len) == 0)
        return OK;
    struct visitor_row row;
    enum status status = visitor_get(store_view(store), arena, shop, event->who.visitor, &row);
    if (status == MISSING)
        row = (struct visitor_row){.visitor = event->who.visitor, .first_at = event->at};
    else if (status != OK)
        return status;
    struct visitor_row before = row;
    if (event->source != SOURCE_SHOPIFY) {
        if (event->at >= row.last_at) {
            struct client client = event->client;
            client.title = client.url = client.referrer = (span){0};
            identity_fill_client(&client, &row.client);
            row.client = client;
        } else {
            identity_fill_client(&row.client, &event->client);
        }
        note_arrival(&row.client, event);
        if (event->consent.at)
            row.consent = consent_merge(&row.consent, &event->consent);
    }
    if (event->at > row.last_at)
        row.last_at = event->at;
    if (event->at < row.first_at)
        row.first_at = event->at;
    /* Writing each page view would cost more than the journal row: minutes are enough for last_at.
     */
    bool same = status == OK && row.last_at - before.last_at < LAST_SEEN_MS &&
                row.first_at == before.first_at && consent_same(&row.consent, &before.consent) &&
                row.client.touch.at == before.client.touch.at &&
                row.client.landing.at == before.client.landing.at;
    if (same) {
        const span *a = (const span *)&row.client, *b = (const span *)&before.client;
        for (size_t i = 0; i < offsetof(struct client, landing) / sizeof(span) && same; i++)
            same = span_equal(a[i], b[i]);
    }
    if (!same)
        status = visitor_put(store, shop, &row);
    else
        status = OK;
    if (status == OK && fits) {
        visits->seen[place].shop = shop;
        visits->seen[place].shown = shown;
        visits->seen[place].first_at = row.first_at;
        visits->seen[place].last_at = same ? before.last_at : row.last_at;
        memcpy(visits->seen[place].visitor, visitor.ptr, visitor.len);
    }
    return status;
}
