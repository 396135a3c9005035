/*
 * The HTTP client: requests made with libcurl, their fate, and the pool they come from.
 *
 * Of each host only so many calls as it may have connections are with curl; the others wait in
 * line, as long as a request may take, and then have not been sent.
 *
 * Calls are pooled with their easy handles: what never changes is set once, connections live in the
 * multi handle, TLS sessions in a share object (without it each easy handle has its own).
 *
 * Fate. A request is AMBIGUOUS from its first byte on (CURLINFO_REQUEST_SIZE > 0), and before
 * that NOT_SENT. curl has a habit that would spoil this: when a kept connection dies without
 * an answer it sends the request again on a new one, although the first copy may have been
 * processed. Not for us to allow silently: where a platform does not deduplicate, that would
 * be a second purchase. The pre-request hook stops any second sending of a request of which
 * something has left (and lets it go on when nothing has, as with a connection that was dead
 * already); DELIVER then decides, as for any ambiguous answer. The same hook looks whether the
 * other side has ended the kept connection, and then has a new one made.
 *
 * What holds for every transfer of the program, this client's too, is rules.h.
 */
#include "call_private.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/clock.h"
#include "rules.h"

#define POOL_KEPT        64u
#define HOSTS_KEPT       8u /* connections are kept for this many hosts' worth */
#define CONNECTIONS      16u
#define CONNECTION_AGE_S 50L /* idle for longer: the other side may be closing just now */
#define LIMIT_CALL_ARENA (1 * MIB)

/* ---- what curl calls while a request runs ---- */

static size_t on_header(char *at, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    span line = span_trim((span){at, size * count});
    if (span_starts(line, "HTTP/")) {
        call->header_count = 0; /* an interim answer (100, 103) came before this one */
        call->head_done = false;
    } else if (line.len == 0) {
        call->head_done = true;
    }
    size_t colon = span_find(line, 0, ':');
    bool fits = call->header_count < LIMIT_HEADER_COUNT &&
                line.len <= LIMIT_HEADER_BYTES - call->header_bytes;
    if (colon > 0 && colon < line.len && fits) {
        line = arena_copy(&call->arena, line);
        call->header_bytes += line.len;
        call->headers[call->header_count++] = (struct http_header){
            .name = span_sub(line, 0, colon),
            .value = span_trim(span_sub(line, colon + 1, line.len)),
        };
    }
    return size * count;
}

static size_t on_body(char *at, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t len = size * count, room = LIMIT_ANSWER_BYTES - call->body.len;
    buf_add(&call->body, at, len < room ? len : room);
    if (len <= room)
        return len;
    call->cut = true; /* enough seen; reading on would cost the line for nothing */
    return 0;
}

static long request_size(const struct call *call)
{
    long size = 0;
    curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &size);
    return size;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct call *call = arg;
    (void)purpose;
    curl_socket_t fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    call->opened[1] = call->opened[0];
    call->opened[0] = fd;
    return fd;
}

static int on_before_request(void *arg, char *remote_ip, char *local_ip, int remote_port,
                             int local_port)
{
    struct call *call = arg;
    (void)remote_ip, (void)local_ip, (void)remote_port;
    call->stale = call_goes_stale(call, local_port);
    call->resent = call->sendings > 0 && request_size(call) > 0;
    if (call->stale || call->resent)
        return CURL_PREREQFUNC_ABORT;
    call->sendings++;
    return CURL_PREREQFUNC_OK;
}

/* ---- the pool ---- */

static void set_constants(struct call *call)
{
    const struct call_options *options = &call->caller->options;
    CURL *easy = call->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    rules_set(easy, "http,https", options->ca_file);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "sidetrack/" SIDETRACK_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_SHARE, call->caller->share);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, CONNECTION_AGE_S);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->total_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_ms);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_before_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->trouble);
}

static struct call *take_call(struct caller *caller)
{
    struct call *call = caller->pool;
    if (call) {
        caller->pool = call->next;
        caller->pool_count--;
    } else {
        call = calloc(1, sizeof *call);
        if (call == NULL || (call->easy = curl_easy_init()) == NULL)
            abort();
        call->caller = caller;
        arena_init(&call->arena, LIMIT_CALL_ARENA);
        buf_init(&call->body, LIMIT_ANSWER_BYTES);
        set_constants(call);
    }
    call->host = NULL;
    call->header_count = call->sendings = 0;
    call->header_bytes = 0;
    call->head_done = call->cut = call->added = false;
    call->resent = call->stale = false;
    call->opened[0] = call->opened[1] = -1;
    call->trouble[0] = 0;
    return call;
}

