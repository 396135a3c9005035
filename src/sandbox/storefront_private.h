/*
 * What the files of the demo shop share.
 *
 *   storefront.c           server, routing, carts and checkouts as things that exist
 *   storefront_admin.c     what the merchant does: fulfil, refund, cancel, resend a webhook
 *   storefront_bill.c      products, currencies, prices: all arithmetic is here
 *   storefront_body.c      the bodies Shopify would send: checkout, order
 *   storefront_body_life.c its later ones: fulfillment, refund
 *   storefront_pixel.c     the checkout as the web pixel sees it
 *   storefront_pages.c     HTML
 *   storefront_hooks.c     signing, sending and retrying webhooks
 *
 * Everything a visitor can make exists a bounded number of times: carts are reused in a ring,
 * checkouts live in their cart, orders stop at STOREFRONT_ORDERS.
 */
#ifndef SANDBOX_STOREFRONT_PRIVATE_H
#define SANDBOX_STOREFRONT_PRIVATE_H
#include "../base/json.h"
#include "../event/money.h"
#include "../net/call.h"
#include "../net/listen.h"
#include "storefront.h"

#define STOREFRONT_PRODUCTS   6u
#define STOREFRONT_CARTS      512u
#define STOREFRONT_ORDERS     2000u
#define STOREFRONT_LINES      8u
#define STOREFRONT_ATTRIBUTES 8u
#define STOREFRONT_BODY       (512u * 1024) /* ceiling of one webhook body of ours */

struct storefront_product {
    int64_t id, variant_id;
    const char *handle, *title, *variant, *sku, *vendor, *type, *color, *story;
    int64_t cents; /* EUR, taxes included */
    int64_t grams;
};
extern const struct storefront_product storefront_products[STOREFRONT_PRODUCTS];
const struct storefront_product *storefront_product_of(int64_t variant_id);
const struct storefront_product *storefront_product_named(span handle);

/* Text of a visitor, bounded and NUL-terminated. */
struct storefront_text {
    char text[256];
};
void storefront_set(struct storefront_text *text, span value); /* cuts at a character */

struct storefront_person {
    struct storefront_text email, phone, first_name, last_name, address1, city, zip, province,
        country; /* alpha-2 */
};

struct storefront_line {
    const struct storefront_product *product;
    unsigned quantity, refunded;
};

/* An amount twice: [SHOP] in the shop's EUR, [SHOWN] in the currency the buyer saw; minor units. */
enum storefront_view { SHOP, SHOWN, STOREFRONT_VIEWS };
struct storefront_amount {
    int64_t units[STOREFRONT_VIEWS];
};
struct storefront_bill {
    struct {
        struct storefront_amount price, total, discount, tax; /* total = price x quantity */
    } lines[STOREFRONT_LINES];
    struct storefront_amount line_items, discount, subtotal, shipping, tax, total;
    bool taxes_included;
    span currency[STOREFRONT_VIEWS];
    unsigned scale[STOREFRONT_VIEWS];
};

struct storefront_cart {
    char token[48]; /* "" = free */
    struct storefront_line lines[STOREFRONT_LINES];
    unsigned line_count;
    struct {
        struct storefront_text name, value;
    } attributes[STOREFRONT_ATTRIBUTES];
    unsigned attribute_count;
    char currency[4];
    int64_t created_at;
    /* the checkout of this cart, once opened */
    char checkout_token[33]; /* "" = not opened */
    int64_t checkout_id, checkout_at, updated_at;
    struct storefront_person person;
    struct storefront_text landing, referrer, ip, agent;
    bool discounted; /* WELCOME10 */
    unsigned order;  /* its number once completed, else 0 */
};

enum storefront_state { STOREFRONT_OPEN, STOREFRONT_CANCELLED };

/* A webhook as it was sent, to be sent again. */
struct storefront_sent {
    struct storefront_sent *next;
    const char *topic;
    char webhook_id[40], event_id[40];
    int64_t triggered_at;
    span body; /* malloc'd with it */
};

struct storefront_order {
    unsigned number; /* 1001 … */
    int64_t id, customer_id;
    struct storefront_cart cart; /* as it was */
    struct storefront_bill bill;
    char token[33], source_name[32];
    bool test, first_order, fulfilled, delivered, cancelled;
    int64_t created_at, updated_at, cancelled_at;
    unsigned refunds;
    span refund_bodies; /* as told by refunds/create, with commas between */
    struct storefront_amount refunded;
    bool shipping_refunded;
    bool hold;                           /* webhooks wait for /hooks/release */
    struct storefront_sent *sent, *held; /* newest first; oldest first */
};

