/*
 * Events counted, compared and weighed: A2, A3, A6, A7, A16, A17 of a capture.
 */
#include "captured.h"

#include "../event/money.h"

#define COPY_MS 2000 /* two like events within this are one action told twice */

static const struct capture_exchange *exchange_of(const struct capture *capture,
                                                  const struct hit *hit)
{
    return &capture->exchanges[hit->exchange];
}

bool captured_is(const struct hit *hit, const char *tag)
{
    return strcmp(hit->signature->tag, tag) == 0;
}

void captured_see(const struct capture *capture, struct finding *finding, const struct hit *hit)
{
    const struct capture_exchange *exchange = exchange_of(capture, hit);
    finding_see(finding, capture->by, exchange->url,
                arena_print(finding->arena, "%.*s (%s)", SPAN_ARG(hit_line(finding->arena, hit)),
                            capture_phase_text(exchange->phase)));
}

/* The first page of the capture, for saying what was looked at. */
static span first_page(const struct capture *capture)
{
    for (unsigned i = 0; i < capture->exchange_count; i++)
        if (capture->exchanges[i].document)
            return capture->exchanges[i].url;
    return capture->site;
}

static void unknown(const struct capture *capture, struct finding *finding, const char *why)
{
    finding_say(finding, capture->by, FINDING_NOT_DETERMINABLE, FINDING_CERTAIN, "%s", why);
}

/* ---- A2 ---- */

static bool first_of_its_tag(const struct capture *capture, unsigned index)
{
    const struct hit *hit = &capture->hits[index];
    for (unsigned i = 0; i < index; i++)
        if (capture->hits[i].signature == hit->signature &&
            span_equal(capture->hits[i].id, hit->id))
            return false;
    return true;
}

static void tags_in(const struct capture *capture, struct finding *finding)
{
    static const char *const majors[] = {"meta", "ga4", "google_ads", "tiktok"};
    unsigned tags = 0;
    bool major = false;
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        for (unsigned m = 0; m < COUNT_OF(majors); m++)
            major |= captured_is(hit, majors[m]);
        if (!first_of_its_tag(capture, i))
            continue;
        captured_see(capture, finding, hit);
        tags++;
    }
    if (major) {
        finding_say(finding, capture->by, FINDING_INFO, FINDING_CERTAIN,
                    "%u tag%s sent %u event%s while the browser was watched.", tags,
                    finding_s(tags), capture->hit_count, finding_s(capture->hit_count));
        return;
    }
    finding_see(finding, capture->by, first_page(capture),
                arena_print(finding->arena,
                            "%u requests, %u events, none to Meta, GA4, Google Ads "
                            "or TikTok",
                            capture->exchange_count, capture->hit_count));
    finding_say(finding, capture->by, FINDING_WARN,
                capture->by == SEEN_LIVE ? FINDING_LIKELY : FINDING_POSSIBLE,
                "In %u requests of the browser there was no event for Meta, GA4, Google Ads or "
                "TikTok.",
                capture->exchange_count);
}

void captured_tags(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        tags_in(evidence->captures[i], finding);
}

/* ---- A3 ---- */

/* One action told twice: same tag, account, event, page and moment, and no id in common by which
   the platform could drop one. */
static bool is_copy(const struct capture *capture, const struct hit *a, const struct hit *b)
{
    const struct capture_exchange *first = exchange_of(capture, a),
                                  *second = exchange_of(capture, b);
    int64_t apart = second->at - first->at;
    bool alike = a->signature == b->signature && a->kind != HIT_OTHER &&
                 span_equal(a->event, b->event) && span_equal(a->id, b->id) &&
                 span_equal(a->label, b->label) && span_equal(a->value, b->value) &&
                 span_equal(a->order, b->order) && span_equal(a->gcs, b->gcs) &&
                 span_equal(first->page, second->page) && a->server == b->server;
    bool one_id = !span_empty(a->event_id) && span_equal(a->event_id, b->event_id);
    return alike && !one_id && apart >= -COPY_MS && apart <= COPY_MS;
}

