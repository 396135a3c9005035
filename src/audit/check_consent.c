/*
 * Checks of consent, from pages: A8 A9. What decides is document order: a browser runs scripts from
 * the top, so a Google tag above the consent default has already counted when the default comes.
 */
#include "check.h"

#include "../base/limits.h"

/* gtag('consent','default', … ): where it stands and what it holds. */
struct consent_call {
    const struct evidence_script *script;
    size_t at;
    span text; /* the call's arguments, at most 1200 bytes */
};

static size_t skip(span text, size_t at, const char *set)
{
    while (at < text.len && text.ptr[at] && strchr(set, text.ptr[at]))
        at++;
    return at;
}

/* Is it consent ' , ' default ' from here? Returns where the arguments go on; 0: no. */
static size_t call_at(span text, size_t at)
{
    static const char quotes[] = "'\"`";
    if (at == 0 || !strchr(quotes, text.ptr[at - 1]) ||
        !span_starts(span_sub(text, at, 7), "consent"))
        return 0;
    size_t next = at + 7;
    if (next >= text.len || !strchr(quotes, text.ptr[next]))
        return 0;
    next = skip(text, next + 1, " \t\r\n,");
    if (next >= text.len || !strchr(quotes, text.ptr[next]) ||
        !span_starts(span_sub(text, next + 1, 7), "default"))
        return 0;
    return next + 9 <= text.len ? next + 9 : 0;
}

static span arguments(span text, size_t from)
{
    size_t end = from;
    while (end < text.len && end - from < 1200 && text.ptr[end] != ')')
        end++;
    return span_sub(text, from, end - from);
}

static bool next_call(const struct evidence *evidence, unsigned page, unsigned *script, size_t *at,
                      struct consent_call *ret_call)
{
    for (; *script < evidence->script_count; (*script)++, *at = 0) {
        const struct evidence_script *s = &evidence->scripts[*script];
        if (s->page != page || s->fallback || !s->runs)
            continue;
        while (*at < s->text.len) {
            size_t where = span_search(s->text, *at, "consent");
            if (where == s->text.len)
                break;
            size_t rest = call_at(s->text, where);
            *at = where + 7;
            if (rest) {
                *ret_call = (struct consent_call){s, where, arguments(s->text, rest)};
                return true;
            }
        }
    }
    return false;
}

static bool first_call(const struct evidence *evidence, unsigned page,
                       struct consent_call *ret_call)
{
    unsigned script = 0;
    size_t at = 0;
    return next_call(evidence, page, &script, &at, ret_call);
}

static span quote_call(const struct consent_call *call)
{
    return span_sub(call->script->text, call->at > 6 ? call->at - 6 : 0, 400);
}

static span page_url(const struct evidence *evidence, unsigned page)
{
    return evidence->pages[page]->url;
}

/* Does what stands in script `a` at `a_at` run before what stands in `b`? */
static bool before(const struct evidence_script *a, size_t a_at, const struct evidence_script *b,
                   size_t b_at)
{
    return a->place < b->place || (a->place == b->place && a_at < b_at);
}

static bool is_google(const struct signature *s)
{
    return strcmp(s->tag, "gtm") == 0 || strcmp(s->tag, "ga4") == 0 ||
           strcmp(s->tag, "google_ads") == 0 || strcmp(s->tag, "google_tag") == 0;
}

static bool runs_now(const struct evidence *evidence, const struct sighting *s, unsigned page)
{
    return s->page == page && s->script != EVIDENCE_NONE &&
           (s->role == MARK_LOADER || s->role == MARK_START) && evidence->scripts[s->script].runs;
}

bool check_before_default(const struct evidence *evidence, const struct sighting *s)
{
    struct consent_call call;
    return runs_now(evidence, s, s->page) && first_call(evidence, s->page, &call) &&
           before(&evidence->scripts[s->script], s->at, call.script, call.at);
}

