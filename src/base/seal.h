/*
 * Bytes that only we can read and nobody can change: AES-256-GCM on OpenSSL's libcrypto. A sealed
 * text is nonce (12) ‖ ciphertext ‖ tag (16). Thread: any; nothing is kept between calls.
 */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H
#include "arena.h"

#define SEAL_KEY   32u
#define SEAL_NONCE 12u
#define SEAL_TAG   16u

/* `nonce` must never come twice with one key: random. `context` is bound, not stored. */
span seal_make(struct arena *arena, const uint8_t key[SEAL_KEY], const uint8_t nonce[SEAL_NONCE],
               span context, span plain);
/* INVALID: not sealed with this key and context. */
MUST_USE enum status seal_open(struct arena *arena, const uint8_t key[SEAL_KEY], span context,
                               span sealed, span *ret_plain);

#endif
