/*
 * Open addressing with linear probing over a power of two of slots, at most 3/4 full.
 * Nothing is ever taken out, so there are no tombstones and a probe ends at the first free
 * slot. A free slot has key.ptr == NULL; the empty key is a copied "" with an address. The order
 * of a walk depends on keys and history only: the same in every run.
 */
#include "map.h"

#include <stdlib.h>

#include "hash.h"

#define ROOM_FIRST 16

void map_done(struct map *map)
{
    for (size_t i = 0; i < map->room; i++)
        free((void *)(uintptr_t)map->slots[i].key.ptr);
    free(map->slots);
    *map = (struct map){0};
}

/* The slot of `key`, or the free one where it would go. */
static struct map_slot *slot_of(struct map_slot *slots, size_t room, span key)
{
    size_t at = (size_t)hash_quick(key) & (room - 1);
    while (slots[at].key.ptr && !span_equal(slots[at].key, key))
        at = (at + 1) & (room - 1);
    return &slots[at];
}

void *map_get(const struct map *map, span key)
{
    return map->room ? slot_of(map->slots, map->room, key)->value : NULL;
}

static void grow(struct map *map)
{
    size_t room = map->room ? map->room * 2 : ROOM_FIRST;
    struct map_slot *slots = calloc(room, sizeof *slots);
    if (slots == NULL)
        abort();
    for (size_t i = 0; i < map->room; i++)
        if (map->slots[i].key.ptr)
            *slot_of(slots, room, map->slots[i].key) = map->slots[i];
    free(map->slots);
    map->slots = slots;
    map->room = room;
}

void map_put(struct map *map, span key, void *value)
{
    if (map->count + 1 > map->room / 4 * 3)
        grow(map);
    struct map_slot *slot = slot_of(map->slots, map->room, key);
    if (slot->key.ptr == NULL) {
        char *copy = malloc(key.len + 1);
        if (copy == NULL)
            abort();
        if (key.len > 0)
            memcpy(copy, key.ptr, key.len);
        copy[key.len] = '\0';
        slot->key = (span){copy, key.len};
        map->count++;
    }
    slot->value = value;
}

bool map_next(const struct map *map, size_t *index, span *ret_key, void **ret_value)
{
    while (*index < map->room) {
        const struct map_slot *slot = &map->slots[(*index)++];
        if (slot->key.ptr) {
            *ret_key = slot->key;
            *ret_value = slot->value;
            return true;
        }
    }
    return false;
}
