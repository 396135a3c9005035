/*
 * Every key of the config, in the order in which people read it. INTERFACE 3 is the promise; a
 * row here is the whole of a key: its kind, place, default and help.
 */
#include "config_row.h"

#include <assert.h>

#define TOP(key_, kind_, member_)                                                                  \
    .key = key_, .kind = kind_, .offset = offsetof(struct config, member_)
#define SHOP(key_, kind_, member_)                                                                 \
    .key = key_, .kind = kind_, .offset = offsetof(struct shop, member_)
#define COMMON(key_, kind_, member_)                                                               \
    .key = key_, .kind = kind_, .offset = offsetof(struct settings, member_)
#define SECTION(key_, rows_, help_)                                                                \
    {                                                                                              \
        .key = key_, .kind = &config_section, .rows = rows_, .help = help_                         \
    }
#define END                                                                                        \
    {                                                                                              \
        .key = NULL                                                                                \
    }

/* ---- words ----------------------------------------------------------------------------------- */

static const struct option_word formats[] = {{"logfmt", LOG_LOGFMT}, {"json", LOG_JSON}, {0}};
static const struct option_word levels[] = {
    {"debug", LOG_DEBUG}, {"info", LOG_INFO}, {"warn", LOG_WARN}, {"error", LOG_ERROR}, {0}};
static const struct option_word modes[] = {{"live", SHOP_LIVE}, {"test", SHOP_TEST}, {0}};
static const struct option_word bots[] = {
    {"exclude", BOTS_EXCLUDE}, {"include", BOTS_INCLUDE}, {0}};
static const struct option_word triggers[] = {
    {"created", TRIGGER_CREATED}, {"paid", TRIGGER_PAID}, {0}};
static const struct option_word browser_only[] = {
    {"drop", BROWSER_ONLY_DROP}, {"send", BROWSER_ONLY_SEND}, {0}};
static const struct option_word values[] = {
    {"total", VALUE_TOTAL}, {"subtotal", VALUE_SUBTOTAL}, {"net", VALUE_NET}, {0}};
static const struct option_word tags[] = {
    {"meta", TAG_META}, {"tiktok", TAG_TIKTOK}, {"google", TAG_GOOGLE}, {0}};
static const struct option_word moneys[] = {
    {"shop", MONEY_SHOP}, {"presentment", MONEY_PRESENTMENT}, {0}};
static const struct option_word transactions[] = {{"order_id", TRANSACTION_ORDER_ID},
                                                  {"order_number", TRANSACTION_ORDER_NUMBER},
                                                  {"order_name", TRANSACTION_ORDER_NAME},
                                                  {0}};
static const struct option_word kinds[] = {{"test", KIND_TEST},
                                           {"pos", KIND_POS},
                                           {"draft", KIND_DRAFT},
                                           {"renewal", KIND_RENEWAL},
                                           {"marketplace", KIND_MARKETPLACE},
                                           {"zero", KIND_COUNT},
                                           {0}};
static_assert(EXCLUDE_ZERO == 1u << KIND_COUNT, "`zero` is the bit after the kinds");
static const struct option_word choices[] = {
    {"denied", CONSENT_DENIED}, {"granted", CONSENT_GRANTED}, {0}};
static const struct option_word outlet_modes[] = {
    {"live", OUTLET_LIVE}, {"dry", OUTLET_DRY}, {"validate", OUTLET_VALIDATE}, {0}};
static const struct option_word consent_rules[] = {{"require", CONSENT_REQUIRE},
                                                   {"limited", CONSENT_LIMITED},
                                                   {"transactional", CONSENT_TRANSACTIONAL},
                                                   {0}};

/* ---- a destination, besides its own options ---------------------------------------------------
 */

