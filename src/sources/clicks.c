/*
 * Click ids out of URLs, see clicks.h.
 *
 * Meta's fbc is the one that is built: "fb." subdomain index "." when the click was seen (ms) "."
 * fbclid. The index is the number of dots in the domain the cookie lives on; with no cookie domain
 * configured it is 1. A cookie that holds this click already may carry a fifth segment of Meta's
 * own making, so the comparison stops there.
 */
#include "clicks.h"
#include "../base/limits.h"
#include "../base/url.h"
#include <inttypes.h>

static const struct {
    const char *parameter;
    size_t member;
} table[] = {
    {"gclid", offsetof(struct client, gclid)},   {"gbraid", offsetof(struct client, gbraid)},
    {"wbraid", offsetof(struct client, wbraid)}, {"ttclid", offsetof(struct client, ttclid)},
    {"epik", offsetof(struct client, epik)},     {"_kx", offsetof(struct client, kx)},
};

/* Percent escapes can smuggle anything; a click id is printable ASCII without spaces. */
static span click_id(struct arena *arena, span query, const char *parameter)
{
    span value = url_query_get(arena, query, parameter);
    if (value.len > LIMIT_TEXT_BYTES - 40)
        return (span){0};
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] <= 0x20 || value.ptr[i] >= 0x7F)
            return (span){0};
    }
    return value.len > 0 ? value : (span){0};
}

/* Absent where there is none, or no URL. Most have none, and are not cut up for it. */
static span query_of(span url)
{
    struct url parts;
    bool none = span_find(url, 0, '?') == url.len || url_parse(url, &parts) != OK;
    return none ? (span){0} : parts.query;
}

void clicks_take(struct arena *arena, span url, struct client *client)
{
    span query = query_of(url);
    if (span_empty(query))
        return;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        span value = click_id(arena, query, table[i].parameter);
        if (!span_empty(value))
            *(span *)(void *)((char *)client + table[i].member) = value;
    }
}

static span fbclid_of(struct arena *arena, span url)
{
    return click_id(arena, query_of(url), "fbclid");
}

static bool names_click(span fbc, span fbclid)
{
    for (int segment = 0; segment < 3; segment++) {
        size_t dot = span_find(fbc, 0, '.');
        if (dot == fbc.len)
            return false;
        fbc = span_sub(fbc, dot + 1, fbc.len);
    }
    return span_equal(fbc, fbclid) || (fbc.len > fbclid.len && fbc.ptr[fbclid.len] == '.' &&
                                       span_equal(span_sub(fbc, 0, fbclid.len), fbclid));
}

static int subdomain_index(span domain)
{
    int dots = 0;
    for (size_t i = 1; i < domain.len; i++) /* from 1: a leading dot is cookie syntax */
        dots += domain.ptr[i] == '.';
    return domain.len == 0 ? 1 : dots;
}

void clicks_fbc(struct arena *arena, const struct shop *shop, span url, span referrer, int64_t at,
                struct client *client)
{
    span fbclid = fbclid_of(arena, url);
    if (span_empty(fbclid))
        fbclid = fbclid_of(arena, referrer);
    if (span_empty(fbclid) || at <= 0 || names_click(client->fbc, fbclid))
        return;
    client->fbc = arena_print(arena, "fb.%d.%" PRId64 ".%.*s", subdomain_index(shop->cookie_domain),
                              at, SPAN_ARG(fbclid));
}
