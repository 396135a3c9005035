/*
 * The client against a server played by hand: the test accepts, reads and answers itself, so
 * that every way of dying in the middle can be had exactly.
 */
#include "../../../src/net/call.c"
#include "kit.h"

#include <fcntl.h>

struct stage {
    uv_loop_t loop;
    struct caller *caller;
    struct call_options options;
    int server;
    uint16_t port;
    char url[64];
};

struct answer { /* what done() saw, copied */
    unsigned done;
    enum call_fate fate;
    int status;
    size_t len;
    char body[64], header[64], trouble[256];
    unsigned headers;
    struct stage *again; /* send another call from inside done() */
    struct answer *second;
};

static const struct http_header json[] = {{SPAN("Content-Type"), SPAN("application/json")},
                                          {SPAN("X-Empty"), SPAN("")}};
static struct http_call post = {
    .method = "POST", .headers = json, .header_count = 2, .body = SPAN("{\"a\":1}")};

static void on_done(void *arg, const struct call_result *result)
{
    struct answer *answer = arg;
    answer->done++;
    answer->fate = result->fate;
    answer->status = result->response.status;
    answer->len = result->response.body.len;
    answer->headers = result->response.header_count;
    kit_copy(answer->body, sizeof answer->body, span_sub(result->response.body, 0, 60));
    kit_copy(answer->header, sizeof answer->header,
             http_response_header(&result->response, "x-id"));
    kit_copy(answer->trouble, sizeof answer->trouble, span_of(result->trouble));
    assert_true(result->took_us >= 0);
    if (answer->again)
        call_send(answer->again->caller, &post, on_done, answer->second);
}

static void stage_open(struct stage *stage)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    stage->server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stage->server, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(stage->server, 100), 0);
    getsockname(stage->server, (struct sockaddr *)&at, &len);
    stage->port = ntohs(at.sin_port);
    snprintf(stage->url, sizeof stage->url, "http://127.0.0.1:%u/x/../y?q=1", stage->port);
    post.url = span_of(stage->url);
    assert_int_equal(uv_loop_init(&stage->loop), 0);
    assert_int_equal(call_open(&stage->loop, &stage->options, &stage->caller), OK);
}

static void stage_close(struct stage *stage)
{
    if (stage->caller)
        call_close(stage->caller);
    uv_run(&stage->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&stage->loop), 0);
    close(stage->server);
}

static int stage_accept(struct stage *stage)
{
    int fd = -1;
    kit_until(stage, (fd = accept4(stage->server, NULL, NULL, SOCK_NONBLOCK)) >= 0);
    return fd;
}

/* Reads until `end` has come. */
static void stage_read(struct stage *stage, int fd, const char *end, char *ret_text, size_t room)
{
    size_t len = 0;
    ret_text[0] = 0;
    while (!strstr(ret_text, end)) {
        ssize_t n = -1;
        kit_until(stage, (n = recv(fd, ret_text + len, room - len - 1, 0)) >= 0);
        assert_true(n > 0);
        len += (size_t)n;
        ret_text[len] = 0;
    }
}

