/*
 * What the files of the demo shop share.
 *
 *   storefront.c           server, routing, small things
 *   storefront_cart.c      carts, and Shopify's Ajax API for them
 *   storefront_checkout.c  checkouts and how they become orders
 *   storefront_account.c   customers: register, log in, the newsletter
 *   storefront_admin.c     what the merchant does: fulfil, refund, cancel, resend a webhook
 *   storefront_bill.c      currencies, prices: all arithmetic is here
 *   storefront_shelf.c     what is sold
 *   storefront_body.c      the bodies Shopify would send: checkout, order, customer
 *   storefront_body_life.c its later ones: fulfillment, refund
 *   storefront_pixel.c     product, cart and checkout as the web pixel sees them
 *   storefront_hooks.c     signing, sending and retrying webhooks
 *   storefront_shell.c     HTML: head, header, foot, escaping
 *   storefront_told.c      what a page says to the scripts on it
 *   storefront_pages.c     the storefront's pages, and which path is which
 *   storefront_steps.c     the pages of the checkout and of an order
 *   storefront_people.c    the pages of an account and of the merchant
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

#define STOREFRONT_PRODUCTS   17u /* rows: one a variant */
#define STOREFRONT_CUSTOMERS  256u
#define STOREFRONT_CARTS      512u
#define STOREFRONT_ORDERS     2000u
#define STOREFRONT_LINES      8u
#define STOREFRONT_ATTRIBUTES 8u
#define STOREFRONT_BODY       (512u * 1024) /* ceiling of one webhook body of ours */

/* A variant with what it shares with its siblings; rows of one product (one `id`) are neighbours.
 */
struct storefront_product {
    int64_t id, variant_id;
    const char *handle, *title, *variant, *sku, *vendor, *type, *color;
    int64_t cents; /* EUR, taxes included */
    int64_t grams;
    const char *story;
};
extern const struct storefront_product storefront_products[STOREFRONT_PRODUCTS];
const struct storefront_product *storefront_product_of(int64_t variant_id);
/* Its first variant. */
const struct storefront_product *storefront_product_named(span handle);
bool storefront_product_begins(unsigned row); /* the first variant of its product */

struct storefront_collection {
    int64_t id;                                /* 0: all things */
    const char *handle, *title, *lead, *types; /* types: " Shirts Socks "; NULL: every one */
};
extern const struct storefront_collection storefront_collections[];
extern const unsigned storefront_collection_count;
bool storefront_collected(const struct storefront_collection *collection,
                          const struct storefront_product *product);
bool storefront_holds(span s, span part); /* somewhere in it, whatever the case */

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
    bool discounted;                /* WELCOME10 */
    bool express, accepts, thanked; /* dear shipping; wants our news; saw the thank-you page */
    unsigned order;                 /* its number once completed, else 0 */
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
    bool test, paid, first_order, fulfilled, delivered, cancelled;
    int64_t created_at, updated_at, cancelled_at;
    unsigned refunds;
    span refund_bodies; /* as told by refunds/create, with commas between */
    struct storefront_amount refunded;
    bool shipping_refunded;
    bool hold;                           /* webhooks wait for /hooks/release */
    struct storefront_sent *sent, *held; /* newest first; oldest first */
};

struct storefront_customer {
    int64_t id, created_at, updated_at;
    struct storefront_text email, first_name, last_name;
    char password[65]; /* its digest; "" until registered */
    char session[33];  /* "" while logged out */
    bool subscribed;
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
    struct storefront_customer customers[STOREFRONT_CUSTOMERS];
    unsigned customer_count;
    uint64_t serial; /* of tokens */
};

/* ---- storefront.c ---- */
int64_t storefront_now(const struct storefront *shop);
span storefront_time(struct arena *arena, int64_t ms); /* "2026-11-24T10:00:00+01:00" */
struct storefront_order *storefront_order_of(const struct storefront *shop, span number);
/* What became of the cart; NULL: nothing yet. */
struct storefront_order *storefront_order_from(const struct storefront *shop,
                                               const struct storefront_cart *cart);
void storefront_token(struct storefront *shop, char ret_hex[33]);
void storefront_uuid(struct storefront *shop, char ret_text[40]);
void storefront_refuse(struct exchange *exchange, const char *detail); /* 422 */
/* 303, with one Set-Cookie when it is not empty. */
void storefront_redirect(struct exchange *exchange, span to, span cookie);

/* ---- storefront_cart.c ---- */
struct storefront_cart *storefront_cart_named(struct storefront *shop, span token);
struct storefront_cart *storefront_cart_of(struct storefront *shop,
                                           const struct http_request *request);
