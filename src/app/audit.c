/*
 * `sidetrack audit`: the report to standard output, the stages to standard error while they pass.
 * The exit code is the worst verdict's, as monitoring wants it (docs/decisions/014).
 */
#include "../audit/audit.h"

#include <errno.h>

#include "../base/limits.h"
#include "say.h"
#include "verbs.h"

#define REPORT_BYTES (8 * MIB)

enum { EXIT_UNREAD = 3 };

/* A terminal has one line that changes; anything else hears nothing. */
static void tell_stage(void *arg, const char *stage, const char *detail)
{
    (void)arg;
    say_going("%s  %.80s", stage, detail);
}

static int write_page(const struct audit *audit, const char *path)
{
    struct buf out;
    buf_init(&out, REPORT_BYTES);
    audit_put_page(audit, &out);
    FILE *file = fopen(path, "we");
    bool good = file && buf_ok(&out) && fwrite(out.ptr, 1, out.len, file) == out.len;
    int trouble = good ? 0 : errno;
    if (file && fclose(file) != 0 && good) {
        good = false;
        trouble = errno;
    }
    buf_done(&out);
    if (!good)
        fprintf(stderr, "sidetrack audit: %s: %s\n", path,
                trouble ? strerror(trouble) : "the report is too big");
    return good ? EXIT_DONE : EXIT_UNREAD;
}

static int tell(const struct audit *audit, const struct args *args)
{
    const char *page = args_get(args, "html"); /* first: whoever reads us may go at any line */
    int code = page ? write_page(audit, page) : EXIT_DONE;
    struct buf out;
    buf_init(&out, REPORT_BYTES);
    if (args_get(args, "json"))
        audit_put_json(audit, &out);
    else
        audit_put_text(audit, &out, say_colours());
    bool good =
        buf_ok(&out) && fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
    buf_done(&out);
    return !good || code ? EXIT_UNREAD : audit_exit(audit);
}

int audit_verb(const struct args *args)
{
    struct audit_options options = {
        .url = args->words[0],
        .har = args_get(args, "har"),
        .live = args_get(args, "live") != NULL,
        .allow_private = args_get(args, "allow-private") != NULL,
        .clock = &clock_real,
        .progress = tell_stage,
    };
    struct arena arena;
    struct audit audit;
    struct error error;
    arena_init(&arena, LIMIT_AUDIT_ARENA);
    enum status status = audit_run(&arena, &options, &audit, &error);
    say_went();
    int code;
    if (status == OK) {
        code = tell(&audit, args);
    } else {
        fprintf(stderr, "sidetrack audit: %s\n", error.text);
        code = status == INVALID ? EXIT_WRONG : EXIT_UNREAD;
    }
    arena_done(&arena);
    return code;
}
