/*
 * Checks of which tags there are, from pages: A1 A2 A3 A4 A5 A7 A12 A13. Each speaks only of what
 * it saw: a page that is silent makes NOT_DETERMINABLE, never a verdict, because tag managers and
 * web pixels bring tags that no HTML shows.
 */
#include "check.h"

#include "../base/limits.h"

#define SILENT "What a tag manager or web pixel brings shows only in a browser."

static void see_pixel(struct finding *finding, const struct evidence *evidence,
                      const struct evidence_pixel *pixel)
{
    finding_see(finding, evidence->by, evidence->pages[pixel->page]->url, pixel->quote);
}

static bool cannot_say(const struct evidence *evidence, struct finding *finding, const char *what)
{
    return finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN, "%s %s",
                       what, SILENT);
}

/* ---- A1 ---- */

/* "name":"Dawn" of Shopify.theme = {…}. */
static span theme_name(const struct evidence *evidence)
{
    for (unsigned i = 0; i < evidence->script_count; i++) {
        span text = evidence->scripts[i].text;
        span near = span_sub(text, span_search(text, 0, "Shopify.theme"), 300);
        span rest = span_sub(near, span_search(near, 0, "\"name\":\"") + 8, near.len);
        if (!span_empty(rest))
            return span_sub(rest, 0, span_find(rest, 0, '"'));
    }
    return (span){0};
}

void check_platform(const struct evidence *evidence, struct finding *finding)
{
    static const char *const systems[] = {"shopify", "magento", "woocommerce"};
    for (unsigned i = 0; i < COUNT_OF(systems); i++) {
        const struct sighting *s = NULL, *named = NULL;
        unsigned shown = 0;
        while ((s = evidence_next(evidence, s, systems[i], ~0u)) != NULL) {
            if (shown++ < 3)
                evidence_show(finding, s);
            if (!named && s->role == MARK_TRACE && !span_empty(s->id))
                named = s;
        }
        if (shown == 0)
            continue;
        span theme = i == 0 ? theme_name(evidence) : (span){0};
        finding_say(finding, evidence->by, FINDING_INFO, FINDING_CERTAIN,
                    "The shop runs on %s%s%.*s%s%.*s.", signature_find(systems[i])->name,
                    named ? ", as " : "", SPAN_ARG(named ? named->id : (span){0}),
                    span_empty(theme) ? "" : ", theme ", SPAN_ARG(theme));
        return;
    }
    finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                "None of Shopify, Magento and WooCommerce is named in the pages that were read.");
}

/* ---- A2 ---- */

struct listed {
    const struct signature *signature;
    span ids[4];
    unsigned id_count;
};

static void list_id(struct listed *list, unsigned *count, unsigned room,
                    const struct signature *signature, span id)
{
    unsigned i = 0;
    while (i < *count && list[i].signature != signature)
        i++;
    if (i == room)
        return;
    if (i == *count)
        list[(*count)++] = (struct listed){.signature = signature};
    for (unsigned k = 0; k < list[i].id_count; k++)
        if (span_equal(list[i].ids[k], id))
            return;
    if (!span_empty(id) && list[i].id_count < COUNT_OF(list[i].ids))
        list[i].ids[list[i].id_count++] = id;
}

static bool tells_of_tag(const struct sighting *s)
{
    return s->signature->kind != SIGNATURE_PLATFORM &&
           (s->role == MARK_LOADER || s->role == MARK_START || s->role == MARK_FALLBACK);
}

