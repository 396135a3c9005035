/*
 * What was sent and kept before a yes, and after a no: A8, A9, A10 of a capture.
 *
 * Google's tags may send without consent as long as they say so (gcs=G100: no cookie, no id), so
 * theirs is a fault only when they say that consent was given, or say nothing.
 */
#include "captured.h"

static bool is_google(const struct hit *hit)
{
    return captured_is(hit, "ga4") || captured_is(hit, "google_ads");
}

/* "G1" and two letters: ads and analytics; '1' is a yes, '0' a no, '-' nothing said. */
static bool says_no(const struct hit *hit)
{
    return hit->gcs.len == 4 && span_starts(hit->gcs, "G1") && hit->gcs.ptr[2] != '1' &&
           hit->gcs.ptr[3] != '1';
}

/* Tells a platform of a person: ad tags, and Google's unless they say that nobody agreed. */
static bool needs_consent(const struct hit *hit)
{
    if (hit->signature->kind == SIGNATURE_MAIL)
        return false;
    return is_google(hit) ? !says_no(hit) : true;
}

/* Google's own state at that moment of that page said no, where cookies tell nothing. */
static bool google_said_no(const struct capture *capture, const struct hit *hit)
{
    const struct capture_exchange *exchange = &capture->exchanges[hit->exchange];
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *other = &capture->hits[i];
        const struct capture_exchange *its = &capture->exchanges[other->exchange];
        int64_t apart = its->at - exchange->at;
        if (is_google(other) && says_no(other) && span_equal(its->page, exchange->page) &&
            apart > -2000 && apart < 2000)
            return true;
    }
    return false;
}

/* A cookie by which an ad or analytics tag knows its visitor. */
static bool is_tag_cookie(const struct capture_cookie *cookie)
{
    static const char *const names[] = {"_fbp",    "_fbc",        "_ga",      "_gcl_au",
                                        "_gcl_aw", "_ttp",        "__kla_id", "_uetvid",
                                        "_scid",   "_pin_unauth", "_rdt_uuid"};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (span_is(cookie->name, names[i]))
            return true;
    return false;
}

static unsigned cookies_at(const struct capture *capture, struct finding *finding,
                           enum capture_phase phase)
{
    unsigned count = 0;
    for (unsigned i = 0; i < capture->cookie_count; i++) {
        const struct capture_cookie *cookie = &capture->cookies[i];
        if (cookie->phase != phase || !is_tag_cookie(cookie))
            continue;
        finding_see(finding, capture->by, cookie->domain,
                    arena_print(finding->arena, "cookie %.*s (%s)", SPAN_ARG(cookie->name),
                                capture_phase_text(phase)));
        count++;
    }
    return count;
}

/* ---- A8 ---- */

struct count {
    unsigned before, denied, granted, likely; /* likely: told by Google's state */
    const struct hit *first;                  /* of those that should not be */
};

static struct count count_hits(const struct capture *capture, struct finding *finding)
{
    struct count count = {0};
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        enum capture_phase phase = capture->exchanges[hit->exchange].phase;
        if (phase == CAPTURE_GRANTED)
            count.granted++;
        if (!needs_consent(hit) || phase == CAPTURE_GRANTED)
            continue;
        bool likely = phase == CAPTURE_UNKNOWN && !is_google(hit) && google_said_no(capture, hit);
        if (phase == CAPTURE_UNKNOWN && !likely)
            continue;
        count.before += phase == CAPTURE_BEFORE;
        count.denied += phase == CAPTURE_DENIED;
        count.likely += likely;
        if (count.first == NULL || phase == CAPTURE_DENIED)
            count.first = hit;
        captured_see(capture, finding, hit);
    }
    return count;
}

/* Did the capture see any page before a yes? Without, nothing can be said of that time. */
static bool saw_before(const struct capture *capture)
{
    for (unsigned i = 0; i < capture->exchange_count; i++)
        if (capture->exchanges[i].own && (capture->exchanges[i].phase == CAPTURE_BEFORE ||
                                          capture->exchanges[i].phase == CAPTURE_DENIED))
            return true;
    return false;
}

