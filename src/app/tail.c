/*
 * `sidetrack tail`: new journal rows as they appear, read as any other reader reads. Looks five
 * times a second; a look at an unchanged journal costs one index probe.
 */
#include "../story/show.h"

#include "../base/limits.h"
#include "look.h"
#include "verbs.h"

#define LOOK_MS 200
#define ROWS    200u

#define STORE_COLUMN 12

/* The store stands in a column of its own width; a longer name is cut, so that the rest stays in
   line. */
static void write_row(struct buf *out, struct arena *arena, const struct journal_row *row,
                      bool as_json)
{
    const struct json_value *json;
    span store = {0};
    if (!as_json) {
        if (json_parse(arena, row->body, &json, NULL) == OK)
            store = json_get_text(json, "store");
        show_time(out, row->received_at);
        buf_add_text(out, "  ");
        size_t before = out->len;
        bool cut = store.len > STORE_COLUMN;
        show_line(out, store, cut ? STORE_COLUMN - 1 : STORE_COLUMN);
        size_t width = out->len - before - (cut ? strlen("…") - 1 : 0);
        buf_print(out, "%*s", (int)(STORE_COLUMN - width), "");
        show_journal_columns(out, row);
        return;
    }
    buf_add_span(out, span_empty(row->body) ? SPAN("null") : row->body);
    buf_add_char(out, '\n');
}

/* Until `left` rows were written (0: for ever) or standard output is gone. */
static int follow(struct view *view, int64_t after, int64_t left, bool as_json)
{
    struct arena arena;
    struct buf out;
    bool endless = left == 0;
    arena_init(&arena, LIMIT_BATCH_ARENA);
    buf_init(&out, LIMIT_BATCH_ARENA);
    int code = EXIT_DONE;
    while (endless || left > 0) {
        struct journal_row *rows;
        unsigned count, most = endless || left > ROWS ? ROWS : (unsigned)left;
        if (journal_follow(view, &arena, after, most, &rows, &count) != OK) {
            fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
            code = EXIT_FAILED;
            break;
        }
        for (unsigned i = 0; i < count; i++)
            write_row(&out, &arena, &rows[i], as_json);
        if (count > 0) {
            after = rows[count - 1].seq;
            left -= count;
        }
        if (fwrite(out.ptr ? out.ptr : "", 1, out.len, stdout) != out.len || fflush(stdout) != 0)
            break;
        buf_reset(&out);
        arena_reset(&arena);
        if (count < most)
            nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
    }
    buf_done(&out);
    arena_done(&arena);
    return code;
}

int tail_verb(const struct args *args)
{
    struct arena arena;
    const char *path;
    struct view *view;
    int64_t count;
    if (args_number(args, "count", 0, 1, INT64_MAX, &count) != OK)
        return EXIT_WRONG;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        code = EXIT_FAILED;
        if (look_open(path, &view) == OK) {
            int64_t after = 0;
            if (!args_get(args, "all") && journal_head(view, &after) != OK)
                fprintf(stderr, "sidetrack: cannot read the store: %s\n", view_trouble(view));
            else
                code = follow(view, after, count, args_get(args, "json") != NULL);
            view_close(view);
        }
    }
    arena_done(&arena);
    return code;
}
