/*
 * `sidetrack alerts`: what is open, as the running gateway keeps it beside the database; the table
 * of rules; and a test of the channels.
 */
#include "../alert/alert_watch.h"

#include "../base/limits.h"
#include "config.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

#define OUT_BYTES (1u * MIB)

static void say(struct buf *out, bool as_json)
{
    say_either(buf_span(out), as_json);
    buf_done(out);
}

/* ---- list ---- */

static void list_text(const struct alert_book *book, int64_t now, struct buf *out)
{
    unsigned shown = 0;
    for (unsigned i = 0; i < book->count; i++) {
        if (!alert_open(&book->alerts[i]))
            continue;
        alert_words_line(out, &book->alerts[i], ALERT_FIRES, now);
        buf_print(out, "\n    %s\n", book->alerts[i].rule->advice);
        shown++;
    }
    if (shown == 0)
        buf_add_text(out, "Nothing is unwell.\n");
}

static void list_json(const struct alert_book *book, int64_t now, struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '[');
    alert_words_list(&json, book, (span){0}, now);
    json_close(&json, ']');
    json_end(&json);
    buf_add_char(out, '\n');
}

static int list(const struct args *args)
{
    struct arena arena;
    struct alert_book book = {0};
    struct buf out;
    const char *path;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    if (look_path(args, &arena, &path) != OK) {
        arena_done(&arena);
        return EXIT_WRONG;
    }
    int code = EXIT_DONE;
    if (alert_keep_load(path, &book) == INVALID) {
        fprintf(stderr, "sidetrack alerts: %s.alerts cannot be read\n", path);
        code = EXIT_FAILED;
    } else {
        buf_init(&out, OUT_BYTES);
        (args_get(args, "json") ? list_json : list_text)(&book, clock_now(&clock_real), &out);
        say(&out, args_get(args, "json") != NULL);
    }
    alert_book_done(&book);
    arena_done(&arena);
    return code;
}

/* ---- rules ---- */

static const char *const scopes[] = {"the gateway", "a store", "a destination"};

static void rules_text(struct buf *out)
{
    for (unsigned i = 0; i < alert_rule_count; i++) {
        const struct alert_rule *rule = &alert_rules[i];
        buf_print(out, "%s (%s) %s\n    fires after %lld min, over after %lld min\n    %s\n",
                  rule->name, scopes[rule->scope], rule->title,
                  (long long)(rule->for_ms / MINUTE_MS), (long long)(rule->clear_ms / MINUTE_MS),
                  rule->advice);
    }
}

static void rules_json(struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '[');
    for (unsigned i = 0; i < alert_rule_count; i++) {
        const struct alert_rule *rule = &alert_rules[i];
        json_open(&json, NULL, '{');
        json_put_text(&json, "rule", span_of(rule->name));
        json_put_text(&json, "of", span_of(scopes[rule->scope]));
        json_put_text(&json, "title", span_of(rule->title));
        json_put_int(&json, "fires_after_ms", rule->for_ms);
        json_put_int(&json, "over_after_ms", rule->clear_ms);
        json_put_text(&json, "advice", span_of(rule->advice));
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
    buf_add_char(out, '\n');
}

static int rules(const struct args *args)
{
    struct buf out;
    buf_init(&out, OUT_BYTES);
    (args_get(args, "json") ? rules_json : rules_text)(&out);
    say(&out, args_get(args, "json") != NULL);
    return EXIT_DONE;
}

/* ---- test ---- */

struct trying {
    unsigned tried, failed;
    struct json *json; /* NULL: text */
};

static void on_tried(void *arg, const char *channel, const char *trouble)
{
    struct trying *trying = arg;
    trying->tried++;
    trying->failed += trouble != NULL;
    if (!trying->json) {
        char line[400];
        snprintf(line, sizeof line, "%s: %s\n", channel, trouble ? trouble : "taken");
        say_text(span_of(line));
        return;
    }
    json_open(trying->json, NULL, '{');
    json_put_text(trying->json, "channel", span_of(channel));
    json_put_bool(trying->json, "taken", trouble == NULL);
    json_put_text(trying->json, "trouble", span_of(trouble));
    json_close(trying->json, '}');
}

static int test(const struct args *args)
{
    const char *path = args_get(args, "config") ? args_get(args, "config") : CONFIG_FILE;
    const struct config *config;
    struct buf out;
    struct json json;
    struct trying trying = {.json = args_get(args, "json") ? &json : NULL};
    buf_init(&out, CONFIG_TROUBLES);
    if (config_load(path, &out, &config) != OK) {
        fprintf(stderr, "%.*s", SPAN_ARG(buf_span(&out)));
        buf_done(&out);
        return EXIT_WRONG;
    }
    struct alert_channels channels = config_channels(config);
    buf_reset(&out);
    json_start(&json, &out);
    json_open(&json, NULL, '[');
    alert_post_try(&channels, clock_now(&clock_real), on_tried, &trying);
    json_close(&json, ']');
    json_end(&json);
    buf_add_char(&out, '\n');
    if (!trying.json)
        buf_reset(&out);
    say(&out, true);
    if (trying.tried == 0)
        fprintf(stderr, "sidetrack alerts: the config names neither `alerts.webhook` nor "
                        "`alerts.email`: nobody is told\n");
    config_free(config);
    return trying.tried > 0 && trying.failed == 0 ? EXIT_DONE : EXIT_FAILED;
}

int alerts_verb(const struct args *args)
{
    span what = span_of(args->word_count ? args->words[0] : "list");
    if (span_is(what, "list"))
        return list(args);
    if (span_is(what, "rules"))
        return rules(args);
    if (span_is(what, "test"))
        return test(args);
    fprintf(stderr, "sidetrack alerts: list, rules or test\n");
    return EXIT_WRONG;
}
