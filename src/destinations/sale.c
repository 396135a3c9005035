/*
 * Money and items of an event. An order event has them in `order`, a refund in `adjust`, a
 * storefront event at the top; a checkout may have either, depending on which half told us.
 */
#include "sale.h"

static int64_t pieces_of(const struct item *item)
{
    return item->quantity > 0 ? item->quantity : 1;
}

struct money sale_row(const struct item *item)
{
    return item->price.given ? money_times(item->price, pieces_of(item)) : (struct money){0};
}

span sale_product_id(struct arena *arena, const struct settings *settings, const struct item *item)
{
    span rule = settings->product_id;
    if (span_empty(rule))
        rule = settings->shop->orders.product_id;
    return shop_product_id(arena, span_empty(rule) ? SPAN("variant_id") : rule, item);
}

static void find_items(const struct event *event, struct sale *sale)
{
    if (event->name == EVENT_ORDER_REFUNDED) { /* none of its own: money alone was given back */
        sale->items = event->adjust.items;
        sale->count = event->adjust.item_count;
        return;
    }
    bool is_order = names_class(event->name) == EVENT_CLASS_ORDER;
    if (event->order.item_count > 0 && (is_order || event->item_count == 0)) {
        sale->items = event->order.items;
        sale->count = event->order.item_count;
        return;
    }
    sale->items = event->items;
    sale->count = event->item_count;
}

static struct money sum_of(const struct sale *sale)
{
    struct money sum = {0};
    for (unsigned i = 0; i < sale->count; i++) {
        struct money row = sale_row(&sale->items[i]);
        if (!row.given || (sum.given && sum.scale != row.scale))
            return (struct money){0};
        sum = sum.given ? money_add(sum, row) : row;
    }
    return sum;
}

/* What is taken back has an amount of its own, in a currency of its own. */
static bool is_adjusted(const struct event *event)
{
    return event->adjust.amount.given &&
           (event->name == EVENT_ORDER_REFUNDED || event->name == EVENT_ORDER_CANCELLED);
}

static struct money find_value(const struct event *event, const struct sale *sale)
{
    if (is_adjusted(event))
        return event->adjust.amount;
    if (event->name == EVENT_ORDER_REFUNDED)
        return event->value;
    if (names_class(event->name) == EVENT_CLASS_ORDER && event->order.value.given)
        return event->order.value;
    if (event->value.given)
        return event->value;
    if (event->order.value.given)
        return event->order.value;
    bool is_list = event->name == EVENT_COLLECTION_VIEWED || event->name == EVENT_SEARCH_SUBMITTED;
    return is_list ? (struct money){0} : sum_of(sale); /* nobody wants all that is on a shelf */
}

static span find_currency(const struct settings *settings, const struct event *event)
{
    const span tries[] = {
        is_adjusted(event) ? event->adjust.currency : (span){0},
        names_class(event->name) == EVENT_CLASS_ORDER ? event->order.currency : (span){0},
        event->currency,
        event->order.currency,
        settings->shop->currency,
    };
    for (unsigned i = 0; i < COUNT_OF(tries); i++)
        if (!span_empty(tries[i]))
            return money_currency_valid(tries[i]) ? tries[i] : (span){0};
    return (span){0};
}

static span upper(struct arena *arena, span text)
{
    char *copy = arena_text(arena, text);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] >= 'a' && copy[i] <= 'z')
            copy[i] = (char)(copy[i] - 'a' + 'A');
    return (span){copy, text.len};
}

void sale_read(struct arena *arena, const struct settings *settings, const struct event *event,
               struct sale *ret_sale)
{
    struct sale sale = {0};
    find_items(event, &sale);
    for (unsigned i = 0; i < sale.count; i++)
        sale.pieces += pieces_of(&sale.items[i]);
    span currency = find_currency(settings, event);
    if (!span_empty(currency)) {
        struct money value = find_value(event, &sale);
        if (value.given) {
            sale.value = money_least_zero(value);
            sale.currency = upper(arena, currency);
        }
    }
    *ret_sale = sale;
}

/* ---- contents, as Meta began and others followed -------------------------------------------- */

static void write_content(struct json *json, struct arena *arena, const struct item *item, span id,
                          const struct sale_words *words)
{
    json_open(json, NULL, '{');
    json_put_text(json, words->id, id); /* text even when it is a number: TikTok refuses numbers */
    field_write(json, arena, item, words->fields);
    if (item->category_count > 0 && !span_empty(item->categories[0]))
        json_put_text(json, words->category, item->categories[0]);
    json_close(json, '}');
}

void sale_write_contents(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct sale *sale, const struct sale_words *words)
{
    span *ids = arena_array(arena, span, sale->count ? sale->count : 1);
    unsigned known = 0;
    for (unsigned i = 0; i < sale->count; i++) {
        ids[i] = sale_product_id(arena, settings, &sale->items[i]);
        known += !span_empty(ids[i]);
    }
    if (known == 0)
        return;
    if (!words->untyped)
        json_put_text(json, "content_type", SPAN("product"));
    json_open(json, "content_ids", '[');
    for (unsigned i = 0; i < sale->count; i++)
        if (!span_empty(ids[i]))
            json_put_text(json, NULL, ids[i]);
    json_close(json, ']');
    json_open(json, "contents", '[');
    for (unsigned i = 0; i < sale->count; i++)
        if (!span_empty(ids[i]))
            write_content(json, arena, &sale->items[i], ids[i], words);
    json_close(json, ']');
}

void sale_write_group(struct json *json, const struct event *event)
{
    json_put_text(json, "content_type", SPAN("product_group"));
    if (event->item_count == 0)
        return;
    json_open(json, "content_ids", '[');
    for (unsigned i = 0; i < event->item_count; i++)
        if (!span_empty(event->items[i].product_id))
            json_put_text(json, NULL, event->items[i].product_id);
    json_close(json, ']');
}
