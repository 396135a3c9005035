/*
 * What every test file of this room includes: cmocka with what it needs before it, spans as
 * something to compare, and chance that is the same on every run.
 */
#ifndef UNIT_BASE_CHECK_H
#define UNIT_BASE_CHECK_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../../src/base/span.h"

#define check_span(actual, expected) check_span_at((actual), SPAN(expected), __FILE__, __LINE__)
#define check_absent(actual)         assert_null((actual).ptr)

static inline void check_span_at(span actual, span expected, const char *file, int line)
{
    if (actual.ptr != NULL && actual.len == expected.len &&
        memcmp(actual.ptr, expected.ptr, actual.len) == 0)
        return;
    print_error("%s:%d: \"%.*s\"%s instead of \"%.*s\"\n", file, line, SPAN_ARG(actual),
                actual.ptr ? "" : " (absent)", SPAN_ARG(expected));
    _fail(file, line);
}

/* splitmix64: each call moves *state on. */
static inline uint64_t check_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* For main(): runs `tests` and prints TAP. */
#define CHECK_RUN(tests)                                                                           \
    (cmocka_set_message_output(CM_OUTPUT_TAP), cmocka_run_group_tests(tests, NULL, NULL))

#endif
