/*
 * Who is logged in, and how often somebody may try.
 *
 * A session is 256 bits of chance in a cookie; here only its SHA-256 is kept, in memory: a restart
 * logs everybody out. It ends SESSION_IDLE_MS after its last use and SESSION_LIFE_MS after its
 * beginning, at logout, and when the password changes. Beside it goes a second secret that the
 * page sends in a header with whatever changes something, because a cookie alone is sent by any
 * page of any site (CSRF).
 *
 * Tries: SESSION_TRIES wrong passwords from one address (IPv6: one /64) empty its bucket, which
 * fills by one in SESSION_TRY_MS; all addresses together have a bucket of their own, so that many
 * addresses gain nothing.
 *
 * Thread: the admin loop's.
 */
#ifndef ADMIN_SESSION_H
#define ADMIN_SESSION_H
#include "../base/clock.h"
#include "keys.h"

#define SESSION_MOST      64u /* the one unused for longest makes room */
#define SESSION_IDLE_MS   (12 * HOUR_MS)
#define SESSION_LIFE_MS   (7 * DAY_MS)
#define SESSION_SECRET    64u /* hex digits of cookie and CSRF secret */
#define SESSION_TRIES     5u
#define SESSION_TRY_MS    (30 * SECOND_MS)
#define SESSION_TRIES_ALL 50u
#define SESSION_PLACES    256u /* addresses remembered */

struct session {
    uint8_t digest[32]; /* of the cookie's value */
    char csrf[SESSION_SECRET + 1];
    enum keys_role role; /* KEYS_NOBODY: free */
    int64_t began_at, used_at;
};

struct session_place {
    char network[48];
    double tokens;
    int64_t at;
};

struct sessions {
    struct session list[SESSION_MOST];
    struct session_place places[SESSION_PLACES], all;
};

/* The cookie's value into ret_cookie (SESSION_SECRET + 1). */
const struct session *session_begin(struct sessions *sessions, enum keys_role role, int64_t now,
                                    char *ret_cookie);
/* NULL: none, or over. Counts as a use. */
const struct session *session_find(struct sessions *sessions, span cookie, int64_t now);
bool session_csrf_fits(const struct session *session, span token); /* constant time */
void session_end(struct sessions *sessions, const struct session *session);
void session_end_all(struct sessions *sessions);

/* May this address try a password? Takes one try; false: seconds to wait in *ret_wait_s. */
bool session_try(struct sessions *sessions, span ip, int64_t now, unsigned *ret_wait_s);
/* It was right: the try is given back. */
void session_tried_well(struct sessions *sessions, span ip, int64_t now);

#endif
