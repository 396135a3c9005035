/*
 * The tags, one row each. Facts and ids: contracts/sources 8.2 (an open database of technologies,
 * blocker lists, captured storefronts); parameters of requests other than Meta's, GA4's and
 * Klaviyo's are as documented by their makers, not seen by us.
 *
 * Patterns: case does not matter. A class is repeated only with a bound, so that no page can make
 * one slow; \s* may stand after a literal. Text is scanned with \/ and \u0026 already undone.
 */
#include "signature.h"

#define LOADER(pattern)                                                                            \
    {                                                                                              \
        MARK_LOADER, pattern, NULL                                                                 \
    }
#define START(pattern)                                                                             \
    {                                                                                              \
        MARK_START, pattern, NULL                                                                  \
    }
#define FALLBACK(pattern)                                                                          \
    {                                                                                              \
        MARK_FALLBACK, pattern, NULL                                                               \
    }
#define TRACE(pattern)                                                                             \
    {                                                                                              \
        MARK_TRACE, pattern, NULL                                                                  \
    }
#define NETWORK(pattern, id)                                                                       \
    {                                                                                              \
        MARK_NETWORK, pattern, id                                                                  \
    }
#define COOKIE(pattern)                                                                            \
    {                                                                                              \
        MARK_COOKIE, pattern, NULL                                                                 \
    }
#define HEADER(pattern)                                                                            \
    {                                                                                              \
        MARK_HEADER, pattern, NULL                                                                 \
    }
#define Q "['\"`]"

