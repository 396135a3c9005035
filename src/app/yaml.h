/*
 * The config's text as a tree that remembers where everything was written.
 *
 * A small YAML: one document of maps, lists and scalars; keys are plain words. Anchors, aliases
 * and tags are refused: a config of stores gains nothing from them, and an alias bomb is an old
 * trick. A key written twice is an error, never "the last one wins".
 *
 * Values are expanded here, once: ${NAME} is the environment's, $${ is a literal ${, and a value
 * that is wholly file:PATH is that file's content without its last line end. What was expanded
 * may be a secret, so messages quote `written`, never `text`.
 *
 * Troubles are collected, not thrown: a person wants to hear all of them at once. Thread: any.
 */
#ifndef APP_YAML_H
#define APP_YAML_H
#include "../base/arena.h"

#define YAML_TROUBLES 50u /* more would not be read */

struct yaml_trouble {
    unsigned line, column; /* from 1; 0: the file as a whole */
    span text;
    struct yaml_trouble *next;
};
struct yaml_troubles {
    struct arena *arena;
    struct yaml_trouble *first; /* in the order of the file */
    unsigned count;
};

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };
struct yaml_node {
    enum yaml_kind kind;
    unsigned line, column;
    span key; /* in a map, else absent */
    unsigned key_line, key_column;
    span text, written; /* scalars: expanded, and as in the file */
    bool failed;        /* could not be expanded, and a trouble says so: do not complain again */
    bool null;          /* nothing at all was written, or ~ or null */
    struct yaml_node *first, *next; /* children and siblings, in the order of the file */
    unsigned count;
};

/* `expand` off: ${…} and file: stay as they are (fuzzing, and `check` of a foreign file). OK only
   without troubles; *ret_root is set whenever the text was YAML, so that the rest can be checked
   too, and NULL for an empty document. Everything lives in `arena`; `text` may go. */
MUST_USE enum status yaml_parse(struct arena *arena, span text, bool expand,
                                const struct yaml_node **ret_root, struct yaml_troubles *troubles);
void yaml_trouble(struct yaml_troubles *troubles, unsigned line, unsigned column,
                  const char *format, ...) PRINTF(4, 5);
/* NULL when `map` is no map or lacks it. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* A whole file, at most `ceiling` bytes. On failure the sentence is in *ret_error. */
MUST_USE enum status yaml_read_file(struct arena *arena, const char *path, size_t ceiling,
                                    span *ret_text, struct error *ret_error);

#endif
