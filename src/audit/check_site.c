/*
 * Checks of the site itself, from headers, cookies, addresses and DNS: A10 A11 A14 A15 A18 A19 A20.
 */
#include "check.h"

#include "../base/json.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../event/clean.h"
#include "blocked.h"
#include "dns.h"

static const struct evidence_answer *home_of(const struct evidence *evidence)
{
    return evidence->page_count > 0 ? evidence->pages[0] : NULL;
}

static span header(const struct evidence_answer *answer, const char *name)
{
    return http_header_get(answer->headers, answer->header_count, name);
}

static bool cannot_reach(const struct evidence *evidence, struct finding *finding)
{
    if (evidence->page_count > 0)
        return false;
    finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                "No page could be read.");
    return true;
}

/* Some recordings leave headers out: then none is missing. */
static bool has_no_headers(const struct evidence *evidence, struct finding *finding)
{
    const struct evidence_answer *home = home_of(evidence);
    if (!home || home->header_count > 0)
        return false;
    finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                "The page's headers are not there to be read.");
    return true;
}

/* ---- A10: cookies ---- */

/* Set by the shop's own system or for its own ends: they tell no ad platform of a visitor. */
static bool is_housekeeping(span name)
{
    static const char *const prefixes[] = {"_shopify_",
                                           "shopify_",
                                           "cart",
                                           "localization",
                                           "secure_customer_sig",
                                           "keep_alive",
                                           "_tracking",
                                           "PHPSESSID",
                                           "form_key",
                                           "mage-",
                                           "X-Magento",
                                           "private_content",
                                           "__cf",
                                           "cf_",
                                           "_cf",
                                           "AWSALB",
                                           "JSESSIONID",
                                           "ASP.NET",
                                           "_ab",
                                           "_cmp",
                                           "__cq",
                                           "incap_",
                                           "visid_incap",
                                           "ak_bmsc",
                                           "csrf",
                                           "XSRF",
                                           "session",
                                           "_session",
                                           "dynamic_checkout",
                                           "storefront_digest"};
    for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
        size_t len = strlen(prefixes[i]);
        if (name.len >= len && span_equal_nocase(span_sub(name, 0, len), span_of(prefixes[i])))
            return true;
    }
    return false;
}

static const struct {
    const char *tag, *cookies;
} written[] = {
    {"meta", "_fbp and _fbc"}, {"ga4", "_ga"},          {"google_ads", "_gcl_aw"},
    {"tiktok", "_ttp"},        {"klaviyo", "__kla_id"}, {"pinterest", "_epik"},
    {"microsoft", "_uetvid"},  {"snap", "_scid"},
};

void check_cookies(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->cookie_count; i++) {
        const struct cookie *cookie = &evidence->cookies[i].set;
        if (!cookie->lasting_id || cookie->lifetime < 30 * 24 * 3600 ||
            is_housekeeping(cookie->name))
            continue;
        finding_see(finding, evidence->by, evidence->cookies[i].where,
                    arena_print(finding->arena, "Set-Cookie: %.*s (%lld days%s)",
                                SPAN_ARG(cookie->name), (long long)(cookie->lifetime / 86400),
                                cookie->http_only ? ", HttpOnly" : ""));
        finding_say(
            finding, evidence->by, FINDING_PASS, FINDING_LIKELY,
            "The page's own answer sets a lasting cookie (%.*s), which Safari does not cut.",
            SPAN_ARG(cookie->name));
    }
    if (finding->verdict == FINDING_PASS)
        return;
    struct buf names;
    buf_init(&names, KIB);
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        const struct sighting *s =
            evidence_next(evidence, NULL, written[i].tag, MARK_START | MARK_LOADER);
        if (!s)
            continue;
        evidence_show(finding, s);
        buf_print(&names, "%s%s", names.len ? ", " : "", written[i].cookies);
    }
    if (names.len > 0)
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                    "Visitors are remembered by cookies that scripts write (%.*s). Safari keeps "
                    "those for 7 days at most, 24 hours after a click on an ad.",
                    SPAN_ARG(buf_span(&names)));
    else
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "The pages set no lasting cookie themselves and name no tag that writes one; "
                    "what runs later shows in a recording (--har) or --live.");
    buf_done(&names);
}

