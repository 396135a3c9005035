/*
 * `sidetrack letters`: what could not be delivered, and with --quarantine what could not even be
 * understood. --retry and --drop write beside a running
 * gateway, in one short turn; DELIVER finds what waits again by itself.
 */
#include "../story/show.h"

#include "../base/limits.h"
#include "../destinations/list.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

#define LISTED 1000u

struct listing {
    struct buf out;
    struct json json; /* writes to `out` */
    bool as_json;
};

static void begin(struct listing *listing, bool as_json)
{
    buf_init(&listing->out, SHOW_BYTES);
    json_start(&listing->json, &listing->out);
    listing->as_json = as_json;
    if (as_json)
        json_open(&listing->json, NULL, '[');
}

/* `any`: something was listed; else `none` is said. `count`: of those looked through. */
static int end(struct listing *listing, bool any, unsigned count, const char *none)
{
    if (listing->as_json) {
        json_close(&listing->json, ']');
        json_end(&listing->json);
        buf_add_char(&listing->out, '\n');
    } else if (!any) {
        buf_add_text(&listing->out, none);
    } else if (count == LISTED) {
        buf_print(&listing->out, "(the newest %u)\n", LISTED);
    }
    say_either(buf_span(&listing->out), listing->as_json);
    buf_done(&listing->out);
    return EXIT_DONE;
}

static int list(const char *path, span destination, bool as_json, struct arena *arena)
{
    struct view *view;
    struct letter_row *rows;
    struct listing listing;
    unsigned count, shown = 0;
    if (look_open(path, &view) != OK)
        return EXIT_FAILED;
    enum status status = letter_list(view, arena, LISTED, &rows, &count);
    if (status != OK)
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
    view_close(view);
    if (status != OK)
        return EXIT_FAILED;
    begin(&listing, as_json);
    for (unsigned i = 0; i < count; i++) {
        if (!span_empty(destination) && !span_equal(destination, rows[i].destination))
            continue;
        shown++;
        if (as_json)
            show_letter_json(&listing.json, &rows[i]);
        else
            show_letter_line(&listing.out, &rows[i]);
    }
    return end(&listing, shown > 0, count, "No letters: nothing is undelivered.\n");
}

#define BODY_BYTES 4000u /* of a quarantined body, in JSON; text shows its beginning */

static int list_quarantine(const char *path, bool as_json, struct arena *arena)
{
    struct view *view;
    struct journal_odd *rows;
    struct listing listing;
    unsigned count;
    if (look_open(path, &view) != OK)
        return EXIT_FAILED;
    enum status status = journal_quarantined(view, arena, LISTED, BODY_BYTES, &rows, &count);
    if (status != OK)
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
    view_close(view);
    if (status != OK)
        return EXIT_FAILED;
    begin(&listing, as_json);
    for (unsigned i = 0; i < count; i++)
        if (as_json)
            show_odd_json(&listing.json, &rows[i]);
        else
            show_odd_line(&listing.out, &rows[i]);
    return end(&listing, count > 0, count,
               "The quarantine is empty: every signed body was understood.\n");
}

static int change(const char *path, span destination, bool retry)
{
    struct store *store;
    struct error error = {{0}};
    unsigned count = 0;
    enum status status = store_visit(path, &store, &error);
    if (status != OK) {
        fprintf(stderr, "sidetrack: %s: %s\n", path,
                error.text[0] ? error.text : "there is no such database");
        return EXIT_FAILED;
    }
    int64_t now = clock_now(&clock_real);
    status = store_begin(store);
    if (status == OK)
        status = retry ? letter_retry(store, destination, now, &count)
                       : letter_drop(store, destination, now, &count);
    if (status == OK)
        status = store_commit(store);
    if (status == OK)
        printf("%u letter%s %s\n", count, count == 1 ? "" : "s",
               !retry       ? "dropped"
               : count == 1 ? "waits again"
                            : "wait again");
    else
        fprintf(stderr, "sidetrack: %s\n", store_trouble(store));
    store_rollback(store);
    store_close(store);
    return status == OK ? EXIT_DONE : EXIT_FAILED;
}

int letters_verb(const struct args *args)
{
    span destination = span_of(args->word_count ? args->words[0] : NULL);
    bool retry = args_get(args, "retry") != NULL, drop = args_get(args, "drop") != NULL;
    bool quarantine = args_get(args, "quarantine") != NULL;
    struct arena arena;
    const char *path;
    if (quarantine && (retry || drop || !span_empty(destination))) {
        fprintf(stderr, "sidetrack letters: --quarantine only lists; what is there was meant for "
                        "no destination yet\n");
        return EXIT_WRONG;
    }
    if (retry && drop) {
        fprintf(stderr, "sidetrack letters: --retry or --drop, not both\n");
        return EXIT_WRONG;
    }
    if (!span_empty(destination) && !list_find(destination)) {
        fprintf(stderr, "sidetrack letters: there is no destination `%.*s`\n",
                SPAN_ARG(destination));
        return EXIT_WRONG;
    }
    arena_init(&arena, LIMIT_BATCH_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK)
        code = quarantine      ? list_quarantine(path, args_get(args, "json") != NULL, &arena)
               : retry || drop ? change(path, destination, retry)
                               : list(path, destination, args_get(args, "json") != NULL, &arena);
    arena_done(&arena);
    return code;
}
