/*
 * `sidetrack passwd`: the password of the dashboard. From a terminal it is asked for twice and not
 * shown; otherwise the first line of standard input is taken, so that scripts need no argument
 * that `ps` would show.
 */
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "../admin/keys.h"
#include "../base/limits.h"
#include "look.h"
#include "say.h"
#include "verbs.h"

#define LINE_ROOM (KEYS_PASSWORD_MOST + 3)

/* One line without its end. false: there is none, or it is too long to be a password. */
static bool read_line(char line[LINE_ROOM], span *ret_password)
{
    if (!fgets(line, LINE_ROOM, stdin))
        return false;
    size_t len = strcspn(line, "\r\n");
    *ret_password = (span){line, len};
    return len <= KEYS_PASSWORD_MOST;
}

static bool ask(const char *question, char line[LINE_ROOM], span *ret_password)
{
    struct termios shown, hidden;
    fputs(question, stderr);
    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return read_line(line, ret_password);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    bool read = read_line(line, ret_password);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return read;
}

static bool get_password(char line[LINE_ROOM], span *ret_password)
{
    char again[LINE_ROOM];
    span second;
    bool terminal = isatty(STDIN_FILENO) != 0;
    bool read =
        terminal ? ask("New password: ", line, ret_password) : read_line(line, ret_password);
    if (!read) {
        fprintf(stderr, "sidetrack passwd: a password has %u to %u bytes\n", KEYS_PASSWORD_LEAST,
                KEYS_PASSWORD_MOST);
        return false;
    }
    if (!terminal)
        return true;
    bool same = ask("The same again: ", again, &second) && span_equal(second, *ret_password);
    explicit_bzero(again, sizeof again);
    if (!same)
        fprintf(stderr, "sidetrack passwd: the two differ; nothing was changed\n");
    return same;
}

static void tell(enum keys_role role, bool removed, bool as_json)
{
    struct say say;
    if (!as_json) {
        printf("The %s's password is %s.\n", keys_role_text(role), removed ? "gone" : "set");
        return;
    }
    struct json *json = say_start(&say);
    json_put_text(json, "role", span_of(keys_role_text(role)));
    json_put_bool(json, "set", !removed);
    say_end(&say);
}

static int change(const char *database, enum keys_role role, bool remove, bool as_json)
{
    struct keys keys;
    struct error error = {{0}};
    char line[LINE_ROOM];
    span password = {0};
    enum status status = keys_open(&keys, database, &error);
    if (status == OK && (remove || get_password(line, &password))) {
        if (!remove && span_empty(password))
            password = SPAN("x"); /* too short, not none */
        status = keys_set_password(&keys, role, password, &error);
        if (status == OK)
            tell(role, remove, as_json);
    } else if (status == OK) {
        status = INVALID;
    }
    explicit_bzero(line, sizeof line);
    if (status != OK && error.text[0])
        fprintf(stderr, "sidetrack passwd: %s\n", error.text);
    keys_close(&keys);
    return status == OK ? EXIT_DONE : EXIT_FAILED;
}

int passwd_verb(const struct args *args)
{
    struct arena arena;
    const char *path;
    int code = EXIT_WRONG;
    arena_init(&arena, LIMIT_CONFIG_ARENA);
    if (look_path(args, &arena, &path) == OK)
        code = change(path, args_get(args, "viewer") ? KEYS_VIEWER : KEYS_ADMIN,
                      args_get(args, "remove") != NULL, args_get(args, "json") != NULL);
    arena_done(&arena);
    return code;
}
