/* Pairs as JSON; see pairs.h. A name that comes twice is an error of the request: both are shown.
 */
#include "pairs.h"

#include "../../src/base/json.h"
#include "../../src/base/limits.h"
#include "../../src/base/url.h"

static bool is_pairs(const struct http_call *call)
{
    span type = http_header_get(call->headers, call->header_count, "Content-Type");
    return span_empty(type) ? call->body.ptr != NULL && span_empty(call->body)
                            : span_starts(type, "text/plain");
}

static span query_of(const struct http_call *call)
{
    size_t mark = span_find(call->url, 0, '?');
    return span_sub(call->url, mark + 1, call->url.len);
}

static void put_pairs(struct json *json, struct arena *arena, span text)
{
    span name, value;
    while (url_query_next(&text, &name, &value))
        json_put_text_at(json, url_decode(arena, name, true), url_decode(arena, value, true));
}

span pairs_body(struct arena *arena, const struct http_call *call)
{
    if (!is_pairs(call))
        return call->body;
    struct buf out;
    struct json json;
    span lines = call->body, line;
    buf_init(&out, MIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    put_pairs(&json, arena, query_of(call));
    while (span_split(&lines, '\n', &line))
        put_pairs(&json, arena, line);
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return text;
}

bool pairs_url_is(const struct http_call *call, span expected)
{
    span url = call->url;
    return span_equal(is_pairs(call) ? span_sub(url, 0, span_find(url, 0, '?')) : url, expected);
}

span pairs_text(struct arena *arena, const struct http_call *call)
{
    return is_pairs(call) ? arena_join(arena, call->url, call->body) : call->body;
}
