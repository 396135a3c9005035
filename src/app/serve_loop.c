/*
 * A RECEIVE thread: opened on the main thread, so that errors are told before anything runs, then
 * left alone with its loop until it is asked to take a config or to end.
 *
 * Ending is draining: nothing new is accepted, what was read is answered. A client that is in the
 * middle of a slow request could hold that up; after PATIENCE_MS the loop just stops, and its
 * sockets end with the process. RECORD may still push answers to it, so nothing is freed then.
 */
#include "serve.h"

#include <signal.h>

#define PATIENCE_MS 4000u

static void on_drained(void *arg)
{
    struct serve_loop *loop = arg;
    receive_close(loop->receiver);
    loop->receiver = NULL;
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->patience, NULL);
}

static void on_patience(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void on_wake(uv_async_t *wake)
{
    struct serve_loop *loop = wake->data;
    const struct config *config = atomic_exchange(&loop->next, NULL);
    if (config)
        receive_reload(loop->receiver, config->shops, config->shop_count);
    if (!atomic_load(&loop->stop) || loop->stopping)
        return;
    loop->stopping = true;
    uv_timer_start(&loop->patience, on_patience, PATIENCE_MS, 0);
    receive_drain(loop->receiver, on_drained, loop);
}

enum status serve_loop_open(struct serve_loop *loop, struct receive_options options,
                            struct error *ret_error)
{
    if (uv_loop_init(&loop->loop) != 0 || uv_async_init(&loop->loop, &loop->wake, on_wake) != 0 ||
        uv_timer_init(&loop->loop, &loop->patience) != 0) {
        snprintf(ret_error->text, sizeof ret_error->text, "cannot make an event loop");
        return BROKEN;
    }
    loop->wake.data = loop;
    options.loop = &loop->loop;
    return receive_open(&options, &loop->receiver, ret_error);
}

static void *run(void *arg)
{
    struct serve_loop *loop = arg;
    uv_run(&loop->loop, UV_RUN_DEFAULT);
    return NULL;
}

enum status serve_loop_thread(pthread_t *ret_thread, void *(*body)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(ret_thread, NULL, body, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? BROKEN : OK;
}

enum status serve_loop_start(struct serve_loop *loop)
{
    return serve_loop_thread(&loop->thread, run, loop);
}

void serve_loop_reload(struct serve_loop *loop, const struct config *config)
{
    atomic_store(&loop->next, config);
    uv_async_send(&loop->wake);
}

void serve_loop_stop(struct serve_loop *loop)
{
    atomic_store(&loop->stop, true);
    uv_async_send(&loop->wake);
}

void serve_loop_join(struct serve_loop *loop)
{
    pthread_join(loop->thread, NULL);
    uv_loop_close(&loop->loop); /* busy when patience ended: the process ends soon anyway */
}
