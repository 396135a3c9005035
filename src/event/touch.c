/* See touch.h. */
#include "touch.h"

#include "../base/url.h"

/* "paypal.com": that and what is under it. "klarna.*": any domain with this word in it. */
static const char *const payment_hosts[] = {
    "shop.app",          "pay.shopify.com",
    "myshopify.com",     "checkout.shopify.com",
    "paypal.com",        "paypal.*",
    "stripe.com",        "klarna.*",
    "pay.google.com",    "apple.com",
    "afterpay.*",        "clearpay.*",
    "payments.amazon.*", "pay.amazon.*",
    "affirm.com",        "sezzle.com",
    "adyen.com",         "mollie.com",
    "checkout.com",      "worldpay.com",
    "sofort.com",        "giropay.de",
    "ideal.nl",          "przelewy24.pl",
    "3dsecure.*",        "cardinalcommerce.com",
    "arcot.com",         "securesuite.co.uk",
    "rsa3dsauth.com",    "wlp-acs.com",
};

static const char *const click_ids[] = {"gclid",   "gbraid",    "wbraid", "dclid", "fbclid",
                                        "ttclid",  "msclkid",   "twclid", "epik",  "ScCid",
                                        "rdt_cid", "li_fat_id", "_kx"};

/* Does `word` begin at a label of the host? */
static bool has_label(span host, span word)
{
    for (size_t at = 0; at + word.len <= host.len; at++) {
        if ((at == 0 || host.ptr[at - 1] == '.') &&
            span_equal_nocase(span_sub(host, at, word.len), word))
            return true;
    }
    return false;
}

static bool host_fits(span host, span pattern)
{
    if (span_ends(pattern, ".*"))
        return has_label(host, span_sub(pattern, 0, pattern.len - 1)); /* with its dot */
    size_t more = host.len - pattern.len;
    return host.len >= pattern.len &&
           span_equal_nocase(span_sub(host, more, pattern.len), pattern) &&
           (more == 0 || host.ptr[more - 1] == '.');
}

static bool is_ours(const struct shop *shop, span host)
{
    if (shop_has_host(shop, host) || span_equal_nocase(host, shop->shopify.domain))
        return true;
    for (size_t i = 0; i < COUNT_OF(payment_hosts); i++)
        if (host_fits(host, span_of(payment_hosts[i])))
            return true;
    for (unsigned i = 0; i < shop->ignored_referrers.count; i++)
        if (host_fits(host, shop->ignored_referrers.items[i]))
            return true;
    return false;
}

/* The referrer if it is somebody else's page that counts, else absent. */
static span outside(const struct shop *shop, span referrer)
{
    struct url url;
    if (url_parse(referrer, &url) != OK || is_ours(shop, url.host))
        return (span){0};
    return referrer;
}

static bool has_campaign(span text)
{
    struct url url;
    span name, value;
    if (url_parse(text, &url) != OK)
        return false;
    while (url_query_next(&url.query, &name, &value)) {
        if (span_starts(name, "utm_") && value.len > 0)
            return true;
        for (size_t i = 0; i < COUNT_OF(click_ids); i++)
            if (value.len > 0 && span_is(name, click_ids[i]))
                return true;
    }
    return false;
}

struct landing touch_of(const struct shop *shop, span url, span referrer, int64_t at)
{
    struct landing touch = {.url = url, .referrer = outside(shop, referrer), .at = at};
    bool is_one = has_campaign(url) || !span_empty(touch.referrer);
    return is_one ? touch : (struct landing){0};
}
