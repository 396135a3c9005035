/*
 * A Chromium of our own, driven over two pipes (--remote-debugging-pipe): it reads commands on its
 * descriptor 3 and writes answers and events on 4, JSON ended by NUL. No port is opened, so nobody
 * else can drive it.
 *
 *   cdp_open    own throw-away profile, own process group, an environment with nothing of ours
 *   cdp_call    a command, and its answer; events that come meanwhile are told to `heard`
 *   cdp_wait    events for some time
 *   cdp_close   ends the group, removes the profile; always
 *
 * The browser runs strangers' pages: whatever it says is untrusted, sized by LIMIT_CDP_MESSAGE.
 * As root Chromium refuses its own sandbox, so it goes without; `cdp_sandboxed` tells.
 * Thread: one owner; blocks it, never beyond `until`. SIGINT, SIGTERM and SIGHUP end the waiting
 * early while a browser is open; cdp_close raises them again.
 */
#ifndef AUDIT_CDP_H
#define AUDIT_CDP_H
#include "../base/json.h"

/* An event. `session`: of which page, frame or worker; absent: the browser. Valid during the call.
   May cdp_send, may not cdp_call. */
typedef void cdp_heard(void *arg, span session, span method, const struct json_value *params);

struct cdp_options {
    uint16_t proxy;   /* port of guard.h on 127.0.0.1 */
    int64_t until_us; /* clock_monotonic_us() when it must be over */
    cdp_heard *heard;
    void *arg;
};

struct cdp;
/* MISSING: no Chromium is installed. BROKEN: it does not start. The sentence in *ret_error. */
MUST_USE enum status cdp_open(const struct cdp_options *options, struct cdp **ret_cdp,
                              struct error *ret_error);
bool cdp_sandboxed(void);
/* `params` is JSON, absent: none. *ret_result lives until the next call or wait. INVALID: Chromium
   refused it, AGAIN: time is over, BROKEN: Chromium is gone. */
MUST_USE enum status cdp_call(struct cdp *cdp, span session, const char *method, span params,
                              const struct json_value **ret_result);
/* Without waiting for the answer. */
void cdp_send(struct cdp *cdp, span session, const char *method, span params);
/* Until `enough` says so (NULL: never), at most `ms`. AGAIN: the whole time is over. */
MUST_USE enum status cdp_wait(struct cdp *cdp, unsigned ms, bool (*enough)(void *arg));
bool cdp_over(const struct cdp *cdp); /* no time, or no browser */
void cdp_close(struct cdp *cdp);      /* accepts NULL */

/* The reading end by itself, for the fuzzer: bytes in, whole messages out. */
struct cdp_reader {
    struct buf in;
    bool skipping; /* a message beyond LIMIT_CDP_MESSAGE, to its NUL */
    unsigned skipped;
};
void cdp_reader_add(struct cdp_reader *reader, span bytes, void (*message)(void *arg, span text),
                    void *arg);

#endif
