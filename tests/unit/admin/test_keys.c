/* Passwords and tokens, kept as digests in a file that only its owner may read. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../../src/admin/keys.c"

#define NOON INT64_C(1795500000000)

struct place {
    char folder[64], database[96], file[112];
    struct keys keys;
    struct error error;
};

static int set_up(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    snprintf(place->folder, sizeof place->folder, "/tmp/sidetrack-keys-XXXXXX");
    assert_non_null(mkdtemp(place->folder));
    snprintf(place->database, sizeof place->database, "%s/db", place->folder);
    snprintf(place->file, sizeof place->file, "%s/db.keys", place->folder);
    assert_int_equal(keys_open(&place->keys, place->database, &place->error), OK);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char lock[128];
    snprintf(lock, sizeof lock, "%s.lock", place->file);
    keys_close(&place->keys);
    unlink(lock);
    unlink(place->file);
    rmdir(place->folder);
    free(place);
    return 0;
}

static size_t contents(const struct place *place, char *room, size_t size)
{
    int fd = open(place->file, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, room, size - 1);
    close(fd);
    assert_true(len >= 0);
    room[len] = 0;
    return (size_t)len;
}

static void test_password(void **state)
{
    struct place *place = *state;
    char text[4096];
    struct stat of;
    assert_int_equal(place->keys.passwords[KEYS_ADMIN][0], 0);
    assert_int_equal(
        keys_set_password(&place->keys, KEYS_ADMIN, SPAN("correct horse"), &place->error), OK);
    const char *hash = place->keys.passwords[KEYS_ADMIN];
    assert_true(span_starts(span_of(hash), "$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_true(keys_verify(hash, SPAN("correct horse")));
    assert_false(keys_verify(hash, SPAN("correct horsf")));
    assert_false(keys_verify(hash, SPAN("")));
    assert_false(keys_verify("", SPAN("correct horse")));
    assert_false(keys_verify(place->keys.passwords[KEYS_VIEWER], SPAN("correct horse")));
    contents(place, text, sizeof text);
    assert_null(strstr(text, "correct"));
    assert_int_equal(stat(place->file, &of), 0);
    assert_int_equal(of.st_mode & 0777, 0600);
    assert_int_equal(keys_set_password(&place->keys, KEYS_ADMIN, SPAN(""), &place->error), OK);
    assert_int_equal(place->keys.passwords[KEYS_ADMIN][0], 0);
}

static void test_password_sizes(void **state)
{
    struct place *place = *state;
    char text[KEYS_PASSWORD_MOST + 1];
    memset(text, 'a', sizeof text);
    const struct {
        size_t len;
        enum status status;
    } cases[] = {{KEYS_PASSWORD_LEAST - 1, INVALID},
                 {KEYS_PASSWORD_LEAST, OK},
                 {KEYS_PASSWORD_MOST, OK},
                 {KEYS_PASSWORD_MOST + 1, INVALID}};
    for (unsigned i = 0; i < COUNT_OF(cases); i++)
        assert_int_equal(
            keys_set_password(&place->keys, KEYS_ADMIN, (span){text, cases[i].len}, &place->error),
            cases[i].status);
}

static void test_tokens(void **state)
{
    struct place *place = *state;
    char look[KEYS_TOKEN_LEN + 1], change[KEYS_TOKEN_LEN + 1], text[8192];
    assert_int_equal(
        keys_add_token(&place->keys, SPAN("grafana"), KEYS_VIEWER, NOON, look, &place->error), OK);
    assert_int_equal(
        keys_add_token(&place->keys, SPAN("ci \"x\""), KEYS_ADMIN, NOON, change, &place->error),
        OK);
    assert_int_equal(keys_of_token(&place->keys, span_of(look))->role, KEYS_VIEWER);
    assert_int_equal(keys_of_token(&place->keys, span_of(change))->role, KEYS_ADMIN);
    contents(place, text, sizeof text);
    assert_null(strstr(text, look + 3));
    look[KEYS_TOKEN_LEN - 1] ^= 1;
    assert_null(keys_of_token(&place->keys, span_of(look)));
    assert_null(keys_of_token(&place->keys, SPAN("st_")));
    char id[16];
    snprintf(id, sizeof id, "%.*s", SPAN_ARG(place->keys.tokens[1].id));
    assert_int_equal(keys_revoke_token(&place->keys, span_of(id), &place->error), OK);
    assert_null(keys_of_token(&place->keys, span_of(change)));
    assert_int_equal(keys_revoke_token(&place->keys, span_of(id), &place->error), MISSING);
    assert_int_equal(keys_add_token(&place->keys, SPAN(""), KEYS_ADMIN, NOON, look, &place->error),
                     INVALID);
}

/* Another process changes the file; what it did is seen at the next look. */
static void test_seen_by_others(void **state)
{
    struct place *place = *state;
    struct keys other;
    char token[KEYS_TOKEN_LEN + 1];
    assert_int_equal(keys_open(&other, place->database, &place->error), OK);
    assert_int_equal(keys_add_token(&other, SPAN("a"), KEYS_ADMIN, NOON, token, &place->error), OK);
    assert_null(keys_of_token(&place->keys, span_of(token)));
    assert_int_equal(keys_refresh(&place->keys, &place->error), OK);
    assert_int_equal(keys_of_token(&place->keys, span_of(token))->role, KEYS_ADMIN);
    /* A change here keeps what the other did. */
    assert_int_equal(
        keys_set_password(&place->keys, KEYS_VIEWER, SPAN("0123456789"), &place->error), OK);
    assert_int_equal(place->keys.token_count, 1);
    keys_close(&other);
}

static void test_refused(void **state)
{
    struct place *place = *state;
    static const char *const bad[] = {"", "{", "[]", "{\"v\":2}", "\xff\xfe"};
    char token[KEYS_TOKEN_LEN + 1];
    for (unsigned i = 0; i < COUNT_OF(bad); i++) {
        int fd = open(place->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, bad[i], strlen(bad[i])), strlen(bad[i]));
        close(fd);
        assert_int_equal(keys_refresh(&place->keys, &place->error), INVALID);
    }
    unlink(place->file);
    assert_int_equal(keys_refresh(&place->keys, &place->error), OK);
    assert_int_equal(
        keys_add_token(&place->keys, SPAN("a"), KEYS_ADMIN, NOON, token, &place->error), OK);
    assert_int_equal(chmod(place->file, 0640), 0);
    assert_int_equal(keys_refresh(&place->keys, &place->error), INVALID);
    assert_non_null(strstr(place->error.text, "chmod 600"));
    assert_null(keys_of_token(&place->keys, span_of(token)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_password_sizes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_seen_by_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
