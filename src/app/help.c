/*
 * `sidetrack help [VERB]`, from the table of verbs.
 */
#include "manual.h"
#include "verbs.h"

int help_verb(const struct args *args)
{
    const char *shell = args_get(args, "completion");
    if (args_get(args, "man")) {
        manual_page(stdout);
        return EXIT_DONE;
    }
    if (shell) {
        if (manual_completion(stdout, shell) == OK)
            return EXIT_DONE;
        fprintf(stderr, "sidetrack help: completion is made for bash, not %s\n", shell);
        return EXIT_WRONG;
    }
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
