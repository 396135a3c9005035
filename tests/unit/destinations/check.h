/* cmocka with what it needs before it, spans to compare, and one arena for the file. */
#ifndef UNIT_DESTINATIONS_CHECK_H
#define UNIT_DESTINATIONS_CHECK_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../../src/base/arena.h"

#define check_span(actual, expected) check_span_at((actual), SPAN(expected), __FILE__, __LINE__)
#define check_absent(actual)         assert_true(span_empty(actual))

static struct arena arena;

static inline void check_span_at(span actual, span expected, const char *file, int line)
{
    if (span_equal(actual, expected))
        return;
    print_error("%s:%d: \"%.*s\" instead of \"%.*s\"\n", file, line, SPAN_ARG(actual),
                SPAN_ARG(expected));
    _fail(file, line);
}

#define CHECK_MAIN(...)                                                                            \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        arena_init(&arena, 1 << 22);                                                               \
        cmocka_set_message_output(CM_OUTPUT_TAP);                                                  \
        int failed = cmocka_run_group_tests(tests, NULL, NULL);                                    \
        arena_done(&arena);                                                                        \
        return failed;                                                                             \
    }

#endif
