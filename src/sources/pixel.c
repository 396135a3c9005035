/*
 * Shopify's web pixel (contracts/sources 2.3, 2.4): the event as Shopify's runtime gave it to our
 * pixel code, wrapped with what that code could read from the page's storage.
 *
 *   name                                   data                       what we read of it
 *   product_viewed                         productVariant             one item
 *   collection_viewed                      collection                 id, title, items
 *   search_submitted                       searchResult               query, items
 *   cart_viewed                            cart                       cart token, items, value
 *   product_added_to_cart, …_removed_…     cartLine                   one item with its quantity
 *   checkout_*, payment_info_submitted     checkout                   tokens, people, items, value
 *   anything a merchant publishes          customData                 like the snippet's data
 *
 * DOM events and Shopify's diagnostics are taken and dropped without a word: they say nothing of
 * a sale, and form fields may hold what nobody agreed to send.
 *
 * Money is a number here and in the buyer's currency; amounts in another currency than the event's
 * are left out rather than mixed. lineItems[].id is the variant's id, so it is no line id. Image
 * and product URLs may be relative to the page.
 */
#include "pixel.h"
#include "clicks.h"
#include "data.h"
#include "envelope.h"
#include "pick.h"
#include "../base/limits.h"
#include "../base/url.h"

struct reading {
    struct arena *arena;
    const struct shop *shop;
    struct event *event;
    span origin; /* of the page, for relative URLs */
    bool money_invalid;
};

/* Amount of a MoneyV2 in the event's currency, which the first amount read decides. */
static struct money read_money(struct reading *reading, const struct json_value *money)
{
    struct money amount = {0};
    span code = pick_exact(money, "currencyCode", 3);
    if (!money || money->kind != JSON_OBJECT)
        return amount;
    if (span_empty(reading->event->currency)) {
        if (!money_currency_valid(code))
            code = reading->shop->currency;
        reading->event->currency = pick_upper(reading->arena, code);
    }
    if (!span_empty(code) && !span_equal_nocase(code, reading->event->currency))
        return amount;
    if (pick_money(money, "amount", reading->event->currency, &amount) != OK)
        reading->money_invalid = true;
    return amount;
}

static void read_variant(struct reading *reading, const struct json_value *variant,
                         struct item *item)
{
    const struct json_value *product = json_get(variant, "product");
    struct arena *arena = reading->arena;
    item->variant_id = pick_id(variant, "id");
    item->sku = pick_text(arena, variant, "sku", LIMIT_TEXT_BYTES);
    item->variant = pick_text(arena, variant, "title", LIMIT_TEXT_BYTES);
    item->price = read_money(reading, json_get(variant, "price"));
    item->image = pick_page_url(arena, json_get(variant, "image"), "src", reading->origin);
    item->product_id = pick_id(product, "id");
    item->name = pick_text(arena, product, "title", LIMIT_TEXT_BYTES);
    item->brand = pick_text(arena, product, "vendor", LIMIT_TEXT_BYTES);
    item->url = pick_page_url(arena, product, "url", reading->origin);
    item->quantity = 1;
    span type = pick_text(arena, product, "type", LIMIT_TEXT_BYTES);
    if (!span_empty(type)) {
        span *categories = arena_new(arena, span);
        *categories = type;
        item->categories = categories;
        item->category_count = 1;
    }
}

/* A list of variants, cart lines or checkout lines; `inner` is the member that holds the variant,
   NULL when the element itself is it. */
