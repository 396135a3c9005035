/*
 * One list of routes: what may be asked, by whom, and who answers. docs/api.yaml tells the same
 * list to machines, and a test holds the two together.
 */
#include "admin.h"

#include <stdlib.h>

#include "../base/limits.h"
#include "../base/log.h"
#include "../base/url.h"
#include "../pipeline/count.h"
#include "auditor.h"
#include "change.h"
#include "files.h"
#include "follow.h"
#include "login.h"
#include "pages.h"
#include "work.h"

#define OUT_BYTES (8u * MIB)

/* ---- metrics ----------------------------------------------------------------------------------
 */

static void get_health(struct ask *ask)
{
    listen_answer(ask->exchange, 200, NULL, 0, SPAN("ok\n"));
}

/* The gauges that only the store knows are set when somebody asks. */
static void get_metrics(struct ask *ask)
{
    static const struct http_header type = {SPAN("Content-Type"),
                                            SPAN("text/plain; version=0.0.4; charset=utf-8")};
    const span none = {0};
    struct admin *admin = ask->admin;
    count_set(COUNT_JOURNAL_ROWS, none, none, none, view_journal_rows(admin->view));
    count_set(COUNT_STORE_BYTES, none, none, none, view_bytes(admin->view));
    buf_reset(&admin->out);
    count_print(&admin->out);
    if (buf_ok(&admin->out))
        listen_answer(ask->exchange, 200, &type, 1, buf_span(&admin->out));
    else
        ask_refuse(ask, 500, "too_large", "The metrics are larger than 8 MiB.");
}

/* ---- routes -----------------------------------------------------------------------------------
 */

/* SCRAPE: open on loopback, else a token. UPLOAD: a change whose body is a file, not JSON. */
enum access { OPEN, SCRAPE, READ, CHANGE, UPLOAD };

static const struct route {
    const char *method, *path; /* a star at the end stands for one segment, or more */
    enum access access;
    void (*answer)(struct ask *ask);
} routes[] = {
    {"GET", "/healthz", OPEN, get_health},
    {"GET", "/metrics", SCRAPE, get_metrics},
    {"GET", "/api/session", OPEN, login_get_session},
    {"POST", "/api/login", OPEN, login_post},
    {"POST", "/api/setup", OPEN, login_post_setup},
    {"POST", "/api/logout", OPEN, login_post_out},
    {"GET", "/api/overview", READ, pages_overview},
    {"GET", "/api/orders", READ, pages_orders},
    {"GET", "/api/orders/*", READ, pages_order},
    {"GET", "/api/events", READ, pages_events},
    {"GET", "/api/events/*", READ, pages_event},
    {"GET", "/api/people", READ, pages_people},
    {"GET", "/api/people/*", READ, pages_person},
    {"GET", "/api/destinations", READ, pages_destinations},
    {"GET", "/api/letters", READ, pages_letters},
    {"GET", "/api/setup", READ, pages_setup},
    {"GET", "/api/reports/*", READ, pages_report},
    {"GET", "/api/bots", READ, pages_bots},
    {"GET", "/api/audits", READ, auditor_list},
    {"GET", "/api/audits/*", READ, auditor_one},
    {"GET", "/api/works", READ, work_list},
    {"POST", "/api/works/*", CHANGE, work_cancel},
    {"POST", "/api/audits", CHANGE, auditor_start},
    {"POST", "/api/audits/recorded", UPLOAD, auditor_start_recorded},
    {"POST", "/api/destinations/*", CHANGE, change_destination},
    {"POST", "/api/letters/retry", CHANGE, change_letters_retry},
    {"POST", "/api/letters/drop", CHANGE, change_letters_drop},
    {"POST", "/api/people/*", CHANGE, change_person},
};

static bool path_fits(const char *pattern, span path, span *ret_rest)
{
    size_t len = strlen(pattern);
    if (pattern[len - 1] != '*')
        return span_is(path, pattern);
    if (path.len < len || memcmp(path.ptr, pattern, len - 1) != 0)
        return false;
    *ret_rest = span_sub(path, len - 1, path.len);
    return true;
}

/* A route; NULL: a file of the dashboard, 404 or 405 was answered. HEAD is a GET whose body the
   listener leaves out. */
static const struct route *route_of(struct ask *ask)
{
    const struct http_request *request = ask->request;
    span method = span_is(request->method, "HEAD") ? SPAN("GET") : request->method;
    span rest = {0};
    bool known = false;
    for (unsigned i = 0; i < COUNT_OF(routes); i++) {
        if (!path_fits(routes[i].path, request->path, &rest))
            continue;
        known = true;
        if (!span_is(method, routes[i].method))
            continue;
        ask->rest = url_decode(ask->arena, rest, false);
        return &routes[i];
    }
    if (!known && files_answer(ask))
        return NULL;
    if (known)
        ask_refuse(ask, 405, "method_not_allowed", "That path takes another method.");
    else
        ask_refuse(ask, 404, "not_found", "There is nothing at this path.");
    return NULL;
}

