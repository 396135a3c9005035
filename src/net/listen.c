/*
 * Sockets, the life of a connection, deadlines, drain.
 *
 * Phases and their order are drawn in listen_private.h. Each phase has one duration, so each
 * phase's list is ordered by deadline without sorting: entering appends, and the sweep (one
 * coarse timer for all) looks at the first few of each list. Nothing is allocated for a
 * request: bytes are read into one buffer of the listener's and what is kept of them is
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
 * exchange; memory of the listener, with the last of them. libuv itself survives running out
 * of descriptors at accept (it keeps a spare one, closes it, accepts, hangs up), so there is
 * nothing to do about EMFILE here but to go on.
 */
#include "listen_private.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"

#define BACKLOG       1024
#define SCRATCH_BYTES (64 * KIB) /* head of an answer, or the body of an error */
#define LINGER_MS     2000u
#define LINGER_BYTES  (2u * LIMIT_WEBHOOK_BODY)
#define IDLE_MS       1000u
#define SWEEP_MS      250u

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

static void link_phase(struct connection *connection, enum listen_phase phase)
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
    link_phase(connection, phase);
}

static bool reading(const struct connection *connection)
{
    enum listen_phase phase = connection->phase;
    return !connection->closing && (phase == PHASE_HEAD || phase == PHASE_BODY ||
                                    phase == PHASE_IDLE || phase == PHASE_REST);
}

/* Nothing of a request is here: may be closed without anybody missing an answer. */
static bool idle(const struct connection *connection)
{
    return reading(connection) && !listen_message_started(&connection->message);
}

/* ---- endings ---- */

static void listener_let_go(struct listener *listener)
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
    listener_let_go(listener);
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

static void read_start(struct connection *connection)
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
    if (reading(connection) || connection->phase == PHASE_LINGER)
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
        read_start(connection);
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
        read_start(connection);
}

/* ---- deadlines ---- */

static void expire(struct connection *connection)
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
        if (idle(connection))
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

static void on_sweep(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    uint64_t now = uv_now(timer->loop);
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
        if (listener->phase_ms[phase] == 0)
            continue;
        struct connection *first;
        while ((first = listener->phases[phase].first) && first->deadline <= now)
            expire(first);
    }
}

/* ---- opening ---- */

static void set_peer(struct connection *connection)
{
    struct sockaddr_storage peer;
    int len = sizeof peer;
    connection->peer[0] = 0;
    if (uv_tcp_getpeername(&connection->tcp, (struct sockaddr *)&peer, &len) == 0)
        uv_ip_name((struct sockaddr *)&peer, connection->peer, sizeof connection->peer);
}

static void on_connection(uv_stream_t *server, int status)
{
    static const struct listen_refusal full = {
        503, "too_many_connections", "The gateway has as many connections as it can serve."};
    struct listener *listener = server->data;
    if (status < 0)
        return; /* libuv has dealt with EMFILE; others concern a client that is gone */
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        abort();
    connection->listener = listener;
    uv_tcp_init(server->loop, &connection->tcp);
    connection->tcp.data = connection;
    listener->alive++;
    listener->open++;
    link_phase(connection, PHASE_HEAD);
    if (uv_accept(server, (uv_stream_t *)&connection->tcp) < 0) {
        listen_drop(connection);
        return;
    }
    set_peer(connection);
    span peer = span_of(connection->peer);
    if (span_starts(peer, "::ffff:"))
        peer = span_sub(peer, 7, peer.len);
    listen_message_init(&connection->message, &listener->trusted, peer);
    if (listener->open > listener->ceiling + listener->ceiling / 16 + 16)
        listen_drop(connection); /* not even time for a word */
    else if (listener->open > listener->ceiling)
        listen_refuse(connection, full);
    if (!connection->closing)
        read_start(connection);
}

static enum status trouble(struct error *ret_error, const struct listen_options *options, int code)
{
    snprintf(ret_error->text, sizeof ret_error->text, "cannot listen on %.*s port %u: %s",
             SPAN_ARG(options->host), (unsigned)options->port, strerror(code));
    return code == EADDRINUSE ? CONFLICT : BROKEN;
}

static bool read_address(const struct listen_options *options, struct sockaddr_storage *ret_address,
                         socklen_t *ret_len)
{
    char host[INET6_ADDRSTRLEN];
    if (options->host.len >= sizeof host)
        return false;
    memcpy(host, options->host.ptr, options->host.len);
    host[options->host.len] = 0;
    if (uv_ip4_addr(host, options->port, (struct sockaddr_in *)ret_address) == 0) {
        *ret_len = sizeof(struct sockaddr_in);
        return true;
    }
    *ret_len = sizeof(struct sockaddr_in6);
    return uv_ip6_addr(host, options->port, (struct sockaddr_in6 *)ret_address) == 0;
}

