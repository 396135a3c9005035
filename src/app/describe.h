/*
 * A page that `describe` writes: text, Markdown for docs/, or one JSON object. A page is a title,
 * then sections; a section is a heading, then paragraphs, a table, or both. Private to describe*.c.
 *
 *     {"title":"…","about":"…","sections":[{"heading":"…","text":["…"],
 *      "columns":["key","value","what it is"],"rows":[["listen","HOST:PORT","…"]]}]}
 */
#ifndef APP_DESCRIBE_H
#define APP_DESCRIBE_H
#include <stdio.h>

#include "../base/json.h"
#include "config_row.h"

enum page_form { PAGE_TEXT, PAGE_MARKDOWN, PAGE_JSON };
enum page_part { PART_NONE, PART_SECTION, PART_TEXT, PART_TABLE }; /* what was begun last */

struct page {
    struct buf *out;
    enum page_form form;
    struct arena arena;
    struct json json;
    enum page_part part;
};

void describe_begin(struct page *page, struct buf *out, enum page_form form);
void describe_end(struct page *page); /* frees the arena; `out` is the caller's */

/* `made` says in Markdown how the page was made; `about` may be empty. */
void describe_title(struct page *page, const char *title, const char *made, const char *about);
void describe_heading(struct page *page, const char *text);
void describe_text(struct page *page, const char *text); /* one paragraph */
void describe_note(struct page *page, const char *text); /* one line of a list */
void describe_columns(struct page *page, const char *a, const char *b, const char *c);
void describe_line(struct page *page, const char *a, const char *b, const char *c);
void describe_rows(struct page *page, const struct config_row *rows, const char *before);

void describe_destination(struct page *page, const struct destination *destination);
void describe_audit(struct page *page);  /* the store audit: docs/audit.md */
void describe_limits(struct page *page); /* of all destinations: docs/destinations/limits.md */

/* `describe snippet`, `describe pixel`; an exit code. */
struct args;
int describe_paste(const struct args *args);

#endif
