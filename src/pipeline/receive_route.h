/*
 * Which shop is meant, and may this page talk to it? Pure; used by receive.c.
 *
 * The collect path is neutral and may be the same for many stores: Host and Origin tell them
 * apart. A page's Origin must be one of the store's own hosts; a sandboxed pixel has Origin
 * `null`, may send pixel bodies only, and gets no cookies (INTERFACE 4).
 */
#ifndef PIPELINE_RECEIVE_ROUTE_H
#define PIPELINE_RECEIVE_ROUTE_H
#include "../base/http.h"
#include "../event/shop.h"

enum receive_origin {
    ORIGIN_NONE,    /* no Origin header: not a cross-origin page */
    ORIGIN_ALLOWED, /* one of the store's */
    ORIGIN_NULL,    /* a sandbox: pixel bodies only */
    ORIGIN_FOREIGN, /* refused */
};

struct receive_place {
    const struct shop *shop; /* NULL: see error */
    enum receive_origin origin;
    const char *error; /* "not_found", "store_unknown", "origin_not_allowed" */
};

/* The store whose collect path this is. */
void receive_route_collect(const struct http_request *request, const struct shop *const *shops,
                           unsigned count, struct receive_place *ret_place);
/* Is this one of the names under which the gateway is reached for the store? */
bool receive_route_answers(const struct shop *shop, span host);
/* What a page's Origin header (may be absent) is to this store. */
enum receive_origin receive_route_origin(const struct shop *shop, span origin);
bool receive_route_is_collect(span path, const struct shop *const *shops, unsigned count);
/* The store with this permanent Shopify domain; NULL when none. */
const struct shop *receive_route_shopify(span domain, const struct shop *const *shops,
                                         unsigned count);

#define RECEIVE_CORS_HEADERS 6u
/* Writes up to RECEIVE_CORS_HEADERS headers; returns how many. */
unsigned receive_route_cors(const struct http_request *request, enum receive_origin origin,
                            bool preflight, struct http_header *ret_headers);

#endif
