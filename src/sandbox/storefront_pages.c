/*
 * The storefront's pages (home, collections, products, search, cart, privacy), and which path is
 * which. Each says in a struct storefront_told what it is about; storefront_told.c tells it.
 */
#include "storefront_private.h"

#include "../base/url.h"

static const struct storefront_told nothing;

/* ---- shelves ---- */

/* Every word of the query is somewhere in what the shop says about it; no words match all. */
static bool matches(const struct storefront_product *product, span query, struct arena *arena)
{
    span word, said = arena_print(arena, "%s %s %s %s %s", product->title, product->variant,
                                  product->vendor, product->type, product->story);
    while (span_split(&query, ' ', &word))
        if (!storefront_holds(said, word))
            return false;
    return true;
}

/* The products, by their first variants, of a collection or (NULL) of a query. */
static unsigned gather(const struct storefront_collection *collection, span query,
                       struct arena *arena, struct storefront_line lines[STOREFRONT_PRODUCTS])
{
    unsigned count = 0;
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++)
        if (storefront_product_begins(i) &&
            (collection ? storefront_collected(collection, &storefront_products[i])
                        : matches(&storefront_products[i], query, arena)))
            lines[count++] = (struct storefront_line){&storefront_products[i], 1, 0};
    return count;
}

static void put_cards(struct storefront_page *page, const struct storefront_line *lines,
                      unsigned count)
{
    storefront_put(page, "<div class=grid>");
    for (unsigned i = 0; i < count; i++) {
        const struct storefront_product *product = lines[i].product;
        storefront_put_all(page, "<a class=card href=/products/%s>", product->handle);
        storefront_put_picture(page, product, "");
        storefront_put_all(page, "<span class=name>%s</span><span class=price>%s</span></a>",
                           product->title, storefront_price(page, product->cents));
    }
    storefront_put(page, "</div>");
}

static bool page_home(struct storefront_page *page)
{
    struct storefront_line lines[STOREFRONT_PRODUCTS];
    unsigned count = gather(&storefront_collections[0], (span){0}, page->exchange->arena, lines);
    storefront_shell_start(page, "Home", &nothing);
    storefront_put(page, "<section class=lead><div><h1>Things that last</h1><p class=quiet>Nine "
                         "things, made slowly by people we know, for kitchens, desks and cold "
                         "evenings.</p><a class=button href=/collections/all>See all of them</a>"
                         "</div>");
    storefront_put_picture(page, storefront_product_named(SPAN("stoneware-mug")), "");
    storefront_put(page, "</section><div class=bar><h2>From the shelf</h2></div>");
    put_cards(page, lines, count);
    return storefront_shell_end(page, 200, &nothing);
}

static bool page_collection(struct storefront_page *page, span handle)
{
    struct storefront_line lines[STOREFRONT_PRODUCTS];
    struct storefront_told told = {.name = "collection_viewed", .lines = lines};
    for (unsigned i = 0; i < storefront_collection_count; i++)
        if (span_is(handle, storefront_collections[i].handle))
            told.collection = &storefront_collections[i];
    if (told.collection == NULL)
        return false;
    told.line_count = gather(told.collection, (span){0}, page->exchange->arena, lines);
    storefront_shell_start(page, told.collection->title, &told);
    storefront_put_all(page,
                       "<div class=bar><div><h1>%s</h1><p class=quiet>%s</p></div><span "
                       "class=\"quiet small\">%u things</span></div>",
                       told.collection->title, told.collection->lead, told.line_count);
    put_cards(page, lines, told.line_count);
    return storefront_shell_end(page, 200, &told);
}

static bool page_search(struct storefront_page *page)
{
    struct storefront_line lines[STOREFRONT_PRODUCTS];
    span query = url_query_get(page->exchange->arena, page->exchange->request.query, "q");
    if (!span_utf8(query))
        query = SPAN(""); /* "%C3" alone */
    struct storefront_told told = {.query = query, .lines = lines};
    if (query.len > 0) {
        told.name = "search_submitted";
        told.line_count = gather(NULL, query, page->exchange->arena, lines);
    }
    storefront_shell_start(page, "Search", &told);
    storefront_put(page, "<h1>Search</h1><form class=search action=/search><input name=q "
                         "placeholder=\"mug\" aria-label=\"Search\" value=\"");
    storefront_put_escaped(page, query);
    storefront_put(page, "\"><button>Search</button></form>");
    if (query.len > 0 && told.line_count == 0)
        storefront_put(page, "<p class=quiet>We have nothing like that.</p>");
    put_cards(page, lines, told.line_count);
    return storefront_shell_end(page, 200, &told);
}

/* ---- a product ---- */

