/*
 * The only door to the platforms. The real one is net/call; dry pretends acceptance and says what
 * it would have sent; scripted (tests) answers from a list.
 */
#ifndef PIPELINE_TRANSPORT_H
#define PIPELINE_TRANSPORT_H
#include "../net/call.h"

struct transport {
    void (*send)(struct transport *transport, const struct http_call *call, call_done *done,
                 void *arg);
};

/* Over a caller on DELIVER's loop. */
struct transport_real {
    struct transport transport; /* first */
    struct caller *caller;
};
void transport_real_init(struct transport_real *real, struct caller *caller);

#endif