/* clang-format would make ladders of the rows. */
/* clang-format off */
const struct signature signature_list[] = {
    /* ---- ad platforms ---- */
    {"meta", "Meta Pixel", SIGNATURE_AD, {
        LOADER("connect\\.facebook\\.(?:net|com)/[\\w.-]{1,40}/fbevents\\.js"),
        START("fbq\\(\\s*" Q "init" Q "\\s*,\\s*" Q "?(\\d{8,20})"),
        FALLBACK("facebook\\.com/tr/?\\?id=(\\d{8,20})"),
        START("\"Facebook Pixel\":\\{\"pixelIds\":\\[\"(\\d{8,20})"), /* Shopify's trekkie [D] */
        TRACE("\\b_fbq\\b"),
        NETWORK("^(?:www\\.)?facebook\\.com/tr/?(?:$|\\?)", "id"),
        NETWORK("^connect\\.facebook\\.net/signals/config/(\\d{8,20})", NULL),
        COOKIE("_fb[pc]")}},
    {"google_ads", "Google Ads", SIGNATURE_AD, {
        LOADER("googletagmanager\\.com/gtag/js\\?id=(AW-\\d{6,14})"),
        LOADER("googleadservices\\.com/pagead/conversion(?:_async)?\\.js"),
        START("gtag\\(\\s*" Q "config" Q "\\s*,\\s*" Q "(AW-\\d{6,14})"),
        TRACE("send_to" Q "?\\s*:\\s*\\[?\\s*" Q "(AW-\\d{6,14})"),
        NETWORK("^(?:www\\.)?googleadservices\\.com/pagead/conversion/(\\d{6,14})", NULL),
        NETWORK("^(?:[\\w-]{1,40}\\.)?(?:doubleclick\\.net|google\\.[a-z.]{2,7})/pagead/"
                "(?:viewthroughconversion|1p-conversion|1p-user-list|conversion)/(\\d{6,14})", NULL),
        NETWORK("^[\\w.-]{1,80}/ccm/(?:collect|conversion)", "tid"),
        COOKIE("_gcl_(?:aw|au|dc|gb)")}},
    {"tiktok", "TikTok Pixel", SIGNATURE_AD, {
        LOADER("analytics\\.tiktok\\.com/i18n/pixel/events\\.js(?:\\?sdkid=([A-Z0-9]{15,25}))?"),
        START("ttq\\.load\\(\\s*" Q "([A-Z0-9]{15,25})"),
        TRACE("\\bTiktokAnalyticsObject\\b|_tiktok_sdkid"),
        NETWORK("^analytics\\.tiktok\\.com/api/v\\d/pixel", NULL),
        COOKIE("_ttp|_tt_enable_cookie")}},
    {"pinterest", "Pinterest Tag", SIGNATURE_AD, {
        LOADER("s\\.pinimg\\.com/ct/core\\.js"),
        START("pintrk\\(\\s*" Q "load" Q "\\s*,\\s*" Q "(\\d{8,20})"),
        FALLBACK("ct\\.pinterest\\.com/v3/?\\?[^\\s\"'<>]{0,80}tid=(\\d{8,20})"),
        NETWORK("^ct\\.pinterest\\.com/(?:v3|user)/?(?:$|\\?)", "tid"),
        COOKIE("_pin_unauth|_epik")}},
    {"snap", "Snap Pixel", SIGNATURE_AD, {
        LOADER("sc-static\\.net/scevent\\.min\\.js"),
        START("snaptr\\(\\s*" Q "init" Q "\\s*,\\s*" Q "([0-9a-f-]{36})"),
        NETWORK("^tr\\d?\\.snapchat\\.com/(?:p|cm)\\b", "pid"),
        COOKIE("_scid(?:_r)?")}},
    {"microsoft", "Microsoft Advertising (UET)", SIGNATURE_AD, {
        LOADER("bat\\.bing\\.(?:com|net)/bat\\.js"),
        START("\\bUET\\(\\s*\\{\\s*" Q "?ti" Q "?\\s*:\\s*" Q "(\\d{4,12})"),
        START("[{,]\\s*ti\\s*:\\s*" Q "(\\d{4,12})" Q "[^{}]{0,80}?[}\\],]"),
        TRACE("\\buetq\\b"),
        NETWORK("^bat\\.bing\\.(?:com|net)/action/", "ti"),
        COOKIE("_uet[sv]id")}},
    {"reddit", "Reddit Pixel", SIGNATURE_AD, {
        LOADER("redditstatic\\.com/ads/pixel\\.js"),
        START("rdt\\(\\s*" Q "init" Q "\\s*,\\s*" Q "(\\w{6,30})"),
        NETWORK("^alb\\.reddit\\.com/rp\\.gif", "id"),
        NETWORK("^pixel-config\\.reddit\\.com/", NULL),
        COOKIE("_rdt_uuid")}},
    {"x", "X Pixel", SIGNATURE_AD, {
        LOADER("static\\.ads-twitter\\.com/uwt\\.js"),
        START("twq\\(\\s*" Q "(?:init|config)" Q "\\s*,\\s*" Q "(\\w{4,20})"),
        NETWORK("^(?:t\\.co|analytics\\.twitter\\.com)/(?:\\d/)?i/adsct", "txn_id"),
        COOKIE("_twclid")}},
    {"linkedin", "LinkedIn Insight Tag", SIGNATURE_AD, {
        LOADER("snap\\.licdn\\.com/li\\.lms-analytics/insight(?:\\.old)?(?:\\.min)?\\.js"),
        START("_linkedin_partner_id\\s*=\\s*" Q "?(\\d{3,12})"),
        NETWORK("^(?:px\\d?|dc)\\.ads\\.linkedin\\.com/", "pid"),
        COOKIE("li_fat_id")}},
    {"criteo", "Criteo", SIGNATURE_AD, {
        LOADER("(?:static|dynamic)\\.criteo\\.(?:net|com)/js/ld"),
        NETWORK("^[\\w.-]{0,60}\\.criteo\\.(?:net|com)/", NULL)}},
    {"taboola", "Taboola", SIGNATURE_AD, {
        LOADER("\\bcdn\\.taboola\\.com/libtrc"),
        NETWORK("^[\\w.-]{0,60}\\.taboola\\.com/", NULL)}},
    {"outbrain", "Outbrain", SIGNATURE_AD, {
        LOADER("\\bamplify\\.outbrain\\.com/"),
        NETWORK("^[\\w.-]{0,60}\\.outbrain\\.com/", NULL)}},
    {"adroll", "AdRoll", SIGNATURE_AD, {
        LOADER("\\bs\\.adroll\\.com/"),
        NETWORK("^[\\w.-]{0,60}\\.adroll\\.com/", NULL)}},
    {"quora", "Quora Pixel", SIGNATURE_AD, {
        LOADER("\\ba\\.quora\\.com/qevents\\.js"),
        START("\\bqp\\(\\s*" Q "init" Q "\\s*,\\s*" Q "(\\w{8,40})"),
        NETWORK("^q\\.quora\\.com/", NULL)}},

    /* ---- analytics ---- */
    {"ga4", "Google Analytics 4", SIGNATURE_ANALYTICS, {
        LOADER("googletagmanager\\.com/gtag/js\\?id=(G-[A-Z0-9]{6,12})"),
        START("gtag\\(\\s*" Q "config" Q "\\s*,\\s*" Q "(G-[A-Z0-9]{6,12})"),
        START("\"Google Gtag Pixel\":\\{\"conversionId\":\"(G-[A-Z0-9]{6,12})"), /* trekkie [D] */
        TRACE("send_to" Q "?\\s*:\\s*\\[?\\s*" Q "(G-[A-Z0-9]{6,12})"),
        NETWORK("^[\\w.-]{1,120}(?:/[\\w-]{1,40}){0,3}/g/collect\\?(?:[^#]{0,2000}&)?v=2", "tid"),
        COOKIE("_ga|_ga_[A-Z0-9]{6,12}")}},
    {"ua", "Universal Analytics", SIGNATURE_ANALYTICS, {
        LOADER("google-analytics\\.com/(?:ga|analytics)\\.js"),
        START("(?:\\bga\\(\\s*" Q "create" Q "|gtag\\(\\s*" Q "config" Q "|_setAccount" Q ")\\s*,\\s*"
              Q "(UA-\\d{4,10}-\\d{1,4})"),
        LOADER("googletagmanager\\.com/gtag/js\\?id=(UA-\\d{4,10}-\\d{1,4})"),
        NETWORK("^[\\w.-]{0,20}google-analytics\\.com/(?:[jr]/)?collect\\?", "tid"),
        COOKIE("__utm[abctz]")}},
    {"clarity", "Microsoft Clarity", SIGNATURE_REPLAY, {
        LOADER("clarity\\.ms/tag/?(\\w{6,16})?"),
        NETWORK("^[\\w.-]{0,20}\\.clarity\\.ms/collect", NULL),
        COOKIE("_cl[cs]k")}},
    {"hotjar", "Hotjar", SIGNATURE_REPLAY, {
        LOADER("static\\.hotjar\\.com/c/hotjar-?(\\d{4,10})?"),
        START("\\bhjid\\s*:\\s*(\\d{4,10})")}},
    {"lucky_orange", "Lucky Orange", SIGNATURE_REPLAY, {LOADER("luckyorange\\.(?:com|net)/")}},
    {"fullstory", "FullStory", SIGNATURE_REPLAY, {LOADER("(?:edge\\.)?fullstory\\.com/s/fs\\.js")}},
    {"posthog", "PostHog", SIGNATURE_ANALYTICS, {
        LOADER("posthog\\.com/static/array\\.js"), START("posthog\\.init\\(\\s*" Q "(phc_\\w{10,60})")}},
    {"segment", "Segment", SIGNATURE_MANAGER, {
        LOADER("cdn\\.segment\\.com/analytics\\.js/v1/(\\w{10,40})?")}},
    {"mixpanel", "Mixpanel", SIGNATURE_ANALYTICS, {
        LOADER("cdn\\.mxpnl\\.com/"), START("mixpanel\\.init\\(\\s*" Q "(\\w{20,40})")}},
    {"amplitude", "Amplitude", SIGNATURE_ANALYTICS, {LOADER("cdn\\.amplitude\\.com/")}},
    {"heap", "Heap", SIGNATURE_ANALYTICS, {
        LOADER("heapanalytics\\.com/js/heap-?(\\d{4,12})?"), START("heap\\.load\\(\\s*" Q "(\\d{4,12})")}},

    /* ---- tag managers ---- */
    {"gtm", "Google Tag Manager", SIGNATURE_MANAGER, {
        LOADER("googletagmanager\\.com/gtm\\.js\\?id=(GTM-[A-Z0-9]{4,10})"),
        START("gtm\\.start[\\s\\S]{0,700}?" Q "(GTM-[A-Z0-9]{4,10})" Q),
        FALLBACK("googletagmanager\\.com/ns\\.html\\?id=(GTM-[A-Z0-9]{4,10})"),
        NETWORK("^(?:www\\.)?googletagmanager\\.com/gtm\\.js", "id")}},
    {"google_tag", "Google tag", SIGNATURE_MANAGER, { /* brings GA4 and Ads as set at Google [D] */
        LOADER("googletagmanager\\.com/gtag/js\\?id=(GT-[A-Z0-9]{4,14})"),
        START("gtag\\(\\s*" Q "config" Q "\\s*,\\s*" Q "(GT-[A-Z0-9]{4,14})")}},

    /* ---- e-mail and SMS ---- */
    {"klaviyo", "Klaviyo", SIGNATURE_MAIL, {
        LOADER("static\\.klaviyo\\.com/onsite/js/(?:([A-Za-z0-9]{6})/)?klaviyo\\.js"
               "(?:\\?company_id=([A-Za-z0-9]{6}))?"),
        LOADER("static-tracking\\.klaviyo\\.com/"),
        START("_learnq\\.push\\(\\s*\\[\\s*" Q "account" Q "\\s*,\\s*" Q "([A-Za-z0-9]{6})"),
        TRACE("\\b_learnq\\b"),
        NETWORK("^a\\.klaviyo\\.com/client/(?:events|profiles|event-bulk-create|subscriptions)",
                "company_id"),
        NETWORK("^(?:static-tracking\\.klaviyo\\.com|fast\\.a\\.klaviyo\\.com)/", "company_id"),
        COOKIE("__kla_id")}},
    {"attentive", "Attentive", SIGNATURE_MAIL, {LOADER("cdn\\.attn\\.tv/([\\w-]{2,40})?")}},
    {"postscript", "Postscript", SIGNATURE_MAIL, {LOADER("sdk\\.postscript\\.io/")}},
    {"omnisend", "Omnisend", SIGNATURE_MAIL, {LOADER("omnisrc\\.com/")}},
    {"privy", "Privy", SIGNATURE_MAIL, {LOADER("widget\\.privy\\.com/|\\.privy\\.com/assets/")}},
    {"drip", "Drip", SIGNATURE_MAIL, {LOADER("tag\\.getdrip\\.com/(\\d{4,12})?")}},
    {"wunderkind", "Wunderkind", SIGNATURE_MAIL, {LOADER("bounceexchange\\.com/")}},

    /* ---- evidence that a server sends ---- */
    {"sgtm", "server-side Google Tag Manager", SIGNATURE_SERVER, {
        LOADER("//(?!www\\.googletagmanager\\.com|googletagmanager\\.com)([a-z0-9][a-z0-9.-]{3,100})"
               "(?:/[\\w-]{1,40}){0,3}/(?:gtm|gtag/js)(?:\\.js)?\\?(?:id|st)="),
        START("(?:server_container_url|transport_url)" Q "?\\s*[:,]\\s*" Q
              "https://([a-z0-9][a-z0-9.-]{3,100})"),
        START("gtm\\.start[\\s\\S]{0,600}?\\.src\\s*=\\s*" Q "https://(?!www\\.googletagmanager\\.com)"
              "([a-z0-9][a-z0-9.-]{3,100})"),
        NETWORK("^(?!(?:[\\w-]{1,40}\\.)?(?:google-analytics|analytics\\.google|googletagmanager)\\.com)"
                "([\\w.-]{1,120})(?:/[\\w-]{1,40}){0,3}/g/collect\\?", NULL)}},
    {"elevar", "Elevar", SIGNATURE_SERVER, {
        LOADER("/a/elevar/|shopify-gtm-suite\\.getelevar\\.com|\\.getelevar\\.com/"),
        TRACE("\\bElevarGtmSuite\\b|\\bElevarDataLayer\\b")}},
    {"littledata", "Littledata", SIGNATURE_SERVER, {
        LOADER("littledata\\.io/"), TRACE("\\bLittledataLayer\\b")}},
    {"triple_whale", "Triple Whale", SIGNATURE_SERVER, {
        LOADER("triplewhale-pixel|config-security\\.com/"), TRACE("\\bTriplePixel(?:Data)?\\b")}},
    {"northbeam", "Northbeam", SIGNATURE_SERVER, {LOADER("\\.northbeam\\.io/")}},
    {"polar", "Polar Analytics", SIGNATURE_SERVER, {LOADER("polaranalytics\\.com/")}},
    {"hyros", "Hyros", SIGNATURE_SERVER, {LOADER("/v1/lst/universal-script\\?ph=")}},
    {"wicked", "Wicked Reports", SIGNATURE_SERVER, {LOADER("widget\\.wickedreports\\.com/")}},
    {"stape", "Stape", SIGNATURE_SERVER, {
        LOADER("\\.stape\\.(?:io|net)/|stapecdn\\.com/"), TRACE("stape-server-gtm|\\bstape_gtm\\b")}},
    {"weltpixel", "WeltPixel Conversion Tracking", SIGNATURE_SERVER, {
        TRACE("WeltPixel_(?:GA4|MetaPixel|MetaConversionsApi|ConversionTracking)|weltpixel-conversion")}},

    /* ---- shop systems ---- */
    {"shopify", "Shopify", SIGNATURE_PLATFORM, {
        TRACE("Shopify\\.shop\\s*=\\s*" Q "([\\w-]{1,80}\\.myshopify\\.com)"),
        LOADER("//cdn\\.shopify\\.com/|/cdn/shop/|/cdn/shopifycloud/"),
        NETWORK("/\\.well-known/shopify/monorail/|/cdn/wpm/", NULL),
        HEADER("^x-shopid:\\s*(\\d{1,20})|^x-shopify-stage:|^powered-by:\\s*Shopify"),
        COOKIE("_shopify_(?:essential|analytics|marketing|y|s)")}},
    {"magento", "Magento", SIGNATURE_PLATFORM, {
        TRACE("text/x-magento-init|\\bMagento_\\w{2,40}/js\\b"),
        LOADER("/static/_requirejs/|/static/version\\d{4,14}/"),
        HEADER("^x-magento-[\\w-]{2,30}:"),
        COOKIE("mage-cache-storage|X-Magento-Vary|mage-messages")}},
    {"woocommerce", "WooCommerce", SIGNATURE_PLATFORM, { /* [D] */
        TRACE("\\bwoocommerce-no-js\\b|\\bwc_add_to_cart_params\\b"),
        LOADER("/plugins/woocommerce/"),
        COOKIE("woocommerce_(?:cart_hash|items_in_cart)|wp_woocommerce_session_\\w{1,40}")}},

    /* ---- consent ---- */
    {"onetrust", "OneTrust", SIGNATURE_CONSENT, {
        LOADER("cdn\\.cookielaw\\.org|otSDKStub\\.js"), COOKIE("OptanonConsent")}},
    {"cookiebot", "Cookiebot", SIGNATURE_CONSENT, {
        LOADER("consent\\.cookiebot\\.(?:com|eu)(?:/[^\\s\"'<>]{0,80}cbid=([0-9a-f-]{36}))?"),
        START("data-cbid=" Q "([0-9a-f-]{36})"), COOKIE("CookieConsent")}},
    {"usercentrics", "Usercentrics", SIGNATURE_CONSENT, {LOADER("usercentrics\\.eu/")}},
    {"didomi", "Didomi", SIGNATURE_CONSENT, {
        LOADER("sdk\\.privacy-center\\.org/"), COOKIE("didomi_token")}},
    {"cookieyes", "CookieYes", SIGNATURE_CONSENT, {
        LOADER("cdn-cookieyes\\.com/client_data/(\\w{8,40})?"), COOKIE("cookieyes-consent")}},
    {"termly", "Termly", SIGNATURE_CONSENT, {LOADER("app\\.termly\\.io/")}},
    {"osano", "Osano", SIGNATURE_CONSENT, {LOADER("cmp\\.osano\\.com/")}},
    {"trustarc", "TrustArc", SIGNATURE_CONSENT, {LOADER("consent\\.trustarc\\.com/")}},
    {"axeptio", "Axeptio", SIGNATURE_CONSENT, {
        LOADER("static\\.axept\\.io/"), TRACE("\\baxeptioSettings\\b"), COOKIE("axeptio_cookies")}},
    {"cookiefirst", "CookieFirst", SIGNATURE_CONSENT, {LOADER("consent\\.cookiefirst\\.com/")}},
    {"enzuzo", "Enzuzo", SIGNATURE_CONSENT, {LOADER("app\\.enzuzo\\.com/")}},
    {"ketch", "Ketch", SIGNATURE_CONSENT, {LOADER("ketchcdn\\.com/")}},
    {"pandectes", "Pandectes", SIGNATURE_CONSENT, {
        LOADER("pandectes-core\\.js|pandectes\\.io/"), COOKIE("_pandectes_gdpr")}},
    {"consentmo", "Consentmo", SIGNATURE_CONSENT, {LOADER("consentmo\\.com/|gdprcdn\\.b-cdn\\.net/")}},
    {"iubenda", "iubenda", SIGNATURE_CONSENT, {
        LOADER("iubenda\\.com/"), COOKIE("_iub_cs-\\d{1,12}")}},
    {"cookie_script", "Cookie-Script", SIGNATURE_CONSENT, {LOADER("cookie-script\\.com/")}},
    {"sourcepoint", "Sourcepoint", SIGNATURE_CONSENT, {LOADER("\\.privacy-mgmt\\.com/")}},
    {"quantcast", "Quantcast Choice", SIGNATURE_CONSENT, {
        LOADER("quantcast\\.mgr\\.consensu\\.org|cmp\\.quantcast\\.com/")}},
    {"complianz", "Complianz", SIGNATURE_CONSENT, {
        TRACE("\\bcomplianz\\b"), COOKIE("cmplz_(?:statistics|marketing)")}},
    {"shopify_banner", "Shopify's cookie banner", SIGNATURE_CONSENT, {
        LOADER("consent-tracking-api|/privacy-banner(?:/|\\.js)|storefront-banner\\.js"),
        TRACE("\\bshopify-privacy-banner\\b|privacyBanner\\.")}},
    {.tag = NULL},
};
/* clang-format on */

const struct signature *signature_find(const char *tag)
{
    for (const struct signature *s = signature_list; s->tag; s++)
        if (strcmp(s->tag, tag) == 0)
            return s;
    return NULL;
}

const char *signature_kind_text(enum signature_kind kind)
{
    static const char *const texts[] = {
        [SIGNATURE_AD] = "ad platform",        [SIGNATURE_ANALYTICS] = "analytics",
        [SIGNATURE_MANAGER] = "tag manager",   [SIGNATURE_MAIL] = "e-mail and SMS",
        [SIGNATURE_REPLAY] = "session replay", [SIGNATURE_SERVER] = "server-side sender",
        [SIGNATURE_PLATFORM] = "shop system",  [SIGNATURE_CONSENT] = "consent banner",
    };
    return texts[kind];
}

const char *signature_role_text(enum signature_role role)
{
    switch (role) {
    case MARK_LOADER:
        return "loads";
    case MARK_START:
        return "starts";
    case MARK_FALLBACK:
        return "fallback";
    case MARK_TRACE:
        return "trace";
    case MARK_NETWORK:
        return "request";
    case MARK_COOKIE:
        return "cookie";
    case MARK_HEADER:
        return "header";
    }
    return "";
}
