/* A page that `describe` writes: text, or Markdown for docs/. Private to describe*.c. */
#ifndef APP_DESCRIBE_H
#define APP_DESCRIBE_H
#include <stdio.h>

#include "config_row.h"

/* A table is columns of text, or of Markdown. */
struct page {
    FILE *out;
    bool markdown;
    struct arena arena;
};

void describe_heading(struct page *page, const char *text);
void describe_columns(struct page *page, const char *a, const char *b, const char *c);
void describe_line(struct page *page, const char *a, const char *b, const char *c);
void describe_rows(struct page *page, const struct config_row *rows, const char *before);

void describe_destination(struct page *page, const struct destination *destination);
void describe_limits(struct page *page); /* of all destinations: docs/destinations/limits.md */

#endif