const struct config_row config_common_rows[] = {
    {COMMON("enabled", &config_flag, enabled), .otherwise = "true",
     .help = "false: nothing is sent; what passes meanwhile is counted, not kept"},
    {COMMON("mode", &config_word, mode), .words = outlet_modes, .otherwise = "live",
     .help = "dry: encode, do not send; validate: the platform's own, dry where it has none"},
    {COMMON("events", &config_events, events),
     .help = "allow-list of event names; default: all the platform has a name for"},
    {COMMON("consent", &config_word, consent), .words = consent_rules,
     .help = "require: nothing without consent; limited: without identifiers and with the "
             "platform's privacy flag; transactional: orders only, whatever was said"},
    {COMMON("test_code", &config_text, test_code),
     .help = "the platform's test code; with it, test orders go out marked as tests"},
    {COMMON("product_id", &config_product, product_id),
     .help = "overrides the store's orders.product_id"},
    {COMMON("base_url", &config_base_url, base_url),
     .help = "scheme and host in place of the platform's"},
    {COMMON("api_version", &config_filled, api_version), .help = "version of the platform's API"},
    END,
};

/* ---- a store --------------------------------------------------------------------------------- */

static const struct config_row cookie_rows[] = {
    {SHOP("name", &config_token, cookie_name), .otherwise = "_gwid",
     .help = "name of the first-party cookie that keeps the visitor's id"},
    {SHOP("domain", &config_text, cookie_domain), .otherwise = "",
     .help = "domain of that cookie, such as .acme.example; empty: what the store registered"},
    END,
};

static const struct config_row consent_rows[] = {
    {SHOP("default", &config_word, consent.otherwise), .words = choices, .otherwise = "denied",
     .help = "for visitors who said nothing: in the EEA, UK, CH and unknown regions, and where "
             "`regions` has no word"},
    {SHOP("regions", &config_regions, consent),
     .help = "the same by region, outside the EEA, UK and CH: { US: granted, US-CA: denied }"},
    END,
};

static const struct config_row shopify_rows[] = {
    {SHOP("domain", &config_host, shopify.domain), .required = true,
     .help = "the permanent domain, NAME.myshopify.com"},
    {SHOP("secrets", &config_texts, shopify.secrets), .required = true, .secret = true,
     .help = "client secrets of the app; any of them may have signed a webhook"},
    {SHOP("notification_secret", &config_text, shopify.notification_secret), .secret = true,
     .otherwise = "", .help = "key of webhooks made under Settings > Notifications"},
    {SHOP("proxy", &config_path, shopify.proxy),
     .help = "the app proxy's path on the shop's own host, such as /apps/qz: where the snippet "
             "posts again what did not reach the gateway (docs/snippet.md)"},
    {SHOP("client_id", &config_text, shopify.client_id), .otherwise = "",
     .help = "Admin API, not used yet"},
    {SHOP("client_secret", &config_text, shopify.client_secret), .secret = true, .otherwise = "",
     .help = "Admin API, not used yet"},
    END,
};

static const struct config_row identity_rows[] = {
    {SHOP("back", &config_duration, identity.back_ms), .otherwise = "30d", .most = 365 * DAY_MS,
     .help = "how far an anonymous visitor's past becomes the person's; 0: not at all"},
    {SHOP("match_address", &config_flag, identity.match_address), .otherwise = "false",
     .help = "an order that nothing better joined takes the one browser with its address and user "
             "agent of that half hour; weak: offices share both"},
    {SHOP("nobody", &config_texts, identity.nobody),
     .help = "e-mails that stand for nobody, such as the till's; placeholders are known"},
    END,
};

