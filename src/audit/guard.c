/*
 * SOCKS5 (RFC 1928) as far as Chromium speaks it: no authentication, CONNECT only.
 *
 *   browser: 05 n methods…                       guard: 05 00
 *   browser: 05 01 00 type address port          guard: 05 code 00 01 0.0.0.0 0
 *            type 01 IPv4, 03 length and name, 04 IPv6      0 open, 2 not allowed, 4 unreachable
 *   then bytes both ways until either ends
 *
 * A connection is two streams, each with one buffer; a stream is read again when what it gave is
 * written, so a slow side holds the other back and memory stays at two buffers a connection.
 */
#include "guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "../base/limits.h"
#include "../net/addr.h"

#define GUARD_CONNECTIONS 600u           /* at a time */
#define GUARD_BYTES       (400ull * MIB) /* of one audit, down */
#define GUARD_BUFFER      (32u * KIB)

struct guard;
struct side {
    uv_tcp_t tcp;
    uv_write_t write;
    struct link *link;
    char buffer[GUARD_BUFFER];
    bool open, ended;
};
struct link { /* one connection of the browser */
    struct guard *guard;
    struct side browser, server;
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    char name[256];
    uint16_t port;
    size_t had; /* bytes of the handshake in browser.buffer */
    enum { HELLO, ASK, RESOLVING, CONNECTING, OPEN, CLOSING } state;
    unsigned handles; /* that are open, and a running resolve */
    struct link *next, *previous;
};
struct guard {
    pthread_t thread;
    uv_loop_t loop;
    uv_tcp_t listener;
    uv_async_t stop;
    uv_sem_t ready;
    struct link *links;
    unsigned link_count;
    unsigned long long bytes;
    bool allow_private, closing;
    uint16_t port;
    enum status status;
    atomic_uint refused;
};

static void link_free(struct link *link)
{
    if (--link->handles > 0)
        return;
    struct guard *guard = link->guard;
    if (link->previous)
        link->previous->next = link->next;
    else
        guard->links = link->next;
    if (link->next)
        link->next->previous = link->previous;
    guard->link_count--;
    free(link);
}

static void on_closed(uv_handle_t *handle)
{
    struct side *side = handle->data;
    link_free(side->link);
}

static void side_close(struct side *side)
{
    if (!side->open)
        return;
    side->open = false;
    uv_close((uv_handle_t *)&side->tcp, on_closed);
}

static void link_close(struct link *link)
{
    if (link->state == RESOLVING)
        uv_cancel((uv_req_t *)&link->resolve);
    link->state = CLOSING;
    side_close(&link->browser);
    side_close(&link->server);
}

static struct side *other(struct side *side)
{
    return side == &side->link->browser ? &side->link->server : &side->link->browser;
}

/* ---- bytes both ways ---- */

static void on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buffer)
{
    struct side *side = handle->data;
    size_t had = side->link->state < OPEN ? side->link->had : 0;
    (void)wanted;
    *ret_buffer = uv_buf_init(side->buffer + had, (unsigned)(sizeof side->buffer - had));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

static void on_written(uv_write_t *write, int status)
{
    struct side *from = write->data; /* whose bytes these were */
    if (status != 0 || from->link->state == CLOSING) {
        link_close(from->link);
        return;
    }
    if (!from->ended)
        uv_read_start((uv_stream_t *)&from->tcp, on_alloc, on_read);
}

static void on_shut(uv_shutdown_t *shut, int status)
{
    struct side *side = shut->data;
    free(shut);
    if (status != 0 || other(side)->ended == side->ended)
        link_close(side->link);
}

/* One direction is at its end: the other may go on. */
static void side_end(struct side *side)
{
    uv_shutdown_t *shut = malloc(sizeof *shut);
    side->ended = true;
    uv_read_stop((uv_stream_t *)&side->tcp);
    if (shut == NULL)
        abort();
    shut->data = other(side);
    if (other(side)->ended || uv_shutdown(shut, (uv_stream_t *)&other(side)->tcp, on_shut) != 0) {
        free(shut);
        link_close(side->link);
    }
}

static void pass_on(struct side *from, size_t len)
{
    struct link *link = from->link;
    uv_buf_t out = uv_buf_init(from->buffer, (unsigned)len);
    link->guard->bytes += from == &link->server ? len : 0;
    if (link->guard->bytes > GUARD_BYTES) {
        link_close(link);
        return;
    }
    uv_read_stop((uv_stream_t *)&from->tcp);
    from->write.data = from;
    if (uv_write(&from->write, (uv_stream_t *)&other(from)->tcp, &out, 1, on_written) != 0)
        link_close(link);
}

/* ---- the handshake ---- */

static void on_told(uv_write_t *write, int status)
{
    struct link *link = write->data;
    if (status != 0 || link->state != OPEN) {
        link_close(link);
        return;
    }
    uv_read_start((uv_stream_t *)&link->browser.tcp, on_alloc, on_read);
    uv_read_start((uv_stream_t *)&link->server.tcp, on_alloc, on_read);
}

static void tell(struct link *link, unsigned char code)
{
    static const char answers[][10] = {[0] = {5, 0, 0, 1}, [2] = {5, 2, 0, 1}, [4] = {5, 4, 0, 1}};
    uv_buf_t out = uv_buf_init((char *)(uintptr_t)answers[code], 10);
    link->state = code == 0 ? OPEN : CONNECTING;
    link->browser.write.data = link;
    if (uv_write(&link->browser.write, (uv_stream_t *)&link->browser.tcp, &out, 1, on_told) != 0)
        link_close(link);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct link *link = connect->data;
    if (link->state == CLOSING)
        return;
    tell(link, status == 0 ? 0 : 4);
}

static bool allowed(const struct guard *guard, const struct sockaddr *address)
{
    char text[64] = "";
    if (address->sa_family == AF_INET)
        uv_ip4_name((const struct sockaddr_in *)(const void *)address, text, sizeof text);
    else if (address->sa_family == AF_INET6)
        uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, text, sizeof text);
    return *text && (guard->allow_private || addr_public(span_of(text)));
}

