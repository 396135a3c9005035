/*
 * JSON in: a C door over simdjson, the one place of floor 0 where C++ is spoken.
 *
 * simdjson works in two stages. Its first, the vectorised one, is what we came for: it
 * proves the bytes to be UTF-8, the strings to be closed and free of control characters,
 * and lists the offset of every token start:
 *
 *   {"id":12,"tags":["a"]}
 *   ^^   ^^ ^^     ^^^  ^^        brackets, colons, commas, opening quotes, first bytes
 *
 * Over that list walks the recursive descent below, which is the whole grammar: every token
 * of the document is looked at, so "valid" means all of it, and numbers keep their token
 * (money and 64-bit ids never become a double). Walking the list ourselves instead of going
 * through On-Demand keeps errors in one place, gives the exact bytes of containers, and
 * unescapes strings our way: 3.0.1 refuses the lone surrogates that browsers do send.
 *
 * The document is copied into the arena once; strings without escapes are views of that copy
 * and strings with escapes are unescaped in place, which never makes them longer. `raw` is a
 * view of the caller's own bytes, which nothing changes.
 *
 * Each thread keeps one index of token starts and drops it when a large document made it large.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <memory>

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

extern "C" {
#include "json.h"
#include "json_escape.h"
#include "limits.h"
}

namespace
{

constexpr size_t index_first = 16 * KIB; /* bytes of document */
constexpr size_t index_kept = 2 * MIB;   /* at four bytes of index a byte: 8 MiB */
constexpr size_t nowhere = SIZE_MAX;     /* of an error: simdjson's first stage does not say */

using token_index = simdjson::internal::dom_parser_implementation;
thread_local std::unique_ptr<token_index> kept_index;

struct walk {
    struct arena *arena;
    char *text;                  /* our copy, followed by zeros */
    const char *input;           /* the caller's */
    size_t len;                  /* of both */
    const uint32_t *next, *last; /* token starts: the one to read, the end of the list */
    unsigned values;
    enum status status;
    const char *why;
    size_t where;
};

bool fail(struct walk *walk, enum status status, size_t where, const char *why)
{
    walk->status = status;
    walk->where = where;
    walk->why = why;
    return false;
}

/* Where the next token starts; the end of the document after the last one. */
size_t token_start(const struct walk *walk)
{
    return walk->next == walk->last ? walk->len : *walk->next;
}

/* The next token's first byte; NUL, which starts no token, after the last one. */
char token_peek(const struct walk *walk)
{
    return walk->text[token_start(walk)];
}

/* Takes one of { } [ ] : , */
bool token_take(struct walk *walk, char mark)
{
    if (token_peek(walk) != mark)
        return false;
    walk->next++;
    return true;
}

bool blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes a token that is no string: all up to the next one, without the blanks between. */
span token_bare(struct walk *walk)
{
    size_t start = *walk->next++;
    size_t end = token_start(walk);
    while (end > start && blank(walk->text[end - 1]))
        end--;
    return (span){walk->text + start, end - start};
}

/* number = [ "-" ] ( "0" | 1-9 *digit ) [ "." 1*digit ] [ e [ sign ] 1*digit ]  (RFC 8259, 6) */
bool number_valid(span token)
{
    const char *at = token.ptr, *end = token.ptr + token.len;
    auto digits = [&] {
        const char *from = at;
        while (at < end && digit(*at))
            at++;
        return at > from;
    };
    if (at < end && *at == '-')
        at++;
    if (at < end && *at == '0')
        at++;
    else if (!digits())
        return false;
    if (at < end && *at == '.') {
        at++;
        if (!digits())
            return false;
    }
    if (at < end && (*at | 0x20) == 'e') {
        at++;
        if (at < end && (*at == '+' || *at == '-'))
            at++;
        if (!digits())
            return false;
    }
    return at == end;
}

uint64_t bytes_equal(uint64_t word, char c)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    word ^= ones * (unsigned char)c;
    return (word - ones) & ~word & ones << 7;
}

/* The first quote or backslash at or after `at`. Stage one proved that there is one; `end`
   is believed anyway. Reads up to seven bytes past `end`, which are zeros of ours. The lowest
   mark of bytes_equal() is exact, those above it need not be. */
char *quote_or_escape(char *at, const char *end)
{
    for (; at < end; at += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        word = le64toh(word);
        uint64_t marks = bytes_equal(word, '"') | bytes_equal(word, '\\');
        if (marks)
            return at + __builtin_ctzll(marks) / 8;
    }
    return at;
}

bool read_string(struct walk *walk, span *ret_text)
{
    size_t start = *walk->next++;
    size_t limit = token_start(walk);
    const char *end = walk->text + limit;
    char *from = walk->text + start + 1;
    char *to = quote_or_escape(from, end), *first_escape = NULL;
    while (to < end && *to == '\\') {
        if (first_escape == NULL)
            first_escape = to;
        to = quote_or_escape(to + 2, end);
    }
    if (to >= end)
        return fail(walk, INVALID, start, "string does not end");
    for (const char *rest = to + 1; rest < end; rest++)
        if (!blank(*rest))
            return fail(walk, INVALID, (size_t)(rest - walk->text), "text after a string");
    if (first_escape) {
        to = json_unescape(first_escape, to);
        if (to == NULL)
            return fail(walk, INVALID, start, "bad escape in a string");
    }
    *ret_text = (span){from, (size_t)(to - from)};
    return true;
}

