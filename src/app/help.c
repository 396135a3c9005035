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
    if (!verb)
        return verbs_wrong(args->words[0]);
    verbs_print_one(stdout, verb);
    return EXIT_DONE;
}
