/* The admin listener seen from outside: who gets in, who does not, and what is said to them. */
#include "../../../src/admin/admin.c"
#include "kit.h"

static void test_open_doors(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    assert_int_equal(kit_get(&kit, "/healthz"), 200);
    assert_int_equal(kit_get(&kit, "/metrics"), 200);
    kit_after(&kit, "sidetrack_journal_rows");
    assert_int_equal(kit_get(&kit, "/nowhere"), 404);
    assert_int_equal(kit_post(&kit, "/metrics", ""), 405);
    assert_int_equal(kit_get(&kit, "/api/session"), 401);
    kit_after(&kit, "\"error\":\"setup\"");
    kit_after(&kit, "Content-Security-Policy: default-src 'none'");
    kit_after(&kit, "X-Frame-Options: DENY");
    kit_after(&kit, "Cache-Control: no-store");
    kit_close(&kit);
}

/* Elsewhere than on loopback the counters want a token. */
static void test_metrics_from_outside(void **state)
{
    (void)state;
    struct kit kit;
    struct keys keys;
    struct error error;
    char token[KEYS_TOKEN_LEN + 1], header[256];
    kit_open_at(&kit, SPAN("0.0.0.0"), (struct admin_facts){.shop_count = 0});
    assert_int_equal(kit_get(&kit, "/healthz"), 200);
    assert_int_equal(kit_get(&kit, "/metrics"), 401);
    kit_after(&kit, "WWW-Authenticate: Bearer");
    assert_int_equal(keys_open(&keys, kit.database, &error), OK);
    assert_int_equal(keys_add_token(&keys, SPAN("p"), KEYS_VIEWER, 0, token, &error), OK);
    keys_close(&keys);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    assert_int_equal(kit_ask(&kit, "GET", "/metrics", header, ""), 200);
    header[sizeof "Authorization: Bearer st_"] ^= 1;
    assert_int_equal(kit_ask(&kit, "GET", "/metrics", header, ""), 401);
    kit_close(&kit);
}

static void test_log_in(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    kit_after(&kit, "; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800\r\n");
    assert_int_equal(kit_get(&kit, "/api/session"), 200);
    kit_after(&kit, "\"role\":\"admin\"");
    /* Logging out needs the header as well as the cookie. */
    char cookie[256];
    snprintf(cookie, sizeof cookie, "Cookie: " LOGIN_COOKIE "=%s\r\n", kit.cookie);
    assert_int_equal(kit_ask(&kit, "POST", "/api/logout", cookie, ""), 403);
    kit_after(&kit, "\"error\":\"csrf\"");
    assert_int_equal(kit_post(&kit, "/api/logout", ""), 200);
    kit_after(&kit, LOGIN_COOKIE "=; ");
    assert_int_equal(kit_get(&kit, "/api/session"), 401);
    kit_close(&kit);
}

static void test_viewer(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_VIEWER);
    assert_int_equal(kit_get(&kit, "/api/session"), 200);
    kit_after(&kit, "\"role\":\"viewer\"");
    kit_close(&kit);
}

static void test_session_expires(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    kit.clock.at += SESSION_IDLE_MS;
    assert_int_equal(kit_get(&kit, "/api/session"), 401);
    kit_close(&kit);
}

static void test_wrong_passwords(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{}"), 400);
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\""), 400);
    for (unsigned i = 0; i + 1 < SESSION_TRIES; i++) {
        assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\":\"wrong wrong\"}"),
                         401);
        kit_after(&kit, "\"error\":\"password_wrong\"");
    }
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\":\"wrong wrong\"}"),
                     429);
    kit_after(&kit, "Retry-After: ");
    /* Not even the right one, until time has passed. */
    const char *right = "{\"password\":\"" KIT_HERE "\"}";
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", right), 429);
    kit.clock.at += SESSION_TRY_MS;
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", right), 200);
    kit_close(&kit);
}

/* `sidetrack passwd` beside the running gateway: the old password's sessions are over. */
static void test_password_changes(void **state)
{
    (void)state;
    struct kit kit;
    struct keys keys;
    struct error error;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    assert_int_equal(keys_open(&keys, kit.database, &error), OK);
    assert_int_equal(keys_set_password(&keys, KEYS_ADMIN, SPAN("another one"), &error), OK);
    keys_close(&keys);
    assert_int_equal(kit_get(&kit, "/api/session"), 401);
    kit_after(&kit, "\"error\":\"login\"");
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\":\"" KIT_HERE "\"}"),
                     401);
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\":\"another one\"}"),
                     200);
    kit_close(&kit);
}

/* A form of another page cannot log anybody in or out. */
static void test_other_pages(void **state)
{
    (void)state;
    struct kit kit;
    kit_open(&kit);
    kit_log_in(&kit, KEYS_ADMIN);
    const char *body = "{\"password\":\"" KIT_HERE "\"}";
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "Origin: https://evil.example\r\n", body),
                     403);
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "Origin: http://127.0.0.1:81\r\n", body),
                     200);
    kit_send(&kit, "POST /api/login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                   "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
    assert_int_equal(kit.status, 403);
    char headers[512];
    snprintf(headers, sizeof headers,
             "Origin: https://evil.example\r\nCookie: " LOGIN_COOKIE "=%s\r\n" LOGIN_CSRF
             ": %s\r\n",
             kit.cookie, kit.csrf);
    assert_int_equal(kit_ask(&kit, "POST", "/api/logout", headers, ""), 403);
    assert_int_equal(kit_get(&kit, "/api/session"), 200);
    kit_close(&kit);
}

/* A first start: the code in the file beside the database lets one set the password, once. */
static void test_first_start(void **state)
{
    (void)state;
    struct kit kit;
    char path[128], code[32] = "", body[256];
    kit_open(&kit);
    snprintf(path, sizeof path, "%s.setup", kit.database);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%31s", code), 1);
    fclose(file);
    assert_int_equal(strlen(code), 16);
    assert_int_equal(kit_ask(&kit, "POST", "/api/setup", "",
                             "{\"code\":\"0000000000000000\",\"password\":\"correct horse\"}"),
                     401);
    snprintf(body, sizeof body, "{\"code\":\"%s\",\"password\":\"short\"}", code);
    assert_int_equal(kit_ask(&kit, "POST", "/api/setup", "", body), 400);
    snprintf(body, sizeof body, "{\"code\":\"%s\",\"password\":\"" KIT_HERE "\"}", code);
    assert_int_equal(kit_ask(&kit, "POST", "/api/setup", "", body), 200);
    memcpy(kit.cookie, kit_after(&kit, LOGIN_COOKIE "="), SESSION_SECRET);
    assert_int_equal(kit_get(&kit, "/api/session"), 200);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(kit_ask(&kit, "POST", "/api/setup", "", body), 409);
    assert_int_equal(kit_ask(&kit, "POST", "/api/login", "", "{\"password\":\"" KIT_HERE "\"}"),
                     200);
    kit_close(&kit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_doors),      cmocka_unit_test(test_metrics_from_outside),
        cmocka_unit_test(test_log_in),          cmocka_unit_test(test_viewer),
        cmocka_unit_test(test_session_expires), cmocka_unit_test(test_password_changes),
        cmocka_unit_test(test_wrong_passwords), cmocka_unit_test(test_other_pages),
        cmocka_unit_test(test_first_start),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
