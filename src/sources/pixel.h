/*
 * The other body of the collect path: one event of Shopify's web pixel, envelope and all.
 */
#ifndef SOURCES_PIXEL_H
#define SOURCES_PIXEL_H
#include "source.h"

/* `root` is the whole body, with a member "pixel". MALFORMED when that is no object. */
enum source_verdict pixel_decode(const struct http_request *request, const struct shop *shop,
                                 struct arena *arena, const struct json_value *root,
                                 struct source_batch *ret_batch);

#endif
