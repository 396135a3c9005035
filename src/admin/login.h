/*
 * Who asks, and how somebody becomes known: sessions, tokens, the first password.
 *
 *   POST /api/login   {"password"}          200 and a cookie; 401; 429 with Retry-After
 *   POST /api/setup   {"code","password"}   the first password, on a first start
 *   POST /api/logout
 *   GET  /api/session                       who am I, and the CSRF secret
 */
#ifndef ADMIN_LOGIN_H
#define ADMIN_LOGIN_H
#include "ask.h"

#define LOGIN_COOKIE "sidetrack_admin"
#define LOGIN_CSRF   "X-CSRF-Token"

/* Looks at the keys' file; passwords that changed end their sessions. */
void login_read_keys(struct admin *admin);
/* Fills role, session and token of the ask. */
void login_know(struct ask *ask);
/* May this request change something? A token may; a session needs its CSRF header and our own
   Origin. false: it has been refused. */
bool login_may_change(struct ask *ask);
/* A first start: makes the code and writes it beside the database, DATABASE.setup, mode 0600. */
void login_offer_setup(struct admin *admin);

void login_post(struct ask *ask);
void login_post_setup(struct ask *ask);
void login_post_out(struct ask *ask);
void login_get_session(struct ask *ask);

#endif