/* The first address that may be connected to; the name's port is put in. */
static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *found)
{
    struct link *link = resolve->data;
    struct addrinfo *one = status == 0 ? found : NULL;
    bool refused = false, closing = link->state == CLOSING;
    while (!closing && one && !allowed(link->guard, one->ai_addr)) {
        refused = true;
        one = one->ai_next;
    }
    if (!closing && one == NULL) {
        if (refused)
            atomic_fetch_add(&link->guard->refused, 1);
        tell(link, refused ? 2 : 4);
    } else if (!closing) {
        link->state = CONNECTING;
        uv_tcp_init(&link->guard->loop, &link->server.tcp);
        link->server.tcp.data = &link->server;
        link->server.open = true;
        link->handles++;
        link->connect.data = link;
        if (uv_tcp_connect(&link->connect, &link->server.tcp, one->ai_addr, on_connected) != 0)
            tell(link, 4);
    }
    uv_freeaddrinfo(status == 0 ? found : NULL);
    link_free(link);
}

static void resolve(struct link *link)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char port[8];
    snprintf(port, sizeof port, "%u", link->port);
    link->state = RESOLVING;
    link->resolve.data = link;
    uv_read_stop((uv_stream_t *)&link->browser.tcp);
    link->handles++;
    if (uv_getaddrinfo(&link->guard->loop, &link->resolve, on_resolved, link->name, port, &hints) !=
        0) {
        link->handles--;
        tell(link, 4);
    }
}

/* The bytes after the greeting; 0: more are needed, else how many it took. */
static size_t read_ask(struct link *link, const unsigned char *at, size_t len)
{
    if (len < 5)
        return 0;
    size_t size = at[3] == 1 ? 4 : at[3] == 4 ? 16 : at[4], start = at[3] == 3 ? 5 : 4;
    if (len < start + size + 2)
        return 0;
    if (at[3] == 3) {
        memcpy(link->name, at + start, size);
        link->name[size] = '\0';
        /* A zero inside would show one name to the check and another to the resolver. */
        if (strlen(link->name) != size)
            link->name[0] = '\0';
    } else if (at[3] == 1) {
        uv_inet_ntop(AF_INET, at + start, link->name, sizeof link->name);
    } else if (at[3] == 4) {
        uv_inet_ntop(AF_INET6, at + start, link->name, sizeof link->name);
    }
    link->port = (uint16_t)(at[start + size] << 8 | at[start + size + 1]);
    return start + size + 2;
}

static void on_hello_told(uv_write_t *write, int status)
{
    if (status != 0)
        link_close(write->data);
}

