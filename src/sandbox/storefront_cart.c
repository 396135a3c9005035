/*
 * Carts, and Shopify's Ajax API for them:
 *
 *   GET  /cart.js           the cart; an absent one is an empty one
 *   POST /cart/add.js       {"id":…,"quantity":…} answers the LINE; {"items":[…]} the same
 *   POST /cart/change.js    {"id" or "line":…,"quantity":…} answers the cart; 0 takes it out
 *   POST /cart/update.js    {"attributes":{…}} merges them; answers the cart
 *   POST /cart/clear.js     answers the cart
 *   POST /cart/add          the same as a form, for who has no scripts; leads to /cart
 *   GET  /cart/ID:QUANTITY  a permalink (?attributes[NAME]=VALUE): a new cart that goes to the
 *                           checkout at once, which is how `buy it now` gets past the cart
 *
 * A cart is found by its token in the cookie `cart`, and never again once it was bought. Carts are
 * reused in a ring: the oldest makes room.
 */
#include <assert.h>

#include "../base/limits.h"
#include "../base/url.h"
#include "storefront_private.h"

#define QUANTITY_MOST 99

struct storefront_cart *storefront_cart_named(struct storefront *shop, span token)
{
    for (unsigned i = 0; i < STOREFRONT_CARTS && token.len > 0; i++)
        if (span_is(token, shop->carts[i].token))
            return &shop->carts[i];
    return NULL;
}

struct storefront_cart *storefront_cart_of(struct storefront *shop,
                                           const struct http_request *request)
{
    span token = url_cookie_get(http_request_header(request, "cookie"), "cart");
    struct storefront_cart *cart = storefront_cart_named(shop, token);
    return cart && cart->order == 0 ? cart : NULL;
}

unsigned storefront_cart_count(const struct storefront_cart *cart)
{
    unsigned count = 0;
    for (unsigned i = 0; cart && cart->order == 0 && i < cart->line_count; i++)
        count += cart->lines[i].quantity;
    return count;
}

const char *storefront_cart_currency(struct exchange *exchange)
{
    static const char *const codes[] = {"EUR", "USD", "GBP", "JPY"};
    const struct http_request *request = &exchange->request;
    span wanted = url_query_get(exchange->arena, request->query, "currency");
    if (wanted.ptr == NULL)
        wanted = url_cookie_get(http_request_header(request, "cookie"), "cart_currency");
    for (unsigned i = 0; i < COUNT_OF(codes); i++)
        if (span_is(wanted, codes[i]))
            return codes[i];
    return codes[0];
}

/* Tokens look like Shopify's of today: base64 text. */
struct storefront_cart *storefront_cart_new(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_cart *cart = &shop->carts[shop->next_cart++ % STOREFRONT_CARTS];
    span cookies = http_request_header(&exchange->request, "cookie");
    char hex[33];
    *cart = (struct storefront_cart){0};
    storefront_token(shop, hex);
    snprintf(cart->token, sizeof cart->token, "Z2NwLWV1cm9wZS13ZXN0%.24s", hex);
    snprintf(cart->currency, sizeof cart->currency, "%s", storefront_cart_currency(exchange));
    storefront_set(&cart->landing,
                   url_decode(exchange->arena, url_cookie_get(cookies, "_landing"), false));
    storefront_set(&cart->referrer,
                   url_decode(exchange->arena, url_cookie_get(cookies, "_referrer"), false));
    cart->created_at = storefront_now(shop);
    return cart;
}

bool storefront_cart_put(struct storefront_cart *cart, const struct storefront_product *product,
                         int64_t quantity)
{
    for (unsigned i = 0; i < cart->line_count; i++)
        if (cart->lines[i].product == product) {
            if (cart->lines[i].quantity + quantity > QUANTITY_MOST)
                return false;
            cart->lines[i].quantity += (unsigned)quantity;
            return true;
        }
    if (cart->line_count == STOREFRONT_LINES)
        return false;
    cart->lines[cart->line_count++] =
        (struct storefront_line){.product = product, .quantity = (unsigned)quantity};
    return true;
}

/* ---- answers ---- */

