/*
 * The life of one connection: phases, reading, what follows an answer, deadlines.
 *
 * Phases and their order are drawn in listen_private.h. Each phase has one duration, so each
 * phase's list is ordered by deadline without sorting: entering appends. Nothing is allocated
 * for a request: bytes are read into one buffer of the listener's, and what is kept of them is
 * copied into the request's arena.
 *
 * Reading is not stopped when a request is parked, since telling epoll costs more than the
 * request's parsing and most clients send nothing then. If bytes do come they are put in the
 * stash and reading stops until the stash is used up: one read, 64 KiB, is the most a client
 * can make us hold beyond its request.
 *
 * What a client of a connection that we end would still be sending must be read, or the
 * kernel answers it with a reset that wipes our answer out of the client's buffers: hence
 * LINGER, bounded in time and bytes.
 *
 * Memory of a connection ends when libuv has closed its handle and no handler holds its
 * exchange; memory of the listener, with the last of them.
 */
#include "listen_private.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "../base/clock.h"

#define LINGER_BYTES (2u * LIMIT_WEBHOOK_BODY)

/* ---- phases ---- */

static void unlink_phase(struct connection *connection)
{
    struct listener *listener = connection->listener;
    enum listen_phase phase = connection->phase;
    if (connection->previous)
        connection->previous->next = connection->next;
    else
        listener->phases[phase].first = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    else
        listener->phases[phase].last = connection->previous;
}

void listen_link(struct connection *connection, enum listen_phase phase)
{
    struct listener *listener = connection->listener;
    connection->phase = phase;
    connection->deadline = uv_now(listener->server.loop) + listener->phase_ms[phase];
    connection->next = NULL;
    connection->previous = listener->phases[phase].last;
    if (connection->previous)
        connection->previous->next = connection;
    else
        listener->phases[phase].first = connection;
    listener->phases[phase].last = connection;
}

void listen_enter(struct connection *connection, enum listen_phase phase)
{
    unlink_phase(connection);
    listen_link(connection, phase);
}

static bool reading(const struct connection *connection)
{
    enum listen_phase phase = connection->phase;
    return !connection->closing && (phase == PHASE_HEAD || phase == PHASE_BODY ||
                                    phase == PHASE_IDLE || phase == PHASE_REST);
}

bool listen_idle(const struct connection *connection)
{
    return reading(connection) && !listen_message_started(&connection->message);
}

/* ---- endings ---- */

void listen_let_go(struct listener *listener)
{
    assert(listener->alive > 0);
    listener->alive--;
    if (listener->drained && listener->server_closed && listener->alive <= 1) {
        void (*drained)(void *arg) = listener->drained; /* 1: the sweep timer */
        listener->drained = NULL;
        if (!listener->closed)
            drained(listener->drained_arg);
    }
    if (listener->alive == 0) {
        buf_done(&listener->out);
        buf_done(&listener->json);
        free(listener);
    }
}

void listen_free(struct connection *connection)
{
    struct listener *listener = connection->listener;
    listen_message_done(&connection->message);
    free(connection->stash.bytes);
    free(connection);
    listen_let_go(listener);
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    connection->closed = true;
    if (!connection->held)
        listen_free(connection);
}

static bool leave(struct connection *connection)
{
    if (connection->closing)
        return false;
    connection->closing = true;
    connection->listener->open--;
    unlink_phase(connection);
    listen_stream_end(connection);
    return true;
}

void listen_drop(struct connection *connection)
{
    if (leave(connection))
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

void listen_drop_hard(struct connection *connection)
{
    if (leave(connection) && uv_tcp_close_reset(&connection->tcp, on_closed) < 0)
        uv_close((uv_handle_t *)&connection->tcp, on_closed);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *ret_buf)
{
    struct connection *connection = handle->data;
    (void)size;
    *ret_buf = uv_buf_init(connection->listener->input, sizeof connection->listener->input);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf);

void listen_read(struct connection *connection)
{
    connection->stopped = false;
    if (uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read) < 0)
        listen_drop(connection);
}

static void read_stop(struct connection *connection)
{
    connection->stopped = true;
    uv_read_stop((uv_stream_t *)&connection->tcp);
}

static void stash(struct connection *connection, span bytes)
{
    char *copy = malloc(bytes.len);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes.ptr, bytes.len);
    assert(connection->stash.bytes == NULL);
    connection->stash.bytes = copy;
    connection->stash.at = 0;
    connection->stash.len = bytes.len;
    read_stop(connection);
}

static void head_complete(struct connection *connection, span rest)
{
    struct listener *listener = connection->listener;
    struct listen_message *message = &connection->message;
    size_t ceiling = listener->handler->body_ceiling(listener->context, &message->request);
    if (!listen_message_allow(message, ceiling))
        listen_refuse(connection, message->refusal);
    else if (message->expects_continue && rest.len == 0)
        listen_send_continue(connection);
}

