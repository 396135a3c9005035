/*
 * Looking: the stages of an audit, in order, each within what is left of requests and time.
 *
 *   home      the address given, redirects followed
 *   clicks    the same with click ids, headers only
 *   product   the first product that the home page links, else Shopify's products.json
 *   cart      where this shop system has it
 *   gpc.json
 *   scripts   first-party files, as many as requests are left
 *   DNS       the store and the collection hosts that the pages name
 *   HAR       the recording that was given, and the pages it holds
 */
#include "../base/json.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../event/clean.h"
#include "audit.h"
#include "dns.h"
#include "fetch.h"
#include "har.h"
#include "live.h"

#define CLICKS                                                                                     \
    "gclid=sidetrack_audit&fbclid=sidetrack_audit&ttclid=sidetrack_audit&_kx=sidetrack_audit"
#define DNS_US     (5 * INT64_C(1000000))
#define WRONG(...) snprintf(ret_error->text, sizeof ret_error->text, __VA_ARGS__)

struct looking {
    const struct audit_options *options;
    struct audit *audit;
    struct evidence *evidence;
    struct fetch *fetch;
    int64_t until_us;
};

static void tell(const struct looking *looking, const char *stage, span detail)
{
    if (looking->options->progress)
        looking->options->progress(looking->options->arg, stage,
                                   arena_text(looking->evidence->arena, detail));
}

/* ---- addresses ---- */

static span address_of(struct arena *arena, const char *given)
{
    span text = span_trim(span_of(given));
    struct url url;
    if (span_search(text, 0, "://") == text.len)
        text = arena_print(arena, "https://%.*s", SPAN_ARG(text));
    if (url_parse(text, &url) != OK)
        return (span){0};
    return span_empty(url.path) ? arena_print(arena, "%.*s/%s%.*s", SPAN_ARG(url.origin),
                                              url.query.ptr ? "?" : "", SPAN_ARG(url.query))
                                : text;
}

static span host_of(span text)
{
    struct url url;
    return url_parse(text, &url) == OK ? url.host : (span){0};
}

static bool same_site(struct arena *arena, span a, span b)
{
    span x = clean_registrable(arena, a), y = clean_registrable(arena, b);
    return span_equal_nocase(a, b) || (!span_empty(x) && span_equal(x, y));
}

static bool has(span text, const char *word)
{
    return span_search(text, 0, word) < text.len;
}

static bool is_system(const struct evidence *evidence, const char *tag)
{
    return evidence_next(evidence, NULL, tag, ~0u) != NULL;
}

/* ---- stages ---- */

static bool is_page(const struct evidence_answer *answer)
{
    return !answer->trouble && answer->status >= 200 && answer->status < 300;
}

static void look_at_clicks(struct looking *looking, span address)
{
    struct arena *arena = looking->evidence->arena;
    tell(looking, "click ids", address);
    span asked = arena_print(arena, "%.*s%s" CLICKS, SPAN_ARG(address),
                             span_find(address, 0, '?') < address.len ? "&" : "?");
    looking->evidence->clicked = fetch_get(looking->fetch, asked, true);
}

/* The first product that the home page links. Shopify's own path, else for Magento the longest
   .html address of this host, since categories are shorter. */
static span linked_product(const struct evidence *evidence)
{
    span best = {0};
    for (unsigned i = 0; i < evidence->link_count; i++) {
        const struct evidence_link *link = &evidence->links[i];
        if (!span_is(link->element, "a") || !span_equal_nocase(host_of(link->href), evidence->host))
            continue;
        span bare = url_bare(link->href);
        if ((has(bare, "/products/") && !span_ends(bare, "/products/")) ||
            (is_system(evidence, "woocommerce") && has(bare, "/product/")))
            return link->href;
        if (is_system(evidence, "magento") && span_ends(bare, ".html") && bare.len > best.len)
            best = link->href;
    }
    return best;
}

static span listed_product(struct looking *looking, span origin)
{
    struct arena *arena = looking->evidence->arena;
    const struct evidence_answer *list = fetch_get(
        looking->fetch, arena_print(arena, "%.*s/products.json?limit=1", SPAN_ARG(origin)), false);
    const struct json_value *root, *products;
    if (!is_page(list) || json_parse(arena, list->body, &root, NULL) != OK ||
        !(products = json_get(root, "products")) || !products->first)
        return (span){0};
    span handle = json_get_text(products->first, "handle");
    return span_empty(handle)
               ? (span){0}
               : arena_print(arena, "%.*s/products/%.*s", SPAN_ARG(origin), SPAN_ARG(handle));
}

static void look_at_page(struct looking *looking, span address, const char *stage)
{
    if (span_empty(address))
        return;
    tell(looking, stage, address);
    const struct evidence_answer *answer = fetch_get(looking->fetch, address, false);
    if (is_page(answer))
        evidence_add_page(looking->evidence, answer);
}

