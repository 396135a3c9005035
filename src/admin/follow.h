/*
 * The stream of events as they come in: GET /api/events?follow=1, server-sent events.
 *
 *     id: 4711
 *     data: {…an event as in the list…}
 *
 * It begins with the next event, or after the one that Last-Event-ID (or `after`) names; `head` of
 * the list is what to begin at so that nothing falls between the two. All streams look at the
 * journal together, four times a second; one that has not taken its last piece yet is left out
 * until it has, and goes on where it stood. ": ping" each 15 s keeps proxies awake. A session that
 * is over (logout, a new password) and a token that is revoked take their streams along.
 */
#ifndef ADMIN_FOLLOW_H
#define ADMIN_FOLLOW_H
#include "../story/lists.h"
#include "ask.h"

#define FOLLOW_MOST 16u /* streams at a time */

/* Of the wish: shop, name, source, visitor. */
void follow_open(struct ask *ask, const struct lists_wish *wish);
/* Ends all; the loop must still turn. */
void follow_close(struct admin *admin);

#endif
