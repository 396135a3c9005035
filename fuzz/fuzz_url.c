/*
 * URLs, query strings and Cookie headers. The parts of a URL must lie inside it and in order; a
 * query taken apart must give what asking by name gives; encoding undone gives the text back.
 */
#include "../src/base/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void hold(bool truth)
{
    if (!truth)
        abort();
}

static bool inside(span part, span whole)
{
    return part.ptr == NULL ||
           (part.ptr >= whole.ptr && part.ptr + part.len <= whole.ptr + whole.len);
}

static void check_url(span text)
{
    struct url url;
    if (url_parse(text, &url) != OK)
        return;
    const span parts[] = {url.scheme, url.host, url.path, url.query, url.fragment, url.origin};
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        hold(inside(parts[i], text));
    hold(url.host.len > 0);
    hold(url.host.ptr + url.host.len <= url.path.ptr);
    hold(memchr(url.host.ptr, '@', url.host.len) == NULL);
    struct url origin; /* an origin is a URL by itself, of the same place */
    hold(url_parse(url.origin, &origin) == OK);
    hold(span_equal(origin.host, url.host) && origin.port == url.port);
}

static void check_query(struct arena *arena, span text)
{
    span rest = text, name, value;
    for (int i = 0; i < 50 && url_query_next(&rest, &name, &value); i++) {
        hold(inside(name, text) && inside(value, text));
        hold(memchr(value.ptr ? value.ptr : "", '&', value.len) == NULL);
        span key = url_decode(arena, name, true);
        if (!span_empty(key) && !memchr(key.ptr, '\0', key.len))
            hold(url_query_get(arena, text, arena_text(arena, key)).ptr != NULL || value.len == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size > 8192)
        return 0;
    struct arena arena;
    arena_init(&arena, 16u << 20);
    /* A copy of exactly this size, so that a read past it is seen. */
    char *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, bytes, size);
    span text = {copy, size};
    check_url(text);
    check_query(&arena, text);
    hold(inside(url_cookie_get(text, "_fbp"), text));
    hold(inside(url_bare(text), text));
    span encoded = url_encode(&arena, text);
    hold(span_equal(url_decode(&arena, encoded, false), text));
    hold(span_equal(url_decode(&arena, encoded, true), text));
    free(copy);
    arena_done(&arena);
    return 0;
}
