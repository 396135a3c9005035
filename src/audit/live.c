/*
 * The two visits of a live audit, step by step: live.h. What Chromium says goes to watch.c; here is
 * what it is told.
 *
 *   attached (page, frame, worker) -> Network.enable, Fetch.enable, attach its own children, run
 *   Fetch.requestPaused            -> forbidden? fail   an event? answer   else go on
 *
 * Pages are strangers': what a script of ours gives back is used as a name to show or as a link,
 * which is checked, and every wait ends.
 */
#include "live.h"

#include "../base/limits.h"
#include "../base/url.h"
#include "banner.h"
#include "cdp.h"
#include "guard.h"
#include "watch.h"

#define LOAD_MS   9000u
#define SETTLE_MS 5000u /* at most, for what a page goes on asking */
#define QUIET_MS  900   /* nothing new for so long: it has settled */
#define LEAST_MS  1500  /* tags are often started late on purpose */

struct live {
    struct capture *capture;
    const struct live_options *options;
    struct cdp *cdp;
    struct guard *guard;
    struct watch watch;
    struct arena arena; /* of the run: commands, ids */
    struct buf banner[3];
    span agent, context, session; /* of the visit: browser context, its page */
    unsigned loads, begun;        /* as they were when waiting began, when it last changed */
    int64_t since_us, changed_us;
};

/* ---- commands ---- */

static span params(struct live *live, const char *const pairs[][2])
{
    struct buf out;
    struct json json;
    buf_init(&out, LIMIT_CDP_MESSAGE);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    for (unsigned i = 0; pairs[i][0]; i++)
        json_put_text(&json, pairs[i][0], span_of(pairs[i][1]));
    json_close(&json, '}');
    json_end(&json);
    span text = arena_copy(&live->arena, buf_span(&out));
    buf_done(&out);
    return text;
}
#define PARAMS(...) params(live, (const char *const[][2]){__VA_ARGS__, {NULL, NULL}})

static void enable(struct live *live, span session)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_open(&json, "patterns", '[');
    for (unsigned list = 0; list < 2; list++)
        for (const char *const *one = list ? watch_forbidden_patterns : hit_patterns; *one; one++) {
            json_open(&json, NULL, '{');
            json_put_text(&json, "urlPattern", span_of(*one));
            json_close(&json, '}');
        }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    cdp_send(live->cdp, session, "Fetch.enable", buf_span(&out));
    buf_done(&out);
    cdp_send(live->cdp, session, "Network.enable", SPAN("{\"maxPostDataSize\":262144}"));
    cdp_send(live->cdp, session, "Network.setBypassServiceWorker", SPAN("{\"bypass\":true}"));
    cdp_send(live->cdp, session, "Network.setUserAgentOverride",
             PARAMS({"userAgent", arena_text(&live->arena, live->agent)},
                    {"acceptLanguage", "de-DE,de;q=0.9,en;q=0.8"}));
    cdp_send(live->cdp, session, "Emulation.setTimezoneOverride",
             SPAN("{\"timezoneId\":\"Europe/Berlin\"}"));
    cdp_send(live->cdp, session, "Emulation.setLocaleOverride", SPAN("{\"locale\":\"de-DE\"}"));
    cdp_send(live->cdp, session, "Page.enable", (span){0});
    cdp_send(live->cdp, session, "Target.setAutoAttach",
             SPAN("{\"autoAttach\":true,\"waitForDebuggerOnStart\":true,\"flatten\":true}"));
    cdp_send(live->cdp, session, "Runtime.runIfWaitingForDebugger", (span){0});
}

