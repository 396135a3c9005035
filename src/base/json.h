/*
 * JSON in and out.
 *
 * In: json_parse() walks the whole document by simdjson's index of it, so all of it is
 * validated, and builds a tree in the arena. Numbers keep their raw token: money and
 * 64-bit ids never pass through a double. Lone surrogates (which Shopify and browsers do
 * send) become U+FFFD. Members keep their order; of a repeated key the last one wins in
 * json_get(). Depth is capped (LIMIT_JSON_DEPTH).
 *
 * Out: struct json streams into a struct buf; commas and nesting are its own. Overflow
 * sticks in the buf. Unbalanced brackets are a bug and assert. Text that is not UTF-8 is a
 * bug of the caller (everything inside is validated on the way in).
 *
 * Thread: json_parse keeps one parser per thread; trees are plain data.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H
#include "arena.h"
#include "buf.h"

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER, /* text = raw token, e.g. 820982911946154508 or 195.66 or 1e3 */
    JSON_STRING, /* text = unescaped UTF-8 */
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_value {
    enum json_kind kind;
    span key;  /* inside an object, else absent */
    span text; /* numbers and strings */
    span raw;  /* arrays and objects: their exact bytes in the input, for keeping verbatim */
    struct json_value *first, *next; /* children and siblings, in document order */
    unsigned count;                  /* children */
};

/* INVALID: not one JSON value in UTF-8 (why, and where if known, in *ret_error when not NULL);
   FULL: deeper than LIMIT_JSON_DEPTH or more than LIMIT_JSON_VALUES. Everything in the tree
   lives in `arena`, but for `raw`, which points into `input`: who uses it keeps the input.
   `input` needs no padding. */
MUST_USE enum status json_parse(struct arena *arena, span input, const struct json_value **ret_root,
                                struct error *ret_error);
/* The same with the tree in an arena of its own: what is taken from it by its texts outlives it in
   `texts`. */
MUST_USE enum status json_parse_apart(struct arena *tree, struct arena *texts, span input,
                                      const struct json_value **ret_root, struct error *ret_error);

/* Lookups accept NULL and wrong kinds and then give NULL / absent / the default. */
const struct json_value *json_get(const struct json_value *object, const char *key);
const struct json_value *json_path(const struct json_value *root, const char *path); /* "a.b.c" */
span json_text(const struct json_value *value); /* strings only */
span json_get_text(const struct json_value *object, const char *key);
/* Strings, and numbers by their digits: how ids are read. 12.0 and 1e3 give absent. */
span json_get_id(const struct json_value *object, const char *key);
/* Strings and numbers by their token: how money is read. */
span json_get_number(const struct json_value *object, const char *key);
int64_t json_get_int(const struct json_value *object, const char *key, int64_t otherwise);
bool json_get_bool(const struct json_value *object, const char *key, bool otherwise);

#define JSON_WRITE_DEPTH 32
struct json {
    struct buf *out;
    unsigned depth;
    bool comma[JSON_WRITE_DEPTH];   /* at each depth: something was written before */
    char bracket[JSON_WRITE_DEPTH]; /* what closes each depth; NUL at the root */
};

void json_start(struct json *json, struct buf *out);
/* key is NULL inside an array and at the root. bracket is '{' or '['. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);                   /* '}' or ']' */
void json_put_text(struct json *json, const char *key, span value); /* absent writes "" */
void json_put_int(struct json *json, const char *key, int64_t value);
void json_put_bool(struct json *json, const char *key, bool value);
void json_put_null(struct json *json, const char *key);
/* A token that is JSON already: a decimal, or a whole value kept verbatim. Empty writes null. */
void json_put_raw(struct json *json, const char *key, span token);
/* Same, with keys that are data. */
void json_put_text_at(struct json *json, span key, span value);
void json_put_raw_at(struct json *json, span key, span token);
/* A parsed value written again, escapes and all. */
void json_put_value(struct json *json, const char *key, const struct json_value *value);
void json_put_value_at(struct json *json, span key, const struct json_value *value);
void json_end(struct json *json); /* asserts that all is closed */
const char *json_library(void);   /* what reads it, for `version` */

#endif