/* ---- A11: hosts ---- */

static span host_line(struct arena *arena, const struct evidence_host *host)
{
    struct buf out;
    buf_init(&out, 2 * KIB);
    buf_add_span(&out, host->name);
    for (unsigned i = 0; i < host->name_count; i++)
        buf_print(&out, " -> %.*s", SPAN_ARG(host->names[i]));
    for (unsigned i = 0; i < host->address_count; i++)
        buf_print(&out, "%s%.*s", i ? ", " : " = ", SPAN_ARG(host->addresses[i]));
    span line = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return line;
}

void check_hosts(const struct evidence *evidence, struct finding *finding)
{
    const struct evidence_host *store = evidence->host_count > 0 ? &evidence->hosts[0] : NULL;
    for (unsigned i = 1; i < evidence->host_count; i++) {
        const struct evidence_host *host = &evidence->hosts[i];
        if (!store->resolved || !host->resolved)
            continue;
        enum dns_verdict verdict = dns_compare(finding->arena, store, host);
        finding_see(finding, evidence->by, SPAN("DNS"), host_line(finding->arena, store));
        finding_see(finding, evidence->by, SPAN("DNS"), host_line(finding->arena, host));
        if (verdict == DNS_SAME)
            finding_say(finding, evidence->by, FINDING_PASS, FINDING_LIKELY,
                        "%.*s (%s) resolves beside the shop: Safari counts it as the shop's own.",
                        SPAN_ARG(host->name), host->why);
        else
            finding_say(
                finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                verdict == DNS_CLOAKED
                    ? "%.*s (%s) is an alias into another company's domain: Safari cuts its "
                      "cookies to 7 days."
                    : "%.*s (%s) has an address far from the shop's (the first half "
                      "differs): Safari cuts its cookies to 7 days.",
                SPAN_ARG(host->name), host->why);
    }
    if (finding->verdict < FINDING_INFO)
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "No collection host of the shop's own domain is named in the pages%s.",
                    store && !store->resolved ? ", and the shop's name was not resolved" : "");
}

/* ---- A14: click ids ---- */

void check_click_ids(const struct evidence *evidence, struct finding *finding)
{
    static const char *const names[] = {"gclid", "fbclid", "ttclid", "_kx"};
    const struct evidence_answer *clicked = evidence->clicked;
    if (!clicked || clicked->trouble || clicked->status == 0) {
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "The home page gave no answer to an address with click ids.");
        return;
    }
    struct url url;
    span query = url_parse(clicked->url, &url) == OK ? url.query : (span){0};
    char lost[64] = "";
    size_t len = 0;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (span_empty(url_query_get(finding->arena, query, names[i])))
            len +=
                (size_t)snprintf(lost + len, sizeof lost - len, "%s%s", len ? ", " : "", names[i]);
    finding_see(finding, evidence->by, clicked->asked,
                arena_print(finding->arena, "asked with gclid, fbclid, ttclid, _kx; %u redirects",
                            clicked->hop_count));
    finding_see(
        finding, evidence->by, clicked->url,
        arena_print(finding->arena, "reached %s%s", len ? "without " : "with all four", lost));
    if (len > 0)
        finding_say(finding, evidence->by, FINDING_FAIL, FINDING_CERTAIN,
                    "The home page's redirects drop %s: whoever comes by an ad arrives without its "
                    "click id.",
                    lost);
    else
        finding_say(finding, evidence->by, FINDING_PASS, FINDING_CERTAIN,
                    "Click ids arrive at the home page%s.",
                    clicked->hop_count ? " through its redirects" : "");
}

/* ---- A15: blockers ---- */

