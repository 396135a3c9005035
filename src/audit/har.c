/*
 * The walk over a HAR's bytes, and one entry of it read.
 *
 *   {"log":{"version":"1.2","creator":{…},"pages":[…],"entries":[ {…}, {…} ]}}
 *                                                      walk:   ^--^  ^--^
 *
 * The walk knows strings, brackets and nothing else; an entry is proved to be JSON when it is
 * parsed. Exporters differ, and each member is taken where it is: Chrome puts Set-Cookie into
 * headers and cookies, Firefox into both, one line for several; Safari's times have no
 * milliseconds; Chrome's blocked requests have status 0 and _error; bodies may be `text`, `params`
 * or both, and base64 where the exporter says so.
 */
#include "har.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/date.h"
#include "../base/hash.h"
#include "../base/http.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "../base/url.h"

#define ENTRY_MEMORY (512u * MIB) /* the tree of one entry and what its strings become */
#define ENTRY_DEPTH  64u

/* ---- the walk ---- */

static size_t skip_blank(span s, size_t at)
{
    while (at < s.len && strchr(" \t\r\n", s.ptr[at]) && s.ptr[at])
        at++;
    return at;
}

/* The end of the string whose quote is at `at`; s.len when it has none. */
static size_t skip_string(span s, size_t at)
{
    for (at++; at < s.len && s.ptr[at] != '"'; at++)
        if (s.ptr[at] == '\\')
            at++;
    return at < s.len ? at + 1 : s.len;
}

/* The end of the value at `at`; s.len when it has none or is too deep. */
static size_t skip_value(span s, size_t at)
{
    unsigned depth = 0;
    while (at < s.len) {
        char c = s.ptr[at];
        if (c == '"') {
            at = skip_string(s, at);
        } else if (c == '{' || c == '[') {
            if (++depth > ENTRY_DEPTH)
                return s.len;
            at++;
            continue;
        } else if (c == '}' || c == ']') {
            if (depth == 0) /* the container's own end: a bare token stood before it */
                return at;
            depth--;
            at++;
        } else if (c == ',' && depth == 0) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0)
            return at;
    }
    return s.len;
}

/* The value of a member of the object at `at`, by walking over its members. */
static bool find_member(span s, size_t at, const char *name, size_t *ret_at)
{
    at = skip_blank(s, at);
    if (at >= s.len || s.ptr[at] != '{')
        return false;
    at = skip_blank(s, at + 1);
    while (at < s.len && s.ptr[at] == '"') {
        size_t end = skip_string(s, at);
        span key = span_sub(s, at + 1, end - at > 2 ? end - at - 2 : 0);
        at = skip_blank(s, end);
        if (at >= s.len || s.ptr[at] != ':')
            return false;
        at = skip_blank(s, at + 1);
        if (span_is(key, name)) {
            *ret_at = at;
            return at < s.len;
        }
        at = skip_blank(s, skip_value(s, at));
        if (at < s.len && s.ptr[at] == ',')
            at = skip_blank(s, at + 1);
    }
    return false;
}

/* ---- one entry ---- */

struct reader {
    struct capture *capture;
    struct har_bodies *bodies;     /* NULL: not wanted */
    struct arena scratch;          /* of the entry */
    bool asked, said_yes, said_no; /* what this browser's cookies tell so far */
    enum capture_phase *told;      /* by each exchange's own cookies; UNKNOWN: it had none */
    unsigned read;
};

/* Consent managers' cookies (contracts/sources 7.6): which words in them mean what. */
static const struct {
    const char *cookie, *name, *yes, *no;
} managers[] = {
    {"OptanonConsent", "OneTrust", "C0004%3A1", "C0004%3A0"},
    {"CookieConsent", "Cookiebot", "marketing:true", "marketing:false"},
    {"cookieyes-consent", "CookieYes", "advertisement:yes", "advertisement:no"},
    {"cmplz_marketing", "Complianz", "allow", "deny"},
    {"_tracking_consent", "Shopify", "%22m%22%3A%221%22", "%22m%22%3A%220%22"},
    {"axeptio_authorized_vendors", "Axeptio", "facebook", "%2C%2C"},
};

static bool holds(span s, const char *text)
{
    for (size_t i = 0; i < s.len; i++)
        if (span_starts(span_sub(s, i, s.len), text))
            return true;
    return false;
}

