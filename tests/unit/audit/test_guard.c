/*
 * The guard as Chromium speaks to it: names and addresses that lead to a private place are refused
 * before anything is sent; allowed ones pass bytes both ways.
 */
#include "../../../src/audit/guard.c"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../base/check.h"

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void read_exactly(int fd, void *bytes, size_t len)
{
    for (size_t had = 0; had < len;) {
        ssize_t got = read(fd, (char *)bytes + had, len - had);
        assert_true(got > 0);
        had += (size_t)got;
    }
}

/* The code it answers a CONNECT with. The socket stays open in *ret_fd. */
static int ask_name(uint16_t guard, const char *name, uint16_t port, int *ret_fd)
{
    unsigned char text[300] = {5, 1, 0, 3, (unsigned char)strlen(name)}, answer[10];
    int fd = dial(guard);
    assert_int_equal(write(fd, "\5\1\0", 3), 3);
    read_exactly(fd, answer, 2);
    memcpy(text + 5, name, text[4]);
    text[5 + text[4]] = (unsigned char)(port >> 8);
    text[6 + text[4]] = (unsigned char)port;
    assert_int_equal(write(fd, text, 7u + text[4]), 7 + text[4]);
    read_exactly(fd, answer, sizeof answer);
    *ret_fd = fd;
    return answer[1];
}

static int listen_somewhere(uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    getsockname(fd, (struct sockaddr *)&at, &len);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static void test_private_is_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"127.0.0.1",        "localhost", "10.0.0.1",
                                        "169.254.169.254",  "::1",       "0.0.0.0",
                                        "::ffff:127.0.0.1", "127.1"};
    struct guard *guard;
    uint16_t port;
    int fd, server = listen_somewhere(&port);
    assert_int_equal(guard_open(false, &guard), OK);
    for (unsigned i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(ask_name(guard_port(guard), names[i], port, &fd), 2);
        close(fd);
        assert_int_equal(guard_refused(guard), i + 1);
    }
    guard_close(guard);
    close(server);
}

static void test_bytes_pass_both_ways(void **state)
{
    (void)state;
    struct guard *guard;
    uint16_t port;
    char bytes[8];
    int fd, server = listen_somewhere(&port);
    assert_int_equal(guard_open(true, &guard), OK);
    assert_int_equal(ask_name(guard_port(guard), "127.0.0.1", port, &fd), 0);
    int peer = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    assert_int_equal(write(fd, "hello", 5), 5);
    read_exactly(peer, bytes, 5);
    assert_memory_equal(bytes, "hello", 5);
    assert_int_equal(write(peer, "you", 3), 3);
    shutdown(peer, SHUT_WR);
    read_exactly(fd, bytes, 3);
    assert_memory_equal(bytes, "you", 3);
    assert_int_equal(read(fd, bytes, 1), 0); /* its end is passed on too */
    assert_int_equal(write(fd, "still", 5), 5);
    read_exactly(peer, bytes, 5);
    assert_memory_equal(bytes, "still", 5);
    guard_close(guard); /* with the connection open */
    close(fd), close(peer), close(server);
}

static void test_what_is_no_socks_is_hung_up_on(void **state)
{
    (void)state;
    static const char greeting[] = "\5\377";
    struct guard *guard;
    assert_int_equal(guard_open(true, &guard), OK);
    int fd = dial(guard_port(guard));
    char bytes[16];
    assert_int_equal(write(fd, "\5\1\0\5\2\0\1\1\1\1\1\0\1", 13), 13); /* BIND */
    read_exactly(fd, bytes, 2);
    assert_int_equal(read(fd, bytes, 1), 0);
    close(fd);
    fd = dial(guard_port(guard));
    for (unsigned i = 0; i < 100; i++) /* a greeting that never ends */
        if (write(fd, greeting, sizeof greeting) < 0)
            break;
    guard_close(guard);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_private_is_refused),
        cmocka_unit_test(test_bytes_pass_both_ways),
        cmocka_unit_test(test_what_is_no_socks_is_hung_up_on),
    };
    signal(SIGPIPE, SIG_IGN);
    return CHECK_RUN(tests);
}