void check_blocked(const struct evidence *evidence, struct finding *finding)
{
    const struct blocked_rule *seen[8];
    unsigned count = 0;
    for (unsigned i = 0; i < evidence->script_count; i++) {
        const struct evidence_script *script = &evidence->scripts[i];
        const struct blocked_rule *rule =
            script->fallback || !script->runs ? NULL : blocked_by(script->src);
        if (!rule)
            continue;
        finding_see(finding, evidence->by, script->src,
                    arena_print(finding->arena, "stopped: %s", rule->what));
        unsigned k = 0;
        while (k < count && seen[k] != rule)
            k++;
        if (k == count && count < COUNT_OF(seen))
            seen[count++] = rule;
    }
    for (unsigned i = 0; i < evidence->sighting_count && count < COUNT_OF(seen); i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (!(s->role & (MARK_LOADER | MARK_START)) || s->script == EVIDENCE_NONE ||
            !span_empty(evidence->scripts[s->script].src))
            continue; /* loaded from inside a script: the address stands in the quote */
        span address = span_sub(s->quote, span_search(s->quote, 0, "//"), s->quote.len);
        size_t end = 0;
        while (end < address.len && !strchr("'\"` \t\r\n,);", address.ptr[end]))
            end++;
        const struct blocked_rule *rule = blocked_by(
            url_join(finding->arena, SPAN("https://store.invalid/"), span_sub(address, 0, end)));
        unsigned k = 0;
        while (k < count && seen[k] != rule)
            k++;
        if (!rule || k < count)
            continue;
        seen[count++] = rule;
        evidence_show(finding, s);
    }
    if (count > 0)
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                    "Ad blockers with the common lists stop %s%s%s%s.", seen[0]->what,
                    count > 1 ? ", " : "", count > 1 ? seen[1]->what : "",
                    count > 2 ? " and more" : "");
    else
        finding_say(
            finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
            "No script in the pages is on the common lists; what a tag manager or web pixel "
            "brings may be.");
}

/* ---- A18: content security policy ---- */

/* The sources of a directive, of its fallback when it is not there; absent: nothing limits it. */
static span directive(span policy, const char *name)
{
    span part, rest = policy, fallback = {0};
    while (span_split(&rest, ';', &part)) {
        part = span_trim(part);
        size_t space = span_find(part, 0, ' ');
        span key = span_sub(part, 0, space), sources = span_sub(part, space, part.len);
        if (span_equal_nocase(key, span_of(name)))
            return sources.ptr ? sources : SPAN("");
        if (span_equal_nocase(key, SPAN("default-src")))
            fallback = sources.ptr ? sources : SPAN("");
    }
    return fallback;
}

static bool allows_own(span sources, span host)
{
    span word, rest = sources;
    if (!sources.ptr)
        return true;
    while (span_split(&rest, ' ', &word)) {
        word = span_trim(word);
        if (span_is(word, "'self'") || span_is(word, "*") || span_is(word, "https:") ||
            span_is(word, "https://*"))
            return true;
        if (span_starts(word, "https://"))
            word = span_sub(word, 8, word.len);
        if (span_equal_nocase(word, host) ||
            (span_starts(word, "*.") && host.len > word.len - 1 &&
             span_equal_nocase(span_sub(host, host.len - word.len + 1, word.len),
                               span_sub(word, 1, word.len))))
            return true;
    }
    return false;
}

void check_policy(const struct evidence *evidence, struct finding *finding)
{
    const struct evidence_answer *home = home_of(evidence);
    if (cannot_reach(evidence, finding))
        return;
    span policy = header(home, "content-security-policy");
    if (span_empty(policy))
        policy = evidence->meta_policy;
    if (span_empty(policy)) {
        if (has_no_headers(evidence, finding))
            return;
        finding_see(
            finding, evidence->by, home->url,
            arena_print(finding->arena, "%u headers, none of them a policy", home->header_count));
        finding_say(finding, evidence->by, FINDING_PASS, FINDING_CERTAIN,
                    "The page sets no content security policy, so none is in the way.");
        return;
    }
    static const char *const names[] = {"script-src", "connect-src"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        span sources = directive(policy, names[i]);
        if (allows_own(sources, evidence->host))
            continue;
        finding_see(finding, evidence->by, home->url,
                    arena_print(finding->arena, "%s%.*s", names[i], SPAN_ARG(sources)));
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
                    "The content security policy (%s) does not let the shop's own host through: a "
                    "first-party snippet would be stopped.",
                    names[i]);
    }
    if (finding->verdict == FINDING_WARN)
        return;
    finding_see(finding, evidence->by, home->url, policy);
    finding_say(finding, evidence->by, FINDING_PASS, FINDING_CERTAIN,
                "The content security policy lets the shop's own host through.");
}

