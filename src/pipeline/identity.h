/*
 * Who it was. The rules of DESIGN 6 (docs/identity.md draws them); store/person.c keeps the rows.
 *
 *   signed    (a webhook's customer, a token's /v1/events): names persons. An e-mail or a customer
 *             id belongs to one person; persons that one record names are merged, with the reason.
 *             A phone follows: it makes two customers one only where one of them is nothing but
 *             that phone. Said of two customers it is shared, and names neither
 *   unsigned  (anything from a browser): may attach what nobody owns. A visitor who claims a known
 *             person's e-mail is that person from then on; nobody is merged
 *
 * A visitor is one person at a time: each claim is kept with its event time and holds until the
 * next, so arrival order does not matter (claims of one person within IDENTITY_CLAIM_MS are one).
 * The first claim brings the visitor's anonymous past along; it then waits in table stitch.
 * A person on an absurd number of visitors (LIMIT_FANOUT) gets no further ones, one of an absurd
 * number of identifiers (LIMIT_LINKS) is merged with nobody; placeholders name nobody.
 * Thread: RECORD, inside a turn.
 */
#ifndef PIPELINE_IDENTITY_H
#define PIPELINE_IDENTITY_H
#include "../event/shop.h"
#include "../store/person.h"

#define LIMIT_FANOUT      100u /* visitors of one person; above it is guest@till.example */
#define LIMIT_LINKS       50u /* identifiers of one person; above it a system says "0" of everybody */
#define IDENTITY_CLAIM_MS MINUTE_MS

struct identity_known { /* normalised; absent where the event has none */
    span email, phone, customer_id;
};

struct identity {
    struct store *store;
    struct arena *arena;
    const struct shop *shop;
    int64_t shop_number;
};

/* *ret_person is 0 when the event names nobody and its visitor is nobody's. `seq` is the row that
 * said so. */
MUST_USE enum status identity_resolve(const struct identity *identity, const struct event *event,
                                      bool is_signed, int64_t seq, int64_t *ret_person);
/* The visitor is the person from `at` on, by a join that a signed record made. */
MUST_USE enum status identity_own(const struct identity *identity, span visitor, int64_t at,
                                  int64_t now, int64_t person);
/* What the last visitors showed, so that a page view that says nothing new costs no look at the
   store. Zeroed = empty; emptied by its owner whenever a turn is rolled back. */
#define IDENTITY_VISITS 8192u
struct identity_visits {
    struct {
        int64_t shop, first_at, last_at;
        uint64_t shown; /* hash of client and consent */
        char visitor[26];
    } seen[IDENTITY_VISITS];
};

/* Remembers what the visitor's browser showed and the newest word on consent. */
MUST_USE enum status identity_visit(struct store *store, struct arena *arena,
                                    struct identity_visits *visits, int64_t shop,
                                    const struct event *event);
struct identity_known identity_normalise(struct arena *arena, const struct who *who);
/* Members absent in `into` are taken from `from`. ip and user_agent move as a pair. */
void identity_fill_client(struct client *into, const struct client *from);
void identity_fill_who(struct who *into, const struct who *from);

#endif
