/*
 * The table: for every kind of thing, what each shop knows and what each platform holds.
 *
 *                       shop             meta   google   klaviyo   sgtm
 *   orders placed       11  612.20 EUR   11 ✓   11 ✓     11 ✓
 *   products ordered    14  551.00 EUR   –      –        14 ✓
 *   A second shop …
 *   orders placed        3  103.90 EUR                             3 ✓
 *
 * A ✓ says: the shop's count and, where the row has one, its value in every currency, to the cent;
 * that is why the value is written once. A dash: the platform has no such event. Empty: it is not
 * connected to that shop. Klaviyo's ✓* : equal to what people with a name did; it takes no
 * anonymous ones. Without backfill some of what they did just before may be there too: it had not
 * left yet when their name came, and left with it.
 *
 * What is given back is told in three ways, hence three rows more: Klaviyo hears of a refund and of
 * a cancellation, GA4 of the money that went back in either, Google of what the order is worth
 * then.
 *
 * Below the rows every order is looked up by itself: one purchase of the right value on each
 * platform where it counts, none where it does not. Sums alone could hide two wrongs. What every ✗
 * should have been is said at the end, so that the columns stay narrow.
 */
#include "shoppers_private.h"

#include "../base/limits.h"

enum { META, TIKTOK, GOOGLE, GA4, KLAVIYO, PINTEREST, SGTM, PLATFORMS };

/* clang-format off */
static const struct {
    const char *name, *purchase;
    enum shoppers_where where;
    bool named_only; /* takes no anonymous visitors */
} platforms[PLATFORMS] = {
    [META]      = {"meta",      "Purchase",     SHOPPERS_MAIN,   false},
    [TIKTOK]    = {"tiktok",    "Purchase",     SHOPPERS_MAIN,   false},
    [GOOGLE]    = {"google",    "conversion",   SHOPPERS_MAIN,   false},
    [GA4]       = {"ga4",       "purchase",     SHOPPERS_MAIN,   false},
    [KLAVIYO]   = {"klaviyo",   "Placed Order", SHOPPERS_MAIN,   true },
    [PINTEREST] = {"pinterest", "checkout",     SHOPPERS_MAIN,   false},
    [SGTM]      = {"sgtm",      "purchase",     SHOPPERS_TAGGED, false},
};

struct row {
    enum shoppers_kind kind;
    const char *label;
    bool with_value;
    const char *names[PLATFORMS]; /* the event's, or two with a | between; NULL: none */
};

static const struct row rows[] = {
    {SHOPPERS_ORDER,     "orders placed",        true,  {"Purchase", "Purchase", "conversion", "purchase", "Placed Order",
                                                         "checkout", "purchase"}},
    {SHOPPERS_LINE,      "products ordered",     true,  {[KLAVIYO] = "Ordered Product"}},
    {SHOPPERS_REFUND,    "refunds",              true,  {[KLAVIYO] = "Refunded Order"}},
    {SHOPPERS_CANCEL,    "orders cancelled",     true,  {[KLAVIYO] = "Cancelled Order"}},
    {SHOPPERS_BACK,      "refunded + cancelled", true,  {[GA4] = "refund", [SGTM] = "refund"}},
    {SHOPPERS_RESTATED,  "worth after that",     true,  {[GOOGLE] = "restatement"}},
    {SHOPPERS_FULFILLED, "orders fulfilled",     true,  {[KLAVIYO] = "Fulfilled Order"}},
    {SHOPPERS_DELIVERED, "parcels delivered",    false, {[KLAVIYO] = "Delivered Shipment"}},
    {SHOPPERS_CHECKOUT,  "checkouts started",    false, {"InitiateCheckout", "InitiateCheckout", [KLAVIYO] = "Checkout Started",
                                                         [PINTEREST] = "initiate_checkout", [SGTM] = "begin_checkout"}},
    {SHOPPERS_PAYMENT,   "payments entered",     false, {"AddPaymentInfo", "AddPaymentInfo", [PINTEREST] = "add_payment_info",
                                                         [SGTM] = "add_payment_info"}},
    {SHOPPERS_ADD,       "added to cart",        false, {"AddToCart", "AddToCart", [KLAVIYO] = "Added to Cart",
                                                         [PINTEREST] = "add_to_cart", [SGTM] = "add_to_cart"}},
    {SHOPPERS_VIEW,      "products, lists seen", false, {"ViewContent", "ViewContent", [KLAVIYO] = "Viewed Product|Viewed Collection",
                                                         [PINTEREST] = "view_content|view_category", [SGTM] = "view_item|view_item_list"}},
    {SHOPPERS_PAGE,      "pages seen",           false, {"PageView", "Pageview", [PINTEREST] = "page_visit", [SGTM] = "page_view"}},
};
/* clang-format on */

static const char *const headings[SHOPPERS_SHOPS] = {
    [SHOPPERS_TAGGED] = "A second shop: its tags live in a GTM server container, which we feed",
};

