/*
 * Takes notices for tests/flow/alerts.scene: a mail relay and a webhook in one, on 127.0.0.1:PORT,
 * one connection after the other. Each message is appended to FILE as it came, a body of HTTP with
 * a line end. While there is a file FILE.refuse it answers 550 and 503.
 *
 *   alert_sink PORT FILE
 */
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct sink {
    FILE *in, *out, *kept;
    bool refuses;
};

static void take_mail(struct sink *sink)
{
    char line[2000];
    bool data = false;
    while (fflush(sink->out) == 0 && fgets(line, sizeof line, sink->in)) {
        if (data) {
            data = strcmp(line, ".\r\n") != 0;
            fputs(data ? line : "", sink->kept);
            fputs(data ? "" : "250 taken\r\n", sink->out);
        } else if (strncasecmp(line, "DATA", 4) == 0) {
            data = true;
            fputs("354 go on\r\n", sink->out);
        } else if (strncasecmp(line, "QUIT", 4) == 0) {
            break;
        } else {
            bool no = sink->refuses && strncasecmp(line, "RCPT", 4) == 0;
            fputs(no ? "550 nobody of that name\r\n" : "250 well\r\n", sink->out);
        }
    }
}

static void take_post(struct sink *sink)
{
    char line[2000], body[10000];
    size_t length = 0;
    while (fgets(line, sizeof line, sink->in) && strcmp(line, "\r\n") != 0)
        if (strncasecmp(line, "Content-Length:", 15) == 0)
            length = strtoul(line + 15, NULL, 10);
    if (length > sizeof body || fread(body, 1, length, sink->in) != length)
        return;
    if (!sink->refuses)
        fprintf(sink->kept, "%.*s\n", (int)length, body);
    fprintf(sink->out, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            sink->refuses ? "503 Service Unavailable" : "204 No Content");
}

/* Who speaks first tells the two apart: HTTP does, a mail program waits for us. */
static bool speaks_first(int fd)
{
    struct timeval patience = {.tv_usec = 100000};
    char byte;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool spoke = recv(fd, &byte, 1, MSG_PEEK) == 1;
    patience = (struct timeval){.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return spoke;
}

static void take(int fd, const char *path)
{
    char refuse[500];
    struct sink sink = {fdopen(fd, "r"), fdopen(dup(fd), "w"), fopen(path, "a"), false};
    snprintf(refuse, sizeof refuse, "%s.refuse", path);
    sink.refuses = access(refuse, F_OK) == 0;
    if (!sink.in || !sink.out || !sink.kept)
        exit(1);
    if (speaks_first(fd)) {
        take_post(&sink);
    } else {
        fputs("220 sink ESMTP\r\n", sink.out);
        take_mail(&sink);
    }
    fclose(sink.out);
    fclose(sink.in);
    fclose(sink.kept);
}

int main(int argc, char **argv)
{
    long port = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (argc != 3 || listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(listener, (struct sockaddr *)&at, sizeof at) != 0 || listen(listener, 8) != 0) {
        fprintf(stderr, "alert_sink PORT FILE\n");
        return 2;
    }
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            return 1;
        take(fd, argv[2]);
    }
}
