/* Everything the file holds of somebody, as one JSON document; export.h is the contract. */
#include "export.h"

#include "../base/date.h"
#include "../base/limits.h"
#include "../destinations/list.h"
#include "../store/erase.h"
#include "show.h"

/* What went to the destinations of this row's event, and what they answered; where it did not go,
   why. */
static enum status put_sent(struct view *view, struct arena *arena, int64_t shop, int64_t seq,
                            struct json *json, struct export_told *told)
{
    enum status status = OK;
    json_open(json, "sent", '[');
    for (unsigned i = 0; list_destinations[i] && status == OK; i++) {
        span name = span_of(list_destinations[i]->name);
        struct bookmark_row bookmark;
        struct batch_row *batches;
        struct letter_row letter;
        unsigned count;
        enum status had = bookmark_get(view, arena, shop, name, &bookmark), has = MISSING;
        if (had == MISSING)
            continue;
        status = had == OK ? batch_of_seq(view, arena, shop, name, seq, &batches, &count) : had;
        if (status == OK)
            has = letter_of_seq(view, arena, shop, name, seq, &letter);
        if (has != OK && has != MISSING)
            status = has;
        if (status != OK || (count == 0 && has == MISSING))
            continue;
        json_open(json, NULL, '{');
        json_put_text(json, "destination", name);
        json_open(json, "requests", '[');
        for (unsigned k = 0; k < count; k++)
            show_batch_json(json, &batches[k]);
        json_close(json, ']');
        json_open(json, "letters", '[');
        if (has == OK)
            show_letter_json(json, &letter);
        json_close(json, ']');
        json_close(json, '}');
        told->batches += count;
        told->letters += has == OK;
    }
    json_close(json, ']');
    return status;
}

static enum status put_journal(struct view *view, struct arena *arena,
                               const struct dossier *dossier, const struct journal_row *row,
                               struct json *json, struct export_told *told)
{
    bool withheld = dossier_is_anothers(dossier, row);
    enum status status = OK;
    json_open(json, NULL, '{');
    json_put_int(json, "seq", row->seq);
    json_put_int(json, "received_at", row->received_at);
    if (withheld) {
        json_put_text(json, "withheld",
                      SPAN("another person's, and says an identifier of this one"));
    } else {
        json_put_raw(json, "event", row->body);
        status = put_sent(view, arena, row->shop, row->seq, json, told);
    }
    json_close(json, '}');
    told->journal++;
    return status;
}

/* Where the pieces go, if anywhere. */
struct drain {
    export_take *take;
    void *arg;
};

static void flush_full(const struct drain *drain, struct json *json)
{
    if (!drain->take || json->out->len < MIB)
        return;
    drain->take(drain->arg, buf_span(json->out));
    buf_reset(json->out);
}

/* Written out as it grows: a person may have a hundred thousand events. */
static enum status write_journal(struct view *view, const struct dossier *dossier,
                                 const struct drain *drain, struct json *json,
                                 struct export_told *told)
{
    int64_t head;
    enum status status = journal_head(view, &head);
    json_open(json, "journal", '[');
    for (int64_t after = 0; status == OK && after < head; after += ERASE_ROWS) {
        struct arena arena, each;
        struct journal_row *rows;
        unsigned count;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        arena_init(&each, LIMIT_BATCH_ARENA);
        status = dossier_rows(view, &arena, dossier, after, after + ERASE_ROWS, &rows, &count);
        for (unsigned i = 0; i < count && status == OK; i++) {
            status = put_journal(view, &each, dossier, &rows[i], json, told);
            arena_reset(&each);
            flush_full(drain, json);
        }
        arena_done(&each);
        arena_done(&arena);
    }
    json_close(json, ']');
    return status;
}

/* What Shopify signed and we did not understand, as text. */
static enum status write_quarantine(struct view *view, struct arena *arena,
                                    const struct dossier *dossier, const struct drain *drain,
                                    struct json *json, struct export_told *told)
{
    struct dossier_odd *odd;
    unsigned count;
    enum status status = dossier_quarantine(view, arena, dossier, &odd, &count);
    json_open(json, "not_understood", '[');
    for (unsigned i = 0; status == OK && i < count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "topic", odd[i].topic);
        json_put_int(json, "at", odd[i].at);
        json_put_text(json, "body",
                      span_utf8(odd[i].body) ? odd[i].body : SPAN("(it is not text)"));
        json_close(json, '}');
        told->quarantine++;
        flush_full(drain, json);
    }
    json_close(json, ']');
    return status;
}

