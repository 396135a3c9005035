/*
 * GET {snippet_path} and {snippet_path}/2: the store's snippet, plain or gzipped, made when it is
 * first asked for and kept until the stores are loaded anew. One for each receiver, on its thread.
 */
#ifndef PIPELINE_RECEIVE_SNIPPET_H
#define PIPELINE_RECEIVE_SNIPPET_H
#include "../base/arena.h"
#include "../net/listen.h"
#include "../sources/snippet.h"

struct receive_snippet {
    struct arena arena;
    struct receive_snippet_text {
        span plain, gzipped, tag; /* tag: of its content, hex */
    } * texts;                    /* a row of SNIPPET_PARTS for each store; NULL until asked */
};

void receive_snippet_forget(struct receive_snippet *snippet);
/* The store whose snippet path this is under this host; NULL when none. */
const struct shop *receive_snippet_shop(const struct http_request *request,
                                        const struct shop *const *shops, unsigned count,
                                        enum snippet_part *ret_part);
/* `count` stores are loaded; `shop` is one of them. */
void receive_snippet_answer(struct receive_snippet *snippet, struct exchange *exchange,
                            unsigned count, const struct shop *shop, enum snippet_part part);

#endif
