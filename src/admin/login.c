/*
 * Logging in; login.h is the contract.
 *
 * argon2 takes 20 to 100 ms and 19 MiB on purpose, so it runs on libuv's worker threads, at most
 * VERIFY_MOST at once, and never in the loop that answers everybody else. A try is taken from the
 * address's bucket before the work and given back when the password was right.
 *
 * On a first start there is no password and nobody can log in. Whoever can read the folder of the
 * database owns the gateway anyway, so a code lies there, in a file of mode 0600 whose path is
 * logged: with it the first password can be set in the browser. `sidetrack passwd` does the same.
 */
#include "login.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/hash.h"
#include "../base/log.h"
#include "../base/url.h"

#define VERIFY_MOST 4u

/* ---- who asks ---------------------------------------------------------------------------------
 */

static span bearer_of(const struct http_request *request)
{
    span value = http_request_header(request, "Authorization");
    if (value.len > 7 && span_equal_nocase(span_sub(value, 0, 7), SPAN("Bearer ")))
        return span_trim(span_sub(value, 7, value.len));
    return (span){0};
}

static const char *setup_path(const struct admin *admin, char *room, size_t size)
{
    snprintf(room, size, "%s.setup", admin->options.database);
    return room;
}

static void setup_over(struct admin *admin)
{
    char path[4200];
    admin->setup[0] = '\0';
    unlink(setup_path(admin, path, sizeof path));
}

/* Whoever changes a password wants those out who came in with the old one. */
void login_read_keys(struct admin *admin)
{
    struct error error;
    bool read = keys_refresh(&admin->keys, &error) == OK;
    if (!read && !admin->keys_refused) /* said once; streams look four times a second */
        log_event(LOG_ERROR, "keys_refused", "trouble=\"%s\"", error.text);
    admin->keys_refused = !read;
    if (memcmp(admin->known, admin->keys.passwords, sizeof admin->known) != 0)
        session_end_all(&admin->sessions);
    memcpy(admin->known, admin->keys.passwords, sizeof admin->known);
    if (admin->setup[0] && admin->keys.passwords[KEYS_ADMIN][0])
        setup_over(admin);
}

void login_know(struct ask *ask)
{
    struct admin *admin = ask->admin;
    login_read_keys(admin);
    span token = bearer_of(ask->request);
    if (!span_empty(token)) {
        const struct keys_token *known = keys_of_token(&admin->keys, token);
        ask->role = known ? known->role : KEYS_NOBODY;
        ask->token = known ? arena_copy(ask->arena, known->id) : (span){0};
        return;
    }
    span cookie = url_cookie_get(http_request_header(ask->request, "Cookie"), LOGIN_COOKIE);
    ask->session = session_find(&admin->sessions, cookie, ask->now);
    if (ask->session)
        ask->role = ask->session->role;
}

/* A browser names the page's origin on every POST; it must be this very host. */
static bool same_origin(const struct http_request *request)
{
    struct url url;
    span origin = http_request_header(request, "Origin");
    if (span_empty(origin))
        return true;
    return url_parse(origin, &url) == OK && span_equal_nocase(url.host, request->host);
}

bool login_may_change(struct ask *ask)
{
    if (!same_origin(ask->request)) {
        ask_refuse(ask, 403, "origin_not_allowed", "Another page may not ask for this.");
        return false;
    }
    if (ask->session == NULL ||
        session_csrf_fits(ask->session, http_request_header(ask->request, LOGIN_CSRF)))
        return true;
    ask_refuse(ask, 403, "csrf", "The header " LOGIN_CSRF " is missing or old: reload the page.");
    return false;
}

/* ---- the first password -----------------------------------------------------------------------
 */

