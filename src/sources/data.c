/*
 * Reading INTERFACE 5's "data", see data.h.
 *
 *   query, collection{id,title}            as they are
 *   value, currency, items[]               money text or number; currency defaults to the shop's;
 *                                          an item's url and image may be relative to the page
 *   checkout_token, cart_token, order_id,  which checkout, cart or order this is about
 *   coupon, first_order                    (also inside "order", with "id" for order_id)
 *   anything else                          kept under custom, up to LIMIT_CUSTOM_BYTES; what does
 *                                          not fit is dropped
 *
 * A browser's money goes into value and items only, never into the order's own amounts: those are
 * for signed bodies. Wrong money, quantities or currencies refuse the event, because a platform
 * would learn from them; a wrong id or title is only not known.
 */
#include "data.h"
#include "pick.h"
#include "../base/limits.h"
#include "../base/url.h"

static const char *const known[] = {
    "query",          "collection", "currency", "value",  "items",       "order",
    "checkout_token", "cart_token", "order_id", "coupon", "first_order", NULL,
};

static const struct data_trouble money_invalid = {
    "money_invalid", "an amount is neither a decimal number nor decimal text"};
static const struct data_trouble quantity_invalid = {"quantity_invalid",
                                                     "a quantity is not a whole number"};
static const struct data_trouble too_many_items = {"too_many_items",
                                                   "more items than one event may have"};
static const struct data_trouble currency_invalid = {"currency_invalid",
                                                     "currency is no ISO 4217 code"};
static const struct data_trouble name_missing = {"name_missing", "the event has no name"};
static const struct data_trouble name_reserved = {"name_reserved",
                                                  "only the shop's server may say this"};
static const struct data_trouble name_invalid = {
    "name_invalid", "a name is 1 to 50 letters, digits and _ . : - space"};

static void read_categories(struct arena *arena, const struct json_value *list, struct item *item)
{
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return;
    unsigned room = list->count < LIMIT_CATEGORIES ? list->count : LIMIT_CATEGORIES;
    span *categories = arena_array(arena, span, room);
    unsigned count = 0;
    for (const struct json_value *value = list->first; value && count < room; value = value->next) {
        span text = span_trim(json_text(value));
        if (text.len > 0 && text.len <= LIMIT_TEXT_BYTES)
            categories[count++] = text;
    }
    item->categories = categories;
    item->category_count = count;
}

static const struct data_trouble *read_item(struct arena *arena, const struct json_value *json,
                                            const struct event *event, span origin,
                                            struct item *item)
{
    item->line_id = pick_id(json, "line_id");
    item->product_id = pick_id(json, "product_id");
    item->variant_id = pick_id(json, "variant_id");
    item->sku = pick_text(arena, json, "sku", LIMIT_TEXT_BYTES);
    item->name = pick_text(arena, json, "name", LIMIT_TEXT_BYTES);
    item->variant = pick_text(arena, json, "variant", LIMIT_TEXT_BYTES);
    item->brand = pick_text(arena, json, "brand", LIMIT_TEXT_BYTES);
    item->url = pick_page_url(arena, json, "url", origin);
    item->image = pick_page_url(arena, json, "image", origin);
    read_categories(arena, json_get(json, "categories"), item);
    if (pick_money(json, "price", event->currency, &item->price) != OK ||
        pick_money(json, "discount", event->currency, &item->discount) != OK)
        return &money_invalid;
    if (pick_quantity(json, "quantity", 1, &item->quantity) != OK)
        return &quantity_invalid;
    return NULL;
}

static const struct data_trouble *read_items(struct arena *arena, const struct json_value *list,
                                             struct event *event)
{
    const struct data_trouble *trouble = NULL;
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return NULL;
    if (list->count > LIMIT_ITEMS)
        return &too_many_items;
    struct item *items = arena_array(arena, struct item, list->count);
    struct url page = {0};
    if (url_parse(event->client.url, &page) != OK)
        page.origin = (span){0};
    unsigned count = 0;
    for (const struct json_value *json = list->first; json && !trouble; json = json->next) {
        if (json->kind == JSON_OBJECT)
            trouble = read_item(arena, json, event, page.origin, &items[count++]);
    }
    event->items = items;
    event->item_count = count;
    return trouble;
}

static void read_order(struct arena *arena, const struct json_value *data, struct order *order)
{
    const struct json_value *inner = json_get(data, "order");
    const struct {
        const char *outer_key, *inner_key;
        span *ret_value;
    } table[] = {
        {"checkout_token", "checkout_token", &order->checkout_token},
        {"cart_token", "cart_token", &order->cart_token},
        {"order_id", "id", &order->id},
    };
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        span value = pick_id(data, table[i].outer_key);
        if (span_empty(value))
            value = pick_id(inner, table[i].inner_key);
        if (!span_empty(value))
            *table[i].ret_value = value;
    }
    order->coupon = pick_text(arena, data, "coupon", 255);
    if (span_empty(order->coupon))
        order->coupon = pick_text(arena, inner, "coupon", 255);
    const struct json_value *first = json_get(data, "first_order");
    if (!first)
        first = json_get(inner, "first_order");
    if (first && (first->kind == JSON_TRUE || first->kind == JSON_FALSE))
        order->first_order = first->kind == JSON_TRUE ? TRI_YES : TRI_NO;
}

const struct data_trouble *data_read(struct arena *arena, const struct shop *shop,
                                     const struct json_value *data, struct event *ret_event)
{
    const struct json_value *currency = json_get(data, "currency");
    const struct json_value *collection = json_get(data, "collection");
    ret_event->currency = shop->currency;
    if (currency && currency->kind != JSON_NULL) {
        span code = span_trim(json_text(currency));
        bool empty = currency->kind == JSON_STRING && span_empty(code);
        if (!empty && !money_currency_valid(code))
            return &currency_invalid;
        if (!empty)
            ret_event->currency = pick_upper(arena, code);
    }
    if (pick_money(data, "value", ret_event->currency, &ret_event->value) != OK)
        return &money_invalid;
    ret_event->query = pick_text(arena, data, "query", LIMIT_TEXT_BYTES);
    ret_event->collection_id = pick_id(collection, "id");
    ret_event->collection_title = pick_text(arena, collection, "title", LIMIT_TEXT_BYTES);
    ret_event->custom = pick_rest(arena, data, known);
    read_order(arena, data, &ret_event->order);
    const struct data_trouble *trouble = read_items(arena, json_get(data, "items"), ret_event);
    if (!ret_event->value.given && ret_event->item_count == 0)
        ret_event->currency = (span){0}; /* no money: nothing to name */
    return trouble;
}

static bool custom_name(span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && (c == '\0' || !strchr("_ .:-", c)))
            return false;
    }
    return text.len >= 1 && text.len <= 50;
}

const struct data_trouble *data_name(span text, struct event *ret_event)
{
    if (span_empty(text))
        return &name_missing;
    enum event_name name = names_find(text);
    enum event_class class = names_class(name);
    if (class == EVENT_CLASS_ORDER || class == EVENT_CLASS_FACT)
        return &name_reserved;
    if (name == EVENT_CUSTOM && !custom_name(text))
        return &name_invalid;
    ret_event->name = name;
    ret_event->name_text = text;
    return NULL;
}
