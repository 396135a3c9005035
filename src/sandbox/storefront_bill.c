/*
 * Prices. The shop keeps its prices in EUR cents, taxes included; a buyer may see
 * them in another currency. Every amount is worked out twice, once in each currency, from unit
 * prices up: the shown total is the sum of shown prices, never the converted shop total, as
 * Shopify does it. All of it is whole minor units.
 *
 *   line_items = sum of price x quantity          subtotal = line_items - discount
 *   total      = subtotal + shipping + (taxes_included ? 0 : tax)
 *
 * Buyers in the US pay 8 % on top; all others see 19 % that is already inside.
 */
#include "storefront_private.h"

#define INSIDE_PERCENT 19
#define ON_TOP_PERCENT 8
#define WELCOME_OFF    10

/* 1 EUR cent = numerator / denominator minor units. */
static const struct {
    const char *code;
    int64_t numerator, denominator;
    unsigned scale;
} currencies[] = {
    {"EUR", 1, 1, 2},
    {"USD", 109, 100, 2},
    {"GBP", 84, 100, 2},
    {"JPY", 163, 100, 0},
};

bool storefront_currency(span code, unsigned *ret_scale)
{
    for (unsigned i = 0; i < COUNT_OF(currencies); i++)
        if (span_is(code, currencies[i].code)) {
            *ret_scale = currencies[i].scale;
            return true;
        }
    return false;
}

/* Half up; nothing here is negative. */
static int64_t rounded(int64_t numerator, int64_t denominator)
{
    return (2 * numerator + denominator) / (2 * denominator);
}

int64_t storefront_shown(int64_t cents, const char *currency)
{
    for (unsigned i = 0; i < COUNT_OF(currencies); i++)
        if (strcmp(currencies[i].code, currency) == 0)
            return rounded(cents * currencies[i].numerator, currencies[i].denominator);
    return cents;
}

int64_t storefront_hundredths(int64_t cents, const char *currency)
{
    unsigned scale = 2;
    (void)storefront_currency(span_of(currency), &scale);
    int64_t units = storefront_shown(cents, currency);
    return scale == 0 ? units * 100 : units;
}

span storefront_units(struct arena *arena, int64_t units, unsigned scale)
{
    return money_print(arena, money_of(units, scale));
}

static void bill_view(const struct storefront_cart *cart, enum storefront_view view,
                      struct storefront_bill *bill)
{
    const char *code = view == SHOP ? "EUR" : cart->currency;
    for (unsigned i = 0; i < cart->line_count; i++) {
        const struct storefront_line *line = &cart->lines[i];
        int64_t price = storefront_shown(line->product->cents, code);
        int64_t total = price * line->quantity;
        int64_t discount = cart->discounted ? rounded(total * WELCOME_OFF, 100) : 0;
        int64_t paid = total - discount;
        int64_t tax = bill->taxes_included ? paid - rounded(paid * 100, 100 + INSIDE_PERCENT)
                                           : rounded(paid * ON_TOP_PERCENT, 100);
        bill->lines[i].price.units[view] = price;
        bill->lines[i].total.units[view] = total;
        bill->lines[i].discount.units[view] = discount;
        bill->lines[i].tax.units[view] = tax;
        bill->line_items.units[view] += total;
        bill->discount.units[view] += discount;
        bill->tax.units[view] += tax;
    }
    bill->subtotal.units[view] = bill->line_items.units[view] - bill->discount.units[view];
    bill->shipping.units[view] = storefront_shown(
        cart->express ? STOREFRONT_EXPRESS_CENTS : STOREFRONT_STANDARD_CENTS, code);
    bill->total.units[view] = bill->subtotal.units[view] + bill->shipping.units[view] +
                              (bill->taxes_included ? 0 : bill->tax.units[view]);
}

void storefront_bill(const struct storefront_cart *cart, struct storefront_bill *ret_bill)
{
    struct storefront_bill bill = {
        .currency = {SPAN("EUR"), span_of(cart->currency)},
        .scale = {2, 2},
        .taxes_included = strcmp(cart->person.country.text, "US") != 0,
    };
    (void)storefront_currency(bill.currency[SHOWN], &bill.scale[SHOWN]);
    bill_view(cart, SHOP, &bill);
    bill_view(cart, SHOWN, &bill);
    *ret_bill = bill;
}

struct storefront_amount storefront_share(const struct storefront_order *order, unsigned line,
                                          unsigned quantity)
{
    struct storefront_amount share = {{0}};
    const struct storefront_line *of = &order->cart.lines[line];
    for (unsigned view = 0; view < STOREFRONT_VIEWS; view++) {
        int64_t paid = order->bill.lines[line].total.units[view] -
                       order->bill.lines[line].discount.units[view] +
                       (order->bill.taxes_included ? 0 : order->bill.lines[line].tax.units[view]);
        /* By difference of rounded shares, so that the parts of a line sum up to the line. */
        share.units[view] = rounded(paid * (of->refunded + quantity), of->quantity) -
                            rounded(paid * of->refunded, of->quantity);
    }
    return share;
}