static void twice_in(const struct capture *capture, struct finding *finding)
{
    unsigned copies = 0, seen = 0;
    const struct hit *worst = NULL;
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        seen += hit->kind != HIT_OTHER;
        /* Not far: they are kept in the order in which they were sent. */
        for (unsigned j = i + 1; j < capture->hit_count && j < i + 64; j++) {
            if (!is_copy(capture, hit, &capture->hits[j]))
                continue;
            captured_see(capture, finding, hit);
            captured_see(capture, finding, &capture->hits[j]);
            copies++;
            worst = worst == NULL || hit->kind > worst->kind ? hit : worst;
            break;
        }
    }
    if (worst) {
        finding->subject = span_of(worst->signature->name);
        finding_say(finding, capture->by, FINDING_FAIL,
                    copies > 1 || worst->kind == HIT_PURCHASE ? FINDING_CERTAIN : FINDING_LIKELY,
                    "%s %.*s was told of one %s twice within two seconds, without an event id in "
                    "common: it counts both. This happened %u time%s.",
                    worst->signature->name, SPAN_ARG(worst->id), hit_kind_text(worst->kind), copies,
                    finding_s(copies));
        return;
    }
    if (seen == 0) {
        unknown(capture, finding, "No event of a tag was in what the browser sent.");
        return;
    }
    finding_see(finding, capture->by, first_page(capture),
                arena_print(finding->arena, "%u event%s, none told twice", seen, finding_s(seen)));
    finding_say(finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
                "The browser sent %u event%s; none was told twice.", seen, finding_s(seen));
}

void captured_twice(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        twice_in(evidence->captures[i], finding);
}

/* ---- A6, A7 ---- */

static bool pages_tell_of_server(const struct evidence *evidence)
{
    for (unsigned i = 0; i < evidence->pixel_count; i++)
        if (evidence->pixels[i].vendor)
            return true;
    for (unsigned i = 0; i < evidence->sighting_count; i++)
        if (evidence->sightings[i].signature->kind == SIGNATURE_SERVER)
            return true;
    return false;
}

static bool server_likely(const struct evidence *evidence)
{
    if (pages_tell_of_server(evidence) ||
        (evidence->recorded && pages_tell_of_server(evidence->recorded)))
        return true;
    for (unsigned c = 0; c < evidence->capture_count; c++)
        for (unsigned i = 0; i < evidence->captures[c]->hit_count; i++)
            if (evidence->captures[c]->hits[i].server)
                return true;
    return false;
}

/* Which events the platform would deduplicate with a server's, if they carried an id. */
static bool wants_id(const struct hit *hit)
{
    if (captured_is(hit, "ga4") || captured_is(hit, "google_ads"))
        return hit->kind == HIT_PURCHASE;
    bool pairs = captured_is(hit, "meta") || captured_is(hit, "tiktok") ||
                 captured_is(hit, "pinterest") || captured_is(hit, "snap");
    return pairs && hit->kind >= HIT_CART;
}

static void event_ids_in(const struct evidence *evidence, const struct capture *capture,
                         struct finding *finding)
{
    unsigned with = 0, without = 0;
    const struct hit *first = NULL;
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        if (!wants_id(hit))
            continue;
        bool has = !span_empty(hit->event_id);
        with += has;
        without += !has;
        if (!has && first == NULL)
            first = hit;
        if (!has || without == 0)
            captured_see(capture, finding, hit);
    }
    if (first)
        finding_say(finding, capture->by, server_likely(evidence) ? FINDING_FAIL : FINDING_WARN,
                    server_likely(evidence) ? FINDING_LIKELY : FINDING_POSSIBLE,
                    "%u of %u conversion%s had no event id, for example a %s for %s.%s", without,
                    with + without, finding_s(with + without), hit_kind_text(first->kind),
                    first->signature->name,
                    server_likely(evidence) ? " A server seems to send too, and the platform "
                                              "cannot tell the two apart."
                                            : "");
    else if (with > 0)
        finding_say(finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
                    "%u conversion%s seen in the browser, each with an id.", with, finding_s(with));
    else
        unknown(capture, finding,
                "No conversion was seen that a platform pairs with a server's by its id: add to "
                "the cart and buy while recording.");
}

void captured_event_ids(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        event_ids_in(evidence, evidence->captures[i], finding);
}

static void server_side_in(const struct capture *capture, struct finding *finding)
{
    unsigned found = 0;
    for (unsigned i = 0; i < capture->hit_count; i++)
        if (capture->hits[i].server) {
            captured_see(capture, finding, &capture->hits[i]);
            found++;
        }
    for (unsigned i = 0; i < capture->exchange_count; i++) {
        const struct capture_exchange *exchange = &capture->exchanges[i];
        if (exchange->signature == NULL || exchange->signature->kind != SIGNATURE_SERVER)
            continue;
        finding_see(finding, capture->by, exchange->url, span_of(exchange->signature->name));
        found++;
    }
    if (found > 0) {
        finding_say(
            finding, capture->by, FINDING_PASS, FINDING_LIKELY,
            "The browser sends events to the shop's own address, where a server takes them.");
    } else if (capture->hit_count > 0) {
        finding_see(finding, capture->by, first_page(capture),
                    arena_print(finding->arena, "%u event%s, all sent to the platforms directly",
                                capture->hit_count, finding_s(capture->hit_count)));
        finding_say(
            finding, capture->by, FINDING_WARN, FINDING_POSSIBLE,
            "%u event%s went from the browser straight to the platforms, none to a server of "
            "the shop. A server that tells of orders only cannot be seen from outside.",
            capture->hit_count, finding_s(capture->hit_count));
    } else {
        unknown(capture, finding, "No event of a tag was in what the browser sent.");
    }
}

