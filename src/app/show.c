/*
 * `sidetrack show`, and the lines and objects that all stories are made of.
 */
#include "show.h"

#include "../base/date.h"
#include "../base/limits.h"
#include "look.h"
#include "verbs.h"

/* ---- lines ----------------------------------------------------------------------------------- */

void show_time(struct buf *out, int64_t ms)
{
    char text[DATE_TEXT_LEN + 1];
    if (ms == 0) {
        buf_add_text(out, "-");
        return;
    }
    date_text(ms, text);
    text[10] = ' ';
    buf_print(out, "%.23s", text);
}

void show_line(struct buf *out, span text, size_t most)
{
    bool cut = text.len > most;
    while (cut && most > 0 && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    for (size_t i = 0; i < (cut ? most : text.len); i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        buf_add_char(out, c < 0x20 || c == 0x7f ? ' ' : (char)c);
    }
    if (cut)
        buf_add_text(out, "…");
}

void show_journal_line(struct buf *out, const struct journal_row *row)
{
    const char *name = names_text(row->name);
    buf_add_text(out, "  ");
    show_time(out, row->received_at);
    buf_print(out, "  #%-6lld %-8s %-26s ", (long long)row->seq, event_source_text(row->source),
              *name ? name : "(custom)");
    show_line(out, row->event_id, 64);
    buf_add_char(out, '\n');
}

void show_result_line(struct buf *out, const struct show_result *result)
{
    const struct outcome_row *outcome = &result->outcome;
    buf_add_text(out, "  ");
    show_time(out, outcome->at);
    buf_print(out, "  %-8.*s %-20s %-9s", SPAN_ARG(outcome->destination), names_text(outcome->name),
              outcome_state_text(outcome->state));
    if (!span_empty(outcome->reason))
        buf_print(out, " %.*s", SPAN_ARG(outcome->reason));
    buf_add_char(out, '\n');
    if (result->batch.id == 0)
        return;
    buf_print(out, "      HTTP %d, %u event%s in the request, %u attempt%s", result->batch.status,
              result->batch.count, result->batch.count == 1 ? "" : "s", result->batch.attempts,
              result->batch.attempts == 1 ? "" : "s");
    if (!span_empty(result->batch.answer)) {
        buf_add_text(out, ": ");
        show_line(out, result->batch.answer,
                  span_starts(result->batch.answer, "part ") ? LIMIT_ANSWER_KEPT : 200);
    }
    buf_add_char(out, '\n');
}

void show_letter_line(struct buf *out, const struct letter_row *row)
{
    buf_add_text(out, "  ");
    show_time(out, row->updated_at);
    buf_print(out, "  %-9s %.*s -> %.*s  #%lld %s ", letter_state_text(row->state),
              SPAN_ARG(row->shop_name), SPAN_ARG(row->destination), (long long)row->seq,
              names_text(row->name));
    show_line(out, row->event_id, 64);
    buf_print(out, "\n      %.*s after %u attempt%s", SPAN_ARG(row->reason), row->attempts,
              row->attempts == 1 ? "" : "s");
    if (!span_empty(row->code) || !span_empty(row->words)) {
        buf_print(out, "; %.*s: ", SPAN_ARG(row->code));
        show_line(out, row->words, 300);
    }
    if (row->next_try) {
        buf_add_text(out, "; next try ");
        show_time(out, row->next_try);
    }
    buf_add_char(out, '\n');
}

/* ---- objects --------------------------------------------------------------------------------- */

void show_journal_json(struct json *json, const struct journal_row *row)
{
    json_open(json, NULL, '{');
    json_put_int(json, "seq", row->seq);
    json_put_text(json, "id", row->event_id);
    json_put_text(json, "name", span_of(names_text(row->name)));
    json_put_text(json, "source", span_of(event_source_text(row->source)));
    json_put_int(json, "at", row->at);
    json_put_int(json, "received_at", row->received_at);
    json_put_raw(json, "event", row->body);
    json_close(json, '}');
}

void show_result_json(struct json *json, const struct show_result *result)
{
    const struct outcome_row *outcome = &result->outcome;
    json_open(json, NULL, '{');
    json_put_text(json, "destination", outcome->destination);
    json_put_text(json, "name", span_of(names_text(outcome->name)));
    json_put_text(json, "subject", outcome->subject);
    json_put_text(json, "state", span_of(outcome_state_text(outcome->state)));
    json_put_text(json, "reason", outcome->reason);
    json_put_int(json, "seq", outcome->seq);
    json_put_int(json, "at", outcome->at);
    if (result->batch.id != 0) {
        json_open(json, "request", '{');
        json_put_int(json, "sent_at", result->batch.sent_at);
        json_put_int(json, "status", result->batch.status);
        json_put_int(json, "events", result->batch.count);
        json_put_int(json, "attempts", result->batch.attempts);
        json_put_text(json, "verdict", result->batch.verdict);
        json_put_text(json, "code", result->batch.code);
        json_put_text(json, "answer", result->batch.answer);
        json_close(json, '}');
    }
    json_close(json, '}');
}

void show_letter_json(struct json *json, const struct letter_row *row)
{
    json_open(json, NULL, '{');
    json_put_int(json, "id", row->id);
    json_put_text(json, "store", row->shop_name);
    json_put_text(json, "destination", row->destination);
    json_put_int(json, "seq", row->seq);
    json_put_text(json, "event_id", row->event_id);
    json_put_text(json, "name", span_of(names_text(row->name)));
    json_put_text(json, "state", span_of(letter_state_text(row->state)));
    json_put_text(json, "reason", row->reason);
    json_put_text(json, "code", row->code);
    json_put_text(json, "words", row->words);
    json_put_int(json, "attempts", row->attempts);
    json_put_int(json, "next_try", row->next_try);
    json_put_int(json, "created_at", row->created_at);
    json_put_int(json, "updated_at", row->updated_at);
    json_close(json, '}');
}

/* ---- loading --------------------------------------------------------------------------------- */

enum status show_letters_of(struct view *view, struct arena *arena, const struct journal_row *rows,
                            unsigned count, struct letter_row **ret_letters, unsigned *ret_count)
{
    struct letter_row *all;
    unsigned all_count, kept = 0;
    enum status status = letter_list(view, arena, SHOW_LETTERS, &all, &all_count);
    if (status != OK)
        return status;
    for (unsigned i = 0; i < all_count; i++)
        for (unsigned k = 0; k < count; k++)
            if (all[i].seq == rows[k].seq) {
                all[kept++] = all[i];
                break;
            }
    *ret_letters = all;
    *ret_count = kept;
    return OK;
}

enum status show_result_of(struct view *view, struct arena *arena,
                           const struct outcome_row *outcome, struct show_result *ret_result)
{
    struct show_result result = {.outcome = *outcome};
    if (outcome->batch != 0) {
        enum status status = batch_get(view, arena, outcome->batch, &result.batch);
        if (status != OK && status != MISSING) /* old batches are forgotten before orders are */
            return status;
    }
    *ret_result = result;
    return OK;
}

/* ---- the verb -------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum status (*show)(struct view *view, struct arena *arena, span text, bool as_json,
                        struct buf *out);
} kinds[] = {
    {"order",  show_order },
    {"event",  show_event },
    {"person", show_person}
};

static int show_kind(unsigned kind, const struct args *args, struct arena *arena)
{
    const char *path;
    struct view *view;
    struct buf out;
    if (look_path(args, arena, &path) != OK)
        return EXIT_WRONG;
    if (look_open(path, &view) != OK)
        return EXIT_FAILED;
    buf_init(&out, SHOW_BYTES);
    enum status status = kinds[kind].show(view, arena, span_of(args->words[1]),
                                          args_get(args, "json") != NULL, &out);
    if (status == MISSING)
        fprintf(stderr, "sidetrack: no %s `%s` is known\n", args->words[0], args->words[1]);
    else if (status != OK || !buf_ok(&out))
        fprintf(stderr, "sidetrack: cannot read the store: %s\n",
                buf_ok(&out) ? view_trouble(view) : "the story is too long");
    else
        fwrite(out.ptr, 1, out.len, stdout);
    int code = status == OK && buf_ok(&out) ? EXIT_DONE : EXIT_FAILED;
    buf_done(&out);
    view_close(view);
    return code;
}

int show_verb(const struct args *args)
{
    for (unsigned i = 0; i < COUNT_OF(kinds); i++) {
        if (strcmp(args->words[0], kinds[i].word) != 0)
            continue;
        struct arena arena;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        int code = show_kind(i, args, &arena);
        arena_done(&arena);
        return code;
    }
    fprintf(stderr, "sidetrack show: order, event or person, not `%s`\n", args->words[0]);
    return EXIT_WRONG;
}
