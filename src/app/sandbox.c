/*
 * `sidetrack sandbox`: the platforms on a loop of their own, until a signal.
 */
#include "../sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "alone.h"
#include "verbs.h"

/* Why nobody can listen there, asked of the kernel again: the room tells only that it failed. */
static const char *port_trouble(uint16_t port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file < 0)
        return strerror(errno);
    setsockopt(file, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    int trouble = bind(file, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
    close(file);
    return trouble == EADDRINUSE ? "something listens there already; --port N takes another, "
                                   "--port 0 any free one"
           : trouble             ? strerror(trouble)
                                 : "it was busy a moment ago";
}

static void close_sandbox(void *sandbox)
{
    sandbox_close(sandbox);
}

int sandbox_verb(const struct args *args)
{
    int64_t port;
    if (args_number(args, "port", 8090, 0, 65535, &port) != OK)
        return EXIT_WRONG;
    struct alone alone;
    struct sandbox *sandbox;
    alone_open(&alone);
    if (sandbox_open(&alone.loop, (uint16_t)port, &clock_real, &sandbox) != OK) {
        fprintf(stderr, "sidetrack sandbox: cannot listen on 127.0.0.1:%d: %s\n", (int)port,
                port_trouble((uint16_t)port));
        return alone_failed(&alone);
    }
    return alone_run(&alone, args, "the platforms are played", sandbox_port(sandbox), close_sandbox,
                     sandbox);
}
