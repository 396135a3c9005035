/*
 * Bytes that grow, up to a mandatory ceiling. Overflow sticks: after it every
 * append is a no-op, and the owner asks buf_ok() once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H
#include "span.h"

struct buf {
    char *ptr;
    size_t len, room, ceiling;
    bool overflow;
};

void buf_init(struct buf *buf, size_t ceiling);
void buf_done(struct buf *buf);
void buf_reset(struct buf *buf);                     /* empty, overflow cleared, memory kept */
void buf_cut(struct buf *buf, size_t len);           /* back to `len` bytes, overflow cleared */
char *buf_reserve_more(struct buf *buf, size_t len); /* buf_reserve's slow path */
/* Room for `len` more bytes to be written at the address returned by the caller, who then
   adds to buf->len. NULL on overflow. */
static inline char *buf_reserve(struct buf *buf, size_t len)
{
    bool fits = !buf->overflow && len < buf->room - buf->len;
    return fits ? buf->ptr + buf->len : buf_reserve_more(buf, len);
}
static inline void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    char *at = len > 0 ? buf_reserve(buf, len) : NULL;
    if (at == NULL)
        return;
    memcpy(at, bytes, len);
    buf->len += len;
}
static inline void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}
void buf_add_span(struct buf *buf, span s);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_html(struct buf *buf, span s); /* as text of a page, or of an attribute in quotes */
void buf_print(struct buf *buf, const char *format, ...) PRINTF(2, 3);
bool buf_ok(const struct buf *buf);
static inline span buf_span(const struct buf *buf)
{
    return (span){buf->ptr, buf->len};
}

#endif
