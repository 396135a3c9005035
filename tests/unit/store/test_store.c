/* The writer: its lock, its turns, and what it does when the disk does not do its part. */
#include "../../../src/store/store.c"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kit.h"

static void test_file_is_private(void **state)
{
    struct kit *kit = *state;
    struct stat stat_file, stat_log;
    char log[128];
    snprintf(log, sizeof log, "%s-wal", kit->path);
    assert_int_equal(stat(kit->path, &stat_file), 0);
    assert_int_equal(stat(log, &stat_log), 0);
    assert_int_equal(stat_file.st_mode & 0777, 0600);
    assert_int_equal(stat_log.st_mode & 0777, 0600);
}

static void test_pragmas(void **state)
{
    struct kit *kit = *state;
    assert_int_equal(kit_number(kit, "PRAGMA synchronous"), 2);
    assert_int_equal(kit_number(kit, "PRAGMA wal_autocheckpoint"), 0);
    assert_int_equal(kit_number(kit, "PRAGMA secure_delete"), 1);
    assert_int_equal(kit_number(kit, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
}

static void test_second_writer(void **state)
{
    struct kit *kit = *state;
    struct store *other = NULL;
    struct error error = {""};
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &other, &error), CONFLICT);
    assert_null(other);
    assert_non_null(strstr(error.text, "another sidetrack"));
    /* From another process the answer is the same, and it goes when the writer goes. */
    for (int round = 0; round < 2; round++) {
        pid_t child = fork();
        if (child == 0) {
            enum status status = store_open(kit->path, &kit->clock.clock, &other, &error);
            if (status == OK)
                store_close(other);
            _exit(status == (round == 0 ? CONFLICT : OK) ? 0 : 1);
        }
        int result = 0;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_int_equal(result, 0);
        if (round == 0) {
            store_close(kit->store);
            kit->store = NULL;
        }
    }
}

static void test_lock_dies_with_its_process(void **state)
{
    struct kit *kit = *state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *store = NULL;
        struct error error;
        if (store_open(kit->path, &kit->clock.clock, &store, &error) != OK)
            _exit(1);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct error error = {""};
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &kit->store, &error), CONFLICT);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
    kit_store_open(kit);
}

static void test_reader_sees_what_is_committed(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    kit_append(kit, kit_row(kit));
    assert_int_equal(head_of(kit->view), 0);
    assert_int_equal(head_of(store_view(kit->store)), 1);
    kit_commit(kit);
    assert_int_equal(head_of(kit->view), 1);
}

static void test_rollback_leaves_nothing(void **state)
{
    struct kit *kit = *state;
    int64_t shop = 0, activated = 0;
    kit_turn(kit);
    kit_append(kit, kit_row(kit));
    check_ok(store_shop(kit->store, SPAN("other"), KIT_NOW, &shop, &activated));
    store_rollback(kit->store);
    assert_true(store_writable(kit->store)); /* nothing was wrong with the disk */
    assert_int_equal(view_shop(kit->view, SPAN("other"), &shop), MISSING);
    kit_turn(kit);
    assert_int_equal(kit_append(kit, kit_row(kit)), 1); /* numbers have no holes */
    kit_commit(kit);
    store_rollback(kit->store); /* nothing to do */
    assert_int_equal(kit_number(kit, "SELECT count(*) FROM journal"), 1);
}

static void test_shop(void **state)
{
    struct kit *kit = *state;
    int64_t shop = 0, activated = 0, seen = 0;
    kit_turn(kit);
    check_ok(store_shop(kit->store, SPAN("acme"), KIT_NOW + 99, &shop, &activated));
    assert_int_equal(shop, kit->shop);
    assert_int_equal(activated, KIT_NOW);
    check_ok(store_shop(kit->store, SPAN("other"), KIT_NOW + 99, &shop, &activated));
    assert_int_not_equal(shop, kit->shop);
    assert_int_equal(activated, KIT_NOW + 99);
    kit_commit(kit);
    check_ok(view_shop(kit->view, SPAN("other"), &seen));
    assert_int_equal(seen, shop);
}

