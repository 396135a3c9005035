/*
 * `sidetrack show`: one order's, event's or person's story, written by src/story.
 */
#include "../story/show.h"

#include "../base/limits.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

static const struct {
    const char *word;
    enum status (*show)(struct view *view, struct arena *arena, span text, bool as_json,
                        struct buf *out);
} kinds[] = {{"order", show_order},
             {"event", show_event},
             {"person", show_person},
             {"identity", show_identity}};

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
    enum status status =
        kinds[kind].show(view, arena, span_of(args->word_count > 1 ? args->words[1] : ""),
                         args_get(args, "json") != NULL, &out);
    if (status == MISSING)
        fprintf(stderr, "sidetrack: no %s `%s` is known\n", args->words[0], args->words[1]);
    else if (status != OK || !buf_ok(&out))
        fprintf(stderr, "sidetrack: cannot read the store: %s\n",
                buf_ok(&out) ? view_trouble(view) : "the story is too long");
    else
        say_either(buf_span(&out), args_get(args, "json") != NULL);
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
        if ((args->word_count == 1) != (kinds[i].show == show_identity))
            break;
        struct arena arena;
        arena_init(&arena, LIMIT_BATCH_ARENA);
        int code = show_kind(i, args, &arena);
        arena_done(&arena);
        return code;
    }
    fprintf(stderr, "sidetrack show: order ID, event ID, person ID, or identity, not `%s`\n",
            args->words[0]);
    return EXIT_WRONG;
}
