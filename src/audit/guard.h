/*
 * The door of the live audit: a SOCKS5 proxy on a free port of 127.0.0.1 through which Chromium
 * makes every connection (cdp.c). It resolves the name itself and connects to the very address
 * that it looked at, so that no name can turn into a private address between the look and the
 * connection (DNS rebinding), whatever asks: page, frame, worker, redirect, WebSocket. This is
 * exact, where looking at URLs or at reported remote addresses would not be.
 *
 * Private, loopback, link-local and reserved addresses are refused unless `allow_private`; then
 * those of the shop on a desk are reachable, and only by who runs the audit. Ceilings: connections
 * and bytes of one audit (guard.c). Runs a loop on a thread of its own.
 */
#ifndef AUDIT_GUARD_H
#define AUDIT_GUARD_H
#include "../base/span.h"

struct guard;
MUST_USE enum status guard_open(bool allow_private, struct guard **ret_guard);
uint16_t guard_port(const struct guard *guard);
unsigned guard_refused(const struct guard *guard); /* connections to private addresses so far */
void guard_close(struct guard *guard);             /* ends what is open; accepts NULL */

#endif
