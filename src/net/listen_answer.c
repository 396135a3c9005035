/*
 * Answers, on their way out.
 *
 * An answer is written at once with uv_try_write(), from the listener's scratch buffer; only
 * what the socket does not take is copied and left to libuv (PHASE_WRITE, with a deadline).
 * Nothing further is read from the connection until its answer has left, so there is never
 * more than one in flight.
 *
 * Content-Length, Date and Connection are written here and nowhere else. A refusal is an
 * answer like others, after which the connection ends.
 */
#include "listen_private.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/clock.h"
#include "../base/json.h"

struct outgoing {
    uv_write_t request;
    struct connection *connection;
    char bytes[];
};

static void put_number(struct buf *out, size_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    buf_add(out, digits + at, sizeof digits - at);
}

/* "Tue, 24 Nov 2026 09:00:00 GMT". Made once a second, not once an answer. */
static span date_line(struct listener *listener)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t second = (time_t)(clock_now(&clock_real) / SECOND_MS);
    struct tm utc;
    if (second != listener->date_second && gmtime_r(&second, &utc)) {
        listener->date_second = second;
        snprintf(listener->date, sizeof listener->date, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
                 days + 3 * utc.tm_wday, (unsigned)utc.tm_mday % 100, months + 3 * utc.tm_mon,
                 (unsigned)(utc.tm_year + 1900) % 10000, (unsigned)utc.tm_hour % 100,
                 (unsigned)utc.tm_min % 100, (unsigned)utc.tm_sec % 100);
    }
    return span_of(listener->date);
}

static bool one_line(span s)
{
    return s.len == 0 ||
           (!memchr(s.ptr, '\r', s.len) && !memchr(s.ptr, '\n', s.len) && !memchr(s.ptr, 0, s.len));
}

void listen_put_head(struct connection *connection, int status, const struct http_header *headers,
                     unsigned header_count, size_t body_len)
{
    struct buf *out = &connection->listener->out;
    buf_reset(out);
    buf_add_text(out, "HTTP/1.1 ");
    put_number(out, (size_t)status);
    buf_add_char(out, ' ');
    buf_add_text(out, http_reason(status));
    buf_add_text(out, "\r\nDate: ");
    buf_add_span(out, date_line(connection->listener));
    if (connection->ends)
        buf_add_text(out, "\r\nConnection: close");
    else if (connection->message.old)
        buf_add_text(out, "\r\nConnection: keep-alive");
    if (status != 204 && status != 304 && body_len != LISTEN_NO_LENGTH) {
        buf_add_text(out, "\r\nContent-Length: ");
        put_number(out, body_len);
    }
    for (unsigned i = 0; i < header_count; i++) {
        /* A value may come from a request: it must not be able to start a line of its own. */
        if (!one_line(headers[i].name) || !one_line(headers[i].value))
            continue;
        buf_add_text(out, "\r\n");
        buf_add_span(out, headers[i].name);
        buf_add_text(out, ": ");
        buf_add_span(out, headers[i].value);
    }
    buf_add_text(out, "\r\n\r\n");
}

static void on_written(uv_write_t *request, int status)
{
    struct outgoing *outgoing = request->data;
    struct connection *connection = outgoing->connection;
    free(outgoing);
    if (connection->closing)
        return;
    if (status < 0)
        listen_drop(connection);
    else
        listen_flushed(connection);
}

/* Copies what is left of the parts after `sent` bytes and leaves it to libuv. */
static void write_later(struct connection *connection, const uv_buf_t *parts, unsigned count,
                        size_t sent)
{
    size_t total = 0, len = 0;
    for (unsigned i = 0; i < count; i++)
        total += parts[i].len;
    struct outgoing *outgoing = malloc(sizeof *outgoing + total - sent);
    if (outgoing == NULL)
        abort();
    outgoing->connection = connection;
    outgoing->request.data = outgoing;
    for (unsigned i = 0; i < count; i++) {
        size_t skip = sent < parts[i].len ? sent : parts[i].len;
        memcpy(outgoing->bytes + len, parts[i].base + skip, parts[i].len - skip);
        len += parts[i].len - skip;
        sent -= skip;
    }
    uv_buf_t rest = uv_buf_init(outgoing->bytes, (unsigned)len);
    connection->unsent = len;
    listen_enter(connection, PHASE_WRITE);
    if (uv_write(&outgoing->request, (uv_stream_t *)&connection->tcp, &rest, 1, on_written) < 0) {
        free(outgoing);
        listen_drop(connection);
    }
}

