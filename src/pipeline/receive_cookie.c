/*
 * See receive_cookie.h. Nothing is kept between requests: what the browser sends back says what it
 * has, and a page view is reason enough to set both again, since Safari counts seven days from the
 * last time where it caps at all.
 */
#include "receive_cookie.h"

#include "../base/ulid.h"
#include "../base/url.h"
#include "../event/clean.h"

#define LIFE "34560000" /* 400 days: Chrome cuts what is longer */

struct cookie {
    span visitor;    /* absent: none, or not ours */
    int64_t created; /* unix s */
    bool there;      /* whatever it says */
};

/* "v1.<ULID>.<created>[.<sig>]", or the bare ULID of earlier snippets. */
static struct cookie read_cookie(struct arena *arena, const struct http_request *request,
                                 const struct shop *shop, const char *suffix)
{
    span header = http_request_header(request, "cookie");
    if (span_empty(header))
        return (struct cookie){0};
    span name = arena_join(arena, shop->cookie_name, span_of(suffix));
    span text = url_cookie_get(header, arena_text(arena, name));
    struct cookie cookie = {.there = text.ptr != NULL};
    span part = text;
    if (span_starts(text, "v1."))
        text = span_sub(text, 3, text.len);
    if (!span_split(&text, '.', &part) || !ulid_valid(part))
        return cookie;
    cookie.visitor = part;
    cookie.created = ulid_time(part) / 1000;
    if (span_split(&text, '.', &part))
        (void)!span_int(part, &cookie.created);
    return cookie;
}

static bool under(span domain, span host)
{
    size_t more = host.len - domain.len;
    return host.len >= domain.len && span_equal_nocase(span_sub(host, more, domain.len), domain) &&
           (more == 0 || host.ptr[more - 1] == '.');
}

/* The domain to set cookies for. false: this host may not set any for the page. Asked last: it
   looks into the list of public suffixes, and most requests have nothing to set. */
static bool site_of(struct arena *arena, const struct http_request *request,
                    const struct shop *shop, span *ret_domain)
{
    struct url page;
    span host = request->host, domain = shop->cookie_domain;
    if (url_parse(http_request_header(request, "origin"), &page) != OK)
        return false;
    span site = clean_registrable(arena, host);
    bool same_host = span_equal_nocase(host, page.host);
    if (!same_host && (span_empty(site) || !span_equal(site, clean_registrable(arena, page.host))))
        return false;
    if (span_empty(domain))
        domain = site; /* absent for an address: then the cookie is that host's alone */
    if (span_starts(domain, "."))
        domain = span_sub(domain, 1, domain.len);
    if (!span_empty(domain) && (!under(domain, host) || !under(domain, page.host)))
        return false;
    *ret_domain = domain;
    return true;
}

static bool is_snippet(enum receive_origin origin, const struct shop *shop,
                       const struct source_batch *batch)
{
    return origin == ORIGIN_ALLOWED && batch->events.count > 0 &&
           batch->events.events[0].source == SOURCE_BROWSER && !span_empty(shop->cookie_name);
}

static bool may_keep(const struct shop *shop, const struct consent *consent)
{
    return consent_settle(consent, &shop->consent, CONSENT_FOR_ANALYTICS) == CONSENT_GRANTED ||
           consent_settle(consent, &shop->consent, CONSENT_FOR_MARKETING) == CONSENT_GRANTED;
}

static bool withdrawn(const struct consent *consent)
{
    return consent->analytics == CONSENT_DENIED && consent->marketing == CONSENT_DENIED;
}

span receive_cookie_adopt(struct arena *arena, const struct http_request *request,
                          const struct shop *shop, enum receive_origin origin,
                          struct source_batch *batch)
{
    span domain;
    if (!is_snippet(origin, shop, batch))
        return (span){0};
    struct cookie kept = read_cookie(arena, request, shop, "s");
    if (span_empty(kept.visitor) ||
        span_equal_nocase(kept.visitor, batch->events.events[0].who.visitor) ||
        !site_of(arena, request, shop, &domain))
        return (span){0};
    for (unsigned i = 0; i < batch->events.count; i++)
        batch->events.events[i].who.visitor = kept.visitor;
    return kept.visitor;
}

static bool is_visit(const struct source_batch *batch)
{
    for (unsigned i = 0; i < batch->events.count; i++)
        if (batch->events.events[i].name == EVENT_PAGE_VIEWED)
            return true;
    return false;
}

static void put(struct arena *arena, const struct shop *shop, span suffix, span value, span domain,
                struct http_header *ret_header)
{
    const span parts[] = {
        shop->cookie_name,
        suffix,
        SPAN("="),
        value,
        SPAN("; Path=/"),
        span_empty(domain) ? (span){0} : SPAN("; Domain="),
        domain,
        SPAN("; Max-Age="),
        span_empty(value) ? SPAN("0") : SPAN(LIFE),
        SPAN("; Secure; SameSite=Lax"),
        span_empty(suffix) ? (span){0} : SPAN("; HttpOnly"),
    };
    *ret_header =
        (struct http_header){SPAN("Set-Cookie"), arena_concat(arena, parts, COUNT_OF(parts))};
}

unsigned receive_cookie_headers(struct arena *arena, const struct http_request *request,
                                const struct shop *shop, enum receive_origin origin,
                                const struct source_batch *batch, struct http_header *ret_headers)
{
    span domain, value = {0};
    if (!is_snippet(origin, shop, batch))
        return 0;
    const struct event *last = &batch->events.events[batch->events.count - 1];
    struct cookie open = read_cookie(arena, request, shop, "");
    struct cookie kept = read_cookie(arena, request, shop, "s");
    span visitor = last->who.visitor;
    if (may_keep(shop, &last->consent) && !span_empty(visitor)) {
        bool known =
            span_equal_nocase(open.visitor, visitor) && span_equal_nocase(kept.visitor, visitor);
        if (known && !is_visit(batch))
            return 0;
        bool met = span_equal_nocase(kept.visitor, visitor);
        value = arena_print(arena, "v1.%.*s.%lld", SPAN_ARG(visitor),
                            (long long)(met ? kept.created : request->received_at / 1000));
    } else if (!withdrawn(&last->consent) || (!open.there && !kept.there)) {
        return 0;
    }
    if (!site_of(arena, request, shop, &domain))
        return 0;
    put(arena, shop, (span){0}, value, domain, &ret_headers[0]);
    put(arena, shop, SPAN("s"), value, domain, &ret_headers[1]);
    return RECEIVE_COOKIE_HEADERS;
}
