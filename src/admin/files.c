/*
 * Serves the embedded dashboard; files.h is the contract.
 */
#include "files.h"

#include "ask.h"

/* The paths of the page itself; a star stands for the id of one thing. web/dashboard/main.tsx has
   the same list. */
static const char *const pages[] = {"/",         "/orders",   "/orders/*", "/live",
                                    "/events/*", "/recovery", "/match",    "/destinations",
                                    "/people",   "/people/*", "/audit",    "/audit/*",
                                    "/setup"};

static bool is_page(span path)
{
    for (unsigned i = 0; i < COUNT_OF(pages); i++) {
        size_t len = strlen(pages[i]);
        if (span_is(path, pages[i]))
            return true;
        if (pages[i][len - 1] == '*' && path.len >= len && memcmp(path.ptr, pages[i], len - 1) == 0)
            return true;
    }
    return false;
}

static const struct files_row *row_of(span path)
{
    bool page = is_page(path);
    for (unsigned i = 0; i < files_count; i++)
        if (files_rows[i].page ? page : span_is(path, files_rows[i].path))
            return &files_rows[i];
    return NULL;
}

bool files_answer(struct ask *ask)
{
    const struct http_request *request = ask->request;
    if (!span_is(request->method, "GET") && !span_is(request->method, "HEAD"))
        return false;
    const struct files_row *row = row_of(request->path);
    if (!row)
        return false;
    struct http_header headers[ASK_HEADERS + 4];
    unsigned count = ask_headers(headers);
    headers[count++] = (struct http_header){SPAN("ETag"), span_of(row->tag)};
    headers[count++] = (struct http_header){
        SPAN("Cache-Control"), row->page ? SPAN("no-cache") : SPAN("max-age=31536000, immutable")};
    if (span_is(http_request_header(request, "If-None-Match"), row->tag)) {
        listen_answer(ask->exchange, 304, headers, count, (span){0});
        return true;
    }
    headers[count++] = (struct http_header){SPAN("Content-Type"), span_of(row->type)};
    headers[count++] = (struct http_header){SPAN("Content-Encoding"), SPAN("gzip")};
    listen_answer(ask->exchange, 200, headers, count, (span){(const char *)row->bytes, row->len});
    return true;
}
