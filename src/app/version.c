/*
 * `sidetrack version`: what this program is made of, for bug reports. The commit is asked of git
 * when the build is configured; a source archive has none. Each room names the libraries that only
 * it may know. libphonenumber tells nobody its version.
 */
#include "verbs.h"

#include <uv.h>
#include <yaml.h>

#include "../base/hash.h"
#include "../base/json.h"
#include "../base/limits.h"
#include "../event/clean.h"
#include "../net/call.h"
#include "../net/listen.h"
#include "../store/store.h"
#include "say.h"

#define LIBRARIES 8u

static void libraries(struct arena *arena, const char *ret_names[LIBRARIES])
{
    const char *const names[LIBRARIES] = {
        arena_print(arena, "libuv %s", uv_version_string()).ptr,
        arena_print(arena, "libyaml %s", yaml_get_version_string()).ptr,
        arena_print(arena, "SQLite %s", store_library()).ptr,
        listen_library(),
        json_library(),
        clean_library(),
        hash_library(),
        call_library(),
    };
    memcpy(ret_names, names, sizeof names);
}

static void print_json(const char *const names[LIBRARIES])
{
    struct say say;
    struct json *json = say_start(&say);
    json_put_text(json, "version", SPAN(SIDETRACK_VERSION));
    json_put_text(json, "commit", SPAN(SIDETRACK_COMMIT));
    json_put_text(json, "compiler", SPAN(__VERSION__));
    json_open(json, "libraries", '[');
    for (unsigned i = 0; i < LIBRARIES; i++)
        json_put_text(json, NULL, span_of(names[i]));
    json_close(json, ']');
    say_end(&say);
}

int version_verb(const struct args *args)
{
    const char *names[LIBRARIES];
    struct arena arena;
    arena_init(&arena, 4 * KIB);
    libraries(&arena, names);
    if (args_get(args, "json")) {
        print_json(names);
    } else {
        printf("sidetrack %s, commit %s, compiler %s\n", SIDETRACK_VERSION, SIDETRACK_COMMIT,
               __VERSION__);
        for (unsigned i = 0; i < LIBRARIES; i++)
            printf("%s\n", names[i]);
    }
    arena_done(&arena);
    return EXIT_DONE;
}
