/* Every destination, from the one word each has in list.h. */
#include "list.h"

#define DESTINATION_ENTRY(name) &destination_##name,
const struct destination *const list_destinations[] = {DESTINATIONS(DESTINATION_ENTRY) NULL};
#undef DESTINATION_ENTRY

const struct destination *list_find(span name)
{
    for (unsigned i = 0; list_destinations[i]; i++)
        if (span_is(name, list_destinations[i]->name))
            return list_destinations[i];
    return NULL;
}
