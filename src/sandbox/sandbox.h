/*
 * The platforms, played locally and strictly: an HTTP server on 127.0.0.1 that refuses what the
 * real platform refuses, with its error body, deduplicates as it does, keeps what it accepted
 * and can be told to fail. docs/sandbox.md lists what is played and the admin paths
 * (/_sandbox/totals, /_sandbox/events, /_sandbox/faults, /_sandbox/reset, /healthz).
 *
 * Memory is bounded: see SANDBOX_KEPT_… in sandbox_private.h; beyond it events are still
 * judged and counted, but no longer kept.
 *
 * Thread: everything of one sandbox on its loop's thread. sandbox_thread_… bring a thread and a
 * loop of their own, for tests and the demo.
 */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H
#include <uv.h>

#include "../base/clock.h"
#include "../base/status.h"

/*
 * The ways to fail, the same words for every platform; docs/sandbox.md tells how to order one.
 *     constant, word, is the request processed?, what happens
 */
#define SANDBOX_FAULT_KINDS(_)                                                                     \
    _(LATENCY, "latency", true, "the right answer, ms (1000) late")                                \
    _(429, "429", false,                                                                           \
      "too many requests, in the platform's words; retry_after: N asks for N s")                   \
    _(500, "500", false, "an error of theirs, in the platform's words")                            \
    _(502, "502", false, "a proxy's page of HTML")                                                 \
    _(503, "503", false, "not now, in the platform's words")                                       \
    _(TRANSIENT, "transient", false, "a passing trouble that only the body tells, where it can")   \
    _(REFUSED, "refused", false, "no, for good, to all of the request, no row named")              \
    _(BAD_ROW, "bad_row", true, "the text `match` is read as `with`: rows the platform refuses")   \
    _(TOKEN_INVALID, "token_invalid", false, "the token is dead, in the platform's words")         \
    _(TOKEN_EXPIRED, "token_expired", true, "google: this request's access token has just ended")  \
    _(RESET_BEFORE, "reset_before", false, "no answer: a reset")                                   \
    _(RESET_AFTER, "reset_after", true, "no answer: a reset")                                      \
    _(CLOSE_AFTER, "close_after", true, "no answer: an orderly end")                               \
    _(HANG, "hang", false, "no answer for ms (60000), then a reset")                               \
    _(HANG_AFTER, "hang_after", true, "no answer for ms (60000), then a reset")                    \
    _(TRICKLE, "trickle", true, "the right answer, a byte each ms (1000)")                         \
    _(CUT, "cut", true, "half of the right answer, less than its Content-Length, then the end")    \
    _(TRUNCATED, "truncated", true, "200 with half of the right JSON, as if that were all")        \
    _(GARBAGE_200, "garbage_200", false, "200 with a page of HTML")                                \
    _(NOISE_200, "noise_200", false, "200 with bytes that mean nothing, called JSON")              \
    _(EMPTY, "empty", false, "204 and nothing more")                                               \
    _(HUGE, "huge", false, "200 with 4 MiB of spaces")                                             \
    _(REDIRECT, "redirect", false, "302 to /_sandbox/elsewhere")                                   \
    _(WRONG_TYPE, "wrong_type", true, "the right answer, called text/html")

struct sandbox;

/* Listens on 127.0.0.1:port (0: any free one). BROKEN when it cannot. `clock` must outlive it. */
MUST_USE enum status sandbox_open(uv_loop_t *loop, uint16_t port, const struct clock *clock,
                                  struct sandbox **ret_sandbox);
uint16_t sandbox_port(const struct sandbox *sandbox);
/* Resets what is still unanswered. The loop must run until its handles are closed. */
void sandbox_close(struct sandbox *sandbox);

struct sandbox_thread;
/* Returns once it listens. Signals are blocked in the new thread. */
MUST_USE enum status sandbox_thread_open(uint16_t port, const struct clock *clock,
                                         struct sandbox_thread **ret_thread);
uint16_t sandbox_thread_port(const struct sandbox_thread *thread);
void sandbox_thread_close(struct sandbox_thread *thread); /* any other thread; joins it */

#endif
