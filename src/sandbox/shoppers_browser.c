/*
 * What browsers and merchants do, as HTTP.
 *
 * A browser with our snippet posts the body of INTERFACE 5 for what it sees, and in the checkout
 * the pixel's envelope of contracts/sources 2.3 around the data that the shop itself gives
 * (pixel.json). A blocked browser shops just the same and tells nobody. Every step that must be
 * counted somewhere is counted here, at the moment it is done.
 */
#include "shoppers_private.h"

#include <assert.h>
#include <stdlib.h>

#include "../base/date.h"
#include "../base/limits.h"
#include "../base/ulid.h"
#include "../net/call.h"
#include "storefront_private.h"

#define POLL_MS 200u

static const struct {
    const char *first_name, *last_name, *email, *phone, *street, *zip, *city, *country, *currency;
} people[] = {
    {"Anna", "Weber", "anna.weber@example.com", "+493012345601", "Lindenweg 3", "10115", "Berlin",
     "DE", "EUR"},
    {"Bruno", "Keller", "bruno.keller@example.com", "+493012345602", "Hauptstr. 7", "80331",
     "Munich", "DE", "EUR"},
    {"Clara", "Vogt", "clara.vogt@example.com", "+493012345603", "Am Markt 1", "20095", "Hamburg",
     "DE", "EUR"},
    {"Denis", "Moreau", "denis.moreau@example.com", "+33140205050", "12 rue des Lilas", "75011",
     "Paris", "FR", "EUR"},
    {"Élodie", "Petit", "elodie.petit@example.com", "+33140205051", "4 quai Sud", "69002", "Lyon",
     "FR", "EUR"},
    {"Frank", "O’Neil", "frank.oneil@example.com", "+16505551212", "1 Hacker Way", "94025",
     "Menlo Park", "US", "USD"},
    {"Greta", "Lang", "greta.lang@example.com", "+493012345607", "Ufer 22", "50667", "Cologne",
     "DE", "EUR"},
    {"Hugo", "Brandt", "hugo.brandt@example.com", "+493012345608", "Talstr. 9", "70173",
     "Stuttgart", "DE", "EUR"},
    {"Ida", "Sommer", "ida.sommer@example.com", "+493012345609", "Ring 5", "01067", "Dresden", "DE",
     "EUR"},
    {"Jan", "Winter", "jan.winter@example.com", "+493012345610", "Allee 30", "04109", "Leipzig",
     "DE", "EUR"},
    {"Kenji", "Sato", "kenji.sato@example.com", "+81332345671", "2-8-1 Nishi", "163-8001", "Tokyo",
     "JP", "JPY"},
    {"Lena", "Fuchs", "lena.fuchs@example.com", "+493012345612", "Gasse 8", "28195", "Bremen", "DE",
     "EUR"},
    {"Mara", "Stein", "mara.stein@example.com", "+493012345613", "Platz 2", "24103", "Kiel", "DE",
     "EUR"},
    {"Nils", "Bauer", "nils.bauer@example.com", "+493012345614", "Weg 14", "39104", "Magdeburg",
     "DE", "EUR"},
    {"Olga", "Krause", "olga.krause@example.com", "+493012345615", "Steig 6", "99084", "Erfurt",
     "DE", "EUR"},
    {"Paul", "Jung", "paul.jung@example.com", "+493012345616", "Hof 11", "55116", "Mainz", "DE",
     "EUR"},
};

/* ---- requests ---- */

static void fail(struct shoppers_play *play, const char *what, span detail)
{
    if (play->status != OK)
        return;
    play->status = BROKEN;
    snprintf(play->error.text, sizeof play->error.text, "scene \"%s\": %s: %.*s", play->scene, what,
             (int)(detail.len < 120 ? detail.len : 120), detail.ptr ? detail.ptr : "");
}

void shoppers_sleep(struct shoppers_play *play, unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    if (play->status == OK)
        nanosleep(&time, NULL);
}