static void stage_say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void hang_up_hard(int fd)
{
    struct linger now = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

#define SAY_OK "HTTP/1.1 200 OK\r\nX-Id: 7\r\nContent-Length: 2\r\n\r\nok"
#define BODY   "{\"a\":1}"

static void test_answered_and_kept(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer first = {0}, second = {0};
    char text[4096];
    call_send(stage.caller, &post, on_done, &first);
    assert_int_equal(first.done, 0); /* never from inside call_send() */
    assert_int_equal(call_running(stage.caller), 1);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    assert_true(strncmp(text, "POST /x/../y?q=1 HTTP/1.1\r\n", 27) == 0);
    assert_non_null(strstr(text, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(text, "\r\nX-Empty:\r\n"));
    assert_non_null(strstr(text, "\r\nUser-Agent: sidetrack/"));
    assert_non_null(strstr(text, "\r\nContent-Length: 7\r\n"));
    assert_null(strstr(text, "Expect"));
    assert_null(strstr(text, "Accept-Encoding"));
    stage_say(fd, "HTTP/1.1 103 Early Hints\r\nX-Id: early\r\n\r\n" SAY_OK);
    kit_until(&stage, first.done);
    assert_int_equal(first.fate, CALL_ANSWERED);
    assert_int_equal(first.status, 200);
    assert_string_equal(first.body, "ok");
    assert_string_equal(first.header, "7");
    assert_int_equal(first.headers, 2);
    assert_string_equal(first.trouble, "");
    call_send(stage.caller, &post, on_done, &second);
    stage_read(&stage, fd, BODY, text, sizeof text); /* on the same connection */
    stage_say(fd, "HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n");
    kit_until(&stage, second.done);
    assert_int_equal(second.status, 302); /* not followed */
    assert_int_equal(second.len, 0);
    assert_int_equal(first.done + second.done, 2);
    close(fd);
    stage_close(&stage);
}

static void check_method(const char *method, span body, const char *line, const char *other)
{
    struct stage stage = {0};
    stage_open(&stage);
    struct answer answer = {0};
    char text[4096];
    struct http_call call = {.method = method, .url = post.url, .body = body};
    call_send(stage.caller, &call, on_done, &answer);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, body.len ? "body" : "\r\n\r\n", text, sizeof text);
    if (strncmp(text, line, strlen(line)) != 0 || !strstr(text, other))
        fail_msg("%s", text);
    assert_null(strstr(text, "Content-Type"));
    stage_say(fd, strcmp(method, "HEAD") == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
                                              : SAY_OK);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_ANSWERED);
    close(fd);
    stage_close(&stage);
}

static void test_methods(void **state)
{
    (void)state;
    check_method("GET", (span){0}, "GET /", "");
    check_method("HEAD", (span){0}, "HEAD /", "");
    check_method("POST", (span){0}, "POST /", "Content-Length: 0\r\n");
    check_method("DELETE", (span){0}, "DELETE /", "");
    check_method("PUT", SPAN("body"), "PUT /", "Content-Length: 4\r\n");
    check_method("PATCH", SPAN("body"), "PATCH /", "Content-Length: 4\r\n");
}

static void test_refused(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    close(stage.server);
    struct answer answer = {0};
    call_send(stage.caller, &post, on_done, &answer);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_NOT_SENT);
    assert_int_equal(answer.status, 0);
    assert_string_not_equal(answer.trouble, "");
    stage_close(&stage);
}

static void test_never_sent(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://no-such-host.invalid/", "ftp://127.0.0.1/",
                                       "nonsense://", ""};
    static const struct http_header broken = {SPAN("Authorization"), SPAN("a\r\nb: c")};
    struct stage stage = {0};
    stage_open(&stage);
    for (unsigned i = 0; i <= COUNT_OF(urls); i++) {
        struct answer answer = {0};
        struct http_call call = post;
        if (i < COUNT_OF(urls))
            call.url = span_of(urls[i]);
        else
            call = (struct http_call){"POST", post.url, &broken, 1, SPAN("x")};
        call_send(stage.caller, &call, on_done, &answer);
        assert_int_equal(answer.done, 0);
        kit_until(&stage, answer.done);
        assert_int_equal(answer.fate, CALL_NOT_SENT);
        assert_string_not_equal(answer.trouble, "");
    }
    assert_int_equal(call_running(stage.caller), 0);
    stage_close(&stage);
}

/* No TLS on the other side: nothing of the request has left. */
static void test_no_tls(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer answer = {0};
    char url[64], text[4096];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", stage.port);
    struct http_call call = post;
    call.url = span_of(url);
    call_send(stage.caller, &call, on_done, &answer);
    int fd = stage_accept(&stage);
    kit_until(&stage, recv(fd, text, sizeof text, 0) > 0);
    stage_say(fd, "HTTP/1.1 400 Bad Request\r\n\r\n");
    close(fd);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_NOT_SENT);
    stage_close(&stage);
}

static void test_timeout(void **state)
{
    (void)state;
    struct stage stage = {.options = {.total_ms = 150}};
    stage_open(&stage);
    struct answer answer = {0};
    char text[4096];
    call_send(stage.caller, &post, on_done, &answer);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_AMBIGUOUS);
    close(fd);
    stage_close(&stage);
}

/* The connection is there, but TLS hangs. */
static void test_timeout_before_sending(void **state)
{
    (void)state;
    struct stage stage = {.options = {.total_ms = 150}};
    stage_open(&stage);
    struct answer answer = {0};
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", stage.port);
    struct http_call call = post;
    call.url = span_of(url);
    call_send(stage.caller, &call, on_done, &answer);
    int fd = stage_accept(&stage);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_NOT_SENT);
    close(fd);
    stage_close(&stage);
}

