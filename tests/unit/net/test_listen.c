/* The listener seen from its clients: keep-alive, order, bodies, parking, drain. */
#include "../../../src/net/listen.c"
#include "kit.h"

static void test_keep_alive(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    for (unsigned i = 1; i <= 3; i++) {
        kit_send(&shop, &client, GET("/a?b=c"));
        kit_await(&shop, &client, "GET /a [0]", i);
    }
    assert_int_equal(shop.requests, 3);
    assert_int_equal(listen_connections(shop.listener), 1);
    kit_has(&client, "HTTP/1.1 200 OK\r\n");
    kit_has(&client, "Content-Length: 10\r\n");
    kit_has(&client, " GMT\r\n");
    kit_lacks(&client, "Connection:");
    assert_string_equal(shop.last_target, "/a?b=c");
    assert_string_equal(shop.last_host, "a.example");
    assert_string_equal(shop.last_ip, "127.0.0.1");
    kit_hang_up(&client);
    kit_until(&shop, listen_connections(shop.listener) == 0);
    kit_close(&shop);
}

static void test_close_when_asked(void **state)
{
    (void)state;
    static const char *const requests[] = {
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    };
    for (unsigned i = 0; i < COUNT_OF(requests); i++) {
        struct shop shop = {0};
        kit_open(&shop);
        struct client client = kit_connect(&shop);
        kit_send(&shop, &client, requests[i]);
        kit_await_end(&shop, &client);
        kit_has(&client, "\r\nConnection: close\r\n");
        kit_has(&client, "GET / [0]");
        assert_false(client.reset);
        kit_hang_up(&client);
        kit_close(&shop);
    }
}

static void test_old_keep_alive(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    kit_await(&shop, &client, "GET /1 [0]", 1);
    kit_has(&client, "Connection: keep-alive\r\n");
    kit_send(&shop, &client, "GET /2 HTTP/1.0\r\nHost: a\r\n\r\n");
    kit_await_end(&shop, &client);
    kit_has(&client, "GET /2 [0]");
    kit_hang_up(&client);
    kit_close(&shop);
}