void captured_server_side(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        server_side_in(evidence->captures[i], finding);
}

/* ---- A16 ---- */

/* NULL: value and currency are as they should be. */
static const char *money_trouble(const struct hit *hit)
{
    struct money money;
    if (span_empty(hit->value))
        return "no value";
    if (span_empty(hit->currency))
        return "no currency";
    if (!money_currency_valid(hit->currency))
        return "a currency that is no ISO code";
    if (money_parse(hit->value, hit->currency, &money) != OK)
        return "a value that is no number";
    return money.units > 0 ? NULL : "a value that is not above 0";
}

static void money_in(const struct capture *capture, struct finding *finding)
{
    unsigned good = 0, bad = 0;
    const struct hit *worst = NULL;
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        bool asked = (hit->kind == HIT_CART || hit->kind == HIT_PURCHASE) &&
                     hit->signature->kind != SIGNATURE_MAIL;
        if (!asked)
            continue;
        bool trouble = money_trouble(hit) != NULL;
        good += !trouble;
        bad += trouble;
        if (trouble && (worst == NULL || hit->kind > worst->kind))
            worst = hit;
        if (trouble || bad == 0)
            captured_see(capture, finding, hit);
    }
    if (worst)
        finding_say(finding, capture->by, FINDING_FAIL, FINDING_CERTAIN,
                    "%u of %u event%s that should carry money carry it wrong: a %s for %s has %s.",
                    bad, good + bad, finding_s(good + bad), hit_kind_text(worst->kind),
                    worst->signature->name, money_trouble(worst));
    else if (good > 0)
        finding_say(
            finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
            "%u event%s that should carry a value and a currency, and nothing wrong with them.",
            good, finding_s(good));
    else
        unknown(capture, finding, "No event that should carry money was seen.");
}

void captured_money(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        money_in(evidence->captures[i], finding);
}

/* ---- A17 ---- */

static unsigned plain_emails(const struct capture *capture, struct finding *finding)
{
    unsigned plain = 0;
    for (unsigned i = 0; i < capture->exchange_count; i++) {
        const struct capture_exchange *exchange = &capture->exchanges[i];
        bool mail = exchange->signature && exchange->signature->kind == SIGNATURE_MAIL;
        if (span_empty(exchange->email) || exchange->own || mail)
            continue;
        finding_see(finding, capture->by, exchange->url,
                    arena_print(finding->arena, "a readable e-mail in %.*s, sent to %s",
                                SPAN_ARG(exchange->email),
                                exchange->signature ? exchange->signature->name : "another site"));
        plain++;
    }
    return plain;
}

static void personal_in(const struct capture *capture, struct finding *finding)
{
    unsigned hashed = 0, badly = 0, plain = plain_emails(capture, finding);
    if (plain > 0)
        finding_say(finding, capture->by, FINDING_FAIL, FINDING_CERTAIN,
                    "%u request%s to other companies carried an e-mail that anyone can read.",
                    plain, finding_s(plain));
    for (unsigned i = 0; i < capture->hit_count; i++) {
        const struct hit *hit = &capture->hits[i];
        hashed += hit->hashed == HIT_HASHED;
        badly += hit->hashed == HIT_BADLY_HASHED;
        if (hit->hashed != HIT_NO_HASH && plain == 0)
            captured_see(capture, finding, hit);
    }
    if (badly > 0 && plain == 0)
        finding_say(finding, capture->by, FINDING_WARN, FINDING_LIKELY,
                    "%u event%s carried an e-mail field that is no SHA-256 digest: the platform "
                    "cannot match it.",
                    badly, finding_s(badly));
    else if (hashed > 0)
        finding_say(finding, capture->by, FINDING_PASS, FINDING_CERTAIN,
                    "%u event%s carried a hashed e-mail, and no readable one left the shop.",
                    hashed, finding_s(hashed));
    else if (plain == 0)
        unknown(capture, finding, "Nobody gave an e-mail while the browser was watched.");
}

void captured_personal(const struct evidence *evidence, struct finding *finding)
{
    for (unsigned i = 0; i < evidence->capture_count; i++)
        personal_in(evidence->captures[i], finding);
}