void check_tags(const struct evidence *evidence, struct finding *finding)
{
    struct listed list[40];
    unsigned count = 0;
    for (unsigned i = 0; i < evidence->sighting_count; i++)
        if (tells_of_tag(&evidence->sightings[i])) {
            unsigned before = count;
            list_id(list, &count, COUNT_OF(list), evidence->sightings[i].signature,
                    evidence->sightings[i].id);
            if (count > before)
                evidence_show(finding, &evidence->sightings[i]);
        }
    for (unsigned i = 0; i < evidence->pixel_count; i++)
        for (unsigned k = 0; k < evidence->pixels[i].tag_count; k++) {
            list_id(list, &count, COUNT_OF(list), evidence->pixels[i].tags[k].signature,
                    evidence->pixels[i].tags[k].id);
            see_pixel(finding, evidence, &evidence->pixels[i]);
        }
    if (count == 0) {
        cannot_say(evidence, finding, "No known tag stands in the pages that were read.");
        return;
    }
    struct buf text;
    buf_init(&text, 4 * KIB);
    for (unsigned i = 0; i < count; i++) {
        buf_print(&text, "%s%s", i ? ", " : "", list[i].signature->name);
        for (unsigned k = 0; k < list[i].id_count; k++)
            buf_print(&text, "%s%.*s", k ? ", " : " (", SPAN_ARG(list[i].ids[k]));
        buf_add_text(&text, list[i].id_count ? ")" : "");
    }
    finding_say(finding, evidence->by, FINDING_INFO, FINDING_CERTAIN, "Found: %.*s.",
                SPAN_ARG(buf_span(&text)));
    buf_done(&text);
}

/* ---- A3: one page, one tag, one id, two places ---- */

static bool same_tag(const struct sighting *s, unsigned page, const struct signature *signature,
                     span id, unsigned role)
{
    return s->page == page && s->signature == signature && (unsigned)s->role == role &&
           span_equal(s->id, id) && s->script != EVIDENCE_NONE;
}

static bool waits(const struct evidence *evidence, const struct sighting *s)
{
    return s->script != EVIDENCE_NONE && evidence->scripts[s->script].waits;
}

/* Scripts of a page that do `role` for this id; shown when `finding` is given. */
static unsigned places(const struct evidence *evidence, unsigned page,
                       const struct signature *signature, span id, unsigned role,
                       struct finding *finding)
{
    unsigned count = 0, last = EVIDENCE_NONE;
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (!same_tag(s, page, signature, id, role) || s->script == last || waits(evidence, s))
            continue;
        bool seen_before = false;
        for (unsigned k = 0; k < i; k++)
            seen_before |= same_tag(&evidence->sightings[k], page, signature, id, role) &&
                           evidence->sightings[k].script == s->script;
        if (seen_before)
            continue;
        last = s->script;
        count++;
        if (finding)
            evidence_show(finding, s);
    }
    return count;
}

static unsigned entries(const struct evidence *evidence, unsigned page,
                        const struct signature *signature, span id, struct finding *finding)
{
    unsigned count = 0;
    for (unsigned i = 0; i < evidence->pixel_count; i++)
        for (unsigned k = 0; k < evidence->pixels[i].tag_count; k++)
            if (evidence->pixels[i].page == page &&
                evidence->pixels[i].tags[k].signature == signature &&
                span_equal(evidence->pixels[i].tags[k].id, id)) {
                count++;
                if (finding)
                    see_pixel(finding, evidence, &evidence->pixels[i]);
            }
    return count;
}

static bool counts_conversions(const struct signature *signature)
{
    return signature->kind == SIGNATURE_AD || strcmp(signature->tag, "ga4") == 0;
}

