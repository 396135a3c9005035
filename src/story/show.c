/*
 * The lines and objects that all stories are made of, for the command line and for the API alike.
 */
#include "show.h"

#include "../base/date.h"
#include "../base/limits.h"

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

void show_journal_columns(struct buf *out, const struct journal_row *row)
{
    const char *name = names_text(row->name);
    buf_print(out, "  #%-6lld %-8s %-26s ", (long long)row->seq, event_source_text(row->source),
              *name ? name : "(custom)");
    show_line(out, row->event_id, 64);
    buf_add_char(out, '\n');
}

void show_journal_line(struct buf *out, const struct journal_row *row)
{
    buf_add_text(out, "  ");
    show_time(out, row->received_at);
    show_journal_columns(out, row);
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
    for (unsigned i = 0; i < result->batch_count; i++)
        show_batch_line(out, &result->batches[i]);
}

void show_batch_line(struct buf *out, const struct batch_row *batch)
{
    buf_add_text(out, "      ");
    if (batch->state == BATCH_SENDING)
        buf_add_text(out, "on its way");
    else if (batch->status == 0) /* skipped, or nobody answered */
        buf_print(out, "%.*s",
                  SPAN_ARG(span_empty(batch->verdict) ? SPAN("no answer") : batch->verdict));
    else
        buf_print(out, "HTTP %d, %.*s", batch->status, SPAN_ARG(batch->verdict));
    buf_print(out, ", %u event%s in the request, %u attempt%s", batch->count,
              batch->count == 1 ? "" : "s", batch->attempts, batch->attempts == 1 ? "" : "s");
    if (!span_empty(batch->code))
        buf_print(out, ", code %.*s", SPAN_ARG(batch->code));
    if (!span_empty(batch->answer)) {
        buf_add_text(out, ": ");
        show_line(out, batch->answer,
                  span_starts(batch->answer, "part ") ? LIMIT_ANSWER_KEPT : 200);
    }
    buf_add_char(out, '\n');
}

#define BY_PLATFORM "platform: " /* how the reason begins when an answer did it */

void show_paused_line(struct buf *out, const struct bookmark_row *row)
{
    bool platform = span_starts(row->paused_reason, BY_PLATFORM);
    buf_print(out, "  %-9.*s paused: ", SPAN_ARG(row->destination));
    show_line(out, span_empty(row->paused_reason) ? SPAN("by a person") : row->paused_reason, 200);
    if (platform)
        buf_add_text(out,
                     "\n            It refuses us, not the events: put a good token (or what it "
                     "asks for) into\n            the config and send SIGHUP, or restart. What "
                     "waits is sent then; nothing is lost.");
    buf_add_char(out, '\n');
}

void show_odd_line(struct buf *out, const struct journal_odd *row)
{
    buf_add_text(out, "  ");
    show_time(out, row->at);
    buf_print(out, "  %.*s, %.*s %.*s: ",
              SPAN_ARG(span_empty(row->shop_name) ? SPAN("no store") : row->shop_name),
              SPAN_ARG(row->source), SPAN_ARG(row->topic));
    show_line(out, row->reason, 200);
    buf_add_text(out, "\n      ");
    if (span_utf8(row->body))
        show_line(out, row->body, 200);
    else
        buf_print(out, "(%zu bytes that are no text)", row->body.len);
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
    json_open(json, "requests", '[');
    for (unsigned i = 0; i < result->batch_count; i++)
        show_batch_json(json, &result->batches[i]);
    json_close(json, ']');
    json_close(json, '}');
}

void show_batch_json(struct json *json, const struct batch_row *batch)
{
    json_open(json, NULL, '{');
    json_put_int(json, "sent_at", batch->sent_at);
    json_put_bool(json, "answered", batch->state == BATCH_SETTLED);
    json_put_int(json, "status", batch->status);
    json_put_int(json, "events", batch->count);
    json_put_int(json, "attempts", batch->attempts);
    json_put_text(json, "verdict", batch->verdict);
    json_put_text(json, "code", batch->code);
    json_put_text(json, "answer", batch->answer);
    json_close(json, '}');
}

void show_odd_json(struct json *json, const struct journal_odd *row)
{
    json_open(json, NULL, '{');
    json_put_int(json, "id", row->id);
    json_put_text(json, "store", row->shop_name);
    json_put_text(json, "source", row->source);
    json_put_text(json, "topic", row->topic);
    json_put_text(json, "reason", row->reason);
    json_put_int(json, "at", row->at);
    json_put_text(json, "body", span_utf8(row->body) ? row->body : SPAN("(no text)"));
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
    struct show_result result = {.outcome = *outcome}; /* batches are forgotten before orders are */
    enum status status = batch_of_seq(view, arena, outcome->shop, outcome->destination,
                                      outcome->seq, &result.batches, &result.batch_count);
    if (status == OK)
        *ret_result = result;
    return status;
}