/* ---- A19: HTTPS ---- */

static bool is_plain(span url)
{
    return url.len > 7 && span_equal_nocase(span_sub(url, 0, 7), SPAN("http://"));
}

static bool is_loaded(span element)
{
    static const char *const names[] = {"iframe", "img",    "form", "video",
                                        "audio",  "source", "embed"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (span_is(element, names[i]))
            return true;
    return false;
}

static void see_mixed(const struct evidence *evidence, struct finding *finding)
{
    unsigned count = 0;
    for (unsigned i = 0; i < evidence->script_count; i++)
        if (is_plain(evidence->scripts[i].src) && !evidence->scripts[i].fallback && ++count)
            finding_see(finding, evidence->by, evidence->pages[evidence->scripts[i].page]->url,
                        evidence->scripts[i].tag);
    for (unsigned i = 0; i < evidence->link_count; i++) {
        const struct evidence_link *link = &evidence->links[i];
        bool sheet = span_is(link->element, "link") && span_is(link->rel, "stylesheet");
        if (is_plain(link->href) && (is_loaded(link->element) || sheet) && ++count)
            finding_see(finding, evidence->by, evidence->pages[link->page]->url,
                        arena_print(finding->arena, "<%.*s> %.*s", SPAN_ARG(link->element),
                                    SPAN_ARG(url_bare(link->href))));
    }
    if (count > 0)
        finding_say(
            finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
            "%u elements of https pages are loaded over plain HTTP, which browsers block or "
            "warn of.",
            count);
}

void check_https(const struct evidence *evidence, struct finding *finding)
{
    const struct evidence_answer *home = home_of(evidence);
    if (cannot_reach(evidence, finding))
        return;
    if (is_plain(home->url)) {
        finding_see(finding, evidence->by, home->url, home->url);
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
                    "The home page is served over plain HTTP.");
        return;
    }
    see_mixed(evidence, finding);
    span hsts = header(home, "strict-transport-security");
    if (span_empty(hsts)) {
        if (has_no_headers(evidence, finding))
            return;
        finding_see(finding, evidence->by, home->url,
                    arena_print(finding->arena,
                                "%u headers, none of them strict-transport-security",
                                home->header_count));
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
                    "The page does not tell browsers to stay with HTTPS (no "
                    "Strict-Transport-Security).");
        return;
    }
    finding_see(finding, evidence->by, home->url,
                arena_print(finding->arena, "strict-transport-security: %.*s", SPAN_ARG(hsts)));
    finding_say(finding, evidence->by, FINDING_PASS, FINDING_CERTAIN,
                "The pages are HTTPS, and browsers are told to stay with it.");
}

/* ---- A20 ---- */

void check_gpc(const struct evidence *evidence, struct finding *finding)
{
    const struct evidence_answer *gpc = evidence->gpc;
    const struct json_value *root;
    if (!gpc || gpc->status == 0) {
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "/.well-known/gpc.json gave no answer.");
        return;
    }
    bool declared = gpc->status == 200 &&
                    json_parse(finding->arena, gpc->body, &root, NULL) == OK &&
                    json_get_bool(root, "gpc", false);
    finding_see(
        finding, evidence->by, gpc->asked,
        arena_print(finding->arena, "status %d%s", gpc->status, declared ? ", gpc: true" : ""));
    finding_say(finding, evidence->by, FINDING_INFO, FINDING_CERTAIN,
                declared ? "The shop declares that it honours Global Privacy Control."
                         : "The shop does not declare that it honours Global Privacy Control.");
}
