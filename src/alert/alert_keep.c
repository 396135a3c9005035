/*
 * DATABASE.alerts: what is known of each alert that is not quiet, or was told of lately, so that a
 * restart neither tells it again nor forgets to tell of its end. A file beside the store and not a
 * table in it, because "the store cannot be written" is an alert too.
 *
 *   {"v":1,"alerts":[{"rule","store","destination","called","why","state","since","raised_at",
 *                     "told_at","told"}]}
 */
#include "alert.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "../base/limits.h"

#define FILE_MOST  (8u * MIB)
#define ARENA_MOST (64u * MIB)
#define PATH_ROOM  4200u

static const char *const states[] = {"quiet", "pending", "firing", "clearing"};

static void copy(char *room, size_t size, span text)
{
    snprintf(room, size, "%.*s", SPAN_ARG(text));
}

static void read_alerts(const struct json_value *list, struct alert_book *book)
{
    for (const struct json_value *one = list ? list->first : NULL; one; one = one->next) {
        const struct alert_rule *rule = alert_rule_find(json_get_text(one, "rule"));
        struct alert *alert = rule ? alert_book_at(book, rule, json_get_text(one, "store"),
                                                   json_get_text(one, "destination"))
                                   : NULL;
        if (!alert)
            continue; /* a rule of another version */
        copy(alert->called, sizeof alert->called, json_get_text(one, "called"));
        copy(alert->why, sizeof alert->why, json_get_text(one, "why"));
        for (unsigned i = 0; i < COUNT_OF(states); i++)
            if (span_is(json_get_text(one, "state"), states[i]))
                alert->state = (enum alert_state)i;
        alert->since = json_get_int(one, "since", 0);
        alert->raised_at = json_get_int(one, "raised_at", 0);
        alert->told_at = json_get_int(one, "told_at", 0);
        alert->told = json_get_bool(one, "told", false);
    }
}

enum status alert_keep_load(const char *database, struct alert_book *book)
{
    char path[PATH_ROOM];
    snprintf(path, sizeof path, "%s.alerts", database);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? MISSING : INVALID;
    struct arena arena;
    const struct json_value *root;
    arena_init(&arena, ARENA_MOST);
    char *bytes = arena_take(&arena, FILE_MOST);
    ssize_t size = read(fd, bytes, FILE_MOST);
    close(fd);
    enum status status = INVALID;
    if (size > 0 && size < (ssize_t)FILE_MOST &&
        json_parse(&arena, (span){bytes, (size_t)size}, &root, NULL) == OK &&
        json_get_int(root, "v", 0) == 1) {
        read_alerts(json_get(root, "alerts"), book);
        status = OK;
    }
    arena_done(&arena);
    return status;
}

static void write_alert(struct json *json, const struct alert *alert)
{
    json_open(json, NULL, '{');
    json_put_text(json, "rule", span_of(alert->rule->name));
    json_put_text(json, "store", span_of(alert->store));
    json_put_text(json, "destination", span_of(alert->destination));
    json_put_text(json, "called", span_of(alert->called));
    json_put_text(json, "why", span_of(alert->why));
    json_put_text(json, "state", span_of(states[alert->state]));
    json_put_int(json, "since", alert->since);
    json_put_int(json, "raised_at", alert->raised_at);
    json_put_int(json, "told_at", alert->told_at);
    json_put_bool(json, "told", alert->told);
    json_close(json, '}');
}

static bool write_whole(int fd, span bytes)
{
    for (size_t at = 0; at < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + at, bytes.len - at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return fsync(fd) == 0;
}

enum status alert_keep_save(const char *database, const struct alert_book *book)
{
    char path[PATH_ROOM], fresh[PATH_ROOM];
    struct buf out;
    struct json json;
    snprintf(path, sizeof path, "%s.alerts", database);
    snprintf(fresh, sizeof fresh, "%s.alerts.new", database);
    buf_init(&out, FILE_MOST);
    json_start(&json, &out);
    json_open(&json, NULL, '{');
    json_put_int(&json, "v", 1);
    json_open(&json, "alerts", '[');
    for (unsigned i = 0; i < book->count; i++)
        if (book->alerts[i].state != ALERT_QUIET || book->alerts[i].told_at != 0)
            write_alert(&json, &book->alerts[i]);
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = fd >= 0 && buf_ok(&out) && write_whole(fd, buf_span(&out));
    if (fd >= 0 && close(fd) != 0)
        good = false;
    good = good && rename(fresh, path) == 0;
    if (!good && fd >= 0)
        unlink(fresh);
    buf_done(&out);
    return good ? OK : BROKEN;
}