static void put_variants(struct storefront_page *page, const struct storefront_product *chosen)
{
    storefront_put(page, "<fieldset class=options><legend>Choose</legend>");
    for (unsigned i = 0; i < STOREFRONT_PRODUCTS; i++) {
        const struct storefront_product *variant = &storefront_products[i];
        if (variant->id != chosen->id)
            continue;
        storefront_put_all(page,
                           "<label><input type=radio name=id value=%lld data-price=\"%s\" "
                           "data-tint=\"%s\"%s><span>%s</span></label>",
                           (long long)variant->variant_id, storefront_price(page, variant->cents),
                           variant->color, variant == chosen ? " checked" : "", variant->variant);
    }
    storefront_put(page, "</fieldset>");
}

/* ?variant= chooses one, as on Shopify. */
static const struct storefront_product *chosen_variant(struct storefront_page *page, span handle)
{
    int64_t id;
    span wanted = url_query_get(page->exchange->arena, page->exchange->request.query, "variant");
    const struct storefront_product *variant = NULL;
    if (span_int(wanted, &id) == OK)
        variant = storefront_product_of(id);
    return variant && span_is(handle, variant->handle) ? variant : storefront_product_named(handle);
}

static bool page_product(struct storefront_page *page, span handle)
{
    const struct storefront_product *product = chosen_variant(page, handle);
    if (product == NULL)
        return false;
    struct storefront_line line = {product, 1, 0};
    struct storefront_told told = {.name = "product_viewed", .lines = &line, .line_count = 1};
    storefront_shell_start(page, product->title, &told);
    storefront_put_all(page,
                       "<p class=crumbs><a href=/collections/all>All things</a> / %s</p><div "
                       "class=product>",
                       product->title);
    storefront_put_picture(page, product, "photo");
    storefront_put_all(page,
                       "<div><h1>%s</h1><span class=price id=price>%s</span><p>%s</p><form "
                       "id=product method=post action=/cart/add>",
                       product->title, storefront_price(page, product->cents), product->story);
    put_variants(page, product);
    storefront_put_all(page,
                       "<div class=buy><input class=few type=number name=quantity value=1 min=1 "
                       "max=99 aria-label=Quantity><button>Add to cart</button><a id=now "
                       "class=\"button second\" href=/cart/%lld:1>Buy it now</a></div></form><p "
                       "id=added class=said role=status hidden>In your cart. <a href=/cart>Go "
                       "there</a></p><ul class=facts><li>By %s</li><li>Ships within two "
                       "days</li><li>Thirty days to think again</li></ul></div></div>",
                       (long long)product->variant_id, product->vendor);
    storefront_put(page, "<div class=bar><h2>Stands well beside it</h2></div>");
    struct storefront_line others[STOREFRONT_PRODUCTS];
    unsigned count = gather(&storefront_collections[0], (span){0}, page->exchange->arena, others);
    unsigned from = 0;
    while (others[from].product->id != product->id)
        from++;
    put_cards(page, others + (from + 5 < count ? from + 1 : from - 4), 4);
    return storefront_shell_end(page, 200, &told);
}

/* ---- the cart ---- */

static void put_sum(struct storefront_page *page, const char *class, const char *name,
                    const char *amount)
{
    storefront_put_all(page, "<tr class=\"sum %s\"><td colspan=2>%s<td>%s</tr>", class, name,
                       amount);
}

void storefront_put_lines(struct storefront_page *page, const struct storefront_cart *cart)
{
    struct storefront_bill bill;
    storefront_bill(cart, &bill);
    storefront_put(page, "<table class=lines>");
    for (unsigned i = 0; i < cart->line_count; i++) {
        storefront_put(page, "<tr><td class=thumb>");
        storefront_put_picture(page, cart->lines[i].product, "");
        storefront_put_all(page, "<td>%s<br><span class=\"quiet small\">%s, %u</span><td>%s</tr>",
                           cart->lines[i].product->title, cart->lines[i].product->variant,
                           cart->lines[i].quantity,
                           storefront_amount_text(page, &bill, bill.lines[i].total));
    }
    if (cart->discounted)
        put_sum(page, "", "WELCOME10",
                arena_print(page->exchange->arena, "−%s",
                            storefront_amount_text(page, &bill, bill.discount))
                    .ptr);
    put_sum(page, "", cart->express ? "Express shipping" : "Standard shipping",
            storefront_amount_text(page, &bill, bill.shipping));
    put_sum(page, "", bill.taxes_included ? "VAT, inside" : "Tax",
            storefront_amount_text(page, &bill, bill.tax));
    put_sum(page, "total", "Total", storefront_amount_text(page, &bill, bill.total));
    storefront_put(page, "</table>");
}

