/*
 * `sidetrack version`: what this program is made of, for bug reports. The commit is asked of git
 * when the build is configured; a source archive has none.
 */
#include "verbs.h"

#include <uv.h>
#include <yaml.h>

int version_verb(const struct args *args)
{
    (void)args;
    printf("sidetrack %s, commit %s\n", SIDETRACK_VERSION, SIDETRACK_COMMIT);
    printf("libuv %s, libyaml %s, compiler %s\n", uv_version_string(), yaml_get_version_string(),
           __VERSION__);
    return EXIT_DONE;
}
