/*
 * See identity.h. What a record says about people is first normalised to three strong identifiers
 * (e-mail, E.164 phone, the shop's customer id), each looked up for its owner. Then:
 *
 *              owners found   signed                            unsigned
 *              0              new person, or the visitor's      the visitor's person if it lacks
 *                             if that one lacks these kinds     these kinds, else a new one
 *              1              that one; the rest is attached    that one; unowned ones attached
 *                                                               where it lacks the kind
 *              2+             merged into the oldest            the strongest's owner, no merge
 *
 * What a browser attached to a person whom the shop knows is only said of him (PERSON_SAID), until
 * a signed record repeats it: one that names it of somebody else takes it away and merges nobody.
 *
 * The visitor then belongs to the person from the event's time on; a visitor that was nobody's
 * brings its past of IDENTITY_BACK_MS along.
 */
#include "identity.h"

#include "../base/clock.h"
#include "../base/hash.h"
#include "../event/clean.h"

struct claim {
    enum link_kind kind;
    const char *word;
    span value;
    int64_t owner; /* 0 = nobody's */
};
#define CLAIMS       3u
#define LAST_SEEN_MS (10 * MINUTE_MS) /* how exact a visitor's last_at is */

#define PERSON_SAID(kind) (1u << (8 + (kind))) /* person_row.flags, beside PERSON_FANOUT */

struct identity_known identity_normalise(struct arena *arena, const struct who *who)
{
    span country = who->country;
    if (span_empty(country))
        country = span_empty(who->shipping.country) ? who->billing.country : who->shipping.country;
    return (struct identity_known){
        .email = clean_email(arena, who->email),
        .phone = phone_e164(arena, who->phone, country),
        .customer_id = span_trim(who->customer_id),
    };
}

static enum status find_owners(struct view *view, int64_t shop, const struct identity_known *known,
                               struct claim claims[CLAIMS], unsigned *ret_count)
{
    const struct claim all[CLAIMS] = {
        {LINK_EMAIL,    "email",    known->email,       0},
        {LINK_CUSTOMER, "customer", known->customer_id, 0},
        {LINK_PHONE,    "phone",    known->phone,       0},
    };
    unsigned count = 0;
    for (unsigned i = 0; i < CLAIMS; i++) {
        if (span_empty(all[i].value))
            continue;
        struct claim *claim = &claims[count++];
        *claim = all[i];
        enum status status = person_find(view, shop, claim->kind, claim->value, &claim->owner);
        if (status != OK && status != MISSING)
            return status;
    }
    *ret_count = count;
    return OK;
}

static span *worn_by(struct person_row *person, enum link_kind kind)
{
    return kind == LINK_EMAIL      ? &person->who.email
           : kind == LINK_CUSTOMER ? &person->who.customer_id
                                   : &person->who.phone;
}

/* Is the claim's owner also the owner of another claim of this record, or of nothing signed? */
static bool stands(struct person_row *owner, const struct claim *claims, unsigned count,
                   const struct claim *claim)
{
    static const enum link_kind kinds[] = {LINK_EMAIL, LINK_CUSTOMER, LINK_PHONE};
    if (!(owner->flags & PERSON_SAID(claim->kind)) ||
        !span_equal(*worn_by(owner, claim->kind), claim->value))
        return true;
    for (unsigned i = 0; i < count; i++)
        if (claims[i].owner == owner->id && !(owner->flags & PERSON_SAID(claims[i].kind)))
            return true;
    for (unsigned i = 0; i < COUNT_OF(kinds); i++)
        if (!span_empty(*worn_by(owner, kinds[i])) && !(owner->flags & PERSON_SAID(kinds[i])))
            return false;
    return true;
}

/* A signed record takes what was only said of its owners. */
static enum status doubt(struct store *store, struct arena *arena, struct claim *claims,
                         unsigned count)
{
    enum status status = OK;
    for (unsigned i = 0; i < count && status == OK; i++) {
        struct person_row owner;
        if (!claims[i].owner)
            continue;
        status = person_get(store_view(store), arena, claims[i].owner, &owner);
        if (status != OK || stands(&owner, claims, count, &claims[i]))
            continue;
        *worn_by(&owner, claims[i].kind) = (span){0};
        owner.flags &= ~PERSON_SAID(claims[i].kind);
        claims[i].owner = 0;
        status = person_put(store, &owner);
    }
    return status;
}

