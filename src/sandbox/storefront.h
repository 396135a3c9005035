/*
 * The demo shop: a small storefront that plays Shopify. Its pages carry our snippet and a consent
 * banner and, in the checkout, a web-pixel player; its checkout makes orders and sends real signed
 * webhooks to the gateway's POST /shopify/webhooks, retried as Shopify retries (accelerated).
 * docs/sandbox.md lists its paths.
 *
 * It is called storefront so that nobody takes it for event/shop.h, an entry of `stores:`.
 *
 * Thread: the loop's. Listens on 127.0.0.1 only.
 */
#ifndef SANDBOX_STOREFRONT_H
#define SANDBOX_STOREFRONT_H
#include <uv.h>

#include "../base/clock.h"
#include "../base/span.h"

/* Ad platforms' tags on the pages, for the audit to find: stand-ins (web/demo/tags.js). */
enum storefront_tags {
    STOREFRONT_NO_TAGS,
    STOREFRONT_CLEAN,   /* once, with ids, after a yes */
    STOREFRONT_DOUBLED, /* a theme's and an app's: everything twice, with ids of their own */
    STOREFRONT_UNASKED, /* before anybody was asked, and after a no */
};

struct storefront_options {
    uint16_t port;        /* 0: any free one */
    unsigned first_order; /* number of the first order; 0: 1001 */
    span gateway;         /* origin, "http://127.0.0.1:8080", as seen by browsers and by the shop */
    span collect_path;    /* "/qzkv" */
    span snippet_path;    /* "/qzkv.js" */
    span cart_attribute;  /* "_qz": the store's cart_attribute */
    span cookie_name;     /* "_gwid": the store's cookie.name */
    span shopify_domain;  /* "sidetrack-demo.myshopify.com": the store's shopify.domain */
    span secret;          /* signs the webhooks: one of the store's shopify.secrets */
    enum storefront_tags tags;
    const struct clock *clock;
};

struct storefront;
/* Options are copied. BROKEN when it cannot listen, INVALID when an option is missing. */
MUST_USE enum status storefront_open(uv_loop_t *loop, const struct storefront_options *options,
                                     struct storefront **ret_storefront);
uint16_t storefront_port(const struct storefront *storefront);
/* Ends running webhooks. The loop must run until its handles are closed. */
void storefront_close(struct storefront *storefront);

#endif