#define COLUMNS (2 + PLATFORMS) /* label, shop */
#define LINES   (SHOPPERS_SHOPS * (COUNT_OF(rows) + SHOPPERS_ORDERS + 3))
#define GAP     2u
struct table {
    struct arena *arena;
    span cells[LINES][COLUMNS];
    unsigned count;
    span wrongs; /* a line for each ✗ */
    bool all_equal, footnote;
};

/* ---- reading totals ---- */

static void add_sum(const struct json_value *sum, struct shoppers_tally *tally)
{
    const struct json_value *values = json_get(sum, "values");
    shoppers_count(tally, (unsigned)json_get_int(sum, "count", 0), (span){0}, (struct money){0});
    for (const struct json_value *one = values ? values->first : NULL; one; one = one->next) {
        struct money money;
        if (one->key.len == 3 && money_parse(json_text(one), one->key, &money) == OK)
            shoppers_count(tally, 0, one->key, money);
    }
}

/* All accounts of the platform together. */
static struct shoppers_tally received(struct arena *arena, const struct json_value *platform,
                                      const char *names)
{
    struct shoppers_tally tally = {0};
    span rest = span_of(names), name;
    while (span_split(&rest, '|', &name))
        for (const struct json_value *one = platform ? platform->first : NULL; one; one = one->next)
            add_sum(json_get(json_get(one, "events"), arena_text(arena, name)), &tally);
    return tally;
}

static struct shoppers_tally received_for(const struct json_value *platform, const char *name,
                                          const struct shoppers_order *order)
{
    struct shoppers_tally tally = {0};
    for (const struct json_value *one = platform ? platform->first : NULL; one; one = one->next) {
        const struct json_value *subjects = json_get(one, "subjects");
        /* order_id or order_number, as the store's transaction_id says */
        add_sum(json_get(json_get(subjects, order->id), name), &tally);
        add_sum(json_get(json_get(subjects, order->number), name), &tally);
    }
    return tally;
}

/* ---- comparing ---- */

static struct money sum_in(const struct shoppers_tally *tally, const char *currency)
{
    for (unsigned i = 0; i < SHOPPERS_CURRENCIES; i++)
        if (strcmp(tally->values[i].currency, currency) == 0)
            return tally->values[i].sum;
    return (struct money){0};
}

static bool includes(const struct shoppers_tally *a, const struct shoppers_tally *b)
{
    for (unsigned i = 0; i < SHOPPERS_CURRENCIES; i++)
        if (a->values[i].currency[0] &&
            a->values[i].sum.units != sum_in(b, a->values[i].currency).units)
            return false;
    return true;
}

static bool equal(const struct shoppers_tally *a, const struct shoppers_tally *b, bool with_value)
{
    return a->count == b->count && (!with_value || (includes(a, b) && includes(b, a)));
}

static span tally_text(struct arena *arena, const struct shoppers_tally *tally, bool with_value)
{
    span text = arena_print(arena, "%u", tally->count);
    for (unsigned i = 0; i < SHOPPERS_CURRENCIES && with_value; i++)
        if (tally->values[i].currency[0])
            text = arena_print(arena, "%.*s%s%.*s %s", SPAN_ARG(text), i == 0 ? "  " : " + ",
                               SPAN_ARG(money_print(arena, tally->values[i].sum)),
                               tally->values[i].currency);
    return text;
}

/* What a cell is held against: `expected`, and up to `more` beyond its count. */
struct measure {
    const struct shoppers_tally *expected, *shop;
    unsigned more;
    bool with_value;
};

static bool holds(const struct shoppers_tally *got, const struct measure *measure)
{
    struct shoppers_tally least = *got;
    if (got->count >= measure->expected->count &&
        got->count <= measure->expected->count + measure->more)
        least.count = measure->expected->count;
    return equal(&least, measure->expected, measure->with_value);
}

static span cell(struct table *table, unsigned platform, span label,
                 const struct shoppers_tally *got, const struct measure *measure)
{
    struct arena *arena = table->arena;
    bool full = measure->with_value;
    if (!holds(got, measure)) {
        table->all_equal = false;
        table->wrongs = arena_print(arena, "%.*s✗ %s, %.*s: %.*s, expected %.*s%s\n",
                                    SPAN_ARG(table->wrongs), platforms[platform].name,
                                    SPAN_ARG(label), SPAN_ARG(tally_text(arena, got, full)),
                                    SPAN_ARG(tally_text(arena, measure->expected, full)),
                                    measure->more ? " or a few more" : "");
        return arena_print(arena, "%u ✗", got->count);
    }
    bool partly = measure->more > 0 || !equal(got, measure->shop, measure->with_value);
    table->footnote = table->footnote || partly;
    return arena_print(arena, "%u ✓%s", got->count, partly ? "*" : "");
}

static bool is_told(const struct row *row, enum shoppers_where where)
{
    for (unsigned i = 0; i < PLATFORMS; i++)
        if (platforms[i].where == where && row->names[i])
            return true;
    return false;
}