void login_offer_setup(struct admin *admin)
{
    char path[4200];
    setup_path(admin, path, sizeof path);
    if (admin->keys.passwords[KEYS_ADMIN][0]) {
        unlink(path);
        return;
    }
    uint64_t chance = admin->options.clock->random(admin->options.clock);
    snprintf(admin->setup, sizeof admin->setup, "%016llx", (unsigned long long)chance);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = fd >= 0 && dprintf(fd, "%s\n", admin->setup) > 0;
    if (fd >= 0)
        close(fd);
    if (written)
        log_event(LOG_WARN, "no_admin_password",
                  "code_file=\"%s\" hint=\"sidetrack passwd, or the code in this file at the "
                  "dashboard\"",
                  path);
    else
        admin->setup[0] = '\0';
}

/* ---- passwords, off the loop ------------------------------------------------------------------
 */

enum purpose { LOG_IN, SET_UP };

struct work {
    uv_work_t request; /* first */
    struct ask ask;    /* a copy: the handler has returned */
    enum purpose purpose;
    char hashes[KEYS_ADMIN + 1][KEYS_HASH_ROOM];
    char password[KEYS_PASSWORD_MOST + 1];
    size_t password_len;
    enum keys_role role; /* found */
    enum status status;  /* of a set-up */
    struct error error;
    char database[4096];
};

static void verify(struct work *work, span password)
{
    unsigned tried = 0;
    for (unsigned i = KEYS_ADMIN; i >= KEYS_VIEWER && work->role == KEYS_NOBODY; i--) {
        if (!work->hashes[i][0])
            continue;
        tried++;
        if (keys_verify(work->hashes[i], password))
            work->role = (enum keys_role)i;
    }
    if (tried == 0)
        keys_verify_nothing(password);
}

static void set_up(struct work *work, span password)
{
    struct keys keys;
    work->status = keys_open(&keys, work->database, &work->error);
    if (work->status == OK && keys.passwords[KEYS_ADMIN][0])
        work->status = CONFLICT;
    if (work->status == OK)
        work->status = keys_set_password(&keys, KEYS_ADMIN, password, &work->error);
    if (work->status == OK)
        work->role = KEYS_ADMIN;
    keys_close(&keys);
}

static void on_work(uv_work_t *request)
{
    struct work *work = (struct work *)request;
    span password = {work->password, work->password_len};
    if (work->purpose == SET_UP)
        set_up(work, password);
    else
        verify(work, password);
    explicit_bzero(work->password, sizeof work->password);
}

static bool over_tls(const struct ask *ask)
{
    return span_is(http_request_header(ask->request, "X-Forwarded-Proto"), "https");
}

static void write_session(struct ask *ask, const struct session *session)
{
    json_open(&ask->json, NULL, '{');
    json_put_text(&ask->json, "role", span_of(keys_role_text(ask->role)));
    if (session)
        json_put_text(&ask->json, "csrf", span_of(session->csrf));
    json_close(&ask->json, '}');
}

static void welcome(struct ask *ask, enum keys_role role)
{
    struct admin *admin = ask->admin;
    char cookie[SESSION_SECRET + 1];
    const struct session *session = session_begin(&admin->sessions, role, ask->now, cookie);
    session_tried_well(&admin->sessions, ask->request->client_ip, ask->now);
    ask->role = role;
    struct http_header set = {
        SPAN("Set-Cookie"),
        arena_print(ask->arena,
                    LOGIN_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", cookie,
                    (long long)(SESSION_LIFE_MS / SECOND_MS), over_tls(ask) ? "; Secure" : "")};
    buf_reset(&admin->out);
    json_start(&ask->json, &admin->out);
    write_session(ask, session);
    ask_answer_with(ask, 200, &set, 1);
}

static void after_work(uv_work_t *request, int cancelled)
{
    struct work *work = (struct work *)request;
    struct ask *ask = &work->ask;
    ask->admin->verifying--;
    if (cancelled)
        ask_refuse(ask, 503, "stopping", "The gateway is stopping.");
    else if (work->role != KEYS_NOBODY) {
        login_read_keys(ask->admin);
        welcome(ask, work->role);
    } else if (work->purpose == SET_UP && work->status == CONFLICT)
        ask_refuse(ask, 409, "password_set", "A password is set already: log in with it.");
    else if (work->purpose == SET_UP)
        ask_refuse(ask, work->status == INVALID ? 400 : 500, "password_refused", work->error.text);
    else
        ask_refuse(ask, 401, "password_wrong", "That is not the password.");
    free(work);
}

