/*
 * What an event says to Google Analytics: a list of named parameters, and items.
 *
 * GA cuts or drops what is over its limits without a word, so the limits are met here (contract
 * 4.3): values are cut, never refused; after 25 parameters the rest stays behind, the ones that
 * matter go first. An item's price is what was paid for one piece, so a row's discount is spread
 * over its pieces, to the whole minor unit.
 */
#include "analytics.h"

#include "../base/url.h"
#include "page.h"

#define PAGE_CHARS     1000u
#define REFERRER_CHARS 420u
#define TITLE_CHARS    300u

/* ---- limits -----------------------------------------------------------------------------------
 */

span analytics_clip(span text, unsigned characters)
{
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool begins = ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
        if (begins && count++ == characters)
            return (span){text.ptr, i};
    }
    return text;
}

/* An URL cut inside an escape, or inside a parameter, would say something else. */
static span clip_url(span url, unsigned characters)
{
    return analytics_clip(url, characters).len == url.len
               ? url
               : analytics_clip(span_sub(url, 0, span_find(url, 0, '?')), characters);
}

bool analytics_name_valid(span name)
{
    static const char *const reserved[] = {"ad_activeview",
                                           "ad_click",
                                           "ad_exposure",
                                           "ad_impression",
                                           "ad_query",
                                           "adunit_exposure",
                                           "app_clear_data",
                                           "app_install",
                                           "app_update",
                                           "app_remove",
                                           "error",
                                           "first_open",
                                           "first_visit",
                                           "in_app_purchase",
                                           "notification_dismiss",
                                           "notification_foreground",
                                           "notification_open",
                                           "notification_receive",
                                           "os_update",
                                           "screen_view",
                                           "session_start",
                                           "user_engagement"};
    static const char *const prefixes[] = {"_", "firebase_", "ga_", "google_", "gtag."};
    if (span_empty(name) || name.len > ANALYTICS_NAME_BYTES)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
            return false;
    }
    for (unsigned i = 0; i < COUNT_OF(reserved); i++)
        if (span_is(name, reserved[i]))
            return false;
    for (unsigned i = 0; i < COUNT_OF(prefixes); i++)
        if (span_starts(name, prefixes[i]))
            return false;
    return true;
}

/* ---- items ------------------------------------------------------------------------------------
 */

static int64_t each(int64_t units, int64_t pieces)
{
    return (units + pieces / 2) / pieces;
}

static struct analytics_item read_item(struct arena *arena, const struct settings *settings,
                                       const struct item *from)
{
    struct analytics_item item = {
        .id = analytics_clip(sale_product_id(arena, settings, from), ANALYTICS_CHARS),
        .name = analytics_clip(from->name, ANALYTICS_CHARS),
        .brand = analytics_clip(from->brand, ANALYTICS_CHARS),
        .variant = analytics_clip(from->variant, ANALYTICS_CHARS),
        .price = from->price,
        .quantity = from->quantity > 0 ? from->quantity : 1,
    };
    for (unsigned i = 0; i < ANALYTICS_CATEGORIES && i < from->category_count; i++)
        item.categories[i] = analytics_clip(from->categories[i], ANALYTICS_CHARS);
    if (from->discount.given && from->discount.units > 0 && item.price.given &&
        item.price.scale == from->discount.scale) {
        item.discount = money_of(each(from->discount.units, item.quantity), item.price.scale);
        item.price = money_least_zero(money_subtract(item.price, item.discount));
    }
    return item;
}

static void read_items(struct arena *arena, const struct settings *settings,
                       const struct sale *sale, struct analytics_hit *hit)
{
    unsigned most = sale->count < ANALYTICS_ITEMS ? sale->count : ANALYTICS_ITEMS;
    struct analytics_item *items = arena_array(arena, struct analytics_item, most ? most : 1);
    for (unsigned i = 0; i < sale->count && hit->item_count < most; i++) {
        items[hit->item_count] = read_item(arena, settings, &sale->items[i]);
        bool named =
            !span_empty(items[hit->item_count].id) || !span_empty(items[hit->item_count].name);
        hit->item_count += named; /* GA needs one of them */
    }
    hit->items = items;
}

/* ---- parameters -------------------------------------------------------------------------------
 */

struct list {
    struct analytics_hit *hit;
    struct arena *arena;
    unsigned most;
};

static void put(struct list *list, span name, span value, bool number)
{
    if (span_empty(value) || list->hit->param_count >= list->most)
        return;
    list->hit->params[list->hit->param_count++] = (struct analytics_param){
        name, number ? value : analytics_clip(value, ANALYTICS_CHARS), number};
}

static void put_text(struct list *list, const char *name, span value)
{
    put(list, span_of(name), value, false);
}

static void put_money(struct list *list, const char *name, struct money money)
{
    if (money.given)
        put(list, span_of(name), money_number(list->arena, money), true);
}

/* Does the text say who somebody is? GA's terms forbid it. */
static bool is_personal(span text, const struct event *event)
{
    const struct who *who = &event->who;
    const span words[] = {who->email, who->phone, who->customer_id, who->first_name,
                          who->last_name};
    if (span_find(text, 0, '@') < text.len)
        return true;
    for (unsigned i = 0; i < COUNT_OF(words); i++)
        if (!span_empty(words[i]) && span_equal_nocase(text, words[i]))
            return true;
    return false;
}