static void add_row(struct table *table, const struct row *row, enum shoppers_where where,
                    const struct shoppers_truth *truth, const struct json_value *totals)
{
    span *cells = table->cells[table->count++];
    const struct shoppers_tally *shop = &truth->all[row->kind];
    cells[0] = span_of(row->label);
    cells[1] = tally_text(table->arena, shop, row->with_value);
    for (unsigned i = 0; i < PLATFORMS; i++) {
        struct measure measure = {shop, shop, 0, row->with_value};
        if (platforms[i].where != where)
            continue;
        cells[2 + i] = SPAN("–");
        if (row->names[i] == NULL)
            continue;
        if (platforms[i].named_only) {
            measure.expected = &truth->known[row->kind];
            measure.more = truth->before[row->kind];
        }
        struct shoppers_tally got =
            received(table->arena, json_get(totals, platforms[i].name), row->names[i]);
        cells[2 + i] = cell(table, i, cells[0], &got, &measure);
    }
}

static void add_order(struct table *table, const struct shoppers_order *order,
                      enum shoppers_where where, const struct json_value *totals)
{
    span *cells = table->cells[table->count++];
    struct shoppers_tally expected = {0};
    struct measure one = {&expected, &expected, 0, true};
    if (order->counts)
        shoppers_count(&expected, 1, span_of(order->currency), order->value);
    cells[0] = arena_print(table->arena, "#%s %s", order->number, order->story);
    cells[1] = order->counts ? tally_text(table->arena, &expected, true) : SPAN("0  for nobody");
    for (unsigned i = 0; i < PLATFORMS; i++) {
        if (platforms[i].where != where)
            continue;
        struct shoppers_tally got =
            received_for(json_get(totals, platforms[i].name), platforms[i].purchase, order);
        cells[2 + i] = cell(table, i, cells[0], &got, &one);
    }
}

/* ---- printing ---- */

/* Columns a terminal needs: characters, for all of ours are one column wide. */
static unsigned width_of(span text)
{
    unsigned width = 0;
    for (size_t i = 0; i < text.len; i++)
        width += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return width;
}

/* A line of words alone runs over the columns. */
static bool is_heading(const span *cells)
{
    return cells[0].len > 0 && cells[1].len == 0;
}

static void print(const struct table *table, struct buf *out)
{
    unsigned widths[COLUMNS] = {0};
    for (unsigned row = 0; row < table->count; row++)
        for (unsigned column = 0; column < COLUMNS && !is_heading(table->cells[row]); column++)
            if (width_of(table->cells[row][column]) > widths[column])
                widths[column] = width_of(table->cells[row][column]);
    for (unsigned row = 0; row < table->count; row++) {
        unsigned blanks = 0;
        for (unsigned column = 0; column < COLUMNS; column++) {
            span text = table->cells[row][column];
            if (text.len > 0) {
                buf_print(out, "%*s", (int)blanks, "");
                buf_add_span(out, text);
                blanks = 0;
            }
            blanks += widths[column] + GAP - (text.len > 0 ? width_of(text) : 0);
        }
        buf_add_char(out, '\n');
    }
    buf_add_text(out, "\n✓ the shop's count and, where it has one, its sum, to the cent   "
                      "– the platform has no such event\n"
                      "Empty: not connected. A shop's platforms are fed by its container or by us, "
                      "never by both.\n");
    if (table->footnote)
        buf_add_text(
            out, "* Klaviyo takes no anonymous visitors: this is what people with a name did.\n");
    buf_add_span(out, table->wrongs);
}

static void add_shop(struct table *table, enum shoppers_where where,
                     const struct shoppers_truth *truth, const struct json_value *totals)
{
    if (headings[where]) {
        table->count++; /* an empty line */
        table->cells[table->count++][0] = span_of(headings[where]);
    }
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        if (is_told(&rows[i], where))
            add_row(table, &rows[i], where, truth, totals);
    if (!headings[where])
        table->count++;
    for (unsigned i = 0; i < truth->order_count; i++)
        add_order(table, &truth->orders[i], where, totals);
}

enum status shoppers_compare(const struct shoppers_truth *truths, span totals, struct arena *arena,
                             struct buf *out, bool *ret_all_equal)
{
    const struct json_value *json;
    struct table *table = arena_new(arena, struct table);
    if (json_parse(arena, totals, &json, NULL) != OK || !json_get(json, "platforms"))
        return INVALID;
    table->arena = arena;
    table->all_equal = json_get_bool(json, "complete", false);
    table->cells[0][1] = SPAN("shop");
    for (unsigned i = 0; i < PLATFORMS; i++)
        table->cells[0][2 + i] = span_of(platforms[i].name);
    table->count++;
    for (unsigned where = 0; where < SHOPPERS_SHOPS; where++)
        add_shop(table, (enum shoppers_where)where, &truths[where], json_get(json, "platforms"));
    print(table, out);
    *ret_all_equal = table->all_equal;
    return OK;
}