static void read_lines(struct reading *reading, const struct json_value *list, const char *inner)
{
    if (!list || list->kind != JSON_ARRAY || list->count == 0)
        return;
    unsigned room = list->count < LIMIT_ITEMS ? list->count : LIMIT_ITEMS;
    struct item *items = arena_array(reading->arena, struct item, room);
    unsigned count = 0;
    for (const struct json_value *line = list->first; line && count < room; line = line->next) {
        if (line->kind != JSON_OBJECT)
            continue;
        struct item *item = &items[count++];
        read_variant(reading, inner ? json_get(line, inner) : line, item);
        if (pick_quantity(line, "quantity", 1, &item->quantity) != OK)
            item->quantity = 1;
        if (span_empty(item->name))
            item->name = pick_text(reading->arena, line, "title", LIMIT_TEXT_BYTES);
        for (const struct json_value *cut = pick_first(line, "discountAllocations"); cut;
             cut = cut->next)
            item->discount =
                money_add(item->discount, read_money(reading, json_get(cut, "amount")));
    }
    reading->event->items = items;
    reading->event->item_count = count;
}

/* One variant as the only item; its price times the quantity is the value unless said better. */
static void read_single(struct reading *reading, const struct json_value *variant, int64_t quantity,
                        struct money total)
{
    struct item *item;
    if (!variant || variant->kind != JSON_OBJECT)
        return;
    item = arena_new(reading->arena, struct item);
    read_variant(reading, variant, item);
    item->quantity = quantity;
    reading->event->items = item;
    reading->event->item_count = 1;
    reading->event->value = total;
    if (!total.given && item->price.given && quantity >= 0 && quantity <= 100000)
        reading->event->value = money_times(item->price, quantity);
}

static void read_cart_line(struct reading *reading, const struct json_value *line)
{
    int64_t quantity;
    struct money total = read_money(reading, json_path(line, "cost.totalAmount"));
    if (pick_quantity(line, "quantity", 1, &quantity) != OK)
        quantity = 1;
    read_single(reading, json_get(line, "merchandise"), quantity, total);
}

/* What our snippet wrote into the cart, unless the body knows its visitor. */
static void read_visitor(struct reading *reading, const struct json_value *holder)
{
    struct who *who = &reading->event->who;
    if (!span_empty(who->visitor) || span_empty(reading->shop->cart_attribute))
        return;
    for (const struct json_value *pair = pick_first(holder, "attributes"); pair;
         pair = pair->next) {
        if (span_equal(json_get_text(pair, "key"), reading->shop->cart_attribute))
            who->visitor = pick_visitor(reading->arena, json_get_text(pair, "value"));
    }
}

static void read_cart(struct reading *reading, const struct json_value *cart)
{
    read_visitor(reading, cart);
    span token = pick_id(cart, "id");
    if (!span_empty(token))
        reading->event->order.cart_token = token;
    reading->event->value = read_money(reading, json_path(cart, "cost.totalAmount"));
    read_lines(reading, json_get(cart, "lines"), "merchandise");
}

static struct address read_address(struct arena *arena, const struct json_value *json)
{
    return (struct address){
        .first_name = pick_text(arena, json, "firstName", 255),
        .last_name = pick_text(arena, json, "lastName", 255),
        .address1 = pick_text(arena, json, "address1", 255),
        .address2 = pick_text(arena, json, "address2", 255),
        .city = pick_text(arena, json, "city", 255),
        .region = pick_text(arena, json, "province", 255),
        .region_code = pick_text(arena, json, "provinceCode", 16),
        .zip = pick_text(arena, json, "zip", 64),
        .country = pick_text(arena, json, "countryCode", 2),
        .country_name = pick_text(arena, json, "country", 255),
        .phone = pick_exact(json, "phone", 64),
    };
}

