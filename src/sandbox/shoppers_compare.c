/*
 * The table: for every kind of thing, what the shop knows and what each platform holds.
 *
 *                       shop             meta           google         klaviyo
 *   orders placed       11  612.20 EUR   11  612.20 ✓   11  612.20 ✓   11  612.20 ✓
 *   products ordered    14  551.00 EUR   –              –              14  551.00 ✓
 *
 * Equal means the count, and where the row has one the value of every currency, to the cent; a
 * platform's currency is only written where the shop's column has more than one, and where it is
 * wrong. A dash: the platform has no such event. Klaviyo's ✓* : equal to what people with a name
 * did; it takes no anonymous ones. Without backfill some of what they did just before may be there
 * too: it had not left yet when their name came, and left with it.
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

enum { META, TIKTOK, GOOGLE, GA4, KLAVIYO, PLATFORMS };

static const struct {
    const char *name, *purchase;
    bool named_only; /* takes no anonymous visitors */
} platforms[PLATFORMS] = {
    [META] = {"meta",    "Purchase",     false},
      [TIKTOK] = {"tiktok",  "Purchase",     false},
    [GOOGLE] = {"google",  "conversion",   false},
      [GA4] = {"ga4",     "purchase",     false},
    [KLAVIYO] = {"klaviyo", "Placed Order", true },
};

struct row {
    enum shoppers_kind kind;
    const char *label;
    bool with_value;
    const char *names[PLATFORMS]; /* the event's, or two with a | between; NULL: none */
};

/* clang-format off */
static const struct row rows[] = {
    {SHOPPERS_ORDER,     "orders placed",       true,  {"Purchase", "Purchase", "conversion", "purchase", "Placed Order"}},
    {SHOPPERS_LINE,      "products ordered",    true,  {[KLAVIYO] = "Ordered Product"}},
    {SHOPPERS_REFUND,    "refunds",             true,  {[KLAVIYO] = "Refunded Order"}},
    {SHOPPERS_CANCEL,    "orders cancelled",    true,  {[KLAVIYO] = "Cancelled Order"}},
    {SHOPPERS_BACK,      "refunded + cancelled",    true,  {[GA4] = "refund"}},
    {SHOPPERS_RESTATED,  "worth after that",  true,  {[GOOGLE] = "restatement"}},
    {SHOPPERS_FULFILLED, "orders fulfilled",    true,  {[KLAVIYO] = "Fulfilled Order"}},
    {SHOPPERS_DELIVERED, "parcels delivered",   false, {[KLAVIYO] = "Delivered Shipment"}},
    {SHOPPERS_CHECKOUT,  "checkouts started",   false, {"InitiateCheckout", "InitiateCheckout", [KLAVIYO] = "Checkout Started"}},
    {SHOPPERS_PAYMENT,   "payments entered",    false, {"AddPaymentInfo", "AddPaymentInfo"}},
    {SHOPPERS_ADD,       "added to cart",       false, {"AddToCart", "AddToCart", [KLAVIYO] = "Added to Cart"}},
    {SHOPPERS_VIEW,      "products, lists seen", false,
     {"ViewContent", "ViewContent", [KLAVIYO] = "Viewed Product|Viewed Collection"}},
    {SHOPPERS_PAGE,      "pages seen",          false, {"PageView", "Pageview"}},
};
/* clang-format on */

