/*
 * The arena: a chain of blocks, of which only the newest is filled.
 *
 *   arena ─> block 16 K ─> block 8 K ─> block 4 K ─> NULL        (newest first)
 *            [####....]    [#######.]   [########]
 *
 * Regular blocks double from 4 KiB to 1 MiB. A request over a quarter of the largest block
 * gets a block of its own, put *behind* the newest so that the newest goes on being filled.
 * Reset keeps the largest regular block, so a connection that serves the same kind of
 * request again and again stops calling malloc; blocks of their own are always given back.
 *
 * Under AddressSanitizer everything not handed out is poisoned, with a gap after every
 * piece: an overrun or a read after reset is reported like one on the heap.
 */
#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "limits.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_ASAN 1
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define POISON(at, size)   ASAN_POISON_MEMORY_REGION(at, size)
#define UNPOISON(at, size) ASAN_UNPOISON_MEMORY_REGION(at, size)
#define GAP                ((size_t)16)
#else
#define POISON(at, size)   ((void)0)
#define UNPOISON(at, size) ((void)0)
#define GAP                ((size_t)0)
#endif

#define ALIGNMENT   alignof(max_align_t)
#define BLOCK_FIRST ((size_t)4 * KIB)
#define BLOCK_LAST  ((size_t)1 * MIB)
#define BLOCK_OWN   (BLOCK_LAST / 4) /* requests above this get a block of their own */

struct arena_block {
    struct arena_block *next;
    size_t room, used; /* of bytes[] */
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_make(size_t room, struct arena_block *next)
{
    struct arena_block *block = malloc(sizeof *block + room);
    if (block == NULL)
        abort();
    *block = (struct arena_block){.next = next, .room = room};
    POISON(block->bytes, room);
    return block;
}

static void block_free(struct arena_block *block)
{
    UNPOISON(block->bytes, block->room);
    free(block);
}

void arena_init(struct arena *arena, size_t ceiling)
{
    *arena = (struct arena){.ceiling = ceiling};
}

void arena_done(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->next;
        block_free(block);
    }
    arena->used = 0;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = NULL;
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        if (block->room <= BLOCK_LAST && (kept == NULL || block->room > kept->room)) {
            struct arena_block *smaller = kept;
            kept = block;
            block = smaller;
        }
        if (block)
            block_free(block);
    }
    arena->blocks = kept;
    arena->used = 0;
    if (kept) {
        kept->next = NULL;
        kept->used = 0;
        POISON(kept->bytes, kept->room);
    }
}

/* A block with `need` free bytes. */
static struct arena_block *block_for(struct arena *arena, size_t need)
{
    struct arena_block *newest = arena->blocks;
    if (need > BLOCK_OWN) {
        struct arena_block *own = block_make(need, newest ? newest->next : NULL);
        if (newest)
            newest->next = own;
        else
            arena->blocks = own;
        return own;
    }
    size_t room = newest ? newest->room * 2 : BLOCK_FIRST;
    while (room < need)
        room *= 2;
    if (room > BLOCK_LAST)
        room = BLOCK_LAST;
    return arena->blocks = block_make(room, newest);
}

/* Not zeroed: for who fills it at once. */
static char *take_bytes(struct arena *arena, size_t size)
{
    /* Both sums are safe: used never passes ceiling, and size is at most what is left. */
    if (size > arena->ceiling - arena->used)
        abort();
    arena->used += size;
    size_t need = (size + GAP + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    struct arena_block *block = arena->blocks;
    if (block == NULL || need > block->room - block->used)
        block = block_for(arena, need);
    char *piece = block->bytes + block->used;
    block->used += need;
    UNPOISON(piece, size);
    return piece;
}

void *arena_take(struct arena *arena, size_t size)
{
    return memset(take_bytes(arena, size), 0, size);
}

span arena_copy(struct arena *arena, span s)
{
    if (s.ptr == NULL)
        return s;
    char *copy = take_bytes(arena, s.len);
    memcpy(copy, s.ptr, s.len);
    return (span){copy, s.len};
}

char *arena_text(struct arena *arena, span s)
{
    char *text = take_bytes(arena, s.len + 1);
    if (s.len > 0)
        memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    return text;
}

span arena_print(struct arena *arena, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    char small[256];
    int len = vsnprintf(small, sizeof small, format, list);
    assert(len >= 0);
    size_t size = (size_t)len + 1;
    char *text = take_bytes(arena, size);
    if (size <= sizeof small)
        memcpy(text, small, size);
    else
        vsnprintf(text, size, format, again);
    va_end(again);
    va_end(list);
    return (span){text, (size_t)len};
}

span arena_concat(struct arena *arena, const span *parts, unsigned count)
{
    size_t len = 0;
    for (unsigned i = 0; i < count; i++)
        len += parts[i].len;
    char *text = take_bytes(arena, len), *at = text;
    for (unsigned i = 0; i < count; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return (span){text, len};
}

span arena_join(struct arena *arena, span a, span b)
{
    return arena_concat(arena, (span[]){a, b}, 2);
}
