/* The part of `check` that asks the platforms. Private to check.c and check_online.c. */
#ifndef APP_CHECK_H
#define APP_CHECK_H
#include "../base/json.h"
#include "config.h"

/* Asks every destination of the config; a line each on standard output, or objects into `json`.
   True: all of them would take our events. Blocks, at most PROBE_SECONDS a request. */
bool check_online(const struct config *config, struct json *json);

#endif
