/*
 * The manual page and the shell's completion, from the table of verbs.
 */
#ifndef APP_MANUAL_H
#define APP_MANUAL_H
#include <stdio.h>

#include "../base/status.h"

void manual_page(FILE *out); /* troff, for man(1) */
/* MISSING: not for that shell. */
MUST_USE enum status manual_completion(FILE *out, const char *shell);

#endif
