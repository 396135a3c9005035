/*
 * Money in Shopify's bodies.
 *
 * Everything has two amounts: the shop's and the buyer's ("presentment"). `*_set` members carry
 * both with their currencies; plain members ("total_price") are in the shop's currency, which the
 * body names. The tender is chosen once from the body's total and all amounts are read in it; a
 * member that does not have it is not given, never taken from the other side (contracts/sources
 * 1.7: base value with the order's currency code is a real bug of others).
 *
 * Refunds. What was given back is the sum of successful refund transactions; lines, shipping and
 * adjustments only explain it. Transactions have one currency, the buyer's in multi-currency
 * shops. Where that is not the tender's, the sum is scaled by what the refund's own sets, which
 * have both sides, say the rate was:
 *
 *     parts        lines + shipping − discrepancies  (+ tax, where prices do not include it)
 *     amount       transactions × parts in the tender ÷ parts in the transactions' currency
 *
 * and when the refund has no parts, by the order's total where the body is an order. When nothing
 * tells the rate, the amount is 0 and told as unconverted: a wrong number is worse than none.
 *
 * The `value` policy then takes its share, never more than the money that moved: total all of it;
 * subtotal the lines (less discrepancies); net the same without tax where lines include it. A
 * refund body does not say whether they do: the reading that adds up to the transactions is the
 * right one. Money that no part explains at all (a goodwill refund) is goods.
 *
 * order_adjustments count against: Shopify writes a shipping refund of 8.00 as -8.00, and 10.00 of
 * "refund_discrepancy" when 10.00 less than calculated was paid out. Newer bodies list shipping in
 * refund_shipping_lines; where they do, shipping_refund adjustments are the same money again.
 */
#include "shopify.h"
#include "pick.h"

void shopify_fail(struct shopify_body *body, const char *error)
{
    if (!body->error)
        body->error = error;
}

static span side_currency(const struct json_value *set, const char *side)
{
    const struct json_value *money = json_get(set, side);
    span code = json_get_text(money, "currency_code");
    return span_empty(code) ? json_get_text(money, "currency") : code;
}

void shopify_tender_choose(struct shopify_body *body, const struct json_value *set,
                           span plain_currency)
{
    span shop = side_currency(set, "shop_money"), buyer = side_currency(set, "presentment_money");
    if (span_empty(shop))
        shop = span_empty(plain_currency) ? body->shop->currency : plain_currency;
    if (span_empty(plain_currency))
        plain_currency = shop;
    bool presentment = body->shop->orders.money == MONEY_PRESENTMENT && !span_empty(buyer);
    span currency = presentment ? buyer : shop;
    if (!money_currency_valid(currency)) {
        shopify_fail(body, "currency_invalid");
        currency = body->shop->currency;
    }
    body->tender = (struct shopify_tender){
        .side = presentment ? "presentment_money" : "shop_money",
        .currency = pick_upper(body->arena, currency),
        .plain = span_equal_nocase(currency, plain_currency),
    };
}

static struct money read_amount(struct shopify_body *body, const struct json_value *object,
                                const char *key, span currency)
{
    struct money money = {0};
    if (pick_money(object, key, currency, &money) != OK)
        shopify_fail(body, "money_invalid");
    return money;
}

struct money shopify_money(struct shopify_body *body, const struct json_value *object,
                           const char *plain_key, const char *set_key)
{
    const struct shopify_tender *tender = &body->tender;
    const struct json_value *set = json_get(object, set_key);
    if (span_equal_nocase(side_currency(set, tender->side), tender->currency))
        return read_amount(body, json_get(set, tender->side), "amount", tender->currency);
    if (plain_key && tender->plain)
        return read_amount(body, object, plain_key, tender->currency);
    return (struct money){0};
}

struct money shopify_sum(struct shopify_body *body, struct money a, struct money b)
{
    struct money sum = money_add(a, b);
    if (sum.units <= MONEY_CEILING && sum.units >= -MONEY_CEILING)
        return sum;
    shopify_fail(body, "money_invalid");
    return a;
}

/* ---- refunds ---- */

struct parts {
    struct money lines, tax, shipping, discrepancy;
    bool any; /* there was something to sum up */
};

static void add_part(struct shopify_body *body, struct parts *parts, struct money *sum,
                     struct money amount)
{
    *sum = shopify_sum(body, *sum, amount);
    parts->any = parts->any || amount.units != 0;
}

static struct parts read_parts(struct shopify_body *body, const struct json_value *refund)
{
    struct parts parts = {0};
    const struct json_value *at;
    for (at = pick_first(refund, "refund_line_items"); at; at = at->next) {
        add_part(body, &parts, &parts.lines, shopify_money(body, at, "subtotal", "subtotal_set"));
        add_part(body, &parts, &parts.tax, shopify_money(body, at, "total_tax", "total_tax_set"));
    }
    bool shipping_listed = pick_first(refund, "refund_shipping_lines") != NULL;
    for (at = pick_first(refund, "refund_shipping_lines"); at; at = at->next)
        add_part(body, &parts, &parts.shipping,
                 shopify_money(body, at, NULL, "subtotal_amount_set"));
    for (at = pick_first(refund, "order_adjustments"); at; at = at->next) {
        struct money amount = shopify_money(body, at, "amount", "amount_set");
        struct money tax = shopify_money(body, at, "tax_amount", "tax_amount_set");
        amount.units = -amount.units;
        tax.units = -tax.units;
        if (!span_is(json_get_text(at, "kind"), "shipping_refund")) {
            add_part(body, &parts, &parts.discrepancy, amount);
        } else if (!shipping_listed) {
            add_part(body, &parts, &parts.shipping, amount);
            add_part(body, &parts, &parts.tax, tax);
        }
    }
    return parts;
}

