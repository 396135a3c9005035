/*
 * A listener and its clients in one thread: the test turns the loop by hand while it talks
 * through plain sockets, so that nothing happens behind its back. Everything waits at most
 * a few seconds and then fails.
 */
#ifndef UNIT_NET_KIT_H
#define UNIT_NET_KIT_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../src/base/clock.h"
#include "../../../src/net/listen.h"

#define KIT_WAIT_US INT64_C(5000000)
#define KIT_RUN(tests)                                                                             \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

struct shop { /* what a handler of these tests knows */
    uv_loop_t loop;
    struct listener *listener;
    struct listen_options options;
    bool parks; /* keep exchanges instead of echoing them */
    struct exchange *parked[64];
    unsigned parked_count, requests, refusals, ceilings_asked;
    int last_refusal;
    char last_word[64], last_target[128], last_host[64], last_ip[64], last_method[16];
    char *last_body;
    size_t ceiling, last_len;
    bool drained;
};

struct client {
    int fd;
    char *text; /* everything received, NUL-terminated */
    size_t len, room;
    bool ended, reset;
};

static inline void kit_copy(char *to, size_t room, span from)
{
    snprintf(to, room, "%.*s", SPAN_ARG(from));
}

static inline size_t kit_ceiling(void *context, const struct http_request *head)
{
    struct shop *shop = context;
    assert_null(head->body.ptr);
    shop->ceilings_asked++;
    return shop->ceiling;
}

/* "METHOD path [body length]" as the answer. */
static inline void kit_echo(struct exchange *exchange)
{
    const struct http_request *r = &exchange->request;
    static const struct http_header plain[] = {{SPAN("Content-Type"), SPAN("text/plain")}};
    span body = arena_print(exchange->arena, "%.*s %.*s [%zu]", SPAN_ARG(r->method),
                            SPAN_ARG(r->path), r->body.len);
    listen_answer(exchange, 200, plain, 1, body);
}

static inline void kit_request(void *context, struct exchange *exchange)
{
    struct shop *shop = context;
    const struct http_request *r = &exchange->request;
    shop->requests++;
    kit_copy(shop->last_target, sizeof shop->last_target, r->target);
    kit_copy(shop->last_host, sizeof shop->last_host, r->host);
    kit_copy(shop->last_ip, sizeof shop->last_ip, r->client_ip);
    kit_copy(shop->last_method, sizeof shop->last_method, r->method);
    free(shop->last_body);
    shop->last_len = r->body.len;
    shop->last_body = malloc(r->body.len + 1);
    memcpy(shop->last_body, r->body.len ? r->body.ptr : "", r->body.len);
    shop->last_body[r->body.len] = 0;
    assert_null(exchange->user);
    if (!shop->parks)
        kit_echo(exchange);
    else if (shop->parked_count < 64)
        shop->parked[shop->parked_count++] = exchange;
}

static inline void kit_refused(void *context, int status, const char *error)
{
    struct shop *shop = context;
    shop->refusals++;
    shop->last_refusal = status;
    snprintf(shop->last_word, sizeof shop->last_word, "%s", error);
}

static const struct listen_handler kit_handler = {kit_ceiling, kit_request, kit_refused};

static inline void kit_open(struct shop *shop)
{
    struct error error = {0};
    assert_int_equal(uv_loop_init(&shop->loop), 0);
    if (shop->options.host.ptr == NULL)
        shop->options.host = SPAN("127.0.0.1");
    if (shop->ceiling == 0)
        shop->ceiling = 64 * 1024;
    if (listen_open(&shop->loop, &shop->options, &kit_handler, shop, &shop->listener, &error) != OK)
        fail_msg("%s", error.text);
    assert_int_not_equal(listen_port(shop->listener), 0);
}

static inline void kit_close(struct shop *shop)
{
    if (shop->listener)
        listen_close(shop->listener);
    uv_run(&shop->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&shop->loop), 0);
    free(shop->last_body);
}

/* `who` is anything with a loop. */
#define kit_turn(who)      kit_turn_loop(&(who)->loop)
#define kit_pause(who, ms) kit_pause_loop(&(who)->loop, (ms))

