/*
 * Scripted shoppers: a fixed list of scenes played over real HTTP against the demo shop and the
 * gateway, as browsers and the shop would, and the comparison of what the shop knows with what
 * every platform received.
 *
 * Expected numbers come from what the scenes did and what the shop answered (its order totals),
 * never from a list of results. What a platform must receive may differ from what the shop saw:
 * Klaviyo takes no anonymous visitors, so it is expected to hold what known people did only; with
 * `backfill` also what they did before they were known.
 *
 * Thread: shoppers_play() works on a thread of libuv's pool with blocking calls; `done` runs on
 * the loop. storefront and sandbox may live on that same loop.
 */
#ifndef SANDBOX_SHOPPERS_H
#define SANDBOX_SHOPPERS_H
#include <uv.h>

#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/clock.h"
#include "../event/money.h"

#define SHOPPERS_CURRENCIES 4u
#define SHOPPERS_ORDERS     64u

/* The two shops of the play. Where a tag manager's server container feeds the platforms the gateway
   must not (`check` refuses both for one store), so the container has a shop of its own. */
enum shoppers_where { SHOPPERS_MAIN, SHOPPERS_TAGGED, SHOPPERS_SHOPS };

struct shoppers_tally {
    unsigned count;
    struct {
        char currency[4]; /* "" = free */
        struct money sum;
    } values[SHOPPERS_CURRENCIES];
};

/* One kind of thing the table has a row for; see the list of rows in shoppers_compare.c. */
enum shoppers_kind {
    SHOPPERS_ORDER,
    SHOPPERS_LINE,
    SHOPPERS_REFUND,
    SHOPPERS_CANCEL,
    SHOPPERS_BACK,     /* refunds and cancellations: the money that went back */
    SHOPPERS_RESTATED, /* and what the order is worth after each */
    SHOPPERS_FULFILLED,
    SHOPPERS_DELIVERED,
    SHOPPERS_VIEW,
    SHOPPERS_ADD,
    SHOPPERS_CHECKOUT,
    SHOPPERS_PAYMENT,
    SHOPPERS_PAGE,
    SHOPPERS_KIND_COUNT,
};

struct shoppers_order {
    char id[24], number[12]; /* "5998557705341", "1001" */
    char story[40];          /* "webhook first" */
    bool counts;             /* must reach the platforms */
    char currency[4];        /* of `value` */
    struct money value;
};

struct shoppers_truth {
    struct shoppers_tally all[SHOPPERS_KIND_COUNT];   /* what happened and must count */
    struct shoppers_tally known[SHOPPERS_KIND_COUNT]; /* of it, by people with a name: Klaviyo's */
    /* Of it, by people shortly before they had one. Without `backfill` it depends on when Klaviyo's
       batch leaves, so Klaviyo may hold up to so many more. */
    unsigned before[SHOPPERS_KIND_COUNT];
    struct shoppers_order orders[SHOPPERS_ORDERS];
    unsigned order_count;
};

/* Writes the table "shop truth / each platform received" as aligned UTF-8 text to `out`, for each
   shop of `truths[SHOPPERS_SHOPS]` the rows it has. `totals` is the body of the sandbox's
   GET /_sandbox/totals. INVALID when it is not that. */
MUST_USE enum status shoppers_compare(const struct shoppers_truth *truths, span totals,
                                      struct arena *arena, struct buf *out, bool *ret_all_equal);

struct shoppers_place { /* origins, "http://127.0.0.1:9000" */
    span shop, gateway; /* as this shop's browsers call it */
};

struct shoppers_options {
    struct shoppers_place places[SHOPPERS_SHOPS];
    span sandbox; /* origin */
    span collect_path, cart_attribute;
    const struct clock *clock;
    unsigned deadline_ms; /* wait so long for the platforms; 0 = 60 s */
    bool backfill; /* must Klaviyo get what people did before they had a name? (sources 3.4) */
};

struct shoppers_report { /* valid during done() */
    enum status status;  /* OK: every scene was played; otherwise a step failed, see error */
    struct error error;  /* may also be a note about a scene that waited in vain; else empty */
    bool all_equal;      /* the table has no ✗ */
    span table;
    const struct shoppers_truth *truths; /* [SHOPPERS_SHOPS] */
};
typedef void shoppers_done(void *arg, const struct shoppers_report *report);

/* done() is called once, never from inside. Options are copied; spans must live until then. */
MUST_USE enum status shoppers_play(uv_loop_t *loop, const struct shoppers_options *options,
                                   shoppers_done *done, void *arg);

#endif
