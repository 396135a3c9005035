/*
 * What an event is worth, and of which things: the one place that knows where money and items
 * sit in the different kinds of events.
 */
#ifndef DESTINATIONS_SALE_H
#define DESTINATIONS_SALE_H
#include "destination.h"

struct sale {
    struct money value; /* not given: the event has no worth, or no currency to say it in */
    span currency;      /* upper case; absent without value */
    const struct item *items;
    unsigned count;
    int64_t pieces; /* sum of quantities */
};

/*
 * value: a refund's amount; an order's value by the store's policy; else the event's own value;
 * else, when every item has a price, their sum. Never negative.
 */
void sale_read(struct arena *arena, const struct settings *settings, const struct event *event,
               struct sale *ret_sale);
/* The id the platform's catalogue knows the item by: the destination's rule, else the shop's. */
span sale_product_id(struct arena *arena, const struct settings *settings, const struct item *item);
/* Price times quantity, before discounts; not given without a price. */
struct money sale_row(const struct item *item);

#endif
