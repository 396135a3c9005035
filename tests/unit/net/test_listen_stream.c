/* Answers that go on: pieces in order, a client that leaves, one that does not read, a drain. */
#include "../../../src/net/listen_stream.c"
#include "kit.h"

static unsigned ended;

static void on_ended(void *arg)
{
    (void)arg;
    ended++;
}

static const struct http_header type[] = {{SPAN("Content-Type"), SPAN("text/event-stream")}};

/* A client whose request has become a stream. */
static struct client streaming(struct shop *shop)
{
    ended = 0;
    *shop = (struct shop){.parks = true};
    kit_open(shop);
    struct client client = kit_connect(shop);
    kit_send(shop, &client, GET("/events"));
    kit_until(shop, shop->parked_count == 1);
    assert_true(listen_stream_open(shop->parked[0], type, 1, on_ended, NULL));
    return client;
}

static void test_pieces(void **state)
{
    (void)state;
    struct shop shop;
    struct client client = streaming(&shop);
    assert_true(listen_stream_send(shop.parked[0], SPAN("data: 1\n\n")));
    assert_true(listen_stream_send(shop.parked[0], SPAN("data: 2\n\n")));
    kit_await(&shop, &client, "data: ", 2);
    kit_has(&client, "HTTP/1.1 200 OK\r\n");
    kit_has(&client, "Content-Type: text/event-stream\r\n");
    kit_has(&client, "Connection: close\r\n");
    kit_lacks(&client, "Content-Length");
    kit_has(&client, "\r\n\r\ndata: 1\n\ndata: 2\n\n");
    listen_stream_close(shop.parked[0]);
    assert_int_equal(ended, 1);
    kit_await_end(&shop, &client);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_client_leaves(void **state)
{
    (void)state;
    struct shop shop;
    struct client client = streaming(&shop);
    kit_hang_up(&client);
    kit_until(&shop, ended == 1);
    assert_int_equal(listen_connections(shop.listener), 0);
    kit_close(&shop);
    assert_int_equal(ended, 1);
}

static void test_client_left_before(void **state)
{
    (void)state;
    struct shop shop = {.parks = true};
    ended = 0;
    kit_open(&shop);
    struct client client = kit_connect(&shop);
    kit_send(&shop, &client, GET("/events"));
    kit_until(&shop, shop.parked_count == 1);
    kit_hang_up(&client);
    kit_pause(&shop, 20);
    assert_false(listen_stream_open(shop.parked[0], type, 1, on_ended, NULL));
    kit_until(&shop, listen_connections(shop.listener) == 0);
    kit_close(&shop);
    assert_int_equal(ended, 0);
}

/* A client that reads nothing costs one rest; when it reads again all of what was taken is there.
 */
static void test_slow_reader(void **state)
{
    (void)state;
    struct shop shop;
    struct client client = streaming(&shop);
    static char piece[60000];
    memset(piece, 'x', sizeof piece);
    unsigned taken = 0;
    while (taken < 10000 && listen_stream_send(shop.parked[0], (span){piece, sizeof piece}))
        taken++;
    assert_in_range(taken, 1, 9999);
    assert_false(listen_stream_send(shop.parked[0], SPAN("more")));
    kit_until(&shop, (kit_receive(&client), client.len >= taken * sizeof piece));
    kit_until(&shop, listen_stream_send(shop.parked[0], SPAN("end")));
    kit_await(&shop, &client, "xend", 1);
    assert_int_equal(ended, 0);
    kit_hang_up(&client);
    kit_until(&shop, ended == 1);
    kit_close(&shop);
}

static void set_drained(void *arg)
{
    *(bool *)arg = true;
}

static void test_drain_ends_it(void **state)
{
    (void)state;
    struct shop shop;
    struct client client = streaming(&shop);
    listen_drain(shop.listener, set_drained, &shop.drained);
    assert_int_equal(ended, 1);
    kit_await_end(&shop, &client);
    kit_until(&shop, shop.drained);
    kit_hang_up(&client);
    kit_close(&shop);
}

static void test_listener_closes(void **state)
{
    (void)state;
    struct shop shop;
    struct client client = streaming(&shop);
    kit_close(&shop);
    assert_int_equal(ended, 1);
    kit_hang_up(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_client_leaves),
        cmocka_unit_test(test_client_left_before),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_drain_ends_it),
        cmocka_unit_test(test_listener_closes),
    };
    return KIT_RUN(tests);
}