static void test_lost_before_answer(void **state)
{
    (void)state;
    static const char *const words[] = {
        NULL,                                                          /* a reset */
        "",                                                            /* an end */
        "HTTP/1.1 100 Continue\r\n\r\n",                               /* a word only */
        "HTTP/1.1 ",                                                   /* half a word */
        "HTTP/1.1 200 OK\r\nContent-Le",                               /* within the head */
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",           /* within the body */
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nh", /* within a chunk */
        "SMTP ready\r\n\r\n",                                          /* not HTTP */
    };
    for (unsigned i = 0; i < COUNT_OF(words); i++) {
        struct stage stage = {0};
        stage_open(&stage);
        struct answer answer = {0};
        char text[4096];
        call_send(stage.caller, &post, on_done, &answer);
        int fd = stage_accept(&stage);
        stage_read(&stage, fd, BODY, text, sizeof text);
        if (words[i]) {
            stage_say(fd, words[i]);
            close(fd);
        } else {
            hang_up_hard(fd);
        }
        kit_until(&stage, answer.done);
        if (answer.fate != CALL_AMBIGUOUS || answer.trouble[0] == 0)
            fail_msg("%u: fate %d \"%s\"", i, answer.fate, answer.trouble);
        stage_close(&stage);
    }
}

/* curl alone would send it again, and a shop's purchase would count twice. */
static void test_kept_connection_dies(void **state)
{
    (void)state;
    for (unsigned hard = 0; hard < 2; hard++) {
        struct stage stage = {0};
        stage_open(&stage);
        struct answer first = {0}, second = {0}, third = {0};
        char text[4096];
        call_send(stage.caller, &post, on_done, &first);
        int fd = stage_accept(&stage);
        stage_read(&stage, fd, BODY, text, sizeof text);
        stage_say(fd, SAY_OK);
        kit_until(&stage, first.done);
        call_send(stage.caller, &post, on_done, &second);
        stage_read(&stage, fd, BODY, text, sizeof text); /* received, maybe processed */
        if (hard)
            hang_up_hard(fd);
        else
            close(fd);
        kit_until(&stage, second.done);
        assert_int_equal(second.fate, CALL_AMBIGUOUS);
        assert_string_equal(second.trouble, "the connection was lost before the answer");
        /* Nobody has sent it a second time: the next connection may carry nothing. */
        int other = accept4(stage.server, NULL, NULL, SOCK_NONBLOCK);
        if (other >= 0) {
            kit_pause(&stage, 30);
            assert_true(recv(other, text, sizeof text, MSG_DONTWAIT) <= 0);
            close(other);
        }
        /* And the caller is as good as before. */
        call_send(stage.caller, &post, on_done, &third);
        fd = stage_accept(&stage);
        stage_read(&stage, fd, BODY, text, sizeof text);
        stage_say(fd, SAY_OK);
        kit_until(&stage, third.done);
        assert_int_equal(third.fate, CALL_ANSWERED);
        close(fd);
        stage_close(&stage);
    }
}

/* A kept connection that was closed in the meantime is no trouble at all. */
static void test_kept_connection_was_closed(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    char text[4096];
    for (unsigned i = 0; i < 3; i++) {
        struct answer answer = {0};
        call_send(stage.caller, &post, on_done, &answer);
        int fd = stage_accept(&stage);
        stage_read(&stage, fd, BODY, text, sizeof text);
        stage_say(fd, SAY_OK);
        kit_until(&stage, answer.done);
        assert_int_equal(answer.fate, CALL_ANSWERED);
        close(fd);
        usleep(2000);
    }
    stage_close(&stage);
}

static void test_large_answer_cut(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer answer = {0}, next = {0};
    char text[65536];
    call_send(stage.caller, &post, on_done, &answer);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    stage_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    memset(text, 'z', sizeof text);
    size_t sent = 0;
    while (!answer.done && sent < 100000000) {
        ssize_t n = send(fd, text, sizeof text, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += n > 0 ? (size_t)n : 0;
        uv_run(&stage.loop, UV_RUN_NOWAIT);
    }
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_ANSWERED);
    assert_int_equal(answer.status, 200);
    assert_int_equal(answer.len, LIMIT_ANSWER_BYTES);
    assert_true(sent < 50000000); /* and not read to its end */
    close(fd);
    call_send(stage.caller, &post, on_done, &next);
    fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    stage_say(fd, SAY_OK);
    kit_until(&stage, next.done);
    assert_string_equal(next.body, "ok");
    close(fd);
    stage_close(&stage);
}

