/*
 * The client and TLS: a certificate made on the spot is trusted when ca_file says so and not
 * otherwise; connections are kept, and a new one resumes the old one's session.
 */
#include "../../../src/net/call.c"
#include "certificate.h"
#include "kit.h"

struct guard { /* the TLS server, in a thread of its own */
    SSL_CTX *context;
    int listener;
    uint16_t port;
    unsigned connections, requests, resumed;
};

struct outcome {
    unsigned done;
    enum call_fate fate;
    char trouble[256];
};

static char ca_path[CERTIFICATE_PATH];

static void on_done(void *arg, const struct call_result *result)
{
    struct outcome *outcome = arg;
    outcome->done++;
    outcome->fate = result->fate;
    kit_copy(outcome->trouble, sizeof outcome->trouble, span_of(result->trouble));
}

static void guard_open(struct guard *guard, const char *name)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    guard->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(guard->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(guard->listener, 10), 0);
    getsockname(guard->listener, (struct sockaddr *)&at, &len);
    guard->port = ntohs(at.sin_port);
    guard->context = certificate_server(name, ca_path);
}

/* Serves `connections`, each with one request unless it is the first, which gets two. */
static void *guard_serve(void *arg)
{
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct guard *guard = arg;
    for (unsigned i = 0; i < guard->connections; i++) {
        int fd = accept(guard->listener, NULL, NULL);
        SSL *ssl = SSL_new(guard->context);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) == 1) {
            char text[4096];
            guard->resumed += (unsigned)SSL_session_reused(ssl);
            for (unsigned turn = i == 0 ? 0 : 1; turn < 2; turn++)
                if (SSL_read(ssl, text, sizeof text) > 0) {
                    guard->requests++;
                    SSL_write(ssl, answer, sizeof answer - 1);
                }
            SSL_shutdown(ssl);
        }
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static void guard_close(struct guard *guard)
{
    SSL_CTX_free(guard->context);
    close(guard->listener);
    unlink(ca_path);
}

struct side {
    uv_loop_t loop;
    struct caller *caller;
};

static struct outcome ask(struct guard *guard, struct side *side)
{
    char url[64];
    struct outcome outcome = {0};
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", guard->port);
    struct http_call call = {.method = "POST", .url = span_of(url), .body = SPAN("x")};
    call_send(side->caller, &call, on_done, &outcome);
    kit_until(side, outcome.done);
    return outcome;
}

static void side_open(struct side *side, const char *ca_file)
{
    struct call_options options = {.ca_file = ca_file};
    assert_int_equal(uv_loop_init(&side->loop), 0);
    assert_int_equal(call_open(&side->loop, &options, &side->caller), OK);
}

static void side_close(struct side *side)
{
    call_close(side->caller);
    uv_run(&side->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&side->loop), 0);
}

static void test_kept_and_resumed(void **state)
{
    (void)state;
    struct guard guard = {.connections = 2};
    struct side side;
    pthread_t thread;
    guard_open(&guard, "IP:127.0.0.1");
    assert_int_equal(pthread_create(&thread, NULL, guard_serve, &guard), 0);
    side_open(&side, ca_path);
    for (unsigned i = 0; i < 3; i++) {
        struct outcome outcome = ask(&guard, &side);
        if (outcome.fate != CALL_ANSWERED)
            fail_msg("%u: %s", i, outcome.trouble);
        kit_pause(&side, 20); /* the end of the first connection arrives */
    }
    pthread_join(thread, NULL);
    assert_int_equal(guard.requests, 3);
    assert_int_equal(guard.resumed, 1);
    side_close(&side);
    guard_close(&guard);
}

static void check_distrust(const char *name, bool known)
{
    struct guard guard = {.connections = 1};
    struct side side;
    pthread_t thread;
    guard_open(&guard, name);
    assert_int_equal(pthread_create(&thread, NULL, guard_serve, &guard), 0);
    side_open(&side, known ? ca_path : NULL);
    struct outcome outcome = ask(&guard, &side);
    pthread_join(thread, NULL);
    assert_int_equal(outcome.fate, CALL_NOT_SENT);
    assert_non_null(strstr(outcome.trouble, "certificate"));
    assert_int_equal(guard.requests, 0);
    side_close(&side);
    guard_close(&guard);
}

static void test_distrust(void **state)
{
    (void)state;
    check_distrust("IP:127.0.0.1", false);     /* nobody we know signed it */
    check_distrust("DNS:other.example", true); /* somebody else's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_and_resumed),
        cmocka_unit_test(test_distrust),
    };
    return KIT_RUN(tests);
}
