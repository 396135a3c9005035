/*
 * What happened: one customer action or one fact of the shop, in our words.
 *
 * The struct mirrors the canonical JSON of INTERFACE 5b member by member; event_write() and
 * event_read() turn one into the other and back without loss (a property test holds that).
 * All text is valid UTF-8; spans live as long as the arena of the batch or request they came in.
 * Absent span, given == false and count 0 mean "not known" and are not written.
 */
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H
#include "../base/json.h"
#include "consent.h"
#include "money.h"
#include "names.h"

enum event_source {
    SOURCE_BROWSER, /* our snippet */
    SOURCE_PIXEL,   /* Shopify's web pixel */
    SOURCE_SHOPIFY, /* signed webhook */
    SOURCE_MAGENTO,
    SOURCE_API,     /* POST /v1/events with a token */
    SOURCE_DERIVED, /* made by RECORD from others */
    SOURCE_COUNT,
};

enum event_kind { /* of an order: decides whether it is this store's own sale */
                  KIND_WEB,
                  KIND_POS,
                  KIND_DRAFT,
                  KIND_RENEWAL,
                  KIND_MARKETPLACE,
                  KIND_TEST,
                  KIND_COUNT,
};

/* Whom a journal row is for: bits of journal.audience. 0 = nobody, it only informs us. */
enum event_audience {
    AUDIENCE_ADS = 1,       /* Meta, Google, TikTok, Pinterest … */
    AUDIENCE_ANALYTICS = 2, /* GA4, GTM server container */
    AUDIENCE_MAIL = 4,      /* Klaviyo */
    AUDIENCE_ALL = 7,
};

enum tri { TRI_UNKNOWN, TRI_NO, TRI_YES };

struct landing {
    span url, referrer;
    int64_t at;
};

/* Cookies and click ids that destinations read, as captured (contracts/destinations 0.5). One list:
   the struct, its JSON, what `ids` of a body may say, what a visitor's other events are filled
   with. A click id that comes in a URL has a row in sources/clicks.c too. */
#define EVENT_IDS(_)                                                                               \
    _(fbp)                                                                                         \
    _(fbc)                                                                                         \
    _(ga)                                                                                          \
    _(ga_session)                                                                                  \
    _(gclid)                                                                                       \
    _(gbraid)                                                                                      \
    _(wbraid)                                                                                      \
    _(ttclid)                                                                                      \
    _(ttp)                                                                                         \
    _(epik)                                                                                        \
    _(kx)
#define EVENT_ID_MEMBER(name) span name;

/* What the buyer's browser showed us. ip and user_agent belong to the same device. */
struct client {
    span ip, user_agent, url, referrer, language, title;
    EVENT_IDS(EVENT_ID_MEMBER)
    span client_id;
    span gad;    /* JSON object, verbatim */
    span clicks; /* the same, of tags that no destination reads yet: msclkid, _scid … */
    struct landing landing; /* the first page this visitor was seen on */
    struct landing touch;   /* the newest that he came to from outside (touch.h) */
};

struct address {
    span first_name, last_name, company, address1, address2, city;
    span region, region_code; /* "California", "CA" */
    span zip;
    span country, country_name; /* "US", "United States" */
    span phone;
};

struct who {
    span visitor; /* our ULID */
    span email,
        phone; /* as given; cleaned per destination. phone is E.164 when it could be understood */
    span customer_id;
    span first_name, last_name, city, region, zip, country;
    struct address billing, shipping;
    bool linked; /* the e-mail is from a link we signed */
};

struct item {
    span line_id; /* the order line, where there is one */
    span product_id, variant_id, sku, name, variant, brand, url, image;
    struct money price;    /* unit price before discounts */
    struct money discount; /* of the whole row */
    int64_t quantity;
    const span *categories;
    unsigned category_count;
};

