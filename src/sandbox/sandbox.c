/*
 * The server of the sandbox: finds the platform a path belongs to, asks whether a fault was
 * ordered for this request, and else lets the platform judge it.
 *
 *   POST /v26.0/123/events ──> meta.handle() ──┐
 *   POST /api/events ────────> klaviyo.handle()┴─> reply ─> fault? ─> answer, late answer, reset
 *   /_sandbox/…, /healthz ───> the admin paths below
 *
 * sandbox_strike.c puts the answer, or what the fault makes of it, on the line.
 */
#include "sandbox_private.h"

#include <assert.h>

#include "../base/limits.h"
#include "../base/url.h"

#define TOTALS_CEILING ((size_t)64 * MIB)
#define EVENTS_DEFAULT 100
#define EVENTS_MOST    10000

struct sandbox {
    const struct clock *clock;
    struct listener *listener;
    struct sandbox_ledger ledger;
    struct sandbox_faults faults;
    struct sandbox_strikes strikes;
    uint64_t elsewhere; /* redirects that somebody followed */
};

void sandbox_reply_header(struct sandbox_reply *reply, const char *name, span value)
{
    assert(reply->header_count < COUNT_OF(reply->headers));
    reply->headers[reply->header_count++] = (struct http_header){span_of(name), value};
}

static const struct sandbox_platform *const platforms[] = {
#define PLATFORM_POINTER(name) &sandbox_##name,
    SANDBOX_PLATFORMS(PLATFORM_POINTER)
#undef PLATFORM_POINTER
};

const struct sandbox_platform *sandbox_platform_of(span path)
{
    for (unsigned i = 0; i < COUNT_OF(platforms); i++)
        if (platforms[i]->owns(path))
            return platforms[i];
    return NULL;
}

const struct sandbox_platform *sandbox_platform_named(span name)
{
    for (unsigned i = 0; i < COUNT_OF(platforms); i++)
        if (span_is(name, platforms[i]->name))
            return platforms[i];
    return NULL;
}

/* ---- a platform's request ---- */

