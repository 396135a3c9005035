/*
 * Match quality: platforms match an event to a person by the identifiers it carries. Counted at
 * each acceptance (pipeline/daybook.h), told for the ones that the platform can use.
 */
#include "reports.h"

#include "../pipeline/daybook.h"
#include "latency.h"

#define BIT(name) (1u << DAYBOOK_##name)
#define WHO       (BIT(EMAIL) | BIT(PHONE) | BIT(NAME) | BIT(ADDRESS))
#define DEVICE    (BIT(IP) | BIT(AGENT))

/* What each can use: contracts/destinations, the user data of each. */
static const struct {
    const char *destination;
    unsigned names;
} uses[] = {{"meta", WHO | DEVICE | BIT(CUSTOMER) | BIT(FBP) | BIT(FBC)},
            {"google", WHO | DEVICE | BIT(GCLID)},
            {"tiktok", BIT(EMAIL) | BIT(PHONE) | BIT(CUSTOMER) | DEVICE | BIT(TTP) | BIT(TTCLID)},
            {"ga4", BIT(GA) | BIT(CUSTOMER) | BIT(EMAIL) | BIT(PHONE)},
            {"sgtm", WHO | DEVICE | BIT(GA) | BIT(FBP) | BIT(FBC) | BIT(GCLID)},
            {"klaviyo", BIT(EMAIL) | BIT(PHONE) | BIT(CUSTOMER) | BIT(KX) | BIT(NAME)},
            {"pinterest", WHO | DEVICE | BIT(CUSTOMER)}};

static const char *const advice[DAYBOOK_NAME_COUNT] = {
    [DAYBOOK_EMAIL] =
        "Ask for the e-mail earlier (newsletter form, login), and put `sidetrack link` "
        "into your mails: whoever comes from one is known at once.",
    [DAYBOOK_PHONE] = "Make the phone a field of the checkout, and give it with its country code.",
    [DAYBOOK_NAME] =
        "Comes with orders and accounts; browsing gets it once somebody is identified.",
    [DAYBOOK_ADDRESS] = "Comes with orders; keep zip and country among the checkout's fields.",
    [DAYBOOK_CUSTOMER] = "Ask people to log in, or offer accounts after the checkout.",
    [DAYBOOK_VISITOR] = "Install the snippet on every page: visitors are known by its cookie.",
    [DAYBOOK_IP] = "Behind a proxy, set `trusted_proxies`, or every buyer has the proxy's address.",
    [DAYBOOK_AGENT] = "Comes with the browser's half: see the recovery report for orders without.",
    [DAYBOOK_FBP] = "Set by Meta's pixel, or by our snippet where consent is given.",
    [DAYBOOK_FBC] = "Only visitors from Meta's ads have it; keep fbclid through redirects.",
    [DAYBOOK_GCLID] = "Only visitors from Google's ads have it; keep gclid through redirects and "
                      "switch auto-tagging on.",
    [DAYBOOK_GA] = "Set by the Google tag: load it before the checkout begins.",
    [DAYBOOK_TTP] = "Set by TikTok's pixel, or by our snippet where consent is given.",
    [DAYBOOK_TTCLID] = "Only visitors from TikTok's ads have it; keep ttclid through redirects.",
    [DAYBOOK_KX] = "Only visitors from Klaviyo's mails have it; keep _kx through redirects.",
};

static const char *const method[] = {
    "The share of accepted events that carried each identifier a platform can use, when they went "
    "out: known from "
    "the event, or filled in from the person by then. Days are UTC's.",
    "Whether the platform found somebody by it is known to the platform alone. Click ids are "
    "expected of visitors "
    "from that platform's ads only: a low share there is not a fault.",
    NULL};

static unsigned used_by(const char *destination)
{
    for (unsigned i = 0; i < COUNT_OF(uses); i++)
        if (strcmp(uses[i].destination, destination) == 0)
            return uses[i].names;
    return (1u << DAYBOOK_NAME_COUNT) - 1;
}

