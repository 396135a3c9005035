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
#include "verbs.h"

static void print(void *arg, span piece)
{
    (void)arg;
    fwrite(piece.ptr, 1, piece.len, stdout);
}

static enum status write_dossier(struct view *view, struct arena *arena,
                                 const struct dossier *dossier)
{
    struct buf out;
    buf_init(&out, SHOW_BYTES);
    enum status status =
        export_write(view, arena, dossier, clock_now(&clock_real), print, NULL, &out);
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
