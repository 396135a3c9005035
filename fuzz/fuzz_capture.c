/*
 * What strangers' browsers and pages may hand to the audit: a HAR file (what begins with '{'),
 * messages of Chromium (what begins with NUL), one request (its URL, a line feed, its body).
 */
#include "../src/audit/har.h"
#include "../src/audit/cdp.h"
#include "../src/audit/watch.h"
#include "../src/base/limits.h"

static void on_message(void *arg, span text)
{
    struct watch *watch = arg;
    const struct json_value *root;
    struct arena arena;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    if (json_parse(&arena, text, &root, NULL) == OK) {
        const struct json_value *params = json_get(root, "params");
        watch_heard(watch, json_get_text(root, "sessionId"), json_get_text(root, "method"), params);
        span url = json_get_text(json_get(params, "request"), "url");
        (void)!watch_answers(watch, url);
        (void)!watch_forbids(json_get_text(json_get(params, "request"), "method"), url,
                             json_get_text(params, "resourceType"));
    }
    arena_done(&arena);
}

static void messages(struct capture *capture, span bytes)
{
    struct cdp_reader reader = {0};
    struct watch watch;
    watch_init(&watch, capture);
    buf_init(&reader.in, LIMIT_CDP_MESSAGE);
    size_t half = bytes.len / 2; /* a message may come in two pieces */
    cdp_reader_add(&reader, span_sub(bytes, 0, half), on_message, &watch);
    cdp_reader_add(&reader, span_sub(bytes, half, bytes.len), on_message, &watch);
    buf_done(&reader.in);
    watch_done(&watch);
}

static void request(struct capture *capture, span bytes)
{
    size_t line = span_find(bytes, 0, '\n');
    struct capture_request request = {.at = 1764000000000,
                                      .method = SPAN("POST"),
                                      .url = span_sub(bytes, 0, line),
                                      .body = span_sub(bytes, line + 1, bytes.len),
                                      .phase = CAPTURE_BEFORE};
    (void)!capture_add(capture, &request);
    (void)!capture_set_cookie(capture, request.body, SPAN("a.example"), true, CAPTURE_BEFORE, 0);
}

/* The recording, and its pages and scripts taken apart as if they had been fetched. */
static void recording(struct capture *capture, span bytes)
{
    struct har_bodies bodies = {0};
    struct evidence evidence;
    struct error error;
    if (har_read(capture, bytes, &bodies, &error) != OK)
        return;
    evidence_init(&evidence, capture->arena, capture->signatures, SEEN_HAR, 1764000000000);
    for (unsigned i = 0; i < bodies.count; i++)
        if (bodies.items[i].page)
            evidence_add_page(&evidence, &bodies.items[i].answer);
    for (unsigned i = 0; i < evidence.script_count; i++) {
        const struct evidence_answer *file = har_script(&bodies, evidence.scripts[i].src);
        if (file)
            evidence_add_file(&evidence, file);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct signature_set *signatures;
    span input = {(const char *)bytes, size};
    struct arena arena;
    struct capture capture;
    if ((signatures == NULL && signature_open(&signatures) != OK) || size > 256 * KIB)
        return 0;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    capture_init(&capture, &arena, signatures, SEEN_HAR, SPAN("shop.harbour.example"));
    if (span_starts(input, "{"))
        recording(&capture, input);
    else if (size > 0 && bytes[0] == 0)
        messages(&capture, span_sub(input, 1, size));
    else
        request(&capture, input);
    for (unsigned i = 0; i < capture.hit_count; i++)
        (void)hit_line(&arena, &capture.hits[i]);
    arena_done(&arena);
    return 0;
}
