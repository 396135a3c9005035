/*
 * The "data" of an event in our own form (INTERFACE 5): what the snippet sends with each event and
 * what a merchant publishes to the pixel under a name of his own.
 */
#ifndef SOURCES_DATA_H
#define SOURCES_DATA_H
#include "../event/shop.h"

/* Why an event is refused: machine word and sentence. Functions give NULL when it is not. */
struct data_trouble {
    const char *word, *sentence;
};

/* Fills query, collection, items, value, currency, order tokens and custom of `ret_event`, whose
   client.url is the page that items' addresses may be relative to.
   What is not an object (missing, null, []) is an event without data. On trouble *ret_event
   is half filled and must be refused. */
const struct data_trouble *data_read(struct arena *arena, const struct shop *shop,
                                     const struct json_value *data, struct event *ret_event);
/* The name of an event from a browser: its own constant, or EVENT_CUSTOM for 1–50 letters, digits
   and "_ .:-". Words: name_missing name_invalid name_reserved. */
const struct data_trouble *data_name(span text, struct event *ret_event);

#endif