struct storefront_hooks;
struct storefront {
    uv_loop_t *loop;
    struct arena arena; /* options, orders: as long as the shop */
    struct storefront_options options;
    struct listener *listener;
    struct addr_range loopback; /* trusted to say X-Forwarded-For */
    struct storefront_hooks *hooks;
    struct storefront_cart carts[STOREFRONT_CARTS];
    unsigned next_cart;
    struct storefront_order *orders[STOREFRONT_ORDERS];
    unsigned order_count;
    uint64_t serial; /* of tokens */
};

/* ---- storefront.c ---- */
span storefront_time(struct arena *arena, int64_t ms); /* "2026-11-24T10:00:00+01:00" */
struct storefront_order *storefront_order_of(const struct storefront *shop, span number);
void storefront_token(struct storefront *shop, char ret_hex[33]);
void storefront_uuid(struct storefront *shop, char ret_text[40]);

/* ---- storefront_bill.c ---- */
/* false for a currency the shop does not sell in. */
bool storefront_currency(span code, unsigned *ret_scale);
void storefront_bill(const struct storefront_cart *cart, struct storefront_bill *ret_bill);
int64_t storefront_shown(int64_t cents, const char *currency); /* EUR cents -> minor units */
span storefront_units(struct arena *arena, int64_t units, unsigned scale); /* "59.90" */
/* What a refund of `quantity` of a line gives back, tax included. */
struct storefront_amount storefront_share(const struct storefront_order *order, unsigned line,
                                          unsigned quantity);

/* ---- bodies: each writes one JSON document ---- */
void storefront_body_checkout(const struct storefront *shop, const struct storefront_cart *cart,
                              struct arena *arena, struct buf *out);
void storefront_body_order(const struct storefront *shop, const struct storefront_order *order,
                           struct arena *arena, struct buf *out);
void storefront_body_fulfillment(const struct storefront *shop,
                                 const struct storefront_order *order, struct arena *arena,
                                 struct buf *out);
/* `quantities` of each line; amounts must have been added to the order already. */
void storefront_body_refund(const struct storefront *shop, const struct storefront_order *order,
                            const unsigned *quantities, bool shipping,
                            struct storefront_amount amount, struct arena *arena, struct buf *out);
/* Helpers of the body files. */
struct storefront_writer {
    struct json json;
    struct arena *arena;
    const struct storefront_bill *bill;
};
void storefront_body_money(struct storefront_writer *w, const char *key,
                           struct storefront_amount amount); /* plain, in EUR */
void storefront_body_set(struct storefront_writer *w, const char *key,
                         struct storefront_amount amount); /* key_set */
void storefront_body_address(struct storefront_writer *w, const char *key,
                             const struct storefront_person *person);
void storefront_body_line(struct storefront_writer *w, const char *key,
                          const struct storefront_order *order, unsigned line);

/* {"checkout":{…}} as `data` of the pixel's checkout events. `order` may be NULL. */
void storefront_pixel_data(const struct storefront_cart *cart, const struct storefront_order *order,
                           struct arena *arena, struct buf *out);

/* ---- storefront_pages.c ---- */
struct storefront_page {
    const struct storefront *shop;
    struct exchange *exchange;
    const struct storefront_cart *cart; /* NULL: none yet */
    const char *currency;
    struct buf out;
};
bool storefront_pages_serve(struct storefront_page *page); /* false: no such page */
/* 404, as a page or, for who does not ask for HTML, as JSON. */
void storefront_pages_missing(struct storefront_page *page);

/* ---- storefront_admin.c ---- */
/* POST /admin/orders/1001/refund and the like; false: no such path. */
bool storefront_admin_serve(struct storefront *shop, struct exchange *exchange);
void storefront_admin_summary(const struct storefront_order *order, struct arena *arena,
                              struct json *json);

/* ---- storefront_hooks.c ---- */
struct storefront_hooks *storefront_hooks_open(struct storefront *shop);
void storefront_hooks_close(struct storefront_hooks *hooks);
/* Signs and sends; retries. `order` keeps a copy to resend and may hold it back; may be NULL. */
void storefront_hooks_send(struct storefront *shop, struct storefront_order *order,
                           const char *topic, const char *event_id, int64_t triggered_at,
                           span body);
void storefront_hooks_release(struct storefront *shop, struct storefront_order *order);
/* The newest of this topic once more. MISSING when none was sent. */
MUST_USE enum status storefront_hooks_resend(struct storefront *shop,
                                             struct storefront_order *order, span topic,
                                             bool same_id);
void storefront_hooks_forget(struct storefront_order *order);

#endif
