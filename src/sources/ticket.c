/* See ticket.h. */
#include "ticket.h"

#include "../base/clock.h"
#include "../base/hash.h"
#include "../base/seal.h"
#include "../base/url.h"

#define EXPIRY_BYTES 8u

static void key_of(const struct shop *shop, uint8_t ret_key[HASH_SIZE])
{
    hash_hmac_sha256(shop->link_secret, SPAN("sidetrack link 1"), ret_key);
}

const char *ticket_text(enum ticket ticket)
{
    static const char *const texts[] = {
        [TICKET_NONE] = NULL,
        [TICKET_GOOD] = "good",
        [TICKET_FORGED] = "forged",
        [TICKET_EXPIRED] = "expired",
    };
    return texts[ticket];
}

span ticket_make(struct arena *arena, const struct shop *shop, span email, int64_t expires_at,
                 const uint8_t nonce[12])
{
    uint8_t key[HASH_SIZE];
    char *plain = arena_take(arena, EXPIRY_BYTES + email.len);
    uint64_t seconds = (uint64_t)(expires_at / SECOND_MS);
    for (unsigned i = 0; i < EXPIRY_BYTES; i++)
        plain[i] = (char)(seconds >> (8 * (EXPIRY_BYTES - 1 - i)));
    memcpy(plain + EXPIRY_BYTES, email.ptr, email.len);
    key_of(shop, key);
    span sealed = seal_make(arena, key, nonce, shop->name, (span){plain, EXPIRY_BYTES + email.len});
    return hash_to_base64url(arena, sealed.ptr, sealed.len);
}

/* base64url without padding, as ticket_make writes it. */
static enum status unbase(struct arena *arena, span text, span *ret_bytes)
{
    char *padded = arena_take(arena, text.len + 3);
    size_t len = text.len;
    for (size_t i = 0; i < text.len; i++)
        padded[i] = (char)(text.ptr[i] == '-' ? '+' : text.ptr[i] == '_' ? '/' : text.ptr[i]);
    while (len % 4)
        padded[len++] = '=';
    return hash_from_base64(arena, (span){padded, len}, ret_bytes);
}

enum ticket ticket_read(struct arena *arena, const struct shop *shop, span text, int64_t now,
                        span *ret_email)
{
    uint8_t key[HASH_SIZE];
    span sealed, plain;
    if (span_empty(text))
        return TICKET_NONE;
    if (span_empty(shop->link_secret) || text.len > TICKET_BYTES ||
        unbase(arena, text, &sealed) != OK)
        return TICKET_FORGED;
    key_of(shop, key);
    if (seal_open(arena, key, shop->name, sealed, &plain) != OK || plain.len <= EXPIRY_BYTES)
        return TICKET_FORGED;
    uint64_t seconds = 0;
    for (unsigned i = 0; i < EXPIRY_BYTES; i++)
        seconds = seconds << 8 | (uint8_t)plain.ptr[i];
    if ((uint64_t)(now / SECOND_MS) > seconds)
        return TICKET_EXPIRED;
    *ret_email = span_sub(plain, EXPIRY_BYTES, plain.len);
    return TICKET_GOOD;
}

/* What stays of the URL stays as it was written. */
span ticket_cut(struct arena *arena, const struct shop *shop, span *url)
{
    size_t question = span_find(*url, 0, '?'), hash = span_find(*url, 0, '#');
    span pair, found = {0};
    if (span_empty(shop->link_parameter) || question >= url->len || hash < question)
        return found;
    span rest = span_sub(*url, question + 1, hash - question - 1);
    char *left = arena_take(arena, url->len + 1);
    size_t len = question;
    memcpy(left, url->ptr, question);
    while (span_split(&rest, '&', &pair)) {
        size_t equals = span_find(pair, 0, '=');
        if (span_equal(span_sub(pair, 0, equals), shop->link_parameter)) {
            found = span_sub(pair, equals + 1, pair.len);
            continue;
        }
        left[len] = len == question ? '?' : '&';
        memcpy(left + len + 1, pair.ptr, pair.len);
        len += 1 + pair.len;
    }
    if (!span_empty(found))
        *url = arena_join(arena, (span){left, len}, span_sub(*url, hash, url->len));
    return found;
}
