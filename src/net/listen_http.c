/*
 * Reading HTTP/1: bytes to requests, without knowing where bytes come from.
 *
 * llhttp says where a message ends (content length, chunks) and refuses what is not HTTP; it
 * is asked to stop at the end of each head and of each message, so no work is done inside its
 * callbacks. The head itself is read here, from its raw bytes, kept in one piece. Reading it a
 * second time costs little and gives strictness for free: a line that is not
 *
 *     token ":" OWS value OWS CRLF
 *
 * is refused whatever the parser made of it, so that a folded line, a blank before the colon
 * or a bare LF cannot mean one thing to a proxy and another to us.
 *
 * Choices: the absolute form of the target is accepted and its host wins (RFC 9112 3.2.2);
 * CONNECT and Upgrade are requests like others, nothing is ever tunnelled; the only transfer
 * coding is chunked, and HTTP/1.0 may not use it; trailers are dropped; methods are those
 * llhttp knows, any other is malformed.
 *
 * Memory: the head and a body that comes in one piece are copied once, into the arena. A body
 * in several pieces grows in `body`. All ceilings are checked before the bytes are kept.
 */
#include "listen_private.h"

#include <assert.h>

#define HEADERS_FIRST 24u
#define ARENA_KEPT    (64 * KIB) /* a request that used more gives everything back */
#define BODY_KEPT     (16 * KIB)

static enum listen_step refuse(struct listen_message *message, int status, const char *error,
                               const char *detail)
{
    message->refusal = (struct listen_refusal){status, error, detail};
    return LISTEN_REFUSED;
}

/* ---- what llhttp calls ---- */

static int on_head(llhttp_t *parser)
{
    struct listen_message *message = parser->data;
    parser->upgrade = 0; /* what follows is HTTP, whatever was asked for */
    message->head_done = true;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct listen_message *message = parser->data;
    if (len > message->body_ceiling - message->body.len) {
        refuse(message, 413, "body_too_large", "The body is larger than this address accepts.");
        return HPE_USER;
    }
    /* parser->content_length has counted down by this piece already. */
    bool whole =
        (parser->flags & F_CONTENT_LENGTH) && message->body.len == 0 && parser->content_length == 0;
    if (whole)
        message->request.body = arena_copy(&message->arena, (span){at, len});
    else
        buf_add(&message->body, at, len);
    return HPE_OK;
}

static int on_end(llhttp_t *parser)
{
    struct listen_message *message = parser->data;
    message->keep_alive = llhttp_should_keep_alive(parser);
    if (message->body.len > 0)
        message->request.body = buf_span(&message->body);
    return HPE_PAUSED;
}

/* Trailers and chunk extensions are read by nobody, but must end. */
static int on_side(llhttp_t *parser, const char *at, size_t len)
{
    struct listen_message *message = parser->data;
    (void)at;
    if (!message->head_done)
        return HPE_OK;
    message->side_bytes += len + 2;
    if (message->side_bytes <= LIMIT_HEADER_BYTES)
        return HPE_OK;
    refuse(message, 431, "header_too_large", "Trailers and chunk extensions are too large.");
    return HPE_USER;
}

static const llhttp_settings_t settings = {
    .on_headers_complete = on_head,
    .on_body = on_body,
    .on_message_complete = on_end,
    .on_header_field = on_side,
    .on_header_value = on_side,
    .on_chunk_extension_name = on_side,
    .on_chunk_extension_value = on_side,
};

/* ---- the head ---- */

static bool host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* "Shop.Example:8080", "[::1]:80" -> lower case, without port and brackets. */
static bool read_host(struct arena *arena, span text, span *ret_host)
{
    span host = text, port = {0};
    bool v6 = text.len > 0 && text.ptr[0] == '[';
    size_t end = v6 ? span_find(text, 0, ']') : span_find(text, 0, ':');
    if (v6) {
        host = span_sub(text, 1, end - 1);
        end++;
        if (end > text.len || !addr_valid(host))
            return false;
    } else {
        host = span_sub(text, 0, end);
    }
    if (end < text.len && text.ptr[end] != ':')
        return false;
    port = span_sub(text, end + 1, text.len);
    for (size_t i = 0; i < port.len; i++)
        if (port.ptr[i] < '0' || port.ptr[i] > '9')
            return false;
    if (host.len == 0 || host.len > 255 || port.len > 5)
        return false;
    char *lower = arena_take(arena, host.len);
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        lower[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        if (!v6 && !host_byte(lower[i]))
            return false;
    }
    *ret_host = (span){lower, host.len};
    return true;
}

