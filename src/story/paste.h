/*
 * What is pasted into a shop: the snippet's line, the text of the custom pixel, the webhooks to
 * subscribe to, and where each goes. Said by `init` for a store that is being made; by `describe
 * snippet`, `describe pixel` and the dashboard's Setup for one that is in the config.
 */
#ifndef STORY_PASTE_H
#define STORY_PASTE_H
#include "../sources/snippet.h"
#include "story.h"

/* Webhook topics; each list ends with NULL. */
extern const char *const paste_topics[], *const paste_compliance[];

/* The name under which browsers reach us: one of the store's own for it, else the shop's, which
   then has us behind a path. */
span paste_gateway(const struct shop *shop);
/* `gateway` is a host, `path` the snippet's. */
void paste_snippet(const char *gateway, span path, struct buf *out);
void paste_pixel(const struct snippet_pixel *pixel, struct buf *out);
/* The pixel of a store of the config; texts are in the story's arena. */
struct snippet_pixel paste_pixel_of(const struct story *story, const struct shop *shop);

#endif