static void link_call(struct call *call)
{
    struct call **first = call->added ? &call->caller->running : &call->caller->stuck;
    call->previous = NULL;
    call->next = *first;
    if (call->next)
        call->next->previous = call;
    *first = call;
}

static void unlink_call(struct call *call)
{
    if (call->previous)
        call->previous->next = call->next;
    else if (call->added)
        call->caller->running = call->next;
    else
        call->caller->stuck = call->next;
    if (call->next)
        call->next->previous = call->previous;
}

static void free_call(struct call *call)
{
    curl_easy_cleanup(call->easy);
    arena_done(&call->arena);
    buf_done(&call->body);
    free(call);
}

static void return_call(struct call *call)
{
    struct caller *caller = call->caller;
    curl_slist_free_all(call->header_lines);
    call->header_lines = NULL;
    if (caller->closing || caller->pool_count >= POOL_KEPT) {
        free_call(call);
        return;
    }
    arena_reset(&call->arena);
    buf_done(&call->body);
    call->next = caller->pool;
    caller->pool = call;
    caller->pool_count++;
}

/* ---- sending ---- */

static void add_line(struct call *call, span line)
{
    struct curl_slist *longer =
        curl_slist_append(call->header_lines, arena_text(&call->arena, line));
    if (longer == NULL)
        abort();
    call->header_lines = longer;
}

static bool breaks_line(span s)
{
    return s.len > 0 &&
           (memchr(s.ptr, '\r', s.len) || memchr(s.ptr, '\n', s.len) || memchr(s.ptr, 0, s.len));
}

static bool set_headers(struct call *call, const struct http_call *what)
{
    bool typed = false;
    for (unsigned i = 0; i < what->header_count; i++) {
        span name = what->headers[i].name, value = span_trim(what->headers[i].value);
        if (breaks_line(name) || breaks_line(value) || name.len == 0)
            return false;
        typed = typed || span_equal_nocase(name, SPAN("Content-Type"));
        add_line(call, value.len == 0 ? arena_join(&call->arena, name, SPAN(";"))
                                      : arena_print(&call->arena, "%.*s: %.*s", SPAN_ARG(name),
                                                    SPAN_ARG(value)));
    }
    add_line(call, SPAN("Expect:")); /* or curl waits a second before a large body */
    if (!typed)
        add_line(call, SPAN("Content-Type:")); /* or curl calls it a form */
    return true;
}

static void set_request(struct call *call, const struct http_call *what)
{
    CURL *easy = call->easy;
    bool get = strcmp(what->method, "GET") == 0, head = strcmp(what->method, "HEAD") == 0;
    bool post = strcmp(what->method, "POST") == 0;
    curl_easy_setopt(easy, CURLOPT_URL, arena_text(&call->arena, what->url));
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->header_lines);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    if (what->body.len > 0 || post) {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, what->body.len > 0 ? what->body.ptr : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)what->body.len);
    } else if (head) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    bool plain = post || head || (get && what->body.len == 0);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plain ? NULL : what->method);
}

/* Gives it to curl, if that will have it. */
static void begin(struct call *call)
{
    struct caller *caller = call->caller;
    int64_t waited_us = clock_monotonic_us() - call->started_us;
    CURLMcode code = CURLM_OK;
    if (waited_us >= (int64_t)caller->options.total_ms * 1000)
        snprintf(call->trouble, sizeof call->trouble, "no connection was free in time");
    else
        code = curl_multi_add_handle(caller->multi, call->easy);
    if (code != CURLM_OK)
        snprintf(call->trouble, sizeof call->trouble, "%s", curl_multi_strerror(code));
    call->added = !call->trouble[0];
    link_call(call);
    if (!call->added)
        call_wake(caller); /* call_collect() ends it */
}

/* "https://host:port", of any URL. */
static span origin_of(span url)
{
    size_t at = span_find(url, 0, ':');
    return span_sub(url, 0, span_find(url, at + 3 < url.len ? at + 3 : url.len, '/'));
}

