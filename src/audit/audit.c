/*
 * The verdict over what was gathered: counts, the sentence on top, the exit code. How it is
 * gathered is audit_look.c.
 */
#include "audit.h"

#include "../base/limits.h"

/* What each problem means, in a few words, for the sentence on top. */
static const struct {
    const char *id, *fail, *warn;
} in_short[] = {
    {"A3", "visits and purchases are probably counted twice%s", "some events look doubled%s"},
    {"A12", "Klaviyo counts twice", "Klaviyo may count twice"},
    {"A6", "browser and server events cannot be told to be the same", "events carry no id"},
    {"A17", "plain e-mails leave the store", "personal data may leave unhashed"},
    {"A8", "tracking starts before consent", "tracking may start before consent"},
    {"A14", "click ids are lost on the way in", "click ids may be lost"},
    {"A16", "events lack value or currency", "some values look wrong"},
    {"A9", "Google gets incomplete consent signals", "consent signals may be incomplete"},
    {"A4", "two senders report purchases", "purchases may be counted twice"},
    {"A7", "no server tells the platforms", "no server was seen to tell the platforms"},
    {"A10", "Safari forgets visitors after a week", "Safari forgets visitors after a week"},
    {"A11", "the tracking host is cut short in Safari", "the tracking host is cut short in Safari"},
    {"A15", "ad blockers stop the tags", "ad blockers stop the tags"},
};

static const char *short_words(const struct finding *finding)
{
    for (size_t i = 0; i < COUNT_OF(in_short); i++)
        if (strcmp(in_short[i].id, finding->check->id) == 0)
            return finding->verdict == FINDING_FAIL ? in_short[i].fail : in_short[i].warn;
    return NULL;
}

/* "3 problems, 2 warnings: purchases are probably counted twice on Meta Pixel; …" The findings are
   in order, so the first two say what matters most. */
static span sentence(const struct audit *audit, struct arena *arena)
{
    struct buf out;
    buf_init(&out, 2 * KIB);
    if (audit->fails)
        buf_print(&out, "%u problem%s", audit->fails, finding_s(audit->fails));
    if (audit->warns)
        buf_print(&out, "%s%u warning%s", audit->fails ? ", " : "", audit->warns,
                  finding_s(audit->warns));
    if (!audit->fails && !audit->warns)
        buf_add_text(&out, audit->passes ? "Nothing amiss was seen" : "Nothing could be told");
    unsigned said = 0;
    for (unsigned i = 0; i < CHECK_COUNT && said < 2; i++) {
        const struct finding *f = &audit->findings[i];
        const char *words = f->verdict >= FINDING_WARN ? short_words(f) : NULL;
        if (!words)
            continue;
        size_t hole = strlen(words) - 2;
        bool open = strcmp(words + hole, "%s") == 0;
        buf_print(&out, "%s%.*s%s%.*s", said++ ? "; " : ": ", (int)(open ? hole : hole + 2), words,
                  open && f->subject.len ? " on " : "", SPAN_ARG(open ? f->subject : (span){0}));
    }
    buf_add_text(&out, ".");
    span copy = arena_copy(arena, buf_span(&out));
    buf_done(&out);
    return copy;
}

void audit_judge(struct audit *audit)
{
    check_run(&audit->evidence, audit->findings);
    audit->fails = audit->warns = audit->passes = 0;
    for (unsigned i = 0; i < CHECK_COUNT; i++) {
        enum finding_verdict verdict = audit->findings[i].verdict;
        audit->fails += verdict == FINDING_FAIL;
        audit->warns += verdict == FINDING_WARN;
        audit->passes += verdict == FINDING_PASS;
    }
    audit->summary = sentence(audit, audit->evidence.arena);
}

int audit_exit(const struct audit *audit)
{
    return audit->fails ? 2 : audit->warns ? 1 : 0;
}

static void put_count(struct buf *out, unsigned count, const char *what)
{
    buf_print(out, "%u %s%s, ", count, what, finding_s(count));
}

void audit_put_counts(const struct audit *audit, struct buf *out)
{
    const struct evidence *evidence = &audit->evidence;
    put_count(out, evidence->page_count, "page");
    put_count(out, evidence->script_count, "script");
    put_count(out, evidence->requests, "request");
    if (evidence->ways & SEEN_HAR) {
        buf_add_text(out, "a recording with ");
        put_count(out, evidence->recorded ? evidence->recorded->page_count : 0, "page");
    }
    if (evidence->ways & SEEN_LIVE)
        buf_add_text(out, "a browser, ");
    buf_print(out, "%u.%u s", audit->milliseconds / 1000, audit->milliseconds % 1000 / 100);
}
