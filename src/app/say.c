/* See say.h. */
#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/limits.h"
#include "../base/paint.h"

#define SAY_BYTES (1u * MIB)

static bool going; /* the line of say_going() is on the terminal */

/* https://no-color.org: set to anything but nothing. */
bool say_colours(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(no && *no) && term && strcmp(term, "dumb") != 0;
}

void say_plain(span text)
{
    if (text.len > 0)
        fwrite(text.ptr, 1, text.len, stdout);
}

void say_text(span text)
{
    if (!say_colours()) {
        say_plain(text);
        return;
    }
    struct buf out;
    buf_init(&out, 2 * text.len + SAY_BYTES);
    paint_text(&out, text);
    say_plain(buf_span(&out));
    buf_done(&out);
}

void say_either(span text, bool plain)
{
    (plain ? say_plain : say_text)(text);
}

void say_going(const char *format, ...)
{
    char line[120];
    va_list words;
    if (!isatty(STDERR_FILENO))
        return;
    va_start(words, format);
    vsnprintf(line, sizeof line, format, words);
    va_end(words);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    going = true;
}

void say_went(void)
{
    if (going)
        fprintf(stderr, "\r\033[K");
    going = false;
}

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
    say_plain(buf_span(&say->out));
    buf_done(&say->out);
}