static void look_at_more(struct looking *looking)
{
    struct evidence *evidence = looking->evidence;
    struct url url;
    if (url_parse(evidence->pages[0]->url, &url) != OK)
        return;
    bool magento = is_system(evidence, "magento");
    span product = linked_product(evidence);
    if (span_empty(product) && is_system(evidence, "shopify"))
        product = listed_product(looking, url.origin);
    look_at_page(looking, product, "product page");
    look_at_page(looking,
                 arena_print(evidence->arena, "%.*s%s", SPAN_ARG(url.origin),
                             magento ? "/checkout/cart/" : "/cart"),
                 "cart page");
    span gpc = arena_print(evidence->arena, "%.*s/.well-known/gpc.json", SPAN_ARG(url.origin));
    tell(looking, "privacy signal", gpc);
    evidence->gpc = fetch_get(looking->fetch, gpc, false);
}

/* Worth reading: the shop's own, not the system's libraries, not what blockers' lists tell already.
 */
static bool wanted(const struct evidence *evidence, const struct evidence_script *script)
{
    static const char *const libraries[] = {
        "/cdn/shopifycloud/", "/cdn/wpm/", "/checkouts/", "jquery",
        "/requirejs/",        "polyfill",  "/vendor"};
    if (!script->src.ptr || script->text.ptr || script->fallback || !script->runs ||
        !same_site(evidence->arena, host_of(script->src), evidence->host))
        return false;
    for (size_t i = 0; i < COUNT_OF(libraries); i++)
        if (has(script->src, libraries[i]))
            return false;
    return true;
}

static void look_at_scripts(struct looking *looking)
{
    struct evidence *evidence = looking->evidence;
    for (unsigned i = 0; i < evidence->script_count && fetch_left(looking->fetch) > 0; i++) {
        if (!wanted(evidence, &evidence->scripts[i]))
            continue;
        tell(looking, "script", url_bare(evidence->scripts[i].src));
        const struct evidence_answer *answer =
            fetch_get(looking->fetch, evidence->scripts[i].src, false);
        if (is_page(answer))
            evidence_add_file(evidence, answer);
    }
}

static void add_host(struct evidence *evidence, span name, const char *why)
{
    for (unsigned i = 0; i < evidence->host_count; i++)
        if (span_equal_nocase(evidence->hosts[i].name, name))
            return;
    if (evidence->host_count < LIMIT_AUDIT_HOSTS && !span_empty(name))
        evidence->hosts[evidence->host_count++] = (struct evidence_host){.name = name, .why = why};
}

static void look_at_hosts(struct looking *looking)
{
    struct evidence *evidence = looking->evidence;
    add_host(evidence, evidence->host, "the store");
    const struct sighting *s = NULL;
    while ((s = evidence_next(evidence, s, "sgtm", MARK_LOADER | MARK_START)) != NULL)
        if (same_site(evidence->arena, s->id, evidence->host))
            add_host(evidence, s->id, "takes Google's tags");
    for (unsigned i = 0; i < evidence->script_count; i++) {
        span host = host_of(evidence->scripts[i].src);
        if (same_site(evidence->arena, host, evidence->host))
            add_host(evidence, host, "serves scripts");
    }
    tell(looking, "DNS", evidence->host);
    int64_t until = clock_monotonic_us() + DNS_US;
    dns_resolve(evidence->arena, evidence->hosts, evidence->host_count,
                until < looking->until_us ? until : looking->until_us);
}

static void look_static(struct looking *looking, span address)
{
    struct evidence *evidence = looking->evidence;
    tell(looking, "home page", address);
    const struct evidence_answer *home = fetch_get(looking->fetch, address, false);
    evidence->home = home;
    if (!is_page(home))
        return;
    evidence->host = host_of(home->url);
    evidence_add_page(evidence, home);
    look_at_clicks(looking, address);
    look_at_more(looking);
    look_at_scripts(looking);
    look_at_hosts(looking);
}

/* ---- captures ---- */

static struct capture *begin_capture(struct evidence *evidence, enum finding_way by)
{
    struct capture *capture = arena_new(evidence->arena, struct capture);
    capture_init(capture, evidence->arena, evidence->signatures, by, evidence->host);
    return capture;
}

static void keep_capture(struct evidence *evidence, const struct capture *capture)
{
    evidence->captures[evidence->capture_count++] = capture;
    evidence->ways |= capture->by;
}

