/*
 * libyaml's events, stacked into a tree. libyaml does the hard part (the grammar) and says line
 * and column; this file keeps the ceilings, the refusals and the expansion of values.
 *
 * The tree is built on an explicit stack, so that depth is a number we check and not our own
 * call stack.
 */
#include "yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "../base/buf.h"
#include "../base/limits.h"

#define DEPTH      16u
#define NODES      100000u
#define KEYS       512u /* of one map: each new one is compared with all before it */
#define FILE_BYTES (64 * KIB)

struct level {
    struct yaml_node *node, **end;
};

struct building {
    struct arena *arena;
    struct yaml_troubles *troubles;
    bool expand;
    struct yaml_node *root, *key; /* key: a map's key that waits for its value */
    struct level levels[DEPTH];
    unsigned depth, nodes;
};

void yaml_trouble(struct yaml_troubles *troubles, unsigned line, unsigned column,
                  const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0 || ++troubles->count > YAML_TROUBLES)
        return;
    struct yaml_trouble *trouble = arena_new(troubles->arena, struct yaml_trouble);
    trouble->line = line;
    trouble->column = column;
    trouble->text = arena_copy(troubles->arena, span_of(text));
    struct yaml_trouble **at = &troubles->first;
    while (*at && ((*at)->line < line || ((*at)->line == line && (*at)->column <= column)))
        at = &(*at)->next;
    trouble->next = *at;
    *at = trouble;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *node = map->first; node; node = node->next)
        if (span_is(node->key, key))
            return node;
    return NULL;
}

/* ---- values ---------------------------------------------------------------------------------- */

static void close_file(const int *file)
{
    if (*file >= 0)
        close(*file);
}

enum status yaml_read_file(struct arena *arena, const char *path, size_t ceiling, span *ret_text,
                           struct error *ret_error)
{
    struct stat stat;
    int file CLEANUP(close_file) = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0 || fstat(file, &stat) != 0) {
        snprintf(ret_error->text, sizeof ret_error->text, "%s: %s", path, strerror(errno));
        return errno == ENOENT ? MISSING : BROKEN;
    }
    if (!S_ISREG(stat.st_mode) || (size_t)stat.st_size > ceiling) {
        snprintf(ret_error->text, sizeof ret_error->text, "%s: %s", path,
                 S_ISREG(stat.st_mode) ? "is too large" : "is not a regular file");
        return INVALID;
    }
    size_t size = (size_t)stat.st_size, done = 0;
    char *bytes = arena_take(arena, size + 1);
    while (done < size) {
        ssize_t got = read(file, bytes + done, size - done);
        if (got < 0) {
            snprintf(ret_error->text, sizeof ret_error->text, "%s: %s", path, strerror(errno));
            return BROKEN;
        }
        if (got == 0)
            break;
        done += (size_t)got;
    }
    *ret_text = (span){bytes, done};
    return OK;
}

static span without_line_end(span text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    return text;
}

/* One step: appends what `rest` begins with, and gives what is left. */
static span expand_next(struct building *b, const struct yaml_node *node, span rest,
                        struct buf *out)
{
    if (span_starts(rest, "$${")) {
        buf_add_text(out, "${");
        return span_sub(rest, 3, rest.len);
    }
    if (!span_starts(rest, "${")) {
        size_t next = span_find(rest, 1, '$');
        buf_add_span(out, span_sub(rest, 0, next));
        return span_sub(rest, next, rest.len);
    }
    size_t end = span_find(rest, 2, '}');
    const char *name = arena_text(b->arena, span_sub(rest, 2, end - 2));
    const char *value = getenv(name);
    if (end == rest.len)
        yaml_trouble(b->troubles, node->line, node->column,
                     "${ has no closing }; a literal ${ is written $${");
    else if (value == NULL)
        yaml_trouble(b->troubles, node->line, node->column,
                     "the environment variable %s is not set; set it, or write the value or "
                     "file:PATH here",
                     name);
    else
        buf_add_text(out, value);
    return span_sub(rest, end + 1, rest.len);
}

