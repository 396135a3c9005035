/* Every destination, in the order people see them. A new one: its file, its word here, its golden
 * cases. */
#ifndef DESTINATIONS_LIST_H
#define DESTINATIONS_LIST_H
#include "destination.h"

#define DESTINATIONS(_)                                                                            \
    _(meta)                                                                                        \
    _(google)                                                                                      \
    _(klaviyo)                                                                                     \
    _(tiktok)                                                                                      \
    _(ga4)                                                                                         \
    _(sgtm)                                                                                        \
    _(pinterest)

#define DESTINATION_DECLARE(name) extern const struct destination destination_##name;
DESTINATIONS(DESTINATION_DECLARE)
#undef DESTINATION_DECLARE

/* NULL-terminated. */
extern const struct destination *const list_destinations[];
const struct destination *list_find(span name);

#endif
