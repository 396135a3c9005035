/*
 * A sandbox on a thread and loop of its own, so that tests may block and the demo's own loop is
 * not the platforms' loop. The opener waits until the port is known; closing wakes the loop,
 * which closes the sandbox on its own thread and ends when its last handle is closed.
 */
#include "sandbox.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct sandbox_thread {
    pthread_t thread;
    uv_loop_t loop;
    uv_async_t stop;
    uv_sem_t ready;
    const struct clock *clock;
    struct sandbox *sandbox;
    uint16_t port;
    enum status status;
};

static void on_stop(uv_async_t *stop)
{
    struct sandbox_thread *thread = stop->data;
    sandbox_close(thread->sandbox);
    uv_close((uv_handle_t *)stop, NULL);
}

static void *run(void *arg)
{
    struct sandbox_thread *thread = arg;
    uv_loop_init(&thread->loop);
    uv_async_init(&thread->loop, &thread->stop, on_stop);
    thread->stop.data = thread;
    thread->status = sandbox_open(&thread->loop, thread->port, thread->clock, &thread->sandbox);
    if (thread->status == OK)
        thread->port = sandbox_port(thread->sandbox);
    else
        uv_close((uv_handle_t *)&thread->stop, NULL);
    uv_sem_post(&thread->ready);
    uv_run(&thread->loop, UV_RUN_DEFAULT);
    uv_loop_close(&thread->loop);
    return NULL;
}

static void finish(struct sandbox_thread *thread)
{
    pthread_join(thread->thread, NULL);
    uv_sem_destroy(&thread->ready);
    free(thread);
}

enum status sandbox_thread_open(uint16_t port, const struct clock *clock,
                                struct sandbox_thread **ret_thread)
{
    struct sandbox_thread *thread = calloc(1, sizeof *thread);
    sigset_t all, before;
    if (thread == NULL)
        abort();
    thread->port = port;
    thread->clock = clock;
    uv_sem_init(&thread->ready, 0);
    /* Signals are for the thread that serves them; a new thread inherits this mask. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread->thread, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        uv_sem_destroy(&thread->ready);
        free(thread);
        return BROKEN;
    }
    uv_sem_wait(&thread->ready);
    if (thread->status != OK) {
        finish(thread);
        return BROKEN;
    }
    *ret_thread = thread;
    return OK;
}

uint16_t sandbox_thread_port(const struct sandbox_thread *thread)
{
    return thread->port;
}

void sandbox_thread_close(struct sandbox_thread *thread)
{
    if (thread == NULL)
        return;
    uv_async_send(&thread->stop);
    finish(thread);
}
