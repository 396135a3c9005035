/*
 * Customers: who registered, who is logged in, who wants the newsletter. Forms as Shopify's themes
 * have them, posted by the browser and answered by a redirect:
 *
 *   POST /account           customer[email], [password], [first_name], [last_name]  register, log
 * in POST /account/login     customer[email], customer[password] POST /account/logout POST /contact
 * contact[email]                                         the newsletter
 *
 * A new customer and one who subscribes are told by customers/create and customers/update.
 * Passwords are kept as digests; this is a toy, and the digest is not salted.
 */
#include <assert.h>

#include "../base/hash.h"
#include "../base/limits.h"
#include "../base/url.h"
#include "storefront_private.h"

#define CUSTOMER_ID INT64_C(4206822293653)
#define COOKIE      "_customer"

struct storefront_customer *storefront_customer_named(struct storefront *shop, span email)
{
    for (unsigned i = 0; i < shop->customer_count && email.len > 0; i++)
        if (span_equal_nocase(email, span_of(shop->customers[i].email.text)))
            return &shop->customers[i];
    return NULL;
}

struct storefront_customer *storefront_customer_met(struct storefront *shop, span email)
{
    struct storefront_customer *customer = storefront_customer_named(shop, email);
    if (customer || shop->customer_count == STOREFRONT_CUSTOMERS)
        return customer;
    customer = &shop->customers[shop->customer_count++];
    *customer = (struct storefront_customer){
        .id = CUSTOMER_ID + (int64_t)shop->customer_count * 4096,
        .created_at = storefront_now(shop),
        .updated_at = storefront_now(shop),
    };
    storefront_set(&customer->email, email);
    return customer;
}

struct storefront_customer *storefront_customer_here(struct storefront *shop,
                                                     const struct http_request *request)
{
    span session = url_cookie_get(http_request_header(request, "cookie"), COOKIE);
    for (unsigned i = 0; i < shop->customer_count && session.len == 32; i++)
        if (span_is(session, shop->customers[i].session))
            return &shop->customers[i];
    return NULL;
}

static void tell(struct storefront *shop, struct storefront_customer *customer, const char *topic,
                 struct arena *arena)
{
    struct buf body;
    char event_id[40];
    storefront_uuid(shop, event_id);
    customer->updated_at = storefront_now(shop);
    buf_init(&body, STOREFRONT_BODY);
    storefront_body_customer(customer, arena, &body);
    assert(buf_ok(&body));
    storefront_hooks_send(shop, NULL, topic, event_id, customer->updated_at, buf_span(&body));
    buf_done(&body);
}

static span field(struct exchange *exchange, const char *name)
{
    return span_trim(url_query_get(exchange->arena, exchange->request.body, name));
}

static span digest(struct exchange *exchange)
{
    span password = field(exchange, "customer[password]");
    return password.len > 0
               ? hash_hex(exchange->arena, arena_join(exchange->arena, SPAN("demo:"), password))
               : (span){0};
}

static void log_in(struct storefront *shop, struct exchange *exchange,
                   struct storefront_customer *customer)
{
    storefront_token(shop, customer->session);
    storefront_redirect(exchange, SPAN("/account"),
                        arena_print(exchange->arena, COOKIE "=%s; Path=/; HttpOnly; SameSite=Lax",
                                    customer->session));
}

static void account_register(struct storefront *shop, struct exchange *exchange)
{
    span email = field(exchange, "customer[email]"), password = digest(exchange);
    struct storefront_customer *customer = storefront_customer_named(shop, email);
    bool known = customer != NULL;
    if (span_find(email, 0, '@') == email.len || password.len == 0 ||
        (customer && customer->password[0])) {
        storefront_redirect(exchange, SPAN("/account/register?taken=1"), (span){0});
        return;
    }
    customer = storefront_customer_met(shop, email);
    if (customer == NULL) {
        storefront_refuse(exchange, "the shop has too many customers");
        return;
    }
    storefront_set(&customer->first_name, field(exchange, "customer[first_name]"));
    storefront_set(&customer->last_name, field(exchange, "customer[last_name]"));
    snprintf(customer->password, sizeof customer->password, "%.*s", SPAN_ARG(password));
    tell(shop, customer, known ? "customers/update" : "customers/create", exchange->arena);
    log_in(shop, exchange, customer);
}

static void account_login(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_customer *customer =
        storefront_customer_named(shop, field(exchange, "customer[email]"));
    span password = digest(exchange);
    if (customer && password.len > 0 && span_is(password, customer->password))
        log_in(shop, exchange, customer);
    else
        storefront_redirect(exchange, SPAN("/account/login?wrong=1"), (span){0});
}

static void account_logout(struct storefront *shop, struct exchange *exchange)
{
    struct storefront_customer *customer = storefront_customer_here(shop, &exchange->request);
    if (customer)
        customer->session[0] = '\0';
    storefront_redirect(exchange, SPAN("/"), SPAN(COOKIE "=; Path=/; Max-Age=0"));
}

static void newsletter(struct storefront *shop, struct exchange *exchange)
{
    span email = field(exchange, "contact[email]");
    if (span_find(email, 0, '@') == email.len) {
        storefront_redirect(exchange, SPAN("/?customer_posted=false#newsletter"), (span){0});
        return;
    }
    bool known = storefront_customer_named(shop, email) != NULL;
    struct storefront_customer *customer = storefront_customer_met(shop, email);
    if (customer) {
        customer->subscribed = true;
        tell(shop, customer, known ? "customers/update" : "customers/create", exchange->arena);
    }
    storefront_redirect(exchange, SPAN("/?customer_posted=true#newsletter"), (span){0});
}

static const struct {
    const char *path;
    void (*serve)(struct storefront *shop, struct exchange *exchange);
} forms[] = {
    {"/account", account_register},
    {"/account/login", account_login},
    {"/account/logout", account_logout},
    {"/contact", newsletter},
};

bool storefront_account_serve(struct storefront *shop, struct exchange *exchange)
{
    if (!span_is(exchange->request.method, "POST"))
        return false;
    for (unsigned i = 0; i < COUNT_OF(forms); i++)
        if (span_is(exchange->request.path, forms[i].path)) {
            forms[i].serve(shop, exchange);
            return true;
        }
    return false;
}