static span cart_cookie(struct arena *arena, const char *token)
{
    return arena_print(arena, "cart=%s; Path=/; Max-Age=1209600; SameSite=Lax", token);
}

void storefront_answer_json(struct exchange *exchange, struct buf *body, const char *cart_token)
{
    struct http_header headers[2] = {{SPAN("Content-Type"), SPAN("application/json")}};
    unsigned count = 1;
    if (cart_token)
        headers[count++] =
            (struct http_header){SPAN("Set-Cookie"), cart_cookie(exchange->arena, cart_token)};
    assert(buf_ok(body));
    listen_answer(exchange, 200, headers, count, buf_span(body));
    buf_done(body);
}

static void put_prices(struct json *json, int64_t price, unsigned quantity)
{
    static const char *const of_one[] = {"price", "original_price", "final_price"};
    static const char *const of_line[] = {"line_price", "original_line_price", "final_line_price"};
    for (unsigned i = 0; i < COUNT_OF(of_one); i++)
        json_put_int(json, of_one[i], price);
    for (unsigned i = 0; i < COUNT_OF(of_line); i++)
        json_put_int(json, of_line[i], price * quantity);
}

static void put_line(struct json *json, const struct storefront_cart *cart,
                     const struct storefront_product *product, unsigned quantity,
                     struct arena *arena)
{
    json_open(json, NULL, '{');
    json_put_int(json, "id", product->variant_id);
    json_put_text(json, "key", arena_print(arena, "%lld:1", (long long)product->variant_id));
    json_put_int(json, "variant_id", product->variant_id);
    json_put_int(json, "product_id", product->id);
    json_put_int(json, "quantity", quantity);
    json_put_text(json, "title", arena_print(arena, "%s - %s", product->title, product->variant));
    json_put_text(json, "product_title", span_of(product->title));
    json_put_text(json, "variant_title", span_of(product->variant));
    json_put_text(json, "handle", span_of(product->handle));
    json_put_text(json, "vendor", span_of(product->vendor));
    json_put_text(json, "product_type", span_of(product->type));
    json_put_text(json, "sku", span_of(product->sku));
    put_prices(json, storefront_hundredths(product->cents, cart->currency), quantity);
    json_put_int(json, "grams", product->grams);
    json_put_text(json, "url",
                  arena_print(arena, "/products/%s?variant=%lld", product->handle,
                              (long long)product->variant_id));
    json_put_text(json, "image", arena_print(arena, "/images/%s.svg", product->handle));
    json_close(json, '}');
}

static void answer_cart(struct exchange *exchange, const struct storefront_cart *cart)
{
    struct buf body;
    struct json json;
    int64_t total = 0;
    buf_init(&body, 1 * MIB);
    json_start(&json, &body);
    json_open(&json, NULL, '{');
    json_put_text(&json, "token",
                  cart ? arena_print(exchange->arena, "%s?key=0123456789abcdef", cart->token)
                       : SPAN(""));
    json_open(&json, "attributes", '{');
    for (unsigned i = 0; cart && i < cart->attribute_count; i++)
        json_put_text_at(&json, span_of(cart->attributes[i].name.text),
                         span_of(cart->attributes[i].value.text));
    json_close(&json, '}');
    json_open(&json, "items", '[');
    for (unsigned i = 0; cart && i < cart->line_count; i++) {
        const struct storefront_line *line = &cart->lines[i];
        put_line(&json, cart, line->product, line->quantity, exchange->arena);
        total += storefront_hundredths(line->product->cents, cart->currency) * line->quantity;
    }
    json_close(&json, ']');
    json_put_int(&json, "item_count", storefront_cart_count(cart));
    json_put_int(&json, "total_price", total);
    json_put_text(&json, "currency", span_of(cart ? cart->currency : "EUR"));
    json_close(&json, '}');
    json_end(&json);
    storefront_answer_json(exchange, &body, cart ? cart->token : NULL);
}

/* ---- what is asked ---- */

struct wish {
    const struct storefront_product *product;
    int64_t quantity;
};

