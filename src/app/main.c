/*
 * sidetrack: a server-side conversion tracking gateway. What it can do is in verbs.c; how it is
 * built is in docs/architecture.md.
 */
#include "verbs.h"

int main(int argc, char **argv)
{
    return verbs_main(argc, argv);
}