const struct json_value *shoppers_call(struct shoppers_play *play, const char *method, span url,
                                       span body, const struct shopper *as)
{
    struct http_header headers[6];
    unsigned count = 0;
    const struct json_value *json = NULL;
    struct call_result result;
    if (play->status != OK)
        return NULL;
    bool beacon = as && span_ends(url, arena_text(play->arena, play->options.collect_path));
    headers[count++] = (struct http_header){
        SPAN("Content-Type"), beacon ? SPAN("text/plain;charset=UTF-8") : SPAN("application/json")};
    if (as) {
        headers[count++] = (struct http_header){SPAN("Origin"), play->place->shop};
        headers[count++] = (struct http_header){SPAN("User-Agent"), span_of(as->agent)};
        headers[count++] = (struct http_header){SPAN("X-Forwarded-For"), span_of(as->ip)};
        if (!beacon)
            headers[count++] = (struct http_header){
                SPAN("Cookie"), arena_print(play->arena, "%.*s; cart=%.*s", SPAN_ARG(as->cookies),
                                            SPAN_ARG(as->cart))};
    }
    struct http_call call = {method, url, headers, count, body};
    struct call_options options = {.total_ms = 15000, .connections = 1};
    enum status status = call_once(play->arena, &call, &options, &result);
    if (status != OK || result.fate != CALL_ANSWERED) {
        fail(play, "no answer", url);
        return NULL;
    }
    /* 200 with a list of refusals is success for HTTP, but no beacon of ours may be refused. */
    if (result.response.status / 100 != 2 || (beacon && result.response.status != 204)) {
        fail(play,
             arena_text(play->arena, arena_print(play->arena, "%.*s answered %d", SPAN_ARG(url),
                                                 result.response.status)),
             result.response.body);
        return NULL;
    }
    if (result.response.body.len > 0 &&
        json_parse(play->arena, result.response.body, &json, NULL) != OK)
        json = NULL; /* a page */
    return json;
}

static span at(struct shoppers_play *play, span origin, const char *path)
{
    return arena_join(play->arena, origin, span_of(path));
}

/* ---- the truth ---- */

void shoppers_count(struct shoppers_tally *tally, unsigned count, span currency, struct money value)
{
    tally->count += count;
    if (!value.given)
        return;
    for (unsigned i = 0; i < SHOPPERS_CURRENCIES; i++) {
        if (tally->values[i].currency[0] == '\0')
            snprintf(tally->values[i].currency, sizeof tally->values[i].currency, "%.3s",
                     currency.ptr);
        if (span_is(currency, tally->values[i].currency)) {
            tally->values[i].sum = money_add(tally->values[i].sum, value);
            return;
        }
    }
    abort(); /* the scenes use fewer currencies than there is room for */
}

void shoppers_count_both(struct shoppers_play *play, enum shoppers_kind kind, span currency,
                         struct money value)
{
    if (play->status != OK)
        return;
    shoppers_count(&play->truth->all[kind], 1, currency, value);
    shoppers_count(&play->truth->known[kind], 1, currency, value);
}

/* Something the snippet told: everybody's at once, Klaviyo's once the person has a name. */
static void count_told(struct shopper *shopper, enum shoppers_kind kind)
{
    if (shopper->play->status != OK)
        return;
    shoppers_count(&shopper->play->truth->all[kind], 1, (span){0}, (struct money){0});
    if (shopper->known)
        shoppers_count(&shopper->play->truth->known[kind], 1, (span){0}, (struct money){0});
    else
        shopper->seen[kind]++;
}

static void become_known(struct shopper *shopper)
{
    struct shoppers_truth *truth = shopper->play->truth;
    for (unsigned kind = 0; kind < SHOPPERS_KIND_COUNT && shopper->play->status == OK; kind++) {
        if (shopper->play->options.backfill)
            shoppers_count(&truth->known[kind], shopper->seen[kind], (span){0}, (struct money){0});
        else
            truth->before[kind] += shopper->seen[kind];
        shopper->seen[kind] = 0;
    }
    shopper->known = true;
}

/* ---- a browser ---- */

static uint64_t chance(struct shoppers_play *play)
{
    return play->options.clock->random(play->options.clock);
}

