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

static int list(const char *path, span destination, bool as_json, struct arena *arena)
{
    struct view *view;
    struct letter_row *rows;
    struct buf out;
    struct json json;
    unsigned count, shown = 0;
    if (look_open(path, &view) != OK)
        return EXIT_FAILED;
    enum status status = letter_list(view, arena, LISTED, &rows, &count);
    if (status != OK)
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
    view_close(view);
    if (status != OK)
        return EXIT_FAILED;
    buf_init(&out, SHOW_BYTES);
    json_start(&json, &out);
    if (as_json)
        json_open(&json, NULL, '[');
    for (unsigned i = 0; i < count; i++) {
        if (!span_empty(destination) && !span_equal(destination, rows[i].destination))
            continue;
        shown++;
        if (as_json)
            show_letter_json(&json, &rows[i]);
        else
            show_letter_line(&out, &rows[i]);
    }
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
        buf_add_char(&out, '\n');
    } else if (shown == 0) {
        buf_add_text(&out, "No letters: nothing is undelivered.\n");
    } else if (count == LISTED) {
        buf_print(&out, "(the newest %u)\n", LISTED);
    }
    (as_json ? say_plain : say_text)(buf_span(&out));
    buf_done(&out);
    return EXIT_DONE;
}

#define BODY_BYTES 4000u /* of a quarantined body, in JSON; text shows its beginning */

static int list_quarantine(const char *path, bool as_json, struct arena *arena)
{
    struct view *view;
    struct journal_odd *rows;
    struct buf out;
    struct json json;
    unsigned count;
    if (look_open(path, &view) != OK)
        return EXIT_FAILED;
    enum status status = journal_quarantined(view, arena, LISTED, BODY_BYTES, &rows, &count);
    if (status != OK)
        fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
    view_close(view);
    if (status != OK)
        return EXIT_FAILED;
    buf_init(&out, SHOW_BYTES);
    json_start(&json, &out);
    if (as_json)
        json_open(&json, NULL, '[');
    for (unsigned i = 0; i < count; i++)
        if (as_json)
            show_odd_json(&json, &rows[i]);
        else
            show_odd_line(&out, &rows[i]);
    if (as_json) {
        json_close(&json, ']');
        json_end(&json);
        buf_add_char(&out, '\n');
    } else if (count == 0) {
        buf_add_text(&out, "The quarantine is empty: every signed body was understood.\n");
    } else if (count == LISTED) {
        buf_print(&out, "(the newest %u)\n", LISTED);
    }
    (as_json ? say_plain : say_text)(buf_span(&out));
    buf_done(&out);
    return EXIT_DONE;
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
