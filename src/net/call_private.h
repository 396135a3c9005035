/*
 * What the two files of the client share.
 *
 *   call.c       requests: making them, their fate, the pool.
 *   call_loop.c  curl's sockets and timer on a libuv loop.
 */
#ifndef NET_CALL_PRIVATE_H
#define NET_CALL_PRIVATE_H
#include <curl/curl.h>

#include "../base/limits.h"
#include "call.h"

/* Where requests go: as many at a time as there may be connections; the others wait here and not in
   curl, which walks through all that wait whenever one of them ends. */
struct call_host {
    struct call_host *next;
    unsigned running;
    struct call *first, *last; /* of those that wait */
    size_t len;
    char name[]; /* scheme, host and port */
};

struct call {
    struct caller *caller;
    struct call_host *host;       /* of whose running ones it is */
    struct call *previous, *next; /* in running or stuck; waiting and in pool next only */
    CURL *easy;
    struct curl_slist *header_lines;
    call_done *done;
    void *arg;
    struct arena arena; /* URL and the answer's headers */
    struct http_header headers[LIMIT_HEADER_COUNT];
    unsigned header_count, sendings;
    curl_socket_t opened[2]; /* last sockets made for this call: two where IPv4 races IPv6 */
    size_t header_bytes;
    struct buf body;
    bool head_done;     /* of the answer */
    bool cut, added;    /* body cut; known to curl */
    bool resent, stale; /* stopped from sending twice; from sending on a dying connection */
    int64_t started_us;
    char trouble[CURL_ERROR_SIZE];
};

#define CALL_SOCKETS 1024u

struct caller {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    CURLSH *share;
    struct call *running, *stuck, *pool; /* stuck: curl would not have them */
    unsigned count, pool_count;          /* running, stuck and waiting; pooled */
    struct call_host *hosts;             /* with anything running or waiting */
    unsigned handles;                    /* libuv handles not closed yet */
    bool closing;
    struct call_options options;
    char *ca_file;
    curl_socket_t sockets[CALL_SOCKETS]; /* of connections, by local port modulo the count */
};

/* Tells curl how to use caller->loop; the timer exists from here on. */
void call_attach(struct caller *caller);
/* Closes the timer; once the last handle is closed the caller is freed. */
void call_detach(struct caller *caller);
/* A request is about to be sent from `local_port`: remembers the new connection, and says of a
   kept one whether the other side has said good-bye on it already. */
bool call_goes_stale(struct call *call, int local_port);
void call_wake(struct caller *caller);    /* call_collect() in the next turn of the loop */
void call_collect(struct caller *caller); /* ends what has finished */

#endif