static void put_cart(struct storefront_page *page)
{
    struct storefront_bill bill;
    storefront_bill(page->cart, &bill);
    storefront_put(page, "<table class=lines id=lines><tr><th colspan=2>Thing<th>Quantity<th>"
                         "Total</tr>");
    for (unsigned i = 0; i < page->cart->line_count; i++) {
        const struct storefront_product *product = page->cart->lines[i].product;
        long long id = (long long)product->variant_id;
        storefront_put(page, "<tr><td class=thumb>");
        storefront_put_picture(page, product, "");
        storefront_put_all(
            page,
            "<td><a href=/products/%s?variant=%lld>%s</a><br><span class=\"quiet small\">%s</span>"
            "<br><button type=button class=\"plain small\" data-remove=%lld>Take out</button>"
            "<td><input class=few type=number min=0 max=99 value=%u data-line=%lld "
            "aria-label=Quantity><td>%s</tr>",
            product->handle, id, product->title, product->variant, id,
            page->cart->lines[i].quantity, id,
            storefront_amount_text(page, &bill, bill.lines[i].total));
    }
    storefront_put_all(
        page,
        "<tr class=\"sum total\"><td colspan=3>Sum<td>%s</tr></table><p class=\"quiet "
        "small end\">Shipping is worked out at the checkout.</p><p class=end><a "
        "class=\"button second\" href=/collections/all>Look further</a><a "
        "class=button href=/checkout>Check out</a></p>",
        storefront_amount_text(page, &bill, bill.line_items));
}

static bool page_cart(struct storefront_page *page)
{
    struct storefront_told told = {.name = "cart_viewed"};
    if (page->cart && page->cart->line_count > 0) {
        told.lines = page->cart->lines;
        told.line_count = page->cart->line_count;
    }
    storefront_shell_start(page, "Cart", &told);
    storefront_put(page, "<h1>Your cart</h1>");
    if (told.line_count > 0)
        put_cart(page);
    else
        storefront_put(page, "<p class=quiet>Nothing in it yet.</p><p><a class=button "
                             "href=/collections/all>See all things</a></p>");
    return storefront_shell_end(page, 200, &told);
}

/* ---- others ---- */

/* The banner fills in the list. */
static bool page_privacy(struct storefront_page *page)
{
    storefront_shell_start(page, "Privacy", &nothing);
    storefront_put(page, "<h1>Privacy and cookies</h1><p>What this shop keeps in your browser now. "
                         "Cart, currency and where you came from are the shop's own, "
                         "<code>_consent</code> is your answer; all else needs a yes, and goes "
                         "with a no.</p><pre id=kept></pre><p><button type=button class=second "
                         "id=ask-again>Ask me again</button></p>");
    return storefront_shell_end(page, 200, &nothing);
}

void storefront_pages_missing(struct storefront_page *page)
{
    span accept = http_request_header(&page->exchange->request, "accept");
    if (!storefront_holds(accept, SPAN("text/html"))) {
        listen_answer_error(page->exchange, 404, "not_found", "the shop has no such page", NULL, 0);
        return;
    }
    storefront_shell_start(page, "Not found", &nothing);
    storefront_put(page, "<h1>Not found</h1><p>The shop has no such page.</p><p><a class=button "
                         "href=/collections/all>All things</a></p>");
    storefront_shell_end(page, 404, &nothing);
}

/* What the pixel's iframe is: the sandbox's globals, then what the merchant pasted. */
static bool page_sandbox(struct storefront_page *page)
{
    struct http_header type = {SPAN("Content-Type"), SPAN("text/html; charset=utf-8")};
    buf_init(&page->out, 4096);
    storefront_put(page,
                   "<!doctype html><title>pixel</title><script src=/web-pixels/lax.js></script>"
                   "<script src=/web-pixels/custom.js></script>");
    listen_answer(page->exchange, 200, &type, 1, buf_span(&page->out));
    buf_done(&page->out);
    return true;
}

bool storefront_pages_serve(struct storefront_page *page)
{
    static const struct {
        const char *path;
        bool (*serve)(struct storefront_page *page);
    } pages[] = {
        {"/", page_home},
        {"/search", page_search},
        {"/cart", page_cart},
        {"/privacy", page_privacy},
        {"/web-pixels/sandbox", page_sandbox},
    };
    span path = page->exchange->request.path;
    for (unsigned i = 0; i < COUNT_OF(pages); i++)
        if (span_is(path, pages[i].path))
            return pages[i].serve(page);
    if (span_starts(path, "/collections/"))
        return page_collection(page, span_sub(path, 13, path.len));
    if (span_starts(path, "/products/"))
        return page_product(page, span_sub(path, 10, path.len));
    return storefront_steps_serve(page) || storefront_people_serve(page) ||
           storefront_file_serve(page);
}
