/*
 * The running gateway's parts, private to serve.c and serve_loop.c.
 *
 *   main thread   signals, reloads, the admin listener
 *   RECEIVE x N   a loop each, sharing the public port
 *   RECORD        the single writer          DELIVER   all outlets
 *   checkpoint    moves the write-ahead log into the file, each second
 */
#ifndef APP_SERVE_H
#define APP_SERVE_H
#include <pthread.h>
#include <stdatomic.h>

#include "../pipeline/receive.h"
#include "../pipeline/record.h"
#include "config.h"

#define SERVE_LOOPS 64u

/* One RECEIVE thread. Everything but `wake` and the two atomics belongs to its thread. */
struct serve_loop {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    uv_timer_t patience;
    struct receiver *receiver;
    _Atomic(const struct config *) next; /* a reloaded config to take over */
    atomic_bool stop;
    bool stopping;
};

/* `options` without loop and listen.port; port 0: any free one. Does not start the thread. */
MUST_USE enum status serve_loop_open(struct serve_loop *loop, struct receive_options options,
                                     struct error *ret_error);
MUST_USE enum status serve_loop_start(struct serve_loop *loop);
void serve_loop_reload(struct serve_loop *loop, const struct config *config); /* any thread */
void serve_loop_stop(struct serve_loop *loop); /* any thread: drain, then end */
void serve_loop_join(struct serve_loop *loop);
/* A thread that takes no signals: those are the main thread's. */
MUST_USE enum status serve_loop_thread(pthread_t *ret_thread, void *(*run)(void *), void *arg);

#endif
