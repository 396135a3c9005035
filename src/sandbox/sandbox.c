/*
 * The server of the sandbox: finds the platform a path belongs to, asks whether a fault was
 * ordered for this request, and else lets the platform judge it.
 *
 *   POST /v26.0/123/events ──> meta.handle() ──┐
 *   POST /api/events ────────> klaviyo.handle()┴─> reply ─> fault? ─> answer, late answer, reset
 *   /_sandbox/…, /healthz ───> the admin paths below
 *
 * A late answer is a parked exchange with a timer of its own; closing the sandbox resets them.
 */
#include "sandbox_private.h"

#include <assert.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "../net/listen.h"

#define TOTALS_CEILING ((size_t)64 * MIB)
#define EVENTS_DEFAULT 100
#define EVENTS_MOST    10000

struct delayed {
    uv_timer_t timer;
    struct delayed *previous, *next;
    struct sandbox *sandbox;
    struct exchange *exchange;
    struct sandbox_reply reply; /* in the exchange's arena; status 0: reset */
};

struct sandbox {
    uv_loop_t *loop;
    const struct clock *clock;
    struct listener *listener;
    struct sandbox_ledger ledger;
    struct sandbox_faults faults;
    struct delayed *delayed;
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

/* ---- answers ---- */

static void answer(struct exchange *exchange, const struct sandbox_reply *reply)
{
    if (reply->status == 0)
        listen_reset(exchange);
    else
        listen_answer(exchange, reply->status, reply->headers, reply->header_count, reply->body);
}

static void delayed_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void delayed_end(struct delayed *delayed)
{
    if (delayed->previous)
        delayed->previous->next = delayed->next;
    else
        delayed->sandbox->delayed = delayed->next;
    if (delayed->next)
        delayed->next->previous = delayed->previous;
    uv_close((uv_handle_t *)&delayed->timer, delayed_closed);
}

static void delayed_due(uv_timer_t *timer)
{
    struct delayed *delayed = timer->data;
    delayed_end(delayed);
    answer(delayed->exchange, &delayed->reply);
}

static void answer_later(struct sandbox *sandbox, struct exchange *exchange,
                         const struct sandbox_reply *reply, unsigned ms)
{
    struct delayed *delayed = calloc(1, sizeof *delayed);
    if (delayed == NULL)
        abort();
    *delayed = (struct delayed){
        .sandbox = sandbox, .exchange = exchange, .reply = *reply, .next = sandbox->delayed};
    if (sandbox->delayed)
        sandbox->delayed->previous = delayed;
    sandbox->delayed = delayed;
    uv_timer_init(sandbox->loop, &delayed->timer);
    delayed->timer.data = delayed;
    uv_timer_start(&delayed->timer, delayed_due, ms, 0);
}

/* ---- a platform's request ---- */

static bool fault_processes(enum sandbox_fault_kind kind)
{
    return kind == SANDBOX_FAULT_NONE || kind == SANDBOX_FAULT_LATENCY ||
           kind == SANDBOX_FAULT_RESET_AFTER || kind == SANDBOX_FAULT_TRUNCATED;
}

static void serve_platform(struct sandbox *sandbox, const struct sandbox_platform *platform,
                           struct exchange *exchange)
{
    static const struct http_header html = {
        {"Content-Type", 12},
        {"text/html",    9 }
    };
    struct sandbox_fault fault =
        sandbox_fault_next(&sandbox->faults, platform->name, sandbox->clock);
    struct sandbox_reply reply = {0};
    if (fault_processes(fault.kind))
        platform->handle(&sandbox->ledger, &exchange->request, clock_now(sandbox->clock),
                         exchange->arena, &reply);
    switch (fault.kind) {
    case SANDBOX_FAULT_NONE:
        answer(exchange, &reply);
        return;
    case SANDBOX_FAULT_LATENCY:
    case SANDBOX_FAULT_HANG: /* its reply is still empty: a reset */
        answer_later(sandbox, exchange, &reply, fault.ms);
        return;
    case SANDBOX_FAULT_RESET_BEFORE:
    case SANDBOX_FAULT_RESET_AFTER:
        listen_reset(exchange);
        return;
    case SANDBOX_FAULT_GARBAGE_200:
        listen_answer(exchange, 200, &html, 1, SPAN("<html><body>Welcome</body></html>"));
        return;
    case SANDBOX_FAULT_TRUNCATED:
        reply.body.len /= 2;
        answer(exchange, &reply);
        return;
    case SANDBOX_FAULT_429:
    case SANDBOX_FAULT_500:
    case SANDBOX_FAULT_503:
    case SANDBOX_FAULT_TOKEN_INVALID:
        platform->broken(fault.kind, exchange->arena, &reply);
        answer(exchange, &reply);
        return;
    }
}

/* ---- admin paths ---- */

static void answer_json(struct exchange *exchange, struct buf *body)
{
    static const struct http_header json = {
        {"Content-Type",     12},
        {"application/json", 16}
    };
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

static const struct {
    const char *method, *path;
    void (*serve)(struct sandbox *sandbox, struct exchange *exchange);
} admin[] = {
    {"GET",    "/healthz",         admin_health     },
    {"GET",    "/_sandbox/totals", admin_totals     },
    {"GET",    "/_sandbox/events", admin_events     },
    {"GET",    "/_sandbox/faults", admin_fault_list },
    {"POST",   "/_sandbox/faults", admin_fault_add  },
    {"DELETE", "/_sandbox/faults", admin_fault_clear},
    {"POST",   "/_sandbox/reset",  admin_reset      },
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
    sandbox->loop = loop;
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
    while (sandbox->delayed) {
        struct exchange *exchange = sandbox->delayed->exchange;
        delayed_end(sandbox->delayed);
        listen_reset(exchange);
    }
    listen_close(sandbox->listener);
    sandbox_ledger_done(&sandbox->ledger);
    free(sandbox);
}