/* As it is, or with its escapes undone. */
static bool cookie_says(struct reader *reader, span value, const char *word)
{
    return holds(value, word) || holds(url_decode(&reader->scratch, value, false), word);
}

static void hear_consent(struct reader *reader, span cookie, span value)
{
    for (unsigned i = 0; i < COUNT_OF(managers); i++) {
        if (!span_is(cookie, managers[i].cookie))
            continue;
        reader->asked = true;
        reader->capture->cmp = managers[i].name;
        if (cookie_says(reader, value, managers[i].yes)) {
            reader->said_yes = true;
            reader->said_no = false;
        } else if (cookie_says(reader, value, managers[i].no)) {
            reader->said_no = true;
            reader->said_yes = false;
        }
    }
}

static enum capture_phase phase_now(const struct reader *reader)
{
    return reader->said_yes ? CAPTURE_GRANTED : reader->said_no ? CAPTURE_DENIED : CAPTURE_BEFORE;
}

static span header(const struct json_value *message, const char *name)
{
    const struct json_value *headers = json_get(message, "headers");
    for (const struct json_value *one = headers ? headers->first : NULL; one; one = one->next)
        if (span_equal_nocase(json_get_text(one, "name"), span_of(name)))
            return json_get_text(one, "value");
    return (span){0};
}

/* The visitor's own cookies say what was consented to; values are read here and not kept. False:
   there are none. */
static bool hear_cookies(struct reader *reader, const struct json_value *request)
{
    const struct json_value *cookies = json_get(request, "cookies");
    bool any = cookies && cookies->count > 0;
    for (const struct json_value *one = cookies ? cookies->first : NULL; one; one = one->next)
        hear_consent(reader, json_get_text(one, "name"), json_get_text(one, "value"));
    span line = header(request, "cookie"), part;
    any |= !span_empty(line);
    while (span_split(&line, ';', &part)) {
        size_t equals = span_find(part, 0, '=');
        hear_consent(reader, span_trim(span_sub(part, 0, equals)),
                     span_sub(part, equals + 1, part.len));
    }
    return any;
}

/* `text` of postData or content. */
static span text_of(struct reader *reader, const struct json_value *holder)
{
    span text = json_get_text(holder, "text"), bytes;
    bool encoded = span_is(json_get_text(holder, "encoding"), "base64") ||
                   span_is(json_get_text(holder, "_encoding"), "base64");
    return encoded && hash_from_base64(&reader->scratch, text, &bytes) == OK ? bytes : text;
}

static span body_of(struct reader *reader, const struct json_value *post)
{
    span text = text_of(reader, post);
    if (!span_empty(text))
        return text;
    const struct json_value *params = json_get(post, "params");
    struct buf pairs;
    buf_init(&pairs, LIMIT_CAPTURE_BODY);
    for (const struct json_value *one = params ? params->first : NULL; one; one = one->next) {
        buf_add_span(&pairs, json_get_text(one, "name"));
        buf_add_char(&pairs, '=');
        span value = json_get_text(one, "value");
        /* Firefox gives them as they were sent, Chrome decoded: an escape tells. */
        buf_add_span(&pairs, holds(value, "%") ? value : url_encode(&reader->scratch, value));
        buf_add_char(&pairs, '&');
    }
    text = arena_copy(&reader->scratch, buf_span(&pairs));
    buf_done(&pairs);
    return text;
}

/* Firefox joins several with line feeds in one header; Chrome repeats the header. */
static void add_cookies(struct reader *reader, const struct json_value *response, span host,
                        bool document, int64_t at)
{
    const struct json_value *headers = json_get(response, "headers");
    for (const struct json_value *one = headers ? headers->first : NULL; one; one = one->next) {
        if (!span_equal_nocase(json_get_text(one, "name"), SPAN("set-cookie")))
            continue;
        span rest = json_get_text(one, "value"), line;
        while (span_split(&rest, '\n', &line))
            (void)!capture_set_cookie(reader->capture, line, host, document, CAPTURE_UNKNOWN, at);
    }
}

static bool is_document(const struct json_value *entry, span type)
{
    span kind = json_get_text(entry, "_resourceType");
    return kind.ptr ? span_is(kind, "document") : span_starts(type, "text/html");
}