struct order {
    span id;     /* the shop's own id, digits */
    span number; /* 1001 */
    span name;   /* #1001 */
    span key;    /* our minted order.id: o_TOKEN or o_ID; what every platform sees as event id */
    /* What the shop's own tag calls it (`orders.transaction_id`): minted by RECORD when the order
       is sent, and the same ever after, whatever the config says by then. RECORD writes over what
       came from outside. */
    span transaction_id;
    span checkout_token, cart_token;
    span checkout_url;  /* recovery link: goes to Klaviyo only, has a secret in it */
    span currency;      /* ISO 4217, upper case */
    struct money value; /* by the store's `value` policy, in `currency` like all below */
    struct money total, subtotal, tax, shipping, discount, refunded;
    span coupon;
    enum event_kind kind;
    enum tri first_order;
    span source_name, financial_status, cancel_reason;
    struct money current_total; /* after edits and refunds, as the shop says */
    struct money current_value; /* the same by the store's `value` policy, where the body tells */
    int64_t created_at, updated_at, cancelled_at; /* ms, 0 = not */
    const struct item *items;
    unsigned item_count;
};

struct adjust {
    span refund_id;
    struct money amount;
    struct money remaining; /* what the order is worth after it, where RECORD knows */
    span currency, reason;
    const struct item *items;
    unsigned item_count;
};

struct fulfillment {
    span id, status, shipment_status, tracking_company, tracking_number, tracking_url;
};

struct bot { /* bot.h; score 0: nothing looks like one, or nobody asked */
    int64_t score;
    span why;
};

/* What a source tells RECEIVE and RECORD beside the event. Not in the JSON. */
struct aside {
    struct landing came;  /* this page, if it was come to from outside (touch.h); at 0: no */
    bool customer_signed; /* who.customer_id is Shopify's word (app proxy), the rest the body's */
    bool automated;       /* the browser says that a program drives it */
    span account_email;   /* the customer's own, where the order has another: that one names him */
};

struct event {
    span id;
    enum event_name name;
    span name_text; /* as written; the custom name where name == EVENT_CUSTOM */
    int64_t at, received_at;
    int64_t
        raw_at; /* as sent, never skew-corrected: the dedup key's time. Not in the JSON; 0 = at */
    span store;
    enum event_source source;
    int64_t from[4]; /* journal seqs a derived event comes from */
    unsigned from_count;
    struct client client;
    struct who who;
    struct consent consent;
    struct order order;
    span query;
    span collection_id, collection_title;
    const struct item *items; /* of a storefront or checkout event */
    unsigned item_count;
    struct money value;
    span currency;
    struct adjust adjust;
    struct fulfillment fulfillment;
    span custom; /* JSON object, verbatim */
    struct bot bot;
    bool backfill;      /* appended on identification, with its original time */
    struct aside aside; /* last */
};

struct event_list {
    struct event *events;
    unsigned count;
};

/* A webhook's signature or an API token stands behind it: only such may name orders and people, and
   price them. */
static inline bool event_is_signed(const struct event *event)
{
    return event->source == SOURCE_SHOPIFY || event->source == SOURCE_API;
}

/* Where the buyer is, for consent: as told with it, else where goods or bills go; absent: unknown.
 */
span event_region(const struct event *event);
const char *event_source_text(enum event_source source);
enum event_source event_source_find(span text); /* SOURCE_COUNT when unknown */
const char *event_kind_text(enum event_kind kind);
enum event_kind event_kind_find(span text); /* KIND_COUNT when unknown */

/* Canonical JSON, one object, no white space. */
void event_write(struct buf *out, const struct event *event);
/* From canonical JSON that we wrote, or that POST /v1/events brings. Money needs a currency:
   the object's own, else that of the object around it (the event's is its order's), else `currency`
   (the store's); the object then names it. Absent source reads as SOURCE_BROWSER, the least
   trusted; absent name as EVENT_CUSTOM without text. Spans point into the tree and the arena.
   INVALID: *ret_error (may be NULL) holds "word: path sentence", the word one of type_invalid
   money_invalid too_many_items text_too_long. */
MUST_USE enum status event_read(struct arena *arena, const struct json_value *json, span currency,
                                struct event *ret_event, struct error *ret_error);

/* Rules every event must hold, whatever brought it. On INVALID, ret_error->text is
   "word: sentence", e.g. "time_ahead: at is more than a day ahead of now". Words: id_missing
   id_too_long name_missing name_too_long time_missing time_ahead time_too_old text_too_long
   too_many_items money_negative money_invalid currency_invalid (also: an amount without any)
   quantity_invalid utf8_invalid. ret_error may be NULL. `window_ms` is the dedup
   window: older events (by their own time) are refused because we could not tell a copy. FACTs and
   derived events are exempt from the age rule. */
MUST_USE enum status event_check(const struct event *event, int64_t now, int64_t window_ms,
                                 struct error *ret_error);

#endif
