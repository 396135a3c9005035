/*
 * Product, cart and checkout as Shopify's web pixel shows them (contracts/sources 2.4): camelCase,
 * money as JSON numbers in the currency the buyer sees, ids as digits, e-mail and phone "" until
 * given, and order.id null before completion. The envelope around it is made by whoever plays the
 * browser: web/demo/pixels.js on the pages, shoppers_browser.c in the scenes.
 */
#include "storefront_private.h"

struct pixel {
    struct json json;
    struct arena *arena;
    const struct storefront_bill *bill;
    const struct storefront_cart *cart;
};

static void put_money(struct pixel *p, const char *key, struct storefront_amount amount)
{
    json_open(&p->json, key, '{');
    json_put_raw(&p->json, "amount",
                 storefront_units(p->arena, amount.units[SHOWN], p->bill->scale[SHOWN]));
    json_put_text(&p->json, "currencyCode", p->bill->currency[SHOWN]);
    json_close(&p->json, '}');
}

static void put_text(struct pixel *p, const char *key, const struct storefront_text *text)
{
    if (text->text[0])
        json_put_text(&p->json, key, span_of(text->text));
    else
        json_put_null(&p->json, key);
}

static void put_address(struct pixel *p, const char *key)
{
    const struct storefront_person *person = &p->cart->person;
    json_open(&p->json, key, '{');
    put_text(p, "address1", &person->address1);
    json_put_null(&p->json, "address2");
    put_text(p, "city", &person->city);
    put_text(p, "country", &person->country);
    put_text(p, "countryCode", &person->country);
    put_text(p, "firstName", &person->first_name);
    put_text(p, "lastName", &person->last_name);
    put_text(p, "phone", &person->phone);
    put_text(p, "province", &person->province);
    put_text(p, "provinceCode", &person->province);
    put_text(p, "zip", &person->zip);
    json_close(&p->json, '}');
}

void storefront_pixel_variant(struct json *json, const char *key,
                              const struct storefront_product *product, const char *currency,
                              struct arena *arena)
{
    unsigned scale = 2;
    (void)storefront_currency(span_of(currency), &scale);
    json_open(json, key, '{');
    json_put_text(json, "id", arena_print(arena, "%lld", (long long)product->variant_id));
    json_open(json, "image", '{');
    json_put_text(json, "src", arena_print(arena, "/images/%s.svg", product->handle));
    json_close(json, '}');
    json_open(json, "price", '{');
    json_put_raw(json, "amount",
                 storefront_units(arena, storefront_shown(product->cents, currency), scale));
    json_put_text(json, "currencyCode", span_of(currency));
    json_close(json, '}');
    json_open(json, "product", '{');
    json_put_text(json, "id", arena_print(arena, "%lld", (long long)product->id));
    json_put_text(json, "title", span_of(product->title));
    json_put_text(json, "vendor", span_of(product->vendor));
    json_put_text(json, "type", span_of(product->type));
    json_put_text(json, "untranslatedTitle", span_of(product->title));
    json_put_text(json, "url", arena_print(arena, "/products/%s", product->handle));
    json_close(json, '}');
    json_put_text(json, "sku", span_of(product->sku));
    json_put_text(json, "title", span_of(product->variant));
    json_put_text(json, "untranslatedTitle", span_of(product->variant));
    json_close(json, '}');
}

static void put_line(struct pixel *p, unsigned i)
{
    const struct storefront_product *product = p->cart->lines[i].product;
    struct storefront_amount paid = p->bill->lines[i].total;
    paid.units[SHOWN] -= p->bill->lines[i].discount.units[SHOWN];
    json_open(&p->json, NULL, '{');
    json_open(&p->json, "discountAllocations", '[');
    json_close(&p->json, ']');
    json_put_text(&p->json, "id", arena_print(p->arena, "%lld", (long long)product->variant_id));
    json_put_int(&p->json, "quantity", p->cart->lines[i].quantity);
    json_put_text(&p->json, "title", span_of(product->title));
    storefront_pixel_variant(&p->json, "variant", product, p->cart->currency, p->arena);
    put_money(p, "finalLinePrice", paid);
    json_put_null(&p->json, "sellingPlanAllocation");
    json_open(&p->json, "properties", '[');
    json_close(&p->json, ']');
    json_close(&p->json, '}');
}

