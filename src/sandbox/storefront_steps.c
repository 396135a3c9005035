/*
 * The pages of a checkout and of an order:
 *
 *   /checkouts/cn/TOKEN/information -> shipping -> payment -> thank-you     /orders/TOKEN
 *
 * The first thank-you page tells checkout_completed; a look back at it is the order's status page,
 * as on Shopify. checkout.js sends the forms: data-step is where, data-tells the pixel's events
 * after it, data-next the page that follows; what is in data-then is sent once those events are
 * told.
 */
#include "storefront_private.h"

enum step { INFORMATION, SHIPPING, PAYMENT };
static const struct {
    const char *path, *title;
} steps[] = {
    [INFORMATION] = {"information", "Information"},
    [SHIPPING] = {"shipping", "Shipping"},
    [PAYMENT] = {"payment", "Payment"},
};

static void put_head(struct storefront_page *page, enum step now)
{
    storefront_put(page,
                   "<div class=checkout><div><ol class=steps><li><a href=/cart>Cart</a></li>");
    for (unsigned i = 0; i < COUNT_OF(steps); i++) {
        if (i < now)
            storefront_put_all(page, "<li><a href=\"/checkouts/cn/%s/%s\">%s</a></li>",
                               page->cart->token, steps[i].path, steps[i].title);
        else
            storefront_put_all(page, "<li%s>%s</li>", i == now ? " aria-current=step" : "",
                               steps[i].title);
    }
    storefront_put(page, "</ol>");
}

static void put_form(struct storefront_page *page, const char *step, const char *tells,
                     const char *next)
{
    storefront_put_all(page,
                       "<form class=fields data-step=\"/checkouts/cn/%s/%s\" data-tells=\"%s\" "
                       "data-next=\"/checkouts/cn/%s/%s\"",
                       page->cart->token, step, tells, page->cart->token, next);
}

static bool put_tail(struct storefront_page *page, const struct storefront_told *told)
{
    storefront_put(page, "</form></div><aside>");
    storefront_put_lines(page, page->cart);
    storefront_put(page, "</aside></div>");
    return storefront_shell_end(page, 200, told);
}

static void put_recap(struct storefront_page *page, bool shipping)
{
    const struct storefront_person *person = &page->cart->person;
    storefront_put_all(page,
                       "<div class=recap><div><span>Contact</span><span>%s</span></div><div><span>"
                       "Ship to</span><span>%s %s, %s, %s %s</span></div>",
                       person->email.text, person->first_name.text, person->last_name.text,
                       person->address1.text, person->zip.text, person->city.text);
    if (shipping)
        storefront_put_all(page, "<div><span>Method</span><span>%s</span></div>",
                           page->cart->express ? "Express" : "Standard");
    storefront_put(page, "</div>");
}

static bool page_information(struct storefront_page *page)
{
    const struct storefront_person *person = &page->cart->person;
    const struct {
        const char *name, *title, *type, *complete, *class, *value;
    } fields[] = {
        {"email", "E-mail", "email", "email", "all", person->email.text},
        {"first_name", "First name", "text", "given-name", "", person->first_name.text},
        {"last_name", "Last name", "text", "family-name", "", person->last_name.text},
        {"address1", "Street and number", "text", "street-address", "all", person->address1.text},
        {"zip", "Postcode", "text", "postal-code", "", person->zip.text},
        {"city", "City", "text", "address-level2", "", person->city.text},
        {"phone", "Phone (if you like)", "tel", "tel", "all", person->phone.text},
    };
    static const char *const countries[][2] = {{"DE", "Germany"},
                                               {"FR", "France"},
                                               {"AT", "Austria"},
                                               {"US", "United States"},
                                               {"JP", "Japan"}};
    struct storefront_told told = {.name = "checkout_started", .checkout = true};
    storefront_shell_start(page, "Checkout", &told);
    put_head(page, INFORMATION);
    put_form(page, "contact", "checkout_contact_info_submitted checkout_address_info_submitted",
             "shipping");
    storefront_put(page, "><h2 class=all>Who and where to</h2>");
    for (unsigned i = 0; i < COUNT_OF(fields); i++)
        storefront_put_all(page,
                           "<label class=\"field %s\">%s<input name=%s type=%s autocomplete=%s "
                           "value=\"%s\"%s></label>",
                           fields[i].class, fields[i].title, fields[i].name, fields[i].type,
                           fields[i].complete, fields[i].value,
                           fields[i].type[0] == 't' && fields[i].type[2] == 'l' ? "" : " required");
    storefront_put(page, "<label class=\"field all\">Country<select name=country>");
    for (unsigned i = 0; i < COUNT_OF(countries); i++)
        storefront_put_all(page, "<option value=%s%s>%s", countries[i][0],
                           strcmp(person->country.text, countries[i][0]) == 0 ? " selected" : "",
                           countries[i][1]);
    storefront_put(page, "</select></label><label class=\"field all\">Code<input name=discount "
                         "placeholder=\"WELCOME10\"></label><label class=choice><input "
                         "type=checkbox name=accepts> Write to me when there is something new"
                         "</label><button class=all>Go on to shipping</button>");
    return put_tail(page, &told);
}