static span replaced(struct arena *arena, span text, span what, span with)
{
    struct buf out;
    buf_init(&out, TOTALS_CEILING);
    while (text.len > 0) {
        const char *at = memmem(text.ptr, text.len, what.ptr, what.len);
        size_t before = at ? (size_t)(at - text.ptr) : text.len;
        buf_add(&out, text.ptr, before);
        if (at)
            buf_add_span(&out, with);
        text = span_sub(text, before + (at ? what.len : 0), text.len);
    }
    span copy = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

/* BAD_ROW: the request as the platform sees it. */
static struct http_request misread(const struct http_request *request,
                                   const struct sandbox_fault *fault, struct arena *arena)
{
    struct http_request seen = *request;
    span what = span_of(fault->match), with = span_of(fault->with);
    seen.body = replaced(arena, request->body, what, with);
    seen.query = replaced(arena, request->query, what, with);
    return seen;
}

static void serve_platform(struct sandbox *sandbox, const struct sandbox_platform *platform,
                           struct exchange *exchange)
{
    struct http_request request = exchange->request;
    struct sandbox_fault fault =
        sandbox_fault_next(&sandbox->faults, platform->name, &request, sandbox->clock);
    struct sandbox_reply reply = {0};
    if (fault.kind == SANDBOX_FAULT_TOKEN_EXPIRED)
        sandbox_ledger_expire(&sandbox->ledger, http_request_header(&request, "authorization"));
    if (fault.kind == SANDBOX_FAULT_BAD_ROW)
        request = misread(&request, &fault, exchange->arena);
    if (sandbox_fault_processes(fault.kind))
        platform->handle(&sandbox->ledger, &request, clock_now(sandbox->clock), exchange->arena,
                         &reply);
    else
        platform->broken(fault.kind, exchange->arena, &reply);
    sandbox_strike(&sandbox->strikes, exchange, &fault, &reply);
}

/* ---- admin paths ---- */

static void answer_json(struct exchange *exchange, struct buf *body)
{
    static const struct http_header json = {{"Content-Type", 12}, {"application/json", 16}};
    if (buf_ok(body))
        listen_answer(exchange, 200, &json, 1, buf_span(body));
    else
        listen_answer_error(exchange, 507, "too_large", "more than one answer holds; use limit",
                            NULL, 0);
    buf_done(body);
}

static void admin_totals(struct sandbox *sandbox, struct exchange *exchange)
{
    struct buf body;
    buf_init(&body, TOTALS_CEILING);
    sandbox_ledger_totals(&sandbox->ledger, &body);
    answer_json(exchange, &body);
}

static void admin_events(struct sandbox *sandbox, struct exchange *exchange)
{
    struct buf body;
    int64_t limit = EVENTS_DEFAULT;
    span query = exchange->request.query, wanted = url_query_get(exchange->arena, query, "limit");
    if (wanted.ptr && (span_int(wanted, &limit) != OK || limit < 1 || limit > EVENTS_MOST)) {
        listen_answer_error(exchange, 400, "limit_invalid", "limit is 1 to 10000", NULL, 0);
        return;
    }
    buf_init(&body, TOTALS_CEILING);
    sandbox_ledger_events(&sandbox->ledger, url_query_get(exchange->arena, query, "platform"),
                          url_query_get(exchange->arena, query, "name"), (unsigned)limit, &body);
    answer_json(exchange, &body);
}

static void admin_fault_list(struct sandbox *sandbox, struct exchange *exchange)
{
    struct buf body;
    struct json json;
    buf_init(&body, TOTALS_CEILING);
    json_start(&json, &body);
    json_open(&json, NULL, '{');
    sandbox_fault_list(&sandbox->faults, &json);
    json_put_int(&json, "redirects_followed", (int64_t)sandbox->elsewhere);
    json_close(&json, '}');
    json_end(&json);
    answer_json(exchange, &body);
}

static void admin_fault_add(struct sandbox *sandbox, struct exchange *exchange)
{
    struct error error = {0};
    if (sandbox_fault_add(&sandbox->faults, exchange->request.body, exchange->arena, &error) == OK)
        admin_fault_list(sandbox, exchange);
    else
        listen_answer_error(exchange, 400, "fault_invalid", error.text, NULL, 0);
}

static void admin_fault_clear(struct sandbox *sandbox, struct exchange *exchange)
{
    sandbox->faults.count = 0;
    listen_answer(exchange, 204, NULL, 0, (span){0});
}

static void admin_reset(struct sandbox *sandbox, struct exchange *exchange)
{
    sandbox_ledger_reset(&sandbox->ledger);
    sandbox->faults.count = 0;
    listen_answer(exchange, 204, NULL, 0, (span){0});
}

static void admin_health(struct sandbox *sandbox, struct exchange *exchange)
{
    (void)sandbox;
    listen_answer(exchange, 200, NULL, 0, SPAN("ok\n"));
}

/* Where `redirect` points: nobody should come. */
static void admin_elsewhere(struct sandbox *sandbox, struct exchange *exchange)
{
    sandbox->elsewhere++;
    listen_answer(exchange, 200, NULL, 0, (span){0});
}

static const struct {
    const char *method, *path;
    void (*serve)(struct sandbox *sandbox, struct exchange *exchange);
} admin[] = {
    {"GET", "/healthz", admin_health},
    {"GET", "/_sandbox/totals", admin_totals},
    {"GET", "/_sandbox/events", admin_events},
    {"GET", "/_sandbox/faults", admin_fault_list},
    {"POST", "/_sandbox/faults", admin_fault_add},
    {"DELETE", "/_sandbox/faults", admin_fault_clear},
    {"POST", "/_sandbox/reset", admin_reset},
    {"GET", "/_sandbox/elsewhere", admin_elsewhere},
    {"POST", "/_sandbox/elsewhere", admin_elsewhere},
};

/* ---- the listener's questions ---- */

static size_t body_ceiling(void *context, const struct http_request *head)
{
    (void)context;
    const struct sandbox_platform *platform = sandbox_platform_of(head->path);
    return platform ? platform->body_ceiling : LIMIT_ADMIN_BODY;
}

static void serve(void *context, struct exchange *exchange)
{
    struct sandbox *sandbox = context;
    const struct sandbox_platform *platform = sandbox_platform_of(exchange->request.path);
    bool path_known = false;
    if (platform) {
        serve_platform(sandbox, platform, exchange);
        return;
    }
    for (unsigned i = 0; i < COUNT_OF(admin); i++) {
        if (!span_is(exchange->request.path, admin[i].path))
            continue;
        path_known = true;
        if (span_is(exchange->request.method, admin[i].method)) {
            admin[i].serve(sandbox, exchange);
            return;
        }
    }
    if (path_known)
        listen_answer_error(exchange, 405, "method_not_allowed", "see docs/sandbox.md", NULL, 0);
    else
        listen_answer_error(exchange, 404, "not_found", "no platform has this path", NULL, 0);
}

enum status sandbox_open(uv_loop_t *loop, uint16_t port, const struct clock *clock,
                         struct sandbox **ret_sandbox)
{
    static const struct listen_handler handler = {.body_ceiling = body_ceiling, .request = serve};
    struct listen_options options = {.host = SPAN("127.0.0.1"), .port = port};
    struct error error;
    struct sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (sandbox == NULL)
        abort();
    sandbox->strikes.loop = loop;
    sandbox->clock = clock;
    enum status status = listen_open(loop, &options, &handler, sandbox, &sandbox->listener, &error);
    if (status != OK) {
        free(sandbox);
        return BROKEN;
    }
    sandbox_ledger_init(&sandbox->ledger);
    *ret_sandbox = sandbox;
    return OK;
}

uint16_t sandbox_port(const struct sandbox *sandbox)
{
    return listen_port(sandbox->listener);
}

void sandbox_close(struct sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    sandbox_strikes_end(&sandbox->strikes);
    listen_close(sandbox->listener);
    sandbox_ledger_done(&sandbox->ledger);
    free(sandbox);
}