/* Says FAIL when this tag is started from two places of the page. */
static void judge_twice(const struct evidence *evidence, struct finding *finding, unsigned page,
                        const struct signature *signature, span id)
{
    unsigned starts = places(evidence, page, signature, id, MARK_START, NULL);
    unsigned loads = places(evidence, page, signature, id, MARK_LOADER, NULL);
    unsigned role = loads > starts ? MARK_LOADER : MARK_START;
    unsigned in_page = loads > starts ? loads : starts;
    unsigned in_pixels = entries(evidence, page, signature, id, NULL);
    span name = span_of(signature->name);
    if (in_page + in_pixels < 2)
        return;
    (void)places(evidence, page, signature, id, role, finding);
    (void)entries(evidence, page, signature, id, finding);
    if (finding_say(
            finding, evidence->by, FINDING_FAIL, in_pixels ? FINDING_CERTAIN : FINDING_LIKELY,
            "%s %.*s is started from %u places of one page%s: each visit, and each purchase "
            "that both report, is counted more than once.",
            signature->name, SPAN_ARG(id), in_page + in_pixels,
            in_page && in_pixels ? ", the theme's code and Shopify's pixels" : ""))
        finding->subject = name;
    else if (span_search(finding->subject, 0, signature->name) == finding->subject.len)
        finding->subject =
            arena_print(finding->arena, "%.*s%s%s", SPAN_ARG(finding->subject),
                        span_empty(finding->subject) ? "" : " and ", signature->name);
}

void check_twice(const struct evidence *evidence, struct finding *finding)
{
    bool any = false;
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (!counts_conversions(s->signature) || span_empty(s->id) ||
            !(s->role & (MARK_START | MARK_LOADER)))
            continue;
        any = true;
        judge_twice(evidence, finding, s->page, s->signature, s->id);
    }
    for (unsigned i = 0; i < evidence->pixel_count; i++)
        for (unsigned k = 0; k < evidence->pixels[i].tag_count; k++) {
            const struct signature *signature = evidence->pixels[i].tags[k].signature;
            any = true;
            if (counts_conversions(signature))
                judge_twice(evidence, finding, evidence->pixels[i].page, signature,
                            evidence->pixels[i].tags[k].id);
        }
    if (finding->verdict < FINDING_INFO)
        cannot_say(
            evidence, finding,
            any ? "Each tag that stands in the pages is started once there; a second copy may "
                  "come by another way."
                : "No tag with an id stands in the pages.");
}

/* ---- A4: who else tells of purchases ---- */

static bool platform_has(const struct evidence_pixel *pixel, const char *tag)
{
    for (unsigned k = 0; k < pixel->tag_count; k++)
        if (strcmp(pixel->tags[k].signature->tag, tag) == 0)
            return true;
    return false;
}

static const struct sighting *vendor_of(const struct evidence *evidence)
{
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct signature *s = evidence->sightings[i].signature;
        if (s->kind == SIGNATURE_SERVER && strcmp(s->tag, "sgtm") != 0)
            return &evidence->sightings[i];
    }
    return NULL;
}

void check_senders(const struct evidence *evidence, struct finding *finding)
{
    static const char *const platforms[] = {"meta", "google_ads", "ga4", "tiktok"};
    const struct sighting *vendor = vendor_of(evidence);
    for (unsigned i = 0; i < evidence->pixel_count; i++) {
        const struct evidence_pixel *native = &evidence->pixels[i];
        if (!native->vendor)
            continue;
        if (vendor) {
            see_pixel(finding, evidence, native);
            evidence_show(finding, vendor);
            finding_say(finding, evidence->by, FINDING_WARN, FINDING_POSSIBLE,
                        "%s and %s are both on the store. Both send purchases from a server unless "
                        "one is told not to; with ids of their own each purchase counts twice.",
                        native->vendor, vendor->signature->name);
        }
        for (unsigned k = 0; k < evidence->pixel_count; k++)
            for (unsigned p = 0; p < COUNT_OF(platforms); p++) {
                const struct evidence_pixel *other = &evidence->pixels[k];
                if (other == native || other->page != native->page || (other->vendor && k < i) ||
                    !platform_has(native, platforms[p]) || !platform_has(other, platforms[p]))
                    continue;
                see_pixel(finding, evidence, native);
                see_pixel(finding, evidence, other);
                finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                            "%s and another pixel on the store both report to %s.", native->vendor,
                            signature_find(platforms[p])->name);
            }
    }
    if (finding->verdict < FINDING_INFO)
        cannot_say(evidence, finding, "No two senders of purchases show in the pages.");
}

