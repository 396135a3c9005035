/*
 * What a shop's entry in the config can answer by itself: under which id platforms know a
 * product and an order, and whether a host is one of its own.
 */
#include "shop.h"

static span member_of(const struct item *item, span word)
{
    if (span_is(word, "variant_id"))
        return item->variant_id;
    if (span_is(word, "product_id"))
        return item->product_id;
    return span_is(word, "sku") ? item->sku : (span){0};
}

/* Fills in {word} from the item. Absent when a word is unknown or the item lacks it: an id with a
   hole in it would match nothing in a catalogue, or the wrong thing. */
static span fill_template(struct arena *arena, span rule, const struct item *item)
{
    span id = SPAN("");
    while (rule.len > 0) {
        size_t open = span_find(rule, 0, '{'), close = span_find(rule, open, '}');
        id = arena_join(arena, id, span_sub(rule, 0, open));
        if (open == rule.len)
            break;
        if (close == rule.len)
            return (span){0};
        span value = member_of(item, span_sub(rule, open + 1, close - open - 1));
        if (span_empty(value))
            return (span){0};
        id = arena_join(arena, id, value);
        rule = span_sub(rule, close + 1, rule.len);
    }
    return id;
}

span shop_product_id(struct arena *arena, span rule, const struct item *item)
{
    bool is_template = span_find(rule, 0, '{') < rule.len;
    span id = is_template ? fill_template(arena, rule, item) : member_of(item, rule);
    const span otherwise[] = {item->variant_id, item->product_id, item->sku};
    for (unsigned i = 0; i < COUNT_OF(otherwise) && span_empty(id); i++)
        id = otherwise[i];
    return id;
}

span shop_transaction_id(const struct shop *shop, const struct order *order)
{
    span by_config = shop->orders.transaction_id == TRANSACTION_ORDER_NUMBER ? order->number
                     : shop->orders.transaction_id == TRANSACTION_ORDER_NAME ? order->name
                                                                             : order->id;
    span minted = span_trim(order->transaction_id);
    return span_empty(minted) ? span_trim(by_config) : minted;
}

static bool host_matches(span pattern, span host)
{
    if (!span_starts(pattern, "*."))
        return span_equal_nocase(pattern, host);
    span tail = span_sub(pattern, 1, pattern.len); /* ".x": x itself does not match */
    return host.len > tail.len &&
           span_equal_nocase(span_sub(host, host.len - tail.len, tail.len), tail);
}

static bool list_has(const struct span_list *patterns, span host)
{
    for (unsigned i = 0; i < patterns->count; i++)
        if (host_matches(patterns->items[i], host))
            return true;
    return false;
}

bool shop_has_host(const struct shop *shop, span host)
{
    return list_has(&shop->hosts, host) || list_has(&shop->gateway_hosts, host);
}
