/*
 * The inside of JSON strings, both ways. For json_write.c and json_read.cc only.
 */
#ifndef BASE_JSON_ESCAPE_H
#define BASE_JSON_ESCAPE_H
#include "buf.h"

/* Writes `text` in quotes, then the byte `after` ('\0': nothing), e.g. the ':' of a key. */
void json_put_escaped(struct buf *out, span text, char after);
/* Unescapes at…end, the inside of a string, where it stands; it never becomes longer. The end of
   the result, NULL for a bad escape. Surrogates without their half become U+FFFD. */
char *json_unescape(char *at, const char *end);

#endif
