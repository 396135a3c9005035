/*
 * Chromium's network events into a capture: watch.h. Everything here was said by a browser that
 * runs strangers' pages, so every member may be missing, of another kind, or a lie about another.
 */
#include "watch.h"

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"

const char *const watch_forbidden_patterns[] = {"*checkout*",  "*/orders*", "*/payment*",
                                                "*/wallets/*", "*paypal*",  "*stripe.com/*",
                                                "*klarna*",    NULL};

void watch_init(struct watch *watch, struct capture *capture)
{
    *watch = (struct watch){.capture = capture};
}

void watch_done(struct watch *watch)
{
    map_done(&watch->running);
}

/* ---- what may go out ---- */

static bool holds(span s, const char *text)
{
    for (size_t i = 0; i < s.len; i++)
        if (span_starts(span_sub(s, i, s.len), text))
            return true;
    return false;
}

bool watch_forbids(span method, span text, span type)
{
    static const char *const paths[] = {"/checkout", "/checkouts", "/orders", "/payment",
                                        "/wallets/"};
    static const char *const hosts[] = {"paypal.", "stripe.com", "klarna.", "checkout.shopify.com",
                                        "pay.google.com"};
    struct url url;
    if (url_parse(text, &url) != OK)
        return false;
    bool changes =
        !span_is(method, "GET") && !span_is(method, "HEAD") && !span_is(method, "OPTIONS");
    if (changes)
        for (unsigned i = 0; i < COUNT_OF(hosts); i++)
            if (holds(url.host, hosts[i]))
                return true;
    if (!changes && !span_is(type, "Document"))
        return false;
    for (unsigned i = 0; i < COUNT_OF(paths); i++)
        if (holds(url.path, paths[i]))
            return !holds(url.path, "/checkout/cart"); /* Magento's cart */
    return false;
}