/* An empty picture or nothing, as a platform answers; with what CORS wants. */
static void answer_hit(struct live *live, span session, const char *id,
                       const struct json_value *said)
{
    const struct json_value *headers = json_path(said, "request.headers");
    span origin = json_get_text(headers, "Origin");
    bool picture = span_is(json_get_text(said, "resourceType"), "Image");
    struct buf out;
    struct json json;
    buf_init(&out, 16 * KIB);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "requestId", span_of(id));
    json_put_int(&json, "responseCode", picture ? 200 : 204);
    json_open(&json, "responseHeaders", '[');
    const struct {
        const char *name;
        span value;
    } rows[] = {{"Access-Control-Allow-Origin", span_empty(origin) ? SPAN("*") : origin},
                {"Access-Control-Allow-Credentials", SPAN("true")},
                {"Access-Control-Allow-Headers", SPAN("content-type")},
                {"Content-Type", picture ? SPAN("image/gif") : SPAN("text/plain")}};
    for (unsigned i = 0; i < COUNT_OF(rows); i++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "name", span_of(rows[i].name));
        json_put_text(&json, "value", rows[i].value);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    if (picture)
        json_put_text(&json, "body",
                      SPAN("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"));
    json_close(&json, '}');
    json_end(&json);
    if (buf_ok(&out))
        cdp_send(live->cdp, session, "Fetch.fulfillRequest", buf_span(&out));
    buf_done(&out);
}

static void on_paused(struct live *live, span session, const struct json_value *said)
{
    const struct json_value *request = json_get(said, "request");
    span url = json_get_text(request, "url");
    const char *id = arena_text(&live->arena, span_sub(json_get_text(said, "requestId"), 0, 128));
    if (watch_forbids(json_get_text(request, "method"), url, json_get_text(said, "resourceType")))
        cdp_send(live->cdp, session, "Fetch.failRequest",
                 PARAMS({"requestId", id}, {"errorReason", "BlockedByClient"}));
    else if (watch_answers(&live->watch, url))
        answer_hit(live, session, id, said);
    else
        cdp_send(live->cdp, session, "Fetch.continueRequest", PARAMS({"requestId", id}));
}

static void heard(void *arg, span session, span method, const struct json_value *said)
{
    struct live *live = arg;
    if (span_is(method, "Target.attachedToTarget"))
        enable(live, json_get_text(said, "sessionId"));
    else if (span_is(method, "Fetch.requestPaused"))
        on_paused(live, session, said);
    else if (span_is(method, "Page.javascriptDialogOpening"))
        cdp_send(live->cdp, session, "Page.handleJavaScriptDialog",
                 span_is(json_get_text(said, "type"), "beforeunload") ? SPAN("{\"accept\":true}")
                                                                      : SPAN("{\"accept\":false}"));
    else
        watch_heard(&live->watch, session, method, said);
}

/* ---- waiting ---- */

static bool has_loaded(void *arg)
{
    const struct live *live = arg;
    return live->watch.loads > live->loads;
}

static bool has_settled(void *arg)
{
    struct live *live = arg;
    int64_t now = clock_monotonic_us();
    if (live->watch.begun != live->begun) {
        live->begun = live->watch.begun;
        live->changed_us = now;
    }
    return now - live->since_us > LEAST_MS * 1000 && now - live->changed_us > QUIET_MS * 1000;
}

static void settle(struct live *live)
{
    live->since_us = live->changed_us = clock_monotonic_us();
    live->begun = live->watch.begun;
    (void)!cdp_wait(live->cdp, SETTLE_MS, has_settled);
}

static void tell(const struct live *live, const char *stage, span detail)
{
    char text[160];
    snprintf(text, sizeof text, "%.*s", SPAN_ARG(span_sub(detail, 0, sizeof text - 1)));
    if (live->options->progress)
        live->options->progress(live->options->arg, stage, text);
}

static void add_note(struct live *live, const char *sentence)
{
    struct capture *capture = live->capture;
    capture->note = arena_print(capture->arena, "%.*s%s%s", SPAN_ARG(capture->note),
                                span_empty(capture->note) ? "" : " ", sentence);
}

/* ---- on the page ---- */