/* A disk that fills up, played with a ceiling on the file's pages. */
static void test_disk_full(void **state)
{
    struct kit *kit = *state;
    static char bulk[200000];
    memset(bulk, 'x', sizeof bulk);
    struct journal_row row = kit_row(kit);
    int64_t seq = 0;
    kit_turn(kit);
    kit_append(kit, row);
    kit_commit(kit);
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d",
             (int)kit_number(kit, "PRAGMA page_count") + 2);
    kit_number(kit, sql);

    kit_turn(kit);
    kit_append(kit, row);
    row.body = (span){bulk, sizeof bulk};
    assert_int_equal(journal_append(kit->store, &row, &seq), BROKEN);
    assert_non_null(strstr(store_trouble(kit->store), "full"));
    /* A caller that goes on all the same gets nothing in. */
    row.body = SPAN("{}");
    enum status status = journal_append(kit->store, &row, &seq);
    (void)status;
    assert_int_equal(store_commit(kit->store), BROKEN);
    assert_false(store_writable(kit->store));
    store_rollback(kit->store);
    assert_int_equal(head_of(kit->view), 1);

    /* Space returns: the same handles go on. */
    kit_number(kit, "PRAGMA max_page_count = 1000000");
    row.body = (span){bulk, sizeof bulk};
    kit_turn(kit);
    assert_int_equal(kit_append(kit, row), 2);
    kit_commit(kit);
    assert_true(store_writable(kit->store));
    assert_int_equal(head_of(kit->view), 2);
}

/* SQLite may end a transaction by itself; rows must not go in one by one after that. */
static void test_turn_that_sqlite_ended(void **state)
{
    struct kit *kit = *state;
    struct journal_row row = kit_row(kit);
    int64_t seq = 0;
    kit_turn(kit);
    kit_append(kit, row);
    kit_exec(kit, "ROLLBACK");
    assert_int_equal(journal_append(kit->store, &row, &seq), BROKEN);
    assert_int_equal(store_commit(kit->store), BROKEN);
    assert_int_equal(head_of(kit->view), 0);
    kit_turn(kit);
    assert_int_equal(kit_append(kit, row), 1);
    kit_commit(kit);
}

/* A function that gives a number cannot say that it could not read: the commit says it. */
static void test_quiet_read_failure(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    kit_append(kit, kit_row(kit));
    kit_exec(kit, "ALTER TABLE owner RENAME TO gone");
    assert_int_equal(visitor_owner(store_view(kit->store), kit->shop, SPAN("v"), KIT_NOW), 0);
    assert_int_equal(store_commit(kit->store), BROKEN);
    assert_non_null(strstr(store_trouble(kit->store), "owner"));
    assert_int_equal(head_of(kit->view), 0);
    kit_turn(kit);
    assert_int_equal(visitor_owner(store_view(kit->store), kit->shop, SPAN("v"), KIT_NOW), 0);
    kit_commit(kit);
}

static void test_visit(void **state)
{
    struct kit *kit = *state;
    struct store *visitor = NULL;
    struct error error = {""};
    check_ok(store_visit(kit->path, &visitor, &error));
    kit_turn(kit); /* the gateway is in a turn: the visitor waits, and gives up in time */
    sqlite3_busy_timeout(visitor->view.sql.db, 20);
    assert_int_equal(store_begin(visitor), AGAIN);
    assert_false(store_writable(visitor));
    int64_t seq = kit_append(kit, kit_row(kit));
    kit_commit(kit);
    check_ok(store_begin(visitor));
    struct journal_row row = kit_row(kit);
    int64_t next = 0;
    check_ok(journal_append(visitor, &row, &next));
    assert_int_equal(next, seq + 1);
    check_ok(store_commit(visitor));
    store_close(visitor);
    kit_turn(kit); /* and the gateway counts on from what the visitor has written */
    assert_int_equal(kit_append(kit, row), seq + 2);
    kit_commit(kit);
}

static void test_no_file(void **state)
{
    struct kit *kit = *state;
    struct store *store = NULL;
    struct view *view = NULL;
    struct error error = {""};
    assert_int_equal(store_visit(kit->path, &store, &error), MISSING);
    assert_int_equal(view_open(kit->path, &view, &error), MISSING);
    assert_non_null(strstr(error.text, kit->path));
    snprintf(kit->path, sizeof kit->path, "%s/no/such/folder.db", kit->dir);
    assert_int_equal(store_open(kit->path, &kit->clock.clock, &store, &error), BROKEN);
    assert_non_null(strstr(error.text, "No such file"));
}

static void test_reader_without_writer(void **state)
{
    struct kit *kit = *state;
    kit_turn(kit);
    kit_append(kit, kit_row(kit));
    kit_commit(kit);
    view_close(kit->view);
    kit->view = NULL;
    store_close(kit->store);
    kit->store = NULL;
    kit_view_open(kit); /* `sidetrack show` with the gateway stopped */
    assert_int_equal(head_of(kit->view), 1);
    assert_int_equal(view_journal_rows(kit->view), 1);
    assert_true(view_bytes(kit->view) > 4096);
}

