/*
 * A small file that tells which ports a child got, so that a parent need not guess free ones:
 * {"listen":"127.0.0.1:40001","admin":"127.0.0.1:40002"}. It appears whole or not at all.
 */
#ifndef APP_PORTS_H
#define APP_PORTS_H
#include <stdint.h>

#include "../base/span.h"

/* Nothing when path is NULL. BROKEN after saying so on stderr. `admin` may be absent. */
MUST_USE enum status ports_write(const char *path, span listen, span admin);
/* AGAIN: not there yet. Either pointer may be NULL. */
MUST_USE enum status ports_read(const char *path, uint16_t *ret_listen, uint16_t *ret_admin);

#endif
