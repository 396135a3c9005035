/*
 * What a command says: an answer in words, with colours where a person reads it; how far long work
 * is; and, when it was asked with --json, one JSON object on one line of standard output.
 *
 *     struct say say;
 *     struct json *json = say_start(&say);
 *     json_put_text(json, "file", path);
 *     say_end(&say);
 */
#ifndef APP_SAY_H
#define APP_SAY_H
#include "../base/json.h"

/* Standard output is a terminal that takes colours, and NO_COLOR is not set. */
bool say_colours(void);
/* To standard output, painted (base/paint.h) where say_colours(). */
void say_text(span text);
void say_plain(span text); /* as it is: JSON, CSV */
void say_either(span text, bool plain);
/* How far it is, in place of what was said before: on standard error, and only to a terminal. The
   line is taken away by say_went(), before anything else is printed. */
void say_going(const char *format, ...) PRINTF(1, 2);
void say_went(void);

struct say {
    struct buf out;
    struct json json;
};

struct json *say_start(struct say *say); /* the object is open */
void say_end(struct say *say);           /* closes, prints and frees it */

#endif
