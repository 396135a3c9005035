/*
 * The audit by a real browser (`--live`): a Chromium of our own looks at the store as a visitor
 * from Germany would, twice, and all that its pages ask of the network is captured.
 *
 *   first visit    home -> says yes to the banner -> a product -> adds it to the cart -> the cart
 *   second visit   home -> says no -> a product               (only where a known banner stood)
 *
 * It never buys: nothing of a checkout is opened or posted (watch_forbids), and only buttons that
 * add to the cart or answer the banner are clicked. Events on their way to a platform whose
 * requests we can read are seen and answered here, not let out: the audit puts no visit and no cart
 * into the shop's accounts. Private addresses are refused by guard.h, exactly. The profile is
 * thrown away.
 *
 * What cannot be played: where the visitor's address is. A banner that asks by country sees this
 * machine's.
 */
#ifndef AUDIT_LIVE_H
#define AUDIT_LIVE_H
#include "../base/clock.h"
#include "capture.h"

struct live_options {
    span url;
    bool allow_private;
    unsigned seconds; /* for all of it, at least 5 */
    void (*progress)(void *arg, const char *stage, const char *detail); /* NULL: not told */
    void *arg;
};

/* `capture` is initialised for the store's host. MISSING: no Chromium here. INVALID: the URL, or
   the store does not answer, or stands at a private address. BROKEN: Chromium failed. When time is
   over it is OK with what was seen, and `note` says so. Blocks. */
MUST_USE enum status live_run(struct capture *capture, const struct live_options *options,
                              struct error *ret_error);

#endif
