/*
 * `sidetrack sandbox`: the platforms on a loop of their own, until a signal.
 */
#include "../sandbox/sandbox.h"

#include <signal.h>

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
        fprintf(stderr, "sidetrack sandbox: cannot listen on 127.0.0.1:%d\n", (int)port);
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
