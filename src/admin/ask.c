/*
 * Answers of the admin listener and what they have in common; ask.h is the contract.
 *
 * The content policy allows what this listener serves itself and nothing else: no inline script, no
 * frame, no other host. Event fields are shown by the page as text, and this is the second lock.
 */
#include "ask.h"

#include "../base/url.h"

unsigned ask_headers(struct http_header *headers)
{
    static const struct http_header common[] = {
        {SPAN("Content-Security-Policy"),
         SPAN("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
              "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
              "form-action 'self'; frame-ancestors 'none'")},
        {SPAN("X-Content-Type-Options"), SPAN("nosniff")},
        {SPAN("X-Frame-Options"), SPAN("DENY")},
        {SPAN("Referrer-Policy"), SPAN("no-referrer")},
        {SPAN("Cross-Origin-Opener-Policy"), SPAN("same-origin")},
        {SPAN("Cross-Origin-Resource-Policy"), SPAN("same-origin")},
        {SPAN("Permissions-Policy"), SPAN("camera=(), geolocation=(), microphone=()")},
    };
    memcpy(headers, common, sizeof common);
    return COUNT_OF(common);
}

static unsigned json_headers(struct http_header *headers, const struct http_header *more,
                             unsigned count)
{
    unsigned at = ask_headers(headers);
    headers[at++] = (struct http_header){SPAN("Content-Type"), SPAN("application/json")};
    headers[at++] = (struct http_header){SPAN("Cache-Control"), SPAN("no-store")};
    if (count > 0)
        memcpy(headers + at, more, count * sizeof *more);
    return at + count;
}

void ask_answer_with(struct ask *ask, int status, const struct http_header *more, unsigned count)
{
    struct http_header headers[ASK_HEADERS + 4];
    struct buf *out = &ask->admin->out;
    json_end(&ask->json);
    buf_add_char(out, '\n');
    if (!buf_ok(out)) {
        ask_refuse(ask, 500, "too_large", "The answer is larger than we make: ask for less.");
        return;
    }
    unsigned all = json_headers(headers, more, count);
    listen_answer(ask->exchange, status, headers, all, buf_span(out));
}

void ask_answer(struct ask *ask, int status)
{
    ask_answer_with(ask, status, NULL, 0);
}

void ask_refuse_with(struct ask *ask, int status, const char *error, const char *detail,
                     const struct http_header *more, unsigned count)
{
    buf_reset(&ask->admin->out);
    json_start(&ask->json, &ask->admin->out);
    json_open(&ask->json, NULL, '{');
    json_put_text(&ask->json, "error", span_of(error));
    json_put_text(&ask->json, "detail", span_of(detail));
    json_close(&ask->json, '}');
    ask_answer_with(ask, status, more, count);
}

void ask_refuse(struct ask *ask, int status, const char *error, const char *detail)
{
    ask_refuse_with(ask, status, error, detail, NULL, 0);
}

span ask_query(const struct ask *ask, const char *name)
{
    return url_query_get(ask->arena, ask->request->query, name);
}

int64_t ask_number(const struct ask *ask, const char *name, int64_t otherwise, int64_t least,
                   int64_t most)
{
    int64_t number;
    if (span_int(ask_query(ask, name), &number) != OK || number < least || number > most)
        return otherwise;
    return number;
}
