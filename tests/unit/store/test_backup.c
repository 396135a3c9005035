/* A copy made beside the writer, and the way back: only with no gateway, and only from what is
 * whole. */
#include "../../../src/store/backup.c"

#include "kit.h"

#define ROWS "SELECT count(*) FROM journal"

struct told {
    unsigned times;
    int64_t last, of;
};

static void on_pages(void *arg, int64_t pages, int64_t of_pages)
{
    struct told *told = arg;
    assert_true(pages >= told->last && pages <= of_pages);
    *told = (struct told){told->times + 1, pages, of_pages};
}

static void append(struct kit *kit, unsigned count)
{
    kit_turn(kit);
    for (unsigned i = 0; i < count; i++)
        kit_append(kit, kit_row(kit));
    kit_commit(kit);
}

static void leave(struct kit *kit)
{
    view_close(kit->view);
    store_close(kit->store);
    kit->view = NULL;
    kit->store = NULL;
}

static const char *in(struct kit *kit, const char *name)
{
    return arena_print(&kit->arena, "%s/%s", kit->dir, name).ptr;
}

static enum status make(struct kit *kit, const char *name)
{
    struct error error;
    int64_t bytes;
    return backup_make(kit->path, in(kit, name), NULL, NULL, &bytes, &error);
}

static enum status go_back(struct kit *kit, const char *name, struct error *ret_error)
{
    int64_t bytes;
    return backup_restore(kit->path, in(kit, name), NULL, NULL, &bytes, ret_error);
}

static void test_there_and_back(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    struct told told = {0};
    struct stat stat;
    int64_t bytes = 0;
    append(kit, 500);
    check_ok(backup_make(kit->path, in(kit, "copy"), on_pages, &told, &bytes, &error));
    assert_true(told.times > 0 && told.last == told.of);
    assert_int_equal(lstat(in(kit, "copy"), &stat), 0);
    assert_int_equal(stat.st_size, bytes);
    assert_int_equal(stat.st_mode & 0777, 0600);
    assert_int_equal(make(kit, "copy"), CONFLICT); /* never over a file */
    append(kit, 7);
    assert_int_equal(go_back(kit, "copy", &error), CONFLICT); /* the writer is there */
    assert_int_equal(kit_number(kit, ROWS), 507);
    leave(kit);
    check_ok(go_back(kit, "copy", &error));
    kit_store_open(kit);
    kit_view_open(kit);
    assert_int_equal(kit_number(kit, ROWS), 500);
    append(kit, 1); /* it is a store like any other */
    /* What was there stays beside it. */
    assert_int_equal(lstat(in(kit, "store.db.before"), &stat), 0);
}

static void test_what_is_not_whole(void **state)
{
    struct kit *kit = *state;
    struct error error = {""};
    append(kit, 500);
    check_ok(make(kit, "copy"));
    leave(kit);
    int file = open(in(kit, "copy"), O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    char noise[4096];
    memset(noise, 0xA5, sizeof noise);
    for (off_t at = 4096; at < 40960; at += 8192)
        assert_int_equal(pwrite(file, noise, sizeof noise, at), sizeof noise);
    close(file);
    assert_int_equal(go_back(kit, "copy", &error), INVALID);
    assert_true(error.text[0] != '\0');
    FILE *other = fopen(in(kit, "letter.txt"), "we");
    assert_non_null(other);
    fputs("This is no database.\n", other);
    fclose(other);
    assert_int_equal(go_back(kit, "letter.txt", &error), INVALID);
    assert_int_not_equal(go_back(kit, "nowhere", &error), OK);
    kit_store_open(kit); /* nothing was touched */
    kit_view_open(kit);
    assert_int_equal(kit_number(kit, ROWS), 500);
    assert_int_not_equal(access(in(kit, "store.db.before"), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {KIT_TEST(test_there_and_back),
                                       KIT_TEST(test_what_is_not_whole)};
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
