/*
 * The pages of an account, and of the merchant behind the counter. The merchant's buttons post to
 * /admin/orders/N/ACTION (storefront_admin.c), as scripts do.
 */
#include "storefront_private.h"

#include "../base/url.h"

static const struct storefront_told nothing;

static bool asked(const struct storefront_page *page, const char *name)
{
    return url_query_get(page->exchange->arena, page->exchange->request.query, name).ptr != NULL;
}

static void put_credentials(struct storefront_page *page)
{
    storefront_put(page,
                   "<label class=\"field all\">E-mail<input type=email name=\"customer[email]\" "
                   "autocomplete=email required></label><label class=\"field all\">Password"
                   "<input type=password name=\"customer[password]\" "
                   "autocomplete=current-password required></label>");
}

static bool page_login(struct storefront_page *page)
{
    storefront_shell_start(page, "Log in", &nothing);
    storefront_put(page, "<h1>Log in</h1>");
    if (asked(page, "wrong"))
        storefront_put(page,
                       "<p class=\"said bad\">No customer has this address and password.</p>");
    storefront_put(page, "<form class=fields method=post action=/account/login "
                         "id=customer_login>");
    put_credentials(page);
    storefront_put(page, "<button class=all>Log in</button></form><p class=small>New here? <a "
                         "href=/account/register>Register</a></p>");
    return storefront_shell_end(page, 200, &nothing);
}

static bool page_register(struct storefront_page *page)
{
    storefront_shell_start(page, "Register", &nothing);
    storefront_put(page, "<h1>Register</h1>");
    if (asked(page, "taken"))
        storefront_put(page, "<p class=\"said bad\">This address is registered already, or it is "
                             "none.</p>");
    storefront_put(page, "<form class=fields method=post action=/account id=create_customer>"
                         "<label class=field>First name<input name=\"customer[first_name]\" "
                         "autocomplete=given-name></label><label class=field>Last name<input "
                         "name=\"customer[last_name]\" autocomplete=family-name></label>");
    put_credentials(page);
    storefront_put(page, "<button class=all>Register</button></form>");
    return storefront_shell_end(page, 200, &nothing);
}

static void put_order_row(struct storefront_page *page, const struct storefront_order *order)
{
    storefront_put_all(page, "<tr><td><a href=/orders/%s>#%u</a><td>%s<td>%s</tr>", order->token,
                       order->number,
                       order->cancelled   ? "cancelled"
                       : order->fulfilled ? "sent"
                                          : "being packed",
                       storefront_amount_text(page, &order->bill, order->bill.total));
}

static bool page_account(struct storefront_page *page)
{
    const struct storefront_customer *customer = page->customer;
    if (customer == NULL) {
        storefront_redirect(page->exchange, SPAN("/account/login"), (span){0});
        return true;
    }
    storefront_shell_start(page, "Account", &nothing);
    storefront_put_all(page, "<h1>Good day%s%s</h1><p class=quiet>%s</p>",
                       customer->first_name.text[0] ? ", " : "", customer->first_name.text,
                       customer->email.text);
    bool any = false;
    for (unsigned i = page->shop->order_count; i-- > 0;) {
        if (page->shop->orders[i]->customer_id != customer->id)
            continue;
        if (!any)
            storefront_put(page, "<table class=lines><tr><th>Order<th>State<th>Total</tr>");
        any = true;
        put_order_row(page, page->shop->orders[i]);
    }
    storefront_put(page, any ? "</table>" : "<p>No orders yet.</p>");
    storefront_put(page, "<form method=post action=/account/logout><button class=second>Log out"
                         "</button></form>");
    return storefront_shell_end(page, 200, &nothing);
}

/* ---- behind the counter ---- */

static void put_action(struct storefront_page *page, const struct storefront_order *order,
                       const char *action, const char *title, bool possible)
{
    if (possible)
        storefront_put_all(page,
                           "<button type=button class=second "
                           "data-action=\"/admin/orders/%u/%s\">%s</button>",
                           order->number, action, title);
}

static void put_badge(struct storefront_page *page, const char *text, bool on)
{
    storefront_put_all(page, "<span class=\"badge%s\">%s</span> ", on ? " on" : "", text);
}

static void put_admin_order(struct storefront_page *page, const struct storefront_order *order)
{
    bool open = !order->cancelled, refunded = order->refunded.units[SHOP] > 0;
    storefront_put_all(page, "<tr><td><a href=/orders/%s>#%u</a><td>%s<td>", order->token,
                       order->number, order->cart.person.email.text);
    put_badge(page, order->cancelled ? "cancelled" : order->paid ? "paid" : "unpaid", order->paid);
    put_badge(page,
              order->delivered   ? "delivered"
              : order->fulfilled ? "sent"
                                 : "to be packed",
              order->fulfilled);
    if (refunded)
        put_badge(page, "refunded", false);
    storefront_put(page, "<td><div class=acts>");
    put_action(page, order, "pay", "Paid", open && !order->paid);
    put_action(page, order, "fulfill", "Send", open && !order->fulfilled);
    put_action(page, order, "deliver", "Delivered", order->fulfilled && !order->delivered);
    put_action(page, order, "edit", "One more of it", open && !order->fulfilled && !refunded);
    put_action(page, order, "refund", "Refund",
               order->paid && order->refunded.units[SHOP] < order->bill.total.units[SHOP]);
    put_action(page, order, "cancel", "Cancel", open && !order->fulfilled);
    storefront_put_all(page, "</div><td>%s</tr>",
                       storefront_amount_text(page, &order->bill, order->bill.total));
}

static bool page_admin(struct storefront_page *page)
{
    storefront_shell_start(page, "Behind the counter", &nothing);
    storefront_put(page, "<h1>Behind the counter</h1><p class=quiet>What the merchant does here is "
                         "sent to the gateway as Shopify would send it, signed.</p><div "
                         "class=scroll><table class=lines><tr><th>Order<th>Buyer<th>State<th>Do<th>"
                         "Total</tr>");
    for (unsigned i = page->shop->order_count; i-- > 0;)
        put_admin_order(page, page->shop->orders[i]);
    storefront_put(page, "</table></div><p id=done class=said role=status hidden></p>");
    if (page->shop->order_count == 0)
        storefront_put(page, "<p class=quiet>Nobody has bought anything yet.</p>");
    storefront_put(page, "<script src=/admin.js defer></script>");
    return storefront_shell_end(page, 200, &nothing);
}

bool storefront_people_serve(struct storefront_page *page)
{
    static const struct {
        const char *path;
        bool (*serve)(struct storefront_page *page);
    } pages[] = {
        {"/account", page_account},
        {"/account/login", page_login},
        {"/account/register", page_register},
        {"/admin", page_admin},
    };
    for (unsigned i = 0; i < COUNT_OF(pages); i++)
        if (span_is(page->exchange->request.path, pages[i].path))
            return pages[i].serve(page);
    return false;
}
