/*
 * `sidetrack describe`: the tables the program works with, as text or as the pages in docs/. A row
 * that is not used cannot be described, and one that is used cannot be forgotten here.
 */
#include <inttypes.h>

#include "../base/limits.h"
#include "../sources/source.h"
#include "describe.h"
#include "verbs.h"

#define DESCRIBE_BYTES (4 * MIB)

#define SOURCE_ROW(name) &source_##name,
static const struct source *const sources[] = {SOURCES(SOURCE_ROW) NULL};

/* Markdown would take |, < and * for its own. */
static const char *cell(struct page *page, const char *text)
{
    struct buf out;
    buf_init(&out, 64 * KIB);
    for (const char *c = text; *c; c++) {
        bool inside = c > text && c[1] && c[-1] != '_' && c[1] != '_'; /* a_b means no emphasis */
        if (page->form == PAGE_MARKDOWN && strchr("|<*_", *c) && !(*c == '_' && inside))
            buf_add_char(&out, '\\');
        buf_add_char(&out, *c);
    }
    const char *copy = arena_text(&page->arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

void describe_begin(struct page *page, struct buf *out, enum page_form form)
{
    *page = (struct page){.out = out, .form = form};
    arena_init(&page->arena, LIMIT_CONFIG_ARENA);
    if (form == PAGE_JSON) {
        json_start(&page->json, out);
        json_open(&page->json, NULL, '{');
    }
}

/* Closes what is open until a `part` can be opened in a section, or a section itself. */
static void close_part(struct page *page, enum page_part part)
{
    if (page->form == PAGE_MARKDOWN && page->part == PART_TEXT && part != PART_SECTION)
        buf_add_char(page->out, '\n');
    if (page->form == PAGE_JSON && (page->part == PART_TEXT || page->part == PART_TABLE))
        json_close(&page->json, ']');
    if (page->form == PAGE_JSON && part == PART_SECTION && page->part != PART_NONE)
        json_close(&page->json, '}');
    page->part = part;
}

void describe_end(struct page *page)
{
    if (page->form == PAGE_JSON) {
        if (page->part != PART_NONE) {
            close_part(page, PART_SECTION);
            json_close(&page->json, ']');
        }
        json_close(&page->json, '}');
        json_end(&page->json);
        buf_add_char(page->out, '\n');
    }
    arena_done(&page->arena);
}

void describe_title(struct page *page, const char *title, const char *made, const char *about)
{
    if (page->form == PAGE_JSON) {
        json_put_text(&page->json, "title", span_of(title));
        if (*about)
            json_put_text(&page->json, "about", span_of(about));
    } else if (page->form == PAGE_MARKDOWN) {
        buf_print(page->out, "# %s\n\n", title);
        if (*made || *about)
            buf_print(page->out, "%s%s%s\n", made, *made && *about ? " " : "", about);
    } else {
        buf_print(page->out, *about ? "%s\n%s\n" : "%s\n", title, about);
    }
}

void describe_heading(struct page *page, const char *text)
{
    if (page->form == PAGE_JSON && page->part == PART_NONE)
        json_open(&page->json, "sections", '[');
    close_part(page, PART_SECTION);
    if (page->form == PAGE_JSON) {
        json_open(&page->json, NULL, '{');
        json_put_text(&page->json, "heading", span_of(text));
    } else {
        buf_print(page->out, page->form == PAGE_MARKDOWN ? "\n## %s\n\n" : "\n%s\n", text);
    }
}

static void text_json(struct page *page, const char *text)
{
    if (page->part != PART_TEXT) {
        close_part(page, PART_TEXT);
        json_open(&page->json, "text", '[');
    }
    json_put_text(&page->json, NULL, span_of(text));
}

void describe_text(struct page *page, const char *text)
{
    if (page->form == PAGE_JSON) {
        text_json(page, text);
    } else {
        close_part(page, PART_TEXT);
        buf_print(page->out, "%s\n", text);
    }
}

void describe_note(struct page *page, const char *text)
{
    if (page->form == PAGE_JSON)
        text_json(page, text);
    else
        buf_print(page->out, "%s%s\n", page->form == PAGE_MARKDOWN ? "- " : "  ", text);
}

static void row_json(struct page *page, const char *a, const char *b, const char *c)
{
    json_put_text(&page->json, NULL, span_of(a));
    json_put_text(&page->json, NULL, span_of(b));
    json_put_text(&page->json, NULL, span_of(c));
    json_close(&page->json, ']');
}

void describe_columns(struct page *page, const char *a, const char *b, const char *c)
{
    close_part(page, PART_TABLE);
    if (page->form == PAGE_JSON) {
        json_open(&page->json, "columns", '[');
        row_json(page, a, b, c);
        json_open(&page->json, "rows", '[');
    } else if (page->form == PAGE_MARKDOWN) {
        buf_print(page->out, "| %s | %s | %s |\n|---|---|---|\n", a, b, c);
    }
}

void describe_line(struct page *page, const char *a, const char *b, const char *c)
{
    if (page->form == PAGE_JSON) {
        json_open(&page->json, NULL, '[');
        row_json(page, a, b, c);
    } else if (page->form == PAGE_MARKDOWN) {
        buf_print(page->out, "| %s | %s | %s |\n", cell(page, a), cell(page, b), cell(page, c));
    } else if (*c) {
        buf_print(page->out, "  %-34s %-34s %s\n", a, b, c);
    } else {
        buf_print(page->out, "  %-34s %s\n", a, b);
    }
}

/* ---- config ---------------------------------------------------------------------------------- */

static const char *value_of(struct page *page, const struct config_row *row)
{
    struct buf out;
    buf_init(&out, 4 * KIB);
    for (const struct option_word *word = row->words; word && word->text; word++)
        buf_print(&out, "%s%s", word == row->words ? "" : " | ", word->text);
    if (!row->words)
        buf_add_text(&out, row->kind->name);
    if (row->required)
        buf_add_text(&out, ", required");
    else if (row->otherwise && row->otherwise[0])
        buf_print(&out, ", default %s", row->otherwise);
    const char *text = arena_text(&page->arena, buf_span(&out));
    buf_done(&out);
    return text;
}

static const char *help_of(struct page *page, const struct config_row *row)
{
    return row->secret ? arena_print(&page->arena, "%s (secret)", row->help).ptr : row->help;
}

void describe_rows(struct page *page, const struct config_row *rows, const char *before)
{
    for (const struct config_row *row = rows; row->key; row++) {
        const char *key = arena_print(&page->arena, "%s%s", before, row->key).ptr;
        if (row->kind == &config_section)
            describe_rows(page, row->rows, arena_print(&page->arena, "%s.", key).ptr);
        else
            describe_line(page, key, value_of(page, row), help_of(page, row));
    }
}

static void describe_config(struct page *page)
{
    describe_title(page, "The config",
                   "Generated by `sidetrack describe config --markdown`. `${NAME}` is the "
                   "environment's, `file:PATH` is that file's content; durations are 120s, 15m, "
                   "12h, 90d, 2y; unknown keys are errors. `sidetrack init` writes one to begin "
                   "with.",
                   "");
    describe_heading(page, "The whole file");
    describe_columns(page, "key", "value", "what it is");
    describe_rows(page, config_top_rows, "");
    describe_heading(page, "Each of stores");
    describe_columns(page, "key", "value", "what it is");
    describe_rows(page, config_store_rows, "");
    describe_heading(page, "Every one of destinations, besides its own options");
    describe_columns(page, "key", "value", "what it is");
    describe_rows(page, config_common_rows, "");
}

/* ---- sources, and the list ------------------------------------------------------------------- */

static void describe_source(struct page *page, const struct source *source)
{
    describe_title(page, source->name, "", source->essay);
    describe_heading(page, "What is read, and what becomes of it");
    describe_columns(page, "theirs", "ours", "");
    for (unsigned i = 0; source->fields && source->fields[i][0]; i++)
        describe_line(page, source->fields[i][0], source->fields[i][1], "");
}

static void describe_all(struct page *page)
{
    describe_title(page, "What can be described", "", "");
    describe_heading(page, "Words for `sidetrack describe`");
    describe_columns(page, "word", "what it is", "");
    describe_line(page, "config", "the whole config file", "");
    describe_line(page, "snippet", "what to paste into the theme (-c FILE)", "");
    describe_line(page, "pixel", "what to paste under Customer events (-c FILE)", "");
    describe_line(page, "limits", "of all destinations, and how each is met", "");
    describe_line(page, "audit", "the checks of `sidetrack audit`, and the tags it knows", "");
    for (unsigned i = 0; list_destinations[i]; i++)
        describe_line(page, list_destinations[i]->name,
                      arena_print(&page->arena, "destination: %s", list_destinations[i]->title).ptr,
                      "");
    for (unsigned i = 0; sources[i]; i++)
        describe_line(page, sources[i]->name,
                      arena_print(&page->arena, "source: %s", sources[i]->essay).ptr, "");
}

static bool describe_word(struct page *page, const char *word)
{
    const struct destination *destination = list_find(span_of(word));
    if (strcmp(word, "config") == 0) {
        describe_config(page);
        return true;
    }
    if (strcmp(word, "audit") == 0) {
        describe_audit(page);
        return true;
    }
    if (strcmp(word, "limits") == 0) {
        describe_limits(page);
        return true;
    }
    if (destination) {
        describe_destination(page, destination);
        return true;
    }
    for (unsigned i = 0; sources[i]; i++)
        if (strcmp(sources[i]->name, word) == 0) {
            describe_source(page, sources[i]);
            return true;
        }
    return false;
}

int describe_verb(const struct args *args)
{
    if (args->word_count > 0 &&
        (strcmp(args->words[0], "snippet") == 0 || strcmp(args->words[0], "pixel") == 0))
        return describe_paste(args);
    struct page page;
    struct buf out;
    bool known = true;
    buf_init(&out, DESCRIBE_BYTES);
    describe_begin(&page, &out,
                   args_get(args, "json")       ? PAGE_JSON
                   : args_get(args, "markdown") ? PAGE_MARKDOWN
                                                : PAGE_TEXT);
    if (args->word_count == 0)
        describe_all(&page);
    else
        known = describe_word(&page, args->words[0]);
    describe_end(&page);
    if (known)
        fwrite(out.ptr, 1, out.len, stdout);
    buf_done(&out);
    if (known)
        return EXIT_DONE;
    fprintf(stderr, "sidetrack: nothing is called `%s`; `sidetrack describe` lists what there is\n",
            args->words[0]);
    return EXIT_WRONG;
}