static void put_order(struct list *list, const struct settings *settings, const struct event *event)
{
    const struct order *order = &event->order;
    put_text(list, "transaction_id", shop_transaction_id(settings->shop, &event->order));
    if (event->name != EVENT_ORDER_PLACED)
        return;
    put_money(list, "tax", order->tax);
    put_money(list, "shipping", order->shipping);
    put_text(list, "coupon", order->coupon);
    if (order->first_order != TRI_UNKNOWN)
        put_text(list, "customer_type",
                 order->first_order == TRI_YES ? SPAN("new") : SPAN("returning"));
}

static bool is_taken(const struct analytics_hit *hit, span name)
{
    static const char *const taken[] = {
        "currency",      "value",         "items",      "session_id", "engagement_time_msec",
        "page_location", "page_referrer", "page_title", "debug_mode", "event_id",
        "late"};
    for (unsigned i = 0; i < COUNT_OF(taken); i++)
        if (span_is(name, taken[i]))
            return true;
    for (unsigned i = 0; i < hit->param_count; i++)
        if (span_equal(name, hit->params[i].name))
            return true;
    return false;
}

/* "first_name", "BuyerEmail": whatever it holds is somebody's. */
static bool is_personal_key(struct arena *arena, span key)
{
    static const char *const personal[] = {"mail",  "phone",      "address",   "street",
                                           "birth", "first_name", "last_name", "full_name"};
    span lower = clean_lower(arena, key);
    for (unsigned i = 0; i < COUNT_OF(personal); i++)
        for (size_t at = 0; at < lower.len; at++)
            if (span_starts(span_sub(lower, at, lower.len), personal[i]))
                return true;
    return false;
}

/* The merchant's own event brings its own parameters: the scalar ones that are nobody's data. */
static void put_own(struct list *list, const struct event *event)
{
    const struct json_value *custom = NULL;
    if (span_empty(event->custom) || json_parse(list->arena, event->custom, &custom, NULL) != OK)
        return;
    for (const struct json_value *m = custom->first; m; m = m->next) {
        if (!analytics_name_valid(m->key) || is_taken(list->hit, m->key) ||
            is_personal_key(list->arena, m->key))
            continue;
        if (m->kind == JSON_NUMBER)
            put(list, m->key, m->text, true);
        else if (m->kind == JSON_STRING && !is_personal(m->text, event))
            put(list, m->key, m->text, false);
        else if (m->kind == JSON_TRUE || m->kind == JSON_FALSE)
            put(list, m->key, m->kind == JSON_TRUE ? SPAN("true") : SPAN("false"), false);
    }
}

static bool has_sale(enum event_name name)
{
    return name != EVENT_PAGE_VIEWED && name != EVENT_SEARCH_SUBMITTED &&
           name != EVENT_ACCOUNT_CREATED;
}

static void read_page(struct arena *arena, const struct settings *settings,
                      const struct event *event, bool limited, struct analytics_hit *hit)
{
    if (event->name == EVENT_ORDER_REFUNDED || event->name == EVENT_ORDER_CANCELLED)
        return; /* happened in the back office */
    span page = page_of(arena, settings, event);
    span referrer = page_clean(arena, event->client.referrer);
    /* A click id in the query would be an identifier again. */
    hit->page = clip_url(limited ? url_bare(page) : page, PAGE_CHARS);
    hit->referrer = clip_url(limited ? url_bare(referrer) : referrer, REFERRER_CHARS);
    if (!is_personal(event->client.title, event))
        hit->title = analytics_clip(event->client.title, TITLE_CHARS);
}

static void read_sale(struct list *list, const struct settings *settings, const struct event *event)
{
    struct analytics_hit *hit = list->hit;
    struct sale sale;
    sale_read(list->arena, settings, event, &sale);
    hit->currency = sale.currency;
    put_money(list, "value", sale.value);
    /* All of the order came back: GA then wants no items, and some may have come back before. */
    if (event->name != EVENT_ORDER_CANCELLED)
        read_items(list->arena, settings, &sale, hit);
}

void analytics_hit_read(struct arena *arena, const struct settings *settings,
                        const struct event *event, bool limited, unsigned room,
                        struct analytics_hit *ret_hit)
{
    struct analytics_hit hit = {0};
    struct list list = {&hit, arena, ANALYTICS_PARAMS - room};
    read_page(arena, settings, event, limited, &hit);
    if (names_class(event->name) == EVENT_CLASS_ORDER)
        put_order(&list, settings, event);
    if (has_sale(event->name))
        read_sale(&list, settings, event);
    if (event->name == EVENT_COLLECTION_VIEWED) {
        put_text(&list, "item_list_id", event->collection_id);
        put_text(&list, "item_list_name", event->collection_title);
    }
    if (event->name == EVENT_SEARCH_SUBMITTED)
        put_text(&list, "search_term",
                 is_personal(event->query, event) ? SPAN("(personal)") : event->query);
    if (event->name == EVENT_ACCOUNT_CREATED)
        put_text(&list, "method", SPAN("shop"));
    if (event->name == EVENT_CUSTOM)
        put_own(&list, event);
    *ret_hit = hit;
}