/* What an expression gives, a text; absent: none, or it failed. Until the next command. */
static span evaluate(struct live *live, span expression)
{
    const struct json_value *result;
    struct buf out;
    struct json json;
    buf_init(&out, LIMIT_CDP_MESSAGE);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "expression", expression);
    json_put_bool(&json, "returnByValue", true);
    json_put_bool(&json, "userGesture", true);
    json_put_int(&json, "timeout", 2000);
    json_close(&json, '}');
    json_end(&json);
    enum status status =
        cdp_call(live->cdp, live->session, "Runtime.evaluate", buf_span(&out), &result);
    buf_done(&out);
    return status == OK ? json_text(json_path(result, "result.value")) : (span){0};
}

static void visit_page(struct live *live, span url)
{
    live->loads = live->watch.loads;
    live->watch.page = arena_copy(live->capture->arena, url);
    if (cdp_call(live->cdp, live->session, "Page.navigate",
                 PARAMS({"url", arena_text(&live->arena, url)}), NULL) != OK)
        return;
    (void)!cdp_wait(live->cdp, LOAD_MS, has_loaded);
    settle(live);
}

/* Whose banner was clicked, or seen; absent: none that we know. */
static const char *banner(struct live *live, enum banner_act act)
{
    span name = evaluate(live, buf_span(&live->banner[act]));
    for (const struct banner *one = banner_list; one->name && !span_empty(name); one++)
        if (span_is(name, one->name))
            return one->name;
    return NULL;
}

/* An absolute link of the store's own site that a script found; absent: none. */
static span own_link(struct live *live, const char *script)
{
    struct url url;
    span link = arena_copy(&live->arena, evaluate(live, span_of(script)));
    bool good = url_parse(link, &url) == OK && link.len < LIMIT_URL_BYTES &&
                capture_own(live->capture, url.host);
    return good ? link : (span){0};
}

static const char product_script[] =
    "(()=>{for(const a of "
    "document.querySelectorAll('a[href*=\"/products/\"],a[href*=\"/product/\"],"
    "a.product-item-link,.product-item-info a,li.product a'))"
    "if(a.origin===location.origin&&!/\\.(jpe?g|png|webp|svg)$/i.test(a.pathname))return a.href;"
    "return''})()";

/* Only a button that adds to the cart: none that goes on to a checkout. */
static const char add_script[] =
    "(()=>{const bad=/check\\s?-?out|buy (it )?now|jetzt kaufen|pay|express/i;"
    "for(const b of document.querySelectorAll('form[action*=\"/cart/add\"] [name=add],"
    "form[action*=\"/cart/add\"] [type=submit],form[action*=\"/cart/add\"] button,"
    "#product-addtocart-button,button.single_add_to_cart_button')){"
    "if(b.disabled||!b.getClientRects().length||b.closest('.shopify-payment-button')||"
    "bad.test(b.textContent+' '+b.name+' '+b.className))continue;b.click();return'clicked'}"
    "return''})()";

static const char cart_script[] =
    "(()=>{for(const a of document.querySelectorAll('a[href*=\"/cart\"]'))"
    "if(a.origin===location.origin&&/\\/cart\\/?$/.test(a.pathname))return a.href;"
    "return location.origin+'/cart'})()";

/* ---- cookies ---- */

/* Those that no answer set were written by a script. */
static void look_at_cookies(struct live *live)
{
    const struct json_value *result;
    int64_t now = clock_now(&clock_real);
    if (cdp_call(live->cdp, (span){0}, "Storage.getCookies",
                 PARAMS({"browserContextId", arena_text(&live->arena, live->context)}),
                 &result) != OK)
        return;
    const struct json_value *cookies = json_get(result, "cookies");
    for (const struct json_value *one = cookies ? cookies->first : NULL; one; one = one->next) {
        span domain = json_get_text(one, "domain"), expires = json_get_number(one, "expires");
        int64_t seconds = -1;
        (void)!span_int(span_sub(expires, 0, span_find(expires, 0, '.')), &seconds);
        struct capture_cookie cookie = {
            .name = json_get_text(one, "name"),
            .domain = span_starts(domain, ".") ? span_sub(domain, 1, domain.len) : domain,
            .lifetime =
                json_get_bool(one, "session", false) || seconds <= 0 ? -1 : seconds - now / 1000,
            .http_only = json_get_bool(one, "httpOnly", false),
            .secure = json_get_bool(one, "secure", false),
            .by_script = true,
            .phase = live->watch.phase,
        };
        capture_add_cookie(live->capture, &cookie);
    }
}

