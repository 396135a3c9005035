/*
 * A listener without a network, for the targets of whole servers: in place of net/listen there is
 * the fuzzer. A server is opened as ever; what it says to its listener ends here, and requests come
 * out of the fuzzer's bytes:
 *
 *     METHOD TARGET \n  Name: value \n … \n \n  body   0x1e   METHOD TARGET …
 *
 * What must hold, whatever was asked: each request is answered once or not at all, the request and
 * its memory are gone from then on (freed, so that ASan sees who still looks), headers hold no line
 * ends, what calls itself JSON is JSON, text is UTF-8, and HTML never repeats a tag of the asker's
 * ("<q7" is in the dictionaries).
 *
 * One file a target, so the functions of net/listen.h may be defined here.
 */
#ifndef FUZZ_DOOR_H
#define FUZZ_DOOR_H
#include <stdio.h>
#include <stdlib.h>

#include "hold.h"
#include "../src/base/json.h"
#include "../src/base/limits.h"
#include "../src/net/listen.h"

#define DOOR_REQUESTS 32u
#define DOOR_HEADERS  16u

struct door_request {
    struct exchange exchange; /* first */
    struct arena arena;
    struct http_header headers[DOOR_HEADERS + 1];
    struct door_request *next;
    void (*closed)(void *arg); /* of a stream */
    void *closed_arg;
};

static struct {
    const struct listen_handler *handler;
    void *context;
    struct door_request *open; /* not answered yet */
    bool lies;                 /* answers are wrong on order: nothing is expected of them */
    /* Optional: a last word on each request, to sign it. */
    void (*prepare)(struct door_request *request);
} door;

/* ---- what a server asks of its listener ---- */

enum status listen_open(uv_loop_t *loop, const struct listen_options *options,
                        const struct listen_handler *handler, void *context,
                        struct listener **ret_listener, struct error *ret_error)
{
    (void)loop, (void)options, (void)ret_error;
    door.handler = handler;
    door.context = context;
    *ret_listener = (struct listener *)(void *)&door;
    return OK;
}
uint16_t listen_port(const struct listener *listener)
{
    return listener ? 8080 : 0;
}
unsigned listen_connections(const struct listener *listener)
{
    return listener ? 1 : 0;
}
void listen_close(struct listener *listener)
{
    (void)listener;
}
void listen_drain(struct listener *listener, void (*drained)(void *arg), void *arg)
{
    (void)listener, (void)drained, (void)arg;
}
const char *listen_library(void)
{
    return "the fuzzer";
}

/* The request is over: nothing of it may be looked at again. */
static void door_forget(struct exchange *exchange)
{
    struct door_request **at = &door.open;
    while (*at && &(*at)->exchange != exchange)
        at = &(*at)->next;
    hold(*at != NULL); /* not answered twice */
    struct door_request *request = *at;
    *at = request->next;
    arena_done(&request->arena);
    free(request);
}

static void door_check_text(span type, span body)
{
    if (door.lies)
        return;
    if (span_starts(type, "application/json")) {
        struct arena arena;
        const struct json_value *root;
        arena_init(&arena, 256 * MIB);
        enum status status = json_parse(&arena, body, &root, NULL);
        hold(status == OK || status == FULL);
        arena_done(&arena);
    }
    if (span_starts(type, "text/html"))
        hold(memmem(body.ptr ? body.ptr : "", body.len, "<q7", 3) == NULL);
    if (span_starts(type, "text/"))
        hold(span_utf8(body));
}

static void door_check(int status, const struct http_header *headers, unsigned count, span body)
{
    hold(status >= 100 && status <= 599);
    for (unsigned i = 0; i < count; i++) {
        span name = headers[i].name, value = headers[i].value;
        hold(name.len > 0 && span_find(name, 0, ':') == name.len);
        for (size_t j = 0; j < value.len; j++)
            hold(value.ptr[j] != '\r' && value.ptr[j] != '\n' && value.ptr[j] != '\0');
    }
    if (http_header_get(headers, count, "content-encoding").ptr == NULL)
        door_check_text(http_header_get(headers, count, "content-type"), body);
}

