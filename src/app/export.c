/*
 * `sidetrack export PERSON`: everything the database holds of somebody, as one JSON document, for
 * the person who asked (sources 1.9). --due lists who waits for his.
 *
 * Written by story/export.h.
 */
#include <stdio.h>

#include "../base/date.h"
#include "../base/limits.h"
#include "../base/ulid.h"
#include "../store/erase.h"
#include "../story/export.h"
#include "../story/show.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

static void print(void *arg, span piece)
{
    (void)arg;
    say_went(); /* both may be the same terminal */
    say_plain(piece);
}

static enum status write_dossier(struct view *view, struct arena *arena,
                                 const struct dossier *dossier, struct export_told *ret_told)
{
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    enum status status =
        export_write(view, arena, dossier, clock_now(&clock_real), print, NULL, &out, ret_told);
    buf_done(&out);
    return status;
}

/* Who is meant, by names or by a visitor's ULID. */
struct wish {
    struct dossier_name names[2];
    unsigned count;
    span visitor;
};

static enum status find(struct view *view, struct arena *arena, int64_t shop,
                        const struct wish *wish, struct dossier *ret_dossier)
{
    int64_t person = span_empty(wish->visitor)
                         ? 0
                         : visitor_owner(view, shop, wish->visitor, clock_now(&clock_real));
    return dossier_find(view, arena, shop, wish->names, wish->count, person, NULL, 0, ret_dossier);
}

/* The receipt, and the shop's requests that are answered by it. */
static enum status note(struct store *store, struct arena *arena, const struct dossier *dossier,
                        const struct wish *wish, const struct export_told *told)
{
    int64_t now = clock_now(&clock_real), id;
    unsigned answered = 0;
    enum status status = store_begin(store);
    if (status == OK)
        status = erase_answered(store, dossier, now, &answered);
    if (status == OK)
        status = erase_told(store, arena, dossier->shop, wish->names, wish->count,
                            export_told_text(arena, told), now, &id);
    if (status == OK)
        status = store_commit(store);
    if (status != OK)
        return status;
    fprintf(stderr,
            "Receipt %lld: export, done %.*s, told %.*s; %u request%s of the shop answered\n",
            (long long)id, SPAN_ARG(date_print(arena, now)),
            SPAN_ARG(export_told_text(arena, told)), answered, answered == 1 ? "" : "s");
    return OK;
}

static int export_person(struct store *store, const struct args *args, struct arena *arena)
{
    struct view *view = store_view(store);
    int64_t first, last;
    unsigned found = 0;
    struct wish wish = {0};
    span text = span_of(args->words[0]);
    enum status status = look_stores(view, args, &first, &last);
    if (status != OK)
        return EXIT_WRONG;
    if (ulid_valid(text))
        wish.visitor = text;
    else
        wish.count = look_names(arena, text, wish.names);
    for (int64_t shop = first; shop <= last && status == OK; shop++) {
        struct dossier dossier;
        struct export_told told = {0};
        if (!view_has_shop(view, shop))
            continue;
        say_going("looking through the journal of store %lld", (long long)shop);
        status = find(view, arena, shop, &wish, &dossier);
        bool said = dossier.person || dossier.order_count > 0;
        if (status == OK && !said)
            status = export_is_said(view, &dossier, &said);
        if (status != OK || !said)
            continue;
        status = write_dossier(view, arena, &dossier, &told);
        if (status == OK)
            status = note(store, arena, &dossier, &wish, &told);
        found++;
    }
    say_went();
    if (status != OK) {
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", store_trouble(store));
        return EXIT_FAILED;
    }
    if (!found) {
        fprintf(stderr, "sidetrack: nobody is known as `%s`\n", args->words[0]);
        return EXIT_FAILED;
    }
    return EXIT_DONE;
}

static void say_due(const struct erase_request *requests, unsigned count)
{
    struct say say;
    struct json *json = say_start(&say);
    json_open(json, "due", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_put_int(json, "due_at", requests[i].due_at);
        json_put_text(json, "customer", requests[i].customer);
        json_put_text(json, "email", requests[i].email);
        json_close(json, '}');
    }
    json_close(json, ']');
    say_end(&say);
}

static int list_due(struct store *store, struct arena *arena, bool as_json)
{
    struct erase_request *requests;
    unsigned count;
    if (erase_requests(store_view(store), arena, &requests, &count) != OK)
        return EXIT_FAILED;
    if (as_json) {
        say_due(requests, count);
        return EXIT_DONE;
    }
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
            code = due ? list_due(store, &arena, args_get(args, "json") != NULL)
                       : export_person(store, args, &arena);
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
