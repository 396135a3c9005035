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
#include "../event/clean.h"
#include "../net/call.h"
#include "../net/listen.h"
#include "../store/store.h"

int version_verb(const struct args *args)
{
    (void)args;
    printf("sidetrack %s, commit %s, compiler %s\n", SIDETRACK_VERSION, SIDETRACK_COMMIT,
           __VERSION__);
    printf("libuv %s, libyaml %s, %s, SQLite %s\n", uv_version_string(), yaml_get_version_string(),
           listen_library(), store_library());
    printf("%s, %s, %s\n", json_library(), clean_library(), hash_library());
    printf("%s\n", call_library());
    return EXIT_DONE;
}
