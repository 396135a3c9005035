/*
 * Digests and encodings, on OpenSSL's libcrypto (one fetched EVP_MD, one reused context per
 * thread: 120 ns a digest, against 480 for the one-shot calls).
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H
#include "arena.h"

#define HASH_SIZE 32

void hash_sha256(span input, uint8_t ret_digest[HASH_SIZE]);
/* 64 lower-case hex digits. Input that is already 64 hex digits is lower-cased and passed
   through (contracts/destinations 0.3). Absent or empty input gives absent, never e3b0c442…. */
span hash_hex(struct arena *arena, span input);
bool hash_is_hex(span s, size_t digits); /* exactly that many hex digits */
void hash_hmac_sha256(span key, span message, uint8_t ret_mac[HASH_SIZE]);
/* Constant time. */
bool hash_same(const void *a, const void *b, size_t len);
span hash_to_hex(struct arena *arena, const void *bytes, size_t len);
span hash_to_base64(struct arena *arena, const void *bytes, size_t len);
/* The URL's alphabet (- and _ for + and /), without padding. */
span hash_to_base64url(struct arena *arena, const void *bytes, size_t len);
/* Strict standard alphabet with padding. INVALID otherwise. */
MUST_USE enum status hash_from_base64(struct arena *arena, span text, span *ret_bytes);
/* Fast 64-bit hash for tables in memory; not for anything that a stranger could profit from. */
uint64_t hash_quick(span s);
const char *hash_library(void); /* "OpenSSL 3.0.15 3 Sep 2024", for `version` */

#endif