static span expand_names(struct building *b, const struct yaml_node *node)
{
    struct buf out;
    buf_init(&out, FILE_BYTES);
    for (span rest = node->written; rest.len > 0;)
        rest = expand_next(b, node, rest, &out);
    span text = SPAN("");
    if (!buf_ok(&out))
        yaml_trouble(b->troubles, node->line, node->column, "too long once expanded");
    else if (!span_utf8(buf_span(&out)))
        yaml_trouble(b->troubles, node->line, node->column,
                     "an environment variable in it is not UTF-8 text");
    else if (out.len > 0)
        text = arena_copy(b->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static void expand(struct building *b, struct yaml_node *node)
{
    if (!b->expand)
        return;
    unsigned before = b->troubles->count;
    if (span_find(node->written, 0, '$') < node->written.len)
        node->text = expand_names(b, node);
    node->failed = b->troubles->count > before;
    if (node->failed || !span_starts(node->written, "file:"))
        return;
    struct error error;
    span content = {0};
    const char *path = arena_text(b->arena, span_sub(node->text, 5, node->text.len));
    if (yaml_read_file(b->arena, path, FILE_BYTES, &content, &error) != OK)
        yaml_trouble(b->troubles, node->line, node->column, "cannot read file:%s", error.text);
    else if (!span_utf8(content))
        yaml_trouble(b->troubles, node->line, node->column, "file:%s is not UTF-8 text", path);
    node->failed = b->troubles->count > before;
    node->text = without_line_end(content);
    if (node->text.ptr == NULL)
        node->text = SPAN("");
}

/* ---- the tree -------------------------------------------------------------------------------- */

static struct yaml_node *new_node(struct building *b, enum yaml_kind kind,
                                  const yaml_event_t *event)
{
    struct yaml_node *node = arena_new(b->arena, struct yaml_node);
    node->kind = kind;
    node->line = (unsigned)event->start_mark.line + 1;
    node->column = (unsigned)event->start_mark.column + 1;
    b->nodes++;
    return node;
}

static void take_key(struct building *b, struct yaml_node *key)
{
    if (b->levels[b->depth - 1].node->count == KEYS)
        yaml_trouble(b->troubles, key->line, key->column, "this map has too many keys");
    b->key = key;
    if (b->levels[b->depth - 1].node->count >= KEYS)
        return;
    for (struct yaml_node *node = b->levels[b->depth - 1].node->first; node; node = node->next)
        if (span_equal(node->key, key->written))
            yaml_trouble(b->troubles, key->line, key->column,
                         "`%.*s` is written twice; the first one is on line %u",
                         SPAN_ARG(key->written), node->key_line);
}

static void place(struct building *b, struct yaml_node *node)
{
    if (b->depth == 0) {
        b->root = node;
        return;
    }
    struct level *level = &b->levels[b->depth - 1];
    if (b->key) {
        node->key = b->key->written;
        node->key_line = b->key->line;
        node->key_column = b->key->column;
        b->key = NULL;
    }
    *level->end = node;
    level->end = &node->next;
    level->node->count++;
}

static bool awaits_key(const struct building *b)
{
    return b->depth > 0 && b->levels[b->depth - 1].node->kind == YAML_MAP && b->key == NULL;
}

static void take_scalar(struct building *b, const yaml_event_t *event)
{
    struct yaml_node *node = new_node(b, YAML_SCALAR, event);
    bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->written = arena_copy(
        b->arena, (span){(const char *)event->data.scalar.value, event->data.scalar.length});
    node->text = node->written;
    node->null = plain && (span_empty(node->text) || span_is(node->text, "~") ||
                           span_is(node->text, "null"));
    if (awaits_key(b)) {
        take_key(b, node);
        return;
    }
    expand(b, node);
    place(b, node);
}

static bool refuse(struct building *b, const yaml_event_t *event, const char *why)
{
    yaml_trouble(b->troubles, (unsigned)event->start_mark.line + 1,
                 (unsigned)event->start_mark.column + 1, "%s", why);
    return false;
}

static bool open_level(struct building *b, enum yaml_kind kind, const yaml_event_t *event)
{
    if (awaits_key(b))
        return refuse(b, event, "a key must be a word, not a list or a map");
    if (b->depth == DEPTH)
        return refuse(b, event, "nested too deeply; a config needs 8 levels at most");
    struct yaml_node *node = new_node(b, kind, event);
    place(b, node);
    b->levels[b->depth++] = (struct level){node, &node->first};
    return true;
}

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor || event->data.scalar.tag;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor || event->data.sequence_start.tag;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor || event->data.mapping_start.tag;
    default:
        return event->type == YAML_ALIAS_EVENT;
    }
}

