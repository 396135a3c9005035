/*
 * Looking at bytes without owning them. Everything here is a pure function of its spans;
 * absent ({NULL, 0}) is a legal argument everywhere and behaves like "".
 *
 * White space and letter case are ASCII's only, on purpose: the C library would ask the
 * locale, and what a header or a number means must not depend on who started the process.
 */
#include "span.h"

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool span_equal_fold(span a, span b)
{
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int span_compare(span a, span b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

span span_trim(span s)
{
    while (s.len > 0 && blank(s.ptr[s.len - 1]))
        s.len--;
    while (s.len > 0 && blank(*s.ptr)) {
        s.ptr++;
        s.len--;
    }
    return s;
}

size_t span_find(span s, size_t from, char byte)
{
    if (from >= s.len)
        return s.len;
    const char *hit = memchr(s.ptr + from, byte, s.len - from);
    return hit ? (size_t)(hit - s.ptr) : s.len;
}

/* A separator at the very end announces one more, empty part; after the last part *rest
   becomes absent, which is how "a," (two parts) is told from "a" (one). */
size_t span_search(span s, size_t from, const char *text)
{
    const char *at = from < s.len ? memmem(s.ptr + from, s.len - from, text, strlen(text)) : NULL;
    return at ? (size_t)(at - s.ptr) : s.len;
}

bool span_split(span *rest, char separator, span *ret_part)
{
    if (rest->ptr == NULL)
        return false;
    size_t at = span_find(*rest, 0, separator);
    *ret_part = span_sub(*rest, 0, at);
    *rest = at == rest->len ? (span){0} : span_sub(*rest, at + 1, rest->len);
    return true;
}

enum status span_int(span s, int64_t *ret_value)
{
    bool minus = s.len > 0 && *s.ptr == '-';
    if (s.len == minus)
        return INVALID;
    int64_t value = 0;
    /* Counted downwards: INT64_MIN has no positive twin. */
    for (size_t i = minus; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, s.ptr[i] - '0', &value))
            return INVALID;
    }
    if (!minus && __builtin_sub_overflow(0, value, &value))
        return INVALID;
    *ret_value = value;
    return OK;
}

/*
 * Well-formed sequences, after Unicode 15 table 3-7; the second byte alone decides about
 * overlong forms, surrogates and the end of Unicode:
 *
 *   C2..DF  80..BF                  E0  A0..BF  80..BF        F0  90..BF  80..BF  80..BF
 *   E1..EF  80..BF  80..BF          ED  80..9F  80..BF        F1..F3  80..BF  × 3
 *                                                             F4  80..8F  80..BF  80..BF
 *
 * Length of the sequence at `at`, 0 when it is not one.
 */
static size_t utf8_length(const unsigned char *at, size_t left)
{
    unsigned char first = *at;
    if (first < 0x80)
        return 1;
    size_t len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || left < len)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

bool span_utf8(span s)
{
    const unsigned char *at = (const unsigned char *)s.ptr;
    size_t left = s.len;
    while (left > 0) {
        /* Nearly all we see is ASCII: eight bytes a step while no top bit is set. */
        uint64_t eight;
        if (left >= sizeof eight) {
            memcpy(&eight, at, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof eight;
                left -= sizeof eight;
                continue;
            }
        }
        size_t len = utf8_length(at, left);
        if (len == 0)
            return false;
        at += len;
        left -= len;
    }
    return true;
}
