/*
 * Mail to a relay with TLS, from the first byte or after STARTTLS: the certificate is asked for,
 * and a password is never said before TLS stands.
 */
#include "../../../src/net/mail.c"
#include "certificate.h"
#include "kit.h"

struct relay { /* takes one mail, in a thread of its own */
    SSL_CTX *context;
    SSL *ssl; /* NULL: clear so far */
    int listener, fd;
    uint16_t port;
    bool at_once, offers; /* TLS from the first byte; STARTTLS */
    bool secret_in_clear, taken;
    char said[4096]; /* what came over TLS */
};

static char ca_path[CERTIFICATE_PATH];

static void say(struct relay *relay, const char *line)
{
    if (relay->ssl)
        SSL_write(relay->ssl, line, (int)strlen(line));
    else if (write(relay->fd, line, strlen(line)) < 0)
        return;
}

static bool hear(struct relay *relay, char line[512])
{
    size_t len = 0;
    while (len < 511) {
        int got =
            relay->ssl ? SSL_read(relay->ssl, line + len, 1) : (int)read(relay->fd, line + len, 1);
        if (got != 1)
            return false;
        if (line[len++] == '\n')
            break;
    }
    line[len] = '\0';
    if (!relay->ssl && strncasecmp(line, "AUTH", 4) == 0)
        relay->secret_in_clear = true;
    size_t before = strlen(relay->said);
    if (relay->ssl)
        snprintf(relay->said + before, sizeof relay->said - before, "%s", line);
    return true;
}

static bool secure(struct relay *relay)
{
    relay->ssl = SSL_new(relay->context);
    SSL_set_fd(relay->ssl, relay->fd);
    return SSL_accept(relay->ssl) == 1;
}

static void converse(struct relay *relay)
{
    char line[512];
    if (relay->at_once && !secure(relay))
        return;
    say(relay, "220 relay ESMTP\r\n");
    while (hear(relay, line)) {
        if (strncasecmp(line, "EHLO", 4) == 0) {
            say(relay, relay->offers && !relay->ssl ? "250-relay\r\n250 STARTTLS\r\n"
                                                    : "250-relay\r\n250 AUTH PLAIN\r\n");
        } else if (strncasecmp(line, "STARTTLS", 8) == 0) {
            say(relay, "220 go on\r\n");
            if (!secure(relay))
                return;
        } else if (strncasecmp(line, "AUTH PLAIN", 10) == 0) {
            say(relay, line[10] == ' ' ? "235 well\r\n" : "334 \r\n");
            if (line[10] != ' ' && hear(relay, line))
                say(relay, "235 well\r\n");
        } else if (strncasecmp(line, "DATA", 4) == 0) {
            say(relay, "354 go on\r\n");
            while (hear(relay, line) && strcmp(line, ".\r\n") != 0)
                ;
            relay->taken = true;
            say(relay, "250 taken\r\n");
        } else {
            say(relay, "250 well\r\n");
        }
    }
}

static void *relay_serve(void *arg)
{
    struct relay *relay = arg;
    relay->fd = accept(relay->listener, NULL, NULL);
    converse(relay);
    SSL_free(relay->ssl);
    close(relay->fd);
    return NULL;
}

/* "" or the trouble. `trusted`: the relay's certificate is known. */
static const char *send_to(struct relay *relay, const char *scheme, bool trusted)
{
    static struct error error;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    char smtp[100];
    pthread_t thread;
    const span to = SPAN("ops@acme.example");
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(relay->listener, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(relay->listener, 4), 0);
    getsockname(relay->listener, (struct sockaddr *)&at, &len);
    relay->context = certificate_server("IP:127.0.0.1", ca_path);
    assert_int_equal(pthread_create(&thread, NULL, relay_serve, relay), 0);
    snprintf(smtp, sizeof smtp, "%s://ops:hush@127.0.0.1:%u", scheme, ntohs(at.sin_port));
    const struct mail mail = {.smtp = span_of(smtp),
                              .from = SPAN("st@acme.example"),
                              .to = &to,
                              .to_count = 1,
                              .message = SPAN("Subject: hello\r\n\r\nA test.\r\n"),
                              .ca_file = trusted ? ca_path : NULL};
    error.text[0] = '\0';
    enum status status = mail_once(&mail, &error);
    pthread_join(thread, NULL);
    assert_true((status == OK) == (error.text[0] == '\0'));
    close(relay->listener);
    SSL_CTX_free(relay->context);
    unlink(ca_path);
    return error.text;
}

static void test_tls_from_the_first_byte(void **state)
{
    (void)state;
    struct relay relay = {.at_once = true};
    assert_string_equal(send_to(&relay, "smtps", true), "");
    assert_true(relay.taken);
    assert_non_null(strstr(relay.said, "AUTH PLAIN"));
    assert_non_null(strstr(relay.said, "Subject: hello"));
}

static void test_starttls(void **state)
{
    (void)state;
    struct relay relay = {.offers = true};
    assert_string_equal(send_to(&relay, "smtp", true), "");
    assert_true(relay.taken);
    assert_false(relay.secret_in_clear);
    assert_non_null(strstr(relay.said, "AUTH PLAIN"));
    assert_non_null(strstr(relay.said, "Subject: hello"));
}

static void test_a_relay_nobody_vouches_for_gets_nothing(void **state)
{
    (void)state;
    struct relay at_once = {.at_once = true}, later = {.offers = true};
    assert_non_null(strstr(send_to(&at_once, "smtps", false), "certificate"));
    assert_non_null(strstr(send_to(&later, "smtp", false), "certificate"));
    assert_false(at_once.taken || later.taken);
    assert_false(at_once.secret_in_clear || later.secret_in_clear);
    assert_string_equal(at_once.said, "");
    assert_string_equal(later.said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tls_from_the_first_byte),
        cmocka_unit_test(test_starttls),
        cmocka_unit_test(test_a_relay_nobody_vouches_for_gets_nothing),
    };
    return KIT_RUN(tests);
}