/* False: stop here. */
static bool take_event(struct building *b, const yaml_event_t *event)
{
    if (has_anchor(event))
        return refuse(b, event,
                      "anchors (&), aliases (*) and tags (!) are not supported; write "
                      "the value out, quoted if it begins with one of these");
    if (b->nodes >= NODES)
        return refuse(b, event, "the file has too many values");
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        take_scalar(b, event);
        return true;
    case YAML_SEQUENCE_START_EVENT:
        return open_level(b, YAML_LIST, event);
    case YAML_MAPPING_START_EVENT:
        return open_level(b, YAML_MAP, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return true;
    case YAML_DOCUMENT_START_EVENT:
        if (b->root)
            return refuse(b, event, "a second document; a config is one");
        return true;
    default:
        return event->type != YAML_STREAM_END_EVENT;
    }
}

/* Is the byte there a tab, or what the line begins with? */
static bool at_tab(span text, unsigned line, unsigned column)
{
    size_t start = 0;
    while (--line > 0)
        start = span_find(text, start, '\n') + 1;
    size_t at = start + column - 1;
    if (at < text.len && text.ptr[at] == '\t')
        return true;
    while (start < at && start < text.len && text.ptr[start] == ' ')
        start++;
    return start < text.len && text.ptr[start] == '\t';
}

static void explain(struct yaml_troubles *troubles, const yaml_parser_t *parser, span text)
{
    unsigned line = (unsigned)parser->problem_mark.line + 1;
    unsigned column = (unsigned)parser->problem_mark.column + 1;
    if (parser->error == YAML_READER_ERROR) { /* bytes that are no text: only an offset is told */
        line = column = 1;
        for (size_t i = 0; i < parser->problem_offset && i < text.len; i++) {
            column =
                text.ptr[i] == '\n' ? 1 : column + (((unsigned char)text.ptr[i] & 0xc0) != 0x80);
            line += text.ptr[i] == '\n';
        }
    }
    const char *problem = parser->problem ? parser->problem : "cannot be read";
    if (at_tab(text, line, column)) {
        yaml_trouble(troubles, line, column, "tabs are not allowed in YAML; indent with spaces");
        return;
    }
    if (parser->context)
        yaml_trouble(troubles, line, column, "not YAML: %s, %s", parser->context, problem);
    else
        yaml_trouble(troubles, line, column, "not YAML: %s", problem);
}

enum status yaml_parse(struct arena *arena, span text, bool expand_values,
                       const struct yaml_node **ret_root, struct yaml_troubles *troubles)
{
    struct building b = {.arena = arena, .troubles = troubles, .expand = expand_values};
    unsigned before = troubles->count;
    yaml_parser_t parser;
    if (!yaml_parser_initialize(&parser))
        abort();
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)(text.ptr ? text.ptr : ""),
                                 text.len);
    bool more = true, whole = false;
    while (more) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            explain(troubles, &parser, text);
            break;
        }
        whole = event.type == YAML_STREAM_END_EVENT;
        more = take_event(&b, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (whole)
        *ret_root = b.root;
    return whole && troubles->count == before ? OK : INVALID;
}
