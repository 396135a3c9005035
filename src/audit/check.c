/*
 * The twenty checks, and what a merchant is told: one row each. Rules: contracts/sources 8.3; the
 * Safari rules behind A10 and A11: 4.1; the blocker lists behind A15: 4.4.
 */
#include "check.h"

#include <assert.h>

#include "captured.h"

/* clang-format would make ladders of the rows. */
/* clang-format off */
const struct check check_list[CHECK_COUNT] = {
    {.id = "A1", .title = "Shop system", .weight = 1,
     .look = check_platform,
     .rule = "INFO with the shop system and theme when a header, script or global of one is seen.",
     .proof = "x-shopid and x-magento headers, Shopify.shop, Shopify.theme, x-magento-init, static file paths.",
     .limits = "A shop that hides its system, or a headless front, is not told.",
     .cost = "", .todo = ""},
    {.id = "A2", .title = "Tags, with their ids", .weight = 5,
     .look = check_tags,
     .look_captured = captured_tags,
     .rule = "INFO: the list. With a capture: WARN when no request of Meta, GA4, Google Ads or TikTok is in it.",
     .proof = "Loaders, start calls and Shopify's pixel configuration; in a capture: requests.",
     .limits = "Tags that a tag manager or a web pixel brings at run time show only in a capture.",
     .cost = "A platform that hears of no sale can neither count nor find buyers.",
     .todo = "Record a visit with your browser's tools and run the audit again with --har; if the platform you pay for is not in it, install its tag or feed it from the server."},
    {.id = "A3", .title = "Doubled tags", .weight = 9,
     .look = check_twice,
     .look_captured = captured_twice,
     .rule = "FAIL when one page starts the same tag with the same id from two places (theme, app, Shopify's channel); in a capture when one action makes two like requests within 2 s without one shared event id.",
     .proof = "Each place that starts it, quoted.",
     .limits = "A second copy that a tag manager brings shows only in a capture.",
     .cost = "Every visit and sale is counted twice: the cost per sale looks half of what it is, and bidding learns from sales that never were.",
     .todo = "Keep one: take the tag out of the theme's code if the platform's own app or channel brings it, or the other way round."},
    {.id = "A4", .title = "Two senders of purchases", .weight = 8,
     .look = check_senders,
     .rule = "WARN when a platform's own channel and another sender of purchases stand on one page.",
     .proof = "The channel's entry in Shopify's pixel configuration, and the other sender's script.",
     .limits = "Whether they share an event id shows only in a capture with a purchase.",
     .cost = "Two senders with ids of their own make two purchases of one.",
     .todo = "Let one of them send purchases, or make both use the same event id (Meta, TikTok) and transaction id (Google)."},
    {.id = "A5", .title = "Several ids of one platform", .weight = 4,
     .look = check_ids,
     .rule = "WARN when one page starts two ids of one platform.",
     .proof = "Each start call or configuration entry.",
     .limits = "Two ids may be meant (agency and shop); then say so to whoever reads the numbers.",
     .cost = "Sales are split or shown twice across accounts, and each learns from half.",
     .todo = "Take out the id that nobody looks at any more."},
    {.id = "A6", .title = "Event ids", .weight = 8,
     .look_captured = captured_event_ids,
     .rule = "FAIL when a conversion has no event id and a server sends too or is likely to; WARN when nothing tells of a server.",
     .proof = "The requests: Meta's eid, TikTok's event_id, Google's transaction id on purchases.",
     .limits = "Needs a capture.",
     .cost = "Without the id the platform cannot see that browser and server tell of the same sale: it counts two.",
     .todo = "Send one id from both sides: event_id for Meta and TikTok, transaction_id for Google."},
    {.id = "A7", .title = "Server-side sending", .weight = 7,
     .look = check_server_side,
     .look_captured = captured_server_side,
     .rule = "PASS with evidence of a server side: a first-party collection address, a vendor's script, a platform's own channel. None is NOT_DETERMINABLE from pages, WARN from a capture.",
     .proof = "server_container_url, gtm.js from the shop's own host, vendor scripts, channel entries; first-party requests.",
     .limits = "A server that sends from webhooks alone cannot be seen from outside.",
     .cost = "Ad blockers, Safari and lost thank-you pages take sales out of the browser's count; vendors report 10 to 40 %.",
     .todo = "Send purchases from the server as well, with the browser's event id: that is what sidetrack does."},
    {.id = "A8", .title = "Consent before tracking", .weight = 9,
     .look = check_consent,
     .look_captured = captured_consent,
     .rule = "FAIL when a Google tag stands before the consent default of the same page; in a capture: when Meta or TikTok are told before any answer. PASS when the default comes first.",
     .proof = "Order of the scripts in the page; order of requests and consent in a capture.",
     .limits = "Whether a law asks for consent depends on the visitor. A banner that a tag manager brings shows only in a capture.",
     .cost = "Data taken without consent may not be used; fines aside, Google Ads stops remarketing and modelling for EEA visitors.",
     .todo = "Put gtag('consent','default',…) or the banner's own script before every tag in <head>."},
    {.id = "A9", .title = "Consent Mode v2", .weight = 6,
     .look = check_consent_mode,
     .look_captured = captured_consent_mode,
     .rule = "FAIL when a consent default is set without ad_user_data and ad_personalization; in a capture WARN when Google's requests lack gcs or gcd.",
     .proof = "The default call, quoted; the requests.",
     .limits = "A default that a banner's script sets shows only in a capture.",
     .cost = "Since March 2024 Google Ads takes no EEA audience and models no conversion without the two signals.",
     .todo = "Add ad_user_data and ad_personalization to the default and to the update."},
    {.id = "A10", .title = "Cookies in Safari", .weight = 6,
     .look = check_cookies,
     .look_captured = captured_cookies,
     .rule = "PASS when the page's own answer sets a lasting id cookie; WARN when tags are there whose cookies scripts write.",
     .proof = "Set-Cookie of the page; tags that write _fbp, _ga, _gcl_aw, _ttp, __kla_id.",
     .limits = "Static looking sees no cookie that a script writes: that those tags write theirs is known of them.",
     .cost = "Safari deletes cookies that scripts write after 7 days, after 24 h when the visitor came by a decorated ad link: who buys later counts as new and unpaid.",
     .todo = "Set the visitor's cookie by the server of the page's own address (docs/cookie.md), and recognise people by login, e-mail link and checkout."},
    {.id = "A11", .title = "The tracking host in Safari", .weight = 6,
     .look = check_hosts, .asks = true,
     .rule = "WARN when a collection host of the shop's domain is a CNAME into another domain, or its IPv4 differs from the shop's in the first 16 bits (IPv6: 64). PASS when neither.",
     .proof = "CNAME chain and addresses, resolved during the audit.",
     .limits = "As seen from here and now; CDNs answer differently elsewhere.",
     .cost = "Safari then cuts that host's cookies to 7 days, so the subdomain buys nothing there.",
     .todo = "Serve the collection path from the shop's own host or through the same CDN, not from a bare CNAME."},
    {.id = "A12", .title = "Klaviyo's script", .weight = 7,
     .look = check_klaviyo,
     .rule = "FAIL when one page loads Klaviyo from two places (app embed and pasted code) or for two accounts. PASS with one.",
     .proof = "Each loader, quoted, with the company id.",
     .limits = "A copy that a tag manager brings shows only in a capture.",
     .cost = "Active on Site and Viewed Product count twice, and browse flows mail people twice.",
     .todo = "Keep the app embed (theme editor, App embeds) and take the pasted snippet out of theme.liquid."},
    {.id = "A13", .title = "Tag managers and remnants", .weight = 5,
     .look = check_managers,
     .rule = "WARN for several containers on a page, for Universal Analytics, and for a container before the consent default.",
     .proof = "Each container id; each remnant.",
     .limits = "What is inside a container is not looked at.",
     .cost = "Two containers often carry the same tags; Universal Analytics has counted nothing since July 2024 and still slows the page.",
     .todo = "Merge the containers; delete UA- tags."},
    {.id = "A14", .title = "Click ids on their way in", .weight = 8,
     .look = check_click_ids, .asks = true,
     .rule = "FAIL when gclid, fbclid, ttclid or _kx asked of the home page are gone after its redirects. PASS when all arrive.",
     .proof = "The address asked and the address reached.",
     .limits = "The home page only; a script may still strip them.",
     .cost = "Without its click id a sale cannot be credited to the ad that was paid for.",
     .todo = "Make the redirect (www, language, market, trailing slash) keep the query string."},
    {.id = "A15", .title = "Ad blockers", .weight = 4,
     .look = check_blocked,
     .rule = "WARN when a tag's script or address is on the common lists (EasyPrivacy, EasyList, uBlock).",
     .proof = "Each address, with the list's rule.",
     .limits = "Lists of August 2026. How many of your visitors block is not known.",
     .cost = "Who blocks is invisible in those numbers, and buys all the same.",
     .todo = "Do not rely on the browser for sales: send them from the server. Neutral first-party paths get through."},
    {.id = "A16", .title = "Value and currency", .weight = 8,
     .look_captured = captured_money,
     .rule = "FAIL when a purchase or an added product has no value, none above 0, or no ISO currency.",
     .proof = "The requests, with their parameters.",
     .limits = "Needs a capture, with a purchase for purchases.",
     .cost = "Bidding by value (target ROAS) learns nothing, or learns wrong.",
     .todo = "Send value as a number and currency as a three-letter code with every purchase."},
    {.id = "A17", .title = "Personal data", .weight = 9,
     .look_captured = captured_personal,
     .rule = "FAIL when a plain e-mail is in an address or body sent to a platform; PASS when hashed data is seen. Klaviyo's own requests may carry it.",
     .proof = "The request's host and the parameter's name, never the value.",
     .limits = "Needs a capture in which somebody gives an e-mail.",
     .cost = "Plain e-mails break the platforms' terms (accounts are closed for it) and the law; hashed ones raise the match rate.",
     .todo = "Find the page that puts the e-mail in its address; send em as SHA-256."},
    {.id = "A18", .title = "Content security policy", .weight = 3,
     .look = check_policy,
     .rule = "WARN when the policy would stop a script or a request of the shop's own host. PASS when it would not, or there is none.",
     .proof = "The header or meta element.",
     .limits = "A gateway on a subdomain needs that host allowed by name.",
     .cost = "A blocked snippet sends nothing, silently.",
     .todo = "Add the gateway's host to script-src and connect-src."},
    {.id = "A19", .title = "HTTPS", .weight = 4,
     .look = check_https,
     .rule = "WARN for a page over HTTP, for no Strict-Transport-Security, for scripts, frames and forms over http:// in an https page.",
     .proof = "The address reached, the header, the elements.",
     .limits = "Static looking sees what is in the HTML.",
     .cost = "Browsers block mixed scripts; Secure cookies are not sent over HTTP, so the visitor is new on each page.",
     .todo = "Redirect to https, add Strict-Transport-Security, write https:// or // in the theme."},
    {.id = "A20", .title = "Global Privacy Control", .weight = 1,
     .look = check_gpc, .asks = true,
     .rule = "INFO: whether /.well-known/gpc.json is there and says gpc: true.",
     .proof = "The answer to that address.",
     .limits = "Honouring the signal is not shown by it.",
     .cost = "", .todo = ""},
};
/* clang-format on */

