/*
 * Shopify's web pixel configuration: which apps' pixels run on the store, with their ids, readable
 * in every page's HTML without running it (contracts/sources 8.2). Its form is nowhere promised:
 * what cannot be read is skipped, and said.
 *
 *   <script id="web-pixels-manager-setup"> … webPixelsConfigList: [
 *     {"id":"12|shopify-app-pixel", "type":"APP"|"CUSTOM", "runtimeContext":"OPEN"|"STRICT"|"LAX",
 *      "apiClientId":2329312, "privacyPurposes":[…],
 *      "configuration":"{\"pixel_id\":\"41…\",\"pixel_type\":\"facebook_pixel\"}"}, … ]
 *
 * `configuration` is JSON in a string, and Google's holds JSON in a string again.
 */
#ifndef AUDIT_PIXELS_H
#define AUDIT_PIXELS_H
#include "evidence.h"

/* Entries of the list in an inline script, at most `most` of them. MISSING: there is no list.
   INVALID: there is one that cannot be read. */
MUST_USE enum status pixels_read(struct arena *arena, span script, struct evidence_pixel *pixels,
                                 unsigned most, unsigned *ret_count);

#endif
