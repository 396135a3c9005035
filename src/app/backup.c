/* `sidetrack backup FILE`: a consistent copy beside a running gateway. */
#include "../store/backup.h"

#include <stdio.h>

#include "../base/limits.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

void backup_tell(void *arg, int64_t pages, int64_t of_pages)
{
    (void)arg;
    if (of_pages > 0)
        say_going("%3lld %%", (long long)(pages * 100 / of_pages));
}

void backup_say(const char *file, int64_t bytes)
{
    struct say say;
    struct json *json = say_start(&say);
    json_put_text(json, "file", span_of(file));
    json_put_int(json, "bytes", bytes);
    say_end(&say);
}

int backup_verb(const struct args *args)
{
    struct error error = {{0}};
    struct arena arena;
    const char *path;
    int64_t bytes;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        enum status status = backup_make(path, args->words[0], backup_tell, NULL, &bytes, &error);
        say_went();
        code = status == OK ? EXIT_DONE : EXIT_FAILED;
        if (status == OK && args_get(args, "json"))
            backup_say(args->words[0], bytes);
        else if (status == OK)
            printf("%s: %lld bytes, checked\n", args->words[0], (long long)bytes);
        else
            fprintf(stderr, "sidetrack backup: %s\n",
                    status == MISSING && !error.text[0] ? "there is no such database" : error.text);
    }
    arena_done(&arena);
    return code;
}
