/*
 * A verb's command line: options from the verb's own table, then words. `-c FILE`, `--config FILE`,
 * `--config=FILE`; `--` ends the options. The same tables print the help.
 */
#ifndef APP_ARGS_H
#define APP_ARGS_H
#include "../base/span.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG = 2 }; /* INTERFACE 2 */

#define ARGS_OPTIONS 12u
#define ARGS_WORDS   4u

struct args_option {
    const char *name, *value; /* value: what it takes, "FILE"; NULL: nothing */
    char letter;              /* 0: none */
    const char *help;
}; /* a table ends with name == NULL */

struct args {
    const struct args_option *options;
    const char *values[ARGS_OPTIONS]; /* by place in `options`; "" for a flag; NULL: not given */
    const char *words[ARGS_WORDS];
    unsigned word_count;
};

/* INVALID: the sentence in *ret_error. Everything points into argv. */
MUST_USE enum status args_parse(const struct args_option *options, unsigned most_words, int count,
                                char *const *texts, struct args *ret_args, struct error *ret_error);
const char *args_get(const struct args *args, const char *name); /* NULL: not given */
/* A whole number within bounds; `otherwise` when not given. INVALID after saying so on stderr. */
MUST_USE enum status args_number(const struct args *args, const char *name, int64_t otherwise,
                                 int64_t least, int64_t most, int64_t *ret_number);

#endif
