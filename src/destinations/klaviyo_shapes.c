/*
 * The shapes of Klaviyo bodies: profile, items, addresses, and each metric's properties
 * (contract 6.7, the names of Klaviyo's own Shopify integration).
 *
 * Everything is plain text: Klaviyo writes to these people. Top-level scalars and lists can be used
 * in segments; what is bulky or of no use there goes under `$extra`.
 */
#include "../base/hash.h"
#include "../base/map.h"
#include "klaviyo.h"
#include "page.h"

#define LIST_CEILING   4000u /* entries of an array, contract 6.2 */
#define CUSTOM_CEILING 300u  /* of 400 properties; the rest is ours */
#define CUSTOM_DEPTH   8u    /* of 10 levels */

const struct field klaviyo_person_fields[] = {
    FIELD_IN(struct buyer, "first_name", first_name, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "last_name", last_name, .clean = klaviyo_plain),
    FIELDS_END,
};
const struct field klaviyo_location_fields[] = {
    FIELD_IN(struct buyer, "address1", address1, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "address2", address2, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "city", city, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "region", region, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "zip", zip, .clean = klaviyo_plain),
    FIELD_IN(struct buyer, "country", country_name, .clean = klaviyo_plain),
    FIELDS_END,
};
const struct field klaviyo_address_fields[] = {
    FIELD_IN(struct address, "FirstName", first_name, .clean = klaviyo_plain),
    FIELD_IN(struct address, "LastName", last_name, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Company", company, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Address1", address1, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Address2", address2, .clean = klaviyo_plain),
    FIELD_IN(struct address, "City", city, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Region", region, .clean = klaviyo_plain),
    FIELD_IN(struct address, "RegionCode", region_code, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Country", country_name, .clean = klaviyo_plain),
    FIELD_IN(struct address, "CountryCode", country, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Zip", zip, .clean = klaviyo_plain),
    FIELD_IN(struct address, "Phone", phone, .clean = klaviyo_plain),
    FIELDS_END,
};
const struct field klaviyo_item_fields[] = {
    FIELD_IN(struct item, "SKU", sku),           FIELD_IN(struct item, "ProductName", name),
    FIELD_IN(struct item, "Quantity", quantity), FIELD_IN(struct item, "ItemPrice", price),
    FIELD_IN(struct item, "ProductURL", url),    FIELD_IN(struct item, "ImageURL", image),
    FIELD_IN(struct item, "Brand", brand),       FIELDS_END,
};
const struct field klaviyo_product_fields[] = {
    FIELD_IN(struct item, "ProductName", name),
    FIELD_IN(struct item, "SKU", sku),
    FIELD_IN(struct item, "ImageURL", image),
    FIELDS_END,
};
static const struct field added_fields[] = {
    FIELD_IN(struct item, "AddedItemProductName", name),
    FIELD_IN(struct item, "AddedItemSKU", sku),
    FIELD_IN(struct item, "AddedItemImageURL", image),
    FIELD_IN(struct item, "AddedItemURL", url),
    FIELD_IN(struct item, "AddedItemPrice", price),
    FIELD_IN(struct item, "AddedItemQuantity", quantity),
    FIELDS_END,
};
const struct field klaviyo_order_fields[] = {
    FIELD("OrderId", order.id),
    FIELD("DiscountCode", order.coupon),
    FIELD("DiscountValue", order.discount),
    FIELD("Source Name", order.source_name),
    FIELDS_END,
};
const struct field klaviyo_extra_fields[] = {
    FIELD("checkout_url", order.checkout_url), FIELD("order_number", order.number),
    FIELD("order_name", order.name),           FIELD("financial_status", order.financial_status),
    FIELD("subtotal", order.subtotal),         FIELD("tax", order.tax),
    FIELD("shipping", order.shipping),         FIELDS_END,
};
const struct field klaviyo_shipment_fields[] = {
    FIELD("FulfillmentId", fulfillment.id),
    FIELD("FulfillmentStatus", fulfillment.status),
    FIELD("ShipmentStatus", fulfillment.shipment_status),
    FIELD("TrackingCompany", fulfillment.tracking_company),
    FIELD("TrackingNumber", fulfillment.tracking_number),
    FIELD("TrackingURL", fulfillment.tracking_url),
    FIELDS_END,
};

/* ---- profile -------------------------------------------------------------------------------- */

span klaviyo_plain(struct arena *arena, span raw)
{
    return hash_is_hex(raw, 2 * HASH_SIZE) ? (span){0} : clean_plain(arena, raw);
}

span klaviyo_email(struct arena *arena, span raw)
{
    return hash_is_hex(raw, 2 * HASH_SIZE) ? (span){0} : clean_email(arena, raw);
}

span klaviyo_phone(const struct buyer *buyer)
{
    return span_starts(buyer->phone, "+") ? buyer->phone : (span){0};
}

static void write_identifiers(struct json *json, struct arena *arena, const struct event *event,
                              const struct buyer *buyer, unsigned amend)
{
    span email = klaviyo_email(arena, buyer->email), phone = klaviyo_phone(buyer);
    bool alone = (amend & KLAVIYO_ONE_ID) != 0; /* then the first of these only */
    bool written = false;
    if (!span_empty(email)) {
        json_put_text(json, "email", email);
        written = true;
    }
    if (!span_empty(phone) && !(amend & KLAVIYO_NO_PHONE) && !(alone && written)) {
        json_put_text(json, "phone_number", phone);
        written = true;
    }
    if (!span_empty(buyer->customer_id) && !(alone && written)) {
        json_put_text(json, "external_id", buyer->customer_id);
        written = true;
    }
    if (!span_empty(event->client.kx) && !(alone && written))
        json_put_text(json, "_kx", event->client.kx);
}

static void write_location(struct json *json, struct arena *arena, const struct event *event,
                           struct buyer *buyer)
{
    span ip = buyer_public_ip(event->client.ip);
    if (!span_empty(buyer->region_code))
        buyer->region = buyer->region_code;
    if (span_empty(buyer->country_name))
        buyer->country_name = buyer->country;
    if (span_empty(ip) && span_empty(buyer->city) && span_empty(buyer->region) &&
        span_empty(buyer->zip) && span_empty(buyer->country_name) && span_empty(buyer->address1))
        return;
    json_open(json, "location", '{');
    field_write(json, arena, buyer, klaviyo_location_fields);
    if (!span_empty(ip))
        json_put_text(json, "ip", ip);
    json_close(json, '}');
}

void klaviyo_write_profile(struct json *json, const struct batch *batch, const struct event *event)
{
    struct arena *arena = batch->arena;
    struct buyer buyer;
    bool by_id = (batch->amend & KLAVIYO_ONE_ID) && !span_empty(batch->amend_with);
    buyer_read(arena, event, &buyer);
    json_open(json, "profile", '{');
    json_open(json, "data", '{');
    json_put_text(json, "type", SPAN("profile"));
    if (by_id)
        json_put_text(json, "id", batch->amend_with);
    json_open(json, "attributes", '{');
    if (!by_id)
        write_identifiers(json, arena, event, &buyer, batch->amend);
    field_write(json, arena, &buyer, klaviyo_person_fields);
    write_location(json, arena, event, &buyer);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

/* ---- items ------------------------------------------------------------------------------------
 */

static void write_categories(struct json *json, const char *key, const struct item *item)
{
    if (item->category_count == 0)
        return;
    json_open(json, key, '[');
    for (unsigned i = 0; i < item->category_count; i++)
        json_put_text(json, NULL, item->categories[i]);
    json_close(json, ']');
}

static void put_text(struct json *json, const char *key, span text)
{
    if (!span_empty(text))
        json_put_text(json, key, text);
}

static void put_money(struct json *json, struct arena *arena, const char *key, struct money money)
{
    if (money.given)
        json_put_raw(json, key, money_number(arena, money));
}

static void write_item(struct json *json, struct arena *arena, const struct settings *settings,
                       const struct item *item)
{
    json_open(json, NULL, '{');
    put_text(json, "ProductID", sale_product_id(arena, settings, item));
    field_write(json, arena, item, klaviyo_item_fields);
    put_money(json, arena, "RowTotal", sale_row(item));
    write_categories(json, "Categories", item);
    json_close(json, '}');
}

/* The distinct texts that `pick` finds on all items, in their order. */
struct collector {
    struct json *json;
    struct map seen;
    unsigned count;
};

static void collect(struct collector *to, span text)
{
    if (span_empty(text) || to->count >= LIST_CEILING || map_get(&to->seen, text))
        return;
    map_put(&to->seen, text, to);
    json_put_text(to->json, NULL, text);
    to->count++;
}

static void write_items(struct json *json, struct arena *arena, const struct settings *settings,
                        const struct sale *sale)
{
    if (sale->count == 0)
        return;
    json_open(json, "ItemNames", '[');
    for (unsigned i = 0; i < sale->count && i < LIST_CEILING; i++)
        put_text(json, NULL, sale->items[i].name);
    json_close(json, ']');

    struct collector categories = {.json = json}, brands = {.json = json};
    json_open(json, "Categories", '[');
    for (unsigned i = 0; i < sale->count; i++)
        for (unsigned c = 0; c < sale->items[i].category_count; c++)
            collect(&categories, sale->items[i].categories[c]);
    json_close(json, ']');
    json_open(json, "Brands", '[');
    for (unsigned i = 0; i < sale->count; i++)
        collect(&brands, sale->items[i].brand);
    json_close(json, ']');
    map_done(&categories.seen);
    map_done(&brands.seen);

    json_open(json, "Items", '[');
    for (unsigned i = 0; i < sale->count && i < LIST_CEILING; i++)
        write_item(json, arena, settings, &sale->items[i]);
    json_close(json, ']');
    json_put_int(json, "Item Count", sale->pieces);
}

/* Viewed Product and Ordered Product: one item, its members at the top. */
static void write_product(struct json *json, struct arena *arena, const struct settings *settings,
                          const struct item *item)
{
    put_text(json, "ProductID", sale_product_id(arena, settings, item));
    field_write(json, arena, item, klaviyo_product_fields);
    write_categories(json, "Categories", item);
}

static void write_viewed(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct event *event)
{
    const struct item *item = event->item_count > 0 ? &event->items[0] : NULL;
    span page = page_clean(arena, event->client.url);
    if (item) {
        write_product(json, arena, settings, item);
        put_text(json, "Brand", item->brand);
        put_money(json, arena, "Price", item->price);
    }
    put_text(json, "URL", item && !span_empty(item->url) ? item->url : page);
}

static void write_added(struct json *json, struct arena *arena, const struct settings *settings,
                        const struct event *event, const struct sale *sale)
{
    if (sale->count > 0) {
        const struct item *item = &sale->items[0];
        put_text(json, "AddedItemProductID", sale_product_id(arena, settings, item));
        field_write(json, arena, item, added_fields);
        write_categories(json, "AddedItemCategories", item);
    }
    put_text(json, "CheckoutURL", event->order.checkout_url);
    write_items(json, arena, settings, sale);
}

static void write_line(struct json *json, struct arena *arena, const struct settings *settings,
                       const struct event *event, const struct item *line)
{
    put_text(json, "OrderId", event->order.id);
    write_product(json, arena, settings, line);
    json_put_int(json, "Quantity", line->quantity);
    put_text(json, "ProductURL", line->url);
    put_text(json, "ProductBrand", line->brand);
}

/* ---- orders -----------------------------------------------------------------------------------
 */

static void write_address(struct json *json, struct arena *arena, const char *key,
                          const struct address *address)
{
    if (span_empty(address->city) && span_empty(address->zip) && span_empty(address->country) &&
        span_empty(address->last_name))
        return;
    json_open(json, key, '{');
    field_write(json, arena, address, klaviyo_address_fields);
    json_close(json, '}');
}

static void write_order(struct json *json, struct arena *arena, const struct settings *settings,
                        const struct event *event, const struct sale *sale)
{
    field_write(json, arena, event, klaviyo_order_fields);
    write_items(json, arena, settings, sale);
    write_address(json, arena, "BillingAddress", &event->who.billing);
    write_address(json, arena, "ShippingAddress", &event->who.shipping);
    if (event->name == EVENT_ORDER_CANCELLED)
        put_text(json, "Reason", event->order.cancel_reason);
    if (event->name == EVENT_ORDER_REFUNDED)
        put_text(json, "Reason", event->adjust.reason);
    field_write(json, arena, event, klaviyo_shipment_fields);
    json_open(json, "$extra", '{');
    field_write(json, arena, event, klaviyo_extra_fields);
    json_close(json, '}');
}

/* ---- properties -------------------------------------------------------------------------------
 */

static bool is_deep(const struct json_value *value, unsigned levels)
{
    if (value->kind != JSON_ARRAY && value->kind != JSON_OBJECT)
        return false;
    if (levels == 0 || value->count > LIST_CEILING)
        return true;
    for (const struct json_value *child = value->first; child; child = child->next)
        if (is_deep(child, levels - 1))
            return true;
    return false;
}

/* What the merchant put on the event. Keys with '$' mean something to Klaviyo ($value, $event_id).
 */
static void write_custom(struct json *json, struct arena *arena, const struct event *event)
{
    const struct json_value *custom = NULL;
    unsigned count = 0;
    if (span_empty(event->custom) || json_parse(arena, event->custom, &custom, NULL) != OK)
        return;
    for (const struct json_value *m = custom->first; m && count < CUSTOM_CEILING; m = m->next) {
        if (span_empty(m->key) || span_starts(m->key, "$") || is_deep(m, CUSTOM_DEPTH))
            continue;
        json_put_value_at(json, m->key, m);
        count++;
    }
}

static void write_by_name(struct json *json, struct arena *arena, const struct settings *settings,
                          const struct event *event, const struct sale *sale)
{
    switch (event->name) {
    case EVENT_PAGE_VIEWED: /* "Active on Site", as others are known to emulate it (contract 6.7) */
        json_put_bool(json, "$is_session_activity", true);
        put_text(json, "page", page_clean(arena, event->client.url));
        break;
    case EVENT_PRODUCT_VIEWED:
        write_viewed(json, arena, settings, event);
        break;
    case EVENT_COLLECTION_VIEWED:
        put_text(json, "CollectionName", event->collection_title);
        put_text(json, "CollectionID", event->collection_id);
        put_text(json, "URL", page_clean(arena, event->client.url));
        break;
    case EVENT_SEARCH_SUBMITTED:
        put_text(json, "SearchTerm", event->query);
        break;
    case EVENT_PRODUCT_ADDED_TO_CART:
        write_added(json, arena, settings, event, sale);
        break;
    case EVENT_CHECKOUT_STARTED:
        put_text(json, "CheckoutURL", event->order.checkout_url);
        write_order(json, arena, settings, event, sale);
        break;
    default:
        if (names_class(event->name) == EVENT_CLASS_ORDER)
            write_order(json, arena, settings, event, sale);
        else
            write_items(json, arena, settings, sale);
    }
}

void klaviyo_write_properties(struct json *json, struct arena *arena,
                              const struct settings *settings, const struct event *event,
                              const struct item *line)
{
    enum event_class class = names_class(event->name);
    struct sale sale;
    sale_read(arena, settings, event, &sale);
    json_open(json, "properties", '{');
    if (line)
        write_line(json, arena, settings, event, line);
    else
        write_by_name(json, arena, settings, event, &sale);
    if (class == EVENT_CLASS_CUSTOM || class == EVENT_CLASS_PEOPLE)
        write_custom(json, arena, event);
    json_close(json, '}');
}
