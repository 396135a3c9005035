/*
 * A growing byte buffer with a ceiling somebody had to choose. The idea is curl's dynbuf:
 * nobody checks an append; the first one that does not fit sets `overflow`, from then on
 * appends do nothing, and the owner asks once, at the end, whether what stands there is
 * whole. An append is written whole or not at all.
 *
 * Room doubles, from 256 bytes; memory that malloc refuses aborts (bufs are small things).
 */
#include "buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ROOM_FIRST 256

void buf_init(struct buf *buf, size_t ceiling)
{
    *buf = (struct buf){.ceiling = ceiling};
}

void buf_done(struct buf *buf)
{
    free(buf->ptr);
    *buf = (struct buf){.ceiling = buf->ceiling};
}

void buf_cut(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len = len;
    buf->overflow = false;
}

void buf_reset(struct buf *buf)
{
    buf_cut(buf, 0);
}

static void grow(struct buf *buf, size_t need)
{
    size_t room = buf->room ? buf->room : ROOM_FIRST;
    while (room < need && room <= buf->ceiling / 2)
        room *= 2;
    if (room < need || room > buf->ceiling)
        room = buf->ceiling;
    char *ptr = realloc(buf->ptr, room + 1); /* one more for the NUL that vsnprintf insists on */
    if (ptr == NULL)
        abort();
    buf->ptr = ptr;
    buf->room = room;
}

char *buf_reserve_more(struct buf *buf, size_t len)
{
    if (buf->overflow || len > buf->ceiling - buf->len) {
        buf->overflow = true;
        return NULL;
    }
    /* The second half: an empty reserve of an empty buf must not look like overflow. */
    if (len > buf->room - buf->len || buf->ptr == NULL)
        grow(buf, buf->len + (len ? len : 1));
    return buf->ptr + buf->len;
}

void buf_add_span(struct buf *buf, span s)
{
    buf_add(buf, s.ptr, s.len);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_html(struct buf *buf, span s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        const char *entity = c == '<'    ? "&lt;"
                             : c == '>'  ? "&gt;"
                             : c == '&'  ? "&amp;"
                             : c == '"'  ? "&quot;"
                             : c == '\'' ? "&#39;"
                                         : NULL;
        if (entity)
            buf_add_text(buf, entity);
        else
            buf_add_char(buf, c);
    }
}

void buf_print(struct buf *buf, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int len = vsnprintf(NULL, 0, format, list);
    assert(len >= 0);
    char *at = buf_reserve(buf, (size_t)len);
    if (at) {
        vsnprintf(at, (size_t)len + 1, format, again);
        buf->len += (size_t)len;
    }
    va_end(again);
    va_end(list);
}

bool buf_ok(const struct buf *buf)
{
    return !buf->overflow;
}
