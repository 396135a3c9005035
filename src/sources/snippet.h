/*
 * The script a store's pages load from {snippet_path}: web/snippet, built in, with the store's own
 * names and rules written into it. A second part, which only some pages load, is the same for all
 * stores and lies at {snippet_path}/2. Pure.
 */
#ifndef SOURCES_SNIPPET_H
#define SOURCES_SNIPPET_H
#include "../base/buf.h"
#include "../event/shop.h"

enum snippet_part { SNIPPET_FIRST, SNIPPET_MORE, SNIPPET_PARTS };

void snippet_write(const struct shop *shop, enum snippet_part part, struct buf *out);
/* The text of Shopify's custom pixel, to be pasted: where it sends to, then web/pixel. */
void snippet_pixel(span collect, span cookie, span attribute, struct buf *out);
/* The domain for the visitor's cookies: the configured one, else what the store registered, with a
   leading dot; absent for an address or a single word. */
span snippet_cookie_domain(struct arena *arena, const struct shop *shop);

#endif
