/*
 * What is pasted into a shop: the snippet's line and the text of the custom pixel, with where. Said
 * by `init` for a store that is being made, and by `describe snippet` and `describe pixel` for one
 * that is in the config.
 */
#ifndef APP_PASTE_H
#define APP_PASTE_H
#include "../sources/snippet.h"
#include "args.h"

/* `gateway` is a host, `path` the snippet's. */
void paste_snippet(const char *gateway, span path, struct buf *out);
void paste_pixel(const struct snippet_pixel *pixel, struct buf *out);

/* `describe snippet`, `describe pixel`: of the store of --store, or the only one. An exit code. */
int paste_describe(const struct args *args);

#endif
