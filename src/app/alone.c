/* A loop of its own for one thing; alone.h is the contract. */
#include "alone.h"

#include <signal.h>

#include "ports.h"

void alone_open(struct alone *alone)
{
    *alone = (struct alone){0};
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&alone->loop);
}

static void on_signal(uv_signal_t *signal, int number)
{
    struct alone *alone = signal->data;
    (void)number;
    if (alone->thing)
        alone->close(alone->thing);
    alone->thing = NULL;
    for (unsigned i = 0; i < COUNT_OF(alone->signals); i++)
        if (!uv_is_closing((uv_handle_t *)&alone->signals[i]))
            uv_close((uv_handle_t *)&alone->signals[i], NULL);
}

static int end(struct alone *alone, int code)
{
    uv_run(&alone->loop, UV_RUN_DEFAULT);
    uv_loop_close(&alone->loop);
    return code;
}

int alone_failed(struct alone *alone)
{
    return end(alone, EXIT_FAILED);
}

int alone_run(struct alone *alone, const struct args *args, const char *what, uint16_t port,
              void (*close)(void *thing), void *thing)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    if (ports_write(args_get(args, "ports"), span_of(address), (span){0}) != OK) {
        close(thing);
        return end(alone, EXIT_FAILED);
    }
    alone->close = close;
    alone->thing = thing;
    for (unsigned i = 0; i < COUNT_OF(alone->signals); i++) {
        uv_signal_init(&alone->loop, &alone->signals[i]);
        alone->signals[i].data = alone;
        uv_signal_start(&alone->signals[i], on_signal, numbers[i]);
    }
    printf("%s at http://%s\n", what, address);
    fflush(stdout);
    return end(alone, EXIT_DONE);
}