void shoppers_arrive(struct shoppers_play *play, unsigned index, struct shopper *ret_shopper)
{
    assert(index < COUNT_OF(people));
    *ret_shopper = (struct shopper){
        .play = play,
        .first_name = people[index].first_name,
        .last_name = people[index].last_name,
        .email = people[index].email,
        .phone = people[index].phone,
        .street = people[index].street,
        .zip = people[index].zip,
        .city = people[index].city,
        .country = people[index].country,
        .currency = people[index].currency,
        .agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like "
                 "Gecko) Chrome/149.0.0.0 Safari/537.36",
        .ip = arena_text(play->arena, arena_print(play->arena, "203.0.113.%u", 10 + index)),
    };
    uint64_t a = chance(play), b = chance(play);
    ulid_make(play->options.clock, ret_shopper->visitor);
    snprintf(ret_shopper->client_id, sizeof ret_shopper->client_id, "%08x-%04x-4%03x-a%03x-%012llx",
             (unsigned)a, (unsigned)(a >> 32) & 0xffff, (unsigned)(a >> 48) & 0xfff,
             (unsigned)b & 0xfff, (unsigned long long)(b >> 16));
    snprintf(ret_shopper->fbp, sizeof ret_shopper->fbp, "fb.1.%lld.%u",
             (long long)clock_now(play->options.clock), (unsigned)(b % 2147483647));
    ret_shopper->cookies = arena_print(
        play->arena,
        "cart_currency=%s; _landing=%%2F%%3Futm_source%%3Ddemo; _referrer=", ret_shopper->currency);
}

static void put_text(struct json *json, const char *key, const char *value)
{
    json_put_text(json, key, span_of(value));
}

static void put_consent(struct json *json)
{
    json_open(json, "consent", '{');
    put_text(json, "analytics", "granted");
    put_text(json, "marketing", "granted");
    put_text(json, "preferences", "granted");
    put_text(json, "sale_of_data", "unknown");
    put_text(json, "source", "cmp:demo");
    json_close(json, '}');
}

static void put_ids(struct json *json, const struct shopper *shopper, bool pixel)
{
    json_open(json, "ids", '{');
    put_text(json, "fbp", shopper->fbp);
    if (shopper->cart.len > 0)
        json_put_text(json, "cart_token", shopper->cart);
    if (pixel)
        put_text(json, "client_id", shopper->client_id);
    json_close(json, '}');
}

static void put_item(struct json *json, const struct shopper *shopper, const char *handle,
                     unsigned quantity)
{
    struct arena *arena = shopper->play->arena;
    const struct storefront_product *product = storefront_product_named(span_of(handle));
    unsigned scale = 2;
    (void)storefront_currency(span_of(shopper->currency), &scale);
    json_open(json, NULL, '{');
    json_put_text(json, "product_id", arena_print(arena, "%lld", (long long)product->id));
    json_put_text(json, "variant_id", arena_print(arena, "%lld", (long long)product->variant_id));
    put_text(json, "sku", product->sku);
    put_text(json, "name", product->title);
    json_put_text(
        json, "price",
        storefront_units(arena, storefront_shown(product->cents, shopper->currency), scale));
    json_put_int(json, "quantity", quantity);
    json_put_text(
        json, "url",
        arena_print(arena, "%.*s/products/%s", SPAN_ARG(shopper->play->place->shop), handle));
    put_text(json, "brand", product->vendor);
    json_close(json, '}');
}

