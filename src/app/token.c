/* `sidetrack token`: makes, lists and revokes the bearer tokens of the admin API. */
#include <stdio.h>
#include <unistd.h>

#include "../admin/keys.h"
#include "../base/limits.h"
#include "look.h"
#include "say.h"
#include "../story/show.h"
#include "verbs.h"

#define OUT_BYTES (256u * 1024)

static enum status make(struct keys *keys, const struct args *args, struct error *error)
{
    char token[KEYS_TOKEN_LEN + 1];
    enum keys_role role = args_get(args, "viewer") ? KEYS_VIEWER : KEYS_ADMIN;
    enum status status =
        keys_add_token(keys, span_of(args->words[1]), role, clock_now(&clock_real), token, error);
    if (status != OK)
        return status;
    if (args_get(args, "json")) {
        struct say say;
        struct json *json = say_start(&say);
        json_put_text(json, "name", span_of(args->words[1]));
        json_put_text(json, "role", span_of(keys_role_text(role)));
        json_put_text(json, "token", span_of(token));
        say_end(&say);
        return OK;
    }
    if (isatty(STDOUT_FILENO))
        fprintf(stderr, "It is shown this once:\n");
    printf("%s\n", token);
    return OK;
}

static void list_json(const struct keys *keys, struct buf *out)
{
    struct json json;
    json_start(&json, out);
    json_open(&json, NULL, '[');
    for (unsigned i = 0; i < keys->token_count; i++) {
        json_open(&json, NULL, '{');
        json_put_text(&json, "id", keys->tokens[i].id);
        json_put_text(&json, "name", keys->tokens[i].name);
        json_put_text(&json, "role", span_of(keys_role_text(keys->tokens[i].role)));
        json_put_int(&json, "at", keys->tokens[i].at);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_end(&json);
    buf_add_char(out, '\n');
}

static void list(const struct keys *keys, bool as_json)
{
    struct buf out;
    buf_init(&out, OUT_BYTES);
    if (as_json) {
        list_json(keys, &out);
    } else if (keys->token_count == 0) {
        buf_add_text(&out, "No tokens.\n");
    } else {
        for (unsigned i = 0; i < keys->token_count; i++) {
            const struct keys_token *token = &keys->tokens[i];
            buf_print(&out, "  %-8.*s  %-6s  ", SPAN_ARG(token->id), keys_role_text(token->role));
            show_time(&out, token->at);
            buf_print(&out, "  %.*s\n", SPAN_ARG(token->name));
        }
    }
    fwrite(out.ptr, 1, out.len, stdout);
    buf_done(&out);
}

static enum status take_back(struct keys *keys, const struct args *args, struct error *error)
{
    struct say say;
    span id = span_of(args->words[1]);
    enum status status = keys_revoke_token(keys, id, error);
    if (status == OK && args_get(args, "json")) {
        json_put_text(say_start(&say), "revoked", id);
        say_end(&say);
    } else if (status == OK) {
        printf("Revoked.\n");
    }
    return status;
}

int token_verb(const struct args *args)
{
    struct arena arena;
    struct keys keys;
    struct error error = {{0}};
    const char *path;
    span what = span_of(args->words[0]);
    bool lists = span_is(what, "list"), makes = span_is(what, "make");
    if ((!lists && !makes && !span_is(what, "revoke")) || (args->word_count == 2) == lists) {
        fprintf(stderr, "sidetrack token: make NAME, list, or revoke ID\n");
        return EXIT_WRONG;
    }
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    int code = EXIT_WRONG;
    if (look_path(args, &arena, &path) == OK) {
        enum status status = keys_open(&keys, path, &error);
        if (status == OK && lists)
            list(&keys, args_get(args, "json") != NULL);
        else if (status == OK)
            status = makes ? make(&keys, args, &error) : take_back(&keys, args, &error);
        if (status != OK)
            fprintf(stderr, "sidetrack token: %s\n", error.text);
        code = status == OK ? EXIT_DONE : EXIT_FAILED;
        keys_close(&keys);
    }
    arena_done(&arena);
    return code;
}
