/*
 * `sidetrack help [VERB]`, from the table of verbs.
 */
#include "verbs.h"

int help_verb(const struct args *args)
{
    if (args->word_count == 0) {
        verbs_print(stdout);
        return EXIT_DONE;
    }
    const struct verb *verb = verbs_find(args->words[0]);
    if (!verb) {
        fprintf(stderr, "sidetrack: there is no verb `%s`; `sidetrack help` lists them\n",
                args->words[0]);
        return EXIT_WRONG;
    }
    verbs_print_one(stdout, verb);
    return EXIT_DONE;
}