/* Its pages, and the scripts that they load, as if we had fetched them. */
static void look_at_bodies(struct looking *looking, const struct har_bodies *bodies)
{
    const struct evidence *ours = looking->evidence;
    struct evidence *recorded = arena_new(ours->arena, struct evidence);
    evidence_init(recorded, ours->arena, ours->signatures, SEEN_HAR, ours->at);
    recorded->store = ours->store;
    recorded->host = ours->host;
    for (unsigned i = 0; i < bodies->count; i++)
        if (bodies->items[i].page)
            evidence_add_page(recorded, &bodies->items[i].answer);
    for (unsigned i = 0; i < recorded->script_count; i++) {
        const struct evidence_answer *file = wanted(recorded, &recorded->scripts[i])
                                                 ? har_script(bodies, recorded->scripts[i].src)
                                                 : NULL;
        if (file)
            evidence_add_file(recorded, file);
    }
    if (recorded->page_count > 0)
        looking->evidence->recorded = recorded;
    else
        looking->evidence->note =
            SPAN("The recording holds no page of the store itself: export it with content, and "
                 "record from the first page on, to have its pages looked at too.");
}

static enum status look_at_har(struct looking *looking, struct error *ret_error)
{
    struct har_bodies bodies = {0};
    if (!looking->options->har)
        return OK;
    tell(looking, "recording", span_of(looking->options->har));
    struct capture *capture = begin_capture(looking->evidence, SEEN_HAR);
    enum status status = har_read_file(capture, looking->options->har, &bodies, ret_error);
    if (status != OK)
        return INVALID;
    keep_capture(looking->evidence, capture);
    look_at_bodies(looking, &bodies);
    return OK;
}

static void add_note(struct evidence *evidence, span sentence)
{
    if (!span_empty(sentence))
        evidence->note = arena_print(evidence->arena, "%.*s%s%.*s", SPAN_ARG(evidence->note),
                                     span_empty(evidence->note) ? "" : " ", SPAN_ARG(sentence));
}

/* A browser that cannot be had is no reason to keep back what the other ways saw. */
static enum status look_live(struct looking *looking, struct error *ret_error)
{
    if (!looking->options->live)
        return OK;
    struct evidence *evidence = looking->evidence;
    struct capture *capture = begin_capture(evidence, SEEN_LIVE);
    int64_t left = (looking->until_us - clock_monotonic_us()) / 1000000 - 1;
    struct live_options live = {
        .url = evidence->page_count > 0 ? evidence->home->url : evidence->store,
        .allow_private = looking->options->allow_private,
        .seconds = left > 0 ? (unsigned)left : 0,
        .progress = looking->options->progress,
        .arg = looking->options->arg,
    };
    enum status status = live_run(capture, &live, ret_error);
    if (status == OK) {
        keep_capture(evidence, capture);
        add_note(evidence, capture->note);
    } else {
        add_note(evidence, arena_print(evidence->arena, "No browser looked: %s.", ret_error->text));
    }
    return evidence->ways ? OK : status;
}

/* ---- all of it ---- */

static enum status no_home(const struct evidence *evidence, struct error *ret_error)
{
    const struct evidence_answer *home = evidence->home;
    if (home->trouble)
        WRONG("%.*s cannot be read: %s", SPAN_ARG(home->url), home->trouble);
    else
        WRONG(
            "%.*s answered %d%s", SPAN_ARG(home->url), home->status,
            home->status == 403 || home->status == 429 || home->status == 503
                ? ": it seems to turn programs away; a recording of a visit (--har) works all the "
                  "same"
                : "");
    return MISSING;
}

enum status audit_run(struct arena *arena, const struct audit_options *options,
                      struct audit *ret_audit, struct error *ret_error)
{
    int64_t began = clock_monotonic_us();
    unsigned seconds = options->seconds ? options->seconds : LIMIT_AUDIT_SECONDS;
    struct audit *audit = arena_new(arena, struct audit);
    struct signature_set *signatures;
    span address = address_of(arena, options->url);
    if (span_empty(address)) {
        WRONG("`%s` is no web address; https://store.example is", options->url);
        return INVALID;
    }
    if (signature_open(&signatures) != OK) {
        WRONG("the signatures do not compile");
        return BROKEN;
    }
    audit->at = clock_now(options->clock);
    evidence_init(&audit->evidence, arena, signatures, SEEN_STATIC, audit->at);
    audit->evidence.store = address;
    audit->evidence.host = host_of(address);
    struct looking looking = {.options = options,
                              .audit = audit,
                              .evidence = &audit->evidence,
                              .until_us = began + seconds * INT64_C(1000000)};
    looking.fetch =
        fetch_open(arena, options->allow_private, LIMIT_AUDIT_REQUESTS, looking.until_us);
    look_static(&looking, address);
    audit->evidence.requests = fetch_made(looking.fetch);
    fetch_close(looking.fetch);
    enum status status = look_at_har(&looking, ret_error);
    if (status == OK)
        status = look_live(&looking, ret_error);
    if (status == OK && !audit->evidence.ways)
        status = no_home(&audit->evidence, ret_error);
    if (status == OK) {
        tell(&looking, "checks", SPAN(""));
        audit_judge(audit);
        audit->milliseconds = (unsigned)((clock_monotonic_us() - began) / 1000);
        audit->evidence.signatures = NULL;
        *ret_audit = *audit;
    }
    signature_close(signatures);
    return status;
}