/* ---- A5 ---- */

/* Where the tag has this id, scripts that wait for a banner too: they name it as well. */
static void show_id(const struct evidence *evidence, unsigned page,
                    const struct signature *signature, span id, struct finding *finding)
{
    const struct sighting *s = NULL;
    unsigned last = EVIDENCE_NONE;
    while ((s = evidence_next(evidence, s, signature->tag, MARK_START | MARK_LOADER)) != NULL) {
        if (s->page != page || !span_equal(s->id, id) ||
            (s->script == last && s->script != EVIDENCE_NONE))
            continue;
        last = s->script;
        evidence_show(finding, s);
    }
}

void check_ids(const struct evidence *evidence, struct finding *finding)
{
    for (const struct signature *signature = signature_list; signature->tag; signature++) {
        if (!counts_conversions(signature))
            continue;
        for (unsigned page = 0; page < evidence->page_count; page++) {
            struct listed list[1];
            unsigned count = 0;
            const struct sighting *s = NULL;
            while ((s = evidence_next(evidence, s, signature->tag, MARK_START | MARK_LOADER)) !=
                   NULL)
                if (s->page == page && !span_empty(s->id))
                    list_id(list, &count, 1, signature, s->id);
            for (unsigned i = 0; i < evidence->pixel_count; i++)
                for (unsigned k = 0; k < evidence->pixels[i].tag_count; k++)
                    if (evidence->pixels[i].page == page &&
                        evidence->pixels[i].tags[k].signature == signature)
                        list_id(list, &count, 1, signature, evidence->pixels[i].tags[k].id);
            if (count == 0 || list[0].id_count < 2)
                continue;
            for (unsigned k = 0; k < list[0].id_count; k++) {
                show_id(evidence, page, signature, list[0].ids[k], finding);
                (void)entries(evidence, page, signature, list[0].ids[k], finding);
            }
            if (finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                            "%s is on one page with %u ids: %.*s and %.*s.", signature->name,
                            list[0].id_count, SPAN_ARG(list[0].ids[0]), SPAN_ARG(list[0].ids[1])))
                finding->subject = span_of(signature->name);
        }
    }
    if (finding->verdict < FINDING_INFO)
        cannot_say(evidence, finding, "No platform shows two ids in the pages.");
}

/* ---- A7 ---- */

void check_server_side(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->sighting_count; i++) {
        const struct sighting *s = &evidence->sightings[i];
        if (s->signature->kind != SIGNATURE_SERVER)
            continue;
        evidence_show(finding, s);
        bool container = strcmp(s->signature->tag, "sgtm") == 0;
        finding_say(finding, evidence->by, FINDING_PASS,
                    container ? FINDING_LIKELY : FINDING_POSSIBLE,
                    container ? "Google's tags go through a server of the shop's choosing (%.*s)."
                              : "%.*s is on the store, whose purpose is to send from a server.",
                    SPAN_ARG(container ? s->id : span_of(s->signature->name)));
    }
    for (unsigned i = 0; i < evidence->pixel_count; i++)
        if (evidence->pixels[i].vendor) {
            see_pixel(finding, evidence, &evidence->pixels[i]);
            finding_say(finding, evidence->by, FINDING_PASS, FINDING_POSSIBLE,
                        "%s is connected; it can send purchases from Shopify's servers, if data "
                        "sharing is set so.",
                        evidence->pixels[i].vendor);
        }
    if (finding->verdict < FINDING_INFO)
        finding_say(finding, evidence->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "Nothing in the pages tells of a server that sends conversions. One fed by "
                    "webhooks alone could not be seen from outside; your platforms' event managers "
                    "say whether server events arrive.");
}

/* ---- A12 ---- */