/* ---- the visits ---- */

/* A browser context of its own: no cookie of the other visit. */
static enum status open_page(struct live *live)
{
    const struct json_value *result;
    enum status status =
        cdp_call(live->cdp, (span){0}, "Target.createBrowserContext", (span){0}, &result);
    if (status != OK)
        return status;
    live->context = arena_copy(&live->arena, json_get_text(result, "browserContextId"));
    const char *context = arena_text(&live->arena, live->context);
    status = cdp_call(live->cdp, (span){0}, "Target.createTarget",
                      PARAMS({"url", "about:blank"}, {"browserContextId", context}), &result);
    if (status != OK)
        return status;
    const char *target = arena_text(&live->arena, json_get_text(result, "targetId"));
    status = cdp_call(live->cdp, (span){0}, "Target.attachToTarget",
                      arena_print(&live->arena, "{\"flatten\":true,\"targetId\":\"%s\"}", target),
                      &result);
    if (status != OK)
        return status;
    live->session = arena_copy(&live->arena, json_get_text(result, "sessionId"));
    return OK;
}

static void close_page(struct live *live)
{
    cdp_send(live->cdp, (span){0}, "Target.disposeBrowserContext",
             PARAMS({"browserContextId", arena_text(&live->arena, live->context)}));
}

/* Chromium's own words for what went wrong with the first page; empty: it came. */
static bool first_failed(const struct live *live, struct error *ret_error)
{
    const struct capture_exchange *first = live->capture->exchanges;
    bool came = false;
    for (unsigned i = 0; i < live->capture->exchange_count; i++)
        came |= first[i].document && first[i].status > 0;
    if (came)
        return false;
    snprintf(ret_error->text, sizeof ret_error->text, "the browser could not open the store: %s",
             guard_refused(live->guard) > 0
                 ? "it is at a private address (--allow-private if that is meant)"
             : live->capture->exchange_count > 0 && first->failed.ptr
                 ? arena_text(live->capture->arena, first->failed)
                 : "no answer");
    return true;
}

static enum status first_visit(struct live *live, struct error *ret_error)
{
    tell(live, "browser", SPAN("home page"));
    live->watch.phase = CAPTURE_BEFORE;
    visit_page(live, live->options->url);
    if (first_failed(live, ret_error))
        return INVALID;
    look_at_cookies(live);
    live->capture->cmp = banner(live, BANNER_LOOK);
    live->capture->banner = live->capture->cmp != NULL;
    if (live->capture->banner) {
        tell(live, "browser", span_of(live->capture->cmp));
        live->watch.phase =
            CAPTURE_GRANTED; /* first: what the click sets off is told before its end */
        (void)banner(live, BANNER_YES);
        settle(live);
    } else {
        add_note(live,
                 "No consent banner that the audit knows stood there, so nothing was answered.");
    }
    span product = own_link(live, product_script);
    if (span_empty(product)) {
        add_note(live, "No link to a product was found on the home page.");
        look_at_cookies(live);
        return OK;
    }
    tell(live, "browser", SPAN("a product"));
    visit_page(live, product);
    tell(live, "browser", SPAN("the cart"));
    if (span_is(evaluate(live, span_of(add_script)), "clicked"))
        settle(live);
    else
        add_note(live, "No button that adds to the cart was found.");
    span cart = own_link(live, cart_script);
    if (!span_empty(cart))
        visit_page(live, cart);
    look_at_cookies(live);
    return OK;
}

