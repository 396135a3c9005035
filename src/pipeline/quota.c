/* Few outlets share, so a list is walked; quota.h tells what for. */
#include "quota.h"

#include <assert.h>
#include <stdlib.h>

static struct quota *find(struct quota *list, const struct destination *destination, uint64_t key)
{
    while (list && (list->destination != destination || list->key != key))
        list = list->next;
    return list;
}

struct quota *quota_join(struct quota **list, const struct destination *destination,
                         const struct settings *settings, struct arena *scratch)
{
    uint64_t key = destination->quota ? destination->quota(settings, scratch) : 0;
    struct quota *quota = key ? find(*list, destination, key) : NULL;
    if (!quota) {
        unsigned count = 0;
        while (destination->lanes[count].name)
            count++;
        quota = calloc(1, sizeof *quota + count * sizeof *quota->lanes);
        assert(quota);
        quota->destination = destination;
        quota->key = key;
        quota->next = *list;
        *list = quota;
    }
    quota->users++;
    return quota;
}

void quota_leave(struct quota **list, struct quota *quota)
{
    if (--quota->users > 0)
        return;
    while (*list != quota)
        list = &(*list)->next;
    *list = quota->next;
    free(quota);
}