/* A bound, listening socket: 0, or what errno says. libuv 1.44 cannot set SO_REUSEPORT. */
static int open_socket(const struct listen_options *options, const struct sockaddr_storage *address,
                       socklen_t len, int *ret_fd)
{
    const int yes = 1;
    int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    /* Accepted sockets inherit TCP_NODELAY on Linux: one system call less for each. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) < 0 ||
        (options->reuse_port && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) < 0) ||
        bind(fd, (const struct sockaddr *)address, len) < 0 || listen(fd, BACKLOG) < 0) {
        int code = errno;
        close(fd);
        return code;
    }
    *ret_fd = fd;
    return 0;
}

static void set_durations(struct listener *listener, const struct listen_options *options)
{
    uint64_t read = options->read_deadline_ms ? options->read_deadline_ms : LIMIT_READ_DEADLINE_MS;
    uint64_t rest = options->idle_deadline_ms ? options->idle_deadline_ms : LIMIT_IDLE_DEADLINE_MS;
    uint64_t idle_ms = rest / 2 < IDLE_MS ? rest / 2 + 1 : IDLE_MS;
    uint64_t sweep = read < rest ? read / 4 : rest / 4;
    listener->phase_ms[PHASE_HEAD] = listener->phase_ms[PHASE_BODY] = read;
    listener->phase_ms[PHASE_WRITE] = LIMIT_WRITE_DEADLINE_MS;
    listener->phase_ms[PHASE_IDLE] = idle_ms;
    listener->phase_ms[PHASE_REST] = rest > idle_ms ? rest - idle_ms : 1;
    listener->phase_ms[PHASE_LINGER] = LINGER_MS;
    sweep = sweep > SWEEP_MS ? SWEEP_MS : sweep + 1;
    uv_timer_start(&listener->sweep, on_sweep, sweep, sweep);
}

enum status listen_open(uv_loop_t *loop, const struct listen_options *options,
                        const struct listen_handler *handler, void *context,
                        struct listener **ret_listener, struct error *ret_error)
{
    struct sockaddr_storage address;
    socklen_t len;
    int fd = -1, code;
    signal(SIGPIPE, SIG_IGN); /* a client that left is an error code, not the end of us */
    if (!read_address(options, &address, &len)) {
        snprintf(ret_error->text, sizeof ret_error->text, "%.*s is not an IP address to listen on",
                 SPAN_ARG(options->host));
        return INVALID;
    }
    if ((code = open_socket(options, &address, len, &fd)) != 0)
        return trouble(ret_error, options, code);
    len = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &len);

    struct listener *listener = calloc(1, sizeof *listener);
    if (listener == NULL)
        abort();
    *listener = (struct listener){.handler = handler, .context = context, .alive = 2};
    listener->trusted = options->trusted;
    listener->ceiling = options->connections ? options->connections : LIMIT_CONNECTIONS;
    listener->port = ntohs(((struct sockaddr_in *)&address)->sin_port); /* same place in both */
    buf_init(&listener->out, SCRATCH_BYTES);
    buf_init(&listener->json, SCRATCH_BYTES);
    uv_timer_init(loop, &listener->sweep);
    uv_tcp_init(loop, &listener->server);
    listener->sweep.data = listener->server.data = listener;
    set_durations(listener, options);
    code = uv_tcp_open(&listener->server, fd);
    if (code < 0)
        close(fd);
    else
        code = uv_listen((uv_stream_t *)&listener->server, BACKLOG, on_connection);
    if (code < 0) {
        listen_close(listener);
        return trouble(ret_error, options, -code);
    }
    *ret_listener = listener;
    return OK;
}

uint16_t listen_port(const struct listener *listener)
{
    return listener->port;
}

unsigned listen_connections(const struct listener *listener)
{
    return listener->open;
}

/* ---- closing ---- */

static void on_server_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    listener->server_closed = true;
    listener_let_go(listener);
}

static void on_sweep_closed(uv_handle_t *handle)
{
    listener_let_go(handle->data);
}

static void close_server(struct listener *listener)
{
    if (!uv_is_closing((uv_handle_t *)&listener->server))
        uv_close((uv_handle_t *)&listener->server, on_server_closed);
}

/* Bytes may lie in the socket that no turn of the loop has read yet: a request to be served. */
static bool has_unread(struct connection *connection)
{
    uv_os_fd_t fd;
    char byte;
    return uv_fileno((uv_handle_t *)&connection->tcp, &fd) == 0 &&
           recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

void listen_drain(struct listener *listener, void (*drained)(void *arg), void *arg)
{
    assert(!listener->draining);
    listener->draining = true;
    listener->drained = drained;
    listener->drained_arg = arg;
    close_server(listener);
    static const enum listen_phase quiet[] = {PHASE_IDLE, PHASE_REST, PHASE_HEAD};
    for (unsigned i = 0; i < COUNT_OF(quiet); i++)
        for (struct connection *c = listener->phases[quiet[i]].first, *next; c; c = next) {
            next = c->next;
            if (idle(c) && !has_unread(c))
                listen_drop(c);
        }
}

void listen_close(struct listener *listener)
{
    assert(!listener->closed);
    listener->closed = true;
    close_server(listener);
    uv_close((uv_handle_t *)&listener->sweep, on_sweep_closed);
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++)
        while (listener->phases[phase].first)
            listen_drop(listener->phases[phase].first);
}
