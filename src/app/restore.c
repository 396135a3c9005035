/* `sidetrack restore FILE`: a backup takes the database's place, while no gateway runs. */
#include <stdio.h>

#include "../base/limits.h"
#include "../store/backup.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

int restore_verb(const struct args *args)
{
    struct error error = {{0}};
    struct arena arena;
    const char *path;
    int64_t bytes;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        enum status status =
            backup_restore(path, args->words[0], backup_tell, NULL, &bytes, &error);
        say_went();
        code = status == OK ? EXIT_DONE : EXIT_FAILED;
        if (status == OK && args_get(args, "json"))
            backup_say(path, bytes);
        else if (status == OK)
            printf("%s is restored (%lld bytes). What was there is %s.before\n", path,
                   (long long)bytes, path);
        else
            fprintf(stderr, "sidetrack restore: %s\n", error.text);
    }
    arena_done(&arena);
    return code;
}
