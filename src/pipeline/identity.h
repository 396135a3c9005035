/*
 * Who it was. The rules of DESIGN 6; store/person.c keeps the rows.
 *
 *   signed    (a webhook's customer, a token's /v1/events): names persons. Its strong identifiers
 *             belong to one person; persons they belonged to before are merged, with the reason.
 *   unsigned  (anything from a browser): may attach what nobody owns. A visitor who claims a known
 *             person's e-mail is that person from then on; nobody is merged.
 *
 * A visitor is one person at a time, by interval of event time, so arrival order does not matter.
 * A person on an absurd number of visitors (LIMIT_FANOUT) gets no further ones.
 * Thread: RECORD, inside a turn.
 */
#ifndef PIPELINE_IDENTITY_H
#define PIPELINE_IDENTITY_H
#include "../store/person.h"

#define LIMIT_FANOUT 100u /* visitors of one person; above it is test@test.com */
#define IDENTITY_BACK_MS                                                                           \
    (30 * DAY_MS) /* how far an anonymous visitor's past becomes the person's */

struct identity_known { /* normalised; absent where the event has none */
    span email, phone, customer_id;
};

/* *ret_person is 0 when the event names nobody and its visitor is nobody's. `seq` is the row that
 * said so. */
MUST_USE enum status identity_resolve(struct store *store, struct arena *arena, int64_t shop,
                                      const struct event *event, bool is_signed, int64_t seq,
                                      int64_t *ret_person);
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