static struct call_host *host_of(struct caller *caller, span url)
{
    span name = origin_of(url);
    for (struct call_host *host = caller->hosts; host; host = host->next)
        if (span_equal((span){host->name, host->len}, name))
            return host;
    struct call_host *host = calloc(1, sizeof *host + name.len);
    if (host == NULL)
        abort();
    memcpy(host->name, name.ptr, name.len);
    host->len = name.len;
    host->next = caller->hosts;
    caller->hosts = host;
    return host;
}

static void host_join(struct call_host *host, struct call *call)
{
    call->host = host;
    if (host->running < call->caller->options.connections) {
        host->running++;
        begin(call);
        return;
    }
    call->next = NULL;
    *(host->first ? &host->last->next : &host->first) = call;
    host->last = call;
}

static struct call *host_pop(struct call_host *host)
{
    struct call *call = host->first;
    host->first = call->next;
    return call;
}

/* The next one in line takes its place. */
static void host_leave(struct call *call)
{
    struct call_host *host = call->host;
    if (host == NULL)
        return;
    call->host = NULL;
    if (host->first) {
        begin(host_pop(host));
        return;
    }
    if (--host->running > 0)
        return;
    struct call_host **at = &call->caller->hosts;
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    free(host);
}

void call_send(struct caller *caller, const struct http_call *what, call_done *done, void *arg)
{
    struct call *call = take_call(caller);
    caller->count++;
    call->done = done;
    call->arg = arg;
    call->started_us = clock_monotonic_us();
    if (caller->closing) {
        snprintf(call->trouble, sizeof call->trouble, "the caller is being closed");
    } else if (!set_headers(call, what)) {
        snprintf(call->trouble, sizeof call->trouble, "a header holds a line break");
    } else {
        set_request(call, what);
        host_join(host_of(caller, what->url), call);
        return;
    }
    link_call(call);
    if (!caller->closing)
        call_wake(caller); /* call_collect() ends it */
}

/* ---- ending ---- */

static long answer_status(const struct call *call)
{
    long status = 0;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static enum call_fate fate_of(const struct call *call, CURLcode code)
{
    if (call->sendings == 0 || request_size(call) == 0)
        return CALL_NOT_SENT;
    /* To curl, a connection that ends within the head or after a 100 ended well. */
    bool head = call->head_done && answer_status(call) >= 200;
    bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && call->cut);
    return head && whole ? CALL_ANSWERED : CALL_AMBIGUOUS;
}

/* The kept connection was at its end before anything was sent: once more, on a new one. */
static bool begin_again(struct call *call)
{
    CURLM *multi = call->caller->multi;
    if (!call->stale || call->resent || call->caller->closing)
        return false;
    call->stale = false;
    call->trouble[0] = 0;
    curl_multi_remove_handle(multi, call->easy);
    curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, 1L);
    return curl_multi_add_handle(multi, call->easy) == CURLM_OK;
}

static void finish(struct call *call, CURLcode code)
{
    struct caller *caller = call->caller;
    if (begin_again(call))
        return;
    struct call_result result = {
        .fate = fate_of(call, code),
        .trouble = "",
        .took_us = clock_monotonic_us() - call->started_us,
    };
    if (result.fate == CALL_ANSWERED) {
        result.response = (struct http_response){
            .status = (int)answer_status(call),
            .headers = call->headers,
            .header_count = call->header_count,
            .body = buf_span(&call->body),
        };
    } else if (call->resent || code == CURLE_OK) {
        result.trouble = "the connection was lost before the answer";
    } else {
        result.trouble = call->trouble[0] ? call->trouble : curl_easy_strerror(code);
    }
    if (call->added)
        curl_multi_remove_handle(caller->multi, call->easy);
    unlink_call(call);
    host_leave(call);
    caller->count--;
    call->done(call->arg, &result);
    return_call(call);
}

