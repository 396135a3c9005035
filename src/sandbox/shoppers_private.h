/*
 * What the files of the scripted shoppers share.
 *
 *   shoppers.c          the thread: plays all scenes, waits for the platforms, reports
 *   shoppers_scenes.c   the scenes, each a few readable lines
 *   shoppers_browser.c  what a browser with our snippet (or a blocker) and a merchant do
 *   shoppers_compare.c  the table
 *
 * Calls block. The first one that fails ends the play: from then on every step is a no-op, and
 * the report says which step failed and why.
 */
#ifndef SANDBOX_SHOPPERS_PRIVATE_H
#define SANDBOX_SHOPPERS_PRIVATE_H
#include "../base/http.h"
#include "../base/json.h"
#include "shoppers.h"

struct shoppers_play {
    struct shoppers_options options;
    struct shoppers_truth truths[SHOPPERS_SHOPS];
    struct arena *arena; /* of the running scene, which also says where it plays: */
    const struct shoppers_place *place;
    struct shoppers_truth *truth;
    const char *scene; /* its name, for the report */
    enum status status;
    struct error error;
};

/* One person at one browser. */
struct shopper {
    struct shoppers_play *play;
    const char *first_name, *last_name, *email, *phone, *street, *zip, *city, *country;
    const char *currency; /* what the shop shows them */
    const char *ip, *agent;
    bool blocked; /* an ad blocker: neither snippet nor pixel */
    char visitor[27], client_id[40], fbp[48];
    span cart;                          /* token; absent until something is in it */
    span cookies;                       /* for the shop, without the cart's */
    bool known;                         /* the gateway has heard their address */
    unsigned seen[SHOPPERS_KIND_COUNT]; /* told to the gateway while nobody knew them */
};

/* ---- shoppers_browser.c ---- */
void shoppers_sleep(struct shoppers_play *play, unsigned ms);
/* One request; answer's JSON, NULL without one. Fails the play unless 2xx. */
const struct json_value *shoppers_call(struct shoppers_play *play, const char *method, span url,
                                       span body, const struct shopper *as);

void shoppers_arrive(struct shoppers_play *play, unsigned index, struct shopper *ret_shopper);
/* "product_viewed" of a product and so on; `copies` sends the very same body again. */
void shoppers_view(struct shopper *shopper, const char *handle, unsigned copies);
void shoppers_collection(struct shopper *shopper);
void shoppers_add(struct shopper *shopper, const char *handle, unsigned quantity);
/* Opens the checkout, tells the pixel's events, gives contact and payment data. */
void shoppers_checkout(struct shopper *shopper);
struct shoppers_buy {
    bool test, hold;      /* a test order; webhooks wait */
    const char *source;   /* "pos"; NULL = web */
    const char *discount; /* a code, or NULL */
    bool excluded;        /* must reach nobody */
};
/* Completes the order and writes it into the truth. */
struct shoppers_order *shoppers_buy(struct shopper *shopper, const struct shoppers_buy *how);
void shoppers_thanks(struct shopper *shopper, unsigned copies); /* checkout_completed */
/* The merchant's POST /admin/orders/N/ACTION; the order's summary. */
const struct json_value *shoppers_merchant(struct shoppers_play *play,
                                           const struct shoppers_order *order, const char *action,
                                           const char *body);
/* Waits until the platform holds this event of the order. At the deadline it goes on, with a note
   in the error: what the gateway owes then shows in the table. */
void shoppers_wait_for(struct shoppers_play *play, const struct shoppers_order *order,
                       const char *platform, const char *event);

/* ---- the truth ---- */
void shoppers_count(struct shoppers_tally *tally, unsigned count, span currency,
                    struct money value); /* value may be not given */
void shoppers_count_both(struct shoppers_play *play, enum shoppers_kind kind, span currency,
                         struct money value);

/* ---- shoppers_scenes.c ---- */
struct shoppers_scene {
    enum shoppers_where where;
    const char *name;
    void (*play)(struct shoppers_play *play);
};
extern const struct shoppers_scene shoppers_scenes[];
extern const unsigned shoppers_scene_count;

#endif
