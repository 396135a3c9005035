/*
 * Addresses as text.
 *
 * Everything is compared as 16 bytes: an IPv4 address a.b.c.d is kept as ::ffff:a.b.c.d and a
 * prefix of n becomes 96 + n, so that one comparison serves both families, and a proxy that
 * writes ::ffff:10.0.0.1 is the same proxy as 10.0.0.1.
 *
 * What counts as public is asked by the audit before it calls a stranger's URL (DESIGN 13,
 * SSRF). The list below is IANA's special-purpose registries (RFC 6890 and its updates), less
 * the documentation ranges, which lead nowhere and which our tests need. IPv6 that only wraps
 * an IPv4 address (NAT64, 6to4) is judged by the address inside.
 */
#include "addr.h"

#include <arpa/inet.h>

#define MAPPED  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff
#define V4_BITS 96u

#define V4(a, b, c, d, bits)                                                                       \
    {                                                                                              \
        .bytes = {MAPPED, a, b, c, d}, .prefix = V4_BITS + (bits)                                  \
    }
#define V6(bits, ...)                                                                              \
    {                                                                                              \
        .bytes = {__VA_ARGS__}, .prefix = (bits)                                                   \
    }

static const struct addr_range special[] = {
    V4(0, 0, 0, 0, 8),      /* this network */
    V4(10, 0, 0, 0, 8),     /* private */
    V4(100, 64, 0, 0, 10),  /* carrier-grade NAT */
    V4(127, 0, 0, 0, 8),    /* loopback */
    V4(169, 254, 0, 0, 16), /* link-local; clouds keep their secrets there */
    V4(172, 16, 0, 0, 12),  /* private */
    V4(192, 0, 0, 0, 24),   /* IETF protocols */
    V4(192, 88, 99, 0, 24), /* 6to4 relays, retired */
    V4(192, 168, 0, 0, 16), /* private */
    V4(198, 18, 0, 0, 15),  /* benchmarks */
    V4(224, 0, 0, 0, 4),    /* multicast */
    V4(240, 0, 0, 0, 4),    /* reserved, broadcast */
    V6(32, 0x20, 1, 0, 0),  /* Teredo */
    V6(28, 0x20, 1, 0, 0x20) /* ORCHID v2 */,
};

static const struct addr_range mapped = V6(V4_BITS, MAPPED);
static const struct addr_range global = V6(3, 0x20); /* 2000::/3, all that is given out */
static const struct addr_range nat64 = V6(96, 0, 0x64, 0xff, 0x9b);
static const struct addr_range six_to_four = V6(16, 0x20, 2);

static bool in_range(const struct addr_range *range, const uint8_t ip[16])
{
    unsigned whole = range->prefix / 8, rest = range->prefix % 8;
    if (memcmp(range->bytes, ip, whole) != 0)
        return false;
    return rest == 0 || (range->bytes[whole] ^ ip[whole]) >> (8 - rest) == 0;
}

static bool read_ip(span text, uint8_t ret_ip[16])
{
    char copy[INET6_ADDRSTRLEN];
    if (text.len == 0 || text.len >= sizeof copy || memchr(text.ptr, 0, text.len))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    uint8_t ip[16];
    if (inet_pton(AF_INET6, copy, ip) == 1) {
        memcpy(ret_ip, ip, sizeof ip);
        return true;
    }
    memcpy(ip, mapped.bytes, 12);
    if (inet_pton(AF_INET, copy, ip + 12) != 1)
        return false;
    memcpy(ret_ip, ip, sizeof ip);
    return true;
}

enum status addr_range_parse(span text, struct addr_range *ret_range)
{
    size_t slash = span_find(text, 0, '/');
    span host = span_sub(text, 0, slash);
    struct addr_range range = {.prefix = 128};
    if (!read_ip(host, range.bytes))
        return INVALID;
    if (slash < text.len) {
        bool v4 = span_find(host, 0, ':') == host.len;
        span digits = span_sub(text, slash + 1, text.len);
        int64_t bits;
        if (digits.len > 3 || span_int(digits, &bits) != OK || bits < 0 || bits > (v4 ? 32 : 128))
            return INVALID;
        range.prefix = (unsigned)bits + (v4 ? V4_BITS : 0);
    }
    *ret_range = range;
    return OK;
}