static const struct config_row order_rows[] = {
    {SHOP("trigger", &config_word, orders.trigger), .words = triggers, .otherwise = "created",
     .help = "what makes an order count: that it was placed, or that it was paid"},
    {SHOP("hold", &config_duration, orders.hold_ms), .otherwise = "120s", .most = HOUR_MS,
     .help = "how long a webhook without a known visitor waits for the browser's half"},
    {SHOP("wait_for_webhook", &config_duration, orders.wait_for_webhook_ms), .otherwise = "15m",
     .most = 7 * DAY_MS, .help = "how long the browser's half waits for the webhook"},
    {SHOP("browser_only", &config_word, orders.browser_only), .words = browser_only,
     .otherwise = "drop", .help = "what becomes of an order whose webhook never came"},
    {SHOP("value", &config_word, orders.value), .words = values, .otherwise = "total",
     .help = "what an order is worth: total, subtotal (goods after discounts), net (without tax "
             "and shipping)"},
    {SHOP("money", &config_word, orders.money), .words = moneys, .otherwise = "shop",
     .help = "the shop's currency, or the one the buyer saw"},
    {SHOP("channels", &config_texts, orders.channels), .otherwise = "[web]",
     .help = "Shopify source_name values that are this store's own web sales"},
    {SHOP("exclude", &config_words, orders.exclude), .words = kinds,
     .otherwise = "[test, pos, draft, renewal, marketplace, zero]",
     .help = "kinds of orders that are counted here and sent nowhere"},
    {SHOP("transaction_id", &config_word, orders.transaction_id), .words = transactions,
     .otherwise = "order_id", .help = "which id the platforms know an order by"},
    {SHOP("product_id", &config_product, orders.product_id), .otherwise = "variant_id",
     .help = "which id the platforms know a product by, or a template such as "
             "\"shopify_US_{product_id}_{variant_id}\""},
    END,
};

const struct config_row config_store_rows[] = {
    {SHOP("name", &config_name, name), .required = true,
     .help = "short name, used in logs, metrics and commands; not to be changed later"},
    {SHOP("hosts", &config_hosts, hosts), .required = true,
     .help = "hosts whose pages may send events; *.acme.example allows every subdomain"},
    {SHOP("gateway_hosts", &config_hosts, gateway_hosts),
     .help = "names under which this gateway is reached for the store; needed when there are "
             "several stores"},
    {SHOP("currency", &config_currency, currency), .required = true,
     .help = "the shop's own currency"},
    {SHOP("timezone", &config_zone, timezone), .otherwise = "UTC", .help = "for reports by day"},
    {SHOP("mode", &config_word, mode), .words = modes, .otherwise = "live",
     .help = "test: test orders go out too, with the platform's test code"},
    {SHOP("collect_path", &config_path, collect_path), .required = true,
     .help = "where browsers post; short and neutral, `init` makes one up"},
    {SHOP("snippet_path", &config_path, snippet_path),
     .help = "where the snippet is served; default: collect_path with .js"},
    {SHOP("cart_attribute", &config_token, cart_attribute), .otherwise = "_qz",
     .help = "cart attribute that carries the visitor's id into the order"},
    {SHOP("bridge", &config_words, bridge), .words = tags,
     .help = "the page's own tags that the snippet fires with the gateway's event ids: [meta, "
             "tiktok, google]; let nothing else fire the same events (docs/snippet.md)"},
    SECTION("cookie", cookie_rows, "the visitor's cookie"),
    SECTION("consent", consent_rows, "consent of visitors who said nothing"),
    {SHOP("api_tokens", &config_texts, api_tokens), .secret = true,
     .help = "bearer tokens for POST /v1/events"},
    {SHOP("link_secret", &config_text, link_secret), .secret = true, .otherwise = "",
     .help = "signs the link parameter that says who clicked"},
    {SHOP("bots", &config_word, bots), .words = bots, .otherwise = "exclude",
     .help = "exclude: events of bots are counted and sent nowhere"},
    {SHOP("ignored_referrers", &config_texts, ignored_referrers),
     .help = "hosts that send nobody new, beside the known payment pages; name.* is any domain "
             "with that word"},
    {SHOP("link_parameter", &config_token, link_parameter), .otherwise = "_ql",
     .help = "name of that parameter in links"},
    SECTION("identity", identity_rows, "who is who"),
    SECTION("shopify", shopify_rows, "the Shopify shop whose webhooks come here"),
    SECTION("orders", order_rows, "which orders count, when, and how much"),
    {.key = "destinations", .kind = &config_outlets, .help = "where events go; each once a store"},
    END,
};

/* ---- the whole file -------------------------------------------------------------------------- */

