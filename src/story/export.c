/* Everything the file holds of somebody, as one JSON document; export.h is the contract. */
#include "export.h"

#include "../base/date.h"
#include "../base/limits.h"
#include "../store/erase.h"
#include "show.h"

static void put_journal(struct json *json, const struct journal_row *row)
{
    json_open(json, NULL, '{');
    json_put_int(json, "seq", row->seq);
    json_put_int(json, "received_at", row->received_at);
    json_put_raw(json, "event", row->body);
    json_close(json, '}');
}

/* Written out after each window: a person may have a hundred thousand events. */
static enum status write_journal(struct view *view, const struct dossier *dossier,
                                 export_take *take, void *arg, struct json *json)
{
    int64_t head = journal_head(view);
    enum status status = OK;
    json_open(json, "journal", '[');
    for (int64_t after = 0; after < head && status == OK; after += ERASE_ROWS) {
        struct arena arena;
        struct journal_row *rows;
        unsigned count;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        status = dossier_rows(view, &arena, dossier, after, after + ERASE_ROWS, &rows, &count);
        for (unsigned i = 0; i < count && status == OK; i++) {
            put_journal(json, &rows[i]);
            if (!take || json->out->len < MIB)
                continue;
            take(arg, buf_span(json->out));
            buf_reset(json->out);
        }
        arena_done(&arena);
    }
    json_close(json, ']');
    return status;
}

static enum status write_orders(struct view *view, struct arena *arena,
                                const struct dossier *dossier, struct json *json)
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
            json_put_int(json, "at", outcomes[k].at);
            json_close(json, '}');
        }
        json_close(json, ']');
        json_close(json, '}');
    }
    json_close(json, ']');
    return OK;
}

static enum status write_person(struct view *view, struct arena *arena,
                                const struct dossier *dossier, struct json *json)
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
    json_open(json, "visitors", '[');
    for (unsigned i = 0; i < dossier->stay_count; i++) {
        struct visitor_row visitor;
        if (visitor_get(view, arena, dossier->shop, dossier->stays[i].visitor, &visitor) != OK)
            continue;
        const struct event shown = {.client = visitor.client, .consent = visitor.consent};
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
    }
    json_close(json, ']');
    return OK;
}

enum status export_write(struct view *view, struct arena *arena, const struct dossier *dossier,
                         int64_t now, export_take *take, void *arg, struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "made_at", date_print(arena, now));
    json_put_int(&json, "store", dossier->shop);
    enum status status = write_person(view, arena, dossier, &json);
    if (status == OK)
        status = write_orders(view, arena, dossier, &json);
    if (status == OK)
        status = write_journal(view, dossier, take, arg, &json);
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(out, '\n');
    if (status == OK && !buf_ok(out))
        status = FULL;
    if (status == OK && take) {
        take(arg, buf_span(out));
        buf_reset(out);
    }
    return status;
}
