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

/* What stands before the text of Shopify's custom pixel: the whole URL it sends to, the store's
   names, and the ids of the merchant's own tags that it loads in its sandbox (web/pixel/tags.ts);
   an absent id is a tag that is not loaded. Their sales follow the shop's policy. */
struct snippet_pixel {
    span collect, cookie, attribute;
    span tags[TAG_COUNT];
    const struct shop *shop; /* NULL: no tags */
};
void snippet_pixel(const struct snippet_pixel *pixel, struct buf *out);
/* The domain for the visitor's cookies: the configured one, else what the store registered, with a
   leading dot; absent for an address or a single word. */
span snippet_cookie_domain(struct arena *arena, const struct shop *shop);

#endif
