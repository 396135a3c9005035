/* The real door: net/call on DELIVER's loop. */
#include "transport.h"

static void real_send(struct transport *transport, const struct http_call *call, call_done *done,
                      void *arg)
{
    struct transport_real *real = (struct transport_real *)transport;
    call_send(real->caller, call, done, arg);
}

void transport_real_init(struct transport_real *real, struct caller *caller)
{
    *real = (struct transport_real){.transport = {.send = real_send}, .caller = caller};
}
