/*
 * The answer of a verb that was asked with --json: one JSON object on one line of standard output.
 *
 *     struct say say;
 *     struct json *json = say_start(&say);
 *     json_put_text(json, "file", path);
 *     say_end(&say);
 */
#ifndef APP_SAY_H
#define APP_SAY_H
#include "../base/json.h"

struct say {
    struct buf out;
    struct json json;
};

struct json *say_start(struct say *say); /* the object is open */
void say_end(struct say *say);           /* closes, prints and frees it */

#endif