static enum status write_orders(struct view *view, struct arena *arena,
                                const struct dossier *dossier, struct json *json,
                                struct export_told *told)
{
    json_open(json, "orders", '[');
    for (unsigned i = 0; i < dossier->order_count; i++) {
        struct order_row row;
        struct outcome_row *outcomes;
        unsigned count;
        enum status status = order_get(view, arena, dossier->orders[i], &row);
        if (status == MISSING)
            continue;
        if (status == OK)
            status = outcome_of_order(view, arena, row.key, &outcomes, &count);
        if (status != OK)
            return status;
        json_open(json, NULL, '{');
        json_put_text(json, "id", row.id);
        json_put_text(json, "order_id", row.order_id);
        json_put_text(json, "name", row.name);
        json_put_text(json, "state", span_of(order_state_text(row.state)));
        json_put_raw(json, "shop_said", row.server);
        json_put_raw(json, "browser_said", row.browser);
        json_open(json, "told", '[');
        for (unsigned k = 0; k < count; k++) {
            json_open(json, NULL, '{');
            json_put_text(json, "destination", outcomes[k].destination);
            json_put_text(json, "event", span_of(names_text(outcomes[k].name)));
            json_put_text(json, "state", span_of(outcome_state_text(outcomes[k].state)));
            json_put_text(json, "reason", outcomes[k].reason);
            json_put_int(json, "at", outcomes[k].at);
            json_close(json, '}');
        }
        told->orders++;
        told->outcomes += count;
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
    return OK;
}

static enum status write_requests(struct view *view, struct arena *arena,
                                  const struct dossier *dossier, struct json *json)
{
    struct erase_request *requests;
    unsigned count;
    enum status status = erase_requests_of(view, arena, dossier, &requests, &count);
    if (status != OK)
        return status;
    json_open(json, "requests", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "customer_id", requests[i].customer);
        json_put_text(json, "email", requests[i].email);
        json_put_text(json, "phone", requests[i].phone);
        json_put_int(json, "asked_at", requests[i].asked_at);
        json_put_int(json, "due_at", requests[i].due_at);
        json_put_int(json, "answered_at", requests[i].answered_at);
        json_close(json, '}');
    }
    json_close(json, ']');
    return OK;
}

static enum status write_visitors(struct view *view, struct arena *arena,
                                  const struct dossier *dossier, struct json *json,
                                  struct export_told *told)
{
    enum status status = OK;
    json_open(json, "visitors", '[');
    for (unsigned i = 0; i < dossier->stay_count; i++) {
        struct visitor_row visitor;
        status = visitor_get(view, arena, dossier->shop, dossier->stays[i].visitor, &visitor);
        if (status == MISSING)
            continue;
        if (status != OK)
            return status;
        struct event shown = {.client = visitor.client, .consent = visitor.consent};
        if (dossier->stays[i].shared) /* it may be the other's click, address or device */
            shown.client = (struct client){0};
        struct buf body;
        buf_init(&body, MIB);
        event_write(&body, &shown);
        json_open(json, NULL, '{');
        json_put_text(json, "visitor", visitor.visitor);
        json_put_bool(json, "shared", dossier->stays[i].shared);
        json_put_int(json, "first_at", visitor.first_at);
        json_put_int(json, "last_at", visitor.last_at);
        json_put_raw(json, "shown", arena_copy(arena, buf_span(&body)));
        json_close(json, '}');
        buf_done(&body);
        told->visitors++;
    }
    json_close(json, ']');
    return OK;
}

static enum status write_person(struct view *view, struct arena *arena,
                                const struct dossier *dossier, struct json *json,
                                struct export_told *told)
{
    struct person_row row;
    struct person_note *notes = NULL;
    unsigned count = 0;
    enum status status = person_get(view, arena, dossier->person, &row);
    if (status == OK) {
        show_person_json(json, "person", &row);
        status = person_story(view, arena, row.id, &notes, &count);
    }
    if (status != OK && status != MISSING)
        return status;
    json_open(json, "identifiers", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_put_text(json, "kind", notes[i].kind);
        json_put_text(json, "text", notes[i].text);
        json_put_int(json, "at", notes[i].at);
        json_close(json, '}');
    }
    json_close(json, ']');
    return write_visitors(view, arena, dossier, json, told);
}

enum status export_write(struct view *view, struct arena *arena, const struct dossier *dossier,
                         int64_t now, export_take *take, void *arg, struct buf *out,
                         struct export_told *ret_told)
{
    struct json json;
    struct export_told told = {0};
    const struct drain drain = {take, arg};
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "made_at", date_print(arena, now));
    json_put_int(&json, "store", dossier->shop);
    enum status status = write_person(view, arena, dossier, &json, &told);
    if (status == OK)
        status = write_requests(view, arena, dossier, &json);
    if (status == OK)
        status = write_orders(view, arena, dossier, &json, &told);
    if (status == OK)
        status = write_journal(view, dossier, &drain, &json, &told);
    if (status == OK)
        status = write_quarantine(view, arena, dossier, &drain, &json, &told);
    if (status != OK) /* in the middle of some list, maybe: there is nothing to close */
        return status;
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(out, '\n');
    if (!buf_ok(out))
        return FULL;
    if (take) {
        take(arg, buf_span(out));
        buf_reset(out);
    }
    *ret_told = told;
    return OK;
}

enum status export_is_said(struct view *view, const struct dossier *dossier, bool *ret_said)
{
    int64_t head;
    enum status status = journal_head(view, &head);
    bool said = false;
    for (int64_t after = 0; status == OK && after <= head && !said; after += ERASE_ROWS) {
        struct arena arena;
        struct journal_row *rows;
        struct dossier_odd *odd;
        unsigned count, odd_count = 0;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        status = dossier_rows(view, &arena, dossier, after, after + ERASE_ROWS, &rows, &count);
        if (status == OK && after == 0)
            status = dossier_quarantine(view, &arena, dossier, &odd, &odd_count);
        said = status == OK && (count > 0 || odd_count > 0);
        arena_done(&arena);
    }
    if (status == OK)
        *ret_said = said;
    return status;
}

span export_told_text(struct arena *arena, const struct export_told *told)
{
    return arena_print(arena,
                       "{\"journal\":%lld,\"letter\":%lld,\"batch\":%lld,\"orders\":%lld,"
                       "\"outcome\":%lld,\"visitor\":%lld,\"quarantine\":%lld}",
                       (long long)told->journal, (long long)told->letters, (long long)told->batches,
                       (long long)told->orders, (long long)told->outcomes,
                       (long long)told->visitors, (long long)told->quarantine);
}
