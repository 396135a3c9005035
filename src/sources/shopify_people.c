/*
 * What several of Shopify's bodies say in the same words: addresses, phones, how the buyer came,
 * the visitor we left in the cart, an order line, a parcel's tracking.
 */
#include "shopify.h"
#include "clicks.h"
#include "pick.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "../event/clean.h"

span shopify_phone(struct shopify_body *body, const struct json_value *object, const char *key,
                   span country)
{
    span raw = pick_exact(object, key, 64);
    if (span_empty(raw))
        return raw;
    if (!span_equal(raw, body->phone.raw) || !span_equal(country, body->phone.country)) {
        body->phone.raw = raw;
        body->phone.country = country;
        body->phone.e164 = pick_either(phone_e164(body->arena, raw, country), raw);
    }
    return body->phone.e164;
}

struct address shopify_address(struct shopify_body *body, const struct json_value *json)
{
    struct arena *arena = body->arena;
    span country = pick_exact(json, "country_code", 2);
    return (struct address){
        .first_name = pick_text(arena, json, "first_name", 255),
        .last_name = pick_text(arena, json, "last_name", 255),
        .company = pick_text(arena, json, "company", 255),
        .address1 = pick_text(arena, json, "address1", 255),
        .address2 = pick_text(arena, json, "address2", 255),
        .city = pick_text(arena, json, "city", 255),
        .region = pick_text(arena, json, "province", 255),
        .region_code = pick_text(arena, json, "province_code", 16),
        .zip = pick_text(arena, json, "zip", 64),
        .country = country,
        .country_name = pick_text(arena, json, "country", 255),
        .phone = shopify_phone(body, json, "phone", country),
    };
}

void shopify_lives_at(struct who *who, const struct address *address)
{
    who->first_name = pick_either(who->first_name, address->first_name);
    who->last_name = pick_either(who->last_name, address->last_name);
    who->city = address->city;
    who->region = pick_either(address->region_code, address->region);
    who->zip = address->zip;
    who->country = address->country;
}

static span own_host(const struct shop *shop)
{
    for (unsigned i = 0; i < shop->hosts.count; i++) {
        if (!span_starts(shop->hosts.items[i], "*"))
            return shop->hosts.items[i];
    }
    return shop->shopify.domain;
}

void shopify_landing(struct shopify_body *body, struct event *event)
{
    struct client *client = &event->client;
    struct url url;
    span site = pick_exact(body->json, "landing_site", LIMIT_URL_BYTES);
    if (span_starts(site, "/")) {
        span host = own_host(body->shop);
        site = arena_print(body->arena, "https://%.*s%.*s", SPAN_ARG(host), SPAN_ARG(site));
    }
    if (site.len <= LIMIT_URL_BYTES && url_parse(site, &url) == OK)
        client->landing.url = site;
    client->landing.referrer = pick_url(body->json, "referring_site");
    client->language = pick_text(body->arena, body->json, "customer_locale", 64);
    clicks_take(body->arena, client->landing.url, client);
    clicks_fbc(body->arena, body->shop, client->landing.url, (span){0},
               pick_date(body->json, "created_at"), client);
}

span shopify_visitor(struct shopify_body *body)
{
    span visitor = {0};
    if (span_empty(body->shop->cart_attribute))
        return visitor;
    for (const struct json_value *pair = pick_first(body->json, "note_attributes"); pair;
         pair = pair->next) {
        if (span_equal(json_get_text(pair, "name"), body->shop->cart_attribute))
            visitor = pick_either(visitor, pick_visitor(body->arena, json_get_text(pair, "value")));
    }
    return visitor;
}

void shopify_item(struct shopify_body *body, const struct json_value *json, struct item *item)
{
    struct arena *arena = body->arena;
    item->line_id = pick_id(json, "id");
    item->product_id = pick_id(json, "product_id");
    item->variant_id = pick_id(json, "variant_id");
    item->sku = pick_text(arena, json, "sku", LIMIT_TEXT_BYTES);
    item->name = pick_text(arena, json, "title", LIMIT_TEXT_BYTES);
    item->variant = pick_text(arena, json, "variant_title", LIMIT_TEXT_BYTES);
    item->brand = pick_text(arena, json, "vendor", LIMIT_TEXT_BYTES);
    item->price = shopify_money(body, json, "price", "price_set");
    if (pick_quantity(json, "quantity", 1, &item->quantity) != OK)
        item->quantity = 0;
    for (const struct json_value *cut = pick_first(json, "discount_allocations"); cut;
         cut = cut->next)
        item->discount =
            shopify_sum(body, item->discount, shopify_money(body, cut, "amount", "amount_set"));
}

void shopify_tracking(struct shopify_body *body, const struct json_value *json,
                      struct fulfillment *fulfillment)
{
    fulfillment->id = pick_id(json, "id");
    fulfillment->status = pick_text(body->arena, json, "status", 64);
    fulfillment->shipment_status = pick_text(body->arena, json, "shipment_status", 64);
    fulfillment->tracking_company = pick_text(body->arena, json, "tracking_company", 255);
    fulfillment->tracking_number = pick_text(body->arena, json, "tracking_number", 255);
    fulfillment->tracking_url = pick_url(json, "tracking_url");
}
