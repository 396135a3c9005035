/*
 * Opening the database for the commands that only look: by --data FILE, or by the `data` of a
 * config. Secrets of the config need not be at hand for that, so nothing else of it is read.
 */
#ifndef APP_LOOK_H
#define APP_LOOK_H
#include "../base/arena.h"
#include "../store/store.h"
#include "args.h"

/* The path of the database, in the arena. INVALID after saying why on stderr. */
MUST_USE enum status look_path(const struct args *args, struct arena *arena, const char **ret_path);
/* BROKEN and the like after saying why on stderr. */
MUST_USE enum status look_open(const char *path, struct view **ret_view);

#endif
