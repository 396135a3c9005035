/*
 * A .case file as a list of directives.
 *
 * `#` begins a comment line. A directive is a word and the rest of its line; lines that begin with
 * a blank, '}' or ']' go on with the directive above, so that JSON may span lines. The words are in
 * run.c, each with one line of what it does.
 */
#ifndef GOLDEN_SCRIPT_H
#define GOLDEN_SCRIPT_H
#include "../../src/base/arena.h"

struct directive {
    unsigned line;     /* 1-based */
    size_t start, end; /* bytes of the whole directive in the file */
    span word, text;   /* text is trimmed, with its line breaks */
};

struct script {
    span file;
    struct directive *directives;
    unsigned count;
};

struct script script_read(struct arena *arena, span file);
/* Next "key=value" of a settings line; value may be "quoted". False at the end. */
bool script_pair(span *rest, span *ret_key, span *ret_value);
/* The word before the first blank, and the trimmed rest. */
span script_word(span *rest);

#endif
