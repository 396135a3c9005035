/*
 * A view of bytes owned by somebody else. Never NUL-terminated, never freed;
 * it lives as long as the arena or literal it points into. {NULL, 0} is "absent";
 * span_empty() is true for absent and for "".
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "status.h"

typedef struct span {
    const char *ptr;
    size_t len;
} span;

#define SPAN(literal) ((span){("" literal ""), sizeof(literal) - 1})
#define SPAN_ARG(s)   (int)(s).len, (s).ptr ? (s).ptr : "" /* for "%.*s" */

static inline span span_of(const char *text) /* NUL-terminated; NULL gives absent */
{
    return text ? (span){text, strlen(text)} : (span){0};
}
static inline bool span_empty(span s)
{
    return s.len == 0;
}

/* Most comparisons fail, and most of those by length or first byte: that much is inline. */
static inline bool span_equal(span a, span b)
{
    return a.len == b.len &&
           (a.len == 0 || (a.ptr[0] == b.ptr[0] && memcmp(a.ptr, b.ptr, a.len) == 0));
}
bool span_equal_fold(span a, span b);                /* span_equal_nocase of two of one length */
static inline bool span_equal_nocase(span a, span b) /* ASCII case only */
{
    return a.len == b.len &&
           (a.len == 0 || (((a.ptr[0] ^ b.ptr[0]) & ~0x20) == 0 && span_equal_fold(a, b)));
}
/* Inline too: `text` is nearly always a literal, and its length then nothing to compute. */
static inline bool span_is(span s, const char *text)
{
    return span_equal(s, span_of(text));
}
static inline bool span_starts(span s, const char *prefix)
{
    size_t len = strlen(prefix);
    return s.len >= len && (len == 0 || memcmp(s.ptr, prefix, len) == 0);
}
static inline bool span_ends(span s, const char *suffix)
{
    size_t len = strlen(suffix);
    return s.len >= len && (len == 0 || memcmp(s.ptr + s.len - len, suffix, len) == 0);
}
static inline span span_sub(span s, size_t from, size_t len) /* clamped to s */
{
    if (from > s.len)
        from = s.len;
    size_t left = s.len - from;
    return s.ptr ? (span){s.ptr + from, len < left ? len : left} : s;
}
int span_compare(span a, span b); /* memcmp order, shorter first */
span span_trim(span s);           /* ASCII white space off both ends */
/* Index of the first `byte` at or after `from`; s.len when there is none. */
size_t span_find(span s, size_t from, char byte);
/* Index where `text` first stands at or after `from`; s.len when nowhere. */
size_t span_search(span s, size_t from, const char *text);
/* Takes the part before `separator` off the front of *rest; false when *rest is used up. */
bool span_split(span *rest, char separator, span *ret_part);
/* Whole span is an optional '-' and decimal digits within int64_t. */
MUST_USE enum status span_int(span s, int64_t *ret_value);
/* Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. */
bool span_utf8(span s);

#endif
