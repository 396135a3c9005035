/*
 * Digests on libcrypto, encodings by hand.
 *
 * SHA-256 is the hot one: every identifier of every event is hashed for every platform. Its
 * algorithm is fetched once a process and the context is kept by each thread, which is four
 * times faster than the one-shot calls. HMAC's, too, is looked up once. Nothing here can fail but
 * for lack of memory or a broken OpenSSL, and neither leaves anything sensible to do: abort.
 */
#include "hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>

static EVP_MD *sha256;
static EVP_MAC_CTX *hmac; /* without a key: copied for each use */
static pthread_key_t context_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void context_free(void *context)
{
    EVP_MD_CTX_free(context);
}

static void set_up(void)
{
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", name, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    hmac = EVP_MAC_CTX_new(mac);
    EVP_MAC_free(mac);
    if (sha256 == NULL || hmac == NULL || !EVP_MAC_CTX_set_params(hmac, params) ||
        pthread_key_create(&context_key, context_free) != 0)
        abort();
}

/* This thread's context. The key is there only so that it is freed with its thread. */
static EVP_MD_CTX *context_get(void)
{
    static _Thread_local EVP_MD_CTX *context;
    if (context == NULL) {
        pthread_once(&once, set_up);
        context = EVP_MD_CTX_new();
        if (context == NULL || pthread_setspecific(context_key, context) != 0)
            abort();
    }
    return context;
}

void hash_sha256(span input, uint8_t ret_digest[HASH_SIZE])
{
    EVP_MD_CTX *context = context_get();
    unsigned len = HASH_SIZE;
    if (!EVP_DigestInit_ex2(context, sha256, NULL) ||
        !EVP_DigestUpdate(context, input.ptr, input.len) ||
        !EVP_DigestFinal_ex(context, ret_digest, &len))
        abort();
}

void hash_hmac_sha256(span key, span message, uint8_t ret_mac[HASH_SIZE])
{
    /* A NULL key would mean "the one before" to OpenSSL. */
    const void *bytes = key.ptr ? key.ptr : "";
    size_t len;
    pthread_once(&once, set_up);
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(hmac);
    if (context == NULL || !EVP_MAC_init(context, bytes, key.len, NULL) ||
        !EVP_MAC_update(context, (const unsigned char *)message.ptr, message.len) ||
        !EVP_MAC_final(context, ret_mac, &len, HASH_SIZE))
        abort();
    EVP_MAC_CTX_free(context);
}

bool hash_same(const void *a, const void *b, size_t len)
{
    return CRYPTO_memcmp(a, b, len) == 0;
}

static bool hex_digit(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool hash_is_hex(span s, size_t digits)
{
    if (s.len != digits)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!hex_digit(s.ptr[i]))
            return false;
    return true;
}

/* The same buyer is hashed for each platform, and with each of his events: a thread remembers the
   newest digest of each place. (phone_e164 does the same.) */
#define REMEMBERED       1024u
#define REMEMBERED_BYTES 95u
struct remembered {
    char input[REMEMBERED_BYTES];
    uint8_t len; /* 0: nothing yet */
    uint8_t digest[HASH_SIZE];
};

span hash_hex(struct arena *arena, span input)
{
    if (input.len == 0)
        return (span){0};
    if (hash_is_hex(input, 2 * HASH_SIZE)) {
        char *lower = arena_take(arena, input.len);
        for (size_t i = 0; i < input.len; i++)
            lower[i] = (char)(input.ptr[i] | 0x20); /* digits have this bit already */
        return (span){lower, input.len};
    }
    uint8_t digest[HASH_SIZE];
    if (input.len > REMEMBERED_BYTES) {
        hash_sha256(input, digest);
        return hash_to_hex(arena, digest, sizeof digest);
    }
    static _Thread_local struct remembered places[REMEMBERED];
    struct remembered *place = &places[hash_quick(input) % REMEMBERED];
    if (place->len != input.len || memcmp(place->input, input.ptr, input.len) != 0) {
        hash_sha256(input, place->digest);
        memcpy(place->input, input.ptr, input.len);
        place->len = (uint8_t)input.len;
    }
    return hash_to_hex(arena, place->digest, sizeof place->digest);
}

span hash_to_hex(struct arena *arena, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    char *text = arena_take(arena, 2 * len);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[in[i] >> 4];
        text[2 * i + 1] = digits[in[i] & 15];
    }
    return (span){text, 2 * len};
}

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

span hash_to_base64(struct arena *arena, const void *bytes, size_t len)
{
    const uint8_t *in = bytes;
    size_t size = (len + 2) / 3 * 4;
    char *text = arena_take(arena, size);
    for (size_t i = 0, out = 0; i < len; i += 3, out += 4) {
        uint32_t three = (uint32_t)in[i] << 16;
        if (i + 1 < len)
            three |= (uint32_t)in[i + 1] << 8;
        if (i + 2 < len)
            three |= in[i + 2];
        text[out] = base64[three >> 18];
        text[out + 1] = base64[three >> 12 & 63];
        text[out + 2] = i + 1 < len ? base64[three >> 6 & 63] : '=';
        text[out + 3] = i + 2 < len ? base64[three & 63] : '=';
    }
    return (span){text, size};
}

span hash_to_base64url(struct arena *arena, const void *bytes, size_t len)
{
    span standard = hash_to_base64(arena, bytes, len);
    char *text = arena_text(arena, standard);
    size_t used = standard.len;
    while (used > 0 && text[used - 1] == '=')
        used--;
    for (size_t i = 0; i < used; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    return (span){text, used};
}

/* 0…63, or 64 for what is no digit. */
static uint32_t base64_value(char c)
{
    const char *hit = c ? strchr(base64, c) : NULL;
    return hit ? (uint32_t)(hit - base64) : 64;
}

/* Strict: whole groups of four, '=' only at the end, and the bits that padding leaves over
   must be zero, so that equal bytes have one spelling. */
enum status hash_from_base64(struct arena *arena, span text, span *ret_bytes)
{
    if (text.len % 4 != 0)
        return INVALID;
    size_t padding = 0;
    while (padding < 2 && padding < text.len && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    size_t size = text.len / 4 * 3 - padding;
    uint8_t *bytes = arena_take(arena, size);
    uint32_t bits = 0;
    size_t out = 0;
    for (size_t i = 0; i < text.len - padding; i++) {
        uint32_t value = base64_value(text.ptr[i]);
        if (value == 64)
            return INVALID;
        bits = bits << 6 | value;
        /* The first digit of a group completes no byte, each of the other three one. */
        if (i % 4 > 0)
            bytes[out++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    if ((padding == 1 && (bits & 3) != 0) || (padding == 2 && (bits & 15) != 0))
        return INVALID;
    *ret_bytes = (span){(const char *)bytes, size};
    return OK;
}

/* Eight bytes a step by a 64x64 -> 128 bit product, folded; the length seeds it, so that
   trailing zeros count. The constant is the golden ratio's, odd and without pattern. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash_quick(span s)
{
    const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t hash = mix(s.len ^ golden, golden);
    size_t at = 0;
    for (uint64_t word; s.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, s.ptr + at, sizeof word);
        hash = mix(hash ^ word, golden);
    }
    uint64_t rest = 0;
    if (at < s.len)
        memcpy(&rest, s.ptr + at, s.len - at);
    return mix(hash ^ rest, golden ^ UINT64_C(0xD6E8FEB86659FD93));
}

const char *hash_library(void)
{
    return OpenSSL_version(OPENSSL_VERSION);
}