/* Three requests in one packet, each parked: the next is not read before its answer is out. */
static void test_pipeline_parked(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/1") GET("/2") GET("/3"));
    for (unsigned i = 1; i <= 3; i++) {
        kit_until(&shop, shop.parked_count == i);
        kit_pause(&shop, 20);
        assert_int_equal(shop.requests, i);
        assert_int_equal(shop.last_target[1], '0' + (char)i);
        if (i == 1) /* and one more packet while parked */
            kit_send(&shop, &client, GET("/4"));
        kit_echo(shop.parked[i - 1]);
    }
    kit_until(&shop, shop.parked_count == 4);
    kit_echo(shop.parked[3]);
    kit_await(&shop, &client, "[0]", 4);
    const char *one = strstr(client.text, "GET /1"), *two = strstr(client.text, "GET /2");
    const char *three = strstr(client.text, "GET /3"), *four = strstr(client.text, "GET /4");
    assert_true(one && one < two && two < three && three < four);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_pipeline_many(void **state)
{
    (void)state;
    struct shop shop = {0};
    struct buf all;
    buf_init(&all, 1 << 20);
    kit_open(&shop);
    for (unsigned i = 0; i < 3000; i++)
        buf_print(&all, "POST /%u HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", i);
    struct client client = kit_connect(&shop);
    assert_true(kit_send_bytes(&shop, &client, buf_span(&all)));
    kit_await(&shop, &client, "[5]", 3000);
    char *at = client.text;
    for (unsigned i = 0; i < 3000; i++) { /* in order */
        char word[32];
        snprintf(word, sizeof word, "POST /%u [5]", i);
        at = strstr(at, word);
        assert_non_null(at);
    }
    buf_done(&all);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_bodies(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, "POST /l HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    kit_await(&shop, &client, "POST /l [5]", 1);
    assert_string_equal(shop.last_body, "hello");
    kit_send(&shop, &client,
             "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
             "3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n");
    kit_await(&shop, &client, "POST /c [13]", 1);
    assert_string_equal(shop.last_body, "abc0123456789");
    kit_send(&shop, &client, "POST /z HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    kit_await(&shop, &client, "POST /z [0]", 1);
    kit_send(&shop, &client, "POST /s HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc");
    kit_pause(&shop, 20);
    assert_int_equal(shop.requests, 3);
    kit_send(&shop, &client, "def\r\n" GET("/after")); /* an empty line between: allowed */
    kit_await(&shop, &client, "GET /after [0]", 1);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_large_both_ways(void **state)
{
    (void)state;
    struct shop shop = {.ceiling = 4 << 20, .parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    size_t size = 4 << 20;
    char *body = malloc(size);
    for (size_t i = 0; i < size; i++)
        body[i] = (char)('a' + i % 23);
    kit_send(&shop, &client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\n\r\n");
    assert_true(kit_send_bytes(&shop, &client, (span){body, size}));
    kit_until(&shop, shop.parked_count == 1);
    assert_memory_equal(shop.last_body, body, size);
    /* The answer is larger than any socket buffer, and the client reads late. */
    size_t large = 7 << 20;
    char *answer = malloc(large);
    for (size_t i = 0; i < large; i++)
        answer[i] = (char)('a' + i % 19);
    listen_answer(shop.parked[0], 200, NULL, 0, (span){answer, large});
    kit_send(&shop, &client, GET("/next"));
    kit_pause(&shop, 50);
    assert_int_equal(shop.requests, 1); /* not read before the answer has left */
    kit_until(&shop, (kit_receive(&client), client.len > large));
    const char *at = strstr(client.text, "\r\n\r\n");
    assert_non_null(at);
    kit_until(&shop, (kit_receive(&client), shop.parked_count == 2));
    at = strstr(client.text, "\r\n\r\n") + 4;
    assert_memory_equal(at, answer, large);
    kit_echo(shop.parked[1]);
    kit_await(&shop, &client, "GET /next [0]", 1);
    free(body);
    free(answer);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_expect(void **state)
{
    (void)state;
    struct shop shop = {.ceiling = 10};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    kit_await(&shop, &client, "HTTP/1.1 100 Continue\r\n\r\n", 1);
    assert_int_equal(shop.requests, 0);
    kit_send(&shop, &client, "abc");
    kit_await(&shop, &client, "POST / [3]", 1);
    kit_forget(&client);
    /* Too large: the refusal comes instead, and nothing of the body is asked for. */
    kit_send(&shop, &client,
             "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    kit_await_end(&shop, &client);
    kit_lacks(&client, "100 Continue");
    kit_has(&client, "HTTP/1.1 413 ");
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_head_and_empty(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" GET("/y"));
    kit_until(&shop, shop.parked_count == 1);
    kit_echo(shop.parked[0]);
    kit_until(&shop, shop.parked_count == 2);
    kit_await(&shop, &client, "Content-Length: 11\r\n", 1);
    kit_lacks(&client, "HEAD /x");
    kit_forget(&client);
    listen_answer(shop.parked[1], 204, NULL, 0, (span){0});
    kit_await(&shop, &client, "HTTP/1.1 204 No Content\r\n", 1);
    kit_lacks(&client, "Content-Length");
    kit_forget(&client);
    /* A header that would start a line of its own is left out. */
    static const struct http_header evil[] = {{SPAN("X-A"), SPAN("b\r\nX-C: d")},
                                              {SPAN("X-E"), SPAN("f")}};
    kit_send(&shop, &client, GET("/z"));
    kit_until(&shop, shop.parked_count == 3);
    listen_answer_error(shop.parked[2], 404, "not_found", "say \"what\"?", evil, 2);
    kit_await(&shop, &client, "{\"error\":\"not_found\",\"detail\":\"say \\\"what\\\"?\"}", 1);
    kit_has(&client, "Content-Type: application/json\r\n");
    kit_has(&client, "X-E: f\r\n");
    kit_lacks(&client, "X-C");
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    static const char text[] = "POST /slow HTTP/1.1\r\nHost: A.Example:80\r\nX: y\r\n"
                               "Transfer-Encoding: chunked\r\n\r\n"
                               "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n" GET("/next");
    for (size_t i = 0; i + 1 < sizeof text; i++)
        assert_true(kit_send_bytes(&shop, &client, (span){text + i, 1}));
    kit_await(&shop, &client, "POST /slow [3]", 1);
    kit_await(&shop, &client, "GET /next [0]", 1);
    assert_int_equal(shop.requests, 2);
    kit_hang_up(&client);
    kit_close(&shop);
}

/* The handler keeps its exchange although the client has gone; the answer is dropped. */
static void test_gone_while_parked(void **state)
{
    (void)state;
    for (unsigned hard = 0; hard < 2; hard++) {
        struct shop shop = {.parks = true};
        kit_open(&shop);
        struct client client = kit_connect(&shop);
        kit_send(&shop, &client, GET("/"));
        kit_until(&shop, shop.parked_count == 1);
        struct linger now = {.l_onoff = 1};
        if (hard)
            setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        kit_hang_up(&client);
        kit_pause(&shop, 30);
        if (hard)
            assert_int_equal(listen_connections(shop.listener), 0);
        assert_true(span_is(shop.parked[0]->request.path, "/"));
        kit_echo(shop.parked[0]);
        kit_until(&shop, listen_connections(shop.listener) == 0);
        kit_close(&shop);
    }
}

/* A client that shuts its sending side still gets its answer. */
static void test_half_closed(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/half"));
    shutdown(client.fd, SHUT_WR);
    kit_until(&shop, shop.parked_count == 1);
    kit_pause(&shop, 20);
    kit_echo(shop.parked[0]);
    kit_await_end(&shop, &client);
    kit_has(&client, "GET /half [0]");
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_closed_while_parked(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/"));
    kit_until(&shop, shop.parked_count == 1);
    listen_close(shop.listener);
    shop.listener = NULL;
    kit_await_end(&shop, &client);
    kit_echo(shop.parked[0]); /* still ours, and harmless */
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_reset(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/"));
    kit_until(&shop, shop.parked_count == 1);
    listen_reset(shop.parked[0]);
    kit_await_end(&shop, &client);
    assert_true(client.reset);
    assert_int_equal(client.len, 0);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void on_drained(void *arg)
{
    struct shop *shop = arg;
    shop->drained = true;
}

static void test_drain(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    kit_open(&shop);
    struct client idle = kit_connect(&shop), fresh = kit_connect(&shop);
    struct client parked = kit_connect(&shop), half = kit_connect(&shop);
    struct client unread = kit_connect(&shop);
    kit_send(&shop, &idle, GET("/idle"));
    kit_until(&shop, shop.parked_count == 1);
    kit_echo(shop.parked[0]);
    kit_await(&shop, &idle, "GET /idle [0]", 1);
    kit_lacks(&idle, "Connection: close");
    kit_send(&shop, &parked, GET("/parked"));
    kit_send(&shop, &half, "POST /half HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na");
    kit_until(&shop, shop.parked_count == 2);
    kit_until(&shop, listen_connections(shop.listener) == 5);
    assert_int_equal(send(unread.fd, GET("/unread"), sizeof GET("/unread") - 1, 0),
                     sizeof GET("/unread") - 1); /* no turn of the loop reads this before */
    usleep(2000);
    uint16_t port = listen_port(shop.listener);
    listen_drain(shop.listener, on_drained, &shop);
    kit_await_end(&shop, &idle);
    kit_await_end(&shop, &fresh);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int late = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(late, (struct sockaddr *)&to, sizeof to), -1);
    close(late);
    assert_false(shop.drained);
    kit_send(&shop, &half, "bc");
    kit_until(&shop, shop.parked_count == 4);
    for (unsigned i = 1; i < 4; i++)
        kit_echo(shop.parked[i]);
    kit_await_end(&shop, &parked);
    kit_await_end(&shop, &half);
    kit_await_end(&shop, &unread);
    kit_has(&parked, "Connection: close\r\n");
    kit_has(&parked, "GET /parked [0]");
    kit_has(&half, "POST /half [3]");
    kit_has(&unread, "GET /unread [0]");
    assert_false(shop.drained); /* lingering until the clients have heard */
    kit_hang_up(&idle);
    kit_hang_up(&fresh);
    kit_hang_up(&parked);
    kit_hang_up(&half);
    kit_hang_up(&unread);
    kit_until(&shop, shop.drained);
    kit_close(&shop);
}

static void test_drain_nothing(void **state)
{
    (void)state;
    struct shop shop = {0};
    kit_open(&shop);
    listen_drain(shop.listener, on_drained, &shop);
    kit_until(&shop, shop.drained);
    kit_close(&shop);
}

static void test_two_share_a_port(void **state)
{
    (void)state;
    struct shop one = {.options = {.reuse_port = true}}, two = {0};
    kit_open(&one);
    two.options = (struct listen_options){.reuse_port = true, .port = listen_port(one.listener)};
    kit_open(&two);
    struct client clients[40];
    for (unsigned i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = kit_connect(&one);
        kit_send(&one, &clients[i], GET("/"));
    }
    for (unsigned i = 0; i < COUNT_OF(clients); i++) {
        kit_until(&one, (kit_turn(&two), kit_receive(&clients[i]), clients[i].len > 0));
        kit_hang_up(&clients[i]);
    }
    assert_int_equal(one.requests + two.requests, 40);
    assert_true(one.requests > 0 && two.requests > 0);
    kit_close(&one);
    kit_close(&two);
}

struct form {
    const char *text, *target, *host, *ip;
};

#define GET_A "GET / HTTP/1.1\r\nHost: a\r\n"
#define VIA   "X-Forwarded-For: "

/* Targets and hosts in all their forms, and whose address it is behind our proxy. */
static const struct form forms[] = {
    {"GET /?a=b?c HTTP/1.1\r\nHost: S.EXAMPLE:443\r\n", "/?a=b?c", "s.example", "127.0.0.1"},
    {"GET http://B.c:80/x HTTP/1.1\r\nHost: d\r\n", "http://B.c:80/x", "b.c", "127.0.0.1"},
    {"GET https://b HTTP/1.1\r\nHost: b\r\n", "https://b", "b", "127.0.0.1"},
    {"OPTIONS * HTTP/1.1\r\nHost: [2A00::1]:8\r\n", "*", "2a00::1", "127.0.0.1"},
    {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n", "a:80", "a", "127.0.0.1"},
    {GET_A "Connection: upgrade\r\nUpgrade: x\r\n", "/", "a", "127.0.0.1"},
    {GET_A VIA "1.2.3.4\r\n", "/", "a", "1.2.3.4"},
    {GET_A "x-forwarded-for:6.6.6.6, 1.2.3.4 \r\n", "/", "a", "1.2.3.4"},
    {GET_A VIA "6.6.6.6\r\n" VIA "1.2.3.4,127.0.0.1\r\n", "/", "a", "1.2.3.4"},
    {GET_A VIA "1.2.3.4\r\n" VIA "junk\r\n", "/", "a", "127.0.0.1"},
};

static void test_forms(void **state)
{
    (void)state;
    struct addr_range loopback;
    assert_int_equal(addr_range_parse(SPAN("127.0.0.0/8"), &loopback), OK);
    struct shop shop = {.options = {.trusted = {&loopback, 1}}};
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    for (unsigned i = 0; i < COUNT_OF(forms); i++) { /* all on one connection */
        kit_send(&shop, &client, forms[i].text);
        kit_send(&shop, &client, "\r\n");
        kit_await(&shop, &client, "[0]", i + 1);
        assert_string_equal(shop.last_target, forms[i].target);
        assert_string_equal(shop.last_host, forms[i].host);
        assert_string_equal(shop.last_ip, forms[i].ip);
    }
    kit_has(&client, "GET /x [0]");
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_port_taken(void **state)
{
    (void)state;
    struct shop shop = {0};
    struct error error = {0};
    struct listener *second = NULL;
    kit_open(&shop);
    struct listen_options options = {.host = SPAN("127.0.0.1"), .port = listen_port(shop.listener)};
    assert_int_equal(listen_open(&shop.loop, &options, &kit_handler, NULL, &second, &error),
                     CONFLICT);
    assert_null(second);
    assert_non_null(strstr(error.text, "in use"));
    options.host = SPAN("no.such.host");
    assert_int_equal(listen_open(&shop.loop, &options, &kit_handler, NULL, &second, &error),
                     INVALID);
    kit_close(&shop);
}

static void test_ipv6(void **state)
{
    (void)state;
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    if (probe < 0 || bind(probe, (struct sockaddr *)&to, sizeof to) < 0) {
        close(probe);
        skip(); /* a machine without IPv6 */
    }
    close(probe);
    struct shop shop = {.options = {.host = SPAN("::1")}};
    kit_open(&shop);
    to.sin6_port = htons(listen_port(shop.listener));
    struct client client = {.fd = socket(AF_INET6, SOCK_STREAM, 0)};
    assert_int_equal(connect(client.fd, (struct sockaddr *)&to, sizeof to), 0);
    kit_send(&shop, &client, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
    kit_await(&shop, &client, "GET / [0]", 1);
    assert_string_equal(shop.last_ip, "::1");
    assert_string_equal(shop.last_host, "::1");
    kit_hang_up(&client);
    kit_close(&shop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_close_when_asked),
        cmocka_unit_test(test_old_keep_alive),
        cmocka_unit_test(test_pipeline_parked),
        cmocka_unit_test(test_pipeline_many),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_large_both_ways),
        cmocka_unit_test(test_expect),
        cmocka_unit_test(test_head_and_empty),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_gone_while_parked),
        cmocka_unit_test(test_half_closed),
        cmocka_unit_test(test_closed_while_parked),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_nothing),
        cmocka_unit_test(test_two_share_a_port),
        cmocka_unit_test(test_port_taken),
        cmocka_unit_test(test_ipv6),
        cmocka_unit_test(test_forms),
    };
    return KIT_RUN(tests);
}
