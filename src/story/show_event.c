/*
 * One event's story: the row, what each destination did with it and was answered, and its letters.
 * Orders' events have an outcome of their own; of browsing events the requests that carried them
 * tell, and a row that none carried and that the bookmark has passed was skipped.
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

/* What one destination did with the row. */
struct fate {
    const char *word;
    struct bookmark_row bookmark;
    struct show_result result; /* outcome.at 0: the row has no outcome of its own */
};

/* The word for it. A row that nobody carried and that the bookmark has passed was skipped; by which
   rule is in the counters of /metrics. */
static const char *word_of(struct arena *arena, const struct journal_row *row,
                           const struct fate *fate)
{
    const struct show_result *result = &fate->result;
    const struct batch_row *last =
        result->batch_count ? &result->batches[result->batch_count - 1] : NULL;
    if (result->outcome.at != 0) {
        span reason = result->outcome.reason;
        return arena_print(arena, "%s%s%.*s", outcome_state_text(result->outcome.state),
                           span_empty(reason) ? "" : ": ", SPAN_ARG(reason))
            .ptr;
    }
    if (row->audience == 0)
        return "not for destinations";
    if (last && last->state == BATCH_SENDING)
        return "under way";
    if (last && !span_empty(last->verdict))
        return arena_text(arena, last->verdict);
    if (row->seq <= fate->bookmark.low)
        return row->received_at < fate->bookmark.since ? "older than the destination" : "skipped";
    return fate->bookmark.paused ? "waits, the destination is paused" : "under way";
}

/* MISSING: the destination has no bookmark. */
static enum status fate_of(struct view *view, struct arena *arena, const struct journal_row *row,
                           span name, struct fate *ret_fate)
{
    struct fate fate = {0};
    struct show_result *result = &fate.result;
    struct outcome_row outcome;
    enum status status = bookmark_get(view, arena, row->shop, name, &fate.bookmark);
    if (status == OK)
        status = batch_of_seq(view, arena, row->shop, name, row->seq, &result->batches,
                              &result->batch_count);
    if (status != OK)
        return status;
    status = outcome_get(view, arena, row->shop, row->event_id, name, &outcome);
    if (status == OK && outcome.seq == row->seq)
        result->outcome = outcome;
    if (status != OK && status != MISSING)
        return status;
    fate.word = word_of(arena, row, &fate);
    *ret_fate = fate;
    return OK;
}

static void write_fate(struct buf *out, const char *name, const struct fate *fate)
{
    buf_print(out, "  %-9s %s\n", name, fate->word);
    for (unsigned i = 0; i < fate->result.batch_count; i++)
        show_batch_line(out, &fate->result.batches[i]);
    if (fate->bookmark.paused)
        show_paused_line(out, &fate->bookmark);
}

static void write_fate_json(struct json *json, const char *name, const struct fate *fate)
{
    const struct show_result *result = &fate->result;
    json_open(json, NULL, '{');
    json_put_text(json, "destination", span_of(name));
    json_put_text(json, "fate", span_of(fate->word));
    json_put_bool(json, "paused", fate->bookmark.paused);
    if (fate->bookmark.paused)
        json_put_text(json, "paused_reason", fate->bookmark.paused_reason);
    json_open(json, "requests", '[');
    for (unsigned i = 0; i < result->batch_count; i++)
        show_batch_json(json, &result->batches[i]);
    json_close(json, ']');
    json_close(json, '}');
}

static enum status write_destinations(struct view *view, struct arena *arena,
                                      const struct journal_row *row, struct json *json,
                                      struct buf *out)
{
    for (unsigned i = 0; list_destinations[i]; i++) {
        const char *name = list_destinations[i]->name;
        struct fate fate;
        enum status status = fate_of(view, arena, row, span_of(name), &fate);
        if (status == MISSING)
            continue;
        if (status != OK)
            return status;
        if (json)
            write_fate_json(json, name, &fate);
        else
            write_fate(out, name, &fate);
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
