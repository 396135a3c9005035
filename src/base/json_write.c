/*
 * JSON out: a stream into a buf. The writer knows at each depth which bracket is open and
 * whether something stands before the next item; that is all it needs to place commas and to
 * catch a key that is missing or too many, by assert, because that is always our own mistake.
 *
 *   depth      0         1            2
 *   text       { "data": [ { "id": 1  , ...
 *   bracket    NUL       '}'          ']'       what closes it
 */
#include "json.h"
#include "json_escape.h"

#include <assert.h>

void json_start(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
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
    if (in_object(json))
        json_put_escaped(json->out, key, ':');
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
    json_put_escaped(json->out, value, '\0');
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
