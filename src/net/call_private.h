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

struct call {
    struct caller *caller;
    struct call *previous, *next; /* in running or stuck; in pool next only */
    CURL *easy;
    struct curl_slist *header_lines;
    call_done *done;
    void *arg;
    struct arena arena; /* URL and the answer's headers */
    struct http_header headers[LIMIT_HEADER_COUNT];
    unsigned header_count, sendings;
    size_t header_bytes;
    struct buf body;
    bool head_done;          /* of the answer */
    bool cut, added, resent; /* body cut; known to curl; stopped from sending twice */
    int64_t started_us;
    char trouble[CURL_ERROR_SIZE];
};

struct caller {
    uv_loop_t *loop;
    uv_timer_t timer;
    CURLM *multi;
    CURLSH *share;
    struct call *running, *stuck, *pool; /* stuck: curl would not have them */
    unsigned count, pool_count;          /* running and stuck; pooled */
    unsigned handles;                    /* libuv handles not closed yet */
    bool closing;
    struct call_options options;
    char *ca_file;
};

/* Tells curl how to use caller->loop; the timer exists from here on. */
void call_attach(struct caller *caller);
/* Closes the timer; once the last handle is closed the caller is freed. */
void call_detach(struct caller *caller);
void call_wake(struct caller *caller);    /* call_collect() in the next turn of the loop */
void call_collect(struct caller *caller); /* ends what has finished */

#endif
