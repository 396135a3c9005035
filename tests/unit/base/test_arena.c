/* Arenas: zeroed, aligned, growing as promised, kept small by reset, aborting at the ceiling. */
#include "../../../src/base/arena.c"

#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

static size_t count_blocks(const struct arena *arena)
{
    size_t count = 0;
    for (const struct arena_block *block = arena->blocks; block; block = block->next)
        count++;
    return count;
}

static void test_zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, MIB);
    for (int round = 0; round < 3; round++) {
        for (size_t size = 0; size < 700; size++) {
            unsigned char *piece = arena_take(&arena, size);
            assert_int_equal((uintptr_t)piece % alignof(max_align_t), 0);
            for (size_t i = 0; i < size; i++)
                assert_int_equal(piece[i], 0);
            memset(piece, 0xAA, size); /* what a reset must not show again */
        }
        assert_int_equal(arena.used, 699 * 700 / 2);
        arena_reset(&arena);
        assert_int_equal(arena.used, 0);
        assert_int_equal(count_blocks(&arena), 1);
    }
    arena_done(&arena);
    arena_done(&arena);
}

static void test_blocks_double(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 * MIB);
    size_t before = 0;
    while (arena.used < 8 * MIB) {
        assert_non_null(arena_take(&arena, 1000));
        size_t room = arena.blocks->room;
        assert_true(room == before || room == 2 * before || (before == 0 && room == 4 * KIB) ||
                    (before == MIB && room == MIB));
        before = room;
    }
    assert_int_equal(before, MIB);
    arena_done(&arena);
}

static void test_big_has_its_own_block(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 * MIB);
    assert_non_null(arena_take(&arena, 10));
    struct arena_block *newest = arena.blocks;
    memset(arena_take(&arena, 5 * MIB), 1, 5 * MIB);
    assert_ptr_equal(arena.blocks, newest); /* goes on being filled */
    assert_int_equal(count_blocks(&arena), 2);
    arena_reset(&arena);
    assert_int_equal(count_blocks(&arena), 1);
    assert_int_equal(arena.blocks->room, 4 * KIB); /* the big one was given back */
    arena_done(&arena);

    arena_init(&arena, 64 * MIB);
    assert_non_null(arena_take(&arena, 5 * MIB));
    arena_reset(&arena);
    assert_null(arena.blocks);
    assert_non_null(arena_take(&arena, 1));
    arena_done(&arena);
}

static void test_reset_keeps_largest(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, 64 * MIB);
    for (int i = 0; i < 200; i++)
        assert_non_null(arena_take(&arena, 1000));
    size_t room = arena.blocks->room;
    assert_true(count_blocks(&arena) > 3);
    arena_reset(&arena);
    assert_int_equal(count_blocks(&arena), 1);
    assert_int_equal(arena.blocks->room, room);
    arena_done(&arena);
}

static bool take_aborts(size_t ceiling, size_t first, size_t second)
{
    pid_t child = fork();
    if (child == 0) {
        struct arena arena;
        arena_init(&arena, ceiling);
        char *piece = arena_take(&arena, first);
        piece = arena_take(&arena, second);
        _exit(piece == NULL);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    return WIFSIGNALED(how) && WTERMSIG(how) == SIGABRT;
}

static void test_ceiling(void **state)
{
    (void)state;
    assert_false(take_aborts(1000, 600, 400));
    assert_true(take_aborts(1000, 600, 401));
    assert_true(take_aborts(1000, 600, SIZE_MAX));
    assert_true(take_aborts(1000, 600, SIZE_MAX - 600));
    struct arena zeroed = {0};
    arena_done(&zeroed);
    arena_reset(&zeroed);
}

static void test_text(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, MIB);
    span source = SPAN("caf\xc3\xa9"), copy = arena_copy(&arena, source);
    check_span(copy, "caf\xc3\xa9");
    assert_ptr_not_equal(copy.ptr, source.ptr);
    check_absent(arena_copy(&arena, (span){0}));
    check_span(arena_copy(&arena, SPAN("")), "");
    assert_string_equal(arena_text(&arena, SPAN("abc")), "abc");
    assert_string_equal(arena_text(&arena, (span){0}), "");
    check_span(arena_print(&arena, "%s-%d", "a", 7), "a-7");
    check_span(arena_print(&arena, "%s", ""), "");
    check_span(arena_join(&arena, SPAN("ab"), SPAN("cd")), "abcd");
    check_span(arena_join(&arena, (span){0}, SPAN("cd")), "cd");
    check_span(arena_join(&arena, (span){0}, (span){0}), "");
    for (int width = 250; width < 262; width++) {
        span printed = arena_print(&arena, "%*d", width, 5);
        assert_int_equal(printed.len, width);
        assert_int_equal(printed.ptr[width - 1], '5');
        assert_int_equal(printed.ptr[width], '\0');
    }
    arena_done(&arena);
}

#ifdef ARENA_ASAN
static void test_poison(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, MIB);
    char *piece = arena_take(&arena, 20);
    assert_false(__asan_address_is_poisoned(piece + 19));
    assert_true(__asan_address_is_poisoned(piece + 20));
    char *neighbour = arena_take(&arena, 8);
    assert_true(__asan_address_is_poisoned(neighbour - 1));
    arena_reset(&arena);
    assert_true(__asan_address_is_poisoned(piece));
    arena_done(&arena);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zeroed_and_aligned),
        cmocka_unit_test(test_blocks_double),
        cmocka_unit_test(test_big_has_its_own_block),
        cmocka_unit_test(test_reset_keeps_largest),
        cmocka_unit_test(test_ceiling),
        cmocka_unit_test(test_text),
#ifdef ARENA_ASAN
        cmocka_unit_test(test_poison),
#endif
    };
    return CHECK_RUN(tests);
}
