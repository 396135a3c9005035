/*
 * What is to fail, shared through a small mapped file between the shim in the gateway (shim.c) and
 * whoever gives the orders (plan.c). Zero is "nothing fails".
 */
#ifndef FAULT_PLAN_H
#define FAULT_PLAN_H
#include <stdatomic.h>

/*   kind, what is counted, its usual error */
#define PLAN_KINDS(_)                                                                              \
    _(WRITE, "write", EIO)       /* pwrite to the database's files */                              \
    _(SYNC, "sync", EIO)         /* fsync, fdatasync of them */                                    \
    _(READ, "read", EIO)         /* pread from them */                                             \
    _(TRUNCATE, "truncate", EIO) /* ftruncate of them */                                           \
    _(OPEN, "open", EMFILE)      /* open of them */                                                \
    _(SEND, "send", ECONNRESET)  /* write, writev, send, sendmsg to a TCP socket */                \
    _(RECV, "recv", ECONNRESET)  /* read, recv from one */                                         \
    _(CONNECT, "connect", ECONNREFUSED)                                                            \
    _(ACCEPT, "accept", EMFILE)                                                                    \
    _(SOCKET, "socket", EMFILE)                                                                    \
    _(MALLOC, "malloc", ENOMEM) /* malloc, calloc, realloc of anybody in the process */

enum plan_kind {
#define PLAN_ROW(name, word, error) PLAN_##name,
    PLAN_KINDS(PLAN_ROW)
#undef PLAN_ROW
        PLAN_COUNT
};

struct plan {
    atomic_uint armed;   /* calls are counted */
    atomic_uint kind;    /* which may fail */
    atomic_uint at;      /* the call of it that fails, from 1; 0: none */
    atomic_uint lasting; /* and all after it */
    atomic_uint torn;    /* a write that fails has written half */
    atomic_uint error;
    atomic_uint fired;
    atomic_long sync_ms, clock_ms;
    atomic_uint counts[PLAN_COUNT];
};

#endif
