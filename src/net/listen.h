/*
 * The HTTP/1.1 server: libuv moves bytes, llhttp reads them, the connections, deadlines and
 * ceilings are ours.
 *
 * One listener belongs to one loop (one thread); several listeners share a port by
 * SO_REUSEPORT. A connection reads no further while one of its answers is parked
 * (llhttp_pause), so pipelined requests are answered in order and a client can make us hold
 * one request at most. Memory of a request is its arena, forgotten when it is answered.
 *
 * Refused here, before any handler sees it: malformed HTTP, both Content-Length and
 * Transfer-Encoding, two Content-Length, a blank before a header's colon, no or several Host
 * headers, headers over LIMIT_HEADER_BYTES or LIMIT_HEADER_COUNT (431), a target over
 * LIMIT_TARGET_BYTES (414), a body over its ceiling (413), slow headers or bodies (408,
 * LIMIT_READ_DEADLINE_MS in total for each), too many connections (503 and close).
 * All with a JSON body {"error","detail"}. Expect: 100-continue is answered once the ceiling
 * is known to hold.
 *
 * Thread: everything here is called on the listener's loop thread.
 */
#ifndef NET_LISTEN_H
#define NET_LISTEN_H
#include <uv.h>

#include "../base/http.h"
#include "addr.h"

struct listener;

/* One request on its way to its answer. Valid until listen_answer(), even when the client has
   gone (the answer is then dropped). */
struct exchange {
    struct arena *arena;         /* dies with the answer */
    struct http_request request; /* complete */
    void *user;                  /* the handler's, starts NULL */
};

struct listen_handler {
    /* The head is complete: how large may the body be? Request has no body yet. */
    size_t (*body_ceiling)(void *context, const struct http_request *head);
    /* The body is complete. Answer now or park: keep the pointer, answer later, on this thread. */
    void (*request)(void *context, struct exchange *exchange);
    /* Optional: something was refused before a handler saw it; for counting. `error` is the
       machine word of the answer ("header_too_large"). */
    void (*refused)(void *context, int status, const char *error);
    /* Optional: extra headers of a refusal whose request head is complete (413, a slow body), at
       most LISTEN_REFUSAL_HEADERS; returns how many. What they point to lives as long as `head`. */
    unsigned (*refusal_headers)(void *context, const struct http_request *head,
                                struct http_header *ret_headers);
};
#define LISTEN_REFUSAL_HEADERS 8u

struct listen_options {
    span host;     /* IP to bind */
    uint16_t port; /* 0: any free one, see listen_port() */
    bool reuse_port;
    struct addr_list trusted;  /* proxies whose X-Forwarded-For is believed */
    unsigned connections;      /* ceiling for this listener; 0 = LIMIT_CONNECTIONS */
    unsigned read_deadline_ms; /* 0 = LIMIT_READ_DEADLINE_MS; tests make it short */
    unsigned idle_deadline_ms; /* 0 = LIMIT_IDLE_DEADLINE_MS */
};

MUST_USE enum status listen_open(uv_loop_t *loop, const struct listen_options *options,
                                 const struct listen_handler *handler, void *context,
                                 struct listener **ret_listener, struct error *ret_error);
uint16_t listen_port(const struct listener *listener);
unsigned listen_connections(const struct listener *listener);

/* Answers and ends the exchange. `headers` are extra lines (Content-Length, Date and Connection
   are written here); body may be empty. Copies what it needs. */
void listen_answer(struct exchange *exchange, int status, const struct http_header *headers,
                   unsigned header_count, span body);
/* {"error":error,"detail":detail} as application/json. Extra headers allowed. */
void listen_answer_error(struct exchange *exchange, int status, const char *error,
                         const char *detail, const struct http_header *headers,
                         unsigned header_count);
/* For the sandbox's faults: closes the connection with a TCP reset, no answer. */
void listen_reset(struct exchange *exchange);
/* The same, in order: the client sees an end where an answer should be, or the rest of one. */
void listen_hang_up(struct exchange *exchange);
/* And bytes on the line as they are; the exchange stays open. False: the client is gone. */
bool listen_raw(struct exchange *exchange, span bytes);

/* An answer in pieces, until one side ends it (server-sent events). `closed` is called once, when
   the connection is over for whatever reason, listen_stream_close() and the end of the listener
   included; the exchange is gone by then. false: the client has left already; the exchange is over
   and `closed` will not be called. */
MUST_USE bool listen_stream_open(struct exchange *exchange, const struct http_header *headers,
                                 unsigned header_count, void (*closed)(void *arg), void *arg);
/* false: the client has not taken the last piece yet, this one was not sent. May end the stream. */
MUST_USE bool listen_stream_send(struct exchange *exchange, span piece);
void listen_stream_close(struct exchange *exchange);

/* Stops accepting, closes idle connections, lets parked and half-read requests finish and
   answers them with Connection: close. `drained` is called once nothing is left, clients that
   have not hung up after their last answer included (2 s at most); never from inside here. */
void listen_drain(struct listener *listener, void (*drained)(void *arg), void *arg);
/* Closes everything now. The listener is freed once libuv has closed its handles. */
void listen_close(struct listener *listener);
const char *listen_library(void); /* what reads HTTP, for `version` */

#endif
