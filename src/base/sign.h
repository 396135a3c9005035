/*
 * Signatures with somebody's private key, on OpenSSL's libcrypto. Only what service accounts ask
 * for: RS256 (RFC 7518 3.3, RSASSA-PKCS1-v1_5 with SHA-256), which is the same bytes every time.
 * Thread: any; nothing is kept between calls.
 */
#ifndef BASE_SIGN_H
#define BASE_SIGN_H
#include "arena.h"

/* `pem`: a PKCS#8 or PKCS#1 private key, unencrypted. INVALID: it is none, or not RSA. */
MUST_USE enum status sign_rs256(struct arena *arena, span pem, span message, span *ret_signature);

#endif
