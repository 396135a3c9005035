/*
 * Requests that are no JSON but name=value pairs, in the query and in the lines of the body, read
 * as if they were: {"v":"2","en":"purchase",…}, every value a text. So `at`, `absent` and `body`
 * say of them what they say of others, and `expect` leaves the query to these.
 */
#ifndef GOLDEN_PAIRS_H
#define GOLDEN_PAIRS_H
#include "../../src/base/http.h"

/* The body when it is JSON; else the pairs as a JSON object. */
span pairs_body(struct arena *arena, const struct http_call *call);
/* Is it the URL that was expected, where pairs are concerned without its query? */
bool pairs_url_is(const struct http_call *call, span expected);
/* What a text may be nowhere in: the body, and of pairs the query too. */
span pairs_text(struct arena *arena, const struct http_call *call);

#endif
