/*
 * The HTTP client: libcurl multi on a libuv loop. HTTP/1.1, keep-alive, TLS verified, no
 * redirects followed, no compression asked for (DESIGN 10 says why).
 *
 * What matters most is said by `enum call_fate`: whether the other side can have processed a
 * request whose answer did not come. Only bytes of the request that left make it ambiguous.
 *
 * Thread: the loop's.
 */
#ifndef NET_CALL_H
#define NET_CALL_H
#include <uv.h>

#include "../base/http.h"

enum call_fate {
    CALL_ANSWERED,  /* response->status is set */
    CALL_NOT_SENT,  /* DNS, connect, TLS failed: nothing reached an application */
    CALL_AMBIGUOUS, /* sent at least partly, no whole answer: it may have arrived */
};

struct call_result {
    enum call_fate fate;
    struct http_response response; /* valid during the callback; body cut at LIMIT_ANSWER_BYTES */
    const char *trouble;           /* human words when not answered, else "" */
    int64_t took_us;
};

struct caller;
typedef void call_done(void *arg, const struct call_result *result);

struct call_options {
    unsigned total_ms, connect_ms; /* 0 = LIMIT_SEND_MS, LIMIT_CONNECT_MS */
    unsigned connections;          /* kept per host; 0 = 16 */
    const char *ca_file;           /* NULL = the system's; tests and bench give their own */
};

MUST_USE enum status call_open(uv_loop_t *loop, const struct call_options *options,
                               struct caller **ret_caller);
/* Everything `call` points to must live until done(). done() is called exactly once, never from
   inside call_send(). */
void call_send(struct caller *caller, const struct http_call *call, call_done *done, void *arg);
unsigned call_running(const struct caller *caller);
/* Ends every running call as AMBIGUOUS or NOT_SENT (callbacks run), then frees on the loop. */
void call_close(struct caller *caller);
/* For commands, and threads that may wait: one call on a loop of its own, blocking. Response is
 * copied to arena.
 */
MUST_USE enum status call_once(struct arena *arena, const struct http_call *call,
                               const struct call_options *options, struct call_result *ret_result);
/* The process ends: call_once(), on whatever thread, gives up at once, now and ever after. */
void call_once_give_up(void);
const char *call_library(void); /* libcurl and what it is made of, for `version` */

#endif