/* The snippet's body with page_viewed (if `path`) and one more event (if `name`). */
static void tell(struct shopper *shopper, const char *path, const char *name, const char *handle,
                 unsigned quantity, unsigned copies)
{
    struct shoppers_play *play = shopper->play;
    int64_t now = clock_now(play->options.clock);
    struct buf out;
    struct json json;
    char id[ULID_LEN + 1];
    if (shopper->blocked || play->status != OK)
        return;
    buf_init(&out, LIMIT_COLLECT_BODY);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "v", 1);
    put_text(&json, "visitor", shopper->visitor);
    json_put_int(&json, "sent_at", now);
    put_consent(&json);
    json_open(&json, "page", '{');
    json_put_text(&json, "url", at(play, play->place->shop, path ? path : "/cart"));
    put_text(&json, "title", "Harbour & Pine");
    put_text(&json, "language", "en");
    json_close(&json, '}');
    put_ids(&json, shopper, false);
    json_open(&json, "events", '[');
    for (unsigned i = path ? 0 : 1; i < (name ? 2 : 1); i++) {
        ulid_make(play->options.clock, id);
        json_open(&json, NULL, '{');
        put_text(&json, "id", id);
        put_text(&json, "name", i == 0 ? "page_viewed" : name);
        json_put_int(&json, "at", now);
        json_open(&json, "data", '{');
        if (i == 1 && handle) {
            put_text(&json, "currency", shopper->currency);
            json_open(&json, "items", '[');
            put_item(&json, shopper, handle, quantity);
            json_close(&json, ']');
        } else if (i == 1) {
            json_open(&json, "collection", '{');
            put_text(&json, "id", "all");
            put_text(&json, "title", "All things");
            json_close(&json, '}');
        }
        json_close(&json, '}');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    assert(buf_ok(&out));
    span url = arena_join(play->arena, play->place->gateway, play->options.collect_path);
    for (unsigned i = 0; i < copies; i++)
        (void)shoppers_call(play, "POST", url, buf_span(&out), shopper);
    buf_done(&out);
    if (path)
        count_told(shopper, SHOPPERS_PAGE);
}

void shoppers_view(struct shopper *shopper, const char *handle, unsigned copies)
{
    struct arena *arena = shopper->play->arena;
    const char *path = arena_text(arena, arena_print(arena, "/products/%s", handle));
    (void)shoppers_call(shopper->play, "GET", at(shopper->play, shopper->play->place->shop, path),
                        (span){0}, shopper);
    tell(shopper, path, "product_viewed", handle, 1, copies);
    if (!shopper->blocked)
        count_told(shopper, SHOPPERS_VIEW);
}

void shoppers_collection(struct shopper *shopper)
{
    tell(shopper, "/collections/all", "collection_viewed", NULL, 0, 1);
    if (!shopper->blocked)
        count_told(shopper, SHOPPERS_VIEW);
}

/* As the snippet does it: the cart gets the visitor's id once something is in it. */
static void mark_cart(struct shopper *shopper)
{
    struct shoppers_play *play = shopper->play;
    if (!shopper->blocked)
        (void)shoppers_call(play, "POST", at(play, play->place->shop, "/cart/update.js"),
                            arena_print(play->arena, "{\"attributes\":{\"%.*s\":\"%s\"}}",
                                        SPAN_ARG(play->options.cart_attribute), shopper->visitor),
                            shopper);
}

/* /cart/add.js answers the line, not the cart, so the token is asked for first. */
static bool take_cart(struct shopper *shopper)
{
    struct shoppers_play *play = shopper->play;
    const struct json_value *cart = shoppers_call(
        play, "POST", at(play, play->place->shop, "/cart/update.js"), SPAN("{}"), shopper);
    shopper->cart = json_get_text(cart, "token");
    shopper->cart.len = span_find(shopper->cart, 0, '?');
    return shopper->cart.len > 0;
}

void shoppers_add(struct shopper *shopper, const char *handle, unsigned quantity)
{
    struct shoppers_play *play = shopper->play;
    const struct storefront_product *product = storefront_product_named(span_of(handle));
    bool fresh = shopper->cart.len == 0;
    if (fresh && !take_cart(shopper))
        return;
    (void)shoppers_call(play, "POST", at(play, play->place->shop, "/cart/add.js"),
                        arena_print(play->arena, "{\"id\":%lld,\"quantity\":%u}",
                                    (long long)product->variant_id, quantity),
                        shopper);
    tell(shopper, NULL, "product_added_to_cart", handle, quantity, 1);
    if (!shopper->blocked)
        count_told(shopper, SHOPPERS_ADD);
    if (fresh)
        mark_cart(shopper);
}

/* ---- the checkout ---- */

static span checkout_path(const struct shopper *shopper, const char *step)
{
    struct shoppers_play *play = shopper->play;
    return arena_print(play->arena, "%.*s/checkouts/cn/%.*s/%s", SPAN_ARG(play->place->shop),
                       SPAN_ARG(shopper->cart), step);
}

