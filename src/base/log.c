/*
 * One event, one line, one write(2), so that lines of several threads never mix (a pipe takes
 * up to PIPE_BUF whole, a file opened for appending any length).
 *
 *   ts=2026-11-24T16:00:00.123Z level=warn event=destination_paused store=acme why="no token"
 *   {"ts":"2026-11-24T16:00:00.123Z","level":"warn","event":"destination_paused","store":"acme",…}
 *
 * The caller prints key=value pairs; here they are taken apart again and written in the wanted
 * form, so that no value can forge a line: control characters become blanks, what is not UTF-8
 * becomes '?', and a quote ends a value only where a blank or the end follows. Values in JSON
 * are always strings: no field changes its type with its content. Pairs that would make the
 * line longer than the limit are left out.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "date.h"
#include "json.h"
#include "limits.h"

/* Half a line: a value of nothing but quotes, each of which gets a backslash, still fits. */
#define PAIRS_BYTES (LIMIT_LOG_LINE / 2 - 256)

static _Atomic enum log_level setup_least = LOG_INFO;
static _Atomic enum log_format setup_format = LOG_LOGFMT;

void log_setup(enum log_level least, enum log_format format)
{
    setup_least = least;
    setup_format = format;
}

/* Takes key=value or key="va lue" off the front of *rest; a word without '=' has no value. */
static bool pair_next(span *rest, span *ret_key, span *ret_value)
{
    while (span_starts(*rest, " "))
        *rest = span_sub(*rest, 1, rest->len);
    if (rest->len == 0)
        return false;
    size_t key_end = 0;
    while (key_end < rest->len && rest->ptr[key_end] != '=' && rest->ptr[key_end] != ' ')
        key_end++;
    *ret_key = span_sub(*rest, 0, key_end);
    if (key_end == rest->len || rest->ptr[key_end] == ' ') {
        *ret_value = (span){0};
        *rest = span_sub(*rest, key_end, rest->len);
        return true;
    }
    span value = span_sub(*rest, key_end + 1, rest->len);
    if (span_starts(value, "\"")) {
        size_t close = span_find(value, 1, '"');
        while (close + 1 < value.len && value.ptr[close + 1] != ' ')
            close = span_find(value, close + 1, '"');
        /* A value that was cut off before its quote goes to the end. */
        *ret_value = span_sub(value, 1, close - 1);
        *rest = span_sub(value, close + 1, value.len);
        return true;
    }
    size_t end = span_find(value, 0, ' ');
    *ret_value = span_sub(value, 0, end);
    *rest = span_sub(value, end, value.len);
    return true;
}

static bool value_needs_quotes(span value)
{
    return value.len == 0 || span_find(value, 0, ' ') < value.len ||
           span_find(value, 0, '"') < value.len || span_find(value, 0, '=') < value.len;
}

static void put_logfmt(struct buf *line, span key, span value)
{
    if (line->len > 0)
        buf_add_char(line, ' ');
    buf_add_span(line, key);
    buf_add_char(line, '=');
    if (!value_needs_quotes(value)) {
        buf_add_span(line, value);
        return;
    }
    buf_add_char(line, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '"' || value.ptr[i] == '\\')
            buf_add_char(line, '\\');
        buf_add_char(line, value.ptr[i]);
    }
    buf_add_char(line, '"');
}

static void clean(char *text, size_t len)
{
    bool utf8 = span_utf8((span){text, len});
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F)
            text[i] = ' ';
        else if (c >= 0x80 && !utf8)
            text[i] = '?';
    }
}

/* The head's three fields, then the pairs as far as they fit. The buf comes with a ceiling
   that leaves room for what closes the line. */
static void put_line(struct buf *line, const char *level, const char *what, span pairs)
{
    char ts[DATE_TEXT_LEN + 1];
    date_text(clock_now(&clock_real), ts);
    const span head[][2] = {{SPAN("ts"), {ts, DATE_TEXT_LEN}},
                            {SPAN("level"), span_of(level)},
                            {SPAN("event"), span_of(what)}};
    bool as_json = setup_format == LOG_JSON;
    struct json json;
    json_start(&json, line);
    if (as_json)
        json_open(&json, NULL, '{');
    span key, value;
    for (size_t i = 0; i < COUNT_OF(head) || pair_next(&pairs, &key, &value); i++) {
        size_t whole = line->len;
        if (i < COUNT_OF(head)) {
            key = head[i][0];
            value = head[i][1];
        }
        if (as_json)
            json_put_text_at(&json, key, value);
        else
            put_logfmt(line, key, value);
        if (!buf_ok(line)) {
            buf_cut(line, whole);
            break;
        }
    }
    line->ceiling = LIMIT_LOG_LINE;
    if (as_json)
        json_close(&json, '}');
    buf_add_char(line, '\n');
}

void log_event(enum log_level level, const char *what, const char *format, ...)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    if (level < setup_least)
        return;
    char pairs[PAIRS_BYTES];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(pairs, sizeof pairs, format, list);
    va_end(list);
    if (len < 0)
        len = 0;
    size_t kept = (size_t)len < sizeof pairs ? (size_t)len : sizeof pairs - 1;
    clean(pairs, kept);
    struct buf line;
    buf_init(&line, LIMIT_LOG_LINE - 2);
    put_line(&line, levels[level], what, (span){pairs, kept});
    /* Nobody can be told that the log is gone. */
    if (buf_ok(&line) && write(STDERR_FILENO, line.ptr, line.len) < 0)
        (void)0;
    buf_done(&line);
}