static void copy_headers(struct arena *arena, const struct json_value *response,
                         struct evidence_answer *answer)
{
    const struct json_value *headers = json_get(response, "headers");
    struct http_header *copies = arena_array(arena, struct http_header, LIMIT_AUDIT_HEADERS);
    for (const struct json_value *one = headers ? headers->first : NULL;
         one && answer->header_count < LIMIT_AUDIT_HEADERS; one = one->next) {
        span rest = json_get_text(one, "value"), line;
        while (span_split(&rest, '\n', &line) && answer->header_count < LIMIT_AUDIT_HEADERS)
            copies[answer->header_count++] = (struct http_header){
                arena_copy(arena, json_get_text(one, "name")), arena_copy(arena, line)};
    }
    answer->headers = copies;
}

/* A page by another name is the same page: the first of it is kept. */
static bool has_page(const struct har_bodies *bodies, span url)
{
    for (unsigned i = 0; i < bodies->count; i++)
        if (bodies->items[i].page && span_equal(bodies->items[i].answer.url, url))
            return true;
    return false;
}

static void keep_body(struct reader *reader, const struct json_value *entry,
                      const struct capture_request *request, span type)
{
    struct har_bodies *bodies = reader->bodies;
    struct arena *arena = reader->capture->arena;
    bool page = request->document && span_starts(type, "text/html");
    bool script = holds(type, "javascript") || holds(type, "ecmascript");
    span text = text_of(reader, json_path(entry, "response.content"));
    span url = page ? url_bare(request->url) : request->url;
    if ((!page && !script) || request->status < 200 || request->status > 299 || span_empty(text) ||
        bodies->count == LIMIT_HAR_BODIES || (page && has_page(bodies, url)) ||
        (!page && har_script(bodies, url)))
        return;
    struct har_body body = {.page = page,
                            .answer = {.url = arena_copy(arena, url), .status = request->status}};
    size_t most = LIMIT_HAR_BODY_BYTES - bodies->bytes;
    most = most < LIMIT_AUDIT_BODY ? most : LIMIT_AUDIT_BODY;
    body.answer.asked = body.answer.url;
    body.answer.body = arena_copy(arena, span_sub(text, 0, most));
    body.answer.cut = text.len > most;
    bodies->bytes += body.answer.body.len;
    copy_headers(arena, json_get(entry, "response"), &body.answer);
    bodies->items[bodies->count++] = body;
}

static bool read_entry(struct reader *reader, span text)
{
    const struct json_value *entry;
    if (text.len > LIMIT_HAR_ENTRY || json_parse(&reader->scratch, text, &entry, NULL) != OK)
        return false;
    const struct json_value *request = json_get(entry, "request");
    const struct json_value *response = json_get(entry, "response");
    span type = json_text(json_path(entry, "response.content.mimeType"));
    struct url url;
    struct capture_request raw = {
        .method = json_get_text(request, "method"),
        .url = json_get_text(request, "url"),
        .body = body_of(reader, json_get(request, "postData")),
        .page = header(request, "referer"),
        .document = is_document(entry, type),
    };
    if (url_parse(raw.url, &url) != OK)
        return false;
    if (date_parse(json_get_text(entry, "startedDateTime"), &raw.at) != OK)
        raw.at = 0;
    int64_t status = json_get_int(response, "status", 0);
    raw.status = status > 0 && status < 1000 ? (int)status : 0;
    raw.failed = json_get_text(response, "_error");
    if (span_empty(raw.failed))
        raw.failed = json_get_text(entry, "_error");
    if (raw.status == 0 && span_empty(raw.failed))
        raw.failed = SPAN("no answer recorded");
    if (raw.document)
        raw.page = raw.url;
    bool told = capture_own(reader->capture, url.host) && hear_cookies(reader, request);
    unsigned index = capture_add(reader->capture, &raw);
    if (told && index != CAPTURE_NONE)
        reader->told[index] = phase_now(reader);
    add_cookies(reader, response, url.host, raw.document, raw.at);
    if (reader->bodies && capture_own(reader->capture, url.host))
        keep_body(reader, entry, &raw, type);
    return true;
}

/* ---- the file ---- */

/* What held between two requests that told: what both say; before a no there was no yes; else it
   cannot be known, since the answer came somewhere between them. */
