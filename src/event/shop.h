/*
 * One entry of `stores:` in the config: a merchant's shop and its policies, as every floor sees
 * them. Called shop so that nobody takes it for the database (store/). Immutable once loaded; a
 * SIGHUP loads a new set and the old one lives until its last request is answered.
 */
#ifndef EVENT_SHOP_H
#define EVENT_SHOP_H
#include "consent.h"
#include "event.h"

enum shop_mode { SHOP_LIVE, SHOP_TEST };
enum shop_trigger { TRIGGER_CREATED, TRIGGER_PAID };
enum shop_value { VALUE_TOTAL, VALUE_SUBTOTAL, VALUE_NET };
enum shop_money { MONEY_SHOP, MONEY_PRESENTMENT };
enum shop_browser_only { BROWSER_ONLY_DROP, BROWSER_ONLY_SEND };
enum shop_transaction_id { TRANSACTION_ORDER_ID, TRANSACTION_ORDER_NUMBER, TRANSACTION_ORDER_NAME };
enum shop_bots { BOTS_EXCLUDE, BOTS_INCLUDE };
enum shop_tag { TAG_META, TAG_TIKTOK, TAG_GOOGLE, TAG_COUNT };

#define EXCLUDE_ZERO (1u << KIND_COUNT) /* joins the bits 1u << KIND_… in `exclude` */

struct span_list {
    const span *items;
    unsigned count;
};

struct shop {
    span name;
    unsigned index;                        /* place in the config; never stored */
    struct span_list hosts, gateway_hosts; /* lower case */
    span currency, timezone;
    enum shop_mode mode;
    span collect_path, snippet_path, cart_attribute;
    span cookie_name, cookie_domain;
    struct consent_defaults consent;
    unsigned bridge; /* bits 1u << TAG_…: the page's own tags that the snippet fires */
    span bridge_products[TAG_COUNT]; /* product_id of the destination behind a tag; absent: orders'
                                      */
    struct span_list api_tokens;
    span link_secret, link_parameter;
    struct {
        int64_t back_ms;         /* how far an anonymous visitor's past becomes the person's */
        struct span_list nobody; /* e-mails that name nobody */
        bool match_address;      /* join rule 6: by address and agent */
    } identity;
    enum shop_bots bots;
    struct span_list ignored_referrers; /* hosts; "name.*" is any domain with that word */
    int64_t dedup_window_ms; /* the top-level dedup_window, here so that decode sees it */
    struct {
        span domain; /* acme.myshopify.com; absent: no Shopify */
        struct span_list secrets;
        span notification_secret;
        span client_id, client_secret;
        span proxy; /* path of the app proxy on the shop's host; absent: none */
    } shopify;
    struct {
        enum shop_trigger trigger;
        int64_t hold_ms, wait_for_webhook_ms;
        enum shop_browser_only browser_only;
        enum shop_value value;
        enum shop_money money;
        struct span_list channels; /* source_name values that are own web sales */
        unsigned exclude;          /* bits 1u << KIND_…, EXCLUDE_ZERO */
        enum shop_transaction_id transaction_id;
        span product_id; /* variant_id | product_id | sku | template with {…} */
    } orders;
};

/* The id platforms know a product by: `rule` is a word or a template such as
   "shopify_US_{product_id}_{variant_id}". Falls back variant -> product -> sku when the word's
   member is absent. */
span shop_product_id(struct arena *arena, span rule, const struct item *item);
/* What the shop's own tag calls an order: as minted when it was sent, else by the config. Absent
   where the order lacks that: under any other id the platform would count it a second time. */
span shop_transaction_id(const struct shop *shop, const struct order *order);
bool shop_has_host(const struct shop *shop,
                   span host); /* hosts or gateway_hosts; "*.x" matches subdomains */

#endif
