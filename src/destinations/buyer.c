/*
 * Names, mail and phone are taken one by one; a place (city, region, zip, country) is taken whole
 * from one source, so that nobody's city is ever hashed beside somebody else's zip.
 */
#include "buyer.h"

#include "../base/hash.h"

#include <arpa/inet.h>

#define MD5_HEX 32u

static span first_of(span a, span b, span c)
{
    if (!span_empty(a))
        return a;
    return span_empty(b) ? c : b;
}

static bool has_place(const struct address *address)
{
    return !span_empty(address->city) || !span_empty(address->zip);
}

static void read_place(const struct who *who, struct buyer *buyer)
{
    const struct address *address = has_place(&who->billing) ? &who->billing : &who->shipping;
    if (span_empty(who->city) && span_empty(who->zip) && has_place(address)) {
        buyer->city = address->city;
        buyer->zip = address->zip;
        buyer->region = address->region;
        buyer->region_code = address->region_code;
        buyer->country = address->country;
        buyer->country_name = address->country_name;
        buyer->address1 = address->address1;
        buyer->address2 = address->address2;
        return;
    }
    buyer->city = who->city;
    buyer->zip = who->zip;
    buyer->region = who->region;
    buyer->country = first_of(who->country, who->billing.country, who->shipping.country);
}

/* The country a number would be dialled in belongs to the address the number came with. */
static span read_phone(struct arena *arena, const struct who *who, span country)
{
    const struct {
        span phone, country;
    } tries[] = {
        {who->phone, country},
        {who->billing.phone, first_of(who->billing.country, country, (span){0})},
        {who->shipping.phone, first_of(who->shipping.country, country, (span){0})},
    };
    for (unsigned i = 0; i < COUNT_OF(tries); i++) {
        span raw = tries[i].phone;
        if (raw.len >= MD5_HEX && hash_is_hex(span_sub(raw, 0, MD5_HEX), MD5_HEX))
            return raw;
        span phone = span_empty(raw) ? raw : phone_e164(arena, raw, tries[i].country);
        if (!span_empty(phone))
            return phone;
    }
    return (span){0};
}

void buyer_read(struct arena *arena, const struct event *event, struct buyer *ret_buyer)
{
    const struct who *who = &event->who;
    struct buyer buyer = {
        .email = who->email,
        .customer_id = who->customer_id,
        .visitor = who->visitor,
        .first_name = first_of(who->first_name, who->billing.first_name, who->shipping.first_name),
        .last_name = first_of(who->last_name, who->billing.last_name, who->shipping.last_name),
    };
    read_place(who, &buyer);
    buyer.phone = read_phone(arena, who, buyer.country);
    *ret_buyer = buyer;
}

void buyer_write_ids(struct json *json, struct arena *arena, const struct buyer *buyer,
                     clean_fn *clean)
{
    const span ids[2] = {clean(arena, buyer->customer_id), clean(arena, buyer->visitor)};
    if (span_empty(ids[0]) && span_empty(ids[1]))
        return;
    json_open(json, "external_id", '[');
    for (unsigned i = 0; i < COUNT_OF(ids); i++)
        if (!span_empty(ids[i]) && !(i && span_equal(ids[0], ids[1])))
            json_put_text(json, NULL, hash_hex(arena, ids[i]));
    json_close(json, ']');
}

bool buyer_named_in(span text, const struct who *who)
{
    const span names[] = {who->email, who->phone, who->customer_id, who->first_name,
                          who->last_name};
    if (span_find(text, 0, '@') < text.len)
        return true;
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (!span_empty(names[i]) && span_equal_nocase(text, names[i]))
            return true;
    return false;
}

static bool is_private_v4(const uint8_t at[4])
{
    static const struct {
        uint8_t net[4];
        uint8_t bits;
    } ranges[] = {
        {{0, 0, 0, 0}, 8},    {{10, 0, 0, 0}, 8},     {{100, 64, 0, 0}, 10},
        {{127, 0, 0, 0}, 8},  {{169, 254, 0, 0}, 16}, {{172, 16, 0, 0}, 12},
        {{192, 0, 0, 0}, 24}, {{192, 168, 0, 0}, 16}, {{198, 18, 0, 0}, 15},
        {{224, 0, 0, 0}, 3},
    };
    uint32_t ip = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    for (unsigned i = 0; i < COUNT_OF(ranges); i++) {
        const uint8_t *n = ranges[i].net;
        uint32_t net = (uint32_t)n[0] << 24 | (uint32_t)n[1] << 16 | (uint32_t)n[2] << 8 | n[3];
        if ((ip ^ net) >> (32 - ranges[i].bits) == 0)
            return true;
    }
    return false;
}

static bool is_private_v6(const uint8_t at[16])
{
    static const uint8_t zeros[15];
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (memcmp(at, mapped, sizeof mapped) == 0)
        return is_private_v4(at + 12);
    if (memcmp(at, zeros, sizeof zeros) == 0 && at[15] <= 1) /* :: and ::1 */
        return true;
    return (at[0] & 0xfe) == 0xfc /* fc00::/7 unique local */
           ||
           (at[0] == 0xfe && (at[1] & 0x80) != 0) /* fe80::/10 link-local, fec0::/10 site-local */
           || at[0] == 0xff;                      /* multicast */
}

span buyer_public_ip(span ip)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16];
    if (span_empty(ip) || ip.len >= sizeof text)
        return (span){0};
    memcpy(text, ip.ptr, ip.len);
    text[ip.len] = '\0';
    if (inet_pton(AF_INET, text, bytes) == 1)
        return is_private_v4(bytes) ? (span){0} : ip;
    if (inet_pton(AF_INET6, text, bytes) == 1)
        return is_private_v6(bytes) ? (span){0} : ip;
    return (span){0};
}
