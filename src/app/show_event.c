/*
 * One event's story: the row, whether each destination is past it, what it was answered where that
 * is kept (orders' events), and its letters. Browsing events leave no outcome of their own: the
 * bookmark that has passed them is the proof.
 */
#include "show.h"

#include "../base/limits.h"
#include "../destinations/list.h"

static enum status find(struct view *view, struct arena *arena, span text,
                        struct journal_row **ret_rows, unsigned *ret_count)
{
    int64_t seq;
    if (span_int(text, &seq) == OK && seq > 0) {
        struct journal_row *row = arena_new(arena, struct journal_row);
        enum status status = journal_one(view, arena, seq, row);
        if (status == OK) {
            *ret_rows = row;
            *ret_count = 1;
            return OK;
        }
        if (status != MISSING)
            return status;
    }
    enum status status = journal_by_id(view, arena, text, ret_rows, ret_count);
    return status == OK && *ret_count == 0 ? MISSING : status;
}

/* What destination `name` did with the row, in one word of ours; MISSING: it has no bookmark. */
static enum status passed(struct view *view, struct arena *arena, const struct journal_row *row,
                          span name, const char **ret_word, struct show_result *ret_result)
{
    struct bookmark_row bookmark;
    struct outcome_row outcome;
    enum status status = bookmark_get(view, arena, row->shop, name, &bookmark);
    if (status != OK)
        return status;
    *ret_word = row->audience == 0         ? "not for destinations"
                : row->seq <= bookmark.low ? "settled"
                : bookmark.paused          ? "waits, the destination is paused"
                                           : "under way";
    ret_result->outcome.at = 0;
    status = outcome_get(view, arena, row->shop, row->event_id, name, &outcome);
    if (status == OK && outcome.seq == row->seq)
        return show_result_of(view, arena, &outcome, ret_result);
    return status == MISSING ? OK : status;
}

static enum status write_destinations(struct view *view, struct arena *arena,
                                      const struct journal_row *row, struct json *json,
                                      struct buf *out)
{
    for (unsigned i = 0; list_destinations[i]; i++) {
        const char *word, *name = list_destinations[i]->name;
        struct show_result result = {0};
        enum status status = passed(view, arena, row, span_of(name), &word, &result);
        if (status == MISSING)
            continue;
        if (status != OK)
            return status;
        if (!json) {
            buf_print(out, "  %-8s %s\n", name, word);
            if (result.outcome.at != 0)
                show_result_line(out, &result);
            continue;
        }
        json_open(json, NULL, '{');
        json_put_text(json, "destination", span_of(name));
        json_put_text(json, "bookmark", span_of(word));
        if (result.outcome.at != 0) {
            json_open(json, "outcomes", '[');
            show_result_json(json, &result);
            json_close(json, ']');
        }
        json_close(json, '}');
    }
    return OK;
}

static enum status write_one(struct view *view, struct arena *arena, const struct journal_row *row,
                             struct json *json, struct buf *out)
{
    struct letter_row *letters;
    unsigned count;
    enum status status = show_letters_of(view, arena, row, 1, &letters, &count);
    if (status != OK)
        return status;
    if (!json) {
        show_journal_line(out, row);
        buf_add_text(out, "  ");
        buf_add_span(out, span_empty(row->body) ? SPAN("(erased)") : row->body);
        buf_add_text(out, "\n\nDestinations\n");
        status = write_destinations(view, arena, row, NULL, out);
        if (count > 0)
            buf_add_text(out, "\nLetters\n");
        for (unsigned i = 0; i < count; i++)
            show_letter_line(out, &letters[i]);
        return status;
    }
    json_open(json, NULL, '{');
    json_open(json, "journal", '[');
    show_journal_json(json, row);
    json_close(json, ']');
    json_open(json, "destinations", '[');
    status = write_destinations(view, arena, row, json, out);
    json_close(json, ']');
    json_open(json, "letters", '[');
    for (unsigned i = 0; i < count; i++)
        show_letter_json(json, &letters[i]);
    json_close(json, ']');
    json_close(json, '}');
    return status;
}

enum status show_event(struct view *view, struct arena *arena, span text, bool as_json,
                       struct buf *out)
{
    struct journal_row *rows;
    unsigned count;
    struct json json;
    enum status status = find(view, arena, text, &rows, &count);
    if (status != OK)
        return status;
    json_start(&json, out);
    if (as_json)
        json_open(&json, NULL, '[');
    for (unsigned i = 0; i < count && status == OK; i++)
        status = write_one(view, arena, &rows[i], as_json ? &json : NULL, out);
    if (as_json && status == OK) {
        json_close(&json, ']');
        json_end(&json);
        buf_add_char(out, '\n');
    }
    return status;
}