static const struct config_row log_rows[] = {
    {TOP("format", &config_word, log_format), .words = formats, .otherwise = "logfmt",
     .help = "form of a log line"},
    {TOP("level", &config_word, log_level), .words = levels, .otherwise = "info",
     .help = "least level that is written"},
    END,
};

static const struct config_row email_rows[] = {
    {TOP("to", &config_texts, alerts.to), .help = "who gets alerts"},
    {TOP("smtp", &config_text, alerts.smtp), .otherwise = "", .secret = true,
     .help = "smtp://USER:PASSWORD@HOST:PORT (STARTTLS) or smtps://…"},
    {TOP("from", &config_text, alerts.from), .otherwise = "", .help = "sender of alerts"},
    END,
};

static const struct config_row alert_rows[] = {
    {TOP("webhook", &config_text, alerts.webhook), .otherwise = "", .secret = true,
     .help = "an address that gets a POST of JSON for each alert; Slack and its likes do"},
    SECTION("email", email_rows, "alerts by e-mail"),
    END,
};

static const struct config_row geo_rows[] = {
    {TOP("city", &config_text, geo.city), .otherwise = "",
     .help = "MaxMind city or country file: the region decides what silence about consent means"},
    {TOP("asn", &config_text, geo.asn), .otherwise = "",
     .help = "MaxMind ASN file: datacentres count towards bots"},
    END,
};

static const struct config_row audit_rows[] = {
    {TOP("allow_private", &config_flag, audit_private), .otherwise = "false",
     .help = "audits from the dashboard may look at private addresses, for a shop on a desk"},
    END,
};

static const struct config_row limit_rows[] = {
    {TOP("per_ip", &config_number, limits.per_ip), .otherwise = "50",
     .help = "collect requests a second from one address, bursts of ten times that; 0: no limit"},
    {TOP("per_store", &config_number, limits.per_store), .otherwise = "0",
     .help = "the same for one store; 0: no limit"},
    {TOP("connections", &config_number, limits.connections), .otherwise = "10000", .least = 16,
     .most = 1000000, .help = "open connections at most"},
    {TOP("loops", &config_number, limits.loops), .otherwise = "0", .most = 64,
     .help = "threads that receive; 0: as many as cores, four at most"},
    END,
};

const struct config_row config_top_rows[] = {
    {TOP("listen", &config_listen, listen), .otherwise = "0.0.0.0:8080",
     .help = "where browsers and shops reach the gateway; port 0: any free one"},
    {TOP("admin", &config_listen, admin), .otherwise = "127.0.0.1:8081",
     .help = "dashboard, API, metrics; keep it on this machine, or TLS in front of it"},
    {TOP("data", &config_filled, data), .otherwise = "/var/lib/sidetrack/sidetrack.db",
     .help = "the one file of data"},
    {TOP("trusted_proxies", &config_ranges, trusted), .otherwise = "[127.0.0.1/32]",
     .help = "proxies whose X-Forwarded-For is believed"},
    {TOP("retention", &config_duration, retention_ms), .otherwise = "90d", .least = DAY_MS,
     .most = 3650 * DAY_MS, .help = "how long the journal keeps events"},
    {TOP("keep", &config_duration, keep_ms), .otherwise = "2y", .least = DAY_MS,
     .most = 36500 * DAY_MS, .help = "how long people and orders are kept"},
    {TOP("dedup_window", &config_duration, dedup_window_ms), .otherwise = "7d", .least = HOUR_MS,
     .most = 90 * DAY_MS, .help = "copies are known this long; older events are refused"},
    SECTION("log", log_rows, "log lines on standard error"),
    SECTION("alerts", alert_rows, "who is told when something is unwell"),
    SECTION("geo", geo_rows, "regions from addresses"),
    SECTION("audit", audit_rows, "audits that are started on the dashboard"),
    SECTION("limits", limit_rows, "ceilings"),
    {.key = "stores", .kind = &config_stores, .required = true, .help = "one entry a shop"},
    END,
};
