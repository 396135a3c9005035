/*
 * Two answers and a 404. The gauges that only the store knows are set when somebody asks.
 */
#include "admin.h"

#include "../base/limits.h"
#include "../net/listen.h"
#include "../pipeline/count.h"
#include "../store/store.h"

#define METRICS_BYTES (4u * MIB)

struct admin {
    struct listener *listener;
    struct view *view;
    struct buf metrics;
};

static void answer_metrics(struct admin *admin, struct exchange *exchange)
{
    static const struct http_header type = {SPAN("Content-Type"),
                                            SPAN("text/plain; version=0.0.4; charset=utf-8")};
    const span none = {0};
    count_set(COUNT_JOURNAL_ROWS, none, none, none, view_journal_rows(admin->view));
    count_set(COUNT_STORE_BYTES, none, none, none, view_bytes(admin->view));
    buf_reset(&admin->metrics);
    count_print(&admin->metrics);
    if (buf_ok(&admin->metrics))
        listen_answer(exchange, 200, &type, 1, buf_span(&admin->metrics));
    else
        listen_answer_error(exchange, 500, "too_large", "The metrics are larger than 4 MiB.", NULL,
                            0);
}

static void on_request(void *context, struct exchange *exchange)
{
    struct admin *admin = context;
    const struct http_request *request = &exchange->request;
    bool metrics = span_is(request->path, "/metrics");
    if (!metrics && !span_is(request->path, "/healthz"))
        listen_answer_error(exchange, 404, "not_found",
                            "The admin listener has /metrics and /healthz.", NULL, 0);
    else if (!span_is(request->method, "GET"))
        listen_answer_error(exchange, 405, "method_not_allowed", "GET only.",
                            &(struct http_header){SPAN("Allow"), SPAN("GET")}, 1);
    else if (metrics)
        answer_metrics(admin, exchange);
    else
        listen_answer(exchange, 200, NULL, 0, SPAN("ok\n"));
}

static size_t body_ceiling(void *context, const struct http_request *head)
{
    (void)context, (void)head;
    return LIMIT_ADMIN_BODY;
}

static const struct listen_handler handler = {.body_ceiling = body_ceiling, .request = on_request};

enum status admin_open(uv_loop_t *loop, const struct config *config, struct admin **ret_admin,
                       struct error *ret_error)
{
    struct listen_options options = {
        .host = config->admin.host, .port = config->admin.port, .connections = 256};
    struct admin *admin = calloc(1, sizeof *admin);
    if (!admin)
        abort();
    buf_init(&admin->metrics, METRICS_BYTES);
    enum status status = view_open(config->data.ptr, &admin->view, ret_error);
    if (status == OK)
        status = listen_open(loop, &options, &handler, admin, &admin->listener, ret_error);
    if (status != OK) {
        admin_close(admin);
        return status;
    }
    *ret_admin = admin;
    return OK;
}

uint16_t admin_port(const struct admin *admin)
{
    return listen_port(admin->listener);
}

void admin_close(struct admin *admin)
{
    if (!admin)
        return;
    if (admin->listener)
        listen_close(admin->listener);
    view_close(admin->view);
    buf_done(&admin->metrics);
    free(admin);
}