static void put_attributes(struct json *json, const struct storefront_cart *cart)
{
    json_open(json, "attributes", '[');
    for (unsigned i = 0; i < cart->attribute_count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "key", span_of(cart->attributes[i].name.text));
        json_put_text(json, "value", span_of(cart->attributes[i].value.text));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void put_cart_line(struct pixel *p, unsigned i)
{
    json_open(&p->json, NULL, '{');
    json_open(&p->json, "cost", '{');
    put_money(p, "totalAmount", p->bill->lines[i].total);
    json_close(&p->json, '}');
    storefront_pixel_variant(&p->json, "merchandise", p->cart->lines[i].product, p->cart->currency,
                             p->arena);
    json_put_int(&p->json, "quantity", p->cart->lines[i].quantity);
    json_close(&p->json, '}');
}

void storefront_pixel_cart(struct json *json, const char *key, const struct storefront_cart *cart,
                           struct arena *arena)
{
    struct storefront_bill bill;
    if (cart == NULL || cart->line_count == 0) {
        json_put_null(json, key);
        return;
    }
    storefront_bill(cart, &bill);
    struct pixel p = {.json = *json, .arena = arena, .bill = &bill, .cart = cart};
    json_open(&p.json, key, '{');
    json_put_text(&p.json, "id", span_of(cart->token));
    json_open(&p.json, "cost", '{');
    put_money(&p, "totalAmount", bill.line_items);
    json_close(&p.json, '}');
    json_open(&p.json, "lines", '[');
    for (unsigned i = 0; i < cart->line_count; i++)
        put_cart_line(&p, i);
    json_close(&p.json, ']');
    json_put_int(&p.json, "totalQuantity", storefront_cart_count(cart));
    put_attributes(&p.json, cart);
    json_close(&p.json, '}');
    *json = p.json;
}

static void put_order(struct pixel *p, const struct storefront_order *order)
{
    json_open(&p->json, "order", '{');
    if (order)
        json_put_text(&p->json, "id", arena_print(p->arena, "%lld", (long long)order->id));
    else
        json_put_null(&p->json, "id");
    json_open(&p->json, "customer", '{');
    if (order) {
        json_put_text(&p->json, "id", arena_print(p->arena, "%lld", (long long)order->customer_id));
        json_put_bool(&p->json, "isFirstOrder", order->first_order);
    } else {
        json_put_null(&p->json, "id");
        json_put_null(&p->json, "isFirstOrder");
    }
    json_close(&p->json, '}');
    json_close(&p->json, '}');
}

static void put_places(struct pixel *p)
{
    const char *country = p->cart->person.country.text;
    put_address(p, "billingAddress");
    put_address(p, "shippingAddress");
    json_open(&p->json, "delivery", '{');
    json_open(&p->json, "selectedDeliveryOptions", '[');
    json_close(&p->json, ']');
    json_close(&p->json, '}');
    json_open(&p->json, "localization", '{');
    json_open(&p->json, "country", '{');
    json_put_text(&p->json, "isoCode", span_of(country[0] ? country : "DE"));
    json_close(&p->json, '}');
    json_open(&p->json, "language", '{');
    json_put_text(&p->json, "isoCode", SPAN("en"));
    json_close(&p->json, '}');
    json_open(&p->json, "market", '{');
    json_put_text(&p->json, "id", SPAN("gid://shopify/Market/23505895537"));
    json_put_text(&p->json, "handle", SPAN("home"));
    json_close(&p->json, '}');
    json_close(&p->json, '}');
}

static void put_prices(struct pixel *p)
{
    put_money(p, "discountsAmount", p->bill->discount);
    put_money(p, "subtotalPrice", p->bill->subtotal);
    json_open(&p->json, "shippingLine", '{');
    put_money(p, "price", p->bill->shipping);
    json_close(&p->json, '}');
    put_money(p, "totalTax", p->bill->tax);
    put_money(p, "totalPrice", p->bill->total);
}

void storefront_pixel_data(const struct storefront_cart *cart, const struct storefront_order *order,
                           struct arena *arena, struct buf *out)
{
    struct storefront_bill bill;
    struct pixel p = {.arena = arena, .bill = &bill, .cart = cart};
    storefront_bill(cart, &bill);
    json_start(&p.json, out);
    json_open(&p.json, NULL, '{');
    json_open(&p.json, "checkout", '{');
    json_put_bool(&p.json, "buyerAcceptsEmailMarketing", cart->accepts);
    json_put_bool(&p.json, "buyerAcceptsSmsMarketing", false);
    put_attributes(&p.json, cart);
    json_put_text(&p.json, "token", span_of(cart->checkout_token));
    json_put_text(&p.json, "currencyCode", bill.currency[SHOWN]);
    json_put_text(&p.json, "email", span_of(cart->person.email.text));
    json_put_text(&p.json, "phone", span_of(cart->person.phone.text));
    json_put_null(&p.json, "smsMarketingPhone");
    json_open(&p.json, "discountApplications", '[');
    json_close(&p.json, ']');
    json_open(&p.json, "lineItems", '[');
    for (unsigned i = 0; i < cart->line_count; i++)
        put_line(&p, i);
    json_close(&p.json, ']');
    put_places(&p);
    put_prices(&p);
    put_order(&p, order);
    json_open(&p.json, "transactions", '[');
    json_close(&p.json, ']');
    json_close(&p.json, '}');
    json_close(&p.json, '}');
    json_end(&p.json);
}
