/*
 * The bodies of checkouts and orders, with the whole key set of contracts/sources 1.8.
 *
 * Plain money members are strings in the shop's currency; every `*_set` carries both currencies.
 * Ids are JSON integers above 2^31 and partly above 2^42, as in life. What this shop never has
 * (duties, tips, drafts, staff) is there with the value Shopify gives it then: null, [] or zero.
 */
#include "storefront_private.h"

void storefront_body_money(struct storefront_writer *w, const char *key,
                           struct storefront_amount amount)
{
    json_put_text(&w->json, key,
                  storefront_units(w->arena, amount.units[SHOP], w->bill->scale[SHOP]));
}

void storefront_body_set(struct storefront_writer *w, const char *key,
                         struct storefront_amount amount)
{
    static const char *const names[] = {[SHOP] = "shop_money", [SHOWN] = "presentment_money"};
    json_open(&w->json, key, '{');
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++) {
        json_open(&w->json, names[view], '{');
        json_put_text(&w->json, "amount",
                      storefront_units(w->arena, amount.units[view], w->bill->scale[view]));
        json_put_text(&w->json, "currency_code", w->bill->currency[view]);
        json_close(&w->json, '}');
    }
    json_close(&w->json, '}');
}

static void put_both(struct storefront_writer *w, const char *key, const char *set_key,
                     struct storefront_amount amount)
{
    storefront_body_money(w, key, amount);
    storefront_body_set(w, set_key, amount);
}

static void put_text(struct storefront_writer *w, const char *key,
                     const struct storefront_text *text)
{
    if (text->text[0])
        json_put_text(&w->json, key, span_of(text->text));
    else
        json_put_null(&w->json, key);
}

static void put_nulls(struct storefront_writer *w, const char *const *keys)
{
    for (; *keys; keys++)
        json_put_null(&w->json, *keys);
}

static void put_empty_list(struct storefront_writer *w, const char *key)
{
    json_open(&w->json, key, '[');
    json_close(&w->json, ']');
}

static const char *country_name(const char *code)
{
    static const char *const names[][2] = {{"DE", "Germany"},        {"US", "United States"},
                                           {"JP", "Japan"},          {"FR", "France"},
                                           {"GB", "United Kingdom"}, {"AT", "Austria"}};
    for (unsigned i = 0; i < COUNT_OF(names); i++)
        if (strcmp(names[i][0], code) == 0)
            return names[i][1];
    return code;
}

void storefront_body_address(struct storefront_writer *w, const char *key,
                             const struct storefront_person *person)
{
    if (person->address1.text[0] == '\0') {
        json_put_null(&w->json, key);
        return;
    }
    json_open(&w->json, key, '{');
    put_text(w, "first_name", &person->first_name);
    put_text(w, "address1", &person->address1);
    put_text(w, "phone", &person->phone);
    put_text(w, "city", &person->city);
    put_text(w, "zip", &person->zip);
    put_text(w, "province", &person->province);
    json_put_text(&w->json, "country", span_of(country_name(person->country.text)));
    put_text(w, "last_name", &person->last_name);
    json_put_text(&w->json, "address2", SPAN(""));
    put_nulls(w, (const char *const[]){"company", "latitude", "longitude", NULL});
    json_put_text(&w->json, "name",
                  arena_print(w->arena, "%s %s", person->first_name.text, person->last_name.text));
    put_text(w, "country_code", &person->country);
    put_text(w, "province_code", &person->province);
    json_close(&w->json, '}');
}

