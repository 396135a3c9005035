/*
 * `sidetrack export PERSON`: everything the database holds of somebody, as one JSON document, for
 * the person who asked (sources 1.9). --due lists who waits for his.
 *
 * Found as `forget` finds it (store/dossier.h), so what is told is what would be erased. Streams:
 * the journal is read in windows.
 */
#include <stdio.h>

#include "../base/date.h"
#include "../base/limits.h"
#include "../base/ulid.h"
#include "../store/erase.h"
#include "look.h"
#include "../story/show.h"
#include "verbs.h"

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
                                 struct json *json)
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
            if (json->out->len < MIB)
                continue;
            fwrite(json->out->ptr, 1, json->out->len, stdout);
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

static enum status write_dossier(struct view *view, struct arena *arena,
                                 const struct dossier *dossier)
{
    struct buf out;
    struct json json;
    buf_init(&out, SHOW_BYTES);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_text(&json, "made_at", date_print(arena, clock_now(&clock_real)));
    json_put_int(&json, "store", dossier->shop);
    enum status status = write_person(view, arena, dossier, &json);
    if (status == OK)
        status = write_orders(view, arena, dossier, &json);
    if (status == OK)
        status = write_journal(view, dossier, &json);
    json_close(&json, '}');
    json_end(&json);
    buf_add_char(&out, '\n');
    if (status == OK && !buf_ok(&out))
        status = FULL;
    if (status == OK)
        fwrite(out.ptr, 1, out.len, stdout);
    buf_done(&out);
    return status;
}

static enum status find(struct view *view, struct arena *arena, int64_t shop, span text,
                        struct dossier *ret_dossier)
{
    struct dossier_name names[2];
    unsigned count = look_names(arena, text, names);
    int64_t person = 0;
    if (ulid_valid(text)) {
        person = visitor_owner(view, shop, text, clock_now(&clock_real));
        count = 0;
    }
    return dossier_find(view, arena, shop, names, count, person, NULL, 0, ret_dossier);
}

static int export_person(struct store *store, const struct args *args, struct arena *arena)
{
    struct view *view = store_view(store);
    int64_t first, last, now = clock_now(&clock_real);
    unsigned found = 0, answered = 0;
    enum status status = look_stores(view, args, &first, &last);
    if (status != OK)
        return EXIT_WRONG;
    for (int64_t shop = first; shop <= last && status == OK; shop++) {
        struct dossier dossier;
        unsigned count = 0;
        if (!view_has_shop(view, shop))
            continue;
        status = find(view, arena, shop, span_of(args->words[0]), &dossier);
        if (status != OK || (!dossier.person && dossier.order_count == 0))
            continue;
        status = write_dossier(view, arena, &dossier);
        if (status == OK)
            status = store_begin(store);
        if (status == OK)
            status = erase_answered(store, &dossier, now, &count);
        if (status == OK)
            status = store_commit(store);
        found++;
        answered += count;
    }
    if (status != OK) {
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", store_trouble(store));
        return EXIT_FAILED;
    }
    if (!found) {
        fprintf(stderr, "sidetrack: nobody is known as `%s`\n", args->words[0]);
        return EXIT_FAILED;
    }
    fprintf(stderr, "Receipt: exported %.*s, %u store%s, %u request%s answered\n",
            SPAN_ARG(date_print(arena, now)), found, found == 1 ? "" : "s", answered,
            answered == 1 ? "" : "s");
    return EXIT_DONE;
}

static int list_due(struct store *store, struct arena *arena)
{
    struct erase_request *requests;
    unsigned count;
    if (erase_requests(store_view(store), arena, &requests, &count) != OK)
        return EXIT_FAILED;
    for (unsigned i = 0; i < count; i++)
        printf("due %.*s  customer %.*s  %.*s\n", SPAN_ARG(date_print(arena, requests[i].due_at)),
               SPAN_ARG(requests[i].customer), SPAN_ARG(requests[i].email));
    if (count == 0)
        printf("Nobody waits for his data.\n");
    return EXIT_DONE;
}

int export_verb(const struct args *args)
{
    struct arena arena;
    struct store *store;
    struct error error = {{0}};
    const char *path;
    bool due = args_get(args, "due") != NULL;
    if (due == (args->word_count == 1)) {
        fprintf(stderr, "sidetrack export: PERSON or --due\n");
        return EXIT_WRONG;
    }
    arena_init(&arena, LIMIT_BATCH_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        code = EXIT_FAILED;
        if (store_visit(path, &store, &error) == OK) {
            code = due ? list_due(store, &arena) : export_person(store, args, &arena);
            store_rollback(store);
            store_close(store);
        } else {
            fprintf(stderr, "sidetrack: %s: %s\n", path,
                    error.text[0] ? error.text : "there is no such database");
        }
    }
    arena_done(&arena);
    return code;
}