static bool lacks_all(const struct person_row *person, const struct claim *claims, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const span *has = claims[i].kind == LINK_EMAIL      ? &person->who.email
                          : claims[i].kind == LINK_CUSTOMER ? &person->who.customer_id
                                                            : &person->who.phone;
        if (!span_empty(*has) && !span_equal(*has, claims[i].value))
            return false;
    }
    return true;
}

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
    span *const to[] = {&into->language,   &into->fbp,   &into->fbc,    &into->ga,
                        &into->ga_session, &into->gclid, &into->gbraid, &into->wbraid,
                        &into->ttclid,     &into->ttp,   &into->kx,     &into->client_id,
                        &into->gad};
    const span what[] = {from->language,   from->fbp,   from->fbc,    from->ga,
                         from->ga_session, from->gclid, from->gbraid, from->wbraid,
                         from->ttclid,     from->ttp,   from->kx,     from->client_id,
                         from->gad};
    for (unsigned i = 0; i < COUNT_OF(to); i++)
        fill(to[i], what[i]);
    if (span_empty(into->landing.url) && span_empty(into->landing.referrer))
        into->landing = from->landing;
}

/* Newer words about a person win; a signed record overwrites, an unsigned one only fills. */
static void tell(struct person_row *person, const struct who *who,
                 const struct identity_known *known, bool is_signed)
{
    struct who told = *who;
    told.visitor = (span){0};
    told.email = known->email;
    told.phone = known->phone;
    told.customer_id = known->customer_id;
    told.billing = told.shipping = (struct address){0};
    if (is_signed) {
        struct who before = person->who;
        person->who = told;
        identity_fill_who(&person->who, &before);
    } else {
        identity_fill_who(&person->who, &told);
    }
}

/* Which of the person's identifiers are only said of him from now on? */
static void mark(struct person_row *person, const struct person_row *was,
                 const struct claim *claims, unsigned count, bool is_signed)
{
    for (unsigned i = 0; i < count; i++) {
        if (is_signed)
            person->flags &= ~PERSON_SAID(claims[i].kind);
        else if (!claims[i].owner && lacks_all(was, &claims[i], 1))
            person->flags |= PERSON_SAID(claims[i].kind);
    }
}

/* All owners of a signed record's identifiers are one person: the oldest lives on. */
static enum status merge_owners(struct store *store, struct arena *arena,
                                const struct claim *claims, unsigned count, int64_t seq,
                                int64_t now, int64_t *ret_person)
{
    int64_t into = 0;
    for (unsigned i = 0; i < count; i++)
        if (claims[i].owner && (!into || claims[i].owner < into))
            into = claims[i].owner;
    for (unsigned i = 0; i < count; i++) {
        if (!claims[i].owner || person_resolve(store_view(store), claims[i].owner) == into)
            continue;
        span reason = arena_print(arena, "a signed record names this %s too", claims[i].word);
        enum status status = person_merge(store, claims[i].owner, into, reason, seq, now);
        if (status != OK)
            return status;
    }
    *ret_person = into;
    return OK;
}

static int64_t strongest_owner(const struct claim *claims, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (claims[i].owner)
            return claims[i].owner;
    return 0;
}

static enum status link_claims(struct store *store, int64_t shop, const struct claim *claims,
                               unsigned count, const struct person_row *person, bool is_signed,
                               int64_t now)
{
    for (unsigned i = 0; i < count; i++) {
        if (claims[i].owner)
            continue;
        if (!is_signed && !lacks_all(person, &claims[i], 1))
            continue;
        enum status status =
            person_link(store, shop, claims[i].kind, claims[i].value, person->id, now);
        if (status != OK)
            return status;
    }
    return OK;
}

static enum status own_visitor(struct store *store, struct arena *arena, int64_t shop,
                               const struct event *event, struct person_row *person)
{
    struct view *view = store_view(store);
    span visitor = event->who.visitor;
    int64_t owner = visitor_owner(view, shop, visitor, event->at);
    if (owner == person->id)
        return OK;
    if (visitor_count_of(view, shop, person->id) >= LIMIT_FANOUT) {
        if (person->flags & PERSON_FANOUT)
            return OK;
        person->flags |= PERSON_FANOUT;
        return person_put(store, person);
    }
    int64_t since = event->at;
    struct visitor_row row;
    if (!owner && visitor_get(view, arena, shop, visitor, &row) == OK) {
        since = event->at - IDENTITY_BACK_MS;
        if (row.first_at > since)
            since = row.first_at;
        if (since > event->at)
            since = event->at;
    }
    return visitor_own(store, shop, visitor, since, person->id);
}