static void judge_default(const struct evidence *evidence, struct finding *finding, unsigned page,
                          const struct consent_call *call)
{
    bool any = false;
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (!is_google(s->signature) || !runs_now(evidence, s, page))
            continue;
        any = true;
        const struct evidence_script *script = &evidence->scripts[s->script];
        if (!before(script, s->at, call->script, call->at))
            continue;
        evidence_show(finding, s);
        finding_see(finding, evidence->by, page_url(evidence, page), quote_call(call));
        /* An async file runs when it has come, mostly after the inline script that follows. */
        bool later = script->src.ptr && span_search(script->tag, 0, " async") < script->tag.len;
        finding_say(finding, evidence->by, later ? FINDING_WARN : FINDING_FAIL,
                    later ? FINDING_POSSIBLE : FINDING_LIKELY,
                    later
                        ? "%s is asked for above the consent default in the page: should it come "
                          "fast, it runs as if consent were given."
                        : "%s stands before the consent default in the page: it runs as if consent "
                          "were given.",
                    s->signature->name);
    }
    finding_see(finding, evidence->by, page_url(evidence, page), quote_call(call));
    finding_say(finding, evidence->by, FINDING_PASS, FINDING_LIKELY,
                any ? "The consent default stands before Google's tags."
                    : "A consent default is set in the page.");
}

/* No default of Google's: a banner that blocks must stand above what it blocks. */
static void judge_banner(const struct evidence *evidence, struct finding *finding, unsigned page,
                         const struct sighting *banner)
{
    const struct evidence_script *stands = &evidence->scripts[banner->script];
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        bool tracks = s->signature->kind == SIGNATURE_AD || is_google(s->signature);
        if (!tracks || !runs_now(evidence, s, page) ||
            !before(&evidence->scripts[s->script], s->at, stands, banner->at))
            continue;
        evidence_show(finding, s);
        evidence_show(finding, banner);
        finding_say(
            finding, evidence->by, FINDING_WARN, FINDING_POSSIBLE,
            "%s stands above %s in the page and no consent default is set: it has run before "
            "the banner could hold it back, unless it waits by other means.",
            s->signature->name, banner->signature->name);
    }
    evidence_show(finding, banner);
    finding_say(finding, evidence->by, FINDING_PASS, FINDING_POSSIBLE,
                "%s is on the store, above the tags that stand in the page. Whether it holds them "
                "back shows only in a recording.",
                banner->signature->name);
}

static const struct sighting *banner_of(const struct evidence *evidence, unsigned page)
{
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (s->signature->kind == SIGNATURE_CONSENT && runs_now(evidence, s, page))
            return s;
    }
    return NULL;
}

void check_consent(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned page = 0; page < evidence->page_count; page++) {
        struct consent_call call;
        const struct sighting *banner = banner_of(evidence, page);
        if (first_call(evidence, page, &call))
            judge_default(evidence, finding, page, &call);
        else if (banner)
            judge_banner(evidence, finding, page, banner);
    }
    for (unsigned i = 0; i < evidence->pixel_count; i++) {
        const struct evidence_pixel *pixel = &evidence->pixels[i];
        if (!pixel->no_purpose || pixel->tag_count == 0)
            continue;
        finding_see(finding, evidence->by, page_url(evidence, pixel->page), pixel->quote);
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                    "A pixel of Shopify's list with %s in it names no privacy purpose: it runs "
                    "without asking.",
                    pixel->tags[0].signature->name);
    }
    if (finding->verdict < FINDING_INFO)
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "No consent default and no known banner stands in the pages. A tag manager may "
                    "bring one: a recording (--har) or --live shows what runs before an answer.");
}

void check_consent_mode(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned page = 0; page < evidence->page_count; page++) {
        unsigned script = 0;
        size_t at = 0;
        bool data = false, personal = false;
        struct consent_call call, first;
        unsigned calls = 0;
        while (calls < 20 && next_call(evidence, page, &script, &at, &call)) {
            if (calls++ == 0)
                first = call;
            span t = call.text;
            data |= span_search(t, 0, "ad_user_data") < t.len;
            personal |= span_search(t, 0, "ad_personalization") < t.len;
        }
        if (calls == 0)
            continue;
        finding_see(finding, evidence->by, page_url(evidence, page), quote_call(&first));
        if (data && personal)
            finding_say(finding, evidence->by, FINDING_PASS, FINDING_CERTAIN,
                        "The consent default names ad_user_data and ad_personalization.");
        else if (span_find(first.text, 0, '{') == first.text.len)
            finding_say(
                finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                "The consent default is given as a variable, so what it holds does not show "
                "in the page.");
        else
            finding_say(finding, evidence->by, FINDING_FAIL, FINDING_LIKELY,
                        "A consent default is set that leaves out %s%s%s.",
                        data ? "" : "ad_user_data", data || personal ? "" : " and ",
                        personal ? "" : "ad_personalization");
    }
    if (finding->verdict == FINDING_NOT_RUN)
        finding_say(
            finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
            "No consent default stands in the pages; a banner's script may set one while the "
            "page runs.");
}