struct shares {
    int64_t events, names[DAYBOOK_NAME_COUNT];
};

static enum status load(const struct reports_page *page, const char *name, struct shares *shares)
{
    const struct story *story = page->story;
    struct report_count *rows;
    unsigned count;
    *shares = (struct shares){.events = 0};
    int64_t last = zone_midnight(&page->wish->zone, page->wish->until - HOUR_MS);
    enum status status = report_counts(story->view, story->arena, page->shop,
                                       arena_print(story->arena, "has:%s", name).ptr,
                                       reports_counter_day(page, page->wish->from),
                                       reports_counter_day(page, last), &rows, &count);
    for (unsigned i = 0; status == OK && i < count; i++) {
        if (span_is(rows[i].label, "(all)"))
            shares->events += rows[i].n;
        for (unsigned k = 0; k < DAYBOOK_NAME_COUNT; k++)
            if (span_is(rows[i].label, daybook_name_text((enum daybook_name)k)))
                shares->names[k] += rows[i].n;
    }
    return status;
}

static void tell_name(struct reports_page *page, const char *destination,
                      const struct shares *shares, unsigned name)
{
    char room[LATENCY_SHARE_ROOM];
    span share = latency_share(shares->names[name], shares->events, room);
    const char *text = daybook_name_text((enum daybook_name)name);
    bool could_be_more = shares->events > 0 && shares->names[name] * 10 < shares->events * 9;
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_put_text(page->json, "name", span_of(text));
        json_put_int(page->json, "events", shares->names[name]);
        if (shares->events > 0)
            json_put_raw(page->json, "share", share);
        else
            json_put_null(page->json, "share");
        json_put_text(page->json, "advice", span_of(could_be_more ? advice[name] : ""));
        json_close(page->json, '}');
    } else if (page->form == REPORTS_CSV) {
        buf_print(page->out, "%s,%s,%lld,%lld,%.*s\r\n", destination, text,
                  (long long)shares->names[name], (long long)shares->events, SPAN_ARG(share));
    } else if (shares->events > 0) {
        buf_print(page->out, "  %-12s %3lld %%%s%s\n", text,
                  (long long)(shares->names[name] * 100 / shares->events),
                  could_be_more ? "  " : "", could_be_more ? advice[name] : "");
    }
}

static enum status tell_destination(struct reports_page *page, const char *name)
{
    struct shares shares;
    unsigned names = used_by(name);
    enum status status = load(page, name, &shares);
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_put_text(page->json, "destination", span_of(name));
        json_put_int(page->json, "events", shares.events);
        json_open(page->json, "identifiers", '[');
    } else if (page->form == REPORTS_TEXT) {
        buf_print(page->out, "%s, %lld event%s accepted\n", name, (long long)shares.events,
                  shares.events == 1 ? "" : "s");
    }
    for (unsigned i = 0; i < DAYBOOK_NAME_COUNT; i++)
        if (names & (1u << i))
            tell_name(page, name, &shares, i);
    if (page->form == REPORTS_JSON) {
        json_close(page->json, ']');
        json_close(page->json, '}');
    }
    return status;
}

enum status reports_match(struct reports_page *page)
{
    const struct story *story = page->story;
    enum status status = OK;
    if (page->form == REPORTS_JSON) {
        json_open(page->json, NULL, '{');
        json_open(page->json, "destinations", '[');
    } else if (page->form == REPORTS_CSV) {
        buf_add_text(page->out, "destination,identifier,events_with,events,share\r\n");
    } else {
        buf_print(page->out, "Match quality of %.*s\n\n", SPAN_ARG(page->wish->shop->name));
    }
    for (unsigned i = 0; i < story->outlet_count && status == OK; i++)
        if (story->outlets[i].shop == page->wish->shop)
            status = tell_destination(page, story->outlets[i].destination->name);
    if (page->form == REPORTS_JSON)
        json_close(page->json, ']');
    reports_method(page, method);
    if (page->form == REPORTS_JSON)
        json_close(page->json, '}');
    return status;
}
