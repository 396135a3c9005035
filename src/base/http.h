/*
 * An HTTP message as plain data. net/ fills it from the wire; sources, destinations and the
 * sandbox read and write it without knowing that there is a wire.
 */
#ifndef BASE_HTTP_H
#define BASE_HTTP_H
#include "arena.h"
#include "buf.h"

struct http_header {
    span name, value;
};

struct http_request {
    span method, target; /* as on the request line */
    span path, query;    /* target split at '?', raw */
    span host;           /* Host header without port, lower case */
    const struct http_header *headers;
    unsigned header_count;
    span body;           /* whole, chunks joined */
    span peer_ip;        /* who opened the connection */
    span client_ip;      /* after trusted proxies: the visitor */
    int64_t received_at; /* ms, when the body was complete */
};

struct http_response {
    int status; /* 0: none came (network error) */
    const struct http_header *headers;
    unsigned header_count;
    span body;
};

/* A request that we make. Everything it points to lives until its answer is judged. */
struct http_call {
    const char *method;
    span url;
    const struct http_header *headers; /* Host, Content-Length and User-Agent are net/'s */
    unsigned header_count;
    span body;
};

/* Case-insensitive; the first one; absent when not there. */
span http_header_get(const struct http_header *headers, unsigned count, const char *name);
static inline span http_request_header(const struct http_request *r, const char *name)
{
    return http_header_get(r->headers, r->header_count, name);
}
static inline span http_response_header(const struct http_response *r, const char *name)
{
    return http_header_get(r->headers, r->header_count, name);
}
const char *http_reason(int status); /* "Not Found" */

#endif