static void second_visit(struct live *live)
{
    if (!live->capture->banner || cdp_over(live->cdp) || open_page(live) != OK)
        return;
    tell(live, "browser", SPAN("a second visit, which says no"));
    live->watch.phase = CAPTURE_BEFORE;
    visit_page(live, live->options->url);
    look_at_cookies(live);
    live->watch.phase = CAPTURE_DENIED;
    if (banner(live, BANNER_NO) == NULL) {
        add_note(live, "The banner has no button to refuse on its first layer.");
        close_page(live);
        return;
    }
    settle(live);
    span product = own_link(live, product_script);
    if (!span_empty(product))
        visit_page(live, product);
    look_at_cookies(live);
    close_page(live);
}

/* Chromium's own, without the word that turns many pages away, and with ours. */
static enum status read_agent(struct live *live)
{
    const struct json_value *result;
    enum status status = cdp_call(live->cdp, (span){0}, "Browser.getVersion", (span){0}, &result);
    if (status != OK)
        return status;
    span said = json_get_text(result, "userAgent");
    size_t at = 0;
    while (at < said.len && !span_starts(span_sub(said, at, said.len), "Headless"))
        at++;
    live->agent = arena_print(&live->arena, "%.*s%.*s sidetrack-audit/" SIDETRACK_VERSION, (int)at,
                              said.ptr, SPAN_ARG(span_sub(said, at + 8, said.len)));
    return OK;
}

static enum status run(struct live *live, struct error *ret_error)
{
    enum status status = read_agent(live);
    if (status == OK)
        status = open_page(live);
    if (status != OK) {
        snprintf(ret_error->text, sizeof ret_error->text,
                 "Chromium was started and does not answer");
        return BROKEN;
    }
    enable(live, live->session);
    status = first_visit(live, ret_error);
    if (status != OK)
        return status;
    close_page(live);
    second_visit(live);
    if (cdp_over(live->cdp))
        add_note(live, "Time ran out before all pages were seen.");
    if (guard_refused(live->guard) > 0)
        add_note(live, "Pages asked for private addresses; those were refused.");
    if (!cdp_sandboxed())
        add_note(live, "Chromium ran without its own sandbox, because the audit ran as root.");
    return OK;
}

enum status live_run(struct capture *capture, const struct live_options *options,
                     struct error *ret_error)
{
    struct live live = {.capture = capture, .options = options};
    struct url url;
    if (url_parse(options->url, &url) != OK) {
        snprintf(ret_error->text, sizeof ret_error->text, "this is no address of a store");
        return INVALID;
    }
    if (guard_open(options->allow_private, &live.guard) != OK) {
        snprintf(ret_error->text, sizeof ret_error->text, "no port is free on 127.0.0.1");
        return BROKEN;
    }
    unsigned seconds = options->seconds < 5 ? 5 : options->seconds;
    struct cdp_options browser = {.proxy = guard_port(live.guard),
                                  .until_us = clock_monotonic_us() + seconds * INT64_C(1000000),
                                  .heard = heard,
                                  .arg = &live};
    arena_init(&live.arena, LIMIT_BATCH_ARENA);
    watch_init(&live.watch, capture);
    capture->answered_hits = true;
    for (unsigned i = 0; i < COUNT_OF(live.banner); i++) {
        buf_init(&live.banner[i], 64 * KIB);
        banner_script(&live.banner[i], (enum banner_act)i);
    }
    tell(&live, "browser", SPAN("starting Chromium"));
    enum status status = cdp_open(&browser, &live.cdp, ret_error);
    if (status == OK)
        status = run(&live, ret_error);
    cdp_close(live.cdp);
    guard_close(live.guard);
    for (unsigned i = 0; i < COUNT_OF(live.banner); i++)
        buf_done(&live.banner[i]);
    watch_done(&live.watch);
    arena_done(&live.arena);
    return status;
}