void listen_answer(struct exchange *exchange, int status, const struct http_header *headers,
                   unsigned header_count, span body)
{
    door_check(status, headers, header_count, body);
    door_forget(exchange);
}
void listen_answer_error(struct exchange *exchange, int status, const char *error,
                         const char *detail, const struct http_header *headers,
                         unsigned header_count)
{
    hold(error[0] != '\0' && span_utf8(span_of(error)) && span_utf8(span_of(detail)));
    door_check(status, headers, header_count, (span){0});
    door_forget(exchange);
}
void listen_reset(struct exchange *exchange)
{
    door_forget(exchange);
}
void listen_hang_up(struct exchange *exchange)
{
    door_forget(exchange);
}
bool listen_raw(struct exchange *exchange, span bytes)
{
    return exchange->arena != NULL && bytes.len > 0;
}
bool listen_stream_open(struct exchange *exchange, const struct http_header *headers,
                        unsigned header_count, void (*closed)(void *arg), void *arg)
{
    struct door_request *request = (struct door_request *)(void *)exchange;
    door_check(200, headers, header_count, (span){0});
    request->closed = closed;
    request->closed_arg = arg;
    return true;
}
bool listen_stream_send(struct exchange *exchange, span piece)
{
    hold(exchange->arena != NULL && span_utf8(piece));
    return true;
}
void listen_stream_close(struct exchange *exchange)
{
    struct door_request *request = (struct door_request *)(void *)exchange;
    void (*closed)(void *arg) = request->closed;
    void *arg = request->closed_arg;
    door_forget(exchange);
    closed(arg);
}

/* ---- what the fuzzer asks of the server ---- */

/* The first line and the headers of `text`; what is left of it is the body. */
static bool door_read(struct door_request *request, span text)
{
    struct http_request *http = &request->exchange.request;
    span line, name;
    if (!span_split(&text, '\n', &line) || !span_split(&line, ' ', &http->method))
        return false;
    if (line.len == 0 || line.len > LIMIT_TARGET_BYTES || line.ptr[0] != '/')
        return false;
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.ptr[i] <= ' ' || line.ptr[i] == 0x7f)
            return false; /* llhttp has none of these in a target */
    http->target = line;
    size_t question = span_find(line, 0, '?');
    http->path = span_sub(line, 0, question);
    if (question < line.len)
        http->query = span_sub(line, question + 1, line.len);
    while (span_split(&text, '\n', &line) && line.len > 0 && http->header_count < DOOR_HEADERS) {
        if (!span_split(&line, ':', &name) || name.len == 0 ||
            span_find(line, 0, '\r') < line.len || span_find(line, 0, '\0') < line.len)
            continue; /* llhttp lets none of these through */
        request->headers[http->header_count++] = (struct http_header){name, span_trim(line)};
    }
    http->headers = request->headers;
    span host = http_request_header(http, "host");
    http->host = span_sub(host, 0, span_find(host, 0, ':'));
    http->body = text;
    return true;
}

/* Asks each request of the bytes. `always` (may be NULL) goes as a header with all of them. */
static void door_ask(span script, const struct http_header *always, int64_t now)
{
    span one;
    for (unsigned i = 0; i < DOOR_REQUESTS && span_split(&script, 0x1e, &one); i++) {
        struct door_request *request = calloc(1, sizeof *request);
        hold(request != NULL);
        struct http_request *http = &request->exchange.request;
        arena_init(&request->arena, LIMIT_REQUEST_ARENA);
        request->exchange.arena = &request->arena;
        http->client_ip = http->peer_ip = SPAN("203.0.113.7");
        http->received_at = now;
        request->next = door.open;
        door.open = request;
        /* A copy of its own: reading past it, or after the answer, is seen. */
        if (!door_read(request, arena_copy(&request->arena, one)) ||
            http->body.len > door.handler->body_ceiling(door.context, http)) {
            door_forget(&request->exchange);
            continue;
        }
        if (always)
            request->headers[http->header_count++] = *always;
        if (door.prepare)
            door.prepare(request);
        door.handler->request(door.context, &request->exchange);
    }
}

/* The clients leave: streams end. Who was answered later still will be. */
static inline void door_leave(void)
{
    struct door_request *request = door.open;
    while (request) {
        struct door_request *next = request->next;
        if (request->closed)
            listen_stream_close(&request->exchange);
        request = next;
    }
}

#endif
