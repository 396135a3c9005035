/*
 * Our signed link parameter (`sidetrack link EMAIL`): who clicked, in a form that only this gateway
 * can read. Links are read by mail providers, logged by proxies and forwarded by people, so the
 * e-mail is encrypted, not only signed, and a ticket ends by itself.
 *
 *   base64url( nonce 12 ‖ AES-256-GCM( expiry 8, big-endian seconds ‖ e-mail ) ‖ tag 16 )
 *   key      HMAC-SHA256(link_secret, "sidetrack link 1")
 *   bound    the store's name
 */
#ifndef SOURCES_TICKET_H
#define SOURCES_TICKET_H
#include "../event/shop.h"

#define TICKET_BYTES 600u /* of the text; longer is none */

enum ticket { TICKET_NONE, TICKET_GOOD, TICKET_FORGED, TICKET_EXPIRED };
const char *ticket_text(enum ticket ticket); /* "good" … for counting; NULL for NONE */

/* `nonce`: 12 random bytes. */
span ticket_make(struct arena *arena, const struct shop *shop, span email, int64_t expires_at,
                 const uint8_t nonce[12]);
/* FORGED also when the store has no link_secret. *ret_email only when GOOD. */
enum ticket ticket_read(struct arena *arena, const struct shop *shop, span text, int64_t now,
                        span *ret_email);
/* The parameter's value in the URL, absent when it has none; *url then goes on without it. */
span ticket_cut(struct arena *arena, const struct shop *shop, span *url);

#endif