static void test_checkpoint(void **state)
{
    struct kit *kit = *state;
    int64_t frames = -1;
    for (int turn = 0; turn < 20; turn++) {
        kit_turn(kit);
        kit_append(kit, kit_row(kit));
        kit_commit(kit);
    }
    struct store_copier *copier = NULL;
    check_ok(store_copier_open(kit->path, &copier));
    check_ok(store_checkpoint(copier, &frames));
    assert_true(frames > 20);
    kit_turn(kit); /* the log was emptied, so it starts over */
    kit_append(kit, kit_row(kit));
    kit_commit(kit);
    check_ok(store_checkpoint(copier, &frames));
    assert_true(frames > 0 && frames < 20);
    store_copier_close(copier);
    assert_int_equal(head_of(kit->view), 21);
    assert_int_equal(store_copier_open("/tmp/sidetrack-no-such-folder/x", &copier), MISSING);
}

struct load {
    struct kit *kit;
    atomic_bool stop;
};

/* Another process that is in the middle of a checkpoint: SQLite's lock for it is this byte of the
   log's index (https://www.sqlite.org/walformat.html, 2.3). */
static void checkpoint_elsewhere(const struct kit *kit, unsigned ms, int told)
{
    char index[128];
    snprintf(index, sizeof index, "%s-shm", kit->path);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 121, .l_len = 1};
    int file = open(index, O_RDWR | O_CLOEXEC);
    bool held = file >= 0 && fcntl(file, F_SETLK, &lock) == 0 && write(told, "x", 1) == 1;
    usleep(ms * 1000);
    _exit(held ? 0 : 1);
}

static void test_scrub_waits_for_a_checkpoint(void **state)
{
    struct kit *kit = *state;
    int ends[2], code;
    char one, log[128];
    struct stat stat_log;
    assert_int_equal(pipe(ends), 0);
    pid_t other = fork();
    if (other == 0)
        checkpoint_elsewhere(kit, 300, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], &one, 1), 1);
    assert_int_equal(store_scrub(kit->store), OK);
    snprintf(log, sizeof log, "%s-wal", kit->path);
    assert_int_equal(stat(log, &stat_log), 0);
    assert_int_equal(stat_log.st_size, 0);
    assert_int_equal(waitpid(other, &code, 0), other);
    assert_int_equal(code, 0);
    close(ends[0]);
}

static void *load_run(void *arg)
{
    struct load *load = arg;
    static char bulk[40000];
    memset(bulk, 'x', sizeof bulk);
    struct journal_row row = kit_row(load->kit);
    row.body = (span){bulk, sizeof bulk};
    while (!atomic_load(&load->stop)) {
        kit_turn(load->kit);
        for (int i = 0; i < 50; i++)
            kit_append(load->kit, row);
        kit_commit(load->kit);
    }
    return NULL;
}

/* A writer that never pauses: the log starts over all the same, again and again. */
static void test_log_is_bounded(void **state)
{
    struct kit *kit = *state;
    struct load load = {.kit = kit};
    pthread_t thread;
    kit_exec(kit, "PRAGMA synchronous = OFF"); /* this is not about the disk */
    assert_int_equal(pthread_create(&thread, NULL, load_run, &load), 0);
    int64_t before = 0, most = 0;
    unsigned restarts = 0;
    struct store_copier *copier = NULL;
    check_ok(store_copier_open(kit->path, &copier));
    for (int i = 0; i < 400 && restarts < 3; i++) {
        int64_t frames = 0;
        enum status status = store_checkpoint(copier, &frames);
        assert_true(status == OK || status == AGAIN);
        restarts += frames < before;
        most = frames > most ? frames : most;
        before = frames;
        usleep(10000);
    }
    atomic_store(&load.stop, true);
    pthread_join(thread, NULL);
    store_copier_close(copier);
    assert_int_equal(restarts, 3);
    assert_true(most < 8 * WAL_FRAMES_MOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        KIT_TEST(test_file_is_private),
        KIT_TEST(test_pragmas),
        KIT_TEST(test_second_writer),
        KIT_TEST_BARE(test_lock_dies_with_its_process),
        KIT_TEST(test_reader_sees_what_is_committed),
        KIT_TEST(test_rollback_leaves_nothing),
        KIT_TEST(test_shop),
        KIT_TEST(test_disk_full),
        KIT_TEST(test_turn_that_sqlite_ended),
        KIT_TEST(test_quiet_read_failure),
        KIT_TEST(test_visit),
        KIT_TEST_BARE(test_no_file),
        KIT_TEST(test_reader_without_writer),
        KIT_TEST(test_checkpoint),
        KIT_TEST(test_scrub_waits_for_a_checkpoint),
        KIT_TEST(test_log_is_bounded),
    };
    return CHECK_RUN(tests);
}
