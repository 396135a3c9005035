/*
 * The listener: its socket, who is let in, the sweep of deadlines, drain and end.
 *
 * One coarse timer serves all deadlines: it looks at the first few connections of each
 * phase's list (see listen_connection.c). Connections over the ceiling are told so and
 * lingered over like any refused one, up to a sixteenth more; beyond that they are closed
 * without a word, so that a flood cannot make us hold more than we said.
 *
 * libuv itself survives running out of descriptors at accept (it keeps a spare one, closes
 * it, accepts, hangs up), so there is nothing to do about EMFILE here but to go on.
 */
#include "listen_private.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG       1024
#define SCRATCH_BYTES (64 * KIB) /* head of an answer, or the body of an error */
#define LINGER_MS     2000u
#define IDLE_MS       1000u
#define SWEEP_MS      250u

static void on_sweep(uv_timer_t *timer)
{
    struct listener *listener = timer->data;
    uint64_t now = uv_now(timer->loop);
    for (unsigned phase = 0; phase < PHASE_COUNT; phase++) {
        if (listener->phase_ms[phase] == 0)
            continue;
        struct connection *first;
        while ((first = listener->phases[phase].first) && first->deadline <= now)
            listen_expire(first);
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
    listen_link(connection, PHASE_HEAD);
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
        listen_read(connection);
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
    listen_let_go(listener);
}

static void on_sweep_closed(uv_handle_t *handle)
{
    listen_let_go(handle->data);
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
            if (listen_idle(c) && !has_unread(c))
                listen_drop(c);
        }
    for (struct connection *c = listener->phases[PHASE_PARKED].first, *next; c; c = next) {
        next = c->next;
        if (c->stream_closed)
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

#define TEXT_OF(name) #name
#define TEXT(name)    TEXT_OF(name)

const char *listen_library(void)
{
    return "llhttp " TEXT(LLHTTP_VERSION_MAJOR) "." TEXT(LLHTTP_VERSION_MINOR) "." TEXT(
        LLHTTP_VERSION_PATCH);
}
