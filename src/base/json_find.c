/*
 * Finding things in a parsed document. Every lookup accepts what the one before it gave,
 * NULL included, so a reader asks for "a.b.c" without asking first whether b is there; what
 * is missing and what is of the wrong kind look the same, absent.
 *
 * Objects are lists and are searched as such: ours have few members, and building a table
 * would cost more than the searches it saves.
 */
#include "json.h"

static const struct json_value *member(const struct json_value *object, span key)
{
    const struct json_value *found = NULL;
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json_value *value = object->first; value; value = value->next)
        if (span_equal(value->key, key))
            found = value; /* no break: the last of a repeated key wins */
    return found;
}

/* Most keys asked for are not there: the first byte says so before anybody counts the others. */
static bool is_key(span key, const char *text)
{
    size_t i = 0;
    while (i < key.len && text[i] && key.ptr[i] == text[i])
        i++;
    return i == key.len && text[i] == '\0';
}

const struct json_value *json_get(const struct json_value *object, const char *key)
{
    const struct json_value *found = NULL;
    if (object == NULL || object->kind != JSON_OBJECT)
        return NULL;
    for (const struct json_value *value = object->first; value; value = value->next)
        if (is_key(value->key, key))
            found = value; /* no break: the last of a repeated key wins */
    return found;
}

const struct json_value *json_path(const struct json_value *root, const char *path)
{
    span rest = span_of(path), key;
    while (span_split(&rest, '.', &key))
        root = member(root, key);
    return root;
}

span json_text(const struct json_value *value)
{
    return value && value->kind == JSON_STRING ? value->text : (span){0};
}

span json_get_text(const struct json_value *object, const char *key)
{
    return json_text(json_get(object, key));
}

span json_get_id(const struct json_value *object, const char *key)
{
    const struct json_value *value = json_get(object, key);
    if (value == NULL || value->kind != JSON_NUMBER)
        return json_text(value);
    for (size_t i = 0; i < value->text.len; i++)
        if (value->text.ptr[i] < '0' || value->text.ptr[i] > '9')
            return (span){0};
    return value->text;
}

span json_get_number(const struct json_value *object, const char *key)
{
    const struct json_value *value = json_get(object, key);
    return value && value->kind == JSON_NUMBER ? value->text : json_text(value);
}

int64_t json_get_int(const struct json_value *object, const char *key, int64_t otherwise)
{
    const struct json_value *value = json_get(object, key);
    int64_t number;
    if (value && value->kind == JSON_NUMBER && span_int(value->text, &number) == OK)
        return number;
    return otherwise;
}

bool json_get_bool(const struct json_value *object, const char *key, bool otherwise)
{
    const struct json_value *value = json_get(object, key);
    if (value == NULL || (value->kind != JSON_TRUE && value->kind != JSON_FALSE))
        return otherwise;
    return value->kind == JSON_TRUE;
}