static void test_many_headers(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer answer = {0};
    char text[4096];
    call_send(stage.caller, &post, on_done, &answer);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    stage_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n");
    for (unsigned i = 0; i < 300; i++)
        stage_say(fd, "X-Many: y\r\n");
    stage_say(fd, "\r\nok");
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_ANSWERED);
    assert_int_equal(answer.headers, LIMIT_HEADER_COUNT);
    close(fd);
    stage_close(&stage);
}

/* More calls than connections: the rest waits for its turn. */
static void test_connections_per_host(void **state)
{
    (void)state;
    struct stage stage = {.options = {.connections = 2}};
    stage_open(&stage);
    struct answer answers[6] = {0};
    char text[4096];
    for (unsigned i = 0; i < COUNT_OF(answers); i++)
        call_send(stage.caller, &post, on_done, &answers[i]);
    int one = stage_accept(&stage), two = stage_accept(&stage);
    kit_pause(&stage, 30);
    assert_true(accept4(stage.server, NULL, NULL, SOCK_NONBLOCK) < 0);
    assert_int_equal(call_running(stage.caller), 6);
    for (unsigned i = 0; i < 3; i++) {
        stage_read(&stage, one, BODY, text, sizeof text);
        stage_say(one, SAY_OK);
        stage_read(&stage, two, BODY, text, sizeof text);
        stage_say(two, SAY_OK);
    }
    for (unsigned i = 0; i < COUNT_OF(answers); i++) {
        kit_until(&stage, answers[i].done);
        assert_int_equal(answers[i].fate, CALL_ANSWERED);
    }
    close(one);
    close(two);
    stage_close(&stage);
}

/* Who waits in line for as long as a request may take has not been sent, and the line moves on. */
static void test_waits_in_vain(void **state)
{
    (void)state;
    struct stage stage = {.options = {.connections = 1, .total_ms = 150}};
    stage_open(&stage);
    struct answer hangs = {0}, waits = {0}, later = {0};
    char text[4096];
    call_send(stage.caller, &post, on_done, &hangs);
    call_send(stage.caller, &post, on_done, &waits);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    kit_until(&stage, hangs.done && waits.done);
    assert_int_equal(hangs.fate, CALL_AMBIGUOUS);
    assert_int_equal(waits.fate, CALL_NOT_SENT);
    assert_int_equal(call_running(stage.caller), 0);
    close(fd);
    call_send(stage.caller, &post, on_done, &later);
    fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    stage_say(fd, SAY_OK);
    kit_until(&stage, later.done);
    assert_int_equal(later.fate, CALL_ANSWERED);
    close(fd);
    stage_close(&stage);
}

static void test_large_request(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer answer = {0};
    size_t size = 3 << 20, got = 0;
    char *body = malloc(size), *text = calloc(1, size + 4096);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i % 23);
    struct http_call call = post;
    call.body = (span){body, size};
    call_send(stage.caller, &call, on_done, &answer);
    int fd = stage_accept(&stage);
    char *start = NULL;
    while (start == NULL || got < (size_t)(start - text) + size) {
        ssize_t n = -1;
        kit_until(&stage, (n = recv(fd, text + got, size + 4095 - got, 0)) > 0);
        got += (size_t)n;
        start = start ? start : strstr(text, "\r\n\r\n");
        if (start && strncmp(start, "\r\n\r\n", 4) == 0)
            start += 4;
    }
    assert_memory_equal(start, body, size);
    stage_say(fd, SAY_OK);
    kit_until(&stage, answer.done);
    assert_int_equal(answer.fate, CALL_ANSWERED);
    free(body);
    free(text);
    close(fd);
    stage_close(&stage);
}