static void put_attributes(struct storefront_writer *w, const struct storefront_cart *cart)
{
    json_open(&w->json, "note_attributes", '[');
    for (unsigned i = 0; i < cart->attribute_count; i++) {
        json_open(&w->json, NULL, '{');
        json_put_text(&w->json, "name", span_of(cart->attributes[i].name.text));
        json_put_text(&w->json, "value", span_of(cart->attributes[i].value.text));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

static void put_discount_codes(struct storefront_writer *w, const struct storefront_cart *cart)
{
    json_open(&w->json, "discount_codes", '[');
    if (cart->discounted) {
        json_open(&w->json, NULL, '{');
        json_put_text(&w->json, "code", SPAN("WELCOME10"));
        storefront_body_money(w, "amount", w->bill->discount);
        json_put_text(&w->json, "type", SPAN("percentage"));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

static void put_tax_lines(struct storefront_writer *w, struct storefront_amount tax)
{
    json_open(&w->json, "tax_lines", '[');
    json_open(&w->json, NULL, '{');
    json_put_bool(&w->json, "channel_liable", false);
    put_both(w, "price", "price_set", tax);
    json_put_raw(&w->json, "rate", w->bill->taxes_included ? SPAN("0.19") : SPAN("0.08"));
    json_put_text(&w->json, "title", w->bill->taxes_included ? SPAN("VAT") : SPAN("State Tax"));
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

/* ---- checkout ---- */

static void put_checkout_line(struct storefront_writer *w, const struct storefront_line *line,
                              struct storefront_amount price, struct storefront_amount total)
{
    const struct storefront_product *product = line->product;
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "key", arena_print(w->arena, "%lld", (long long)product->variant_id));
    put_nulls(w, (const char *const[]){"compare_at_price", "destination_location_id", "rank",
                                       "origin_location_id", "user_id", NULL});
    json_put_text(&w->json, "fulfillment_service", SPAN("manual"));
    json_put_bool(&w->json, "gift_card", false);
    json_put_int(&w->json, "grams", product->grams);
    json_put_text(&w->json, "presentment_title", span_of(product->title));
    json_put_text(&w->json, "presentment_variant_title", span_of(product->variant));
    json_put_int(&w->json, "product_id", product->id);
    json_put_int(&w->json, "quantity", line->quantity);
    json_put_bool(&w->json, "requires_shipping", true);
    json_put_text(&w->json, "sku", span_of(product->sku));
    put_empty_list(w, "tax_lines");
    json_put_bool(&w->json, "taxable", true);
    json_put_text(&w->json, "title", span_of(product->title));
    json_put_int(&w->json, "variant_id", product->variant_id);
    json_put_text(&w->json, "variant_title", span_of(product->variant));
    storefront_body_money(w, "variant_price", price);
    json_put_text(&w->json, "vendor", span_of(product->vendor));
    storefront_body_money(w, "line_price", total);
    storefront_body_money(w, "price", price);
    put_empty_list(w, "applied_discounts");
    json_open(&w->json, "properties", '{');
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_checkout_money(struct storefront_writer *w, const struct storefront_cart *cart)
{
    put_discount_codes(w, cart);
    put_tax_lines(w, w->bill->tax);
    json_put_text(&w->json, "currency", w->bill->currency[SHOP]);
    json_put_text(&w->json, "presentment_currency", w->bill->currency[SHOWN]);
    json_put_bool(&w->json, "taxes_included", w->bill->taxes_included);
    storefront_body_money(w, "total_line_items_price", w->bill->line_items);
    storefront_body_money(w, "total_tax", w->bill->tax);
    storefront_body_money(w, "total_discounts", w->bill->discount);
    storefront_body_money(w, "subtotal_price", w->bill->subtotal);
    storefront_body_money(w, "total_price", w->bill->total);
    json_put_text(&w->json, "total_duties", SPAN("0.00"));
}

void storefront_body_checkout(const struct storefront *shop, const struct storefront_cart *cart,
                              struct arena *arena, struct buf *out)
{
    struct storefront_bill bill;
    struct storefront_writer w = {.arena = arena, .bill = &bill};
    storefront_bill(cart, &bill);
    json_start(&w.json, out);
    json_open(&w.json, NULL, '{');
    json_put_int(&w.json, "id", cart->checkout_id);
    json_put_text(&w.json, "token", span_of(cart->checkout_token));
    json_put_text(&w.json, "cart_token", span_of(cart->token));
    put_text(&w, "email", &cart->person.email);
    put_text(&w, "phone", &cart->person.phone);
    put_nulls(&w, (const char *const[]){"gateway", "sms_marketing_phone", "completed_at",
                                        "device_id", "user_id", "location_id", "source_identifier",
                                        "source_url", "source", "closed_at", NULL});
    json_put_bool(&w.json, "buyer_accepts_marketing", cart->accepts);
    json_put_bool(&w.json, "buyer_accepts_sms_marketing", false);
    json_put_text(&w.json, "created_at", storefront_time(arena, cart->checkout_at));
    json_put_text(&w.json, "updated_at", storefront_time(arena, cart->updated_at));
    json_put_text(&w.json, "landing_site", span_of(cart->landing.text));
    json_put_text(&w.json, "referring_site", span_of(cart->referrer.text));
    json_put_text(&w.json, "note", SPAN(""));
    put_attributes(&w, cart);
    put_empty_list(&w, "shipping_lines");
    storefront_body_address(&w, "shipping_address", &cart->person);
    storefront_body_address(&w, "billing_address", &cart->person);
    json_put_int(&w.json, "total_weight", 0);
    json_put_text(&w.json, "customer_locale", SPAN("en"));
    json_open(&w.json, "line_items", '[');
    for (unsigned i = 0; i < cart->line_count; i++)
        put_checkout_line(&w, &cart->lines[i], bill.lines[i].price, bill.lines[i].total);
    json_close(&w.json, ']');
    json_put_text(&w.json, "name", arena_print(arena, "#%lld", (long long)cart->checkout_id));
    json_put_text(&w.json, "abandoned_checkout_url",
                  arena_print(arena, "https://%.*s/48379854997/checkouts/ac/%s/recover?key=%s",
                              SPAN_ARG(shop->options.shopify_domain), cart->token,
                              cart->checkout_token));
    json_put_text(&w.json, "source_name", SPAN("web"));
    put_checkout_money(&w, cart);
    json_close(&w.json, '}');
    json_end(&w.json);
}

/* ---- order ---- */

static const struct storefront_amount nothing = {{0}};

void storefront_body_line(struct storefront_writer *w, const char *key,
                          const struct storefront_order *order, unsigned i)
{
    const struct storefront_line *line = &order->cart.lines[i];
    const struct storefront_product *product = line->product;
    int64_t id = order->id * 2 + (int64_t)i;
    json_open(&w->json, key, '{');
    json_put_int(&w->json, "id", id);
    json_put_text(&w->json, "admin_graphql_api_id",
                  arena_print(w->arena, "gid://shopify/LineItem/%lld", (long long)id));
    put_empty_list(w, "attributed_staffs");
    json_put_int(&w->json, "current_quantity", line->quantity - line->refunded);
    json_put_int(&w->json, "fulfillable_quantity", order->fulfilled ? 0 : line->quantity);
    json_put_text(&w->json, "fulfillment_service", SPAN("manual"));
    json_put_raw(&w->json, "fulfillment_status",
                 order->fulfilled ? SPAN("\"fulfilled\"") : SPAN("null"));
    json_put_bool(&w->json, "gift_card", false);
    json_put_int(&w->json, "grams", product->grams);
    json_put_text(&w->json, "name",
                  arena_print(w->arena, "%s - %s", product->title, product->variant));
    put_both(w, "price", "price_set", w->bill->lines[i].price);
    json_put_bool(&w->json, "product_exists", true);
    json_put_int(&w->json, "product_id", product->id);
    put_empty_list(w, "properties");
    json_put_int(&w->json, "quantity", line->quantity);
    json_put_bool(&w->json, "requires_shipping", true);
    json_put_text(&w->json, "sku", span_of(product->sku));
    json_put_bool(&w->json, "taxable", true);
    json_put_text(&w->json, "title", span_of(product->title));
    put_both(w, "total_discount", "total_discount_set", nothing);
    json_put_int(&w->json, "variant_id", product->variant_id);
    json_put_text(&w->json, "variant_inventory_management", SPAN("shopify"));
    json_put_text(&w->json, "variant_title", span_of(product->variant));
    json_put_text(&w->json, "vendor", span_of(product->vendor));
    put_tax_lines(w, w->bill->lines[i].tax);
    put_empty_list(w, "duties");
    json_open(&w->json, "discount_allocations", '[');
    if (order->cart.discounted) {
        json_open(&w->json, NULL, '{');
        put_both(w, "amount", "amount_set", w->bill->lines[i].discount);
        json_put_int(&w->json, "discount_application_index", 0);
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
    json_close(&w->json, '}');
}

static struct storefront_amount minus(struct storefront_amount a, struct storefront_amount b)
{
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
        a.units[view] -= b.units[view];
    return a;
}

/* What is left of the order's parts after its refunds. */
static void put_current(struct storefront_writer *w, const struct storefront_order *order)
{
    struct storefront_amount left = minus(w->bill->total, order->refunded);
    struct storefront_amount shipping = order->shipping_refunded ? nothing : w->bill->shipping;
    struct storefront_amount goods = minus(w->bill->subtotal, order->refunded);
    if (order->shipping_refunded)
        for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
            goods.units[view] += w->bill->shipping.units[view];
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++)
        if (goods.units[view] < 0) /* taxes on top were given back too */
            goods.units[view] = 0;
    put_both(w, "current_subtotal_price", "current_subtotal_price_set", goods);
    put_both(w, "current_total_price", "current_total_price_set", left);
    put_both(w, "current_total_discounts", "current_total_discounts_set", w->bill->discount);
    put_both(w, "current_total_tax", "current_total_tax_set", w->bill->tax);
    storefront_body_set(w, "current_shipping_price_set", shipping);
    json_put_null(&w->json, "current_total_additional_fees_set");
    json_put_null(&w->json, "current_total_duties_set");
}

static void put_order_money(struct storefront_writer *w, const struct storefront_order *order)
{
    json_put_text(&w->json, "currency", w->bill->currency[SHOP]);
    json_put_text(&w->json, "presentment_currency", w->bill->currency[SHOWN]);
    put_both(w, "subtotal_price", "subtotal_price_set", w->bill->subtotal);
    put_both(w, "total_discounts", "total_discounts_set", w->bill->discount);
    put_both(w, "total_line_items_price", "total_line_items_price_set", w->bill->line_items);
    put_both(w, "total_price", "total_price_set", w->bill->total);
    put_both(w, "total_tax", "total_tax_set", w->bill->tax);
    storefront_body_set(w, "total_shipping_price_set", w->bill->shipping);
    storefront_body_set(w, "total_cash_rounding_payment_adjustment_set", nothing);
    storefront_body_set(w, "total_cash_rounding_refund_adjustment_set", nothing);
    json_put_text(&w->json, "total_outstanding", SPAN("0.00"));
    json_put_text(&w->json, "total_tip_received", SPAN("0.00"));
    json_put_bool(&w->json, "taxes_included", w->bill->taxes_included);
    json_put_bool(&w->json, "tax_exempt", false);
    json_put_bool(&w->json, "estimated_taxes", false);
    json_put_bool(&w->json, "duties_included", false);
    put_tax_lines(w, w->bill->tax);
    put_discount_codes(w, &order->cart);
    put_current(w, order);
    json_open(&w->json, "discount_applications", '[');
    if (order->cart.discounted) {
        json_open(&w->json, NULL, '{');
        json_put_text(&w->json, "target_type", SPAN("line_item"));
        json_put_text(&w->json, "type", SPAN("discount_code"));
        json_put_text(&w->json, "value", SPAN("10.0"));
        json_put_text(&w->json, "value_type", SPAN("percentage"));
        json_put_text(&w->json, "allocation_method", SPAN("across"));
        json_put_text(&w->json, "target_selection", SPAN("all"));
        json_put_text(&w->json, "code", SPAN("WELCOME10"));
        json_close(&w->json, '}');
    }
    json_close(&w->json, ']');
}

static void put_customer(struct storefront_writer *w, const struct storefront_order *order)
{
    const struct storefront_person *person = &order->cart.person;
    if (person->email.text[0] == '\0') {
        json_put_null(&w->json, "customer");
        return;
    }
    json_open(&w->json, "customer", '{');
    json_put_int(&w->json, "id", order->customer_id);
    put_text(w, "email", &person->email);
    json_put_text(&w->json, "created_at", storefront_time(w->arena, order->created_at));
    json_put_text(&w->json, "updated_at", storefront_time(w->arena, order->created_at));
    put_text(w, "first_name", &person->first_name);
    put_text(w, "last_name", &person->last_name);
    json_put_text(&w->json, "state", SPAN("disabled"));
    put_nulls(w,
              (const char *const[]){"note", "multipass_identifier", "sms_marketing_consent", NULL});
    json_put_bool(&w->json, "verified_email", true);
    json_put_bool(&w->json, "tax_exempt", false);
    put_text(w, "phone", &person->phone);
    json_open(&w->json, "email_marketing_consent", '{');
    json_put_text(&w->json, "state",
                  order->cart.accepts ? SPAN("subscribed") : SPAN("not_subscribed"));
    json_put_text(&w->json, "opt_in_level", SPAN("single_opt_in"));
    json_put_null(&w->json, "consent_updated_at");
    json_close(&w->json, '}');
    json_put_text(&w->json, "tags", SPAN(""));
    json_put_text(&w->json, "currency", w->bill->currency[SHOP]);
    put_empty_list(w, "tax_exemptions");
    json_put_text(
        &w->json, "admin_graphql_api_id",
        arena_print(w->arena, "gid://shopify/Customer/%lld", (long long)order->customer_id));
    storefront_body_address(w, "default_address", person);
    json_close(&w->json, '}');
}

static void put_client(struct storefront_writer *w, const struct storefront_order *order)
{
    const struct storefront_cart *cart = &order->cart;
    put_text(w, "browser_ip", &cart->ip);
    json_open(&w->json, "client_details", '{');
    json_put_text(&w->json, "accept_language", SPAN("en"));
    put_text(w, "browser_ip", &cart->ip);
    put_text(w, "user_agent", &cart->agent);
    put_nulls(w, (const char *const[]){"browser_height", "browser_width", "session_hash", NULL});
    json_close(&w->json, '}');
    json_put_text(&w->json, "landing_site", span_of(cart->landing.text));
    json_put_text(&w->json, "referring_site", span_of(cart->referrer.text));
    json_put_null(&w->json, "landing_site_ref");
    json_put_text(&w->json, "customer_locale", SPAN("en"));
}

static span financial_status(const struct storefront_order *order)
{
    if (!order->paid)
        return SPAN("pending");
    if (order->refunded.units[SHOP] == 0)
        return SPAN("paid");
    return order->refunded.units[SHOP] < order->bill.total.units[SHOP] ? SPAN("partially_refunded")
                                                                       : SPAN("refunded");
}

static void put_identity(struct storefront_writer *w, const struct storefront *shop,
                         const struct storefront_order *order)
{
    const struct storefront_cart *cart = &order->cart;
    json_put_int(&w->json, "id", order->id);
    json_put_text(&w->json, "admin_graphql_api_id",
                  arena_print(w->arena, "gid://shopify/Order/%lld", (long long)order->id));
    if (cart->checkout_token[0]) {
        json_put_int(&w->json, "app_id", 580111);
        json_put_text(&w->json, "cart_token", span_of(cart->token));
        json_put_int(&w->json, "checkout_id", cart->checkout_id);
        json_put_text(&w->json, "checkout_token", span_of(cart->checkout_token));
    } else { /* sold at the counter */
        json_put_int(&w->json, "app_id", 129785);
        put_nulls(w, (const char *const[]){"cart_token", "checkout_id", "checkout_token", NULL});
    }
    json_put_text(&w->json, "token", span_of(order->token));
    json_put_text(&w->json, "name", arena_print(w->arena, "#%u", order->number));
    json_put_int(&w->json, "number", order->number - 1000);
    json_put_int(&w->json, "order_number", order->number);
    json_put_text(&w->json, "confirmation_number", arena_print(w->arena, "%.9s", order->token));
    json_put_text(&w->json, "order_status_url",
                  arena_print(w->arena, "https://%.*s/48379854997/orders/%s/authenticate?key=%s",
                              SPAN_ARG(shop->options.shopify_domain), order->token,
                              cart->checkout_token));
    json_put_text(&w->json, "source_name", span_of(order->source_name));
    json_put_bool(&w->json, "test", order->test);
    json_put_bool(&w->json, "confirmed", true);
    json_put_bool(&w->json, "buyer_accepts_marketing", cart->accepts);
    json_put_text(&w->json, "financial_status", financial_status(order));
    json_put_raw(&w->json, "fulfillment_status",
                 order->fulfilled ? SPAN("\"fulfilled\"") : SPAN("null"));
    json_put_text(&w->json, "created_at", storefront_time(w->arena, order->created_at));
    json_put_text(&w->json, "processed_at", storefront_time(w->arena, order->created_at));
    json_put_text(&w->json, "updated_at", storefront_time(w->arena, order->updated_at));
    if (order->cancelled) {
        json_put_text(&w->json, "cancelled_at", storefront_time(w->arena, order->cancelled_at));
        json_put_text(&w->json, "cancel_reason", SPAN("customer"));
    } else {
        put_nulls(w, (const char *const[]){"cancelled_at", "cancel_reason", NULL});
    }
}

static void put_shipping_lines(struct storefront_writer *w, const struct storefront_order *order)
{
    json_open(&w->json, "shipping_lines", '[');
    json_open(&w->json, NULL, '{');
    json_put_int(&w->json, "id", order->id - 1);
    json_put_text(&w->json, "code", order->cart.express ? SPAN("Express") : SPAN("Standard"));
    json_put_text(&w->json, "title", order->cart.express ? SPAN("Express") : SPAN("Standard"));
    json_put_text(&w->json, "source", SPAN("shopify"));
    put_both(w, "price", "price_set", w->bill->shipping);
    put_both(w, "discounted_price", "discounted_price_set", w->bill->shipping);
    json_put_bool(&w->json, "is_removed", false);
    put_nulls(w, (const char *const[]){"carrier_identifier", "phone",
                                       "requested_fulfillment_service_id", NULL});
    put_empty_list(w, "tax_lines");
    put_empty_list(w, "discount_allocations");
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

void storefront_body_order(const struct storefront *shop, const struct storefront_order *order,
                           struct arena *arena, struct buf *out)
{
    struct storefront_writer w = {.arena = arena, .bill = &order->bill};
    const struct storefront_person *person = &order->cart.person;
    json_start(&w.json, out);
    json_open(&w.json, NULL, '{');
    put_identity(&w, shop, order);
    put_text(&w, "email", &person->email);
    put_text(&w, "contact_email", &person->email);
    put_text(&w, "phone", &person->phone);
    put_client(&w, order);
    put_order_money(&w, order);
    put_attributes(&w, &order->cart);
    put_nulls(&w, (const char *const[]){
                      "closed_at", "device_id", "location_id", "merchant_of_record_app_id", "note",
                      "original_total_additional_fees_set", "original_total_duties_set",
                      "payment_terms", "po_number", "reference", "source_identifier", "source_url",
                      "user_id", NULL});
    json_put_text(&w.json, "merchant_business_entity_id", SPAN("MTU0ODM4MDAwOQ"));
    json_open(&w.json, "payment_gateway_names", '[');
    json_put_text(&w.json, NULL, order->paid ? SPAN("shopify_payments") : SPAN("Bank Deposit"));
    json_close(&w.json, ']');
    json_put_text(&w.json, "tags", SPAN(""));
    json_put_int(&w.json, "total_weight", 0);
    storefront_body_address(&w, "billing_address", person);
    storefront_body_address(&w, "shipping_address", person);
    put_customer(&w, order);
    put_empty_list(&w, "fulfillments");
    json_put_raw(&w.json, "refunds", arena_print(arena, "[%.*s]", SPAN_ARG(order->refund_bodies)));
    json_open(&w.json, "line_items", '[');
    for (unsigned i = 0; i < order->cart.line_count; i++)
        storefront_body_line(&w, NULL, order, i);
    json_close(&w.json, ']');
    put_shipping_lines(&w, order);
    json_close(&w.json, '}');
    json_end(&w.json);
}

/* ---- customer ---- */

void storefront_body_customer(const struct storefront_customer *customer, struct arena *arena,
                              struct buf *out)
{
    struct storefront_writer w = {.arena = arena};
    json_start(&w.json, out);
    json_open(&w.json, NULL, '{');
    json_put_int(&w.json, "id", customer->id);
    json_put_text(&w.json, "email", span_of(customer->email.text));
    json_put_text(&w.json, "created_at", storefront_time(arena, customer->created_at));
    json_put_text(&w.json, "updated_at", storefront_time(arena, customer->updated_at));
    put_text(&w, "first_name", &customer->first_name);
    put_text(&w, "last_name", &customer->last_name);
    json_put_text(&w.json, "state", customer->password[0] ? SPAN("enabled") : SPAN("disabled"));
    json_put_bool(&w.json, "verified_email", true);
    put_nulls(&w, (const char *const[]){"note", "multipass_identifier", "phone",
                                        "sms_marketing_consent", NULL});
    json_open(&w.json, "email_marketing_consent", '{');
    json_put_text(&w.json, "state",
                  customer->subscribed ? SPAN("subscribed") : SPAN("not_subscribed"));
    json_put_text(&w.json, "opt_in_level", SPAN("single_opt_in"));
    if (customer->subscribed)
        json_put_text(&w.json, "consent_updated_at", storefront_time(arena, customer->updated_at));
    else
        json_put_null(&w.json, "consent_updated_at");
    json_close(&w.json, '}');
    json_put_text(&w.json, "tags", customer->subscribed ? SPAN("newsletter") : SPAN(""));
    json_put_text(&w.json, "admin_graphql_api_id",
                  arena_print(arena, "gid://shopify/Customer/%lld", (long long)customer->id));
    json_close(&w.json, '}');
    json_end(&w.json);
}
