/*
 * JSON out: a stream into a buf. The writer knows at each depth which bracket is open and
 * whether something stands before the next item; that is all it needs to place commas and to
 * catch a key that is missing or too many, by assert, because that is always our own mistake.
 *
 *   depth      0         1            2
 *   text       { "data": [ { "id": 1  , ...
 *   bracket    NUL       '}'          ']'       what closes it
 *
 * Strings get the shortest legal escapes; what needs none (nearly all) is copied in runs.
 */
#include "json.h"

#include <assert.h>

void json_start(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
}

/* One bit in the top of each byte that must be escaped: below 0x20, '"' or '\\'. Bytes of
   UTF-8 sequences have their own top bit set and are let through by the last mask. Exact as a
   question about the whole word, which is all we ask. */
static bool word_needs_escape(const char *at)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    uint64_t word;
    memcpy(&word, at, sizeof word);
    uint64_t quote = word ^ (ones * '"'), slash = word ^ (ones * '\\');
    uint64_t low = (word - ones * 0x20) | (quote - ones) | (slash - ones);
    return (low & ~word & tops) != 0;
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* Index of the first byte that must be escaped, at or after `from`. */
static size_t plain_until(span text, size_t from)
{
    while (text.len - from >= 8 && !word_needs_escape(text.ptr + from))
        from += 8;
    /* What is left of a longer text is asked about as its last eight bytes. */
    if (text.len >= 8 && text.len - from < 8 && !word_needs_escape(text.ptr + text.len - 8))
        return text.len;
    while (from < text.len && !needs_escape(text.ptr[from]))
        from++;
    return from;
}

static void put_escape(struct buf *out, char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char names[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (const char *name = names; *name; name += 2) {
        if (*name == c) {
            buf_add(out, (char[]){'\\', name[1]}, 2);
            return;
        }
    }
    buf_add(out, (char[]){'\\', 'u', '0', '0', hex[c >> 4 & 15], hex[c & 15]}, 6);
}

static void put_escaped(struct buf *out, span text)
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

/* The string and one byte after it, which is ':' after a key. */
static void put_string(struct buf *out, span text, char after)
{
    if (plain_until(text, 0) < text.len) {
        put_escaped(out, text);
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

static bool in_object(const struct json *json)
{
    return json->bracket[json->depth] == '}';
}

/* What stands before a value: a comma, and in objects the key. */
static void put_place(struct json *json, span key)
{
    bool *comma = &json->comma[json->depth];
    assert(json->depth > 0 || !*comma);
    if (*comma)
        buf_add_char(json->out, ',');
    *comma = true;
    if (in_object(json)) {
        put_string(json->out, key, ':');
    }
}

static span place_of(const struct json *json, const char *key)
{
    assert((key != NULL) == in_object(json));
    return span_of(key);
}

void json_open(struct json *json, const char *key, char bracket)
{
    assert(bracket == '{' || bracket == '[');
    put_place(json, place_of(json, key));
    buf_add_char(json->out, bracket);
    json->depth++;
    assert(json->depth < JSON_WRITE_DEPTH);
    json->comma[json->depth] = false;
    json->bracket[json->depth] = bracket == '{' ? '}' : ']';
}

void json_close(struct json *json, char bracket)
{
    assert(json->depth > 0 && json->bracket[json->depth] == bracket);
    buf_add_char(json->out, bracket);
    json->depth--;
}

static void put_text(struct json *json, span key, span value)
{
    put_place(json, key);
    put_string(json->out, value, '\0');
}

static void put_raw(struct json *json, span key, span token)
{
    put_place(json, key);
    buf_add_span(json->out, token.len > 0 ? token : SPAN("null"));
}

void json_put_text(struct json *json, const char *key, span value)
{
    put_text(json, place_of(json, key), value);
}

void json_put_int(struct json *json, const char *key, int64_t value)
{
    char digits[20], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        *--at = '-';
    put_raw(json, place_of(json, key), (span){at, (size_t)(digits + sizeof digits - at)});
}

void json_put_bool(struct json *json, const char *key, bool value)
{
    put_raw(json, place_of(json, key), value ? SPAN("true") : SPAN("false"));
}

void json_put_null(struct json *json, const char *key)
{
    put_raw(json, place_of(json, key), SPAN("null"));
}

void json_put_raw(struct json *json, const char *key, span token)
{
    put_raw(json, place_of(json, key), token);
}

void json_put_text_at(struct json *json, span key, span value)
{
    assert(in_object(json));
    put_text(json, key, value);
}

void json_put_raw_at(struct json *json, span key, span token)
{
    assert(in_object(json));
    put_raw(json, key, token);
}

static void put_value(struct json *json, span key, const struct json_value *value);

static void put_children(struct json *json, const struct json_value *value, char bracket)
{
    buf_add_char(json->out, bracket);
    json->depth++;
    assert(json->depth < JSON_WRITE_DEPTH);
    json->comma[json->depth] = false;
    json->bracket[json->depth] = bracket == '{' ? '}' : ']';
    for (const struct json_value *child = value->first; child; child = child->next)
        put_value(json, child->key, child);
    json_close(json, json->bracket[json->depth]);
}

static void put_value(struct json *json, span key, const struct json_value *value)
{
    switch (value->kind) {
    case JSON_NULL:
        put_raw(json, key, SPAN("null"));
        return;
    case JSON_FALSE:
        put_raw(json, key, SPAN("false"));
        return;
    case JSON_TRUE:
        put_raw(json, key, SPAN("true"));
        return;
    case JSON_NUMBER:
        put_raw(json, key, value->text);
        return;
    case JSON_STRING:
        put_text(json, key, value->text);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        put_place(json, key);
        put_children(json, value, value->kind == JSON_OBJECT ? '{' : '[');
        return;
    }
}

void json_put_value(struct json *json, const char *key, const struct json_value *value)
{
    put_value(json, place_of(json, key), value);
}

void json_put_value_at(struct json *json, span key, const struct json_value *value)
{
    assert(in_object(json));
    put_value(json, key, value);
}

void json_end(struct json *json)
{
    assert(json->depth == 0 && json->comma[0]);
}
