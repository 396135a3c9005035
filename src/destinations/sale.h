/*
 * What an event is worth, and of which things: the one place that knows where money and items
 * sit in the different kinds of events.
 */
#ifndef DESTINATIONS_SALE_H
#define DESTINATIONS_SALE_H
#include "destination.h"
#include "field.h"

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

/* What a platform calls the members of one of its `contents`. */
struct sale_words {
    const char *id, *category;
    const struct field *fields; /* of struct item */
    bool untyped;               /* it has no content_type */
};
/* content_type product, content_ids and contents. Items without an id in any form mean nothing to a
   catalogue and are left out; nothing is written when none is left. */
void sale_write_contents(struct json *json, struct arena *arena, const struct settings *settings,
                         const struct sale *sale, const struct sale_words *words);
/* content_type product_group: the catalogue knows a collection by its products' ids. */
void sale_write_group(struct json *json, const struct event *event);

#endif