static int64_t parts_sum(const struct parts *parts, bool taxes_included)
{
    int64_t sum = parts->lines.units + parts->shipping.units + parts->discrepancy.units;
    return taxes_included ? sum : sum + parts->tax.units;
}

/* Of what currency is this transaction, and how much did it give back? */
static bool gave_back(const struct json_value *transaction)
{
    return span_is(json_get_text(transaction, "kind"), "refund") &&
           span_is(json_get_text(transaction, "status"), "success");
}

/* Transactions in the tender's currency; those in another one (the first such) apart. */
static struct money moved(struct shopify_body *body, const struct json_value *refund,
                          span *ret_other_currency, struct money *ret_other)
{
    struct money own = {0};
    span other = {0};
    for (const struct json_value *at = pick_first(refund, "transactions"); at; at = at->next) {
        span currency = json_get_text(at, "currency");
        if (!gave_back(at))
            continue;
        if (span_empty(currency) || span_equal_nocase(currency, body->tender.currency)) {
            own = shopify_sum(body, own, read_amount(body, at, "amount", body->tender.currency));
            continue;
        }
        if (span_empty(other) && money_currency_valid(currency))
            other = currency;
        if (span_equal_nocase(currency, other))
            *ret_other = shopify_sum(body, *ret_other, read_amount(body, at, "amount", other));
    }
    *ret_other_currency = other;
    return own;
}

/* units × to ÷ from, half away from zero; operands are below 2^47, or a signed body lied. */
static int64_t scaled(int64_t units, int64_t to, int64_t from)
{
    __int128 product = (__int128)units * to, half = from / 2;
    __int128 result = (product + (product < 0 ? -half : half)) / from;
    return result > MONEY_CEILING ? MONEY_CEILING : (int64_t)result;
}

static bool adds_up(const struct parts *parts, enum tri taxes_included, int64_t moved_units)
{
    if (taxes_included != TRI_UNKNOWN)
        return taxes_included == TRI_YES;
    return parts_sum(parts, true) == moved_units; /* else prices are without tax */
}

/* `other` told in the tender's money; not given when nothing tells the rate. */
static struct money converted(struct shopify_body *body, const struct json_value *refund,
                              enum tri taxes_included, span other_currency, struct money other)
{
    struct shopify_tender own = body->tender;
    bool buyer = span_is(span_of(own.side), "presentment_money");
    struct parts here = read_parts(body, refund);
    struct money total_here = shopify_money(body, body->json, "total_price", "total_price_set");
    body->tender = (struct shopify_tender){.side = buyer ? "shop_money" : "presentment_money",
                                           .currency = other_currency};
    struct parts there = read_parts(body, refund);
    struct money total_there = shopify_money(body, body->json, NULL, "total_price_set");
    body->tender = own;

    bool included = adds_up(&there, taxes_included, other.units);
    int64_t to = parts_sum(&here, included), from = parts_sum(&there, included);
    if (to <= 0 || from <= 0) {
        to = total_here.units;
        from = total_there.units;
    }
    if (to <= 0 || from <= 0)
        return (struct money){0};
    return money_of(scaled(other.units, to, from), money_scale(own.currency));
}

static struct money goods_of(const struct parts *parts, enum tri taxes_included, struct money total,
                             bool net)
{
    struct money goods = money_add(money_of(0, total.scale), parts->lines);
    if (!parts->any)
        return total;
    if (net && adds_up(parts, taxes_included, total.units))
        goods = money_subtract(goods, parts->tax);
    goods = money_least_zero(money_add(goods, parts->discrepancy));
    return money_compare(goods, total) > 0 ? total : goods;
}

struct money shopify_refunded(struct shopify_body *body, const struct json_value *refund,
                              enum shop_value policy, enum tri taxes_included,
                              span *ret_unconverted)
{
    struct money zero = money_of(0, money_scale(body->tender.currency)), other = {0};
    span other_currency;
    struct money total = money_add(zero, moved(body, refund, &other_currency, &other));
    if (other.units > 0) {
        struct money more = converted(body, refund, taxes_included, other_currency, other);
        if (!more.given && ret_unconverted)
            *ret_unconverted =
                arena_print(body->arena, "{\"amount\":\"%.*s\",\"currency\":\"%.*s\"}",
                            SPAN_ARG(money_print(body->arena, other)), SPAN_ARG(other_currency));
        total = shopify_sum(body, total, more);
    }
    if (total.units <= 0)
        return zero;
    if (policy == VALUE_TOTAL)
        return total;
    struct parts parts = read_parts(body, refund);
    return goods_of(&parts, taxes_included, total, policy == VALUE_NET);
}
