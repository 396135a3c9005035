/*
 * What `sidetrack` can be told to do: one row a verb, from which usage, help and dispatch are made.
 * A verb's function lives in a file of its name and returns the exit code.
 */
#ifndef APP_VERBS_H
#define APP_VERBS_H
#include <stdio.h>

#include "args.h"

struct verb {
    const char *name, *words; /* words: "order|event|person ID", or "" */
    const char *summary;      /* one line */
    const char *detail;       /* paragraphs for `help VERB`; "" = none */
    const struct args_option *options;
    unsigned least_words, most_words;
    int (*run)(const struct args *args);
};

extern const struct verb verbs[];                /* ends with name == NULL */
const struct verb *verbs_find(const char *name); /* NULL: none */
void verbs_print(FILE *out);                     /* the list */
void verbs_print_one(FILE *out, const struct verb *verb);
int verbs_wrong(const char *name); /* says what was meant; EXIT_WRONG */
int verbs_main(int argc, char *const *argv);

int audit_verb(const struct args *args);
int backup_verb(const struct args *args);
/* A line of progress on a terminal; for restore too. */
void backup_tell(void *arg, int64_t pages, int64_t of_pages);
void backup_say(const char *file, int64_t bytes); /* the answer with --json; for restore too */
int alerts_verb(const struct args *args);
int check_verb(const struct args *args);
int demo_verb(const struct args *args);
int describe_verb(const struct args *args);
int export_verb(const struct args *args);
int forget_verb(const struct args *args);
int help_verb(const struct args *args);
int init_verb(const struct args *args);
int letters_verb(const struct args *args);
int link_verb(const struct args *args);
int passwd_verb(const struct args *args);
int replay_verb(const struct args *args);
int report_verb(const struct args *args);
int restore_verb(const struct args *args);
int sandbox_verb(const struct args *args);
int shop_verb(const struct args *args);
int serve_verb(const struct args *args);
int show_verb(const struct args *args);
int tail_verb(const struct args *args);
int token_verb(const struct args *args);
int version_verb(const struct args *args);

#endif
