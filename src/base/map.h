/*
 * Hash map from text to pointer, open addressing, keys copied into the map. Grows; never shrinks.
 * The hash has no secret: of keys that strangers choose, keep few enough (a batch, not a table
 * of everyone), for they can be made to collide.
 * Thread: one owner.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H
#include "arena.h"

struct map_slot {
    span key;
    void *value;
};
struct map {
    struct map_slot *slots;
    size_t room, count;
};

void map_done(struct map *map); /* a zeroed map is a valid empty one */
void *map_get(const struct map *map, span key);
void map_put(struct map *map, span key, void *value); /* replaces */
/* Walk: start with *index = 0; false at the end. */
bool map_next(const struct map *map, size_t *index, span *ret_key, void **ret_value);

#endif