bool read_value(struct walk *walk, struct json_value *value, unsigned depth);

/* Arrays and objects: the same but for the key before each value. */
bool read_container(struct walk *walk, struct json_value *value, unsigned depth)
{
    bool object = value->kind == JSON_OBJECT;
    char close = object ? '}' : ']';
    size_t start = *walk->next++;
    if (depth == LIMIT_JSON_DEPTH)
        return fail(walk, FULL, start, "nested too deeply");
    if (token_peek(walk) != close) {
        struct json_value **link = &value->first;
        do {
            struct json_value *child = arena_new(walk->arena, struct json_value);
            if (object) {
                if (token_peek(walk) != '"')
                    return fail(walk, INVALID, token_start(walk), "a key was expected");
                if (!read_string(walk, &child->key))
                    return false;
                if (!token_take(walk, ':'))
                    return fail(walk, INVALID, token_start(walk), "a colon was expected");
            }
            if (!read_value(walk, child, depth + 1))
                return false;
            *link = child;
            link = &child->next;
            value->count++;
        } while (token_take(walk, ','));
    }
    size_t end = token_start(walk);
    if (!token_take(walk, close))
        return fail(walk, INVALID, end, "a comma or the closing bracket was expected");
    value->raw = (span){walk->input + start, end + 1 - start};
    return true;
}

bool read_word(struct walk *walk, struct json_value *value, enum json_kind kind, const char *word)
{
    size_t start = *walk->next;
    value->kind = kind;
    return span_is(token_bare(walk), word) || fail(walk, INVALID, start, "unknown word");
}

/* depth: of the containers around it. */
bool read_value(struct walk *walk, struct json_value *value, unsigned depth)
{
    if (walk->values++ == LIMIT_JSON_VALUES)
        return fail(walk, FULL, token_start(walk), "too many values");
    switch (token_peek(walk)) {
    case '"':
        value->kind = JSON_STRING;
        return read_string(walk, &value->text);
    case '{':
        value->kind = JSON_OBJECT;
        return read_container(walk, value, depth);
    case '[':
        value->kind = JSON_ARRAY;
        return read_container(walk, value, depth);
    case 't':
        return read_word(walk, value, JSON_TRUE, "true");
    case 'f':
        return read_word(walk, value, JSON_FALSE, "false");
    case 'n':
        return read_word(walk, value, JSON_NULL, "null");
    default:
        size_t start = token_start(walk);
        if (walk->next == walk->last)
            return fail(walk, INVALID, start, "a value was expected");
        value->kind = JSON_NUMBER;
        value->text = token_bare(walk);
        return number_valid(value->text) || fail(walk, INVALID, start, "no JSON value");
    }
}

/* This thread's index, with room for a document of `len` bytes. */
token_index *index_for(size_t len)
{
    if (kept_index && kept_index->capacity() >= len)
        return kept_index.get();
    size_t room = index_first;
    while (room < len)
        room *= 2;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(room, 1,
                                                                                kept_index))
        abort();
    return kept_index.get();
}

enum status parse(struct walk *walk, struct json_value *root)
{
    token_index *index = index_for(walk->len);
    auto error =
        index->stage1((const uint8_t *)walk->text, walk->len, simdjson::stage1_mode::regular);
    if (error != simdjson::SUCCESS) {
        fail(walk, INVALID, nowhere, simdjson::error_message(error));
        return walk->status;
    }
    walk->next = index->structural_indexes.get();
    walk->last = walk->next + index->n_structural_indexes;
    if (read_value(walk, root, 0) && walk->next != walk->last)
        fail(walk, INVALID, token_start(walk), "something follows the value");
    return walk->status;
}

void error_print(const struct walk *walk, struct error *ret_error)
{
    char place[32] = "";
    if (walk->where != nowhere)
        snprintf(place, sizeof place, "at byte %zu: ", walk->where);
    snprintf(ret_error->text, sizeof ret_error->text, "%s%s", place, walk->why);
}

} // namespace

extern "C" enum status json_parse(struct arena *arena, span input,
                                  const struct json_value **ret_root, struct error *ret_error)
{
    return json_parse_apart(arena, arena, input, ret_root, ret_error);
}

extern "C" enum status json_parse_apart(struct arena *tree, struct arena *texts, span input,
                                        const struct json_value **ret_root, struct error *ret_error)
{
    struct walk walk = {};
    walk.arena = tree;
    walk.input = input.ptr;
    walk.len = input.len;
    struct json_value *root = NULL;
    if (input.len == 0) {
        fail(&walk, INVALID, nowhere, "empty");
    } else if (input.len > simdjson::SIMDJSON_MAXSIZE_BYTES / 2) {
        fail(&walk, FULL, nowhere, "too long");
    } else {
        walk.text = (char *)arena_take(texts, input.len + simdjson::SIMDJSON_PADDING);
        memcpy(walk.text, input.ptr, input.len);
        root = arena_new(tree, struct json_value);
        parse(&walk, root);
        if (kept_index->capacity() > index_kept)
            kept_index.reset();
    }
    if (walk.status == OK)
        *ret_root = root;
    else if (ret_error)
        error_print(&walk, ret_error);
    return walk.status;
}

#define TEXT_OF(name) #name
#define TEXT(name)    TEXT_OF(name)

extern "C" const char *json_library(void)
{
    return "simdjson " TEXT(SIMDJSON_VERSION);
}
