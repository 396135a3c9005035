/*
 * JSON, as everybody may send it. What is read, written again and read again says the same; raw
 * parts are parts of the input; refusing says why; and asking for members is safe on every value.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hold.h"
#include "../src/base/json.h"
#include "../src/base/limits.h"

static void look(const struct json_value *value, span input, unsigned depth)
{
    hold(depth <= LIMIT_JSON_DEPTH && span_utf8(value->key) && span_utf8(value->text));
    if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
        hold(value->raw.ptr >= input.ptr &&
             value->raw.ptr + value->raw.len <= input.ptr + input.len);
    static const char *const keys[] = {"a", "id", ""};
    for (unsigned i = 0; i < COUNT_OF(keys); i++) {
        hold(span_utf8(json_get_text(value, keys[i])) && span_utf8(json_get_id(value, keys[i])));
        (void)json_get_number(value, keys[i]);
        (void)json_get_bool(value, keys[i], true);
        hold(json_get_int(value, keys[i], 7) == json_get_int(value, keys[i], 7));
    }
    (void)json_path(value, "a.b.c");
    unsigned count = 0;
    for (const struct json_value *child = value->first; child; child = child->next, count++)
        look(child, input, depth + 1);
    hold(count == value->count);
}

static span written(struct arena *arena, const struct json_value *value)
{
    struct buf out;
    struct json json;
    buf_init(&out, 64 * MIB);
    json_start(&json, &out);
    json_put_value(&json, NULL, value);
    json_end(&json);
    hold(buf_ok(&out));
    span copy = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    const struct json_value *root, *again;
    struct error error = {{0}};
    struct arena arena;
    if (size > 65536)
        return 0;
    char *copy = malloc(size ? size : 1); /* exactly this size: reading past it is seen */
    hold(copy != NULL);
    memcpy(copy, bytes, size);
    span input = {copy, size};
    arena_init(&arena, LIMIT_REQUEST_ARENA);
    if (json_parse(&arena, input, &root, &error) == OK) {
        look(root, input, 0);
        span first = written(&arena, root);
        hold(json_parse(&arena, first, &again, NULL) == OK);
        hold(span_equal(first, written(&arena, again)));
    } else {
        hold(error.text[0] != '\0' && span_utf8(span_of(error.text)));
    }
    arena_done(&arena);
    free(copy);
    return 0;
}