/* Places of the page of `s` that load Klaviyo. One script may name one address for several uses. */
static unsigned klaviyo_places(const struct evidence *evidence, const struct sighting *s)
{
    unsigned count = 0;
    const struct sighting *other = NULL;
    while ((other = evidence_next(evidence, other, "klaviyo", MARK_LOADER)) != NULL)
        if (other->page == s->page && other->script != EVIDENCE_NONE && !waits(evidence, other) &&
            (other == s || other->script != s->script))
            count++;
    return count;
}

void check_klaviyo(const struct evidence *evidence, struct finding *finding)
{
    const struct sighting *s = NULL;
    span company = {0}, second = {0};
    unsigned most = 0;
    while ((s = evidence_next(evidence, s, "klaviyo", MARK_LOADER)) != NULL) {
        unsigned places_here = klaviyo_places(evidence, s);
        most = places_here > most ? places_here : most;
        if (span_empty(company))
            company = s->id;
        else if (!span_empty(s->id) && !span_equal(company, s->id))
            second = s->id;
        evidence_show(finding, s);
    }
    if (!span_empty(second))
        finding_say(finding, evidence->by, FINDING_FAIL, FINDING_CERTAIN,
                    "Klaviyo is loaded for two accounts: %.*s and %.*s.", SPAN_ARG(company),
                    SPAN_ARG(second));
    else if (most > 1)
        finding_say(
            finding, evidence->by, FINDING_FAIL, FINDING_LIKELY,
            "Klaviyo's script is loaded from %u places of one page, as when the app embed and "
            "a pasted snippet stand side by side.",
            most);
    else if (most == 1)
        finding_say(finding, evidence->by, FINDING_PASS, FINDING_LIKELY,
                    "Klaviyo's script stands once in each page%s%.*s.",
                    span_empty(company) ? "" : ", account ", SPAN_ARG(company));
    else
        cannot_say(evidence, finding, "Klaviyo's script does not stand in the pages.");
}

/* ---- A13 ---- */

void check_managers(const struct evidence *evidence, struct finding *finding)
{
    struct listed list[1];
    unsigned count = 0;
    const struct sighting *s = NULL;
    while ((s = evidence_next(evidence, s, "gtm", MARK_LOADER | MARK_START | MARK_FALLBACK)) !=
           NULL)
        if (!span_empty(s->id)) {
            unsigned before = count ? list[0].id_count : 0;
            list_id(list, &count, 1, s->signature, s->id);
            if (list[0].id_count > before)
                evidence_show(finding, s);
        }
    if (count && list[0].id_count > 1)
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
                    "%u containers of Google Tag Manager stand in the pages: %.*s and %.*s.",
                    list[0].id_count, SPAN_ARG(list[0].ids[0]), SPAN_ARG(list[0].ids[1]));
    while ((s = evidence_next(evidence, s, "ua", MARK_LOADER | MARK_START)) != NULL) {
        evidence_show(finding, s);
        finding_say(finding, evidence->by, FINDING_WARN, FINDING_CERTAIN,
                    "Universal Analytics%s%.*s is still in the page. Google shut it down in July "
                    "2024: it counts nothing.",
                    span_empty(s->id) ? "" : " ", SPAN_ARG(s->id));
    }
    while ((s = evidence_next(evidence, s, "gtm", MARK_LOADER | MARK_START)) != NULL)
        if (check_before_default(evidence, s)) {
            evidence_show(finding, s);
            finding_say(finding, evidence->by, FINDING_WARN, FINDING_LIKELY,
                        "The container %.*s is loaded above the consent default.", SPAN_ARG(s->id));
        }
    if (finding->verdict >= FINDING_WARN)
        return;
    if (count)
        finding_say(finding, evidence->by, FINDING_PASS, FINDING_LIKELY,
                    "One container, %.*s, and nothing of Universal Analytics beside it.",
                    SPAN_ARG(list[0].ids[0]));
    else
        cannot_say(evidence, finding, "No tag manager's container stands in the pages.");
}
