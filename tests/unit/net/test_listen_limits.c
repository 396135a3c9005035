/* What a stranger may not do: every refusal with its status and word, ceilings, deadlines. */
#include "../../../src/net/listen_answer.c"
#include "kit.h"

#include <fcntl.h>
#include <sys/resource.h>

struct refused {
    const char *text;
    int status;
    const char *word;
};

#define HOST      "Host: a\r\n"
#define POST_HEAD "POST / HTTP/1.1\r\n" HOST
#define GET_LINE  "GET / HTTP/1.1\r\n"
#define GET_HEAD  GET_LINE HOST
#define CODING    "Transfer-Encoding: "
#define LENGTH    "Content-Length: "
#define CHUNKED   POST_HEAD "Transfer-Encoding: chunked\r\n\r\n"

/* The first is a TLS greeting on the wrong port. */
static const struct refused cases[] = {
    {"\x16\x03\x01\x02", 400, "malformed_request"},
    {"FOO / HTTP/1.1\r\n" HOST "\r\n", 400, "malformed_request"},
    {"GET /\r\n\r\n", 505, "version_not_supported"},
    {"GET / HTTP/2.0\r\n" HOST "\r\n", 505, "version_not_supported"},
    {"GET / HTTP/0.9\r\n" HOST "\r\n", 505, "version_not_supported"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "version_not_supported"},
    {"PLAY / RTSP/1.0\r\n\r\n", 505, "version_not_supported"},
    {"GET / HTTP/1.1\n" HOST "\r\n", 400, "malformed_request"},
    {GET_LINE "Host: a\nX: y\r\n\r\n", 400, "malformed_request"},
    {"GET /  HTTP/1.1\r\n" HOST "\r\n", 400, "malformed_request"},
    {"GET  / HTTP/1.1\r\n" HOST "\r\n", 400, "malformed_request"},
    {GET_HEAD "X: y\r\n folded\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD "X:\r\n folded\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD "X : y\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD ": y\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD "nothing\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD "X: a\x01z\r\n\r\n", 400, "malformed_request"},
    {GET_HEAD "X: y\r\n\rZ", 400, "malformed_request"},
    {"GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n", 400, "malformed_request"},
    {GET_LINE "\r\n", 400, "bad_host"},
    {GET_HEAD HOST "\r\n", 400, "bad_host"},
    {GET_LINE "Host:\r\n\r\n", 400, "bad_host"},
    {GET_LINE "Host: a/b\r\n\r\n", 400, "bad_host"},
    {GET_LINE "Host: a@b\r\n\r\n", 400, "bad_host"},
    {GET_LINE "Host: a,b\r\n\r\n", 400, "bad_host"},
    {GET_LINE "Host: a:b\r\n\r\n", 400, "bad_host"},
    {GET_LINE "Host: [::1\r\n\r\n", 400, "bad_host"},
    {"GET http:///x HTTP/1.1\r\n" HOST "\r\n", 400, "bad_host"},
    {"GET http://u:p@h/x HTTP/1.1\r\n" HOST "\r\n", 400, "bad_host"},
    {POST_HEAD LENGTH "3\r\n" LENGTH "3\r\n\r\nabc", 400, "malformed_request"},
    {POST_HEAD LENGTH "3\r\n" CODING "chunked\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD CODING "chunked\r\n" LENGTH "3\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD CODING "chunked\r\n" CODING "chunked\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD CODING "gzip, chunked\r\n\r\n", 501, "coding_not_supported"},
    {POST_HEAD CODING "gzip\r\n\r\n", 501, "coding_not_supported"},
    {"POST / HTTP/1.0\r\n" HOST CODING "chunked\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD LENGTH "-1\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD LENGTH "1, 1\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD LENGTH "99999999999999999999\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD LENGTH "21\r\n\r\n", 413, "body_too_large"},
    {POST_HEAD LENGTH "18446744073709551615\r\n\r\n", 413, "body_too_large"},
    {CHUNKED "15\r\naaaaaaaaaaaaaaaaaaaaa\r\n", 413, "body_too_large"},
    {CHUNKED "ffffffffffffffffff\r\n", 400, "malformed_request"},
    {CHUNKED "x\r\n", 400, "malformed_request"},
    {CHUNKED "3\r\nabcXX0\r\n\r\n", 400, "malformed_request"},
    {CHUNKED "3\nabc\r\n0\r\n\r\n", 400, "malformed_request"},
    {POST_HEAD LENGTH "3\r\nExpect: miracles\r\n\r\n", 417, "expectation_failed"},
};

static void check_refused(const struct refused *wanted, bool by_bytes)
{
    struct shop shop = {.ceiling = 20};
    char line[64];
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    span text = span_of(wanted->text);
    for (size_t i = 0; by_bytes && i < text.len; i++)
        if (!kit_send_bytes(&shop, &client, span_sub(text, i, 1)))
            break; /* refused before the end of it */
    if (!by_bytes)
        kit_send(&shop, &client, wanted->text);
    kit_await(&shop, &client, "}", 1);
    snprintf(line, sizeof line, "HTTP/1.1 %d ", wanted->status);
    if (strncmp(client.text, line, strlen(line)) != 0)
        fail_msg("%s: \"%s\"", wanted->text, client.text);
    snprintf(line, sizeof line, "{\"error\":\"%s\",\"detail\":\"", wanted->word);
    kit_has(&client, line);
    kit_has(&client, "\r\nConnection: close\r\n");
    kit_has(&client, "\r\nContent-Type: application/json\r\n");
    assert_int_equal(kit_count(client.text, "\r\nDate: "), 1);
    assert_int_equal(shop.requests, 0);
    assert_int_equal(shop.refusals, 1);
    assert_int_equal(shop.last_refusal, wanted->status);
    assert_string_equal(shop.last_word, wanted->word);
    /* Whatever is sent now is read, not answered, and no reset wipes the answer out. */
    kit_send(&shop, &client, GET("/smuggled"));
    kit_await_end(&shop, &client);
    assert_false(client.reset);
    assert_int_equal(shop.requests, 0);
    kit_hang_up(&client);
    kit_until(&shop, listen_connections(shop.listener) == 0);
    kit_close(&shop);
}

static void test_refusals(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNT_OF(cases); i++) {
        check_refused(&cases[i], false);
        check_refused(&cases[i], true);
    }
}

static void long_head(struct buf *text, const char *start, size_t filler, const char *end)
{
    buf_reset(text);
    buf_add_text(text, start);
    for (size_t i = 0; i < filler; i++)
        buf_add_char(text, 'x');
    buf_add_text(text, end);
}

static void check_sized(span text, int status, const char *word)
{
    struct shop shop = {0};
    char line[64];
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    assert_true(kit_send_bytes(&shop, &client, text));
    kit_await(&shop, &client, "HTTP/1.1", 1);
    snprintf(line, sizeof line, "HTTP/1.1 %d ", status);
    kit_has(&client, line);
    if (word)
        assert_string_equal(shop.last_word, word);
    else
        assert_int_equal(shop.refusals, 0);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_sizes(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    const size_t rest = sizeof "GET / HTTP/1.1\r\n" HOST "X: \r\n\r\n" - 1;
    long_head(&text, "GET / HTTP/1.1\r\n" HOST "X: ", LIMIT_HEADER_BYTES - rest, "\r\n\r\n");
    check_sized(buf_span(&text), 200, NULL);
    long_head(&text, "GET / HTTP/1.1\r\n" HOST "X: ", LIMIT_HEADER_BYTES - rest + 1, "\r\n\r\n");
    check_sized(buf_span(&text), 431, "header_too_large");
    long_head(&text, "GET / HTTP/1.1\r\n" HOST "X: ", 500000, "\r\n\r\n");
    check_sized(buf_span(&text), 431, "header_too_large");
    long_head(&text, "GET /", LIMIT_TARGET_BYTES - 1, " HTTP/1.1\r\n" HOST "\r\n");
    check_sized(buf_span(&text), 200, NULL);
    long_head(&text, "GET /", LIMIT_TARGET_BYTES, " HTTP/1.1\r\n" HOST "\r\n");
    check_sized(buf_span(&text), 414, "target_too_long");
    long_head(&text, "GET /", 100000, " HTTP/1.1\r\n" HOST "\r\n");
    check_sized(buf_span(&text), 414, "target_too_long");
    for (unsigned count = LIMIT_HEADER_COUNT; count <= LIMIT_HEADER_COUNT + 1; count++) {
        long_head(&text, "GET / HTTP/1.1\r\n" HOST, 0, "");
        for (unsigned i = 1; i < count; i++)
            buf_print(&text, "X-%u: y\r\n", i);
        buf_add_text(&text, "\r\n");
        check_sized(buf_span(&text), count > LIMIT_HEADER_COUNT ? 431 : 200,
                    count > LIMIT_HEADER_COUNT ? "too_many_headers" : NULL);
    }
    long_head(&text, CHUNKED "1;", 40000, "\r\na\r\n0\r\n\r\n");
    check_sized(buf_span(&text), 431, "header_too_large");
    long_head(&text, CHUNKED "1\r\na\r\n0\r\nT: ", 40000, "\r\n\r\n");
    check_sized(buf_span(&text), 431, "header_too_large");
    buf_done(&text);
}

/* A refusal while 4 MiB are on their way must still be heard. */
static void test_refusal_is_heard(void **state)
{
    (void)state;
    struct shop shop = {.ceiling = 1000};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, POST_HEAD "Content-Length: 4194304\r\n\r\n");
    char *body = calloc(1, 4 << 20);
    assert_true(kit_send_bytes(&shop, &client, (span){body, 4 << 20}));
    kit_await(&shop, &client, "body_too_large", 1);
    kit_await_end(&shop, &client);
    assert_false(client.reset);
    free(body);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_slow_head(void **state)
{
    (void)state;
    struct shop shop = {.options = {.read_deadline_ms = 150}};
    kit_open(&shop);
    struct client slow = kit_connect(&shop), silent = kit_connect(&shop);
    int64_t start = clock_monotonic_us();
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy";
    for (size_t i = 0; i + 1 < sizeof head && !slow.ended; i++) { /* a trickle does not help */
        send(slow.fd, head + i, 1, MSG_NOSIGNAL);
        kit_pause(&shop, 10);
        kit_receive(&slow);
    }
    int64_t took = (clock_monotonic_us() - start) / 1000;
    kit_has(&slow, "HTTP/1.1 408 ");
    kit_has(&slow, "\"header_timeout\"");
    assert_in_range(took, 140, 500);
    kit_await_end(&shop, &silent);
    assert_int_equal(silent.len, 0); /* asked nothing, is told nothing */
    assert_int_equal(shop.refusals, 1);
    kit_hang_up(&slow);
    kit_hang_up(&silent);
    kit_close(&shop);
}

static void test_slow_body(void **state)
{
    (void)state;
    struct shop shop = {.options = {.read_deadline_ms = 150}};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, POST_HEAD "Content-Length: 1000\r\n\r\n");
    int64_t start = clock_monotonic_us();
    while (kit_receive(&client), !client.ended) {
        send(client.fd, "b", 1, MSG_NOSIGNAL);
        kit_pause(&shop, 10);
        assert_true(clock_monotonic_us() - start < 2000000);
    }
    kit_has(&client, "HTTP/1.1 408 ");
    kit_has(&client, "\"body_timeout\"");
    kit_hang_up(&client);
    kit_close(&shop);
}

/* A parked request has no deadline here, nor does waiting for it count as idling. */
static void test_parked_has_time(void **state)
{
    (void)state;
    struct shop shop = {.options = {.read_deadline_ms = 60, .idle_deadline_ms = 60}, .parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/"));
    kit_until(&shop, shop.parked_count == 1);
    kit_pause(&shop, 250);
    kit_echo(shop.parked[0]);
    kit_await(&shop, &client, "GET / [0]", 1);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_idle(void **state)
{
    (void)state;
    struct shop shop = {.options = {.idle_deadline_ms = 200}};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    for (unsigned i = 1; i < 4; i++) { /* in use: stays */
        kit_send(&shop, &client, GET("/"));
        kit_await(&shop, &client, "[0]", i);
        kit_pause(&shop, 130); /* by now it rests, its memory given back */
    }
    int64_t start = clock_monotonic_us();
    kit_await_end(&shop, &client);
    assert_in_range((clock_monotonic_us() - start) / 1000, 10, 500);
    assert_int_equal(shop.refusals, 0);
    kit_lacks(&client, "408");
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_connection_ceiling(void **state)
{
    (void)state;
    struct shop shop = {.options = {.connections = 2}};
    kit_open(&shop);
    struct client one = kit_connect(&shop), two = kit_connect(&shop), three = kit_connect(&shop);
    kit_send(&shop, &three, GET("/"));
    kit_await(&shop, &three, "}", 1);
    kit_has(&three, "HTTP/1.1 503 ");
    kit_has(&three, "\"too_many_connections\"");
    kit_await_end(&shop, &three);
    assert_false(three.reset);
    kit_send(&shop, &one, GET("/1"));
    kit_send(&shop, &two, GET("/2"));
    kit_await(&shop, &one, "GET /1 [0]", 1);
    kit_await(&shop, &two, "GET /2 [0]", 1);
    kit_hang_up(&one);
    kit_hang_up(&three);
    kit_until(&shop, listen_connections(shop.listener) == 1);
    struct client four = kit_connect(&shop);
    kit_send(&shop, &four, GET("/4"));
    kit_await(&shop, &four, "GET /4 [0]", 1);
    kit_hang_up(&two);
    kit_hang_up(&four);
    /* A flood is not even told: what lingers is bounded, too. */
    struct client flood[60];
    for (unsigned i = 0; i < COUNT_OF(flood); i++) {
        flood[i] = kit_connect(&shop);
        kit_turn(&shop);
        assert_true(listen_connections(shop.listener) <= 2 + 16);
    }
    for (unsigned i = 0; i < COUNT_OF(flood); i++)
        kit_hang_up(&flood[i]);
    kit_until(&shop, listen_connections(shop.listener) == 0);
    kit_close(&shop);
}

/* Without descriptors the listener neither spins nor dies. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    struct client first = kit_connect(&shop);
    kit_send(&shop, &first, GET("/first"));
    kit_await(&shop, &first, "GET /first [0]", 1);
    int victim = socket(AF_INET, SOCK_STREAM, 0), highest = dup(victim);
    struct rlimit old, tight;
    getrlimit(RLIMIT_NOFILE, &old);
    tight = old;
    tight.rlim_cur = (rlim_t)highest + 1; /* none left */
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(listen_port(shop.listener))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(victim, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    kit_pause(&shop, 50);
    char byte;
    assert_true(recv(victim, &byte, 1, 0) <= 0); /* hung up on, not left waiting */
    kit_send(&shop, &first, GET("/still"));
    kit_await(&shop, &first, "GET /still [0]", 1);
    setrlimit(RLIMIT_NOFILE, &old);
    close(victim);
    close(highest);
    struct client later = kit_connect(&shop);
    kit_send(&shop, &later, GET("/later"));
    kit_await(&shop, &later, "GET /later [0]", 1);
    kit_hang_up(&first);
    kit_hang_up(&later);
    kit_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_refusal_is_heard),
        cmocka_unit_test(test_slow_head),
        cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_parked_has_time),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_connection_ceiling),
        cmocka_unit_test(test_no_descriptors),
    };
    return KIT_RUN(tests);
}