/* Splits the target. The authority of an absolute one goes to *ret_authority, else absent. */
static void read_target(struct http_request *request, span *ret_authority)
{
    span rest = request->target, authority = {0};
    static const char *const schemes[] = {"http://", "https://"};
    for (unsigned i = 0; i < COUNT_OF(schemes); i++) {
        size_t len = strlen(schemes[i]);
        if (!span_equal_nocase(span_sub(rest, 0, len), span_of(schemes[i])))
            continue;
        size_t end = len;
        while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
            end++;
        authority = span_sub(rest, len, end - len);
        rest = span_sub(rest, end, rest.len);
        if (authority.ptr == NULL)
            authority = SPAN(""); /* there, and wrong */
        break;
    }
    size_t mark = span_find(rest, 0, '?');
    request->path = mark == 0 ? SPAN("/") : span_sub(rest, 0, mark);
    request->query = mark < rest.len ? span_sub(rest, mark + 1, rest.len) : (span){0};
    *ret_authority = authority;
}

/* Takes one line with its CRLF off *rest. false: bare LF or no line. */
static bool take_line(span *rest, span *ret_line)
{
    const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
    if (end == NULL || end == rest->ptr || end[-1] != '\r')
        return false;
    size_t len = (size_t)(end - rest->ptr);
    *ret_line = (span){rest->ptr, len - 1};
    *rest = (span){end + 1, rest->len - len - 1};
    return true;
}

static enum listen_step malformed(struct listen_message *message, const char *detail)
{
    return refuse(message, 400, "malformed_request", detail);
}

static enum listen_step read_request_line(struct listen_message *message, span line)
{
    struct http_request *request = &message->request;
    size_t first = span_find(line, 0, ' '), second = span_find(line, first + 1, ' ');
    span version = span_sub(line, second + 1, line.len);
    request->method = span_sub(line, 0, first);
    request->target = span_sub(line, first + 1, second - first - 1);
    if (first == 0 || request->target.len == 0 || span_find(version, 0, ' ') < version.len)
        return malformed(message, "The request line is not HTTP.");
    if (request->target.len > LIMIT_TARGET_BYTES)
        return refuse(message, 414, "target_too_long", "The request target is too long.");
    message->old = span_is(version, "HTTP/1.0");
    if (!message->old && !span_is(version, "HTTP/1.1"))
        return refuse(message, 505, "version_not_supported", "Speak HTTP/1.1 or HTTP/1.0.");
    return LISTEN_HEAD;
}

/* The headers as lines, each checked; room grows in the arena. */
static enum listen_step read_lines(struct listen_message *message, span rest)
{
    unsigned count = 0, room = 0;
    struct http_header *headers = NULL;
    span line;
    for (;;) {
        if (!take_line(&rest, &line))
            return malformed(message, "A header line does not end in CRLF.");
        if (line.len == 0)
            break;
        size_t colon = span_find(line, 0, ':');
        if (colon == 0 || colon == line.len || line.ptr[0] == ' ' || line.ptr[0] == '\t' ||
            line.ptr[colon - 1] == ' ' || line.ptr[colon - 1] == '\t')
            return malformed(message, "A header line is folded, nameless, or has a blank before "
                                      "its colon.");
        if (count == LIMIT_HEADER_COUNT)
            return refuse(message, 431, "too_many_headers", "The request has too many headers.");
        if (count == room) {
            room = room ? room * 2 : HEADERS_FIRST;
            struct http_header *more = arena_array(&message->arena, struct http_header, room);
            if (count > 0)
                memcpy(more, headers, sizeof *headers * count);
            headers = more;
        }
        headers[count++] = (struct http_header){
            .name = span_sub(line, 0, colon),
            .value = span_trim(span_sub(line, colon + 1, line.len)),
        };
    }
    if (rest.len > 0)
        return malformed(message, "The head does not end where it should.");
    message->request.headers = headers;
    message->request.header_count = count;
    return LISTEN_HEAD;
}

