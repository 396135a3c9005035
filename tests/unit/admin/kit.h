/*
 * An admin listener on a fresh database, its clock the test's, and somebody who asks it: the loop
 * is turned by hand until the answer is there.
 */
#ifndef UNIT_ADMIN_KIT_H
#define UNIT_ADMIN_KIT_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../../src/admin/ask.h"
#include "../../../src/admin/login.h"

#define KIT_NOON INT64_C(1795500000000)
#define KIT_HERE "correct horse"
#define KIT_LOOK "battery staple"

struct kit {
    char folder[64], database[96];
    uv_loop_t loop;
    struct clock_fake clock;
    struct admin *admin;
    unsigned changes;
    int status; /* of the last answer */
    char answer[65536];
    char cookie[SESSION_SECRET + 1], csrf[SESSION_SECRET + 1];
};

static inline void kit_changed(void *arg)
{
    ((struct kit *)arg)->changes++;
}

static inline void kit_open_at(struct kit *kit, span host, struct admin_facts facts)
{
    struct store *store;
    struct error error = {{0}};
    *kit = (struct kit){.status = 0};
    snprintf(kit->folder, sizeof kit->folder, "/tmp/sidetrack-admin-XXXXXX");
    assert_non_null(mkdtemp(kit->folder));
    snprintf(kit->database, sizeof kit->database, "%s/db", kit->folder);
    clock_fake_init(&kit->clock, KIT_NOON);
    assert_int_equal(store_open(kit->database, &kit->clock.clock, &store, &error), OK);
    store_close(store);
    assert_int_equal(uv_loop_init(&kit->loop), 0);
    struct admin_options options = {.loop = &kit->loop,
                                    .host = host,
                                    .database = kit->database,
                                    .clock = &kit->clock.clock,
                                    .changed = kit_changed,
                                    .changed_arg = kit};
    if (admin_open(&options, facts, &kit->admin, &error) != OK)
        fail_msg("%s", error.text);
}

static inline void kit_open(struct kit *kit)
{
    kit_open_at(kit, SPAN("127.0.0.1"), (struct admin_facts){.shop_count = 0});
}

static inline void kit_close(struct kit *kit)
{
    char path[512];
    struct dirent *entry;
    admin_close(kit->admin);
    uv_run(&kit->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&kit->loop), 0);
    DIR *folder = opendir(kit->folder);
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", kit->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(kit->folder);
}

/* Sends a raw request that ends with Connection: close and waits for its whole answer. */
static inline void kit_send(struct kit *kit, const char *request)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(admin_port(kit->admin))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    size_t len = 0;
    ssize_t n = -1;
    for (unsigned i = 0; i < 50000 && n != 0; i++) {
        uv_run(&kit->loop, UV_RUN_NOWAIT);
        n = recv(fd, kit->answer + len, sizeof kit->answer - 1 - len, MSG_DONTWAIT);
        if (n > 0)
            len += (size_t)n;
        else if (n < 0)
            usleep(200);
    }
    close(fd);
    assert_int_equal(n, 0);
    kit->answer[len] = 0;
    assert_int_equal(sscanf(kit->answer, "HTTP/1.1 %d", &kit->status), 1);
}

/* `more` are further header lines, each with its CRLF. */
static inline int kit_ask(struct kit *kit, const char *method, const char *path, const char *more,
                          const char *body)
{
    char request[8192];
    snprintf(request, sizeof request,
             "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n%s%sContent-Length: "
             "%zu\r\n\r\n%s",
             method, path, *body ? "Content-Type: application/json\r\n" : "", more, strlen(body),
             body);
    kit_send(kit, request);
    return kit->status;
}

static inline const char *kit_after(const struct kit *kit, const char *text)
{
    const char *at = strstr(kit->answer, text);
    if (!at)
        fail_msg("no \"%s\" in: %s", text, kit->answer);
    return at + strlen(text);
}

static inline int kit_get(struct kit *kit, const char *path)
{
    char headers[512] = "";
    if (kit->cookie[0])
        snprintf(headers, sizeof headers, "Cookie: a=b; " LOGIN_COOKIE "=%s\r\n", kit->cookie);
    return kit_ask(kit, "GET", path, headers, "");
}

static inline int kit_post(struct kit *kit, const char *path, const char *body)
{
    char headers[512] = "";
    if (kit->cookie[0])
        snprintf(headers, sizeof headers, "Cookie: " LOGIN_COOKIE "=%s\r\n" LOGIN_CSRF ": %s\r\n",
                 kit->cookie, kit->csrf);
    return kit_ask(kit, "POST", path, headers, body);
}

/* Sets both passwords and logs in with the one for looking or for changing. */
static inline void kit_log_in(struct kit *kit, enum keys_role role)
{
    struct keys keys;
    struct error error;
    assert_int_equal(keys_open(&keys, kit->database, &error), OK);
    assert_int_equal(keys_set_password(&keys, KEYS_ADMIN, SPAN(KIT_HERE), &error), OK);
    assert_int_equal(keys_set_password(&keys, KEYS_VIEWER, SPAN(KIT_LOOK), &error), OK);
    keys_close(&keys);
    const char *body =
        role == KEYS_ADMIN ? "{\"password\":\"" KIT_HERE "\"}" : "{\"password\":\"" KIT_LOOK "\"}";
    assert_int_equal(kit_ask(kit, "POST", "/api/login", "", body), 200);
    memcpy(kit->cookie, kit_after(kit, LOGIN_COOKIE "="), SESSION_SECRET);
    memcpy(kit->csrf, kit_after(kit, "\"csrf\":\""), SESSION_SECRET);
}

#endif