#define COLUMNS (2 + PLATFORMS) /* label, shop */
#define GAP     3u
struct table {
    struct arena *arena;
    span cells[COUNT_OF(rows) + SHOPPERS_ORDERS + 3][COLUMNS];
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

enum detail { COUNT, VALUE, VALUE_AND_CURRENCY };

static span tally_text(struct arena *arena, const struct shoppers_tally *tally, enum detail detail)
{
    span text = arena_print(arena, "%u", tally->count);
    for (unsigned i = 0; i < SHOPPERS_CURRENCIES && detail != COUNT; i++)
        if (tally->values[i].currency[0]) {
            bool told = detail == VALUE_AND_CURRENCY;
            span sum = money_print(arena, tally->values[i].sum);
            text =
                arena_print(arena, "%.*s%s%.*s%s%s", SPAN_ARG(text), i == 0 ? "  " : " + ",
                            SPAN_ARG(sum), told ? " " : "", told ? tally->values[i].currency : "");
        }
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
    enum detail full = measure->with_value ? VALUE_AND_CURRENCY : COUNT;
    bool mixed = measure->expected->values[1].currency[0] != '\0';
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
    span text = tally_text(arena, got, full == VALUE_AND_CURRENCY && !mixed ? VALUE : full);
    return arena_print(arena, "%.*s ✓%s", SPAN_ARG(text), partly ? "*" : "");
}

static void add_row(struct table *table, const struct row *row, const struct shoppers_truth *truth,
                    const struct json_value *totals)
{
    span *cells = table->cells[table->count++];
    const struct shoppers_tally *shop = &truth->all[row->kind];
    cells[0] = span_of(row->label);
    cells[1] = tally_text(table->arena, shop, row->with_value ? VALUE_AND_CURRENCY : COUNT);
    for (unsigned i = 0; i < PLATFORMS; i++) {
        struct measure measure = {shop, shop, 0, row->with_value};
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
                      const struct json_value *totals)
{
    span *cells = table->cells[table->count++];
    struct shoppers_tally expected = {0};
    struct measure one = {&expected, &expected, 0, true};
    if (order->counts)
        shoppers_count(&expected, 1, span_of(order->currency), order->value);
    cells[0] = arena_print(table->arena, "#%s %s", order->number, order->story);
    cells[1] = order->counts ? tally_text(table->arena, &expected, VALUE_AND_CURRENCY)
                             : SPAN("0  for nobody");
    for (unsigned i = 0; i < PLATFORMS; i++) {
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

static void print(const struct table *table, struct buf *out)
{
    unsigned widths[COLUMNS] = {0};
    for (unsigned row = 0; row < table->count; row++)
        for (unsigned column = 0; column < COLUMNS; column++)
            if (width_of(table->cells[row][column]) > widths[column])
                widths[column] = width_of(table->cells[row][column]);
    for (unsigned row = 0; row < table->count; row++) {
        for (unsigned column = 0; column < COLUMNS; column++) {
            span text = table->cells[row][column];
            buf_add_span(out, text);
            if (column + 1 < COLUMNS && text.len > 0)
                buf_print(out, "%*s", (int)(widths[column] - width_of(text) + GAP), "");
            else if (column + 1 < COLUMNS)
                buf_print(out, "%*s", (int)(widths[column] + GAP), "");
        }
        buf_add_char(out, '\n');
    }
    if (table->footnote)
        buf_add_text(
            out, "* Klaviyo takes no anonymous visitors: this is what people with a name did\n");
    buf_add_span(out, table->wrongs);
}

enum status shoppers_compare(const struct shoppers_truth *truth, span totals, struct arena *arena,
                             struct buf *out, bool *ret_all_equal)
{
    const struct json_value *json;
    struct table *table = arena_new(arena, struct table);
    if (json_parse(arena, totals, &json, NULL) != OK || !json_get(json, "platforms"))
        return INVALID;
    const struct json_value *received_by = json_get(json, "platforms");
    table->arena = arena;
    table->all_equal = json_get_bool(json, "complete", false);
    table->cells[0][1] = SPAN("shop");
    for (unsigned i = 0; i < PLATFORMS; i++)
        table->cells[0][2 + i] = span_of(platforms[i].name);
    table->count++;
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        add_row(table, &rows[i], truth, received_by);
    table->count++; /* an empty line */
    for (unsigned i = 0; i < truth->order_count; i++)
        add_order(table, &truth->orders[i], received_by);
    print(table, out);
    *ret_all_equal = table->all_equal;
    return OK;
}
