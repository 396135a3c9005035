/* What blockers stop: blocked.h. */
#include "blocked.h"

#include "../base/url.h"

const struct blocked_rule blocked_rules[] = {
    {"connect.facebook.net", NULL, "Meta's pixel"},
    {"facebook.com", "/tr", "Meta's events"},
    {"analytics.tiktok.com", NULL, "TikTok's pixel"},
    {"googletagmanager.com", NULL, "Google's tags and tag manager"},
    {"google-analytics.com", NULL, "Google Analytics"},
    {"analytics.google.com", NULL, "Google Analytics"},
    {"googleadservices.com", NULL, "Google Ads"},
    {"doubleclick.net", NULL, "Google Ads"},
    {"s.pinimg.com", "/ct/", "Pinterest's tag"},
    {"ct.pinterest.com", NULL, "Pinterest's events"},
    {"sc-static.net", "scevent", "Snap's pixel"},
    {"tr.snapchat.com", NULL, "Snap's events"},
    {"bat.bing.com", NULL, "Microsoft's UET"},
    {"static-tracking.klaviyo.com", NULL, "Klaviyo's tracking script"},
    {NULL, "/gtm.js", "a tag manager by its usual name, first-party too"},
    {NULL, "/gtag/js", "Google's tag by its usual name, first-party too"},
    {NULL, "/fbevents.js", "Meta's pixel by its usual name, first-party too"},
    {NULL, "/beacon.js", "a beacon by its usual name"},
    {NULL, "/dl-web-pixel.js", "a web pixel by its usual name"},
    {NULL, "/klaviyo_analytics.js", "Klaviyo's analytics"},
    {NULL, "/a/elevar/static/", "Elevar's fixed path on the shop's own domain"},
    {NULL, "/web-pixels-manager/", "Shopify's pixel runtime"},
    {NULL, "/.well-known/shopify/monorail", "Shopify's own analytics"},
    {NULL, "consent-tracking-api", "Shopify's consent script"},
    {NULL, "/api/collect", "a collection address by its usual name"},
    {NULL, "/collect?v=", "a collection address by its usual parameters"},
    {.what = NULL},
};

static bool host_under(span host, const char *parent)
{
    size_t len = strlen(parent);
    if (host.len < len || !span_equal_nocase(span_sub(host, host.len - len, len), span_of(parent)))
        return false;
    return host.len == len || host.ptr[host.len - len - 1] == '.';
}

/* Hosts that begin so are listed, wherever they are. */
static bool host_listed(span host)
{
    return span_starts(host, "sgtm.") || span_starts(host, "ssgtm.");
}

const struct blocked_rule *blocked_by(span text)
{
    static const struct blocked_rule by_name = {
        NULL, NULL, "a host that begins with sgtm. or ssgtm., which is on the lists by name"};
    struct url url;
    if (url_parse(text, &url) != OK)
        return NULL;
    span path = span_sub(text, url.origin.len, text.len);
    for (const struct blocked_rule *rule = blocked_rules; rule->what; rule++)
        if ((!rule->host || host_under(url.host, rule->host)) &&
            (!rule->path || span_search(path, 0, rule->path) < path.len))
            return rule;
    return host_listed(url.host) ? &by_name : NULL;
}