static void test_close_while_running(void **state)
{
    (void)state;
    struct stage stage = {.options = {.connections = 1}};
    stage_open(&stage);
    struct answer sent = {0}, waiting = {0}, late = {0};
    char text[4096];
    sent.again = &stage; /* done() sends one more: it must end, too */
    sent.second = &late;
    call_send(stage.caller, &post, on_done, &sent);
    int fd = stage_accept(&stage);
    stage_read(&stage, fd, BODY, text, sizeof text);
    call_send(stage.caller, &post, on_done, &waiting);
    kit_pause(&stage, 20);
    call_close(stage.caller);
    assert_int_equal(sent.done, 1);
    assert_int_equal(sent.fate, CALL_AMBIGUOUS);
    assert_int_equal(waiting.done, 1);
    assert_int_equal(waiting.fate, CALL_NOT_SENT);
    assert_int_equal(late.done, 1);
    assert_int_equal(late.fate, CALL_NOT_SENT);
    stage.caller = NULL;
    close(fd);
    stage_close(&stage);
}

static void test_send_from_done(void **state)
{
    (void)state;
    struct stage stage = {0};
    stage_open(&stage);
    struct answer first = {0}, second = {0};
    char text[4096];
    first.again = &stage;
    first.second = &second;
    call_send(stage.caller, &post, on_done, &first);
    int fd = stage_accept(&stage);
    for (unsigned i = 0; i < 2; i++) {
        stage_read(&stage, fd, BODY, text, sizeof text);
        stage_say(fd, SAY_OK);
    }
    kit_until(&stage, second.done);
    assert_int_equal(second.fate, CALL_ANSWERED);
    close(fd);
    stage_close(&stage);
}

static void *answer_once(void *arg)
{
    struct stage *stage = arg;
    char text[4096];
    int fd;
    while ((fd = accept(stage->server, NULL, NULL)) < 0)
        usleep(1000);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    ssize_t n = recv(fd, text, sizeof text, 0);
    if (n > 0)
        n = send(fd, SAY_OK, sizeof SAY_OK - 1, MSG_NOSIGNAL);
    close(fd);
    return NULL;
}

static void test_once(void **state)
{
    (void)state;
    struct stage stage = {0};
    struct arena arena;
    struct call_result result;
    pthread_t thread;
    arena_init(&arena, 1 << 20);
    stage_open(&stage);
    assert_int_equal(pthread_create(&thread, NULL, answer_once, &stage), 0);
    assert_int_equal(call_once(&arena, &post, &stage.options, &result), OK);
    pthread_join(thread, NULL);
    assert_int_equal(result.fate, CALL_ANSWERED);
    assert_true(span_is(result.response.body, "ok"));
    assert_true(span_is(http_response_header(&result.response, "X-ID"), "7"));
    stage.options.ca_file = "/no/such/file";
    assert_int_equal(call_once(&arena, &post, &stage.options, &result), MISSING);
    stage_close(&stage);
    arena_done(&arena);
}

static void *give_up_soon(void *arg)
{
    (void)arg;
    usleep(50000);
    call_once_give_up();
    return NULL;
}

/* Last: it is for good. */
static void test_once_gives_up(void **state)
{
    (void)state;
    struct stage stage = {0};
    struct arena arena;
    struct call_result result;
    pthread_t thread;
    arena_init(&arena, 1 << 20);
    stage_open(&stage); /* and nobody answers */
    stage.options.total_ms = 20000;
    assert_int_equal(pthread_create(&thread, NULL, give_up_soon, NULL), 0);
    int64_t began = clock_monotonic_us();
    assert_int_equal(call_once(&arena, &post, &stage.options, &result), OK);
    pthread_join(thread, NULL);
    assert_in_range(clock_monotonic_us() - began, 0, 5000000);
    assert_int_equal(result.fate, CALL_AMBIGUOUS);
    assert_int_equal(call_once(&arena, &post, &stage.options, &result), OK);
    assert_int_not_equal(result.fate, CALL_ANSWERED);
    stage_close(&stage);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answered_and_kept),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_never_sent),
        cmocka_unit_test(test_no_tls),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_timeout_before_sending),
        cmocka_unit_test(test_lost_before_answer),
        cmocka_unit_test(test_kept_connection_dies),
        cmocka_unit_test(test_kept_connection_was_closed),
        cmocka_unit_test(test_large_answer_cut),
        cmocka_unit_test(test_many_headers),
        cmocka_unit_test(test_connections_per_host),
        cmocka_unit_test(test_waits_in_vain),
        cmocka_unit_test(test_large_request),
        cmocka_unit_test(test_close_while_running),
        cmocka_unit_test(test_send_from_done),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_once_gives_up),
    };
    return KIT_RUN(tests);
}
