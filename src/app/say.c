/* See say.h. */
#include "say.h"

#include <stdio.h>

#include "../base/limits.h"

#define SAY_BYTES (1u * MIB)

struct json *say_start(struct say *say)
{
    buf_init(&say->out, SAY_BYTES);
    json_start(&say->json, &say->out);
    json_open(&say->json, NULL, '{');
    return &say->json;
}

void say_end(struct say *say)
{
    json_close(&say->json, '}');
    json_end(&say->json);
    buf_add_char(&say->out, '\n');
    fwrite(say->out.ptr, 1, say->out.len, stdout);
    buf_done(&say->out);
}