static void read_people(struct reading *reading, const struct json_value *checkout)
{
    struct arena *arena = reading->arena;
    struct who *who = &reading->event->who;
    who->billing = read_address(arena, json_get(checkout, "billingAddress"));
    who->shipping = read_address(arena, json_get(checkout, "shippingAddress"));
    /* One address gives all of city to country: two halves of two addresses are no place. */
    const struct address *home = span_empty(who->billing.city) ? &who->shipping : &who->billing;
    who->email = pick_either(pick_exact(checkout, "email", 320), who->email);
    who->phone = pick_either(pick_exact(checkout, "phone", 64), who->phone);
    who->phone = pick_either(who->phone, pick_exact(checkout, "smsMarketingPhone", 64));
    /* Not the phone a parcel is sent to: a gift would make one person of two (DESIGN 6). */
    who->phone = pick_either(who->phone, who->billing.phone);
    who->customer_id =
        pick_either(pick_id(json_path(checkout, "order.customer"), "id"), who->customer_id);
    who->first_name = home->first_name;
    who->last_name = home->last_name;
    who->city = home->city;
    who->region = pick_either(home->region_code, home->region);
    who->zip = home->zip;
    who->country = home->country;
    read_visitor(reading, checkout);
}

static span cart_token_of_path(span href)
{
    struct url url;
    span path, part;
    if (url_parse(href, &url) != OK)
        return (span){0};
    for (path = url.path; span_split(&path, '/', &part);) { /* /checkouts/cn/TOKEN/en-us/… */
        if (span_is(part, "checkouts") && span_split(&path, '/', &part) && span_is(part, "cn") &&
            span_split(&path, '/', &part))
            return pick_bare_id(part);
    }
    return (span){0};
}

/* The shop's `value` policy, as the server half applies it. */
static struct money checkout_value(struct reading *reading, const struct json_value *checkout)
{
    struct money total = read_money(reading, json_get(checkout, "totalPrice"));
    struct money subtotal = read_money(reading, json_get(checkout, "subtotalPrice"));
    if (reading->shop->orders.value == VALUE_SUBTOTAL)
        return subtotal;
    if (reading->shop->orders.value == VALUE_TOTAL || !total.given)
        return total;
    struct money rest = money_subtract(total, read_money(reading, json_get(checkout, "totalTax")));
    return money_least_zero(
        money_subtract(rest, read_money(reading, json_path(checkout, "shippingLine.price"))));
}

static void read_checkout(struct reading *reading, const struct json_value *checkout)
{
    struct event *event = reading->event;
    const struct json_value *order = json_get(checkout, "order");
    event->order.checkout_token =
        pick_either(pick_id(checkout, "token"), event->order.checkout_token);
    event->order.cart_token =
        pick_either(cart_token_of_path(event->client.url), event->order.cart_token);
    event->order.id = pick_id(order, "id");
    const struct json_value *first = json_path(order, "customer.isFirstOrder");
    if (first && (first->kind == JSON_TRUE || first->kind == JSON_FALSE))
        event->order.first_order = first->kind == JSON_TRUE ? TRI_YES : TRI_NO;
    for (const struct json_value *cut = pick_first(checkout, "discountApplications"); cut;
         cut = cut->next) {
        if (span_empty(event->order.coupon) && span_is(json_get_text(cut, "type"), "DISCOUNT_CODE"))
            event->order.coupon = pick_text(reading->arena, cut, "title", 255);
    }
    span code = pick_exact(checkout, "currencyCode", 3);
    if (money_currency_valid(code))
        event->currency = pick_upper(reading->arena, code);
    event->value = checkout_value(reading, checkout);
    read_lines(reading, json_get(checkout, "lineItems"), "variant");
    read_people(reading, checkout);
}

static void read_data(struct reading *reading, const struct json_value *data)
{
    struct event *event = reading->event;
    const struct json_value *collection = json_get(data, "collection");
    const struct json_value *search = json_get(data, "searchResult");
    switch (event->name) {
    case EVENT_PRODUCT_VIEWED:
        read_single(reading, json_get(data, "productVariant"), 1, (struct money){0});
        break;
    case EVENT_COLLECTION_VIEWED:
        event->collection_id = pick_id(collection, "id");
        event->collection_title = pick_text(reading->arena, collection, "title", LIMIT_TEXT_BYTES);
        read_lines(reading, json_get(collection, "productVariants"), NULL);
        break;
    case EVENT_SEARCH_SUBMITTED:
        event->query = pick_text(reading->arena, search, "query", LIMIT_TEXT_BYTES);
        read_lines(reading, json_get(search, "productVariants"), NULL);
        break;
    case EVENT_CART_VIEWED:
        read_cart(reading, json_get(data, "cart"));
        break;
    case EVENT_PRODUCT_ADDED_TO_CART:
    case EVENT_PRODUCT_REMOVED_FROM_CART:
        read_cart_line(reading, json_get(data, "cartLine"));
        break;
    default:
        if (json_get(data, "checkout"))
            read_checkout(reading, json_get(data, "checkout"));
    }
}

