/*
 * The table: for every kind of thing, what the shop knows and what each platform holds.
 *
 *                          shop               meta                 klaviyo
 *   orders placed          11   612.20 EUR    11   612.20 EUR ✓    11   612.20 EUR ✓
 *   products ordered       14   551.00 EUR    –                    14   551.00 EUR ✓
 *
 * Equal means the count, and where the row has one the value of every currency, to the cent. A
 * dash: the platform has no such event. Klaviyo's ✓* : equal to what people with a name did; it
 * takes no anonymous ones. Without backfill some of what they did just before may be there too: it
 * had not left yet when their name came, and left with it. A ✗ says what was expected.
 *
 * Below the rows every order is looked up by itself: one purchase of the right value on each
 * platform where it counts, none where it does not. Sums alone could hide two wrongs.
 */
#include "shoppers_private.h"

#include "../base/limits.h"

struct row {
    enum shoppers_kind kind;
    const char *label;
    bool with_value;
    const char *meta, *klaviyo[2]; /* event names; NULL: none */
};

static const struct row rows[] = {
    {SHOPPERS_ORDER,     "orders placed",     true,  "Purchase",         {"Placed Order"}                       },
    {SHOPPERS_LINE,      "products ordered",  true,  NULL,               {"Ordered Product"}                    },
    {SHOPPERS_REFUND,    "refunds",           true,  NULL,               {"Refunded Order"}                     },
    {SHOPPERS_CANCEL,    "orders cancelled",  true,  NULL,               {"Cancelled Order"}                    },
    {SHOPPERS_FULFILLED, "orders fulfilled",  true,  NULL,               {"Fulfilled Order"}                    },
    {SHOPPERS_DELIVERED, "parcels delivered", false, NULL,               {"Delivered Shipment"}                 },
    {SHOPPERS_CHECKOUT,  "checkouts started", false, "InitiateCheckout", {"Checkout Started"}                   },
    {SHOPPERS_PAYMENT,   "payments entered",  false, "AddPaymentInfo",   {NULL}                                 },
    {SHOPPERS_ADD,       "added to cart",     false, "AddToCart",        {"Added to Cart"}                      },
    {SHOPPERS_VIEW,
     "products, lists viewed",                false,
     "ViewContent",                                                      {"Viewed Product", "Viewed Collection"}},
    {SHOPPERS_PAGE,      "pages seen",        false, "PageView",         {NULL}                                 },
};

#define COLUMNS 4
struct table {
    span cells[COUNT_OF(rows) + SHOPPERS_ORDERS + 3][COLUMNS];
    unsigned count;
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
static struct shoppers_tally received(const struct json_value *platform, const char *name)
{
    struct shoppers_tally tally = {0};
    for (const struct json_value *one = platform ? platform->first : NULL; one; one = one->next)
        add_sum(json_get(json_get(one, "events"), name), &tally);
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
        if (tally->values[i].currency[0]) {
            span sum = money_print(arena, tally->values[i].sum);
            text = arena_print(arena, "%.*s%s%.*s %s", SPAN_ARG(text), i == 0 ? "  " : " + ",
                               SPAN_ARG(sum), tally->values[i].currency);
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

static span cell(struct arena *arena, struct table *table, const struct shoppers_tally *got,
                 const struct measure *measure)
{
    span text = tally_text(arena, got, measure->with_value);
    if (!holds(got, measure)) {
        table->all_equal = false;
        return arena_print(arena, "%.*s ✗ expected %.*s%s", SPAN_ARG(text),
                           SPAN_ARG(tally_text(arena, measure->expected, measure->with_value)),
                           measure->more ? " or a few more" : "");
    }
    bool partly = measure->more > 0 || !equal(got, measure->shop, measure->with_value);
    table->footnote = table->footnote || partly;
    return arena_print(arena, "%.*s ✓%s", SPAN_ARG(text), partly ? "*" : "");
}

static void add_row(struct table *table, struct arena *arena, const struct row *row,
                    const struct shoppers_truth *truth, const struct json_value *meta,
                    const struct json_value *klaviyo)
{
    span *cells = table->cells[table->count++];
    const struct shoppers_tally *shop = &truth->all[row->kind];
    cells[0] = span_of(row->label);
    cells[1] = tally_text(arena, shop, row->with_value);
    cells[2] = cells[3] = SPAN("–");
    if (row->meta) {
        struct shoppers_tally got = received(meta, row->meta);
        struct measure all = {shop, shop, 0, row->with_value};
        cells[2] = cell(arena, table, &got, &all);
    }
    if (row->klaviyo[0]) {
        struct shoppers_tally got = received(klaviyo, row->klaviyo[0]);
        if (row->klaviyo[1])
            got.count += received(klaviyo, row->klaviyo[1]).count;
        struct measure known = {&truth->known[row->kind], shop, truth->before[row->kind],
                                row->with_value};
        cells[3] = cell(arena, table, &got, &known);
    }
}

static void add_order(struct table *table, struct arena *arena, const struct shoppers_order *order,
                      const struct json_value *meta, const struct json_value *klaviyo)
{
    span *cells = table->cells[table->count++];
    struct shoppers_tally expected = {0};
    struct shoppers_tally at_meta = received_for(meta, "Purchase", order);
    struct shoppers_tally at_klaviyo = received_for(klaviyo, "Placed Order", order);
    if (order->counts)
        shoppers_count(&expected, 1, span_of(order->currency), order->value);
    cells[0] = arena_print(arena, "#%s %s", order->number, order->story);
    cells[1] = order->counts ? tally_text(arena, &expected, true) : SPAN("0  for nobody");
    struct measure one = {&expected, &expected, 0, true};
    cells[2] = cell(arena, table, &at_meta, &one);
    cells[3] = cell(arena, table, &at_klaviyo, &one);
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
                buf_print(out, "%*s", (int)(widths[column] - width_of(text) + 3), "");
            else if (column + 1 < COLUMNS)
                buf_print(out, "%*s", (int)widths[column] + 3, "");
        }
        buf_add_char(out, '\n');
    }
    if (table->footnote)
        buf_add_text(
            out, "* Klaviyo takes no anonymous visitors: this is what people with a name did\n");
}

enum status shoppers_compare(const struct shoppers_truth *truth, span totals, struct arena *arena,
                             struct buf *out, bool *ret_all_equal)
{
    const struct json_value *json;
    struct table *table = arena_new(arena, struct table);
    if (json_parse(arena, totals, &json, NULL) != OK || !json_get(json, "platforms"))
        return INVALID;
    const struct json_value *meta = json_path(json, "platforms.meta");
    const struct json_value *klaviyo = json_path(json, "platforms.klaviyo");
    static const span head[COLUMNS] = {
        {"",        0},
        {"shop",    4},
        {"meta",    4},
        {"klaviyo", 7}
    };
    table->all_equal = json_get_bool(json, "complete", false);
    memcpy(table->cells[table->count++], head, sizeof head);
    for (unsigned i = 0; i < COUNT_OF(rows); i++)
        add_row(table, arena, &rows[i], truth, meta, klaviyo);
    table->count++; /* an empty line */
    for (unsigned i = 0; i < truth->order_count; i++)
        add_order(table, arena, &truth->orders[i], meta, klaviyo);
    print(table, out);
    *ret_all_equal = table->all_equal;
    return OK;
}
