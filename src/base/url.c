/*
 * URLs as browsers and shops write them, cut up without copying.
 *
 *   https://shop.acme.example:8443/cart?a=1#top
 *   scheme  host              port path query fragment     (separators belong to no part)
 *   └───────── origin ───────────┘
 *
 * This is not the WHATWG parser and does not repair: nothing is lower-cased, decoded or
 * collapsed. What decides (host, port) is strict, since origins are compared and audits
 * connect by it; path and query only have to be free of control bytes.
 */
#include "url.h"

static bool letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Names and IPv4; bytes above ASCII are let through for names not yet in punycode. */
static bool host_valid(span host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        if (!letter_or_digit(c) && c != '-' && c != '.' && c != '_' && (unsigned char)c < 0x80)
            return false;
    }
    return host.len > 0;
}

/* What stands between brackets: IPv6 without a zone. */
static bool host_valid_v6(span host)
{
    for (size_t i = 0; i < host.len; i++)
        if (!letter_or_digit(host.ptr[i]) && host.ptr[i] != ':' && host.ptr[i] != '.')
            return false;
    return host.len >= 2;
}

static enum status authority_parse(span authority, struct url *url)
{
    span port = {0};
    if (span_starts(authority, "[")) {
        size_t close = span_find(authority, 0, ']');
        if (close == authority.len)
            return INVALID;
        url->host = span_sub(authority, 1, close - 1);
        if (!host_valid_v6(url->host))
            return INVALID;
        port = span_sub(authority, close + 1, authority.len);
    } else {
        size_t colon = span_find(authority, 0, ':');
        url->host = span_sub(authority, 0, colon);
        if (!host_valid(url->host))
            return INVALID;
        port = span_sub(authority, colon, authority.len);
    }
    if (port.len == 0)
        return OK;
    int64_t number = 0;
    if (*port.ptr != ':' || port.len > 6 || span_int(span_sub(port, 1, port.len), &number) != OK ||
        number < 1 || number > UINT16_MAX)
        return INVALID;
    url->port = (uint16_t)number;
    return OK;
}

/* Index of the first a, b or c at or after `from`. */
static size_t find_any(span s, size_t from, char a, char b, char c)
{
    while (from < s.len && s.ptr[from] != a && s.ptr[from] != b && s.ptr[from] != c)
        from++;
    return from;
}

enum status url_parse(span text, struct url *ret_url)
{
    struct url url = {0};
    unsigned control = 0; /* without a way out of the loop it is done 32 bytes at a time */
    for (size_t i = 0; i < text.len; i++)
        control |= (unsigned)((unsigned char)text.ptr[i] < 0x20) | (unsigned)(text.ptr[i] == 0x7F);
    if (control)
        return INVALID;
    size_t colon = span_find(text, 0, ':');
    url.scheme = span_sub(text, 0, colon);
    if (!span_equal_nocase(url.scheme, SPAN("http")) &&
        !span_equal_nocase(url.scheme, SPAN("https")))
        return INVALID;
    if (!span_starts(span_sub(text, colon, text.len), "://"))
        return INVALID;
    size_t host = colon + 3;
    size_t path = find_any(text, host, '/', '?', '#');
    size_t query = find_any(text, path, '?', '#', '#');
    size_t fragment = span_find(text, query, '#');
    enum status status = authority_parse(span_sub(text, host, path - host), &url);
    if (status != OK)
        return status;
    url.origin = span_sub(text, 0, path);
    url.path = span_sub(text, path, query - path);
    if (query < fragment)
        url.query = span_sub(text, query + 1, fragment - query - 1);
    if (fragment < text.len)
        url.fragment = span_sub(text, fragment + 1, text.len);
    *ret_url = url;
    return OK;
}

/* -1 for what is no hex digit. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

span url_decode(struct arena *arena, span text, bool plus)
{
    if (text.ptr == NULL)
        return text;
    char *out = arena_take(arena, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%' && text.len - i > 2) {
            int high = hex_value(text.ptr[i + 1]), low = hex_value(text.ptr[i + 2]);
            if (high >= 0 && low >= 0) {
                c = (char)(high << 4 | low);
                i += 2;
            }
        }
        out[len++] = c;
    }
    return (span){out, len};
}

span url_encode(struct arena *arena, span text)
{
    static const char hex[] = "0123456789ABCDEF";
    if (text.ptr == NULL)
        return text;
    char *out = arena_take(arena, 3 * text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (letter_or_digit(text.ptr[i]) || c == '-' || c == '_' || c == '.' || c == '~') {
            out[len++] = text.ptr[i];
        } else {
            out[len++] = '%';
            out[len++] = hex[c >> 4];
            out[len++] = hex[c & 15];
        }
    }
    return (span){out, len};
}

bool url_query_next(span *rest, span *ret_name, span *ret_value)
{
    span pair;
    while (span_split(rest, '&', &pair)) {
        if (pair.len == 0)
            continue;
        size_t equals = span_find(pair, 0, '=');
        *ret_name = span_sub(pair, 0, equals);
        *ret_value = span_sub(pair, equals + 1, pair.len);
        return true;
    }
    return false;
}

span url_query_get(struct arena *arena, span query, const char *name)
{
    span key, value;
    while (url_query_next(&query, &key, &value)) {
        /* Names are plain nearly always; decoding them costs the arena bytes it never gets back. */
        bool escaped = find_any(key, 0, '%', '+', '+') < key.len;
        if (span_is(escaped ? url_decode(arena, key, true) : key, name))
            return url_decode(arena, value, true);
    }
    return (span){0};
}

span url_cookie_get(span header, const char *name)
{
    span pair;
    while (span_split(&header, ';', &pair)) {
        size_t equals = span_find(pair, 0, '=');
        if (equals < pair.len && span_is(span_trim(span_sub(pair, 0, equals)), name))
            return span_trim(span_sub(pair, equals + 1, pair.len));
    }
    return (span){0};
}

span url_bare(span text)
{
    return span_sub(text, 0, find_any(text, 0, '?', '#', '#'));
}

span url_join(struct arena *arena, span base, span reference)
{
    struct url from, whole;
    span joined = span_trim(reference);
    joined = span_sub(joined, 0, span_find(joined, 0, '#'));
    if (url_parse(joined, &whole) == OK)
        return arena_copy(arena, joined);
    if (url_parse(base, &from) != OK)
        return (span){0};
    size_t scheme = span_find(joined, 0, ':');
    if (scheme < joined.len && scheme < span_find(joined, 0, '/') &&
        scheme < span_find(joined, 0, '?'))
        return (span){0}; /* mailto:, javascript:, data: … */
    if (span_starts(joined, "//")) {
        joined = arena_print(arena, "%.*s:%.*s", SPAN_ARG(from.scheme), SPAN_ARG(joined));
    } else {
        size_t keep = 0; /* of the base's path */
        if (span_empty(joined) || joined.ptr[0] == '?')
            keep = from.path.len;
        else if (joined.ptr[0] != '/')
            for (size_t i = 0; i < from.path.len; i++)
                keep = from.path.ptr[i] == '/' ? i + 1 : keep;
        bool slash = keep == 0 && (span_empty(joined) || joined.ptr[0] != '/');
        joined =
            arena_print(arena, "%.*s%.*s%s%.*s", SPAN_ARG(from.origin),
                        SPAN_ARG(span_sub(from.path, 0, keep)), slash ? "/" : "", SPAN_ARG(joined));
    }
    return url_parse(joined, &whole) == OK ? joined : (span){0};
}