void call_collect(struct caller *caller)
{
    CURLMsg *message;
    int left;
    while (!caller->closing && (message = curl_multi_info_read(caller->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        struct call *call;
        CURLcode code = message->data.result; /* the message dies with the removal */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        finish(call, code);
    }
    while (!caller->closing && caller->stuck)
        finish(caller->stuck, CURLE_FAILED_INIT);
}

void call_close(struct caller *caller)
{
    assert(!caller->closing);
    caller->closing = true;
    for (struct call_host *host = caller->hosts; host; host = host->next) {
        while (host->first) {
            struct call *call = host_pop(host);
            call->host = NULL;
            snprintf(call->trouble, sizeof call->trouble, "the caller is being closed");
            link_call(call);
        }
    }
    while (caller->running)
        finish(caller->running, CURLE_ABORTED_BY_CALLBACK);
    while (caller->stuck) /* those that done() has just tried to send, too */
        finish(caller->stuck, CURLE_ABORTED_BY_CALLBACK);
    while (caller->pool) {
        struct call *call = caller->pool;
        caller->pool = call->next;
        free_call(call);
    }
    curl_multi_cleanup(caller->multi);
    call_detach(caller);
}

unsigned call_running(const struct caller *caller)
{
    return caller->count;
}

/* ---- opening ---- */

static void start_curl(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
        abort();
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
}

enum status call_open(uv_loop_t *loop, const struct call_options *options,
                      struct caller **ret_caller)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, start_curl);
    if (options->ca_file && access(options->ca_file, R_OK) != 0)
        return MISSING;
    struct caller *caller = calloc(1, sizeof *caller);
    if (caller == NULL)
        abort();
    *caller = (struct caller){.loop = loop, .options = *options};
    struct call_options *own = &caller->options;
    own->total_ms = own->total_ms ? own->total_ms : LIMIT_SEND_MS;
    own->connect_ms = own->connect_ms ? own->connect_ms : LIMIT_CONNECT_MS;
    own->connections = own->connections ? own->connections : CONNECTIONS;
    own->ca_file = caller->ca_file = own->ca_file ? strdup(own->ca_file) : NULL;
    caller->multi = curl_multi_init();
    caller->share = curl_share_init();
    if (caller->multi == NULL || caller->share == NULL)
        abort();
    call_attach(caller);
    curl_share_setopt(caller->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_multi_setopt(caller->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
    curl_multi_setopt(caller->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)own->connections);
    curl_multi_setopt(caller->multi, CURLMOPT_MAXCONNECTS, (long)(own->connections * HOSTS_KEPT));
    *ret_caller = caller;
    return OK;
}

/* ---- one call, blocking ---- */

struct once {
    struct arena *arena;
    struct call_result result;
};

static void on_once_done(void *arg, const struct call_result *result)
{
    struct once *once = arg;
    const struct http_response *from = &result->response;
    once->result = *result;
    once->result.trouble = arena_text(once->arena, span_of(result->trouble));
    struct http_header *headers = arena_array(once->arena, struct http_header, from->header_count);
    for (unsigned i = 0; i < from->header_count; i++) {
        headers[i].name = arena_copy(once->arena, from->headers[i].name);
        headers[i].value = arena_copy(once->arena, from->headers[i].value);
    }
    once->result.response.headers = headers;
    once->result.response.body = arena_copy(once->arena, from->body);
}

#define ONCE_LOOK_MS 100
static atomic_bool once_over;

void call_once_give_up(void)
{
    atomic_store(&once_over, true);
}

/* Wakes the loop, which then looks whether to go on. */
static void on_once_look(uv_timer_t *timer)
{
    (void)timer;
}

enum status call_once(struct arena *arena, const struct http_call *call,
                      const struct call_options *options, struct call_result *ret_result)
{
    uv_loop_t loop;
    uv_timer_t look;
    struct caller *caller;
    struct once once = {.arena = arena};
    if (uv_loop_init(&loop) < 0)
        return BROKEN;
    uv_timer_init(&loop, &look);
    uv_timer_start(&look, on_once_look, ONCE_LOOK_MS, ONCE_LOOK_MS);
    enum status status = call_open(&loop, options, &caller);
    if (status == OK) {
        call_send(caller, call, on_once_done, &once);
        while (call_running(caller) > 0 && !atomic_load(&once_over))
            uv_run(&loop, UV_RUN_ONCE);
        call_close(caller);
    }
    uv_close((uv_handle_t *)&look, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    int code = uv_loop_close(&loop);
    assert(code == 0);
    if (status == OK)
        *ret_result = once.result;
    return status;
}

const char *call_library(void)
{
    return curl_version();
}
