/*
 * Requests come in as they were, exchanges and hits stay: capture.h. The order of things matters:
 * hits and e-mails are looked for first, then the URL loses its query for good.
 */
#include "capture.h"

#include "../base/limits.h"
#include "../base/url.h"
#include "../event/clean.h"
#include "cookie.h"
#include "redact.h"

const char *capture_phase_text(enum capture_phase phase)
{
    static const char *const texts[] = {[CAPTURE_UNKNOWN] = "consent not known",
                                        [CAPTURE_BEFORE] = "before any answer to the banner",
                                        [CAPTURE_GRANTED] = "after consent was given",
                                        [CAPTURE_DENIED] = "after consent was denied"};
    return texts[phase];
}

/* ---- whose, and where ---- */

static span site_of(struct arena *arena, span host)
{
    span site = clean_registrable(arena, host);
    return site.ptr ? site : clean_lower(arena, host);
}

bool capture_own(const struct capture *capture, span host)
{
    struct arena scratch;
    arena_init(&scratch, 64 * KIB);
    bool own =
        !span_empty(host) && host.len < 1024 && span_equal(site_of(&scratch, host), capture->site);
    arena_done(&scratch);
    return own;
}

static bool holds(span s, const char *text)
{
    for (size_t i = 0; i < s.len; i++)
        if (span_starts(span_sub(s, i, s.len), text))
            return true;
    return false;
}

enum capture_place capture_place_of(span text)
{
    static const struct {
        const char *part;
        enum capture_place place;
    } parts[] = {
        {"thank", CAPTURE_THANKS},
        {"/order-received", CAPTURE_THANKS},
        {"/onepage/success", CAPTURE_THANKS},
        {"/orders/", CAPTURE_THANKS},
        {"/checkout/cart", CAPTURE_CART},
        {"/checkout", CAPTURE_CHECKOUT},
        {"/cart", CAPTURE_CART},
        {"/products/", CAPTURE_PRODUCT},
        {"/product/", CAPTURE_PRODUCT},
        {"/catalog/product/view", CAPTURE_PRODUCT},
    };
    struct url url;
    if (url_parse(text, &url) != OK)
        return CAPTURE_ELSEWHERE;
    if (span_empty(url.path) || span_is(url.path, "/"))
        return CAPTURE_HOME;
    for (unsigned i = 0; i < COUNT_OF(parts); i++)
        if (holds(url.path, parts[i].part))
            return parts[i].place;
    return CAPTURE_ELSEWHERE;
}

/* ---- requests ---- */

void capture_init(struct capture *capture, struct arena *arena, struct signature_set *signatures,
                  enum finding_way by, span host)
{
    *capture = (struct capture){.arena = arena, .signatures = signatures, .by = by};
    capture->site = site_of(arena, host);
    capture->exchanges = arena_array(arena, struct capture_exchange, LIMIT_CAPTURE_EXCHANGES);
    capture->hits = arena_array(arena, struct hit, LIMIT_CAPTURE_HITS);
    capture->cookies = arena_array(arena, struct capture_cookie, LIMIT_CAPTURE_COOKIES);
}

/* A plain e-mail: the parameter where it stands, or "the body". Escapes may be twice, as in the
   page's URL that a tag reports. The path is not looked at: files are called logo@2x.png. */
static span email_in(const struct capture *capture, struct arena *scratch,
                     const struct capture_request *request, span query)
{
    span name, value;
    while (url_query_next(&query, &name, &value))
        if (redact_has_email(value) || redact_has_email(url_decode(scratch, value, true)))
            return arena_print(capture->arena, "parameter %.*s",
                               SPAN_ARG(redact_quote(scratch, name, 40)));
    if (redact_has_email(request->body) ||
        redact_has_email(url_decode(scratch, request->body, true)))
        return SPAN("the body");
    return (span){0};
}

static void add_hits(struct capture *capture, struct arena *scratch,
                     const struct capture_request *request, unsigned index)
{
    struct capture_exchange *exchange = &capture->exchanges[index];
    struct signature_match match;
    if (!signature_of_request(capture->signatures, scratch, request->url, &match))
        return;
    struct hit hits[HIT_MOST];
    struct hit_source source = {request->url, request->body, match.id, exchange->own};
    unsigned count = hit_read(capture->arena, scratch, match.signature, &source, hits);
    exchange->signature = match.signature;
    for (unsigned i = 0; i < count; i++) {
        if (capture->hit_count == LIMIT_CAPTURE_HITS) {
            capture->unkept++;
            return;
        }
        hits[i].exchange = index;
        capture->hits[capture->hit_count++] = hits[i];
    }
}

unsigned capture_add(struct capture *capture, const struct capture_request *raw)
{
    struct capture_request request = *raw;
    struct url url;
    if (url_parse(request.url, &url) != OK)
        return CAPTURE_NONE;
    if (capture->exchange_count == LIMIT_CAPTURE_EXCHANGES) {
        capture->unkept++;
        return CAPTURE_NONE;
    }
    struct arena scratch;
    arena_init(&scratch, LIMIT_REQUEST_ARENA);
    request.url = span_sub(request.url, 0, LIMIT_CAPTURE_BODY);
    request.body = span_sub(request.body, 0, LIMIT_CAPTURE_BODY);
    unsigned index = capture->exchange_count++;
    capture->exchanges[index] = (struct capture_exchange){
        .at = request.at,
        .method = arena_copy(capture->arena, span_sub(request.method, 0, 16)),
        .url = redact_url(capture->arena, request.url),
        .host = arena_copy(capture->arena, span_sub(url.host, 0, 255)),
        .page = redact_url(capture->arena, request.page),
        .status = request.status,
        .failed = arena_copy(capture->arena, span_sub(request.failed, 0, 120)),
        .document = request.document,
        .own = capture_own(capture, url.host),
        .phase = request.phase,
        .place = capture_place_of(request.page.ptr ? request.page : request.url),
        .email = email_in(capture, &scratch, &request, url.query),
    };
    add_hits(capture, &scratch, &request, index);
    arena_done(&scratch);
    return index;
}

/* ---- cookies ---- */

void capture_add_cookie(struct capture *capture, const struct capture_cookie *cookie)
{
    for (unsigned i = 0; i < capture->cookie_count; i++) {
        struct capture_cookie *kept = &capture->cookies[i];
        if (!span_equal(kept->name, cookie->name) || !span_equal(kept->domain, cookie->domain))
            continue;
        kept->by_script &= cookie->by_script;
        kept->on_document |= cookie->on_document;
        return;
    }
    if (span_empty(cookie->name) || capture->cookie_count == LIMIT_CAPTURE_COOKIES) {
        capture->unkept++;
        return;
    }
    struct capture_cookie *kept = &capture->cookies[capture->cookie_count++];
    *kept = *cookie;
    kept->name = arena_copy(capture->arena, span_sub(cookie->name, 0, 120));
    kept->domain = arena_copy(capture->arena, span_sub(cookie->domain, 0, 255));
}

enum status capture_set_cookie(struct capture *capture, span line, span host, bool on_document,
                               enum capture_phase phase, int64_t at)
{
    struct cookie cookie;
    if (cookie_read(line, at, &cookie) != OK)
        return INVALID;
    capture_add_cookie(capture, &(struct capture_cookie){
                                    .name = cookie.name,
                                    .domain = span_empty(cookie.domain) ? host : cookie.domain,
                                    .lifetime = cookie.lifetime,
                                    .http_only = cookie.http_only,
                                    .secure = cookie.secure,
                                    .on_document = on_document,
                                    .phase = phase});
    return OK;
}
