/*
 * Children of the demo: this same program with another verb. Private to demo.c, demo_child.c.
 */
#ifndef APP_DEMO_H
#define APP_DEMO_H
#include <sys/types.h>

#include "../base/span.h"

struct demo_child {
    const char *name;
    pid_t pid; /* 0: none */
};

/* `words`: the verb and its options, ends with NULL. Output goes to `log`. Gets SIGTERM when this
   process ends, however it ends. BROKEN after saying so. */
MUST_USE enum status demo_child_start(struct demo_child *child, const char *const *words,
                                      const char *log);
/* Waits until the child has written its ports. BROKEN when it ended or took too long. */
MUST_USE enum status demo_child_ports(struct demo_child *child, const char *path,
                                      uint16_t *ret_listen, uint16_t *ret_admin);
bool demo_child_ended(struct demo_child *child); /* reaps it */
void demo_child_end(struct demo_child *child);   /* SIGTERM, waits, SIGKILL */

#endif