/* A pattern of hit.h: '*' is anything. Iterative: it goes back to the last '*' only. */
static bool matches(const char *pattern, span text)
{
    size_t at = 0, back = 0;
    const char *star = NULL;
    while (at < text.len) {
        if (*pattern == '*') {
            star = pattern++;
            back = at;
        } else if (*pattern && *pattern == text.ptr[at]) {
            pattern++;
            at++;
        } else if (star) {
            pattern = star + 1;
            at = ++back;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool watch_answers(struct watch *watch, span url)
{
    struct signature_match match;
    struct arena scratch;
    bool hit = false;
    span kept = span_sub(url, 0, LIMIT_CAPTURE_BODY);
    for (unsigned i = 0; hit_patterns[i] && !hit; i++)
        hit = matches(hit_patterns[i], kept);
    if (!hit)
        return false;
    arena_init(&scratch, LIMIT_REQUEST_ARENA);
    hit = signature_of_request(watch->capture->signatures, &scratch, kept, &match);
    arena_done(&scratch);
    return hit;
}

/* ---- events ---- */

static span key_of(struct arena *scratch, span session, const struct json_value *params)
{
    return arena_print(scratch, "%.*s/%.*s", SPAN_ARG(session),
                       SPAN_ARG(json_get_text(params, "requestId")));
}

static struct capture_exchange *running(struct watch *watch, span key)
{
    uintptr_t index = (uintptr_t)map_get(&watch->running, key);
    return index > 0 && index <= watch->capture->exchange_count
               ? &watch->capture->exchanges[index - 1]
               : NULL;
}

static void set_status(struct capture_exchange *exchange, const struct json_value *response)
{
    int64_t status = json_get_int(response, "status", 0);
    if (exchange && status > 0 && status < 1000)
        exchange->status = (int)status;
}

/* "1764000000.123456": seconds as a decimal token, into ms. */
static int64_t wall_ms(span seconds)
{
    span whole = span_sub(seconds, 0, span_find(seconds, 0, '.'));
    span rest = span_sub(seconds, whole.len + 1, 3);
    int64_t s = 0, ms = 0;
    if (span_int(whole, &s) != OK || s < 0 || s > INT64_MAX / 2000)
        return 0;
    for (size_t i = 0, unit = 100; i < rest.len && unit > 0; i++, unit /= 10)
        if (rest.ptr[i] >= '0' && rest.ptr[i] <= '9')
            ms += (int64_t)unit * (rest.ptr[i] - '0');
    return s * 1000 + ms;
}

/* Chromium gives the body as text, or in base64 pieces when it is not UTF-8 text. */
static span post_body(struct arena *scratch, const struct json_value *request)
{
    span text = json_get_text(request, "postData"), bytes;
    const struct json_value *entries = json_get(request, "postDataEntries");
    if (!span_empty(text))
        return text;
    for (const struct json_value *one = entries ? entries->first : NULL; one; one = one->next)
        if (hash_from_base64(scratch, json_get_text(one, "bytes"), &bytes) == OK)
            text = arena_join(scratch, text, bytes);
    return text;
}

static void on_request(struct watch *watch, struct arena *scratch, span key,
                       const struct json_value *params)
{
    const struct json_value *request = json_get(params, "request");
    const struct json_value *redirect = json_get(params, "redirectResponse");
    bool known = running(watch, key) != NULL;
    if (redirect)
        set_status(running(watch, key), redirect);
    struct capture_request raw = {
        .at = wall_ms(json_get_number(params, "wallTime")),
        .method = json_get_text(request, "method"),
        .url = json_get_text(request, "url"),
        .body = post_body(scratch, request),
        .page = watch->page,
        .document = span_is(json_get_text(params, "type"), "Document"),
        .phase = watch->phase,
    };
    unsigned index = capture_add(watch->capture, &raw);
    watch->last_at = raw.at;
    watch->begun++;
    if (index == CAPTURE_NONE)
        return;
    watch->open += !known;
    map_put(&watch->running, key, (void *)(uintptr_t)(index + 1));
}

static void on_end(struct watch *watch, span key, const struct json_value *params, bool failed)
{
    struct capture_exchange *exchange = running(watch, key);
    if (exchange == NULL)
        return;
    if (failed && exchange->status == 0)
        exchange->failed =
            arena_copy(watch->capture->arena, span_sub(json_get_text(params, "errorText"), 0, 120));
    map_put(&watch->running, key, NULL);
    watch->open -= watch->open > 0;
}

static void on_set_cookies(struct watch *watch, span key, const struct json_value *params)
{
    const struct capture_exchange *exchange = running(watch, key);
    const struct json_value *headers = json_get(params, "headers");
    for (const struct json_value *one = headers ? headers->first : NULL; one && exchange;
         one = one->next) {
        span rest = json_text(one), line;
        if (!span_equal_nocase(one->key, SPAN("set-cookie")))
            continue;
        while (span_split(&rest, '\n', &line))
            (void)!capture_set_cookie(watch->capture, line, exchange->host, exchange->document,
                                      exchange->phase, exchange->at);
    }
}

void watch_heard(struct watch *watch, span session, span method, const struct json_value *params)
{
    struct arena scratch;
    arena_init(&scratch, LIMIT_REQUEST_ARENA);
    span key = key_of(&scratch, session, params);
    if (span_is(method, "Network.requestWillBeSent"))
        on_request(watch, &scratch, key, params);
    else if (span_is(method, "Network.responseReceived"))
        set_status(running(watch, key), json_get(params, "response"));
    else if (span_is(method, "Network.responseReceivedExtraInfo"))
        on_set_cookies(watch, key, params);
    else if (span_is(method, "Network.loadingFinished"))
        on_end(watch, key, params, false);
    else if (span_is(method, "Network.loadingFailed"))
        on_end(watch, key, params, true);
    else if (span_is(method, "Page.loadEventFired"))
        watch->loads++;
    arena_done(&scratch);
}
