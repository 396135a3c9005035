/*
 * Functions nobody may call here. Forced into every translation unit by the build.
 * What to use instead: span_*, buf_*, arena_print, snprintf, span_int, date_*.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef __cplusplus
#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r atoi atol atoll
#pragma GCC poison gmtime localtime ctime asctime gets tmpnam mktemp
#endif
#endif