static bool read_wish(const struct json_value *body, struct wish *ret_wish)
{
    int64_t id = 0;
    struct wish wish = {NULL, json_get_int(body, "quantity", 1)};
    if (span_int(json_get_id(body, "id"), &id) == OK)
        wish.product = storefront_product_of(id);
    if (wish.product == NULL || wish.quantity < 1 || wish.quantity > QUANTITY_MOST)
        return false;
    *ret_wish = wish;
    return true;
}

/* The cart of this browser, made when there is none. */
static struct storefront_cart *cart_for(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_cart *cart = storefront_cart_of(shop, &exchange->request);
    return cart ? cart : storefront_cart_new(shop, exchange);
}

/* Each line answers what is in the cart now, quantity and all, as in life. */
static void answer_lines(struct exchange *exchange, const struct storefront_cart *cart,
                         const struct wish *wishes, unsigned count, bool list)
{
    struct buf body;
    struct json json;
    buf_init(&body, 1 * MIB);
    json_start(&json, &body);
    if (list) {
        json_open(&json, NULL, '{');
        json_open(&json, "items", '[');
    }
    for (unsigned i = 0; i < count; i++)
        for (unsigned line = 0; line < cart->line_count; line++)
            if (cart->lines[line].product == wishes[i].product)
                put_line(&json, cart, wishes[i].product, cart->lines[line].quantity,
                         exchange->arena);
    if (list) {
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_end(&json);
    storefront_answer_json(exchange, &body, cart->token);
}

static void cart_add(struct storefront *shop, struct exchange *exchange,
                     const struct json_value *body)
{
    struct wish wishes[STOREFRONT_LINES];
    unsigned count = 0;
    const struct json_value *items = json_get(body, "items");
    for (const struct json_value *one = items ? items->first : body; one; one = one->next) {
        if (count == STOREFRONT_LINES || !read_wish(one, &wishes[count])) {
            storefront_refuse(exchange, "no such variant, or no such quantity");
            return;
        }
        count++;
    }
    if (count == 0) {
        storefront_refuse(exchange, "nothing to add");
        return;
    }
    struct storefront_cart *cart = cart_for(shop, exchange);
    for (unsigned i = 0; i < count; i++)
        if (!storefront_cart_put(cart, wishes[i].product, wishes[i].quantity)) {
            storefront_refuse(exchange, "the cart is full");
            return;
        }
    answer_lines(exchange, cart, wishes, count, items != NULL);
}

static void cart_change(struct storefront *shop, struct exchange *exchange,
                        const struct json_value *body)
{
    struct storefront_cart *cart = cart_for(shop, exchange);
    int64_t id = 0, line = json_get_int(body, "line", 0) - 1;
    int64_t quantity = json_get_int(body, "quantity", -1);
    if (span_int(json_get_id(body, "id"), &id) == OK)
        for (unsigned i = 0; i < cart->line_count; i++)
            line = cart->lines[i].product->variant_id == id ? i : line;
    if (line < 0 || line >= cart->line_count || quantity < 0 || quantity > QUANTITY_MOST) {
        storefront_refuse(exchange, "no such line, or no such quantity");
        return;
    }
    cart->lines[line].quantity = (unsigned)quantity;
    if (quantity == 0) {
        cart->line_count--;
        memmove(&cart->lines[line], &cart->lines[line + 1],
                (cart->line_count - (size_t)line) * sizeof *cart->lines);
    }
    answer_cart(exchange, cart);
}

/* Attributes merge; an empty text takes one away (contracts/sources 2.7). */
static void attribute_put(struct storefront_cart *cart, span name, span value)
{
    unsigned i = 0;
    while (i < cart->attribute_count && !span_is(name, cart->attributes[i].name.text))
        i++;
    if (i == STOREFRONT_ATTRIBUTES || (i == cart->attribute_count && span_empty(value)))
        return;
    if (span_empty(value)) {
        cart->attributes[i] = cart->attributes[--cart->attribute_count];
        return;
    }
    storefront_set(&cart->attributes[i].name, name);
    storefront_set(&cart->attributes[i].value, value);
    if (i == cart->attribute_count)
        cart->attribute_count++;
}

static void cart_update(struct storefront *shop, struct exchange *exchange,
                        const struct json_value *body)
{
    struct storefront_cart *cart =
        cart_for(shop, exchange); /* attributes make a cart, as in life */
    const struct json_value *attributes = json_get(body, "attributes");
    for (const struct json_value *one = attributes ? attributes->first : NULL; one; one = one->next)
        if (cart->checkout_token[0] == '\0') /* later the checkout has its copy */
            attribute_put(cart, one->key, json_text(one));
    answer_cart(exchange, cart);
}

static void cart_clear(struct storefront *shop, struct exchange *exchange,
                       const struct json_value *body)
{
    struct storefront_cart *cart = cart_for(shop, exchange);
    (void)body;
    cart->line_count = 0;
    answer_cart(exchange, cart);
}

static void cart_show(struct storefront *shop, struct exchange *exchange,
                      const struct json_value *body)
{
    (void)body;
    answer_cart(exchange, storefront_cart_of(shop, &exchange->request));
}

/* The product's form without scripts. */
static void cart_form(struct storefront *shop, struct exchange *exchange,
                      const struct json_value *body)
{
    span form = exchange->request.body;
    int64_t id = 0, quantity = 1;
    (void)body;
    (void)!span_int(url_query_get(exchange->arena, form, "quantity"), &quantity);
    const struct storefront_product *product = NULL;
    if (span_int(url_query_get(exchange->arena, form, "id"), &id) == OK)
        product = storefront_product_of(id);
    if (product == NULL || quantity < 1 || quantity > QUANTITY_MOST) {
        storefront_refuse(exchange, "no such variant, or no such quantity");
        return;
    }
    struct storefront_cart *cart = cart_for(shop, exchange);
    (void)storefront_cart_put(cart, product, quantity);
    storefront_redirect(exchange, SPAN("/cart"), cart_cookie(exchange->arena, cart->token));
}

/* attributes[NAME]=VALUE of a permalink, as Shopify takes them. */
static void take_attributes(struct arena *arena, struct storefront_cart *cart, span query)
{
    span name, value;
    while (url_query_next(&query, &name, &value)) {
        name = url_decode(arena, name, true);
        if (span_starts(name, "attributes[") && span_ends(name, "]"))
            attribute_put(cart, span_sub(name, 11, name.len - 12), url_decode(arena, value, true));
    }
}

/* "41327142404209:2"; the browser's own cart stays as it is. */
static bool cart_permalink(struct storefront *shop, struct exchange *exchange, span rest)
{
    span variant;
    int64_t id, quantity;
    if (!span_split(&rest, ':', &variant) || span_int(variant, &id) != OK ||
        span_int(rest, &quantity) != OK)
        return false;
    const struct storefront_product *product = storefront_product_of(id);
    if (product == NULL || quantity < 1 || quantity > QUANTITY_MOST)
        return false;
    struct storefront_cart *cart = storefront_cart_new(shop, exchange);
    (void)storefront_cart_put(cart, product, quantity);
    take_attributes(exchange->arena, cart, exchange->request.query);
    storefront_redirect(exchange,
                        arena_print(exchange->arena, "/checkouts/cn/%s/information", cart->token),
                        (span){0});
    return true;
}

static const struct {
    const char *method, *path;
    void (*serve)(struct storefront *shop, struct exchange *exchange,
                  const struct json_value *body);
} paths[] = {
    {"GET", "/cart.js", cart_show},           {"POST", "/cart/add.js", cart_add},
    {"POST", "/cart/change.js", cart_change}, {"POST", "/cart/update.js", cart_update},
    {"POST", "/cart/clear.js", cart_clear},   {"POST", "/cart/add", cart_form},
};

bool storefront_cart_serve(struct storefront *shop, struct exchange *exchange,
                           const struct json_value *body)
{
    const struct http_request *request = &exchange->request;
    for (unsigned i = 0; i < COUNT_OF(paths); i++)
        if (span_is(request->path, paths[i].path) && span_is(request->method, paths[i].method)) {
            paths[i].serve(shop, exchange, body);
            return true;
        }
    return span_starts(request->path, "/cart/") && !span_is(request->method, "POST") &&
           cart_permalink(shop, exchange, span_sub(request->path, 6, request->path.len));
}
