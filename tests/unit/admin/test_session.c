/* Sessions begin, end and expire; tries run out and come back. Time is the test's. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../../src/admin/session.c"

#define NOON INT64_C(1795500000000)

static void test_begins_and_is_found(void **state)
{
    (void)state;
    static struct sessions sessions;
    char cookie[SESSION_SECRET + 1], other[SESSION_SECRET + 1];
    const struct session *mine = session_begin(&sessions, KEYS_ADMIN, NOON, cookie);
    session_begin(&sessions, KEYS_VIEWER, NOON, other);
    assert_int_equal(strlen(cookie), SESSION_SECRET);
    assert_string_not_equal(cookie, other);
    assert_ptr_equal(session_find(&sessions, span_of(cookie), NOON + 1), mine);
    assert_int_equal(session_find(&sessions, span_of(other), NOON)->role, KEYS_VIEWER);
    cookie[0] = cookie[0] == '0' ? '1' : '0';
    assert_null(session_find(&sessions, span_of(cookie), NOON));
    assert_null(session_find(&sessions, SPAN(""), NOON));
    /* What is kept cannot be used as a cookie. */
    assert_null(memmem(&sessions, sizeof sessions, other, 32));
}

static void test_csrf(void **state)
{
    (void)state;
    static struct sessions sessions;
    char cookie[SESSION_SECRET + 1];
    const struct session *mine = session_begin(&sessions, KEYS_ADMIN, NOON, cookie);
    assert_true(session_csrf_fits(mine, span_of(mine->csrf)));
    assert_false(session_csrf_fits(mine, span_of(cookie)));
    assert_false(session_csrf_fits(mine, (span){0}));
}

static void test_ends(void **state)
{
    (void)state;
    static struct sessions sessions;
    char idle[SESSION_SECRET + 1], busy[SESSION_SECRET + 1], out[SESSION_SECRET + 1];
    session_begin(&sessions, KEYS_ADMIN, NOON, idle);
    session_begin(&sessions, KEYS_ADMIN, NOON, busy);
    session_end(&sessions, session_begin(&sessions, KEYS_ADMIN, NOON, out));
    assert_null(session_find(&sessions, span_of(out), NOON));
    int64_t at = NOON;
    while (at + SESSION_IDLE_MS - 1 < NOON + SESSION_LIFE_MS) {
        at += SESSION_IDLE_MS - 1;
        assert_non_null(session_find(&sessions, span_of(busy), at));
    }
    assert_null(session_find(&sessions, span_of(idle), NOON + SESSION_IDLE_MS));
    assert_null(session_find(&sessions, span_of(busy), NOON + SESSION_LIFE_MS));
    session_begin(&sessions, KEYS_ADMIN, NOON, idle);
    session_end_all(&sessions);
    assert_null(session_find(&sessions, span_of(idle), NOON));
}

/* One more than there is room for pushes out the one unused for longest. */
static void test_room(void **state)
{
    (void)state;
    static struct sessions sessions;
    char cookies[SESSION_MOST + 1][SESSION_SECRET + 1];
    for (unsigned i = 0; i < SESSION_MOST; i++)
        session_begin(&sessions, KEYS_ADMIN, NOON + i, cookies[i]);
    assert_non_null(session_find(&sessions, span_of(cookies[0]), NOON + 1000));
    session_begin(&sessions, KEYS_ADMIN, NOON + 1001, cookies[SESSION_MOST]);
    assert_null(session_find(&sessions, span_of(cookies[1]), NOON + 1002));
    assert_non_null(session_find(&sessions, span_of(cookies[0]), NOON + 1002));
    assert_non_null(session_find(&sessions, span_of(cookies[SESSION_MOST]), NOON + 1002));
}

static void test_tries(void **state)
{
    (void)state;
    static struct sessions sessions;
    unsigned wait_s = 0;
    for (unsigned i = 0; i < SESSION_TRIES; i++)
        assert_true(session_try(&sessions, SPAN("203.0.113.7"), NOON, &wait_s));
    assert_false(session_try(&sessions, SPAN("203.0.113.7"), NOON, &wait_s));
    assert_in_range(wait_s, 29, 31);
    assert_true(session_try(&sessions, SPAN("203.0.113.8"), NOON, &wait_s));
    assert_true(session_try(&sessions, SPAN("203.0.113.7"), NOON + SESSION_TRY_MS, &wait_s));
    assert_false(session_try(&sessions, SPAN("203.0.113.7"), NOON + SESSION_TRY_MS, &wait_s));
    /* One that was right costs nothing. */
    for (unsigned i = 0; i < 3 * SESSION_TRIES; i++) {
        assert_true(session_try(&sessions, SPAN("198.51.100.1"), NOON, &wait_s));
        session_tried_well(&sessions, SPAN("198.51.100.1"), NOON);
    }
}

static void test_tries_of_a_network(void **state)
{
    (void)state;
    static struct sessions sessions;
    unsigned wait_s = 0;
    char ip[48];
    for (unsigned i = 0; i < SESSION_TRIES; i++) {
        snprintf(ip, sizeof ip, "2001:db8:1:2::%x", i + 1);
        assert_true(session_try(&sessions, span_of(ip), NOON, &wait_s));
    }
    assert_false(session_try(&sessions, SPAN("2001:db8:1:2::ffff"), NOON, &wait_s));
    assert_true(session_try(&sessions, SPAN("2001:db8:1:3::1"), NOON, &wait_s));
}

/* Many addresses share one bucket. */
static void test_tries_of_all(void **state)
{
    (void)state;
    static struct sessions sessions;
    unsigned wait_s = 0, allowed = 0;
    char ip[48];
    for (unsigned i = 0; i < 200; i++) {
        snprintf(ip, sizeof ip, "203.0.%u.%u", i / 250, i % 250 + 1);
        allowed += session_try(&sessions, span_of(ip), NOON, &wait_s);
    }
    assert_int_equal(allowed, SESSION_TRIES_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begins_and_is_found),
        cmocka_unit_test(test_csrf),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_tries_of_a_network),
        cmocka_unit_test(test_tries_of_all),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