/* Takes a try; false: refused. */
static bool may_try(struct ask *ask)
{
    unsigned wait_s;
    if (!session_try(&ask->admin->sessions, ask->request->client_ip, ask->now, &wait_s)) {
        struct http_header later = {SPAN("Retry-After"), arena_print(ask->arena, "%u", wait_s)};
        ask_refuse_with(ask, 429, "too_many_tries",
                        "Too many wrong passwords. Wait as long as Retry-After says.", &later, 1);
        return false;
    }
    if (ask->admin->verifying >= VERIFY_MOST) {
        struct http_header later = {SPAN("Retry-After"), SPAN("1")};
        ask_refuse_with(ask, 503, "busy", "Other passwords are being checked.", &later, 1);
        return false;
    }
    return true;
}

static void check_password(struct ask *ask, enum purpose purpose)
{
    span password = json_get_text(ask->body, "password");
    if (span_empty(password) || password.len > KEYS_PASSWORD_MOST) {
        ask_refuse(ask, 400, "password_missing", "The body is {\"password\":\"…\"}.");
        return;
    }
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    work->ask = *ask;
    work->purpose = purpose;
    memcpy(work->hashes, ask->admin->keys.passwords, sizeof work->hashes);
    memcpy(work->password, password.ptr, password.len);
    work->password_len = password.len;
    snprintf(work->database, sizeof work->database, "%s", ask->admin->options.database);
    ask->admin->verifying++;
    uv_queue_work(ask->admin->options.loop, &work->request, on_work, after_work);
}

/* ---- handlers ---------------------------------------------------------------------------------
 */

/* A page of another site can post a form, but not JSON. */
static bool is_ours(struct ask *ask)
{
    span type = http_request_header(ask->request, "Content-Type");
    if (same_origin(ask->request) && span_starts(type, "application/json"))
        return true;
    ask_refuse(ask, 403, "origin_not_allowed", "Send JSON, from the dashboard's own page.");
    return false;
}

void login_post(struct ask *ask)
{
    if (is_ours(ask) && may_try(ask))
        check_password(ask, LOG_IN);
}

void login_post_setup(struct ask *ask)
{
    const struct admin *admin = ask->admin;
    if (!is_ours(ask) || !may_try(ask))
        return;
    span code = span_trim(json_get_text(ask->body, "code"));
    size_t len = strlen(admin->setup);
    if (len == 0)
        ask_refuse(ask, 409, "password_set", "A password is set already: log in with it.");
    else if (code.len != len || !hash_same(code.ptr, admin->setup, len))
        ask_refuse(ask, 401, "code_wrong", "That is not the code in the file DATABASE.setup.");
    else
        check_password(ask, SET_UP);
}

void login_post_out(struct ask *ask)
{
    if (!login_may_change(ask))
        return;
    if (ask->session)
        session_end(&ask->admin->sessions, ask->session);
    struct http_header gone = {
        SPAN("Set-Cookie"), SPAN(LOGIN_COOKIE "=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")};
    ask->role = KEYS_NOBODY;
    write_session(ask, NULL);
    ask_answer_with(ask, 200, &gone, 1);
}

void login_get_session(struct ask *ask)
{
    if (ask->role != KEYS_NOBODY) {
        write_session(ask, ask->session);
        ask_answer(ask, 200);
    } else if (ask->admin->setup[0]) {
        ask_refuse(ask, 401, "setup", "No password is set yet: the code lies beside the database.");
    } else {
        ask_refuse(ask, 401, "login", "Log in first.");
    }
}
