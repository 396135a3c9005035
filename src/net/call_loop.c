/*
 * libcurl's multi handle, driven by a libuv loop.
 *
 *   curl says "watch this socket"  -> one uv_poll_t a socket
 *   curl says "wake me in n ms"    -> one uv_timer_t a caller
 *   either fires                   -> curl_multi_socket_action(), then look who has finished
 *
 * So done() runs from the loop only, never inside call_send() and never inside curl. curl
 * announces its timer again after every wake-up that came too early, so a timer set by
 * call_wake() in place of curl's own loses nothing.
 *
 * Kept connections: curl 7.88 sees that one has ended, but not that TLS has (a close_notify
 * before the FIN is just bytes to it), and would send into the void. A server that has not
 * been asked has nothing to say in HTTP/1.1, so any bytes waiting on a kept connection mean
 * its end. The socket is not to be had from curl at that moment; hence the small table.
 */
#include "call_private.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

struct watch {
    uv_poll_t poll;
    struct caller *caller;
    curl_socket_t fd;
};

static void let_go(struct caller *caller)
{
    assert(caller->handles > 0);
    if (--caller->handles > 0)
        return;
    curl_share_cleanup(caller->share);
    free(caller->ca_file);
    free(caller);
}

static void on_watch_closed(uv_handle_t *handle)
{
    struct watch *watch = handle->data;
    struct caller *caller = watch->caller;
    free(watch);
    let_go(caller);
}

static void on_timer_closed(uv_handle_t *handle)
{
    let_go(handle->data);
}

static void act(struct caller *caller, curl_socket_t fd, int events)
{
    int running;
    /* Out of memory in there leaves its tables half made, and the next look into them crashes. */
    if (curl_multi_socket_action(caller->multi, fd, events, &running) == CURLM_OUT_OF_MEMORY)
        abort();
    call_collect(caller);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct watch *watch = poll->data;
    /* On an error curl is to try, and so to learn what it is: CURL_CSELECT_ERR says nothing. */
    int flags = status < 0 ? CURL_CSELECT_IN | CURL_CSELECT_OUT : 0;
    if (events & UV_READABLE)
        flags |= CURL_CSELECT_IN;
    if (events & UV_WRITABLE)
        flags |= CURL_CSELECT_OUT;
    act(watch->caller, watch->fd, flags);
}

static void on_time(uv_timer_t *timer)
{
    act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_curl_timer(CURLM *multi, long timeout_ms, void *arg)
{
    struct caller *caller = arg;
    (void)multi;
    if (timeout_ms < 0)
        uv_timer_stop(&caller->timer);
    else
        uv_timer_start(&caller->timer, on_time, (uint64_t)timeout_ms, 0);
    return 0;
}

static struct watch *watch_open(struct caller *caller, curl_socket_t fd)
{
    struct watch *watch = calloc(1, sizeof *watch);
    if (watch == NULL)
        abort();
    watch->caller = caller;
    watch->fd = fd;
    if (uv_poll_init_socket(caller->loop, &watch->poll, fd) < 0) {
        free(watch);
        return NULL;
    }
    watch->poll.data = watch;
    caller->handles++;
    return watch;
}

static int on_curl_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct caller *caller = arg;
    struct watch *watch = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            curl_multi_assign(caller->multi, fd, NULL);
            uv_poll_stop(&watch->poll);
            uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
        }
        return 0;
    }
    if (watch == NULL) {
        watch = watch_open(caller, fd);
        if (watch == NULL)
            return -1;
        curl_multi_assign(caller->multi, fd, watch);
    }
    int events = 0;
    if (what != CURL_POLL_OUT)
        events |= UV_READABLE;
    if (what != CURL_POLL_IN)
        events |= UV_WRITABLE;
    return uv_poll_start(&watch->poll, events, on_ready) < 0 ? -1 : 0;
}

static bool bound_to(curl_socket_t fd, int port)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    return fd > 0 && getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
           ntohs(((struct sockaddr_in *)&at)->sin_port) == port; /* same place in both families */
}

bool call_goes_stale(struct call *call, int local_port)
{
    curl_socket_t *slot = &call->caller->sockets[(unsigned)local_port % CALL_SOCKETS];
    long connects = 0;
    char byte;
    curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connects);
    if (connects > 0) {
        *slot = bound_to(call->opened[0], local_port) ? call->opened[0] : call->opened[1];
        return false;
    }
    /* The slot may be another's by now: then nothing is known, as with plain curl. */
    return bound_to(*slot, local_port) &&
           (recv(*slot, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN);
}

void call_wake(struct caller *caller)
{
    uv_timer_start(&caller->timer, on_time, 0, 0);
}

void call_attach(struct caller *caller)
{
    caller->handles = 1;
    uv_timer_init(caller->loop, &caller->timer);
    caller->timer.data = caller;
    curl_multi_setopt(caller->multi, CURLMOPT_SOCKETFUNCTION, on_curl_socket);
    curl_multi_setopt(caller->multi, CURLMOPT_SOCKETDATA, caller);
    curl_multi_setopt(caller->multi, CURLMOPT_TIMERFUNCTION, on_curl_timer);
    curl_multi_setopt(caller->multi, CURLMOPT_TIMERDATA, caller);
}

void call_detach(struct caller *caller)
{
    uv_close((uv_handle_t *)&caller->timer, on_timer_closed);
}
