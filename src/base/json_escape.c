/*
 * Escapes in JSON strings (RFC 8259, section 7).
 *
 *   \" \\ \/ \b \f \n \r \t      one character each; '/' is written as it is
 *   \u0041                       a code unit of UTF-16 in hex
 *   \ud83d\ude00                 two of them, one code point beyond U+FFFF
 *   \ud800                       half of such a pair alone: no character at all, though
 *                                browsers and shops send it; read as U+FFFD
 *
 * Written are the shortest forms, and only what must be: quote, backslash, control characters.
 * Nearly all text needs none, so the question "any at all?" is asked of eight bytes at once.
 */
#include "json_escape.h"

/* What stands after the backslash, and for which byte; '/' comes last: it needs no escape. */
static const char escape_names[] = "\"\\bfnrt/";
static const char escape_bytes[] = "\"\\\b\f\n\r\t/";

/* Is one of eight bytes below 0x20, a quote or a backslash? Subtraction sets a byte's top bit
   when it was too small, the mask takes out bytes whose own top bit is set: those of UTF-8
   sequences. Borrows make wrong bits only above right ones, so as a yes or no it is exact. */
static bool word_needs_escape(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    uint64_t small = (word - ones * 0x20) | (quote - ones) | (slash - ones);
    return (small & ~word & tops) != 0;
}

static uint64_t word_at(const char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Up to seven bytes as a word, some of them twice: the question is only whether there are any. */
static uint64_t word_of_few(span text)
{
    const unsigned char *at = (const unsigned char *)text.ptr;
    uint32_t front, back;
    if (text.len >= sizeof front) {
        memcpy(&front, at, sizeof front);
        memcpy(&back, at + text.len - sizeof back, sizeof back);
        return (uint64_t)back << 32 | front;
    }
    const uint64_t plain = UINT64_C(0x6161616161000000);
    if (text.len == 0)
        return plain | 0x616161;
    return plain | (uint64_t)at[0] << 16 | (uint64_t)at[text.len / 2] << 8 | at[text.len - 1];
}

static bool text_needs_escape(span text)
{
    if (text.len < 8)
        return word_needs_escape(word_of_few(text));
    for (size_t at = 0; at < text.len - 8; at += 8)
        if (word_needs_escape(word_at(text.ptr + at)))
            return true;
    return word_needs_escape(word_at(text.ptr + text.len - 8));
}

/* Index of the first byte that must be escaped, at or after `from`. */
static size_t plain_until(span text, size_t from)
{
    while (text.len - from >= 8 && !word_needs_escape(word_at(text.ptr + from)))
        from += 8;
    while (from < text.len && (unsigned char)text.ptr[from] >= 0x20 && text.ptr[from] != '"' &&
           text.ptr[from] != '\\')
        from++;
    return from;
}

static void put_escape(struct buf *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    const char *byte = c ? strchr(escape_bytes, c) : NULL;
    if (byte)
        buf_add(out, (char[]){'\\', escape_names[byte - escape_bytes]}, 2);
    else
        buf_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]}, 6);
}

static void put_with_escapes(struct buf *out, span text)
{
    buf_add_char(out, '"');
    for (size_t from = 0, plain;; from = plain + 1) {
        plain = plain_until(text, from);
        buf_add(out, text.ptr + from, plain - from);
        if (plain == text.len)
            break;
        put_escape(out, text.ptr[plain]);
    }
    buf_add_char(out, '"');
}

void json_put_escaped(struct buf *out, span text, char after)
{
    if (text_needs_escape(text)) {
        put_with_escapes(out, text);
        buf_add(out, &after, after != '\0');
        return;
    }
    size_t len = text.len + 2 + (after != '\0');
    char *at = buf_reserve(out, len);
    if (at == NULL)
        return;
    if (after)
        at[len - 1] = after;
    *at++ = '"';
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    at[text.len] = '"';
    out->len += len;
}

/* Four hex digits; -1 when they are not there. */
static long hex4(const char *at, const char *end)
{
    long value = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i], low = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            value = value << 4 | (c - '0');
        else if (low >= 'a' && low <= 'f')
            value = value << 4 | (low - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static char *utf8_put(char *out, long code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* Reads the code point whose "\u" stands before *at. Two halves of a pair are one code point;
   a half alone is U+FFFD. -1 when there are no four hex digits. */
static long unescape_code(const char **at, const char *end)
{
    long code = hex4(*at, end);
    if (code < 0)
        return -1;
    *at += 4;
    if (code < 0xD800 || code > 0xDFFF)
        return code;
    if (code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
        long low = hex4(*at + 2, end);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *at += 6;
            return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return 0xFFFD;
}

char *json_unescape(char *at, const char *end)
{
    char *out = at;
    const char *in = at;
    while (in < end) {
        if (*in != '\\') {
            *out++ = *in++;
            continue;
        }
        if (++in == end)
            return NULL;
        const char *name = *in ? strchr(escape_names, *in) : NULL;
        long code;
        if (name) {
            *out++ = escape_bytes[name - escape_names];
            in++;
        } else if (*in++ == 'u' && (code = unescape_code(&in, end)) >= 0) {
            out = utf8_put(out, code);
        } else {
            return NULL;
        }
    }
    return out;
}