static bool page_shipping(struct storefront_page *page)
{
    struct storefront_told told = {.checkout = true};
    storefront_shell_start(page, "Shipping", &told);
    put_head(page, SHIPPING);
    put_recap(page, false);
    put_form(page, "shipping", "checkout_shipping_info_submitted", "payment");
    storefront_put_all(
        page,
        "><h2 class=all>How fast</h2><label class=choice><input type=radio name=rate "
        "value=standard%s> Standard, three days<b>%s</b></label><label "
        "class=choice><input type=radio name=rate value=express%s> Express, "
        "tomorrow<b>%s</b></label><button class=all>Go on to payment</button>",
        page->cart->express ? "" : " checked", storefront_price(page, STOREFRONT_STANDARD_CENTS),
        page->cart->express ? " checked" : "", storefront_price(page, STOREFRONT_EXPRESS_CENTS));
    return put_tail(page, &told);
}

static bool page_payment(struct storefront_page *page)
{
    struct storefront_told told = {.checkout = true};
    storefront_shell_start(page, "Payment", &told);
    put_head(page, PAYMENT);
    put_recap(page, true);
    put_form(page, "payment", "payment_info_submitted", "thank-you");
    storefront_put_all(page,
                       " data-then=\"/checkouts/cn/%s/complete\"><h2 class=all>How you pay</h2>"
                       "<label class=choice><input type=radio name=gateway value=card checked> "
                       "Demo card<b>no number asked</b></label><label class=choice><input "
                       "type=radio name=gateway value=deposit> Bank transfer<b>paid "
                       "later</b></label><button class=all>Pay now</button>",
                       page->cart->token);
    return put_tail(page, &told);
}

/* ---- after the purchase ---- */

static void put_order(struct storefront_page *page, const struct storefront_order *order)
{
    put_recap(page, true);
    storefront_put(page, "<div class=panel>");
    storefront_put_lines(page, &order->cart);
    storefront_put(page, "</div><p><a class=\"button second\" href=/collections/all>Look further"
                         "</a></p>");
}

static bool page_status(struct storefront_page *page, const struct storefront_order *order)
{
    struct storefront_told told = {.checkout = true};
    storefront_shell_start(page, "Your order", &told);
    storefront_put_all(page,
                       "<h1>Order #%u</h1><p><span class=badge>%s</span> <span class=badge>%s"
                       "</span></p>",
                       order->number,
                       order->cancelled                  ? "cancelled"
                       : order->refunded.units[SHOP] > 0 ? "refunded"
                       : order->paid                     ? "paid"
                                                         : "waits for payment",
                       order->delivered   ? "delivered"
                       : order->fulfilled ? "on its way"
                                          : "being packed");
    put_order(page, order);
    return storefront_shell_end(page, 200, &told);
}

static bool page_thanks(struct storefront_page *page, struct storefront_order *order)
{
    struct storefront_told told = {.name = "checkout_completed", .checkout = true};
    if (page->cart->thanked) {
        storefront_redirect(page->exchange,
                            arena_print(page->exchange->arena, "/orders/%s", order->token),
                            (span){0});
        return true;
    }
    page->cart->thanked = true;
    storefront_shell_start(page, "Thank you", &told);
    storefront_put_all(page,
                       "<h1>Thank you%s%s</h1><p>Your order #%u is on its way to nowhere. <a "
                       "href=/orders/%s>Its page</a> will always say how it is.</p>",
                       order->cart.person.first_name.text[0] ? ", " : "",
                       order->cart.person.first_name.text, order->number, order->token);
    put_order(page, order);
    return storefront_shell_end(page, 200, &told);
}

/* ---- paths ---- */

static bool to_checkout(struct storefront_page *page)
{
    if (page->cart == NULL || page->cart->line_count == 0)
        storefront_redirect(page->exchange, SPAN("/cart"), (span){0});
    else
        storefront_redirect(
            page->exchange,
            arena_print(page->exchange->arena, "/checkouts/cn/%s/information", page->cart->token),
            (span){0});
    return true;
}

static bool serve_order(struct storefront_page *page, span token)
{
    for (unsigned i = 0; i < page->shop->order_count; i++)
        if (span_is(token, page->shop->orders[i]->token)) {
            page->cart = &page->shop->orders[i]->cart;
            return page_status(page, page->shop->orders[i]);
        }
    return false;
}

static bool serve_step(struct storefront_page *page, span step)
{
    struct storefront *shop = page->shop;
    struct storefront_order *order = storefront_order_from(shop, page->cart);
    if (order)
        return span_is(step, "thank-you") && page_thanks(page, order);
    if (page->cart->line_count == 0)
        return to_checkout(page);
    storefront_checkout_open(shop, page->cart, page->exchange);
    page->currency = page->cart->currency;
    return span_is(step, "information") ? page_information(page)
           : span_is(step, "shipping")  ? page_shipping(page)
           : span_is(step, "payment")   ? page_payment(page)
                                        : false;
}

bool storefront_steps_serve(struct storefront_page *page)
{
    span path = page->exchange->request.path, token;
    if (span_is(path, "/checkout"))
        return to_checkout(page);
    if (span_starts(path, "/orders/"))
        return serve_order(page, span_sub(path, 8, path.len));
    if (!span_starts(path, "/checkouts/cn/"))
        return false;
    span rest = span_sub(path, 14, path.len);
    if (!span_split(&rest, '/', &token))
        return false;
    page->cart = storefront_cart_named(page->shop, token);
    return page->cart && serve_step(page, rest);
}