/* The headers that decide how the message is read. */
static enum listen_step read_meaning(struct listen_message *message)
{
    struct http_request *request = &message->request;
    span authority, host = {0}, forwarded = {0};
    unsigned hosts = 0, codings = 0;
    for (unsigned i = 0; i < request->header_count; i++) {
        span name = request->headers[i].name, value = request->headers[i].value;
        if (span_equal_nocase(name, SPAN("Host"))) {
            hosts++;
            host = value;
        } else if (span_equal_nocase(name, SPAN("X-Forwarded-For"))) {
            if (forwarded.ptr)
                forwarded = arena_join(&message->arena, forwarded, SPAN(","));
            forwarded = forwarded.ptr ? arena_join(&message->arena, forwarded, value) : value;
        } else if (span_equal_nocase(name, SPAN("Transfer-Encoding"))) {
            if (message->old || ++codings > 1)
                return malformed(message, "Transfer-Encoding is repeated, or used in HTTP/1.0.");
            if (!span_equal_nocase(value, SPAN("chunked")))
                return refuse(message, 501, "coding_not_supported",
                              "The only transfer coding understood is chunked.");
        } else if (span_equal_nocase(name, SPAN("Expect")) && !message->old) {
            if (!span_equal_nocase(value, SPAN("100-continue")))
                return refuse(message, 417, "expectation_failed", "Unknown expectation.");
            message->expects_continue = true;
        }
    }
    read_target(request, &authority);
    if (hosts > 1 || (hosts == 0 && !message->old))
        return refuse(message, 400, "bad_host", "One Host header is needed.");
    if (hosts == 1 && !read_host(&message->arena, host, &request->host))
        return refuse(message, 400, "bad_host", "The Host header is not a host name.");
    if (authority.ptr && !read_host(&message->arena, authority, &request->host))
        return refuse(message, 400, "bad_host", "The target's host is not a host name.");
    request->peer_ip = message->peer_ip;
    request->client_ip = addr_client(message->trusted, message->peer_ip, forwarded);
    return LISTEN_HEAD;
}

static enum listen_step read_head(struct listen_message *message)
{
    span rest = {message->head, message->head_len}, line;
    if (!take_line(&rest, &line))
        return malformed(message, "The request line does not end in CRLF.");
    enum listen_step step = read_request_line(message, line);
    if (step == LISTEN_HEAD)
        step = read_lines(message, rest);
    return step == LISTEN_HEAD ? read_meaning(message) : step;
}

/* ---- the stream ---- */

static void keep_head(struct listen_message *message, const char *bytes, size_t len)
{
    size_t need = message->head_len + len;
    if (need > message->head_room) {
        /* Most heads come in one read: exact the first time, doubled after that. */
        size_t room = message->head_room ? need * 2 : need;
        char *more = arena_take(&message->arena, room);
        if (message->head_len > 0)
            memcpy(more, message->head, message->head_len);
        message->head = more;
        message->head_room = room;
    }
    memcpy(message->head + message->head_len, bytes, len);
    message->head_len = need;
}

static enum listen_step parser_refused(struct listen_message *message, enum llhttp_errno error)
{
    if (error == HPE_USER)
        return LISTEN_REFUSED; /* by a callback, which said why */
    if (error == HPE_PAUSED_H2_UPGRADE)
        return refuse(message, 505, "version_not_supported", "Speak HTTP/1.1 or HTTP/1.0.");
    return malformed(message, llhttp_get_error_reason(&message->parser));
}

