/*
 * Colours of text for a terminal: the one palette, and the one way in which what the commands print
 * is painted. The text itself is never changed: without the escapes it is what a pipe gets.
 *
 * Whether to paint at all is the caller's to know (app/say.c: a terminal, and no NO_COLOR).
 */
#ifndef BASE_PAINT_H
#define BASE_PAINT_H
#include "buf.h"

enum paint { PAINT_PLAIN, PAINT_BOLD, PAINT_DIM, PAINT_INFO, PAINT_GOOD, PAINT_WAIT, PAINT_BAD };

/* The escape that begins it; PAINT_PLAIN ends any. */
const char *paint_code(enum paint paint);

/* Headings (a line at the margin, first or after an empty one, and with more under it) are bold,
   and the first word of each other line that is a verdict or a state has its colour. Later ones are
   left alone: they are in somebody's sentence. */
void paint_text(struct buf *out, span text);

#endif