static bool may(struct ask *ask, enum access access)
{
    if (access == OPEN || (access == SCRAPE && ask->admin->loopback))
        return true;
    if (ask->role == KEYS_NOBODY) {
        struct http_header how = {SPAN("WWW-Authenticate"), SPAN("Bearer realm=\"sidetrack\"")};
        ask_refuse_with(ask, 401, "login", "Log in, or send a bearer token.", &how, 1);
        return false;
    }
    if (access < CHANGE)
        return true;
    if (ask->role != KEYS_ADMIN) {
        ask_refuse(ask, 403, "viewer", "A viewer may look and change nothing.");
        return false;
    }
    return login_may_change(ask);
}

/* A POST without a body is as good as one with {}. */
static bool read_body(struct ask *ask)
{
    struct error error = {{0}};
    if (!span_is(ask->request->method, "POST") || span_empty(span_trim(ask->request->body)))
        return true;
    if (json_parse(ask->arena, ask->request->body, &ask->body, &error) == OK &&
        ask->body->kind == JSON_OBJECT)
        return true;
    ask_refuse(ask, 400, "json_invalid",
               error.text[0] ? error.text : "The body is no JSON object.");
    return false;
}

static void on_request(void *context, struct exchange *exchange)
{
    struct admin *admin = context;
    struct ask ask = {.admin = admin,
                      .exchange = exchange,
                      .arena = exchange->arena,
                      .request = &exchange->request,
                      .now = clock_now(admin->options.clock)};
    buf_reset(&admin->out);
    json_start(&ask.json, &admin->out);
    const struct route *route = route_of(&ask);
    if (!route)
        return;
    login_know(&ask);
    if (may(&ask, route->access) && (route->access == UPLOAD || read_body(&ask)))
        route->answer(&ask);
}

/* ---- the listener -----------------------------------------------------------------------------
 */

static bool takes_upload(span path)
{
    span rest;
    for (unsigned i = 0; i < COUNT_OF(routes); i++)
        if (routes[i].access == UPLOAD && path_fits(routes[i].path, path, &rest))
            return true;
    return false;
}

static size_t body_ceiling(void *context, const struct http_request *head)
{
    struct ask ask = {.admin = context, .request = head};
    struct arena arena;
    if (!takes_upload(head->path))
        return LIMIT_ADMIN_BODY;
    /* Nobody else may make us hold so much; who it is counts again when the body is here. */
    arena_init(&arena, LIMIT_ADMIN_BODY);
    ask.arena = &arena;
    ask.now = clock_now(ask.admin->options.clock);
    login_know(&ask);
    arena_done(&arena);
    return ask.role == KEYS_ADMIN ? LIMIT_ADMIN_UPLOAD : LIMIT_ADMIN_BODY;
}

static unsigned refusal_headers(void *context, const struct http_request *head,
                                struct http_header *ret_headers)
{
    (void)context, (void)head;
    return ask_headers(ret_headers);
}

static const struct listen_handler handler = {
    .body_ceiling = body_ceiling, .request = on_request, .refusal_headers = refusal_headers};

enum status admin_open(const struct admin_options *options, struct admin_facts facts,
                       struct admin **ret_admin, struct error *ret_error)
{
    struct listen_options listen = {.host = options->host,
                                    .port = options->port,
                                    .trusted = options->trusted,
                                    .connections = 256};
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        abort();
    admin->options = *options;
    admin->facts = facts;
    admin->loopback = addr_loopback_host(options->host);
    buf_init(&admin->out, OUT_BYTES);
    enum status status = keys_open(&admin->keys, options->database, ret_error);
    if (status == OK)
        status = view_open(options->database, &admin->view, ret_error);
    if (status == OK)
        status = listen_open(options->loop, &listen, &handler, admin, &admin->listener, ret_error);
    if (status != OK) {
        admin_close(admin);
        return status;
    }
    login_offer_setup(admin);
    *ret_admin = admin;
    return OK;
}

uint16_t admin_port(const struct admin *admin)
{
    return listen_port(admin->listener);
}

void admin_reload(struct admin *admin, struct admin_facts facts)
{
    admin->facts = facts;
}

void admin_close(struct admin *admin)
{
    if (!admin)
        return;
    work_close(admin);
    /* Passwords that are being checked answer into this listener too. */
    while (admin->verifying > 0)
        uv_run(admin->options.loop, UV_RUN_ONCE);
    follow_close(admin);
    auditor_close(admin);
    if (admin->listener)
        listen_close(admin->listener);
    view_close(admin->view);
    keys_close(&admin->keys);
    buf_done(&admin->out);
    free(admin);
}
