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
