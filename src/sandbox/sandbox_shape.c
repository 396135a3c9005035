/*
 * JSON against a table of members: every key known, every needed key there, every value of an
 * allowed kind, all the way down. Both platforms start with this and then ask what a table
 * cannot say (formats, ranges, rules between members).
 *
 * The first trouble ends the walk; it is named by its JSON pointer, which is how Klaviyo tells
 * it and good words for Meta too.
 */
#include "sandbox_private.h"

span sandbox_shape_at(struct arena *arena, span pointer, span key)
{
    return arena_print(arena, "%.*s/%.*s", SPAN_ARG(pointer), SPAN_ARG(key));
}

static bool is_whole(span token)
{
    int64_t value;
    return span_int(token, &value) == OK;
}

bool sandbox_shape_is(const struct json_value *value, unsigned is)
{
    if (value == NULL)
        return false;
    switch (value->kind) {
    case JSON_NULL:
        return is & SHAPE_NULL;
    case JSON_FALSE:
    case JSON_TRUE:
        return is & SHAPE_BOOL;
    case JSON_NUMBER:
        return (is & SHAPE_NUMBER) || ((is & SHAPE_INT) && is_whole(value->text));
    case JSON_STRING:
        return is & SHAPE_TEXT;
    case JSON_ARRAY:
        return is & SHAPE_LIST;
    case JSON_OBJECT:
        return is & SHAPE_OBJECT;
    }
    return false;
}

static bool trouble(struct sandbox_trouble *ret_trouble, span pointer, const char *problem)
{
    *ret_trouble = (struct sandbox_trouble){pointer, problem};
    return false;
}

static const struct sandbox_member *member_of(const struct sandbox_member *members, span key)
{
    for (; members->key; members++)
        if (span_is(key, members->key) || strcmp(members->key, "*") == 0)
            return members;
    return NULL;
}

static bool value_fits(struct arena *arena, const struct json_value *value,
                       const struct sandbox_member *member, span pointer,
                       struct sandbox_trouble *ret_trouble)
{
    if (!sandbox_shape_is(value, member->is))
        return trouble(ret_trouble, pointer, "is of the wrong type");
    if (member->inside && value->kind == JSON_OBJECT)
        return sandbox_shape_fits(arena, value, member->inside, pointer, ret_trouble);
    if (member->inside && value->kind == JSON_ARRAY) {
        unsigned index = 0;
        for (const struct json_value *one = value->first; one; one = one->next)
            if (!sandbox_shape_fits(arena, one, member->inside,
                                    arena_print(arena, "%.*s/%u", SPAN_ARG(pointer), index++),
                                    ret_trouble))
                return false;
    }
    return true;
}

bool sandbox_shape_fits(struct arena *arena, const struct json_value *value,
                        const struct sandbox_member *members, span pointer,
                        struct sandbox_trouble *ret_trouble)
{
    if (value == NULL || value->kind != JSON_OBJECT)
        return trouble(ret_trouble, pointer, "is not an object");
    for (const struct json_value *one = value->first; one; one = one->next) {
        const struct sandbox_member *member = member_of(members, one->key);
        span at = sandbox_shape_at(arena, pointer, one->key);
        if (member == NULL)
            return trouble(ret_trouble, at, "is unknown");
        if (!value_fits(arena, one, member, at, ret_trouble))
            return false;
    }
    for (; members->key; members++)
        if ((members->is & SHAPE_NEEDED) && json_get(value, members->key) == NULL)
            return trouble(ret_trouble, sandbox_shape_at(arena, pointer, span_of(members->key)),
                           "is missing");
    return true;
}