static bool needs_evidence(const struct finding *finding)
{
    return finding->verdict >= FINDING_PASS;
}

/* Worst first; of equals the weightier; then by number. FAIL WARN PASS INFO NOT_DETERMINABLE
   NOT_RUN. */
static int compare(const void *left, const void *right)
{
    const struct finding *a = left, *b = right;
    if (a->verdict != b->verdict)
        return a->verdict > b->verdict ? -1 : 1;
    if (a->check->weight != b->check->weight)
        return a->check->weight > b->check->weight ? -1 : 1;
    return a->check < b->check ? -1 : a->check > b->check;
}

static void run_one(const struct evidence *evidence, const struct check *check,
                    struct finding *finding)
{
    *finding = (struct finding){.check = check, .arena = evidence->arena};
    if (check->look && (evidence->ways & SEEN_STATIC))
        check->look(evidence, finding);
    if (check->look && !check->asks && evidence->recorded)
        check->look(evidence->recorded, finding);
    if (check->look_captured && evidence->capture_count > 0)
        check->look_captured(evidence, finding);
    if (finding->verdict == FINDING_NOT_RUN && span_empty(finding->reason))
        finding->reason =
            check->look_captured && !check->look
                ? SPAN("This shows only in a browser: give a recording with --har FILE, or let the "
                       "audit open one with --live.")
                : SPAN("Not looked at this time.");
    assert(!needs_evidence(finding) || finding->seen_count > 0);
    if (finding->verdict >= FINDING_WARN) {
        if (span_empty(finding->cost))
            finding->cost = span_of(check->cost);
        if (span_empty(finding->todo))
            finding->todo = span_of(check->todo);
    }
}

void check_run(const struct evidence *evidence, struct finding *ret_findings)
{
    for (unsigned i = 0; i < CHECK_COUNT; i++)
        run_one(evidence, &check_list[i], &ret_findings[i]);
    qsort(ret_findings, CHECK_COUNT, sizeof *ret_findings, compare);
}
