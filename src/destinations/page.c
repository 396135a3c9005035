/*
 * URLs of shops carry keys: an order status page can be opened by anybody who has its address, a
 * checkout can be resumed, a cart can be taken. So what goes out is put together from an allow-list
 * instead of taken apart by a list of known secrets.
 */
#include "page.h"

#include "../base/url.h"

/* Query parameters that ad platforms read and that say nothing about a person. */
static const char *const kept[] = {"variant", "fbclid",  "ttclid",     "gclid",         "gbraid",
                                   "wbraid",  "msclkid", "gad_source", "gad_campaignid"};
/* Everything behind these path segments may be a token. */
static const char *const stops[] = {"checkouts", "checkout", "orders",   "order",
                                    "cart",      "account",  "invoices", "recover"};

static bool is_kept(span name)
{
    if (span_starts(name, "utm_"))
        return true;
    for (unsigned i = 0; i < COUNT_OF(kept); i++)
        if (span_is(name, kept[i]))
            return true;
    return false;
}

/* Written plainly, or escaped once or twice. */
static bool has_mail(struct arena *arena, span text)
{
    if (span_find(text, 0, '%') < text.len)
        text = url_decode(arena, url_decode(arena, text, true), true);
    return span_find(text, 0, '@') < text.len;
}

static bool is_stop(span segment)
{
    for (unsigned i = 0; i < COUNT_OF(stops); i++)
        if (span_equal_nocase(segment, span_of(stops[i])))
            return true;
    return false;
}

static span safe_path(struct arena *arena, span path)
{
    for (size_t at = 0; at < path.len;) {
        size_t end = span_find(path, at + 1, '/');
        span segment = span_sub(path, at + 1, end - at - 1);
        if (is_stop(segment))
            return span_sub(path, 0, end);
        if (has_mail(arena, segment))
            return span_sub(path, 0, at);
        at = end;
    }
    return path;
}

static void add(span *to, char *room, span part)
{
    memcpy(room + to->len, part.ptr, part.len);
    to->len += part.len;
}

span page_clean(struct arena *arena, span text)
{
    struct url url;
    if (span_empty(text) || url_parse(text, &url) != OK)
        return (span){0};
    char *room = arena_take(arena, text.len + 1); /* parts of it, and at most a '/' for no path */
    span clean = {room, 0}, path = safe_path(arena, url.path);
    add(&clean, room, url.origin);
    add(&clean, room, span_empty(path) ? SPAN("/") : path);
    span rest = url.query, name, value;
    bool first = true;
    while (url_query_next(&rest, &name, &value)) {
        if (!is_kept(name) || span_empty(value) || has_mail(arena, value))
            continue;
        add(&clean, room, first ? SPAN("?") : SPAN("&"));
        add(&clean, room, name);
        add(&clean, room, SPAN("="));
        add(&clean, room, value);
        first = false;
    }
    return clean;
}

span page_of(struct arena *arena, const struct settings *settings, const struct event *event)
{
    span page = page_clean(arena, event->client.url);
    if (span_empty(page))
        page = page_clean(arena, url_bare(event->client.landing.url));
    if (span_empty(page) && settings->shop->hosts.count > 0) {
        span host = settings->shop->hosts.items[0];
        if (span_starts(host, "*."))
            host = span_sub(host, 2, host.len);
        page = arena_print(arena, "https://%.*s/", SPAN_ARG(host));
    }
    return page;
}

static span click_in(struct arena *arena, span text, const char *parameter)
{
    struct url url;
    if (span_empty(text) || url_parse(text, &url) != OK)
        return (span){0};
    span click = url_query_get(arena, url.query, parameter);
    return span_utf8(click) ? click : (span){0}; /* decoded: anything may have been written there */
}

span page_click(struct arena *arena, const struct client *client, const char *parameter,
                span remembered)
{
    span click = click_in(arena, client->url, parameter);
    if (span_empty(click))
        click = remembered;
    return span_empty(click) ? click_in(arena, client->landing.url, parameter) : click;
}
