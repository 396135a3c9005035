/*
 * `sidetrack sandbox`: the platforms on a loop of their own, until a signal.
 */
#include "../sandbox/sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "ports.h"
#include "verbs.h"

struct stage {
    uv_signal_t signals[2];
    struct sandbox *sandbox;
};

static void on_signal(uv_signal_t *signal, int number)
{
    struct stage *stage = signal->data;
    (void)number;
    if (stage->sandbox)
        sandbox_close(stage->sandbox);
    stage->sandbox = NULL;
    for (unsigned i = 0; i < COUNT_OF(stage->signals); i++)
        if (!uv_is_closing((uv_handle_t *)&stage->signals[i]))
            uv_close((uv_handle_t *)&stage->signals[i], NULL);
}

static void watch(uv_loop_t *loop, struct stage *stage)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    for (unsigned i = 0; i < COUNT_OF(stage->signals); i++) {
        uv_signal_init(loop, &stage->signals[i]);
        stage->signals[i].data = stage;
        uv_signal_start(&stage->signals[i], on_signal, numbers[i]);
    }
}

static enum status tell_port(const struct args *args, uint16_t port)
{
    char text[32];
    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    return ports_write(args_get(args, "ports"), span_of(text), (span){0});
}

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

int sandbox_verb(const struct args *args)
{
    int64_t port;
    if (args_number(args, "port", 8090, 0, 65535, &port) != OK)
        return EXIT_WRONG;
    uv_loop_t loop;
    struct stage stage = {0};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    int code = EXIT_DONE;
    if (sandbox_open(&loop, (uint16_t)port, &clock_real, &stage.sandbox) != OK) {
        fprintf(stderr, "sidetrack sandbox: cannot listen on 127.0.0.1:%d: %s\n", (int)port,
                port_trouble((uint16_t)port));
        code = EXIT_FAILED;
    } else if (tell_port(args, sandbox_port(stage.sandbox)) != OK) {
        code = EXIT_FAILED;
        sandbox_close(stage.sandbox);
    } else {
        printf("the platforms are played at http://127.0.0.1:%d\n", sandbox_port(stage.sandbox));
        fflush(stdout);
        watch(&loop, &stage);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return code;
}