static void hear(struct link *link)
{
    const unsigned char *at = (const unsigned char *)link->browser.buffer;
    if (link->state == HELLO && link->had >= 2 && link->had >= 2u + at[1]) {
        uv_buf_t out = uv_buf_init((char *)(uintptr_t) "\5\0", 2);
        size_t took = 2u + at[1];
        link->had -= took;
        memmove(link->browser.buffer, link->browser.buffer + took, link->had);
        link->state = ASK;
        link->browser.write.data = link;
        if (uv_write(&link->browser.write, (uv_stream_t *)&link->browser.tcp, &out, 1,
                     on_hello_told) != 0)
            link_close(link);
    }
    if (link->state != ASK || link->had < 4)
        return;
    if (at[0] != 5 || at[1] != 1 || (at[3] != 1 && at[3] != 3 && at[3] != 4)) {
        link_close(link);
        return;
    }
    /* Chromium waits for the answer before it sends more. */
    if (read_ask(link, at, link->had) == 0)
        return;
    if (*link->name)
        resolve(link);
    else
        link_close(link);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct side *side = stream->data;
    struct link *link = side->link;
    (void)buffer;
    if (len == 0 || link->state == CLOSING)
        return;
    if (link->state == OPEN && len == UV_EOF) {
        side_end(side);
    } else if (len < 0 || link->had + (size_t)len > sizeof side->buffer) {
        link_close(link);
    } else if (link->state == OPEN) {
        pass_on(side, (size_t)len);
    } else {
        link->had += (size_t)len;
        if (link->had > 600)
            link_close(link);
        else
            hear(link);
    }
}

/* ---- open and close ---- */

static void on_connection(uv_stream_t *listener, int status)
{
    struct guard *guard = listener->data;
    if (status != 0 || guard->closing)
        return;
    struct link *link = calloc(1, sizeof *link);
    if (link == NULL)
        abort();
    link->guard = guard;
    link->browser.link = link->server.link = link;
    link->browser.tcp.data = &link->browser;
    link->next = guard->links;
    if (guard->links)
        guard->links->previous = link;
    guard->links = link;
    guard->link_count++;
    uv_tcp_init(&guard->loop, &link->browser.tcp);
    link->browser.tcp.data = &link->browser;
    link->browser.open = true;
    link->handles = 1;
    if (uv_accept(listener, (uv_stream_t *)&link->browser.tcp) != 0 ||
        guard->link_count > GUARD_CONNECTIONS ||
        uv_read_start((uv_stream_t *)&link->browser.tcp, on_alloc, on_read) != 0)
        link_close(link);
}

static void on_stop(uv_async_t *stop)
{
    struct guard *guard = stop->data;
    guard->closing = true;
    for (struct link *link = guard->links, *next; link; link = next) {
        next = link->next;
        link_close(link);
    }
    if (!uv_is_closing((uv_handle_t *)&guard->listener))
        uv_close((uv_handle_t *)&guard->listener, NULL);
    uv_close((uv_handle_t *)stop, NULL);
}

static enum status listen_here(struct guard *guard)
{
    struct sockaddr_in address;
    struct sockaddr_storage bound;
    int len = sizeof bound;
    uv_tcp_init(&guard->loop, &guard->listener);
    guard->listener.data = guard;
    if (uv_ip4_addr("127.0.0.1", 0, &address) != 0 ||
        uv_tcp_bind(&guard->listener, (const struct sockaddr *)&address, 0) != 0 ||
        uv_listen((uv_stream_t *)&guard->listener, 64, on_connection) != 0 ||
        uv_tcp_getsockname(&guard->listener, (struct sockaddr *)&bound, &len) != 0)
        return BROKEN;
    guard->port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
    return OK;
}

static void *run(void *arg)
{
    struct guard *guard = arg;
    uv_loop_init(&guard->loop);
    uv_async_init(&guard->loop, &guard->stop, on_stop);
    guard->stop.data = guard;
    guard->status = listen_here(guard);
    uv_sem_post(&guard->ready);
    uv_run(&guard->loop, UV_RUN_DEFAULT);
    uv_loop_close(&guard->loop);
    return NULL;
}

enum status guard_open(bool allow_private, struct guard **ret_guard)
{
    struct guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        abort();
    guard->allow_private = allow_private;
    uv_sem_init(&guard->ready, 0);
    if (pthread_create(&guard->thread, NULL, run, guard) != 0) {
        uv_sem_destroy(&guard->ready);
        free(guard);
        return BROKEN;
    }
    uv_sem_wait(&guard->ready);
    if (guard->status != OK) {
        guard_close(guard);
        return BROKEN;
    }
    *ret_guard = guard;
    return OK;
}

uint16_t guard_port(const struct guard *guard)
{
    return guard->port;
}

unsigned guard_refused(const struct guard *guard)
{
    return atomic_load(&guard->refused);
}

void guard_close(struct guard *guard)
{
    if (guard == NULL)
        return;
    uv_async_send(&guard->stop);
    pthread_join(guard->thread, NULL);
    uv_sem_destroy(&guard->ready);
    free(guard);
}
