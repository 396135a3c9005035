/*
 * See receive_snippet.h. Browsers ask again after ten minutes, so that a changed config is known
 * soon, and get 304 for what they have. A script is fetched without an Origin; the headers let
 * pages with a strict policy (CORP, crossorigin) take it as well.
 */
#include "receive_snippet.h"

#include <assert.h>
#include <zlib.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "receive_route.h"

#define TAG_DIGITS 20u

void receive_snippet_forget(struct receive_snippet *snippet)
{
    arena_done(&snippet->arena);
    *snippet = (struct receive_snippet){0};
}

const struct shop *receive_snippet_shop(const struct http_request *request,
                                        const struct shop *const *shops, unsigned count,
                                        enum snippet_part *ret_part)
{
    span path = request->path;
    enum snippet_part part = span_ends(path, "/2") ? SNIPPET_MORE : SNIPPET_FIRST;
    if (part == SNIPPET_MORE)
        path = span_sub(path, 0, path.len - 2);
    for (unsigned i = 0; i < count; i++)
        if (span_equal(shops[i]->snippet_path, path) &&
            receive_route_answers(shops[i], request->host)) {
            *ret_part = part;
            return shops[i];
        }
    return NULL;
}

static span gzip(struct arena *arena, span text)
{
    z_stream stream = {0};
    int state = deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
    assert(state == Z_OK);
    size_t room = deflateBound(&stream, text.len);
    unsigned char *out = arena_take(arena, room);
    stream.next_in = (unsigned char *)(uintptr_t)text.ptr;
    stream.avail_in = (unsigned)text.len;
    stream.next_out = out;
    stream.avail_out = (unsigned)room;
    state = deflate(&stream, Z_FINISH);
    assert(state == Z_STREAM_END);
    deflateEnd(&stream);
    return (span){(const char *)out, room - stream.avail_out};
}

static void make(struct arena *arena, const struct shop *shop, enum snippet_part part,
                 struct receive_snippet_text *ret_text)
{
    struct buf buf;
    buf_init(&buf, LIMIT_SNIPPET_BYTES);
    snippet_write(shop, part, &buf);
    assert(buf_ok(&buf));
    ret_text->plain = arena_copy(arena, buf_span(&buf));
    ret_text->gzipped = gzip(arena, ret_text->plain);
    ret_text->tag = span_sub(hash_hex(arena, ret_text->plain), 0, TAG_DIGITS);
    buf_done(&buf);
}

static bool holds(span text, span part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (span_equal(span_sub(text, i, part.len), part))
            return true;
    return false;
}

/* "gzip" may be asked for, or ruled out by q=0. */
static bool takes_gzip(span accepted)
{
    span one, name;
    while (span_split(&accepted, ',', &one)) {
        if (span_split(&one, ';', &name) && span_equal_nocase(span_trim(name), SPAN("gzip")))
            return !holds(one, SPAN("q=0")) || holds(one, SPAN("q=0."));
    }
    return false;
}

void receive_snippet_answer(struct receive_snippet *snippet, struct exchange *exchange,
                            unsigned count, const struct shop *shop, enum snippet_part part)
{
    const struct http_request *request = &exchange->request;
    if (!snippet->texts) {
        arena_init(&snippet->arena, (count + 1) * 2 * LIMIT_SNIPPET_BYTES * SNIPPET_PARTS);
        snippet->texts =
            arena_array(&snippet->arena, struct receive_snippet_text, count * SNIPPET_PARTS);
        memset(snippet->texts, 0, sizeof *snippet->texts * count * SNIPPET_PARTS);
    }
    assert(shop->index < count);
    struct receive_snippet_text *text = &snippet->texts[shop->index * SNIPPET_PARTS + part];
    if (span_empty(text->plain))
        make(&snippet->arena, shop, part, text);

    bool gzipped = takes_gzip(http_request_header(request, "accept-encoding"));
    span tag = arena_print(exchange->arena, "\"%.*s%s\"", SPAN_ARG(text->tag), gzipped ? "z" : "");
    const struct http_header headers[] = {
        {SPAN("ETag"), tag},
        {SPAN("Cache-Control"), SPAN("public, max-age=600, stale-while-revalidate=86400")},
        {SPAN("Vary"), SPAN("Accept-Encoding")},
        {SPAN("Access-Control-Allow-Origin"), SPAN("*")},
        {SPAN("Cross-Origin-Resource-Policy"), SPAN("cross-origin")},
        {SPAN("X-Content-Type-Options"), SPAN("nosniff")},
        {SPAN("Content-Type"), SPAN("text/javascript; charset=utf-8")},
        {SPAN("Content-Encoding"), SPAN("gzip")},
    };
    span known = http_request_header(request, "if-none-match");
    if (span_is(known, "*") || holds(known, tag))
        listen_answer(exchange, 304, headers, COUNT_OF(headers) - 2, (span){0});
    else
        listen_answer(exchange, 200, headers, COUNT_OF(headers) - (gzipped ? 0 : 1),
                      gzipped ? text->gzipped : text->plain);
}