static void request_complete(struct connection *connection)
{
    struct listener *listener = connection->listener;
    struct exchange *exchange = &connection->exchange;
    listen_enter(connection, PHASE_PARKED);
    exchange->arena = &connection->message.arena;
    exchange->request = connection->message.request;
    exchange->request.received_at = clock_now(&clock_real);
    exchange->user = NULL;
    connection->held = true;
    listener->handler->request(listener->context, exchange);
}

/* Reads requests out of `bytes` until they are used up or one is parked. Returns the rest. */
static span feed(struct connection *connection, span bytes)
{
    struct listen_message *message = &connection->message;
    enum listen_step step = LISTEN_REQUEST;
    connection->feeding = true;
    while (step != LISTEN_MORE && reading(connection)) {
        step = listen_message_read(message, &bytes);
        if (step == LISTEN_HEAD)
            head_complete(connection, bytes);
        else if (step == LISTEN_REQUEST)
            request_complete(connection);
        else if (step == LISTEN_REFUSED)
            listen_refuse(connection, message->refusal);
    }
    connection->feeding = false;
    if (reading(connection) && listen_message_started(message)) {
        enum listen_phase phase = message->head_done ? PHASE_BODY : PHASE_HEAD;
        if (connection->phase != phase)
            listen_enter(connection, phase);
    }
    return bytes;
}

static void feed_stash(struct connection *connection)
{
    span rest = {connection->stash.bytes + connection->stash.at,
                 connection->stash.len - connection->stash.at};
    rest = feed(connection, rest);
    connection->stash.at = connection->stash.len - rest.len;
    if (rest.len == 0 || connection->closing || connection->phase == PHASE_LINGER) {
        free(connection->stash.bytes);
        connection->stash.bytes = NULL;
    }
}

static void on_end(struct connection *connection)
{
    connection->eof = true;
    read_stop(connection);
    /* A client may shut its side and still wait for its answer. */
    if (reading(connection) || connection->phase == PHASE_LINGER || connection->stream_closed)
        listen_drop(connection);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct connection *connection = stream->data;
    if (count == 0 || connection->closing)
        return;
    if (count == UV_EOF) {
        on_end(connection);
    } else if (count < 0) {
        listen_drop(connection);
    } else if (connection->phase == PHASE_LINGER) {
        connection->lingered += (size_t)count;
        if (connection->lingered > LINGER_BYTES)
            listen_drop(connection);
    } else if (!reading(connection)) {
        stash(connection, (span){buf->base, (size_t)count});
    } else {
        span rest = feed(connection, (span){buf->base, (size_t)count});
        if (rest.len > 0 && !connection->closing && connection->phase != PHASE_LINGER)
            stash(connection, rest);
    }
}

/* Ends a connection in such a way that its last answer is heard. */
static void linger(struct connection *connection)
{
    uv_os_fd_t fd;
    bool asked = !connection->message.keep_alive && !connection->refused;
    bool quick = connection->eof || (asked && connection->stash.bytes == NULL);
    if (quick || uv_fileno((uv_handle_t *)&connection->tcp, &fd) < 0 || shutdown(fd, SHUT_WR) < 0) {
        listen_drop(connection);
        return;
    }
    listen_enter(connection, PHASE_LINGER);
    if (connection->stopped)
        listen_read(connection);
}

void listen_flushed(struct connection *connection)
{
    if (connection->ends) {
        linger(connection);
        return;
    }
    listen_message_next(&connection->message);
    listen_enter(connection, PHASE_IDLE);
    if (connection->feeding)
        return; /* the loop there goes on with its bytes */
    if (connection->stash.bytes)
        feed_stash(connection);
    if (!reading(connection) || !connection->stopped)
        return;
    if (connection->eof)
        listen_drop(connection);
    else
        listen_read(connection);
}

/* ---- deadlines ---- */

void listen_expire(struct connection *connection)
{
    static const struct listen_refusal slow_head = {408, "header_timeout",
                                                    "The request head took too long."};
    static const struct listen_refusal slow_body = {408, "body_timeout",
                                                    "The request body took too long."};
    size_t unsent = uv_stream_get_write_queue_size((uv_stream_t *)&connection->tcp);
    switch (connection->phase) {
    case PHASE_IDLE:
        listen_message_trim(&connection->message);
        listen_enter(connection, PHASE_REST);
        break;
    case PHASE_HEAD:
        if (listen_idle(connection))
            listen_drop(connection);
        else
            listen_refuse(connection, slow_head);
        break;
    case PHASE_BODY:
        listen_refuse(connection, slow_body);
        break;
    case PHASE_WRITE:
        if (unsent < connection->unsent) {
            connection->unsent = unsent; /* slow, but alive */
            listen_enter(connection, PHASE_WRITE);
            break;
        }
        listen_drop_hard(connection);
        break;
    default:
        listen_drop(connection);
    }
}