struct storefront_cart *storefront_cart_new(struct storefront *shop, struct exchange *exchange);
bool storefront_cart_put(struct storefront_cart *cart, const struct storefront_product *product,
                         int64_t quantity);
unsigned storefront_cart_count(const struct storefront_cart *cart); /* NULL and bought: 0 */
const char *storefront_cart_currency(struct exchange *exchange);
bool storefront_cart_serve(struct storefront *shop, struct exchange *exchange,
                           const struct json_value *body); /* false: no path of its */
void storefront_answer_json(struct exchange *exchange, struct buf *body, const char *cart_token);

/* ---- storefront_checkout.c ---- */
void storefront_checkout_open(struct storefront *shop, struct storefront_cart *cart,
                              struct exchange *exchange);
bool storefront_checkout_serve(struct storefront *shop, struct exchange *exchange,
                               const struct json_value *body); /* false: no step of its */

/* ---- storefront_account.c ---- */
struct storefront_customer *storefront_customer_named(struct storefront *shop, span email);
/* Finds or makes; NULL when there are too many. */
struct storefront_customer *storefront_customer_met(struct storefront *shop, span email);
struct storefront_customer *storefront_customer_here(struct storefront *shop,
                                                     const struct http_request *request);
bool storefront_account_serve(struct storefront *shop, struct exchange *exchange);

/* ---- storefront_bill.c ---- */
#define STOREFRONT_STANDARD_CENTS 490 /* shipping */
#define STOREFRONT_EXPRESS_CENTS  1290
/* false for a currency the shop does not sell in. */
bool storefront_currency(span code, unsigned *ret_scale);
void storefront_bill(const struct storefront_cart *cart, struct storefront_bill *ret_bill);
int64_t storefront_shown(int64_t cents, const char *currency); /* EUR cents -> minor units */
/* As Shopify's scripts write prices: hundredths, of yen too. */
int64_t storefront_hundredths(int64_t cents, const char *currency);
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

void storefront_body_customer(const struct storefront_customer *customer, struct arena *arena,
                              struct buf *out);

/* ---- storefront_pixel.c: `data` of the pixel's events ---- */
/* {"checkout":{…}}; `order` may be NULL. */
void storefront_pixel_data(const struct storefront_cart *cart, const struct storefront_order *order,
                           struct arena *arena, struct buf *out);
void storefront_pixel_variant(struct json *json, const char *key,
                              const struct storefront_product *product, const char *currency,
                              struct arena *arena);
void storefront_pixel_cart(struct json *json, const char *key, const struct storefront_cart *cart,
                           struct arena *arena);

/* ---- storefront_shell.c ---- */
struct storefront_page {
    struct storefront *shop;
    struct exchange *exchange;
    struct storefront_cart *cart;         /* NULL: none yet */
    struct storefront_customer *customer; /* NULL: nobody is logged in */
    const char *currency;
    struct buf out;
};
/* What this page is about, for the scripts on it. */
struct storefront_told {
    const char *name; /* "product_viewed", …; NULL: a page like any other */
    const struct storefront_collection *collection;
    span query;
    const struct storefront_line *lines;
    unsigned line_count;
    bool checkout, completed; /* a page of the checkout; its first thank-you page */
};
void storefront_shell_start(struct storefront_page *page, const char *title,
                            const struct storefront_told *told);
/* Ends and answers; true, so that pages can return it. */
bool storefront_shell_end(struct storefront_page *page, int status,
                          const struct storefront_told *told);
void storefront_put(struct storefront_page *page, const char *plain);
void storefront_put_escaped(struct storefront_page *page, span text);
/* `format` is ours; whatever %s gives is escaped. Only %s, %u and %lld. */
void storefront_put_all(struct storefront_page *page, const char *format, ...) PRINTF(2, 3);
void storefront_put_picture(struct storefront_page *page, const struct storefront_product *product,
                            const char *class);
const char *storefront_price(const struct storefront_page *page, int64_t cents); /* "59.90 EUR" */
const char *storefront_amount_text(const struct storefront_page *page,
                                   const struct storefront_bill *bill,
                                   struct storefront_amount amount);
bool storefront_file_serve(struct storefront_page *page);

/* ---- storefront_told.c ---- */
void storefront_told_globals(struct storefront_page *page, const struct storefront_told *told);
void storefront_told_events(struct storefront_page *page, const struct storefront_told *told);

/* ---- storefront_steps.c, storefront_people.c; false: no such page ---- */
bool storefront_steps_serve(struct storefront_page *page);
bool storefront_people_serve(struct storefront_page *page);
void storefront_put_lines(struct storefront_page *page, const struct storefront_cart *cart);

/* ---- storefront_pages.c ---- */
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
