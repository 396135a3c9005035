/* Colours of text for a terminal; paint.h is the contract. */
#include "paint.h"

#include <string.h>

const char *paint_code(enum paint paint)
{
    static const char *const codes[] = {
        [PAINT_PLAIN] = "\033[0m", [PAINT_BOLD] = "\033[1m",  [PAINT_DIM] = "\033[2m",
        [PAINT_INFO] = "\033[36m", [PAINT_GOOD] = "\033[32m", [PAINT_WAIT] = "\033[33m",
        [PAINT_BAD] = "\033[1;31m"};
    return codes[paint];
}

static const struct {
    const char *word;
    enum paint paint;
} verdicts[] = {
    {"delivered", PAINT_GOOD}, {"ok", PAINT_GOOD},         {"taken", PAINT_GOOD},
    {"SENT", PAINT_GOOD},      {"ADJUSTED", PAINT_GOOD},   {"well", PAINT_GOOD},
    {"waiting", PAINT_WAIT},   {"later", PAINT_WAIT},      {"HELD", PAINT_WAIT},
    {"READY", PAINT_WAIT},     {"KNOWN", PAINT_WAIT},      {"SEEN_BROWSER", PAINT_WAIT},
    {"warning", PAINT_WAIT},   {"skipped", PAINT_DIM},     {"dropped", PAINT_DIM},
    {"EXCLUDED", PAINT_DIM},   {"DROPPED", PAINT_DIM},     {"dead", PAINT_BAD},
    {"refused", PAINT_BAD},    {"unreachable", PAINT_BAD}, {"paused", PAINT_BAD},
    {"unknown", PAINT_BAD},    {"firing", PAINT_BAD},      {"DIFFERS", PAINT_BAD},
};

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '@';
}

static enum paint verdict_of(span word)
{
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (span_is(word, verdicts[i].word))
            return verdicts[i].paint;
    return PAINT_PLAIN;
}

static void put(struct buf *out, span text, enum paint paint)
{
    if (paint != PAINT_PLAIN)
        buf_add_text(out, paint_code(paint));
    buf_add_span(out, text);
    if (paint != PAINT_PLAIN)
        buf_add_text(out, paint_code(PAINT_PLAIN));
}

static void put_line(struct buf *out, span line)
{
    for (size_t at = 0, end; at < line.len; at = end) {
        for (end = at; end < line.len && is_word(line.ptr[end]);)
            end++;
        enum paint paint = verdict_of(span_sub(line, at, end - at));
        if (paint != PAINT_PLAIN) {
            put(out, span_sub(line, 0, at), PAINT_PLAIN);
            put(out, span_sub(line, at, end - at), paint);
            put(out, span_sub(line, end, line.len - end), PAINT_PLAIN);
            return;
        }
        end += end == at;
    }
    buf_add_span(out, line);
}

void paint_text(struct buf *out, span text)
{
    bool fresh = true; /* at the beginning, or after an empty line */
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        end = span_find(text, at, '\n');
        span line = span_sub(text, at, end - at);
        if (fresh && line.len > 0 && line.ptr[0] != ' ' && end + 1 < text.len)
            put(out, line, PAINT_BOLD);
        else
            put_line(out, line);
        if (end < text.len)
            buf_add_char(out, '\n');
        fresh = line.len == 0;
    }
}
