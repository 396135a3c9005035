/*
 * The admin listener: GET /metrics and /healthz today, the dashboard later. On loopback unless
 * the config says otherwise; nothing here tells of people. Thread: its loop's.
 */
#ifndef APP_ADMIN_H
#define APP_ADMIN_H
#include <uv.h>

#include "config.h"

struct admin;
MUST_USE enum status admin_open(uv_loop_t *loop, const struct config *config,
                                struct admin **ret_admin, struct error *ret_error);
uint16_t admin_port(const struct admin *admin);
void admin_close(struct admin *admin); /* the loop must run until its handles are closed */

#endif