bool addr_in(const struct addr_list *list, span ip)
{
    uint8_t bytes[16];
    if (list->count == 0 || !read_ip(ip, bytes))
        return false;
    for (unsigned i = 0; i < list->count; i++)
        if (in_range(&list->ranges[i], bytes))
            return true;
    return false;
}

enum status addr_split(span text, span *ret_host, uint16_t *ret_port)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':')
        colon--;
    if (colon < 2)
        return INVALID;
    span host = span_sub(text, 0, colon - 1), digits = span_sub(text, colon, text.len);
    int64_t port;
    if (digits.len > 5 || span_int(digits, &port) != OK || port < 0 || port > UINT16_MAX)
        return INVALID;
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = span_sub(host, 1, host.len - 2);
    else if (span_find(host, 0, ':') < host.len || span_find(host, 0, '[') < host.len)
        return INVALID; /* which colon starts the port would be a guess */
    *ret_host = host;
    *ret_port = (uint16_t)port;
    return OK;
}

bool addr_valid(span ip)
{
    uint8_t bytes[16];
    return read_ip(ip, bytes);
}

static bool public_bytes(const uint8_t ip[16])
{
    for (unsigned i = 0; i < COUNT_OF(special); i++)
        if (in_range(&special[i], ip))
            return false;
    return in_range(&mapped, ip) || in_range(&global, ip);
}

bool addr_public(span ip)
{
    uint8_t bytes[16], inner[16];
    if (!read_ip(ip, bytes))
        return false;
    memcpy(inner, mapped.bytes, 12);
    if (in_range(&nat64, bytes)) {
        memcpy(inner + 12, bytes + 12, 4);
        return public_bytes(inner);
    }
    if (in_range(&six_to_four, bytes)) {
        memcpy(inner + 12, bytes + 2, 4);
        return public_bytes(inner);
    }
    return public_bytes(bytes);
}

bool addr_loopback_host(span host)
{
    static const struct addr_range v4 = V4(127, 0, 0, 0, 8);
    static const struct addr_range v6 = V6(128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    if (span_equal_nocase(host, SPAN("localhost")))
        return true;
    if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = span_sub(host, 1, host.len - 2);
    uint8_t bytes[16];
    return read_ip(host, bytes) && (in_range(&v4, bytes) || in_range(&v6, bytes));
}

/* One hop of X-Forwarded-For: "1.2.3.4", "1.2.3.4:5", "2001:db8::1", "[2001:db8::1]:5". */
static span hop_ip(span hop)
{
    hop = span_trim(hop);
    if (hop.len > 0 && hop.ptr[0] == '[') {
        size_t end = span_find(hop, 1, ']');
        return end < hop.len ? span_sub(hop, 1, end - 1) : (span){0};
    }
    size_t colon = span_find(hop, 0, ':');
    if (colon < hop.len && span_find(hop, colon + 1, ':') == hop.len)
        return span_sub(hop, 0, colon);
    return hop;
}

span addr_client(const struct addr_list *trusted, span peer, span forwarded_for)
{
    span client = peer;
    size_t end = forwarded_for.len;
    /* From the right: each hop was written by the one to its right, so belief ends with the
       first writer that is not ours, or that wrote something that is no address. */
    while (forwarded_for.ptr && addr_in(trusted, client)) {
        size_t start = end;
        while (start > 0 && forwarded_for.ptr[start - 1] != ',')
            start--;
        span hop = hop_ip(span_sub(forwarded_for, start, end - start));
        if (!addr_valid(hop))
            break;
        client = hop;
        if (start == 0)
            break;
        end = start - 1;
    }
    return client;
}