static void send_parts(struct connection *connection, span head, span body)
{
    uv_buf_t parts[2] = {
        {.base = (char *)(uintptr_t)head.ptr, .len = head.len},
        {.base = (char *)(uintptr_t)body.ptr, .len = body.len},
    };
    unsigned count = body.len > 0 ? 2 : 1;
    int sent = uv_try_write((uv_stream_t *)&connection->tcp, parts, count);
    if (sent < 0 && sent != UV_EAGAIN)
        listen_drop(connection); /* the client is gone */
    else if (sent >= 0 && (size_t)sent == head.len + body.len)
        listen_flushed(connection);
    else
        write_later(connection, parts, count, sent < 0 ? 0 : (size_t)sent);
}

static void send_answer(struct connection *connection, int status,
                        const struct http_header *headers, unsigned header_count, span body)
{
    assert(status >= 200 && status <= 999);
    if (status == 204 || status == 304)
        body = (span){0};
    listen_put_head(connection, status, headers, header_count, body.len);
    if (span_is(connection->message.request.method, "HEAD"))
        body = (span){0};
    assert(buf_ok(&connection->listener->out)); /* headers are ours; a handler wrote megabytes? */
    send_parts(connection, buf_span(&connection->listener->out), body);
}

static span error_body(struct listener *listener, const char *error, const char *detail)
{
    struct json json;
    buf_reset(&listener->json);
    json_start(&json, &listener->json);
    json_open(&json, NULL, '{');
    json_put_text(&json, "error", span_of(error));
    json_put_text(&json, "detail", span_of(detail));
    json_close(&json, '}');
    json_end(&json);
    return buf_span(&listener->json);
}

/* The exchange is over for its handler. NULL when there is nobody to answer any more. */
static struct connection *take_back(struct exchange *exchange)
{
    struct connection *connection = (struct connection *)exchange;
    assert(connection->held);
    connection->held = false;
    if (!connection->closing) {
        connection->ends = !connection->message.keep_alive || connection->listener->draining;
        return connection;
    }
    if (connection->closed)
        listen_free(connection);
    return NULL;
}

void listen_answer(struct exchange *exchange, int status, const struct http_header *headers,
                   unsigned header_count, span body)
{
    struct connection *connection = take_back(exchange);
    if (connection)
        send_answer(connection, status, headers, header_count, body);
}

void listen_answer_error(struct exchange *exchange, int status, const char *error,
                         const char *detail, const struct http_header *headers,
                         unsigned header_count)
{
    struct connection *connection = (struct connection *)exchange;
    struct http_header all[16] = {{SPAN("Content-Type"), SPAN("application/json")}};
    assert(header_count < COUNT_OF(all));
    if (header_count > 0)
        memcpy(all + 1, headers, sizeof *headers * header_count);
    listen_answer(exchange, status, all, header_count + 1,
                  error_body(connection->listener, error, detail));
}

void listen_reset(struct exchange *exchange)
{
    struct connection *connection = take_back(exchange);
    if (connection)
        listen_drop_hard(connection);
}

void listen_hang_up(struct exchange *exchange)
{
    struct connection *connection = take_back(exchange);
    if (connection)
        listen_drop(connection);
}

bool listen_raw(struct exchange *exchange, span bytes)
{
    struct connection *connection = (struct connection *)exchange;
    uv_buf_t part = {.base = (char *)(uintptr_t)bytes.ptr, .len = bytes.len};
    return !connection->closing && !connection->eof &&
           uv_try_write((uv_stream_t *)&connection->tcp, &part, 1) == (int)bytes.len;
}

void listen_refuse(struct connection *connection, struct listen_refusal refusal)
{
    struct http_header headers[1 + LISTEN_REFUSAL_HEADERS] = {
        {SPAN("Content-Type"), SPAN("application/json")}};
    unsigned count = 1;
    struct listener *listener = connection->listener;
    const struct listen_handler *handler = listener->handler;
    if (handler->refused)
        handler->refused(listener->context, refusal.status, refusal.error);
    if (handler->refusal_headers && connection->message.head_done)
        count += handler->refusal_headers(listener->context, &connection->message.request,
                                          headers + count);
    connection->refused = connection->ends = true;
    send_answer(connection, refusal.status, headers, count,
                error_body(listener, refusal.error, refusal.detail));
}

void listen_send_continue(struct connection *connection)
{
    static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
    uv_buf_t part = {.base = (char *)(uintptr_t)text, .len = sizeof text - 1};
    /* Every earlier answer has left: a socket that cannot take these 25 bytes is broken. */
    if (uv_try_write((uv_stream_t *)&connection->tcp, &part, 1) != (int)part.len)
        listen_drop(connection);
}