static void consent_in(const struct capture *capture, struct finding *finding)
{
    bool asked = capture->by == SEEN_HAR || capture->banner;
    struct count count = count_hits(capture, finding);
    unsigned cookies = asked ? cookies_at(capture, finding, CAPTURE_BEFORE) : 0;
    const char *name = count.first ? count.first->signature->name : "";
    if (!asked && count.before > 0)
        finding_say(
            finding, capture->by, FINDING_WARN, FINDING_LIKELY,
            "%u event%s, the first to %s, went out, and no banner that the audit knows stood "
            "there. A visitor from the EEA, the UK or Switzerland has to be asked first.",
            count.before, finding_s(count.before), name);
    else if (count.denied > 0)
        finding_say(
            finding, capture->by, FINDING_FAIL, FINDING_CERTAIN,
            "%u event%s told to platforms after the visitor had said no, %u before any answer; "
            "for example to %s.",
            count.denied, finding_s(count.denied), count.before, name);
    else if (count.before > 0)
        finding_say(
            finding, capture->by, FINDING_FAIL,
            capture->by == SEEN_LIVE ? FINDING_CERTAIN : FINDING_LIKELY,
            "%u event%s told to platforms before the visitor had answered, the first to %s.",
            count.before, finding_s(count.before), name);
    else if (count.likely > 0)
        finding_say(finding, capture->by, FINDING_FAIL, FINDING_LIKELY,
                    "%s was told of %u event%s while Google's consent state on the same page was "
                    "\"denied\".",
                    name, count.likely, finding_s(count.likely));
    else if (cookies > 0)
        finding_say(finding, capture->by, FINDING_FAIL, FINDING_LIKELY,
                    "%u cookie%s of tags there before the visitor had answered.", cookies,
                    finding_s(cookies));
    else if (count.granted > 0 && saw_before(capture)) {
        finding_see(finding, capture->by, capture->site,
                    arena_print(finding->arena,
                                "%u events after the yes, none before it or after a "
                                "no (banner: %s)",
                                count.granted, capture->cmp ? capture->cmp : "unknown"));
        finding_say(finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
                    "Nothing was sent to a platform before the visitor agreed, or after a no.");
    } else {
        finding_say(finding, capture->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN, "%s",
                    count.granted > 0
                        ? "The visitor had agreed before the recording began: record from the "
                          "first page on, in a private window."
                        : "What the visitor had answered could not be told, or no event was sent.");
    }
}

void captured_consent(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        consent_in(evidence->captures[i], finding);
}

/* ---- A9 ---- */

static void consent_mode_in(const struct capture *capture, struct finding *finding)
{
    unsigned all = 0, silent = 0, wrong = 0;
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        if (!is_google(hit))
            continue;
        bool missing = span_empty(hit->gcs) || span_empty(hit->gcd);
        bool against =
            capture->exchanges[hit->exchange].phase == CAPTURE_DENIED && !missing && !says_no(hit);
        all++;
        silent += missing;
        wrong += against;
        if (missing || against || all == 1)
            captured_see(capture, finding, hit);
    }
    if (all == 0)
        finding_say(finding, capture->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "No request of Google's tags was seen.");
    else if (wrong > 0)
        finding_say(
            finding, capture->by, FINDING_FAIL, FINDING_CERTAIN,
            "%u of %u request%s to Google said that consent was given, after the visitor had "
            "said no: the banner does not tell Consent Mode.",
            wrong, all, finding_s(all));
    else if (silent > 0)
        finding_say(
            finding, capture->by, FINDING_WARN, FINDING_CERTAIN,
            "%u of %u request%s to Google without the whole consent state (gcs and gcd): Consent "
            "Mode is not set up, or not everywhere.",
            silent, all, finding_s(all));
    else
        finding_say(finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
                    "%u request%s to Google, each with the consent state.", all, finding_s(all));
}

void captured_consent_mode(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        consent_mode_in(evidence->captures[i], finding);
}

/* ---- A10 ---- */

#define DAY_S (24 * 3600)

static void cookies_in(const struct capture *capture, struct finding *finding)
{
    unsigned script = 0, capped = 0;
    for (unsigned i = 0; i < capture->cookie_count; i++) {
        const struct capture_cookie *cookie = &capture->cookies[i];
        bool lasting = cookie->lifetime > 7 * DAY_S, tag = is_tag_cookie(cookie);
        if (!lasting || !tag || cookie->on_document || !capture_own(capture, cookie->domain))
            continue;
        finding_see(finding, capture->by, cookie->domain,
                    arena_print(finding->arena, "%.*s is set for %lld days by %s",
                                SPAN_ARG(cookie->name), (long long)(cookie->lifetime / DAY_S),
                                cookie->by_script ? "a script" : "an answer that is no page"));
        script += cookie->by_script;
        capped += !cookie->by_script;
    }
    if (script > 0)
        finding_say(finding, capture->by, FINDING_WARN, FINDING_CERTAIN,
                    "%u cookie%s by which tags know a visitor, written by scripts: Safari keeps "
                    "those for 7 days at most, 24 hours after a click on an ad.",
                    script, finding_s(script));
    else if (capped > 0)
        finding_say(finding, capture->by, FINDING_WARN, FINDING_POSSIBLE,
                    "%u cookie%s of tags, set by an answer that is no page: Safari keeps those for "
                    "7 days unless that host shares the shop's address.",
                    capped, finding_s(capped));
    else
        finding_say(finding, capture->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN,
                    "No lasting cookie of a tag was seen.");
}

void captured_cookies(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        cookies_in(evidence->captures[i], finding);
}