/* The pixel's envelope around what the shop says of the checkout. */
static void publish(struct shopper *shopper, const char *name, unsigned copies)
{
    struct shoppers_play *play = shopper->play;
    struct buf out;
    struct json json;
    if (shopper->blocked)
        return;
    const struct json_value *data =
        shoppers_call(play, "GET", checkout_path(shopper, "pixel.json"), (span){0}, shopper);
    if (data == NULL)
        return;
    buf_init(&out, LIMIT_COLLECT_BODY);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "v", 1);
    json_open(&json, "pixel", '{');
    json_put_text(&json, "id",
                  arena_print(play->arena, "sh-%08x-1111-4222-8333-%012llx", (unsigned)chance(play),
                              (unsigned long long)(chance(play) >> 16)));
    put_text(&json, "name", name);
    put_text(&json, "type", "standard");
    put_text(&json, "clientId", shopper->client_id);
    json_put_text(&json, "timestamp", date_print_ms(play->arena, clock_now(play->options.clock)));
    json_put_value(&json, "data", data);
    json_open(&json, "context", '{');
    json_open(&json, "document", '{');
    json_open(&json, "location", '{');
    json_put_text(&json, "href", checkout_path(shopper, "information"));
    json_close(&json, '}');
    json_put_text(&json, "referrer", at(play, play->place->shop, "/cart"));
    put_text(&json, "title", "Checkout");
    json_close(&json, '}');
    json_open(&json, "navigator", '{');
    put_text(&json, "language", "en");
    put_text(&json, "userAgent", shopper->agent);
    json_close(&json, '}');
    json_close(&json, '}');
    json_close(&json, '}');
    json_open(&json, "privacy", '{');
    json_put_bool(&json, "analyticsProcessingAllowed", true);
    json_put_bool(&json, "marketingAllowed", true);
    json_put_bool(&json, "preferencesProcessingAllowed", true);
    json_put_bool(&json, "saleOfDataAllowed", true);
    json_close(&json, '}');
    put_text(&json, "visitor", shopper->visitor);
    put_ids(&json, shopper, true);
    json_close(&json, '}');
    json_end(&json);
    assert(buf_ok(&out));
    span url = arena_join(play->arena, play->place->gateway, play->options.collect_path);
    for (unsigned i = 0; i < copies; i++)
        (void)shoppers_call(play, "POST", url, buf_span(&out), shopper);
    buf_done(&out);
}

void shoppers_checkout(struct shopper *shopper)
{
    struct shoppers_play *play = shopper->play;
    (void)shoppers_call(play, "GET", checkout_path(shopper, "information"), (span){0}, shopper);
    publish(shopper, "checkout_started", 1);
    (void)shoppers_call(
        play, "POST", checkout_path(shopper, "contact"),
        arena_print(play->arena,
                    "{\"email\":\"%s\",\"phone\":\"%s\",\"first_name\":\"%s\",\"last_name\":\"%s\","
                    "\"address1\":\"%s\",\"zip\":\"%s\",\"city\":\"%s\",\"country\":\"%s\"}",
                    shopper->email, shopper->phone, shopper->first_name, shopper->last_name,
                    shopper->street, shopper->zip, shopper->city, shopper->country),
        shopper);
    publish(shopper, "checkout_contact_info_submitted", 1);
    /* The first sign of a checkout, pixel's or webhook's, is the one that counts. */
    shoppers_count_both(play, SHOPPERS_CHECKOUT, (span){0}, (struct money){0});
    become_known(shopper);
}

static struct money read_amount(const struct json_value *summary, const char *path,
                                span *ret_currency)
{
    const struct json_value *shop = json_path(summary, path);
    struct money money = {0};
    *ret_currency = json_get_text(shop, "currency");
    (void)!money_parse(json_get_text(shop, "amount"), *ret_currency, &money);
    return money;
}