static enum listen_step read_head_bytes(struct listen_message *message, span *bytes)
{
    /* Empty lines between requests are allowed and are nothing (RFC 9112 2.2). */
    while (message->head_len == 0 && bytes->len > 0 &&
           (bytes->ptr[0] == '\r' || bytes->ptr[0] == '\n'))
        *bytes = span_sub(*bytes, 1, bytes->len);
    if (bytes->len == 0)
        return LISTEN_MORE;
    size_t most = LIMIT_HEADER_BYTES - message->head_len;
    size_t given = bytes->len < most ? bytes->len : most;
    enum llhttp_errno error = llhttp_execute(&message->parser, bytes->ptr, given);
    size_t used = given;
    if (error != HPE_OK)
        used = (size_t)(llhttp_get_error_pos(&message->parser) - bytes->ptr);
    if (error != HPE_OK && error != HPE_PAUSED)
        return parser_refused(message, error);
    keep_head(message, bytes->ptr, used);
    *bytes = span_sub(*bytes, used, bytes->len);
    if (message->head_done) {
        llhttp_resume(&message->parser);
        return read_head(message);
    }
    if (message->head_len < LIMIT_HEADER_BYTES)
        return LISTEN_MORE;
    if (memchr(message->head, '\n', message->head_len) == NULL)
        return refuse(message, 414, "target_too_long", "The request target is too long.");
    return refuse(message, 431, "header_too_large", "The request head is too large.");
}

enum listen_step listen_message_read(struct listen_message *message, span *bytes)
{
    if (!message->head_done)
        return read_head_bytes(message, bytes);
    /* Also with no bytes: the end of a request without body is still to be told. */
    enum llhttp_errno error = llhttp_execute(&message->parser, bytes->ptr, bytes->len);
    if (error == HPE_OK) {
        *bytes = span_sub(*bytes, bytes->len, 0);
        return LISTEN_MORE;
    }
    if (error != HPE_PAUSED)
        return parser_refused(message, error);
    size_t used = (size_t)(llhttp_get_error_pos(&message->parser) - bytes->ptr);
    *bytes = span_sub(*bytes, used, bytes->len);
    return LISTEN_REQUEST;
}

bool listen_message_allow(struct listen_message *message, size_t ceiling)
{
    if ((message->parser.flags & F_CONTENT_LENGTH) && message->parser.content_length > ceiling) {
        refuse(message, 413, "body_too_large", "The body is larger than this address accepts.");
        return false;
    }
    bool more = message->parser.content_length > 0 || (message->parser.flags & F_CHUNKED);
    message->expects_continue = message->expects_continue && more;
    message->body_ceiling = ceiling;
    message->body.ceiling = ceiling;
    return true;
}

bool listen_message_started(const struct listen_message *message)
{
    return message->head_len > 0;
}

static void begin(struct listen_message *message)
{
    llhttp_reset(&message->parser);
    message->request = (struct http_request){0};
    message->head = NULL;
    message->head_len = message->head_room = 0;
    message->body_ceiling = message->side_bytes = 0;
    message->head_done = message->expects_continue = false;
}

void listen_message_init(struct listen_message *message, const struct addr_list *trusted,
                         span peer_ip)
{
    *message = (struct listen_message){.trusted = trusted, .peer_ip = peer_ip};
    llhttp_init(&message->parser, HTTP_REQUEST, &settings);
    message->parser.data = message;
    arena_init(&message->arena, LIMIT_REQUEST_ARENA);
    buf_init(&message->body, 0);
    begin(message);
}

void listen_message_done(struct listen_message *message)
{
    arena_done(&message->arena);
    buf_done(&message->body);
}

void listen_message_next(struct listen_message *message)
{
    if (message->arena.used > ARENA_KEPT)
        arena_done(&message->arena);
    else
        arena_reset(&message->arena);
    if (message->body.room > BODY_KEPT)
        buf_done(&message->body);
    else
        buf_reset(&message->body);
    begin(message);
}

void listen_message_trim(struct listen_message *message)
{
    assert(!listen_message_started(message));
    arena_done(&message->arena);
    buf_done(&message->body);
}
