/*
 * Opening the database for the commands that only look: by --data FILE, or by the `data` of a
 * config. Secrets of the config need not be at hand for that, so nothing else of it is read.
 */
#ifndef APP_LOOK_H
#define APP_LOOK_H
#include "../base/arena.h"
#include "../store/dossier.h"
#include "args.h"

/* The path of the database, in the arena. INVALID after saying why on stderr. */
MUST_USE enum status look_path(const struct args *args, struct arena *arena, const char **ret_path);
/* BROKEN and the like after saying why on stderr. */
MUST_USE enum status look_open(const char *path, struct view **ret_view);

/* The ways in which `text` may name somebody: by e-mail, else by phone, else by customer id.
   Returns how many are in ret_names. */
unsigned look_names(struct arena *arena, span text, struct dossier_name ret_names[2]);
/* Numbers of the stores to look in: all that the database knows, or the one of --store. INVALID
   after saying that there is no such store. */
MUST_USE enum status look_stores(struct view *view, const struct args *args, int64_t *ret_first,
                                 int64_t *ret_last);

#endif
