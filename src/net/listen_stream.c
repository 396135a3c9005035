/*
 * Answers without an end: server-sent events.
 *
 * The head says Connection: close and no length, so the body is whatever comes until one side ends
 * it. The exchange stays with its handler, PARKED, which has no deadline; each piece goes out by
 * uv_try_write(), and what the socket does not take is copied and left to libuv. While such a rest
 * is waiting no further piece is taken: that is all the memory a slow reader can cost us, and its
 * handler decides whether to skip, to wait or to hang up.
 */
#include "listen_private.h"

#include <assert.h>
#include <stdlib.h>

struct piece {
    uv_write_t request;
    struct connection *connection;
    char bytes[];
};

static uv_stream_t *socket_of(struct connection *connection)
{
    return (uv_stream_t *)&connection->tcp;
}

static void on_written(uv_write_t *request, int status)
{
    struct piece *piece = request->data;
    struct connection *connection = piece->connection;
    free(piece);
    if (status < 0 && !connection->closing)
        listen_drop(connection);
}

static void write_rest(struct connection *connection, span rest)
{
    struct piece *piece = malloc(sizeof *piece + rest.len);
    if (piece == NULL)
        abort();
    memcpy(piece->bytes, rest.ptr, rest.len);
    piece->connection = connection;
    piece->request.data = piece;
    uv_buf_t buf = uv_buf_init(piece->bytes, (unsigned)rest.len);
    if (uv_write(&piece->request, socket_of(connection), &buf, 1, on_written) < 0) {
        free(piece);
        listen_drop(connection);
    }
}

static void put(struct connection *connection, span bytes)
{
    uv_buf_t buf = {.base = (char *)(uintptr_t)bytes.ptr, .len = bytes.len};
    int sent = uv_try_write(socket_of(connection), &buf, 1);
    if (sent < 0 && sent != UV_EAGAIN)
        listen_drop(connection);
    else if (sent < 0 || (size_t)sent < bytes.len)
        write_rest(connection, span_sub(bytes, sent < 0 ? 0 : (size_t)sent, bytes.len));
}

bool listen_stream_open(struct exchange *exchange, const struct http_header *headers,
                        unsigned header_count, void (*closed)(void *arg), void *arg)
{
    struct connection *connection = (struct connection *)exchange;
    assert(connection->held && closed && !connection->stream_closed);
    connection->ends = true;
    if (!connection->closing && !connection->eof) {
        listen_put_head(connection, 200, headers, header_count, LISTEN_NO_LENGTH);
        put(connection, buf_span(&connection->listener->out));
    }
    if (connection->closing || connection->eof) {
        listen_reset(exchange);
        return false;
    }
    connection->stream_closed = closed;
    connection->stream_arg = arg;
    return true;
}

bool listen_stream_send(struct exchange *exchange, span piece)
{
    struct connection *connection = (struct connection *)exchange;
    assert(connection->stream_closed);
    if (uv_stream_get_write_queue_size(socket_of(connection)) > 0)
        return false;
    if (piece.len > 0)
        put(connection, piece);
    return true;
}

void listen_stream_close(struct exchange *exchange)
{
    struct connection *connection = (struct connection *)exchange;
    assert(connection->stream_closed);
    listen_drop(connection);
}

void listen_stream_end(struct connection *connection)
{
    void (*closed)(void *arg) = connection->stream_closed;
    if (closed == NULL)
        return;
    connection->stream_closed = NULL;
    connection->held = false;
    closed(connection->stream_arg);
}