static inline void kit_turn_loop(uv_loop_t *loop)
{
    uv_run(loop, UV_RUN_NOWAIT);
    usleep(200);
}

#define kit_until(who, condition)                                                                  \
    do {                                                                                           \
        int64_t kit_end = clock_monotonic_us() + KIT_WAIT_US;                                      \
        while (!(condition)) {                                                                     \
            kit_turn(who);                                                                         \
            if (clock_monotonic_us() > kit_end)                                                    \
                fail_msg("line %d: waited in vain for %s", __LINE__, #condition);                  \
        }                                                                                          \
    } while (0)

static inline void kit_pause_loop(uv_loop_t *loop, int64_t ms)
{
    int64_t end = clock_monotonic_us() + ms * 1000;
    while (clock_monotonic_us() < end)
        kit_turn_loop(loop);
}

static inline int kit_socket(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return fd;
}

static inline struct client kit_connect(struct shop *shop)
{
    return (struct client){.fd = kit_socket(listen_port(shop->listener))};
}

static inline void kit_hang_up(struct client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    free(client->text);
    *client = (struct client){.fd = -1};
}

/* Takes what has come. */
static inline void kit_receive(struct client *client)
{
    for (;;) {
        if (client->room - client->len < 65536) {
            client->room += 1 << 20;
            client->text = realloc(client->text, client->room);
            assert_non_null(client->text);
        }
        ssize_t n = recv(client->fd, client->text + client->len, client->room - client->len - 1,
                         MSG_DONTWAIT);
        if (n > 0)
            client->len += (size_t)n;
        client->text[client->len] = 0;
        client->ended = client->ended || n == 0;
        client->reset = client->reset || (n < 0 && errno == ECONNRESET);
        if (n <= 0)
            return;
    }
}

/* Sends all, turning the loop so that a full socket empties. false: the other side is gone. */
static inline bool kit_send_bytes(struct shop *shop, struct client *client, span bytes)
{
    int64_t end = clock_monotonic_us() + KIT_WAIT_US;
    while (bytes.len > 0) {
        ssize_t n = send(client->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n > 0)
            bytes = span_sub(bytes, (size_t)n, bytes.len);
        kit_turn(shop);
        assert_true(clock_monotonic_us() < end);
    }
    return true;
}

static inline void kit_send(struct shop *shop, struct client *client, const char *text)
{
    assert_true(kit_send_bytes(shop, client, span_of(text)));
}

static inline unsigned kit_count(const char *text, const char *word)
{
    unsigned count = 0;
    for (; text && (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* Waits until `word` has come `times`. */
static inline void kit_await(struct shop *shop, struct client *client, const char *word,
                             unsigned times)
{
    int64_t end = clock_monotonic_us() + KIT_WAIT_US;
    while (kit_receive(client), kit_count(client->text, word) < times) {
        if (client->ended || client->reset || clock_monotonic_us() > end)
            fail_msg("no \"%s\" (%u times) but \"%s\"%s", word, times, client->text,
                     client->ended   ? " and the end"
                     : client->reset ? " and a reset"
                                     : "");
        kit_turn(shop);
    }
}

static inline void kit_await_end(struct shop *shop, struct client *client)
{
    int64_t end = clock_monotonic_us() + KIT_WAIT_US;
    while (kit_receive(client), !client->ended && !client->reset) {
        if (clock_monotonic_us() > end)
            fail_msg("not closed after \"%s\"", client->text);
        kit_turn(shop);
    }
}

static inline void kit_forget(struct client *client)
{
    client->len = 0;
    if (client->text)
        client->text[0] = 0;
}

#define kit_has(client, word)                                                                      \
    do {                                                                                           \
        if (!(client)->text || !strstr((client)->text, word))                                      \
            fail_msg("line %d: no \"%s\" in \"%s\"", __LINE__, word, (client)->text);              \
    } while (0)
#define kit_lacks(client, word)                                                                    \
    do {                                                                                           \
        if ((client)->text && strstr((client)->text, word))                                        \
            fail_msg("line %d: \"%s\" in \"%s\"", __LINE__, word, (client)->text);                 \
    } while (0)

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a.example\r\n\r\n"

#endif
