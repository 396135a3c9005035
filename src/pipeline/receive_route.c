/*
 * See receive_route.h. A store answers for a request when the request came in under one of its
 * names: `gateway_hosts` or `hosts`; a store that lists no gateway_hosts answers under any name,
 * as the only store of a small installation does. Among several such stores the page's Origin
 * decides; a name without any Origin must fit exactly one.
 */
#include "receive_route.h"

#include "../base/url.h"

static bool listed(const struct span_list *list, span host)
{
    for (unsigned i = 0; i < list->count; i++)
        if (span_equal_nocase(list->items[i], host))
            return true;
    return false;
}

/* "t.acme.example." is the same name, written out to the root. */
static span without_root(span host)
{
    return span_ends(host, ".") ? span_sub(host, 0, host.len - 1) : host;
}

bool receive_route_answers(const struct shop *shop, span host)
{
    host = without_root(host);
    return shop->gateway_hosts.count == 0 || listed(&shop->gateway_hosts, host) ||
           shop_has_host(shop, host);
}

enum receive_origin receive_route_origin(const struct shop *shop, span origin)
{
    struct url url;
    if (span_empty(origin))
        return ORIGIN_NONE;
    if (span_is(origin, "null"))
        return ORIGIN_NULL;
    if (url_parse(origin, &url) == OK && shop_has_host(shop, without_root(url.host)))
        return ORIGIN_ALLOWED;
    return ORIGIN_FOREIGN;
}

bool receive_route_is_collect(span path, const struct shop *const *shops, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (span_equal(shops[i]->collect_path, path))
            return true;
    return false;
}

void receive_route_collect(const struct http_request *request, const struct shop *const *shops,
                           unsigned count, struct receive_place *ret_place)
{
    span origin = http_request_header(request, "origin");
    struct receive_place best = {.error = "not_found"};
    unsigned fits = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!span_equal(shops[i]->collect_path, request->path))
            continue;
        if (!receive_route_answers(shops[i], request->host)) {
            if (!best.shop)
                best.error = fits ? best.error : "store_unknown";
            continue;
        }
        enum receive_origin found = receive_route_origin(shops[i], origin);
        if (found == ORIGIN_ALLOWED) {
            *ret_place = (struct receive_place){.shop = shops[i], .origin = found};
            return;
        }
        fits++;
        best = (struct receive_place){.shop = shops[i], .origin = found};
    }
    if (fits > 1)
        best = (struct receive_place){.origin = best.origin, .error = "store_unknown"};
    if (best.origin == ORIGIN_FOREIGN)
        best = (struct receive_place){.origin = ORIGIN_FOREIGN, .error = "origin_not_allowed"};
    *ret_place = best;
}

const struct shop *receive_route_shopify(span domain, const struct shop *const *shops,
                                         unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!span_empty(shops[i]->shopify.domain) &&
            span_equal_nocase(shops[i]->shopify.domain, domain))
            return shops[i];
    return NULL;
}

static void put(struct http_header *headers, unsigned *count, const char *name, span value)
{
    headers[(*count)++] = (struct http_header){span_of(name), value};
}

unsigned receive_route_cors(const struct http_request *request, enum receive_origin origin,
                            bool preflight, struct http_header *ret_headers)
{
    unsigned count = 0;
    if (origin == ORIGIN_NULL) {
        put(ret_headers, &count, "Access-Control-Allow-Origin", SPAN("*"));
    } else if (origin == ORIGIN_ALLOWED) {
        put(ret_headers, &count, "Access-Control-Allow-Origin",
            http_request_header(request, "origin"));
        put(ret_headers, &count, "Access-Control-Allow-Credentials", SPAN("true"));
        put(ret_headers, &count, "Vary", SPAN("Origin"));
    }
    if (!preflight && count) /* or a page could not read how long to wait */
        put(ret_headers, &count, "Access-Control-Expose-Headers", SPAN("Retry-After"));
    if (preflight && count) {
        put(ret_headers, &count, "Access-Control-Allow-Methods", SPAN("POST"));
        put(ret_headers, &count, "Access-Control-Allow-Headers", SPAN("Content-Type"));
        put(ret_headers, &count, "Access-Control-Max-Age", SPAN("86400"));
    }
    return count;
}
