/*
 * The bytes of a connection. However they are cut into reads, the same requests must come out,
 * and end in the same refusal; every part of a request must be readable memory (ASan looks),
 * and obey its ceiling. The first byte picks the cuts, the second the ceiling of bodies.
 */
#include "../src/net/listen_private.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void hold(bool truth)
{
    if (!truth)
        abort();
}

/* What came out, as text. */
static void note(struct buf *log, const char *what, span s)
{
    buf_print(log, "%s %zu ", what, s.len);
    buf_add_span(log, s);
    buf_add_char(log, '\n');
}

static void note_head(struct buf *log, const struct http_request *request)
{
    note(log, "method", request->method);
    note(log, "path", request->path);
    note(log, "query", request->query);
    note(log, "host", request->host);
    note(log, "client", request->client_ip);
    for (unsigned i = 0; i < request->header_count; i++) {
        span name = request->headers[i].name, value = request->headers[i].value;
        note(log, "name", name);
        note(log, "value", value);
        hold(name.len > 0 && span_equal(span_trim(value), value));
        hold(span_find(name, 0, ' ') == name.len && span_find(value, 0, '\n') == value.len);
    }
    hold(request->header_count <= LIMIT_HEADER_COUNT);
    hold(request->target.len <= LIMIT_TARGET_BYTES && request->target.len > 0);
    hold(request->body.ptr == NULL && addr_valid(request->client_ip));
    for (size_t i = 0; i < request->host.len; i++)
        hold(request->host.ptr[i] > ' ' && request->host.ptr[i] != '/' &&
             !(request->host.ptr[i] >= 'A' && request->host.ptr[i] <= 'Z'));
}

/* The stream in reads of `cut` bytes, or of changing size when `cut` is 0. */
static void play(span stream, size_t cut, size_t ceiling, struct buf *log)
{
    struct addr_range ours = {.bytes = {0}, .prefix = 0}; /* everybody is our proxy */
    const struct addr_list trusted = {&ours, 1};
    struct listen_message message;
    bool refused = false;
    uint64_t chance = 88172645463325252u;
    listen_message_init(&message, &trusted, SPAN("10.0.0.1"));
    while (stream.len > 0 && !refused) {
        chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
        size_t len = cut ? cut : chance % 40 + 1;
        len = len < stream.len ? len : stream.len;
        char *copy = malloc(len); /* of its own: nothing may point into it afterwards */
        memcpy(copy, stream.ptr, len);
        span bytes = {copy, len};
        enum listen_step step = LISTEN_HEAD;
        while (step != LISTEN_MORE && !refused) {
            step = listen_message_read(&message, &bytes);
            if (step == LISTEN_HEAD) {
                note_head(log, &message.request);
                refused = !listen_message_allow(&message, ceiling);
            } else if (step == LISTEN_REQUEST) {
                hold(message.request.body.len <= ceiling);
                note(log, "body", message.request.body);
                buf_print(log, "keep %d\n", message.keep_alive);
                listen_message_next(&message);
                if (chance % 3 == 0)
                    listen_message_trim(&message);
            } else {
                refused = step == LISTEN_REFUSED;
            }
        }
        hold(refused || bytes.len == 0);
        free(copy);
        stream = span_sub(stream, len, stream.len);
    }
    if (refused) {
        hold(message.refusal.status >= 400 && message.refusal.detail);
        buf_print(log, "refused %d %s\n", message.refusal.status, message.refusal.error);
    }
    listen_message_done(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size < 2)
        return 0;
    span stream = {(const char *)bytes + 2, size - 2};
    const size_t cuts[] = {SIZE_MAX, 1, bytes[0] % 64u, 0};
    size_t ceiling = bytes[1] < 128 ? 64 * KIB : bytes[1] - 128u;
    struct buf first, other;
    buf_init(&first, 16 * MIB);
    buf_init(&other, 16 * MIB);
    for (unsigned i = 0; i < COUNT_OF(cuts); i++) {
        struct buf *log = i == 0 ? &first : &other;
        buf_reset(log);
        play(stream, cuts[i], ceiling, log);
        hold(span_equal(buf_span(&first), buf_span(log)));
    }
    buf_done(&first);
    buf_done(&other);
    return 0;
}