static void count_order(struct shoppers_play *play, const struct json_value *summary,
                        struct shoppers_order *order)
{
    const struct json_value *lines = json_get(summary, "line_totals");
    span currency;
    shoppers_count_both(play, SHOPPERS_ORDER, span_of(order->currency), order->value);
    for (const struct json_value *line = lines ? lines->first : NULL; line; line = line->next) {
        struct money row = read_amount(line, "row.shop", &currency);
        shoppers_count_both(play, SHOPPERS_LINE, currency, row);
    }
}

struct shoppers_order *shoppers_buy(struct shopper *shopper, const struct shoppers_buy *how)
{
    struct shoppers_play *play = shopper->play;
    struct shoppers_truth *truth = play->truth;
    span currency;
    if (how->source == NULL) {
        publish(shopper, "payment_info_submitted", 1);
        if (!shopper->blocked && play->status == OK)
            shoppers_count(&truth->all[SHOPPERS_PAYMENT], 1, (span){0}, (struct money){0});
    }
    const struct json_value *summary = shoppers_call(
        play, "POST", checkout_path(shopper, "complete"),
        arena_print(play->arena,
                    "{\"test\":%s,\"hooks\":\"%s\",\"source_name\":\"%s\",\"discount\":\"%s\","
                    "\"email\":\"%s\"}",
                    how->test ? "true" : "false", how->hold ? "hold" : "send",
                    how->source ? how->source : "web", how->discount ? how->discount : "",
                    shopper->email),
        shopper);
    if (summary == NULL || truth->order_count == SHOPPERS_ORDERS)
        return NULL;
    struct shoppers_order *order = &truth->orders[truth->order_count++];
    snprintf(order->id, sizeof order->id, "%.*s", SPAN_ARG(json_get_text(summary, "id")));
    snprintf(order->number, sizeof order->number, "%.*s",
             SPAN_ARG(json_get_text(summary, "number")));
    snprintf(order->story, sizeof order->story, "%s", play->scene);
    order->counts = !how->excluded;
    order->value = read_amount(summary, "total.shop", &currency);
    snprintf(order->currency, sizeof order->currency, "%.*s", SPAN_ARG(currency));
    if (order->counts)
        count_order(play, summary, order);
    return order;
}

void shoppers_thanks(struct shopper *shopper, unsigned copies)
{
    (void)shoppers_call(shopper->play, "GET", checkout_path(shopper, "thank-you"), (span){0},
                        shopper);
    publish(shopper, "checkout_completed", copies);
}

/* ---- the merchant ---- */

const struct json_value *shoppers_merchant(struct shoppers_play *play,
                                           const struct shoppers_order *order, const char *action,
                                           const char *body)
{
    if (order == NULL)
        return NULL;
    span url = arena_print(play->arena, "%.*s/admin/orders/%s/%s", SPAN_ARG(play->place->shop),
                           order->number, action);
    return shoppers_call(play, "POST", url, span_of(body), NULL);
}

static bool holds(struct shoppers_play *play, const struct shoppers_order *order,
                  const char *platform, const char *event)
{
    const struct json_value *totals = shoppers_call(
        play, "GET", at(play, play->options.sandbox, "/_sandbox/totals"), (span){0}, NULL);
    const struct json_value *accounts = json_get(json_get(totals, "platforms"), platform);
    for (const struct json_value *one = accounts ? accounts->first : NULL; one; one = one->next)
        if (json_get(json_get(json_get(one, "subjects"), order->id), event))
            return true;
    return false;
}

void shoppers_wait_for(struct shoppers_play *play, const struct shoppers_order *order,
                       const char *platform, const char *event)
{
    struct arena *outer = play->arena;
    int64_t deadline = clock_monotonic_us() + (int64_t)play->options.deadline_ms * 1000;
    bool found = false;
    while (order && play->status == OK && !found && clock_monotonic_us() < deadline) {
        struct arena scratch;
        arena_init(&scratch, LIMIT_REQUEST_ARENA);
        play->arena = &scratch;
        found = holds(play, order, platform, event);
        if (!found)
            shoppers_sleep(play, POLL_MS);
        play->arena = outer;
        arena_done(&scratch);
    }
    if (order && play->status == OK && !found)
        snprintf(play->error.text, sizeof play->error.text,
                 "scene \"%s\": order %s did not become %s in time", play->scene, order->number,
                 event);
}
