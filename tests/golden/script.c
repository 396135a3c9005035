#include "script.h"

static bool goes_on(span line)
{
    return line.len > 0 &&
           (line.ptr[0] == ' ' || line.ptr[0] == '\t' || line.ptr[0] == '}' || line.ptr[0] == ']');
}

span script_word(span *rest)
{
    span text = span_trim(*rest);
    size_t end = 0;
    while (end < text.len && text.ptr[end] != ' ' && text.ptr[end] != '\n')
        end++;
    *rest = span_trim(span_sub(text, end, text.len));
    return span_sub(text, 0, end);
}

bool script_pair(span *rest, span *ret_key, span *ret_value)
{
    span text = span_trim(*rest);
    if (span_empty(text))
        return false;
    size_t equals = span_find(text, 0, '=');
    *ret_key = span_sub(text, 0, equals);
    bool quoted = equals + 1 < text.len && text.ptr[equals + 1] == '"';
    size_t from = equals + 1 + quoted;
    size_t end = span_find(text, from, quoted ? '"' : ' ');
    *ret_value = span_sub(text, from, end - from);
    *rest = span_sub(text, end + quoted, text.len);
    return true;
}

struct script script_read(struct arena *arena, span file)
{
    struct script script = {.file = file};
    size_t room = 1;
    for (size_t i = 0; i < file.len; i++)
        room += file.ptr[i] == '\n';
    script.directives = arena_array(arena, struct directive, room);
    struct directive *open = NULL;
    unsigned line_number = 0;
    for (size_t at = 0; at < file.len;) {
        size_t end = span_find(file, at, '\n');
        span line = span_sub(file, at, end - at);
        line_number++;
        if (open && goes_on(line)) {
            open->end = end;
        } else if (!span_empty(span_trim(line)) && line.ptr[0] != '#') {
            open = &script.directives[script.count++];
            *open = (struct directive){.line = line_number, .start = at, .end = end};
        } else {
            open = NULL;
        }
        at = end + 1;
    }
    for (unsigned i = 0; i < script.count; i++) {
        struct directive *d = &script.directives[i];
        d->text = span_sub(file, d->start, d->end - d->start);
        d->word = script_word(&d->text);
    }
    return script;
}