static void read_context(struct arena *arena, const struct json_value *pixel, struct client *client)
{
    const struct json_value *document = json_path(pixel, "context.document");
    const struct json_value *navigator = json_path(pixel, "context.navigator");
    client->url = pick_either(pick_url(json_get(document, "location"), "href"), client->url);
    client->referrer = pick_either(pick_url(document, "referrer"), client->referrer);
    client->title =
        pick_either(pick_text(arena, document, "title", LIMIT_TEXT_BYTES), client->title);
    client->language = pick_either(pick_text(arena, navigator, "language", 64), client->language);
    client->user_agent =
        pick_either(pick_text(arena, navigator, "userAgent", LIMIT_TEXT_BYTES), client->user_agent);
    client->client_id = pick_either(pick_id(pixel, "clientId"), client->client_id);
    clicks_take(arena, client->url, client);
}

/* DOM events, and what Shopify says about its own pages. */
static bool of_no_use(const struct json_value *pixel)
{
    span type = json_get_text(pixel, "type"), name = json_get_text(pixel, "name");
    return span_is(type, "dom") || span_is(type, "advanced-dom") || span_is(type, "meta") ||
           span_is(name, "alert_displayed") || span_is(name, "ui_extension_errored");
}

static void read_pixel(struct envelope *envelope, const struct json_value *pixel)
{
    static const struct data_trouble money_invalid = {"money_invalid",
                                                      "an amount is no decimal number"};
    struct event event = envelope->seed;
    struct reading reading = {.arena = envelope->arena, .shop = envelope->shop, .event = &event};
    event.id = pick_exact(pixel, "id", LIMIT_TEXT_BYTES);
    read_context(envelope->arena, pixel, &event.client);
    struct url page;
    if (url_parse(event.client.url, &page) == OK)
        reading.origin = page.origin;

    const struct data_trouble *trouble = data_name(span_trim(json_get_text(pixel, "name")), &event);
    const struct json_value *custom = json_get(pixel, "customData");
    if (!trouble && (custom || span_is(json_get_text(pixel, "type"), "custom")))
        trouble = data_read(envelope->arena, envelope->shop, custom, &event);
    else if (!trouble)
        read_data(&reading, json_get(pixel, "data"));
    if (!trouble && reading.money_invalid)
        trouble = &money_invalid;
    if (trouble) {
        envelope_refuse(envelope, event.id, trouble->word, trouble->sentence);
        return;
    }
    envelope_time(envelope, pick_date(pixel, "timestamp"), &event);
    envelope_take(envelope, &event);
}

enum source_verdict pixel_decode(const struct http_request *request, const struct shop *shop,
                                 struct arena *arena, const struct json_value *root,
                                 struct source_batch *ret_batch)
{
    const struct json_value *pixel = json_get(root, "pixel");
    if (pixel->kind != JSON_OBJECT) {
        *ret_batch = (struct source_batch){.error = "pixel_not_object",
                                           .detail = SPAN("pixel must be Shopify's event")};
        return SOURCE_MALFORMED;
    }
    struct envelope envelope;
    envelope_init(&envelope, request, shop, arena, root, SOURCE_PIXEL, 1);
    if (!of_no_use(pixel))
        read_pixel(&envelope, pixel);
    envelope_finish(&envelope, ret_batch);
    return SOURCE_TAKEN;
}
