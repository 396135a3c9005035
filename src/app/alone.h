/*
 * One thing that listens on 127.0.0.1, by itself on a loop of the main thread, until SIGTERM or
 * SIGINT: what `sandbox` and `shop` are.
 */
#ifndef APP_ALONE_H
#define APP_ALONE_H
#include <uv.h>

#include "args.h"

struct alone {
    uv_loop_t loop;
    uv_signal_t signals[2];
    void (*close)(void *thing);
    void *thing;
};

void alone_open(struct alone *alone);
/* Says on stdout "WHAT at http://127.0.0.1:PORT", and the port in --ports FILE; runs until a
   signal, then closes the thing. The exit code. */
int alone_run(struct alone *alone, const struct args *args, const char *what, uint16_t port,
              void (*close)(void *thing), void *thing);
/* Instead of alone_run, when the thing could not be opened. */
int alone_failed(struct alone *alone);

#endif