/* The person a record with these claims is about; row->id stays 0 for somebody new. */
static enum status choose(struct store *store, struct arena *arena, int64_t shop,
                          const struct event *event, bool is_signed, int64_t seq,
                          const struct claim *claims, unsigned count, struct person_row *ret_row)
{
    struct view *view = store_view(store);
    int64_t id = strongest_owner(claims, count);
    if (id && is_signed) {
        enum status status =
            merge_owners(store, arena, claims, count, seq, event->received_at, &id);
        if (status != OK)
            return status;
    }
    if (!id && !span_empty(event->who.visitor)) {
        int64_t owner = visitor_owner(view, shop, event->who.visitor, event->at);
        struct person_row row;
        if (owner && person_get(view, arena, owner, &row) == OK && lacks_all(&row, claims, count)) {
            *ret_row = row;
            return OK;
        }
    }
    if (!id) {
        *ret_row = (struct person_row){.shop = shop, .created_at = event->received_at};
        return OK;
    }
    return person_get(view, arena, id, ret_row);
}

enum status identity_resolve(struct store *store, struct arena *arena, int64_t shop,
                             const struct event *event, bool is_signed, int64_t seq,
                             int64_t *ret_person)
{
    struct view *view = store_view(store);
    struct identity_known known = identity_normalise(arena, &event->who);
    struct claim claims[CLAIMS];
    unsigned count;
    enum status status = find_owners(view, shop, &known, claims, &count);
    if (status != OK)
        return status;
    if (count == 0) {
        *ret_person = span_empty(event->who.visitor)
                          ? 0
                          : visitor_owner(view, shop, event->who.visitor, event->at);
        return OK;
    }

    struct person_row person;
    if (is_signed)
        status = doubt(store, arena, claims, count);
    if (status != OK)
        return status;
    status = choose(store, arena, shop, event, is_signed, seq, claims, count, &person);
    if (status != OK)
        return status;
    struct person_row was = person; /* links are judged by what he had before */
    bool is_new = person.id == 0;
    /* Claims of an unsigned record that somebody else owns are not this person's to wear. */
    struct identity_known worn = known;
    for (unsigned i = 0; i < count && !is_signed; i++)
        if (claims[i].owner && claims[i].owner != person.id)
            *(claims[i].kind == LINK_EMAIL      ? &worn.email
              : claims[i].kind == LINK_CUSTOMER ? &worn.customer_id
                                                : &worn.phone) = (span){0};
    tell(&person, &event->who, &worn, is_signed);
    mark(&person, &was, claims, count, is_signed);
    person.updated_at = event->received_at;
    if (is_new || was.flags != person.flags || memcmp(&was.who, &person.who, sizeof was.who) != 0) {
        status = person_put(store, &person);
        if (status != OK)
            return status;
    }
    was.id = person.id;
    status = link_claims(store, shop, claims, count, &was, is_signed, event->received_at);
    if (status == OK && !span_empty(event->who.visitor))
        status = own_visitor(store, arena, shop, event, &person);
    if (status == OK)
        *ret_person = person.id;
    return status;
}

/* Of everything identity_visit would keep; two events that say the same have the same. */
static uint64_t shown_hash(const struct event *event)
{
    const struct client *client = &event->client;
    const span parts[] = {client->ip,     client->user_agent, client->language,   client->fbp,
                          client->fbc,    client->ga,         client->ga_session, client->gclid,
                          client->gbraid, client->wbraid,     client->ttclid,     client->ttp,
                          client->kx,     client->client_id,  client->gad};
    const struct consent *consent = &event->consent;
    uint64_t said = consent->analytics | consent->marketing << 2 | consent->preferences << 4 |
                    consent->sale_of_data << 6;
    uint64_t hash = ((uint64_t)consent->at ^ said << 56) * 2 + (event->source == SOURCE_SHOPIFY);
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        hash = (hash ^ (parts[i].len ? hash_quick(parts[i]) : i)) * UINT64_C(0x9E3779B97F4A7C15);
    return hash;
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
        if (span_empty(row.client.landing.url)) {
            row.client.landing =
                (struct landing){event->client.url, event->client.referrer, event->at};
        }
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
                row.first_at == before.first_at && consent_same(&row.consent, &before.consent);
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