static enum capture_phase phase_between(enum capture_phase before, enum capture_phase after)
{
    if (before == after)
        return before;
    if (after == CAPTURE_UNKNOWN) /* the end: an answer stays, a question may have got one */
        return before == CAPTURE_BEFORE ? CAPTURE_UNKNOWN : before;
    if (after == CAPTURE_DENIED && before != CAPTURE_GRANTED)
        return before == CAPTURE_BEFORE ? CAPTURE_BEFORE : CAPTURE_DENIED;
    return before == CAPTURE_UNKNOWN && after == CAPTURE_BEFORE ? CAPTURE_BEFORE : CAPTURE_UNKNOWN;
}

static void settle(struct reader *reader)
{
    struct capture *capture = reader->capture;
    enum capture_phase before = CAPTURE_UNKNOWN;
    for (unsigned i = 0, next = 0; reader->asked && i < capture->exchange_count; i++) {
        if (reader->told[i] != CAPTURE_UNKNOWN) {
            capture->exchanges[i].phase = before = reader->told[i];
            continue;
        }
        for (next = next > i ? next : i; next < capture->exchange_count; next++)
            if (reader->told[next] != CAPTURE_UNKNOWN)
                break;
        capture->exchanges[i].phase = phase_between(
            before, next < capture->exchange_count ? reader->told[next] : CAPTURE_UNKNOWN);
    }
}

static bool find_entries(span text, size_t *ret_at)
{
    size_t log, entries;
    size_t start = span_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
    if (!find_member(text, start, "log", &log) || !find_member(text, log, "entries", &entries) ||
        text.ptr[entries] != '[')
        return false;
    *ret_at = entries + 1;
    return true;
}

enum status har_read(struct capture *capture, span text, struct har_bodies *bodies,
                     struct error *ret_error)
{
    struct reader reader = {.capture = capture, .bodies = bodies};
    size_t at;
    if (!find_entries(text, &at)) {
        snprintf(ret_error->text, sizeof ret_error->text,
                 "this is not a HAR file: it has no log.entries");
        return INVALID;
    }
    if (bodies)
        bodies->items = arena_array(capture->arena, struct har_body, LIMIT_HAR_BODIES);
    reader.told = arena_array(capture->arena, enum capture_phase, LIMIT_CAPTURE_EXCHANGES);
    arena_init(&reader.scratch, ENTRY_MEMORY);
    for (at = skip_blank(text, at); at < text.len && text.ptr[at] != ']';) {
        size_t end = skip_value(text, at);
        if (read_entry(&reader, span_sub(text, at, end - at)))
            reader.read++;
        else
            capture->unread++;
        arena_reset(&reader.scratch);
        at = skip_blank(text, end);
        if (at < text.len && text.ptr[at] != ',')
            break;
        at = skip_blank(text, at + 1);
    }
    arena_done(&reader.scratch);
    settle(&reader);
    if (reader.read > 0)
        return OK;
    snprintf(ret_error->text, sizeof ret_error->text,
             "no request could be read in this HAR file: record again with the network tab open, "
             "and export with content");
    return INVALID;
}

const struct evidence_answer *har_script(const struct har_bodies *bodies, span url)
{
    for (unsigned i = 0; i < bodies->count; i++)
        if (!bodies->items[i].page && span_equal(bodies->items[i].answer.url, url))
            return &bodies->items[i].answer;
    return NULL;
}

enum status har_read_file(struct capture *capture, const char *path, struct har_bodies *bodies,
                          struct error *ret_error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (fd < 0 || fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        snprintf(ret_error->text, sizeof ret_error->text, "%.120s cannot be read: %s", path,
                 fd < 0 ? strerror(errno) : "it is no file");
        if (fd >= 0)
            close(fd);
        return MISSING;
    }
    if (stat.st_size <= 0 || (uint64_t)stat.st_size > LIMIT_HAR_BYTES) {
        snprintf(ret_error->text, sizeof ret_error->text, "%.120s is %s", path,
                 stat.st_size <= 0 ? "empty" : "larger than 512 MiB: record a shorter visit");
        close(fd);
        return stat.st_size <= 0 ? INVALID : FULL;
    }
    size_t len = (size_t)stat.st_size;
    void *bytes = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED) {
        snprintf(ret_error->text, sizeof ret_error->text, "%.120s cannot be mapped", path);
        return BROKEN;
    }
    enum status status = har_read(capture, (span){bytes, len}, bodies, ret_error);
    munmap(bytes, len);
    return status;
}
