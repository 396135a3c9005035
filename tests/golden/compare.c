#include "compare.h"

#include <stdio.h>

#define PATH_ROOM  512
#define MOST_LINES 12u
#define WIDTH      96u

struct walk {
    struct buf *out;
    unsigned lines;
    char path[PATH_ROOM];
};

static void write_compact(struct buf *out, const struct json_value *value)
{
    struct json json;
    json_start(&json, out);
    json_put_value(&json, NULL, value);
    json_end(&json);
}

static void say(struct walk *walk, const char *what, const struct json_value *value)
{
    if (walk->lines++ >= MOST_LINES)
        return;
    buf_print(walk->out, "#   %s: %s", walk->path[0] ? walk->path + 1 : "(root)", what);
    if (value) {
        struct buf text;
        buf_init(&text, 64u << 20);
        write_compact(&text, value);
        buf_print(walk->out, " %.*s", (int)(text.len > 200 ? 200 : text.len), text.ptr);
        buf_done(&text);
    }
    buf_add_char(walk->out, '\n');
}

static size_t enter(struct walk *walk, span name)
{
    size_t len = strlen(walk->path);
    snprintf(walk->path + len, PATH_ROOM - len, ".%.*s", SPAN_ARG(name));
    return len;
}

static size_t enter_index(struct walk *walk, unsigned index)
{
    size_t len = strlen(walk->path);
    snprintf(walk->path + len, PATH_ROOM - len, ".%u", index);
    return len;
}

static const struct json_value *member(const struct json_value *object, span key)
{
    for (const struct json_value *m = object->first; m; m = m->next)
        if (span_equal(m->key, key))
            return m;
    return NULL;
}

static void compare(struct walk *walk, const struct json_value *expected,
                    const struct json_value *actual);

static void compare_objects(struct walk *walk, const struct json_value *expected,
                            const struct json_value *actual)
{
    for (const struct json_value *m = expected->first; m; m = m->next) {
        size_t back = enter(walk, m->key);
        const struct json_value *other = member(actual, m->key);
        if (other)
            compare(walk, m, other);
        else
            say(walk, "missing; expected", m);
        walk->path[back] = '\0';
    }
    for (const struct json_value *m = actual->first; m; m = m->next) {
        size_t back = enter(walk, m->key);
        if (!member(expected, m->key))
            say(walk, "not expected; got", m);
        walk->path[back] = '\0';
    }
}

static void compare(struct walk *walk, const struct json_value *expected,
                    const struct json_value *actual)
{
    if (expected->kind != actual->kind || !span_equal(expected->text, actual->text)) {
        say(walk, "expected", expected);
        say(walk, "     got", actual);
        return;
    }
    if (expected->kind == JSON_OBJECT) {
        compare_objects(walk, expected, actual);
        return;
    }
    const struct json_value *a = expected->first, *b = actual->first;
    for (unsigned i = 0; a || b; i++) {
        size_t back = enter_index(walk, i);
        if (!a)
            say(walk, "not expected; got", b);
        else if (!b)
            say(walk, "missing; expected", a);
        else
            compare(walk, a, b);
        walk->path[back] = '\0';
        a = a ? a->next : NULL;
        b = b ? b->next : NULL;
    }
}

bool compare_json(struct buf *out, const struct json_value *expected,
                  const struct json_value *actual)
{
    struct walk walk = {.out = out};
    compare(&walk, expected, actual);
    return walk.lines == 0;
}

const struct json_value *compare_find(const struct json_value *root, span path)
{
    span part;
    while (root && span_split(&path, '.', &part)) {
        int64_t index;
        if (root->kind == JSON_ARRAY && span_int(part, &index) == OK) {
            root = root->first;
            while (root && index-- > 0)
                root = root->next;
        } else {
            root = root->kind == JSON_OBJECT ? member(root, part) : NULL;
        }
    }
    return root;
}

static void check_schema(struct walk *walk, const struct json_value *schema,
                         const struct json_value *actual)
{
    if (schema->kind == JSON_STRING) {
        static const struct {
            const char *word;
            enum json_kind kind;
        } kinds[] = {{"string", JSON_STRING}, {"number", JSON_NUMBER}};
        for (unsigned i = 0; i < COUNT_OF(kinds); i++)
            if (span_is(schema->text, kinds[i].word) && actual->kind != kinds[i].kind)
                say(walk, "is of another type than the schema's:", actual);
        return;
    }
    if (schema->kind != actual->kind) {
        say(walk, "is of another type than the schema's:", actual);
        return;
    }
    unsigned i = 0;
    for (const struct json_value *m = actual->first; m; m = m->next) {
        bool in_array = actual->kind == JSON_ARRAY;
        size_t back = in_array ? enter_index(walk, i++) : enter(walk, m->key);
        const struct json_value *rule = in_array ? schema->first : member(schema, m->key);
        if (rule)
            check_schema(walk, rule, m);
        else
            say(walk, "is not a member of the schema:", m);
        walk->path[back] = '\0';
    }
}

bool compare_schema(struct buf *out, const struct json_value *schema,
                    const struct json_value *actual)
{
    struct walk walk = {.out = out};
    check_schema(&walk, schema, actual);
    return walk.lines == 0;
}

void compare_print(struct buf *out, const struct json_value *value, unsigned indent)
{
    size_t start = out->len;
    write_compact(out, value);
    bool nested = value->kind == JSON_OBJECT || value->kind == JSON_ARRAY;
    if (!nested || value->count == 0 || out->len - start + 2 * indent <= WIDTH)
        return;
    out->len = start;
    buf_add_char(out, value->kind == JSON_OBJECT ? '{' : '[');
    for (const struct json_value *m = value->first; m; m = m->next) {
        buf_print(out, "\n%*s", (int)(2 * (indent + 1)), "");
        if (value->kind == JSON_OBJECT) {
            struct json_value key = {.kind = JSON_STRING, .text = m->key};
            write_compact(out, &key);
            buf_add_text(out, ": ");
        }
        struct json_value bare = *m;
        bare.key = (span){0};
        compare_print(out, &bare, indent + 1);
        if (m->next)
            buf_add_char(out, ',');
    }
    buf_print(out, "\n%*s%c", (int)(2 * indent), "", value->kind == JSON_OBJECT ? '}' : ']');
}
