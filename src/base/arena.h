/*
 * Memory that is freed by forgetting. Four lifetimes use it: process, connection,
 * request, batch. Chained blocks; ASan sees what was not handed out as poisoned.
 * Aborts when malloc fails (small things only) and when `ceiling` is passed: every
 * input is capped before it reaches an arena, so passing the ceiling is a bug.
 * Thread: one owner at a time, not locked.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "span.h"

struct arena_block;
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out */
    size_t ceiling;
};

void arena_init(struct arena *arena, size_t ceiling);
void arena_done(struct arena *arena);  /* accepts a zeroed arena */
void arena_reset(struct arena *arena); /* forget all, keep one block */
/* Zeroed memory aligned for anything. */
void *arena_take(struct arena *arena, size_t size) MUST_USE;
#define arena_new(arena, type)          ((type *)arena_take((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_take((arena), sizeof(type) * (count)))
span arena_copy(struct arena *arena, span s);  /* absent stays absent */
char *arena_text(struct arena *arena, span s); /* NUL-terminated copy */
span arena_print(struct arena *arena, const char *format, ...) PRINTF(2, 3);
span arena_join(struct arena *arena, span a, span b);
/* One text of many; what arena_print costs is mostly the reading of its format. */
span arena_concat(struct arena *arena, const span *parts, unsigned count);

#endif
